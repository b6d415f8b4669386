//! The real rules against the model, over seeded random workloads.
//!
//! Every transaction must end in the code the model expects, with its events in their order;
//! after every block every record must be the model's, and invariants 1 to 6, the profiles of 7, 8, 9,
//! 11 and 12 of the specification must hold. A failure names its seed:
//! `COUNTERFOIL_SEED=‹seed›` runs that one again.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use counterfoil_proto::financing::v1::{DrawExtension, PurchaseUnderProgramme};
use counterfoil_proto::v1::Receipt;
use counterfoil_proto::{cash, financing, invoice, receivable, settlement};
use counterfoil_rules_tests::model::financing::programmes::payment_name;
use counterfoil_rules_tests::model::invoices::terms_hash;
use counterfoil_rules_tests::model::{Act, Call, Happened, Id, Model, Rejected};
use counterfoil_rules_tests::workload::audit::compare;
use counterfoil_rules_tests::workload::concerns::check_concerns;
use counterfoil_rules_tests::workload::coverage::{Coverage, DOCUMENTED, contract_name};
use counterfoil_rules_tests::workload::invariants::{Auditor, check_payment};
use counterfoil_rules_tests::workload::profiles::{check_recomputation, check_trees};
use counterfoil_rules_tests::workload::rules::{Rules, Signed};
use counterfoil_rules_tests::workload::world::World;
use counterfoil_rules_tests::workload::{Generator, Planned, View};
use rand::Rng;

const SEEDS: u64 = 100;
const LEAST_TRANSACTIONS: u64 = 200_000;
const BLOCKS: u64 = 80;
/// In one of so many blocks every transaction is to be rejected.
const REJECTED_ONLY_EVERY: u64 = 6;
const FAULT_RATE: f64 = 0.3;

#[test]
fn rules_agree_with_the_model() {
    let mut coverage = Coverage::default();
    if let Ok(seed) = std::env::var("COUNTERFOIL_SEED") {
        let seed = seed.parse().expect("COUNTERFOIL_SEED is a whole number");
        Run::new(seed).all(&mut coverage);
        return;
    }
    for seed in 0..SEEDS {
        let run = catch_unwind(AssertUnwindSafe(|| Run::new(seed).all(&mut coverage)));
        if let Err(panic) = run {
            eprintln!("failed with COUNTERFOIL_SEED={seed}");
            resume_unwind(panic);
        }
    }
    println!(
        "{} transactions\n{}",
        coverage.transactions(),
        coverage.report()
    );
    assert!(
        coverage.transactions() >= LEAST_TRANSACTIONS,
        "only {} transactions",
        coverage.transactions()
    );
    let missing = coverage.missing();
    assert!(missing.is_empty(), "never occurred: {missing:?}");
}

/// A transaction beside what the model says of it.
struct Expected {
    planned: Planned,
    signed: Signed,
    result: Result<Vec<Happened>, Rejected>,
}

struct Run {
    world: World,
    rules: Rules,
    model: Model,
    generator: Generator,
    auditor: Auditor,
}

impl Run {
    fn new(seed: u64) -> Run {
        let mut generator = Generator::new(seed, FAULT_RATE);
        let world = World::random(generator.rng());
        let (rules, model) = (Rules::new(&world), world.model.clone());
        Run {
            rules,
            model,
            generator,
            world,
            auditor: Auditor::default(),
        }
    }

    fn all(&mut self, coverage: &mut Coverage) {
        compare(&self.rules, &self.model, 0);
        for number in 1..=BLOCKS {
            if number % REJECTED_ONLY_EVERY == 0 {
                self.block_of_rejections(coverage);
            } else {
                self.block(coverage);
            }
            compare(&self.rules, &self.model, number);
            let today = self.model.clock.day(self.rules.time_ms());
            self.auditor.check(self.rules.records(), today);
        }
        // Invariant 7: each profile is what its events, told to a stranger, add up to.
        check_recomputation(&self.rules);
        check_trees(&self.rules);
        // Invariant 9.
        self.rules.replay(&self.world);
    }

    fn block(&mut self, coverage: &mut Coverage) {
        let time_ms = self.next_time();
        let length = match self.generator.rng().gen_range(0..10) {
            0 => 0,
            1 => 1,
            _ => self.generator.rng().gen_range(20..60),
        };
        let mut batch = Vec::new();
        for index in 0..length {
            let expected = self.next(time_ms, index);
            coverage.count(&expected.planned, &expected.result, &self.model);
            if let Ok(events) = &expected.result {
                let Planned {
                    organization, act, ..
                } = &expected.planned;
                for (by, act) in self.model.executed(organization, act, events) {
                    self.note(&by, &act, &expected.signed.id);
                }
            }
            batch.push(expected);
        }
        self.execute(time_ms, &batch);
    }

    /// Invariant 8: what is rejected changes nothing.
    fn block_of_rejections(&mut self, coverage: &mut Coverage) {
        let time_ms = self.next_time();
        let model = self.model.clone();
        let mut batch = Vec::new();
        self.generator.set_fault_rate(1.0);
        while batch.len() < 15 {
            let expected = self.next(time_ms, batch.len() as u32);
            if expected.result.is_err() {
                coverage.count(&expected.planned, &expected.result, &self.model);
                batch.push(expected);
            } else {
                // Not sent, so it did not happen.
                self.model = model.clone();
            }
        }
        self.generator.set_fault_rate(FAULT_RATE);
        let before = self.rules.records().clone();
        self.execute(time_ms, &batch);
        let mut after = self.rules.records().clone();
        after.retain(|key, _| before.contains_key(key) || !key.starts_with(b"block/"));
        assert!(
            after == before,
            "invariant 8: a block of rejections changed a record"
        );
    }

    fn next_time(&mut self) -> u64 {
        let rng = self.generator.rng();
        let step = match rng.gen_range(0..30) {
            0 => 1,
            1 => rng.gen_range(3_600_000..300_000_000),
            _ => rng.gen_range(1..20_000),
        };
        self.rules.time_ms() + step
    }

    /// Plans and signs a transaction and applies it to the model.
    fn next(&mut self, time_ms: u64, index: u32) -> Expected {
        let view = View {
            model: &self.model,
            today: self.model.clock.day(time_ms),
            height: self.rules.height() + 1,
        };
        let planned = self.generator.next(&view);
        let signed = self.rules.sign(&planned, time_ms);
        let result = self.model.apply(&Call {
            tx_id: signed.id,
            height: self.rules.height() + 1,
            index,
            time_ms,
            organization: &planned.organization,
            signers: &self.rules.signers(&planned),
            consents: &BTreeSet::new(),
            contract: planned.contract,
            act: &planned.act,
        });
        Expected {
            planned,
            signed,
            result,
        }
    }

    fn execute(&mut self, time_ms: u64, batch: &[Expected]) {
        let sent: Vec<Signed> = batch
            .iter()
            .map(|expected| expected.signed.clone())
            .collect();
        let receipts = self.rules.execute(time_ms, &sent);
        assert_eq!(receipts.len(), batch.len(), "one receipt a transaction");
        for (index, (receipt, expected)) in receipts.iter().zip(batch).enumerate() {
            assert_eq!(
                receipt.tx_id, expected.signed.id,
                "the id of {:?}",
                expected.planned
            );
            assert_eq!(receipt.height, self.rules.height());
            assert_eq!(receipt.index as usize, index);
            check_receipt(receipt, &expected.planned, &expected.result);
            check_concerns(receipt);
            if let Ok(events) = &expected.result {
                let Planned {
                    organization, act, ..
                } = &expected.planned;
                for (_, act) in self.model.executed(organization, act, events) {
                    if let Act::Settlement(settlement::v1::Action {
                        action: Some(settlement::v1::action::Action::Settle(action)),
                    }) = &act
                    {
                        let amount = action.amount.as_ref().expect("an amount");
                        check_payment(receipt, amount, &action.fees);
                    }
                }
            }
        }
    }

    /// Notes what invariants 5 and 12 are about.
    fn note(&mut self, by: &str, act: &Act, tx_id: &Id) {
        if let Some((payer, end_to_end_id)) = Run::instruction(by, act, tx_id) {
            self.auditor.note_use(&payer, &end_to_end_id);
        }
        use invoice::v1::action::Action as Invoice;
        let Act::Invoice(invoice::v1::Action {
            action: Some(action),
        }) = act
        else {
            return;
        };
        let id = |invoice: &[u8]| Id::try_from(invoice).expect("executed, so an id");
        let by_buyer = |id: &Id| {
            assert_eq!(
                self.model.invoices[id].buyer, by,
                "invariant 5: another than the buyer confirmed"
            );
        };
        match action {
            Invoice::Confirm(confirmed) => {
                let id = id(&confirmed.invoice);
                by_buyer(&id);
                self.auditor.confirmed.insert(id);
            }
            Invoice::ConfirmConditionally(confirmed) => {
                let id = id(&confirmed.invoice);
                by_buyer(&id);
                let hash = terms_hash(confirmed.terms.as_ref().expect("executed, so terms"));
                let undertaken = (confirmed.amount.clone(), hash.to_vec());
                self.auditor.undertaken.insert(id, undertaken);
            }
            Invoice::AcceptConditions(accepted) => {
                let id = id(&accepted.invoice);
                let accepted = (accepted.amount.clone(), accepted.terms_hash.clone());
                assert_eq!(
                    self.auditor.undertaken.get(&id),
                    Some(&accepted),
                    "invariant 5: the buyer signed something else"
                );
                self.auditor.confirmed.insert(id);
            }
            _ => {}
        }
    }

    /// Whose end-to-end id an executed action has used up.
    fn instruction(by: &str, act: &Act, tx_id: &Id) -> Option<(String, String)> {
        use cash::v1::action::Action as Cash;
        use financing::v1::action::Action as Financing;
        use receivable::v1::action::Action as Receivable;
        use settlement::v1::action::Action as Settlement;
        let end_to_end_id = match act {
            Act::Cash(action) => match action.action.as_ref()? {
                Cash::Issue(a) => &a.end_to_end_id,
                Cash::Transfer(a) => &a.end_to_end_id,
                Cash::RequestRedemption(a) => &a.end_to_end_id,
                _ => return None,
            },
            Act::Settlement(action) => match action.action.as_ref()? {
                Settlement::Settle(a) => &a.end_to_end_id,
                Settlement::Honour(a) => &a.end_to_end_id,
                Settlement::InstructPayment(a) => &a.end_to_end_id,
                _ => return None,
            },
            Act::Receivable(action) => match action.action.as_ref()? {
                Receivable::Accept(a) if !a.end_to_end_id.is_empty() => &a.end_to_end_id,
                _ => return None,
            },
            Act::Financing(action) => match action.action.as_ref()? {
                // The bank pays, in a transaction that another signs.
                Financing::Purchase(PurchaseUnderProgramme { bank, .. })
                | Financing::DrawExtension(DrawExtension { bank, .. }) => {
                    return Some((bank.clone(), payment_name(tx_id)));
                }
                Financing::Repay(a) => &a.end_to_end_id,
                // An award pays under the name that its quote used up.
                Financing::Reveal(a) => &a.terms.as_ref()?.end_to_end_id,
                _ => return None,
            },
            _ => return None,
        };
        Some((by.to_owned(), end_to_end_id.clone()))
    }
}

fn check_receipt(receipt: &Receipt, planned: &Planned, expected: &Result<Vec<Happened>, Rejected>) {
    match expected {
        Ok(events) => {
            assert_eq!(receipt.code, 0, "{planned:?} should succeed: {receipt:?}");
            assert_eq!(receipt.rejection, None);
            let real: Vec<Happened> = receipt
                .events
                .iter()
                .map(|event| Happened {
                    contract: event.contract,
                    organizations: event.organizations.iter().cloned().collect::<BTreeSet<_>>(),
                    body: event.body.clone(),
                })
                .collect();
            assert_eq!(&real, events, "the events of {planned:?}");
            for event in &receipt.events {
                assert!(
                    event.organizations.is_sorted_by(|a, b| a < b),
                    "sorted and distinct: {event:?}"
                );
            }
        }
        Err(rejected) => {
            assert_eq!(receipt.code, rejected.code, "{planned:?}: {receipt:?}");
            assert!(receipt.events.is_empty(), "nothing happened: {receipt:?}");
            let rejection = receipt.rejection.as_ref().expect("a rejection in words");
            assert!(!rejection.message.is_empty(), "{receipt:?}");
            assert_eq!(
                rejection.contract,
                contract_name(rejected.code),
                "{receipt:?}"
            );
            assert_eq!(rejection.reason, DOCUMENTED[&rejected.code], "{receipt:?}");
            if let Some(first) = rejected.first {
                assert_eq!(
                    rejection.first,
                    hex::encode(first),
                    "names the first: {receipt:?}"
                );
            }
        }
    }
}
