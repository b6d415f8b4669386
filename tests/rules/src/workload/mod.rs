//! Seeded random transactions: mostly ones that should succeed, partly ones that
//! should be rejected, for every reason the documents name, alone and together.
//!
//! The generator looks at the model to find something that can be done now, makes
//! a valid action of it, and then at times breaks it in one or more ways. It does
//! not predict the outcome: the model does.

pub mod acts;
pub mod audit;
pub mod bench;
mod calendar;
mod cash;
mod claims;
pub mod concerns;
pub mod coverage;
mod credits;
mod external;
pub mod invariants;
mod invoices;
mod kernel;
pub mod keyring;
mod limits;
mod loans;
mod membership;
pub mod numbers;
pub mod profiles;
mod programmes;
mod proposals;
mod quotes;
mod requests;
pub mod rules;
mod settlement;
mod shares;
mod signatures;
mod successes;
mod supervision;
mod undertakings;
pub mod world;

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::financing::v1::QuoteTerms;
use counterfoil_proto::membership::v1::{Propose, action::Action as Membership};
use counterfoil_proto::v1::{Date, Money};
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use crate::model::arithmetic::{MAX_MINOR, date};
use crate::model::contract::MEMBERSHIP;
use crate::model::{Act, Id, Model};
use acts::membership_act;

/// How long a proposal stands that is put forward here.
const PROPOSAL_DAYS: i64 = 30;

/// Whose key signs.
#[derive(Clone, Debug, PartialEq)]
pub enum Signer {
    /// The account that the organization began with.
    Itself,
    /// These, ascending.
    Accounts(Vec<Vec<u8>>),
    /// Nobody's.
    Stranger,
}

/// A transaction to be signed and executed.
#[derive(Clone, Debug)]
pub struct Planned {
    pub organization: String,
    pub signer: Signer,
    pub contract: u32,
    pub act: Act,
}

impl Planned {
    pub fn new(organization: impl Into<String>, contract: u32, act: Act) -> Planned {
        Planned {
            organization: organization.into(),
            signer: Signer::Itself,
            contract,
            act,
        }
    }

    /// A proposal of an action, which asks other organizations for their consent.
    pub fn proposed(
        caller: impl Into<String>,
        contract: u32,
        act: &Act,
        consents_of: &[&str],
        today: i64,
    ) -> Planned {
        let mut consents_of: Vec<String> = consents_of.iter().map(|id| (*id).to_owned()).collect();
        consents_of.sort();
        let kind = Membership::Propose(Propose {
            contract,
            action: act.encode(),
            consents_of,
            expires_on: on(today + PROPOSAL_DAYS),
        });
        Planned::new(caller, MEMBERSHIP, membership_act(kind))
    }
}

/// The ledger as the generator sees it.
pub struct View<'a> {
    pub model: &'a Model,
    /// The ledger date of the next block.
    pub today: i64,
    /// The height of the next block.
    pub height: u64,
}

/// Draws one transaction after another.
pub struct Generator {
    rng: StdRng,
    /// Chance that an action is broken.
    fault_rate: f64,
    serial: u64,
    /// What banks wrote under seal, by commitment: the terms and the salt.
    sealed: BTreeMap<Vec<u8>, (QuoteTerms, Vec<u8>)>,
    /// Quotes that were to be opened once, as some never can be.
    tried: BTreeSet<Vec<u8>>,
    /// Who takes part by now.
    roster: Vec<String>,
}

impl Generator {
    pub fn new(seed: u64, fault_rate: f64) -> Generator {
        Generator {
            rng: StdRng::seed_from_u64(seed),
            fault_rate,
            serial: 0,
            sealed: BTreeMap::new(),
            tried: BTreeSet::new(),
            roster: Vec::new(),
        }
    }

    pub fn rng(&mut self) -> &mut StdRng {
        &mut self.rng
    }

    /// From here on, how many actions in one are broken.
    pub fn set_fault_rate(&mut self, fault_rate: f64) {
        self.fault_rate = fault_rate;
    }

    /// The next transaction.
    pub fn next(&mut self, view: &View) -> Planned {
        self.roster = view.model.organizations.keys().cloned().collect();
        let planned = if self.rng.gen_bool(0.16) {
            self.take_part(view)
        } else {
            self.trade(view)
        };
        let mut planned = self.have_signed(view, planned);
        if self.rng.gen_bool(0.03) {
            self.break_envelope(view, &mut planned);
        }
        planned
    }

    /// Something of invoices, claims and money.
    fn trade(&mut self, view: &View) -> Planned {
        match self.rng.gen_range(0..345) {
            0..=15 => self.register(view),
            16..=18 => self.query(view),
            19..=20 => self.resolve(view),
            21..=36 => self.confirm(view),
            37..=38 => self.reject(view),
            39..=40 => self.withdraw(view),
            41..=45 => self.issue(view),
            46..=49 => self.transfer(view),
            50..=52 => self.request_redemption(view),
            53..=54 => self.confirm_redemption(view),
            55 => self.decline_redemption(view),
            56..=73 => self.settle(view),
            74..=76 => self.report(view),
            77..=84 => self.split(view),
            85..=90 => self.merge(view),
            91..=97 => self.offer(view),
            98..=105 => self.accept(view),
            106 => self.decline(view),
            107..=109 => self.expire_offer(view),
            110..=123 => self.open(view),
            124..=135 => self.commit(view),
            136..=157 => self.reveal(view),
            158..=175 => self.award(view),
            176 => self.cancel(view),
            177..=179 => self.expire_request(view),
            180..=185 => self.repay(view),
            186..=187 => self.release(view),
            188..=190 => self.accept_issuers(view),
            191..=195 => self.instruct_payment(view),
            196..=202 => self.assert_payment(view),
            203..=206 => self.confirm_payment(view),
            207..=210 => self.contest_payment(view),
            211 => self.cancel_payment(view),
            212..=213 => self.rule_payment(view),
            214..=215 => self.time_out_payment(view),
            216..=219 => self.propose_invoice(view),
            220..=224 => self.answer_proposal(view),
            225..=230 => self.confirm_conditionally(view),
            231..=236 => self.answer_conditions(view),
            237..=244 => self.credit(view),
            245..=247 => self.open_dispute(view),
            248..=253 => self.rule_on_dispute(view),
            254..=255 => self.end_dispute(view),
            256..=267 => self.roll(view),
            268..=270 => self.report_loan_default(view),
            271..=274 | 325..=330 => self.take_control(view),
            275..=276 => self.set_limit(view),
            277..=284 => self.award_parts(view),
            285..=287 => self.split_collateral(view),
            288..=291 => self.publish(view),
            292..=297 => self.give_guarantee(view),
            298..=304 => self.give_notice(view),
            305..=311 => self.honour(view),
            331..=341 => self.supervise(view),
            342..=344 => self.share(view),
            _ => self.programmes(view),
        }
    }

    /// How many ways to break the next action in: mostly none, else mostly one.
    fn faults(&mut self) -> u32 {
        if !self.rng.gen_bool(self.fault_rate) {
            return 0;
        }
        match self.rng.gen_range(0..10) {
            0..=6 => 1,
            7..=8 => 2,
            _ => 3,
        }
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.rng.gen_bool(probability)
    }

    fn one_of<T: Clone>(&mut self, from: &[T]) -> T {
        from.choose(&mut self.rng)
            .expect("something to choose from")
            .clone()
    }

    /// One that matches, or any where none does.
    fn organization(&mut self, matches: impl Fn(&str) -> bool) -> String {
        let all = self.roster.iter().filter(|id| matches(id));
        let ids: Vec<String> = all.cloned().collect();
        if ids.is_empty() {
            let anybody = self.rng.gen_range(0..self.roster.len());
            return self.roster[anybody].clone();
        }
        self.one_of(&ids)
    }

    fn nobody(&mut self) -> String {
        let names = ["", "nobody", "Airline", "airline ", "bank_east", "über"];
        self.one_of(&names).to_owned()
    }

    /// One of the currencies, mostly the first two, so that many things are in one.
    fn currency(&mut self) -> String {
        let codes = ["EUR", "EUR", "EUR", "USD", "USD", "JPY", "KWD"];
        self.one_of(&codes).to_owned()
    }

    fn some<'a, T>(&mut self, from: &[&'a T]) -> Option<&'a T> {
        from.choose(&mut self.rng).copied()
    }

    fn unknown_currency(&mut self) -> String {
        let codes = ["", "GBP", "usd", "XXX", "US", "USDT"];
        self.one_of(&codes).to_owned()
    }

    fn impossible_amount(&mut self) -> u64 {
        self.one_of(&[0, MAX_MINOR + 1, u64::MAX])
    }

    /// Amounts of every size, small ones mostly.
    fn amount(&mut self) -> u64 {
        match self.rng.gen_range(0..100) {
            0 => MAX_MINOR,
            1..=2 => 1,
            3..=6 => self.rng.gen_range(1..=MAX_MINOR / 10_000),
            7..=30 => self.rng.gen_range(1..=100),
            // Interest on these often lies just between two units.
            31..=65 => 180 * (2 * self.rng.gen_range(0..2_500) + 1),
            _ => self.rng.gen_range(1..=5_000_000),
        }
    }

    fn reason(&mut self) -> String {
        match self.rng.gen_range(0..20) {
            0 => "é".repeat(280),
            1 => " ".to_owned(),
            n => format!("Delivery note {n} is missing."),
        }
    }

    fn invalid_reason(&mut self) -> String {
        let length = self.one_of(&[0, 281, 1_000]);
        "r".repeat(length)
    }

    fn end_to_end_id(&mut self) -> String {
        self.serial += 1;
        match self.rng.gen_range(0..20) {
            // The longest: 35 characters.
            0 => format!("{:035}", self.serial),
            1 => format!("! {} ~", self.serial),
            _ => format!("E2E-{}", self.serial),
        }
    }

    fn invalid_end_to_end_id(&mut self) -> String {
        let forms = [
            "",
            " E2E",
            "E2E ",
            "E2E\t1",
            "E2E-é",
            "E2E\u{7f}",
            " ",
            "123456789012345678901234567890123456",
        ];
        self.one_of(&forms).to_owned()
    }

    fn bytes32(&mut self) -> Vec<u8> {
        self.rng.r#gen::<Id>().to_vec()
    }

    fn wrong_length(&mut self) -> Vec<u8> {
        let length = self.one_of(&[0, 1, 31, 33, 64]);
        vec![7; length]
    }

    fn no_date(&mut self) -> Option<Date> {
        let (year, month, day) = self.one_of(&[
            (0, 0, 0),
            (1989, 12, 31),
            (2200, 1, 1),
            (2023, 2, 29),
            (2100, 2, 29),
            (2024, 4, 31),
            (2024, 13, 1),
            (2024, 0, 1),
            (2024, 1, 0),
            (u32::MAX, 1, 1),
            (2024, u32::MAX, u32::MAX),
        ]);
        if self.chance(0.15) {
            None
        } else {
            Some(Date { year, month, day })
        }
    }

    /// Somewhat off, but in the same currency.
    fn other_amount(&mut self, amount: &Option<Money>) -> Option<Money> {
        let mut other = amount.clone().unwrap_or_default();
        other.minor = match self.rng.gen_range(0..4) {
            0 => other.minor.saturating_add(1),
            1 => other.minor.saturating_sub(1),
            2 => 0,
            _ => self.rng.gen_range(0..u64::MAX),
        };
        Some(other)
    }
}

fn on(day: i64) -> Option<Date> {
    Some(date(day))
}
