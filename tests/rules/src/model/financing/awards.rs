//! The seller takes a quote: claims and cash change hands at once.

use std::collections::BTreeMap;

use counterfoil_proto::financing::v1::{
    Award, AwardRequest, ClaimReference, Loan, LoanOpened, LoanState, QuoteState, QuoteTerms,
    RejectionCode as Code, RequestAwarded, RequestState, RequestedClaim, Schedule, event,
};
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Kind;
use counterfoil_proto::receivable::v1::event::Event as ClaimEvent;
use counterfoil_proto::receivable::v1::{ClaimPledged, Pledge, Purpose, Rank};
use counterfoil_proto::v1::Accrual;

use super::super::arithmetic::{date, half_even};
use super::super::cash::Payment;
use super::super::claims::{MAX_LIVE_CLAIMS, day_of, receivable, under};
use super::super::supervision::key;
use super::super::undertakings::{Terms, by_part};
use super::outside::is_outside;
use super::parts::meets;
use super::quotes::leaves_something;
use super::{Costing, REVEAL_DAYS, costing, currency, ensure_open, financing, is_loan};
use crate::model::{Call, Happened, Id, Model, Rejected, ensure, tagged_hash};

pub(super) fn recourse_of(terms: &QuoteTerms) -> Terms {
    (terms.recourse(), terms.recourse_limit)
}

impl Model {
    pub(in crate::model) fn award(
        &mut self,
        call: &Call,
        action: &AwardRequest,
    ) -> Result<Vec<Happened>, Rejected> {
        let today = self.clock.day(call.time_ms);
        let (id, terms, pay_on) = self.awarded_quote(call, action, today)?;
        let request = self.requests[&id].clone();
        let costing = costing(&request, &terms, pay_on);
        let of_claim =
            |claim: &RequestedClaim| Id::try_from(claim.receivable.as_slice()).expect("an id");
        for claim in &request.claims {
            let id = of_claim(claim);
            ensure(!self.is_held(&id), Code::PaymentUnderWay)?;
            self.ensure_claim_free(call, &self.claims[&(id, claim.number)])?;
        }
        self.ensure_room(&request, &costing.parts)?;
        let bank = action.bank.as_str();
        let mut records = Model::quote_records(&id, bank);
        records.push(key("financing/request", &[&id]));
        self.ensure_free(call, &records)?;
        let quoted = self.quoted(&request, bank, &terms);
        let more: Vec<(&str, &str, u64)> = quoted
            .iter()
            .map(|(line, minor)| (bank, line.1.as_str(), *minor))
            .collect();
        self.may_fund(call, &request, &[(bank, &terms)], &more)?;
        let amount = terms
            .amount
            .clone()
            .expect("a revealed quote has an amount");
        let taken = costing.fees + if is_loan(&request) { 0 } else { costing.cost };
        let proceeds = amount.minor - u64::try_from(taken).expect("less than the amount");
        let mut award = Award {
            bank: bank.to_owned(),
            amount: Some(amount),
            cost_minor: u64::try_from(costing.cost).expect("less than the amount"),
            fees_minor: u64::try_from(costing.fees).expect("less than the amount"),
            proceeds_minor: proceeds,
            annual_cost_ppm: annual_cost(&costing, proceeds),
            awarded_on: Some(date(today)),
            loan: Vec::new(),
        };
        if is_outside(&terms) {
            let confirmer = self.confirmer_of_price(&request, bank, &terms)?;

            let paid = (&terms, confirmer, pay_on);
            let (lock, told) = self.owe_price(&request, &award, paid, call);
            let mut happened = vec![told];
            let (divided, claims) = self.part_with(&id, &costing.parts, None, call);
            happened.extend(divided);
            happened.push(self.wait_for_price(&request, award, (&lock, claims)));
            let closed = self.close_quotes(&id, today);
            let request = self.requests.get_mut(&id).expect("found above");
            request.set_state(RequestState::Awarded);
            happened.extend(closed);
            return Ok(happened);
        }
        let payment = Payment {
            payer: bank,
            issuer: &terms.issuer,
            currency: currency(&request),
            instructed: proceeds,
            legs: [(request.seller.clone(), proceeds)].into(),
            end_to_end_id: &terms.end_to_end_id,
        };
        self.ensure_spendable(call, bank, &terms.issuer, currency(&request))?;
        ensure(self.can_pay(&payment), Code::NotEnoughDeposits)?;
        self.ensure_all_taken(call, &payment, (Code::IssuerNotTaken, Code::CapExceeded))?;

        // The reveal used up the name of this payment.
        let mut happened = self.pass_on(payment);
        let (passed, claims) = if is_loan(&request) {
            award.loan = tagged_hash("counterfoil/loan-id/v1", &[&id]).to_vec();
            let claims = request.claims.iter().map(|claim| ClaimReference {
                receivable: claim.receivable.clone(),
                number: claim.number,
            });
            self.lend(&id, &award, &terms, (claims.collect(), today, costing.due))
        } else {
            let undertaken = by_part(recourse_of(&terms), &costing.parts);
            let to = Some((bank, undertaken.as_slice()));
            self.part_with(&id, &costing.parts, to, call)
        };
        happened.extend(passed);
        self.quote_mut(&id, bank).set_state(QuoteState::Awarded);
        let closed = self.close_quotes(&id, today);
        let request = self.requests.get_mut(&id).expect("found above");
        request.set_state(RequestState::Awarded);
        request.award = Some(award.clone());
        let awarded = RequestAwarded {
            request: id.to_vec(),
            seller: request.seller.clone(),
            award: Some(award),
            claims,
        };
        let told = [request.seller.clone(), bank.to_owned()];
        happened.push(financing(told, event::Event::Awarded(awarded)));
        happened.extend(closed);
        Ok(happened)
    }

    /// The quote that is taken, where it may be taken today, and the day on which its bank pays.
    fn awarded_quote(
        &self,
        call: &Call,
        action: &AwardRequest,
        today: i64,
    ) -> Result<(Id, QuoteTerms, i64), Rejected> {
        let id = self.ripe(call, &action.request, today)?;
        let terms = self.taken_quote(&id, &action.bank, today)?;
        let request = &self.requests[&id];
        let amount = terms.amount.as_ref().expect("an amount").minor;
        ensure(meets(request, amount), Code::ConditionNotMet)?;
        let pay_on = self.pay_day(request, &[&terms], &action.pay_on, today)?;
        ensure(
            leaves_something(request, &terms, pay_on),
            Code::NetNotPositive,
        )?;
        Ok((id, terms, pay_on))
    }

    /// A request of the caller's that may be awarded today.
    pub(super) fn ripe(&self, call: &Call, request: &[u8], today: i64) -> Result<Id, Rejected> {
        let (id, request) = self.request(request)?;
        ensure(request.seller == call.organization, Code::NotTheSeller)?;
        ensure_open(request)?;
        let agreed = day_of(&request.deadline);
        let deadline = self.put_off(request, agreed, today);
        let until = self.put_off(request, agreed + REVEAL_DAYS, today);
        let all_revealed = request.revealed as usize == request.quoting.len();
        ensure(
            today > until || (today > deadline && all_revealed),
            Code::TooEarly,
        )?;
        let last = self.put_off(request, day_of(&request.expires_on), today);
        ensure(today <= last, Code::RequestExpired)?;
        Ok(id)
    }

    /// What a bank has revealed, where it still stands.
    pub(super) fn taken_quote(
        &self,
        id: &Id,
        bank: &str,
        today: i64,
    ) -> Result<QuoteTerms, Rejected> {
        let quote = self
            .quotes
            .get(&(*id, bank.to_owned()))
            .filter(|quote| quote.state() == QuoteState::Revealed)
            .ok_or(Rejected::with(Code::NoQuote))?;
        let terms = quote.terms.clone().expect("a revealed quote has terms");
        let last = self.quote_stands_until(&self.requests[id], bank, &terms, today);
        ensure(today <= last, Code::QuoteExpired)?;
        Ok(terms)
    }

    /// Every claim that is sold in part becomes two.
    fn ensure_room(
        &self,
        request: &counterfoil_proto::financing::v1::Request,
        parts: &[u64],
    ) -> Result<(), Rejected> {
        let mut split: BTreeMap<Id, usize> = BTreeMap::new();
        for (claim, part) in request.claims.iter().zip(parts) {
            if (1..claim.outstanding_minor).contains(part) {
                let receivable = Id::try_from(claim.receivable.as_slice()).expect("an id");
                *split.entry(receivable).or_default() += 1;
            }
        }
        let fits = split.iter().all(|(receivable, claims)| {
            self.live_claims_after(receivable, *claims, 2 * claims) <= MAX_LIVE_CLAIMS
        });
        ensure(fits, Code::TooManyClaims)
    }

    /// Divides what is sold in part, and frees what is not. Says which claims are to pass, of a loan all of them, and passes
    /// them where it is known to whom.
    fn part_with(
        &mut self,
        id: &Id,
        parts: &[u64],
        to: Option<(&str, &[Terms])>,
        call: &Call,
    ) -> (Vec<Happened>, Vec<ClaimReference>) {
        let today = self.clock.day(call.time_ms);
        let (mut happened, mut passing) = (Vec::new(), Vec::new());
        for (at, claim) in self.requests[id].claims.clone().iter().enumerate() {
            let receivable = Id::try_from(claim.receivable.as_slice()).expect("an id");
            let mut key = (receivable, claim.number);
            let part = parts.get(at).copied().unwrap_or(claim.outstanding_minor);
            self.free(&key);
            let rest = claim.outstanding_minor - part;
            if part == 0 {
                continue;
            }
            if rest > 0 {
                let parts = [(part, claim.rank()), (rest, Rank::Retained)];
                let (numbers, split) = self.divide(&key, &parts, today);
                happened.push(split);
                key.1 = numbers[0];
            }
            if let Some((bank, undertaken)) = to {
                let how = (Purpose::Sale, undertaken[at]);
                happened.push(self.endorse_for(&key, bank, how, id, call));
            }
            passing.push(ClaimReference {
                receivable: claim.receivable.clone(),
                number: key.1,
            });
        }
        (happened, passing)
    }

    /// A loan on claims, from one day to another.
    pub(super) fn lend(
        &mut self,
        id: &Id,
        award: &Award,
        terms: &QuoteTerms,
        (claims, from, due): (Vec<ClaimReference>, i64, i64),
    ) -> (Vec<Happened>, Vec<ClaimReference>) {
        let request = self.requests[id].clone();
        let mut happened = Vec::new();
        for claim in &claims {
            let id = Id::try_from(claim.receivable.as_slice()).expect("an id");
            self.claim_mut(&(id, claim.number)).encumbrance = under(Kind::Pledged(Pledge {
                loan: award.loan.clone(),
                pledgee: award.bank.clone(),
            }));
            let pledged = ClaimPledged {
                receivable: claim.receivable.clone(),
                number: claim.number,
                controller: request.seller.clone(),
                pledgee: award.bank.clone(),
                loan: award.loan.clone(),
            };
            let debtor = self.receivables[&id].debtor.clone();
            let concerned = [request.seller.clone(), award.bank.clone(), debtor];
            happened.push(receivable(concerned, ClaimEvent::Pledged(pledged)));
        }
        let from = Some(date(from));
        let loan = Loan {
            id: award.loan.clone(),
            request: id.to_vec(),
            lender: award.bank.clone(),
            borrower: request.seller.clone(),
            principal: award.amount.clone(),
            outstanding_minor: award.amount.as_ref().expect("an amount").minor,
            rate_ppm: terms.rate_ppm,
            day_count: terms.day_count,
            schedule: match terms.schedule() {
                Schedule::Unspecified => Schedule::Bullet.into(),
                named => named.into(),
            },
            opened_on: from,
            due_date: Some(date(due)),
            interest: Some(Accrual {
                to: from,
                ..Accrual::default()
            }),
            interest_paid_minor: 0,
            collateral: claims.clone(),
            state: LoanState::Open.into(),
            repaid_on: None,
            issuer: terms.issuer.clone(),
            grace_days: terms.loan_grace_days,
            plan_principal_minor: award.amount.as_ref().expect("an amount").minor,
            plan_from: from,
            defaulted_on: None,
        };
        let opened = LoanOpened {
            loan: loan.id.clone(),
            request: id.to_vec(),
            lender: loan.lender.clone(),
            borrower: loan.borrower.clone(),
            principal: loan.principal.clone(),
            rate_ppm: loan.rate_ppm,
            due_date: loan.due_date,
        };
        let concerned = [loan.lender.clone(), loan.borrower.clone()];
        happened.push(financing(concerned, event::Event::LoanOpened(opened)));
        let loan_id = Id::try_from(loan.id.as_slice()).expect("an id");
        self.loans.insert(loan_id, loan);
        (happened, claims)
    }
}

pub(super) fn annual_cost(costing: &Costing, proceeds: u64) -> u32 {
    let yearly = (costing.cost + costing.fees) * 365 * 1_000_000;
    let ppm = half_even(yearly, u128::from(proceeds) * costing.days);
    u32::try_from(ppm).unwrap_or(u32::MAX)
}
