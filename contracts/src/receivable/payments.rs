//! What a debtor owes, how a payment is divided among the claims, and what it leaves of
//! them (specification 6.4).

use std::collections::BTreeMap;

use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Burden;
use counterfoil_proto::receivable::v1::event::Event as Kind;
use counterfoil_proto::receivable::v1::{
    Claim, DebtPayment, OfferOvertaken, Rank, Receivable, ReceivableState,
};
use counterfoil_types::claim::burden;
use counterfoil_types::dates::Date;
use counterfoil_types::genesis::HISTORY_VERSION;
use counterfoil_types::interest::{Accrual, Interest};
use counterfoil_types::shares::pro_rata;

use super::claims::{encumber, penalty, penalty_terms, spent};
use super::events::emit;
use super::keys::{DEBT_PAYMENTS, claim, put_claim, put_receivable};
use crate::kernel::{Context, StateError, Store, stored_date};

/// What one claim is owed, and what it gets of a payment.
pub struct Share {
    pub claim: Claim,
    /// Accrued up to the value date; none up to the adjusted due date.
    accrued: Option<Accrual>,
    pub principal_minor: u64,
    pub penalty_minor: u64,
}

impl Share {
    /// Of nothing yet, with what is owed on a day.
    pub(super) fn of(terms: &Interest, claim: Claim, on: Date) -> Result<Self, StateError> {
        Ok(Self {
            accrued: penalty(terms, &claim, on)?,
            claim,
            principal_minor: 0,
            penalty_minor: 0,
        })
    }

    pub fn total_minor(&self) -> u64 {
        // Parts of one payment, which is at most 10^18.
        self.principal_minor + self.penalty_minor
    }

    fn owed_principal(&self) -> u64 {
        self.claim.outstanding_minor
    }

    fn owed_penalty(&self) -> u64 {
        self.accrued.map_or(0, |accrued| accrued.minor)
    }

    /// Whether the payment leaves nothing owed on the claim.
    pub fn is_all(&self) -> bool {
        self.principal_minor == self.owed_principal() && self.penalty_minor == self.owed_penalty()
    }

    /// Takes from what is left of a payment as much as is still owed.
    pub(super) fn take(&mut self, left_minor: &mut u64) {
        let minor = (*left_minor).min(self.owed_principal() - self.principal_minor);
        self.principal_minor += minor;
        *left_minor -= minor;
        let minor = (*left_minor).min(self.owed_penalty() - self.penalty_minor);
        self.penalty_minor += minor;
        *left_minor -= minor;
    }

    /// The penalty that is paid, to run on from here.
    pub(super) fn penalty_until_now(&self) -> Option<Accrual> {
        self.accrued.map(|accrued| Accrual {
            minor: self.penalty_minor,
            fraction: 0,
            ..accrued
        })
    }

    /// What the share leaves of its claim.
    pub(super) fn rest(&self) -> Claim {
        if self.is_all() {
            return spent(&self.claim);
        }
        let unpaid = |accrued: Accrual| Accrual {
            minor: accrued.minor - self.penalty_minor,
            ..accrued
        };
        Claim {
            outstanding_minor: self.claim.outstanding_minor - self.principal_minor,
            penalty: self.accrued.map(|accrued| unpaid(accrued).to_proto()),
            ..self.claim.clone()
        }
    }
}

/// How a payment is divided.
pub struct Allocation {
    /// Of the claims that get something, in ascending order.
    pub shares: Vec<Share>,
    pub principal_minor: u64,
    pub penalty_minor: u64,
    /// What is beyond all that is owed.
    pub left_minor: u64,
}

/// Divides an amount by rank: senior principal, senior penalty, retained principal,
/// retained penalty, pro rata to what is owed in each. Claims of one origin hand down what they get together.
pub fn allocate(
    store: &Store<'_>,
    receivable: &Receivable,
    amount_minor: u64,
    on: Date,
) -> Result<Allocation, StateError> {
    let mut shares = owed(store, receivable, on)?;
    let mut left_minor = amount_minor;
    for rank in [Rank::Senior, Rank::Retained] {
        let origins = origins(&mut shares, rank);
        let owed = |kind: fn(&Share) -> u64| {
            let sum = |claims: &Vec<&mut Share>| {
                // More penalty than 64 bits hold is owed to nobody who would notice.
                claims
                    .iter()
                    .fold(0u64, |sum, share| sum.saturating_add(kind(share)))
            };
            origins.iter().map(sum).collect::<Vec<u64>>()
        };
        let principal = take(&mut left_minor, &owed(Share::owed_principal));
        let penalty = take(&mut left_minor, &owed(Share::owed_penalty));
        for (claims, both) in origins.into_iter().zip(principal.iter().zip(&penalty)) {
            hand_down(claims, both.0 + both.1);
        }
    }
    shares.retain(|share| share.total_minor() > 0);
    Ok(Allocation {
        principal_minor: shares.iter().map(|share| share.principal_minor).sum(),
        penalty_minor: shares.iter().map(|share| share.penalty_minor).sum(),
        shares,
        left_minor,
    })
}

/// The claims of a rank by their origins: one that nobody but the debtor paid for is its own.
fn origins(shares: &mut [Share], rank: Rank) -> Vec<Vec<&mut Share>> {
    let mut origins: BTreeMap<u32, Vec<&mut Share>> = BTreeMap::new();
    for share in shares.iter_mut().filter(|share| share.claim.rank() == rank) {
        let origin = share.claim.origin.unwrap_or(share.claim.number);
        origins.entry(origin).or_default().push(share);
    }
    origins.into_values().collect()
}

/// Divides what claims of one origin get: those that came of fewer recoveries before those that came of more.
fn hand_down(mut claims: Vec<&mut Share>, mut left_minor: u64) {
    claims.sort_by_key(|share| share.claim.behind);
    for alike in claims.chunk_by_mut(|a, b| a.claim.behind == b.claim.behind) {
        let owed: Vec<u64> = alike.iter().map(|share| share.owed_principal()).collect();
        for (share, minor) in alike.iter_mut().zip(take(&mut left_minor, &owed)) {
            share.principal_minor = minor;
        }
        let owed: Vec<u64> = alike.iter().map(|share| share.owed_penalty()).collect();
        for (share, minor) in alike.iter_mut().zip(take(&mut left_minor, &owed)) {
            share.penalty_minor = minor;
        }
    }
}

/// What a payment that was divided when it was instructed brings its claims, given by number, principal and penalty.
/// It counts as paid on a date that is not before the one for which it was divided, and nothing else was paid since:
/// so all of it is still owed.
pub fn instructed(
    store: &Store<'_>,
    receivable: &Receivable,
    parts: &[(u32, u64, u64)],
    on: Date,
) -> Result<Allocation, StateError> {
    let missing = || StateError::corrupt("receivable/claim", "a claim that is paid is missing");
    let terms = penalty_terms(receivable)?;
    let mut allocation = Allocation {
        shares: Vec::with_capacity(parts.len()),
        principal_minor: 0,
        penalty_minor: 0,
        left_minor: 0,
    };
    for (number, principal_minor, penalty_minor) in parts {
        let claim = claim(store, &receivable.id, *number)?.ok_or_else(missing)?;
        // Another payee's payment of the same claim may have brought it further.
        let on = match &claim.penalty {
            None => on,
            Some(accrued) => on.max(stored_date("receivable/claim", accrued.to)?),
        };
        let mut share = Share::of(&terms, claim, on)?;
        share.principal_minor = *principal_minor;
        share.penalty_minor = *penalty_minor;
        if share.principal_minor > share.owed_principal()
            || share.penalty_minor > share.owed_penalty()
        {
            let problem = "a payment over the external rail is over more than is owed";
            return Err(StateError::corrupt("cash/payment", problem));
        }
        allocation.principal_minor += principal_minor;
        allocation.penalty_minor += penalty_minor;
        allocation.shares.push(share);
    }
    Ok(allocation)
}

/// Takes from what is left of a payment as much as is owed, and divides it pro rata.
fn take(left_minor: &mut u64, owed: &[u64]) -> Vec<u64> {
    let sum: u128 = owed.iter().map(|minor| u128::from(*minor)).sum();
    // Where more is owed than 64 bits hold, all that is left is taken.
    let taken = u64::try_from(sum).map_or(*left_minor, |sum| sum.min(*left_minor));
    *left_minor -= taken;
    pro_rata(taken, owed)
}

/// The live claims with what is owed on each.
fn owed(store: &Store<'_>, receivable: &Receivable, on: Date) -> Result<Vec<Share>, StateError> {
    let terms = penalty_terms(receivable)?;
    let claims = live_claims(store, receivable)?.into_iter();
    claims.map(|claim| Share::of(&terms, claim, on)).collect()
}

/// A receivable's live claims in ascending order.
pub fn live_claims(store: &Store<'_>, receivable: &Receivable) -> Result<Vec<Claim>, StateError> {
    let missing = || StateError::corrupt("receivable/claim", "a live claim is missing");
    let find = |number: &u32| claim(store, &receivable.id, *number)?.ok_or_else(missing);
    receivable.live_claims.iter().map(find).collect()
}

/// Records a payment, and says whether nothing is owed any more. Invariant: the allocation
/// is of this receivable and the date, on which it was paid.
pub fn pay(
    context: &mut Context<'_>,
    mut receivable: Receivable,
    allocation: &Allocation,
    on: Date,
) -> bool {
    for share in &allocation.shares {
        put_rest(context, share, share.claim.origin);
    }
    // No more principal is ever redeemed than the face; of penalty, more than 64 bits hold
    // takes more deposits than eighteen banks may ever issue.
    receivable.redeemed_minor += allocation.principal_minor;
    receivable.penalty_paid_minor = receivable
        .penalty_paid_minor
        .saturating_add(allocation.penalty_minor);
    let settled = end_claims(&mut receivable, &allocation.shares, on);
    if context.rules.version >= HISTORY_VERSION {
        let payment = DebtPayment {
            receivable: receivable.id.clone(),
            number: receivable.debt_payments,
            transaction: context.tx_id.to_vec(),
            value_date: Some(on.to_proto()),
            principal_minor: allocation.principal_minor,
            penalty_minor: allocation.penalty_minor,
        };
        receivable.debt_payments += 1;
        let parts = [payment.receivable.as_slice(), &payment.number.to_be_bytes()];
        DEBT_PAYMENTS.put(&mut context.store, &parts, &payment);
    }
    put_receivable(&mut context.store, &receivable);
    settled
}

/// Writes what a share leaves of its claim, whose offer it ends.
pub(super) fn put_rest(context: &mut Context<'_>, share: &Share, origin: Option<u32>) {
    let claim = &share.claim;
    let rest = Claim {
        origin,
        ..share.rest()
    };
    let Some(Burden::Offered(offer)) = burden(claim) else {
        put_claim(&mut context.store, &rest);
        return;
    };
    put_claim(&mut context.store, &encumber(rest, None));
    let overtaken = OfferOvertaken {
        receivable: claim.receivable.clone(),
        number: claim.number,
        from: claim.controller.clone(),
        to: offer.to.clone(),
    };
    let concerned = [claim.controller.as_str(), &offer.to];
    emit(context, &concerned, Kind::Overtaken(overtaken));
}

/// Ends the claims of which these shares leave nothing, and says whether they were the last: then the receivable is
/// settled.
pub(super) fn end_claims(receivable: &mut Receivable, shares: &[Share], on: Date) -> bool {
    for share in shares.iter().filter(|share| share.is_all()) {
        receivable.live_claims.retain(|n| *n != share.claim.number);
    }
    let settled = receivable.live_claims.is_empty();
    if settled {
        receivable.state = ReceivableState::Settled.into();
        receivable.settled_on = Some(on.to_proto());
    }
    settled
}
