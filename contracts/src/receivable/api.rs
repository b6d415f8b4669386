//! What others may ask of receivables: to open one, to read what is owed, to close it.

use counterfoil_proto::receivable::v1::{
    Claim, ClaimState, Event, Receivable, ReceivableOpened, ReceivableState, Terms, event,
};
use counterfoil_proto::v1::Money;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{InvoiceId, ReceivableId};
use counterfoil_types::interest;

use super::NUMBER;
use super::keys::{CLAIMS, RECEIVABLES, claim, put_claim};
use super::terms::day_count;
use crate::kernel::{Context, StateError, Store};

pub use super::terms::{terms_are_known, terms_hash, terms_problem};

/// Key of a receivable.
pub fn receivable_key(id: &[u8]) -> Vec<u8> {
    RECEIVABLES.key(&[id])
}

/// What the keys of all receivables begin with.
pub fn receivable_prefix() -> Vec<u8> {
    RECEIVABLES.prefix()
}

/// Key of a claim.
pub fn claim_key(receivable: &[u8], number: u32) -> Vec<u8> {
    CLAIMS.key(&[receivable, &number.to_be_bytes()])
}

/// What the keys of all claims begin with.
pub fn claim_prefix() -> Vec<u8> {
    CLAIMS.prefix()
}

/// What the keys of a receivable's claims begin with.
pub fn claims_of_prefix(receivable: &[u8]) -> Vec<u8> {
    [CLAIMS.key(&[receivable]).as_slice(), b"/"].concat()
}

/// A confirmed invoice, about to become a receivable.
pub struct Confirmed<'a> {
    pub invoice: InvoiceId,
    pub seller: &'a str,
    pub buyer: &'a str,
    pub amount: &'a Money,
    pub due_date: Date,
    pub terms: &'a Terms,
}

/// Opens the receivable of a confirmed invoice, and its claim 0 for the seller.
/// Invariant: the buyer signed this transaction and the invoice was not confirmed before.
pub fn open(context: &mut Context<'_>, confirmed: &Confirmed<'_>) -> ReceivableId {
    let id = ReceivableId::of(confirmed.invoice);
    // Under convention None a due date is its own adjusted one.
    let adjusted_due_date = confirmed.due_date;
    let receivable = Receivable {
        id: id.to_vec(),
        invoice: confirmed.invoice.to_vec(),
        debtor: confirmed.buyer.to_owned(),
        face: Some(confirmed.amount.clone()),
        due_date: Some(confirmed.due_date.to_proto()),
        adjusted_due_date: Some(adjusted_due_date.to_proto()),
        terms: Some(confirmed.terms.clone()),
        state: ReceivableState::Performing.into(),
        redeemed_minor: 0,
        penalty_paid_minor: 0,
        confirmed_on: Some(context.ledger_date.to_proto()),
        settled_on: None,
        claim_count: 1,
    };
    let claim = Claim {
        receivable: id.to_vec(),
        number: 0,
        face_minor: confirmed.amount.minor,
        outstanding_minor: confirmed.amount.minor,
        controller: confirmed.seller.to_owned(),
        state: ClaimState::Live.into(),
    };
    RECEIVABLES.put(&mut context.store, &[&receivable.id], &receivable);
    put_claim(&mut context.store, &claim);
    let opened = ReceivableOpened {
        receivable: receivable.id,
        invoice: receivable.invoice,
        debtor: receivable.debtor,
        controller: claim.controller,
        face: receivable.face,
        adjusted_due_date: receivable.adjusted_due_date,
    };
    let event = Event {
        event: Some(event::Event::Opened(opened)),
    };
    context.emit(NUMBER, &[confirmed.buyer, confirmed.seller], &event);
    id
}

pub fn receivable(store: &Store<'_>, id: &[u8]) -> Result<Option<Receivable>, StateError> {
    RECEIVABLES.get(store, &[id])
}

/// What a debtor owes on a date, and to whom.
pub struct Owed {
    pub principal_minor: u64,
    pub penalty_minor: u64,
    /// Calendar days after the adjusted due date.
    pub days_late: u32,
    pub payee: String,
}

/// What is owed of a performing receivable on a date; nothing where the penalty
/// has passed what a sum of money may be, which no payment can meet.
pub fn owed(
    store: &Store<'_>,
    receivable: &Receivable,
    on: Date,
) -> Result<Option<Owed>, StateError> {
    let corrupt = |problem: String| StateError::Corrupt {
        key: "receivable/receivable".into(),
        problem,
    };
    let terms = receivable.terms.clone().unwrap_or_default();
    let due = Date::try_from(&receivable.adjusted_due_date.unwrap_or_default())
        .map_err(|e| corrupt(e.to_string()))?;
    let day_count = day_count(&terms).ok_or_else(|| corrupt("no day count".into()))?;
    let claim = sole_claim(store, &receivable.id)?;
    let principal_minor = claim.outstanding_minor;
    let rate = terms.penalty_rate_ppm;
    let penalty = interest::accrued(principal_minor, rate, day_count, due, on);
    Ok(penalty.ok().map(|penalty_minor| Owed {
        principal_minor,
        penalty_minor,
        days_late: u32::try_from(due.days_until(on)).unwrap_or(0),
        payee: claim.controller,
    }))
}

/// Records that all that was owed is paid. Invariant: `owed` is of the same
/// receivable and date, and was paid in this transaction.
pub fn settle(
    context: &mut Context<'_>,
    receivable: &Receivable,
    owed: &Owed,
) -> Result<(), StateError> {
    let claim = sole_claim(&context.store, &receivable.id)?;
    let spent = Claim {
        outstanding_minor: 0,
        state: ClaimState::Spent.into(),
        ..claim
    };
    put_claim(&mut context.store, &spent);
    let settled = Receivable {
        state: ReceivableState::Settled.into(),
        redeemed_minor: receivable.redeemed_minor + owed.principal_minor,
        penalty_paid_minor: receivable.penalty_paid_minor + owed.penalty_minor,
        settled_on: Some(context.ledger_date.to_proto()),
        ..receivable.clone()
    };
    RECEIVABLES.put(&mut context.store, &[&settled.id], &settled);
    Ok(())
}

/// The one claim that a receivable has until claims can be split.
fn sole_claim(store: &Store<'_>, receivable: &[u8]) -> Result<Claim, StateError> {
    claim(store, receivable, 0)?.ok_or_else(|| StateError::Corrupt {
        key: "receivable/claim".into(),
        problem: "a receivable has no claim 0".into(),
    })
}
