//! The debtor's payments, and reports of what is not paid (specification 6.4, 6.5).

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::financing::v1::{ClaimReference, RequestState};
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Kind;
use counterfoil_proto::receivable::v1::event::Event as ClaimEvent;
use counterfoil_proto::receivable::v1::{
    Claim, DebtPayment, FeePaid, OfferOvertaken, Rank, Receivable, ReceivableState,
};
use counterfoil_proto::settlement::v1::{
    ClaimPaid, Event, FeeCharged, ReceivableDefaulted, ReceivableOverdue, ReceivablePaid,
    RejectionCode as Code, ReportDefault, ReportOverdue, SettleReceivable, Share, event,
};
use counterfoil_proto::v1::{Accrual, Money};

use super::arithmetic::{MAX_MINOR, date, pro_rata};
use super::cash::{Payment, is_end_to_end_id};
use super::claims::{day_of, encumbrance, receivable as claim_event};
use super::suspense::Waits;
use super::{Call, Happened, Id, Model, Rejected, ensure, ensure_first};

/// What is owed on a claim on a day.
#[derive(Clone, Debug)]
pub struct Debt {
    pub number: u32,
    pub rank: Rank,
    /// The claim that endorsers or guarantors paid for first, or this one.
    pub origin: u32,
    /// How many of them come before it.
    pub behind: u32,
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
pub(super) struct Paid {
    claims: Vec<(u64, u64)>,
    pub refund: u64,
}

/// What one claim brings of a payment.
pub(super) struct Payout {
    pub share: Share,
    /// Who gets what is not the lender's.
    pub owner: String,
    /// Where the claim is pledged.
    pub lender: Option<ToLender>,
}

pub(super) struct ToLender {
    pub loan: Id,
    pub name: String,
    /// What it gets.
    pub minor: u64,
    /// What of that is owed on the loan.
    pub on_the_loan: u64,
}

/// How a debtor paid.
#[derive(Default)]
pub(super) struct Means {
    pub issuer: String,
    pub end_to_end_id: String,
    pub payment: Vec<u8>,
    pub fees: Vec<FeePaid>,
    pub refund: u64,
}

impl Paid {
    /// What is paid for one claim alone.
    pub(super) fn of_one(principal: u64, penalty: u64) -> Paid {
        Paid {
            claims: vec![(principal, penalty)],
            refund: 0,
        }
    }
}

/// Puts a payment towards debts: principal before penalty, senior claims before retained ones. Claims of one origin
/// stand together, and those behind others wait for them.
pub(super) fn distribute(amount: u64, debts: &[Debt]) -> Paid {
    let mut rest = amount;
    let mut claims = vec![(0, 0); debts.len()];
    let origins: BTreeSet<u32> = debts.iter().map(|debt| debt.origin).collect();
    for rank in [Rank::Senior, Rank::Retained] {
        let of_origin = |origin: u32| {
            let both = (0..debts.len()).zip(debts);
            both.filter(move |(_, debt)| debt.rank == rank && debt.origin == origin)
        };
        let mut got: BTreeMap<u32, u64> = BTreeMap::new();
        for what in [|debt: &Debt| debt.principal, Debt::penalty] {
            let owed = |origin: &u32| of_origin(*origin).map(|(_, debt)| what(debt)).sum();
            let owed: Vec<u64> = origins.iter().map(owed).collect();
            for (origin, share) in origins.iter().zip(pay_towards(&mut rest, owed)) {
                *got.entry(*origin).or_default() += share;
            }
        }
        for (origin, mut minor) in got {
            let depths: BTreeSet<u32> = of_origin(origin).map(|(_, debt)| debt.behind).collect();
            for depth in depths {
                let alike = || of_origin(origin).filter(|(_, debt)| debt.behind == depth);
                let owed = alike().map(|(_, debt)| debt.principal).collect();
                for ((at, _), share) in alike().zip(pay_towards(&mut minor, owed)) {
                    claims[at].0 = share;
                }
                let owed = alike().map(|(_, debt)| debt.penalty()).collect();
                for ((at, _), share) in alike().zip(pay_towards(&mut minor, owed)) {
                    claims[at].1 = share;
                }
            }
        }
    }
    Paid {
        claims,
        refund: rest,
    }
}

/// Takes from a rest what is owed, pro rata where it is too little.
fn pay_towards(rest: &mut u64, owed: Vec<u64>) -> Vec<u64> {
    let all: u128 = owed.iter().map(|owed| u128::from(*owed)).sum();
    let shares = match u128::from(*rest) >= all {
        true => owed,
        false => pro_rata(*rest, &owed),
    };
    *rest -= shares.iter().sum::<u64>();
    shares
}

impl Model {
    /// What is owed on each live claim of a receivable on this day, by number.
    pub fn debts(&self, id: &Id, today: i64) -> Vec<Debt> {
        let debt = |claim: &Claim| Debt {
            number: claim.number,
            rank: claim.rank(),
            origin: claim.origin.unwrap_or(claim.number),
            behind: claim.behind,
            principal: claim.outstanding_minor,
            accrued: self.penalty(claim, today),
        };
        self.live_claims(id).into_iter().map(debt).collect()
    }

    pub(super) fn receivable(&self, id: &[u8]) -> Result<(Id, &Receivable), Rejected> {
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
        ensure(receivable.payments.is_empty(), Code::PaymentUnderWay)?;
        ensure(
            issuer != debtor && self.is_bank(issuer),
            Code::UnknownIssuer,
        )?;
        let amount = action.amount.clone().unwrap_or_default();
        let currency = receivable.face.as_ref().expect("a face").currency.clone();
        ensure(amount.currency == currency, Code::WrongCurrency)?;
        ensure((1..=MAX_MINOR).contains(&amount.minor), Code::InvalidAmount)?;
        let instructed = fees_and(amount.minor, action, receivable)?;
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
        let mut parts = self.parts(&id, &payouts);
        for fee in &action.fees {
            parts.push(Model::part_for(&fee.payee, fee.amount_minor));
        }
        let (waiting, passed): (Vec<_>, Vec<_>) = parts
            .into_iter()
            .partition(|part| self.must_wait(part, today));
        let legs = legs(&passed);
        let payment = Payment {
            payer: debtor,
            issuer,
            currency: &currency,
            instructed,
            legs,
            end_to_end_id: &action.end_to_end_id,
        };
        ensure(self.can_pay(&payment), Code::NotEnoughDeposits)?;
        self.ensure_all_taken(call, &payment, (Code::IssuerNotAccepted, Code::CapExceeded))?;

        let mut happened = self.pay(payment, call.tx_id);
        let deposits = (debtor, issuer, currency.as_str());
        happened.extend(self.hold(call, deposits, &action.end_to_end_id, waiting));
        happened.extend(self.discharge(&id, &debts, &payouts, (today, today), call));
        let means = Means {
            issuer: issuer.to_owned(),
            end_to_end_id: action.end_to_end_id.clone(),
            fees: action.fees.clone(),
            refund: paid.refund,
            ..Means::default()
        };
        happened.extend(self.record_payment(&id, means, &payouts, today, call));
        happened.extend(self.charge(&id, &action.fees));
        Ok(happened)
    }

    /// Records fees, and tells their payees.
    fn charge(&mut self, id: &Id, fees: &[FeePaid]) -> Vec<Happened> {
        let receivable = self.receivables.get_mut(id).expect("found above");
        let mut happened = Vec::new();
        for fee in fees {
            let paid = &mut receivable.fees_paid;
            match paid.iter_mut().find(|paid| paid.payee == fee.payee) {
                Some(paid) => paid.amount_minor += fee.amount_minor,
                None => paid.push(fee.clone()),
            }
            paid.sort_by(|a, b| a.payee.cmp(&b.payee));
            let charged = FeeCharged {
                receivable: id.to_vec(),
                payee: fee.payee.clone(),
                amount: of_face(receivable, fee.amount_minor),
            };
            let payee = [fee.payee.clone()];
            happened.push(settlement(payee, event::Event::FeeCharged(charged)));
        }
        happened
    }

    /// What each claim that is paid something gets, and of it the lender it is pledged to.
    pub(super) fn payouts(&self, id: &Id, debts: &[Debt], paid: &Paid, today: i64) -> Vec<Payout> {
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
            let (mut lender, mut owner) = (None, claim.controller.clone());
            if let Some(Kind::Pledged(pledge)) = encumbrance(claim) {
                let loan = Id::try_from(pledge.loan.as_slice()).expect("an id");
                let owed = still_owed.entry(loan).or_insert_with(|| {
                    let (interest, principal) = self.owed_on(&loan, today);
                    u128::from(interest) + u128::from(principal)
                });
                let to_lender = sum.min(*owed);
                *owed -= to_lender;
                // A lender in control of the claim accounts for the surplus.
                owner = self.loans[&loan].borrower.clone();
                let minor = u64::try_from(to_lender).expect("at most the payment");
                lender = Some(ToLender {
                    loan,
                    name: pledge.pledgee.clone(),
                    minor,
                    on_the_loan: minor,
                });
            }
            payouts.push(Payout {
                share,
                owner,
                lender,
            });
        }
        payouts
    }

    /// Reduces what is owed on the claims, and ends what the payment overtook.
    pub(super) fn discharge(
        &mut self,
        id: &Id,
        debts: &[Debt],
        payouts: &[Payout],
        (value_date, today): (i64, i64),
        call: &Call,
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
                Some(Kind::Locked(lock)) if !lock.payment.is_empty() => {}
                Some(Kind::Locked(lock)) => {
                    requests.insert(Id::try_from(lock.request.as_slice()).expect("an id"));
                }
                Some(Kind::Pledged(_)) => {}
            }
            if let Some(lender) = &payout.lender {
                loans.insert(lender.loan);
                if lender.on_the_loan > 0 {
                    let collateral = Some(reference.clone());
                    let paid = lender.on_the_loan;
                    to_lenders.push(self.pay_loan(&lender.loan, paid, collateral, value_date));
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
                let pledge = match encumbrance(&self.claims[&key]) {
                    Some(Kind::Pledged(pledge)) => Some(pledge.loan.clone()),
                    _ => None,
                };
                self.spend(&key);
                if let Some(loan) = pledge {
                    let loan = self.loans.get_mut(loan.as_slice());
                    let loan = loan.expect("a pledge names a loan");
                    loan.collateral.retain(|claim| *claim != reference);
                }
            }
        }
        happened.extend(to_lenders);
        for loan in loans {
            happened.extend(self.release_if_repaid(&loan, call));
        }
        for request in requests {
            // Freeing its claims must not free one that is spent already: it is under nothing.
            happened.extend(self.close_request(&request, RequestState::Overtaken, today));
        }
        happened
    }

    pub(super) fn record_payment(
        &mut self,
        id: &Id,
        means: Means,
        payouts: &[Payout],
        today: i64,
        call: &Call,
    ) -> Vec<Happened> {
        let is_recorded = self.records_payments(call.height);
        let shares: Vec<Share> = payouts.iter().map(|payout| payout.share.clone()).collect();
        let principal = shares.iter().map(|share| share.principal_minor).sum();
        let penalty = shares.iter().map(|share| share.penalty_minor).sum();
        let receivable = self.receivables.get_mut(id).expect("found above");
        receivable.redeemed_minor += principal;
        // Over many payments it may pass what a record can tell.
        receivable.penalty_paid_minor = receivable.penalty_paid_minor.saturating_add(penalty);
        if is_recorded {
            self.debt_payments.push(DebtPayment {
                receivable: id.to_vec(),
                number: receivable.debt_payments,
                transaction: call.tx_id.to_vec(),
                value_date: Some(date(today)),
                principal_minor: principal,
                penalty_minor: penalty,
            });
            receivable.debt_payments += 1;
        }
        let settled = receivable.live_claims.is_empty();
        if settled {
            receivable.set_state(ReceivableState::Settled);
            self.paid_off.insert(*id);
            receivable.settled_on = Some(date(today));
        }
        let receivable = receivable.clone();
        let late = (today - day_of(&receivable.adjusted_due_date)).max(0);
        let of = |minor| of_face(&receivable, minor);
        let paid = ReceivablePaid {
            receivable: id.to_vec(),
            issuer: means.issuer,
            principal: of(principal),
            penalty: of(penalty),
            days_late: u32::try_from(late).expect("at most 210 years"),
            value_date: Some(date(today)),
            end_to_end_id: means.end_to_end_id,
            refund: of(means.refund),
            shares,
            settled,
            payment: means.payment,
            fees: means.fees,
            debtor: receivable.debtor.clone(),
        };
        let debtor = [receivable.debtor.clone()];
        let mut happened = vec![settlement(debtor, event::Event::Paid(paid.clone()))];
        for Payout { share, lender, .. } in payouts {
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
                payment: paid.payment.clone(),
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
        let unpaid = face - receivable.redeemed_minor - receivable.credited_minor;
        ensure(unpaid > 0, Code::NothingOutstanding)?;
        let unpaid = u128::from(unpaid);
        ensure(self.asserted(receivable) < unpaid, Code::PaymentAsserted)?;
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

/// What is instructed with the fees, where the terms allow them.
fn fees_and(
    amount: u64,
    action: &SettleReceivable,
    receivable: &Receivable,
) -> Result<u64, Rejected> {
    let fees = &action.fees;
    let all = fees.iter().fold(u128::from(amount), |sum, fee| {
        sum + u128::from(fee.amount_minor)
    });
    ensure(
        fees.windows(2).all(|pair| pair[0].payee < pair[1].payee)
            && fees
                .iter()
                .all(|fee| fee.amount_minor > 0 && fee.payee != receivable.debtor)
            && all <= u128::from(MAX_MINOR),
        Code::InvalidFees,
    )?;
    for fee in fees {
        let terms = receivable.terms.as_ref().expect("terms");
        let allowed = terms
            .fees
            .iter()
            .filter(|allowed| allowed.payee == fee.payee);
        let allowed: u128 = allowed.map(|allowed| u128::from(allowed.cap_minor)).sum();
        let before = receivable
            .fees_paid
            .iter()
            .filter(|paid| paid.payee == fee.payee);
        let before: u64 = before.map(|paid| paid.amount_minor).sum();
        ensure(
            u128::from(before) + u128::from(fee.amount_minor) <= allowed,
            Code::FeeBeyondTerms,
        )?;
    }
    Ok(u64::try_from(all).expect("at most 10^18"))
}

/// What each payee gets of a payment.
pub(super) fn legs(parts: &[Waits]) -> BTreeMap<String, u64> {
    let mut legs = BTreeMap::new();
    for part in parts {
        *legs.entry(part.payee.clone()).or_default() += part.minor;
    }
    legs
}

fn of_face(receivable: &Receivable, minor: u64) -> Option<Money> {
    let currency = receivable.face.as_ref().expect("a face").currency.clone();
    Some(Money { minor, currency })
}

pub(super) fn settlement<T: Into<String>>(
    concerned: impl IntoIterator<Item = T>,
    event: event::Event,
) -> Happened {
    Happened::settlement(concerned, Event { event: Some(event) })
}
