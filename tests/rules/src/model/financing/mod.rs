//! Requests for finance, sealed quotes, awards and loans (specification 5.1 to 5.5).

mod awards;
pub mod defaults;
pub mod limits;
mod loans;
mod outside;
mod parts;
pub mod plan;
pub mod programmes;
mod quotes;
mod requests;

use counterfoil_proto::financing::v1::{
    Event, Quote, QuoteClosed, QuoteState, QuoteTerms, RejectionCode as Code, Request,
    RequestClosed, RequestState, Technique, event,
};
use counterfoil_proto::receivable::v1::DayCount;
use counterfoil_proto::supervision::v1::{RejectionCode as Policy, Rules};
use counterfoil_proto::v1::Money;

use super::arithmetic::{half_even, interest, pro_rata};
use super::claims::day_of;
use super::supervision::{claim_key, key, organization_key, receivable_key};
use super::{Call, Happened, Id, Model, Rejected, ensure};

const MAX_REQUEST_DAYS: i64 = 90;
const REVEAL_DAYS: i64 = 3;

pub use quotes::commitment;

fn financing<T: Into<String>>(
    concerned: impl IntoIterator<Item = T>,
    event: event::Event,
) -> Happened {
    Happened::financing(concerned, Event { event: Some(event) })
}

fn money(minor: u64, currency: &str) -> Option<Money> {
    Some(Money {
        minor,
        currency: currency.to_owned(),
    })
}

/// What a quote comes to when cash is paid on a day.
pub struct Costing {
    /// What is sold of each claim of the request. Empty for a loan.
    pub parts: Vec<u64>,
    pub cost: u128,
    pub fees: u128,
    /// By the calendar, to the due dates; at least one.
    pub days: u128,
    /// The last due date among the claims.
    pub due: i64,
}

/// All principal that was outstanding of a request's claims.
pub fn outstanding(request: &Request) -> u128 {
    let claims = request.claims.iter();
    claims.map(|c| u128::from(c.outstanding_minor)).sum()
}

/// The currency of a request's claims.
pub fn currency(request: &Request) -> &str {
    &request.amount.as_ref().expect("an amount").currency
}

pub fn is_loan(request: &Request) -> bool {
    request.technique() == Technique::LoanAgainstReceivables
}

/// Costs a quote whose terms are allowed, for cash paid on this day.
pub fn costing(request: &Request, terms: &QuoteTerms, today: i64) -> Costing {
    let amount = terms.amount.as_ref().expect("an amount").minor;
    if !is_loan(request) {
        let weights: Vec<u64> = request.claims.iter().map(|c| c.outstanding_minor).collect();
        return parts::costing(request, terms, pro_rata(amount, &weights), today);
    }
    let dues = request.claims.iter().map(|c| day_of(&c.adjusted_due_date));
    let due = dues.max().expect("a claim");
    Costing {
        parts: Vec::new(),
        cost: interest(amount, terms.rate_ppm, terms.day_count(), today, due),
        fees: terms.fees.iter().map(|f| u128::from(f.amount_minor)).sum(),
        days: average_days(i128::from(due - today), 1),
        due,
    }
}

/// So many days by so many units. Not below one: a freeze may have moved the award beyond the due dates.
fn average_days(weighted: i128, units: u128) -> u128 {
    u128::try_from(weighted).map_or(1, |days| half_even(days, units).max(1))
}

/// Whether the amount and what the request's claims are allow each other.
fn amount_fits(technique: Technique, minor: u64, all: u128, all_senior: bool) -> bool {
    let minor = u128::from(minor);
    let in_part = technique != Technique::LoanAgainstReceivables && minor < all;
    (1..=all.min(u128::from(super::arithmetic::MAX_MINOR))).contains(&minor)
        && (!in_part || all_senior)
}

impl Model {
    fn request(&self, id: &[u8]) -> Result<(Id, &Request), Rejected> {
        let unknown = Rejected::with(Code::UnknownRequest);
        let id = Id::try_from(id).map_err(|_| unknown)?;
        Ok((id, self.requests.get(&id).ok_or(unknown)?))
    }

    fn quote_mut(&mut self, request: &Id, bank: &str) -> &mut Quote {
        let key = (*request, bank.to_owned());
        self.quotes.get_mut(&key).expect("the bank has quoted")
    }

    /// What stops a request's clocks: itself, its seller, its claims, what is owed on them.
    fn frozen_with(&self, request: &Request) -> Vec<Vec<u8>> {
        let mut records = vec![
            key("financing/request", &[&request.id]),
            organization_key(&request.seller),
        ];
        for claim in &request.claims {
            records.push(claim_key(&claim.receivable, claim.number));
            records.push(receivable_key(&claim.receivable));
        }
        records
    }

    /// What a day of a request is, put off by freezes since it was opened.
    fn put_off(&self, request: &Request, agreed: i64, today: i64) -> i64 {
        let opened = day_of(&request.opened_on);
        self.moved(&self.frozen_with(request), opened, agreed, today)
    }

    fn quote_records(request: &[u8], bank: &str) -> Vec<Vec<u8>> {
        let quote = key("financing/quote", &[request, bank.as_bytes()]);
        vec![quote, organization_key(bank)]
    }

    /// The day until which a bank's quote stands.
    fn quote_stands_until(
        &self,
        request: &Request,
        bank: &str,
        terms: &QuoteTerms,
        today: i64,
    ) -> i64 {
        let mut records = self.frozen_with(request);
        records.extend(Model::quote_records(&request.id, bank));
        let (opened, agreed) = (day_of(&request.opened_on), day_of(&terms.expires_on));
        self.moved(&records, opened, agreed, today)
    }

    /// What the policy pack says of a bank and a request.
    fn may_quote(&self, call: &Call, request: &Request, bank: &str) -> Result<Rules, Rejected> {
        let debtors: Vec<&str> = request.debtors.iter().map(String::as_str).collect();
        self.may_begin(call, currency(request), &[&request.seller, bank], &debtors)
    }

    /// What it says of funding a request by these quotes: each bank with its terms, and what it has then more with whom.
    fn may_fund(
        &self,
        call: &Call,
        request: &Request,
        quotes: &[(&str, &QuoteTerms)],
        more: &[(&str, &str, u64)],
    ) -> Result<(), Rejected> {
        let rules = self.rules_on(self.clock.day(call.time_ms));
        for (bank, _) in quotes {
            self.may_quote(call, request, bank)?;
        }
        let deepest = request.claims.iter().map(|claim| {
            let id = Id::try_from(claim.receivable.as_slice()).expect("an id");
            self.claims[&(id, claim.number)].depth
        });
        ensure(
            rules
                .deepest_tier
                .is_none_or(|most| deepest.max() <= Some(most)),
            Policy::DeepestTier,
        )?;
        let dearest = quotes.iter().map(|(_, terms)| terms.rate_ppm).max();
        ensure(
            rules
                .rate_ceiling_ppm
                .is_none_or(|most| dearest <= Some(most)),
            Policy::RateCeiling,
        )?;
        self.within_caps(&rules, &request.seller, currency(request), more)
    }

    /// Closes the quotes that were not awarded: seller and bank are told of each.
    fn close_quotes(&mut self, id: &Id, today: i64) -> Vec<Happened> {
        let request = self.requests[id].clone();
        let over = today > self.put_off(&request, day_of(&request.deadline) + REVEAL_DAYS, today);
        let mut happened = Vec::new();
        for bank in request.quoting {
            let quote = self.quote_mut(id, &bank);
            match quote.state() {
                QuoteState::Awarded | QuoteState::Failed | QuoteState::Taken => continue,
                QuoteState::Committed if over => quote.set_state(QuoteState::Missed),
                _ => quote.set_state(QuoteState::Declined),
            }
            let closed = QuoteClosed {
                request: id.to_vec(),
                bank: bank.clone(),
                state: quote.state,
            };
            let told = [request.seller.clone(), bank];
            happened.push(financing(told, event::Event::QuoteClosed(closed)));
        }
        happened
    }

    /// Ends a request without an award: its claims are free again.
    pub(super) fn close_request(
        &mut self,
        id: &Id,
        state: RequestState,
        today: i64,
    ) -> Vec<Happened> {
        let closed_quotes = self.close_quotes(id, today);
        let request = self.requests.get_mut(id).expect("the request was found");
        request.set_state(state);
        let request = request.clone();
        for claim in &request.claims {
            let key = (
                Id::try_from(claim.receivable.as_slice()).expect("an id"),
                claim.number,
            );
            self.free(&key);
        }
        let closed = RequestClosed {
            request: id.to_vec(),
            seller: request.seller.clone(),
            state: state.into(),
        };
        let mut happened = vec![financing([request.seller], event::Event::Closed(closed))];
        happened.extend(closed_quotes);
        happened
    }
}

fn ensure_open(request: &Request) -> Result<(), Rejected> {
    ensure(request.state() == RequestState::Open, Code::RequestClosed)
}

fn is_known(day_count: DayCount) -> bool {
    day_count != DayCount::Unspecified
}
