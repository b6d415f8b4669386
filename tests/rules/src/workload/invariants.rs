//! The invariants of specification 9, checked on what is really stored and told.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::cash::v1::event::Event as CashEvent;
use counterfoil_proto::cash::v1::{
    self as cash, Balance, BankMessage, Instruction, Issuance, Payment, Suspense, SuspenseState,
};
use counterfoil_proto::financing::v1::{
    ClaimReference, Loan, LoanState, Quote, QuoteState, Request, RequestState,
};
use counterfoil_proto::invoice::v1::{Invoice, InvoiceState};
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance;
use counterfoil_proto::receivable::v1::{
    Claim, ClaimState, FeePaid, Receivable, ReceivableState, Undertaking,
};
use counterfoil_proto::settlement::v1::event::Event as SettlementEvent;
use counterfoil_proto::settlement::v1::{self as settlement, ClaimPaid, ReceivablePaid};
use counterfoil_proto::v1::{Money, Receipt};
use prost::Message as _;

use super::audit::{id, table};
use super::rules::Records;
use crate::model::arithmetic::interest;
use crate::model::claims::{day_of, encumbrance};
use crate::model::invoices::strict_of;
use crate::model::numbers::printed_form;
use crate::model::{Id, contract};

/// What the invariants need to remember from block to block.
#[derive(Default)]
pub struct Auditor {
    spent: BTreeSet<(Id, u32)>,
    claim_counts: BTreeMap<Id, u32>,
    /// Invoices whose confirmation was executed under the signature of their buyer.
    pub confirmed: BTreeSet<Id>,
    /// The amount and the hash of the terms of each conditional confirmation under its buyer's signature, the last one.
    pub undertaken: BTreeMap<Id, (Option<Money>, Vec<u8>)>,
    /// End-to-end ids in executed instructions, by payer.
    pub used: BTreeSet<(String, String)>,
}

impl Auditor {
    /// Notes that a payer used an end-to-end id. Invariant 12: it never did before.
    pub fn note_use(&mut self, payer: &str, end_to_end_id: &str) {
        let new = self
            .used
            .insert((payer.to_owned(), end_to_end_id.to_owned()));
        assert!(
            new,
            "{payer} used the end-to-end id {end_to_end_id:?} twice"
        );
    }

    /// Checks invariants 1 to 6, 11 and 12 on the stored records.
    pub fn check(&mut self, records: &Records, today: i64) {
        let claims: Vec<Claim> = table(records, "receivable/claim/");
        self.check_claims(records, &claims);
        check_encumbrances(records, &claims);
        check_recoveries(records, today);
        check_uniqueness(records);
        check_deposits(records);
        check_external(records, &claims);
        let used = table::<Instruction>(records, "cash/instruction/").len();
        assert_eq!(
            used,
            self.used.len(),
            "invariant 12: one record for each instruction that was executed"
        );
    }

    fn check_claims(&mut self, records: &Records, claims: &[Claim]) {
        let mut outstanding: BTreeMap<Id, u128> = BTreeMap::new();
        let mut numbers: BTreeMap<Id, u32> = BTreeMap::new();
        let mut live: BTreeMap<Id, Vec<u32>> = BTreeMap::new();
        for claim in claims {
            let key = (id(&claim.receivable), claim.number);
            *outstanding.entry(key.0).or_default() += u128::from(claim.outstanding_minor);
            *numbers.entry(key.0).or_default() += 1;
            match claim.state() {
                ClaimState::Live => {
                    let owed = claim.penalty.as_ref().map_or(0, |penalty| penalty.minor);
                    assert!(
                        (claim.outstanding_minor > 0 || owed > 0) && !claim.controller.is_empty(),
                        "invariant 2: {claim:?}"
                    );
                    assert!(
                        !self.spent.contains(&key),
                        "invariant 2: claim {key:?} returned"
                    );
                    live.entry(key.0).or_default().push(claim.number);
                }
                ClaimState::Spent => {
                    let nothing = claim.outstanding_minor == 0
                        && claim.penalty.is_none()
                        && claim.encumbrance.is_none();
                    assert!(nothing, "invariant 2: {claim:?}");
                    self.spent.insert(key);
                }
                ClaimState::Unspecified => panic!("invariant 2: {claim:?}"),
            }
            for parent in &claim.parents {
                // What an endorser or guarantor pays in part is split off, and the holder's rest lives on.
                let rest = claim.behind > 0 && claim.parents.len() == 1;
                assert!(
                    *parent < claim.number && (rest || self.spent.contains(&(key.0, *parent))),
                    "invariant 2: {claim:?} lives beside what it came from"
                );
            }
        }
        for receivable in table::<Receivable>(records, "receivable/receivable/") {
            let key = id(&receivable.id);
            let face = receivable.face.as_ref().expect("a face").minor;
            let sum = outstanding.remove(&key).unwrap_or_default()
                + u128::from(receivable.redeemed_minor)
                + u128::from(receivable.credited_minor);
            assert_eq!(sum, u128::from(face), "invariant 1: {receivable:?}");
            assert_eq!(
                numbers.get(&key),
                Some(&receivable.claim_count),
                "invariant 2: {receivable:?}"
            );
            let live = live.remove(&key).unwrap_or_default();
            assert_eq!(live, receivable.live_claims, "invariant 2: {receivable:?}");
            assert!(live.len() <= 256, "invariant 2: {receivable:?}");
            assert_eq!(
                live.is_empty(),
                receivable.state() == ReceivableState::Settled,
                "settled once nothing is owed: {receivable:?}"
            );
            let before = self
                .claim_counts
                .insert(key, receivable.claim_count)
                .unwrap_or_default();
            assert!(
                before <= receivable.claim_count,
                "invariant 2: {receivable:?}"
            );
            assert!(
                self.confirmed.contains(&id(&receivable.invoice)),
                "invariant 5: {receivable:?}"
            );
        }
        assert!(
            outstanding.is_empty(),
            "invariant 1: claims without a receivable: {outstanding:?}"
        );
    }
}

/// Invariant 4: locks are those of the open requests and of the quotes that wait for their payment, pledges those of the
/// open loans. That a claim is under one encumbrance at most, its record says by itself.
fn check_encumbrances(records: &Records, claims: &[Claim]) {
    let mut locked = BTreeSet::new();
    let mut pledged = BTreeSet::new();
    for claim in claims {
        let name = (id(&claim.receivable), claim.number);
        match encumbrance(claim) {
            Some(Encumbrance::Locked(lock)) => {
                locked.insert((id(&lock.request), lock.payment.clone(), name));
            }
            Some(Encumbrance::Pledged(pledge)) => {
                pledged.insert((id(&pledge.loan), pledge.pledgee.clone(), name));
            }
            Some(Encumbrance::Offered(_)) | None => {}
        }
    }
    let mut asked_for = BTreeSet::new();
    for request in table::<Request>(records, "financing/request/") {
        if request.state() == RequestState::Open {
            for claim in &request.claims {
                let name = (id(&claim.receivable), claim.number);
                asked_for.insert((id(&request.id), Vec::new(), name));
            }
        }
    }
    let live: BTreeSet<(Id, u32)> = claims
        .iter()
        .filter(|claim| claim.state() == ClaimState::Live)
        .map(|claim| (id(&claim.receivable), claim.number))
        .collect();
    for quote in table::<Quote>(records, "financing/quote/") {
        if quote.state() == QuoteState::Taken {
            let names = quote.claims.iter().map(|c| (id(&c.receivable), c.number));
            let waiting = names.filter(|name| live.contains(name));
            let lock = |name| (id(&quote.request), quote.payment.clone(), name);
            asked_for.extend(waiting.map(lock));
        }
    }
    assert_eq!(locked, asked_for, "invariant 4: locks and open requests");
    let mut secured = BTreeSet::new();
    for loan in table::<Loan>(records, "financing/loan/") {
        let open = loan.state() != LoanState::Repaid;
        assert!(open || loan.collateral.is_empty(), "invariant 4: {loan:?}");
        let claim = |c: &ClaimReference| (id(&c.receivable), c.number);
        for name in loan.collateral.iter().map(claim) {
            secured.insert((id(&loan.id), loan.lender.clone(), name));
        }
    }
    assert_eq!(pledged, secured, "invariant 4: pledges and open loans");
}

/// Clause 4.6: what holds a receivable's claims is its payments without an outcome, and what these bring is
/// still owed. Invariant 12: every assertion has a message and an entry of its own. Clause 6.4: fees are within the
/// terms.
fn check_external(records: &Records, claims: &[Claim]) {
    let mut holding = BTreeSet::new();
    for receivable in table::<Receivable>(records, "receivable/receivable/") {
        let of = |payment: &Vec<u8>| (id(&receivable.id), id(payment));
        holding.extend(receivable.payments.iter().map(of));
        let terms = receivable.terms.as_ref().expect("terms");
        for paid in &receivable.fees_paid {
            let allowed = terms.fees.iter().filter(|fee| fee.payee == paid.payee);
            let allowed: u128 = allowed.map(|fee| u128::from(fee.cap_minor)).sum();
            assert!(u128::from(paid.amount_minor) <= allowed, "{receivable:?}");
        }
    }
    let mut open = BTreeSet::new();
    let mut brought: BTreeMap<(Id, u32), u64> = BTreeMap::new();
    let mut asserted = 0;
    let mut prices = BTreeSet::new();
    for payment in table::<Payment>(records, "cash/payment/") {
        let other_side = [&payment.payer, &payment.asserter];
        assert!(!other_side.contains(&&payment.confirmer), "{payment:?}");
        asserted += usize::from(payment.assertion.is_some());
        if !payment.request.is_empty() {
            if payment.closed_on.is_none() {
                prices.insert(payment.id.clone());
            }
            continue;
        }
        let parts = payment.claims.iter();
        let sum: u64 = parts.map(|p| p.principal_minor + p.penalty_minor).sum();
        let amount = payment.amount.as_ref().expect("an amount").minor;
        assert_eq!(sum, amount, "{payment:?}");
        let receivable = id(&payment.receivable);
        if payment.closed_on.is_none() {
            open.insert((receivable, id(&payment.id)));
            for part in &payment.claims {
                *brought.entry((receivable, part.number)).or_default() += part.principal_minor;
            }
        }
    }
    assert_eq!(holding, open, "payments without an outcome hold claims");
    let quotes = table::<Quote>(records, "financing/quote/").into_iter();
    let taken = quotes.filter(|quote| quote.state() == QuoteState::Taken);
    let awaited: BTreeSet<Vec<u8>> = taken.map(|quote| quote.payment).collect();
    assert_eq!(
        prices, awaited,
        "quotes that are taken wait for their payment"
    );
    for (key, minor) in brought {
        let claim = claims.iter().find(|c| (id(&c.receivable), c.number) == key);
        let claim = claim.expect("what is paid exists");
        assert!(minor <= claim.outstanding_minor, "{claim:?}");
    }
    for prefix in ["cash/bank-message/", "cash/bank-entry/"] {
        let used = table::<BankMessage>(records, prefix).len();
        assert_eq!(used, asserted, "invariant 12: {prefix}");
    }
}

/// Invariant 11: nobody was paid more than all that can have been owed by now, nor more under an undertaking than its cap.
fn check_recoveries(records: &Records, today: i64) {
    let undertakings: Vec<Undertaking> = table(records, "receivable/undertaking/");
    for undertaking in &undertakings {
        let within = undertaking.cap_minor == 0 || undertaking.paid_minor <= undertaking.cap_minor;
        assert!(within, "invariant 11: {undertaking:?}");
    }
    for receivable in table::<Receivable>(records, "receivable/receivable/") {
        let terms = receivable.terms.as_ref().expect("terms");
        let most = interest(
            receivable.face.as_ref().expect("a face").minor,
            terms.penalty_rate_ppm,
            terms.day_count(),
            day_of(&receivable.adjusted_due_date),
            today,
        );
        // Each claim's penalty is rounded by itself.
        let rounding = u128::from(receivable.claim_count);
        assert!(
            u128::from(receivable.penalty_paid_minor) <= most + rounding,
            "invariant 11: {receivable:?}"
        );
    }
    for loan in table::<Loan>(records, "financing/loan/") {
        let principal = loan.principal.as_ref().expect("a principal").minor;
        let opened = day_of(&loan.opened_on);
        let most = interest(principal, loan.rate_ppm, loan.day_count(), opened, today);
        assert!(
            loan.outstanding_minor <= principal && u128::from(loan.interest_paid_minor) <= most,
            "invariant 11: {loan:?}"
        );
        let repaid = loan.state() == LoanState::Repaid;
        assert_eq!(repaid, loan.outstanding_minor == 0, "{loan:?}");
    }
}

/// Invariant 11: the cash of a debtor's payment is what its claims were paid, and what was instructed
/// beyond that is refunded.
pub fn check_payment(receipt: &Receipt, instructed: &Money, fees: &[FeePaid]) {
    let mut cash_paid = 0;
    let mut paid: Option<ReceivablePaid> = None;
    let mut claims: Vec<ClaimPaid> = Vec::new();
    let mut charged: Vec<FeePaid> = Vec::new();
    for event in &receipt.events {
        let body = event.body.as_slice();
        if event.contract == contract::CASH {
            let event = cash::Event::decode(body).expect("an event decodes").event;
            let amount = match event.expect("some event") {
                CashEvent::Issued(issued) => issued.amount,
                CashEvent::Transferred(transferred) => transferred.amount,
                CashEvent::Returned(returned) => returned.amount,
                CashEvent::Held(held) => held.amount,
                other => panic!("a payment redeems nothing: {other:?}"),
            };
            cash_paid += amount.expect("an amount").minor;
        } else if event.contract == contract::SETTLEMENT {
            let event = settlement::Event::decode(body).expect("an event decodes");
            match event.event.expect("some event") {
                SettlementEvent::Paid(told) => paid = Some(told),
                SettlementEvent::ClaimPaid(told) => claims.push(told),
                SettlementEvent::FeeCharged(told) => charged.push(FeePaid {
                    payee: told.payee,
                    amount_minor: told.amount.expect("an amount").minor,
                }),
                other => panic!("a payment reports nothing: {other:?}"),
            }
        }
    }
    let paid = paid.expect("a payment tells of itself");
    let minor = |sum: &Option<Money>| sum.as_ref().expect("a sum").minor;
    let shares = paid.shares.iter();
    let to_claims: u64 = shares.map(|s| s.principal_minor + s.penalty_minor).sum();
    let of_fees: u64 = fees.iter().map(|fee| fee.amount_minor).sum();
    assert_eq!(cash_paid, to_claims + of_fees, "invariant 11: {paid:?}");
    assert_eq!(charged, fees, "each payee is told of its fee");
    assert_eq!(to_claims, minor(&paid.principal) + minor(&paid.penalty));
    assert_eq!(to_claims + minor(&paid.refund), instructed.minor);
    // Debtor and payees are told the same.
    let told = claims.iter().map(|claim| settlement::Share {
        claim: claim.claim,
        controller: claim.controller.clone(),
        principal_minor: minor(&claim.principal),
        penalty_minor: minor(&claim.penalty),
    });
    assert!(told.eq(paid.shares.iter().cloned()), "{paid:?} {claims:?}");
    for claim in &claims {
        let to_lender = claim.to_lender.as_ref().map_or(0, |sum| sum.minor);
        assert!(
            to_lender <= minor(&claim.principal) + minor(&claim.penalty),
            "invariant 11: {claim:?}"
        );
    }
}

/// Invariant 3. Live invoices under one fingerprint are those whose collision was released, with numbers that
/// tell them apart.
fn check_uniqueness(records: &Records) {
    let (mut fingerprints, mut numbers, mut documents) =
        (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
    for invoice in table::<Invoice>(records, "invoice/invoice/") {
        for note in &invoice.credit_notes {
            assert!(
                documents.insert(note.document_hash.clone()),
                "invariant 3: {invoice:?}"
            );
        }
        let ended = matches!(
            invoice.state(),
            InvoiceState::Withdrawn | InvoiceState::Rejected
        );
        if ended || invoice.registered_on.is_none() {
            continue;
        }
        assert!(
            numbers.insert((strict_of(&invoice), printed_form(&invoice.number))),
            "invariant 3: {invoice:?}"
        );
        assert!(
            documents.insert(invoice.document_hash.clone()),
            "invariant 3: {invoice:?}"
        );
        // Not under the fingerprint itself: it is another one after a rotation of the ledger key.
        let sharing: &mut Vec<bool> = fingerprints.entry(strict_of(&invoice)).or_default();
        sharing.push(!invoice.released_from.is_empty());
    }
    for released in fingerprints.values() {
        let first = released.iter().filter(|released| !**released).count();
        assert!(
            first <= 1 && released.len() <= 4,
            "invariant 3: live invoices of one fingerprint without a release"
        );
    }
}

fn check_deposits(records: &Records) {
    let mut held: BTreeMap<(String, String), u128> = BTreeMap::new();
    for balance in table::<Balance>(records, "cash/balance/") {
        *held.entry((balance.issuer, balance.currency)).or_default() +=
            u128::from(balance.available_minor) + u128::from(balance.locked_minor);
    }
    for waiting in table::<Suspense>(records, "cash/suspense/") {
        if waiting.state() == SuspenseState::Waiting {
            let amount = waiting.amount.expect("an amount");
            let deposits = (waiting.issuer, amount.currency);
            *held.entry(deposits).or_default() += u128::from(amount.minor);
        }
    }
    for issuance in table::<Issuance>(records, "cash/issuance/") {
        let key = (issuance.issuer, issuance.currency);
        let rest = issuance
            .issued_minor
            .checked_sub(issuance.redeemed_minor)
            .expect("invariant 6: redeemed ≤ issued");
        assert_eq!(
            held.remove(&key).unwrap_or_default(),
            u128::from(rest),
            "invariant 6: {key:?}"
        );
    }
    assert!(
        held.values().all(|sum| *sum == 0),
        "invariant 6: deposits never issued: {held:?}"
    );
}
