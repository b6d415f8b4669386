//! What endorsers and guarantors pay of a claim, and the claim that it makes theirs (specification 6.6).

use counterfoil_proto::receivable::v1::{Claim, Purpose, Receivable, Undertaking};
use counterfoil_types::dates::Date;
use counterfoil_types::interest::Accrual;
use counterfoil_types::limits::{MAX_CLAIMS, MAX_LIVE_CLAIMS};

use super::claims::{endorse, penalty_terms};
use super::keys::{put_claim, put_receivable};
use super::payments::{Allocation, Share, end_claims, put_rest};
use super::undertakings::{self, Liability};
use crate::kernel::{Context, StateError};

/// What a payment for one claim comes to: its principal, then its penalty.
pub fn recovery(
    receivable: &Receivable,
    claim: Claim,
    amount_minor: u64,
    on: Date,
) -> Result<Allocation, StateError> {
    let mut share = Share::of(&penalty_terms(receivable)?, claim, on)?;
    let mut left_minor = amount_minor;
    share.take(&mut left_minor);
    Ok(Allocation {
        principal_minor: share.principal_minor,
        penalty_minor: share.penalty_minor,
        shares: vec![share],
        left_minor,
    })
}

/// Whether a receivable has room for the claim of whoever pays a share.
pub fn check_room(receivable: &Receivable, share: &Share) -> bool {
    let live = receivable.live_claims.len() + usize::from(!share.is_all());
    live <= MAX_LIVE_CLAIMS && receivable.claim_count <= MAX_CLAIMS
}

/// Makes what was paid under an undertaking the payer's own claim, behind the holder's rest, and returns its number.
/// Invariant: it was paid, the share has principal, and the receivable has room.
pub fn subrogate(
    context: &mut Context<'_>,
    mut receivable: Receivable,
    share: &Share,
    undertaking: &Undertaking,
) -> Result<u32, StateError> {
    let held = &share.claim;
    let origin = Some(held.origin.unwrap_or(held.number));
    put_rest(context, share, origin);
    let mut part = Claim {
        number: receivable.claim_count,
        face_minor: share.principal_minor,
        outstanding_minor: share.principal_minor,
        parents: vec![held.number],
        encumbrance: None,
        penalty: share.penalty_until_now().map(Accrual::to_proto),
        behind: held.behind.saturating_add(1),
        origin,
        ..held.clone()
    };
    undertakings::leave_earlier(&context.store, &mut part, &undertaking.id)?;
    receivable.claim_count += 1;
    receivable.live_claims.push(part.number);
    end_claims(
        &mut receivable,
        std::slice::from_ref(share),
        context.ledger_date,
    );
    put_claim(&mut context.store, &part);
    put_receivable(&mut context.store, &receivable);
    let paid = Undertaking {
        paid_minor: undertaking.paid_minor.saturating_add(share.total_minor()),
        ..undertaking.clone()
    };
    undertakings::put(&mut context.store, &paid);
    let (number, payer) = (part.number, &paid.by);
    endorse(
        context,
        part,
        payer,
        Purpose::Subrogation,
        &Liability::none(),
        &[],
    )?;
    Ok(number)
}
