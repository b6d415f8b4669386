//! The debtor's payments, and reports of what is not paid (specification 6.4, 6.5).

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::financing::v1::{ClaimReference, RequestState};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Kind;
use counterfoil_proto::receivable::v1::event::Event as ClaimEvent;
use counterfoil_proto::receivable::v1::{Claim, OfferOvertaken, Rank, Receivable, ReceivableState};
use counterfoil_proto::settlement::v1::{
    ClaimPaid, Event, ReceivableDefaulted, ReceivableOverdue, ReceivablePaid,
    RejectionCode as Code, ReportDefault, ReportOverdue, SettleReceivable, Share, event,
};
use counterfoil_proto::v1::{Accrual, Money};

use super::arithmetic::{MAX_MINOR, date, pro_rata};
use super::cash::{Payment, is_end_to_end_id};
use super::claims::{day_of, encumbrance, receivable as claim_event};
use super::{Call, Happened, Id, Model, Rejected, ensure, ensure_first};

/// What is owed on a claim on a day.
#[derive(Clone, Debug)]
pub struct Debt {
    pub number: u32,
    pub rank: Rank,
    pub principal: u64,
    /// None until the due date has passed.
    pub accrued: Option<Accrual>,
}

impl Debt {
    pub fn penalty(&self) -> u64 {
        self.accrued.map_or(0, |accrued| accrued.minor)
    }
}

/// What a payment brings each claim: principal and penalty, in the order of the debts.
struct Paid {
    claims: Vec<(u64, u64)>,
    refund: u64,
}

/// What one claim brings of a payment.
struct Payout {
    share: Share,
    /// Where the claim is pledged.
    lender: Option<ToLender>,
}

struct ToLender {
    loan: Id,
    name: String,
    minor: u64,
}

impl Payout {
    fn to_lender(&self) -> u64 {
        self.lender.as_ref().map_or(0, |lender| lender.minor)
    }
}

/// Puts a payment towards debts: principal before penalty, senior claims before retained ones.
fn distribute(amount: u64, debts: &[Debt]) -> Paid {
    let mut rest = amount;
    let mut claims = vec![(0, 0); debts.len()];
    for rank in [Rank::Senior, Rank::Retained] {
        for of_penalty in [false, true] {
            let owed = |debt: &Debt| match (debt.rank == rank, of_penalty) {
                (false, _) => 0,
                (true, false) => debt.principal,
                (true, true) => debt.penalty(),
            };
            let weights: Vec<u64> = debts.iter().map(owed).collect();
            let all: u128 = weights.iter().map(|owed| u128::from(*owed)).sum();
            let shares = if u128::from(rest) >= all {
                weights
            } else {
                pro_rata(rest, &weights)
            };
            for (claim, share) in claims.iter_mut().zip(shares) {
                rest -= share;
                if of_penalty {
                    claim.1 += share;
                } else {
                    claim.0 += share;
                }
            }
        }
    }
    Paid {
        claims,
        refund: rest,
    }
}

impl Model {
    /// What is owed on each live claim of a receivable on this day, by number.
    pub fn debts(&self, id: &Id, today: i64) -> Vec<Debt> {
        let debt = |claim: &Claim| Debt {
            number: claim.number,
            rank: claim.rank(),
            principal: claim.outstanding_minor,
            accrued: self.penalty(claim, today),
        };
        self.live_claims(id).into_iter().map(debt).collect()
    }

    fn receivable(&self, id: &[u8]) -> Result<(Id, &Receivable), Rejected> {
        let unknown = Rejected::with(Code::UnknownReceivable);
        let id = Id::try_from(id).map_err(|_| unknown)?;
        Ok((id, self.receivables.get(&id).ok_or(unknown)?))
    }

    pub(super) fn settle(
        &mut self,
        call: &Call,
        action: &SettleReceivable,
    ) -> Result<Vec<Happened>, Rejected> {
        let today = self.clock.day(call.time_ms);
        let (debtor, issuer) = (call.organization, action.issuer.as_str());
        let (id, receivable) = self.receivable(&action.receivable)?;
        ensure(receivable.debtor == debtor, Code::NotTheDebtor)?;
        ensure(
            receivable.state() != ReceivableState::Settled,
            Code::WrongState,
        )?;
        ensure(
            issuer != debtor && self.has_role(issuer, Role::Bank),
            Code::UnknownIssuer,
        )?;
        let amount = action.amount.clone().unwrap_or_default();
        let currency = receivable.face.as_ref().expect("a face").currency.clone();
        ensure(amount.currency == currency, Code::WrongCurrency)?;
        ensure((1..=MAX_MINOR).contains(&amount.minor), Code::InvalidAmount)?;
        ensure(
            is_end_to_end_id(&action.end_to_end_id),
            Code::InvalidEndToEndId,
        )?;
        ensure_first(
            self.first_use(debtor, &action.end_to_end_id),
            Code::RepeatedEndToEndId,
        )?;
        let debts = self.debts(&id, today);
        let paid = distribute(amount.minor, &debts);
        let payouts = self.payouts(&id, &debts, &paid, today);
        let payment = Payment {
            payer: debtor,
            issuer,
            currency: &currency,
            instructed: amount.minor,
            legs: legs(&payouts),
            end_to_end_id: &action.end_to_end_id,
        };
        ensure(self.can_pay(&payment), Code::NotEnoughDeposits)?;

        let mut happened = self.pay(payment, call.tx_id);
        happened.extend(self.discharge(&id, &debts, &payouts, today));
        happened.extend(self.record_payment(&id, action, &payouts, paid.refund, today));
        Ok(happened)
    }

    /// What each claim that is paid something gets, and of it the lender it is pledged to.
    fn payouts(&self, id: &Id, debts: &[Debt], paid: &Paid, today: i64) -> Vec<Payout> {
        let mut still_owed: BTreeMap<Id, u128> = BTreeMap::new();
        let mut payouts = Vec::new();
        for (debt, (principal, penalty)) in debts.iter().zip(&paid.claims) {
            let sum = u128::from(*principal) + u128::from(*penalty);
            if sum == 0 {
                continue;
            }
            let claim = &self.claims[&(*id, debt.number)];
            let share = Share {
                claim: debt.number,
                controller: claim.controller.clone(),
                principal_minor: *principal,
                penalty_minor: *penalty,
            };
            let mut lender = None;
            if let Some(Kind::Pledged(pledge)) = encumbrance(claim) {
                let loan = Id::try_from(pledge.loan.as_slice()).expect("an id");
                let owed = still_owed.entry(loan).or_insert_with(|| {
                    let (interest, principal) = self.owed_on(&loan, today);
                    u128::from(interest) + u128::from(principal)
                });
                let to_lender = sum.min(*owed);
                *owed -= to_lender;
                lender = Some(ToLender {
                    loan,
                    name: pledge.pledgee.clone(),
                    minor: u64::try_from(to_lender).expect("at most the payment"),
                });
            }
            payouts.push(Payout { share, lender });
        }
        payouts
    }

    /// Reduces what is owed on the claims, and ends what the payment overtook.
    fn discharge(
        &mut self,
        id: &Id,
        debts: &[Debt],
        payouts: &[Payout],
        today: i64,
    ) -> Vec<Happened> {
        let (mut happened, mut to_lenders) = (Vec::new(), Vec::new());
        let (mut requests, mut loans) = (BTreeSet::new(), BTreeSet::new());
        for payout in payouts {
            let share = &payout.share;
            let key = (*id, share.claim);
            let reference = ClaimReference {
                receivable: id.to_vec(),
                number: share.claim,
            };
            match encumbrance(&self.claims[&key]).cloned() {
                None => {}
                Some(Kind::Offered(offer)) => {
                    self.free(&key);
                    let overtaken = OfferOvertaken {
                        receivable: id.to_vec(),
                        number: share.claim,
                        from: share.controller.clone(),
                        to: offer.to.clone(),
                    };
                    happened.push(claim_event(
                        [share.controller.clone(), offer.to],
                        ClaimEvent::Overtaken(overtaken),
                    ));
                }
                Some(Kind::Locked(lock)) => {
                    requests.insert(Id::try_from(lock.request.as_slice()).expect("an id"));
                }
                Some(Kind::Pledged(pledge)) => {
                    let loan = Id::try_from(pledge.loan.as_slice()).expect("an id");
                    loans.insert(loan);
                    let minor = payout.to_lender();
                    if minor > 0 {
                        let collateral = Some(reference.clone());
                        to_lenders.push(self.pay_loan(&loan, minor, collateral, today));
                    }
                }
            }
            let debt = debts.iter().find(|debt| debt.number == share.claim);
            let mut accrued = debt.expect("what is paid was owed").accrued;
            if let Some(accrued) = &mut accrued {
                accrued.minor -= share.penalty_minor;
            }
            let claim = self.claim_mut(&key);
            claim.outstanding_minor -= share.principal_minor;
            claim.penalty = accrued;
            if claim.outstanding_minor == 0 && accrued.is_none_or(|accrued| accrued.minor == 0) {
                self.spend(&key);
                if let Some(lender) = &payout.lender {
                    let loan = self.loans.get_mut(&lender.loan);
                    let loan = loan.expect("a pledge names a loan");
                    loan.collateral.retain(|claim| *claim != reference);
                }
            }
        }
        happened.extend(to_lenders);
        for loan in loans {
            happened.extend(self.release_if_repaid(&loan));
        }
        for request in requests {
            // Freeing its claims must not free one that is spent already: it is under nothing.
            happened.extend(self.close_request(&request, RequestState::Overtaken, today));
        }
        happened
    }

    fn record_payment(
        &mut self,
        id: &Id,
        action: &SettleReceivable,
        payouts: &[Payout],
        refund: u64,
        today: i64,
    ) -> Vec<Happened> {
        let shares: Vec<Share> = payouts.iter().map(|payout| payout.share.clone()).collect();
        let principal = shares.iter().map(|share| share.principal_minor).sum();
        let penalty = shares.iter().map(|share| share.penalty_minor).sum();
        let receivable = self.receivables.get_mut(id).expect("found above");
        receivable.redeemed_minor += principal;
        // Over many payments it may pass what a record can tell.
        receivable.penalty_paid_minor = receivable.penalty_paid_minor.saturating_add(penalty);
        let settled = receivable.live_claims.is_empty();
        if settled {
            receivable.set_state(ReceivableState::Settled);
            receivable.settled_on = Some(date(today));
        }
        let receivable = receivable.clone();
        let late = (today - day_of(&receivable.adjusted_due_date)).max(0);
        let of = |minor| of_face(&receivable, minor);
        let paid = ReceivablePaid {
            receivable: id.to_vec(),
            issuer: action.issuer.clone(),
            principal: of(principal),
            penalty: of(penalty),
            days_late: u32::try_from(late).expect("at most 210 years"),
            value_date: Some(date(today)),
            end_to_end_id: action.end_to_end_id.clone(),
            refund: of(refund),
            shares,
            settled,
            debtor: receivable.debtor.clone(),
        };
        let debtor = [receivable.debtor.clone()];
        let mut happened = vec![settlement(debtor, event::Event::Paid(paid.clone()))];
        for Payout { share, lender } in payouts {
            let claim_paid = ClaimPaid {
                receivable: id.to_vec(),
                claim: share.claim,
                controller: share.controller.clone(),
                issuer: paid.issuer.clone(),
                principal: of(share.principal_minor),
                penalty: of(share.penalty_minor),
                days_late: paid.days_late,
                value_date: paid.value_date,
                loan: lender.iter().flat_map(|lender| lender.loan).collect(),
                to_lender: lender.as_ref().and_then(|lender| of(lender.minor)),
                spent: !receivable.live_claims.contains(&share.claim),
            };
            let mut concerned = vec![share.controller.clone()];
            concerned.extend(lender.iter().map(|lender| lender.name.clone()));
            happened.push(settlement(concerned, event::Event::ClaimPaid(claim_paid)));
        }
        happened
    }

    pub(super) fn report_overdue(
        &mut self,
        call: &Call,
        action: &ReportOverdue,
    ) -> Result<Vec<Happened>, Rejected> {
        let from = [ReceivableState::Performing];
        let id = self.reported(call, &action.receivable, &from, false)?;
        let (concerned, outstanding) = self.report(&id, ReceivableState::Overdue);
        let overdue = ReceivableOverdue {
            receivable: id.to_vec(),
            reported_on: Some(date(self.clock.day(call.time_ms))),
            outstanding,
            debtor: self.receivables[&id].debtor.clone(),
        };
        Ok(vec![settlement(concerned, event::Event::Overdue(overdue))])
    }

    pub(super) fn report_default(
        &mut self,
        call: &Call,
        action: &ReportDefault,
    ) -> Result<Vec<Happened>, Rejected> {
        let from = [ReceivableState::Performing, ReceivableState::Overdue];
        let id = self.reported(call, &action.receivable, &from, true)?;
        let (concerned, outstanding) = self.report(&id, ReceivableState::Defaulted);
        let defaulted = ReceivableDefaulted {
            receivable: id.to_vec(),
            reported_on: Some(date(self.clock.day(call.time_ms))),
            outstanding,
            debtor: self.receivables[&id].debtor.clone(),
        };
        Ok(vec![settlement(
            concerned,
            event::Event::Defaulted(defaulted),
        )])
    }

    fn reported(
        &self,
        call: &Call,
        id: &[u8],
        from: &[ReceivableState],
        after_grace: bool,
    ) -> Result<Id, Rejected> {
        let (id, receivable) = self.receivable(id)?;
        ensure(from.contains(&receivable.state()), Code::WrongState)?;
        let terms = receivable.terms.as_ref().expect("terms");
        let grace = if after_grace { terms.grace_days } else { 0 };
        ensure(
            self.clock.day(call.time_ms) > day_of(&receivable.adjusted_due_date) + i64::from(grace),
            Code::NotYet,
        )?;
        let face = receivable.face.as_ref().expect("a face").minor;
        ensure(receivable.redeemed_minor < face, Code::NothingOutstanding)?;
        Ok(id)
    }

    fn report(&mut self, id: &Id, state: ReceivableState) -> (BTreeSet<String>, Option<Money>) {
        let live = self.live_claims(id);
        let outstanding = live.iter().map(|claim| claim.outstanding_minor).sum();
        let mut concerned: BTreeSet<String> =
            live.iter().map(|claim| claim.controller.clone()).collect();
        concerned.extend(live.iter().filter_map(|claim| match encumbrance(claim) {
            Some(Kind::Pledged(pledge)) => Some(pledge.pledgee.clone()),
            _ => None,
        }));
        let receivable = self.receivables.get_mut(id).expect("found above");
        receivable.set_state(state);
        self.reports.push((receivable.debtor.clone(), state));
        concerned.insert(receivable.debtor.clone());
        (concerned, of_face(receivable, outstanding))
    }
}

fn legs(payouts: &[Payout]) -> BTreeMap<String, u64> {
    let mut legs = BTreeMap::new();
    for payout in payouts {
        let Payout { share, lender } = payout;
        let to_controller = share.principal_minor + share.penalty_minor - payout.to_lender();
        *legs.entry(share.controller.clone()).or_default() += to_controller;
        if let Some(lender) = lender {
            *legs.entry(lender.name.clone()).or_default() += lender.minor;
        }
    }
    legs.retain(|_, minor| *minor > 0);
    legs
}

fn of_face(receivable: &Receivable, minor: u64) -> Option<Money> {
    let currency = receivable.face.as_ref().expect("a face").currency.clone();
    Some(Money { minor, currency })
}

fn settlement<T: Into<String>>(
    concerned: impl IntoIterator<Item = T>,
    event: event::Event,
) -> Happened {
    Happened::settlement(concerned, Event { event: Some(event) })
}
