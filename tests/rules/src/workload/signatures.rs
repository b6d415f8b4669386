//! Who signs a planned transaction, and the signatures that proposals wait for.

use counterfoil_proto::membership::v1::{
    Account, Approve, Consent, EndProposal, Permission, Proposal, ProposalState,
    action::Action as Kind,
};
use rand::Rng;
use rand::seq::SliceRandom;

use super::acts::membership_act;
use super::{Generator, Planned, Signer, View};
use crate::model::Act;
use crate::model::authority::{acting, approvals_asked};
use crate::model::claims::day_of;
use crate::model::contract::MEMBERSHIP;

/// Proposals are looked for among the last of so many.
const RECENT: usize = 12;

impl Generator {
    /// Mostly signs with the accounts that the action needs, or proposes it to them.
    pub(super) fn have_signed(&mut self, view: &View, mut planned: Planned) -> Planned {
        let Some(organization) = view.model.organizations.get(&planned.organization) else {
            return planned;
        };
        if planned.signer != Signer::Itself {
            return planned;
        }
        let mut live: Vec<Account> = acting(organization, view.height)
            .into_iter()
            .cloned()
            .collect();
        live.shuffle(&mut self.rng);
        if live.is_empty() {
            return planned;
        }
        if self.chance(0.04) {
            let some = self.rng.gen_range(1..=live.len().min(8));
            planned.signer = accounts(&live[..some]);
            return planned;
        }
        let authority = view.model.authority(&planned.organization, &planned.act);
        let Ok(Some(authority)) = authority else {
            planned.signer = accounts(&live[..1]);
            return planned;
        };
        let asked = approvals_asked(organization, &authority, view.height);
        // Leaves accounts that can approve to approve.
        live.sort_by_key(|account| authority.may_approve(account));
        let Some(at) = live.iter().position(|account| authority.may_make(account)) else {
            planned.signer = accounts(&live[..1]);
            return planned;
        };
        let mut signers = vec![live.remove(at)];
        if self.chance(if asked > 0 { 0.4 } else { 0.02 }) {
            let today = view.today;
            planned = Planned::proposed(
                planned.organization,
                planned.contract,
                &planned.act,
                &[],
                today,
            );
        } else {
            let approvers = live.into_iter().filter(|a| authority.may_approve(a));
            signers.extend(approvers.take(asked));
        }
        planned.signer = accounts(&signers);
        planned
    }

    /// An action that asks for others' consent.
    pub(super) fn ask_for_consent(&mut self, view: &View) -> Planned {
        let action = self.trade(view);
        let caller = action.organization;
        let mut others: Vec<String> = self.roster.clone();
        others.retain(|id| *id != caller);
        others.shuffle(&mut self.rng);
        others.truncate(self.rng.gen_range(1..=2));
        let mut others: Vec<&str> = others.iter().map(String::as_str).collect();
        let mut today = view.today;
        let mut repeated = false;
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..5) {
                0 => others.push(&caller),
                1 => others.push("nobody"),
                2 => repeated = true,
                3 => today = view.today + self.one_of(&[-31, 61, 400]),
                _ => return self.propose_what_cannot_be(view),
            }
        }
        let mut planned = Planned::proposed(&caller, action.contract, &action.act, &others, today);
        if let Act::Membership(action) = &mut planned.act
            && let Some(Kind::Propose(propose)) = &mut action.action
        {
            if repeated {
                propose.consents_of = match self.rng.gen_range(0..3) {
                    0 => vec![others[0].to_owned(); 2],
                    1 => self.roster.iter().rev().cloned().collect(),
                    _ => (0..33).map(|n| format!("organization-{n}")).collect(),
                };
            }
            if self.chance(0.01) {
                propose.expires_on = self.no_date();
            }
        }
        planned.signer = self.signer_who_may(Permission::Make, view, &caller);
        planned
    }

    /// A proposal of what takes part in proposals itself, or of what nobody can read.
    fn propose_what_cannot_be(&mut self, view: &View) -> Planned {
        let some = self.recent_proposal(view, |_| true);
        let proposal = some.cloned().unwrap_or_default();
        let caller = match proposal.consents_of.first() {
            Some(asked) => asked.clone(),
            None => self.organization(|_| true),
        };
        let (id, hash) = (proposal.id.clone(), proposal.action_hash.clone());
        let act = match self.rng.gen_range(0..5) {
            0 => {
                let inner = self.trade(view);
                Planned::proposed(&caller, inner.contract, &inner.act, &[], view.today).act
            }
            1 => membership_act(Kind::Approve(Approve {
                proposal: id,
                action_hash: hash,
            })),
            2 => membership_act(Kind::EndProposal(EndProposal { proposal: id })),
            3 => {
                let consent = consent_to(&proposal);
                let other = self.organization(|id| id != caller);
                let mut planned =
                    Planned::proposed(&caller, MEMBERSHIP, &consent, &[&other], view.today);
                planned.signer = self.signer_who_may(Permission::Make, view, &caller);
                return planned;
            }
            _ => Act::Garbage(vec![0xff; 3]),
        };
        let mut planned = Planned::proposed(&caller, MEMBERSHIP, &act, &[], view.today);
        planned.signer = self.signer_who_may(Permission::Make, view, &caller);
        planned
    }

    /// An account that may make things, where there is one.
    pub(super) fn signer_who_may(
        &mut self,
        permission: Permission,
        view: &View,
        organization: &str,
    ) -> Signer {
        let Some(organization) = view.model.organizations.get(organization) else {
            return Signer::Itself;
        };
        let mut live = acting(organization, view.height);
        live.shuffle(&mut self.rng);
        let permission = i32::from(permission);
        let makes = |a: &&Account| a.permissions.contains(&permission) && self.rng.gen_bool(0.98);
        let Some(at) = live.iter().position(makes) else {
            return Signer::Itself;
        };
        accounts(&[live[at].clone()])
    }

    /// A signature that some proposal waits for.
    pub(super) fn sign_what_waits(&mut self, view: &View) -> Planned {
        let open =
            |p: &Proposal| p.state() == ProposalState::Open && day_of(&p.expires_on) >= view.today;
        let anything = self.chance(0.06);
        let wanted = self.recent_proposal(view, |p| anything || open(p));
        let Some(proposal) = wanted.cloned() else {
            return self.ask_for_consent(view);
        };
        let (unapproved, silent) = view.model.lacking(&proposal, view.height);
        let mut consents = silent
            .first()
            .is_some_and(|_| !unapproved || self.chance(0.5));
        let mut by = if consents {
            self.one_of(&silent)
        } else {
            proposal.organization.clone()
        };
        let mut id = proposal.id.clone();
        let mut action_hash = proposal.action_hash.clone();
        let mut signed_again = false;
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..6) {
                0 => {
                    id = if self.chance(0.5) {
                        self.bytes32()
                    } else {
                        self.wrong_length()
                    }
                }
                1 => action_hash = self.bytes32(),
                2 => by = self.organization(|_| true),
                3 => signed_again = true,
                4 => consents = !consents,
                _ => {
                    if let Some(other) = self.recent_proposal(view, |p| !open(p)).cloned() {
                        (id, action_hash) = (other.id, other.action_hash);
                        by = other
                            .consents_of
                            .first()
                            .unwrap_or(&other.organization)
                            .clone();
                        consents = !other.consents_of.is_empty();
                    }
                }
            }
        }
        if consents {
            let (proposal, action_hash) = (id, action_hash);
            let consent = Consent {
                proposal,
                action_hash,
            };
            return Planned::new(by, MEMBERSHIP, membership_act(Kind::Consent(consent)));
        }
        let approve = membership_act(Kind::Approve(Approve {
            proposal: id,
            action_hash,
        }));
        let mut planned = Planned::new(&by, MEMBERSHIP, approve);
        planned.signer = self.approver(view, &proposal, &by, signed_again);
        planned
    }

    /// An account that can approve a proposal and has not, or one that has.
    fn approver(&mut self, view: &View, proposal: &Proposal, by: &str, again: bool) -> Signer {
        let act = Act::decode(proposal.contract, &proposal.action);
        let authority = view
            .model
            .authority(&proposal.organization, &act)
            .ok()
            .flatten();
        let (Some(authority), Some(organization)) = (authority, view.model.organizations.get(by))
        else {
            return Signer::Itself;
        };
        let mut live: Vec<Account> = acting(organization, view.height)
            .into_iter()
            .filter(|account| proposal.signers.contains(&account.public_key) == again)
            .cloned()
            .collect();
        live.shuffle(&mut self.rng);
        live.sort_by_key(|account| !authority.may_approve(account));
        if live.is_empty() {
            return Signer::Itself;
        }
        let many = if self.chance(0.1) { 2 } else { 1 };
        live.truncate(many);
        accounts(&live)
    }

    /// Ends a proposal, mostly one that nobody will sign any more.
    pub(super) fn end_proposal(&mut self, view: &View) -> Planned {
        let is_open = |p: &Proposal| p.state() == ProposalState::Open;
        let Some(proposal) = self.recent_proposal(view, is_open).cloned() else {
            return self.ask_for_consent(view);
        };
        let mut by = proposal.organization.clone();
        if self.chance(0.3) && !proposal.consents_of.is_empty() {
            by = self.one_of(&proposal.consents_of);
        }
        let mut id = proposal.id;
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..3) {
                0 => id = self.bytes32(),
                1 => by = self.organization(|_| true),
                _ => {
                    if let Some(closed) = self.recent_proposal(view, |p| !is_open(p)) {
                        (id, by) = (closed.id.clone(), closed.organization.clone());
                    }
                }
            }
        }
        let end = membership_act(Kind::EndProposal(EndProposal { proposal: id }));
        Planned::new(by, MEMBERSHIP, end)
    }

    fn recent_proposal<'a>(
        &mut self,
        view: &View<'a>,
        wanted: impl Fn(&Proposal) -> bool,
    ) -> Option<&'a Proposal> {
        let mut all: Vec<&Proposal> = view.model.proposals.values().collect();
        all.retain(|p| wanted(p));
        all.sort_by_key(|p| std::cmp::Reverse(day_of(&p.proposed_on)));
        all.truncate(RECENT);
        self.some(&all)
    }
}

fn consent_to(proposal: &Proposal) -> Act {
    membership_act(Kind::Consent(Consent {
        proposal: proposal.id.clone(),
        action_hash: proposal.action_hash.clone(),
    }))
}

fn accounts(accounts: &[Account]) -> Signer {
    let mut keys: Vec<Vec<u8>> = accounts.iter().map(|a| a.public_key.clone()).collect();
    keys.sort();
    Signer::Accounts(keys)
}
