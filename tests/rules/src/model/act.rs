//! What is asked of contracts: actions as they are sent and read, and which of them are none.

use counterfoil_proto::calendar::v1 as calendar_wire;
use counterfoil_proto::cash::v1 as cash_wire;
use counterfoil_proto::credit::v1 as credit_wire;
use counterfoil_proto::financing::v1::{self as financing_wire, Schedule, Technique};
use counterfoil_proto::invoice::v1::{self as invoice_wire, Verdict, WarningKind};
use counterfoil_proto::membership::v1 as membership_wire;
use counterfoil_proto::receivable::v1::{
    self as receivable_wire, BusinessDayConvention, DayCount, Purpose, Recourse,
};
use counterfoil_proto::settlement::v1 as settlement_wire;
use counterfoil_proto::supervision::v1 as supervision_wire;
use prost::Message as _;

use super::contract;

/// What is asked of a contract.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Calendar(calendar_wire::Action),
    Cash(cash_wire::Action),
    Credit(credit_wire::Action),
    Financing(financing_wire::Action),
    Invoice(invoice_wire::Action),
    Membership(membership_wire::Action),
    Receivable(receivable_wire::Action),
    Settlement(settlement_wire::Action),
    Supervision(supervision_wire::Action),
    /// Bytes that are no contract's action, or not in canonical encoding.
    Garbage(Vec<u8>),
}

impl Act {
    /// The bytes that are sent.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Act::Calendar(action) => action.encode_to_vec(),
            Act::Cash(action) => action.encode_to_vec(),
            Act::Credit(action) => action.encode_to_vec(),
            Act::Financing(action) => action.encode_to_vec(),
            Act::Invoice(action) => action.encode_to_vec(),
            Act::Membership(action) => action.encode_to_vec(),
            Act::Receivable(action) => action.encode_to_vec(),
            Act::Settlement(action) => action.encode_to_vec(),
            Act::Supervision(action) => action.encode_to_vec(),
            Act::Garbage(bytes) => bytes.clone(),
        }
    }

    /// What a contract reads in bytes.
    pub fn decode(contract: u32, bytes: &[u8]) -> Act {
        let act = match contract {
            contract::CALENDAR => calendar_wire::Action::decode(bytes).map(Act::Calendar),
            contract::CASH => cash_wire::Action::decode(bytes).map(Act::Cash),
            contract::CREDIT => credit_wire::Action::decode(bytes).map(Act::Credit),
            contract::FINANCING => financing_wire::Action::decode(bytes).map(Act::Financing),
            contract::INVOICE => invoice_wire::Action::decode(bytes).map(Act::Invoice),
            contract::MEMBERSHIP => membership_wire::Action::decode(bytes).map(Act::Membership),
            contract::RECEIVABLE => receivable_wire::Action::decode(bytes).map(Act::Receivable),
            contract::SETTLEMENT => settlement_wire::Action::decode(bytes).map(Act::Settlement),
            contract::SUPERVISION => supervision_wire::Action::decode(bytes).map(Act::Supervision),
            _ => return Act::Garbage(bytes.to_vec()),
        };
        let canonical = act.ok().filter(|act| act.encode() == bytes);
        canonical.unwrap_or(Act::Garbage(bytes.to_vec()))
    }
}

/// Whether bytes were read as an action of the contract.
pub(super) fn names_an_action(act: &Act) -> bool {
    match act {
        Act::Calendar(action) => action.action.is_some(),
        Act::Cash(action) => action.action.is_some(),
        Act::Credit(action) => action.action.is_some(),
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
    use financing_wire::action::Action as Financing;
    use invoice_wire::action::Action as Invoice;
    use receivable_wire::action::Action as Receivable;
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

fn are_known(terms: Option<&receivable_wire::Terms>) -> bool {
    terms.is_none_or(|terms| {
        DayCount::try_from(terms.day_count).is_ok()
            && BusinessDayConvention::try_from(terms.convention).is_ok()
    })
}

fn is_known_ruling(ruling: Option<&invoice_wire::Ruling>) -> bool {
    ruling.is_none_or(|ruling| all_are::<Verdict>(&[ruling.verdict]))
}

fn all_are<E: TryFrom<i32>>(numbers: &[i32]) -> bool {
    numbers.iter().all(|number| E::try_from(*number).is_ok())
}
