//! Requests for finance, their awards and ends, and what can be wrong with them.

use std::collections::BTreeMap;

use counterfoil_proto::financing::v1::{
    Action, AwardPart, AwardParts, AwardRequest, CancelRequest, ClaimReference, ExpireRequest,
    OpenRequest, Quote, QuoteState, Request, RequestState, Technique, action::Action as Kind,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::{Claim, Rank, Recourse};
use counterfoil_proto::v1::{Date, Money};
use rand::Rng;
use rand::seq::SliceRandom;

use super::claims::{currency_of, is_free};
use super::{Generator, Planned, View, on};
use crate::model::arithmetic::MAX_MINOR;
use crate::model::business_days::second_after;
use crate::model::claims::day_of;
use crate::model::contract::FINANCING;
use crate::model::{Act, Id, Model};

pub(super) fn planned(organization: String, kind: Kind) -> Planned {
    Planned::new(
        organization,
        FINANCING,
        Act::Financing(Action { action: Some(kind) }),
    )
}

fn due_of(model: &Model, claim: &Claim) -> i64 {
    day_of(&model.receivables[claim.receivable.as_slice()].adjusted_due_date)
}

fn reference(claim: &Claim) -> ClaimReference {
    ClaimReference {
        receivable: claim.receivable.clone(),
        number: claim.number,
    }
}

impl Generator {
    /// Free claims of one supplier in one currency that fall due late enough.
    fn financeable<'a>(&mut self, view: &View<'a>) -> Vec<&'a Claim> {
        let model = view.model;
        let mut groups: BTreeMap<(&str, String), Vec<&Claim>> = BTreeMap::new();
        for claim in model.claims.values() {
            let receivable = &model.receivables[claim.receivable.as_slice()];
            let assignable = receivable.terms.as_ref().expect("terms").assignable;
            let seller = claim.controller.as_str();
            if is_free(claim)
                && assignable
                && model.has_role(seller, Role::Supplier)
                && due_of(model, claim) > view.today + 4
            {
                let group = groups.entry((seller, currency_of(model, claim)));
                group.or_default().push(claim);
            }
        }
        let groups: Vec<Vec<&Claim>> = groups.into_values().collect();
        if groups.is_empty() {
            return Vec::new();
        }
        let drawn = [(); 8].map(|()| self.one_of(&groups));
        let largest = drawn.into_iter().max_by_key(Vec::len);
        let mut group = largest.expect("eight were drawn");
        group.shuffle(&mut self.rng);
        if self.chance(0.3) {
            let receivable = group[0].receivable.clone();
            group.retain(|claim| claim.receivable == receivable);
        }
        group.truncate(self.one_of(&[1, 2, 3, 5, 16]));
        group.sort_by_key(|claim| (claim.receivable.clone(), claim.number));
        group
    }

    pub(super) fn open(&mut self, view: &View) -> Planned {
        let model = view.model;
        let claims = self.financeable(view);
        let Some(first) = claims.first() else {
            return self.confirm(view);
        };
        let mut seller = first.controller.clone();
        let all: u64 = claims.iter().map(|claim| claim.outstanding_minor).sum();
        let technique = self.one_of(&[1, 1, 2, 3, 3]);
        let all_senior = claims.iter().all(|claim| claim.rank() == Rank::Senior);
        let in_part = technique == 3 || all_senior;
        let minor = if in_part && self.chance(0.6) || all > MAX_MINOR {
            self.part(all).min(MAX_MINOR)
        } else {
            all
        };
        let soonest = claims.iter().map(|claim| due_of(model, claim)).min();
        let room = soonest.expect("some claims") - view.today - 1;
        let days = room.min(180).min(self.one_of(&[4, 4, 5, 6, 10, 180]));
        let (earliest, latest) = ((days - 90).max(0), (days - 4).min(90));
        let deadline = view.today
            + if self.chance(0.5) {
                earliest
            } else {
                self.rng.gen_range(earliest..=latest)
            };
        let last = view.today + days;
        let debtors: Vec<&String> = claims
            .iter()
            .map(|claim| &model.receivables[claim.receivable.as_slice()].debtor)
            .collect();
        let mut action = OpenRequest {
            claims: claims.iter().map(|claim| reference(claim)).collect(),
            technique,
            amount: Some(Money {
                minor,
                currency: currency_of(model, first),
            }),
            recourse: Recourse::None.into(),
            recourse_limit: None,
            all_or_none: technique != 3 && self.chance(0.15),
            minimum_minor: 0,
            arbiter: match self.chance(0.5) {
                true => self.organization(|_| true),
                false => String::new(),
            },
            deadline: on(deadline),
            expires_on: on(last),
            invited: if self.chance(0.3) {
                let banks = model.organizations.keys().filter(|id| {
                    model.has_role(id, Role::Bank) && **id != seller && !debtors.contains(id)
                });
                banks.cloned().collect()
            } else {
                Vec::new()
            },
        };
        if technique != 3 && !action.all_or_none && self.chance(0.2) {
            action.minimum_minor = self.part(minor);
        }
        if self.chance(0.3) {
            action.invited.truncate(1);
        }
        if technique != 3 && self.chance(0.4) {
            (action.recourse, action.recourse_limit) = self.recourse(view, minor);
        }
        for _ in 0..self.faults() {
            self.break_request(view, &mut seller, &mut action);
        }
        planned(seller, Kind::Open(action))
    }

    /// Part of a sum, at times all but one unit, or one unit alone.
    fn part(&mut self, sum: u64) -> u64 {
        match self.rng.gen_range(0..6) {
            0 => sum.saturating_sub(1).max(1),
            1 => 1,
            2 => (sum / 5 * 4).max(1),
            _ => self.rng.gen_range(1..=sum),
        }
    }

    fn break_request(&mut self, view: &View, seller: &mut String, action: &mut OpenRequest) {
        let model = view.model;
        match self.rng.gen_range(0..22) {
            21 => action.arbiter = self.nobody(),
            20 => match self.rng.gen_range(0..3) {
                0 => (action.all_or_none, action.minimum_minor) = (true, 1),
                1 => action.minimum_minor = u64::MAX,
                _ => (action.technique, action.all_or_none) = (3, true),
            },
            0 => *seller = self.organization(|id| !model.has_role(id, Role::Supplier)),
            1 => *seller = self.organization(|_| true),
            2 => action.claims.clear(),
            3 => action.claims.extend(action.claims.first().cloned()),
            4 => action.claims = vec![ClaimReference::default(); 17],
            5..=7 => {
                let mut caller = seller.clone();
                let (receivable, number) = self.wrong_claim(model, &mut caller);
                if self.chance(0.5) && model.has_role(&caller, Role::Supplier) {
                    *seller = caller;
                    action.claims.clear();
                }
                action.claims.push(ClaimReference { receivable, number });
                action
                    .claims
                    .sort_by_key(|claim| (claim.receivable.clone(), claim.number));
            }
            8 | 9 => {
                // Any free claim: not assignable, due too soon, or in another currency.
                if let Some(claim) = self.free_claim(model) {
                    if self.chance(0.5) {
                        action.claims.clear();
                    }
                    *seller = claim.controller.clone();
                    action.claims.push(reference(claim));
                    action
                        .claims
                        .sort_by_key(|claim| (claim.receivable.clone(), claim.number));
                }
            }
            10 => action.deadline = self.no_date(),
            11 => action.expires_on = self.no_date(),
            12 => action.deadline = on(view.today + self.one_of(&[-1, 91])),
            13 => {
                let deadline = action
                    .deadline
                    .as_ref()
                    .and_then(crate::model::arithmetic::day);
                let off = self.one_of(&[-1, 0, 3, 91]);
                action.expires_on = on(deadline.unwrap_or(view.today) + off);
            }
            14 => {
                action.deadline = on(view.today + 90);
                action.expires_on = on(view.today + 180);
            }
            15 => {
                let amount = action.amount.get_or_insert_default();
                amount.currency = self.currency();
                if self.chance(0.3) {
                    action.amount = None;
                }
            }
            16 => action.technique = self.one_of(&[0, 0, 4, -1]),
            17 => action.recourse = self.one_of(&[0, 0, 2, -1]),
            18 => {
                let amount = action.amount.get_or_insert_default();
                amount.minor = self.one_of(&[
                    0,
                    amount.minor.saturating_add(1),
                    amount.minor / 2,
                    MAX_MINOR,
                    u64::MAX,
                ]);
            }
            _ => self.break_invitation(view, seller, action),
        }
    }

    fn break_invitation(&mut self, view: &View, seller: &str, action: &mut OpenRequest) {
        let model = view.model;
        match self.rng.gen_range(0..5) {
            0 => action.invited = (10..43).map(|n| format!("bank-{n}")).collect(),
            1 => action.invited = vec!["bank-west".to_owned(), "bank-east".to_owned()],
            2 => action.invited = vec!["bank-east".to_owned(); 2],
            3 => action.invited = vec![self.no_bank(model)],
            _ => action.invited = vec![self.one_of(&["house-bank".to_owned(), seller.to_owned()])],
        }
    }

    /// A request that is open, or else closed.
    pub(super) fn request<'a>(&mut self, model: &'a Model, open: bool) -> Option<&'a Request> {
        let fits = |request: &&Request| (request.state() == RequestState::Open) == open;
        let some: Vec<&Request> = model.requests.values().filter(fits).collect();
        self.some(&some)
    }

    pub(super) fn award(&mut self, view: &View) -> Planned {
        let model = view.model;
        // Mostly one that can be awarded now.
        let ripe = |request: &&Request| {
            let (deadline, last) = (day_of(&request.deadline), day_of(&request.expires_on));
            let all = request.revealed as usize == request.quoting.len();
            request.state() == RequestState::Open
                && request.revealed > 0
                && view.today <= last
                && (view.today > deadline + 3 || view.today > deadline && all)
        };
        let ready: Vec<&Request> = model.requests.values().filter(ripe).collect();
        let request = match self.some(&ready) {
            Some(request) if !self.chance(0.05) => request,
            _ => match self.request(model, true) {
                Some(request) if self.chance(0.15) => request,
                _ => return self.reveal(view),
            },
        };
        let id = Id::try_from(request.id.as_slice()).expect("an id");
        let revealed: Vec<String> = request
            .quoting
            .iter()
            .filter(|bank| model.quotes[&(id, (*bank).clone())].state() == QuoteState::Revealed)
            .cloned()
            .collect();
        let bank = if revealed.is_empty() {
            self.organization(|id| model.has_role(id, Role::Bank))
        } else {
            self.one_of(&revealed)
        };
        let (mut seller, mut request, mut bank) =
            (request.seller.clone(), request.id.clone(), bank);
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..5) {
                0 => request = self.no_request(model, &mut seller),
                1 => seller = self.organization(|_| true),
                2 => bank = self.organization(|_| true),
                3 => {
                    if let Some(other) = self.request(model, true) {
                        (seller, request) = (other.seller.clone(), other.id.clone());
                    }
                }
                _ => bank = self.nobody(),
            }
        }
        let quote = Id::try_from(request.as_slice()).ok();
        let quote = quote.and_then(|id| model.quotes.get(&(id, bank.clone())));
        let outside = quote.is_some_and(pays_outside);
        let award = AwardRequest {
            pay_on: self.pay_on(view, &request, outside),
            request,
            bank,
        };
        planned(seller, Kind::Award(award))
    }

    /// The day of payment, where a bank pays outside the ledger; wrong at times.
    fn pay_on(&mut self, view: &View, request: &[u8], outside: bool) -> Option<Date> {
        let model = view.model;
        let request = model.requests.get(request);
        let calendar = request.map(|request| model.calendar_of(request));
        let deadline = second_after(model.calendar(&calendar.unwrap_or_default()), view.today);
        if self.chance(0.02) {
            return self.no_date();
        }
        if self.chance(0.02) {
            return on(self.one_of(&[view.today - 1, deadline + 1]));
        }
        let given = outside != self.chance(0.02);
        let day = self.rng.gen_range(view.today..=deadline);
        on(day).filter(|_| given)
    }

    pub(super) fn award_parts(&mut self, view: &View) -> Planned {
        let model = view.model;
        let revealed = |request: &Request| -> Vec<(String, u64, u64)> {
            let id = Id::try_from(request.id.as_slice()).expect("an id");
            let quotes = request
                .quoting
                .iter()
                .map(|bank| &model.quotes[&(id, bank.clone())]);
            let revealed = quotes.filter(|quote| quote.state() == QuoteState::Revealed);
            let terms = revealed.map(|quote| {
                let terms = quote.terms.as_ref().expect("a revealed quote has terms");
                let whole = terms.amount.as_ref().expect("an amount").minor;
                (quote.bank.clone(), terms.smallest_part_minor, whole)
            });
            terms.collect()
        };
        let ripe = |request: &&Request| {
            request.state() == RequestState::Open
                && view.today > day_of(&request.deadline)
                && (!is_loan(request) || request.quoting.len() > 2)
                && revealed(request).len() > 1
        };
        let ripe: Vec<&Request> = model.requests.values().filter(ripe).collect();
        let Some(request) = self.some(&ripe) else {
            return self.reveal(view);
        };
        let mut quotes = revealed(request);
        quotes.sort();
        let asked = request.amount.as_ref().expect("an amount").minor;
        // What is left to be taken, mostly of what was asked for.
        let all = u64::try_from(crate::model::financing::outstanding(request));
        let mut left = if self.chance(0.8) {
            asked
        } else {
            all.unwrap_or(asked)
        };
        let mut parts = Vec::new();
        for (at, (bank, smallest, whole)) in quotes.iter().enumerate() {
            let least = if *smallest == 0 { *whole } else { *smallest };
            let wanted = if at + 1 == quotes.len() {
                left
            } else {
                left / 2
            };
            let amount_minor = wanted.clamp(least, *whole);
            left = left.saturating_sub(amount_minor);
            parts.push(AwardPart {
                bank: bank.clone(),
                amount_minor,
            });
        }
        let id = Id::try_from(request.id.as_slice()).expect("an id");
        let outside = |(bank, _, _): &(String, u64, u64)| {
            model
                .quotes
                .get(&(id, bank.clone()))
                .is_some_and(pays_outside)
        };
        let outside = quotes.iter().any(outside);
        let (mut seller, mut action) = (
            request.seller.clone(),
            AwardParts {
                request: request.id.clone(),
                parts,
                pay_on: self.pay_on(view, &request.id, outside),
            },
        );
        for _ in 0..self.faults() {
            let last = action.parts.len().saturating_sub(1);
            match self.rng.gen_range(0..8) {
                0 => action.request = self.no_request(model, &mut seller),
                1 => seller = self.organization(|_| true),
                2 => action.parts.truncate(1),
                3 => action.parts.reverse(),
                4 => {
                    if let Some(part) = action.parts.get_mut(last) {
                        part.amount_minor = self.one_of(&[0, 1, part.amount_minor / 2, u64::MAX]);
                    }
                }
                5 => {
                    if let Some(part) = action.parts.get_mut(last) {
                        part.bank = self.one_of(&["zurich".to_owned(), "smith".to_owned()]);
                    }
                }
                _ => {
                    if let Some(part) = action.parts.first_mut() {
                        part.amount_minor = part.amount_minor.saturating_sub(1);
                    }
                }
            }
        }
        planned(seller, Kind::AwardParts(action))
    }

    /// The id of no request, or of one that has ended.
    pub(super) fn no_request(&mut self, model: &Model, seller: &mut String) -> Vec<u8> {
        match self.rng.gen_range(0..4) {
            0 => self.bytes32(),
            1 => self.wrong_length(),
            _ => match self.request(model, false) {
                Some(closed) => {
                    if self.chance(0.8) {
                        *seller = closed.seller.clone();
                    }
                    closed.id.clone()
                }
                None => self.bytes32(),
            },
        }
    }

    pub(super) fn cancel(&mut self, view: &View) -> Planned {
        let model = view.model;
        let Some(open) = self.request(model, true) else {
            return self.open(view);
        };
        let (mut seller, mut request) = (open.seller.clone(), open.id.clone());
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..2) {
                0 => request = self.no_request(model, &mut seller),
                _ => seller = self.organization(|id| id != open.seller),
            }
        }
        planned(seller, Kind::Cancel(CancelRequest { request }))
    }

    pub(super) fn expire_request(&mut self, view: &View) -> Planned {
        let model = view.model;
        let late = |request: &&Request| {
            request.state() == RequestState::Open && day_of(&request.expires_on) < view.today
        };
        let late: Vec<&Request> = model.requests.values().filter(late).collect();
        let late = self.some(&late);
        let open = match late {
            Some(late) => Some(late),
            None => self.request(model, true),
        };
        let Some(open) = open else {
            return self.open(view);
        };
        let mut parties = open.quoting.clone();
        parties.push(open.seller.clone());
        let (mut caller, mut request) = (self.one_of(&parties), open.id.clone());
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..3) {
                0 => request = self.no_request(model, &mut caller),
                1 => caller = self.organization(|id| !parties.iter().any(|party| party == id)),
                _ => {
                    if let Some(early) = self.request(model, true) {
                        (caller, request) = (early.seller.clone(), early.id.clone());
                    }
                }
            }
        }
        planned(caller, Kind::Expire(ExpireRequest { request }))
    }
}

/// Whether it asks for a loan.
pub(super) fn is_loan(request: &Request) -> bool {
    request.technique() == Technique::LoanAgainstReceivables
}

/// Whether a bank pays what it quotes over the external rail.
fn pays_outside(quote: &Quote) -> bool {
    let terms = quote.terms.as_ref();
    terms.is_some_and(|terms| !terms.asserter.is_empty())
}
