//! What is frozen stays where it is, and what is paid on it waits for whom it is due to (specification 7.2).

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::cash::v1::SuspenseState;
use counterfoil_proto::cash::v1::event::Event as CashEvent;
use counterfoil_proto::receivable::v1::{Purpose, event::Event as ReceivableEvent};
use counterfoil_proto::supervision::v1::event::Event as SupervisionEvent;
use counterfoil_types::dates::Date;

use super::evidence::{Event, Executed};
use super::figures::{date, minor};
use super::records::Records;
use super::report::Check;
use crate::frozen::Record;

pub fn checks(records: &Records, history: &[Executed]) -> Vec<Check> {
    let (moved, free) = moves(history);
    let of_records = records.suspense.iter().map(|suspense| Waiting {
        suspense: &suspense.id,
        issuer: &suspense.issuer,
        payee: &suspense.payee,
        minor: minor(&suspense.amount),
        state: suspense.state(),
    });
    let waiting = waiting(history).into_values();
    vec![
        Check::new("claims_moved_while_they_were_free", moved, free),
        Check::same(
            "suspense_as_its_events_say",
            &waiting.collect(),
            &of_records.collect::<BTreeSet<_>>(),
        ),
    ]
}

/// How often claims were divided, passed on or put to use, and how often neither they nor their receivable were frozen.
fn moves(history: &[Executed]) -> (u64, u64) {
    // With the last day, where one is known.
    let mut frozen: BTreeMap<&[u8], Option<Date>> = BTreeMap::new();
    let (mut moved, mut free) = (0, 0);
    for executed in history {
        for event in &executed.events {
            match event {
                Event::Supervision(SupervisionEvent::Frozen(e)) => {
                    frozen.insert(&e.record, date(e.last_day.as_ref()));
                }
                Event::Supervision(SupervisionEvent::Released(e)) => {
                    frozen.remove(&*e.record);
                }
                Event::Receivable(event) => {
                    let Some((receivable, numbers)) = moved_by(event) else {
                        continue;
                    };
                    let claims = numbers.iter();
                    let claims = claims.map(|number| Record::claim(receivable, *number));
                    let mut records = claims.chain([Record::receivable(receivable)]);
                    let is_frozen = |record: Record| {
                        let last_day = frozen.get(&*record.key());
                        last_day.is_some_and(|last| last.is_none_or(|last| executed.date <= last))
                    };
                    moved += 1;
                    free += u64::from(!records.any(is_frozen));
                }
                _ => {}
            }
        }
    }
    (moved, free)
}

/// The claims that an event moves and a freeze would keep where they are. What is paid for in the debtor's place is the
/// payer's all the same, and what a lender controls returns with the debt.
fn moved_by(event: &ReceivableEvent) -> Option<(&[u8], Vec<u32>)> {
    match event {
        ReceivableEvent::Split(e) => Some((&e.receivable, vec![e.number])),
        ReceivableEvent::Merged(e) => Some((&e.receivable, e.numbers.clone())),
        ReceivableEvent::Offered(e) => Some((&e.receivable, vec![e.number])),
        ReceivableEvent::Pledged(e) => Some((&e.receivable, vec![e.number])),
        ReceivableEvent::Credited(e) => Some((&e.receivable, vec![e.number])),
        ReceivableEvent::Transferred(e) => {
            let stays = [Purpose::Subrogation, Purpose::Enforcement].contains(&e.purpose());
            (!stays).then(|| (&*e.receivable, vec![e.number]))
        }
        _ => None,
    }
}

/// Deposits in suspense, and whose they are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Waiting<'a> {
    suspense: &'a [u8],
    issuer: &'a str,
    payee: &'a str,
    minor: u64,
    state: SuspenseState,
}

/// By id, as the events say.
fn waiting(history: &[Executed]) -> BTreeMap<&[u8], Waiting<'_>> {
    let mut waiting: BTreeMap<&[u8], Waiting> = BTreeMap::new();
    for event in history.iter().flat_map(|executed| &executed.events) {
        match event {
            Event::Cash(CashEvent::Held(e)) => {
                let held = Waiting {
                    suspense: &e.suspense,
                    issuer: &e.issuer,
                    payee: &e.payee,
                    minor: minor(&e.amount),
                    state: SuspenseState::Waiting,
                };
                waiting.insert(&e.suspense, held);
            }
            Event::Cash(CashEvent::SuspenseRuled(e)) => {
                if let Some(waiting) = waiting.get_mut(&*e.suspense) {
                    waiting.payee = &e.to;
                }
            }
            Event::Cash(CashEvent::SuspenseCollected(e)) => {
                if let Some(waiting) = waiting.get_mut(&*e.suspense) {
                    waiting.state = SuspenseState::Collected;
                    waiting.minor = minor(&e.amount);
                }
            }
            _ => {}
        }
    }
    waiting
}

#[cfg(test)]
#[path = "freezes_tests.rs"]
mod tests;
