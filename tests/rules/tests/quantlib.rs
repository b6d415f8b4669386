//! Day counts and business days against QuantLib's (specification 2.3): the rules' code and the model's, and due dates
//! through the rules. tests/vectors/quantlib/README.md says where the values come from.

use std::collections::BTreeMap;

use counterfoil_proto::calendar::v1::BusinessCalendar;
use counterfoil_proto::receivable::v1::{BusinessDayConvention as Convention, DayCount};
use counterfoil_proto::v1 as wire;
use counterfoil_rules_tests::model::arithmetic::{date as date_of, day, interest_days};
use counterfoil_rules_tests::model::business_days::{adjusted, second_after};
use counterfoil_rules_tests::model::tagged_hash;
use counterfoil_rules_tests::workload::acts::{SELLER, due_on, publish, register};
use counterfoil_rules_tests::workload::bench::{Bench, invoice_id};
use counterfoil_types::business_days::BusinessDays;
use counterfoil_types::dates::Date;
use counterfoil_types::interest;

const DAY_COUNTS: &str = include_str!("../../vectors/quantlib/day-counts.csv");
const CALENDARS: &str = include_str!("../../vectors/quantlib/calendars.csv");
const HOLIDAYS: &str = include_str!("../../vectors/quantlib/holidays.csv");
const ADJUSTMENTS: &str = include_str!("../../vectors/quantlib/adjustments.csv");

const CONVENTIONS: [Convention; 4] = [
    Convention::None,
    Convention::Following,
    Convention::ModifiedFollowing,
    Convention::Preceding,
];

/// The fields of every line but the head.
fn rows<const N: usize>(file: &'static str) -> Vec<[&'static str; N]> {
    let fields = |line: &'static str| {
        let fields: Vec<&str> = line.split(',').collect();
        fields.try_into().expect("as many fields as in the head")
    };
    file.lines().skip(1).map(fields).collect()
}

fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

fn wire(text: &str) -> wire::Date {
    date(text).to_proto()
}

/// The day of a date, as the model counts.
fn day_on(text: &str) -> i64 {
    day(&wire(text)).expect("a day")
}

fn calendars() -> BTreeMap<&'static str, BusinessCalendar> {
    let holidays = rows::<2>(HOLIDAYS);
    let calendars = rows::<4>(CALENDARS).into_iter();
    let calendars = calendars.map(|[code, from, to, weekend]| {
        let weekend = weekend.split(' ').map(|day| day.parse().expect("a day"));
        let of_it = holidays.iter().filter(|[of, _]| *of == code);
        let calendar = BusinessCalendar {
            code: code.to_owned(),
            name: code.to_owned(),
            weekend: weekend.collect(),
            from: Some(wire(from)),
            to: Some(wire(to)),
            holidays: of_it.map(|[_, day]| wire(day)).collect(),
        };
        (code, calendar)
    });
    calendars.collect()
}

#[test]
fn day_counts_are_quantlibs() {
    let counts = [
        (interest::DayCount::A001, DayCount::A001),
        (interest::DayCount::A004, DayCount::A004),
        (interest::DayCount::A005, DayCount::A005),
    ];
    let mut values = 0;
    for [from, to, a001, a004, a005] in rows(DAY_COUNTS) {
        for ((rules, model), days) in counts.into_iter().zip([a001, a004, a005]) {
            let days: i64 = days.parse().expect("a number of days");
            let what = format!("{model:?} from {from} to {to}");
            assert_eq!(rules.days(date(from), date(to)), days, "{what}");
            let (counted, basis) = interest_days(model, day_on(from), day_on(to));
            assert_eq!(counted, days, "{what}, the model's");
            assert_eq!(i64::from(rules.basis()), basis, "{what}");
            values += 1;
        }
    }
    assert_eq!(values, 3 * 850);
}

#[test]
fn adjusted_dates_are_quantlibs() {
    let calendars = calendars();
    assert_eq!(calendars.len(), 5);
    let days = calendars.iter().map(|(code, calendar)| {
        let days = BusinessDays::try_from(calendar).expect("a calendar");
        (*code, days)
    });
    let days: BTreeMap<&str, BusinessDays> = days.collect();
    let mut values = 0;
    for [code, from, none, following, modified, preceding, later] in rows(ADJUSTMENTS) {
        let calendar = &calendars[code];
        let to = [none, following, modified, preceding];
        for (convention, to) in CONVENTIONS.into_iter().zip(to) {
            let what = format!("{from} by {code} under {convention:?}");
            let rules = days[code].adjust(date(from), convention);
            assert_eq!(rules, Some(date(to)), "{what}");
            if convention != Convention::None {
                let model = adjusted(calendar, day_on(from), convention);
                assert_eq!(model, Some(day_on(to)), "{what}, the model's");
            }
            values += 1;
        }
        assert_eq!(
            days[code].after(date(from), 2),
            date(later),
            "{from} {code}"
        );
        let second = second_after(Some(calendar), day_on(from));
        assert_eq!(second, day_on(later), "{from} {code}, the model's");
        values += 1;
    }
    assert_eq!(values, 5 * 3_265);
}

/// Invoices confirmed on the last day of 2025, due on days about the end of February and Easter 2026 under each convention
/// of each calendar.
#[test]
fn due_dates_are_quantlibs() {
    let mut bench = Bench::new();
    let today = day_on("2025-12-31");
    for calendar in calendars().into_values() {
        bench.signed_by("operator", publish(calendar), &["operator-2"], 0);
    }
    bench.roll_to(today);
    let mut values = 0;
    for [code, due, _, following, modified, preceding, _] in rows(ADJUSTMENTS) {
        // Where a convention moves it.
        if !("2026-02-25".."2026-04-10").contains(&due) || following == due {
            continue;
        }
        let to = [following, modified, preceding];
        for (convention, to) in CONVENTIONS.into_iter().skip(1).zip(to) {
            let number = format!("{code} {due} {convention:?}");
            let mut invoice = due_on(&number, day_on(due), convention);
            invoice.issue_date = Some(date_of(today));
            invoice.terms.as_mut().expect("terms").calendar = code.to_owned();
            let id = invoice_id(&bench.succeed(SELLER, register(invoice.clone())));
            bench.confirm(&id, &invoice);
            let receivable = tagged_hash("counterfoil/receivable-id/v1", &[&id]);
            let adjusted = bench.receivable(&receivable).adjusted_due_date;
            assert_eq!(adjusted, Some(wire(to)), "{number}");
            values += 1;
        }
    }
    assert_eq!(values, 213);
}
