//! The invariants of the specification, as far as they are seen from outside.
//!
//! An invariant's `expected` is how many things it speaks of, its `actual` how many of them it holds for.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::invoice::v1::{Invoice, InvoiceState};
use counterfoil_proto::receivable::v1::{Claim, ClaimState, Receivable, ReceivableState};
use counterfoil_proto::v1 as wire;
use counterfoil_types::ids::{InvoiceId, ReceivableId};
use counterfoil_types::keys::PublicKey;
use counterfoil_types::money::Currency;

use super::Witness;
use super::chain::Chain;
use super::evidence::Evidence;
use super::expected::Expected;
use super::figures::{compare, count, date, figures};
use super::records::Records;
use super::report::{Check, Report, SCHEMA, Validator};
use crate::penalty::penalty;

pub fn report(
    genesis: &wire::Genesis,
    records: &Records,
    chain: &Chain,
    height: u64,
    witnesses: Vec<Witness>,
    currency: Currency,
    expected: Option<Expected>,
) -> Report {
    let figures = figures(records, chain, currency);
    let mut checks = expected
        .map(|expected| compare(&expected, &figures))
        .unwrap_or_default();
    checks.extend(of_validators(genesis, &witnesses));
    checks.extend(of_chain(chain, height));
    checks.extend(of_invoices(records, &chain.evidence));
    checks.extend(of_receivables(records, &chain.evidence));
    checks.extend(of_deposits(records, &chain.evidence));
    let wall_ms = chain.wall_ms();
    let Expected {
        invoices,
        late,
        disputed,
        confirmed_minor,
        states,
        banks,
        transactions,
        ..
    } = figures;
    Report {
        schema: SCHEMA,
        chain_id: genesis.chain_id.clone(),
        invoices,
        late,
        disputed,
        confirmed_minor,
        states,
        banks,
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
        currency,
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

fn of_validators(genesis: &wire::Genesis, witnesses: &[Witness]) -> Vec<Check> {
    let validators = genesis.validators.clone().unwrap_or_default().validators;
    let addresses: BTreeSet<Vec<u8>> = validators
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
        Check::new(
            "validators_of_genesis_asked",
            addresses.len(),
            answering.len(),
        ),
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

fn of_invoices(records: &Records, evidence: &Evidence) -> Vec<Check> {
    let live: Vec<&Invoice> = records
        .invoices
        .iter()
        .filter(|invoice| {
            !matches!(
                invoice.state(),
                InvoiceState::Withdrawn | InvoiceState::Rejected
            )
        })
        .collect();
    let fingerprints: BTreeSet<&Vec<u8>> = live
        .iter()
        .map(|invoice| &invoice.strict_fingerprint)
        .collect();
    let documents: BTreeSet<&Vec<u8>> = live.iter().map(|invoice| &invoice.document_hash).collect();
    let confirmed: Vec<&Invoice> = live
        .iter()
        .copied()
        .filter(|invoice| invoice.state() == InvoiceState::Confirmed)
        .collect();
    let accounts: BTreeMap<&str, &Vec<Vec<u8>>> = records
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
                    && accounts
                        .get(invoice.buyer.as_str())
                        .is_some_and(|keys| keys.contains(&signed.signer))
            })
    };
    vec![
        Check::new(
            "live_invoices_of_one_fingerprint_each",
            live.len(),
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
    ]
}

fn of_receivables(records: &Records, evidence: &Evidence) -> Vec<Check> {
    let receivables = &records.receivables;
    let confirmed: BTreeMap<&Vec<u8>, &Invoice> = records
        .invoices
        .iter()
        .filter(|invoice| invoice.state() == InvoiceState::Confirmed)
        .map(|invoice| (&invoice.id, invoice))
        .collect();
    let mut claims: BTreeMap<&Vec<u8>, Vec<&Claim>> = BTreeMap::new();
    for claim in &records.claims {
        claims.entry(&claim.receivable).or_default().push(claim);
    }
    let claims_of = |receivable: &Receivable| {
        claims
            .get(&receivable.id)
            .map(Vec::as_slice)
            .unwrap_or_default()
    };
    let known: BTreeSet<&Vec<u8>> = receivables
        .iter()
        .map(|receivable| &receivable.id)
        .collect();
    vec![
        // Together: one receivable for each confirmed invoice, and none besides.
        Check::new(
            "receivables_as_many_as_confirmed_invoices",
            confirmed.len(),
            receivables.len(),
        ),
        Check::new(
            "receivables_of_their_confirmed_invoice",
            receivables.len(),
            count(receivables, |r| {
                confirmed
                    .get(&r.invoice)
                    .is_some_and(|invoice| belongs(r, invoice))
            }),
        ),
        Check::new(
            "receivables_add_up",
            receivables.len(),
            count(receivables, |r| adds_up(r, claims_of(r))),
        ),
        Check::new(
            "receivables_with_their_claims_in_number",
            receivables.len(),
            count(receivables, |r| numbered(r, claims_of(r))),
        ),
        Check::new(
            "claims_with_a_receivable_and_one_controller",
            records.claims.len(),
            count(&records.claims, |c| {
                known.contains(&c.receivable) && !c.controller.is_empty()
            }),
        ),
        Check::new(
            "receivables_paid_as_events_and_terms_say",
            receivables.len(),
            count(receivables, |r| paid_as_owed(r, evidence)),
        ),
    ]
}

fn belongs(receivable: &Receivable, invoice: &Invoice) -> bool {
    let derived =
        InvoiceId::try_from(invoice.id.as_slice()).map(|id| ReceivableId::of(id).to_vec());
    derived.is_ok_and(|id| id == receivable.id)
        && invoice.receivable == receivable.id
        && invoice.buyer == receivable.debtor
        && invoice.gross == receivable.face
        && invoice.terms == receivable.terms
        && invoice.due_date == receivable.due_date
}

/// Face = redeemed + what is outstanding in live claims, and nothing is outstanding in spent ones.
fn adds_up(receivable: &Receivable, claims: &[&Claim]) -> bool {
    let sum = |state| -> u128 {
        let of_state = claims.iter().filter(|claim| claim.state() == state);
        of_state
            .map(|claim| u128::from(claim.outstanding_minor))
            .sum()
    };
    let face = receivable.face.clone().unwrap_or_default().minor;
    let owed = sum(ClaimState::Live);
    u128::from(face) == u128::from(receivable.redeemed_minor) + owed
        && sum(ClaimState::Spent) == 0
        && (receivable.state() == ReceivableState::Settled) == (owed == 0)
}

/// Claims have the numbers from 0 on, each once, as many as were ever made.
fn numbered(receivable: &Receivable, claims: &[&Claim]) -> bool {
    let numbers: BTreeSet<u32> = claims.iter().map(|claim| claim.number).collect();
    numbers.iter().copied().eq(0..receivable.claim_count) && numbers.len() == claims.len()
}

/// What was paid is what the one settlement's event says, and the penalty is what the terms give.
fn paid_as_owed(receivable: &Receivable, evidence: &Evidence) -> bool {
    let minor = |money: &Option<wire::Money>| money.as_ref().map_or(0, |money| money.minor);
    match evidence.settlements.get(&receivable.id) {
        None => receivable.state() == ReceivableState::Performing && receivable.redeemed_minor == 0,
        Some(settled) => {
            receivable.state() == ReceivableState::Settled
                && receivable.redeemed_minor == minor(&settled.principal)
                && receivable.penalty_paid_minor == minor(&settled.penalty)
                && receivable.settled_on == settled.value_date
                && penalty_is_owed(receivable)
        }
    }
}

/// Whether the penalty paid is what the terms give from the due date to the value date.
fn penalty_is_owed(receivable: &Receivable) -> bool {
    let paid_on = date(receivable.settled_on.as_ref());
    paid_on.is_some_and(|paid_on| {
        let owed = penalty(receivable, receivable.redeemed_minor, paid_on);
        owed.is_ok_and(|owed| owed == receivable.penalty_paid_minor)
    })
}

fn of_deposits(records: &Records, evidence: &Evidence) -> Vec<Check> {
    let mut held: BTreeMap<(&str, &str), u128> = BTreeMap::new();
    for balance in &records.balances {
        *held
            .entry((&balance.issuer, &balance.currency))
            .or_default() += u128::from(balance.available_minor) + u128::from(balance.locked_minor);
    }
    let issued: BTreeSet<(&str, &str)> = records
        .issuances
        .iter()
        .map(|i| (i.issuer.as_str(), i.currency.as_str()))
        .collect();
    // A balance of an issuer that issued nothing would be money from nowhere.
    let of_issuers: BTreeSet<(&str, &str)> = issued.iter().chain(held.keys()).copied().collect();
    let balanced = count(&records.issuances, |issuance| {
        let held = held
            .get(&(issuance.issuer.as_str(), issuance.currency.as_str()))
            .copied()
            .unwrap_or(0);
        u128::from(issuance.issued_minor) == held + u128::from(issuance.redeemed_minor)
    });
    let as_events = count(&records.issuances, |issuance| {
        let key = (issuance.issuer.clone(), issuance.currency.clone());
        let total =
            |totals: &BTreeMap<(String, String), u128>| totals.get(&key).copied().unwrap_or(0);
        u128::from(issuance.issued_minor) == total(&evidence.issued)
            && u128::from(issuance.redeemed_minor) == total(&evidence.redeemed)
    });
    vec![
        Check::new(
            "deposits_are_issued_less_redeemed",
            of_issuers.len(),
            balanced,
        ),
        Check::new(
            "deposits_issued_as_events_say",
            evidence.issued.len(),
            as_events,
        ),
        Check::new(
            "end_to_end_ids_used_once",
            evidence.instructions,
            evidence.end_to_end_ids.len(),
        ),
    ]
}

#[cfg(test)]
#[path = "checks_tests.rs"]
mod tests;
