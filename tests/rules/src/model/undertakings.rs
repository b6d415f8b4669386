//! Recourse and guarantees: what is undertaken, called on and paid in the debtor's place (specification 4.4, 5.6, 6.6).

use counterfoil_proto::credit::v1::Figure;
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::event::Event as ClaimEvent;
use counterfoil_proto::receivable::v1::{
    Claim, GiveGuarantee, GiveNotice, GuaranteeGiven, NoticeGiven, Purpose, ReceivableState,
    Recourse, RecourseLimit, RejectionCode as Code, Undertaken, Undertaking, UndertakingKind,
};
use counterfoil_proto::settlement::v1::{
    ClaimRecovered, HonourUndertaking, RejectionCode as Settling, event,
};
use counterfoil_proto::v1::{Accrual, KernelRejectionCode as Kernel, Money};

use super::arithmetic::{MAX_MINOR, date, day, pro_rata};
use super::cash::{Payment, is_end_to_end_id};
use super::claims::{ClaimKey, day_of, encumbrance, offer_on, receivable};
use super::settlement::{Paid, legs, settlement};
use super::{Call, Happened, Id, Model, Rejected, ensure, ensure_first, tagged_hash};
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Kind;

/// Endorsers, and guarantors, that undertake to pay one claim.
pub const MAX_OF_A_KIND: usize = 8;
/// Days after the notice before an earlier endorser is asked.
pub const DAYS_TO_PAY: i64 = 5;

/// What a transferor undertakes.
pub type Terms = (Recourse, Option<RecourseLimit>);

/// Of one that is rid of the claim.
pub const WITHOUT: Terms = (Recourse::None, None);

/// Divides a cap among the parts of a claim that one bank gets.
pub(super) fn by_part((recourse, limit): Terms, parts: &[u64]) -> Vec<Terms> {
    let Some(limit) = limit else {
        return vec![(recourse, None); parts.len()];
    };
    let of_part = |cap_minor| match cap_minor {
        0 => WITHOUT,
        _ => (recourse, Some(RecourseLimit { cap_minor, ..limit })),
    };
    let caps = pro_rata(limit.cap_minor, parts);
    caps.into_iter().map(of_part).collect()
}

impl Model {
    /// What others undertook to pay of a claim, in its order.
    pub fn undertakings(&self, claim: &Claim) -> Vec<&Undertaking> {
        let receivable = Id::try_from(claim.receivable.as_slice()).expect("an id");
        let of = |undertaken: &Undertaken| {
            let id = Id::try_from(undertaken.undertaking.as_slice()).expect("an id");
            &self.undertakings[&(receivable, id)]
        };
        claim.undertakings.iter().map(of).collect()
    }

    fn how_many(&self, claim: &Claim, kind: UndertakingKind) -> usize {
        let all = self.undertakings(claim);
        all.iter().filter(|u| u.kind() == kind).count()
    }

    /// Whether these claims may be passed on under such terms.
    pub(super) fn may_undertake<'c>(
        &self,
        (recourse, limit): &Terms,
        mut claims: impl Iterator<Item = &'c Claim>,
        today: i64,
    ) -> bool {
        let is_limit = |limit: &RecourseLimit| {
            let last = limit.expires_on.as_ref().and_then(day);
            last.is_some_and(|last| last >= today) && (1..=MAX_MINOR).contains(&limit.cap_minor)
        };
        match recourse {
            Recourse::Unspecified => return false,
            Recourse::None => return limit.is_none(),
            Recourse::Full if limit.is_some() => return false,
            Recourse::Limited if !limit.as_ref().is_some_and(is_limit) => return false,
            Recourse::Full | Recourse::Limited => {}
        }
        claims.all(|claim| self.how_many(claim, UndertakingKind::Recourse) < MAX_OF_A_KIND)
    }

    /// What becomes of a claim's undertakings as it is endorsed, by its controller so far.
    pub(super) fn undertake(
        &mut self,
        key: &ClaimKey,
        from: &str,
        to: &str,
        (recourse, limit): Terms,
        today: i64,
    ) {
        let claim = self.claims[key].clone();
        let ids = claim.undertakings.iter().cloned();
        let mut all: Vec<(Undertaken, Undertaking)> = ids
            .zip(self.undertakings(&claim).into_iter().cloned())
            .collect();
        // Nobody asks itself, nor those who would ask it in turn.
        let mut circular = false;
        all.retain(|(_, undertaking)| {
            let of_endorser = undertaking.kind() == UndertakingKind::Recourse;
            circular |= of_endorser && undertaking.by == to;
            undertaking.by != to && !(of_endorser && circular)
        });
        let mut kept: Vec<Undertaken> = all.into_iter().map(|(undertaken, _)| undertaken).collect();
        if recourse != Recourse::None {
            let limit = limit.unwrap_or_default();
            let undertaking = Undertaking {
                id: claim.endorsement.clone(),
                receivable: claim.receivable.clone(),
                claim: claim.number,
                kind: UndertakingKind::Recourse.into(),
                by: from.to_owned(),
                cap_minor: limit.cap_minor,
                paid_minor: 0,
                expires_on: limit.expires_on,
                given_on: Some(date(today)),
                currency: self.receivables[&key.0]
                    .face
                    .clone()
                    .expect("a face")
                    .currency,
            };
            kept.push(self.put_undertaking(key, undertaking));
        }
        self.claim_mut(key).undertakings = kept;
    }

    fn put_undertaking(&mut self, key: &ClaimKey, undertaking: Undertaking) -> Undertaken {
        let id = Id::try_from(undertaking.id.as_slice()).expect("an id");
        let undertaken = Undertaken {
            undertaking: undertaking.id.clone(),
            noticed_on: None,
        };
        self.undertakings.insert((key.0, id), undertaking);
        undertaken
    }

    pub(super) fn give_guarantee(
        &mut self,
        call: &Call,
        action: &GiveGuarantee,
    ) -> Result<Vec<Happened>, Rejected> {
        let (guarantor, today) = (call.organization, self.clock.day(call.time_ms));
        ensure(
            self.was_admitted_as(guarantor, Role::Guarantor) && action.controller != guarantor,
            Code::WrongGuarantor,
        )?;
        let last = action.expires_on.as_ref().map(day);
        let cap = action.cap.clone().unwrap_or_default();
        ensure(
            (1..=MAX_MINOR).contains(&cap.minor)
                && last.is_none_or(|last| last.is_some_and(|last| last >= today)),
            Code::InvalidGuarantee,
        )?;
        ensure(
            call.is_signed_by(&action.controller),
            Kernel::ConsentLacking,
        )?;
        let key = self
            .claim_key(&action.receivable, action.number)
            .ok_or(Rejected::with(Code::UnknownClaim))?;
        let claim = self.claims[&key].clone();
        ensure(
            claim.controller == action.controller,
            Code::ControllerDiffers,
        )?;
        ensure(claim.outstanding_minor > 0, Code::NothingOutstanding)?;
        let record = &self.receivables[&key.0];
        ensure(record.debtor != guarantor, Code::WrongGuarantor)?;
        let currency = record.face.as_ref().expect("a face").currency.clone();
        ensure(cap.currency == currency, Code::InvalidGuarantee)?;
        ensure(
            self.how_many(&claim, UndertakingKind::Guarantee) < MAX_OF_A_KIND,
            Code::TooManyGuarantees,
        )?;

        let id = tagged_hash("counterfoil/guarantee-id/v1", &[&call.tx_id]);
        let undertaking = Undertaking {
            id: id.to_vec(),
            receivable: action.receivable.clone(),
            claim: action.number,
            kind: UndertakingKind::Guarantee.into(),
            by: guarantor.to_owned(),
            cap_minor: cap.minor,
            paid_minor: 0,
            expires_on: action.expires_on,
            given_on: Some(date(today)),
            currency,
        };
        let undertaken = self.put_undertaking(&key, undertaking);
        self.claim_mut(&key).undertakings.push(undertaken);
        let given = GuaranteeGiven {
            guarantee: id.to_vec(),
            receivable: action.receivable.clone(),
            number: action.number,
            guarantor: guarantor.to_owned(),
            controller: claim.controller.clone(),
            cap: Some(cap),
            expires_on: action.expires_on,
        };
        let concerned = [guarantor.to_owned(), claim.controller];
        Ok(vec![receivable(
            concerned,
            ClaimEvent::GuaranteeGiven(given),
        )])
    }

    pub(super) fn give_notice(
        &mut self,
        call: &Call,
        action: &GiveNotice,
    ) -> Result<Vec<Happened>, Rejected> {
        let (holder, today) = (call.organization, self.clock.day(call.time_ms));
        let key = self
            .claim_key(&action.receivable, action.number)
            .ok_or(Rejected::with(Code::UnknownClaim))?;
        let claim = self.claims[&key].clone();
        let lent_on = match encumbrance(&claim) {
            Some(Kind::Pledged(pledge)) => pledge.pledgee == holder,
            _ => false,
        };
        ensure(
            claim.controller == holder || lent_on,
            Code::NotTheController,
        )?;
        ensure(claim.outstanding_minor > 0, Code::NothingOutstanding)?;
        let named = |undertaken: &Undertaken| undertaken.undertaking == action.undertaking;
        let at = claim.undertakings.iter().position(named);
        let at = at.ok_or(Rejected::with(Code::UnknownUndertaking))?;
        let all = self.undertakings(&claim);
        let asked = all[at].clone();
        ensure(asked.by != holder, Code::UnknownUndertaking)?;
        let record = &self.receivables[&key.0];
        ensure(
            record.state() == ReceivableState::Defaulted,
            Code::NotInDefault,
        )?;
        ensure(
            claim.undertakings[at].noticed_on.is_none(),
            Code::NoticeGiven,
        )?;
        let over = |u: &Undertaking| u.expires_on.is_some() && day_of(&u.expires_on) < today;
        ensure(!over(&asked), Code::NoticeTooLate)?;
        if asked.kind() == UndertakingKind::Recourse {
            let has_its_turn = (at + 1..all.len()).all(|later| {
                let endorser = all[later];
                let noticed = &claim.undertakings[later].noticed_on;
                endorser.kind() == UndertakingKind::Guarantee
                    || endorser.cap_minor > 0 && endorser.paid_minor >= endorser.cap_minor
                    || match noticed {
                        Some(_) => today > day_of(noticed) + DAYS_TO_PAY,
                        None => over(endorser),
                    }
            });
            ensure(has_its_turn, Code::OutOfTurn)?;
            self.recourses
                .push((asked.by.clone(), Figure::RecourseNotices));
        }

        let currency = self.receivables[&key.0]
            .face
            .clone()
            .expect("a face")
            .currency;
        self.claim_mut(&key).undertakings[at].noticed_on = Some(date(today));
        let given = NoticeGiven {
            receivable: action.receivable.clone(),
            number: action.number,
            undertaking: action.undertaking.clone(),
            by: holder.to_owned(),
            to: asked.by.clone(),
            outstanding: Some(Money {
                minor: claim.outstanding_minor,
                currency,
            }),
            pay_by: Some(date(today + DAYS_TO_PAY)),
            kind: asked.kind,
        };
        let concerned = [holder.to_owned(), claim.controller, asked.by];
        Ok(vec![receivable(concerned, ClaimEvent::NoticeGiven(given))])
    }

    pub(super) fn honour(
        &mut self,
        call: &Call,
        action: &HonourUndertaking,
    ) -> Result<Vec<Happened>, Rejected> {
        let (payer, today) = (call.organization, self.clock.day(call.time_ms));
        let (key, at, undertaking) = self.called_on(payer, action)?;
        let claim = self.claims[&key].clone();
        ensure(!self.is_held(&key.0), Settling::PaymentUnderWay)?;
        ensure(self.is_bank(&action.issuer), Settling::UnknownIssuer)?;
        let amount = action.amount.clone().unwrap_or_default();
        let face = self.receivables[&key.0].face.clone().expect("a face");
        ensure(amount.currency == face.currency, Settling::WrongCurrency)?;
        ensure(
            (1..=MAX_MINOR).contains(&amount.minor),
            Settling::InvalidAmount,
        )?;
        let most = match undertaking.cap_minor {
            0 => amount.minor,
            cap => amount.minor.min(cap - undertaking.paid_minor),
        };
        let debts: Vec<_> = self
            .debts(&key.0, today)
            .into_iter()
            .filter(|d| d.number == key.1)
            .collect();
        let [debt] = debts.as_slice() else {
            panic!("a claim with principal is owed")
        };
        let principal = most.min(debt.principal);
        let penalty = (most - principal).min(debt.penalty());
        let whole = principal == debt.principal && penalty == debt.penalty();
        ensure(
            self.live_claims_after(&key.0, usize::from(whole), 1) <= super::claims::MAX_LIVE_CLAIMS,
            Settling::TooManyClaims,
        )?;
        ensure(
            is_end_to_end_id(&action.end_to_end_id),
            Settling::InvalidEndToEndId,
        )?;
        ensure_first(
            self.first_use(payer, &action.end_to_end_id),
            Settling::RepeatedEndToEndId,
        )?;
        let paid = Paid::of_one(principal, penalty);
        let payouts = self.payouts(&key.0, &debts, &paid, today);
        // What the payer would get of its own payment is set off.
        let mut parts = self.parts(&key.0, &payouts);
        parts.retain(|part| part.payee != payer);
        let (waiting, passed): (Vec<_>, Vec<_>) = parts
            .into_iter()
            .partition(|part| self.must_wait(part, today));
        let payment = Payment {
            payer,
            issuer: &action.issuer,
            currency: &face.currency,
            instructed: amount.minor,
            legs: legs(&passed),
            end_to_end_id: &action.end_to_end_id,
        };
        ensure(self.can_pay(&payment), Settling::NotEnoughDeposits)?;
        let codes = (Settling::IssuerNotAccepted, Settling::CapExceeded);
        self.ensure_all_taken(call, &payment, codes)?;

        let mut happened = self.pay(payment, call.tx_id);
        let deposits = (payer, action.issuer.as_str(), face.currency.as_str());
        happened.extend(self.hold(call, deposits, &action.end_to_end_id, waiting));
        let mut discharged = self.discharge(&key.0, &debts, &payouts, (today, today), call);
        let spent = !self.receivables[&key.0].live_claims.contains(&key.1);
        let accrued = debt.accrued.map(|accrued| Accrual {
            minor: penalty,
            fraction: 0,
            ..accrued
        });
        let (into, passed) = self.subrogate(&key, &claim, (principal, accrued), at, call);
        discharged.insert(usize::from(offer_on(&claim).is_some()), passed);
        happened.extend(discharged);
        let id = Id::try_from(undertaking.id.as_slice()).expect("an id");
        let balance = self
            .undertakings
            .get_mut(&(key.0, id))
            .expect("found above");
        balance.paid_minor = balance.paid_minor.saturating_add(principal + penalty);
        if undertaking.kind() == UndertakingKind::Recourse {
            self.recourses
                .push((payer.to_owned(), Figure::RecoursePayments));
        }
        let money = |minor| {
            Some(Money {
                minor,
                currency: face.currency.clone(),
            })
        };
        let recovered = ClaimRecovered {
            receivable: action.receivable.clone(),
            claim: action.number,
            controller: claim.controller.clone(),
            undertaking: action.undertaking.clone(),
            kind: undertaking.kind,
            payer: payer.to_owned(),
            issuer: action.issuer.clone(),
            principal: money(principal),
            penalty: money(penalty),
            refund: money(amount.minor - principal - penalty),
            end_to_end_id: action.end_to_end_id.clone(),
            into,
            spent,
        };
        let concerned = [payer.to_owned(), claim.controller];
        happened.push(settlement(
            concerned,
            event::Event::ClaimRecovered(recovered),
        ));
        Ok(happened)
    }

    /// A claim whose holder calls on the payer, and the place of the undertaking among the claim's.
    fn called_on(
        &self,
        payer: &str,
        action: &HonourUndertaking,
    ) -> Result<(ClaimKey, usize, Undertaking), Rejected> {
        let unknown = Rejected::with(Settling::UnknownUndertaking);
        let key = self
            .claim_key(&action.receivable, action.number)
            .ok_or(unknown)?;
        let claim = &self.claims[&key];
        let named = |undertaken: &Undertaken| undertaken.undertaking == action.undertaking;
        let at = claim.undertakings.iter().position(named).ok_or(unknown)?;
        let undertaking = self.undertakings(claim)[at].clone();
        ensure(undertaking.by == payer, Settling::UnknownUndertaking)?;
        ensure(
            claim.undertakings[at].noticed_on.is_some(),
            Settling::NoNotice,
        )?;
        ensure(claim.outstanding_minor > 0, Settling::ClaimPaid)?;
        let used_up = undertaking.cap_minor > 0 && undertaking.paid_minor >= undertaking.cap_minor;
        ensure(!used_up, Settling::UsedUp)?;
        Ok((key, at, undertaking))
    }

    /// Makes what was paid a claim of the payer's.
    fn subrogate(
        &mut self,
        key: &ClaimKey,
        claim: &Claim,
        (principal, accrued): (u64, Option<Accrual>),
        at: usize,
        call: &Call,
    ) -> (u32, Happened) {
        let origin = claim.origin.or(Some(key.1));
        self.claim_mut(key).origin = origin;
        let payer = call.organization;
        let number = self.create(claim, &[key.1], principal, claim.rank());
        let kinds = self.undertakings(claim).into_iter().map(Undertaking::kind);
        let earlier = claim.undertakings.iter().zip(kinds).take(at);
        let earlier = earlier.filter(|(_, kind)| *kind == UndertakingKind::Recourse);
        let earlier: Vec<Undertaken> = earlier.map(|(undertaken, _)| undertaken.clone()).collect();
        let part_key = (key.0, number);
        let part = self.claim_mut(&part_key);
        part.penalty = accrued;
        part.origin = origin;
        part.behind += 1;
        part.undertakings = earlier;
        let passed = self.endorse(&part_key, payer, (Purpose::Subrogation, WITHOUT), call);
        (number, passed)
    }
}
