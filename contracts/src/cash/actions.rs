//! Issuing and transferring deposits.

use counterfoil_proto::cash::v1::event::Event as Kind;
use counterfoil_proto::cash::v1::{DepositIssued, IssueDeposit, RejectionCode, TransferDeposit};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::v1::Money;
use counterfoil_types::limits::MAX_MINOR;

use super::api::{self, AmountFault, Payment};
use super::events::emit;
use super::keys::{balance, issuance, put_balance, put_issuance};
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
    let mut issued = issuance(&context.store, &issuer, &amount.currency)?;
    issued.issued_minor = issued
        .issued_minor
        .checked_add(amount.minor)
        .filter(|total| *total <= MAX_MINOR)
        .ok_or_else(|| {
            let message = format!("all that {issuer} ever issued would pass 10^18 minor units");
            reject(RejectionCode::TooLarge, message)
        })?;
    api::check_room(&context.store, &issue.holder, &issuer, &amount)?;

    put_issuance(&mut context.store, &issued);
    let mut held = balance(&context.store, &issue.holder, &issuer, &amount.currency)?;
    held.available_minor += amount.minor;
    put_balance(&mut context.store, &held);
    api::use_end_to_end_id(context, &issue.end_to_end_id);
    let concerned = [issuer.as_str(), issue.holder.as_str()];
    let event = DepositIssued {
        issuer: issuer.clone(),
        holder: issue.holder.clone(),
        amount: Some(amount),
        end_to_end_id: issue.end_to_end_id.clone(),
    };
    emit(context, &concerned, Kind::Issued(event));
    Ok(())
}

pub(super) fn transfer(
    context: &mut Context<'_>,
    transfer: TransferDeposit,
) -> Result<(), Failure> {
    let from = context.caller.id.clone();
    api::check_issuer(&context.store, &transfer.issuer)?;
    check_counterparty(context, &transfer.to)?;
    let amount = check_amount(context, transfer.amount.as_ref())?;
    api::check_end_to_end_id(&context.store, &from, &transfer.end_to_end_id)?;
    let payment = Payment {
        issuer: &transfer.issuer,
        from: &from,
        to: &transfer.to,
        amount: &amount,
        end_to_end_id: &transfer.end_to_end_id,
    };
    payment.check_funds(&context.store)?;

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
    api::check_amount(context.rules, amount).map_err(|fault| match fault {
        AmountFault::Currency(message) => reject(RejectionCode::UnknownCurrency, message),
        AmountFault::Amount(message) => reject(RejectionCode::InvalidAmount, message),
    })
}
