//! How policy packs, freezes and deposits in suspense are shown.

use counterfoil_proto::cash::v1::Suspense;
use counterfoil_proto::supervision::v1::{ExposureCap, Freeze, PolicyPack};
use prost::Message as _;

use super::{amount, message};
use crate::amounts::Currencies;
use crate::frozen::Record;
use crate::output::View;

pub fn pack(pack: &PolicyPack) -> View {
    View::new()
        .number("version", pack.version)
        .date("effective_from", pack.effective_from.as_ref())
        .text("published_by", &pack.published_by)
        .date("published_on", pack.published_on.as_ref())
}

/// With every rule that forbids something.
pub fn pack_in_full(published: &PolicyPack, currencies: &Currencies) -> View {
    let mut rules = published.rules.clone().unwrap_or_default();
    let caps = std::mem::take(&mut rules.exposure_caps);
    let name = "counterfoil.supervision.v1.Rules";
    let view = message::message(pack(published), name, &rules.encode_to_vec(), currencies);
    let cap = |capped: &ExposureCap| {
        let view = View::new()
            .text("bank", all_or(&capped.bank))
            .text("debtor", all_or(&capped.debtor));
        amount(view, "cap_minor", capped.cap.as_ref(), currencies)
    };
    view.nested("exposure_caps", caps.iter().map(cap).collect())
}

fn all_or(organization: &str) -> &str {
    match organization {
        "" => "all",
        id => id,
    }
}

/// The last time that a record was frozen, and those before.
pub fn freeze(freeze: &Freeze) -> View {
    let periods = freeze.periods.iter().rev().map(|period| {
        View::new()
            .date("from", period.from.as_ref())
            .date("until", period.until.as_ref())
            .id("reason_hash", &period.reason_hash)
            .text("frozen_by", &period.frozen_by)
            .list("told", period.organizations.iter().cloned())
    });
    let last = freeze.periods.last();
    View::new()
        .text("record", Record::of(&freeze.record))
        .date("from", last.and_then(|last| last.from.as_ref()))
        .date("until", last.and_then(|last| last.until.as_ref()))
        .id("reason_hash", last.map_or(&[], |last| &last.reason_hash))
        .nested("periods", periods.collect())
}

pub fn suspense(suspense: &Suspense, currencies: &Currencies) -> View {
    let view = View::new()
        .id("id", &suspense.id)
        .text("state", format_args!("{:?}", suspense.state()))
        .text("issuer", &suspense.issuer)
        .text("payer", &suspense.payer)
        .text("payee", &suspense.payee);
    let records = suspense.records.iter();
    amount(view, "amount_minor", suspense.amount.as_ref(), currencies)
        .text("end_to_end_id", &suspense.end_to_end_id)
        .date("held_on", suspense.held_on.as_ref())
        .list(
            "waits_for",
            records.map(|record| Record::of(record).to_string()),
        )
        .id("ruling", &suspense.ruling)
        .id("price", &suspense.price)
        .text("buyer", &suspense.buyer)
}
