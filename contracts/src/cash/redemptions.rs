//! Redeeming deposits: requested by the holder, then paid or declined.

use counterfoil_proto::cash::v1::event::Event as Kind;
use counterfoil_proto::cash::v1::{
    ConfirmRedemption, DeclineRedemption, Redemption, RedemptionPaid, RedemptionRequested,
    RedemptionRestored, RedemptionState, RejectionCode, RequestRedemption,
};
use counterfoil_proto::v1::Money;

use super::actions::check_amount;
use super::api;
use super::events::emit;
use super::keys::{REDEMPTIONS, balance, issuance, put_balance, put_issuance};
use crate::kernel::{Context, Failure, StateError, Store, check_reason, reject};

pub(super) fn request(
    context: &mut Context<'_>,
    request: RequestRedemption,
) -> Result<(), Failure> {
    let holder = context.caller.id.clone();
    api::check_issuer(&context.store, &request.issuer)?;
    let amount = check_amount(context, request.amount.as_ref())?;
    api::check_free(context, &holder, (&request.issuer, &amount.currency))?;
    api::check_end_to_end_id(&context.store, &holder, &request.end_to_end_id)?;
    api::check_balance(&context.store, &holder, &request.issuer, &amount)?;

    let mut held = balance(&context.store, &holder, &request.issuer, &amount.currency)?;
    held.available_minor -= amount.minor;
    held.locked_minor += amount.minor;
    put_balance(&mut context.store, &held);
    api::use_end_to_end_id(context, &holder, &request.end_to_end_id);
    let redemption = Redemption {
        issuer: request.issuer.clone(),
        holder: holder.clone(),
        amount: Some(amount.clone()),
        end_to_end_id: request.end_to_end_id.clone(),
        state: RedemptionState::Requested.into(),
        requested_on: Some(context.ledger_date.to_proto()),
    };
    put(context, &redemption);
    let event = RedemptionRequested {
        issuer: request.issuer,
        holder,
        amount: Some(amount),
        end_to_end_id: request.end_to_end_id,
    };
    emit(
        context,
        &[&redemption.issuer, &redemption.holder],
        Kind::RedemptionRequested(event),
    );
    Ok(())
}

pub(super) fn confirm(
    context: &mut Context<'_>,
    confirm: &ConfirmRedemption,
) -> Result<(), Failure> {
    let holder = context.caller.id.clone();
    let redemption = find(context, &holder, &confirm.end_to_end_id)?;
    check_open(&redemption)?;

    let amount = unlock(context, &redemption, Restore::No)?;
    let mut issued = issuance(&context.store, &redemption.issuer, &amount.currency)?;
    issued.redeemed_minor += amount.minor;
    put_issuance(&mut context.store, &issued);
    close(context, &redemption, RedemptionState::Paid);
    let event = RedemptionPaid {
        issuer: redemption.issuer.clone(),
        holder,
        amount: Some(amount),
        end_to_end_id: redemption.end_to_end_id.clone(),
    };
    emit(
        context,
        &[&redemption.issuer, &redemption.holder],
        Kind::RedemptionPaid(event),
    );
    Ok(())
}

pub(super) fn decline(
    context: &mut Context<'_>,
    decline: DeclineRedemption,
) -> Result<(), Failure> {
    let redemption = find(context, &decline.holder, &decline.end_to_end_id)?;
    if redemption.issuer != context.caller.id {
        let message = "only its issuer may decline the redemption";
        return Err(reject(RejectionCode::NotTheIssuer, message));
    }
    check_open(&redemption)?;
    check_reason(RejectionCode::InvalidReason, &decline.reason)?;

    let amount = unlock(context, &redemption, Restore::Yes)?;
    close(context, &redemption, RedemptionState::Restored);
    let event = RedemptionRestored {
        issuer: redemption.issuer.clone(),
        holder: redemption.holder.clone(),
        amount: Some(amount),
        end_to_end_id: redemption.end_to_end_id.clone(),
        reason: decline.reason,
    };
    emit(
        context,
        &[&redemption.issuer, &redemption.holder],
        Kind::RedemptionRestored(event),
    );
    Ok(())
}

/// What a holder's redemption is over; nothing where there is none.
pub(super) fn amount(
    store: &Store<'_>,
    holder: &str,
    end_to_end_id: &str,
) -> Result<Option<Money>, StateError> {
    let found = REDEMPTIONS.get(store, &[holder.as_bytes(), end_to_end_id.as_bytes()])?;
    Ok(found.and_then(|redemption| redemption.amount))
}

fn find(context: &Context<'_>, holder: &str, end_to_end_id: &str) -> Result<Redemption, Failure> {
    let parts = [holder.as_bytes(), end_to_end_id.as_bytes()];
    // A holder given with a '/' in it could spell another one's key.
    let found = REDEMPTIONS.get(&context.store, &parts)?;
    found.filter(|r| r.holder == holder).ok_or_else(|| {
        let message = format!("{holder:?} has no redemption {end_to_end_id:?}");
        reject(RejectionCode::UnknownRedemption, message)
    })
}

fn check_open(redemption: &Redemption) -> Result<(), Failure> {
    let state = redemption.state();
    if state == RedemptionState::Requested {
        return Ok(());
    }
    let message = format!("the redemption is closed: {}", state.as_str_name());
    Err(reject(RejectionCode::RedemptionClosed, message))
}

enum Restore {
    Yes,
    No,
}

/// Ends the lock on a redemption's amount, and gives it back or not.
fn unlock(
    context: &mut Context<'_>,
    redemption: &Redemption,
    restore: Restore,
) -> Result<Money, StateError> {
    let amount = redemption.amount.clone().unwrap_or_default();
    let Redemption { holder, issuer, .. } = redemption;
    let mut held = balance(&context.store, holder, issuer, &amount.currency)?;
    held.locked_minor -= amount.minor;
    if let Restore::Yes = restore {
        held.available_minor += amount.minor;
    }
    put_balance(&mut context.store, &held);
    Ok(amount)
}

fn close(context: &mut Context<'_>, redemption: &Redemption, state: RedemptionState) {
    let closed = Redemption {
        state: state.into(),
        ..redemption.clone()
    };
    put(context, &closed);
}

fn put(context: &mut Context<'_>, redemption: &Redemption) {
    let parts = [
        redemption.holder.as_bytes(),
        redemption.end_to_end_id.as_bytes(),
    ];
    REDEMPTIONS.put(&mut context.store, &parts, redemption);
}
