//! Of actions on claims, and of payments for them in the debtor's place.

use counterfoil_proto::receivable;
use counterfoil_proto::receivable::v1::{
    Purpose, Rank, Recourse, Undertaking, UndertakingKind, event::Event as ClaimEvent,
};
use counterfoil_proto::settlement::v1::event::Event as SettlementEvent;

use super::{Told, id, minor, those};
use crate::model::Model;

pub(super) fn claims(
    action: &receivable::v1::Action,
    told: &Told,
    after: &Model,
) -> Vec<&'static str> {
    use receivable::v1::action::Action as Claim;
    let claim = |receivable: &[u8], number| &after.claims[&(id(receivable), number)];
    match action.action.as_ref().expect("executed, so an action") {
        Claim::Split(a) => {
            let part = claim(
                &a.receivable,
                after.receivables[a.receivable.as_slice()].claim_count - 1,
            );
            those([
                (true, "split"),
                (part.penalty.is_some(), "split a claim with penalty"),
                (
                    !part.endorsement.is_empty(),
                    "split a claim that is endorsed",
                ),
                (part.rank() == Rank::Retained, "split a retained claim"),
            ])
        }
        Claim::Merge(a) => {
            let into = claim(
                &a.receivable,
                after.receivables[a.receivable.as_slice()].claim_count - 1,
            );
            those([
                (true, "merge"),
                (into.penalty.is_some(), "merge claims with penalty"),
                (
                    !into.endorsement.is_empty(),
                    "merge claims that are endorsed",
                ),
            ])
        }
        Claim::Offer(a) => vec![match a.purpose() {
            Purpose::Sale => "offer for sale",
            _ => "offer in payment",
        }],
        Claim::Accept(a) => {
            let claim = claim(&a.receivable, a.number);
            let endorsement = &after.endorsements[&(id(&a.receivable), id(&claim.endorsement))];
            let sale = endorsement.purpose() == Purpose::Sale;
            those([
                (!sale, "accept in payment"),
                (sale, "accept for a price"),
                (
                    told.issued,
                    "accept for a price in the recipient's own deposits",
                ),
                (
                    told.returned,
                    "accept for a price in the controller's own deposits",
                ),
                (
                    !endorsement.previous.is_empty(),
                    "accept a claim that is endorsed already",
                ),
                (
                    endorsement.recourse() == Recourse::Full,
                    "accept with full recourse",
                ),
                (
                    endorsement.recourse() == Recourse::Limited,
                    "accept with limited recourse",
                ),
            ])
        }
        Claim::Decline(_) => vec!["decline"],
        Claim::Expire(_) => vec!["expire an offer"],
        Claim::GiveGuarantee(_) => vec!["guarantee"],
        Claim::GiveNotice(a) => {
            let claim = claim(&a.receivable, a.number);
            let all = after.undertakings(claim);
            let at = all.iter().position(|u| u.id == a.undertaking);
            let at = at.expect("what notice is given of");
            let of = |kind| move |u: &&Undertaking| u.kind() == kind;
            let later = all[at + 1..].iter().any(of(UndertakingKind::Recourse));
            let pledged = claim.encumbrance.is_some();
            those([
                (
                    all[at].kind() == UndertakingKind::Guarantee,
                    "give notice to a guarantor",
                ),
                (
                    all[at].kind() == UndertakingKind::Recourse,
                    "give notice to an endorser",
                ),
                (
                    later && all[at].kind() == UndertakingKind::Recourse,
                    "give notice to an earlier endorser",
                ),
                (pledged, "give notice of a pledged claim"),
            ])
        }
    }
}

/// Of an endorser's or guarantor's payment.
pub(super) fn recovery(told: &Told, after: &Model) -> Vec<&'static str> {
    let [SettlementEvent::ClaimRecovered(recovered)] = told.settlement.as_slice() else {
        panic!("a recovery tells of itself alone")
    };
    let key = |number| (id(&recovered.receivable), number);
    let (held, part) = (
        &after.claims[&key(recovered.claim)],
        &after.claims[&key(recovered.into)],
    );
    let undertaking = &after.undertakings[&(key(0).0, id(&recovered.undertaking))];
    let bounded = undertaking.cap_minor > 0 && undertaking.paid_minor == undertaking.cap_minor;
    let overtaken = |event: &ClaimEvent| matches!(event, ClaimEvent::Overtaken(_));
    those([
        (
            recovered.kind() == UndertakingKind::Guarantee,
            "honour a guarantee",
        ),
        (
            recovered.kind() == UndertakingKind::Recourse,
            "honour a recourse",
        ),
        (recovered.spent, "honour in whole"),
        (!recovered.spent, "honour in part"),
        (minor(&recovered.penalty) > 0, "honour with a penalty"),
        (minor(&recovered.refund) > 0, "honour with a refund"),
        (bounded, "honour up to the cap"),
        (part.behind > 1, "honour what was subrogated"),
        (
            !part.undertakings.is_empty(),
            "honour before earlier endorsers",
        ),
        (held.rank() == Rank::Retained, "honour of a retained claim"),
        (!told.financing.is_empty(), "honour a pledged claim"),
        (
            told.claims.iter().any(overtaken),
            "honour and overtake an offer",
        ),
    ])
}
