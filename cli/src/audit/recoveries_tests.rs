//! Faults in what is paid in the debtor's place.

use counterfoil_proto::cash::v1::{DepositTransferred, event::Event as CashEvent};
use counterfoil_proto::financing::v1::LoanPaid;
use counterfoil_proto::settlement::v1::{ReceivablePaid, Share};

use super::super::fixture::{executed, usd};
use super::*;

fn transferred(to: &str, minor: u64) -> Event {
    Event::Cash(CashEvent::Transferred(DepositTransferred {
        issuer: "bank".into(),
        from: "guarantor".into(),
        to: to.into(),
        amount: usd(minor),
        end_to_end_id: "aval".into(),
    }))
}

/// The guarantor pays 60 and a penalty of 2 of a claim of 100.
fn recovered() -> Event {
    Event::Settlement(SettlementEvent::ClaimRecovered(ClaimRecovered {
        receivable: vec![1],
        controller: "seller".into(),
        payer: "guarantor".into(),
        issuer: "bank".into(),
        principal: usd(60),
        penalty: usd(2),
        into: 1,
        ..Default::default()
    }))
}

fn claim(number: u32, face_minor: u64, outstanding_minor: u64) -> Claim {
    Claim {
        receivable: vec![1],
        number,
        face_minor,
        outstanding_minor,
        ..Default::default()
    }
}

/// The debtor's payment of claim 0.
fn paid_by_debtor(principal_minor: u64) -> Event {
    let share = Share {
        claim: 0,
        principal_minor,
        ..Default::default()
    };
    Event::Settlement(SettlementEvent::Paid(ReceivablePaid {
        receivable: vec![1],
        shares: vec![share],
        ..Default::default()
    }))
}

fn oks(records: &Records, events: Vec<Event>) -> [bool; 2] {
    let checks = checks(records, &[executed(0, "2013-03-01", events)]);
    [checks[0].ok, checks[1].ok]
}

#[test]
fn what_is_paid_reaches_the_holder_and_nobody_else() {
    let records = Records::default();
    let reaches = |payments: &[(&str, u64)]| {
        let cash = payments.iter().map(|(to, minor)| transferred(to, *minor));
        oks(&records, cash.chain([recovered()]).collect())[0]
    };
    assert!(reaches(&[("seller", 62)]));
    assert!(!reaches(&[("seller", 61)]));
    assert!(!reaches(&[("another", 62)]));
    assert!(!reaches(&[("seller", 62), ("another", 1)]));
    assert!(!reaches(&[]));
}

#[test]
fn a_pledged_claims_lender_is_paid_first() {
    let records = Records {
        loans: vec![Loan {
            id: vec![7],
            lender: "lender".into(),
            borrower: "seller".into(),
            ..Default::default()
        }],
        ..Default::default()
    };
    let loan_paid = Event::Financing(FinancingEvent::LoanPaid(LoanPaid {
        loan: vec![7],
        interest: usd(5),
        principal: usd(35),
        ..Default::default()
    }));
    let reaches = |to_lender, to_seller| {
        let cash = [
            transferred("lender", to_lender),
            transferred("seller", to_seller),
        ];
        let events = cash.into_iter().chain([loan_paid.clone(), recovered()]);
        oks(&records, events.collect())[0]
    };
    assert!(reaches(40, 22));
    assert!(!reaches(39, 23));
}

#[test]
fn a_claim_is_paid_no_more_than_is_owed_by_debtor_and_guarantor_together() {
    let within = |debtor, left| {
        let records = Records {
            claims: vec![claim(0, 100, left), claim(1, 60, 60)],
            ..Default::default()
        };
        let events = vec![
            transferred("seller", 62),
            recovered(),
            paid_by_debtor(debtor),
        ];
        oks(&records, events)[1]
    };
    assert!(within(40, 0));
    assert!(within(10, 30));
    assert!(!within(41, 0));
    assert!(!within(40, 1));
}
