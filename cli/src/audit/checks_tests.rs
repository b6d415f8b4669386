//! A small sound ledger, and what each fault in it makes fail.

use counterfoil_proto::cash::v1::{Balance, Issuance};
use counterfoil_proto::membership::v1::{Organization, Role};
use counterfoil_proto::receivable::v1::{DayCount, Terms};
use counterfoil_proto::settlement::v1::ReceivableSettled;
use counterfoil_types::dates::Date;
use counterfoil_types::hash::Hash;
use counterfoil_types::keys::SigningKey;

use super::super::evidence::Signed;
use super::*;

/// The check that is to fail, and what makes it fail.
type Change<T> = (&'static str, fn(&mut T));

const HEIGHT: u64 = 3;

struct Ledger {
    genesis: wire::Genesis,
    records: Records,
    chain: Chain,
    witnesses: Vec<Witness>,
}

fn usd(minor: u64) -> Option<wire::Money> {
    Some(wire::Money {
        minor,
        currency: "USD".into(),
    })
}

fn on(text: &str) -> Option<wire::Date> {
    Some(text.parse::<Date>().unwrap().to_proto())
}

fn organization(id: &str, role: Role) -> Organization {
    Organization {
        id: id.into(),
        roles: vec![role.into()],
        accounts: vec![id.as_bytes().to_vec()],
        ..Default::default()
    }
}

/// One invoice, confirmed and paid ten days late in deposits of one bank.
fn ledger() -> Ledger {
    let validator = SigningKey::from_seed([1; 32]).public_key();
    let invoice_id = InvoiceId(Hash::tagged("invoice", &[]));
    let receivable_id = ReceivableId::of(invoice_id).to_vec();
    let terms = Terms {
        day_count: DayCount::A004.into(),
        penalty_rate_ppm: 80_000,
        ..Default::default()
    };
    let invoice = Invoice {
        id: invoice_id.to_vec(),
        buyer: "buyer".into(),
        gross: usd(6_000),
        terms: Some(terms.clone()),
        due_date: on("2013-03-01"),
        state: InvoiceState::Confirmed.into(),
        query_count: 1,
        strict_fingerprint: vec![1],
        document_hash: vec![2],
        receivable: receivable_id.clone(),
        ..Default::default()
    };
    let receivable = Receivable {
        id: receivable_id.clone(),
        invoice: invoice_id.to_vec(),
        debtor: "buyer".into(),
        face: usd(6_000),
        due_date: on("2013-03-01"),
        adjusted_due_date: on("2013-03-01"),
        terms: Some(terms),
        state: ReceivableState::Settled.into(),
        redeemed_minor: 6_000,
        penalty_paid_minor: 13,
        settled_on: on("2013-03-11"),
        claim_count: 1,
        ..Default::default()
    };
    let claim = Claim {
        receivable: receivable_id.clone(),
        face_minor: 6_000,
        controller: "seller".into(),
        state: ClaimState::Spent.into(),
        ..Default::default()
    };
    let settled = ReceivableSettled {
        receivable: receivable_id.clone(),
        principal: usd(6_000),
        penalty: usd(13),
        value_date: on("2013-03-11"),
        ..Default::default()
    };
    let evidence = Evidence {
        committed: 4,
        verified: 4,
        receipted: 4,
        tx_ids: (0..4u8).map(|n| vec![n]).collect(),
        confirmations: BTreeMap::from([(
            invoice_id.to_vec(),
            Signed {
                organization: "buyer".into(),
                signer: b"buyer".to_vec(),
            },
        )]),
        instructions: 2,
        end_to_end_ids: BTreeSet::from([("bank".into(), "1".into()), ("buyer".into(), "1".into())]),
        settlements: BTreeMap::from([(receivable_id, settled)]),
        issued: BTreeMap::from([(("bank".into(), "USD".into()), 6_013)]),
        ..Default::default()
    };
    let balance = |holder: &str, available_minor| Balance {
        issuer: "bank".into(),
        holder: holder.into(),
        currency: "USD".into(),
        available_minor,
        locked_minor: 0,
    };
    let issuance = Issuance {
        issuer: "bank".into(),
        currency: "USD".into(),
        issued_minor: 6_013,
        redeemed_minor: 0,
    };
    Ledger {
        genesis: wire::Genesis {
            chain_id: "c".into(),
            validators: Some(wire::ValidatorSet {
                validators: vec![wire::Validator {
                    organization: "bank".into(),
                    public_key: validator.to_vec(),
                    power: 1,
                }],
            }),
            ..Default::default()
        },
        records: Records {
            organizations: vec![
                organization("bank", Role::Bank),
                organization("buyer", Role::CoreEnterprise),
                organization("seller", Role::Supplier),
            ],
            invoices: vec![invoice],
            receivables: vec![receivable],
            claims: vec![claim],
            balances: vec![balance("buyer", 0), balance("seller", 6_013)],
            issuances: vec![issuance],
        },
        chain: Chain {
            genesis_matches: true,
            chained: HEIGHT,
            certified: HEIGHT,
            rooted: HEIGHT,
            first_ms: Some(1_000),
            last_ms: Some(3_000),
            evidence,
        },
        witnesses: vec![Witness {
            name: "validator-0".into(),
            address: validator.address().to_vec(),
            genesis_hash: vec![3],
            state_root: vec![4],
            block_hash: vec![5],
            header_root: vec![4],
        }],
    }
}

fn audited(ledger: Ledger, expected: Option<Expected>) -> Report {
    let Ledger {
        genesis,
        records,
        chain,
        witnesses,
    } = ledger;
    let currency = "USD".parse().unwrap();
    report(
        &genesis, &records, &chain, HEIGHT, witnesses, currency, expected,
    )
}

fn failing(report: &Report) -> Vec<&str> {
    report
        .checks
        .iter()
        .filter(|check| !check.ok)
        .map(|check| check.name.as_str())
        .collect()
}

#[test]
fn a_sound_ledger_passes_with_its_figures() {
    let report = audited(ledger(), None);
    assert_eq!(failing(&report), Vec::<&str>::new());
    assert_eq!((report.invoices, report.late, report.disputed), (1, 1, 1));
    assert_eq!((report.confirmed_minor, report.wall_ms), (6_000, 2_000));
    assert_eq!(
        (
            report.states["Confirmed"],
            report.states["Settled"],
            report.states["Performing"]
        ),
        (1, 1, 0)
    );
    assert_eq!(
        (report.banks[0].issued_minor, report.banks[0].held_minor),
        (6_013, 6_013)
    );
    assert!((report.tps - 2.0).abs() < f64::EPSILON);
}

#[test]
fn each_fault_fails_the_check_that_speaks_of_it() {
    let faults: [Change<Ledger>; 19] = [
        ("validators_of_genesis_asked", |l| {
            l.witnesses[0].address = vec![9]
        }),
        ("own_state_roots_are_the_headers", |l| {
            l.witnesses[0].state_root = vec![9]
        }),
        ("genesis_has_its_hash", |l| l.chain.genesis_matches = false),
        ("blocks_chained_from_genesis", |l| l.chain.chained -= 1),
        ("blocks_certified_by_two_thirds", |l| l.chain.certified -= 1),
        ("blocks_with_their_roots", |l| l.chain.rooted -= 1),
        ("transactions_with_valid_signatures", |l| {
            l.chain.evidence.verified -= 1
        }),
        ("transactions_with_their_receipts", |l| {
            l.chain.evidence.receipted -= 1
        }),
        ("transactions_committed_once", |l| {
            l.chain.evidence.tx_ids.pop_first();
        }),
        ("confirmations_signed_by_the_buyer", |l| {
            l.chain
                .evidence
                .confirmations
                .first_entry()
                .unwrap()
                .get_mut()
                .signer = b"seller".to_vec();
        }),
        ("receivables_of_their_confirmed_invoice", |l| {
            l.records.receivables[0].face = usd(6_001)
        }),
        ("receivables_add_up", |l| {
            l.records.claims[0].outstanding_minor = 1
        }),
        ("receivables_with_their_claims_in_number", |l| {
            l.records.claims[0].number = 1
        }),
        ("claims_with_a_receivable_and_one_controller", |l| {
            l.records.claims[0].controller.clear()
        }),
        ("receivables_paid_as_events_and_terms_say", |l| {
            l.records.receivables[0].penalty_paid_minor = 12
        }),
        ("deposits_are_issued_less_redeemed", |l| {
            l.records.balances[0].locked_minor = 1
        }),
        ("deposits_issued_as_events_say", |l| {
            l.records.issuances[0].issued_minor += 1
        }),
        ("end_to_end_ids_used_once", |l| {
            l.chain.evidence.instructions += 1
        }),
        ("receivables_as_many_as_confirmed_invoices", |l| {
            l.records.receivables.clear()
        }),
    ];
    for (name, fault) in faults {
        let mut broken = ledger();
        fault(&mut broken);
        let report = audited(broken, None);
        assert!(
            failing(&report).contains(&name),
            "{name}: {:?}",
            failing(&report)
        );
    }
}

#[test]
fn two_live_invoices_of_one_fingerprint_fail_and_a_withdrawn_one_does_not() {
    let with = |state: InvoiceState| {
        let mut ledger = ledger();
        let again = Invoice {
            id: vec![8; 32],
            state: state.into(),
            ..ledger.records.invoices[0].clone()
        };
        ledger.records.invoices.push(again);
        audited(ledger, None)
    };
    let names = [
        "live_invoices_of_one_fingerprint_each",
        "live_invoices_of_one_document_each",
    ];
    assert_eq!(failing(&with(InvoiceState::Registered)), names);
    assert_eq!(failing(&with(InvoiceState::Withdrawn)), Vec::<&str>::new());
}

#[test]
fn a_wrong_expectation_fails_by_its_name() {
    let sound = ledger();
    let expected = figures(&sound.records, &sound.chain, "USD".parse().unwrap());
    assert_eq!(
        failing(&audited(ledger(), Some(expected.clone()))),
        Vec::<&str>::new()
    );
    let wrong: [Change<Expected>; 6] = [
        ("late", |e| e.late += 1),
        ("confirmed_minor", |e| e.confirmed_minor += 1),
        ("penalty_paid_minor", |e| e.penalty_paid_minor = 0),
        ("transactions_rejected", |e| e.transactions.rejected = 1),
        ("state_Settled", |e| {
            e.states.insert("Settled".into(), 0);
        }),
        ("bank_held_minor", |e| e.banks[0].held_minor = 0),
    ];
    for (name, change) in wrong {
        let mut expected = expected.clone();
        change(&mut expected);
        assert_eq!(failing(&audited(ledger(), Some(expected))), [name]);
    }
}
