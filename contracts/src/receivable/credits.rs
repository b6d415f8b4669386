//! What a credit note takes of claims, and the mark of a dispute (specification 6.7, 6.8).

use counterfoil_proto::receivable::v1::event::Event as Kind;
use counterfoil_proto::receivable::v1::{
    Claim, ClaimCredited, DisputeMarked, Receivable, ReceivableState,
};
use counterfoil_types::interest::Accrual;

use super::api::pledge_of;
use super::claims::{penalty, penalty_terms, spent};
use super::events::emit;
use super::keys::{put_claim, put_receivable};
use super::payments::live_claims;
use crate::kernel::{Context, StateError};

/// What a credit note takes of one claim's principal.
pub struct Credit {
    pub claim: Claim,
    pub minor: u64,
}

/// Takes principal of claims; penalty accrued so far stays owed. Invariant: each credit is from 1 to what is
/// outstanding, its claim is neither offered nor locked, and if pledged keeps something outstanding; no claim is named twice.
pub fn credit(
    context: &mut Context<'_>,
    mut receivable: Receivable,
    seller: &str,
    credits: &[Credit],
) -> Result<(), StateError> {
    let terms = penalty_terms(&receivable)?;
    for Credit { claim, minor } in credits {
        let accrued = penalty(&terms, claim, context.ledger_date)?;
        let outstanding_minor = claim.outstanding_minor - minor;
        let is_all = outstanding_minor == 0 && accrued.is_none_or(|accrued| accrued.minor == 0);
        let rest = if is_all {
            receivable.live_claims.retain(|n| *n != claim.number);
            spent(claim)
        } else {
            Claim {
                outstanding_minor,
                penalty: accrued.map(Accrual::to_proto),
                ..claim.clone()
            }
        };
        put_claim(&mut context.store, &rest);
        receivable.credited_minor += minor;
        let pledge = pledge_of(claim);
        let pledgee = pledge.map_or("", |pledge| pledge.pledgee.as_str());
        let credited = ClaimCredited {
            receivable: receivable.id.clone(),
            number: claim.number,
            controller: claim.controller.clone(),
            pledgee: pledgee.to_owned(),
            credited_minor: *minor,
            spent: is_all,
        };
        let parties = [seller, &claim.controller, &receivable.debtor];
        let concerned: Vec<&str> = parties.into_iter().chain(pledge.map(|_| pledgee)).collect();
        emit(context, &concerned, Kind::Credited(credited));
    }
    if receivable.live_claims.is_empty() {
        receivable.state = ReceivableState::Settled.into();
        receivable.settled_on = Some(context.ledger_date.to_proto());
    }
    put_receivable(&mut context.store, &receivable);
    Ok(())
}

/// Marks a receivable whose invoice is disputed, or takes the mark away; its state stays. Tells all whom it owes.
pub fn mark_disputed(
    context: &mut Context<'_>,
    mut receivable: Receivable,
    disputed: bool,
) -> Result<(), StateError> {
    receivable.disputed = disputed;
    put_receivable(&mut context.store, &receivable);
    let claims = live_claims(&context.store, &receivable)?;
    let mut concerned = vec![receivable.debtor.as_str()];
    for claim in &claims {
        concerned.push(&claim.controller);
        concerned.extend(pledge_of(claim).map(|pledge| pledge.pledgee.as_str()));
    }
    let marked = DisputeMarked {
        receivable: receivable.id.clone(),
        disputed,
    };
    emit(context, &concerned, Kind::Disputed(marked));
    Ok(())
}
