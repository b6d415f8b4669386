//! What a run of random transactions has brought about, so that a test can tell
//! that nothing documented was left out.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use counterfoil_proto::invoice::v1::{
    WarningKind, action::Action as Invoice, event::Event as InvoiceEvent,
};
use counterfoil_proto::receivable::v1::DayCount;
use counterfoil_proto::settlement::v1::event::Event as SettlementEvent;
use counterfoil_proto::v1::{Date, KernelRejectionCode};
use counterfoil_proto::{calendar, cash, invoice, settlement};
use prost::Message as _;

use crate::model::arithmetic::{day, interest_days};
use crate::model::{Act, Happened, Id, Model, Rejected, contract};

/// All rejection codes with their names, as the `.proto` files list them.
pub static DOCUMENTED: LazyLock<BTreeMap<u32, &'static str>> = LazyLock::new(|| {
    let name = |code: u32| {
        let number = i32::try_from(code).ok()?;
        Some(match code / 1_000 {
            0 => KernelRejectionCode::try_from(number).ok()?.as_str_name(),
            3 => cash::v1::RejectionCode::try_from(number)
                .ok()?
                .as_str_name(),
            4 => invoice::v1::RejectionCode::try_from(number)
                .ok()?
                .as_str_name(),
            7 => settlement::v1::RejectionCode::try_from(number)
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
        3 => "cash",
        4 => "invoice",
        7 => "settlement",
        9 => "calendar",
        _ => panic!("no contract has rejection {code}"),
    }
}

/// What must succeed at least once, in every way that matters.
const SUCCESSES: [&str; 22] = [
    "register",
    "register with a warning of an adjacent year",
    "register with a warning of a loose match",
    "register a successor",
    "query",
    "resolve_query",
    "confirm",
    "reject",
    "withdraw",
    "issue",
    "transfer",
    "request_redemption",
    "confirm_redemption",
    "decline_redemption",
    "settle in time",
    "settle late without penalty",
    "settle with a penalty by A001",
    "settle with a penalty by A004",
    "settle with a penalty by A005",
    "settle with half a unit rounded down",
    "settle with half a unit rounded up",
    "roll",
];

/// How often each rejection and each kind of success occurred.
#[derive(Default)]
pub struct Coverage {
    rejections: BTreeMap<u32, u64>,
    successes: BTreeMap<&'static str, u64>,
    transactions: u64,
}

impl Coverage {
    /// Counts a transaction, after the model has applied it.
    pub fn count(&mut self, act: &Act, result: &Result<Vec<Happened>, Rejected>, model: &Model) {
        self.transactions += 1;
        match result {
            Err(rejected) => *self.rejections.entry(rejected.code).or_default() += 1,
            Ok(events) => {
                for name in successes(act, events, model) {
                    *self.successes.entry(name).or_default() += 1;
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
        let codes = DOCUMENTED
            .iter()
            .filter(|(code, _)| !self.rejections.contains_key(code));
        let successes = SUCCESSES
            .iter()
            .filter(|name| !self.successes.contains_key(*name));
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

fn successes(act: &Act, events: &[Happened], model: &Model) -> Vec<&'static str> {
    use cash::v1::action::Action as Cash;
    match act {
        Act::Invoice(action) => match action.action.as_ref().expect("executed, so an action") {
            Invoice::Register(action) => {
                let mut names = warnings(events);
                names.push("register");
                if !action.succeeds.is_empty() {
                    names.push("register a successor");
                }
                names
            }
            Invoice::Query(_) => vec!["query"],
            Invoice::ResolveQuery(_) => vec!["resolve_query"],
            Invoice::Confirm(_) => vec!["confirm"],
            Invoice::Reject(_) => vec!["reject"],
            Invoice::Withdraw(_) => vec!["withdraw"],
        },
        Act::Cash(action) => vec![
            match action.action.as_ref().expect("executed, so an action") {
                Cash::Issue(_) => "issue",
                Cash::Transfer(_) => "transfer",
                Cash::RequestRedemption(_) => "request_redemption",
                Cash::ConfirmRedemption(_) => "confirm_redemption",
                Cash::DeclineRedemption(_) => "decline_redemption",
            },
        ],
        Act::Settlement(_) => payments(events, model),
        Act::Calendar(_) => vec!["roll"],
        Act::Garbage(_) => panic!("garbage was executed"),
    }
}

fn warnings(events: &[Happened]) -> Vec<&'static str> {
    let event = invoice::v1::Event::decode(events[0].body.as_slice())
        .expect("an event decodes")
        .event;
    let Some(InvoiceEvent::Registered(registered)) = event else {
        panic!("a registration tells of itself first");
    };
    let names = registered
        .warnings
        .iter()
        .map(|warning| match warning.kind() {
            WarningKind::AdjacentYear => "register with a warning of an adjacent year",
            WarningKind::LooseMatch => "register with a warning of a loose match",
            WarningKind::Unspecified => panic!("a warning is of some kind"),
        });
    names.collect()
}

fn payments(events: &[Happened], model: &Model) -> Vec<&'static str> {
    let settled = events
        .iter()
        .find(|event| event.contract == contract::SETTLEMENT)
        .expect("a settlement");
    let event = settlement::v1::Event::decode(settled.body.as_slice())
        .expect("an event decodes")
        .event;
    let Some(SettlementEvent::Settled(settled)) = event else {
        panic!("a settlement tells of itself");
    };
    let penalty = settled.penalty.as_ref().expect("a sum").minor;
    let id = Id::try_from(settled.receivable.as_slice()).expect("an id");
    let receivable = &model.receivables[&id];
    let terms = receivable.terms.as_ref().expect("terms");
    let mut names = vec![match (settled.days_late, penalty, terms.day_count()) {
        (0, ..) => "settle in time",
        (_, 0, _) => "settle late without penalty",
        (.., DayCount::A001) => "settle with a penalty by A001",
        (.., DayCount::A004) => "settle with a penalty by A004",
        (.., DayCount::A005 | DayCount::Unspecified) => "settle with a penalty by A005",
    }];
    if settled.days_late > 0 {
        let of = |date: &Option<Date>| date.as_ref().and_then(day).expect("a date");
        let (from, to) = (of(&receivable.adjusted_due_date), of(&settled.value_date));
        let (days, basis) = interest_days(terms.day_count(), from, to);
        let principal = i128::from(settled.principal.as_ref().expect("a sum").minor);
        let numerator = principal * i128::from(terms.penalty_rate_ppm) * i128::from(days);
        let denominator = 1_000_000 * i128::from(basis);
        if 2 * (numerator % denominator) == denominator {
            let up = i128::from(penalty) > numerator / denominator;
            names.push(if up {
                "settle with half a unit rounded up"
            } else {
                "settle with half a unit rounded down"
            });
        }
    }
    names
}
