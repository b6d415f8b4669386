//! Payment and reports, by every role, from every state of what is owed.

use counterfoil_proto::receivable::v1::ReceivableState::{
    self, Defaulted, Overdue, Performing, Settled,
};
use counterfoil_rules_tests::workload::acts::{
    BUYER, GROSS, ISSUER, SELLER, TODAY, issue_to, report, settle,
};
use counterfoil_rules_tests::workload::bench::Bench;

use crate::callers;

/// What is owed, and what was reported of it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Debt {
    InTime,
    Late,
    AfterGrace,
    ReportedOverdue,
    OverdueAfterGrace,
    InDefault,
    /// All principal is paid, late, and the penalty is not.
    PenaltyOnly,
    Paid,
}
use Debt::*;

const DEBTS: [Debt; 8] = [
    InTime,
    Late,
    AfterGrace,
    ReportedOverdue,
    OverdueAfterGrace,
    InDefault,
    PenaltyOnly,
    Paid,
];
const DUE: i64 = TODAY + 30;
const GRACE: i64 = 45;

/// Paying a receivable: the debtor's code from each state, and everyone else's.
#[rustfmt::skip]
const SETTLE: ([u32; 8], u32) =
    // InTime  Late  AfterGrace  Overdue  and AfterGrace  Default  Penalty  Paid   others
    ([0,          0,          0,       0,              0,       0,       0, 7003],  7002);

/// Reports, which are anyone's to make.
#[rustfmt::skip]
const REPORTS: [(&str, [u32; 8], ReceivableState); 2] = [
    //           InTime  Late  AfterGrace  Overdue  and AfterGrace  Default  Penalty  Paid
    ("overdue", [7011,      0,          0,    7003,           7003,    7003,    7012, 7003],  Overdue),
    ("default", [7011,   7011,          0,    7011,              0,    7003,    7012, 7003],  Defaulted),
];

fn debt(debt: Debt) -> (Bench, Vec<u8>, ReceivableState) {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    bench.succeed(ISSUER, issue_to(BUYER, 10 * GROSS, "funds"));
    bench.roll_to(match debt {
        InTime | Paid => DUE,
        Late | ReportedOverdue | OverdueAfterGrace => DUE + 1,
        AfterGrace | InDefault | PenaltyOnly => DUE + GRACE + 1,
    });
    let state = match debt {
        InTime | Late | AfterGrace => Performing,
        ReportedOverdue | OverdueAfterGrace => {
            bench.succeed("regulator", report("overdue", &receivable));
            Overdue
        }
        InDefault => {
            bench.succeed("miller", report("default", &receivable));
            Defaulted
        }
        PenaltyOnly => {
            bench.succeed(BUYER, settle(&receivable, GROSS, "principal"));
            Performing
        }
        Paid => {
            bench.succeed(BUYER, settle(&receivable, GROSS, "all"));
            Settled
        }
    };
    if debt == OverdueAfterGrace {
        bench.roll_to(DUE + GRACE + 1);
    }
    (bench, receivable, state)
}

#[test]
fn settlements() {
    let (codes, others) = SETTLE;
    for (from, code) in DEBTS.into_iter().zip(codes) {
        for caller in callers(&[SELLER, BUYER, ISSUER]) {
            let (mut bench, receivable, state) = debt(from);
            let code = if caller == BUYER { code } else { others };
            let what = format!("settle by {caller} from {from:?}");
            // More than is owed: the rest stays with the buyer.
            let act = settle(&receivable, 2 * GROSS, "payment");
            bench.expect(caller, act, code, &what);
            let state = if code == 0 { Settled } else { state };
            assert_eq!(bench.receivable(&receivable).state(), state, "after {what}");
        }
    }
}

#[test]
fn reports() {
    for (what, codes, to) in REPORTS {
        for (from, code) in DEBTS.into_iter().zip(codes) {
            for caller in callers(&[SELLER, BUYER]) {
                let (mut bench, receivable, state) = debt(from);
                let told = format!("{what} reported by {caller} from {from:?}");
                bench.expect(caller, report(what, &receivable), code, &told);
                let state = if code == 0 { to } else { state };
                assert_eq!(bench.receivable(&receivable).state(), state, "after {told}");
            }
        }
    }
}
