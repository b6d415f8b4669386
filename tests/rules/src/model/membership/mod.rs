//! Proposals, approvals and consents (specification 1.4).

mod accounts;
mod activations;
mod decisions;

pub use accounts::KnownKeys;
pub use activations::Beginning;
pub use decisions::decision_hash;

use counterfoil_proto::membership::v1::{
    Account, Approve, Approved, CarriedOut, Consent, Consented, EndProposal, Event, Proposal,
    ProposalEnded, ProposalState, Propose, Proposed, RejectionCode as Code,
    action::Action as Membership, event,
};
use counterfoil_proto::v1::{Date, KernelRejectionCode as Kernel};
use prost::Message as _;

use super::arithmetic::{date, day};
use super::authority::{approvals_asked, suffice};
use super::claims::day_of;
use super::{
    Act, Call, Happened, Id, Model, Rejected, contract, ensure, names_an_action, tagged_hash,
};

const MOST_CONSENTS: usize = 32;
const MOST_DAYS: i64 = 90;

/// What the signers of a proposal look at.
pub fn action_hash(proposal: &[u8], contract: u32, action: &[u8]) -> Id {
    tagged_hash(
        "counterfoil/action/v1",
        &[proposal, &contract.to_be_bytes(), action],
    )
}

impl Model {
    /// A proposal by its id.
    pub fn proposal(&self, id: &[u8]) -> Result<&Proposal, Rejected> {
        let found = Id::try_from(id).ok().and_then(|id| self.proposals.get(&id));
        found.ok_or(Rejected::with(Code::UnknownProposal))
    }

    pub(super) fn propose(
        &mut self,
        call: &Call,
        action: &Propose,
    ) -> Result<Vec<Happened>, Rejected> {
        let act = Act::decode(action.contract, &action.action);
        ensure(names_an_action(&act), Kernel::MalformedAction)?;
        ensure(self.knows(&act, call.height), Kernel::MalformedAction)?;
        if let Act::Membership(inner) = &act {
            match inner.action.as_ref().expect("well-formed") {
                Membership::Propose(_) | Membership::Approve(_) | Membership::EndProposal(_) => {
                    return Err(Rejected::with(Code::CannotBeProposed));
                }
                Membership::Consent(consent) => {
                    let target = self.proposal(&consent.proposal)?;
                    ensure(
                        action.consents_of.is_empty() && !is_consent(target),
                        Code::CannotBeProposed,
                    )?;
                }
                _ => {}
            }
        }
        let authority = self
            .authority(call.organization, &act)?
            .expect("proposals and approvals are not proposed");
        let signers = self.signing(call.organization, call.signers, call.height);
        Model::check_permissions(&signers, &authority)?;
        self.check_status(call.organization, &authority)?;
        let asked = &action.consents_of;
        ensure(
            asked.len() <= MOST_CONSENTS
                && asked.is_sorted_by(|a, b| a < b)
                && asked
                    .iter()
                    .all(|id| self.exists(id) && id != call.organization),
            Code::InvalidConsents,
        )?;
        self.check_last_day(call, &action.expires_on, Code::InvalidDate)?;

        let id = tagged_hash("counterfoil/proposal-id/v1", &[&call.tx_id]);
        let proposal = Proposal {
            id: id.to_vec(),
            organization: call.organization.to_owned(),
            contract: action.contract,
            action: action.action.clone(),
            action_hash: action_hash(&id, action.contract, &action.action).to_vec(),
            action_class: authority.class.into(),
            signers: call.signers.to_vec(),
            consents_of: asked.clone(),
            consented: Vec::new(),
            proposed_on: Some(date(self.clock.day(call.time_ms))),
            expires_on: action.expires_on,
            state: ProposalState::Open.into(),
        };
        let concerned = parties(&proposal);
        let proposed = Proposed {
            proposal: proposal.id.clone(),
            organization: proposal.organization.clone(),
            action_hash: proposal.action_hash.clone(),
            consents_of: asked.clone(),
            expires_on: action.expires_on,
        };
        let told = membership(concerned, event::Event::Proposed(proposed));
        self.signed(call, proposal, told)
    }

    pub(super) fn approve(
        &mut self,
        call: &Call,
        action: &Approve,
    ) -> Result<Vec<Happened>, Rejected> {
        let mut proposal = self.proposal(&action.proposal)?.clone();
        ensure(
            proposal.organization == call.organization,
            Code::NotTheProposer,
        )?;
        self.check_open(call, &proposal, &action.action_hash)?;
        let act = Act::decode(proposal.contract, &proposal.action);
        let authority = self
            .authority(call.organization, &act)?
            .expect("proposals and approvals are not proposed");
        let signers = self.signing(call.organization, call.signers, call.height);
        ensure(
            signers.iter().all(|a| authority.may_approve(a)),
            Kernel::NotPermitted,
        )?;
        ensure(
            call.signers
                .iter()
                .all(|key| !proposal.signers.contains(key)),
            Code::AlreadySigned,
        )?;

        proposal.signers.extend_from_slice(call.signers);
        proposal.signers.sort();
        let approved = Approved {
            proposal: proposal.id.clone(),
            signers: call.signers.to_vec(),
        };
        let told = membership([call.organization], event::Event::Approved(approved));
        self.signed(call, proposal, told)
    }

    pub(super) fn consent(
        &mut self,
        call: &Call,
        action: &Consent,
    ) -> Result<Vec<Happened>, Rejected> {
        let mut proposal = self.proposal(&action.proposal)?.clone();
        self.check_open(call, &proposal, &action.action_hash)?;
        let by = call.organization.to_owned();
        ensure(proposal.consents_of.contains(&by), Code::NotAsked)?;
        ensure(!proposal.consented.contains(&by), Code::AlreadyConsented)?;

        proposal.consented.push(by.clone());
        proposal.consented.sort();
        let consented = Consented {
            proposal: proposal.id.clone(),
            organization: by.clone(),
        };
        let concerned = [proposal.organization.clone(), by];
        let told = membership(concerned, event::Event::Consented(consented));
        self.signed(call, proposal, told)
    }

    pub(super) fn end_proposal(
        &mut self,
        call: &Call,
        action: &EndProposal,
    ) -> Result<Vec<Happened>, Rejected> {
        let mut proposal = self.proposal(&action.proposal)?.clone();
        let by = call.organization.to_owned();
        ensure(
            proposal.organization == by || proposal.consents_of.contains(&by),
            Code::NotAParty,
        )?;
        ensure(
            proposal.state() == ProposalState::Open,
            Code::ProposalClosed,
        )?;

        proposal.set_state(ProposalState::Ended);
        let ended = ProposalEnded {
            proposal: proposal.id.clone(),
            by,
        };
        let concerned = parties(&proposal);
        self.keep(proposal);
        Ok(vec![membership(
            concerned,
            event::Event::ProposalEnded(ended),
        )])
    }

    /// What a transaction that succeeded has done, and on whose behalf: its own action, and those of the proposals
    /// that it carried out.
    pub fn executed(
        &self,
        organization: &str,
        act: &Act,
        events: &[Happened],
    ) -> Vec<(String, Act)> {
        let mut all = vec![(organization.to_owned(), act.clone())];
        for happened in events {
            if happened.contract != contract::MEMBERSHIP {
                continue;
            }
            let event = Event::decode(happened.body.as_slice()).expect("an event decodes");
            if let Some(event::Event::CarriedOut(carried_out)) = event.event {
                let proposal = self.proposal(&carried_out.proposal).expect("a proposal");
                let act = Act::decode(proposal.contract, &proposal.action);
                all.push((proposal.organization.clone(), act));
            }
        }
        all
    }

    /// Whose signatures an open proposal still waits for: whether its own organization's, and which others'.
    pub fn lacking(&self, proposal: &Proposal, height: u64) -> (bool, Vec<String>) {
        let act = Act::decode(proposal.contract, &proposal.action);
        let authority = self.authority(&proposal.organization, &act).ok().flatten();
        let approved = authority.is_some_and(|authority| {
            let signers: Vec<&Account> =
                self.signing(&proposal.organization, &proposal.signers, height);
            let organization = &self.organizations[&proposal.organization];
            let asked = approvals_asked(organization, &authority, height);
            suffice(&signers, &authority, asked)
        });
        let others = proposal.consents_of.iter();
        let silent = others.filter(|id| !proposal.consented.contains(id));
        (!approved, silent.cloned().collect())
    }

    /// Keeps a proposal that was signed just now, and carries it out if that was the last signature.
    fn signed(
        &mut self,
        call: &Call,
        mut proposal: Proposal,
        told: Happened,
    ) -> Result<Vec<Happened>, Rejected> {
        let mut happened = vec![told];
        let act = Act::decode(proposal.contract, &proposal.action);
        if let Some(authority) = self.authority(&proposal.organization, &act)? {
            // Its maker's account may act no more.
            let live = self.signing(&proposal.organization, &proposal.signers, call.height);
            Model::check_permissions(&live, &authority)?;
        }
        let (unapproved, silent) = self.lacking(&proposal, call.height);
        if !unapproved && silent.is_empty() {
            let carried_out = CarriedOut {
                proposal: proposal.id.clone(),
            };
            happened.push(membership(
                parties(&proposal),
                event::Event::CarriedOut(carried_out),
            ));
            let accounts = self.signing(&proposal.organization, &proposal.signers, call.height);
            let signers: Vec<Vec<u8>> = accounts.iter().map(|a| a.public_key.clone()).collect();
            let consents = proposal.consented.iter().cloned().collect();
            let carried = Call {
                organization: &proposal.organization,
                signers: &signers,
                consents: &consents,
                contract: proposal.contract,
                act: &act,
                ..*call
            };
            // Whoever consents may not read what the proposing organization had first.
            happened.extend(self.perform(&carried).map_err(|rejected| {
                Rejected {
                    first: rejected
                        .first
                        .filter(|_| call.organization == proposal.organization),
                    ..rejected
                }
            })?);
            proposal.set_state(ProposalState::CarriedOut);
        }
        self.keep(proposal);
        Ok(happened)
    }

    fn keep(&mut self, proposal: Proposal) {
        let id = Id::try_from(proposal.id.as_slice()).expect("an id");
        self.proposals.insert(id, proposal);
    }

    fn check_open(&self, call: &Call, proposal: &Proposal, hash: &[u8]) -> Result<(), Rejected> {
        ensure(
            proposal.state() == ProposalState::Open,
            Code::ProposalClosed,
        )?;
        let today = self.clock.day(call.time_ms);
        ensure(day_of(&proposal.expires_on) >= today, Code::ProposalExpired)?;
        ensure(proposal.action_hash == hash, Code::HashDiffers)
    }

    /// Whether a last day is from today to 90 days later.
    pub(super) fn check_last_day(
        &self,
        call: &Call,
        last: &Option<Date>,
        otherwise: Code,
    ) -> Result<(), Rejected> {
        let today = self.clock.day(call.time_ms);
        let last = last.as_ref().and_then(day);
        ensure(
            last.is_some_and(|last| (today..=today + MOST_DAYS).contains(&last)),
            otherwise,
        )
    }
}

/// Whether what is proposed is a consent.
fn is_consent(proposal: &Proposal) -> bool {
    let act = Act::decode(proposal.contract, &proposal.action);
    matches!(&act, Act::Membership(action) if matches!(action.action, Some(Membership::Consent(_))))
}

/// Who is told that a proposal exists.
fn parties(proposal: &Proposal) -> Vec<String> {
    let mut ids = proposal.consents_of.clone();
    ids.push(proposal.organization.clone());
    ids
}

fn membership<T: Into<String>>(
    concerned: impl IntoIterator<Item = T>,
    event: event::Event,
) -> Happened {
    Happened::membership(concerned, Event { event: Some(event) })
}
