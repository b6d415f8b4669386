//! What the operators decide together (specification 1.5).

use counterfoil_proto::membership::v1::{
    Account, Amendment, Decision, DecisionCarriedOut, DecisionProposed, DecisionState,
    DecisionVoted, Organization, OrganizationStatus, ProposeDecision, ProposedDecision,
    RejectionCode as Code, Role, Suspension, Vote, decision::Decision as Kind, event,
};
use counterfoil_proto::v1::{ConsensusParams, ValidatorSet};
use prost::Message as _;

use super::accounts::are_permissions;
use super::{Call, Happened, Id, Model, Rejected, ensure, membership};
use crate::model::claims::day_of;
use crate::model::{is_reason, tagged_hash};

const MOST_ORGANIZATIONS: usize = 10_000;
const MOST_ACCOUNTS: usize = 64;
const MOST_NAME: usize = 140;
const MOST_VALIDATORS: usize = 100;
const MOST_POWER: u64 = 1_000_000_000;

/// What a voter looks at.
pub fn decision_hash(decision: &Decision) -> Id {
    tagged_hash("counterfoil/decision/v1", &[&decision.encode_to_vec()])
}

impl Model {
    pub(in crate::model) fn propose_decision(
        &mut self,
        call: &Call,
        action: &ProposeDecision,
    ) -> Result<Vec<Happened>, Rejected> {
        ensure(
            self.has_role(call.organization, Role::Operator),
            Code::WrongRole,
        )?;
        let decision = action.decision.clone().unwrap_or_default();
        let kind = decision.decision.as_ref();
        let kind = kind.ok_or(Rejected::with(Code::NoDecision))?;
        self.check_last_day(call, &action.expires_on, Code::InvalidExpiry)?;
        self.check_decision(kind, call.height)?;

        let id = tagged_hash("counterfoil/decision-id/v1", &[&call.tx_id]);
        let proposed = DecisionProposed {
            decision: id.to_vec(),
            by: call.organization.to_owned(),
            decision_hash: decision_hash(&decision).to_vec(),
            expires_on: action.expires_on,
        };
        let told = membership(self.told_of(kind), event::Event::DecisionProposed(proposed));
        let record = ProposedDecision {
            id: id.to_vec(),
            decision_hash: decision_hash(&decision).to_vec(),
            decision: Some(decision),
            proposed_by: call.organization.to_owned(),
            votes: vec![call.organization.to_owned()],
            expires_on: action.expires_on,
            state: DecisionState::Open.into(),
        };
        self.voted(call, record, told)
    }

    pub(in crate::model) fn vote(
        &mut self,
        call: &Call,
        action: &Vote,
    ) -> Result<Vec<Happened>, Rejected> {
        let voter = call.organization;
        ensure(self.has_role(voter, Role::Operator), Code::WrongRole)?;
        let id = Id::try_from(action.decision.as_slice()).ok();
        let found = id.and_then(|id| self.decisions.get(&id));
        let mut record = found.ok_or(Rejected::with(Code::UnknownDecision))?.clone();
        ensure(record.state() == DecisionState::Open, Code::DecisionClosed)?;
        let today = self.clock.day(call.time_ms);
        ensure(day_of(&record.expires_on) >= today, Code::DecisionExpired)?;
        ensure(
            record.decision_hash == action.decision_hash,
            Code::DecisionDiffers,
        )?;
        ensure(
            !record.votes.iter().any(|by| by == voter),
            Code::AlreadyVoted,
        )?;

        record.votes.push(voter.to_owned());
        record.votes.sort();
        let voted = DecisionVoted {
            decision: record.id.clone(),
            by: voter.to_owned(),
        };
        let told = membership(
            self.told_of(kind_of(&record)),
            event::Event::DecisionVoted(voted),
        );
        self.voted(call, record, told)
    }

    /// Whether more than two thirds of those who operate now are for it.
    fn is_decided(&self, record: &ProposedDecision) -> bool {
        let operators = self.operators();
        let for_it = operators.iter().filter(|id| record.votes.contains(id));
        3 * for_it.count() > 2 * operators.len()
    }

    /// Keeps a decision that was voted for just now, and carries it out if that was enough.
    fn voted(
        &mut self,
        call: &Call,
        mut record: ProposedDecision,
        told: Happened,
    ) -> Result<Vec<Happened>, Rejected> {
        let mut happened = vec![told];
        if self.is_decided(&record) {
            let kind = kind_of(&record);
            self.check_decision(kind, call.height)?;
            let carried_out = DecisionCarriedOut {
                decision: record.id.clone(),
            };
            happened.push(membership(
                self.told_of(kind),
                event::Event::DecisionCarriedOut(carried_out),
            ));
            self.carry_out(kind.clone(), call.height);
            record.set_state(DecisionState::CarriedOut);
        }
        let id = Id::try_from(record.id.as_slice()).expect("an id");
        self.decisions.insert(id, record);
        Ok(happened)
    }

    fn told_of(&self, kind: &Kind) -> Vec<String> {
        let mut concerned = self.operators();
        concerned.extend(match kind {
            Kind::Admit(organization) => Some(organization.id.clone()),
            Kind::Suspend(suspension) => Some(suspension.organization.clone()),
            Kind::Reinstate(id) => Some(id.clone()),
            Kind::Amend(amendment) => Some(amendment.organization.clone()),
            Kind::Validators(_) | Kind::Params(_) | Kind::Upgrade(_) | Kind::RotateLedgerKey(_) => {
                None
            }
        });
        concerned
    }

    fn carry_out(&mut self, kind: Kind, height: u64) {
        match kind {
            Kind::Admit(mut organization) => {
                for account in &mut organization.accounts {
                    account.from_height = height + 1;
                    account.until_height = 0;
                }
                self.organizations
                    .insert(organization.id.clone(), organization);
            }
            Kind::Suspend(Suspension { organization, .. }) => {
                self.set_status(&organization, OrganizationStatus::Suspended);
            }
            Kind::Reinstate(id) => self.set_status(&id, OrganizationStatus::Active),
            Kind::Amend(amendment) => {
                let id = amendment.organization.clone();
                let organization = self.organizations.get_mut(&id).expect("found before");
                let former = (organization.lei.clone(), organization.national_id.clone());
                amend(organization, amendment);
                self.former_legal_ids.push((id, former.0, former.1));
            }
            Kind::Validators(validators) => self.consensus.validators = Some(validators),
            Kind::Params(params) => self.consensus.params = Some(params),
            Kind::Upgrade(upgrade) => self.upgrade(upgrade, height),
            Kind::RotateLedgerKey(rotation) => self.rotate(rotation, height),
        }
    }

    /// Whether a decision can be carried out now.
    fn check_decision(&self, kind: &Kind, height: u64) -> Result<(), Rejected> {
        match kind {
            Kind::Admit(organization) => self.check_admission(organization, height),
            Kind::Suspend(suspension) => {
                let id = &suspension.organization;
                ensure(self.exists(id), Code::UnknownOrganization)?;
                ensure(self.is_active(id), Code::WrongStatus)?;
                ensure(is_reason(&suspension.reason), Code::InvalidReason)?;
                self.check_an_operator_stays(id)
            }
            Kind::Reinstate(id) => {
                let found = self.organizations.get(id);
                let organization = found.ok_or(Rejected::with(Code::UnknownOrganization))?;
                ensure(
                    organization.status() == OrganizationStatus::Suspended,
                    Code::WrongStatus,
                )
            }
            Kind::Amend(amendment) => self.check_amendment(amendment, height),
            Kind::Validators(set) => ensure(self.are_validators(set), Code::InvalidSettings),
            Kind::Params(params) => ensure(are_params(params), Code::InvalidSettings),
            Kind::Upgrade(upgrade) => self.check_upgrade(upgrade, height),
            Kind::RotateLedgerKey(rotation) => self.check_rotation(rotation, height),
        }
    }

    fn check_admission(&self, organization: &Organization, height: u64) -> Result<(), Rejected> {
        let mut admitted = organization.clone();
        for account in &mut admitted.accounts {
            account.from_height = height + 1;
            account.until_height = 0;
        }
        let accounts = &admitted.accounts;
        let is_good_account = |account: &Account| {
            (self.known_keys.is_key)(&account.public_key) && are_permissions(&account.permissions)
        };
        let sound = is_id(&admitted.id)
            && is_known_to_the_law(&admitted)
            && are_roles(&admitted.roles)
            && (1..=MOST_ACCOUNTS).contains(&accounts.len())
            && accounts.is_sorted_by(|a, b| a.public_key < b.public_key)
            && accounts.iter().all(is_good_account)
            && self.is_rule(&admitted.approval_rule)
            && admitted.status() == OrganizationStatus::Active
            && self.check_not_locked_out(&admitted, height).is_ok();
        ensure(sound, Code::InvalidOrganization)?;
        ensure(!self.exists(&admitted.id), Code::IdTaken)?;
        self.check_one_entity(&admitted)?;
        ensure(
            self.organizations.len() < MOST_ORGANIZATIONS,
            Code::TooManyOrganizations,
        )?;
        let taken = accounts.iter().any(|a| self.is_account(&a.public_key));
        ensure(!taken, Code::KeyTaken)
    }

    /// Nobody else is, or ever was, known by the same legal id.
    fn check_one_entity(&self, organization: &Organization) -> Result<(), Rejected> {
        let same = |lei: &str, national_id: &str| {
            (!lei.is_empty() && lei == organization.lei)
                || (!national_id.is_empty() && national_id == organization.national_id)
        };
        let now = self.organizations.values();
        let mut now = now.filter(|other| other.id != organization.id);
        let before = self.former_legal_ids.iter();
        let mut before = before.filter(|(id, _, _)| *id != organization.id);
        let taken = now.any(|other| same(&other.lei, &other.national_id))
            || before.any(|(_, lei, national_id)| same(lei, national_id));
        ensure(!taken, Code::LegalIdTaken)
    }

    fn check_amendment(&self, amendment: &Amendment, height: u64) -> Result<(), Rejected> {
        let found = self.organizations.get(&amendment.organization);
        let before = found.ok_or(Rejected::with(Code::UnknownOrganization))?;
        ensure(
            before.status() != OrganizationStatus::Left,
            Code::WrongStatus,
        )?;
        let mut after = before.clone();
        amend(&mut after, amendment.clone());
        let operator = i32::from(Role::Operator);
        let kept = |role: &i32| *role == operator || after.roles.contains(role);
        let sound = is_known_to_the_law(&after)
            && are_roles(&after.roles)
            && before.roles.iter().all(kept)
            && self.has_enough_accounts(&after, height + 1);
        ensure(sound, Code::InvalidOrganization)?;
        self.check_one_entity(&after)?;
        if after.roles.contains(&operator) {
            return Ok(());
        }
        self.check_an_operator_stays(&before.id)
    }

    fn are_validators(&self, set: &ValidatorSet) -> bool {
        let address = |key: &[u8]| tagged_hash("counterfoil/address/v1", &[key]);
        (1..=MOST_VALIDATORS).contains(&set.validators.len())
            && set
                .validators
                .is_sorted_by(|a, b| address(&a.public_key) < address(&b.public_key))
            && set.validators.iter().all(|validator| {
                (self.known_keys.is_key)(&validator.public_key)
                    && (1..=MOST_POWER).contains(&validator.power)
                    && self.is_active(&validator.organization)
            })
    }
}

fn amend(organization: &mut Organization, amendment: Amendment) {
    organization.legal_name = amendment.legal_name;
    organization.lei = amendment.lei;
    organization.national_id = amendment.national_id;
    organization.roles = amendment.roles;
}

fn is_known_to_the_law(organization: &Organization) -> bool {
    let Organization {
        legal_name,
        lei,
        national_id,
        ..
    } = organization;
    (1..=MOST_NAME).contains(&legal_name.chars().count())
        && national_id.chars().count() <= MOST_NAME
        && !(lei.is_empty() && national_id.is_empty())
        && (lei.is_empty() || is_lei(lei))
}

fn kind_of(record: &ProposedDecision) -> &Kind {
    let decision = record.decision.as_ref().expect("a decision");
    decision.decision.as_ref().expect("a decision of some kind")
}

fn are_params(params: &ConsensusParams) -> bool {
    let times = [
        params.timeout_propose_ms,
        params.timeout_vote_ms,
        params.timeout_delta_ms,
        params.heartbeat_ms,
    ];
    (64 * 1_024..=4 * 1_024 * 1_024).contains(&params.max_block_bytes)
        && times.iter().all(|ms| (10..=60_000).contains(ms))
        && (params.transaction_lifetime_ms == 0
            || (60_000..=86_400_000).contains(&params.transaction_lifetime_ms))
}

fn is_id(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=64).contains(&id.len())
        && id.chars().all(|c| plain(c) || c == '-')
        && id.starts_with(plain)
        && id.ends_with(plain)
}

fn are_roles(roles: &[i32]) -> bool {
    let known = |role: &i32| Role::try_from(*role).is_ok_and(|role| role != Role::Unspecified);
    !roles.is_empty() && roles.is_sorted_by(|a, b| a < b) && roles.iter().all(known)
}

/// ISO 17442: 18 letters or digits, two check digits, and 1 modulo 97 with letters read as 10 to 35.
fn is_lei(lei: &str) -> bool {
    let value = |c: char| c.to_digit(36).filter(|_| !c.is_ascii_lowercase());
    let mut rest = 0;
    for c in lei.chars() {
        match value(c) {
            Some(value) if value < 10 => rest = (rest * 10 + value) % 97,
            Some(value) => rest = (rest * 100 + value) % 97,
            None => return false,
        }
    }
    lei.len() == 20 && lei[18..].bytes().all(|b| b.is_ascii_digit()) && rest == 1
}
