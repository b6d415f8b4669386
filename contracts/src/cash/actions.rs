//! Issuing and transferring deposits.

use std::collections::BTreeMap;

use counterfoil_proto::cash::v1::{IssueDeposit, RejectionCode, TransferDeposit};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::v1::Money;

use super::api::{self, Payment};
use crate::kernel::{Context, Failure, reject};
use crate::membership::api as membership;

pub(super) fn issue(context: &mut Context<'_>, issue: IssueDeposit) -> Result<(), Failure> {
    let issuer = context.caller.id.clone();
    if !membership::has_role(&context.caller, Role::Bank) {
        return Err(reject(
            RejectionCode::WrongRole,
            "only a bank issues deposits",
        ));
    }
    check_counterparty(context, &issue.holder)?;
    let amount = check_amount(context, issue.amount.as_ref())?;
    api::check_end_to_end_id(&context.store, &issuer, &issue.end_to_end_id)?;
    let payment = Payment {
        issuer: &issuer,
        payer: &issuer,
        instructed: &amount,
        legs: &BTreeMap::from([(issue.holder, amount.minor)]),
        end_to_end_id: &issue.end_to_end_id,
    };
    payment.check_funds(context)?;

    Ok(payment.make(context)?)
}

pub(super) fn transfer(
    context: &mut Context<'_>,
    transfer: TransferDeposit,
) -> Result<(), Failure> {
    let from = context.caller.id.clone();
    api::check_issuer(&context.store, &transfer.issuer)?;
    check_counterparty(context, &transfer.to)?;
    let amount = check_amount(context, transfer.amount.as_ref())?;
    api::check_free(context, &from, (&transfer.issuer, &amount.currency))?;
    api::check_end_to_end_id(&context.store, &from, &transfer.end_to_end_id)?;
    let payment = Payment {
        issuer: &transfer.issuer,
        payer: &from,
        instructed: &amount,
        legs: &BTreeMap::from([(transfer.to, amount.minor)]),
        end_to_end_id: &transfer.end_to_end_id,
    };
    payment.check_funds(context)?;

    Ok(payment.make(context)?)
}

/// The other party must be an organization, and not the caller.
fn check_counterparty(context: &Context<'_>, id: &str) -> Result<(), Failure> {
    let wrong = |message: String| Err(reject(RejectionCode::WrongCounterparty, message));
    if id == context.caller.id {
        return wrong(format!("{id} cannot be its own counterparty"));
    }
    match membership::organization(&context.store, id)? {
        Some(_) => Ok(()),
        None => wrong(format!("{id:?} is not an organization on this ledger")),
    }
}

pub(super) fn check_amount(
    context: &Context<'_>,
    amount: Option<&Money>,
) -> Result<Money, Failure> {
    api::check_amount(context.rules, amount)
        .map_err(|fault| fault.under(RejectionCode::UnknownCurrency, RejectionCode::InvalidAmount))
}
