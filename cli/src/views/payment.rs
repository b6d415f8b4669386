//! Payments over the external rail, and whose deposits a payee takes.

use counterfoil_proto::cash::v1::{Acceptance, Payment};

use super::amount;
use crate::amounts::Currencies;
use crate::output::View;

pub fn payment(payment: &Payment, currencies: &Currencies) -> View {
    let currency = payment.amount.as_ref().map_or("", |sum| &sum.currency);
    let view = View::new()
        .id("id", &payment.id)
        .text("state", format_args!("{:?}", payment.state()))
        .text("payer", &payment.payer)
        .text("payee", &payment.payee);
    let view = amount(view, "amount_minor", payment.amount.as_ref(), currencies)
        .text("end_to_end_id", &payment.end_to_end_id)
        .text("asserter", &payment.asserter)
        .text("confirmer", &payment.confirmer)
        .text("arbiter", &payment.arbiter)
        .id("receivable", &payment.receivable)
        .id("request", &payment.request)
        .date("instructed_on", payment.instructed_on.as_ref())
        .date("reckoned_on", payment.reckoned_on.as_ref())
        .text("calendar", &payment.calendar)
        .date("deadline", payment.deadline.as_ref());
    let view = match &payment.assertion {
        None => view,
        Some(assertion) => view
            .id("message_hash", &assertion.message_hash)
            .text("entry_reference", &assertion.entry_reference)
            .date("value_date", assertion.value_date.as_ref())
            .date("asserted_on", assertion.asserted_on.as_ref())
            .date("answer_by", assertion.answer_by.as_ref()),
    };
    let claims = payment.claims.iter().map(|part| {
        View::new()
            .number("number", part.number)
            .minor(
                "principal_minor",
                part.principal_minor,
                currency,
                currencies,
            )
            .minor("penalty_minor", part.penalty_minor, currency, currencies)
            .id("loan", &part.loan)
    });
    view.nested("claims", claims.collect())
        .text("reason", &payment.reason)
        .date("closed_on", payment.closed_on.as_ref())
}

pub fn acceptance(acceptance: &Acceptance, currencies: &Currencies) -> View {
    let accepted = acceptance.accepted.iter().map(|entry| {
        View::new()
            .text("issuer", &entry.issuer)
            .text("currency", &entry.currency)
            .minor("cap_minor", entry.cap_minor, &entry.currency, currencies)
            .flag("while_suspended", entry.while_suspended)
    });
    View::new()
        .text("payee", &acceptance.payee)
        .text("account_bank", &acceptance.account_bank)
        .flag("takes_all", acceptance.accepted.is_empty())
        .nested("accepted", accepted.collect())
}
