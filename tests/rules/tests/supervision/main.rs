//! Policy packs and freezes (specification 7): each rule, each kind of freeze, and what is never stopped.

mod examples;
mod freezes;
mod packs;
mod suspense;

use counterfoil_proto::invoice::v1::RegisterInvoice;
use counterfoil_rules_tests::workload::acts::{SELLER, register};
use counterfoil_rules_tests::workload::bench::{Bench, invoice_id};

const REGULATOR: &str = "regulator";
const BANK: &str = "bank-west";

/// What an invoice of the seller's is on the ledger.
fn registered(bench: &mut Bench, invoice: &RegisterInvoice) -> Vec<u8> {
    invoice_id(&bench.succeed(SELLER, register(invoice.clone())))
}
