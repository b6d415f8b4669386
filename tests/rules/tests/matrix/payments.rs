//! Payments over the external rail, by every role, from every state.

use counterfoil_proto::cash::v1::PaymentState;
use counterfoil_rules_tests::model::Act;
use counterfoil_rules_tests::workload::acts::{
    BUYER, GROSS, ISSUER, SELLER, TODAY, assert_payment, cancel_payment, confirm_payment, contest,
    instruct, rule_payment, time_out, wire,
};
use counterfoil_rules_tests::workload::bench::Bench;

use crate::callers;

/// Where a payment stands, and how long.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Instructed,
    AfterDeadline,
    Asserted,
    /// Asserted, and the day by which to answer has passed.
    Silent,
    Contested,
    Confirmed,
    Cancelled,
    TimedOut,
}
use Stage::*;

const STAGES: [Stage; 8] = [
    Instructed,
    AfterDeadline,
    Asserted,
    Silent,
    Contested,
    Confirmed,
    Cancelled,
    TimedOut,
];
const PARTIES: &[&str] = &[BUYER, SELLER, ISSUER];
/// Named by the terms.
const ARBITER: &str = "regulator";

type Row = (
    &'static str,
    &'static [&'static str],
    [u32; 8],
    u32,
    PaymentState,
);

/// Actions on a payment: who may, their code from each stage, everyone else's, and the state it leads to. The payee has
/// no bank, and confirms itself.
#[rustfmt::skip]
const ON_PAYMENT: [Row; 7] = [
    //                          Instructed late  Asserted  Silent  Contested Confirmed Cancelled TimedOut  others
    ("assert",  &[ISSUER],        [0,       0,    3032,    3032,    3032,     3032,     3032,     3032],    3031, PaymentState::Asserted),
    ("confirm", &[SELLER],        [3032, 3032,       0,       0,       0,     3032,     3032,     3032],    3038, PaymentState::Confirmed),
    ("deny",    &[SELLER],        [3032, 3032,       0,       0,    3032,     3032,     3032,     3032],    3036, PaymentState::Contested),
    ("report",  &[BUYER, ISSUER], [3032, 3032,    3037,       0,    3032,     3032,     3032,     3032],    3036, PaymentState::Contested),
    ("cancel",  &[BUYER, SELLER], [3032, 3032,    3032,    3032,      56,     3032,     3032,     3032],    3036, PaymentState::Cancelled),
    ("rule",    &[ARBITER],       [3032, 3032,    3032,    3032,       0,     3032,     3032,     3032],    3039, PaymentState::Confirmed),
    ("timeout", PARTIES,          [3040,    0,    3032,    3032,    3032,     3032,     3032,     3032],    3036, PaymentState::TimedOut),
];

fn act(action: &str, payment: &[u8], day: i64) -> Act {
    match action {
        "assert" => assert_payment(wire(payment, "entry", day)),
        "confirm" => confirm_payment(payment),
        "deny" | "report" => contest(payment),
        "cancel" => cancel_payment(payment),
        "rule" => rule_payment(payment, true),
        _ => time_out(payment),
    }
}

/// A payment brought to a stage, and the ledger's day.
fn payment_at(stage: Stage) -> (Bench, Vec<u8>, i64) {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    bench.succeed(BUYER, instruct(&receivable, GROSS, "wire", TODAY));
    let id = bench.payments(&receivable)[0].id.clone();
    if !matches!(stage, Instructed | AfterDeadline | TimedOut) {
        bench.succeed(ISSUER, act("assert", &id, TODAY));
    }
    let day = match stage {
        AfterDeadline | TimedOut | Silent => TODAY + 5,
        _ => TODAY,
    };
    bench.roll_to(day);
    match stage {
        Instructed | AfterDeadline | Asserted | Silent => {}
        Contested => drop(bench.succeed(SELLER, contest(&id))),
        Confirmed => drop(bench.succeed(SELLER, confirm_payment(&id))),
        Cancelled => {
            bench.succeed(SELLER, contest(&id));
            bench.succeed(ARBITER, rule_payment(&id, false));
        }
        TimedOut => drop(bench.succeed(BUYER, time_out(&id))),
    }
    (bench, id, day)
}

#[test]
fn actions_on_payments() {
    for (action, signers, codes, others, to) in ON_PAYMENT {
        for (from, code) in STAGES.into_iter().zip(codes) {
            for caller in callers(PARTIES) {
                let is_signer = signers.contains(&caller);
                // The one who confirms has a row of its own, and shares others' code with the next.
                if (action == "deny" && !is_signer) || (action == "report" && caller == SELLER) {
                    continue;
                }
                let (mut bench, id, day) = payment_at(from);
                let before = bench.payment(&id).state();
                let code = if is_signer { code } else { others };
                let what = format!("{action} by {caller} from {from:?}");
                bench.expect(caller, act(action, &id, day), code, &what);
                let state = if code == 0 { to } else { before };
                assert_eq!(bench.payment(&id).state(), state, "after {what}");
            }
        }
    }
}

#[test]
fn only_the_debtor_instructs() {
    for caller in callers(PARTIES) {
        let mut bench = Bench::new();
        let receivable = bench.owed("N-1", GROSS);
        let code = if caller == BUYER { 0 } else { 7002 };
        let pay = instruct(&receivable, GROSS, "wire", TODAY);
        bench.expect(caller, pay, code, &format!("instructed by {caller}"));
    }
}
