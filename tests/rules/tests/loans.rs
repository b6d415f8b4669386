//! Loans by their plans: instalments, default, and control of what is pledged.

use counterfoil_proto::financing::v1::{LoanState, Schedule};
use counterfoil_rules_tests::model::arithmetic::date;
use counterfoil_rules_tests::model::tagged_hash;
use counterfoil_rules_tests::workload::acts::{
    BUYER, Finance, ISSUER, SELLER, TODAY, award, commit, confirm, issue_to, quote, register,
    registration, release, repay, report_loan_default, reveal, salt, sell, settle, split,
    split_collateral, take_control, usd,
};
use counterfoil_rules_tests::workload::bench::{Bench, invoice_id};

const LENDER: &str = "bank-west";

/// A loan over so much, opened on the day after [`TODAY`], on a claim of 60,000 due 120 days after it.
fn lent(bench: &mut Bench, schedule: Schedule, minor: u64, grace_days: u32) -> (Vec<u8>, Vec<u8>) {
    let mut invoice = registration("N-1");
    invoice.gross = usd(60_000);
    invoice.due_date = Some(date(TODAY + 120));
    let id = invoice_id(&bench.succeed(SELLER, register(invoice.clone())));
    bench.succeed(BUYER, confirm(&id, &invoice));
    let receivable = tagged_hash("counterfoil/receivable-id/v1", &[&id]).to_vec();
    let request = bench.request_for(Finance::Loan, &[(&receivable, 0)], minor);
    let mut terms = quote(LENDER, minor);
    terms.schedule = schedule.into();
    terms.loan_grace_days = grace_days;
    bench.succeed(LENDER, commit(&request, LENDER, &terms));
    bench.roll_to(TODAY + 1);
    bench.succeed(LENDER, reveal(&request, &terms, salt()));
    bench.succeed(SELLER, award(&request, LENDER));
    let loan = bench.request(&request).award.expect("an award").loan;
    (receivable, loan)
}

#[test]
fn an_instalment_is_overdue_once_its_grace_is_over() {
    let mut bench = Bench::new();
    // 2024-02-02 to 2024-05-31: instalments on the 2nd of March, April and May, and on the last day.
    let (_, loan) = lent(&mut bench, Schedule::EqualPrincipal, 40_000, 5);
    let first = TODAY + 30;
    for (day, code) in [(first, 6061), (first + 5, 6061), (first + 6, 0)] {
        bench.roll_to(day);
        bench.expect(SELLER, report_loan_default(&loan), 6053, "by the borrower");
        bench.expect(LENDER, report_loan_default(&loan), code, "a report");
    }
    let defaulted = bench.loan(&loan);
    assert_eq!(defaulted.state(), LoanState::Defaulted);
    assert_eq!(defaulted.defaulted_on, Some(date(first + 6)));
    bench.expect(LENDER, report_loan_default(&loan), 6061, "a second report");
    // It is repaid all the same.
    bench.succeed(LENDER, issue_to(SELLER, 1_000, "for interest"));
    bench.succeed(SELLER, repay(&loan, LENDER, 41_000, "all"));
    assert_eq!(bench.loan(&loan).state(), LoanState::Repaid);
    bench.expect(LENDER, report_loan_default(&loan), 6052, "a third report");
}

#[test]
fn instalments_paid_on_their_days_keep_the_plan_and_what_is_paid_ahead_shrinks_it() {
    let mut bench = Bench::new();
    let (_, loan) = lent(&mut bench, Schedule::EqualPrincipal, 40_000, 0);
    let opened = bench.loan(&loan);
    assert_eq!(opened.schedule(), Schedule::EqualPrincipal);
    // 29 days' interest, 7 % of 40,000: 225.56; then the principal of the first instalment.
    bench.roll_to(TODAY + 30);
    bench.succeed(SELLER, repay(&loan, LENDER, 10_226, "first"));
    let paid = bench.loan(&loan);
    assert_eq!(paid.outstanding_minor, 30_000);
    assert_eq!(paid.plan_from, opened.plan_from);
    // 31 days on 30,000: 180.83, less what rounding had the first payment pay ahead.
    bench.roll_to(TODAY + 61);
    bench.expect(LENDER, report_loan_default(&loan), 6061, "in time");
    bench.succeed(SELLER, repay(&loan, LENDER, 10_180, "second"));
    let paid = bench.loan(&loan);
    assert_eq!(paid.outstanding_minor, 20_000);
    assert_eq!(paid.plan_from, opened.plan_from);
    // A day's interest, and 5,000 ahead: the two instalments that are left become smaller.
    bench.roll_to(TODAY + 62);
    bench.succeed(SELLER, repay(&loan, LENDER, 5_004, "ahead"));
    let ahead = bench.loan(&loan);
    assert_eq!(ahead.outstanding_minor, 15_000);
    assert_eq!(ahead.plan_principal_minor, 15_000);
    assert_eq!(ahead.plan_from, Some(date(TODAY + 62)));
    // On the 2nd of April 7,500 are due: a unit less is overdue on the day after. 29 days on 15,000 cost 84.58.
    bench.roll_to(TODAY + 91);
    bench.succeed(
        SELLER,
        repay(&loan, LENDER, 7_500 + 84, "third, a unit short"),
    );
    assert_eq!(bench.loan(&loan).outstanding_minor, 7_501);
    bench.expect(LENDER, report_loan_default(&loan), 6061, "on its day");
    bench.roll_to(TODAY + 92);
    bench.succeed(LENDER, report_loan_default(&loan));
}

#[test]
fn a_lender_in_control_collects_the_debt_and_passes_the_surplus_on() {
    let mut bench = Bench::new();
    let (receivable, loan) = lent(&mut bench, Schedule::Annuity, 40_000, 0);
    bench.expect(
        LENDER,
        take_control(&loan, &receivable, 0),
        6062,
        "before the default",
    );
    bench.roll_to(TODAY + 31);
    bench.succeed(LENDER, report_loan_default(&loan));
    bench.expect(
        SELLER,
        take_control(&loan, &receivable, 0),
        6053,
        "by the borrower",
    );
    bench.expect(
        LENDER,
        take_control(&loan, &receivable, 1),
        6054,
        "of another claim",
    );
    bench.succeed(LENDER, take_control(&loan, &receivable, 0));
    let claim = bench.claim(&receivable, 0);
    assert_eq!(claim.controller, LENDER);
    assert!(claim.encumbrance.is_some(), "it stays pledged");
    bench.expect(LENDER, take_control(&loan, &receivable, 0), 6063, "again");

    // The debtor pays 60,000: the debt of 40,000 with 30 days' interest goes to the lender, the rest to the borrower.
    bench.succeed(ISSUER, issue_to(BUYER, 60_000, "funds"));
    bench.succeed(BUYER, settle(&receivable, 60_000, "settlement"));
    let repaid = bench.loan(&loan);
    assert_eq!(repaid.state(), LoanState::Repaid);
    let owed = 40_000 + 233; // 40,000 at 7 % for 30 days: 233.33
    assert_eq!(bench.available(LENDER, ISSUER), owed);
    assert_eq!(bench.available(SELLER, ISSUER), 60_000 - owed);
}

#[test]
fn a_claim_goes_back_once_the_loan_is_repaid_or_the_lender_lets_go() {
    for by_release in [false, true] {
        let mut bench = Bench::new();
        let (receivable, loan) = lent(&mut bench, Schedule::Bullet, 40_000, 0);
        bench.roll_to(TODAY + 120);
        bench.expect(LENDER, report_loan_default(&loan), 6061, "on the due date");
        bench.roll_to(TODAY + 121);
        bench.succeed(LENDER, report_loan_default(&loan));
        bench.succeed(LENDER, take_control(&loan, &receivable, 0));
        if by_release {
            bench.succeed(LENDER, release(&loan, &receivable, 0));
        } else {
            bench.succeed(LENDER, issue_to(SELLER, 2_000, "for interest"));
            bench.succeed(SELLER, repay(&loan, LENDER, 42_000, "all"));
        }
        let claim = bench.claim(&receivable, 0);
        assert_eq!(
            (claim.controller.as_str(), claim.encumbrance),
            (SELLER, None)
        );
    }
}

#[test]
fn a_pledged_claim_is_neither_split_nor_sold_but_by_its_lenders_signature() {
    let mut bench = Bench::new();
    let (receivable, loan) = lent(&mut bench, Schedule::Bullet, 40_000, 0);
    let parts = [20_000, 40_000];
    bench.expect(SELLER, split(&receivable, 0, &parts), 5004, "a split");
    bench.expect(
        SELLER,
        sell(&receivable, 0, 50_000, TODAY + 2),
        5004,
        "a sale",
    );
    let divided = || split_collateral(&loan, &receivable, 0, &parts);
    bench.expect(SELLER, divided(), 56, "without the lender");
    bench.expect(LENDER, divided(), 6004, "by the lender alone");
    bench.signed_by(SELLER, divided(), &[ISSUER], 56);
    let short = split_collateral(&loan, &receivable, 0, &[20_000, 39_999]);
    bench.signed_by(SELLER, short, &[LENDER], 6079);
    let unknown = split_collateral(&loan, &receivable, 7, &parts);
    bench.signed_by(SELLER, unknown, &[LENDER], 6003);
    bench.signed_by(SELLER, divided(), &[LENDER], 0);

    // Each part secures all of the loan: once one is let go, the other pays 40,000 of the 40,233 owed after 30 days.
    for number in [1, 2] {
        let claim = bench.claim(&receivable, number);
        assert!(claim.encumbrance.is_some(), "{number} is pledged");
        assert_eq!(claim.controller, SELLER);
        bench.expect(SELLER, split(&receivable, number, &[1, 2]), 5004, "again");
    }
    let pledged = bench.loan(&loan).collateral;
    assert_eq!(pledged.iter().map(|c| c.number).collect::<Vec<_>>(), [1, 2]);
    bench.succeed(LENDER, release(&loan, &receivable, 1));
    bench.roll_to(TODAY + 31);
    bench.succeed(ISSUER, issue_to(BUYER, 60_000, "funds"));
    bench.succeed(BUYER, settle(&receivable, 60_000, "settlement"));
    assert_eq!(bench.available(LENDER, ISSUER), 40_000);
    assert_eq!(bench.available(SELLER, ISSUER), 20_000);
    let left = bench.loan(&loan);
    assert_eq!(
        (left.state(), left.outstanding_minor),
        (LoanState::Open, 233)
    );
    assert!(left.collateral.is_empty());
}

#[test]
fn a_loan_has_at_most_256_claims_pledged_for_it() {
    let mut bench = Bench::new();
    let (first, second) = (bench.owed("N-1", 60_000), bench.owed("N-2", 60_000));
    let claims: [(&[u8], u32); 2] = [(&first, 0), (&second, 0)];
    let loan = bench.finance(Finance::Loan, &claims, 40_000, LENDER);
    let parts = |many: u64| {
        let mut parts = vec![1; many as usize - 1];
        parts.push(60_000 - (many - 1));
        parts
    };
    let divide = |receivable: &[u8], many| split_collateral(&loan, receivable, 0, &parts(many));
    bench.signed_by(SELLER, divide(&first, 200), &[LENDER], 0);
    bench.signed_by(SELLER, divide(&second, 57), &[LENDER], 6014);
    bench.signed_by(SELLER, divide(&second, 56), &[LENDER], 0);
    assert_eq!(bench.loan(&loan).collateral.len(), 256);
}
