//! How each record is shown, field by field.

use counterfoil_proto::cash::v1 as cash;
use counterfoil_proto::invoice::v1 as invoice;
use counterfoil_proto::v1 as wire;

use crate::amounts::Currencies;
use crate::events;
use crate::output::View;

mod calendar;
mod credit;
mod financing;
mod membership;
mod message;
mod payment;
mod receivable;
mod supervision;

pub use calendar::calendar;
pub use credit::{history_entry, profile, profile_share};
pub use financing::{
    award, claim_reference, instalment, limit, loan, programme, quote_terms, ranked_quote, request,
    standing_quote, standing_terms,
};
pub use membership::{account, decision, organization, proposal, settings};
pub use message::action;
pub use payment::{acceptance, payment};
pub use receivable::{
    burden_in_words, claim, debt_payment, endorsement, receivable, recourse_limit, terms,
    undertaking,
};
pub use supervision::{freeze, pack, pack_in_full, suspense};

/// An amount and its currency, shown as one.
fn amount(view: View, name: &str, money: Option<&wire::Money>, currencies: &Currencies) -> View {
    let money = money.cloned().unwrap_or_default();
    view.minor(name, money.minor, &money.currency, currencies)
        .hidden("currency", money.currency)
}

/// A date as text; a dash where there is none.
pub fn day(date: Option<wire::Date>) -> String {
    date.map_or_else(
        || "–".to_owned(),
        |wire::Date { year, month, day }| format!("{year:04}-{month:02}-{day:02}"),
    )
}

/// What the buyer undertakes to pay if the seller agrees.
fn conditions(conditions: &invoice::Conditions, currencies: &Currencies) -> View {
    let amount = conditions.amount.clone().unwrap_or_default();
    let terms = conditions.terms.as_ref();
    let terms = terms.map(|terms| self::terms(terms, &amount.currency, currencies));
    View::new()
        .minor("amount_minor", amount.minor, &amount.currency, currencies)
        .inner("terms", terms)
        .date("expires_on", conditions.expires_on.as_ref())
}

fn credit_note(note: &invoice::CreditNote, currencies: &Currencies) -> View {
    let amount = note.amount.clone().unwrap_or_default();
    let minor = |view: View, name, minor| view.minor(name, minor, &amount.currency, currencies);
    let claims = note.claims.iter().map(|claim| {
        let view = View::new()
            .number("number", claim.number)
            .text("controller", &claim.controller)
            .text("pledgee", &claim.pledgee);
        minor(view, "credited_minor", claim.minor)
    });
    let view = View::new()
        .text("number", &note.number)
        .date("issue_date", note.issue_date.as_ref())
        .id("document_hash", &note.document_hash)
        .text("reason", &note.reason);
    let view = minor(view, "amount_minor", amount.minor);
    minor(view, "owed_to_buyer_minor", note.owed_to_buyer_minor)
        .nested("claims", claims.collect())
        .date("credited_on", note.credited_on.as_ref())
}

fn dispute(dispute: &invoice::Dispute, currencies: &Currencies) -> View {
    let ruling = |ruling: Option<&invoice::Ruling>| {
        let ruling = ruling.cloned().unwrap_or_default();
        let view = View::new().text("verdict", format_args!("{:?}", ruling.verdict()));
        let view = match &ruling.amount {
            Some(amount) => view.minor("amount_minor", amount.minor, &amount.currency, currencies),
            None => view,
        };
        view.id("reason_hash", &ruling.reason_hash)
    };
    let rulings = dispute
        .rulings
        .iter()
        .map(|given| ruling(given.ruling.as_ref()).text("arbiter", &given.arbiter));
    View::new()
        .number("number", dispute.number)
        .text("state", format_args!("{:?}", dispute.state()))
        .text("opened_by", &dispute.opened_by)
        .date("opened_on", dispute.opened_on.as_ref())
        .text("reason", &dispute.reason)
        .nested("rulings", rulings.collect())
        .inner("outcome", dispute.outcome.as_ref().map(|o| ruling(Some(o))))
        .date("ended_on", dispute.ended_on.as_ref())
}

pub fn invoice(invoice: &invoice::Invoice, currencies: &Currencies) -> View {
    let view = View::new()
        .id("id", &invoice.id)
        .text("state", format_args!("{:?}", invoice.state()))
        .text("seller", &invoice.seller)
        .text("buyer", &invoice.buyer)
        .text("number", &invoice.number);
    let currency = invoice.gross.as_ref().map_or("", |gross| &gross.currency);
    let view = amount(view, "gross_minor", invoice.gross.as_ref(), currencies)
        .date("issue_date", invoice.issue_date.as_ref())
        .date("due_date", invoice.due_date.as_ref())
        .date("delivery_date", invoice.delivery_date.as_ref())
        .number("type_code", invoice.type_code)
        .text("order_reference", &invoice.order_reference);
    let terms = invoice.terms.as_ref();
    view.inner("terms", terms.map(|t| self::terms(t, currency, currencies)))
        .id("document_hash", &invoice.document_hash)
        .id("payload_root", &invoice.payload_root)
        .id("strict_fingerprint", &invoice.strict_fingerprint)
        .id("loose_fingerprint", &invoice.loose_fingerprint)
        .id("succeeds", &invoice.succeeds)
        .id("succeeded_by", &invoice.succeeded_by)
        .date("registered_on", invoice.registered_on.as_ref())
        .number("query_count", invoice.query_count)
        .text("reason", &invoice.reason)
        .list(
            "warnings",
            invoice.warnings().map(|kind| format!("{kind:?}")),
        )
        .id("released_from", &invoice.released_from)
        .inner(
            "conditions",
            invoice
                .conditions
                .as_ref()
                .map(|c| conditions(c, currencies)),
        )
        .id("receivable", &invoice.receivable)
        .nested(
            "credit_notes",
            invoice
                .credit_notes
                .iter()
                .map(|note| credit_note(note, currencies))
                .collect(),
        )
        .inner(
            "dispute",
            invoice.dispute.as_ref().map(|d| dispute(d, currencies)),
        )
}

pub fn balance(balance: &cash::Balance, currencies: &Currencies) -> View {
    let minor = |view: View, name, minor| view.minor(name, minor, &balance.currency, currencies);
    let view = View::new()
        .text("holder", &balance.holder)
        .text("issuer", &balance.issuer)
        .text("currency", &balance.currency);
    let view = minor(view, "available_minor", balance.available_minor);
    minor(view, "locked_minor", balance.locked_minor)
}

pub fn issuance(issuance: &cash::Issuance, currencies: &Currencies) -> View {
    View::new()
        .text("issuer", &issuance.issuer)
        .text("currency", &issuance.currency)
        .minor(
            "issued_minor",
            issuance.issued_minor,
            &issuance.currency,
            currencies,
        )
        .minor(
            "redeemed_minor",
            issuance.redeemed_minor,
            &issuance.currency,
            currencies,
        )
}

pub fn redemption(redemption: &cash::Redemption, currencies: &Currencies) -> View {
    let view = View::new()
        .text("holder", &redemption.holder)
        .text("issuer", &redemption.issuer)
        .text("end_to_end_id", &redemption.end_to_end_id)
        .text("state", format_args!("{:?}", redemption.state()));
    amount(view, "amount_minor", redemption.amount.as_ref(), currencies)
        .date("requested_on", redemption.requested_on.as_ref())
}

/// A receipt's fields, after those of `head`.
pub fn receipt(head: View, receipt: &wire::Receipt, currencies: &Currencies) -> View {
    let outcome = if receipt.code == 0 {
        "executed"
    } else {
        "rejected"
    };
    let view = head
        .id("tx_id", &receipt.tx_id)
        .text("outcome", outcome)
        .number("height", receipt.height)
        .number("index", receipt.index)
        .number("code", receipt.code);
    let view = match &receipt.rejection {
        None => view,
        Some(rejection) => view
            .text("contract", &rejection.contract)
            .text("reason", &rejection.reason)
            .text("message", &rejection.message)
            .text("first", &rejection.first),
    };
    let events = receipt
        .events
        .iter()
        .map(|event| events::view(event, currencies));
    view.nested("events", events.collect())
}

pub fn header(hash: &[u8], header: &wire::Header) -> View {
    View::new()
        .number("height", header.height)
        .id("hash", hash)
        .text("chain_id", &header.chain_id)
        .hidden("time_ms", header.time_ms)
        .text("time", utc(header.time_ms))
        .id("proposer", &header.proposer)
        .id("parent", &header.parent)
        .id("transactions_root", &header.transactions_root)
        .id("receipts_root", &header.receipts_root)
        .id("state_root", &header.state_root)
        .id("validators_hash", &header.validators_hash)
        .id("next_validators_hash", &header.next_validators_hash)
        .id("params_hash", &header.params_hash)
}

pub fn status(status: &wire::GetStatusResponse) -> View {
    let view = View::new()
        .text("moniker", &status.moniker)
        .text("version", &status.version)
        .text("commit", &status.commit)
        .number("protocol_version", status.protocol_version)
        .text("chain_id", &status.chain_id)
        .number("height", status.height)
        .id("block_hash", &status.block_hash)
        .hidden("block_time_ms", status.block_time_ms)
        .text("block_time", utc(status.block_time_ms))
        .hidden("block_age_ms", status.block_age_ms)
        .shown("block age", seconds(status.block_age_ms))
        .date("ledger_date", status.ledger_date.as_ref())
        .flag("validator", status.validator)
        .text("organization", &status.organization)
        .id("address", &status.address)
        .number("peers", status.peers)
        .number("peers_listed", status.peers_listed)
        .number("peers_height", status.peers_height)
        .number("pool_transactions", status.pool_transactions)
        .hidden("data_bytes", status.data_bytes)
        .shown("data", bytes(status.data_bytes))
        .hidden("disk_free_bytes", status.disk_free_bytes)
        .shown("disk free", bytes(status.disk_free_bytes))
        .hidden("lacking", status.lacking.as_str());
    match status.lacking.as_str() {
        "" => view,
        lacking => view.shown("lacking", lacking),
    }
}

/// Milliseconds as people read them.
pub fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}

/// A number of bytes as people read it.
pub fn bytes(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    match bytes / MIB {
        mib if mib < 10 * 1024 => format!("{mib} MiB"),
        mib => format!("{} GiB", mib / 1024),
    }
}

/// A moment in UTC, as ISO 8601 writes it.
pub fn utc(ms: u64) -> String {
    i64::try_from(ms)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .map_or_else(|| format!("{ms} ms"), |time| format!("{time:.3}"))
}
