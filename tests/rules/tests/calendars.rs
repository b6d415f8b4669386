//! Calendars that the operators publish, and what they make of due dates (specification 1.5, 2.3, 4.6).

use counterfoil_proto::calendar::v1::{BusinessCalendar, PublishedCalendar};
use counterfoil_proto::invoice::v1::RegisterInvoice;
use counterfoil_proto::invoice::v1::action::Action as Invoicing;
use counterfoil_proto::membership::v1::decision::Decision;
use counterfoil_proto::membership::v1::{Role, Suspension};
use counterfoil_proto::receivable::v1::BusinessDayConvention::{
    Following, ModifiedFollowing, None as Unadjusted, Preceding,
};
use counterfoil_proto::receivable::v1::{Receivable, ReceivableState};
use counterfoil_rules_tests::model::arithmetic::date;
use counterfoil_rules_tests::model::{Act, tagged_hash};
use counterfoil_rules_tests::workload::acts::{
    BUYER, CALENDAR, ISSUER, SELLER, TODAY, accept_conditions, admission, assert_payment, calendar,
    confirm, confirm_conditionally, consent, due_on, instruct, propose, publish, register, report,
    vote, wire,
};
use counterfoil_rules_tests::workload::bench::{Bench, find, invoice_id};
use counterfoil_rules_tests::workload::keyring::key;

/// [`TODAY`] is Thursday, 2024-02-01; this is Saturday, 2024-03-02.
const DUE: i64 = TODAY + 30;
/// Good Friday, Easter Sunday, which is the last of March, and Easter Monday.
const GOOD_FRIDAY: i64 = TODAY + 57;
const EASTER: i64 = TODAY + 59;
const EASTER_MONDAY: i64 = TODAY + 60;

fn published(bench: &mut Bench, calendar: BusinessCalendar) {
    bench.signed_by("operator", publish(calendar), &["operator-2"], 0);
}

fn record(bench: &Bench) -> PublishedCalendar {
    find(bench.rules.records(), "calendar/calendar/", |_| true)
}

fn registered(bench: &mut Bench, invoice: &RegisterInvoice) -> Vec<u8> {
    invoice_id(&bench.succeed(SELLER, register(invoice.clone())))
}

fn receivable_of(bench: &Bench, invoice: &[u8]) -> Receivable {
    bench.receivable(&tagged_hash("counterfoil/receivable-id/v1", &[invoice]))
}

/// Registers and confirms, and gives the receivable.
fn confirmed(bench: &mut Bench, invoice: &RegisterInvoice) -> Receivable {
    let id = registered(bench, invoice);
    bench.confirm(&id, invoice);
    receivable_of(bench, &id)
}

/// Conditions of the buyer's under other terms than the invoice's.
fn under_the_terms_of(invoice: &[u8], other: &RegisterInvoice) -> Act {
    let mut act = confirm_conditionally(invoice, 1);
    if let Act::Invoice(action) = &mut act
        && let Some(Invoicing::ConfirmConditionally(confirm)) = &mut action.action
    {
        confirm.amount = other.gross.clone();
        confirm.terms = other.terms.clone();
        confirm.expires_on = Some(date(DUE));
    }
    act
}

/// The seller's word on conditions over an invoice's whole amount, under the terms of another.
fn agree(invoice: &[u8], other: &RegisterInvoice) -> Act {
    let mut act = accept_conditions(invoice, 1);
    if let (Act::Invoice(action), Act::Invoice(confirmation)) = (&mut act, &confirm(invoice, other))
        && let Some(Invoicing::AcceptConditions(accept)) = &mut action.action
        && let Some(Invoicing::Confirm(confirm)) = &confirmation.action
    {
        accept.amount = confirm.amount.clone();
        accept.terms_hash = confirm.terms_hash.clone();
    }
    act
}

#[test]
fn more_than_two_thirds_of_the_operators_publish() {
    let mut bench = Bench::new();
    bench.expect("operator", publish(calendar(&[])), 56, "one of two");
    bench.signed_by("operator", publish(calendar(&[])), &[ISSUER], 56);
    bench.signed_by("operator", publish(calendar(&[])), &["operator-2"], 0);
    assert_eq!(record(&bench).version, 1);
    let third = admission("operator-3", &[Role::Operator], &key(302));
    bench.decide(Decision::Admit(third));
    bench.signed_by("operator", publish(calendar(&[])), &["operator-2"], 56);
    let all = propose(&publish(calendar(&[])), &["operator-2", "operator-3"]);
    bench.succeed("operator", all);
    let open = find(
        bench.rules.records(),
        "membership/proposal/",
        |proposal: &counterfoil_proto::membership::v1::Proposal| proposal.consents_of.len() == 2,
    );
    bench.succeed("operator-2", consent(&open));
    let third = key(302);
    let third = ("operator-3", &[&third][..]);
    bench.expect_signed(third, consent(&open), 0, "the third");
    assert_eq!(record(&bench).version, 2);

    // Of three, the one that is left of two suspended ones decides alone.
    for suspended in ["operator-3", "operator-2"] {
        let suspend = Decision::Suspend(Suspension {
            organization: suspended.into(),
            reason: "It does not answer.".into(),
        });
        let open = bench.put_to_the_vote("operator", suspend);
        bench.succeed("operator-2", vote(&open));
        if suspended == "operator-3" {
            bench.expect_signed(third, vote(&open), 0, "its own suspension");
        }
    }
    bench.expect("operator-2", publish(calendar(&[])), 57, "a suspended one");
    bench.succeed("operator", publish(calendar(&[])));
    assert_eq!(record(&bench).version, 3);
}

#[test]
fn what_is_published_is_a_calendar() {
    let mut bench = Bench::new();
    let suspend = Decision::Suspend(Suspension {
        organization: "operator-2".into(),
        reason: "It does not answer.".into(),
    });
    let decision = bench.put_to_the_vote("operator", suspend);
    bench.succeed("operator-2", vote(&decision));
    let mut rejected = |change: fn(&mut BusinessCalendar)| {
        let mut calendar = calendar(&[DUE]);
        change(&mut calendar);
        let what = format!("{calendar:?}");
        bench.expect("operator", publish(calendar), 9005, &what);
    };
    rejected(|c| c.code.clear());
    rejected(|c| c.code = "target".into());
    rejected(|c| c.code = "T".repeat(17));
    rejected(|c| c.name.clear());
    rejected(|c| c.name = "é".repeat(141));
    rejected(|c| c.weekend = (1..=7).collect());
    rejected(|c| c.weekend = vec![7, 6]);
    rejected(|c| c.weekend = vec![0]);
    rejected(|c| c.weekend = vec![8]);
    rejected(|c| c.from = None);
    rejected(|c| c.to = Some(date(TODAY - 401)));
    rejected(|c| c.to = Some(date(DUE - 1)));
    rejected(|c| c.from = Some(date(DUE + 1)));
    rejected(|c| c.holidays.push(date(DUE)));
    rejected(|c| {
        c.to = Some(date(TODAY + 2_000));
        c.holidays = (TODAY..=TODAY + 1_024).map(date).collect();
    });
    let mut most = calendar(&[]);
    most.code = "A-1234567890-XYZ".into();
    most.name = "é".repeat(140);
    most.weekend = vec![2, 3, 4, 5, 6, 7];
    most.to = Some(date(TODAY + 1_023));
    most.holidays = (TODAY..=TODAY + 1_023).map(date).collect();
    bench.succeed("operator", publish(most));
    let mut least = calendar(&[]);
    least.weekend.clear();
    least.to = least.from;
    bench.succeed("operator", publish(least));
    bench.expect(
        "operator",
        Act::Calendar(counterfoil_proto::calendar::v1::Action {
            action: Some(counterfoil_proto::calendar::v1::action::Action::Publish(
                Default::default(),
            )),
        }),
        9005,
        "no calendar at all",
    );
}

#[test]
fn terms_name_a_calendar_with_a_convention_and_none_without() {
    let mut bench = Bench::new();
    let unknown = due_on("N-1", DUE, Following);
    bench.expect(SELLER, register(unknown), 4009, "a calendar to come");
    published(&mut bench, calendar(&[]));
    let mut none = due_on("N-1", DUE, Unadjusted);
    bench.expect(SELLER, register(none.clone()), 4009, "without convention");
    none.terms.as_mut().expect("terms").calendar.clear();
    bench.succeed(SELLER, register(none));
    for convention in [Following, ModifiedFollowing, Preceding] {
        let mut invoice = due_on("N-2", DUE, convention);
        let terms = invoice.terms.as_mut().expect("terms");
        terms.calendar = "GBLO".into();
        bench.expect(SELLER, register(invoice.clone()), 4009, "another calendar");
        let terms = invoice.terms.as_mut().expect("terms");
        terms.calendar.clear();
        bench.expect(SELLER, register(invoice.clone()), 4009, "no calendar");
        let terms = invoice.terms.as_mut().expect("terms");
        terms.calendar = CALENDAR.into();
        terms.convention = 0;
        bench.expect(SELLER, register(invoice.clone()), 4009, "no convention");
        let terms = invoice.terms.as_mut().expect("terms");
        terms.convention = 5;
        bench.expect(SELLER, register(invoice), 53, "a convention to come");
    }
}

/// Saturday, 2 March, with a holiday on Monday; and Easter, the last day of March.
#[test]
fn due_dates_move_to_business_days() {
    let mut bench = Bench::new();
    published(&mut bench, calendar(&[DUE + 2, GOOD_FRIDAY, EASTER_MONDAY]));
    for (due, convention, adjusted) in [
        (DUE - 1, Following, DUE - 1),
        (DUE, Following, DUE + 3),
        (DUE, ModifiedFollowing, DUE + 3),
        (DUE, Preceding, DUE - 1),
        (EASTER, Following, EASTER + 2),
        (EASTER, ModifiedFollowing, GOOD_FRIDAY - 1),
        (EASTER, Preceding, GOOD_FRIDAY - 1),
    ] {
        let number = format!("{convention:?} {due}");
        let receivable = confirmed(&mut bench, &due_on(&number, due, convention));
        assert_eq!(receivable.due_date, Some(date(due)), "{number}");
        let to = receivable.adjusted_due_date;
        assert_eq!(to, Some(date(adjusted)), "{number}");
    }
}

/// The Tuesday after is the due date, whatever is published later, and lateness begins after it.
#[test]
fn later_holidays_do_not_move_a_due_date() {
    let mut bench = Bench::new();
    published(&mut bench, calendar(&[DUE + 2]));
    let before = confirmed(&mut bench, &due_on("N-1", DUE, Following));
    bench.roll_to(TODAY + 1);
    published(&mut bench, calendar(&[DUE + 2, DUE + 3]));
    let now = record(&bench);
    assert_eq!(
        (now.version, now.published_on),
        (2, Some(date(TODAY + 1))),
        "{now:?}"
    );
    let after = confirmed(&mut bench, &due_on("N-2", DUE, Following));
    assert_eq!(after.adjusted_due_date, Some(date(DUE + 4)));
    assert_eq!(bench.receivable(&before.id), before);
    for (today, code) in [(DUE + 1, 7011), (DUE + 3, 7011), (DUE + 4, 0)] {
        bench.roll_to(today);
        let late = report("overdue", &before.id);
        bench.expect(SELLER, late, code, &format!("day {today}"));
    }
    let overdue = bench.receivable(&before.id).state();
    assert_eq!(overdue, ReceivableState::Overdue);
    bench.expect(SELLER, report("overdue", &after.id), 7011, "the other");
}

#[test]
fn nothing_is_guessed_beyond_what_a_calendar_knows() {
    let mut bench = Bench::new();
    let mut short = calendar(&[]);
    short.to = Some(date(DUE));
    published(&mut bench, short);
    let invoice = due_on("N-1", DUE, Following);
    let id = registered(&mut bench, &invoice);
    bench.expect(BUYER, confirm(&id, &invoice), 4060, "Monday is not known");
    let back = due_on("N-2", DUE, Preceding);
    assert_eq!(
        confirmed(&mut bench, &back).adjusted_due_date,
        Some(date(DUE - 1))
    );
    published(&mut bench, calendar(&[]));
    bench.succeed(BUYER, confirm(&id, &invoice));
    let adjusted = receivable_of(&bench, &id).adjusted_due_date;
    assert_eq!(adjusted, Some(date(DUE + 2)));
}

/// On Saturday a debt of that day would have been due on Friday. The buyer and the seller agree on Monday instead.
#[test]
fn no_convention_makes_a_buyer_late() {
    let saturday = TODAY + 2;
    let mut bench = Bench::new();
    published(&mut bench, calendar(&[]));
    let invoice = due_on("N-1", saturday, Preceding);
    let id = registered(&mut bench, &invoice);
    let past = due_on("N-2", TODAY, Preceding);
    bench.roll_to(saturday);
    bench.expect(BUYER, confirm(&id, &invoice), 4061, "due yesterday");
    let other = due_on("N-1", saturday, Following);
    bench.succeed(BUYER, under_the_terms_of(&id, &other));
    bench.succeed(SELLER, agree(&id, &other));
    let adjusted = receivable_of(&bench, &id).adjusted_due_date;
    assert_eq!(adjusted, Some(date(saturday + 2)));
    // Who confirms after the due date is late by itself.
    let late = confirmed(&mut bench, &past);
    assert_eq!(late.adjusted_due_date, Some(date(TODAY)));
}

/// What counts is the calendar of the day on which the seller agrees.
#[test]
fn conditions_are_adjusted_when_they_are_accepted() {
    let mut bench = Bench::new();
    published(&mut bench, calendar(&[]));
    let invoice = due_on("N-1", DUE, Following);
    let id = registered(&mut bench, &invoice);
    let other = due_on("N-1", DUE, Preceding);
    bench.succeed(BUYER, under_the_terms_of(&id, &other));
    let mut short = calendar(&[DUE - 1]);
    short.to = Some(date(DUE - 1));
    published(&mut bench, short);
    bench.expect(SELLER, agree(&id, &other), 4060, "Saturday is not known");
    published(&mut bench, calendar(&[DUE - 1]));
    bench.succeed(SELLER, agree(&id, &other));
    let adjusted = receivable_of(&bench, &id).adjusted_due_date;
    assert_eq!(adjusted, Some(date(DUE - 2)));
}

/// From Thursday, where Friday and Saturday are the weekend and Sunday is a holiday: until Tuesday. And beyond what the
/// calendar knows by its weekend alone, so that no payment waits for a calendar.
#[test]
fn a_wire_takes_two_business_days_of_the_terms_calendar() {
    let mut bench = Bench::new();
    let mut gulf = calendar(&[TODAY + 3]);
    gulf.weekend = vec![5, 6];
    published(&mut bench, gulf.clone());
    let receivable = confirmed(&mut bench, &due_on("N-1", DUE, Following));
    let late = instruct(&receivable.id, 100, "wire 1", TODAY + 6);
    bench.expect(BUYER, late, 7051, "later than Tuesday");
    bench.succeed(BUYER, instruct(&receivable.id, 100, "wire 1", TODAY));
    let payment = bench.payments(&receivable.id)[0].clone();
    assert_eq!(payment.calendar, CALENDAR);
    assert_eq!(payment.deadline, Some(date(TODAY + 5)));
    bench.roll_to(TODAY + 5);
    gulf.to = Some(date(TODAY + 5));
    published(&mut bench, gulf);
    let paid = wire(&payment.id, "entry 1", TODAY + 5);
    bench.succeed(ISSUER, assert_payment(paid));
    let assertion = bench.payment(&payment.id).assertion;
    let answer_by = assertion.expect("an assertion").answer_by;
    assert_eq!(answer_by, Some(date(TODAY + 7)));
}

#[test]
fn operators_are_told_of_calendars() {
    let mut bench = Bench::new();
    let act = publish(calendar(&[]));
    let receipt = bench.signed_by("operator", act, &["operator-2"], 0);
    let told = receipt.events.last().expect("events");
    assert_eq!(told.organizations, ["operator", "operator-2"]);
}
