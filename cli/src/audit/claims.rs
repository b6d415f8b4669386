//! The claims as their events made them: replayed in order, by the audit itself, to be held
//! against the records (specification 4.2–4.4, 6.4, 9.2).

use std::collections::BTreeMap;

use counterfoil_proto::receivable::v1::{
    Claim, ClaimCredited, ClaimOffered, ClaimSplit, ClaimState, ClaimTransferred, ClaimsMerged,
    Endorsement, Offer, Purpose, Rank, Receivable, ReceivableOpened, Undertaking,
    event::Event as ReceivableEvent,
};
use counterfoil_proto::settlement::v1::{
    ClaimPaid, ReceivablePaid, event::Event as SettlementEvent,
};
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{EndorsementId, TxId};
use counterfoil_types::interest::{Accrual, DayCount, Interest};
use counterfoil_types::shares::pro_rata;

use super::evidence::{Event, Executed};
use super::figures::{date, minor};

/// A claim by its receivable and number.
pub type ClaimKey = (Vec<u8>, u32);

/// What the events say. One that cannot have happened to the claims as they stood, such as any to a
/// spent claim, is not sound.
#[derive(Default)]
pub struct Replay {
    /// How penalty accrues, by receivable.
    penalties: BTreeMap<Vec<u8>, Interest>,
    currencies: BTreeMap<Vec<u8>, String>,
    /// All claims ever made, but for their encumbrance.
    pub claims: BTreeMap<ClaimKey, Claim>,
    /// Of the claims that are on offer.
    pub offers: BTreeMap<ClaimKey, Offer>,
    pub endorsements: Vec<Endorsement>,
    /// By receivable and id.
    pub undertakings: BTreeMap<(Vec<u8>, Vec<u8>), Undertaking>,
    /// Events that name claims, and those of them that fit.
    pub events: u64,
    pub sound: u64,
}

impl Replay {
    pub fn of(receivables: &[Receivable], history: &[Executed]) -> Self {
        let mut replay = Self::default();
        for receivable in receivables {
            let interest = penalty_of(receivable);
            replay
                .penalties
                .extend(interest.map(|interest| (receivable.id.clone(), interest)));
        }
        for executed in history {
            for event in &executed.events {
                if let Some(fits) = replay.event(executed, event) {
                    replay.events += 1;
                    replay.sound += u64::from(fits.is_some());
                }
            }
        }
        replay
    }

    /// Takes in an event. Nothing where it does not name claims; nothing inside where it does not fit.
    fn event(&mut self, executed: &Executed, event: &Event) -> Option<Option<()>> {
        let Executed { tx_id, date, .. } = executed;
        Some(match event {
            Event::Receivable(ReceivableEvent::Opened(e)) => self.opened(e),
            Event::Receivable(ReceivableEvent::Split(e)) => self.split(e, *date),
            Event::Receivable(ReceivableEvent::Merged(e)) => self.merged(e, *date),
            Event::Receivable(ReceivableEvent::Offered(e)) => self.offered(e, *date),
            Event::Receivable(ReceivableEvent::Transferred(e))
                if e.purpose() == Purpose::Subrogation =>
            {
                self.subrogated(e, executed)
            }
            Event::Receivable(ReceivableEvent::Transferred(e)) => {
                self.transferred(e, *tx_id, *date)
            }
            Event::Receivable(ReceivableEvent::GuaranteeGiven(e)) => self.guaranteed(e, *date),
            Event::Receivable(ReceivableEvent::NoticeGiven(e)) => self.noticed(e, *date),
            Event::Receivable(ReceivableEvent::Declined(e)) => {
                self.unoffered(&e.receivable, e.number)
            }
            Event::Receivable(ReceivableEvent::Expired(e)) => {
                self.unoffered(&e.receivable, e.number)
            }
            Event::Receivable(ReceivableEvent::Overtaken(e)) => {
                self.unoffered(&e.receivable, e.number)
            }
            Event::Receivable(ReceivableEvent::Pledged(e)) => {
                self.controlled(&e.receivable, e.number, &e.controller)
            }
            Event::Receivable(ReceivableEvent::Released(e)) => {
                self.controlled(&e.receivable, e.number, &e.controller)
            }
            Event::Receivable(ReceivableEvent::Credited(e)) => self.credited(e, *date),
            Event::Settlement(SettlementEvent::Paid(e)) => self.paid(e, *date),
            Event::Settlement(SettlementEvent::ClaimPaid(e)) => self.claim_paid(e, executed),
            Event::Settlement(SettlementEvent::ClaimRecovered(e)) => self.recovered(e),
            _ => return None,
        })
    }

    pub(super) fn live(&mut self, receivable: &[u8], number: u32) -> Option<&mut Claim> {
        let claim = self.claims.get_mut(&(receivable.to_vec(), number))?;
        (claim.state() == ClaimState::Live).then_some(claim)
    }

    pub(super) fn controlled(&mut self, receivable: &[u8], number: u32, by: &str) -> Option<()> {
        (self.live(receivable, number)?.controller == by).then_some(())
    }

    /// Adds a claim under a number that no claim had before.
    pub(super) fn add(&mut self, claim: Claim) -> Option<()> {
        let key = (claim.receivable.clone(), claim.number);
        let is_new = !self.claims.contains_key(&key);
        is_new.then(|| {
            self.claims.insert(key, claim);
        })
    }

    /// Of a receivable that an event opened.
    pub(super) fn currency(&self, receivable: &[u8]) -> String {
        self.currencies.get(receivable).cloned().unwrap_or_default()
    }

    fn opened(&mut self, event: &ReceivableOpened) -> Option<()> {
        let face_minor = minor(&event.face);
        let currency = event.face.clone().unwrap_or_default().currency;
        self.currencies.insert(event.receivable.clone(), currency);
        self.add(Claim {
            receivable: event.receivable.clone(),
            face_minor,
            outstanding_minor: face_minor,
            controller: event.controller.clone(),
            state: ClaimState::Live.into(),
            rank: Rank::Senior.into(),
            ..Default::default()
        })
    }

    /// What is accrued on a claim up to a date; nothing by the due date.
    pub(super) fn accrued(&self, claim: &Claim, to: Date) -> Option<Accrual> {
        let interest = self.penalties.get(&claim.receivable)?;
        let stored = claim.penalty.as_ref();
        let stored = stored.and_then(|accrual| Accrual::try_from(accrual).ok());
        let accrued = stored.unwrap_or(interest.none());
        (to > interest.since).then(|| interest.accrue(accrued, claim.outstanding_minor, to))
    }

    fn split(&mut self, event: &ClaimSplit, on: Date) -> Option<()> {
        let claim = self.live(&event.receivable, event.number)?.clone();
        let faces: Vec<u64> = event.parts.iter().map(|part| part.face_minor).collect();
        let fits = sum(&faces) == u128::from(claim.outstanding_minor)
            && event.parts.iter().all(|part| part.rank >= claim.rank);
        if !fits {
            return None;
        }
        let accrued = self.accrued(&claim, on);
        let owed = pro_rata(accrued.map_or(0, |accrued| accrued.minor), &faces);
        spend(self.live(&event.receivable, event.number)?);
        for (at, part) in event.parts.iter().enumerate() {
            let penalty = accrued.map(|accrued| Accrual {
                minor: owed[at],
                // Whole to the first.
                fraction: if at == 0 { accrued.fraction } else { 0 },
                to: on,
            });
            self.add(Claim {
                number: part.number,
                face_minor: part.face_minor,
                outstanding_minor: part.face_minor,
                parents: vec![event.number],
                rank: part.rank,
                penalty: penalty.map(Accrual::to_proto),
                ..claim.clone()
            })?;
        }
        Some(())
    }

    /// Principal goes; penalty accrued by then stays.
    fn credited(&mut self, event: &ClaimCredited, on: Date) -> Option<()> {
        let claim = self.live(&event.receivable, event.number)?.clone();
        let accrued = self.accrued(&claim, on);
        let left = claim.outstanding_minor.checked_sub(event.credited_minor)?;
        let spent = left == 0 && accrued.is_none_or(|accrued| accrued.minor == 0);
        if claim.controller != event.controller || spent != event.spent {
            return None;
        }
        let claim = self.live(&event.receivable, event.number)?;
        claim.outstanding_minor = left;
        claim.penalty = accrued.map(Accrual::to_proto);
        if spent {
            spend(claim);
        }
        Some(())
    }

    fn merged(&mut self, event: &ClaimsMerged, on: Date) -> Option<()> {
        let mut claims = Vec::new();
        for number in &event.numbers {
            claims.push(self.live(&event.receivable, *number)?.clone());
        }
        let first = claims.first()?.clone();
        let alike = |claim: &Claim| {
            claim.controller == first.controller
                && claim.rank == first.rank
                && claim.endorsement == first.endorsement
                && claim.undertakings == first.undertakings
                && (claim.origin, claim.behind) == (first.origin, first.behind)
        };
        let outstanding: Vec<u64> = claims.iter().map(|claim| claim.outstanding_minor).collect();
        if sum(&outstanding) != u128::from(event.face_minor) || !claims.iter().all(alike) {
            return None;
        }
        let accrued: Vec<Accrual> = claims.iter().filter_map(|c| self.accrued(c, on)).collect();
        let interest = self.penalties.get(&event.receivable)?;
        let penalty = (!accrued.is_empty()).then(|| interest.join(&accrued, on).to_proto());
        for number in &event.numbers {
            spend(self.live(&event.receivable, *number)?);
        }
        self.add(Claim {
            number: event.into,
            face_minor: event.face_minor,
            outstanding_minor: event.face_minor,
            parents: event.numbers.clone(),
            penalty,
            ..first
        })
    }

    fn offered(&mut self, event: &ClaimOffered, on: Date) -> Option<()> {
        self.controlled(&event.receivable, event.number, &event.from)?;
        let offer = Offer {
            to: event.to.clone(),
            purpose: event.purpose,
            price: event.price.clone(),
            offered_on: Some(on.to_proto()),
            expires_on: event.expires_on,
            issuer: event.issuer.clone(),
            recourse: event.recourse,
            recourse_limit: event.recourse_limit,
        };
        let before = self
            .offers
            .insert((event.receivable.clone(), event.number), offer);
        before.is_none().then_some(())
    }

    fn unoffered(&mut self, receivable: &[u8], number: u32) -> Option<()> {
        self.live(receivable, number)?;
        self.offers
            .remove(&(receivable.to_vec(), number))
            .map(|_| ())
    }

    pub(super) fn transferred(
        &mut self,
        event: &ClaimTransferred,
        tx_id: TxId,
        on: Date,
    ) -> Option<()> {
        self.controlled(&event.receivable, event.number, &event.from)?;
        let id = EndorsementId::of(tx_id, &event.receivable, event.number).to_vec();
        if event.endorsement != id {
            return None;
        }
        self.offers
            .remove(&(event.receivable.clone(), event.number));
        let before = self.live(&event.receivable, event.number)?.clone();
        let undertakings = self.undertaken_after(&before, event, on);
        let claim = self.live(&event.receivable, event.number)?;
        claim.undertakings = undertakings;
        let previous = std::mem::replace(&mut claim.endorsement, id.clone());
        claim.controller.clone_from(&event.to);
        claim.depth += u32::from(event.purpose() == Purpose::Payment);
        self.endorsements.push(Endorsement {
            id,
            previous,
            receivable: event.receivable.clone(),
            claim: event.number,
            from: event.from.clone(),
            to: event.to.clone(),
            purpose: event.purpose,
            recourse: event.recourse,
            at: Some(on.to_proto()),
            recourse_limit: event.recourse_limit,
            // No event says.
            request: Vec::new(),
        });
        Some(())
    }

    /// A payment: its shares are those that the order of 6.4 gives, each to the claim's controller. One over the external
    /// rail brings one payee what was reckoned when it was instructed, on an earlier value date.
    fn paid(&mut self, event: &ReceivablePaid, on: Date) -> Option<()> {
        let value_date = date(event.value_date.as_ref())?;
        let external = !event.payment.is_empty();
        if value_date > on || (!external && value_date != on) {
            return None;
        }
        let of_receivable = (event.receivable.clone(), 0)..=(event.receivable.clone(), u32::MAX);
        let owed: Vec<Owed> = self
            .claims
            .range(of_receivable)
            .map(|(_, claim)| claim)
            .filter(|claim| claim.state() == ClaimState::Live)
            .map(|claim| Owed {
                claim: claim.clone(),
                penalty: self.accrued(claim, reckoned_to(claim, value_date)),
            })
            .collect();
        let paid = u128::from(minor(&event.principal)) + u128::from(minor(&event.penalty));
        let shares = match external {
            false => in_order(u64::try_from(paid).ok()?, &owed),
            true => as_told(event, &owed)?,
        };
        let expected = owed
            .iter()
            .zip(&shares)
            .filter(|(_, share)| **share != (0, 0));
        let same =
            expected.map(|(owed, share)| (&owed.claim.controller, owed.claim.number, *share));
        let said = event.shares.iter().map(|share| {
            let parts = (share.principal_minor, share.penalty_minor);
            (&share.controller, share.claim, parts)
        });
        if !same.eq(said) {
            return None;
        }
        let mut left = false;
        for (owed, (principal, penalty)) in owed.into_iter().zip(shares) {
            let number = owed.claim.number;
            let claim = self.live(&event.receivable, number)?;
            if (principal, penalty) != (0, 0) {
                claim.outstanding_minor -= principal;
                claim.penalty = owed.penalty.map(|accrued| {
                    let minor = accrued.minor - penalty;
                    Accrual { minor, ..accrued }.to_proto()
                });
            }
            let unpaid = claim.penalty.as_ref().map_or(0, |accrued| accrued.minor);
            if claim.outstanding_minor == 0 && unpaid == 0 {
                spend(claim);
            } else {
                left = true;
            }
        }
        (event.settled != left).then_some(())
    }

    /// What a claim's payees are told, after the payment itself: it is what the debtor was told of that claim.
    fn claim_paid(&self, event: &ClaimPaid, executed: &Executed) -> Option<()> {
        let payment = executed.events.iter().find_map(|happened| match happened {
            Event::Settlement(SettlementEvent::Paid(e)) => Some(e),
            _ => None,
        })?;
        let mut shares = payment.shares.iter();
        let share = shares.find(|share| share.claim == event.claim)?;
        let claim = self.claims.get(&(event.receivable.clone(), event.claim))?;
        let same = event.receivable == payment.receivable
            && event.controller == share.controller
            && minor(&event.principal) == share.principal_minor
            && minor(&event.penalty) == share.penalty_minor
            && (&event.issuer, event.days_late) == (&payment.issuer, payment.days_late)
            && event.value_date == payment.value_date
            && event.spent == (claim.state() == ClaimState::Spent);
        same.then_some(())
    }
}

/// A live claim on the day of a payment.
struct Owed {
    claim: Claim,
    penalty: Option<Accrual>,
}

impl Owed {
    fn principal(&self) -> u64 {
        self.claim.outstanding_minor
    }

    fn penalty(&self) -> u64 {
        self.penalty.map_or(0, |accrued| accrued.minor)
    }
}

/// The day up to which a claim's penalty is reckoned on a value date: not before one that it was reckoned to already.
fn reckoned_to(claim: &Claim, value_date: Date) -> Date {
    let reckoned = claim
        .penalty
        .as_ref()
        .and_then(|accrued| date(accrued.to.as_ref()));
    reckoned.map_or(value_date, |reckoned| reckoned.max(value_date))
}

/// What the event says that each claim is paid; nothing where that is more than is owed.
fn as_told(event: &ReceivablePaid, owed: &[Owed]) -> Option<Vec<(u64, u64)>> {
    let mut shares = Vec::with_capacity(owed.len());
    for Owed { claim, penalty } in owed {
        let told = event
            .shares
            .iter()
            .find(|share| share.claim == claim.number);
        let (principal, of_penalty) =
            told.map_or((0, 0), |share| (share.principal_minor, share.penalty_minor));
        let accrued = penalty.map_or(0, |accrued| accrued.minor);
        if principal > claim.outstanding_minor || of_penalty > accrued {
            return None;
        }
        shares.push((principal, of_penalty));
    }
    Some(shares)
}

/// Principal and penalty that each claim is paid of a sum: senior principal, senior penalty, then the
/// retained claims', pro rata in each. Claims of one origin are paid as one, those with fewer recoveries before them first.
fn in_order(paid_minor: u64, owed: &[Owed]) -> Vec<(u64, u64)> {
    let mut left = paid_minor;
    let mut shares = vec![(0, 0); owed.len()];
    for rank in [Rank::Senior, Rank::Retained] {
        let mut origins: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (at, owed) in owed.iter().enumerate() {
            if owed.claim.rank() == rank {
                let origin = owed.claim.origin.unwrap_or(owed.claim.number);
                origins.entry(origin).or_default().push(at);
            }
        }
        let of = |kind: fn(&Owed) -> u64| {
            let all = |claims: &Vec<usize>| claims.iter().map(|at| kind(&owed[*at])).sum();
            origins.values().map(all).collect::<Vec<u64>>()
        };
        let principal = take(&mut left, &of(Owed::principal));
        let penalty = take(&mut left, &of(Owed::penalty));
        for (mut claims, both) in origins.into_values().zip(principal.iter().zip(&penalty)) {
            let mut left = both.0 + both.1;
            claims.sort_by_key(|at| owed[*at].claim.behind);
            for alike in claims.chunk_by(|a, b| owed[*a].claim.behind == owed[*b].claim.behind) {
                let of = |kind: fn(&Owed) -> u64| alike.iter().map(|at| kind(&owed[*at])).collect();
                let (principal, penalty): (Vec<u64>, Vec<u64>) =
                    (of(Owed::principal), of(Owed::penalty));
                let principal = take(&mut left, &principal);
                let penalty = take(&mut left, &penalty);
                for (at, share) in alike.iter().zip(principal.into_iter().zip(penalty)) {
                    shares[*at] = share;
                }
            }
        }
    }
    shares
}

/// Takes of what is left as much as is owed, pro rata.
fn take(left: &mut u64, owed: &[u64]) -> Vec<u64> {
    let taken = u64::try_from(sum(owed)).map_or(*left, |all| all.min(*left));
    *left -= taken;
    pro_rata(taken, owed)
}

pub(super) fn spend(claim: &mut Claim) {
    claim.state = ClaimState::Spent.into();
    claim.outstanding_minor = 0;
    claim.penalty = None;
}

fn penalty_of(receivable: &Receivable) -> Option<Interest> {
    let terms = receivable.terms.as_ref()?;
    Some(Interest {
        rate_ppm: terms.penalty_rate_ppm,
        day_count: DayCount::of(terms.day_count())?,
        since: date(receivable.adjusted_due_date.as_ref())?,
    })
}

fn sum(minors: &[u64]) -> u128 {
    minors.iter().map(|minor| u128::from(*minor)).sum()
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
