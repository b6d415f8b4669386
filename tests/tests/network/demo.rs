//! The main job through the command: the whole file with seven payments made
//! late, its financing and the scripted cases, and on a few rows what becomes of odd rows and of
//! wrong expectations.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use counterfoil_tests::network::{Finished, counterfoil, finish};
use counterfoil_types::dates::Date;
use csv::StringRecord;
use serde_json::Value;
use tempfile::TempDir;

const FILE: &str = "data/receivables/accounts-receivable.csv";
/// The promise is ten minutes on two cores; they may be busy with other tests.
const WHOLE_FILE: Duration = Duration::from_secs(15 * 60);
const FEW_ROWS: Duration = Duration::from_secs(3 * 60);
/// Invoices issued until this day go into the short file.
const SHORT_UNTIL: &str = "2012-01-10";

// Columns of the file.
const CUSTOMER: usize = 1;
const NUMBER: usize = 3;
const ISSUED: usize = 4;
const DUE: usize = 5;
const AMOUNT: usize = 6;
const DISPUTED: usize = 7;
const SETTLED: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seven_payments_moved_past_due_make_884_late() {
    let (header, mut rows) = read();
    let mut moved = 0;
    for row in &mut rows {
        if moved < 7 && day(row, SETTLED) <= day(row, DUE) {
            let late = day(row, DUE).add_days(1).expect("a date");
            set(row, SETTLED, &month_day_year(late));
            moved += 1;
        }
    }
    let folder = TempDir::new().expect("temporary folders can be made");
    let file = write(&folder, &header, &rows);
    let report = demo(&file, &[], WHOLE_FILE).await.json();
    assert_eq!(report["schema"], "counterfoil.audit.v4");
    for (figure, expected) in [("invoices", 2_466), ("late", 884), ("disputed", 561)] {
        assert_eq!(report[figure], expected, "{figure}");
    }
    assert_eq!(report["confirmed_minor"], "14770318");
    assert_eq!(report["transactions"]["rejected"], 0);
    assert_sound(&report);
    assert_financed(&report);
    assert_scripted(&report);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_expectation_is_found_and_odd_rows_are_what_they_are() {
    let (header, rows) = read();
    let last: Date = SHORT_UNTIL.parse().expect("a date");
    let mut rows: Vec<_> = rows
        .into_iter()
        .filter(|row| day(row, ISSUED) <= last)
        .collect();
    // The first stays unpaid; the second comes once more, in another spelling and to another buyer.
    set(&mut rows[0], SETTLED, "");
    let mut repeated = rows[1].clone();
    set(&mut repeated, NUMBER, &format!("0-{}", &rows[1][NUMBER]));
    let buyer = rows.iter().find(|row| row[CUSTOMER] != rows[1][CUSTOMER]);
    let buyer = buyer.expect("there are several buyers")[CUSTOMER].to_owned();
    set(&mut repeated, CUSTOMER, &buyer);
    assert!(day(&repeated, ISSUED) < last, "the repetition comes second");
    set(&mut repeated, ISSUED, &month_day_year(last));
    let (invoices, paid) = (rows.len(), rows.len() - 1);
    let late = rows[1..]
        .iter()
        .filter(|row| day(row, SETTLED) > day(row, DUE))
        .count();
    let disputed = rows.iter().filter(|row| &row[DISPUTED] == "Yes").count();
    let confirmed: u64 = rows.iter().map(|row| cents(&row[AMOUNT])).sum();
    assert!(late > 0 && disputed > 0, "the short file has a bit of all");
    rows.push(repeated);

    let folder = TempDir::new().expect("temporary folders can be made");
    let file = write(&folder, &header, &rows);
    let kept = Kept(folder.path().join("network"));
    let home = kept.0.to_str().expect("a path in UTF-8");
    let report = demo(&file, &["--keep", "--home", home], FEW_ROWS)
        .await
        .json();
    for (figure, expected) in [
        ("invoices", invoices),
        ("late", late),
        ("disputed", disputed),
    ] {
        assert_eq!(report[figure], expected, "{figure}");
    }
    assert_eq!(report["confirmed_minor"], confirmed.to_string());
    assert_eq!(report["transactions"]["rejected"], 1);
    assert_eq!(report["states"]["Settled"], paid);
    assert_eq!(report["states"]["Performing"], 1);
    assert_eq!(report["split"], rows.len() / 7);
    assert_sound(&report);
    assert_scripted(&report);

    // The network stays up: its audit finds the same again, and with less to expect less.
    let expect = kept.0.join("expected.json");
    let right = audit(&kept.0, Some(&expect)).await.json();
    assert_eq!(right["checks"], report["checks"]);
    let invariants = audit(&kept.0, None).await.json();
    assert_sound(&invariants);
    assert!(names(&invariants).len() < names(&right).len());

    let text = fs::read_to_string(&expect).expect("demo leaves it there");
    let mut figures: Value = serde_json::from_str(&text).expect("it is JSON");
    let of_file = &mut figures["figures"][0];
    assert_eq!(of_file["currency"], "USD");
    of_file["late"] = (late + 1).into();
    fs::write(&expect, figures.to_string()).expect("the folder can be written");
    let wrong = audit(&kept.0, Some(&expect)).await;
    assert_eq!(wrong.code, Some(1), "{}", wrong.stderr);
    let report = wrong.json_whatever_the_code();
    let failed: Vec<&Value> = checks(&report)
        .iter()
        .filter(|check| check["ok"] != true)
        .collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0]["name"], "late");
    assert_eq!(
        (&failed[0]["expected"], &failed[0]["actual"]),
        (&(late + 1).into(), &late.into())
    );
}

/// Every check of an audit holds, at four validators with one root.
fn assert_sound(report: &Value) {
    for check in checks(report) {
        assert_eq!(check["ok"], true, "{check}");
    }
    let validators = report["validators"].as_array().expect("a list");
    assert_eq!(validators.len(), 4);
    for validator in validators {
        assert_eq!(validator["state_root"], validators[0]["state_root"]);
        assert_eq!(validator["height"], validators[0]["height"]);
    }
}

/// Every 7th of 2,466 is split, and of the others enough live long enough to be sold or pledged.
fn assert_financed(report: &Value) {
    let count = |figure: &Value| figure.as_u64().expect("a count");
    assert_eq!(report["split"], 352);
    let (sold, pledged) = (count(&report["sold"]), count(&report["pledged"]));
    assert!(
        sold > 700 && pledged > 200,
        "{sold} sold, {pledged} pledged"
    );
    // All is settled in the end, and what is pledged pays its loan first.
    assert_eq!(report["loans"]["opened"], pledged);
    assert_eq!(report["loans"]["repaid"], pledged);
    let sales = &report["financing"]["ReceivablesDiscounting"];
    assert_eq!(sales["awards"], sold);
    let (amount, proceeds) = (
        cents_of(&sales["amount_minor"]),
        cents_of(&sales["proceeds_minor"]),
    );
    assert_eq!(amount - cents_of(&sales["cost_minor"]), proceeds);
    let banks = report["banks"].as_array().expect("a list");
    assert_eq!(banks.len(), 2);
    let earned = |figure: &str| {
        banks
            .iter()
            .map(|bank| cents_of(&bank[figure]))
            .sum::<u64>()
    };
    assert_eq!(earned("discount_minor"), cents_of(&sales["cost_minor"]));
    assert!(earned("interest_minor") > 0);
    for bank in banks {
        let [issued, held, redeemed] =
            ["issued_minor", "held_minor", "redeemed_minor"].map(|figure| cents_of(&bank[figure]));
        assert_eq!(issued, held + redeemed, "{bank}");
    }
}

/// One invoice is paid in three parts, another defaults; a third is disputed, ruled on, credited, and the rest paid. Two are
/// paid in part by an endorser and a guarantor before their debtor pays, one is frozen for a while, one is paid outside
/// the ledger, and one is sold under its buyer's programme.
fn assert_scripted(report: &Value) {
    let scripted = &report["currencies"][0];
    assert_eq!(scripted["currency"], "EUR");
    assert_eq!(
        (&scripted["invoices"], &scripted["late"]),
        (&8.into(), &3.into())
    );
    assert_eq!(scripted["states"]["Settled"], 7);
    assert_eq!(scripted["states"]["Defaulted"], 1);
    assert_eq!(scripted["confirmed_minor"], "92000");
    assert_eq!(scripted["credited_minor"], "1500");
    // 90.00 by the endorser and 60.00 by the guarantor.
    assert_eq!(scripted["recovered_minor"], "15000");
    assert_eq!(scripted["suspended_minor"], "5000");
    // 5 days on 200.00 and 15 on 100.00, at 8 % of a year of 360 days; 58 days on 120.00 and on 100.00, in two parts each.
    assert_eq!(scripted["penalty_paid_minor"], "340");
    assert_eq!(scripted["sold"], 3);
    // 60.00 for 27 days at 6 %.
    assert_eq!(scripted["banks"][1]["discount_minor"], "27");
    for (name, expected) in [
        ("undertakings_as_their_events_say", 2),
        ("recoveries_reach_holders_and_lenders", 2),
        ("suspense_as_its_events_say", 1),
    ] {
        let mut checks = checks(report).iter();
        let check = checks.find(|check| check["name"] == name);
        let check = check.unwrap_or_else(|| panic!("no check {name}"));
        assert_eq!(check["expected"], expected, "{name}");
    }
}

fn cents_of(figure: &Value) -> u64 {
    let text = figure.as_str().expect("amounts are strings");
    text.parse().expect("of minor units")
}

fn checks(report: &Value) -> &[Value] {
    let checks = report["checks"].as_array().expect("a list");
    assert!(!checks.is_empty());
    checks
}

fn names(report: &Value) -> Vec<&str> {
    checks(report)
        .iter()
        .map(|check| check["name"].as_str().expect("a name"))
        .collect()
}

async fn demo(file: &Path, more: &[&str], within: Duration) -> Finished {
    let mut command = Command::new(counterfoil());
    command
        .args(["demo", "-o", "json", "--data"])
        .arg(file)
        .args(more);
    finish(command, within).await
}

async fn audit(home: &Path, expect: Option<&Path>) -> Finished {
    let mut command = Command::new(counterfoil());
    command.args(["audit", "-o", "json", "--org", "regulator"]);
    command
        .arg("--home")
        .arg(home)
        .arg("--key")
        .arg(home.join("keys/regulator.pem"));
    if let Some(expect) = expect {
        command.arg("--expect").arg(expect);
    }
    finish(command, FEW_ROWS).await
}

/// A network that the command left up; it ends with the test.
struct Kept(PathBuf);

impl Drop for Kept {
    fn drop(&mut self) {
        // Where the demo itself failed there may be nothing to clean.
        let _ = Command::new(counterfoil())
            .args(["localnet", "clean", "--home"])
            .arg(&self.0)
            .stdout(Stdio::null())
            .status();
    }
}

fn read() -> (StringRecord, Vec<StringRecord>) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let mut reader = csv::Reader::from_path(file).expect("the file is in the repository");
    let header = reader.headers().expect("it has a header").clone();
    let rows = reader
        .records()
        .map(|row| row.expect("rows are well-formed"));
    (header, rows.collect())
}

fn write(folder: &TempDir, header: &StringRecord, rows: &[StringRecord]) -> PathBuf {
    let path = folder.path().join("invoices.csv");
    let mut writer = csv::Writer::from_path(&path).expect("the folder can be written");
    for row in std::iter::once(header).chain(rows) {
        writer.write_record(row).expect("the folder can be written");
    }
    writer.flush().expect("the folder can be written");
    path
}

fn set(row: &mut StringRecord, column: usize, text: &str) {
    let fields = row.iter().enumerate();
    *row = fields
        .map(|(at, field)| if at == column { text } else { field }.to_owned())
        .collect();
}

/// Dates in the file are month/day/year.
fn day(row: &StringRecord, column: usize) -> Date {
    let parts: Vec<u32> = row[column]
        .split('/')
        .map(|part| part.parse().expect("a number"))
        .collect();
    Date::new(parts[2], parts[0], parts[1]).expect("a date")
}

fn month_day_year(date: Date) -> String {
    format!("{}/{}/{}", date.month(), date.day(), date.year())
}

fn cents(amount: &str) -> u64 {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, "0"));
    let number = |text: &str| text.parse::<u64>().expect("a number");
    number(whole) * 100 + number(&format!("{fraction:0<2}"))
}
