//! A debtor pays, in whole or in part.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::receivable::v1::{Receivable, ReceivableState};
use counterfoil_proto::settlement::v1::event::Event as Kind;
use counterfoil_proto::settlement::v1::{
    ClaimPaid, ReceivablePaid, RejectionCode, SettleReceivable, Share,
};
use counterfoil_proto::v1::Money;
use counterfoil_types::dates::Date;
use counterfoil_types::limits::MAX_MINOR;

use super::events::emit;
use crate::cash::api::{self as cash, Payment};
use crate::financing::api::{self as financing, Collections};
use crate::kernel::{Context, Failure, StateError, Store, reject, stored_date};
use crate::receivable::api::{self as receivables, Allocation};

pub(super) fn settle(context: &mut Context<'_>, settle: SettleReceivable) -> Result<(), Failure> {
    let debtor = context.caller.id.clone();
    let receivable = find(&context.store, &settle.receivable)?;
    if receivable.debtor != debtor {
        let message = "only its debtor settles the receivable";
        return Err(reject(RejectionCode::NotTheDebtor, message));
    }
    if receivable.state() == ReceivableState::Settled {
        let message = "the receivable is settled already";
        return Err(reject(RejectionCode::WrongState, message));
    }
    if settle.issuer == debtor {
        let message = "a debt is not paid by a promise of the debtor's own";
        return Err(reject(RejectionCode::UnknownIssuer, message));
    }
    cash::check_issuer(&context.store, &settle.issuer)
        .map_err(|fault| fault.under::<RejectionCode>())?;
    let currency = receivables::money(&receivable, 0).currency;
    let amount = settle.amount.clone().unwrap_or_default();
    if amount.currency != currency {
        let message = format!("the receivable is in {currency}, not {:?}", amount.currency);
        return Err(reject(RejectionCode::WrongCurrency, message));
    }
    if !(1..=MAX_MINOR).contains(&amount.minor) {
        let message = "an amount is from 1 to 10^18 minor units";
        return Err(reject(RejectionCode::InvalidAmount, message));
    }
    let today = context.ledger_date;
    let allocation = receivables::allocate(&context.store, &receivable, amount.minor, today)?;
    let division = Division::of(&context.store, &allocation, today)?;
    let payment = Payment {
        issuer: &settle.issuer,
        payer: &debtor,
        instructed: &amount,
        legs: &division.legs,
        end_to_end_id: &settle.end_to_end_id,
    };
    cash::check_end_to_end_id(&context.store, &debtor, &settle.end_to_end_id)
        .and_then(|()| payment.check_funds(&context.store))
        .map_err(|fault| fault.under::<RejectionCode>())?;

    payment.make(context)?;
    let due = stored_date("receivable/receivable", receivable.adjusted_due_date)?;
    let settled = receivables::pay(context, receivable, &allocation);
    division.collections.record(context)?;
    for request in &division.requests {
        financing::overtake(context, request)?;
    }
    let money = |minor: u64| {
        Some(Money {
            minor,
            currency: currency.clone(),
        })
    };
    let paid = ReceivablePaid {
        receivable: settle.receivable,
        issuer: settle.issuer,
        principal: money(allocation.principal_minor),
        penalty: money(allocation.penalty_minor),
        days_late: u32::try_from(due.days_until(today)).unwrap_or(0),
        value_date: Some(today.to_proto()),
        end_to_end_id: settle.end_to_end_id,
        refund: money(allocation.left_minor),
        shares: allocation.shares.iter().map(told_to_debtor).collect(),
        settled,
        debtor: debtor.clone(),
    };
    emit(context, &[&debtor], Kind::Paid(paid.clone()));
    for (share, to_lender_minor) in allocation.shares.iter().zip(&division.to_lenders) {
        let pledge = receivables::pledge_of(&share.claim);
        let claim_paid = ClaimPaid {
            receivable: paid.receivable.clone(),
            claim: share.claim.number,
            controller: share.claim.controller.clone(),
            issuer: paid.issuer.clone(),
            principal: money(share.principal_minor),
            penalty: money(share.penalty_minor),
            days_late: paid.days_late,
            value_date: paid.value_date,
            loan: pledge.map(|pledge| pledge.loan.clone()).unwrap_or_default(),
            to_lender: pledge.and_then(|_| money(*to_lender_minor)),
            spent: share.is_all(),
        };
        tell_payees(context, share, claim_paid);
    }
    Ok(())
}

/// Tells a claim's controller, and the lender it is pledged to, what it was paid.
fn tell_payees(context: &mut Context<'_>, share: &receivables::Share, paid: ClaimPaid) {
    let pledge = receivables::pledge_of(&share.claim);
    let lender = pledge.map(|pledge| pledge.pledgee.as_str());
    let controller = [share.claim.controller.as_str()];
    let payees: Vec<&str> = controller.into_iter().chain(lender).collect();
    emit(context, &payees, Kind::ClaimPaid(paid));
}

/// What the debtor is told of a claim: not how its controller and a lender share what is paid.
fn told_to_debtor(share: &receivables::Share) -> Share {
    Share {
        claim: share.claim.number,
        controller: share.claim.controller.clone(),
        principal_minor: share.principal_minor,
        penalty_minor: share.penalty_minor,
    }
}

pub(super) fn find(store: &Store<'_>, id: &[u8]) -> Result<Receivable, Failure> {
    receivables::receivable(store, id)?.ok_or_else(|| {
        let message = "no receivable has this id";
        reject(RejectionCode::UnknownReceivable, message)
    })
}

/// Who gets what of a payment: the lenders first where claims are pledged.
#[derive(Default)]
struct Division {
    legs: BTreeMap<String, u64>,
    /// Of each share of the allocation, what the lender gets.
    to_lenders: Vec<u64>,
    collections: Collections,
    /// Open requests that the payment overtakes.
    requests: BTreeSet<Vec<u8>>,
}

impl Division {
    fn of(store: &Store<'_>, allocation: &Allocation, on: Date) -> Result<Self, StateError> {
        let mut division = Self::default();
        for share in &allocation.shares {
            let claim = &share.claim;
            let mut to_lender_minor = 0;
            if let Some(pledge) = receivables::pledge_of(claim) {
                let pledged = (claim, pledge);
                let collections = &mut division.collections;
                let total = share.total_minor();
                to_lender_minor = collections.take(store, pledged, total, share.is_all(), on)?;
                division.add_leg(&pledge.pledgee, to_lender_minor);
            }
            if let Some(lock) = receivables::lock_of(claim) {
                division.requests.insert(lock.request.clone());
            }
            division.add_leg(&claim.controller, share.total_minor() - to_lender_minor);
            division.to_lenders.push(to_lender_minor);
        }
        Ok(division)
    }

    fn add_leg(&mut self, payee: &str, minor: u64) {
        if minor > 0 {
            *self.legs.entry(payee.to_owned()).or_default() += minor;
        }
    }
}
