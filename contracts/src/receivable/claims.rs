//! Single claims: how they are found, what penalty accrues on them, what takes their place, their endorsement
//! and what encumbers them.

use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Burden;
use counterfoil_proto::receivable::v1::event::Event as Kind;
use counterfoil_proto::receivable::v1::{
    Claim, ClaimState, ClaimTransferred, Encumbrance, Endorsement, Purpose, Rank, Receivable,
};
use counterfoil_proto::v1 as wire;
use counterfoil_types::claim::burden;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::EndorsementId;
use counterfoil_types::interest::{Accrual, Interest};

use super::api::{claim_key, is_under_way, receivable_key};
use super::errors::ClaimFault;
use super::events::emit;
use super::keys::{ENDORSEMENTS, claim, put_claim, receivable_of};
use super::terms::day_count;
use super::undertakings::{self, Liability};
use crate::kernel::{Context, StateError, Store, stored_date};
use crate::membership::api as membership;
use crate::supervision::api as supervision;

/// A claim that the caller controls and nothing encumbers, with principal outstanding; and its receivable.
pub fn find_free(
    context: &Context<'_>,
    receivable: &[u8],
    number: u32,
) -> Result<(Claim, Receivable), ClaimFault> {
    let claim = find_controlled(context, receivable, number)?;
    if claim.outstanding_minor == 0 {
        return Err(ClaimFault::NothingOutstanding(number));
    }
    if burden(&claim).is_some() {
        return Err(ClaimFault::Encumbered(number));
    }
    let receivable = receivable_of(&context.store, &claim)?;
    check_not_held(&receivable)?;
    check_free(context, &claim)?;
    Ok((claim, receivable))
}

/// The records whose freeze keeps from a party what a claim is to it: the claim, its receivable, the party.
pub fn records(claim: &Claim, party: &str) -> [Vec<u8>; 3] {
    [
        claim_key(&claim.receivable, claim.number),
        receivable_key(&claim.receivable),
        membership::organization_key(party),
    ]
}

/// Checks that neither a claim nor its controller is frozen.
pub fn check_free(context: &Context<'_>, claim: &Claim) -> Result<(), ClaimFault> {
    let records = records(claim, &claim.controller);
    supervision::check_free(context, &records).map_err(ClaimFault::Frozen)
}

/// A claim that the caller controls, whatever stands in its way.
pub fn find_controlled(
    context: &Context<'_>,
    receivable: &[u8],
    number: u32,
) -> Result<Claim, ClaimFault> {
    let claim = find(&context.store, receivable, number)?;
    if claim.controller != context.caller.id {
        return Err(ClaimFault::NotTheController(number));
    }
    Ok(claim)
}

/// Checks that no payments over the external rail are under way to the claims' controllers, who would not be those to
/// be paid any more (specification 4.6).
pub fn check_not_held(receivable: &Receivable) -> Result<(), ClaimFault> {
    match is_under_way(receivable) {
        false => Ok(()),
        true => Err(ClaimFault::PaymentUnderWay),
    }
}

pub(super) fn find(store: &Store<'_>, receivable: &[u8], number: u32) -> Result<Claim, ClaimFault> {
    claim(store, receivable, number)?.ok_or(ClaimFault::Unknown)
}

/// The terms of a receivable's penalty.
pub(super) fn penalty_terms(receivable: &Receivable) -> Result<Interest, StateError> {
    let key = "receivable/receivable";
    let terms = receivable.terms.clone().unwrap_or_default();
    Ok(Interest {
        rate_ppm: terms.penalty_rate_ppm,
        day_count: day_count(&terms).ok_or_else(|| StateError::corrupt(key, "no day count"))?,
        since: stored_date(key, receivable.adjusted_due_date)?,
    })
}

/// The penalty accrued on a claim and not paid; none up to the adjusted due date.
pub(super) fn penalty(
    terms: &Interest,
    claim: &Claim,
    on: Date,
) -> Result<Option<Accrual>, StateError> {
    if on <= terms.since {
        return Ok(None);
    }
    let accrued = match &claim.penalty {
        None => terms.none(),
        Some(accrued) => {
            Accrual::try_from(accrued).map_err(|e| StateError::corrupt("receivable/claim", e))?
        }
    };
    Ok(Some(terms.accrue(accrued, claim.outstanding_minor, on)))
}

/// A claim that takes over from others.
pub(super) struct Successor {
    pub minor: u64,
    pub rank: Rank,
    pub penalty: Option<Accrual>,
}

/// Spends claims and makes their successors, like the first of them in all that a successor does not
/// say. Invariant: parents are live, ascending, and what successors have is what parents had.
pub(super) fn succeed(
    store: &mut Store<'_>,
    receivable: &mut Receivable,
    parents: &[Claim],
    successors: &[Successor],
) -> Vec<Claim> {
    let numbers: Vec<u32> = parents.iter().map(|parent| parent.number).collect();
    for parent in parents {
        put_claim(store, &spent(parent));
    }
    let mut made = Vec::with_capacity(successors.len());
    for successor in successors {
        let claim = Claim {
            number: receivable.claim_count,
            face_minor: successor.minor,
            outstanding_minor: successor.minor,
            parents: numbers.clone(),
            rank: successor.rank.into(),
            encumbrance: None,
            penalty: successor.penalty.map(Accrual::to_proto),
            ..parents[0].clone()
        };
        put_claim(store, &claim);
        receivable.claim_count += 1;
        made.push(claim);
    }
    receivable.live_claims.retain(|n| !numbers.contains(n));
    receivable
        .live_claims
        .extend(made.iter().map(|claim| claim.number));
    made
}

/// A claim at its end.
pub(super) fn spent(claim: &Claim) -> Claim {
    Claim {
        outstanding_minor: 0,
        state: ClaimState::Spent.into(),
        encumbrance: None,
        penalty: None,
        ..claim.clone()
    }
}

/// Passes a claim to another organization, free of what encumbered it.
pub(super) fn endorse(
    context: &mut Context<'_>,
    claim: Claim,
    to: &str,
    purpose: Purpose,
    liability: &Liability,
    request: &[u8],
) -> Result<(), StateError> {
    let receivable = receivable_of(&context.store, &claim)?;
    let currency = money(&receivable, 0).currency;
    let debtor = receivable.debtor;
    let id = EndorsementId::of(context.tx_id, &claim.receivable, claim.number).to_vec();
    let endorsement = Endorsement {
        id: id.clone(),
        previous: claim.endorsement.clone(),
        receivable: claim.receivable.clone(),
        claim: claim.number,
        from: claim.controller.clone(),
        to: to.to_owned(),
        purpose: purpose.into(),
        recourse: liability.recourse.into(),
        at: Some(context.ledger_date.to_proto()),
        recourse_limit: liability.limit,
        request: context.named(request),
    };
    let parts = [claim.receivable.as_slice(), id.as_slice()];
    ENDORSEMENTS.put(&mut context.store, &parts, &endorsement);
    let for_payment = u32::from(purpose == Purpose::Payment);
    let mut endorsed = Claim {
        depth: claim.depth.saturating_add(for_payment),
        endorsement: id.clone(),
        encumbrance: None,
        ..claim.clone()
    };
    if purpose != Purpose::Enforcement {
        undertakings::merge_in_one_hand(&context.store, &mut endorsed, to)?;
    }
    undertakings::undertake(context, &mut endorsed, liability, currency);
    endorsed.controller = to.to_owned();
    put_claim(&mut context.store, &endorsed);
    let transferred = ClaimTransferred {
        receivable: claim.receivable,
        number: claim.number,
        from: claim.controller.clone(),
        to: to.to_owned(),
        purpose: purpose.into(),
        endorsement: id,
        recourse: liability.recourse.into(),
        recourse_limit: liability.limit,
    };
    let concerned = [claim.controller.as_str(), to, &debtor];
    emit(context, &concerned, Kind::Transferred(transferred));
    Ok(())
}

pub(super) fn encumber(claim: Claim, burden: Option<Burden>) -> Claim {
    Claim {
        encumbrance: burden.map(|burden| Encumbrance {
            encumbrance: Some(burden),
        }),
        ..claim
    }
}

/// Whether the invoice's terms allow that claims are transferred.
pub fn is_assignable(receivable: &Receivable) -> bool {
    let terms = receivable.terms.as_ref();
    terms.is_some_and(|terms| terms.assignable)
}

/// A sum in the receivable's currency.
pub fn money(receivable: &Receivable, minor: u64) -> wire::Money {
    wire::Money {
        minor,
        currency: receivable.face.clone().unwrap_or_default().currency,
    }
}
