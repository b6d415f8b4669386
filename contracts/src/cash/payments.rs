//! Payments over the external rail: who pays whom, what the banks say of it, and how it ends (specification
//! 6.3). What a payment is for takes effect where it was instructed.

use counterfoil_proto::cash::v1::event::Event as Kind;
use counterfoil_proto::cash::v1::{
    AssertPayment, Assertion, BankMessage, ContestPayment, PaidClaim, Payment, PaymentAsserted,
    PaymentClosed, PaymentContested, PaymentInstructed, PaymentState, RejectionCode,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::v1::Money;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{PaymentId, TxId};
use counterfoil_types::limits::{ANSWER_BUSINESS_DAYS, PAYMENT_BUSINESS_DAYS};

use super::api::is_reference;
use super::events::emit;
use super::keys::{BANK_ENTRIES, BANK_MESSAGES, PAYMENTS, acceptance, put_payment};
use crate::calendar::api as calendars;
use crate::kernel::{
    Context, Failure, StateError, Store, check_reason, reject, reject_repeated, stored_date,
};
use crate::membership::api as membership;

const KEY: &str = "cash/payment";

/// The last day of a payment's being asserted in time, where it is instructed today and its terms name this calendar.
pub fn deadline(context: &Context<'_>, calendar: &str) -> Result<Date, StateError> {
    let days = calendars::business_days(&context.store, calendar)?;
    Ok(days.after(context.ledger_date, PAYMENT_BUSINESS_DAYS))
}

/// What a payment is for.
pub enum PaidFor<'i> {
    Receivable {
        id: &'i [u8],
        claims: Vec<PaidClaim>,
    },
    /// The payer's quote for a request.
    Request(&'i [u8]),
}

/// What one payee is to be paid.
pub struct Instructed<'i> {
    pub payer: &'i str,
    pub payee: &'i str,
    pub amount: Money,
    pub end_to_end_id: &'i str,
    pub asserter: &'i str,
    pub confirmer: String,
    /// Empty where nobody rules.
    pub arbiter: &'i str,
    pub paid_for: PaidFor<'i>,
    pub reckoned_on: Date,
    /// Of the terms; empty where they name none.
    pub calendar: String,
    pub deadline: Date,
}

/// Checks that a bank may assert payments.
pub fn check_asserter(store: &Store<'_>, asserter: &str) -> Result<(), Failure> {
    if membership::is_in_role(store, asserter, Role::Bank)? {
        return Ok(());
    }
    let message = format!("{asserter:?} is not a bank that may assert payments on this ledger");
    Err(reject(RejectionCode::WrongAsserter, message))
}

/// Who confirms what a payee is paid: the bank it named, or itself where that one serves both sides.
pub fn confirmer(
    store: &Store<'_>,
    payee: &str,
    payer: &str,
    asserter: &str,
) -> Result<String, Failure> {
    let bank = acceptance(store, payee)?.account_bank;
    if !bank.is_empty() && bank != asserter && bank != payer {
        return Ok(bank);
    }
    if payee != asserter {
        return Ok(payee.to_owned());
    }
    let message = format!(
        "{payee} is to be paid and would assert it, too, and has no other bank that confirms: have another bank pay, \
         or pay in deposits"
    );
    Err(reject(RejectionCode::NoConfirmer, message))
}

/// Records a payment that was instructed, and returns its id. Invariant: everything was checked in this transaction,
/// in which the payer pays the payee nothing else so.
pub fn put_instructed(context: &mut Context<'_>, instructed: Instructed<'_>) -> Vec<u8> {
    let today = context.ledger_date;
    let Instructed { payer, payee, .. } = instructed;
    let parties = [payer, payee, instructed.asserter, &instructed.confirmer];
    let is_party = parties.contains(&instructed.arbiter);
    let (receivable, claims, request) = match instructed.paid_for {
        PaidFor::Receivable { id, claims } => (id, claims, [].as_slice()),
        PaidFor::Request(id) => ([].as_slice(), Vec::new(), id),
    };
    let payment = Payment {
        id: PaymentId::of(context.tx_id, payer, payee).to_vec(),
        payer: payer.to_owned(),
        payee: payee.to_owned(),
        amount: Some(instructed.amount),
        end_to_end_id: instructed.end_to_end_id.to_owned(),
        asserter: instructed.asserter.to_owned(),
        arbiter: match is_party {
            true => String::new(),
            false => instructed.arbiter.to_owned(),
        },
        confirmer: instructed.confirmer,
        receivable: receivable.to_vec(),
        claims,
        request: request.to_vec(),
        state: PaymentState::Instructed.into(),
        instructed_on: Some(today.to_proto()),
        reckoned_on: Some(instructed.reckoned_on.to_proto()),
        deadline: Some(instructed.deadline.to_proto()),
        assertion: None,
        reason: String::new(),
        closed_on: None,
        calendar: instructed.calendar,
    };
    put_payment(&mut context.store, &payment);
    let event = PaymentInstructed {
        payment: payment.id.clone(),
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
    tell(
        context,
        &payment,
        Arbiter::No,
        Kind::PaymentInstructed(event),
    );
    payment.id
}

pub fn payment(store: &Store<'_>, id: &[u8]) -> Result<Option<Payment>, StateError> {
    PAYMENTS.get(store, &[id])
}

/// Whether the payer's bank says that it paid, and nobody denies it.
pub fn is_asserted(payment: &Payment) -> bool {
    payment.state() == PaymentState::Asserted
}

pub(super) fn assert(context: &mut Context<'_>, assert: AssertPayment) -> Result<(), Failure> {
    let mut payment = find(context, &assert.payment)?;
    if payment.asserter != context.caller.id {
        let message = "only the payer's bank asserts the payment";
        return Err(reject(RejectionCode::NotTheAsserter, message));
    }
    check_state(&payment, &[PaymentState::Instructed])?;
    let AssertPayment {
        message_hash,
        entry_reference,
        ..
    } = assert;
    if message_hash.len() != 32 || !is_reference(&entry_reference) {
        let message = "an assertion has the 32 bytes of the message's SHA-256, and an entry reference of 1 to 35 \
                       printable ASCII characters without a space at either end";
        return Err(reject(RejectionCode::InvalidMessage, message));
    }
    check_new(context, &message_hash, &entry_reference)?;
    let today = context.ledger_date;
    let days = calendars::business_days(&context.store, &payment.calendar)?;
    let first = stored_date(KEY, payment.reckoned_on)?;
    let last = match payment.request.is_empty() {
        true => today,
        false => today.min(first),
    };
    let value_date = Date::try_from(&assert.value_date.unwrap_or_default());
    if !value_date.is_ok_and(|date| (first..=last).contains(&date)) {
        let message = format!("the value date is not before {first}, nor after {last}");
        return Err(reject(RejectionCode::InvalidValueDate, message));
    }

    let used = BankMessage {
        tx_id: context.tx_id.to_vec(),
    };
    BANK_MESSAGES.put(&mut context.store, &[&message_hash], &used);
    let entry = [payment.asserter.as_bytes(), entry_reference.as_bytes()];
    BANK_ENTRIES.put(&mut context.store, &entry, &used);
    let assertion = Assertion {
        message_hash,
        entry_reference,
        value_date: assert.value_date,
        asserted_on: Some(today.to_proto()),
        answer_by: Some(days.after(today, ANSWER_BUSINESS_DAYS).to_proto()),
    };
    payment.state = PaymentState::Asserted.into();
    payment.assertion = Some(assertion.clone());
    put_payment(&mut context.store, &payment);
    let event = PaymentAsserted {
        payment: payment.id.clone(),
        assertion: Some(assertion),
    };
    tell(context, &payment, Arbiter::No, Kind::PaymentAsserted(event));
    Ok(())
}

/// Checks that neither a message nor its entry was asserted before.
fn check_new(context: &Context<'_>, hash: &[u8], entry: &str) -> Result<(), Failure> {
    let caller = context.caller.id.as_bytes();
    let message = BANK_MESSAGES.get(&context.store, &[hash])?;
    let first = match message {
        None => BANK_ENTRIES.get(&context.store, &[caller, entry.as_bytes()])?,
        first => first,
    };
    let Some(BankMessage { tx_id }) = first else {
        return Ok(());
    };
    let first =
        TxId::try_from(tx_id.as_slice()).map_or_else(|_| String::new(), |id| id.to_string());
    let message = "this message or entry was asserted for a payment before: one message pays once";
    Err(reject_repeated(
        RejectionCode::RepeatedMessage,
        message,
        first,
    ))
}

pub(super) fn contest(context: &mut Context<'_>, contest: ContestPayment) -> Result<(), Failure> {
    let mut payment = find(context, &contest.payment)?;
    check_party(context, &payment)?;
    check_state(&payment, &[PaymentState::Asserted])?;
    let assertion = payment.assertion.clone().unwrap_or_default();
    let answer_by = stored_date(KEY, assertion.answer_by)?;
    let by = context.caller.id.clone();
    if by != payment.confirmer && context.ledger_date <= answer_by {
        let message = format!(
            "{} may answer until the end of {answer_by}",
            payment.confirmer
        );
        return Err(reject(RejectionCode::AnswerNotLate, message));
    }
    check_reason(RejectionCode::InvalidReason, &contest.reason)?;

    payment.state = PaymentState::Contested.into();
    payment.reason = contest.reason.clone();
    put_payment(&mut context.store, &payment);
    let event = PaymentContested {
        payment: payment.id.clone(),
        by,
        reason: contest.reason,
    };
    tell(
        context,
        &payment,
        Arbiter::Yes,
        Kind::PaymentContested(event),
    );
    Ok(())
}

/// The payee's side says that a payment arrived.
pub fn confirm(context: &mut Context<'_>, id: &[u8]) -> Result<Payment, Failure> {
    let payment = find(context, id)?;
    if payment.confirmer != context.caller.id {
        let message = "only the payee's side confirms the payment";
        return Err(reject(RejectionCode::NotTheConfirmer, message));
    }
    check_state(&payment, &[PaymentState::Asserted, PaymentState::Contested])?;

    Ok(close(context, payment, PaymentState::Confirmed, ""))
}

/// Payer and payee agree that a contested payment did not take place.
pub fn cancel(context: &mut Context<'_>, id: &[u8]) -> Result<Payment, Failure> {
    let payment = find(context, id)?;
    let caller = &context.caller.id;
    if *caller != payment.payer && *caller != payment.payee {
        let message = "only payer and payee cancel the payment";
        return Err(reject(RejectionCode::NotAPaymentParty, message));
    }
    check_state(&payment, &[PaymentState::Contested])?;
    context.check_consent(&payment.payer)?;
    context.check_consent(&payment.payee)?;

    Ok(close(context, payment, PaymentState::Cancelled, ""))
}

/// The arbiter decides whether a contested payment took place.
pub fn rule(
    context: &mut Context<'_>,
    id: &[u8],
    paid: bool,
    reason: &str,
) -> Result<Payment, Failure> {
    let payment = find(context, id)?;
    if payment.arbiter != context.caller.id {
        let message = "only the arbiter that the deal names rules on the payment";
        return Err(reject(RejectionCode::NotTheArbiter, message));
    }
    check_state(&payment, &[PaymentState::Contested])?;
    check_reason(RejectionCode::InvalidReason, reason)?;

    let state = match paid {
        true => PaymentState::Confirmed,
        false => PaymentState::Cancelled,
    };
    Ok(close(context, payment, state, reason))
}

/// Ends a payment that was not asserted in time.
pub fn time_out(context: &mut Context<'_>, id: &[u8]) -> Result<Payment, Failure> {
    let payment = find(context, id)?;
    check_party(context, &payment)?;
    check_state(&payment, &[PaymentState::Instructed])?;
    let deadline = stored_date(KEY, payment.deadline)?;
    if context.ledger_date <= deadline {
        let message = format!("the payment may be asserted until the end of {deadline}");
        return Err(reject(RejectionCode::DeadlineNotPassed, message));
    }

    Ok(close(context, payment, PaymentState::TimedOut, ""))
}

fn close(
    context: &mut Context<'_>,
    mut payment: Payment,
    state: PaymentState,
    ruling: &str,
) -> Payment {
    // Only what was contested has a reason.
    let arbiter = match payment.reason.is_empty() {
        true => Arbiter::No,
        false => Arbiter::Yes,
    };
    payment.state = state.into();
    payment.closed_on = Some(context.ledger_date.to_proto());
    if !ruling.is_empty() {
        payment.reason = ruling.to_owned();
    }
    put_payment(&mut context.store, &payment);
    let event = PaymentClosed {
        payment: payment.id.clone(),
        state: payment.state,
        reason: ruling.to_owned(),
    };
    tell(context, &payment, arbiter, Kind::PaymentClosed(event));
    payment
}

fn find(context: &Context<'_>, id: &[u8]) -> Result<Payment, Failure> {
    payment(&context.store, id)?
        .ok_or_else(|| reject(RejectionCode::UnknownPayment, "no payment has this id"))
}

fn check_party(context: &Context<'_>, payment: &Payment) -> Result<(), Failure> {
    let parties = [
        &payment.payer,
        &payment.payee,
        &payment.asserter,
        &payment.confirmer,
    ];
    if parties.contains(&&context.caller.id) {
        return Ok(());
    }
    let message = "the payment is between others";
    Err(reject(RejectionCode::NotAPaymentParty, message))
}

fn check_state(payment: &Payment, from: &[PaymentState]) -> Result<(), Failure> {
    if from.contains(&payment.state()) {
        return Ok(());
    }
    let state = payment.state().as_str_name();
    let state = state.strip_prefix("PAYMENT_STATE_").unwrap_or(state);
    let message = format!("the payment is {state}");
    Err(reject(RejectionCode::WrongPaymentState, message))
}

/// Whether an event concerns the arbiter, too.
enum Arbiter {
    Yes,
    No,
}

fn tell(context: &mut Context<'_>, payment: &Payment, arbiter: Arbiter, kind: Kind) {
    let mut concerned = vec![
        payment.payer.as_str(),
        &payment.payee,
        &payment.asserter,
        &payment.confirmer,
    ];
    if matches!(arbiter, Arbiter::Yes) && !payment.arbiter.is_empty() {
        concerned.push(&payment.arbiter);
    }
    emit(context, &concerned, kind);
}
