//! Receivables and the claims to them (specification 4).

use counterfoil_proto::invoice::v1::Invoice;
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Kind;
use counterfoil_proto::receivable::v1::{
    AcceptOffer, Claim, ClaimOffered, ClaimPart, ClaimSplit, ClaimState, ClaimTransferred,
    ClaimsMerged, DeclineOffer, Encumbrance, Endorsement, Event, ExpireOffer, MergeClaims, Offer,
    OfferClaim, OfferDeclined, OfferExpired, Purpose, Rank, Receivable, ReceivableState,
    RejectionCode as Code, SplitClaim, Terms, event,
};
use counterfoil_proto::v1::{Accrual, Date, Money};

use super::arithmetic::{MAX_MINOR, Rate, date, day, pro_rata};
use super::cash::{Payment, is_end_to_end_id};
use super::undertakings::Terms as RecourseTerms;
use super::{Call, Happened, Id, Model, Rejected, ensure, ensure_first, tagged_hash};

/// Live claims of a receivable.
pub const MAX_LIVE_CLAIMS: usize = 256;
const MAX_OFFER_DAYS: i64 = 90;

/// A claim's receivable and number.
pub type ClaimKey = (Id, u32);

/// What stands in the way of a claim's controller.
pub fn encumbrance(claim: &Claim) -> Option<&Kind> {
    claim.encumbrance.as_ref()?.encumbrance.as_ref()
}

pub(super) fn offer_on(claim: &Claim) -> Option<&Offer> {
    match encumbrance(claim) {
        Some(Kind::Offered(offer)) => Some(offer),
        _ => None,
    }
}

pub(super) fn under(kind: Kind) -> Option<Encumbrance> {
    Some(Encumbrance {
        encumbrance: Some(kind),
    })
}

/// The day of a date that a record holds.
pub fn day_of(date: &Option<Date>) -> i64 {
    date.as_ref().and_then(day).expect("a date in a record")
}

/// The rejections of a claim that is not its caller's to dispose of, in the order of the checks.
pub(super) struct Disposal<C> {
    pub unknown: C,
    pub not_the_controller: C,
    pub nothing_outstanding: C,
    pub encumbered: C,
    pub held: C,
}

const DISPOSAL: Disposal<Code> = Disposal {
    unknown: Code::UnknownClaim,
    not_the_controller: Code::NotTheController,
    nothing_outstanding: Code::NothingOutstanding,
    encumbered: Code::Encumbered,
    held: Code::PaymentUnderWay,
};

impl Model {
    /// Opens the receivable of a confirmed invoice, with claim 0 in its seller's hands.
    pub(super) fn open_receivable(
        &mut self,
        invoice: &Invoice,
        face: Money,
        terms: Terms,
        (falls_due, today): (i64, i64),
        confirmation: Vec<u8>,
    ) -> Id {
        let id = tagged_hash("counterfoil/receivable-id/v1", &[&invoice.id]);
        let claim = Claim {
            receivable: id.to_vec(),
            number: 0,
            face_minor: face.minor,
            outstanding_minor: face.minor,
            controller: invoice.seller.clone(),
            state: ClaimState::Live.into(),
            rank: Rank::Senior.into(),
            ..Claim::default()
        };
        let receivable = Receivable {
            id: id.to_vec(),
            invoice: invoice.id.clone(),
            debtor: invoice.buyer.clone(),
            face: Some(face),
            due_date: invoice.due_date,
            adjusted_due_date: Some(date(falls_due)),
            terms: Some(terms),
            state: ReceivableState::Performing.into(),
            redeemed_minor: 0,
            penalty_paid_minor: 0,
            confirmed_on: Some(date(today)),
            settled_on: None,
            claim_count: 1,
            live_claims: vec![0],
            payments: Vec::new(),
            fees_paid: Vec::new(),
            credited_minor: 0,
            disputed: false,
            confirmation,
            debt_payments: 0,
        };
        let before = self.receivables.insert(id, receivable);
        assert!(before.is_none(), "an invoice is confirmed once");
        self.claims.insert((id, 0), claim);
        id
    }

    /// The live claims of a receivable, by number.
    pub fn live_claims(&self, receivable: &Id) -> Vec<&Claim> {
        let numbers = &self.receivables[receivable].live_claims;
        numbers
            .iter()
            .map(|number| &self.claims[&(*receivable, *number)])
            .collect()
    }

    pub(super) fn live_claims_after(&self, receivable: &Id, spent: usize, new: usize) -> usize {
        self.receivables[receivable].live_claims.len() - spent + new
    }

    /// The claim's penalty up to today; none until its due date has passed.
    pub fn penalty(&self, claim: &Claim, today: i64) -> Option<Accrual> {
        let rate = self.penalty_rate(&claim.receivable);
        (today > rate.since)
            .then(|| rate.accrue(claim.penalty.as_ref(), claim.outstanding_minor, today))
    }

    fn penalty_rate(&self, receivable: &[u8]) -> Rate {
        let receivable = &self.receivables[receivable];
        let terms = receivable.terms.as_ref().expect("terms");
        Rate {
            ppm: terms.penalty_rate_ppm,
            count: terms.day_count(),
            since: day_of(&receivable.adjusted_due_date),
        }
    }

    pub(in crate::model) fn claim_key(&self, receivable: &[u8], number: u32) -> Option<ClaimKey> {
        let key = (Id::try_from(receivable).ok()?, number);
        self.claims.contains_key(&key).then_some(key)
    }

    /// The claim, where the caller may dispose of it.
    pub(super) fn disposable<C: Into<i32>>(
        &self,
        call: &Call,
        receivable: &[u8],
        number: u32,
        or: Disposal<C>,
    ) -> Result<ClaimKey, Rejected> {
        let key = self
            .claim_key(receivable, number)
            .ok_or(Rejected::with(or.unknown))?;
        let claim = &self.claims[&key];
        ensure(claim.controller == call.organization, or.not_the_controller)?;
        ensure(claim.outstanding_minor > 0, or.nothing_outstanding)?;
        ensure(encumbrance(claim).is_none(), or.encumbered)?;
        ensure(!self.is_held(&key.0), or.held)?;
        self.ensure_claim_free(call, claim)?;
        Ok(key)
    }

    /// Whether claims wait for the outcome of the debtor's payment outside the ledger.
    pub fn is_held(&self, receivable: &Id) -> bool {
        !self.receivables[receivable].payments.is_empty()
    }

    /// The claim with the offer that it is under.
    fn offered(&self, receivable: &[u8], number: u32) -> Result<(ClaimKey, Offer), Rejected> {
        let key = self
            .claim_key(receivable, number)
            .ok_or(Rejected::with(Code::UnknownClaim))?;
        let offer = offer_on(&self.claims[&key]).ok_or(Rejected::with(Code::NotOffered))?;
        Ok((key, offer.clone()))
    }

    pub(super) fn claim_mut(&mut self, key: &ClaimKey) -> &mut Claim {
        self.claims
            .get_mut(key)
            .expect("the claim was found before")
    }

    /// Ends a claim whose amount is paid, or has passed to others.
    pub(super) fn spend(&mut self, key: &ClaimKey) {
        let claim = self.claim_mut(key);
        claim.outstanding_minor = 0;
        claim.set_state(ClaimState::Spent);
        claim.encumbrance = None;
        claim.penalty = None;
        let receivable = self.receivables.get_mut(&key.0).expect("a receivable");
        receivable.live_claims.retain(|number| *number != key.1);
    }

    /// A new claim after the pattern of another.
    pub(super) fn create(&mut self, like: &Claim, parents: &[u32], minor: u64, rank: Rank) -> u32 {
        let id = Id::try_from(like.receivable.as_slice()).expect("an id");
        let receivable = self.receivables.get_mut(&id).expect("a receivable");
        let number = receivable.claim_count;
        receivable.claim_count += 1;
        receivable.live_claims.push(number);
        let claim = Claim {
            number,
            face_minor: minor,
            outstanding_minor: minor,
            parents: parents.to_vec(),
            rank: rank.into(),
            encumbrance: None,
            penalty: None,
            ..like.clone()
        };
        self.claims.insert((id, number), claim);
        number
    }

    /// Divides a claim, and says so.
    pub(super) fn divide(
        &mut self,
        key: &ClaimKey,
        parts: &[(u64, Rank)],
        today: i64,
    ) -> (Vec<u32>, Happened) {
        let claim = self.claims[key].clone();
        let penalty = self.penalty(&claim, today);
        self.spend(key);
        let sums: Vec<u64> = parts.iter().map(|(minor, _)| *minor).collect();
        let owed = pro_rata(penalty.map_or(0, |p| p.minor), &sums);
        let mut told = Vec::new();
        for (at, (minor, rank)) in parts.iter().enumerate() {
            let number = self.create(&claim, &[key.1], *minor, *rank);
            self.claim_mut(&(key.0, number)).penalty = penalty.map(|whole| Accrual {
                minor: owed[at],
                fraction: if at == 0 { whole.fraction } else { 0 },
                to: whole.to,
            });
            told.push(ClaimPart {
                number,
                face_minor: *minor,
                rank: (*rank).into(),
            });
        }
        let numbers = told.iter().map(|part| part.number).collect();
        let mut concerned = vec![claim.controller.clone()];
        if let Some(Kind::Pledged(pledge)) = encumbrance(&claim) {
            concerned.push(pledge.pledgee.clone());
        }
        let split = ClaimSplit {
            receivable: key.0.to_vec(),
            number: key.1,
            parts: told,
        };
        (numbers, receivable(concerned, event::Event::Split(split)))
    }

    /// Passes a claim on with an endorsement.
    pub(super) fn endorse(
        &mut self,
        key: &ClaimKey,
        to: &str,
        (purpose, terms): (Purpose, RecourseTerms),
        call: &Call,
    ) -> Happened {
        self.endorse_for(key, to, (purpose, terms), &[], call)
    }

    /// The same by the award of a request.
    pub(super) fn endorse_for(
        &mut self,
        key: &ClaimKey,
        to: &str,
        (purpose, terms): (Purpose, RecourseTerms),
        request: &[u8],
        call: &Call,
    ) -> Happened {
        let id = tagged_hash(
            "counterfoil/endorsement-id/v1",
            &[&call.tx_id, &key.0, &key.1.to_be_bytes()],
        );
        let today = date(self.clock.day(call.time_ms));
        let debtor = self.receivables[&key.0].debtor.clone();
        let claim = self.claim_mut(key);
        let from = std::mem::replace(&mut claim.controller, to.to_owned());
        let previous = std::mem::replace(&mut claim.endorsement, id.to_vec());
        claim.depth += u32::from(purpose == Purpose::Payment);
        claim.encumbrance = None;
        let endorsement = Endorsement {
            id: id.to_vec(),
            previous,
            receivable: key.0.to_vec(),
            claim: key.1,
            from: from.clone(),
            to: to.to_owned(),
            purpose: purpose.into(),
            recourse: terms.0.into(),
            recourse_limit: terms.1,
            at: Some(today),
            request: self.named(request, call.height),
        };
        self.endorsements.insert((key.0, id), endorsement);
        if purpose != Purpose::Enforcement {
            self.undertake(key, &from, to, terms, self.clock.day(call.time_ms));
        }
        let transferred = ClaimTransferred {
            receivable: key.0.to_vec(),
            number: key.1,
            from: from.clone(),
            to: to.to_owned(),
            purpose: purpose.into(),
            endorsement: id.to_vec(),
            recourse: terms.0.into(),
            recourse_limit: terms.1,
        };
        let concerned = [from, to.to_owned(), debtor];
        receivable(concerned, event::Event::Transferred(transferred))
    }

    pub(super) fn split(
        &mut self,
        call: &Call,
        action: &SplitClaim,
    ) -> Result<Vec<Happened>, Rejected> {
        let key = self.disposable(call, &action.receivable, action.number, DISPOSAL)?;
        let (invalid, too_many) = (Code::InvalidParts, Code::TooManyClaims);
        let parts = self.parts_of(
            &key,
            &action.parts_minor,
            call.organization,
            invalid,
            too_many,
        )?;
        let today = self.clock.day(call.time_ms);
        Ok(vec![self.divide(&key, &parts, today).1])
    }

    /// The parts that a claim may be divided into, with its own rank.
    pub(super) fn parts_of<C: Into<i32>>(
        &self,
        key: &ClaimKey,
        parts: &[u64],
        caller: &str,
        invalid: C,
        too_many: C,
    ) -> Result<Vec<(u64, Rank)>, Rejected> {
        let claim = &self.claims[key];
        let sum: u128 = parts.iter().map(|part| u128::from(*part)).sum();
        ensure(
            parts.len() >= 2 && !parts.contains(&0) && sum == u128::from(claim.outstanding_minor),
            invalid,
        )?;
        // One more for each claim of others, which an award may have to split.
        let of_others = |claim: &&&Claim| claim.controller != caller;
        let reserved = self.live_claims(&key.0).iter().filter(of_others).count();
        ensure(
            self.live_claims_after(&key.0, 1, parts.len()) + reserved <= MAX_LIVE_CLAIMS,
            too_many,
        )?;
        let rank = claim.rank();
        Ok(parts.iter().map(|part| (*part, rank)).collect())
    }

    pub(super) fn merge(
        &mut self,
        call: &Call,
        action: &MergeClaims,
    ) -> Result<Vec<Happened>, Rejected> {
        let numbers = &action.numbers;
        ensure(
            (2..=MAX_LIVE_CLAIMS).contains(&numbers.len())
                && numbers.windows(2).all(|pair| pair[0] < pair[1]),
            Code::CannotMerge,
        )?;
        let mut keys = Vec::new();
        for number in numbers {
            keys.push(self.disposable(call, &action.receivable, *number, DISPOSAL)?);
        }
        let claims: Vec<Claim> = keys.iter().map(|key| self.claims[key].clone()).collect();
        let first = &claims[0];
        ensure(
            claims.iter().all(|c| {
                (c.rank, &c.endorsement) == (first.rank, &first.endorsement)
                    && (c.behind, c.origin) == (first.behind, first.origin)
                    && c.undertakings == first.undertakings
            }),
            Code::CannotMerge,
        )?;

        let today = self.clock.day(call.time_ms);
        let penalties: Option<Vec<Accrual>> =
            claims.iter().map(|c| self.penalty(c, today)).collect();
        let rate = self.penalty_rate(&first.receivable);
        keys.iter().for_each(|key| self.spend(key));
        let minor = claims.iter().map(|c| c.outstanding_minor).sum();
        let into = self.create(first, numbers, minor, first.rank());
        self.claim_mut(&(keys[0].0, into)).penalty =
            penalties.map(|penalties| rate.sum(&penalties, today));
        let merged = ClaimsMerged {
            receivable: action.receivable.clone(),
            numbers: numbers.clone(),
            into,
            face_minor: minor,
        };
        Ok(vec![receivable(
            [call.organization],
            event::Event::Merged(merged),
        )])
    }

    pub(super) fn offer(
        &mut self,
        call: &Call,
        action: &OfferClaim,
    ) -> Result<Vec<Happened>, Rejected> {
        let today = self.clock.day(call.time_ms);
        let (from, to) = (call.organization, action.to.as_str());
        let key = self.disposable(call, &action.receivable, action.number, DISPOSAL)?;
        let receivable_record = &self.receivables[&key.0];
        let terms = receivable_record.terms.as_ref().expect("terms");
        ensure(terms.assignable, Code::NotAssignable)?;
        ensure(
            to != from
                && to != receivable_record.debtor
                && (self.has_role(to, Role::Supplier) || self.has_role(to, Role::Bank)),
            Code::WrongRecipient,
        )?;
        let face = receivable_record.face.as_ref().expect("a face");
        let fits = match action.purpose() {
            Purpose::Unspecified | Purpose::Enforcement | Purpose::Subrogation => false,
            Purpose::Payment => action.price.is_none() && action.issuer.is_empty(),
            Purpose::Sale => action.price.as_ref().is_some_and(|price| {
                price.currency == face.currency && (1..=MAX_MINOR).contains(&price.minor)
            }),
        };
        ensure(fits, Code::InvalidPurpose)?;
        ensure(
            action.price.is_none() || self.is_bank(&action.issuer),
            Code::UnknownIssuer,
        )?;
        let last = action.expires_on.as_ref().and_then(day);
        ensure(
            last.is_some_and(|last| (today..=today + MAX_OFFER_DAYS).contains(&last)),
            Code::InvalidExpiry,
        )?;
        let recourse = (action.recourse(), action.recourse_limit);
        ensure(
            self.may_undertake(&recourse, [&self.claims[&key]].into_iter(), today),
            Code::InvalidRecourse,
        )?;
        self.may_pass(call, &key, to, action.purpose())?;

        self.claim_mut(&key).encumbrance = under(Kind::Offered(Offer {
            to: to.to_owned(),
            purpose: action.purpose,
            price: action.price.clone(),
            offered_on: Some(date(today)),
            expires_on: action.expires_on,
            issuer: action.issuer.clone(),
            recourse: action.recourse,
            recourse_limit: action.recourse_limit,
        }));
        let offered = ClaimOffered {
            receivable: action.receivable.clone(),
            number: action.number,
            from: from.to_owned(),
            to: to.to_owned(),
            purpose: action.purpose,
            price: action.price.clone(),
            expires_on: action.expires_on,
            issuer: action.issuer.clone(),
            recourse: action.recourse,
            recourse_limit: action.recourse_limit,
        };
        Ok(vec![receivable([from, to], event::Event::Offered(offered))])
    }

    pub(super) fn accept(
        &mut self,
        call: &Call,
        action: &AcceptOffer,
    ) -> Result<Vec<Happened>, Rejected> {
        let (key, offer) = self.offered(&action.receivable, action.number)?;
        let caller = call.organization;
        ensure(offer.to == caller, Code::NotTheRecipient)?;
        ensure(
            self.clock.day(call.time_ms) <= self.last_day_of(call, &key, &offer),
            Code::OfferExpired,
        )?;
        ensure(!self.is_held(&key.0), Code::PaymentUnderWay)?;
        self.ensure_claim_free(call, &self.claims[&key])?;
        let rules = self.may_pass(call, &key, caller, offer.purpose())?;
        if self.is_bank(caller) {
            let (claim, receivable) = (&self.claims[&key], &self.receivables[&key.0]);
            let currency = &receivable.face.as_ref().expect("a face").currency;
            let bought = [(caller, receivable.debtor.as_str(), claim.outstanding_minor)];
            self.within_caps(&rules, &claim.controller, currency, &bought)?;
        }
        let mut happened = Vec::new();
        match &offer.price {
            None => ensure(action.end_to_end_id.is_empty(), Code::NoPriceAsked)?,
            Some(price) => {
                self.ensure_spendable(call, caller, &offer.issuer, &price.currency)?;
                ensure(
                    is_end_to_end_id(&action.end_to_end_id),
                    Code::InvalidEndToEndId,
                )?;
                ensure_first(
                    self.first_use(caller, &action.end_to_end_id),
                    Code::RepeatedEndToEndId,
                )?;
                let payment = Payment {
                    payer: caller,
                    issuer: &offer.issuer,
                    currency: &price.currency,
                    instructed: price.minor,
                    legs: [(self.claims[&key].controller.clone(), price.minor)].into(),
                    end_to_end_id: &action.end_to_end_id,
                };
                ensure(self.can_pay(&payment), Code::NotEnoughDeposits)?;
                let codes = (Code::IssuerNotTaken, Code::CapExceeded);
                self.ensure_all_taken(call, &payment, codes)?;
                happened = self.pay(payment, call.tx_id);
            }
        }
        let terms = (offer.recourse(), offer.recourse_limit);
        happened.push(self.endorse(&key, caller, (offer.purpose(), terms), call));
        Ok(happened)
    }

    pub(super) fn decline(
        &mut self,
        call: &Call,
        action: &DeclineOffer,
    ) -> Result<Vec<Happened>, Rejected> {
        let (key, offer) = self.offered(&action.receivable, action.number)?;
        ensure(offer.to == call.organization, Code::NotTheRecipient)?;

        let from = self.free(&key);
        let declined = OfferDeclined {
            receivable: action.receivable.clone(),
            number: action.number,
            from: from.clone(),
            to: offer.to.clone(),
        };
        Ok(vec![receivable(
            [from, offer.to],
            event::Event::Declined(declined),
        )])
    }

    pub(super) fn expire_offer(
        &mut self,
        call: &Call,
        action: &ExpireOffer,
    ) -> Result<Vec<Happened>, Rejected> {
        let (key, offer) = self.offered(&action.receivable, action.number)?;
        ensure(
            [&offer.to, &self.claims[&key].controller].contains(&&call.organization.to_owned()),
            Code::NotAParty,
        )?;
        ensure(
            self.clock.day(call.time_ms) > self.last_day_of(call, &key, &offer),
            Code::OfferNotExpired,
        )?;

        let from = self.free(&key);
        let expired = OfferExpired {
            receivable: action.receivable.clone(),
            number: action.number,
            from: from.clone(),
            to: offer.to.clone(),
        };
        Ok(vec![receivable(
            [from, offer.to],
            event::Event::Expired(expired),
        )])
    }

    /// Takes what stood in the controller's way, and names the controller.
    pub(super) fn free(&mut self, key: &ClaimKey) -> String {
        let claim = self.claim_mut(key);
        claim.encumbrance = None;
        claim.controller.clone()
    }
}

pub(super) fn receivable<T: Into<String>>(
    concerned: impl IntoIterator<Item = T>,
    event: event::Event,
) -> Happened {
    Happened::receivable(concerned, Event { event: Some(event) })
}
