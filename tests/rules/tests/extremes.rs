//! The largest sums and the last days: whatever is sent, it is executed or
//! rejected, and the chain goes on.

use counterfoil_proto::receivable::v1::DayCount;
use counterfoil_proto::v1::Date;
use counterfoil_rules_tests::model::arithmetic::{MAX_MINOR, date, day};
use counterfoil_rules_tests::model::tagged_hash;
use counterfoil_rules_tests::workload::acts::{
    BUYER, ISSUER, SELLER, close, confirm, issue_to, register, registration, request_redemption,
    roll, settle, usd,
};
use counterfoil_rules_tests::workload::bench::{Bench, invoice_id};

const OPERATOR: &str = "operator";
const DAY_MS: u64 = 86_400_000;

fn last_day() -> i64 {
    day(&Date {
        year: 2199,
        month: 12,
        day: 31,
    })
    .expect("the calendar's last date")
}

/// A penalty can pass every amount there can be. Then the debtor cannot pay all it
/// owes, which is a rejection and not the end of the chain.
#[test]
fn a_debt_beyond_all_amounts_is_an_amount_that_differs() {
    for day_count in [DayCount::A001, DayCount::A004, DayCount::A005] {
        let mut bench = Bench::new();
        let mut invoice = registration("N-1");
        invoice.gross = usd(MAX_MINOR);
        let terms = invoice.terms.as_mut().expect("terms");
        terms.penalty_rate_ppm = 1_000_000;
        terms.set_day_count(day_count);
        let id = invoice_id(&bench.succeed(SELLER, register(invoice.clone())));
        bench.succeed(BUYER, confirm(&id, &invoice));
        bench.succeed(ISSUER, issue_to(BUYER, MAX_MINOR, "all there can be"));
        let receivable = tagged_hash("counterfoil/receivable-id/v1", &[&id]);
        for year in [2024, 2025, 2026, 2042, 2060, 2199] {
            let late = Date {
                year,
                month: 12,
                day: 30,
            };
            bench.succeed(OPERATOR, roll(day(&late).expect("a date")));
            for minor in [1, MAX_MINOR, MAX_MINOR + 1, u64::MAX] {
                bench.expect(
                    BUYER,
                    settle(&receivable, minor, "late"),
                    7006,
                    &format!("{minor} in {year}"),
                );
            }
        }
        bench.succeed(BUYER, request_redemption("R-1"));
        bench.succeed(BUYER, close("confirm_redemption", "R-1"));
    }
}

/// The ledger date stays on the calendar's last day; block time goes on.
#[test]
fn the_last_day_of_the_calendar_does_not_end() {
    let mut bench = Bench::new();
    bench.succeed(OPERATOR, roll(last_day()));
    for days in [1, 2, 400] {
        let receipt = bench.send_later(
            days * DAY_MS,
            ISSUER,
            issue_to(BUYER, 5, &format!("after {days}")),
        );
        assert_eq!(receipt.code, 0, "{receipt:?}");
        bench.expect(OPERATOR, roll(last_day()), 9004, "a roll to the same day");
    }
    let mut invoice = registration("N-1");
    invoice.issue_date = Some(date(last_day()));
    invoice.due_date = invoice.issue_date;
    let receipt = bench.succeed(SELLER, register(invoice));
    let registered = bench.invoice(&invoice_id(&receipt)).registered_on;
    assert_eq!(registered, Some(date(last_day())));
}
