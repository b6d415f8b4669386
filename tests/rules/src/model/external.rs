//! Payments outside the ledger, and whose deposits payees take (specification 4.6, 6.2, 6.3).

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::cash::v1::{
    AcceptIssuers, Acceptance, AssertPayment, Assertion, ContestPayment, Event, IssuersAccepted,
    PaidClaim, Payment, PaymentAsserted, PaymentClosed, PaymentContested, PaymentInstructed,
    PaymentState as State, RejectionCode as Code, event,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::{Receivable, ReceivableState};
use counterfoil_proto::settlement::v1::{
    CancelPayment, ConfirmPayment, InstructPayment, RejectionCode as Settling, RulePayment, Share,
    TimeOutPayment,
};
use counterfoil_proto::supervision::v1::RejectionCode as Supervising;
use counterfoil_proto::v1::KernelRejectionCode as Kernel;
use counterfoil_proto::v1::Money;

use super::arithmetic::{MAX_MINOR, date, day};
use super::business_days::second_after;
use super::cash::is_end_to_end_id;
use super::claims::day_of;
use super::settlement::{Debt, Means, Payout, ToLender, distribute, legs};
use super::{Call, Happened, Id, Model, Rejected, ensure, ensure_first, is_reason, tagged_hash};

impl Model {
    pub(super) fn accept_issuers(
        &mut self,
        call: &Call,
        action: &AcceptIssuers,
    ) -> Result<Vec<Happened>, Rejected> {
        let payee = call.organization;
        let list = &action.accepted;
        let name = |at: usize| (list[at].issuer.as_str(), list[at].currency.as_str());
        ensure(
            list.len() <= 64
                && (1..list.len()).all(|at| name(at - 1) < name(at))
                && list
                    .iter()
                    .all(|entry| (1..=MAX_MINOR).contains(&entry.cap_minor)),
            Code::InvalidList,
        )?;
        ensure(
            list.iter()
                .all(|entry| entry.issuer != payee && self.is_bank(&entry.issuer)),
            Code::UnknownIssuer,
        )?;
        ensure(
            list.iter()
                .all(|entry| self.currencies.contains(&entry.currency)),
            Code::UnknownCurrency,
        )?;
        let bank = action.account_bank.as_str();
        ensure(
            bank.is_empty() || (bank != payee && self.is_bank(bank)),
            Code::WrongAccountBank,
        )?;

        let said = Acceptance {
            payee: payee.to_owned(),
            accepted: list.clone(),
            account_bank: bank.to_owned(),
        };
        self.acceptances.insert(payee.to_owned(), said);
        let accepted = IssuersAccepted {
            payee: payee.to_owned(),
        };
        Ok(vec![cash([payee], event::Event::IssuersAccepted(accepted))])
    }

    pub(super) fn instruct_payment(
        &mut self,
        call: &Call,
        action: &InstructPayment,
    ) -> Result<Vec<Happened>, Rejected> {
        let today = self.clock.day(call.time_ms);
        let debtor = call.organization;
        let (id, receivable) = self.receivable(&action.receivable)?;
        let receivable = receivable.clone();
        ensure(receivable.debtor == debtor, Settling::NotTheDebtor)?;
        ensure(
            receivable.state() != ReceivableState::Settled,
            Settling::WrongState,
        )?;
        ensure(!self.is_held(&id), Settling::PaymentUnderWay)?;
        let amount = action.amount.clone().unwrap_or_default();
        let face = receivable.face.as_ref().expect("a face");
        ensure(amount.currency == face.currency, Settling::WrongCurrency)?;
        ensure(
            (1..=MAX_MINOR).contains(&amount.minor),
            Settling::InvalidAmount,
        )?;
        let terms = receivable.terms.as_ref().expect("terms");
        let deadline = second_after(self.calendar(&terms.calendar), today);
        let pay_on = action.pay_on.as_ref().and_then(day);
        let pay_on = pay_on
            .filter(|day| (today..=deadline).contains(day))
            .ok_or(Rejected::with(Settling::InvalidPaymentDate))?;
        let debts = self.debts(&id, pay_on);
        let paid = distribute(amount.minor, &debts);
        ensure(paid.refund == 0, Settling::MoreThanOwed)?;
        let asserter = action.asserter.as_str();
        ensure(self.has_role(asserter, Role::Bank), Code::WrongAsserter)?;
        let payouts = self.payouts(&id, &debts, &paid, pay_on);
        let parts = self.parts(&id, &payouts);
        let waits = parts.iter().any(|part| self.must_wait(part, pay_on));
        ensure(!waits, Supervising::PayeeFrozen)?;
        let legs = legs(&parts);
        let mut confirmers = BTreeMap::new();
        for payee in legs.keys() {
            let confirmer = self.confirmer(payee, &[asserter, debtor]);
            let confirmer = confirmer.ok_or(Rejected::with(Code::NoConfirmer))?;
            confirmers.insert(payee.clone(), confirmer);
        }
        ensure(
            is_end_to_end_id(&action.end_to_end_id),
            Settling::InvalidEndToEndId,
        )?;
        ensure_first(
            self.first_use(debtor, &action.end_to_end_id),
            Settling::RepeatedEndToEndId,
        )?;

        self.use_id(debtor, &action.end_to_end_id, call.tx_id);
        let arbiter = terms.arbiter.clone();
        let mut happened = Vec::new();
        for (payee, minor) in legs {
            let payment = Payment {
                payer: debtor.to_owned(),
                claims: parts_of(&payouts, &payee),
                amount: Some(Money {
                    minor,
                    currency: amount.currency.clone(),
                }),
                end_to_end_id: action.end_to_end_id.clone(),
                asserter: asserter.to_owned(),
                confirmer: confirmers[&payee].clone(),
                arbiter: arbiter.clone(),
                receivable: id.to_vec(),
                reckoned_on: Some(date(pay_on)),
                calendar: terms.calendar.clone(),
                payee,
                ..Payment::default()
            };
            let (key, told) = self.begin_payment(payment, call);
            happened.push(told);
            let receivable = self.receivables.get_mut(&id).expect("found above");
            receivable.payments.push(key.to_vec());
        }
        Ok(happened)
    }

    /// Gives a payment its name, days and state. No party of it rules on it.
    pub(super) fn begin_payment(&mut self, mut payment: Payment, call: &Call) -> (Id, Happened) {
        let today = self.clock.day(call.time_ms);
        let (payer, payee) = (&payment.payer, &payment.payee);
        let length = [u8::try_from(payer.len()).expect("ids are short")];
        let parts: [&[u8]; 4] = [&call.tx_id, &length, payer.as_bytes(), payee.as_bytes()];
        let id = tagged_hash("counterfoil/payment-id/v1", &parts);
        if parties(&payment).contains(&payment.arbiter) {
            payment.arbiter = String::new();
        }
        payment.id = id.to_vec();
        payment.set_state(State::Instructed);
        payment.instructed_on = Some(date(today));
        let working = self.calendar(&payment.calendar);
        payment.deadline = Some(date(second_after(working, today)));
        let told = PaymentInstructed {
            payment: id.to_vec(),
            payer: payment.payer.clone(),
            payee: payment.payee.clone(),
            amount: payment.amount.clone(),
            end_to_end_id: payment.end_to_end_id.clone(),
            asserter: payment.asserter.clone(),
            confirmer: payment.confirmer.clone(),
            receivable: payment.receivable.clone(),
            deadline: payment.deadline,
            request: payment.request.clone(),
        };
        let told = cash(parties(&payment), event::Event::PaymentInstructed(told));
        self.payments.insert(id, payment);
        (id, told)
    }

    /// The payee's bank, unless it stands on the other side, too; then the payee, unless it does.
    pub(super) fn confirmer(&self, payee: &str, other_side: &[&str]) -> Option<String> {
        let bank = self
            .acceptances
            .get(payee)
            .map(|said| said.account_bank.as_str());
        let mut candidates = bank.into_iter().chain([payee]);
        let confirmer = candidates.find(|who| !who.is_empty() && !other_side.contains(who));
        confirmer.map(str::to_owned)
    }

    fn payment(&self, id: &[u8]) -> Result<(Id, Payment), Rejected> {
        let unknown = Rejected::with(Code::UnknownPayment);
        let id = Id::try_from(id).map_err(|_| unknown)?;
        Ok((id, self.payments.get(&id).ok_or(unknown)?.clone()))
    }

    pub(super) fn assert_payment(
        &mut self,
        call: &Call,
        action: &AssertPayment,
    ) -> Result<Vec<Happened>, Rejected> {
        let today = self.clock.day(call.time_ms);
        let (id, mut payment) = self.payment(&action.payment)?;
        ensure(payment.asserter == call.organization, Code::NotTheAsserter)?;
        ensure(
            payment.state() == State::Instructed,
            Code::WrongPaymentState,
        )?;
        let (hash, reference) = (&action.message_hash, &action.entry_reference);
        ensure(
            hash.len() == 32 && is_end_to_end_id(reference),
            Code::InvalidMessage,
        )?;
        let entry = (payment.asserter.clone(), reference.clone());
        ensure_first(self.bank_messages.get(hash), Code::RepeatedMessage)?;
        ensure_first(self.bank_entries.get(&entry), Code::RepeatedMessage)?;
        let value_date = action.value_date.as_ref().and_then(day);
        let reckoned = day_of(&payment.reckoned_on);
        // The price of claims is right on its day alone.
        let of_claims = !payment.request.is_empty();
        ensure(
            value_date.is_some_and(|on| {
                (reckoned..=today).contains(&on) && (!of_claims || on == reckoned)
            }),
            Code::InvalidValueDate,
        )?;

        let answer_by = second_after(self.calendar(&payment.calendar), today);
        self.bank_messages.insert(hash.clone(), call.tx_id);
        self.bank_entries.insert(entry, call.tx_id);
        payment.set_state(State::Asserted);
        payment.assertion = Some(Assertion {
            message_hash: hash.clone(),
            entry_reference: reference.clone(),
            value_date: action.value_date,
            asserted_on: Some(date(today)),
            answer_by: Some(date(answer_by)),
        });
        let told = PaymentAsserted {
            payment: id.to_vec(),
            assertion: payment.assertion.clone(),
        };
        let happened = cash(parties(&payment), event::Event::PaymentAsserted(told));
        self.payments.insert(id, payment);
        Ok(vec![happened])
    }

    pub(super) fn contest_payment(
        &mut self,
        call: &Call,
        action: &ContestPayment,
    ) -> Result<Vec<Happened>, Rejected> {
        let (id, mut payment) = self.payment(&action.payment)?;
        let by = call.organization;
        ensure(parties(&payment).contains(by), Code::NotAPaymentParty)?;
        ensure(payment.state() == State::Asserted, Code::WrongPaymentState)?;
        let assertion = payment.assertion.as_ref().expect("an assertion");
        let late = self.clock.day(call.time_ms) > day_of(&assertion.answer_by);
        ensure(late || payment.confirmer == by, Code::AnswerNotLate)?;
        ensure(is_reason(&action.reason), Code::InvalidReason)?;

        payment.set_state(State::Contested);
        payment.reason = action.reason.clone();
        let told = PaymentContested {
            payment: id.to_vec(),
            by: by.to_owned(),
            reason: action.reason.clone(),
        };
        let happened = cash(with_arbiter(&payment), event::Event::PaymentContested(told));
        self.payments.insert(id, payment);
        Ok(vec![happened])
    }

    pub(super) fn confirm_payment(
        &mut self,
        call: &Call,
        action: &ConfirmPayment,
    ) -> Result<Vec<Happened>, Rejected> {
        let (id, payment) = self.payment(&action.payment)?;
        self.ensure_passing(call, &payment)?;
        ensure(
            payment.confirmer == call.organization,
            Code::NotTheConfirmer,
        )?;
        ensure(
            [State::Asserted, State::Contested].contains(&payment.state()),
            Code::WrongPaymentState,
        )?;
        Ok(self.close_payment(call, &id, State::Confirmed, ""))
    }

    pub(super) fn cancel_payment(
        &mut self,
        call: &Call,
        action: &CancelPayment,
    ) -> Result<Vec<Happened>, Rejected> {
        let (id, payment) = self.payment(&action.payment)?;
        let sides = [&payment.payer, &payment.payee];
        ensure(
            sides.iter().any(|side| *side == call.organization),
            Code::NotAPaymentParty,
        )?;
        ensure(payment.state() == State::Contested, Code::WrongPaymentState)?;
        for side in sides {
            ensure(call.is_signed_by(side), Kernel::ConsentLacking)?;
        }
        Ok(self.close_payment(call, &id, State::Cancelled, ""))
    }

    pub(super) fn rule_payment(
        &mut self,
        call: &Call,
        action: &RulePayment,
    ) -> Result<Vec<Happened>, Rejected> {
        let (id, payment) = self.payment(&action.payment)?;
        if action.paid {
            self.ensure_passing(call, &payment)?;
        }
        ensure(payment.arbiter == call.organization, Code::NotTheArbiter)?;
        ensure(payment.state() == State::Contested, Code::WrongPaymentState)?;
        ensure(is_reason(&action.reason), Code::InvalidReason)?;
        let outcome = if action.paid {
            State::Confirmed
        } else {
            State::Cancelled
        };
        Ok(self.close_payment(call, &id, outcome, &action.reason))
    }

    pub(super) fn time_out_payment(
        &mut self,
        call: &Call,
        action: &TimeOutPayment,
    ) -> Result<Vec<Happened>, Rejected> {
        let (id, payment) = self.payment(&action.payment)?;
        ensure(
            parties(&payment).contains(call.organization),
            Code::NotAPaymentParty,
        )?;
        ensure(
            payment.state() == State::Instructed,
            Code::WrongPaymentState,
        )?;
        ensure(
            self.clock.day(call.time_ms) > day_of(&payment.deadline),
            Code::DeadlineNotPassed,
        )?;
        Ok(self.close_payment(call, &id, State::TimedOut, ""))
    }

    /// Ends a payment; where it took place, its claims are paid.
    fn close_payment(&mut self, call: &Call, id: &Id, state: State, ruling: &str) -> Vec<Happened> {
        let today = self.clock.day(call.time_ms);
        let payment = self.payments.get_mut(id).expect("the payment was found");
        let was_contested = payment.state() == State::Contested;
        payment.set_state(state);
        payment.closed_on = Some(date(today));
        if !ruling.is_empty() {
            payment.reason = ruling.to_owned();
        }
        let payment = payment.clone();
        let told = PaymentClosed {
            payment: id.to_vec(),
            state: state.into(),
            reason: ruling.to_owned(),
        };
        let concerned = if was_contested {
            with_arbiter(&payment)
        } else {
            parties(&payment)
        };
        let mut happened = vec![cash(concerned, event::Event::PaymentClosed(told))];
        if !payment.request.is_empty() {
            happened.extend(self.close_price(&payment, call));
            return happened;
        }
        let key = Id::try_from(payment.receivable.as_slice()).expect("an id");
        let receivable = self.receivables.get_mut(&key).expect("a receivable");
        receivable.payments.retain(|other| other.as_slice() != id);
        if state == State::Confirmed {
            happened.extend(self.take_effect(&key, &payment, call));
        }
        happened
    }

    fn take_effect(&mut self, id: &Id, payment: &Payment, call: &Call) -> Vec<Happened> {
        let today = self.clock.day(call.time_ms);
        let assertion = payment.assertion.as_ref().expect("confirmed, so asserted");
        let on = day_of(&assertion.value_date);
        let mut debts = Vec::new();
        let mut payouts = Vec::new();
        let mut still_owed: BTreeMap<Id, u128> = BTreeMap::new();
        for part in &payment.claims {
            let claim = &self.claims[&(*id, part.number)];
            // What is reckoned up to a later day stays so.
            let reckoned = claim
                .penalty
                .as_ref()
                .map_or(on, |penalty| day_of(&penalty.to));
            debts.push(Debt {
                number: part.number,
                rank: claim.rank(),
                origin: claim.origin.unwrap_or(claim.number),
                behind: claim.behind,
                principal: claim.outstanding_minor,
                accrued: self.penalty(claim, on.max(reckoned)),
            });
            let minor = part.principal_minor + part.penalty_minor;
            let mut lender = None;
            if !part.loan.is_empty() {
                let loan = Id::try_from(part.loan.as_slice()).expect("an id");
                let owed = still_owed.entry(loan).or_insert_with(|| {
                    let (interest, principal) = self.owed_on(&loan, on);
                    u128::from(interest) + u128::from(principal)
                });
                let on_the_loan = u128::from(minor).min(*owed);
                *owed -= on_the_loan;
                lender = Some(ToLender {
                    loan,
                    name: payment.payee.clone(),
                    minor,
                    on_the_loan: u64::try_from(on_the_loan).expect("at most the payment"),
                });
            }
            let share = Share {
                claim: part.number,
                controller: claim.controller.clone(),
                principal_minor: part.principal_minor,
                penalty_minor: part.penalty_minor,
            };
            let owner = share.controller.clone();
            payouts.push(Payout {
                share,
                owner,
                lender,
            });
        }
        let means = Means {
            end_to_end_id: payment.end_to_end_id.clone(),
            payment: payment.id.clone(),
            ..Means::default()
        };
        let mut happened = self.discharge(id, &debts, &payouts, (on, today), call);
        happened.extend(self.record_payment(id, means, &payouts, on, call));
        happened
    }

    /// Principal that banks say is paid, and nobody denies.
    pub(super) fn asserted(&self, receivable: &Receivable) -> u128 {
        let payments = receivable
            .payments
            .iter()
            .map(|id| &self.payments[id.as_slice()]);
        let asserted = payments.filter(|payment| payment.state() == State::Asserted);
        let parts = asserted.flat_map(|payment| &payment.claims);
        parts.map(|part| u128::from(part.principal_minor)).sum()
    }
}

/// What a payee's payment brings which claims: of a pledged one the lender takes principal first.
fn parts_of(payouts: &[Payout], payee: &str) -> Vec<PaidClaim> {
    let mut parts = Vec::new();
    for Payout {
        share,
        owner,
        lender,
    } in payouts
    {
        let to_lender = lender.as_ref().map_or(0, |lender| lender.minor);
        let of_lender = to_lender.min(share.principal_minor);
        let both = [
            lender.as_ref().map(|lender| PaidClaim {
                number: share.claim,
                principal_minor: of_lender,
                penalty_minor: to_lender - of_lender,
                loan: lender.loan.to_vec(),
            }),
            Some(PaidClaim {
                number: share.claim,
                principal_minor: share.principal_minor - of_lender,
                penalty_minor: share.penalty_minor - (to_lender - of_lender),
                loan: Vec::new(),
            }),
        ];
        for part in both.into_iter().flatten() {
            let whose = match (part.loan.is_empty(), lender) {
                (false, Some(lender)) => &lender.name,
                _ => owner,
            };
            if whose == payee && part.principal_minor + part.penalty_minor > 0 {
                parts.push(part);
            }
        }
    }
    parts
}

fn parties(payment: &Payment) -> BTreeSet<String> {
    let Payment {
        payer,
        payee,
        asserter,
        confirmer,
        ..
    } = payment.clone();
    BTreeSet::from([payer, payee, asserter, confirmer])
}

fn with_arbiter(payment: &Payment) -> BTreeSet<String> {
    let mut parties = parties(payment);
    if !payment.arbiter.is_empty() {
        parties.insert(payment.arbiter.clone());
    }
    parties
}

fn cash<T: Into<String>>(concerned: impl IntoIterator<Item = T>, event: event::Event) -> Happened {
    Happened::cash(concerned, Event { event: Some(event) })
}
