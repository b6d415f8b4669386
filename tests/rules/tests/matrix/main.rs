//! Every action, by every role, from every state of what it acts on.
//!
//! The tables below are the expectation, to be read beside the specification; 0
//! means that it succeeds. Each cell runs in a ledger of its own, through
//! signatures and the real rules. A rejection must leave every record as it was.

use cash::v1::RedemptionState::{Paid, Requested, Restored};
use counterfoil_proto::{cash, invoice};
use counterfoil_rules_tests::model::Act;
use counterfoil_rules_tests::workload::acts::{
    BUYER, ISSUER, SELLER, TODAY, accept_conditions, accept_issuers, accept_proposal, answer,
    calendar, close, confirm, confirm_conditionally, credit, end_dispute, issue_to, open_dispute,
    propose_invoice, publish, register, registration, request_redemption, roll, rule_on_dispute,
    ruling, transfer,
};
use counterfoil_rules_tests::workload::bench::{Bench, find, invoice_id};
use invoice::v1::InvoiceState::{
    ConditionallyConfirmed, Confirmed, Declined, Proposed, Registered, Rejected, TakenBack,
    UnderQuery, Withdrawn,
};
use invoice::v1::RegisterInvoice;

mod claims;
mod financing;
mod membership;
mod payments;
mod programmes;
mod receivables;
mod shares;
mod supervision;
mod undertakings;

const HOLDER: &str = BUYER;
const NUMBER: &str = "N-1";
/// Who rules on the disputes of those who name it.
const ARBITER: &str = "bank-west";

/// One organization of each role alone, none of them a party to what is acted on.
/// CoreEnterprise, Supplier, Bank, Guarantor, Regulator, Operator.
const OUTSIDERS: [&str; 6] = [
    "refinery",
    "miller",
    "bank-west",
    "guarantor",
    "regulator",
    "operator",
];

/// Actions on nothing yet, by role of the caller.
#[rustfmt::skip]
const BY_ROLE: [(&str, [u32; 6]); 8] = [
    //                     CoreEnt. Supplier  Bank  Guarant. Regul. Operator
    ("register",           [4001,    0,       4001,  4001,   4001,  4001]),
    ("propose",            [0,    4001,       4001,  4001,   4001,  4001]),
    ("issue",              [3001, 3001,          0,  3001,   3001,  3001]),
    // Deposits belong to whoever holds them.
    ("transfer",           [0,       0,          0,     0,      0,     0]),
    ("request_redemption", [0,       0,          0,     0,      0,     0]),
    // Whoever is paid says what it takes.
    ("accept_issuers",     [0,       0,          0,     0,      0,     0]),
    ("roll",               [9001, 9001,       9001,  9001,   9001,     0]),
    // Alone: tests/calendars.rs has the other operators' consents.
    ("publish",            [9001, 9001,       9001,  9001,   9001,    56]),
];

type InvoiceRow = (
    &'static str,
    &'static str,
    [u32; 9],
    u32,
    invoice::v1::InvoiceState,
);

/// Actions on an invoice: the right signer's code from each state, everyone else's
/// from any state, and the state it leads to.
#[rustfmt::skip]
const ON_INVOICE: [InvoiceRow; 12] = [
    //                                Registered UnderQuery Confirmed Rejected Withdrawn Proposed Conditional Declined TakenBack others
    ("query",                 BUYER,  [0,           4022,     4022,     4022,    4022,   4022,       4022,     4022,     4022], 4021, UnderQuery),
    ("resolve_query",         BUYER,  [4022,           0,     4022,     4022,    4022,   4022,       4022,     4022,     4022], 4021, Registered),
    ("confirm",               BUYER,  [0,              0,     4022,     4022,    4022,   4022,       4022,     4022,     4022], 4021, Confirmed),
    ("reject",                BUYER,  [0,              0,     4022,     4022,    4022,   4022,       4022,     4022,     4022], 4021, Rejected),
    ("withdraw",              SELLER, [0,              0,     4022,     4022,    4022,   4022,          0,     4022,     4022], 4026, Withdrawn),
    ("accept_proposal",       SELLER, [4022,        4022,     4022,     4022,    4022,      0,       4022,     4022,     4022], 4026, Registered),
    ("decline_proposal",      SELLER, [4022,        4022,     4022,     4022,    4022,      0,       4022,     4022,     4022], 4026, Declined),
    ("take_back_proposal",    BUYER,  [4022,        4022,     4022,     4022,    4022,      0,       4022,     4022,     4022], 4021, TakenBack),
    ("confirm_conditionally", BUYER,  [0,              0,     4022,     4022,    4022,   4022,       4022,     4022,     4022], 4021, ConditionallyConfirmed),
    ("accept_conditions",     SELLER, [4022,        4022,     4022,     4022,    4022,   4022,          0,     4022,     4022], 4026, Confirmed),
    ("refuse_conditions",     SELLER, [4022,        4022,     4022,     4022,    4022,   4022,          0,     4022,     4022], 4026, UnderQuery),
    // Alone: tests/credits.rs has the signatures that are lacking.
    ("credit",                SELLER, [4022,        4022,       56,     4022,    4022,   4022,       4022,     4022,     4022], 4026, Confirmed),
];

/// Actions of seller or buyer on an invoice: their code from each state, everyone else's, and the state it leads to.
#[rustfmt::skip]
const BY_PARTIES: [(&str, [u32; 9], u32, invoice::v1::InvoiceState); 2] = [
    //                     Registered UnderQuery Confirmed Rejected Withdrawn Proposed Conditional Declined TakenBack others
    // On the second day after their last.
    ("expire_conditions",  [4022,        4022,     4022,     4022,    4022,   4022,          0,     4022,     4022], 4027, UnderQuery),
    ("open_dispute",       [4022,        4022,        0,     4022,    4022,   4022,       4022,     4022,     4022], 4027, Confirmed),
];

/// Actions on the dispute of a confirmed invoice: the signers' code where there is none, where it is open, and where
/// it has ended; and everyone else's.
#[rustfmt::skip]
const ON_DISPUTE: [(&str, &[&str], [u32; 3], u32); 3] = [
    //                                          None  Open Ended  others
    ("open_dispute",    &[SELLER, BUYER],       [0,   4043,    0], 4027),
    ("rule_on_dispute", &[ARBITER],             [4044,   0, 4044], 4045),
    // By one alone.
    ("end_dispute",     &[SELLER, BUYER],       [4044,  56, 4044], 4027),
];

/// A registration that succeeds an invoice: its seller's code by the state of that
/// invoice; another supplier's; anyone else's.
#[rustfmt::skip]
const SUCCEED: ([u32; 9], u32, u32) =
    // Registered UnderQuery Confirmed Rejected Withdrawn Proposed Conditional Declined TakenBack   another supplier   others
    ([4011,         4011,      4011,       0,       0,      4011,       4011,     4011,     4011],    4011,             4001);

type RedemptionRow = (
    &'static str,
    &'static str,
    [u32; 3],
    u32,
    cash::v1::RedemptionState,
);

/// Actions on a redemption: the right signer's code from each state, everyone else's,
/// and the state it leads to.
#[rustfmt::skip]
const ON_REDEMPTION: [RedemptionRow; 2] = [
    //                              Requested Paid  Restored  others
    // A redemption is found by its holder: nobody else has one of that name.
    ("confirm_redemption", HOLDER,  [0,       3011,   3011],   3010, Paid),
    ("decline_redemption", ISSUER,  [0,       3011,   3011],   3007, Restored),
];

#[test]
fn actions_by_role() {
    for (action, codes) in BY_ROLE {
        for (caller, code) in OUTSIDERS.into_iter().zip(codes) {
            let mut bench = Bench::new();
            if matches!(action, "transfer" | "request_redemption") {
                bench.succeed(ISSUER, issue_to(caller, 500, "funds"));
            }
            let act = match action {
                "register" => register(registration(NUMBER)),
                "propose" => propose_invoice(RegisterInvoice {
                    buyer: caller.into(),
                    ..registration(NUMBER)
                }),
                "issue" => issue_to(BUYER, 100, "id"),
                "transfer" => transfer(SELLER, 100, "id"),
                "request_redemption" => request_redemption("id"),
                "accept_issuers" => accept_issuers(&[(ISSUER, 100)], ""),
                "publish" => publish(calendar(&[])),
                _ => roll(TODAY + 1),
            };
            bench.expect(caller, act, code, &format!("{action} by {caller}"));
        }
    }
}

#[test]
fn actions_on_invoices() {
    for (action, signer, codes, others, to) in ON_INVOICE {
        for (from, code) in INVOICE_STATES.into_iter().zip(codes) {
            for caller in callers(&[SELLER, BUYER]) {
                let mut bench = Bench::new();
                let invoice = invoice_in(&mut bench, from);
                let code = if caller == signer { code } else { others };
                let what = format!("{action} by {caller} from {from:?}");
                bench.expect(caller, on_invoice(action, &invoice), code, &what);
                let state = if code == 0 { to } else { from };
                assert_eq!(bench.invoice(&invoice).state(), state, "after {what}");
                let opened = bench
                    .rules
                    .records()
                    .keys()
                    .any(|key| key.starts_with(b"receivable/receivable/"));
                assert_eq!(opened, state == Confirmed, "a receivable after {what}");
            }
        }
    }
}

#[test]
fn actions_of_either_party_on_invoices() {
    for (action, codes, others, to) in BY_PARTIES {
        for (from, code) in INVOICE_STATES.into_iter().zip(codes) {
            for caller in callers(&[SELLER, BUYER]) {
                let mut bench = Bench::new();
                let invoice = invoice_in(&mut bench, from);
                bench.roll_to(TODAY + 2);
                let code = if [SELLER, BUYER].contains(&caller) {
                    code
                } else {
                    others
                };
                let what = format!("{action} by {caller} from {from:?}");
                bench.expect(caller, on_invoice(action, &invoice), code, &what);
                let state = if code == 0 { to } else { from };
                assert_eq!(bench.invoice(&invoice).state(), state, "after {what}");
            }
        }
    }
}

#[test]
fn actions_on_disputes() {
    for (action, signers, codes, others) in ON_DISPUTE {
        for (disputes, code) in codes.into_iter().enumerate() {
            for caller in callers(&[SELLER, BUYER, ARBITER]) {
                let mut bench = Bench::new();
                let mut disputable = registration(NUMBER);
                let terms = disputable.terms.as_mut().expect("terms");
                terms.arbiters = vec![ARBITER.into()];
                terms.arbiter_threshold = 1;
                let id = invoice_id(&bench.succeed(SELLER, register(disputable.clone())));
                bench.succeed(BUYER, confirm(&id, &disputable));
                if disputes > 0 {
                    bench.succeed(BUYER, open_dispute(&id));
                }
                if disputes > 1 {
                    bench.succeed(ARBITER, rule_on_dispute(&id, ruling(0)));
                }
                let act = match action {
                    "open_dispute" => open_dispute(&id),
                    "rule_on_dispute" => rule_on_dispute(&id, ruling(1)),
                    _ => end_dispute(&id, ruling(1)),
                };
                let code = if signers.contains(&caller) {
                    code
                } else {
                    others
                };
                let what = format!("{action} by {caller} after {disputes} steps");
                bench.expect(caller, act, code, &what);
            }
        }
    }
}

#[test]
fn successions() {
    let (codes, other_supplier, others) = SUCCEED;
    for (from, code) in INVOICE_STATES.into_iter().zip(codes) {
        for caller in callers(&[SELLER, BUYER]) {
            let mut bench = Bench::new();
            let before = invoice_in(&mut bench, from);
            let code = match caller {
                SELLER => code,
                "miller" => other_supplier,
                _ => others,
            };
            let what = format!("{caller} succeeds an invoice that is {from:?}");
            let after = bench.expect(caller, successor("n 1", &before), code, &what);
            let succeeded_by = bench.invoice(&before).succeeded_by;
            if code == 0 {
                assert_eq!(succeeded_by, invoice_id(&after), "{what}");
                // Once only.
                bench.expect(
                    SELLER,
                    successor("N-2", &before),
                    4011,
                    &format!("{what}, again"),
                );
            } else {
                assert!(succeeded_by.is_empty(), "{what}");
            }
        }
    }
}

#[test]
fn actions_on_redemptions() {
    for (action, signer, codes, others, to) in ON_REDEMPTION {
        for (from, code) in [Requested, Paid, Restored].into_iter().zip(codes) {
            for caller in callers(&[HOLDER, ISSUER]) {
                let mut bench = Bench::new();
                bench.succeed(ISSUER, issue_to(HOLDER, 500, "funds"));
                bench.succeed(HOLDER, request_redemption("R-1"));
                match from {
                    Paid => drop(bench.succeed(HOLDER, close("confirm_redemption", "R-1"))),
                    Restored => drop(bench.succeed(ISSUER, close("decline_redemption", "R-1"))),
                    _ => {}
                }
                let code = if caller == signer { code } else { others };
                let what = format!("{action} by {caller} from {from:?}");
                bench.expect(caller, close(action, "R-1"), code, &what);
                let record = find(
                    bench.rules.records(),
                    "cash/redemption/",
                    |_: &cash::v1::Redemption| true,
                );
                let state = if code == 0 { to } else { from };
                assert_eq!(record.state(), state, "after {what}");
            }
        }
    }
}

const INVOICE_STATES: [invoice::v1::InvoiceState; 9] = [
    Registered,
    UnderQuery,
    Confirmed,
    Rejected,
    Withdrawn,
    Proposed,
    ConditionallyConfirmed,
    Declined,
    TakenBack,
];

/// The parties first, then one outsider of each role.
fn callers(parties: &[&'static str]) -> Vec<&'static str> {
    parties.iter().copied().chain(OUTSIDERS).collect()
}

/// What `caller` would send of this action on an invoice.
fn on_invoice(action: &str, id: &[u8]) -> Act {
    match action {
        "confirm" => confirm(id, &registration(NUMBER)),
        "accept_proposal" => accept_proposal(id, None),
        "confirm_conditionally" => confirm_conditionally(id, 9_000),
        "accept_conditions" => accept_conditions(id, 9_000),
        "credit" => credit(id, "C-1", 1, Vec::new()),
        "open_dispute" => open_dispute(id),
        _ => answer(action, id),
    }
}

/// A registration that names the invoice it succeeds.
fn successor(number: &str, before: &[u8]) -> Act {
    let mut action = registration(number);
    action.succeeds = before.to_vec();
    register(action)
}

/// An invoice brought to a state.
fn invoice_in(bench: &mut Bench, state: invoice::v1::InvoiceState) -> Vec<u8> {
    let proposal = [Proposed, Declined, TakenBack].contains(&state);
    let id = invoice_id(&if proposal {
        bench.succeed(BUYER, propose_invoice(registration(NUMBER)))
    } else {
        bench.succeed(SELLER, register(registration(NUMBER)))
    });
    let step = match state {
        ConditionallyConfirmed => Some((BUYER, "confirm_conditionally")),
        Declined => Some((SELLER, "decline_proposal")),
        TakenBack => Some((BUYER, "take_back_proposal")),
        UnderQuery => Some((BUYER, "query")),
        Confirmed => Some((BUYER, "confirm")),
        Rejected => Some((BUYER, "reject")),
        Withdrawn => Some((SELLER, "withdraw")),
        _ => None,
    };
    if let Some((caller, action)) = step {
        bench.succeed(caller, on_invoice(action, &id));
    }
    assert_eq!(bench.invoice(&id).state(), state);
    id
}
