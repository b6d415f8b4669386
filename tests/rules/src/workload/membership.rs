//! Accounts, approval rules, leaving, and the operators' decisions.

use counterfoil_proto::membership::v1::{
    Account, ActionClass, Amendment, ApprovalRequirement, ChangeAccounts, Decision, DecisionState,
    Enrolment, Leave, LedgerKeyRotation, Organization, OrganizationStatus, Permission,
    ProposeDecision, ProposedDecision, Revocation, Role, SetApprovalRule, Suspension, Upgrade,
    Vote, action::Action as Kind, decision::Decision as DecisionKind,
};
use counterfoil_proto::v1::Money;
use counterfoil_types::genesis::PROTOCOL_VERSION;
use rand::Rng;

use super::acts::{admission, membership_act};
use super::keyring::{enrolment_signature, holder_of, spare_keys};
use super::world::{ALL, ledger_keys};
use super::{Generator, Planned, View, on};
use crate::model::Model;
use crate::model::arithmetic::MAX_MINOR;
use crate::model::authority::acting;
use crate::model::claims::day_of;
use crate::model::contract::MEMBERSHIP;

/// A legal entity with an LEI.
const LEI: &str = "529900T8BM49AURSDO55";

fn planned(organization: String, kind: Kind) -> Planned {
    Planned::new(organization, MEMBERSHIP, membership_act(kind))
}

impl Generator {
    /// Something of who takes part, and of whose signatures an action needs.
    pub(super) fn take_part(&mut self, view: &View) -> Planned {
        match self.rng.gen_range(0..100) {
            0..=54 => self.sign_what_waits(view),
            55..=64 => self.ask_for_consent(view),
            65..=68 => self.end_proposal(view),
            69..=76 => self.change_accounts(view),
            77..=82 => self.set_approval_rule(view),
            83..=90 => self.propose_decision(view),
            91..=98 => self.vote(view),
            _ => self.leave(view),
        }
    }

    /// A key that nobody has yet.
    fn spare_key(&self, model: &Model) -> Option<Vec<u8>> {
        let taken = |key: &[u8]| {
            let mut accounts = model.organizations.values().flat_map(|o| &o.accounts);
            accounts.any(|account| account.public_key == key)
        };
        spare_keys().find(|key| !taken(key))
    }

    fn change_accounts(&mut self, view: &View) -> Planned {
        let model = view.model;
        let mut caller = self.organization(|_| true);
        if self.chance(0.6) {
            let several = |id: &str| acting(&model.organizations[id], view.height).len() > 1;
            if self.roster.iter().any(|id| several(id)) {
                caller = self.organization(several);
            }
        }
        let organization = &model.organizations[&caller];
        let soon = view.height + self.rng.gen_range(1..=4);
        let mut action = ChangeAccounts::default();
        let rotates = self.chance(0.5);
        if rotates || self.chance(0.5) {
            let Some(key) = self.spare_key(model) else {
                return self.set_approval_rule(view);
            };
            action.enrol.push(Enrolment {
                signature: enrolment_signature(&caller, &key),
                account: Some(Account {
                    public_key: key,
                    permissions: self.permissions(),
                    from_height: if self.chance(0.1) { 0 } else { soon },
                    until_height: 0,
                }),
            });
        }
        let live: Vec<Account> = acting(organization, view.height)
            .into_iter()
            .cloned()
            .collect();
        if (rotates || action.enrol.is_empty()) && !live.is_empty() {
            let account = self.one_of(&live);
            if rotates {
                let enrolled = action.enrol[0].account.as_mut().expect("an account");
                enrolled.permissions = account.permissions.clone();
            }
            action.revoke.push(Revocation {
                public_key: account.public_key,
                until_height: soon + u64::from(self.chance(0.1)),
            });
        }
        for _ in 0..self.faults() {
            self.break_changes(view, organization, &mut action);
        }
        planned(caller, Kind::ChangeAccounts(action))
    }

    fn permissions(&mut self) -> Vec<i32> {
        let some: [&[Permission]; 4] = [
            ALL,
            ALL,
            &[Permission::Make, Permission::Approve],
            &[Permission::View],
        ];
        self.one_of(&some).iter().map(|p| *p as i32).collect()
    }

    fn break_changes(
        &mut self,
        view: &View,
        organization: &Organization,
        action: &mut ChangeAccounts,
    ) {
        let anybody = self.organization(|_| true);
        let foreign = view.model.organizations[&anybody].accounts[0]
            .public_key
            .clone();
        let beyond = self.no_height_ahead(view);
        let choice = self.rng.gen_range(0..12);
        if let Some(enrolment) = action.enrol.first_mut() {
            let account = enrolment.account.get_or_insert_default();
            match choice {
                0 => enrolment.account = None,
                1 => enrolment.signature = vec![3; 64],
                2 => account.public_key = self.one_of(&[vec![], vec![0; 32], vec![255; 32]]),
                3 => {
                    enrolment.signature = enrolment_signature(&organization.id, &foreign);
                    account.public_key = foreign;
                }
                4 | 5 => {
                    account.permissions = self.one_of(&[vec![], vec![0], vec![3, 2], vec![2, 2]])
                }
                6 => account.from_height = beyond,
                7 => account.until_height = view.height + 9,
                8 => action.enrol = vec![enrolment.clone(); self.one_of(&[2, 17])],
                _ => action.enrol.clear(),
            }
        } else if let Some(revocation) = action.revoke.first_mut() {
            match choice {
                0..=2 => revocation.public_key = foreign,
                3..=5 => revocation.until_height = beyond,
                6 => revocation.until_height = view.height + 1_000_000,
                7 => action.revoke.push(action.revoke[0].clone()),
                _ => {
                    action.revoke = organization
                        .accounts
                        .iter()
                        .map(|account| Revocation {
                            public_key: account.public_key.clone(),
                            until_height: view.height + 1,
                        })
                        .collect();
                }
            }
        }
    }

    fn set_approval_rule(&mut self, view: &View) -> Planned {
        let model = view.model;
        let caller = self.organization(|_| true);
        let organization = &model.organizations[&caller];
        let able = acting(organization, view.height).len();
        let mut requirements = Vec::new();
        for _ in 0..self.rng.gen_range(0..=5) {
            let most = u32::try_from(able.min(3)).expect("few");
            requirements.push(ApprovalRequirement {
                action_class: self.rng.gen_range(1..=21),
                above: self.chance(0.5).then(|| Money {
                    minor: self.one_of(&[0, 1_000, 500_000, MAX_MINOR]),
                    currency: self.currency(),
                }),
                approvals: self.rng.gen_range(0..most.max(1)),
            });
        }
        let place = |r: &ApprovalRequirement| {
            let above = r.above.clone().unwrap_or_default();
            (r.action_class, above.currency, above.minor)
        };
        requirements.sort_by_key(place);
        requirements.dedup_by_key(|r| place(r));
        for _ in 0..self.faults() {
            if requirements.is_empty() {
                requirements.push(ApprovalRequirement {
                    action_class: ActionClass::Pay.into(),
                    above: None,
                    approvals: 0,
                });
            }
            match self.rng.gen_range(0..8) {
                0 => requirements[0].action_class = 0,
                1 => requirements[0].approvals = self.one_of(&[7, 8, u32::MAX]),
                2 => requirements.push(requirements[0].clone()),
                3 => requirements = vec![requirements[0].clone(); 65],
                4 => {
                    let above = requirements[0].above.get_or_insert_default();
                    above.currency = self.unknown_currency();
                }
                5 => {
                    let above = requirements[0].above.get_or_insert_default();
                    above.currency = self.currency();
                    above.minor = MAX_MINOR + 1;
                }
                6 => requirements[0].action_class = self.one_of(&[22, -1]),
                _ => requirements[0].approvals = 7,
            }
        }
        planned(
            caller,
            Kind::SetApprovalRule(SetApprovalRule { requirements }),
        )
    }

    /// Seldom goes who is needed.
    fn leave(&mut self, view: &View) -> Planned {
        let model = view.model;
        let left = |id: &str| model.organizations[id].status() == OrganizationStatus::Left;
        let came_later = |id: &str| id.starts_with("new-");
        let operates = |id: &str| model.has_role(id, Role::Operator);
        let mut caller = self.organization(|id| !operates(id));
        let roll = self.rng.gen_range(0..10);
        if roll < 3 && self.roster.iter().any(|id| left(id)) {
            caller = self.organization(left);
        } else if roll < 6 && self.roster.iter().any(|id| came_later(id)) {
            caller = self.organization(came_later);
        } else if roll < 9 {
            caller = self.organization(operates);
        }
        planned(caller, Kind::Leave(Leave {}))
    }

    fn propose_decision(&mut self, view: &View) -> Planned {
        let model = view.model;
        let operates = |id: &str| model.has_role(id, Role::Operator);
        let mut caller = self.organization(operates);
        let mut expires_on = on(view.today + self.rng.gen_range(0..=90));
        let mut decision = Some(Decision {
            decision: self.decision(view),
        });
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..9) {
                0 => caller = self.organization(|id| !operates(id)),
                1 => expires_on = self.no_date(),
                2 => expires_on = on(view.today + self.one_of(&[-1, 91])),
                3 => decision = None,
                _ => {
                    if let Some(Decision {
                        decision: Some(kind),
                    }) = &mut decision
                    {
                        self.break_decision(view, kind);
                    }
                }
            }
        }
        let proposed = ProposeDecision {
            decision,
            expires_on,
        };
        planned(caller, Kind::ProposeDecision(proposed))
    }

    fn decision(&mut self, view: &View) -> Option<DecisionKind> {
        let model = view.model;
        let is_suspended =
            |id: &str| model.organizations[id].status() == OrganizationStatus::Suspended;
        if self.chance(0.6) && self.roster.iter().any(|id| is_suspended(id)) {
            return Some(DecisionKind::Reinstate(self.organization(is_suspended)));
        }
        Some(match self.rng.gen_range(0..16) {
            12..=13 => DecisionKind::Upgrade(self.upgrade(view)),
            14..=15 => DecisionKind::RotateLedgerKey(self.rotation(view)),
            10..=11 => {
                let id = self.organization(|id| {
                    model.organizations[id].status() != OrganizationStatus::Left
                });
                DecisionKind::Amend(self.amendment(&model.organizations[&id]))
            }
            0..=3 => {
                let key = self.spare_key(model)?;
                let roles = [
                    Role::CoreEnterprise,
                    Role::Supplier,
                    Role::Supplier,
                    Role::Bank,
                    Role::Operator,
                ];
                let id = format!("new-{}", self.rng.gen_range(0..1_000));
                let holder = holder_of(&key)?;
                let mut new = admission(&id, &[self.one_of(&roles)], holder);
                if self.chance(0.2) {
                    new.lei = LEI.to_owned();
                }
                DecisionKind::Admit(new)
            }
            4..=6 => DecisionKind::Suspend(Suspension {
                organization: self.organization(|id| {
                    model.organizations[id].status() == OrganizationStatus::Active
                }),
                reason: self.reason(),
            }),
            7..=8 => {
                let mut params = model.consensus.params?;
                params.heartbeat_ms = self.rng.gen_range(10..=60_000);
                params.transaction_lifetime_ms = match self.rng.gen_range(0..3) {
                    0 => 0,
                    _ => self.rng.gen_range(60_000..=86_400_000),
                };
                DecisionKind::Params(params)
            }
            _ => {
                let mut validators = model.consensus.validators.clone()?;
                validators.validators[0].power = self.rng.gen_range(1..=1_000_000_000);
                DecisionKind::Validators(validators)
            }
        })
    }

    /// Another name, or at times another legal id or a role more.
    fn amendment(&mut self, before: &Organization) -> Amendment {
        let mut amendment = Amendment {
            organization: before.id.clone(),
            legal_name: format!("{} {}", before.id, self.rng.gen_range(0..100)),
            lei: before.lei.clone(),
            national_id: before.national_id.clone(),
            roles: before.roles.clone(),
        };
        match self.rng.gen_range(0..6) {
            0 => amendment.national_id = format!("id-{}", self.rng.gen_range(0..500)),
            1 if self.chance(0.3) => amendment.lei = LEI.to_owned(),
            2 => amendment.roles.push(Role::Guarantor.into()),
            3 => amendment.roles.push(Role::Supplier.into()),
            4 if self.chance(0.2) && amendment.roles.len() > 1 => {
                amendment
                    .roles
                    .retain(|role| *role != i32::from(Role::Operator));
            }
            _ => {}
        }
        amendment.roles.sort_unstable();
        amendment.roles.dedup();
        amendment
    }

    /// To the next version, or back to the one in force. One that the software does not know begins after the test.
    fn upgrade(&mut self, view: &View) -> Upgrade {
        let version = view.model.version(view.height);
        let to = version + u32::from(self.chance(0.7));
        let soon = self.rng.gen_range(1..=12);
        let from_height = match to > PROTOCOL_VERSION {
            true => view.height + 1_000 * soon,
            false => view.height + soon,
        };
        Upgrade {
            version: to,
            from_height,
        }
    }

    /// To a key that was not in force yet, where there is one, or back to the one that is.
    fn rotation(&mut self, view: &View) -> LedgerKeyRotation {
        let used = view.model.ledger_keys(view.height);
        let hashes = ledger_keys().map(|key| key.hash().to_vec());
        let unused = hashes.into_iter().find(|hash| !used.contains(hash));
        let newest = used.last().expect("the first at least").clone();
        LedgerKeyRotation {
            key_hash: match unused {
                Some(unused) if self.chance(0.7) => unused,
                _ => newest,
            },
            from_height: view.height + self.rng.gen_range(1..=12),
        }
    }

    fn break_decision(&mut self, view: &View, kind: &mut DecisionKind) {
        let anybody = self.organization(|_| true);
        let other = &view.model.organizations[&anybody];
        match kind {
            // Broken once by leaving its accounts out, it is broken enough.
            DecisionKind::Admit(new) if new.accounts.is_empty() => {}
            DecisionKind::Admit(new) => match self.rng.gen_range(0..16) {
                0 => new.id = self.nobody(),
                1 => new.legal_name = self.one_of(&["", &"n".repeat(141)]).to_owned(),
                2 => new.lei = self.one_of(&["529900T8BM49AURSDO56", "short"]).to_owned(),
                3 => new.national_id = "n".repeat(141),
                4 => (new.lei, new.national_id) = (String::new(), String::new()),
                5 => new.roles = self.one_of(&[vec![], vec![0], vec![3, 2], vec![2, 2]]),
                6 => new.accounts.clear(),
                7 => new.accounts = vec![new.accounts[0].clone(); 2],
                8 => new.accounts[0].public_key = vec![0; 32],
                9 => new.accounts[0].permissions = vec![Permission::Make.into()],
                10 => {
                    new.approval_rule = vec![ApprovalRequirement {
                        action_class: ActionClass::Pay.into(),
                        above: None,
                        approvals: self.one_of(&[1, 8]),
                    }];
                }
                11 => new.status = self.one_of(&[0, 2, 3]),
                12 => new.accounts[0].public_key = other.accounts[0].public_key.clone(),
                13 | 14 => new.id = other.id.clone(),
                _ => new.national_id = other.national_id.clone(),
            },
            DecisionKind::Suspend(suspension) => match self.rng.gen_range(0..4) {
                0 => suspension.organization = self.nobody(),
                1 => suspension.reason = self.invalid_reason(),
                2 => {
                    let operators = view.model.operators();
                    if !operators.is_empty() {
                        suspension.organization = self.one_of(&operators);
                    }
                }
                _ => suspension.organization = anybody,
            },
            DecisionKind::Amend(amendment) => match self.rng.gen_range(0..8) {
                0 => amendment.organization = self.nobody(),
                1 => amendment.organization = anybody,
                2 => amendment.legal_name = String::new(),
                3 => amendment.lei = "short".to_owned(),
                4 => (amendment.lei, amendment.national_id) = (String::new(), String::new()),
                5 => amendment.national_id = other.national_id.clone(),
                6 => drop(amendment.roles.pop()),
                _ => amendment.roles = vec![0],
            },
            DecisionKind::Reinstate(id) => {
                *id = if self.chance(0.5) {
                    self.nobody()
                } else {
                    anybody
                };
            }
            // Broken once by leaving all out, it cannot be in another way.
            DecisionKind::Validators(set) if set.validators.is_empty() => {}
            DecisionKind::Validators(set) => match self.rng.gen_range(0..5) {
                0 => set.validators.clear(),
                1 => set.validators[0].power = 0,
                2 => set.validators[0].organization = self.nobody(),
                3 => set.validators[0].public_key = vec![0; 32],
                _ => set.validators.push(set.validators[0].clone()),
            },
            DecisionKind::Upgrade(upgrade) => match self.rng.gen_range(0..3) {
                0 => upgrade.from_height = self.no_height_ahead(view),
                1 => upgrade.version -= 1,
                _ => upgrade.version += 2,
            },
            DecisionKind::RotateLedgerKey(rotation) => match self.rng.gen_range(0..3) {
                0 => rotation.from_height = self.no_height_ahead(view),
                1 => rotation.key_hash = self.wrong_length(),
                _ => rotation
                    .key_hash
                    .clone_from(&view.model.beginning.ledger_key_hash),
            },
            DecisionKind::Params(params) => match self.rng.gen_range(0..5) {
                4 => params.transaction_lifetime_ms = self.one_of(&[1, 59_999, 86_400_001]),
                0 => params.max_block_bytes = self.one_of(&[0, 65_535, 4_194_305]),
                1 => params.timeout_propose_ms = self.one_of(&[9, 60_001]),
                2 => params.timeout_vote_ms = 0,
                _ => params.timeout_delta_ms = u64::MAX,
            },
        }
    }

    fn no_height_ahead(&mut self, view: &View) -> u64 {
        self.one_of(&[1, view.height, view.height + 1_000_001, u64::MAX])
    }

    fn vote(&mut self, view: &View) -> Planned {
        let model = view.model;
        let open = |d: &&ProposedDecision| {
            d.state() == DecisionState::Open && day_of(&d.expires_on) >= view.today
        };
        let all: Vec<&ProposedDecision> = model.decisions.values().collect();
        let waiting: Vec<&ProposedDecision> = all.iter().copied().filter(open).collect();
        let Some(decision) = self.some(&waiting) else {
            return self.propose_decision(view);
        };
        let (mut id, mut hash) = (decision.id.clone(), decision.decision_hash.clone());
        let operators = model.operators();
        let silent: Vec<&String> = operators
            .iter()
            .filter(|id| !decision.votes.contains(id))
            .collect();
        let mut caller = match self.some(&silent) {
            Some(silent) => silent.clone(),
            None => decision.proposed_by.clone(),
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..5) {
                0 => caller = self.organization(|id| !model.has_role(id, Role::Operator)),
                1 => id = self.bytes32(),
                2 => hash = self.bytes32(),
                3 => caller = decision.proposed_by.clone(),
                _ => {
                    if let Some(other) = self.some(&all) {
                        (id, hash) = (other.id.clone(), other.decision_hash.clone());
                    }
                }
            }
        }
        let vote = Vote {
            decision: id,
            decision_hash: hash,
        };
        planned(caller, Kind::Vote(vote))
    }
}
