//! The packs in docs/policies, as the command publishes them.

use counterfoil_proto::supervision::v1::Rules;
use counterfoil_rules_tests::model::tagged_hash;
use counterfoil_rules_tests::workload::acts::{
    BUYER, GROSS, ISSUER, SELLER, TODAY, confirm, issue_to, publish_pack, report, settle,
};
use counterfoil_rules_tests::workload::bench::Bench;
use counterfoil_types::policy::PolicyFile;

use super::packs::{due_in, looked_at};
use super::{REGULATOR, registered};

const CHINA: &str = include_str!("../../../../docs/policies/china-2025.json");
const EU: &str = include_str!("../../../../docs/policies/eu-late-payment.json");

fn rules_of(text: &str) -> Rules {
    let file = PolicyFile::from_json(text).expect("an example is good");
    assert!(!file.sources.is_empty() && !file.remarks.is_empty());
    file.rules()
}

#[test]
fn chinas_certificates_run_a_year_at_most_and_are_looked_at_above_six_months() {
    let mut bench = Bench::new();
    bench.succeed(REGULATOR, publish_pack(1, rules_of(CHINA)));
    let half_a_year = due_in("N-1", 183);
    let id = registered(&mut bench, &half_a_year);
    bench.succeed(BUYER, confirm(&id, &half_a_year));
    let year = due_in("N-2", 366);
    let id = registered(&mut bench, &year);
    bench.expect(BUYER, confirm(&id, &year), 4031, "without a look");
    bench.succeed(BUYER, looked_at(&id, &year));
    let longer = due_in("N-3", 367);
    let id = registered(&mut bench, &longer);
    bench.expect(BUYER, looked_at(&id, &longer), 2020, "more than a year");
}

#[test]
fn in_china_nothing_is_confirmed_by_a_debtor_in_default() {
    let mut bench = Bench::new();
    bench.succeed(REGULATOR, publish_pack(1, rules_of(CHINA)));
    let first = due_in("N-1", 10);
    let id = registered(&mut bench, &first);
    bench.succeed(BUYER, confirm(&id, &first));
    let receivable = tagged_hash("counterfoil/receivable-id/v1", &[&id]);
    let second = due_in("N-2", 100);
    let id = registered(&mut bench, &second);
    // 10 days, and 45 of grace.
    bench.roll_to(TODAY + 56);
    bench.succeed(SELLER, report("default", &receivable));
    bench.expect(BUYER, confirm(&id, &second), 2027, "in default");
    bench.succeed(ISSUER, issue_to(BUYER, 2 * GROSS, "funds"));
    bench.succeed(BUYER, settle(&receivable, 2 * GROSS, "settlement"));
    bench.succeed(BUYER, confirm(&id, &second));
}

#[test]
fn in_the_union_more_than_sixty_days_are_agreed_expressly() {
    let mut bench = Bench::new();
    bench.succeed(REGULATOR, publish_pack(1, rules_of(EU)));
    let sixty = due_in("N-1", 60);
    let id = registered(&mut bench, &sixty);
    bench.succeed(BUYER, confirm(&id, &sixty));
    let longer = due_in("N-2", 120);
    let id = registered(&mut bench, &longer);
    bench.expect(BUYER, confirm(&id, &longer), 4031, "not expressly");
    bench.succeed(BUYER, looked_at(&id, &longer));
}
