//! What a proof proves, as a person reads it: what, who, when, how much, and on whose word.

mod history;

use counterfoil_proto::receivable::v1::{Claim, ClaimState};
use counterfoil_proto::v1 as wire;
use counterfoil_types::claim::burden;
use counterfoil_types::proof::committed::Committed;
use counterfoil_types::proof::headers::Followed;
use counterfoil_types::proof::passport::{Confirmation, Passport};
use counterfoil_types::proof::unfinanced::Unfinanced;
use counterfoil_types::proof::{Subject, Verified};
use serde_json::Value;

use super::link::Linked;
use crate::amounts::{Currencies, percent};
use crate::output::{Answer, View, table};
use crate::views::{self, day};

pub fn answer(
    verified: &Verified,
    genesis: &wire::Genesis,
    has_checkpoint: bool,
    linked: Option<&Linked>,
) -> Answer {
    let currencies = Currencies::of(genesis);
    let as_of = as_of(&verified.as_of, has_checkpoint);
    match &verified.subject {
        Subject::Passport(passport) => passport_answer(passport, as_of, linked, &currencies),
        Subject::Unfinanced(found) => unfinanced_answer(found, as_of, linked, &currencies),
        Subject::History(found) => history::answer(found, as_of, &currencies),
        Subject::Committed(found) => committed_answer(found, as_of, &currencies),
    }
}

/// Which block it is as of, and whose signatures that rests on.
fn as_of(followed: &Followed, has_checkpoint: bool) -> View {
    let header = &followed.header;
    let believed = followed.believed.iter().map(|believed| {
        let organizations = believed.organizations.join(", ");
        match believed.heights {
            (first, last) if first == last => format!("block {first}: {organizations}"),
            (first, last) => format!("blocks {first} to {last}: {organizations}"),
        }
    });
    let begins = match has_checkpoint {
        true => "your checkpoint",
        false => "genesis, and all validators that decided since",
    };
    View::new()
        .text("chain_id", &header.chain_id)
        .number("height", header.height)
        .id("block", followed.hash.as_ref())
        .hidden("time_ms", header.time_ms)
        .text("time", views::utc(header.time_ms))
        .text("rests_on", begins)
        .list("signed_by", believed)
}

fn passport_answer(
    passport: &Passport,
    as_of: View,
    linked: Option<&Linked>,
    currencies: &Currencies,
) -> Answer {
    let receivable = &passport.receivable;
    let currency = receivable.face.as_ref().map_or("", |face| &face.currency);
    let view = View::new()
        .text("verdict", "PROVEN")
        .inner("as_of", Some(as_of))
        .inner(
            "receivable",
            Some(views::receivable(receivable, currencies)),
        )
        .text("debtor_name", &passport.debtor.legal_name);
    let view = confirmation(link(view, linked), &passport.confirmation);
    let view = match &passport.invoice {
        Some(invoice) => view.inner("invoice", Some(views::invoice(invoice, currencies))),
        None => view.field("invoice", Value::Null, "not disclosed".into()),
    };
    let opened = passport.opened.iter();
    let opened = opened.map(|(name, value)| View::new().text("name", name).text("value", value));
    let claims = passport
        .claims
        .iter()
        .map(|claim| views::claim(claim, currency, currencies));
    let endorsements = passport.endorsements.values().map(views::endorsement);
    let undertakings = passport.undertakings.values();
    let undertakings = undertakings.map(|u| views::undertaking(u, currencies));
    let loans = passport
        .loans
        .values()
        .map(|loan| views::loan(loan, currencies));
    let quotes = passport.quotes.values();
    let quotes = quotes.map(|quote| {
        let terms = quote.terms.as_ref();
        let award = quote.award.as_ref();
        View::new()
            .text("bank", &quote.bank)
            .id("request", &quote.request)
            .inner(
                "terms",
                terms.map(|terms| views::quote_terms(terms, currencies)),
            )
            .inner("award", award.map(|award| views::award(award, currencies)))
    });
    let paid = passport.debt_payments.iter();
    let paid = paid.map(|payment| views::debt_payment(payment, currency, currencies));
    let payments = passport.payments.values();
    let payments = payments.map(|payment| views::payment(payment, currencies));
    let view = view
        .nested("private_fields", opened.collect())
        .numbers("claims_not_disclosed", &passport.withheld())
        .hidden_records("claims", claims.collect())
        .hidden_records("endorsements", endorsements.collect())
        .nested("undertakings", undertakings.collect())
        .nested("loans", loans.collect())
        .nested("quotes_taken", quotes.collect())
        .nested("payments", paid.collect())
        .nested("payments_under_way", payments.collect());
    let lines: Vec<View> = passport
        .claims
        .iter()
        .map(|claim| line(passport, claim, currency, currencies))
        .collect();
    let columns = [
        "claim",
        "holder",
        "outstanding_minor",
        "state",
        "encumbrance",
        "way",
    ];
    Answer::record(view).below(table(&columns, &lines))
}

fn confirmation(view: View, confirmation: &Confirmation) -> View {
    let accounts = |by: &[Vec<u8>]| by.iter().map(hex::encode).collect::<Vec<_>>();
    match confirmation {
        Confirmation::Signed { transaction, by } => view
            .text("confirmed_by_transaction", transaction)
            .list("signed_by_accounts", accounts(by)),
        Confirmation::Approved {
            proposal,
            by,
            transaction,
        } => view
            .text("confirmed_by_transaction", transaction)
            .id("confirmed_by_proposal", proposal)
            .list("signed_by_accounts", accounts(by)),
        Confirmation::NotNamed => view.field(
            "confirmed_by_transaction",
            Value::Null,
            "not in the proof: the receivable is older than version 8 of the rules".into(),
        ),
    }
}

/// A claim in one line: who has it, what is left of it, and by which way it came.
fn line(passport: &Passport, claim: &Claim, currency: &str, currencies: &Currencies) -> View {
    let way = passport.way(claim).into_iter().map(|endorsement| {
        let of = (endorsement.request.clone(), endorsement.to.clone());
        let terms = passport
            .quotes
            .get(&of)
            .and_then(|quote| quote.terms.as_ref());
        let price = terms.map(|terms| format!(", quoted at {}", percent(terms.rate_ppm)));
        format!(
            "{} {} → {} ({:?}{})",
            day(endorsement.at),
            endorsement.from,
            endorsement.to,
            endorsement.purpose(),
            price.unwrap_or_default()
        )
    });
    let way: Vec<String> = way.collect();
    let encumbrance = burden(claim).map_or_else(|| "none".to_owned(), views::burden_in_words);
    let state = match claim.state() {
        ClaimState::Live => "live",
        _ => "spent",
    };
    View::new()
        .text("claim", format_args!("#{}", claim.number))
        .text("holder", &claim.controller)
        .minor(
            "outstanding_minor",
            claim.outstanding_minor,
            currency,
            currencies,
        )
        .text("state", state)
        .text("encumbrance", encumbrance)
        .text("way", way.join("\n"))
}

fn unfinanced_answer(
    found: &Unfinanced,
    as_of: View,
    linked: Option<&Linked>,
    currencies: &Currencies,
) -> Answer {
    let state = match found.invoices.as_slice() {
        [] => "nothing is registered under this fingerprint",
        invoices if invoices.iter().all(|(_, receivable)| receivable.is_none()) => {
            "registered, and not confirmed"
        }
        _ => "confirmed, and all of it the seller's and free, or settled",
    };
    let invoices = found.invoices.iter().map(|(invoice, receivable)| {
        let receivable = receivable.as_ref();
        View::new()
            .inner("invoice", Some(views::invoice(invoice, currencies)))
            .inner(
                "receivable",
                receivable.map(|r| views::receivable(r, currencies)),
            )
    });
    let view = View::new()
        .text("verdict", "PROVEN: NOT FINANCED ON THIS LEDGER")
        .inner("as_of", Some(as_of))
        .id("fingerprint", found.fingerprint.as_ref())
        .text("state", state)
        .nested("invoices", invoices.collect());
    let alone = "It speaks for this ledger alone.";
    Answer::record(link(view, linked)).below(match linked {
        Some(_) => alone.to_owned(),
        None => format!(
            "{alone} That the fingerprint is that of a paper invoice is not verified: give --ledger-key, and what stands on the paper."
        ),
    })
}

fn committed_answer(found: &Committed, as_of: View, currencies: &Currencies) -> Answer {
    let (transaction, header) = (&found.transaction, &found.header);
    let view = View::new()
        .text("verdict", "PROVEN: COMMITTED")
        .inner("as_of", Some(as_of))
        .text("tx_id", found.id)
        .number("height", header.height)
        .whole("index", found.index.map(u64::from))
        .hidden("time_ms", header.time_ms)
        .text("time", views::utc(header.time_ms))
        .text("organization", &transaction.organization)
        .list("signers", transaction.signers.iter().map(hex::encode))
        .inner(
            "action",
            Some(views::action(
                transaction.contract,
                &transaction.action,
                currencies,
            )),
        );
    let receipt = found.receipt.as_ref();
    let receipt = receipt.map(|receipt| views::receipt(View::new(), receipt, currencies));
    Answer::record(match receipt {
        Some(receipt) => view.inner("receipt", Some(receipt)),
        None => view.field(
            "receipt",
            Value::Null,
            "not disclosed: that it was not rejected is not proven".into(),
        ),
    })
}

/// Whether the fingerprint is an invoice's, and under which ledger key.
fn link(view: View, linked: Option<&Linked>) -> View {
    match linked {
        Some(Linked {
            invoice,
            ledger_key,
        }) => view
            .flag("link_verified", true)
            .text("link", invoice)
            .id("link_by_ledger_key", ledger_key.as_ref()),
        None => view.flag("link_verified", false),
    }
}
