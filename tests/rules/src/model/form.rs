//! What an action must be before anything is asked of the ledger.

use counterfoil_proto::financing::v1::{Schedule, Technique, action::Action as Financing};
use counterfoil_proto::invoice::v1::{Ruling, Verdict, WarningKind, action::Action as Invoice};
use counterfoil_proto::receivable::v1::{
    BusinessDayConvention, DayCount, Purpose, Recourse, Terms, action::Action as Receivable,
};

use super::Act;

/// Whether bytes were read as an action of the contract.
pub(super) fn names_an_action(act: &Act) -> bool {
    match act {
        Act::Calendar(action) => action.action.is_some(),
        Act::Cash(action) => action.action.is_some(),
        Act::Financing(action) => action.action.is_some(),
        Act::Invoice(action) => action.action.is_some(),
        Act::Membership(action) => action.action.is_some(),
        Act::Receivable(action) => action.action.is_some(),
        Act::Settlement(action) => action.action.is_some(),
        Act::Supervision(action) => action.action.is_some(),
        Act::Garbage(_) => false,
    }
}

/// Whether an action names no enum value that nobody knows.
pub(super) fn is_well_formed(act: &Act) -> bool {
    match act {
        Act::Invoice(action) => match &action.action {
            Some(Invoice::Register(a)) => are_known(a.terms.as_ref()),
            Some(Invoice::Propose(a)) => {
                let invoice = a.invoice.as_ref();
                are_known(invoice.and_then(|invoice| invoice.terms.as_ref()))
            }
            Some(Invoice::Confirm(a)) => all_are::<WarningKind>(&a.acknowledged),
            Some(Invoice::ConfirmConditionally(a)) => {
                all_are::<WarningKind>(&a.acknowledged) && are_known(a.terms.as_ref())
            }
            Some(Invoice::RuleOnDispute(a)) => is_known_ruling(a.ruling.as_ref()),
            Some(Invoice::EndDispute(a)) => is_known_ruling(a.ruling.as_ref()),
            _ => true,
        },
        Act::Receivable(action) => match &action.action {
            Some(Receivable::Offer(offer)) => {
                Purpose::try_from(offer.purpose).is_ok()
                    && Recourse::try_from(offer.recourse).is_ok()
            }
            _ => true,
        },
        Act::Financing(action) => match &action.action {
            Some(Financing::Open(open)) => {
                Technique::try_from(open.technique).is_ok()
                    && Recourse::try_from(open.recourse).is_ok()
            }
            Some(Financing::MakeStandingQuote(make)) => make
                .terms
                .as_ref()
                .is_none_or(|terms| DayCount::try_from(terms.day_count).is_ok()),
            Some(Financing::Reveal(reveal)) => reveal.terms.as_ref().is_none_or(|terms| {
                DayCount::try_from(terms.day_count).is_ok()
                    && Recourse::try_from(terms.recourse).is_ok()
                    && Schedule::try_from(terms.schedule).is_ok()
            }),
            _ => true,
        },
        _ => true,
    }
}

fn are_known(terms: Option<&Terms>) -> bool {
    terms.is_none_or(|terms| {
        DayCount::try_from(terms.day_count).is_ok()
            && BusinessDayConvention::try_from(terms.convention).is_ok()
    })
}

fn is_known_ruling(ruling: Option<&Ruling>) -> bool {
    ruling.is_none_or(|ruling| all_are::<Verdict>(&[ruling.verdict]))
}

fn all_are<E: TryFrom<i32>>(numbers: &[i32]) -> bool {
    numbers.iter().all(|number| E::try_from(*number).is_ok())
}
