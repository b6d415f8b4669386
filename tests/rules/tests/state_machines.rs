//! The diagrams of docs/state-machines.md against the transitions that the rules really make.
//!
//! Random transactions go through the real rules, one a block. Whatever record changes its state takes an arrow of its
//! diagram; every arrow but the rare ones is taken at least once, and what a diagram ends is never left.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::cash::v1::{Payment, Redemption, Suspense};
use counterfoil_proto::financing::v1::{Loan, Programme, Quote, Request};
use counterfoil_proto::invoice::v1::Invoice;
use counterfoil_proto::membership::v1::{Proposal, ProposedDecision};
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance;
use counterfoil_proto::receivable::v1::{Claim, ClaimState, Receivable};
use counterfoil_rules_tests::model::claims::encumbrance;
use counterfoil_rules_tests::model::{Act, Call, Model};
use counterfoil_rules_tests::workload::rules::Rules;
use counterfoil_rules_tests::workload::world::World;
use counterfoil_rules_tests::workload::{Generator, View};
use prost::Message;
use rand::Rng;

const DIAGRAMS: &str = include_str!("../../../docs/state-machines.md");
const PROPOSALS: &str = "membership/proposal/";
/// Where records begin, and what nothing leaves.
const OUTSIDE: &str = "[*]";
/// Transactions of one ledger.
const LENGTH: u32 = 3_000;
/// So many ledgers in any case, so that what is not drawn would be seen.
const FEWEST: u64 = 4;
/// So many until every arrow must have been taken.
const MOST: u64 = 30;

/// Stands in a diagram before arrows that take more luck than the random ledgers have.
const RARE: &str = "%% rare";

/// A kind of record with a diagram.
struct Machine {
    /// The diagram's heading.
    name: &'static str,
    /// What the records' keys begin with.
    table: &'static str,
    /// The name of a record's state; none where it has not begun.
    state: fn(&[u8]) -> Option<String>,
}

const MACHINES: [Machine; 13] = [
    Machine {
        name: "Invoice",
        table: "invoice/invoice/",
        state: |record| {
            let state = read::<Invoice>(record).state();
            named(state.as_str_name(), "INVOICE_STATE_")
        },
    },
    Machine {
        name: "Dispute",
        table: "invoice/invoice/",
        state: |record| {
            let state = read::<Invoice>(record).dispute?.state();
            named(state.as_str_name(), "DISPUTE_STATE_")
        },
    },
    Machine {
        name: "Receivable",
        table: "receivable/receivable/",
        state: |record| {
            let state = read::<Receivable>(record).state();
            named(state.as_str_name(), "RECEIVABLE_STATE_")
        },
    },
    Machine {
        name: "Claim",
        table: "receivable/claim/",
        state: |record| {
            let claim: Claim = read(record);
            let state = match (claim.state(), encumbrance(&claim)) {
                (ClaimState::Live, None) => "Free",
                (ClaimState::Live, Some(Encumbrance::Offered(_))) => "Offered",
                (ClaimState::Live, Some(Encumbrance::Locked(_))) => "Locked",
                (ClaimState::Live, Some(Encumbrance::Pledged(_))) => "Pledged",
                (ClaimState::Spent, None) => "Spent",
                _ => panic!("a claim in no state: {claim:?}"),
            };
            Some(state.to_owned())
        },
    },
    Machine {
        name: "Request",
        table: "financing/request/",
        state: |record| {
            let state = read::<Request>(record).state();
            named(state.as_str_name(), "REQUEST_STATE_")
        },
    },
    Machine {
        name: "Quote",
        table: "financing/quote/",
        state: |record| named(read::<Quote>(record).state().as_str_name(), "QUOTE_STATE_"),
    },
    Machine {
        name: "Loan",
        table: "financing/loan/",
        state: |record| named(read::<Loan>(record).state().as_str_name(), "LOAN_STATE_"),
    },
    Machine {
        name: "Redemption",
        table: "cash/redemption/",
        state: |record| {
            let state = read::<Redemption>(record).state();
            named(state.as_str_name(), "REDEMPTION_STATE_")
        },
    },
    Machine {
        name: "Suspense",
        table: "cash/suspense/",
        state: |record| {
            let state = read::<Suspense>(record).state();
            named(state.as_str_name(), "SUSPENSE_STATE_")
        },
    },
    Machine {
        name: "Payment",
        table: "cash/payment/",
        state: |record| {
            let state = read::<Payment>(record).state();
            named(state.as_str_name(), "PAYMENT_STATE_")
        },
    },
    Machine {
        name: "Programme",
        table: "financing/programme/",
        state: |record| {
            let state = read::<Programme>(record).state();
            named(state.as_str_name(), "PROGRAMME_STATE_")
        },
    },
    Machine {
        name: "Proposal",
        table: PROPOSALS,
        state: |record| {
            let state = read::<Proposal>(record).state();
            named(state.as_str_name(), "PROPOSAL_STATE_")
        },
    },
    Machine {
        name: "Decision",
        table: "membership/decision/",
        state: |record| {
            let state = read::<ProposedDecision>(record).state();
            named(state.as_str_name(), "DECISION_STATE_")
        },
    },
];

fn read<M: Message + Default>(record: &[u8]) -> M {
    M::decode(record).expect("a record decodes")
}

/// "INVOICE_STATE_UNDER_QUERY" is "UnderQuery".
fn named(value: &str, prefix: &str) -> Option<String> {
    let words = value.strip_prefix(prefix).expect("the enum's own value");
    let words = words.split('_').map(|word| {
        let (first, rest) = word.split_at(1);
        format!("{first}{}", rest.to_lowercase())
    });
    Some(words.collect())
}

/// Machine, from, to, by which action.
type Arrow = (String, String, String, String);

/// What is drawn: the arrows, those of them that are rare, and the states of each machine that are its ends.
#[derive(Default)]
struct Drawn {
    arrows: BTreeSet<Arrow>,
    rare: BTreeSet<Arrow>,
    ends: BTreeSet<(String, String)>,
}

impl Drawn {
    fn read(text: &str) -> Drawn {
        let mut drawn = Drawn::default();
        let (mut heading, mut in_diagram, mut rare) = ("", false, false);
        for line in text.lines() {
            match line.trim() {
                "```mermaid" => in_diagram = true,
                "```" => (in_diagram, rare) = (false, false),
                "stateDiagram-v2" => {}
                RARE => rare = true,
                line if in_diagram => drawn.add(heading, line, rare),
                line => heading = line.strip_prefix("## ").unwrap_or(heading),
            }
        }
        drawn
    }

    /// The arrows that were not taken, but for the rare.
    fn lacking<'a>(&'a self, taken: &'a BTreeSet<Arrow>) -> Vec<&'a Arrow> {
        let lacking = self.arrows.difference(taken);
        lacking
            .filter(|arrow| !self.rare.contains(*arrow))
            .collect()
    }

    fn add(&mut self, machine: &str, line: &str, rare: bool) {
        let (from, rest) = line
            .split_once(" --> ")
            .unwrap_or_else(|| panic!("{machine}: no arrow: {line:?}"));
        let new = match rest.split_once(": ") {
            Some((to, action)) => {
                let arrow = [machine, from, to, action].map(str::to_owned);
                let arrow: Arrow = arrow.into();
                if rare {
                    self.rare.insert(arrow.clone());
                }
                self.arrows.insert(arrow)
            }
            None => {
                assert_eq!(rest, OUTSIDE, "{machine}: an arrow without its action");
                self.ends.insert((machine.to_owned(), from.to_owned()))
            }
        };
        assert!(new, "{machine}: drawn twice: {line}");
    }
}

/// Looks at every record that a transaction wrote.
#[derive(Default)]
struct Watch {
    states: BTreeMap<(&'static str, Vec<u8>), String>,
    taken: BTreeSet<Arrow>,
}

impl Watch {
    fn note(&mut self, key: &[u8], record: &[u8], action: &str) {
        let machines = MACHINES.iter();
        for machine in machines.filter(|m| key.starts_with(m.table.as_bytes())) {
            let Some(to) = (machine.state)(record) else {
                continue;
            };
            let from = self.states.insert((machine.name, key.to_vec()), to.clone());
            let from = from.unwrap_or_else(|| OUTSIDE.to_owned());
            if from != to {
                let arrow = [machine.name, &from, &to, action].map(str::to_owned);
                self.taken.insert(arrow.into());
            }
        }
    }
}

/// The name of an action's message, which its debug form has before its first inner brace.
fn action_name(act: &Act) -> String {
    let text = format!("{act:?}");
    let before_fields = text.split('{').nth(1).unwrap_or_default();
    let message = before_fields.rsplit('(').next().unwrap_or_default();
    message.trim().to_owned()
}

/// Sends transactions to a new ledger, one a block, and watches what they change.
fn run(seed: u64, taken: &mut BTreeSet<Arrow>) {
    let mut generator = Generator::new(seed, 0.1);
    let world = World::random(generator.rng());
    let (mut rules, mut model): (Rules, Model) = (Rules::new(&world), world.model.clone());
    let mut watch = Watch::default();
    for _ in 0..LENGTH {
        let time_ms = rules.time_ms() + generator.rng().gen_range(1..20_000);
        let view = View {
            model: &model,
            today: model.clock.day(time_ms),
            height: rules.height() + 1,
        };
        let planned = generator.next(&view);
        let signed = rules.sign(&planned, time_ms);
        let result = model.apply(&Call {
            tx_id: signed.id,
            height: rules.height() + 1,
            index: 0,
            time_ms,
            organization: &planned.organization,
            signers: &rules.signers(&planned),
            consents: &BTreeSet::new(),
            contract: planned.contract,
            act: &planned.act,
        });
        rules.execute(time_ms, &[signed]);
        if let Ok(events) = result {
            // Of a proposal that is carried out, the action that it held; of the proposal itself, what was signed.
            let executed = model.executed(&planned.organization, &planned.act, &events);
            let (_, act) = executed.last().expect("what was sent, at least");
            let (held, sent) = (action_name(act), action_name(&planned.act));
            for (key, record) in rules.last_writes() {
                let of_proposal = key.starts_with(PROPOSALS.as_bytes());
                watch.note(key, record, if of_proposal { &sent } else { &held });
            }
        }
    }
    taken.extend(watch.taken);
}

#[test]
fn diagrams_are_what_the_rules_do() {
    let drawn = Drawn::read(DIAGRAMS);
    let machines: BTreeSet<&str> = MACHINES.iter().map(|machine| machine.name).collect();
    let headings: BTreeSet<&str> = drawn.arrows.iter().map(|arrow| arrow.0.as_str()).collect();
    assert_eq!(headings, machines, "diagrams, then machines of this test");
    let mut taken = BTreeSet::new();
    for seed in 0..MOST {
        if seed >= FEWEST && drawn.lacking(&taken).is_empty() {
            break;
        }
        run(1_000 + seed, &mut taken);
    }
    let undrawn: Vec<&Arrow> = taken.difference(&drawn.arrows).collect();
    let idle = drawn.lacking(&taken);
    assert!(
        undrawn.is_empty() && idle.is_empty(),
        "not drawn: {undrawn:#?}\nnever taken: {idle:#?}"
    );
    let states = |arrow: &Arrow| [arrow.1.clone(), arrow.2.clone()].map(|s| (arrow.0.clone(), s));
    let taken: BTreeSet<Arrow> = taken.union(&drawn.rare).cloned().collect();
    let left: BTreeSet<(String, String)> = taken
        .iter()
        .map(|arrow| (arrow.0.clone(), arrow.1.clone()))
        .collect();
    let mut ends: BTreeSet<(String, String)> = taken.iter().flat_map(states).collect();
    ends.retain(|state| !left.contains(state));
    assert_eq!(
        ends, drawn.ends,
        "states that nothing leaves, then those drawn"
    );
}
