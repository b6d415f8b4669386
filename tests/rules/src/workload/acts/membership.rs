//! Proposals and their signatures, accounts, rules and decisions.

use counterfoil_proto::membership::v1::{
    Account, Action, ActionClass, ApprovalRequirement, Approve, ChangeAccounts, Consent, Decision,
    EndProposal, Enrolment, Leave, Organization, OrganizationStatus, Permission, Proposal, Propose,
    ProposeDecision, ProposedDecision, Revocation, Role, SetApprovalRule, Vote,
    action::Action as Kind, decision::Decision as DecisionKind,
};
use counterfoil_types::keys::SigningKey;

use super::TODAY;
use crate::model::Act;
use crate::model::arithmetic::date;
use crate::workload::bench::number_of;
use crate::workload::keyring::enrolment_signature;
use crate::workload::world::ALL;

pub fn membership_act(kind: Kind) -> Act {
    Act::Membership(Action { action: Some(kind) })
}

/// Proposes up to the 30th day after [`TODAY`].
pub fn propose(act: &Act, consents_of: &[&str]) -> Act {
    membership_act(Kind::Propose(Propose {
        contract: number_of(act),
        action: act.encode(),
        consents_of: consents_of.iter().map(|id| (*id).to_owned()).collect(),
        expires_on: Some(date(TODAY + 30)),
    }))
}

pub fn approve(proposal: &Proposal) -> Act {
    membership_act(Kind::Approve(Approve {
        proposal: proposal.id.clone(),
        action_hash: proposal.action_hash.clone(),
    }))
}

pub fn consent(proposal: &Proposal) -> Act {
    membership_act(Kind::Consent(Consent {
        proposal: proposal.id.clone(),
        action_hash: proposal.action_hash.clone(),
    }))
}

pub fn end_proposal(proposal: &Proposal) -> Act {
    membership_act(Kind::EndProposal(EndProposal {
        proposal: proposal.id.clone(),
    }))
}

pub fn change_accounts(enrol: Vec<Enrolment>, revoke: Vec<Revocation>) -> Act {
    membership_act(Kind::ChangeAccounts(ChangeAccounts { enrol, revoke }))
}

/// An account of a key, with the signature that it is at hand.
pub fn enrolment(
    organization: &str,
    key: &SigningKey,
    permissions: &[Permission],
    from_height: u64,
) -> Enrolment {
    let public_key = key.public_key().to_vec();
    Enrolment {
        signature: enrolment_signature(organization, &public_key),
        account: Some(Account {
            public_key,
            permissions: permissions.iter().map(|p| *p as i32).collect(),
            from_height,
            until_height: 0,
        }),
    }
}

pub fn revocation(key: &SigningKey, until_height: u64) -> Revocation {
    Revocation {
        public_key: key.public_key().to_vec(),
        until_height,
    }
}

/// So many approvals of a class, for amounts in USD above one where it is given.
pub fn requirement(
    class: ActionClass,
    above_minor: Option<u64>,
    approvals: u32,
) -> ApprovalRequirement {
    ApprovalRequirement {
        action_class: class.into(),
        above: above_minor.and_then(super::usd),
        approvals,
    }
}

pub fn set_rule(requirements: Vec<ApprovalRequirement>) -> Act {
    membership_act(Kind::SetApprovalRule(SetApprovalRule { requirements }))
}

pub fn leave() -> Act {
    membership_act(Kind::Leave(Leave {}))
}

/// Puts a decision before the operators, up to the 30th day after [`TODAY`].
pub fn decide(kind: DecisionKind) -> Act {
    membership_act(Kind::ProposeDecision(ProposeDecision {
        decision: Some(Decision {
            decision: Some(kind),
        }),
        expires_on: Some(date(TODAY + 30)),
    }))
}

pub fn vote(decision: &ProposedDecision) -> Act {
    membership_act(Kind::Vote(Vote {
        decision: decision.id.clone(),
        decision_hash: decision.decision_hash.clone(),
    }))
}

/// An organization to be admitted, with one account that may do everything.
pub fn admission(id: &str, roles: &[Role], key: &SigningKey) -> Organization {
    Organization {
        id: id.to_owned(),
        legal_name: id.to_uppercase(),
        lei: String::new(),
        national_id: format!("workload:{id}"),
        roles: roles.iter().map(|role| *role as i32).collect(),
        accounts: vec![Account {
            public_key: key.public_key().to_vec(),
            permissions: ALL.iter().map(|p| *p as i32).collect(),
            from_height: 0,
            until_height: 0,
        }],
        approval_rule: Vec::new(),
        status: OrganizationStatus::Active.into(),
    }
}
