//! A small sound ledger, and what each fault in it makes fail.

use counterfoil_proto::cash::v1::{Suspense, event::Event as CashEvent};
use counterfoil_proto::financing::v1::event::Event as FinancingEvent;
use counterfoil_proto::financing::v1::{QuoteState, RequestState};
use counterfoil_proto::receivable::v1::Undertaking;
use counterfoil_proto::receivable::v1::event::Event as ReceivableEvent;
use counterfoil_proto::settlement::v1::{
    ClaimPaid, ClaimRecovered, event::Event as SettlementEvent,
};
use counterfoil_proto::supervision::v1::{RecordFrozen, event::Event as SupervisionEvent};

use super::super::evidence::Event;
use super::super::expected::Figures;
use super::super::fixture::{HEIGHT, Ledger, ledger, usd};
use super::*;
use crate::frozen::Record;

/// The check that is to fail, and what makes it fail.
type Change<T> = (&'static str, fn(&mut T));

fn audited(ledger: Ledger, expected: Option<Expected>) -> Report {
    let Ledger {
        genesis,
        records,
        chain,
        witnesses,
    } = ledger;
    let currencies = ("USD".parse().unwrap(), Vec::new());
    report(
        &genesis, &records, &chain, HEIGHT, witnesses, currencies, expected,
    )
}

fn failing(report: &Report) -> Vec<&str> {
    report
        .checks
        .iter()
        .filter(|check| !check.ok)
        .map(|check| check.name.as_str())
        .collect()
}

#[test]
fn a_sound_ledger_passes_with_its_figures() {
    let report = audited(ledger(), None);
    assert_eq!(failing(&report), Vec::<&str>::new());
    assert_eq!(report.wall_ms, 2_000);
    assert!((report.tps - 2.0).abs() < f64::EPSILON);
    let figures = report.figures;
    assert_eq!(
        (figures.invoices, figures.late, figures.disputed),
        (2, 1, 1)
    );
    assert_eq!(figures.confirmed_minor, 16_000);
    assert_eq!(
        (
            figures.states["Confirmed"],
            figures.states["Settled"],
            figures.states["Performing"]
        ),
        (2, 1, 1)
    );
    assert_eq!((figures.split, figures.sold, figures.pledged), (3, 1, 2));
    assert_eq!((figures.offers.accepted, figures.overtaken), (1, 0));
    assert_eq!((figures.loans.opened, figures.loans.repaid), (2, 1));
    let loans = &figures.financing["LoanAgainstReceivables"];
    assert_eq!((loans.awards, loans.cost_minor), (2, 61));
    let bank = &figures.banks[0];
    assert_eq!((bank.issued_minor, bank.held_minor), (14_315, 10_900));
    assert_eq!((bank.discount_minor, bank.interest_minor), (78, 44));
}

#[test]
fn each_fault_of_blocks_and_invoices_fails_the_check_that_speaks_of_it() {
    fails(&[
        ("validators_asked", |l| l.witnesses[0].address = vec![9]),
        ("own_state_roots_are_the_headers", |l| {
            l.witnesses[0].state_root = vec![9]
        }),
        ("genesis_has_its_hash", |l| l.chain.genesis_matches = false),
        ("blocks_chained_from_genesis", |l| l.chain.chained -= 1),
        ("blocks_certified_by_two_thirds", |l| l.chain.certified -= 1),
        ("blocks_with_their_roots", |l| l.chain.rooted -= 1),
        ("transactions_with_valid_signatures", |l| {
            l.chain.evidence.verified -= 1
        }),
        ("transactions_with_their_receipts", |l| {
            l.chain.evidence.receipted -= 1
        }),
        ("transactions_committed_once", |l| {
            l.chain.evidence.tx_ids.pop_first();
        }),
        ("confirmations_signed_by_the_buyer", |l| {
            l.chain
                .evidence
                .confirmations
                .first_entry()
                .unwrap()
                .get_mut()
                .signers[1] = b"seller".to_vec();
        }),
        ("confirmations_made_and_approved_by_two", |l| {
            let confirmations = &mut l.chain.evidence.confirmations;
            confirmations.first_entry().unwrap().get_mut().signers.pop();
        }),
    ]);
}

#[test]
fn each_fault_of_claims_fails_the_check_that_speaks_of_it() {
    fails(&[
        ("receivables_as_many_as_confirmed_invoices", |l| {
            l.records.receivables.clear()
        }),
        ("receivables_of_their_confirmed_invoice", |l| {
            l.records.receivables[0].face = usd(6_001)
        }),
        ("receivables_add_up", |l| {
            l.records.claims[0].outstanding_minor = 1
        }),
        ("receivables_with_their_claims_in_number", |l| {
            l.records.claims[0].number = 1
        }),
        ("receivables_with_their_live_claims", |l| {
            l.records.receivables[1].live_claims.pop();
        }),
        ("receivables_paid_as_events_say", |l| {
            l.records.receivables[0].penalty_paid_minor = 12
        }),
        ("claims_with_a_receivable_and_one_controller", |l| {
            l.records.claims[0].controller.clear()
        }),
        // A second time, once it is spent.
        ("events_fit_the_claims_they_name", |l| {
            let again = event(l, |e| {
                matches!(e, Event::Receivable(ReceivableEvent::Split(_)))
            })
            .clone();
            l.chain.evidence.history[5].events.push(again);
        }),
        ("events_fit_the_claims_they_name", |l| {
            if let Event::Settlement(SettlementEvent::Paid(paid)) =
                event(l, |e| matches!(e, Event::Settlement(_)))
            {
                paid.shares[0].penalty_minor -= 1;
                paid.shares[1].penalty_minor += 1;
            }
        }),
        // The payee is told less than the debtor.
        ("events_fit_the_claims_they_name", |l| {
            claim_paid(l).principal = usd(3_599);
        }),
        ("events_fit_the_claims_they_name", |l| {
            claim_paid(l).spent = false;
        }),
        ("claims_as_their_events_say", |l| {
            l.records.claims[4].controller = "seller".into()
        }),
        ("endorsements_as_their_events_say", |l| {
            l.records.endorsements.pop();
        }),
        ("undertakings_as_their_events_say", |l| {
            l.records.undertakings.push(Undertaking::default());
        }),
        ("claims_paid_no_more_than_their_face", |l| {
            l.records.claims[6].face_minor = 0
        }),
        ("claims_moved_while_they_were_free", |l| {
            let frozen = RecordFrozen {
                record: Record::receivable(&l.records.claims[0].receivable).key(),
                ..Default::default()
            };
            let frozen = Event::Supervision(SupervisionEvent::Frozen(frozen));
            l.chain.evidence.history[0].events.push(frozen);
        }),
        ("offers_are_those_of_their_events", |l| {
            l.records.claims[6].encumbrance = None
        }),
        ("locks_are_those_of_open_requests", |l| {
            l.records.claims[7].encumbrance = None
        }),
        ("locks_are_those_of_open_requests", |l| {
            l.records.requests[2].set_state(RequestState::Cancelled)
        }),
        ("pledges_are_those_of_open_loans", |l| {
            l.records.loans[1].collateral.clear()
        }),
        ("live_claims_under_one_encumbrance_at_most", |l| {
            l.records.requests[2].claims[0].number = 5
        }),
    ]);
}

#[test]
fn each_fault_of_financing_and_cash_fails_the_check_that_speaks_of_it() {
    fails(&[
        ("requests_as_their_events_say", |l| {
            l.records.requests[2].set_state(RequestState::Expired)
        }),
        ("quotes_ended_with_their_requests", |l| {
            l.chain.evidence.history[6].events.pop();
        }),
        ("quotes_ended_with_their_requests", |l| {
            let closed = |e: &Event| matches!(e, Event::Financing(FinancingEvent::QuoteClosed(_)));
            if let Event::Financing(FinancingEvent::QuoteClosed(closed)) = event(l, closed) {
                closed.bank = "bank".into();
                closed.set_state(QuoteState::Declined);
            }
        }),
        ("awards_cost_as_quoted", |l| {
            let award = l.records.requests[1].award.as_mut().unwrap();
            award.cost_minor += 1;
        }),
        ("awards_paid_for_what_they_took_at_once", |l| {
            l.records.claims[4].face_minor -= 1
        }),
        ("claims_sold_for_cash_at_once", |l| {
            let paid = l.chain.evidence.history[12].events.remove(2);
            l.chain.evidence.history[13].events.push(paid);
        }),
        ("payments_reach_owners_and_lenders", |l| {
            if let Event::Cash(CashEvent::Transferred(paid)) =
                event(l, |e| matches!(e, Event::Cash(CashEvent::Transferred(_))))
            {
                paid.to = "tier".into();
            }
        }),
        ("payments_reach_owners_and_lenders", |l| {
            claim_paid(l).to_lender = usd(2_914);
        }),
        ("recoveries_reach_holders_and_lenders", |l| {
            let unpaid = ClaimRecovered {
                controller: "seller".into(),
                principal: usd(1),
                ..Default::default()
            };
            let unpaid = Event::Settlement(SettlementEvent::ClaimRecovered(unpaid));
            l.chain.evidence.history[0].events.push(unpaid);
        }),
        ("suspense_as_its_events_say", |l| {
            l.records.suspense.push(Suspense::default());
        }),
        ("loans_as_their_events_say", |l| {
            l.records.loans[0].interest_paid_minor = 34
        }),
        ("loan_payments_as_owed", |l| {
            l.chain.evidence.history[8].date = "2013-03-20".parse().unwrap()
        }),
        ("deposits_are_issued_less_redeemed", |l| {
            l.records.balances[0].locked_minor = 1
        }),
        ("deposits_issued_as_events_say", |l| {
            l.records.issuances[0].issued_minor += 1
        }),
        ("balances_as_events_say", |l| {
            l.records.balances[1].available_minor -= 1;
            l.records.balances[2].available_minor += 1;
        }),
        ("end_to_end_ids_used_once", |l| {
            if let Event::Cash(CashEvent::Issued(issued)) =
                event(l, |e| matches!(e, Event::Cash(CashEvent::Issued(_))))
            {
                issued.end_to_end_id = "award-4".into();
            }
        }),
    ]);
}

fn fails(faults: &[Change<Ledger>]) {
    for (name, fault) in faults {
        let mut broken = ledger();
        fault(&mut broken);
        let report = audited(broken, None);
        assert!(
            failing(&report).contains(name),
            "{name}: {:?}",
            failing(&report)
        );
    }
}

/// The first payment of a claim.
fn claim_paid(ledger: &mut Ledger) -> &mut ClaimPaid {
    let like = |e: &Event| matches!(e, Event::Settlement(SettlementEvent::ClaimPaid(_)));
    match event(ledger, like) {
        Event::Settlement(SettlementEvent::ClaimPaid(paid)) => paid,
        other => panic!("not a claim's payment: {other:?}"),
    }
}

/// The first event like this.
fn event(ledger: &mut Ledger, like: fn(&Event) -> bool) -> &mut Event {
    let history = ledger.chain.evidence.history.iter_mut();
    let mut events = history.flat_map(|executed| &mut executed.events);
    events.find(|event| like(event)).unwrap()
}

#[test]
fn two_live_invoices_of_one_fingerprint_fail_and_a_withdrawn_one_does_not() {
    let with = |state: InvoiceState| {
        let mut ledger = ledger();
        let again = Invoice {
            id: vec![8; 32],
            state: state.into(),
            ..ledger.records.invoices[0].clone()
        };
        ledger.records.invoices.push(again);
        audited(ledger, None)
    };
    let names = [
        "live_invoices_of_one_fingerprint_each",
        "live_invoices_of_one_document_each",
    ];
    assert_eq!(failing(&with(InvoiceState::Registered)), names);
    assert_eq!(failing(&with(InvoiceState::Withdrawn)), Vec::<&str>::new());
}

#[test]
fn a_wrong_expectation_fails_by_its_name() {
    let sound = ledger();
    let usd: Currency = "USD".parse().unwrap();
    let expected = figures(&sound.records, &sound.chain.evidence, &[usd]);
    assert_eq!(
        failing(&audited(ledger(), Some(expected.clone()))),
        Vec::<&str>::new()
    );
    let wrong: [Change<Expected>; 10] = [
        ("late", |e| e.figures[0].late += 1),
        ("sold", |e| e.figures[0].sold += 1),
        ("loans_repaid", |e| e.figures[0].loans.repaid += 1),
        ("confirmed_minor", |e| e.figures[0].confirmed_minor += 1),
        ("penalty_paid_minor", |e| {
            e.figures[0].penalty_paid_minor = 0
        }),
        ("transactions_rejected", |e| e.transactions.rejected = 1),
        ("state_Settled", |e| {
            e.figures[0].states.insert("Settled".into(), 0);
        }),
        ("bank_discount_minor", |e| {
            e.figures[0].bank("bank").discount_minor = 0
        }),
        ("ReceivablesDiscounting_annual_cost_ppm", |e| {
            let financing = &mut e.figures[0].financing;
            let sales = financing.get_mut("ReceivablesDiscounting").unwrap();
            sales.annual_cost_ppm += 1;
        }),
        ("EUR_invoices", |e| {
            let mut eur = Figures::none("EUR".parse().unwrap(), []);
            eur.invoices = 1;
            e.figures.push(eur);
        }),
    ];
    for (name, change) in wrong {
        let mut expected = expected.clone();
        change(&mut expected);
        assert_eq!(failing(&audited(ledger(), Some(expected))), [name]);
    }
}
