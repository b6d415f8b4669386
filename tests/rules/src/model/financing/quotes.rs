//! A bank's quote: sealed, then opened.

use counterfoil_proto::cash::v1::RejectionCode as Cash;
use counterfoil_proto::financing::v1::{
    CommitQuote, Quote, QuoteCommitted, QuoteRevealed, QuoteState, QuoteTerms,
    RejectionCode as Code, Request, RevealQuote, event,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::Rank;
use prost::Message as _;

use super::super::arithmetic::{MAX_MINOR, day};
use super::super::cash::is_end_to_end_id;
use super::super::claims::day_of;
use super::super::undertakings::WITHOUT;
use super::awards::recourse_of;
use super::{
    REVEAL_DAYS, amount_fits, costing, currency, ensure_open, financing, is_known, is_loan,
    outstanding,
};
use crate::model::{Call, Happened, Id, Model, Rejected, ensure, ensure_first, tagged_hash};

const MAX_QUOTES: usize = 64;
const MAX_FEES: usize = 8;
const MAX_FEE_NAME: usize = 64;
const MAX_RATE_PPM: u32 = 1_000_000;
const MAX_GRACE_DAYS: u32 = 365;

/// The seal on a quote.
pub fn commitment(
    chain_id: &str,
    request: &[u8],
    bank: &str,
    salt: &[u8],
    terms: &QuoteTerms,
) -> Id {
    let length = |text: &str| [u8::try_from(text.len()).expect("ids are short")];
    tagged_hash(
        "counterfoil/quote/v1",
        &[
            &length(chain_id),
            chain_id.as_bytes(),
            request,
            &length(bank),
            bank.as_bytes(),
            salt,
            &terms.encode_to_vec(),
        ],
    )
}

impl Model {
    pub(in crate::model) fn commit(
        &mut self,
        call: &Call,
        action: &CommitQuote,
    ) -> Result<Vec<Happened>, Rejected> {
        let (bank, today) = (call.organization, self.clock.day(call.time_ms));
        ensure(self.has_role(bank, Role::Bank), Code::WrongRole)?;
        let (id, request) = self.request(&action.request)?;
        let named = |list: &[String]| list.iter().any(|name| name == bank);
        ensure(
            (request.invited.is_empty() || named(&request.invited))
                && request.seller != bank
                && !named(&request.debtors),
            Code::NotInvited,
        )?;
        ensure_open(request)?;
        let deadline = self.put_off(request, day_of(&request.deadline), today);
        ensure(today <= deadline, Code::DeadlinePassed)?;
        ensure(!named(&request.quoting), Code::AlreadyQuoted)?;
        ensure(request.quoting.len() < MAX_QUOTES, Code::TooManyQuotes)?;
        ensure(action.commitment.len() == 32, Code::InvalidCommitment)?;
        self.may_quote(call, request, bank)?;

        let seller = request.seller.clone();
        let quote = Quote {
            request: action.request.clone(),
            bank: bank.to_owned(),
            commitment: action.commitment.clone(),
            height: call.height,
            index: call.index,
            state: QuoteState::Committed.into(),
            ..Quote::default()
        };
        self.quotes.insert((id, bank.to_owned()), quote);
        let request = self.requests.get_mut(&id).expect("found above");
        request.quoting.push(bank.to_owned());
        let committed = QuoteCommitted {
            request: action.request.clone(),
            bank: bank.to_owned(),
            commitment: action.commitment.clone(),
        };
        Ok(vec![financing(
            [seller.as_str(), bank],
            event::Event::Committed(committed),
        )])
    }

    pub(in crate::model) fn reveal(
        &mut self,
        call: &Call,
        action: &RevealQuote,
    ) -> Result<Vec<Happened>, Rejected> {
        let (bank, today) = (call.organization, self.clock.day(call.time_ms));
        let (id, request) = self.request(&action.request)?;
        ensure_open(request)?;
        let quote = self
            .quotes
            .get(&(id, bank.to_owned()))
            .ok_or(Rejected::with(Code::NoQuote))?;
        let deadline = day_of(&request.deadline);
        let until = self.put_off(request, deadline + REVEAL_DAYS, today);
        ensure(
            today > self.put_off(request, deadline, today) && today <= until,
            Code::NotInRevealWindow,
        )?;
        ensure(
            quote.state() == QuoteState::Committed,
            Code::AlreadyRevealed,
        )?;
        let terms = action.terms.clone().unwrap_or_default();
        let seal = commitment(&self.chain_id, &action.request, bank, &action.salt, &terms);
        ensure(
            action.salt.len() == 32 && quote.commitment == seal,
            Code::CommitmentDiffers,
        )?;
        let recourse = recourse_of(&terms);
        let asked = request.claims.iter().map(|claim| {
            let receivable = Id::try_from(claim.receivable.as_slice()).expect("an id");
            &self.claims[&(receivable, claim.number)]
        });
        let may_undertake = match is_loan(request) {
            true => recourse == WITHOUT,
            false => self.may_undertake(&recourse, asked, today),
        };
        ensure(allows(request, &terms) && may_undertake, Code::InvalidQuote)?;
        if terms.asserter.is_empty() {
            ensure(
                terms.issuer != request.seller && self.is_bank(&terms.issuer),
                Code::UnknownIssuer,
            )?;
        } else {
            ensure(
                self.has_role(&terms.asserter, Role::Bank),
                Cash::WrongAsserter,
            )?;
        }
        ensure(
            is_end_to_end_id(&terms.end_to_end_id),
            Code::InvalidEndToEndId,
        )?;
        ensure_first(
            self.first_use(bank, &terms.end_to_end_id),
            Code::RepeatedEndToEndId,
        )?;
        ensure(
            leaves_something(request, &terms, today),
            Code::NetNotPositive,
        )?;
        ensure(
            self.reservable(request, bank, &terms, today),
            Code::LimitExceeded,
        )?;
        let quoted = self.quoted(request, bank, &terms);
        let more: Vec<(&str, &str, u64)> = quoted
            .iter()
            .map(|(line, minor)| (bank, line.1.as_str(), *minor))
            .collect();
        self.may_fund(call, request, &[(bank, &terms)], &more)?;

        let seller = request.seller.clone();
        self.use_id(bank, &terms.end_to_end_id, call.tx_id);
        let quote = self.quote_mut(&id, bank);
        quote.set_state(QuoteState::Revealed);
        quote.terms = Some(terms.clone());
        self.requests.get_mut(&id).expect("found above").revealed += 1;
        let revealed = QuoteRevealed {
            request: action.request.clone(),
            bank: bank.to_owned(),
            terms: Some(terms),
        };
        Ok(vec![financing(
            [seller.as_str(), bank],
            event::Event::Revealed(revealed),
        )])
    }
}

fn allows(request: &Request, terms: &QuoteTerms) -> bool {
    let all_senior = request.claims.iter().all(|c| c.rank() == Rank::Senior);
    terms.amount.as_ref().is_some_and(|amount| {
        amount.currency == currency(request)
            && amount_fits(
                request.technique(),
                amount.minor,
                outstanding(request),
                all_senior,
            )
    }) && terms.rate_ppm <= MAX_RATE_PPM
        && is_known(terms.day_count())
        && terms.loan_grace_days <= MAX_GRACE_DAYS
        && terms.smallest_part_minor <= terms.amount.as_ref().map_or(0, |amount| amount.minor)
        && (!is_loan(request) || terms.smallest_part_minor == 0)
        && (is_loan(request) || terms.loan_grace_days == 0 && terms.schedule == 0)
        && terms.fees.len() <= MAX_FEES
        && terms.fees.iter().all(|fee| {
            (1..=MAX_FEE_NAME).contains(&fee.name.chars().count())
                && (1..=MAX_MINOR).contains(&fee.amount_minor)
        })
        && (terms.issuer.is_empty() || terms.asserter.is_empty())
        && terms
            .expires_on
            .as_ref()
            .and_then(day)
            .is_some_and(|last| last > day_of(&request.deadline) + REVEAL_DAYS)
}

/// Whether the seller's net is above zero for cash paid on this day.
pub(super) fn leaves_something(request: &Request, terms: &QuoteTerms, today: i64) -> bool {
    let costing = costing(request, terms, today);
    let amount = terms.amount.as_ref().expect("an amount").minor;
    u128::from(amount) > costing.cost + costing.fees
}
