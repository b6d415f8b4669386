//! A debtor pays all it owes of a receivable.

use counterfoil_proto::receivable::v1::ReceivableState;
use counterfoil_proto::settlement::v1::{
    Event, ReceivableSettled, RejectionCode, SettleReceivable, event,
};
use counterfoil_proto::v1::Money;

use super::Settlement;
use super::errors::payment_failure;
use crate::cash::api::{self as cash, Payment};
use crate::kernel::{Context, Contract as _, Failure, reject};
use crate::receivable::api as receivables;

pub(super) fn settle(context: &mut Context<'_>, settle: SettleReceivable) -> Result<(), Failure> {
    let debtor = context.caller.id.clone();
    let receivable =
        receivables::receivable(&context.store, &settle.receivable)?.ok_or_else(|| {
            reject(
                RejectionCode::UnknownReceivable,
                "no receivable has this id",
            )
        })?;
    if receivable.debtor != debtor {
        let message = format!(
            "only its debtor, {}, settles the receivable",
            receivable.debtor
        );
        return Err(reject(RejectionCode::NotTheDebtor, message));
    }
    if receivable.state() != ReceivableState::Performing {
        return Err(reject(
            RejectionCode::WrongState,
            "the receivable is settled already",
        ));
    }
    cash::check_issuer(&context.store, &settle.issuer).map_err(payment_failure)?;
    let currency = receivable.face.clone().unwrap_or_default().currency;
    let amount = settle.amount.clone().unwrap_or_default();
    if amount.currency != currency {
        let message = format!("the receivable is in {currency}, not {:?}", amount.currency);
        return Err(reject(RejectionCode::WrongCurrency, message));
    }
    let today = context.ledger_date;
    let owed = receivables::owed(&context.store, &receivable, today)?.ok_or_else(|| {
        let message = "the penalty has passed 10^18 minor units, which no payment can meet";
        reject(RejectionCode::AmountDiffers, message)
    })?;
    let total = u128::from(owed.principal_minor) + u128::from(owed.penalty_minor);
    if u128::from(amount.minor) != total {
        let message = format!(
            "on {today} the debtor owes {} principal and {} penalty in minor units, not {}",
            owed.principal_minor, owed.penalty_minor, amount.minor
        );
        return Err(reject(RejectionCode::AmountDiffers, message));
    }
    cash::check_end_to_end_id(&context.store, &debtor, &settle.end_to_end_id)
        .map_err(payment_failure)?;
    let payment = Payment {
        issuer: &settle.issuer,
        from: &debtor,
        to: &owed.payee,
        amount: &amount,
        end_to_end_id: &settle.end_to_end_id,
    };
    payment
        .check_funds(&context.store)
        .map_err(payment_failure)?;

    payment.make(context)?;
    receivables::settle(context, &receivable, &owed)?;
    let money = |minor: u64| Money {
        minor,
        currency: currency.clone(),
    };
    let settled = ReceivableSettled {
        receivable: receivable.id,
        issuer: settle.issuer.clone(),
        principal: Some(money(owed.principal_minor)),
        penalty: Some(money(owed.penalty_minor)),
        days_late: owed.days_late,
        value_date: Some(context.ledger_date.to_proto()),
        payee: owed.payee.clone(),
        end_to_end_id: settle.end_to_end_id.clone(),
    };
    let event = Event {
        event: Some(event::Event::Settled(settled)),
    };
    context.emit(Settlement::NUMBER, &[&debtor, &owed.payee], &event);
    Ok(())
}
