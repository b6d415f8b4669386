//! What others may ask of receivables: to open one, to read and pay what is owed, and to
//! lock, sell, pledge and release its claims.

use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Burden;
use counterfoil_proto::receivable::v1::event::Event as Kind;
use counterfoil_proto::receivable::v1::{
    Claim, ClaimPledged, ClaimState, FeePaid, Lock, Pledge, PledgeReleased, Purpose, Rank,
    Receivable, ReceivableOpened, ReceivableState, Terms,
};
use counterfoil_proto::v1::Money;
use counterfoil_types::claim::burden;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{InvoiceId, ReceivableId};

use super::claims::{encumber, endorse};
use super::division::divide;
use super::events::emit;
use super::keys::{
    self, CLAIMS, DEBT_PAYMENTS, ENDORSEMENTS, RECEIVABLES, UNDERTAKINGS, put_claim, put_receivable,
};
use crate::kernel::{Changes, Context, StateError, Store};

pub use super::claims::{
    check_free, check_not_held, find_controlled, find_free, is_assignable, money, records,
};
pub use super::credits::{Credit, credit, mark_disputed};
pub use super::defaults::keep as keep_defaults;
pub use super::division::{check_parts, divide_pledged};
pub use super::errors::ClaimCodes;
pub use super::keys::receivable_of;
pub use super::payments::{Allocation, Share, allocate, instructed, live_claims, pay};
pub use super::recoveries::{check_room, recovery, subrogate};
pub use super::terms::{adjusted, terms_are_known, terms_problem};
pub use super::undertakings::{Liability, left, undertaking_of};

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

/// Key of an endorsement.
pub fn endorsement_key(receivable: &[u8], id: &[u8]) -> Vec<u8> {
    ENDORSEMENTS.key(&[receivable, id])
}

/// What the keys of all endorsements begin with.
pub fn endorsement_prefix() -> Vec<u8> {
    ENDORSEMENTS.prefix()
}

/// What the keys of the endorsements of a receivable's claims begin with.
pub fn endorsements_of_prefix(receivable: &[u8]) -> Vec<u8> {
    [ENDORSEMENTS.key(&[receivable]).as_slice(), b"/"].concat()
}

/// What the keys of the payments of a receivable begin with.
pub fn debt_payments_of_prefix(receivable: &[u8]) -> Vec<u8> {
    [DEBT_PAYMENTS.key(&[receivable]).as_slice(), b"/"].concat()
}

/// What the keys of all payments of receivables begin with.
pub fn debt_payment_prefix() -> Vec<u8> {
    DEBT_PAYMENTS.prefix()
}

/// Key of an undertaking.
pub fn undertaking_key(receivable: &[u8], id: &[u8]) -> Vec<u8> {
    UNDERTAKINGS.key(&[receivable, id])
}

/// What the keys of the undertakings for a receivable's claims begin with.
pub fn undertakings_of_prefix(receivable: &[u8]) -> Vec<u8> {
    [UNDERTAKINGS.key(&[receivable]).as_slice(), b"/"].concat()
}

/// What the keys of all undertakings begin with.
pub fn undertaking_prefix() -> Vec<u8> {
    UNDERTAKINGS.prefix()
}

/// A confirmed invoice, about to become a receivable.
pub struct Confirmed<'a> {
    pub invoice: InvoiceId,
    pub seller: &'a str,
    pub buyer: &'a str,
    pub amount: &'a Money,
    pub due_date: Date,
    /// Under the terms' convention.
    pub adjusted_due_date: Date,
    pub terms: &'a Terms,
    /// The transaction by which the buyer undertook it, where records name it.
    pub confirmation: Vec<u8>,
}

/// Opens the receivable of a confirmed invoice, and its claim 0 for the seller.
/// Invariant: the buyer signed this transaction and the invoice was not confirmed before.
pub fn open(context: &mut Context<'_>, confirmed: Confirmed<'_>) -> ReceivableId {
    let id = ReceivableId::of(confirmed.invoice);
    let receivable = Receivable {
        id: id.to_vec(),
        invoice: confirmed.invoice.to_vec(),
        debtor: confirmed.buyer.to_owned(),
        face: Some(confirmed.amount.clone()),
        due_date: Some(confirmed.due_date.to_proto()),
        adjusted_due_date: Some(confirmed.adjusted_due_date.to_proto()),
        terms: Some(confirmed.terms.clone()),
        state: ReceivableState::Performing.into(),
        redeemed_minor: 0,
        penalty_paid_minor: 0,
        confirmed_on: Some(context.ledger_date.to_proto()),
        settled_on: None,
        claim_count: 1,
        live_claims: vec![0],
        payments: Vec::new(),
        fees_paid: Vec::new(),
        credited_minor: 0,
        debt_payments: 0,
        disputed: false,
        confirmation: confirmed.confirmation,
    };
    let claim = Claim {
        receivable: id.to_vec(),
        number: 0,
        face_minor: confirmed.amount.minor,
        outstanding_minor: confirmed.amount.minor,
        controller: confirmed.seller.to_owned(),
        state: ClaimState::Live.into(),
        parents: Vec::new(),
        rank: Rank::Senior.into(),
        depth: 0,
        endorsement: Vec::new(),
        encumbrance: None,
        penalty: None,
        undertakings: Vec::new(),
        behind: 0,
        origin: None,
    };
    put_receivable(&mut context.store, &receivable);
    put_claim(&mut context.store, &claim);
    let opened = ReceivableOpened {
        receivable: receivable.id,
        invoice: receivable.invoice,
        debtor: receivable.debtor,
        controller: claim.controller,
        face: receivable.face,
        adjusted_due_date: receivable.adjusted_due_date,
    };
    let concerned = [confirmed.buyer, confirmed.seller];
    emit(context, &concerned, Kind::Opened(opened));
    id
}

pub fn receivable(store: &Store<'_>, id: &[u8]) -> Result<Option<Receivable>, StateError> {
    RECEIVABLES.get(store, &[id])
}

pub fn claim(
    store: &Store<'_>,
    receivable: &[u8],
    number: u32,
) -> Result<Option<Claim>, StateError> {
    keys::claim(store, receivable, number)
}

/// The claims that this transaction has written: before, and now.
pub fn changed_claims(store: &Store<'_>) -> Result<Changes<Claim>, StateError> {
    CLAIMS.changes(store)
}

/// Whether anything encumbers a claim.
pub fn is_encumbered(claim: &Claim) -> bool {
    burden(claim).is_some()
}

/// The financing request that locks a claim.
pub fn lock_of(claim: &Claim) -> Option<&Lock> {
    match burden(claim) {
        Some(Burden::Locked(lock)) => Some(lock),
        _ => None,
    }
}

/// The payment over the external rail that a claim waits for, by which it is sold or pledged.
pub fn price_of(claim: &Claim) -> Option<&[u8]> {
    let payment = lock_of(claim).map(|lock| lock.payment.as_slice());
    payment.filter(|payment| !payment.is_empty())
}

/// What a claim is pledged for.
pub fn pledge_of(claim: &Claim) -> Option<&Pledge> {
    match burden(claim) {
        Some(Burden::Pledged(pledge)) => Some(pledge),
        _ => None,
    }
}

/// Whether payments over the external rail are under way, so that the claims stay with whom they pay.
pub fn is_under_way(receivable: &Receivable) -> bool {
    !receivable.payments.is_empty()
}

/// Keeps the claims with their controllers until these payments have their outcome.
pub fn hold(store: &mut Store<'_>, receivable: Receivable, payments: Vec<Vec<u8>>) {
    put_receivable(
        store,
        &Receivable {
            payments,
            ..receivable
        },
    );
}

/// Ends the hold of one payment, and returns the receivable as it is now.
pub fn let_go(store: &mut Store<'_>, mut receivable: Receivable, payment: &[u8]) -> Receivable {
    receivable.payments.retain(|other| other != payment);
    put_receivable(store, &receivable);
    receivable
}

/// Adds fees that are paid on top, for `pay` to record. Invariant: ascending by payee, within the terms.
pub fn add_fees(receivable: &mut Receivable, fees: &[FeePaid]) {
    for fee in fees {
        let paid = &mut receivable.fees_paid;
        match paid.binary_search_by(|other| other.payee.cmp(&fee.payee)) {
            Ok(at) => paid[at].amount_minor += fee.amount_minor,
            Err(at) => paid.insert(at, fee.clone()),
        }
    }
}

/// Sets a receivable's state after a report.
pub fn report(store: &mut Store<'_>, receivable: &Receivable, state: ReceivableState) {
    let reported = Receivable {
        state: state.into(),
        ..receivable.clone()
    };
    put_receivable(store, &reported);
}

/// Locks a claim. Invariant: it was free, or locked for the same request.
pub fn lock(store: &mut Store<'_>, claim: Claim, lock: &Lock) {
    put_claim(store, &encumber(claim, Some(Burden::Locked(lock.clone()))));
}

/// Frees a claim that a request had locked.
pub fn unlock(store: &mut Store<'_>, claim: Claim) {
    put_claim(store, &encumber(claim, None));
}

/// A part of a locked claim, and who gets it.
pub struct Taken<'a> {
    pub minor: u64,
    pub by: Taker<'a>,
}

#[derive(Clone)]
pub enum Taker<'a> {
    Seller,
    /// With what the seller undertakes towards it.
    Buyer(&'a str, Liability),
    /// Nobody yet: it stays locked so.
    Awaiting(&'a Lock),
}

/// Divides a locked claim among those who take parts of it, and frees what the seller keeps: the rest of a claim that is
/// sold in part is Retained. Returns the parts' numbers. Invariant: the parts are above zero and no more than is outstanding,
/// all of it unless the claim is Senior, and the receivable has room for them and the rest.
pub fn sell(
    context: &mut Context<'_>,
    claim: Claim,
    parts: &[Taken<'_>],
) -> Result<Vec<u32>, StateError> {
    if parts.is_empty() {
        unlock(&mut context.store, claim);
        return Ok(Vec::new());
    }
    let mut ranked: Vec<(u64, Rank)> = parts.iter().map(|p| (p.minor, claim.rank())).collect();
    let taken: u64 = parts.iter().map(|part| part.minor).sum();
    if taken < claim.outstanding_minor {
        ranked.push((claim.outstanding_minor - taken, Rank::Retained));
    }
    let request = match burden(&claim) {
        Some(Burden::Locked(lock)) => lock.request.clone(),
        _ => Vec::new(),
    };
    let claims = match ranked.as_slice() {
        [_] => vec![claim],
        _ => divide(context, claim, &ranked)?,
    };
    let mut numbers = Vec::with_capacity(parts.len());
    for (claim, part) in claims.into_iter().zip(parts) {
        numbers.push(claim.number);
        match &part.by {
            Taker::Buyer(buyer, liability) => sell_to(context, claim, buyer, liability, &request)?,
            Taker::Seller => unlock(&mut context.store, claim),
            Taker::Awaiting(awaited) => lock(&mut context.store, claim, awaited),
        }
    }
    Ok(numbers)
}

/// Passes a locked claim to who has bought it, by the award of a request where there was one.
pub fn sell_to(
    context: &mut Context<'_>,
    claim: Claim,
    buyer: &str,
    liability: &Liability,
    request: &[u8],
) -> Result<(), StateError> {
    endorse(context, claim, buyer, Purpose::Sale, liability, request)
}

/// Pledges a locked claim for a loan; its controller stays.
pub fn pledge(
    context: &mut Context<'_>,
    claim: Claim,
    loan: &[u8],
    pledgee: &str,
) -> Result<(), StateError> {
    let debtor = receivable_of(&context.store, &claim)?.debtor;
    let pledge = Pledge {
        loan: loan.to_vec(),
        pledgee: pledgee.to_owned(),
    };
    let event = ClaimPledged {
        receivable: claim.receivable.clone(),
        number: claim.number,
        controller: claim.controller.clone(),
        pledgee: pledgee.to_owned(),
        loan: loan.to_vec(),
    };
    let pledged = encumber(claim, Some(Burden::Pledged(pledge)));
    put_claim(&mut context.store, &pledged);
    let concerned = [pledged.controller.as_str(), pledgee, &debtor];
    emit(context, &concerned, Kind::Pledged(event));
    Ok(())
}

/// Whether the lender that a claim is pledged to has taken control of it.
pub fn is_taken(claim: &Claim, pledge: &Pledge) -> bool {
    claim.controller == pledge.pledgee
}

/// Passes control of a pledged claim to its lender; the pledge stays. Invariant: its loan is in default.
pub fn take(context: &mut Context<'_>, claim: Claim, pledge: &Pledge) -> Result<(), StateError> {
    let (receivable, number) = (claim.receivable.clone(), claim.number);
    let to = &pledge.pledgee;
    let liability = Liability::none();
    endorse(context, claim, to, Purpose::Enforcement, &liability, &[])?;
    let claim = keys::claim(&context.store, &receivable, number)?
        .ok_or_else(|| StateError::corrupt("receivable/claim", "an endorsed claim is missing"))?;
    let pledged = encumber(claim, Some(Burden::Pledged(pledge.clone())));
    put_claim(&mut context.store, &pledged);
    Ok(())
}

/// Frees a pledged claim, and gives it back to its owner where the lender had taken control.
pub fn release(
    context: &mut Context<'_>,
    claim: Claim,
    pledge: &Pledge,
    owner: &str,
) -> Result<(), StateError> {
    let taken = is_taken(&claim, pledge);
    let debtor = receivable_of(&context.store, &claim)?.debtor;
    let event = PledgeReleased {
        receivable: claim.receivable.clone(),
        number: claim.number,
        controller: claim.controller.clone(),
        pledgee: pledge.pledgee.clone(),
        loan: pledge.loan.clone(),
    };
    let free = encumber(claim, None);
    put_claim(&mut context.store, &free);
    let concerned = [free.controller.as_str(), &pledge.pledgee, &debtor];
    emit(context, &concerned, Kind::Released(event));
    if taken {
        endorse(
            context,
            free,
            owner,
            Purpose::Enforcement,
            &Liability::none(),
            &[],
        )?;
    }
    Ok(())
}
