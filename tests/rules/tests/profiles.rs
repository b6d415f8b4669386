//! Profiles, worked through in figures.

use counterfoil_proto::credit::v1::{
    BankProfile, BuyerVolume, DebtorProfile, Figure, HistoryEntry, Profile, SupplierProfile, Volume,
};
use counterfoil_rules_tests::model::arithmetic::date;
use counterfoil_rules_tests::model::tagged_hash;
use counterfoil_rules_tests::workload::acts::{
    BUYER, Finance, ISSUER, SELLER, TODAY, answer, award, commit, credit, end_dispute, issue_to,
    open_dispute, quote, register, registration, report, reveal, ruling, salt, settle, usd,
};
use counterfoil_rules_tests::workload::bench::{Bench, invoice_id};
use counterfoil_rules_tests::workload::profiles::check_recomputation;
use counterfoil_types::profile::{figures, scorecard};
use prost::Message as _;

fn profile(bench: &Bench, organization: &str) -> Option<Profile> {
    let record = bench.rules.records();
    let record = record.get(format!("credit/profile/{organization}").as_bytes())?;
    Some(Profile::decode(record.as_slice()).expect("a profile decodes"))
}

fn entry(bench: &Bench, organization: &str, sequence: usize) -> HistoryEntry {
    bench.rules.history(organization).swap_remove(sequence)
}

fn receivable_of(invoice: &[u8]) -> Vec<u8> {
    tagged_hash("counterfoil/receivable-id/v1", &[invoice]).to_vec()
}

/// Three invoices of 100.00, one rejected, one withdrawn. The first is confirmed at once and paid on its due date, the
/// second after a query, five days later, and paid eleven days late after two reports. The third stays unpaid.
#[test]
fn a_buyer_and_its_supplier() {
    let mut bench = Bench::new();
    let form = |number: &str| {
        let mut form = registration(number);
        form.gross = usd(10_000);
        form
    };
    let mut registered = |number: &str| {
        let receipt = bench.succeed(SELLER, register(form(number)));
        invoice_id(&receipt)
    };
    let invoices = ["1", "2", "3", "4", "5"].map(&mut registered);
    bench.confirm(&invoices[0], &form("1"));
    bench.confirm(&invoices[2], &form("3"));
    bench.succeed(BUYER, answer("reject", &invoices[3]));
    bench.succeed(SELLER, answer("withdraw", &invoices[4]));
    bench.succeed(BUYER, answer("query", &invoices[1]));
    bench.roll_to(TODAY + 5);
    bench.succeed(BUYER, answer("resolve_query", &invoices[1]));
    bench.confirm(&invoices[1], &form("2"));
    bench.succeed(SELLER, register(form("6")));
    bench.succeed(ISSUER, issue_to(BUYER, 50_000, "funds"));
    bench.roll_to(TODAY + 30);
    let (one, two, three) = (
        receivable_of(&invoices[0]),
        receivable_of(&invoices[1]),
        receivable_of(&invoices[2]),
    );
    // In part first: only what settles a receivable counts.
    bench.succeed(BUYER, settle(&one, 4_000, "1a"));
    bench.succeed(BUYER, settle(&one, 6_000, "1b"));
    bench.roll_to(TODAY + 41);
    bench.succeed("miller", report("overdue", &two));
    bench.succeed(BUYER, settle(&two, 20_000, "2"));
    bench.roll_to(TODAY + 30 + 46);
    bench.succeed("miller", report("overdue", &three));
    bench.succeed("miller", report("default", &three));

    let buyer = profile(&bench, BUYER).expect("a profile");
    let debtor = DebtorProfile {
        invoices_confirmed: 3,
        confirmed_after_days: vec![2, 0, 0, 0, 0, 1],
        queries: 1,
        invoices_rejected: 1,
        receivables_settled: 2,
        settled_on_time: 1,
        days_late: 11,
        overdue_reports: 2,
        defaults: 1,
        volumes: vec![Volume {
            currency: "USD".into(),
            invoices: 3,
            confirmed_minor: 30_000,
            ..Volume::default()
        }],
        ..DebtorProfile::default()
    };
    assert_eq!(buyer.debtor.as_ref(), Some(&debtor));
    assert_eq!((buyer.supplier.as_ref(), buyer.bank.as_ref()), (None, None));
    assert_eq!(figures::median_days_to_confirm(&debtor), Some(0));
    assert_eq!(figures::on_time_ppm(&debtor), Some(500_000));
    // 5.5 days, to the even one.
    assert_eq!(figures::mean_days_late(&debtor), Some(6));

    let seller = profile(&bench, SELLER).expect("a profile");
    let supplier = SupplierProfile {
        invoices_registered: 6,
        first_registered_on: Some(date(TODAY)),
        last_registered_on: Some(date(TODAY + 5)),
        invoices_confirmed: 3,
        invoices_ended: 2,
        volumes: vec![Volume {
            currency: "USD".into(),
            invoices: 3,
            confirmed_minor: 30_000,
            buyers: vec![BuyerVolume {
                buyer: BUYER.into(),
                confirmed_minor: 30_000,
            }],
            ..Volume::default()
        }],
        ..SupplierProfile::default()
    };
    assert_eq!(seller.supplier.as_ref(), Some(&supplier));
    assert_eq!(figures::tenure_days(&supplier), Some(5));
    assert_eq!(figures::confirmed_ppm(&supplier), Some(600_000));
    let concentration = figures::concentration_ppm(&supplier.volumes[0]);
    assert_eq!(concentration, Some(1_000_000));
    // On time 0, a mean of six days 7, a default in three 0, confirmed at once 10, a query in three 0, three
    // invoices 0.
    assert_eq!(scorecard::scores(&buyer)[0].points, 17);

    // Who only reported has a history, and no figures.
    assert_eq!(profile(&bench, "miller"), None);
    check_recomputation(&bench.rules);
}

/// Each entry of a history names the figures that it moved, and those that moved none name none.
#[test]
fn figures_are_linked_to_their_entries() {
    let mut bench = Bench::new();
    let receivable = bench.owed("1", 10_000);
    bench.succeed(ISSUER, issue_to(BUYER, 50_000, "funds"));
    bench.succeed(BUYER, settle(&receivable, 10_000, "all"));
    let figures_of = |organization: &str, sequence| {
        let entry = entry(&bench, organization, sequence);
        let figures: Vec<Figure> = entry.figures().collect();
        figures
    };
    // Registration, confirmation, the deposits, the payment.
    assert_eq!(figures_of(BUYER, 0), []);
    assert_eq!(figures_of(BUYER, 1), [Figure::InvoicesConfirmed]);
    assert_eq!(figures_of(BUYER, 2), []);
    assert_eq!(figures_of(BUYER, 3), [Figure::ReceivablesSettled]);
    assert_eq!(figures_of(SELLER, 0), [Figure::InvoicesRegistered]);
    assert_eq!(figures_of(SELLER, 1), [Figure::Volume]);
    assert_eq!(figures_of(SELLER, 2), []);
    let buyer = profile(&bench, BUYER).expect("a profile");
    assert_eq!((buyer.entries, buyer.last_entry), (2, 3));
    let seller = profile(&bench, SELLER).expect("a profile");
    assert_eq!((seller.entries, seller.last_entry), (2, 1));
}

/// Three banks quote; one wins, one is declined, one never reveals.
#[test]
fn banks_that_quote() {
    let mut bench = Bench::new();
    let receivable = bench.owed("1", 10_000);
    let request = bench.request_for(Finance::Sale, &[(&receivable, 0)], 10_000);
    let banks = ["bank-east", "bank-west", "house-bank"];
    for bank in banks {
        bench.succeed(bank, commit(&request, bank, &quote(bank, 10_000)));
    }
    bench.roll_to(TODAY + 1);
    for bank in &banks[..2] {
        bench.succeed(bank, reveal(&request, &quote(bank, 10_000), salt()));
    }
    bench.roll_to(TODAY + 4);
    bench.succeed(SELLER, award(&request, "bank-east"));
    let bank = |reveals, missed_reveals, awards| {
        let quotes = 1;
        Some(BankProfile {
            quotes,
            reveals,
            missed_reveals,
            awards,
            failed_payments: 0,
        })
    };
    let expected = [bank(1, 0, 1), bank(1, 0, 0), bank(0, 1, 0)];
    for (id, expected) in banks.into_iter().zip(expected) {
        assert_eq!(
            profile(&bench, id).expect("a profile").bank,
            expected,
            "{id}"
        );
    }
    check_recomputation(&bench.rules);
}

/// Of 100.00 and 300.00 confirmed, a credit note of 15.00 and one of 25.00; one dispute upheld over 25.00, one dismissed.
#[test]
fn disputes_and_dilution() {
    let mut bench = Bench::new();
    let form = |number: &str, minor| {
        let mut form = registration(number);
        form.gross = usd(minor);
        form
    };
    let mut invoices = Vec::new();
    for (number, minor) in [("1", 10_000), ("2", 30_000)] {
        let invoice = invoice_id(&bench.succeed(SELLER, register(form(number, minor))));
        bench.confirm(&invoice, &form(number, minor));
        invoices.push(invoice);
    }
    let note = |at: usize, number: &str, minor| credit(&invoices[at], number, minor, Vec::new());
    bench.signed_by(SELLER, note(0, "C-1", 1_500), &[BUYER], 0);
    for (at, upheld) in [(0, 0), (1, 2_500)] {
        bench.succeed(BUYER, open_dispute(&invoices[at]));
        let agreed = end_dispute(&invoices[at], ruling(upheld));
        bench.signed_by(SELLER, agreed, &[BUYER], 0);
    }
    bench.signed_by(SELLER, note(1, "C-2", 2_500), &[BUYER], 0);

    let debtor = profile(&bench, BUYER).expect("a profile").debtor;
    let debtor = debtor.expect("a debtor");
    assert_eq!((debtor.disputes, debtor.disputes_upheld), (2, 1));
    let supplier = profile(&bench, SELLER).expect("a profile").supplier;
    let supplier = supplier.expect("a supplier");
    assert_eq!((supplier.disputes, supplier.disputes_upheld), (2, 1));
    for volume in [&debtor.volumes[0], &supplier.volumes[0]] {
        assert_eq!((volume.credit_notes, volume.credited_minor), (2, 4_000));
        assert_eq!(figures::dilution_ppm(volume), Some(100_000));
    }
    assert!(debtor.volumes[0].buyers.is_empty());
    check_recomputation(&bench.rules);
}
