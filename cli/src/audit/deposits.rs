//! Deposits: what banks owe is what the events issued and redeemed, and who holds them (specification
//! 6.1, 6.2, 9.6, 9.12).

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::cash::v1::SuspenseState;
use counterfoil_proto::cash::v1::event::Event as CashEvent;
use counterfoil_proto::v1 as wire;

use super::evidence::{Event, Executed};
use super::figures::count;
use super::records::Records;
use super::report::Check;

/// Whose deposits are that wait: nobody's.
const SUSPENSE: &str = "";

/// Issuer and currency.
type Deposits<'a> = (&'a str, &'a str);

/// One cash event that moved deposits from one organization to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid<'a> {
    pub payer: &'a str,
    pub payee: &'a str,
    pub issuer: &'a str,
    pub currency: &'a str,
    pub minor: u64,
    pub end_to_end_id: &'a str,
}

/// The payment that an event tells of.
pub fn paid(event: &Event) -> Option<Paid<'_>> {
    let Event::Cash(event) = event else {
        return None;
    };
    let (payer, payee, issuer, amount, end_to_end_id) = match event {
        CashEvent::Issued(e) => (&e.issuer, &e.holder, &e.issuer, &e.amount, &e.end_to_end_id),
        CashEvent::Transferred(e) => (&e.from, &e.to, &e.issuer, &e.amount, &e.end_to_end_id),
        CashEvent::Returned(e) => (&e.holder, &e.issuer, &e.issuer, &e.amount, &e.end_to_end_id),
        CashEvent::Held(e) => (&e.payer, &e.payee, &e.issuer, &e.amount, &e.end_to_end_id),
        _ => return None,
    };
    let (minor, currency) = of(amount);
    Some(Paid {
        payer,
        payee,
        issuer,
        currency,
        minor,
        end_to_end_id,
    })
}

fn of(amount: &Option<wire::Money>) -> (u64, &str) {
    amount
        .as_ref()
        .map_or((0, ""), |amount| (amount.minor, &amount.currency))
}

/// What the events add up to.
#[derive(Default)]
struct Totals<'a> {
    issued: BTreeMap<Deposits<'a>, u128>,
    redeemed: BTreeMap<Deposits<'a>, u128>,
    /// By holder. Below zero where more went than came.
    held: BTreeMap<(&'a str, Deposits<'a>), i128>,
    /// Payment instructions, one a payer and transaction, and the distinct ids they have.
    instructions: usize,
    ids: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Totals<'a> {
    fn of(history: &'a [Executed]) -> Self {
        let mut totals = Self::default();
        for executed in history {
            // One instruction may pay several.
            let mut ids = BTreeSet::new();
            for event in &executed.events {
                ids.extend(totals.event(event));
            }
            totals.instructions += ids.len();
            totals.ids.extend(ids);
        }
        totals
    }

    /// Takes in an event. Returns payer and id of the instruction it is of.
    fn event(&mut self, event: &'a Event) -> Option<(&'a str, &'a str)> {
        if let Some(mut paid) = paid(event) {
            if let Event::Cash(CashEvent::Held(_)) = event {
                paid.payee = SUSPENSE;
            }
            let deposits = (paid.issuer, paid.currency);
            if paid.payer == paid.issuer {
                *self.issued.entry(deposits).or_default() += u128::from(paid.minor);
            } else {
                *self.held.entry((paid.payer, deposits)).or_default() -= i128::from(paid.minor);
            }
            if paid.payee == paid.issuer {
                *self.redeemed.entry(deposits).or_default() += u128::from(paid.minor);
            } else {
                *self.held.entry((paid.payee, deposits)).or_default() += i128::from(paid.minor);
            }
            return Some((paid.payer, paid.end_to_end_id));
        }
        match event {
            Event::Cash(CashEvent::SuspenseCollected(e)) => {
                let (minor, currency) = of(&e.amount);
                let deposits = (e.issuer.as_str(), currency);
                *self.held.entry((SUSPENSE, deposits)).or_default() -= i128::from(minor);
                if e.payee == e.issuer {
                    *self.redeemed.entry(deposits).or_default() += u128::from(minor);
                } else {
                    *self.held.entry((&e.payee, deposits)).or_default() += i128::from(minor);
                }
                None
            }
            Event::Cash(CashEvent::PaymentInstructed(e)) => Some((&e.payer, &e.end_to_end_id)),
            Event::Cash(CashEvent::RedemptionRequested(e)) => Some((&e.holder, &e.end_to_end_id)),
            Event::Cash(CashEvent::RedemptionPaid(e)) => {
                let (minor, currency) = of(&e.amount);
                let deposits = (e.issuer.as_str(), currency);
                *self.redeemed.entry(deposits).or_default() += u128::from(minor);
                *self.held.entry((&e.holder, deposits)).or_default() -= i128::from(minor);
                None
            }
            _ => None,
        }
    }
}

pub fn checks(records: &Records, history: &[Executed]) -> Vec<Check> {
    let totals = Totals::of(history);
    let mut held: BTreeMap<Deposits, u128> = BTreeMap::new();
    let mut balances = BTreeSet::new();
    for balance in &records.balances {
        let deposits = (balance.issuer.as_str(), balance.currency.as_str());
        let minor = u128::from(balance.available_minor) + u128::from(balance.locked_minor);
        *held.entry(deposits).or_default() += minor;
        if minor > 0 {
            balances.insert((
                balance.holder.as_str(),
                deposits,
                i128::try_from(minor).ok(),
            ));
        }
    }
    let mut waiting: BTreeMap<Deposits, i128> = BTreeMap::new();
    for suspense in &records.suspense {
        if suspense.state() == SuspenseState::Waiting {
            let (minor, currency) = of(&suspense.amount);
            let deposits = (suspense.issuer.as_str(), currency);
            *held.entry(deposits).or_default() += u128::from(minor);
            *waiting.entry(deposits).or_default() += i128::from(minor);
        }
    }
    balances.extend(
        waiting
            .into_iter()
            .map(|(deposits, minor)| (SUSPENSE, deposits, Some(minor))),
    );
    let moved = totals.held.iter().filter(|(_, minor)| **minor != 0);
    let by_events = moved.map(|((holder, deposits), minor)| (*holder, *deposits, Some(*minor)));
    let issued: BTreeSet<Deposits> = records
        .issuances
        .iter()
        .map(|i| (i.issuer.as_str(), i.currency.as_str()))
        .collect();
    // A balance of an issuer that issued nothing would be money from nowhere.
    let of_issuers: BTreeSet<Deposits> = issued.iter().chain(held.keys()).copied().collect();
    let of =
        |totals: &BTreeMap<Deposits, u128>, key: Deposits| totals.get(&key).copied().unwrap_or(0);
    let balanced = count(&records.issuances, |issuance| {
        let held = of(&held, (&issuance.issuer, &issuance.currency));
        u128::from(issuance.issued_minor) == held + u128::from(issuance.redeemed_minor)
    });
    let as_events = count(&records.issuances, |issuance| {
        let key = (issuance.issuer.as_str(), issuance.currency.as_str());
        u128::from(issuance.issued_minor) == of(&totals.issued, key)
            && u128::from(issuance.redeemed_minor) == of(&totals.redeemed, key)
    });
    vec![
        Check::new(
            "deposits_are_issued_less_redeemed",
            of_issuers.len(),
            balanced,
        ),
        Check::new(
            "deposits_issued_as_events_say",
            totals.issued.len(),
            as_events,
        ),
        Check::same("balances_as_events_say", &by_events.collect(), &balances),
        Check::new(
            "end_to_end_ids_used_once",
            totals.instructions,
            totals.ids.len(),
        ),
    ]
}
