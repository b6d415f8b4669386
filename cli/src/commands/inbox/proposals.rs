//! Proposals to approve or to consent to, and decisions to vote on.

use counterfoil_proto::membership::v1::{DecisionState, Proposal, ProposalState, ProposedDecision};

use super::entry::{Desk, Entry, date};

/// What this account's organization is to approve, and what it is asked to sign with others. `account` is the key that asks.
pub fn to_sign(desk: &Desk<'_>, account: &[u8], proposals: &[Proposal]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for proposal in proposals {
        if proposal.state() != ProposalState::Open {
            continue;
        }
        let id = hex::encode(&proposal.id);
        let me = desk.me.to_owned();
        let own = proposal.organization == me;
        let (kind, sentence, verb) = if own && !proposal.signers.iter().any(|s| s == account) {
            let sentence =
                "another account proposed an action, which may need your approval".to_owned();
            ("approval", sentence, "approve")
        } else if proposal.consents_of.contains(&me) && !proposal.consented.contains(&me) {
            let sentence = format!(
                "{} asks for your consent to an action",
                proposal.organization
            );
            ("consent", sentence, "consent")
        } else {
            continue;
        };
        entries.push(Entry {
            kind,
            sentence: format!("{sentence}; look at it by `counterfoil proposal show {id}`"),
            since: date(proposal.proposed_on),
            until: date(proposal.expires_on),
            command: format!("counterfoil proposal {verb} {id}"),
        });
    }
    entries
}

/// Decisions that an operator has not voted for. Those whose last day has passed wait for nobody.
pub fn to_vote(desk: &Desk<'_>, decisions: &[ProposedDecision]) -> Vec<Entry> {
    let waits = |d: &&ProposedDecision| {
        d.state() == DecisionState::Open
            && !d.votes.iter().any(|vote| vote == desk.me)
            && date(d.expires_on).is_some_and(|last| desk.today <= last)
    };
    let entry = |decision: &ProposedDecision| {
        let id = hex::encode(&decision.id);
        Entry {
            kind: "vote",
            sentence: format!(
                "{} proposes a decision of the operators; look at it by `counterfoil decision show {id}`",
                decision.proposed_by
            ),
            since: None,
            until: date(decision.expires_on),
            command: format!("counterfoil decision vote {id}"),
        }
    };
    decisions.iter().filter(waits).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::{at_desk, on};
    use super::*;

    #[test]
    fn proposals_wait_for_other_accounts_and_for_who_is_asked() {
        let proposal = Proposal {
            id: vec![0xab; 32],
            organization: "supplier".into(),
            signers: vec![vec![1; 32]],
            consents_of: vec!["bank-a".into(), "bank-b".into()],
            consented: vec!["bank-b".into()],
            expires_on: on("2026-02-01"),
            state: ProposalState::Open.into(),
            ..Proposal::default()
        };
        let all = [proposal];
        let waits =
            |me, account: u8| at_desk(me, "2026-01-10", |desk| to_sign(desk, &[account; 32], &all));
        assert_eq!(waits("supplier", 2)[0].kind, "approval");
        assert!(waits("supplier", 1).is_empty());
        let asked = waits("bank-a", 9);
        assert_eq!(asked[0].kind, "consent");
        assert!(
            asked[0]
                .command
                .starts_with("counterfoil proposal consent abab")
        );
        assert!(waits("bank-b", 9).is_empty() && waits("bank-c", 9).is_empty());
    }

    #[test]
    fn decisions_wait_for_operators_that_have_not_voted() {
        let decision = |last: &str| ProposedDecision {
            id: vec![7; 32],
            proposed_by: "operator".into(),
            votes: vec!["operator".into()],
            expires_on: on(last),
            state: DecisionState::Open.into(),
            ..ProposedDecision::default()
        };
        let all = [decision("2026-01-10"), decision("2026-01-09")];
        let waits = |me| at_desk(me, "2026-01-10", |desk| to_vote(desk, &all));
        assert_eq!(waits("operator-2").len(), 1);
        assert!(waits("operator").is_empty());
    }
}
