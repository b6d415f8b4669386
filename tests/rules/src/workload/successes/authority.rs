//! The ways in which transactions succeed about who takes part, and about what a regulator says.

use counterfoil_proto::membership::v1::{decision::Decision, event::Event as MembershipEvent};
use counterfoil_proto::{membership, supervision};

use super::{Told, those};
use crate::model::{Act, Model};

pub(super) fn participation(
    action: &membership::v1::Action,
    told: &Told,
    after: &Model,
) -> Vec<&'static str> {
    use membership::v1::action::Action as Membership;
    let carried_out = told
        .membership
        .iter()
        .any(|event| matches!(event, MembershipEvent::CarriedOut(_)));
    let decided = told.membership.iter().find_map(|event| match event {
        MembershipEvent::DecisionCarriedOut(told) => {
            let decision = after.decisions[told.decision.as_slice()].decision.as_ref();
            decision.and_then(|decision| decision.decision.as_ref())
        }
        _ => None,
    });
    let mut names = match action.action.as_ref().expect("executed, so an action") {
        Membership::Propose(a) => {
            let is_consent = matches!(Act::decode(a.contract, &a.action), Act::Membership(inner)
                if matches!(inner.action, Some(Membership::Consent(_))));
            those([
                (true, "propose"),
                (carried_out, "propose and carry out at once"),
                (
                    !a.consents_of.is_empty(),
                    "propose for others to consent to",
                ),
                (is_consent, "propose a consent"),
            ])
        }
        Membership::Approve(_) => those([
            (true, "approve"),
            (!carried_out, "approve what waits for more"),
        ]),
        Membership::Consent(_) => those([
            (true, "consent"),
            (!carried_out, "consent while others are waited for"),
        ]),
        Membership::EndProposal(_) => vec!["end a proposal"],
        Membership::ChangeAccounts(a) => those([
            (!a.enrol.is_empty(), "enrol an account"),
            (!a.revoke.is_empty(), "revoke an account"),
            (
                !a.enrol.is_empty() && !a.revoke.is_empty(),
                "rotate an account",
            ),
        ]),
        Membership::SetApprovalRule(_) => vec!["set an approval rule"],
        Membership::Leave(_) => vec!["leave"],
        Membership::ProposeDecision(_) => vec!["propose a decision"],
        Membership::Vote(_) => {
            those([(true, "vote"), (decided.is_none(), "vote without deciding")])
        }
    };
    let settings = &after.consensus;
    names.extend(decided.map(|kind| match kind {
        Decision::Admit(_) => "admit",
        Decision::Suspend(_) => "suspend",
        Decision::Reinstate(_) => "reinstate",
        Decision::Amend(_) => "amend",
        Decision::Validators(_) => "replace the validators",
        Decision::Params(params) if params.transaction_lifetime_ms > 0 => "set a lifetime",
        Decision::Params(_) => "set the parameters of consensus",
        Decision::Upgrade(a) if settings.upgrades.contains(a) => "schedule an upgrade",
        Decision::Upgrade(_) => "take an upgrade back",
        Decision::RotateLedgerKey(a) if settings.rotations.contains(a) => {
            "schedule another ledger key"
        }
        Decision::RotateLedgerKey(_) => "take a rotation of the ledger key back",
    }));
    names
}

pub(super) fn supervised(action: &supervision::v1::Action, after: &Model) -> Vec<&'static str> {
    use supervision::v1::action::Action as Supervising;
    match action.action.as_ref().expect("executed, so an action") {
        Supervising::PublishPack(a) => {
            let pack = after.packs.last().expect("it was published");
            let later = a.effective_from != pack.published_on;
            those([
                (true, "publish a pack"),
                (later, "publish a pack for a later day"),
            ])
        }
        Supervising::Freeze(a) => those([
            (true, "freeze a record"),
            (a.last_day.is_some(), "freeze a record until a day"),
        ]),
        Supervising::Release(_) => vec!["release a record"],
    }
}
