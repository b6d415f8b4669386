//! A debtor pays over the external rail: what it instructs, and what the outcome does to the debt
//! (specification 4.6, 6.3).

use std::collections::BTreeMap;

use counterfoil_proto::cash::v1::{PaidClaim, Payment, PaymentState};
use counterfoil_proto::receivable::v1::Receivable;
use counterfoil_proto::settlement::v1::{
    CancelPayment, ConfirmPayment, InstructPayment, RejectionCode, RulePayment, TimeOutPayment,
};
use counterfoil_proto::supervision::v1::RejectionCode as Frozen;
use counterfoil_types::dates::Date;

use super::payments::{Division, Means, check_amount, discharge, find_payable};
use crate::cash::api::{self as cash, Instructed, PaidFor};
use crate::financing::api as financing;
use crate::kernel::{Context, Failure, StateError, reject, stored_date};
use crate::receivable::api::{self as receivables, Allocation};

pub(super) fn instruct(
    context: &mut Context<'_>,
    instruct: InstructPayment,
) -> Result<(), Failure> {
    let receivable = find_payable(context, &instruct.receivable)?;
    let amount = check_amount(&receivable, instruct.amount.as_ref())?;
    let terms = receivable.terms.clone().unwrap_or_default();
    let deadline = cash::deadline(context, &terms.calendar)?;
    let pay_on = check_day(context, &instruct, deadline)?;
    let allocation = receivables::allocate(&context.store, &receivable, amount.minor, pay_on)?;
    if allocation.left_minor > 0 {
        let message = format!(
            "{} minor units are owed on {pay_on}: the external rail pays back nothing",
            amount.minor - allocation.left_minor
        );
        return Err(reject(RejectionCode::MoreThanOwed, message));
    }
    cash::check_asserter(&context.store, &instruct.asserter)?;
    let division = Division::of(&context.store, &allocation, pay_on)?;
    if !division.held.is_empty() {
        let message = format!(
            "a part of this is frozen on {pay_on}, or the price of its claim is under way: it would wait in suspense, which \
             only deposits can: pay in deposits"
        );
        return Err(reject(Frozen::PayeeFrozen, message));
    }
    let mut confirmers = BTreeMap::new();
    for payee in division.legs.keys() {
        let bank = &instruct.asserter;
        let confirmer = cash::confirmer(&context.store, payee, &receivable.debtor, bank)?;
        confirmers.insert(payee.clone(), confirmer);
    }
    cash::check_end_to_end_id(&context.store, &receivable.debtor, &instruct.end_to_end_id)
        .map_err(|fault| fault.under::<RejectionCode>())?;

    cash::use_end_to_end_id(context, &receivable.debtor, &instruct.end_to_end_id);
    let mut parts = parts(&allocation, &division);
    let mut payments = Vec::with_capacity(confirmers.len());
    for (payee, confirmer) in confirmers {
        let instructed = Instructed {
            payer: &receivable.debtor,
            payee: &payee,
            amount: receivables::money(&receivable, division.legs[&payee]),
            end_to_end_id: &instruct.end_to_end_id,
            asserter: &instruct.asserter,
            confirmer,
            arbiter: &terms.arbiter,
            paid_for: PaidFor::Receivable {
                id: &receivable.id,
                claims: parts.remove(&payee).unwrap_or_default(),
            },
            reckoned_on: pay_on,
            calendar: terms.calendar.clone(),
            deadline,
        };
        payments.push(cash::put_instructed(context, instructed));
    }
    receivables::hold(&mut context.store, receivable, payments);
    Ok(())
}

fn check_day(
    context: &Context<'_>,
    instruct: &InstructPayment,
    last: Date,
) -> Result<Date, Failure> {
    let today = context.ledger_date;
    match Date::try_from(&instruct.pay_on.unwrap_or_default()) {
        Ok(day) if (today..=last).contains(&day) => Ok(day),
        _ => {
            let message = format!("the day for which to pay is from {today} to {last}");
            Err(reject(RejectionCode::InvalidPaymentDate, message))
        }
    }
}

/// What each payee's payment brings which claims. Of a pledged claim's share the lender's part is principal first.
fn parts(allocation: &Allocation, division: &Division) -> BTreeMap<String, Vec<PaidClaim>> {
    let mut parts: BTreeMap<String, Vec<PaidClaim>> = BTreeMap::new();
    let mut add = |payee: &str, part: PaidClaim| {
        if part.principal_minor > 0 || part.penalty_minor > 0 {
            parts.entry(payee.to_owned()).or_default().push(part);
        }
    };
    let Division {
        to_lenders, owners, ..
    } = division;
    let payees = to_lenders.iter().zip(owners);
    for (share, (to_lender, owner)) in allocation.shares.iter().zip(payees) {
        let mut rest = PaidClaim {
            number: share.claim.number,
            principal_minor: share.principal_minor,
            penalty_minor: share.penalty_minor,
            loan: Vec::new(),
        };
        if let Some(to) = to_lender {
            let principal_minor = to.minor.min(rest.principal_minor);
            let penalty_minor = to.minor - principal_minor;
            rest.principal_minor -= principal_minor;
            rest.penalty_minor -= penalty_minor;
            let part = PaidClaim {
                principal_minor,
                penalty_minor,
                loan: to.loan.clone(),
                ..rest
            };
            add(&to.lender, part);
        }
        add(owner, rest);
    }
    parts
}

pub(super) fn confirm(context: &mut Context<'_>, confirm: &ConfirmPayment) -> Result<(), Failure> {
    financing::check_passing(context, &confirm.payment)?;
    let payment = cash::confirm(context, &confirm.payment)?;
    Ok(end(context, payment)?)
}

pub(super) fn cancel(context: &mut Context<'_>, cancel: &CancelPayment) -> Result<(), Failure> {
    let payment = cash::cancel(context, &cancel.payment)?;
    Ok(end(context, payment)?)
}

pub(super) fn rule(context: &mut Context<'_>, ruling: &RulePayment) -> Result<(), Failure> {
    if ruling.paid {
        financing::check_passing(context, &ruling.payment)?;
    }
    let payment = cash::rule(context, &ruling.payment, ruling.paid, &ruling.reason)?;
    Ok(end(context, payment)?)
}

pub(super) fn time_out(
    context: &mut Context<'_>,
    time_out: &TimeOutPayment,
) -> Result<(), Failure> {
    let payment = cash::time_out(context, &time_out.payment)?;
    Ok(end(context, payment)?)
}

/// Lets the claims go, and discharges the debt where the payment took place; or ends the deal whose price it was.
fn end(context: &mut Context<'_>, payment: Payment) -> Result<(), StateError> {
    if !payment.request.is_empty() {
        return financing::close_taken(context, &payment);
    }
    let missing = || StateError::corrupt("receivable/receivable", "what is paid is missing");
    let receivable = receivables::receivable(&context.store, &payment.receivable)?;
    let receivable = receivable.ok_or_else(missing)?;
    let receivable = receivables::let_go(&mut context.store, receivable, &payment.id);
    if payment.state() != PaymentState::Confirmed {
        return Ok(());
    }
    let assertion = payment.assertion.clone().unwrap_or_default();
    let on = stored_date("cash/payment", assertion.value_date)?;
    let parts: Vec<(u32, u64, u64)> = payment
        .claims
        .iter()
        .map(|part| (part.number, part.principal_minor, part.penalty_minor))
        .collect();
    let allocation = receivables::instructed(&context.store, &receivable, &parts, on)?;
    let division = Division::of_payee(&context.store, (&allocation, &payment), on)?;
    let means = Means {
        issuer: String::new(),
        end_to_end_id: payment.end_to_end_id,
        value_date: on,
        fees: Vec::new(),
        payment: payment.id,
    };
    discharge(context, receivable, &allocation, division, means)
}

/// Principal that asserted payments are going to bring.
pub(super) fn asserted_minor(
    context: &Context<'_>,
    receivable: &Receivable,
) -> Result<u64, StateError> {
    let mut asserted_minor = 0;
    for id in &receivable.payments {
        let payment = cash::payment(&context.store, id)?.unwrap_or_default();
        if cash::is_asserted(&payment) {
            // No more in all than is outstanding.
            let principal = payment.claims.iter().map(|part| part.principal_minor);
            asserted_minor += principal.sum::<u64>();
        }
    }
    Ok(asserted_minor)
}
