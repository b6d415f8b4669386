//! Endorsers and guarantors pay in the debtor's place (specification 6.6).

use counterfoil_proto::receivable::v1::{Claim, Undertaking};
use counterfoil_proto::settlement::v1::event::Event as Kind;
use counterfoil_proto::settlement::v1::{ClaimRecovered, HonourUndertaking, RejectionCode};

use super::events::emit;
use super::payments::{Division, check_amount};
use crate::cash::api::{self as cash, Payment};
use crate::kernel::{Context, Failure, reject};
use crate::receivable::api as receivables;

pub(super) fn honour(context: &mut Context<'_>, honour: HonourUndertaking) -> Result<(), Failure> {
    let payer = context.caller.id.clone();
    let (claim, undertaking) = find_called(context, &honour)?;
    let receivable = receivables::receivable_of(&context.store, &claim)?;
    if receivables::is_under_way(&receivable) {
        let message = "a payment over the external rail is under way: wait for its outcome";
        return Err(reject(RejectionCode::PaymentUnderWay, message));
    }
    cash::check_issuer(&context.store, &honour.issuer)
        .map_err(|fault| fault.under::<RejectionCode>())?;
    let amount = check_amount(&receivable, honour.amount.as_ref())?;
    let bound = receivables::left(&undertaking).unwrap_or(amount.minor);
    let payable_minor = amount.minor.min(bound);
    let today = context.ledger_date;
    let recovery = receivables::recovery(&receivable, claim, payable_minor, today)?;
    let share = &recovery.shares[0];
    if !receivables::check_room(&receivable, share) {
        let message = "the receivable has no room for one more claim: pay all that is owed";
        return Err(reject(RejectionCode::TooManyClaims, message));
    }
    let mut division = Division::of(&context.store, &recovery, today)?;
    // What the payer would pay itself, as the lender or the borrower, is set off.
    division.set_off(&payer);
    let payment = Payment {
        issuer: &honour.issuer,
        payer: &payer,
        instructed: &amount,
        legs: &division.legs,
        end_to_end_id: &honour.end_to_end_id,
    };
    cash::check_end_to_end_id(&context.store, &payer, &honour.end_to_end_id)
        .and_then(|()| payment.check_funds(context))
        .map_err(|fault| fault.under::<RejectionCode>())?;

    payment.make(context)?;
    cash::hold(context, &payment, std::mem::take(&mut division.held))?;
    let into = receivables::subrogate(context, receivable.clone(), share, &undertaking)?;
    division.record(context)?;
    let money = |minor: u64| Some(receivables::money(&receivable, minor));
    let recovered = ClaimRecovered {
        receivable: receivable.id.clone(),
        claim: honour.number,
        controller: share.claim.controller.clone(),
        undertaking: honour.undertaking,
        kind: undertaking.kind,
        payer: payer.clone(),
        issuer: honour.issuer,
        principal: money(recovery.principal_minor),
        penalty: money(recovery.penalty_minor),
        refund: money(amount.minor - share.total_minor()),
        end_to_end_id: honour.end_to_end_id,
        into,
        spent: share.is_all(),
    };
    let concerned = [payer.as_str(), &share.claim.controller];
    emit(context, &concerned, Kind::ClaimRecovered(recovered));
    Ok(())
}

/// A claim, and the caller's undertaking to pay it, on which its holder calls.
fn find_called(
    context: &Context<'_>,
    honour: &HonourUndertaking,
) -> Result<(Claim, Undertaking), Failure> {
    let unknown = || {
        let message = "the caller has undertaken nothing of this for such a claim";
        reject(RejectionCode::UnknownUndertaking, message)
    };
    let claim = receivables::claim(&context.store, &honour.receivable, honour.number)?;
    let claim = claim.ok_or_else(unknown)?;
    let found = receivables::undertaking_of(&context.store, &claim, &honour.undertaking)?;
    let own = found.filter(|(undertaking, _)| undertaking.by == context.caller.id);
    let (undertaking, noticed_on) = own.ok_or_else(unknown)?;
    if noticed_on.is_none() {
        let message = "the claim's holder has given no notice: nothing is asked";
        return Err(reject(RejectionCode::NoNotice, message));
    }
    if claim.outstanding_minor == 0 {
        let message = "the claim's principal is paid, or the claim has passed to others";
        return Err(reject(RejectionCode::ClaimPaid, message));
    }
    if receivables::left(&undertaking) == Some(0) {
        let message = format!(
            "all {} minor units of the cap are paid",
            undertaking.cap_minor
        );
        return Err(reject(RejectionCode::UsedUp, message));
    }
    Ok((claim, undertaking))
}
