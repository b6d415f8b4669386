//! Claims divided, joined and passed on, and what can be wrong with that.

use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Kind;
use counterfoil_proto::receivable::v1::{
    AcceptOffer, Action, Claim, DeclineOffer, ExpireOffer, MergeClaims, Offer, OfferClaim, Purpose,
    Recourse, SplitClaim, action::Action as Kinds,
};
use counterfoil_proto::v1::Money;
use rand::Rng;

use super::{Generator, Planned, View, on};
use crate::model::arithmetic::MAX_MINOR;
use crate::model::claims::{day_of, encumbrance};
use crate::model::contract::RECEIVABLE;
use crate::model::{Act, Model};

fn planned(organization: String, kind: Kinds) -> Planned {
    Planned::new(
        organization,
        RECEIVABLE,
        Act::Receivable(Action { action: Some(kind) }),
    )
}

pub(super) fn currency_of(model: &Model, claim: &Claim) -> String {
    let receivable = &model.receivables[claim.receivable.as_slice()];
    receivable.face.as_ref().expect("a face").currency.clone()
}

/// Whether its controller may dispose of it.
pub(super) fn is_free(claim: &Claim) -> bool {
    claim.outstanding_minor > 0 && encumbrance(claim).is_none()
}

fn offer_of(claim: &Claim) -> Option<&Offer> {
    match encumbrance(claim) {
        Some(Kind::Offered(offer)) => Some(offer),
        _ => None,
    }
}

impl Generator {
    pub(super) fn free_claim<'a>(&mut self, model: &'a Model) -> Option<&'a Claim> {
        let free: Vec<&Claim> = model.claims.values().filter(|c| is_free(c)).collect();
        self.some(&free)
    }

    /// Some claim that is not its controller's to dispose of.
    fn bound_claim<'a>(&mut self, model: &'a Model) -> Option<&'a Claim> {
        let bound: Vec<&Claim> = model.claims.values().filter(|c| !is_free(c)).collect();
        self.some(&bound)
    }

    /// Another claim than was meant, or none at all; half of the time by its own controller.
    pub(super) fn wrong_claim(&mut self, model: &Model, caller: &mut String) -> (Vec<u8>, u32) {
        let claim = match self.rng.gen_range(0..6) {
            0 => return (self.bytes32(), 0),
            1 => return (self.wrong_length(), 0),
            2 => {
                let all: Vec<&Claim> = model.claims.values().collect();
                let Some(claim) = self.some(&all) else {
                    return (Vec::new(), 0);
                };
                let count = model.receivables[claim.receivable.as_slice()].claim_count;
                return (claim.receivable.clone(), count + self.one_of(&[0, 1, 7]));
            }
            _ => self.bound_claim(model),
        };
        let Some(claim) = claim else {
            return (self.bytes32(), 1);
        };
        if self.chance(0.8) {
            *caller = claim.controller.clone();
        }
        (claim.receivable.clone(), claim.number)
    }

    pub(super) fn split(&mut self, view: &View) -> Planned {
        let model = view.model;
        let Some(claim) = self.free_claim(model) else {
            return self.confirm(view);
        };
        let mut caller = claim.controller.clone();
        let parts = self.one_of(&[2, 2, 2, 3, 3, 5, 9, 30]);
        let mut action = SplitClaim {
            receivable: claim.receivable.clone(),
            number: claim.number,
            parts_minor: self.parts(claim.outstanding_minor, parts),
        };
        let mut faults = self.faults();
        if claim.outstanding_minor < 2 {
            faults = faults.max(1);
        }
        for _ in 0..faults {
            match self.rng.gen_range(0..7) {
                0 | 1 => (action.receivable, action.number) = self.wrong_claim(model, &mut caller),
                2 => caller = self.organization(|id| id != claim.controller),
                3 => action.parts_minor = self.parts(claim.outstanding_minor, 258),
                4 => action.parts_minor = self.one_of(&[vec![], vec![claim.outstanding_minor]]),
                5 => action.parts_minor.push(self.one_of(&[0, 1, u64::MAX])),
                _ => {
                    let first = action.parts_minor.first_mut().expect("some parts");
                    *first = first.saturating_add(1);
                }
            }
            if action.parts_minor.is_empty() {
                break;
            }
        }
        planned(caller, Kinds::Split(action))
    }

    /// A sum in so many parts above zero, or as many as there can be.
    pub(super) fn parts(&mut self, sum: u64, parts: u64) -> Vec<u64> {
        let mut rest = sum;
        let mut out = Vec::new();
        for left in (1..parts.min(sum)).rev() {
            let part = if self.chance(0.3) {
                1
            } else {
                self.rng.gen_range(1..=(rest - left).div_ceil(left))
            };
            out.push(part);
            rest -= part;
        }
        out.push(rest);
        out
    }

    pub(super) fn merge(&mut self, view: &View) -> Planned {
        let model = view.model;
        let mut joinable: Vec<Vec<&Claim>> = Vec::new();
        for receivable in model.receivables.keys() {
            for claim in model.live_claims(receivable) {
                let alike = |group: &Vec<&Claim>| {
                    let first = group[0];
                    first.receivable == claim.receivable
                        && first.controller == claim.controller
                        && first.rank == claim.rank
                        && first.endorsement == claim.endorsement
                        && first.undertakings == claim.undertakings
                        && (first.origin, first.behind) == (claim.origin, claim.behind)
                };
                if !is_free(claim) {
                    continue;
                }
                match joinable.iter_mut().find(|group| alike(group)) {
                    Some(group) => group.push(claim),
                    None => joinable.push(vec![claim]),
                }
            }
        }
        joinable.retain(|group| group.len() > 1);
        if joinable.is_empty() {
            return self.split(view);
        }
        let mut group = self.one_of(&joinable);
        if self.chance(0.6) {
            let from = self.rng.gen_range(0..group.len() - 1);
            group = group.split_off(from);
            group.truncate(self.one_of(&[2, 2, 3, 8]));
        }
        let first = group[0];
        let mut caller = first.controller.clone();
        let mut action = MergeClaims {
            receivable: first.receivable.clone(),
            numbers: group.iter().map(|claim| claim.number).collect(),
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..8) {
                0 => action.numbers.truncate(1),
                1 => action.numbers.reverse(),
                2 => action.numbers.extend(action.numbers.last().copied()),
                3 => caller = self.organization(|id| id != first.controller),
                4 => action.receivable = self.bytes32(),
                5 => {
                    let (receivable, number) = self.wrong_claim(model, &mut caller);
                    if receivable == action.receivable || self.chance(0.2) {
                        action.receivable = receivable;
                        action.numbers.push(number);
                        action.numbers.sort_unstable();
                    }
                }
                6 => self.join_with_any(model, &mut action, &mut caller),
                _ => action.numbers = (0..257).collect(),
            }
        }
        planned(caller, Kinds::Merge(action))
    }

    /// All free claims of a controller to one receivable, whatever their rank and endorsement.
    fn join_with_any(&mut self, model: &Model, action: &mut MergeClaims, caller: &mut String) {
        let mut unlike = Vec::new();
        for id in model.receivables.keys() {
            let live = model.live_claims(id);
            for pair in live.windows(2) {
                let differ = pair[0].rank != pair[1].rank
                    || pair[0].endorsement != pair[1].endorsement
                    || pair[0].undertakings != pair[1].undertakings
                    || pair[0].origin != pair[1].origin;
                if differ
                    && pair[0].controller == pair[1].controller
                    && pair.iter().all(|c| is_free(c))
                {
                    unlike.push((pair[0], pair[1].number));
                }
            }
        }
        if !unlike.is_empty() {
            let (claim, other) = self.one_of(&unlike);
            *caller = claim.controller.clone();
            action.receivable = claim.receivable.clone();
            action.numbers = vec![claim.number, other];
        }
    }

    pub(super) fn offer(&mut self, view: &View) -> Planned {
        let model = view.model;
        let assignable = |claim: &&Claim| {
            let receivable = &model.receivables[claim.receivable.as_slice()];
            is_free(claim) && receivable.terms.as_ref().expect("terms").assignable
        };
        let mut some: Vec<&Claim> = model.claims.values().filter(assignable).collect();
        // So that several endorsers stand behind one claim.
        let endorsed = |claim: &&Claim| !claim.undertakings.is_empty();
        if self.chance(0.3) && some.iter().any(endorsed) {
            some.retain(endorsed);
        }
        let Some(claim) = self.some(&some) else {
            return self.confirm(view);
        };
        let mut caller = claim.controller.clone();
        let debtor = &model.receivables[claim.receivable.as_slice()].debtor;
        let fits = |id: &str| model.has_role(id, Role::Supplier) || model.has_role(id, Role::Bank);
        let for_sale = self.chance(0.5);
        let mut action = OfferClaim {
            receivable: claim.receivable.clone(),
            number: claim.number,
            to: self.organization(|id| id != claim.controller && id != debtor && fits(id)),
            purpose: if for_sale {
                Purpose::Sale.into()
            } else {
                Purpose::Payment.into()
            },
            price: for_sale.then(|| Money {
                minor: self.rng.gen_range(1..=claim.outstanding_minor),
                currency: currency_of(model, claim),
            }),
            expires_on: on(view.today + self.one_of(&[0, 1, 3, 10, 30, 90])),
            issuer: String::new(),
            recourse: Recourse::None.into(),
            recourse_limit: None,
        };
        if self.chance(0.5) {
            (action.recourse, action.recourse_limit) = self.recourse(view, claim.outstanding_minor);
        }
        if let Some(price) = &action.price {
            // Mostly a bank whose deposits the recipient has, or that it is.
            action.issuer = match self.payer_bank(model, &action.to, price) {
                Some(bank) if self.chance(0.7) => bank,
                _ => self.organization(|id| model.has_role(id, Role::Bank)),
            };
        }
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..14) {
                13 => (action.recourse, action.recourse_limit) = self.wrong_recourse(view),
                0 | 1 => (action.receivable, action.number) = self.wrong_claim(model, &mut caller),
                2 => caller = self.organization(|id| id != claim.controller),
                12 => action.issuer = self.no_bank(model),
                3 => {
                    if let Some(other) = self.free_claim(model) {
                        caller = other.controller.clone();
                        (action.receivable, action.number) =
                            (other.receivable.clone(), other.number);
                    }
                }
                4 => {
                    let nobody = self.nobody();
                    action.to = self.one_of(&[debtor.clone(), caller.clone(), nobody]);
                }
                5 => action.to = self.organization(|id| !fits(id)),
                6 => action.purpose = self.one_of(&[0, 0, 3, -1, 1, 2, 20]),
                7 => {
                    action.price = match action.price {
                        Some(_) => None,
                        None => Some(Money::default()),
                    }
                }
                8 => action.price.get_or_insert_default().minor = self.impossible_amount(),
                9 => action.price.get_or_insert_default().currency = self.currency(),
                10 => action.expires_on = self.no_date(),
                _ => action.expires_on = on(view.today + self.one_of(&[-400, -1, 91, 400])),
            }
        }
        planned(caller, Kinds::Offer(action))
    }

    /// A claim on offer, with its offer: mostly one that may be accepted.
    fn offered<'a>(&mut self, view: &View<'a>) -> Option<(&'a Claim, &'a Offer)> {
        let late = self.chance(0.1);
        let fits = |claim: &&Claim| {
            offer_of(claim).is_some_and(|offer| late || day_of(&offer.expires_on) >= view.today)
        };
        let all: Vec<&Claim> = view.model.claims.values().filter(fits).collect();
        let claim = self.some(&all)?;
        Some((claim, offer_of(claim)?))
    }

    pub(super) fn accept(&mut self, view: &View) -> Planned {
        let model = view.model;
        let Some((claim, offer)) = self.offered(view) else {
            return self.offer(view);
        };
        let mut caller = offer.to.clone();
        let mut action = AcceptOffer {
            receivable: claim.receivable.clone(),
            number: claim.number,
            end_to_end_id: String::new(),
        };
        if let Some(price) = &offer.price {
            let own = caller == offer.issuer;
            let funds = model.available(&caller, &offer.issuer, &price.currency);
            if !own && funds < price.minor && self.chance(0.9) {
                return self.issue_to(view, offer.issuer.clone(), caller, price.clone());
            }
            action.end_to_end_id = self.end_to_end_id();
        }
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..7) {
                0 => (action.receivable, action.number) = self.wrong_claim(model, &mut caller),
                1 => {
                    caller = if self.chance(0.5) {
                        claim.controller.clone()
                    } else {
                        self.organization(|id| id != offer.to)
                    }
                }
                2 | 3 => action.end_to_end_id = self.bad_id(model, &caller),
                4 | 5 => action.end_to_end_id = self.end_to_end_id(),
                _ => {
                    if let Some((other, late)) = self.late_offer(view) {
                        caller = late.to.clone();
                        (action.receivable, action.number) =
                            (other.receivable.clone(), other.number);
                    }
                }
            }
        }
        planned(caller, Kinds::Accept(action))
    }

    /// A bank whose deposits the payer can pay a sum in: at times its own, where it is a bank.
    pub(super) fn payer_bank(&mut self, model: &Model, payer: &str, sum: &Money) -> Option<String> {
        let banks: Vec<String> = model
            .organizations
            .keys()
            .filter(|bank| {
                let its_own = *bank == payer && model.has_role(bank, Role::Bank);
                its_own || model.available(payer, bank, &sum.currency) >= sum.minor
            })
            .cloned()
            .collect();
        if banks.is_empty() {
            return None;
        }
        Some(self.one_of(&banks))
    }

    /// Has a bank issue what somebody needs.
    pub(super) fn fund(&mut self, view: &View, holder: String, mut sum: Money) -> Planned {
        let model = view.model;
        let spare = self.rng.gen_range(0..=1_000_000);
        sum.minor = sum.minor.saturating_add(spare).clamp(1, MAX_MINOR);
        let bank = self.organization(|id| model.has_role(id, Role::Bank) && id != holder);
        self.issue_to(view, bank, holder, sum)
    }

    fn late_offer<'a>(&mut self, view: &View<'a>) -> Option<(&'a Claim, &'a Offer)> {
        let late = |claim: &&Claim| {
            offer_of(claim).is_some_and(|offer| day_of(&offer.expires_on) < view.today)
        };
        let all: Vec<&Claim> = view.model.claims.values().filter(late).collect();
        let claim = self.some(&all)?;
        Some((claim, offer_of(claim)?))
    }

    pub(super) fn decline(&mut self, view: &View) -> Planned {
        let model = view.model;
        let Some((claim, offer)) = self.offered(view) else {
            return self.offer(view);
        };
        let mut caller = offer.to.clone();
        let (mut receivable, mut number) = (claim.receivable.clone(), claim.number);
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..3) {
                0 => (receivable, number) = self.wrong_claim(model, &mut caller),
                1 => caller = claim.controller.clone(),
                _ => caller = self.organization(|id| id != offer.to),
            }
        }
        planned(caller, Kinds::Decline(DeclineOffer { receivable, number }))
    }

    pub(super) fn expire_offer(&mut self, view: &View) -> Planned {
        let model = view.model;
        let late = self.late_offer(view);
        let Some((claim, offer)) = late.or_else(|| self.offered(view)) else {
            return self.offer(view);
        };
        let mut caller = self.one_of(&[offer.to.clone(), claim.controller.clone()]);
        let (mut receivable, mut number) = (claim.receivable.clone(), claim.number);
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..3) {
                0 => (receivable, number) = self.wrong_claim(model, &mut caller),
                1 => caller = self.organization(|id| id != offer.to && id != claim.controller),
                _ => {
                    if let Some((early, offer)) = self.offered(view) {
                        caller = offer.to.clone();
                        (receivable, number) = (early.receivable.clone(), early.number);
                    }
                }
            }
        }
        planned(caller, Kinds::Expire(ExpireOffer { receivable, number }))
    }
}
