//! What banks have outstanding, summed up anew from all records whenever it is asked for.

use std::collections::BTreeMap;

use counterfoil_proto::financing::v1::{
    Limit, LimitSet, LoanState, QuoteState, QuoteTerms, RejectionCode as Code, Request,
    Reservation, SetLimit, event,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Kind;
use counterfoil_proto::v1::Date;

use super::super::arithmetic::{MAX_MINOR, pro_rata};
use super::super::claims::encumbrance;
use super::{financing, is_loan};
use crate::model::{Call, Happened, Id, Model, Rejected, ensure};

const MAX_RESERVATIONS: usize = 256;
const LAST_DATE: Option<Date> = Some(Date {
    year: 2199,
    month: 12,
    day: 31,
});

/// Grantor, subject and currency.
pub type Line = (String, String, String);

/// What counts in a line.
#[derive(Clone, Debug, Default)]
pub struct Exposure {
    pub used: u128,
    /// By request.
    pub reserved: BTreeMap<Vec<u8>, Reservation>,
}

impl Model {
    /// All exposures of all banks.
    pub fn exposures(&self) -> BTreeMap<Line, Exposure> {
        let mut lines: BTreeMap<Line, Exposure> = BTreeMap::new();
        for claim in self.claims.values() {
            let pledged = matches!(encumbrance(claim), Some(Kind::Pledged(_)));
            if self.is_bank(&claim.controller) && !pledged && claim.outstanding_minor > 0 {
                let receivable = &self.receivables[claim.receivable.as_slice()];
                let currency = receivable.face.as_ref().expect("a face").currency.clone();
                let line = (
                    claim.controller.clone(),
                    receivable.debtor.clone(),
                    currency,
                );
                lines.entry(line).or_default().used += u128::from(claim.outstanding_minor);
            }
        }
        for loan in self.loans.values() {
            if loan.state() != LoanState::Repaid {
                let currency = loan
                    .principal
                    .as_ref()
                    .expect("a principal")
                    .currency
                    .clone();
                let line = (loan.lender.clone(), loan.borrower.clone(), currency);
                lines.entry(line).or_default().used += u128::from(loan.outstanding_minor);
            }
        }
        for quote in self.quotes.values() {
            if ![QuoteState::Revealed, QuoteState::Taken].contains(&quote.state()) {
                continue;
            }
            let request = &self.requests[quote.request.as_slice()];
            let mut terms = quote.terms.clone().expect("a revealed quote has terms");
            if let Some(award) = &quote.award {
                // So much is taken, and waits however long for its payment.
                terms.amount.clone_from(&award.amount);
                terms.expires_on = LAST_DATE;
            }
            for (line, minor) in self.quoted(request, &quote.bank, &terms) {
                let reservation = Reservation {
                    request: quote.request.clone(),
                    minor,
                    expires_on: terms.expires_on,
                };
                let reserved = &mut lines.entry(line).or_default().reserved;
                reserved.insert(quote.request.clone(), reservation);
            }
        }
        lines
    }

    /// The limits as they should stand on the ledger, but for those that say nothing.
    pub fn limits(&self) -> BTreeMap<Line, Limit> {
        let mut lines = self.exposures();
        for line in self.caps.keys() {
            lines.entry(line.clone()).or_default();
        }
        let record = |(line, exposure): (Line, Exposure)| {
            let limit = Limit {
                grantor: line.0.clone(),
                subject: line.1.clone(),
                currency: line.2.clone(),
                cap_minor: self.caps.get(&line).copied(),
                used_minor: u64::try_from(exposure.used % (1 << 64)).expect("the low half"),
                used_high: u64::try_from(exposure.used / (1 << 64)).expect("the high half"),
                reserved: exposure.reserved.into_values().collect(),
            };
            (line, limit)
        };
        lines.into_iter().map(record).collect()
    }

    /// What a quote would add: with each debtor of what is sold, or with the borrower.
    pub fn quoted(&self, request: &Request, bank: &str, terms: &QuoteTerms) -> BTreeMap<Line, u64> {
        let amount = terms.amount.clone().expect("an amount");
        let mut sums: BTreeMap<Line, u64> = BTreeMap::new();
        let mut add = |subject: &str, minor: u64| {
            let line = (bank.to_owned(), subject.to_owned(), amount.currency.clone());
            *sums.entry(line).or_default() += minor;
        };
        if is_loan(request) {
            add(&request.seller, amount.minor);
        } else {
            let weights: Vec<u64> = request.claims.iter().map(|c| c.outstanding_minor).collect();
            for (claim, part) in request.claims.iter().zip(pro_rata(amount.minor, &weights)) {
                add(&self.receivables[claim.receivable.as_slice()].debtor, part);
            }
        }
        sums.retain(|_, minor| *minor > 0);
        sums
    }

    /// Whether so much more fits in a bank's limit.
    pub fn fits(&self, line: &Line, minor: u64, today: i64) -> bool {
        let Some(cap) = self.caps.get(line) else {
            return true;
        };
        let used = self
            .exposures()
            .get(line)
            .map_or(0, |exposure| self.counts(&line.0, exposure, today));
        used + u128::from(minor) <= u128::from(*cap)
    }

    /// What counts on a day: what is outstanding, and what quotes of the bank reserve that still stand.
    fn counts(&self, bank: &str, exposure: &Exposure, today: i64) -> u128 {
        let stands = |reserved: &&Reservation| {
            let id = Id::try_from(reserved.request.as_slice()).expect("an id");
            let quote = &self.quotes[&(id, bank.to_owned())];
            let terms = quote.terms.as_ref().expect("a revealed quote has terms");
            today <= self.quote_stands_until(&self.requests[&id], bank, terms, today)
        };
        let standing = exposure.reserved.values().filter(stands);
        exposure.used + standing.map(|r| u128::from(r.minor)).sum::<u128>()
    }

    pub(super) fn reservable(
        &self,
        request: &Request,
        bank: &str,
        terms: &QuoteTerms,
        today: i64,
    ) -> bool {
        let exposures = self.exposures();
        let quoted = self.quoted(request, bank, terms);
        quoted.iter().all(|(line, minor)| {
            let reserved = exposures
                .get(line)
                .map_or(0, |exposure| exposure.reserved.len());
            reserved < MAX_RESERVATIONS && self.fits(line, *minor, today)
        })
    }

    pub(in crate::model) fn set_limit(
        &mut self,
        call: &Call,
        action: &SetLimit,
    ) -> Result<Vec<Happened>, Rejected> {
        let (grantor, subject) = (call.organization, action.subject.as_str());
        ensure(self.has_role(grantor, Role::Bank), Code::WrongRole)?;
        let roles = [Role::CoreEnterprise, Role::Supplier];
        ensure(
            // What a bank has outstanding with the suspended it may still bound.
            subject != grantor
                && roles
                    .iter()
                    .any(|role| self.was_admitted_as(subject, *role)),
            Code::InvalidSubject,
        )?;
        let cap = action.cap.clone().unwrap_or_default();
        ensure(self.currencies.contains(&cap.currency), Code::WrongCurrency)?;
        ensure(cap.minor <= MAX_MINOR, Code::InvalidAmount)?;
        let line = (grantor.to_owned(), subject.to_owned(), cap.currency);
        self.caps.insert(line, cap.minor);
        let set = LimitSet {
            grantor: grantor.to_owned(),
            subject: subject.to_owned(),
            cap: action.cap.clone(),
        };
        Ok(vec![financing([grantor], event::Event::LimitSet(set))])
    }
}
