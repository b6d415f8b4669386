//! Programmes, standing quotes and what is taken of them, and what can be wrong with that.

use counterfoil_proto::financing::v1::{
    CloseProgramme, DrawExtension, MakeStandingQuote, OpenProgramme, Programme, ProgrammeState,
    PurchaseUnderProgramme, StandingQuote, StandingTerms, action::Action as Kind,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::Claim;
use counterfoil_proto::v1::Money;
use rand::Rng;

use super::claims::{currency_of, is_free};
use super::requests::planned;
use super::{Generator, Planned, View, on};
use crate::model::arithmetic::MAX_MINOR;
use crate::model::claims::day_of;
use crate::model::{Id, Model};

fn terms_of(quote: &StandingQuote) -> StandingTerms {
    quote.terms.clone().expect("a standing quote has terms")
}

impl Generator {
    /// A programme, mostly one that is open.
    fn programme<'a>(&mut self, model: &'a Model) -> Option<&'a Programme> {
        let any = self.chance(0.05);
        let open = |p: &&Programme| any || p.state() == ProgrammeState::Open;
        let some: Vec<&Programme> = model.programmes.values().filter(open).collect();
        self.some(&some)
    }

    pub(super) fn programmes(&mut self, view: &View) -> Planned {
        match self.rng.gen_range(0..20) {
            0..=1 => self.open_programme(view),
            2 => self.close_programme(view),
            3..=7 => self.standing_quote(view),
            8..=15 => self.purchase(view),
            _ => self.draw(view),
        }
    }

    fn open_programme(&mut self, view: &View) -> Planned {
        let model = view.model;
        let mut buyer = self.organization(|id| model.has_role(id, Role::CoreEnterprise));
        let mut banks: Vec<String> = Vec::new();
        if self.chance(0.3) {
            let others = model.organizations.keys();
            let others = others.filter(|id| model.has_role(id, Role::Bank) && **id != buyer);
            banks = others.cloned().collect();
        }
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..4) {
                0 => buyer = self.organization(|id| !model.has_role(id, Role::CoreEnterprise)),
                1 => banks = vec![buyer.clone()],
                2 => banks = vec!["bank-west".into(), "bank-east".into()],
                _ => banks = vec![self.no_bank(model)],
            }
        }
        planned(buyer, Kind::OpenProgramme(OpenProgramme { banks }))
    }

    fn close_programme(&mut self, view: &View) -> Planned {
        let Some(open) = self.programme(view.model) else {
            return self.open_programme(view);
        };
        let (mut buyer, mut programme) = (open.buyer.clone(), open.id.clone());
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..3) {
                0 => programme = self.bytes32(),
                1 => programme = self.wrong_length(),
                _ => buyer = self.organization(|id| id != open.buyer),
            }
        }
        planned(buyer, Kind::CloseProgramme(CloseProgramme { programme }))
    }

    fn standing_quote(&mut self, view: &View) -> Planned {
        let model = view.model;
        let Some(programme) = self.programme(model) else {
            return self.open_programme(view);
        };
        let may = |id: &str| {
            model.has_role(id, Role::Bank)
                && id != programme.buyer
                && (programme.banks.is_empty() || programme.banks.iter().any(|bank| bank == id))
        };
        let mut bank = self.organization(may);
        let minor = self.one_of(&[0, 100_000, MAX_MINOR, MAX_MINOR, MAX_MINOR]);
        let mut terms = StandingTerms {
            rate_ppm: self.one_of(&[0, 35_000, 70_000, 1_000_000]),
            day_count: self.one_of(&[1, 4, 5]),
            cap: Some(Money {
                minor,
                currency: self.currency(),
            }),
            expires_on: on(view.today + self.one_of(&[0, 30, 90, 360])),
            minimum_days: self.one_of(&[0, 0, 5, 60]),
            extension_rate_ppm: self.one_of(&[0, 60_000]),
            extension_days: self.one_of(&[0, 10, 90]),
        };
        let mut id = programme.id.clone();
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..10) {
                0 => bank = self.organization(|id| !model.has_role(id, Role::Bank)),
                1 => bank = self.organization(|id| model.has_role(id, Role::Bank)),
                2 => id = self.bytes32(),
                3 => terms.rate_ppm = 1_000_001,
                4 => terms.extension_rate_ppm = u32::MAX,
                5 => terms.day_count = self.one_of(&[0, -1, 2]),
                6 => terms.cap.get_or_insert_default().currency = self.unknown_currency(),
                7 => terms.cap.get_or_insert_default().minor = MAX_MINOR + 1,
                8 => terms.expires_on = on(view.today - 1),
                _ => match self.rng.gen_range(0..3) {
                    0 => terms.minimum_days = 3_661,
                    1 => terms.extension_days = u32::MAX,
                    _ => terms.expires_on = self.no_date(),
                },
            }
        }
        let action = MakeStandingQuote {
            programme: id,
            terms: Some(terms),
        };
        planned(bank, Kind::MakeStandingQuote(action))
    }

    fn purchase(&mut self, view: &View) -> Planned {
        let model = view.model;
        // A claim for which there is a standing quote, and whatever else is wrong with it.
        let mut fitting: Vec<(&StandingQuote, &Claim)> = Vec::new();
        for quote in model.standing.values() {
            let programme = &model.programmes[quote.programme.as_slice()];
            let terms = terms_of(quote);
            if programme.state() != ProgrammeState::Open || day_of(&terms.expires_on) < view.today {
                continue;
            }
            let currency = terms.cap.expect("a cap").currency;
            fitting.extend(
                model
                    .claims
                    .values()
                    .filter(|claim| {
                        let receivable = &model.receivables[claim.receivable.as_slice()];
                        let due = day_of(&receivable.adjusted_due_date);
                        is_free(claim)
                            && receivable.debtor == programme.buyer
                            && model.has_role(&claim.controller, Role::Supplier)
                            && currency_of(model, claim) == currency
                            && due > view.today - 20
                    })
                    .map(|claim| (quote, claim)),
            );
        }
        if fitting.is_empty() {
            return self.standing_quote(view);
        }
        let (quote, claim) = self.one_of(&fitting);
        let mut seller = claim.controller.clone();
        let mut action = PurchaseUnderProgramme {
            programme: quote.programme.clone(),
            bank: quote.bank.clone(),
            receivable: claim.receivable.clone(),
            number: claim.number,
            rate_ppm: terms_of(quote).rate_ppm,
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..7) {
                0 => action.programme = self.bytes32(),
                1 => seller = self.organization(|_| true),
                2 => action.bank = self.organization(|id| model.has_role(id, Role::Bank)),
                3 => (action.receivable, action.number) = self.wrong_claim(model, &mut seller),
                4 => action.rate_ppm ^= 1,
                5 => {
                    if let Some(other) = self.programme(model) {
                        action.programme = other.id.clone();
                    }
                }
                _ => {
                    if let Some(other) = self.free_claim(model) {
                        seller = other.controller.clone();
                        (action.receivable, action.number) =
                            (other.receivable.clone(), other.number);
                    }
                }
            }
        }
        planned(seller, Kind::Purchase(action))
    }

    fn draw(&mut self, view: &View) -> Planned {
        let model = view.model;
        let offers = |quote: &&StandingQuote| {
            let terms = terms_of(quote);
            let id = Id::try_from(quote.programme.as_slice()).expect("an id");
            model.programmes[&id].state() == ProgrammeState::Open
                && day_of(&terms.expires_on) >= view.today
        };
        let offered: Vec<&StandingQuote> = model.standing.values().filter(offers).collect();
        let Some(quote) = self.some(&offered) else {
            return self.standing_quote(view);
        };
        let terms = terms_of(quote);
        let mut buyer = model.programmes[quote.programme.as_slice()].buyer.clone();
        let minor = self.amount();
        let mut action = DrawExtension {
            programme: quote.programme.clone(),
            bank: quote.bank.clone(),
            amount: Some(Money {
                minor,
                currency: terms.cap.expect("a cap").currency,
            }),
            rate_ppm: terms.extension_rate_ppm,
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..7) {
                0 => action.programme = self.wrong_length(),
                1 => buyer = self.organization(|_| true),
                2 => action.bank = self.organization(|id| model.has_role(id, Role::Bank)),
                3 => action.amount.get_or_insert_default().currency = self.unknown_currency(),
                4 => action.amount.get_or_insert_default().minor = self.impossible_amount(),
                5 => action.rate_ppm ^= 1,
                _ => {
                    if let Some(other) = self.programme(model) {
                        buyer = other.buyer.clone();
                        action.programme = other.id.clone();
                    }
                }
            }
        }
        planned(buyer, Kind::DrawExtension(action))
    }
}
