//! Receivables and their claims: what is owed, by whom to whom, and what stands in a claim's way
//! (specification 9.1, 9.2, 9.4).

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::cash::v1::event::Event as CashEvent;
use counterfoil_proto::financing::v1::event::Event as FinancingEvent;
use counterfoil_proto::financing::v1::{LoanState, RequestState};
use counterfoil_proto::invoice::v1::{Invoice, InvoiceState};
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance;
use counterfoil_proto::receivable::v1::{
    Claim, ClaimState, Endorsement, Receivable, ReceivableState, Terms,
    event::Event as ReceivableEvent,
};
use counterfoil_proto::settlement::v1::event::Event as SettlementEvent;
use counterfoil_proto::v1::Money;
use counterfoil_types::claim::burden;
use counterfoil_types::ids::{InvoiceId, ReceivableId};
use prost::Message as _;

use super::claims::{ClaimKey, Replay};
use super::evidence::{Event, Evidence};
use super::figures::{count, minor};
use super::records::Records;
use super::report::Check;

pub fn checks(records: &Records, evidence: &Evidence) -> Vec<Check> {
    let replay = Replay::of(&records.receivables, &evidence.history);
    let mut checks = of_receivables(records, evidence);
    checks.extend(of_claims(records, &replay));
    checks.extend(of_encumbrances(records, &replay, evidence));
    checks
}

fn of_receivables(records: &Records, evidence: &Evidence) -> Vec<Check> {
    let receivables = &records.receivables;
    let confirmed: BTreeMap<&Vec<u8>, &Invoice> = records
        .invoices
        .iter()
        .filter(|invoice| invoice.state() == InvoiceState::Confirmed)
        .map(|invoice| (&invoice.id, invoice))
        .collect();
    let mut claims: BTreeMap<&Vec<u8>, Vec<&Claim>> = BTreeMap::new();
    for claim in &records.claims {
        claims.entry(&claim.receivable).or_default().push(claim);
    }
    let claims_of = |receivable: &Receivable| {
        claims
            .get(&receivable.id)
            .map(Vec::as_slice)
            .unwrap_or_default()
    };
    let paid = Paid::by_receivable(evidence);
    let paid_as_events_say = |receivable: &Receivable| match paid.get(&receivable.id) {
        Some(paid) => paid.agrees(receivable),
        None => Paid::default().agrees(receivable),
    };
    vec![
        // Together: one receivable for each confirmed invoice, and none besides.
        Check::new(
            "receivables_as_many_as_confirmed_invoices",
            confirmed.len(),
            receivables.len(),
        ),
        Check::new(
            "receivables_of_their_confirmed_invoice",
            receivables.len(),
            count(receivables, |r| {
                confirmed
                    .get(&r.invoice)
                    .is_some_and(|invoice| belongs(r, invoice))
            }),
        ),
        Check::new(
            "receivables_add_up",
            receivables.len(),
            count(receivables, |r| adds_up(r, claims_of(r))),
        ),
        Check::new(
            "receivables_with_their_claims_in_number",
            receivables.len(),
            count(receivables, |r| numbered(r, claims_of(r))),
        ),
        Check::new(
            "receivables_with_their_live_claims",
            receivables.len(),
            count(receivables, |r| lists_live(r, claims_of(r))),
        ),
        Check::new(
            "receivables_paid_as_events_say",
            receivables.len(),
            count(receivables, paid_as_events_say),
        ),
    ]
}

fn belongs(receivable: &Receivable, invoice: &Invoice) -> bool {
    let derived =
        InvoiceId::try_from(invoice.id.as_slice()).map(|id| ReceivableId::of(id).to_vec());
    derived.is_ok_and(|id| id == receivable.id)
        && invoice.receivable == receivable.id
        && invoice.buyer == receivable.debtor
        && *confirmed_amount(invoice) == receivable.face
        && *confirmed_terms(invoice) == receivable.terms
        && invoice.due_date == receivable.due_date
        && (is_adjusted(receivable) || receivable.adjusted_due_date == receivable.due_date)
}

/// Whether its terms have a convention, by a calendar of the day of its confirmation.
fn is_adjusted(receivable: &Receivable) -> bool {
    let terms = receivable.terms.as_ref();
    terms.is_some_and(|terms| !terms.calendar.is_empty())
}

/// What the buyer confirmed: where it was under conditions, theirs.
fn confirmed_amount(invoice: &Invoice) -> &Option<Money> {
    let conditions = invoice.conditions.as_ref();
    conditions.map_or(&invoice.gross, |conditions| &conditions.amount)
}

fn confirmed_terms(invoice: &Invoice) -> &Option<Terms> {
    let conditions = invoice.conditions.as_ref();
    conditions.map_or(&invoice.terms, |conditions| &conditions.terms)
}

fn is_live(claim: &Claim) -> bool {
    claim.state() == ClaimState::Live
}

/// Face = redeemed + credited + what is outstanding in live claims, and nothing is outstanding in spent ones.
fn adds_up(receivable: &Receivable, claims: &[&Claim]) -> bool {
    let sum = |live: bool| -> u128 {
        let of_state = claims.iter().filter(|claim| is_live(claim) == live);
        of_state
            .map(|claim| u128::from(claim.outstanding_minor))
            .sum()
    };
    let face = u128::from(minor(&receivable.face));
    let gone = u128::from(receivable.redeemed_minor) + u128::from(receivable.credited_minor);
    face == gone + sum(true) && sum(false) == 0
}

/// Claims have the numbers from 0 on, each once, as many as were ever made.
fn numbered(receivable: &Receivable, claims: &[&Claim]) -> bool {
    let numbers: BTreeSet<u32> = claims.iter().map(|claim| claim.number).collect();
    numbers.iter().copied().eq(0..receivable.claim_count) && numbers.len() == claims.len()
}

/// It names its live claims, and is settled once there are none.
fn lists_live(receivable: &Receivable, claims: &[&Claim]) -> bool {
    let live: BTreeSet<u32> = claims
        .iter()
        .filter(|claim| is_live(claim))
        .map(|claim| claim.number)
        .collect();
    let settled = receivable.state() == ReceivableState::Settled;
    receivable
        .live_claims
        .iter()
        .copied()
        .eq(live.iter().copied())
        && settled == live.is_empty()
}

/// What the events say of a receivable's payment.
#[derive(Default)]
struct Paid {
    principal: u128,
    penalty: u128,
    settled_on: Option<counterfoil_proto::v1::Date>,
    credited: u128,
    /// When the last credit note took something of it.
    credited_on: Option<counterfoil_proto::v1::Date>,
    /// As the last report says, where it was not paid in time.
    reported: Option<ReceivableState>,
}

impl Paid {
    fn by_receivable(evidence: &Evidence) -> BTreeMap<Vec<u8>, Self> {
        let mut by_receivable: BTreeMap<Vec<u8>, Self> = BTreeMap::new();
        let history = evidence.history.iter();
        let dated = history.flat_map(|executed| executed.events.iter().map(|e| (executed.date, e)));
        for (date, event) in dated {
            match event {
                Event::Receivable(ReceivableEvent::Credited(e)) => {
                    let paid = by_receivable.entry(e.receivable.clone()).or_default();
                    paid.credited += u128::from(e.credited_minor);
                    paid.credited_on = Some(date.to_proto());
                }
                Event::Settlement(SettlementEvent::Paid(e)) => {
                    let paid = by_receivable.entry(e.receivable.clone()).or_default();
                    paid.principal += u128::from(minor(&e.principal));
                    paid.penalty += u128::from(minor(&e.penalty));
                    if e.settled {
                        paid.settled_on = e.value_date;
                    }
                }
                Event::Settlement(SettlementEvent::Overdue(e)) => {
                    let paid = by_receivable.entry(e.receivable.clone()).or_default();
                    paid.reported = Some(ReceivableState::Overdue);
                }
                Event::Settlement(SettlementEvent::Defaulted(e)) => {
                    let paid = by_receivable.entry(e.receivable.clone()).or_default();
                    paid.reported = Some(ReceivableState::Defaulted);
                }
                _ => {}
            }
        }
        by_receivable
    }

    fn agrees(&self, receivable: &Receivable) -> bool {
        // What is not paid to the end may be credited.
        let credited_on = self
            .credited_on
            .filter(|_| receivable.live_claims.is_empty());
        let settled_on = self.settled_on.or(credited_on);
        let state = match (settled_on, self.reported) {
            (Some(_), _) => ReceivableState::Settled,
            (None, Some(reported)) => reported,
            (None, None) => ReceivableState::Performing,
        };
        receivable.state() == state
            && u128::from(receivable.redeemed_minor) == self.principal
            && u128::from(receivable.penalty_paid_minor) == self.penalty
            && u128::from(receivable.credited_minor) == self.credited
            && receivable.settled_on == settled_on
    }
}

fn of_claims(records: &Records, replay: &Replay) -> Vec<Check> {
    let known: BTreeSet<&Vec<u8>> = records.receivables.iter().map(|r| &r.id).collect();
    let bare = |claim: &Claim| {
        Claim {
            encumbrance: None,
            ..claim.clone()
        }
        .encode_to_vec()
    };
    let of_records = records.claims.iter().map(bare);
    let of_events = replay.claims.values().map(bare);
    let endorsed = replay.endorsements.iter().map(|e| e.encode_to_vec());
    // Of which request's award an endorsement is, no event says.
    let told = |endorsement: &Endorsement| Endorsement {
        request: Vec::new(),
        ..endorsement.clone()
    };
    let endorsements = records.endorsements.iter().map(|e| told(e).encode_to_vec());
    let undertaken = replay.undertakings.values().map(|u| u.encode_to_vec());
    let undertakings = records.undertakings.iter().map(|u| u.encode_to_vec());
    vec![
        Check::new(
            "claims_with_a_receivable_and_one_controller",
            records.claims.len(),
            count(&records.claims, |c| {
                known.contains(&c.receivable) && !c.controller.is_empty()
            }),
        ),
        Check::new(
            "events_fit_the_claims_they_name",
            replay.events,
            replay.sound,
        ),
        Check::same(
            "claims_as_their_events_say",
            &of_events.collect(),
            &of_records.collect(),
        ),
        Check::same(
            "endorsements_as_their_events_say",
            &endorsed.collect(),
            &endorsements.collect(),
        ),
        Check::same(
            "undertakings_as_their_events_say",
            &undertaken.collect(),
            &undertakings.collect(),
        ),
    ]
}

/// A claim with what encumbers it: an offer, a request's id, or a loan's and the pledgee.
type Encumbered = BTreeSet<(ClaimKey, Vec<u8>)>;

/// The claims that wait for a payment over the external rail without an outcome, and what for.
fn awaiting(evidence: &Evidence) -> Encumbered {
    let mut awaiting: BTreeMap<&[u8], Encumbered> = BTreeMap::new();
    for event in evidence.events() {
        match event {
            Event::Financing(FinancingEvent::QuoteTaken(e)) => {
                let lock = [&*e.request, &*e.payment].concat();
                let claims = e.claims.iter();
                let claims = claims.map(|c| ((c.receivable.clone(), c.number), lock.clone()));
                awaiting.insert(&e.payment, claims.collect());
            }
            Event::Cash(CashEvent::PaymentClosed(e)) => {
                awaiting.remove(&*e.payment);
            }
            _ => {}
        }
    }
    awaiting.into_values().flatten().collect()
}

/// A lock stands for an open request that lists the claim, or for the payment that it waits for, a pledge for an open loan,
/// an offer for its event, and the other way round; no claim is under two of them.
fn of_encumbrances(records: &Records, replay: &Replay, evidence: &Evidence) -> Vec<Check> {
    let mut offered = Encumbered::new();
    let mut locked = Encumbered::new();
    let mut pledged = Encumbered::new();
    for claim in &records.claims {
        let key = (claim.receivable.clone(), claim.number);
        match burden(claim) {
            Some(Encumbrance::Offered(offer)) => offered.insert((key, offer.encode_to_vec())),
            Some(Encumbrance::Locked(lock)) => {
                locked.insert((key, [&*lock.request, &*lock.payment].concat()))
            }
            Some(Encumbrance::Pledged(pledge)) => {
                pledged.insert((key, of_loan(&pledge.loan, &pledge.pledgee)))
            }
            None => continue,
        };
    }
    let offers: Encumbered = replay
        .offers
        .iter()
        .map(|(key, offer)| (key.clone(), offer.encode_to_vec()))
        .collect();
    let open = records
        .requests
        .iter()
        .filter(|r| r.state() == RequestState::Open);
    let mut locks: Encumbered = open
        .flat_map(|request| {
            let claims = request.claims.iter();
            claims.map(|c| ((c.receivable.clone(), c.number), request.id.clone()))
        })
        .collect();
    let open = records
        .loans
        .iter()
        .filter(|loan| loan.state() != LoanState::Repaid);
    let pledges: Encumbered = open
        .flat_map(|loan| {
            let claims = loan.collateral.iter();
            let of_loan = of_loan(&loan.id, &loan.lender);
            claims.map(move |c| ((c.receivable.clone(), c.number), of_loan.clone()))
        })
        .collect();
    let live: BTreeSet<ClaimKey> = records
        .claims
        .iter()
        .filter(|claim| is_live(claim))
        .map(|claim| (claim.receivable.clone(), claim.number))
        .collect();
    // What the debtor paid in full waits no more.
    let waiting = awaiting(evidence).into_iter();
    locks.extend(waiting.filter(|(key, _)| live.contains(key)));
    let all = || {
        offers
            .iter()
            .chain(&locks)
            .chain(&pledges)
            .map(|(key, _)| key)
    };
    let encumbered: BTreeSet<&ClaimKey> = all().filter(|key| live.contains(*key)).collect();
    vec![
        Check::same("offers_are_those_of_their_events", &offers, &offered),
        Check::same("locks_are_those_of_open_requests", &locks, &locked),
        Check::same("pledges_are_those_of_open_loans", &pledges, &pledged),
        Check::new(
            "live_claims_under_one_encumbrance_at_most",
            all().count(),
            encumbered.len(),
        ),
    ]
}

fn of_loan(loan: &[u8], lender: &str) -> Vec<u8> {
    [loan, lender.as_bytes()].concat()
}
