//! What a run of random transactions has brought about, so that a test can tell
//! that nothing documented was left out.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use counterfoil_proto::v1::KernelRejectionCode;
use counterfoil_proto::{
    calendar, cash, credit, financing, invoice, membership, receivable, settlement, supervision,
};

use super::Planned;
use super::successes::{SUCCESSES, successes};
use crate::model::{Act, Happened, Model, Rejected, contract};

/// Rejections that no sequence of transactions between the roster's few parties ends in.
const NOT_BY_CHANCE: [u32; 9] = [
    // More than 10,000 organizations.
    1056, // 17 packs in force or to come, a 65th freeze: tests/supervision has them.
    2006, 2015,
    // A sale in part that would make more than 256 claims live: tests/claims.rs makes them.
    6014, // More than 64 quotes: tests/financing.rs has 65 banks.
    6026, // A 33rd credit note: tests/credits.rs has them all.
    4041, // A 9th guarantee of a claim, and one more claim than 256: tests/recoveries.rs.
    5044, 7044,
    // What a debtor paid while the price was under way, asked for before its outcome: tests/outside.rs.
    3054,
];

/// Successes that take more luck than some hundred seeds have; scenarios hold each of them.
const RARE: [&str; 9] = [
    // loans::a_lender_in_control_collects_the_debt_and_passes_the_surplus_on
    "settle a claim that a lender controls with a surplus",
    // credits::beyond_what_the_seller_keeps_each_controller_signs
    "credit claims of several controllers",
    // parts::all_or_none_and_a_minimum_hold_whoever_fails
    "award all in parts",
    // credits::a_pledged_claim_is_credited_with_its_lender_and_not_to_nothing
    "credit a pledged claim",
    // parts::each_bank_has_its_part_of_every_claim_and_the_seller_the_rest
    "award several claims in parts",
    // parts::a_part_that_is_not_paid_returns_to_the_seller_in_the_claims_own_rank
    "award in parts of which one fails",
    // recoveries::a_retained_claims_guarantor_is_owed_in_its_rank
    "honour of a retained claim",
    // recoveries::a_pledged_claims_recovery_pays_its_lender_first
    "honour a pledged claim",
    // recoveries::recourse_goes_in_reverse_order_over_three_endorsements
    "give notice to an earlier endorser",
];

/// All rejection codes with their names, as the `.proto` files list them.
pub static DOCUMENTED: LazyLock<BTreeMap<u32, &'static str>> = LazyLock::new(|| {
    let name = |code: u32| {
        let number = i32::try_from(code).ok()?;
        Some(match code / 1_000 {
            0 => KernelRejectionCode::try_from(number).ok()?.as_str_name(),
            1 => membership::v1::RejectionCode::try_from(number)
                .ok()?
                .as_str_name(),
            2 => supervision::v1::RejectionCode::try_from(number)
                .ok()?
                .as_str_name(),
            3 => cash::v1::RejectionCode::try_from(number)
                .ok()?
                .as_str_name(),
            4 => invoice::v1::RejectionCode::try_from(number)
                .ok()?
                .as_str_name(),
            5 => receivable::v1::RejectionCode::try_from(number)
                .ok()?
                .as_str_name(),
            6 => financing::v1::RejectionCode::try_from(number)
                .ok()?
                .as_str_name(),
            7 => settlement::v1::RejectionCode::try_from(number)
                .ok()?
                .as_str_name(),
            8 => credit::v1::RejectionCode::try_from(number)
                .ok()?
                .as_str_name(),
            9 => calendar::v1::RejectionCode::try_from(number)
                .ok()?
                .as_str_name(),
            _ => return None,
        })
    };
    let strip = |name: &'static str| {
        name.trim_start_matches("KERNEL_")
            .trim_start_matches("REJECTION_CODE_")
    };
    (1..10_000)
        .filter_map(|code| name(code).map(|name| (code, strip(name))))
        .collect()
});

/// The contract that a rejection is of, as receipts call it.
pub fn contract_name(code: u32) -> &'static str {
    match code / 1_000 {
        0 => "kernel",
        1 => "membership",
        2 => "supervision",
        3 => "cash",
        4 => "invoice",
        5 => "receivable",
        6 => "financing",
        7 => "settlement",
        8 => "credit",
        9 => "calendar",
        _ => panic!("no contract has rejection {code}"),
    }
}

/// The events of an action without those of the proposal that carried it out, which stand before them.
fn own_events<'a>(act: &Act, events: &'a [Happened]) -> &'a [Happened] {
    let before = match act {
        Act::Membership(_) => 0,
        _ => events
            .iter()
            .take_while(|event| event.contract == contract::MEMBERSHIP)
            .count(),
    };
    &events[before..]
}

/// How often each rejection and each kind of success occurred.
#[derive(Default)]
pub struct Coverage {
    rejections: BTreeMap<u32, u64>,
    successes: BTreeMap<&'static str, u64>,
    transactions: u64,
}

impl Coverage {
    /// Counts a transaction, after the model has applied it.
    pub fn count(
        &mut self,
        planned: &Planned,
        result: &Result<Vec<Happened>, Rejected>,
        model: &Model,
    ) {
        self.transactions += 1;
        match result {
            Err(rejected) => *self.rejections.entry(rejected.code).or_default() += 1,
            Ok(events) => {
                for (_, act) in model.executed(&planned.organization, &planned.act, events) {
                    for name in successes(&act, own_events(&act, events), model) {
                        *self.successes.entry(name).or_default() += 1;
                    }
                }
            }
        }
    }

    /// Transactions counted.
    pub fn transactions(&self) -> u64 {
        self.transactions
    }

    /// A rejection code, or a kind of success, that never occurred.
    pub fn missing(&self) -> Vec<String> {
        let codes = DOCUMENTED.iter().filter(|(code, _)| {
            !self.rejections.contains_key(code) && !NOT_BY_CHANCE.contains(code)
        });
        let successes = SUCCESSES
            .iter()
            .filter(|name| !self.successes.contains_key(*name) && !RARE.contains(name));
        codes
            .map(|(code, name)| format!("{code} {name}"))
            .chain(successes.map(|name| (*name).to_owned()))
            .collect()
    }

    /// Everything that occurred, a line each.
    pub fn report(&self) -> String {
        let rejections = self
            .rejections
            .iter()
            .map(|(code, n)| format!("{n:>7} {code} {}\n", DOCUMENTED[code]));
        let successes = self
            .successes
            .iter()
            .map(|(name, n)| format!("{n:>7} {name}\n"));
        successes.chain(rejections).collect()
    }
}
