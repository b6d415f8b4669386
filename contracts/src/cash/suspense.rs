//! Deposits that discharged a debt and wait, as what they were paid for is frozen (specification 7.2), or not yet paid for itself
//! (5.4).

use counterfoil_proto::cash::v1::event::Event as Kind;
use counterfoil_proto::cash::v1::{
    CollectSuspense, DepositHeld, PaymentState, RejectionCode, RuleOnSuspense, Suspense,
    SuspenseCollected, SuspenseRuled, SuspenseState,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::v1::Money;
use counterfoil_types::ids::SuspenseId;

use super::acceptance::Credit;
use super::api::{Payment, credit};
use super::events::emit;
use super::keys::{PAYMENTS, SUSPENSE};
use crate::kernel::{Context, Failure, StateError, Store, reject};
use crate::membership::api as membership;
use crate::supervision::api as supervision;

/// What a payment brings a payee that may not have it yet.
pub struct Held {
    pub payee: String,
    pub minor: u64,
    /// The records for whose freeze it waits.
    pub records: Vec<Vec<u8>>,
    /// The payment over the external rail whose outcome it waits for, where its claim does.
    pub price: Vec<u8>,
}

/// Puts parts of a payment in suspense. Invariant: everything was checked in this transaction, in which nothing else is.
pub fn hold(
    context: &mut Context<'_>,
    payment: &Payment<'_>,
    held: Vec<Held>,
) -> Result<(), StateError> {
    for (place, held) in (0..).zip(held) {
        let price = PAYMENTS.get(&context.store, &[&held.price])?;
        payment.debit(&mut context.store, held.minor)?;
        let suspense = Suspense {
            id: SuspenseId::of(context.tx_id, place).to_vec(),
            issuer: payment.issuer.to_owned(),
            payer: payment.payer.to_owned(),
            payee: held.payee,
            amount: Some(Money {
                minor: held.minor,
                currency: payment.instructed.currency.clone(),
            }),
            end_to_end_id: payment.end_to_end_id.to_owned(),
            records: held.records,
            held_on: Some(context.ledger_date.to_proto()),
            state: SuspenseState::Waiting.into(),
            ruling: Vec::new(),
            price: held.price,
            buyer: price.map(|price| price.payer).unwrap_or_default(),
        };
        put(&mut context.store, &suspense);
        let event = DepositHeld {
            suspense: suspense.id,
            issuer: suspense.issuer,
            payer: suspense.payer,
            payee: suspense.payee.clone(),
            amount: suspense.amount,
            end_to_end_id: suspense.end_to_end_id,
        };
        let parties = [payment.issuer, payment.payer, &suspense.payee];
        let concerned = and_buyer(parties, &suspense.buyer);
        emit(context, &concerned, Kind::Held(event));
    }
    Ok(())
}

/// Those concerned, with the bank that buys the claim where there is one.
fn and_buyer<'a>(others: [&'a str; 3], buyer: &'a str) -> Vec<&'a str> {
    let buyer = Some(buyer).filter(|buyer| !buyer.is_empty());
    others.into_iter().chain(buyer).collect()
}

pub(super) fn collect(context: &mut Context<'_>, collect: &CollectSuspense) -> Result<(), Failure> {
    let mut suspense = find(&context.store, &collect.suspense)?;
    let payee = context.caller.id.clone();
    check_due(context, &suspense)?;
    check_waiting(&suspense)?;
    let own = membership::organization_key(&payee);
    supervision::check_free(context, &[&suspense.records[..], &[own]].concat())?;
    let amount = suspense.amount.clone().unwrap_or_default();
    let issuer = suspense.issuer.clone();
    let brought = Credit {
        payee: &payee,
        issuer: &issuer,
        currency: &amount.currency,
        minor: amount.minor,
    };
    brought.check(context)?;

    let deposits = (issuer.as_str(), amount.currency.as_str());
    credit(&mut context.store, &payee, deposits, amount.minor)?;
    suspense.state = SuspenseState::Collected.into();
    put(&mut context.store, &suspense);
    let event = SuspenseCollected {
        suspense: suspense.id,
        issuer: suspense.issuer,
        payee: payee.clone(),
        amount: suspense.amount,
    };
    emit(context, &[&issuer, &payee], Kind::SuspenseCollected(event));
    Ok(())
}

/// Checks that the deposits are the caller's.
fn check_due(context: &Context<'_>, suspense: &Suspense) -> Result<(), Failure> {
    let caller = &context.caller.id;
    let others = || {
        let message = "the deposits are due to another organization";
        Err(reject(RejectionCode::NotThePayee, message))
    };
    if *caller != suspense.payee && *caller != suspense.buyer {
        return others();
    }
    let price = PAYMENTS.get(&context.store, &[&suspense.price])?;
    let due_to = match price.map(|price| price.state()) {
        None | Some(PaymentState::Cancelled | PaymentState::TimedOut) => &suspense.payee,
        Some(PaymentState::Confirmed) => &suspense.buyer,
        Some(_) => {
            let message = "the price of the claim is under way: by its outcome the deposits are the buyer's or the seller's";
            return Err(reject(RejectionCode::PriceUnderWay, message));
        }
    };
    match caller == due_to {
        true => Ok(()),
        false => others(),
    }
}

pub(super) fn rule(context: &mut Context<'_>, rule: RuleOnSuspense) -> Result<(), Failure> {
    if !membership::has_role(&context.caller, Role::Regulator) {
        let message = "only a regulator rules on deposits in suspense";
        return Err(reject(RejectionCode::WrongRole, message));
    }
    let suspense = find(&context.store, &rule.suspense)?;
    check_waiting(&suspense)?;
    if rule.reason_hash.len() != 32 {
        let message = "the hash of the reasons has 32 bytes";
        return Err(reject(RejectionCode::InvalidReasonHash, message));
    }
    if membership::organization(&context.store, &rule.payee)?.is_none() {
        let message = format!("{:?} is not an organization on this ledger", rule.payee);
        return Err(reject(RejectionCode::WrongCounterparty, message));
    }

    let event = SuspenseRuled {
        suspense: suspense.id.clone(),
        from: suspense.payee.clone(),
        to: rule.payee.clone(),
        reason_hash: rule.reason_hash.clone(),
    };
    let buyer = suspense.buyer.clone();
    let ruled = Suspense {
        payee: rule.payee,
        records: Vec::new(),
        ruling: rule.reason_hash,
        price: Vec::new(),
        buyer: String::new(),
        ..suspense
    };
    put(&mut context.store, &ruled);
    let regulator = context.caller.id.clone();
    let from = event.from.clone();
    let concerned = and_buyer([&regulator, &from, &ruled.payee], &buyer);
    emit(context, &concerned, Kind::SuspenseRuled(event));
    Ok(())
}

/// What waits in suspense; nothing where there is no such thing.
pub(super) fn amount(store: &Store<'_>, id: &[u8]) -> Result<Option<Money>, StateError> {
    Ok(SUSPENSE.get(store, &[id])?.and_then(|found| found.amount))
}

fn find(store: &Store<'_>, id: &[u8]) -> Result<Suspense, Failure> {
    SUSPENSE.get(store, &[id])?.ok_or_else(|| {
        let message = "no deposits in suspense have this id";
        reject(RejectionCode::UnknownSuspense, message)
    })
}

fn check_waiting(suspense: &Suspense) -> Result<(), Failure> {
    match suspense.state() {
        SuspenseState::Waiting => Ok(()),
        _ => {
            let message = "the deposits were collected";
            Err(reject(RejectionCode::SuspenseClosed, message))
        }
    }
}

fn put(store: &mut Store<'_>, suspense: &Suspense) {
    SUSPENSE.put(store, &[&suspense.id], suspense);
}
