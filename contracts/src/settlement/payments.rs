//! A debtor pays, in whole or in part.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::cash::v1 as cash_wire;
use counterfoil_proto::receivable::v1::{Claim, FeePaid, Pledge, Receivable, ReceivableState};
use counterfoil_proto::settlement::v1::event::Event as Kind;
use counterfoil_proto::settlement::v1::{
    ClaimPaid, ReceivablePaid, RejectionCode, SettleReceivable, Share,
};
use counterfoil_proto::v1::Money;
use counterfoil_types::dates::Date;

use super::events::emit;
use super::fees;
use crate::cash::api::{self as cash, Held, Payment};
use crate::financing::api::{self as financing, Collections};
use crate::kernel::{Context, Failure, StateError, Store, reject, stored_date};
use crate::membership::api as membership;
use crate::receivable::api::{self as receivables, Allocation};
use crate::supervision::api as supervision;

pub(super) fn settle(context: &mut Context<'_>, settle: SettleReceivable) -> Result<(), Failure> {
    let mut receivable = find_payable(context, &settle.receivable)?;
    let debtor = receivable.debtor.clone();
    if settle.issuer == debtor {
        let message = "a debt is not paid by a promise of the debtor's own";
        return Err(reject(RejectionCode::UnknownIssuer, message));
    }
    cash::check_issuer(&context.store, &settle.issuer)
        .map_err(|fault| fault.under::<RejectionCode>())?;
    let amount = check_amount(&receivable, settle.amount.as_ref())?;
    let instructed = fees::check(&receivable, &settle)?;
    let today = context.ledger_date;
    let allocation = receivables::allocate(&context.store, &receivable, amount.minor, today)?;
    let mut division = Division::of(&context.store, &allocation, today)?;
    division.add_fees(&context.store, &settle.fees, today)?;
    let payment = Payment {
        issuer: &settle.issuer,
        payer: &debtor,
        instructed: &instructed,
        legs: &division.legs,
        end_to_end_id: &settle.end_to_end_id,
    };
    cash::check_end_to_end_id(&context.store, &debtor, &settle.end_to_end_id)
        .and_then(|()| payment.check_funds(context))
        .map_err(|fault| fault.under::<RejectionCode>())?;

    payment.make(context)?;
    cash::hold(context, &payment, std::mem::take(&mut division.held))?;
    receivables::add_fees(&mut receivable, &settle.fees);
    let means = Means {
        issuer: settle.issuer,
        end_to_end_id: settle.end_to_end_id,
        value_date: today,
        fees: settle.fees,
        payment: Vec::new(),
    };
    Ok(discharge(
        context,
        receivable,
        &allocation,
        division,
        means,
    )?)
}

/// The receivable, where the caller owes something on it and no payment of it is under way.
pub(super) fn find_payable(context: &Context<'_>, id: &[u8]) -> Result<Receivable, Failure> {
    let receivable = find(&context.store, id)?;
    if receivable.debtor != context.caller.id {
        let message = "only its debtor settles the receivable";
        return Err(reject(RejectionCode::NotTheDebtor, message));
    }
    if receivable.state() == ReceivableState::Settled {
        let message = "the receivable is settled already";
        return Err(reject(RejectionCode::WrongState, message));
    }
    if receivables::is_under_way(&receivable) {
        let message =
            "a payment over the external rail is under way: wait for its outcome, or pay twice";
        return Err(reject(RejectionCode::PaymentUnderWay, message));
    }
    Ok(receivable)
}

pub(super) fn check_amount(
    receivable: &Receivable,
    amount: Option<&Money>,
) -> Result<Money, Failure> {
    let currency = receivables::money(receivable, 0).currency;
    cash::check_amount_for(("receivable", &currency), amount)
        .map_err(|fault| fault.under(RejectionCode::WrongCurrency, RejectionCode::InvalidAmount))
}

/// By which means a debtor paid, and when.
pub(super) struct Means {
    /// Empty over the external rail.
    pub issuer: String,
    pub end_to_end_id: String,
    pub value_date: Date,
    pub fees: Vec<FeePaid>,
    /// Empty in deposits.
    pub payment: Vec<u8>,
}

/// Discharges what was paid, and tells of it. Invariant: it was paid, and is divided as of the value date.
pub(super) fn discharge(
    context: &mut Context<'_>,
    receivable: Receivable,
    allocation: &Allocation,
    mut division: Division,
    means: Means,
) -> Result<(), StateError> {
    let due = stored_date("receivable/receivable", receivable.adjusted_due_date)?;
    let settled = receivables::pay(context, receivable.clone(), allocation, means.value_date);
    division.record(context)?;
    let money = |minor: u64| Some(receivables::money(&receivable, minor));
    let paid = ReceivablePaid {
        receivable: receivable.id.clone(),
        issuer: means.issuer,
        principal: money(allocation.principal_minor),
        penalty: money(allocation.penalty_minor),
        days_late: u32::try_from(due.days_until(means.value_date)).unwrap_or(0),
        value_date: Some(means.value_date.to_proto()),
        end_to_end_id: means.end_to_end_id,
        refund: money(allocation.left_minor),
        shares: allocation.shares.iter().map(told_to_debtor).collect(),
        settled,
        payment: means.payment,
        fees: means.fees,
        debtor: receivable.debtor.clone(),
    };
    emit(context, &[&receivable.debtor], Kind::Paid(paid.clone()));
    for (share, to_lender) in allocation.shares.iter().zip(&division.to_lenders) {
        let claim_paid = ClaimPaid {
            receivable: paid.receivable.clone(),
            claim: share.claim.number,
            controller: share.claim.controller.clone(),
            issuer: paid.issuer.clone(),
            principal: money(share.principal_minor),
            penalty: money(share.penalty_minor),
            days_late: paid.days_late,
            value_date: paid.value_date,
            loan: to_lender.iter().flat_map(|to| to.loan.clone()).collect(),
            to_lender: to_lender.as_ref().and_then(|to| money(to.minor)),
            spent: share.is_all(),
            payment: paid.payment.clone(),
        };
        let lender = to_lender.as_ref().map(|to| to.lender.as_str());
        let controller = [share.claim.controller.as_str()];
        let payees: Vec<&str> = controller.into_iter().chain(lender).collect();
        emit(context, &payees, Kind::ClaimPaid(claim_paid));
    }
    fees::tell(context, &receivable, &paid.fees);
    Ok(())
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

/// What the lender of a pledged claim gets of its share.
pub(super) struct ToLender {
    pub loan: Vec<u8>,
    pub lender: String,
    pub minor: u64,
}

/// Who gets what of a payment: the lenders first where claims are pledged.
#[derive(Default)]
pub(super) struct Division {
    pub legs: BTreeMap<String, u64>,
    /// What waits in suspense instead, as it is frozen on the day of the payment, or its claim waits for a price.
    pub held: Vec<Held>,
    /// By share of the allocation, where its claim is pledged.
    pub to_lenders: Vec<Option<ToLender>>,
    /// By share of the allocation, who gets what its lender does not.
    pub owners: Vec<String>,
    collections: Collections,
    /// Open requests that the payment overtakes.
    requests: BTreeSet<Vec<u8>>,
}

impl Division {
    pub fn of(store: &Store<'_>, allocation: &Allocation, on: Date) -> Result<Self, StateError> {
        let mut division = Self::default();
        for share in &allocation.shares {
            let claim = &share.claim;
            let (mut to_lender, mut owner) = (None, claim.controller.clone());
            if let Some(pledge) = receivables::pledge_of(claim) {
                to_lender = Some(division.collect(store, share, pledge, on)?);
                owner = division.collections.owner(claim, pledge).to_owned();
            }
            division.overtake(claim);
            let to_lender_minor = to_lender.as_ref().map_or(0, |to| to.minor);
            let minor = share.total_minor() - to_lender_minor;
            let records = receivables::records(claim, &owner).to_vec();
            match receivables::price_of(claim) {
                Some(price) => division.wait(&owner, minor, records, price.to_vec()),
                None => division.add_leg(store, (&owner, minor), records, on)?,
            }
            division.to_lenders.push(to_lender);
            division.owners.push(owner);
        }
        Ok(division)
    }

    /// Of a payment over the external rail, which reached one payee: a lender where the part names a loan.
    pub fn of_payee(
        store: &Store<'_>,
        (allocation, payment): (&Allocation, &cash_wire::Payment),
        on: Date,
    ) -> Result<Self, StateError> {
        let mut division = Self::default();
        for (share, part) in allocation.shares.iter().zip(&payment.claims) {
            let claim = &share.claim;
            let mut to_lender = None;
            if !part.loan.is_empty() {
                let pledge = Pledge {
                    loan: part.loan.clone(),
                    pledgee: payment.payee.clone(),
                };
                let collected = division.collect(store, share, &pledge, on)?;
                // It reached the lender, whether the loan still needs it or not.
                to_lender = Some(ToLender {
                    minor: share.total_minor(),
                    ..collected
                });
            } else if let Some(pledge) = receivables::pledge_of(claim)
                && share.is_all()
            {
                division.collections.spend(store, claim, pledge)?;
            }
            division.overtake(claim);
            division.to_lenders.push(to_lender);
        }
        Ok(division)
    }

    /// Takes from a share as much as is owed on the loan.
    fn collect(
        &mut self,
        store: &Store<'_>,
        share: &receivables::Share,
        pledge: &Pledge,
        on: Date,
    ) -> Result<ToLender, StateError> {
        let pledged = (&share.claim, pledge);
        let collections = &mut self.collections;
        let minor = collections.take(store, pledged, share.total_minor(), share.is_all(), on)?;
        let records = receivables::records(&share.claim, &pledge.pledgee);
        let loan = financing::loan_key(&pledge.loan);
        let records = [&records[..], &[loan]].concat();
        self.add_leg(store, (&pledge.pledgee, minor), records, on)?;
        Ok(ToLender {
            loan: pledge.loan.clone(),
            lender: pledge.pledgee.clone(),
            minor,
        })
    }

    fn overtake(&mut self, claim: &Claim) {
        if let Some(lock) = receivables::lock_of(claim)
            && receivables::price_of(claim).is_none()
        {
            self.requests.insert(lock.request.clone());
        }
    }

    /// Writes what the payment did to loans and requests. Invariant: it was recorded and made in this transaction.
    pub fn record(&mut self, context: &mut Context<'_>) -> Result<(), StateError> {
        std::mem::take(&mut self.collections).record(context)?;
        for request in &self.requests {
            financing::overtake(context, request)?;
        }
        Ok(())
    }

    /// Takes out what the payer would get of its own payment.
    pub fn set_off(&mut self, payer: &str) {
        self.legs.remove(payer);
        self.held.retain(|held| held.payee != payer);
    }

    fn wait(&mut self, payee: &str, minor: u64, records: Vec<Vec<u8>>, price: Vec<u8>) {
        self.held.push(Held {
            payee: payee.to_owned(),
            minor,
            records,
            price,
        });
    }

    /// Adds the fees to what each payee gets.
    fn add_fees(
        &mut self,
        store: &Store<'_>,
        fees: &[FeePaid],
        on: Date,
    ) -> Result<(), StateError> {
        for fee in fees {
            let records = vec![membership::organization_key(&fee.payee)];
            self.add_leg(store, (&fee.payee, fee.amount_minor), records, on)?;
        }
        Ok(())
    }

    /// Adds to what a payee gets, or to what waits for it where one of these records is frozen.
    fn add_leg(
        &mut self,
        store: &Store<'_>,
        (payee, minor): (&str, u64),
        records: Vec<Vec<u8>>,
        on: Date,
    ) -> Result<(), StateError> {
        if minor == 0 {
            return Ok(());
        }
        if supervision::any_frozen(store, &records, on)? {
            self.wait(payee, minor, records, Vec::new());
        } else {
            *self.legs.entry(payee.to_owned()).or_default() += minor;
        }
        Ok(())
    }
}
