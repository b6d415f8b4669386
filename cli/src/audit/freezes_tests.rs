//! Claims that move although they are frozen, and deposits that wait for the wrong one.

use counterfoil_proto::cash::v1::{DepositHeld, Suspense, SuspenseCollected, SuspenseRuled};
use counterfoil_proto::receivable::v1::{ClaimOffered, ClaimTransferred};
use counterfoil_proto::supervision::v1::{RecordFrozen, RecordReleased};

use super::super::fixture::{date as day, executed, usd};
use super::*;

fn frozen(record: &Record, last_day: Option<&str>) -> Event {
    Event::Supervision(SupervisionEvent::Frozen(RecordFrozen {
        record: record.key(),
        reason_hash: vec![9; 32],
        last_day: last_day.map(|last| day(last).to_proto()),
    }))
}

fn released(record: &Record) -> Event {
    let record = record.key();
    Event::Supervision(SupervisionEvent::Released(RecordReleased { record }))
}

fn offered(number: u32) -> Event {
    Event::Receivable(ReceivableEvent::Offered(ClaimOffered {
        receivable: vec![1],
        number,
        ..Default::default()
    }))
}

fn transferred(purpose: Purpose) -> Event {
    Event::Receivable(ReceivableEvent::Transferred(ClaimTransferred {
        receivable: vec![1],
        number: 2,
        purpose: purpose.into(),
        ..Default::default()
    }))
}

fn seen(days: Vec<(&str, Event)>) -> (u64, u64) {
    let days = days.into_iter().enumerate();
    let history: Vec<Executed> = days
        .map(|(at, (on, event))| executed(at, on, vec![event]))
        .collect();
    moves(&history)
}

#[test]
fn a_frozen_claim_is_not_moved_until_it_is_released() {
    for record in [Record::receivable(&[1]), Record::claim(&[1], 2)] {
        let with = |on: &'static str, event: Event| {
            seen(vec![
                ("2013-03-01", offered(2)),
                ("2013-03-01", frozen(&record, None)),
                (on, event),
                ("2013-03-05", released(&record)),
                ("2013-03-05", transferred(Purpose::Sale)),
            ])
        };
        assert_eq!(with("2013-03-04", offered(2)), (3, 2));
        assert_eq!(with("2013-03-04", transferred(Purpose::Payment)), (3, 2));
        // Nothing keeps a payer's part from it.
        assert_eq!(
            with("2013-03-04", transferred(Purpose::Subrogation)),
            (2, 2)
        );
    }
    let another = Record::claim(&[1], 3);
    let events = vec![
        ("2013-03-01", frozen(&another, None)),
        ("2013-03-02", offered(2)),
    ];
    assert_eq!(seen(events), (1, 1));
}

#[test]
fn a_freeze_ends_after_its_last_day() {
    let record = Record::receivable(&[1]);
    let events = vec![
        ("2013-03-01", frozen(&record, Some("2013-03-04"))),
        ("2013-03-04", offered(2)),
        ("2013-03-05", offered(2)),
    ];
    assert_eq!(seen(events), (2, 1));
}

#[test]
fn what_waits_is_its_payees_until_a_ruling_says_otherwise() {
    let held = Event::Cash(CashEvent::Held(DepositHeld {
        suspense: vec![7],
        issuer: "bank".into(),
        payer: "buyer".into(),
        payee: "seller".into(),
        amount: usd(50),
        end_to_end_id: "settle".into(),
    }));
    let ruled = Event::Cash(CashEvent::SuspenseRuled(SuspenseRuled {
        suspense: vec![7],
        from: "seller".into(),
        to: "buyer".into(),
        reason_hash: vec![8; 32],
    }));
    let collected = Event::Cash(CashEvent::SuspenseCollected(SuspenseCollected {
        suspense: vec![7],
        issuer: "bank".into(),
        payee: "buyer".into(),
        amount: usd(50),
    }));
    let record = |payee: &str, state: SuspenseState| Suspense {
        id: vec![7],
        issuer: "bank".into(),
        payer: "buyer".into(),
        payee: payee.into(),
        amount: usd(50),
        state: state.into(),
        ..Default::default()
    };
    let agrees = |events: &[&Event], suspense: Suspense| {
        let records = Records {
            suspense: vec![suspense],
            ..Default::default()
        };
        let events = events.iter().copied().cloned().collect();
        checks(&records, &[executed(0, "2013-03-01", events)])[1].ok
    };
    use SuspenseState::{Collected, Waiting};
    assert!(agrees(&[&held], record("seller", Waiting)));
    assert!(!agrees(&[&held], record("seller", Collected)));
    assert!(agrees(&[&held, &ruled], record("buyer", Waiting)));
    assert!(!agrees(&[&held, &ruled], record("seller", Waiting)));
    assert!(agrees(
        &[&held, &ruled, &collected],
        record("buyer", Collected)
    ));
    assert!(!agrees(&[], record("seller", Waiting)));
}
