//! Payments outside the ledger, whose deposits payees take, and what can be wrong with both.

use counterfoil_proto::cash::v1::{
    self as cash, AcceptIssuers, AcceptedIssuer, AssertPayment, ContestPayment, Payment,
    PaymentState, action::Action as Cash,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::{Receivable, ReceivableState};
use counterfoil_proto::settlement::v1::{
    self as settlement, CancelPayment, ConfirmPayment, InstructPayment, RulePayment,
    TimeOutPayment, action::Action as Settling,
};
use counterfoil_proto::v1::Money;
use rand::Rng;

use super::world::CURRENCIES;
use super::{Generator, Planned, View, on};
use crate::model::arithmetic::MAX_MINOR;
use crate::model::business_days::second_after;
use crate::model::claims::day_of;
use crate::model::contract::{CASH, SETTLEMENT};
use crate::model::{Act, Id, Model};

fn of_cash(caller: String, kind: Cash) -> Planned {
    let action = cash::Action { action: Some(kind) };
    Planned::new(caller, CASH, Act::Cash(action))
}

fn of_settlement(caller: String, kind: Settling) -> Planned {
    let action = settlement::Action { action: Some(kind) };
    Planned::new(caller, SETTLEMENT, Act::Settlement(action))
}

/// Who may report on a payment.
fn parties(payment: &Payment) -> [String; 4] {
    let Payment {
        payer,
        payee,
        asserter,
        confirmer,
        ..
    } = payment.clone();
    [payer, payee, asserter, confirmer]
}

impl Generator {
    pub(super) fn accept_issuers(&mut self, view: &View) -> Planned {
        let model = view.model;
        let payee = self.organization(|_| true);
        let mut action = AcceptIssuers::default();
        // Mostly all are taken, so that payments go through.
        if self.chance(0.45) {
            for bank in model.organizations.keys() {
                if *bank == payee || !model.has_role(bank, Role::Bank) {
                    continue;
                }
                for (currency, _) in CURRENCIES {
                    if self.chance(0.85) {
                        action.accepted.push(AcceptedIssuer {
                            issuer: bank.clone(),
                            currency: currency.to_owned(),
                            cap_minor: self.one_of(&[MAX_MINOR, MAX_MINOR, MAX_MINOR, 50_000, 1]),
                            while_suspended: self.chance(0.2),
                        });
                    }
                }
            }
        }
        if self.chance(0.5) {
            action.account_bank =
                self.organization(|id| id != payee && model.has_role(id, Role::Bank));
        }
        for _ in 0..self.faults() {
            let entry = AcceptedIssuer {
                issuer: self.organization(|id| id != payee && model.has_role(id, Role::Bank)),
                currency: self.currency(),
                cap_minor: 1,
                while_suspended: false,
            };
            action.accepted = vec![entry.clone()];
            match self.rng.gen_range(0..7) {
                0 => action.accepted[0].cap_minor = self.impossible_amount(),
                1 => action.accepted.push(entry),
                2 => action.accepted = vec![entry; 65],
                3 => action.accepted[0].issuer = self.no_bank(model),
                4 => action.accepted[0].issuer = payee.clone(),
                5 => action.accepted[0].currency = self.unknown_currency(),
                _ if self.chance(0.5) => action.account_bank = payee.clone(),
                _ => action.account_bank = self.organization(|id| !model.has_role(id, Role::Bank)),
            }
        }
        of_cash(payee, Cash::AcceptIssuers(action))
    }

    pub(super) fn instruct_payment(&mut self, view: &View) -> Planned {
        let model = view.model;
        let payable =
            |r: &&Receivable| r.state() != ReceivableState::Settled && r.payments.is_empty();
        let all: Vec<&Receivable> = model.receivables.values().filter(payable).collect();
        let eventful = |r: &&&Receivable| r.live_claims.len() > 1 || pledged_or_offered(model, r);
        let mut some: Vec<&Receivable> = all.iter().copied().filter(|r| eventful(&r)).collect();
        if some.is_empty() || self.chance(0.4) {
            some = all;
        }
        let Some(receivable) = self.some(&some) else {
            return self.confirm(view);
        };
        let mut debtor = receivable.debtor.clone();
        let id = Id::try_from(receivable.id.as_slice()).expect("an id");
        let calendar = &receivable.terms.as_ref().expect("terms").calendar;
        let deadline = second_after(model.calendar(calendar), view.today);
        let pay_on = match self.rng.gen_range(0..4) {
            0 => self.rng.gen_range(view.today..=deadline),
            _ => view.today,
        };
        let minor = self.instructed(&model.debts(&id, pay_on));
        let mut action = InstructPayment {
            receivable: receivable.id.clone(),
            amount: Some(Money {
                minor,
                currency: receivable.face.as_ref().expect("a face").currency.clone(),
            }),
            end_to_end_id: self.end_to_end_id(),
            asserter: self.organization(|id| model.has_role(id, Role::Bank)),
            pay_on: on(pay_on),
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..10) {
                0 => action.receivable = self.bytes32(),
                1 => action.receivable = self.any_receivable(view).unwrap_or_default(),
                2 => debtor = self.organization(|id| id != receivable.debtor),
                3 => self.break_sum(&mut action.amount),
                4 => action.amount = self.other_amount(&action.amount),
                5 => action.pay_on = self.no_date(),
                6 => action.pay_on = on(self.one_of(&[view.today - 1, deadline + 1])),
                7 => action.end_to_end_id = self.bad_id(model, &debtor),
                8 => action.asserter = self.no_bank(model),
                _ => action.end_to_end_id = self.invalid_end_to_end_id(),
            }
        }
        of_settlement(debtor, Settling::InstructPayment(action))
    }

    pub(super) fn assert_payment(&mut self, view: &View) -> Planned {
        let model = view.model;
        let Some(payment) = self.payment_in(model, &[PaymentState::Instructed]) else {
            return self.instruct_payment(view);
        };
        let first = day_of(&payment.reckoned_on);
        let last = match payment.request.is_empty() {
            true => view.today.max(first),
            // The price of claims counts on its day.
            false => first,
        };
        let mut caller = payment.asserter.clone();
        let mut action = AssertPayment {
            payment: payment.id.clone(),
            message_hash: self.bytes32(),
            entry_reference: self.end_to_end_id(),
            value_date: on(self.rng.gen_range(first..=last)),
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..8) {
                0 => action.payment = self.other_payment(model),
                1 => caller = self.organization(|id| id != payment.asserter),
                2 => action.message_hash = self.wrong_length(),
                3 => action.entry_reference = self.invalid_end_to_end_id(),
                4 => {
                    let used: Vec<&Vec<u8>> = model.bank_messages.keys().collect();
                    if let Some(hash) = self.some(&used) {
                        action.message_hash = hash.clone();
                    }
                }
                5 => {
                    let used: Vec<&(String, String)> = model.bank_entries.keys().collect();
                    if let Some((_, reference)) = self.some(&used) {
                        action.entry_reference = reference.clone();
                    }
                }
                6 => action.value_date = on(self.one_of(&[first - 1, view.today + 1])),
                _ => action.value_date = self.no_date(),
            }
        }
        of_cash(caller, Cash::AssertPayment(action))
    }

    pub(super) fn contest_payment(&mut self, view: &View) -> Planned {
        let model = view.model;
        let Some(payment) = self.payment_in(model, &[PaymentState::Asserted]) else {
            return self.assert_payment(view);
        };
        let assertion = payment.assertion.as_ref().expect("an assertion");
        let mut caller = payment.confirmer.clone();
        if view.today > day_of(&assertion.answer_by) {
            caller = self.one_of(&parties(payment));
        }
        let mut action = ContestPayment {
            payment: payment.id.clone(),
            reason: self.reason(),
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..4) {
                0 => action.payment = self.other_payment(model),
                1 => caller = self.organization(|_| true),
                2 => caller = self.one_of(&parties(payment)),
                _ => action.reason = self.invalid_reason(),
            }
        }
        of_cash(caller, Cash::ContestPayment(action))
    }

    pub(super) fn confirm_payment(&mut self, view: &View) -> Planned {
        let model = view.model;
        let open = [PaymentState::Asserted, PaymentState::Contested];
        let Some(found) = self.payment_in(model, &open) else {
            return self.assert_payment(view);
        };
        let mut caller = found.confirmer.clone();
        let mut payment = found.id.clone();
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..2) {
                0 => (caller, payment) = self.of_other(model, |p| p.confirmer.clone()),
                _ => caller = self.one_of(&parties(found)),
            }
        }
        of_settlement(caller, Settling::ConfirmPayment(ConfirmPayment { payment }))
    }

    pub(super) fn cancel_payment(&mut self, view: &View) -> Planned {
        let model = view.model;
        let Some(found) = self.payment_in(model, &[PaymentState::Contested]) else {
            return self.contest_payment(view);
        };
        let mut caller = self.one_of(&[found.payer.clone(), found.payee.clone()]);
        let mut payment = found.id.clone();
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..2) {
                0 => (caller, payment) = self.of_other(model, |p| p.payee.clone()),
                _ => caller = self.organization(|_| true),
            }
        }
        of_settlement(caller, Settling::CancelPayment(CancelPayment { payment }))
    }

    pub(super) fn rule_payment(&mut self, view: &View) -> Planned {
        let model = view.model;
        let ruled = |p: &&Payment| p.state() == PaymentState::Contested && !p.arbiter.is_empty();
        let all: Vec<&Payment> = model.payments.values().filter(ruled).collect();
        let Some(found) = self.some(&all) else {
            return self.contest_payment(view);
        };
        let mut caller = found.arbiter.clone();
        let mut action = RulePayment {
            payment: found.id.clone(),
            paid: self.chance(0.6),
            reason: self.reason(),
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..3) {
                0 => (caller, action.payment) = self.of_other(model, |p| p.arbiter.clone()),
                1 => caller = self.one_of(&parties(found)),
                _ => action.reason = self.invalid_reason(),
            }
        }
        of_settlement(caller, Settling::RulePayment(action))
    }

    pub(super) fn time_out_payment(&mut self, view: &View) -> Planned {
        let model = view.model;
        let late = |p: &&Payment| {
            p.state() == PaymentState::Instructed && day_of(&p.deadline) < view.today
        };
        let mut all: Vec<&Payment> = model.payments.values().filter(late).collect();
        if all.is_empty() || self.chance(0.1) {
            all = model.payments.values().collect();
        }
        let Some(found) = self.some(&all) else {
            return self.instruct_payment(view);
        };
        let mut caller = self.one_of(&parties(found));
        let mut payment = found.id.clone();
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..2) {
                0 => (caller, payment) = self.of_other(model, |p| p.payer.clone()),
                _ => caller = self.organization(|_| true),
            }
        }
        of_settlement(caller, Settling::TimeOutPayment(TimeOutPayment { payment }))
    }

    fn payment_in<'a>(&mut self, model: &'a Model, states: &[PaymentState]) -> Option<&'a Payment> {
        let fits = |p: &&Payment| states.contains(&p.state());
        let all: Vec<&Payment> = model.payments.values().filter(fits).collect();
        self.some(&all)
    }

    /// Any payment, or none that there is.
    fn other_payment(&mut self, model: &Model) -> Vec<u8> {
        let all: Vec<&Payment> = model.payments.values().collect();
        match self.some(&all) {
            Some(payment) if self.chance(0.7) => payment.id.clone(),
            _ if self.chance(0.5) => self.wrong_length(),
            _ => self.bytes32(),
        }
    }

    /// The same, with one who would have the say in it.
    fn of_other(&mut self, model: &Model, who: impl Fn(&Payment) -> String) -> (String, Vec<u8>) {
        let id = self.other_payment(model);
        let caller = model
            .payments
            .get(id.as_slice())
            .map(who)
            .unwrap_or_default();
        match caller.is_empty() {
            true => (self.organization(|_| true), id),
            false => (caller, id),
        }
    }
}

fn pledged_or_offered(model: &Model, receivable: &Receivable) -> bool {
    let id = Id::try_from(receivable.id.as_slice()).expect("an id");
    let claims = model.live_claims(&id);
    claims.iter().any(|claim| claim.encumbrance.is_some())
}
