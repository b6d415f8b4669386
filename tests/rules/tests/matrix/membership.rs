//! Proposals, decisions and an organization's own affairs, by every role, from every state.

use counterfoil_proto::membership::v1::decision::Decision;
use counterfoil_proto::membership::v1::{
    ActionClass, DecisionState, OrganizationStatus, ProposalState, Role, Suspension,
};
use counterfoil_rules_tests::model::Act;
use counterfoil_rules_tests::workload::acts::{
    BUYER, ISSUER, SELLER, TODAY, admission, approve, calendar, change_accounts, consent, decide,
    end_proposal, enrolment, issue_to, leave, propose, publish, register, registration,
    requirement, set_rule, vote,
};
use counterfoil_rules_tests::workload::bench::Bench;
use counterfoil_rules_tests::workload::keyring::key;
use counterfoil_rules_tests::workload::world::{ALL, first_key};

use crate::{OUTSIDERS, callers};

/// An organization's own affairs and what it proposes, by its role.
#[rustfmt::skip]
const BY_ROLE: [(&str, [u32; 6]); 6] = [
    //                      CoreEnt. Supplier  Bank  Guarant. Regul. Operator
    ("propose",             [0,       0,          0,     0,      0,     0]),
    ("change_accounts",     [0,       0,          0,     0,      0,     0]),
    ("set_approval_rule",   [0,       0,          0,     0,      0,     0]),
    // Another operator stays.
    ("leave",               [0,       0,          0,     0,      0,     0]),
    ("propose_decision",    [1050, 1050,       1050,  1050,   1050,     0]),
    ("vote for nothing",    [1050, 1050,       1050,  1050,   1050,  1061]),
];

/// How a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stand {
    Open,
    CarriedOut,
    Ended,
    Expired,
}
use Stand::*;

const STANDS: [Stand; 4] = [Open, CarriedOut, Ended, Expired];

/// An action, and the code of each party by the proposal's state.
type ProposalRow = (&'static str, [u32; 4], [u32; 4], [u32; 4]);

/// Actions on a proposal of the bank's that asks for the buyer's consent: the bank's code from each state, the
/// buyer's, and everyone else's. The bank's one account has made it, and approves nothing.
#[rustfmt::skip]
const ON_PROPOSAL: [ProposalRow; 3] = [
    //            Open  Carried  Ended  Expired
    ("approve",  [1009,    1006,  1006,  1007],
                 [1005,    1005,  1005,  1005],
                 [1005,    1005,  1005,  1005]),
    ("consent",  [1010,    1006,  1006,  1007],
                 [0,       1006,  1006,  1007],
                 [1010,    1006,  1006,  1007]),
    ("end",      [0,       1006,  1006,     0],
                 [0,       1006,  1006,     0],
                 [1012,    1012,  1012,  1012]),
];

/// A vote for a decision while it is open, carried out and expired: of who proposed it, of another operator, and of others.
#[rustfmt::skip]
const VOTE: [[u32; 3]; 3] = [
    // Open Carried Expired
    [1065,    1062,   1063],
    [0,       1062,   1063],
    [1050,    1050,   1050],
];

const STATUSES: [OrganizationStatus; 3] = [
    OrganizationStatus::Active,
    OrganizationStatus::Suspended,
    OrganizationStatus::Left,
];

/// What an organization does, and what is decided of it, by its status.
#[rustfmt::skip]
const BY_STATUS: [(&str, [u32; 3]); 9] = [
    //                      Active Suspended Left
    ("register",            [0,       57,      57]),
    ("propose",             [0,       57,      57]),
    ("consent",             [0,        0,       0]),
    ("end",                 [0,        0,       0]),
    ("change_accounts",     [0,        0,       0]),
    ("set_approval_rule",   [0,        0,       0]),
    ("leave",               [0,        0,    1040]),
    ("suspend",             [0,     1058,    1058]),
    ("reinstate",           [1058,     0,    1058]),
];

/// The same of an operator beside whom there is another one.
#[rustfmt::skip]
const OPERATOR_BY_STATUS: [(&str, [u32; 3]); 3] = [
    //                      Active Suspended Left
    ("propose_decision",    [0,       57,      57]),
    ("vote",                [0,       57,      57]),
    ("publish",             [56,      57,      57]),
];

fn suspension(organization: &str) -> Decision {
    Decision::Suspend(Suspension {
        organization: organization.into(),
        reason: "Its licence has lapsed.".into(),
    })
}

fn admit() -> Decision {
    Decision::Admit(admission("newcomer", &[Role::Supplier], &key(300)))
}

/// What an organization does of its own affairs.
fn own(action: &str, caller: &str, height: u64) -> Act {
    match action {
        "change_accounts" => {
            let enrolment = enrolment(caller, &key(301), ALL, height + 1);
            change_accounts(vec![enrolment], Vec::new())
        }
        "set_approval_rule" => set_rule(vec![requirement(ActionClass::Pay, Some(100), 0)]),
        "leave" => leave(),
        "propose_decision" => decide(admit()),
        _ => panic!("no affair is called {action}"),
    }
}

#[test]
fn affairs_by_role() {
    for (action, codes) in BY_ROLE {
        for (caller, code) in OUTSIDERS.into_iter().zip(codes) {
            let mut bench = Bench::new();
            let height = bench.rules.height() + 1;
            let act = match action {
                "propose" => propose(&own("change_accounts", caller, height), &[BUYER]),
                "vote for nothing" => vote(&Default::default()),
                _ => own(action, caller, height),
            };
            bench.expect(caller, act, code, &format!("{action} by {caller}"));
            if action == "leave" && code == 0 {
                let status = bench.organization(caller).status();
                assert_eq!(status, OrganizationStatus::Left, "{caller}");
            }
        }
    }
}

#[test]
fn actions_on_proposals() {
    for (action, proposer, asked, others) in ON_PROPOSAL {
        for (at, stand) in STANDS.into_iter().enumerate() {
            for caller in callers(&[ISSUER, BUYER, SELLER]) {
                let mut bench = Bench::new();
                let act = issue_to(SELLER, 100, "I-1");
                let proposal = bench.propose(ISSUER, act, &[BUYER]);
                match stand {
                    Open => {}
                    CarriedOut => drop(bench.succeed(BUYER, consent(&proposal))),
                    Ended => drop(bench.succeed(ISSUER, end_proposal(&proposal))),
                    Expired => bench.roll_to(TODAY + 31),
                }
                let before = bench.proposal(&proposal.id).state();
                let codes = match caller {
                    ISSUER => proposer,
                    BUYER => asked,
                    _ => others,
                };
                let (act, to) = match action {
                    "approve" => (approve(&proposal), ProposalState::CarriedOut),
                    "consent" => (consent(&proposal), ProposalState::CarriedOut),
                    _ => (end_proposal(&proposal), ProposalState::Ended),
                };
                let what = format!("{action} by {caller} when {stand:?}");
                bench.expect(caller, act, codes[at], &what);
                let state = if codes[at] == 0 { to } else { before };
                assert_eq!(bench.proposal(&proposal.id).state(), state, "after {what}");
                let issued = state == ProposalState::CarriedOut;
                assert_eq!(bench.available(SELLER, ISSUER) == 100, issued, "{what}");
            }
        }
    }
}

#[test]
fn votes() {
    for (at, stand) in [Open, CarriedOut, Expired].into_iter().enumerate() {
        for caller in callers(&["operator-2"]) {
            let mut bench = Bench::new();
            let decision = bench.put_to_the_vote("operator", admit());
            match stand {
                CarriedOut => drop(bench.succeed("operator-2", vote(&decision))),
                Expired => bench.roll_to(TODAY + 31),
                Open | Ended => {}
            }
            let row = match caller {
                "operator" => VOTE[0],
                "operator-2" => VOTE[1],
                _ => VOTE[2],
            };
            let before = bench.decision(&decision.id).state();
            let what = format!("a vote of {caller} when {stand:?}");
            bench.expect(caller, vote(&decision), row[at], &what);
            let state = match row[at] {
                0 => DecisionState::CarriedOut,
                _ => before,
            };
            assert_eq!(bench.decision(&decision.id).state(), state, "after {what}");
        }
    }
}

/// Brings an organization of the roster to a status.
fn bring(bench: &mut Bench, organization: &str, status: OrganizationStatus) {
    match status {
        OrganizationStatus::Suspended => bench.decide(suspension(organization)),
        OrganizationStatus::Left => drop(bench.succeed(organization, leave())),
        _ => {}
    }
    assert_eq!(bench.organization(organization).status(), status);
}

#[test]
fn affairs_by_status() {
    for (action, codes) in BY_STATUS {
        for (status, code) in STATUSES.into_iter().zip(codes) {
            let mut bench = Bench::new();
            let asked = bench.propose(ISSUER, issue_to(BUYER, 100, "I-1"), &[SELLER]);
            bring(&mut bench, SELLER, status);
            let height = bench.rules.height() + 1;
            let (caller, act) = match action {
                "register" => (SELLER, register(registration("N-1"))),
                "propose" => (SELLER, propose(&register(registration("N-1")), &[BUYER])),
                "consent" => (SELLER, consent(&asked)),
                "end" => (SELLER, end_proposal(&asked)),
                "suspend" => ("operator", decide(suspension(SELLER))),
                "reinstate" => ("operator", decide(Decision::Reinstate(SELLER.into()))),
                _ => (SELLER, own(action, SELLER, height)),
            };
            let what = format!("{action} of {SELLER}, {status:?}");
            bench.expect(caller, act, code, &what);
        }
    }
}

#[test]
fn operators_by_status() {
    for (action, codes) in OPERATOR_BY_STATUS {
        for (status, code) in STATUSES.into_iter().zip(codes) {
            let mut bench = Bench::new();
            // A third one, so that what one operator proposes stays open.
            bench.decide(Decision::Admit(admission(
                "operator-3",
                &[Role::Operator],
                &key(302),
            )));
            let third = key(302);
            if status == OrganizationStatus::Suspended {
                let decision = bench.put_to_the_vote("operator", suspension("operator-2"));
                bench.succeed("operator-2", vote(&decision));
                let signed = ("operator-3", &[&third][..]);
                bench.expect_signed(signed, vote(&decision), 0, "all of them");
            } else {
                bring(&mut bench, "operator-2", status);
            }
            let open = bench.put_to_the_vote("operator", admit());
            let act = match action {
                "vote" => vote(&open),
                "publish" => publish(calendar(&[])),
                _ => decide(suspension(SELLER)),
            };
            let what = format!("{action} of an operator that is {status:?}");
            let itself = first_key("operator-2");
            bench.expect_signed(("operator-2", &[&itself]), act, code, &what);
        }
    }
}
