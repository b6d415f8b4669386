//! Actions on payments outside the ledger, and on what payees take.

use counterfoil_proto::cash::v1::action::Action as Cash;
use counterfoil_proto::cash::v1::{AcceptIssuers, AcceptedIssuer, AssertPayment, ContestPayment};
use counterfoil_proto::receivable::v1::FeePaid;
use counterfoil_proto::settlement::v1::action::Action as Settling;
use counterfoil_proto::settlement::v1::{
    CancelPayment, ConfirmPayment, InstructPayment, RulePayment, SettleReceivable, TimeOutPayment,
};

use super::{ISSUER, cash_act, settlement_act, usd};
use crate::model::arithmetic::date;
use crate::model::{Act, tagged_hash};

/// The debtor's bank.
const PAYING_BANK: &str = ISSUER;

/// Deposits in USD of these issuers up to these balances, and the bank that confirms.
pub fn accept_issuers(issuers: &[(&str, u64)], account_bank: &str) -> Act {
    let accepted = issuers.iter().map(|(issuer, cap_minor)| AcceptedIssuer {
        issuer: (*issuer).into(),
        currency: "USD".into(),
        cap_minor: *cap_minor,
        while_suspended: false,
    });
    cash_act(Cash::AcceptIssuers(AcceptIssuers {
        accepted: accepted.collect(),
        account_bank: account_bank.into(),
    }))
}

/// Has the debtor's bank pay, for a day.
pub fn instruct(receivable: &[u8], minor: u64, end_to_end_id: &str, pay_on: i64) -> Act {
    instruct_by(PAYING_BANK, receivable, minor, end_to_end_id, pay_on)
}

/// Has some bank pay, for a day.
pub fn instruct_by(
    bank: &str,
    receivable: &[u8],
    minor: u64,
    end_to_end_id: &str,
    pay_on: i64,
) -> Act {
    settlement_act(Settling::InstructPayment(InstructPayment {
        receivable: receivable.to_vec(),
        amount: usd(minor),
        end_to_end_id: end_to_end_id.into(),
        asserter: bank.into(),
        pay_on: Some(date(pay_on)),
    }))
}

/// An assertion of the bank message of this name.
pub fn wire(payment: &[u8], message: &str, value_day: i64) -> AssertPayment {
    AssertPayment {
        payment: payment.to_vec(),
        message_hash: tagged_hash("message", &[message.as_bytes()]).to_vec(),
        entry_reference: message.into(),
        value_date: Some(date(value_day)),
    }
}

pub fn assert_payment(assertion: AssertPayment) -> Act {
    cash_act(Cash::AssertPayment(assertion))
}

pub fn contest(payment: &[u8]) -> Act {
    cash_act(Cash::ContestPayment(ContestPayment {
        payment: payment.to_vec(),
        reason: "Nothing came.".into(),
    }))
}

pub fn confirm_payment(payment: &[u8]) -> Act {
    let payment = payment.to_vec();
    settlement_act(Settling::ConfirmPayment(ConfirmPayment { payment }))
}

pub fn cancel_payment(payment: &[u8]) -> Act {
    let payment = payment.to_vec();
    settlement_act(Settling::CancelPayment(CancelPayment { payment }))
}

pub fn rule_payment(payment: &[u8], paid: bool) -> Act {
    settlement_act(Settling::RulePayment(RulePayment {
        payment: payment.to_vec(),
        paid,
        reason: "As the bank statements show.".into(),
    }))
}

pub fn time_out(payment: &[u8]) -> Act {
    let payment = payment.to_vec();
    settlement_act(Settling::TimeOutPayment(TimeOutPayment { payment }))
}

/// Pays in deposits, with fees on top.
pub fn settle_with_fees(
    receivable: &[u8],
    minor: u64,
    fees: &[(&str, u64)],
    end_to_end_id: &str,
) -> Act {
    let fees = fees.iter().map(|(payee, amount_minor)| FeePaid {
        payee: (*payee).into(),
        amount_minor: *amount_minor,
    });
    settlement_act(Settling::Settle(SettleReceivable {
        receivable: receivable.to_vec(),
        issuer: ISSUER.into(),
        amount: usd(minor),
        end_to_end_id: end_to_end_id.into(),
        fees: fees.collect(),
    }))
}
