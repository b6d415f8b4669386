//! What endorsers and guarantors undertook, were called on and paid, as their events say (specification 4.4, 5.6, 6.6).

use counterfoil_proto::receivable::v1::{
    Claim, ClaimState, ClaimTransferred, GuaranteeGiven, NoticeGiven, Purpose, Recourse,
    Undertaken, Undertaking, UndertakingKind,
};
use counterfoil_proto::settlement::v1::{ClaimRecovered, event::Event as SettlementEvent};
use counterfoil_types::dates::Date;
use counterfoil_types::interest::Accrual;

use super::claims::{Replay, spend};
use super::evidence::{Event, Executed};
use super::figures::minor;

impl Replay {
    fn undertaking(&self, claim: &Claim, id: &[u8]) -> Option<&Undertaking> {
        self.undertakings
            .get(&(claim.receivable.clone(), id.to_vec()))
    }

    fn is_recourse(&self, claim: &Claim, undertaken: &Undertaken) -> bool {
        let found = self.undertaking(claim, &undertaken.undertaking);
        found.is_some_and(|found| found.kind() == UndertakingKind::Recourse)
    }

    /// What others undertake of a claim after it was passed on, its last endorsement's recourse among them.
    pub(super) fn undertaken_after(
        &mut self,
        claim: &Claim,
        event: &ClaimTransferred,
        on: Date,
    ) -> Vec<Undertaken> {
        let mut kept = claim.undertakings.clone();
        if event.purpose() != Purpose::Enforcement {
            let by = |undertaken: &Undertaken| {
                let found = self.undertaking(claim, &undertaken.undertaking);
                found.is_some_and(|found| found.by == event.to)
            };
            let recourse = |undertaken: &Undertaken| self.is_recourse(claim, undertaken);
            let own = kept.iter().position(|u| by(u) && recourse(u));
            let mut at = 0;
            kept.retain(|undertaken| {
                let circular = own.is_some_and(|own| at >= own) && recourse(undertaken);
                at += 1;
                !by(undertaken) && !circular
            });
        }
        if matches!(event.recourse(), Recourse::Full | Recourse::Limited) {
            let limit = event.recourse_limit.unwrap_or_default();
            kept.push(self.undertake(Undertaking {
                id: event.endorsement.clone(),
                receivable: event.receivable.clone(),
                claim: event.number,
                kind: UndertakingKind::Recourse.into(),
                by: event.from.clone(),
                cap_minor: limit.cap_minor,
                paid_minor: 0,
                expires_on: limit.expires_on,
                given_on: Some(on.to_proto()),
                currency: self.currency(&event.receivable),
            }));
        }
        kept
    }

    fn undertake(&mut self, undertaking: Undertaking) -> Undertaken {
        let undertaken = Undertaken {
            undertaking: undertaking.id.clone(),
            noticed_on: None,
        };
        let key = (undertaking.receivable.clone(), undertaking.id.clone());
        self.undertakings.insert(key, undertaking);
        undertaken
    }

    pub(super) fn guaranteed(&mut self, event: &GuaranteeGiven, on: Date) -> Option<()> {
        self.controlled(&event.receivable, event.number, &event.controller)?;
        let undertaken = self.undertake(Undertaking {
            id: event.guarantee.clone(),
            receivable: event.receivable.clone(),
            claim: event.number,
            kind: UndertakingKind::Guarantee.into(),
            by: event.guarantor.clone(),
            cap_minor: minor(&event.cap),
            paid_minor: 0,
            expires_on: event.expires_on,
            given_on: Some(on.to_proto()),
            currency: self.currency(&event.receivable),
        });
        let claim = self.live(&event.receivable, event.number)?;
        claim.undertakings.push(undertaken);
        Some(())
    }

    pub(super) fn noticed(&mut self, event: &NoticeGiven, on: Date) -> Option<()> {
        let claim = self.live(&event.receivable, event.number)?;
        let outstanding_minor = claim.outstanding_minor;
        let mut undertakings = claim.undertakings.iter_mut();
        let undertaken = undertakings.find(|u| u.undertaking == event.undertaking)?;
        let first = undertaken.noticed_on.is_none();
        undertaken.noticed_on = Some(on.to_proto());
        let key = (event.receivable.clone(), event.undertaking.clone());
        let by = &self.undertakings.get(&key)?.by;
        let same = *by == event.to && minor(&event.outstanding) == outstanding_minor;
        (first && same).then_some(())
    }

    /// The subrogating endorsement of a new claim, which the payment that its transaction tells of makes.
    pub(super) fn subrogated(
        &mut self,
        event: &ClaimTransferred,
        executed: &Executed,
    ) -> Option<()> {
        let recovered = recovered(executed)?;
        let same = (&recovered.receivable, recovered.into) == (&event.receivable, event.number)
            && (&recovered.controller, &recovered.payer) == (&event.from, &event.to);
        same.then_some(())?;
        self.recover(recovered, executed.date)?;
        self.transferred(event, executed.tx_id, executed.date)
    }

    /// Divides a claim into what was paid for and the holder's rest.
    fn recover(&mut self, event: &ClaimRecovered, on: Date) -> Option<()> {
        let held = self.live(&event.receivable, event.claim)?.clone();
        let accrued = self.accrued(&held, on);
        let (principal, penalty) = (minor(&event.principal), minor(&event.penalty));
        let left = held.outstanding_minor.checked_sub(principal)?;
        let unpaid = accrued.map_or(Some(0), |accrued| accrued.minor.checked_sub(penalty))?;
        let spent = left == 0 && unpaid == 0;
        let called_on = |undertaken: &&Undertaken| undertaken.undertaking == event.undertaking;
        let at = held.undertakings.iter().position(|u| called_on(&u))?;
        let fits = held.controller == event.controller
            && held.undertakings[at].noticed_on.is_some()
            && spent == event.spent
            && principal > 0;
        fits.then_some(())?;
        let key = (event.receivable.clone(), event.undertaking.clone());
        let undertaking = self.undertakings.get_mut(&key)?;
        undertaking.paid_minor = undertaking.paid_minor.saturating_add(principal + penalty);
        let within = undertaking.cap_minor == 0 || undertaking.paid_minor <= undertaking.cap_minor;
        (within && undertaking.by == event.payer).then_some(())?;
        let origin = Some(held.origin.unwrap_or(held.number));
        self.offers.remove(&(event.receivable.clone(), event.claim));
        let rest = self.live(&event.receivable, event.claim)?;
        rest.origin = origin;
        rest.outstanding_minor = left;
        rest.penalty = accrued.map(|accrued| with(accrued, unpaid));
        if spent {
            spend(rest);
        }
        let earlier = held.undertakings[..at].iter();
        let earlier = earlier.filter(|undertaken| self.is_recourse(&held, undertaken));
        let undertakings = earlier.cloned().collect();
        self.add(Claim {
            number: event.into,
            face_minor: principal,
            outstanding_minor: principal,
            parents: vec![event.claim],
            penalty: accrued.map(|accrued| {
                with(
                    Accrual {
                        fraction: 0,
                        ..accrued
                    },
                    penalty,
                )
            }),
            undertakings,
            behind: held.behind + 1,
            origin,
            ..held
        })
    }

    /// What the parties are told of a payment, after what it did: the payer has what it paid for.
    pub(super) fn recovered(&self, event: &ClaimRecovered) -> Option<()> {
        let claim = self.claims.get(&(event.receivable.clone(), event.into))?;
        let same = claim.controller == event.payer
            && claim.face_minor == minor(&event.principal)
            && claim.state() == ClaimState::Live;
        same.then_some(())
    }
}

fn with(accrued: Accrual, minor: u64) -> counterfoil_proto::v1::Accrual {
    Accrual { minor, ..accrued }.to_proto()
}

fn recovered(executed: &Executed) -> Option<&ClaimRecovered> {
    executed.events.iter().find_map(|happened| match happened {
        Event::Settlement(SettlementEvent::ClaimRecovered(e)) => Some(e),
        _ => None,
    })
}
