//! Quotes under seal and their opening, and what can be wrong with them.

use counterfoil_proto::financing::v1::{
    CommitQuote, Quote, QuoteFee, QuoteState, QuoteTerms, Request, RequestState, RequestedClaim,
    RevealQuote, action::Action as Kind,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::Rank;
use counterfoil_proto::v1::Money;
use rand::Rng;

use super::requests::{is_loan, planned};
use super::{Generator, Planned, View, on};
use crate::model::arithmetic::MAX_MINOR;
use crate::model::claims::day_of;
use crate::model::financing::{commitment, outstanding};

impl Generator {
    pub(super) fn commit(&mut self, view: &View) -> Planned {
        let model = view.model;
        let may_quote = |request: &Request, bank: &str| {
            let named = |list: &[String]| list.iter().any(|name| name == bank);
            model.has_role(bank, Role::Bank)
                && (request.invited.is_empty() || named(&request.invited))
                && request.seller != bank
                && !named(&request.debtors)
                && !named(&request.quoting)
        };
        let wanted: Vec<(&Request, &String)> = model
            .requests
            .values()
            .filter(|r| r.state() == RequestState::Open && day_of(&r.deadline) >= view.today)
            .flat_map(|r| model.organizations.keys().map(move |bank| (r, bank)))
            .filter(|(request, bank)| may_quote(request, bank))
            .collect();
        if wanted.is_empty() {
            return self.open(view);
        }
        let (request, bank) = self.one_of(&wanted);
        let (mut caller, mut id) = (bank.clone(), request.id.clone());
        let mut terms = self.quote(view, request, bank);
        if self.chance(0.15) {
            self.break_terms_of_quote(view, request, bank, &mut terms);
        }
        let salt = self.bytes32();
        let mut seal = commitment(&model.chain_id, &id, bank, &salt, &terms).to_vec();
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..6) {
                0 => caller = self.organization(|id| !model.has_role(id, Role::Bank)),
                1 => caller = self.organization(|id| model.has_role(id, Role::Bank)),
                2 => id = self.no_request(model, &mut String::new()),
                3 => seal = self.wrong_length(),
                _ => {
                    // Any open request: too late, not invited, or quoted already.
                    if let Some(other) = self.request(model, true) {
                        id = other.id.clone();
                        if let Some(quoted) = other.quoting.first() {
                            caller = quoted.clone();
                        }
                    }
                }
            }
        }
        self.sealed.insert(seal.clone(), (terms, salt));
        let action = CommitQuote {
            request: id,
            commitment: seal,
        };
        planned(caller, Kind::Commit(action))
    }

    fn quote(&mut self, view: &View, request: &Request, bank: &str) -> QuoteTerms {
        let model = view.model;
        let asked = request.amount.clone().expect("an amount");
        let all = u64::try_from(outstanding(request)).expect("16 claims of 10^18 at most");
        let in_part = is_loan(request) || request.claims.iter().all(|c| c.rank() == Rank::Senior);
        let other = match self.rng.gen_range(0..3) {
            _ if !in_part => all,
            0 => 1,
            _ => self.rng.gen_range(1..=all),
        };
        let minor = if self.chance(0.75) {
            asked.minor
        } else {
            other.min(MAX_MINOR)
        };
        let fees = (0..self.one_of(&[0, 0, 0, 1, 2, 8]))
            .map(|n| QuoteFee {
                name: self.one_of(&[format!("Handling {n}"), "é".repeat(64)]),
                amount_minor: self.rng.gen_range(1..=(minor / 100).max(1)),
            })
            .collect();
        let deadline = day_of(&request.deadline);
        let issuer = if self.chance(0.75) {
            bank.to_owned()
        } else {
            let amount = Money {
                minor,
                ..asked.clone()
            };
            self.payer_bank(model, bank, &amount)
                .expect("a bank has its own deposits")
        };
        let outside = self.chance(if request.all_or_none { 0.02 } else { 0.2 });
        let (issuer, asserter) = match outside {
            false => (issuer, String::new()),
            true if self.chance(0.7) => (String::new(), bank.to_owned()),
            true => (
                String::new(),
                self.organization(|id| model.has_role(id, Role::Bank)),
            ),
        };
        let rates = [0, 1, 35_000, 70_000, 123_457, 400_000];
        // Discount over many years leaves a seller nothing.
        let late = |c: &RequestedClaim| day_of(&c.adjusted_due_date) > view.today + 700;
        let years = request.claims.iter().any(late);
        QuoteTerms {
            amount: Some(Money { minor, ..asked }),
            rate_ppm: self.one_of(if years { &[0, 1, 20_000] } else { &rates }),
            day_count: self.one_of(&[1, 4, 5]),
            fees,
            recourse: request.recourse,
            recourse_limit: request.recourse_limit,
            expires_on: on(deadline + self.one_of(&[4, 4, 5, 10, 30, 200])),
            issuer,
            asserter,
            end_to_end_id: self.end_to_end_id(),
            smallest_part_minor: if is_loan(request) || self.chance(0.4) {
                0
            } else {
                self.rng.gen_range(1..=(minor / 4).max(1))
            },
            schedule: if is_loan(request) {
                self.one_of(&[0, 1, 2, 3, 2, 3, 2, 2])
            } else {
                0
            },
            loan_grace_days: if is_loan(request) {
                self.one_of(&[0, 0, 1, 30])
            } else {
                0
            },
        }
    }

    fn break_terms_of_quote(
        &mut self,
        view: &View,
        request: &Request,
        bank: &str,
        terms: &mut QuoteTerms,
    ) {
        let model = view.model;
        let fee = |name: String, amount_minor| QuoteFee { name, amount_minor };
        match self.rng.gen_range(0..20) {
            19 => {
                terms.issuer = String::new();
                terms.asserter = self.no_bank(model);
            }
            18 => terms.smallest_part_minor = u64::MAX,
            17 => terms.loan_grace_days = self.one_of(&[1, 366]),
            0 => terms.amount = None,
            1 => terms.amount.get_or_insert_default().currency = self.currency(),
            2 => terms.amount.get_or_insert_default().minor = self.impossible_amount(),
            3 => terms.amount = self.other_amount(&terms.amount),
            4 => terms.rate_ppm = self.one_of(&[1_000_001, u32::MAX]),
            5 => terms.day_count = self.one_of(&[0, 2, -1]),
            6 => (terms.recourse, terms.recourse_limit) = self.wrong_recourse(view),
            7 => terms.fees = vec![fee("Handling".into(), 1); 9],
            8 => terms.fees.push(fee(String::new(), 1)),
            9 => terms.fees.push(fee("é".repeat(65), 1)),
            10 => terms
                .fees
                .push(fee("Handling".into(), self.one_of(&[0, MAX_MINOR + 1]))),
            11 => terms.expires_on = self.no_date(),
            12 => terms.expires_on = on(day_of(&request.deadline) + self.one_of(&[-1, 3])),
            13 => terms.issuer = self.no_bank(model),
            14 => terms.end_to_end_id = self.bad_id(model, bank),
            15 => {
                // Nothing is left for the seller, or just one unit.
                let minor = terms.amount.clone().unwrap_or_default().minor;
                let off = self.one_of(&[0, 1]);
                terms.rate_ppm = self.one_of(&[0, terms.rate_ppm]);
                terms.fees = vec![fee(
                    "All".into(),
                    minor.saturating_sub(off).clamp(1, MAX_MINOR),
                )];
            }
            _ => {
                // The payment will fail: a name used before, or deposits that it does not have.
                if self.chance(0.5) {
                    let used = model.instructions.keys().filter(|(payer, _)| payer == bank);
                    let used: Vec<&String> = used.map(|(_, id)| id).collect();
                    if let Some(id) = self.some(&used) {
                        terms.end_to_end_id = id.clone();
                    }
                } else {
                    terms.issuer = self.organization(|id| model.has_role(id, Role::Bank));
                }
            }
        }
    }

    pub(super) fn reveal(&mut self, view: &View) -> Planned {
        let model = view.model;
        let request_of = |quote: &Quote| &model.requests[quote.request.as_slice()];
        let in_window = |quote: &&Quote| {
            let request = request_of(quote);
            let since = view.today - day_of(&request.deadline);
            request.state() == RequestState::Open && (1..=3).contains(&since)
        };
        let sealed = |quote: &&Quote| quote.state() == QuoteState::Committed;
        let all: Vec<&Quote> = model.quotes.values().collect();
        let timely: Vec<&Quote> = all.iter().copied().filter(in_window).collect();
        let mut due: Vec<&Quote> = timely.iter().copied().filter(sealed).collect();
        if self.chance(0.9) {
            due.retain(|quote| !self.tried.contains(&quote.commitment));
        }
        let quote = match self.some(&due) {
            Some(quote) => quote,
            None if self.chance(0.1) && !all.is_empty() => self.one_of(&all),
            None => return self.commit(view),
        };
        let mut bank = quote.bank.clone();
        let mut action = self.opening(quote);
        let faults = self.faults();
        if faults == 0 {
            self.tried.insert(quote.commitment.clone());
        }
        for _ in 0..faults {
            match self.rng.gen_range(0..8) {
                0 => action.request = self.no_request(model, &mut String::new()),
                1 => bank = self.organization(|id| id != quote.bank),
                2 => action.salt = self.bytes32(),
                3 => action.salt = self.wrong_length(),
                4 => action.terms.get_or_insert_default().rate_ppm ^= 1,
                5 => action.terms = None,
                6 => {
                    if let Some(other) = self.some(&timely) {
                        bank = other.bank.clone();
                        action = self.opening(other);
                    }
                }
                _ => {
                    let other = self.one_of(&all);
                    bank = other.bank.clone();
                    action = self.opening(other);
                }
            }
        }
        planned(bank, Kind::Reveal(action))
    }

    /// The quote as its bank remembers it.
    fn opening(&self, quote: &Quote) -> RevealQuote {
        let (terms, salt) = self.sealed[&quote.commitment].clone();
        RevealQuote {
            request: quote.request.clone(),
            terms: Some(terms),
            salt,
        }
    }
}
