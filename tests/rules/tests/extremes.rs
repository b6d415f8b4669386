//! The largest sums and the last days: whatever is sent, it is executed or
//! rejected, and the chain goes on.

use counterfoil_proto::cash::v1::{self as cash, DepositTransferred, event::Event as CashEvent};
use counterfoil_proto::financing::v1::{self as financing, QuoteClosed, QuoteState, RequestClosed};
use counterfoil_proto::financing::v1::{RequestState, event::Event as FinancingEvent};
use counterfoil_proto::receivable::v1::{DayCount, FeePaid};
use counterfoil_proto::settlement::v1::event::Event as SettlementEvent;
use counterfoil_proto::settlement::v1::{self as settlement, ClaimPaid, ReceivablePaid, Share};
use counterfoil_proto::v1::{Date, Event, Money, Receipt};
use counterfoil_rules_tests::model::arithmetic::{MAX_MINOR, date, day};
use counterfoil_rules_tests::model::{contract, tagged_hash};
use counterfoil_rules_tests::workload::acts::{
    BUYER, Finance, ISSUER, SELLER, TODAY, award, commit, confirm, issue_to, quote, register,
    registration, repay, reveal, roll, salt, settle, split, transfer, usd,
};
use counterfoil_rules_tests::workload::bench::{Bench, invoice_id};
use counterfoil_types::limits::{
    MAX_BLOCK_RECEIPT_BYTES, MAX_END_TO_END_ID, MAX_FEES, MAX_LIVE_CLAIMS, MAX_ORGANIZATION_ID,
    MAX_QUOTES,
};
use prost::Message as _;

const OPERATOR: &str = "operator";
const DAY_MS: u64 = 86_400_000;

fn last_of(year: u32) -> i64 {
    day(&Date {
        year,
        month: 12,
        day: 31,
    })
    .expect("a date")
}

fn last_day() -> i64 {
    last_of(2199)
}

/// The buyer owes the seller all there can be, at 100 % a year once it is late.
fn all_there_can_be(day_count: DayCount) -> (Bench, Vec<u8>) {
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
    (bench, receivable.to_vec())
}

/// A penalty stays at the largest amount there can be, and is paid as any other.
#[test]
fn a_penalty_stays_at_the_largest_amount() {
    for day_count in [DayCount::A001, DayCount::A004, DayCount::A005] {
        let (mut bench, receivable) = all_there_can_be(day_count);
        for year in [2024, 2025, 2026, 2042, 2060, 2199] {
            bench.roll_to(last_of(year));
            let cent = settle(&receivable, 1, &format!("a cent in {year}"));
            bench.succeed(BUYER, cent);
            for minor in [0, MAX_MINOR + 1, u64::MAX] {
                let act = settle(&receivable, minor, "late");
                bench.expect(BUYER, act, 7010, &format!("{minor} in {year}"));
            }
        }
        let claim = bench.claim(&receivable, 0);
        assert_eq!(claim.outstanding_minor, MAX_MINOR - 6);
        let penalty = claim.penalty.expect("a penalty");
        assert_eq!((penalty.minor, penalty.fraction), (MAX_MINOR, 0));
        bench.succeed(SELLER, transfer(BUYER, 6, "back"));
        bench.succeed(BUYER, settle(&receivable, MAX_MINOR, "all there can be"));
        let claim = bench.claim(&receivable, 0);
        assert_eq!(claim.outstanding_minor, 0);
        assert_eq!(claim.penalty.expect("a penalty").minor, MAX_MINOR - 6);
        bench.succeed(SELLER, transfer(BUYER, MAX_MINOR, "back again"));
        bench.succeed(BUYER, settle(&receivable, MAX_MINOR, "the penalty"));
        assert!(bench.receivable(&receivable).live_claims.is_empty());
    }
}

/// Divided among 256 claims, penalty comes to more than 64 bits can tell. It can all be paid; the
/// record of what was paid stays at the largest number.
#[test]
fn penalties_together_pass_every_amount() {
    let (mut bench, receivable) = all_there_can_be(DayCount::A005);
    let parts = vec![MAX_MINOR / 256; 256];
    bench.succeed(SELLER, split(&receivable, 0, &parts));
    bench.roll_to(last_of(2199));
    // The principal first.
    for round in 0..22 {
        let payment = settle(&receivable, MAX_MINOR, &format!("payment {round}"));
        bench.succeed(BUYER, payment);
        bench.succeed(SELLER, transfer(BUYER, MAX_MINOR, &format!("back {round}")));
    }
    let late = bench.receivable(&receivable);
    assert_eq!(late.redeemed_minor, MAX_MINOR);
    assert_eq!(late.penalty_paid_minor, u64::MAX);
    assert_eq!(late.live_claims.len(), 256);
}

/// The same for the interest of a loan that is never repaid.
#[test]
fn interest_passes_every_amount() {
    let (mut bench, receivable) = all_there_can_be(DayCount::A005);
    let claims: &[(&[u8], u32)] = &[(&receivable, 0)];
    let request = bench.request_for(Finance::Loan, claims, MAX_MINOR);
    let mut terms = quote("bank-west", MAX_MINOR);
    terms.rate_ppm = 1_000_000;
    // Paid out in deposits that go to and fro, as a bank issues no more than the largest amount.
    terms.issuer = ISSUER.into();
    bench.succeed(BUYER, transfer("bank-west", MAX_MINOR, "funds"));
    bench.succeed("bank-west", commit(&request, "bank-west", &terms));
    bench.roll_to(TODAY + 1);
    bench.succeed("bank-west", reveal(&request, &terms, salt()));
    bench.succeed(SELLER, award(&request, "bank-west"));
    let loan = bench.request(&request).award.expect("an award").loan;
    // More than a year's interest at first, which stays at the largest amount.
    for year in 2025..2047 {
        bench.roll_to(last_of(year));
        bench.succeed(SELLER, repay(&loan, ISSUER, MAX_MINOR, &format!("{year}")));
        let back = transfer(SELLER, MAX_MINOR, &format!("{year}"));
        bench.succeed("bank-west", back);
    }
    let loan = bench.loan(&loan);
    assert_eq!(loan.outstanding_minor, MAX_MINOR);
    assert_eq!(loan.interest_paid_minor, u64::MAX);
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

/// One payment may overtake as many requests as a receivable has claims, each with as many quotes as a
/// request takes. If its receipt were too large for a block, the debtor could not pay.
#[test]
fn the_largest_payment_fits_into_a_block() {
    let name = || "x".repeat(MAX_ORGANIZATION_ID);
    let id = || vec![1; 32];
    let money = || {
        Some(Money {
            minor: MAX_MINOR,
            currency: "USD".into(),
        })
    };
    let day = Some(date(last_day()));
    let event = |contract, concerned, body: Vec<u8>| Event {
        contract,
        organizations: vec![name(); concerned],
        body,
    };
    let end_to_end_id = "x".repeat(MAX_END_TO_END_ID);
    let leg = CashEvent::Transferred(DepositTransferred {
        issuer: name(),
        from: name(),
        to: name(),
        amount: money(),
        end_to_end_id: end_to_end_id.clone(),
    });
    let closed = FinancingEvent::Closed(RequestClosed {
        request: id(),
        seller: name(),
        state: RequestState::Overtaken.into(),
    });
    let quote = FinancingEvent::QuoteClosed(QuoteClosed {
        request: id(),
        bank: name(),
        state: QuoteState::Missed.into(),
    });
    let claim = SettlementEvent::ClaimPaid(ClaimPaid {
        receivable: id(),
        claim: u32::MAX,
        controller: name(),
        issuer: name(),
        principal: money(),
        penalty: money(),
        days_late: u32::MAX,
        value_date: day,
        loan: Vec::new(),
        to_lender: None,
        spent: true,
        payment: id(),
    });
    let share = Share {
        claim: u32::MAX,
        controller: name(),
        principal_minor: MAX_MINOR,
        penalty_minor: MAX_MINOR,
    };
    let fee = FeePaid {
        payee: name(),
        amount_minor: MAX_MINOR,
    };
    let paid = SettlementEvent::Paid(ReceivablePaid {
        receivable: id(),
        issuer: name(),
        principal: money(),
        penalty: money(),
        days_late: u32::MAX,
        value_date: day,
        end_to_end_id,
        refund: money(),
        shares: vec![share; MAX_LIVE_CLAIMS],
        settled: true,
        payment: id(),
        fees: vec![fee; MAX_FEES],
        debtor: name(),
    });
    let financing = |event| financing::Event { event: Some(event) }.encode_to_vec();
    let settlement = |event| settlement::Event { event: Some(event) }.encode_to_vec();
    let leg = cash::Event { event: Some(leg) }.encode_to_vec();
    let quotes = MAX_LIVE_CLAIMS * MAX_QUOTES;
    let events = [
        vec![event(contract::CASH, 3, leg); MAX_LIVE_CLAIMS],
        vec![event(contract::FINANCING, 1, financing(closed)); MAX_LIVE_CLAIMS],
        vec![event(contract::FINANCING, 2, financing(quote)); quotes],
        vec![event(contract::SETTLEMENT, 1, settlement(paid))],
        vec![event(contract::SETTLEMENT, 1, settlement(claim)); MAX_LIVE_CLAIMS],
    ];
    let receipt = Receipt {
        tx_id: id(),
        height: u64::MAX,
        index: u32::MAX,
        events: events.concat(),
        ..Receipt::default()
    };
    let bytes = receipt.encoded_len();
    assert!(bytes <= MAX_BLOCK_RECEIPT_BYTES, "{bytes} bytes");
}
