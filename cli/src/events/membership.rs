//! Proposals, accounts, approval rules, and what the operators decided.

use counterfoil_proto::membership::v1::event::Event;

use super::Show;
use crate::output::View;

impl Show<'_> {
    pub(super) fn membership(&self, event: Event) -> View {
        use Event::*;
        let proposal = |name, id: &[u8]| self.named(name).id("proposal", id);
        let decision = |name, id: &[u8]| self.named(name).id("decision", id);
        match event {
            Proposed(e) => proposal("Proposed", &e.proposal)
                .text("organization", e.organization)
                .id("action_hash", &e.action_hash)
                .list("consents_of", e.consents_of)
                .date("expires_on", e.expires_on.as_ref()),
            Approved(e) => {
                proposal("Approved", &e.proposal).list("signers", e.signers.iter().map(hex::encode))
            }
            Consented(e) => proposal("Consented", &e.proposal).text("organization", e.organization),
            CarriedOut(e) => proposal("CarriedOut", &e.proposal),
            ProposalEnded(e) => proposal("ProposalEnded", &e.proposal).text("by", e.by),
            AccountsChanged(e) => self
                .named("AccountsChanged")
                .text("organization", e.organization)
                .list("enrolled", e.enrolled.iter().map(hex::encode))
                .list("revoked", e.revoked.iter().map(hex::encode)),
            ApprovalRuleSet(e) => self
                .named("ApprovalRuleSet")
                .text("organization", e.organization),
            Left(e) => self
                .named("OrganizationLeft")
                .text("organization", e.organization),
            DecisionProposed(e) => decision("DecisionProposed", &e.decision)
                .text("by", e.by)
                .id("decision_hash", &e.decision_hash)
                .date("expires_on", e.expires_on.as_ref()),
            DecisionVoted(e) => decision("DecisionVoted", &e.decision).text("by", e.by),
            DecisionCarriedOut(e) => decision("DecisionCarriedOut", &e.decision),
        }
    }
}
