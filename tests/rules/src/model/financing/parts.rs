//! An award in parts: several banks, each with its share of the claims for its own cash.

use std::collections::BTreeMap;

use counterfoil_proto::financing::v1::{
    Award, AwardParts, ClaimReference, QuoteFailed, QuoteState, QuoteTerms, RejectionCode as Code,
    Request, RequestAwarded, RequestState, event,
};
use counterfoil_proto::receivable::v1::{Lock, Purpose, Rank};

use super::super::arithmetic::{date, interest, pro_rata};
use super::super::cash::Payment;
use super::super::claims::{MAX_LIVE_CLAIMS, day_of};
use super::super::supervision::key;
use super::super::undertakings::by_part;
use super::awards::{annual_cost, recourse_of};
use super::outside::is_outside;
use super::{Costing, amount_fits, average_days, currency, financing, is_loan, money, outstanding};
use crate::model::{Call, Happened, Id, Model, Rejected, ensure};

const MAX_PARTS: usize = 16;

/// A bank's share, with what it comes to.
struct Share {
    bank: String,
    amount: u64,
    terms: QuoteTerms,
    costing: Costing,
    paid: bool,
    /// What its claims wait for, where its bank pays outside the ledger.
    lock: Option<Lock>,
}

impl Share {
    fn proceeds(&self) -> u64 {
        let taken = self.costing.cost + self.costing.fees;
        self.amount - u64::try_from(taken).expect("less than the amount")
    }

    fn award(&self, request: &Request, today: i64) -> Award {
        Award {
            bank: self.bank.clone(),
            amount: money(self.amount, currency(request)),
            cost_minor: u64::try_from(self.costing.cost).expect("less than the amount"),
            fees_minor: u64::try_from(self.costing.fees).expect("less than the amount"),
            proceeds_minor: self.proceeds(),
            annual_cost_ppm: annual_cost(&self.costing, self.proceeds()),
            awarded_on: Some(date(today)),
            loan: Vec::new(),
        }
    }

    fn payment<'a>(&'a self, request: &'a Request) -> Payment<'a> {
        Payment {
            payer: &self.bank,
            issuer: &self.terms.issuer,
            currency: currency(request),
            instructed: self.proceeds(),
            legs: [(request.seller.clone(), self.proceeds())].into(),
            end_to_end_id: &self.terms.end_to_end_id,
        }
    }
}

/// Whether so much is what the seller asked for.
pub(super) fn meets(request: &Request, minor: u64) -> bool {
    let asked = request.amount.as_ref().expect("an amount").minor;
    minor >= request.minimum_minor && (!request.all_or_none || minor == asked)
}

/// What is sold of each claim when a sum is taken off what is left of them.
fn take(left: &mut [u64], amount: u64) -> Vec<u64> {
    let taken = pro_rata(amount, left);
    left.iter_mut()
        .zip(&taken)
        .for_each(|(left, taken)| *left -= taken);
    taken
}

/// Costs what is sold of each claim under a quote.
pub(super) fn costing(
    request: &Request,
    terms: &QuoteTerms,
    parts: Vec<u64>,
    today: i64,
) -> Costing {
    let dues = request.claims.iter().map(|c| day_of(&c.adjusted_due_date));
    let sold = || parts.iter().zip(dues.clone());
    let of = |part: u64, due| interest(part, terms.rate_ppm, terms.day_count(), today, due);
    let amount: u128 = parts.iter().map(|part| u128::from(*part)).sum();
    let weighted = sold().map(|(part, due)| i128::from(*part) * i128::from(due - today));
    Costing {
        cost: sold().map(|(part, due)| of(*part, due)).sum(),
        fees: terms
            .fees
            .iter()
            .map(|fee| u128::from(fee.amount_minor))
            .sum(),
        days: average_days(weighted.sum(), amount),
        due: dues.clone().max().expect("a claim"),
        parts,
    }
}

impl Model {
    pub(in crate::model) fn award_parts(
        &mut self,
        call: &Call,
        action: &AwardParts,
    ) -> Result<Vec<Happened>, Rejected> {
        let today = self.clock.day(call.time_ms);
        let id = self.ripe(call, &action.request, today)?;
        let request = self.requests[&id].clone();
        let parts = &action.parts;
        let sum: u128 = parts.iter().map(|part| u128::from(part.amount_minor)).sum();
        let all_senior = request.claims.iter().all(|c| c.rank() == Rank::Senior);
        let sum = u64::try_from(sum).unwrap_or(u64::MAX);
        ensure(
            !is_loan(&request)
                && (2..=MAX_PARTS).contains(&parts.len())
                && parts.windows(2).all(|pair| pair[0].bank < pair[1].bank)
                && parts.iter().all(|part| part.amount_minor > 0)
                && amount_fits(request.technique(), sum, outstanding(&request), all_senior),
            Code::InvalidAward,
        )?;
        let mut quoted = Vec::new();
        for part in parts {
            let terms = self.taken_quote(&id, &part.bank, today)?;
            let whole = terms.amount.as_ref().expect("an amount").minor;
            let divisible = terms.smallest_part_minor > 0
                && (terms.smallest_part_minor..=whole).contains(&part.amount_minor);
            ensure(
                divisible || part.amount_minor == whole,
                Code::PartNotOffered,
            )?;
            quoted.push(terms);
        }
        ensure(meets(&request, sum), Code::ConditionNotMet)?;
        let taken: Vec<&QuoteTerms> = quoted.iter().collect();
        let pay_on = self.pay_day(&request, &taken, &action.pay_on, today)?;
        let mut left: Vec<u64> = request.claims.iter().map(|c| c.outstanding_minor).collect();
        let mut shares = Vec::new();
        for (part, terms) in parts.iter().zip(quoted) {
            let taken = take(&mut left, part.amount_minor);
            let on = if is_outside(&terms) { pay_on } else { today };
            let costing = costing(&request, &terms, taken, on);
            ensure(
                u128::from(part.amount_minor) > costing.cost + costing.fees,
                Code::NetNotPositive,
            )?;
            shares.push(Share {
                bank: part.bank.clone(),
                amount: part.amount_minor,
                terms,
                costing,
                paid: false,
                lock: None,
            });
        }
        for claim in &request.claims {
            let id = Id::try_from(claim.receivable.as_slice()).expect("an id");
            ensure(!self.is_held(&id), Code::PaymentUnderWay)?;
            self.ensure_claim_free(call, &self.claims[&(id, claim.number)])?;
        }
        self.ensure_room_among(&request, &shares, &left)?;
        for share in &shares {
            let mut records = Model::quote_records(&id, &share.bank);
            records.push(key("financing/request", &[&id]));
            self.ensure_free(call, &records)?;
            if !is_outside(&share.terms) {
                let issuer = &share.terms.issuer;
                self.ensure_spendable(call, &share.bank, issuer, currency(&request))?;
            }
        }
        let mut more = Vec::new();
        for share in &shares {
            for (claim, part) in request.claims.iter().zip(&share.costing.parts) {
                let debtor = &self.receivables[claim.receivable.as_slice()].debtor;
                more.push((share.bank.as_str(), debtor.as_str(), *part));
            }
        }
        let quotes = shares
            .iter()
            .map(|share| (share.bank.as_str(), &share.terms));
        let quotes: Vec<(&str, &QuoteTerms)> = quotes.collect();
        self.may_fund(call, &request, &quotes, &more)?;
        let quotes = shares.iter().map(|s| (s.bank.as_str(), &s.terms));
        let mut confirmers = self.confirmers_of_prices(&request, quotes)?;
        let mut received: BTreeMap<String, u64> = BTreeMap::new();
        for share in &mut shares {
            if is_outside(&share.terms) || !self.can_pay(&share.payment(&request)) {
                continue;
            }
            share.paid = true;
            // The seller takes so much of one bank's deposits in all.
            let all = received.entry(share.terms.issuer.clone()).or_default();
            *all += share.proceeds();
            let mut payment = share.payment(&request);
            payment.legs.insert(request.seller.clone(), *all);
            self.ensure_all_taken(call, &payment, (Code::IssuerNotTaken, Code::CapExceeded))?;
        }
        let counts = |share: &&Share| share.paid || is_outside(&share.terms);
        let paid: u64 = shares.iter().filter(counts).map(|s| s.amount).sum();
        let all = shares.iter().filter(counts).count() == shares.len();
        ensure(
            paid > 0 && paid >= request.minimum_minor && (all || !request.all_or_none),
            Code::NotEnoughDeposits,
        )?;

        let mut happened = Vec::new();
        for share in &mut shares {
            if share.paid {
                happened.extend(self.pass_on(share.payment(&request)));
            } else if let Some(confirmer) = confirmers.remove(&share.bank) {
                let award = share.award(&request, today);
                let paid = (&share.terms, confirmer, pay_on);
                let (lock, told) = self.owe_price(&request, &award, paid, call);
                happened.push(told);
                share.lock = Some(lock);
            }
        }
        let (passed, claims) = self.divide_among(&request, &shares, &left, call);
        happened.extend(passed);
        happened.extend(self.record_parts(&id, &shares, claims, today));
        happened.extend(self.close_quotes(&id, today));
        Ok(happened)
    }

    fn ensure_room_among(
        &self,
        request: &Request,
        shares: &[Share],
        left: &[u64],
    ) -> Result<(), Rejected> {
        let mut more: BTreeMap<Id, usize> = BTreeMap::new();
        for (at, claim) in request.claims.iter().enumerate() {
            let taken = shares.iter().filter(|share| share.costing.parts[at] > 0);
            let pieces = taken.count() + usize::from(left[at] > 0);
            let receivable = Id::try_from(claim.receivable.as_slice()).expect("an id");
            *more.entry(receivable).or_default() += pieces - 1;
        }
        let fits = more.iter().all(|(receivable, more)| {
            self.live_claims_after(receivable, 0, *more) <= MAX_LIVE_CLAIMS
        });
        ensure(fits, Code::TooManyClaims)
    }

    /// Divides the claims, and says which of them each bank has, or would have had.
    fn divide_among(
        &mut self,
        request: &Request,
        shares: &[Share],
        left: &[u64],
        call: &Call,
    ) -> (Vec<Happened>, Vec<Vec<ClaimReference>>) {
        let today = self.clock.day(call.time_ms);
        let mut happened = Vec::new();
        let mut claims = vec![Vec::new(); shares.len()];
        let undertaken: Vec<_> = shares
            .iter()
            .map(|share| by_part(recourse_of(&share.terms), &share.costing.parts))
            .collect();
        for (at, claim) in request.claims.iter().enumerate() {
            let receivable = Id::try_from(claim.receivable.as_slice()).expect("an id");
            let key = (receivable, claim.number);
            self.free(&key);
            let mut pieces: Vec<(u64, Rank)> = Vec::new();
            let mut owners = Vec::new();
            for (n, share) in shares.iter().enumerate() {
                if share.costing.parts[at] > 0 {
                    pieces.push((share.costing.parts[at], claim.rank()));
                    owners.push(n);
                }
            }
            if left[at] > 0 {
                pieces.push((left[at], Rank::Retained));
            }
            if owners.is_empty() {
                continue;
            }
            let mut numbers = vec![claim.number];
            if pieces.len() > 1 {
                let (made, split) = self.divide(&key, &pieces, today);
                happened.push(split);
                numbers = made;
            }
            for (n, number) in owners.into_iter().zip(numbers) {
                if shares[n].paid {
                    let key = (receivable, number);
                    let how = (Purpose::Sale, undertaken[n][at]);
                    happened.push(self.endorse_for(&key, &shares[n].bank, how, &request.id, call));
                }
                claims[n].push(ClaimReference {
                    receivable: claim.receivable.clone(),
                    number,
                });
            }
        }
        (happened, claims)
    }

    fn record_parts(
        &mut self,
        id: &Id,
        shares: &[Share],
        claims: Vec<Vec<ClaimReference>>,
        today: i64,
    ) -> Vec<Happened> {
        let request = self.requests.get_mut(id).expect("found above");
        request.set_state(RequestState::Awarded);
        let request = request.clone();
        let (mut awarded, mut failed) = (Vec::new(), Vec::new());
        for (share, claims) in shares.iter().zip(claims) {
            let award = share.award(&request, today);
            if let Some(lock) = &share.lock {
                awarded.push(self.wait_for_price(&request, award, (lock, claims)));
                continue;
            }
            let quote = self.quote_mut(id, &share.bank);
            quote.award = Some(award.clone());
            let told = [request.seller.clone(), share.bank.clone()];
            if share.paid {
                quote.set_state(QuoteState::Awarded);
                let event = RequestAwarded {
                    request: id.to_vec(),
                    seller: request.seller.clone(),
                    award: Some(award),
                    claims,
                };
                awarded.push(financing(told, event::Event::Awarded(event)));
            } else {
                quote.set_state(QuoteState::Failed);
                let event = QuoteFailed {
                    request: id.to_vec(),
                    bank: share.bank.clone(),
                    proceeds: money(share.proceeds(), currency(&request)),
                };
                failed.push(financing(told, event::Event::QuoteFailed(event)));
            }
        }
        awarded.extend(failed);
        awarded
    }
}
