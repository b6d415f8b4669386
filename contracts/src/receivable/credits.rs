//! What a credit note takes of claims, and the mark of a dispute (specification 6.7, 6.8).

use counterfoil_proto::receivable::v1::event::Event as Kind;
use counterfoil_proto::receivable::v1::{Claim, ClaimCredited, DisputeMarked, Receivable};

use super::api::pledge_of;
use super::claims::penalty_terms;
use super::events::emit;
use super::keys::{put_claim, put_receivable};
use super::payments::{Share, end_claims, live_claims};
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
    let mut shares = Vec::with_capacity(credits.len());
    for Credit { claim, minor } in credits {
        let mut share = Share::of(&terms, claim.clone(), context.ledger_date)?;
        share.principal_minor = *minor;
        put_claim(&mut context.store, &share.rest());
        receivable.credited_minor += minor;
        let pledge = pledge_of(claim);
        let pledgee = pledge.map_or("", |pledge| pledge.pledgee.as_str());
        let credited = ClaimCredited {
            receivable: receivable.id.clone(),
            number: claim.number,
            controller: claim.controller.clone(),
            pledgee: pledgee.to_owned(),
            credited_minor: *minor,
            spent: share.is_all(),
        };
        let parties = [seller, &claim.controller, &receivable.debtor];
        let concerned: Vec<&str> = parties.into_iter().chain(pledge.map(|_| pledgee)).collect();
        emit(context, &concerned, Kind::Credited(credited));
        shares.push(share);
    }
    end_claims(&mut receivable, &shares, context.ledger_date);
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
