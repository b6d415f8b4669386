//! The checks that make up an audit, and the invariants of validators, blocks and invoices.
//!
//! An invariant's `expected` is how many things it speaks of, its `actual` how many of them it holds for.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::invoice::v1::{Invoice, InvoiceState};
use counterfoil_proto::membership::v1::Account;
use counterfoil_proto::v1 as wire;
use counterfoil_types::keys::PublicKey;
use counterfoil_types::money::Currency;

use super::chain::Chain;
use super::compare::compare;
use super::evidence::Evidence;
use super::expected::Expected;
use super::figures::{count, figures};
use super::records::Records;
use super::report::{Check, Report, SCHEMA, Validator};
use super::{Witness, deposits, financing, freezes, receivables, recoveries};

/// The first currency is the one that the report leads with.
pub fn report(
    genesis: &wire::Genesis,
    records: &Records,
    chain: &Chain,
    height: u64,
    witnesses: Vec<Witness>,
    (reporting, others): (Currency, Vec<Currency>),
    expected: Option<Expected>,
) -> Report {
    let evidence = &chain.evidence;
    let currencies: Vec<Currency> = std::iter::once(reporting).chain(others).collect();
    let shown = figures(records, evidence, &currencies);
    let mut checks = expected
        .map(|expected| compare(&expected, &shown))
        .unwrap_or_default();
    checks.extend(of_validators(&chain.validators, &witnesses));
    checks.extend(of_chain(chain, height));
    checks.extend(of_invoices(genesis, records, evidence));
    checks.extend(receivables::checks(records, evidence));
    checks.extend(financing::checks(records, &evidence.history));
    checks.extend(recoveries::checks(records, &evidence.history));
    checks.extend(deposits::checks(records, &evidence.history));
    checks.extend(freezes::checks(records, &evidence.history));
    let wall_ms = chain.wall_ms();
    let Expected {
        transactions,
        mut figures,
        ..
    } = shown;
    Report {
        schema: SCHEMA,
        chain_id: genesis.chain_id.clone(),
        figures: figures.remove(0),
        currencies: figures,
        transactions,
        wall_ms,
        tps: per_second(transactions.committed, wall_ms),
        validators: witnesses
            .into_iter()
            .map(|witness| Validator {
                name: witness.name,
                height,
                state_root: hex::encode(witness.state_root),
            })
            .collect(),
        checks,
    }
}

/// To one decimal place; 0 where all transactions are in one block.
fn per_second(transactions: u64, wall_ms: u64) -> f64 {
    let tenths = u128::from(transactions) * 10_000 / u128::from(wall_ms.max(1));
    match wall_ms {
        0 => 0.0,
        _ => u32::try_from(tenths).map_or(f64::INFINITY, |tenths| f64::from(tenths) / 10.0),
    }
}

fn of_validators(set: &wire::ValidatorSet, witnesses: &[Witness]) -> Vec<Check> {
    let addresses: BTreeSet<Vec<u8>> = set
        .validators
        .iter()
        .filter_map(|validator| PublicKey::enrol(&validator.public_key).ok())
        .map(|key| key.address().to_vec())
        .collect();
    let answering: BTreeSet<&Vec<u8>> = witnesses
        .iter()
        .map(|witness| &witness.address)
        .filter(|address| addresses.contains(*address))
        .collect();
    let agree = |with_first: fn(&Witness, &Witness) -> bool| {
        let agreeing = witnesses.first().map_or(0, |first| {
            count(witnesses, |witness| with_first(witness, first))
        });
        (witnesses.len() as u64, agreeing)
    };
    let (asked, same_genesis) = agree(|witness, first| witness.genesis_hash == first.genesis_hash);
    let (_, same_block) = agree(|witness, first| witness.block_hash == first.block_hash);
    let (_, same_root) = agree(|witness, first| {
        witness.state_root == witness.header_root && witness.state_root == first.header_root
    });
    vec![
        Check::new("validators_asked", addresses.len(), answering.len()),
        Check::new("validators_on_one_genesis", asked, same_genesis),
        Check::new("validators_on_one_block", asked, same_block),
        Check::new("own_state_roots_are_the_headers", asked, same_root),
    ]
}

fn of_chain(chain: &Chain, height: u64) -> Vec<Check> {
    let evidence = &chain.evidence;
    vec![
        Check::new("genesis_has_its_hash", true, chain.genesis_matches),
        Check::new("blocks_chained_from_genesis", height, chain.chained),
        Check::new("blocks_certified_by_two_thirds", height, chain.certified),
        Check::new("blocks_with_their_roots", height, chain.rooted),
        Check::new(
            "transactions_with_valid_signatures",
            evidence.committed,
            evidence.verified,
        ),
        Check::new(
            "transactions_with_their_receipts",
            evidence.committed,
            evidence.receipted,
        ),
        Check::new(
            "transactions_committed_once",
            evidence.committed,
            evidence.tx_ids.len(),
        ),
    ]
}

fn of_invoices(genesis: &wire::Genesis, records: &Records, evidence: &Evidence) -> Vec<Check> {
    let live: Vec<&Invoice> = records
        .invoices
        .iter()
        .filter(|invoice| {
            use InvoiceState::{Declined, Proposed, Rejected, TakenBack, Withdrawn};
            // A proposal holds nothing that another could take.
            let holds_nothing = [Withdrawn, Rejected, Proposed, Declined, TakenBack];
            !holds_nothing.contains(&invoice.state())
        })
        .collect();
    // Seller and buyer have signed that the others are no duplicates.
    let alone: Vec<&&Invoice> = live
        .iter()
        .filter(|invoice| invoice.released_from.is_empty())
        .collect();
    let fingerprints: BTreeSet<&Vec<u8>> = alone
        .iter()
        .map(|invoice| &invoice.strict_fingerprint)
        .collect();
    let documents: BTreeSet<&Vec<u8>> = live.iter().map(|invoice| &invoice.document_hash).collect();
    let confirmed: Vec<&Invoice> = live
        .iter()
        .copied()
        .filter(|invoice| invoice.state() == InvoiceState::Confirmed)
        .collect();
    let accounts: BTreeMap<&str, &Vec<Account>> = records
        .organizations
        .iter()
        .map(|o| (o.id.as_str(), &o.accounts))
        .collect();
    let signed_by_buyer = |invoice: &&Invoice| {
        evidence
            .confirmations
            .get(&invoice.id)
            .is_some_and(|signed| {
                signed.organization == invoice.buyer
                    && accounts.get(invoice.buyer.as_str()).is_some_and(|known| {
                        let is_one = |key: &Vec<u8>| known.iter().any(|a| a.public_key == *key);
                        signed.signers.iter().all(is_one)
                    })
            })
    };
    let checked = |invoice: &&Invoice| {
        let signed = evidence.confirmations.get(&invoice.id);
        signed.is_some_and(|signed| signed.signers.len() > 1)
    };
    let mut checks = vec![
        Check::new(
            "live_invoices_of_one_fingerprint_each",
            alone.len(),
            fingerprints.len(),
        ),
        Check::new(
            "live_invoices_of_one_document_each",
            live.len(),
            documents.len(),
        ),
        Check::new(
            "confirmations_signed_by_the_buyer",
            confirmed.len(),
            count(&confirmed, signed_by_buyer),
        ),
    ];
    if !genesis.development {
        let made_and_approved = count(&confirmed, checked);
        checks.push(Check::new(
            "confirmations_made_and_approved_by_two",
            confirmed.len(),
            made_and_approved,
        ));
    }
    checks
}

#[cfg(test)]
#[path = "checks_tests.rs"]
mod tests;
