//! What a bank pays for claims outside the ledger: they wait for it.

use std::collections::BTreeMap;

use counterfoil_proto::cash::v1::{Payment, PaymentState, RejectionCode as Cash};
use counterfoil_proto::financing::v1::{
    Award, ClaimReference, QuoteFailed, QuoteState, QuoteTaken, QuoteTerms, RejectionCode as Code,
    Request, RequestAwarded, event,
};
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Kind;
use counterfoil_proto::receivable::v1::{Lock, Purpose};
use counterfoil_proto::v1::Date;

use super::super::arithmetic::{date, day};
use super::super::business_days::second_after;
use super::super::claims::{ClaimKey, day_of, encumbrance, under};
use super::super::undertakings::by_part;
use super::awards::recourse_of;
use super::{financing, is_loan};
use crate::model::{Call, Happened, Id, Model, Rejected, ensure, tagged_hash};

pub(super) fn is_outside(terms: &QuoteTerms) -> bool {
    !terms.asserter.is_empty()
}

impl Model {
    /// The day on which banks are to pay outside the ledger; today where none does.
    pub(super) fn pay_day(
        &self,
        request: &Request,
        terms: &[&QuoteTerms],
        pay_on: &Option<Date>,
        today: i64,
    ) -> Result<i64, Rejected> {
        let outside = terms.iter().any(|terms| is_outside(terms));
        let conditional = request.all_or_none || request.minimum_minor > 0;
        ensure(!(outside && conditional), Code::DepositsOnly)?;
        if !outside {
            ensure(pay_on.is_none(), Code::InvalidDate)?;
            return Ok(today);
        }
        let dues = request
            .claims
            .iter()
            .map(|c| day_of(&c.adjusted_due_date) - 1);
        let last = dues
            .chain([second_after(
                self.calendar(&self.calendar_of(request)),
                today,
            )])
            .min();
        let days = today..=last.expect("one at least");
        let pay_on = pay_on.as_ref().and_then(day);
        let pay_on = pay_on.filter(|on| days.contains(on));
        pay_on.ok_or(Rejected::with(Code::InvalidDate))
    }

    /// Whose working days count for a request: its first claim's.
    pub fn calendar_of(&self, request: &Request) -> String {
        let first = &request.claims[0];
        let receivable = &self.receivables[first.receivable.as_slice()];
        receivable.terms.as_ref().expect("terms").calendar.clone()
    }

    /// Who says that the seller has a bank's money.
    pub(super) fn confirmer_of_price(
        &self,
        request: &Request,
        bank: &str,
        terms: &QuoteTerms,
    ) -> Result<String, Rejected> {
        let confirmer = self.confirmer(&request.seller, &[&terms.asserter, bank]);
        confirmer.ok_or(Rejected::with(Cash::NoConfirmer))
    }

    /// Records that a bank owes the price, and what its claims wait for.
    pub(super) fn owe_price(
        &mut self,
        request: &Request,
        award: &Award,
        (terms, confirmer, pay_on): (&QuoteTerms, String, i64),
        call: &Call,
    ) -> (Lock, Happened) {
        let (payer, payee) = (award.bank.clone(), request.seller.clone());
        let payment = Payment {
            amount: award.amount.clone().map(|mut amount| {
                amount.minor = award.proceeds_minor;
                amount
            }),
            end_to_end_id: terms.end_to_end_id.clone(),
            asserter: terms.asserter.clone(),
            confirmer,
            arbiter: request.arbiter.clone(),
            request: request.id.clone(),
            reckoned_on: Some(date(pay_on)),
            calendar: self.calendar_of(request),
            payer,
            payee,
            ..Payment::default()
        };
        let (id, told) = self.begin_payment(payment, call);
        let lock = Lock {
            request: request.id.clone(),
            payment: id.to_vec(),
        };
        (lock, told)
    }

    /// Records that a bank's quote is taken and not yet paid.
    pub(super) fn wait_for_price(
        &mut self,
        request: &Request,
        award: Award,
        (lock, claims): (&Lock, Vec<ClaimReference>),
    ) -> Happened {
        for claim in &claims {
            let key = key_of(claim);
            self.claim_mut(&key).encumbrance = under(Kind::Locked(lock.clone()));
        }
        let id = Id::try_from(request.id.as_slice()).expect("an id");
        let quote = self.quote_mut(&id, &award.bank);
        quote.set_state(QuoteState::Taken);
        quote.award = Some(award.clone());
        quote.payment.clone_from(&lock.payment);
        quote.claims.clone_from(&claims);
        let told = [request.seller.clone(), award.bank.clone()];
        let taken = QuoteTaken {
            request: request.id.clone(),
            award: Some(award),
            payment: lock.payment.clone(),
            claims,
        };
        financing(told, event::Event::QuoteTaken(taken))
    }

    /// What waited for a payment passes to the bank, or is the seller's again.
    pub(in crate::model) fn close_price(
        &mut self,
        payment: &Payment,
        call: &Call,
    ) -> Vec<Happened> {
        let id = Id::try_from(payment.request.as_slice()).expect("an id");
        let (request, bank) = (self.requests[&id].clone(), payment.payer.clone());
        let quote = self.quotes[&(id, bank.clone())].clone();
        let waits = |claim: &&ClaimReference| match encumbrance(&self.claims[&key_of(claim)]) {
            Some(Kind::Locked(lock)) => lock.payment == payment.id,
            _ => false,
        };
        let claims: Vec<ClaimReference> = quote.claims.iter().filter(waits).cloned().collect();
        let told = [request.seller.clone(), bank.clone()];
        if payment.state() != PaymentState::Confirmed {
            for claim in &claims {
                self.free(&key_of(claim));
            }
            self.quote_mut(&id, &bank).set_state(QuoteState::Failed);
            let failed = QuoteFailed {
                request: id.to_vec(),
                bank,
                proceeds: payment.amount.clone(),
            };
            return vec![financing(told, event::Event::QuoteFailed(failed))];
        }
        let mut award = quote.award.expect("it was taken");
        let mut happened = Vec::new();
        let mut passed = claims.clone();
        if is_loan(&request) {
            award.loan = tagged_hash("counterfoil/loan-id/v1", &[&id]).to_vec();
            let terms = quote.terms.expect("it was revealed");
            let paid_on = payment.assertion.as_ref().expect("confirmed").value_date;
            let due = request.claims.iter().map(|c| day_of(&c.adjusted_due_date));
            let due = due.max().expect("a claim");
            (happened, passed) = self.lend(&id, &award, &terms, (claims, day_of(&paid_on), due));
        } else {
            let left = claims
                .iter()
                .map(|c| self.claims[&key_of(c)].outstanding_minor);
            let left: Vec<u64> = left.collect();
            let terms = recourse_of(quote.terms.as_ref().expect("it was revealed"));
            for (claim, terms) in claims.iter().zip(by_part(terms, &left)) {
                let how = (Purpose::Sale, terms);
                happened.push(self.endorse_for(&key_of(claim), &bank, how, &id, call));
            }
        }
        let quote = self.quote_mut(&id, &bank);
        quote.set_state(QuoteState::Awarded);
        quote.award = Some(award.clone());
        let awarded = RequestAwarded {
            request: id.to_vec(),
            seller: request.seller,
            award: Some(award),
            claims: passed,
        };
        happened.push(financing(told, event::Event::Awarded(awarded)));
        happened
    }

    /// By bank, those who will say that they were paid.
    pub(super) fn confirmers_of_prices<'a>(
        &self,
        request: &Request,
        quotes: impl Iterator<Item = (&'a str, &'a QuoteTerms)>,
    ) -> Result<BTreeMap<String, String>, Rejected> {
        let outside = quotes.filter(|(_, terms)| is_outside(terms));
        outside
            .map(|(bank, terms)| {
                let confirmer = self.confirmer_of_price(request, bank, terms)?;
                Ok((bank.to_owned(), confirmer))
            })
            .collect()
    }
}

fn key_of(claim: &ClaimReference) -> ClaimKey {
    let receivable = Id::try_from(claim.receivable.as_slice()).expect("an id");
    (receivable, claim.number)
}
