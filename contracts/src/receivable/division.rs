//! Splitting a claim and merging claims (specification 4.3).

use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Burden;
use counterfoil_proto::receivable::v1::event::Event as Kind;
use counterfoil_proto::receivable::v1::{
    Claim, ClaimPart, ClaimSplit, ClaimsMerged, MergeClaims, Pledge, Rank, Receivable,
    RejectionCode, SplitClaim,
};
use counterfoil_types::interest::Accrual;
use counterfoil_types::limits::{MAX_CLAIMS, MAX_LIVE_CLAIMS};
use counterfoil_types::shares::pro_rata;

use super::api::pledge_of;
use super::claims::{Successor, encumber, find_free, penalty, penalty_terms, succeed};
use super::errors::ClaimFault;
use super::events::emit;
use super::keys::{put_claim, put_receivable, receivable_of};
use super::payments::live_claims;
use crate::kernel::{Context, Failure, StateError, reject};

pub(super) fn split(context: &mut Context<'_>, split: &SplitClaim) -> Result<(), Failure> {
    let (parent, receivable) = find_free(context, &split.receivable, split.number)?;
    check_parts(context, &parent, &receivable, &split.parts_minor)?;

    let parts = of_rank(&parent, &split.parts_minor);
    divide(context, parent, &parts)?;
    Ok(())
}

/// Checks that a claim of the caller's may be divided so. A place among the live claims stays free for each
/// claim of another controller, so that no split takes from others what an award needs.
pub fn check_parts(
    context: &Context<'_>,
    parent: &Claim,
    receivable: &Receivable,
    parts_minor: &[u64],
) -> Result<(), ClaimFault> {
    let sum: u128 = parts_minor.iter().map(|part| u128::from(*part)).sum();
    if parts_minor.len() < 2
        || parts_minor.contains(&0)
        || sum != u128::from(parent.outstanding_minor)
    {
        return Err(ClaimFault::InvalidParts(parent.outstanding_minor));
    }
    let live = receivable.live_claims.len() - 1 + parts_minor.len();
    let mut places = live;
    // Others have fewer claims than are live: below half of the places nobody needs counting.
    if live > MAX_LIVE_CLAIMS / 2 {
        let claims = live_claims(&context.store, receivable)?;
        let caller = &context.caller.id;
        places += claims.iter().filter(|c| c.controller != *caller).count();
    }
    if places > MAX_LIVE_CLAIMS || receivable.claim_count > MAX_CLAIMS {
        return Err(ClaimFault::TooManyClaims(live));
    }
    Ok(())
}

/// Parts of a claim's own rank.
fn of_rank(claim: &Claim, parts_minor: &[u64]) -> Vec<(u64, Rank)> {
    parts_minor
        .iter()
        .map(|part| (*part, claim.rank()))
        .collect()
}

/// Divides a pledged claim into parts of its rank that are pledged as it was. Invariant: as of `divide`.
pub fn divide_pledged(
    context: &mut Context<'_>,
    parent: Claim,
    pledge: &Pledge,
    parts_minor: &[u64],
) -> Result<Vec<Claim>, StateError> {
    let parts = of_rank(&parent, parts_minor);
    let made = divide(context, parent, &parts)?;
    for part in &made {
        let pledged = encumber(part.clone(), Some(Burden::Pledged(pledge.clone())));
        put_claim(&mut context.store, &pledged);
    }
    Ok(made)
}

/// Divides a claim into parts of these sums and ranks, free and its controller's. Invariant: the parts
/// add up to what is outstanding, and the receivable has room for them.
pub(super) fn divide(
    context: &mut Context<'_>,
    parent: Claim,
    parts: &[(u64, Rank)],
) -> Result<Vec<Claim>, StateError> {
    let mut receivable = receivable_of(&context.store, &parent)?;
    let terms = penalty_terms(&receivable)?;
    let accrued = penalty(&terms, &parent, context.ledger_date)?;
    let weights: Vec<u64> = parts.iter().map(|(minor, _)| *minor).collect();
    let units = pro_rata(accrued.map_or(0, |accrued| accrued.minor), &weights);
    let mut successors = Vec::with_capacity(parts.len());
    for (at, ((minor, rank), units)) in parts.iter().zip(units).enumerate() {
        successors.push(Successor {
            minor: *minor,
            rank: *rank,
            penalty: accrued.map(|accrued| Accrual {
                minor: units,
                fraction: if at == 0 { accrued.fraction } else { 0 },
                ..accrued
            }),
        });
    }
    let parent = [parent];
    let made = succeed(&mut context.store, &mut receivable, &parent, &successors);
    put_receivable(&mut context.store, &receivable);
    let [parent] = parent;
    let part = |claim: &Claim| ClaimPart {
        number: claim.number,
        face_minor: claim.face_minor,
        rank: claim.rank,
    };
    let split = ClaimSplit {
        receivable: parent.receivable.clone(),
        number: parent.number,
        parts: made.iter().map(part).collect(),
    };
    let pledgee = pledge_of(&parent).map(|pledge| pledge.pledgee.as_str());
    let controller = [parent.controller.as_str()];
    let concerned: Vec<&str> = controller.into_iter().chain(pledgee).collect();
    emit(context, &concerned, Kind::Split(split));
    Ok(made)
}

pub(super) fn merge(context: &mut Context<'_>, merge: &MergeClaims) -> Result<(), Failure> {
    let numbers = &merge.numbers;
    if !(2..=MAX_LIVE_CLAIMS).contains(&numbers.len()) || !numbers.is_sorted_by(|a, b| a < b) {
        let message = format!("name 2 to {MAX_LIVE_CLAIMS} claims in ascending order");
        return Err(reject(RejectionCode::CannotMerge, message));
    }
    let find = |number: &u32| Ok(find_free(context, &merge.receivable, *number)?.0);
    let parents = numbers.iter().map(find);
    let parents: Vec<Claim> = parents.collect::<Result<_, Failure>>()?;
    let first = &parents[0];
    let alike = |claim: &Claim| {
        claim.rank == first.rank
            && claim.endorsement == first.endorsement
            && claim.undertakings == first.undertakings
            && (claim.origin, claim.behind) == (first.origin, first.behind)
    };
    if !parents.iter().all(alike) {
        let message = "only claims of the same rank, last endorsement, undertakings and place behind others are merged";
        return Err(reject(RejectionCode::CannotMerge, message));
    }
    let mut receivable = receivable_of(&context.store, first)?;
    if receivable.claim_count > MAX_CLAIMS {
        let message = format!("a receivable has at most {MAX_CLAIMS} claims in all");
        return Err(reject(RejectionCode::TooManyClaims, message));
    }

    let successor = join(context, &receivable, &parents)?;
    let successors = [successor];
    let made = succeed(&mut context.store, &mut receivable, &parents, &successors);
    put_receivable(&mut context.store, &receivable);
    let merged = ClaimsMerged {
        receivable: receivable.id,
        numbers: numbers.clone(),
        into: made[0].number,
        face_minor: made[0].face_minor,
    };
    emit(context, &[&first.controller], Kind::Merged(merged));
    Ok(())
}

/// What claims of one receivable come to together.
fn join(
    context: &Context<'_>,
    receivable: &Receivable,
    parents: &[Claim],
) -> Result<Successor, StateError> {
    let today = context.ledger_date;
    let terms = penalty_terms(receivable)?;
    let mut accrued = Vec::new();
    for parent in parents {
        accrued.extend(penalty(&terms, parent, today)?);
    }
    Ok(Successor {
        minor: parents.iter().map(|parent| parent.outstanding_minor).sum(),
        rank: parents[0].rank(),
        penalty: (!accrued.is_empty()).then(|| terms.join(&accrued, today)),
    })
}
