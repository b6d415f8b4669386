//! Penalty by claim: paid in parts, passed on by a split, and added up by a merger.

use counterfoil_proto::receivable::v1::{self as receivable, ClaimPart};
use counterfoil_proto::settlement::v1::{ClaimRecovered, Share};

use super::super::fixture::{date as day, executed, terms, tx_id, usd};
use super::*;

const DUE: &str = "2013-03-01";

fn receivables() -> Vec<Receivable> {
    vec![Receivable {
        id: vec![1],
        adjusted_due_date: Some(day(DUE).to_proto()),
        terms: Some(terms()),
        ..Default::default()
    }]
}

fn opened(minor: u64) -> Event {
    Event::Receivable(ReceivableEvent::Opened(ReceivableOpened {
        receivable: vec![1],
        controller: "seller".into(),
        face: usd(minor),
        ..Default::default()
    }))
}

fn split(number: u32, parts: &[(u32, u64, Rank)]) -> Event {
    let part = |(number, face_minor, rank): &(u32, u64, Rank)| ClaimPart {
        number: *number,
        face_minor: *face_minor,
        rank: (*rank).into(),
    };
    Event::Receivable(ReceivableEvent::Split(ClaimSplit {
        receivable: vec![1],
        number,
        parts: parts.iter().map(part).collect(),
    }))
}

fn merged(numbers: &[u32], into: u32, face_minor: u64) -> Event {
    Event::Receivable(ReceivableEvent::Merged(receivable::ClaimsMerged {
        receivable: vec![1],
        numbers: numbers.to_vec(),
        into,
        face_minor,
    }))
}

/// Claim, principal and penalty of each share.
fn paid(on: &str, shares: &[(u32, u64, u64)], settled: bool) -> Event {
    let share = |(claim, principal_minor, penalty_minor): &(u32, u64, u64)| Share {
        claim: *claim,
        controller: "seller".into(),
        principal_minor: *principal_minor,
        penalty_minor: *penalty_minor,
    };
    Event::Settlement(SettlementEvent::Paid(ReceivablePaid {
        receivable: vec![1],
        principal: usd(shares.iter().map(|share| share.1).sum()),
        penalty: usd(shares.iter().map(|share| share.2).sum()),
        value_date: Some(day(on).to_proto()),
        shares: shares.iter().map(share).collect(),
        settled,
        payment: Vec::new(),
        fees: Vec::new(),
        ..Default::default()
    }))
}

/// How many events there are, and how many of them fit.
fn fitting(events: Vec<(&str, Event)>) -> (u64, u64) {
    let events = events.into_iter().enumerate();
    let history: Vec<Executed> = events
        .map(|(at, (on, event))| executed(at, on, vec![event]))
        .collect();
    let replay = Replay::of(&receivables(), &history);
    (replay.events, replay.sound)
}

#[test]
fn three_parts_are_paid_with_the_penalty_of_both_sums() {
    let parts = |last_penalty| {
        vec![
            ("2013-02-01", opened(30_000)),
            (DUE, paid(DUE, &[(0, 10_000, 0)], false)),
            ("2013-03-06", paid("2013-03-06", &[(0, 10_000, 0)], false)),
            (
                "2013-03-21",
                paid("2013-03-21", &[(0, 10_000, last_penalty)], true),
            ),
        ]
    };
    // 22.22 and 33.33 cents.
    assert_eq!(fitting(parts(56)), (4, 4));
    assert_eq!(fitting(parts(55)), (4, 3));
}

#[test]
fn penalty_goes_with_the_parts_of_a_split_and_with_a_merger() {
    let events = vec![
        ("2013-02-01", opened(30_000)),
        // 66.67 cents are accrued: 67, and a third too much.
        (
            "2013-03-11",
            split(0, &[(1, 20_000, Rank::Senior), (2, 10_000, Rank::Senior)]),
        ),
        ("2013-03-11", merged(&[1, 2], 3, 30_000)),
        // As if it had been one claim all along: 133.33.
        ("2013-03-21", paid("2013-03-21", &[(3, 30_000, 133)], true)),
    ];
    assert_eq!(fitting(events), (4, 4));
}

#[test]
fn retained_claims_are_paid_after_senior_ones() {
    let parts = [(1, 20_000, Rank::Senior), (2, 10_000, Rank::Retained)];
    let after = |shares: &[(u32, u64, u64)]| {
        vec![
            ("2013-02-01", opened(30_000)),
            ("2013-02-02", split(0, &parts)),
            // 10 days: 44 and 22 cents.
            ("2013-03-11", paid("2013-03-11", shares, false)),
        ]
    };
    assert_eq!(fitting(after(&[(1, 20_000, 44), (2, 5_000, 0)])), (3, 3));
    assert_eq!(fitting(after(&[(1, 20_000, 0), (2, 5_044, 0)])), (3, 2));
}

#[test]
fn a_spent_claim_is_named_by_no_event() {
    let parts = [(1, 60, Rank::Senior), (2, 40, Rank::Senior)];
    let events = vec![
        ("2013-02-01", opened(100)),
        ("2013-02-01", split(0, &parts)),
        (
            "2013-02-02",
            split(0, &[(3, 50, Rank::Senior), (4, 50, Rank::Senior)]),
        ),
        (
            "2013-02-02",
            split(1, &[(2, 30, Rank::Senior), (3, 30, Rank::Senior)]),
        ),
        ("2013-02-02", merged(&[1, 2], 3, 99)),
    ];
    // The second split of one claim, a number that was taken, and a sum that is wrong.
    assert_eq!(fitting(events), (5, 2));
}

/// A guarantor of 60 pays 60 of 100 before the debtor pays 40, which are the holder's.
#[test]
fn what_a_guarantor_paid_for_is_its_own_behind_the_rest() {
    let guarantee = receivable::GuaranteeGiven {
        guarantee: vec![9],
        receivable: vec![1],
        number: 0,
        guarantor: "guarantor".into(),
        controller: "seller".into(),
        cap: usd(60),
        expires_on: None,
    };
    let notice = receivable::NoticeGiven {
        receivable: vec![1],
        undertaking: vec![9],
        by: "seller".into(),
        to: "guarantor".into(),
        outstanding: usd(100),
        ..Default::default()
    };
    let transfer = |transaction| receivable::ClaimTransferred {
        receivable: vec![1],
        number: 1,
        from: "seller".into(),
        to: "guarantor".into(),
        purpose: Purpose::Subrogation.into(),
        endorsement: EndorsementId::of(tx_id(transaction), &[1], 1).to_vec(),
        ..Default::default()
    };
    let recovered = |principal| ClaimRecovered {
        receivable: vec![1],
        controller: "seller".into(),
        undertaking: vec![9],
        payer: "guarantor".into(),
        principal: usd(principal),
        penalty: usd(0),
        into: 1,
        ..Default::default()
    };
    let sound = |principal, to_the_rest| {
        let one = |at, on, event| executed(at, on, vec![event]);
        let history = vec![
            one(0, "2013-02-01", opened(100)),
            one(
                1,
                "2013-02-01",
                Event::Receivable(ReceivableEvent::GuaranteeGiven(guarantee.clone())),
            ),
            one(
                2,
                DUE,
                Event::Receivable(ReceivableEvent::NoticeGiven(notice.clone())),
            ),
            executed(
                3,
                DUE,
                vec![
                    Event::Receivable(ReceivableEvent::Transferred(transfer(3))),
                    Event::Settlement(SettlementEvent::ClaimRecovered(recovered(principal))),
                ],
            ),
            one(4, DUE, paid(DUE, &[(0, to_the_rest, 0)], false)),
        ];
        let replay = Replay::of(&receivables(), &history);
        (replay.events, replay.sound)
    };
    assert_eq!(sound(60, 40), (6, 6));
    // More than the cap, and so neither claim nor payment; or the debtor's payment past the holder's rest.
    assert_eq!(sound(61, 39), (6, 4));
    assert_eq!(sound(60, 41), (6, 5));
}
