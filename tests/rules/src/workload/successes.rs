//! The ways in which transactions succeed that make a difference to the rules.

mod authority;
mod claims;
mod finance;
mod invoices;

use counterfoil_proto::financing::v1::event::Event as FinancingEvent;
use counterfoil_proto::membership::v1::event::Event as MembershipEvent;
use counterfoil_proto::receivable::v1::{DayCount, Rank, event::Event as ClaimEvent};
use counterfoil_proto::settlement::v1::ReceivablePaid;
use counterfoil_proto::settlement::v1::event::Event as SettlementEvent;
use counterfoil_proto::v1::Money;
use counterfoil_proto::{calendar, cash, credit, financing, membership, receivable, settlement};
use prost::Message as _;

use crate::model::{Act, Happened, Id, Model, contract};

/// What must succeed at least once, in every way that matters.
pub const SUCCESSES: &[&str] = &[
    "propose",
    "propose and carry out at once",
    "propose for others to consent to",
    "propose a consent",
    "approve",
    "approve what waits for more",
    "consent",
    "consent while others are waited for",
    "end a proposal",
    "enrol an account",
    "revoke an account",
    "rotate an account",
    "set an approval rule",
    "leave",
    "propose a decision",
    "vote",
    "vote without deciding",
    "admit",
    "suspend",
    "reinstate",
    "amend",
    "replace the validators",
    "set the parameters of consensus",
    "set a lifetime",
    "schedule an upgrade",
    "take an upgrade back",
    "schedule another ledger key",
    "take a rotation of the ledger key back",
    "register",
    "register with a warning of an adjacent year",
    "register with a warning of a loose match",
    "register a successor",
    "query",
    "resolve_query",
    "confirm",
    "confirm a long tenor",
    "reject",
    "withdraw",
    "register with a released collision",
    "propose an invoice",
    "accept a proposal",
    "decline a proposal",
    "take back a proposal",
    "confirm conditionally",
    "accept conditions",
    "refuse conditions",
    "expire conditions",
    "credit a claim",
    "credit several claims",
    "credit claims of several controllers",
    "credit a pledged claim",
    "credit a claim to nothing",
    "credit more than claims are reduced by",
    "open a dispute",
    "rule on a dispute",
    "rule on a dispute and end it",
    "end a dispute by agreement",
    "issue",
    "transfer",
    "transfer to the issuer",
    "transfer by the issuer",
    "request_redemption",
    "confirm_redemption",
    "decline_redemption",
    "split",
    "split a claim with penalty",
    "split a claim that is endorsed",
    "split a retained claim",
    "merge",
    "merge claims with penalty",
    "merge claims that are endorsed",
    "offer in payment",
    "offer for sale",
    "accept in payment",
    "accept for a price",
    "accept for a price in the recipient's own deposits",
    "accept for a price in the controller's own deposits",
    "accept a claim that is endorsed already",
    "accept with full recourse",
    "accept with limited recourse",
    "decline",
    "expire an offer",
    "guarantee",
    "give notice to a guarantor",
    "give notice to an endorser",
    "give notice to an earlier endorser",
    "give notice of a pledged claim",
    "honour a guarantee",
    "honour a recourse",
    "honour in whole",
    "honour in part",
    "honour with a penalty",
    "honour with a refund",
    "honour up to the cap",
    "honour what was subrogated",
    "honour before earlier endorsers",
    "honour of a retained claim",
    "honour a pledged claim",
    "honour and overtake an offer",
    "open a request for discounting",
    "open a request for factoring",
    "open a request for a loan",
    "open a request of several claims",
    "open a request for part of the principal",
    "open a request to invited banks",
    "open a request of a retained claim",
    "commit",
    "commit a second quote",
    "reveal",
    "reveal over another amount",
    "award a sale",
    "award a sale of part of a claim",
    "award a sale with no part in a claim",
    "award a sale of several claims",
    "award a loan",
    "award a loan on several claims",
    "award in another bank's deposits",
    "award before the window is over",
    "award with a quote missed",
    "award on a condition",
    "award in parts",
    "award in parts of which one fails",
    "award all in parts",
    "award in parts and keep a rest",
    "award several claims in parts",
    "cancel",
    "expire a request",
    "expire a request with a quote missed",
    "repay in part",
    "repay a loan",
    "repay more than is owed",
    "repay after the loan fell due",
    "repay interest alone",
    "release",
    "release a claim that the lender controls",
    "report a loan's default",
    "report the default of an equal instalment",
    "report the default of an annuity",
    "take control",
    "split a pledged claim",
    "award a sale outside",
    "award a loan outside",
    "award in parts outside",
    "confirm the price of a sale",
    "confirm the price of a loan",
    "time out a price",
    "find a price unpaid",
    "set a limit",
    "open a programme",
    "close a programme",
    "make a standing quote",
    "sell under a programme",
    "draw an extension",
    "reveal within a limit",
    "settle a claim that a lender controls with a surplus",
    "settle in time",
    "settle late without penalty",
    "settle with a penalty by A001",
    "settle with a penalty by A004",
    "settle with a penalty by A005",
    "settle in part",
    "settle in full",
    "settle several claims",
    "settle with a refund",
    "settle a retained claim",
    "settle a penalty whose principal was paid before",
    "settle to the issuer",
    "settle and overtake an offer",
    "settle and overtake a request",
    "settle to a lender",
    "settle to a lender and the controller",
    "settle and repay a loan",
    "settle and release other claims",
    "settle on a loan with several claims",
    "settle with half a unit rounded down",
    "settle with half a unit rounded up",
    "settle with a fee",
    "report overdue",
    "report default",
    "accept issuers",
    "accept all issuers",
    "instruct a payment",
    "instruct a payment to several",
    "instruct a payment to a lender",
    "assert",
    "contest",
    "contest after silence",
    "confirm a payment",
    "confirm a contested payment",
    "pay late over the external rail",
    "pay a lender over the external rail",
    "overtake an offer over the external rail",
    "settle over the external rail",
    "rule that it was paid",
    "rule that it was not",
    "time out",
    "publish a pack",
    "publish a pack for a later day",
    "freeze a record",
    "freeze a record until a day",
    "release a record",
    "share a profile",
    "take back a share",
    "settle into suspense",
    "repay into suspense",
    "collect from suspense",
    "collect what was ruled on",
    "rule on suspense",
    "roll",
    "publish a calendar",
    "publish a calendar anew",
    "confirm with a due date adjusted onwards",
    "confirm with a due date adjusted back",
    "confirm with a due date that is a business day",
];

/// The kinds of success that an executed transaction is of.
pub fn successes(act: &Act, events: &[Happened], after: &Model) -> Vec<&'static str> {
    use calendar::v1::action::Action as Calendar;
    use cash::v1::action::Action as Cash;
    use credit::v1::action::Action as Credit;
    use settlement::v1::action::Action as Settling;
    let told = Told::new(events);
    match act {
        Act::Invoice(action) => invoices::invoices(action, events, &told, after),
        Act::Cash(action) => vec![
            match action.action.as_ref().expect("executed, so an action") {
                Cash::Issue(_) => "issue",
                Cash::Transfer(a) if a.to == a.issuer => "transfer to the issuer",
                Cash::Transfer(_) if told.issued => "transfer by the issuer",
                Cash::Transfer(_) => "transfer",
                Cash::RequestRedemption(_) => "request_redemption",
                Cash::ConfirmRedemption(_) => "confirm_redemption",
                Cash::DeclineRedemption(_) => "decline_redemption",
                Cash::AcceptIssuers(a) if a.accepted.is_empty() => "accept all issuers",
                Cash::AcceptIssuers(_) => "accept issuers",
                Cash::CollectSuspense(a) => {
                    match after.suspense[a.suspense.as_slice()].ruling.is_empty() {
                        true => "collect from suspense",
                        false => "collect what was ruled on",
                    }
                }
                Cash::RuleOnSuspense(_) => "rule on suspense",
                Cash::AssertPayment(_) => "assert",
                Cash::ContestPayment(a) => contested(&a.payment, &told, after),
            },
        ],
        Act::Receivable(action) => claims::claims(action, &told, after),
        Act::Financing(action) => finance::finance(action, &told, after),
        Act::Membership(action) => authority::participation(action, &told, after),
        Act::Settlement(action) => match action.action.as_ref().expect("executed, so an action") {
            Settling::Honour(_) => claims::recovery(&told, after),
            Settling::Settle(_) | Settling::ReportOverdue(_) | Settling::ReportDefault(_) => {
                payments(&told, after)
            }
            action => external(action, &told, after),
        },
        Act::Supervision(action) => authority::supervised(action, after),
        Act::Credit(action) => match action.action.as_ref().expect("executed, so an action") {
            Credit::Share(_) => vec!["share a profile"],
            Credit::Unshare(_) => vec!["take back a share"],
        },
        Act::Calendar(action) => match action.action.as_ref().expect("executed, so an action") {
            Calendar::Roll(_) => vec!["roll"],
            Calendar::Publish(a) => {
                let code = &a.calendar.as_ref().expect("a calendar").code;
                let anew = after.calendars[code].version > 1;
                those([
                    (true, "publish a calendar"),
                    (anew, "publish a calendar anew"),
                ])
            }
        },
        Act::Garbage(_) => panic!("garbage was executed"),
    }
}

fn contested(payment: &[u8], told: &Told, after: &Model) -> &'static str {
    match told.contested_by == after.payments[payment].confirmer {
        true => "contest",
        false => "contest after silence",
    }
}

fn external(
    action: &settlement::v1::action::Action,
    told: &Told,
    after: &Model,
) -> Vec<&'static str> {
    use settlement::v1::action::Action as Settling;
    let price = told.financing.first().and_then(|event| match event {
        FinancingEvent::Awarded(e) if e.award.as_ref().is_some_and(|a| a.loan.is_empty()) => {
            Some("confirm the price of a sale")
        }
        FinancingEvent::LoanOpened(_) => Some("confirm the price of a loan"),
        FinancingEvent::QuoteFailed(_) => match action {
            Settling::TimeOutPayment(_) => Some("time out a price"),
            _ => Some("find a price unpaid"),
        },
        _ => None,
    });
    if let Some(price) = price {
        return vec![price];
    }
    let mut names = match action {
        Settling::InstructPayment(a) => {
            let ids = &after.receivables[a.receivable.as_slice()].payments;
            let mut parts = ids
                .iter()
                .flat_map(|id| &after.payments[id.as_slice()].claims);
            those([
                (true, "instruct a payment"),
                (ids.len() > 1, "instruct a payment to several"),
                (
                    parts.any(|part| !part.loan.is_empty()),
                    "instruct a payment to a lender",
                ),
            ])
        }
        Settling::ConfirmPayment(a) => {
            match after.payments[a.payment.as_slice()].reason.is_empty() {
                true => vec!["confirm a payment"],
                false => vec!["confirm a contested payment"],
            }
        }
        Settling::RulePayment(a) if a.paid => vec!["rule that it was paid"],
        Settling::RulePayment(_) => vec!["rule that it was not"],
        Settling::TimeOutPayment(_) => vec!["time out"],
        _ => Vec::new(),
    };
    for event in &told.settlement {
        let (late, lender, settled) = match event {
            SettlementEvent::Paid(paid) => (paid.days_late > 0, false, paid.settled),
            SettlementEvent::ClaimPaid(paid) => (false, paid.to_lender.is_some(), false),
            other => panic!("a payment tells nothing else: {other:?}"),
        };
        let overtaken = |event: &ClaimEvent| matches!(event, ClaimEvent::Overtaken(_));
        names.extend(those([
            (late, "pay late over the external rail"),
            (lender, "pay a lender over the external rail"),
            (settled, "settle over the external rail"),
            (
                told.claims.iter().any(overtaken),
                "overtake an offer over the external rail",
            ),
        ]));
    }
    names
}

/// What the events of one transaction tell, sorted out.
#[derive(Default)]
struct Told {
    membership: Vec<MembershipEvent>,
    /// Who contested a payment.
    contested_by: String,
    issued: bool,
    returned: bool,
    /// Whether something waits in suspense.
    held: bool,
    claims: Vec<ClaimEvent>,
    financing: Vec<FinancingEvent>,
    settlement: Vec<SettlementEvent>,
}

impl Told {
    fn new(events: &[Happened]) -> Told {
        use cash::v1::event::Event as Cash;
        let mut told = Told::default();
        for event in events {
            let body = event.body.as_slice();
            let whole = "an event decodes";
            match event.contract {
                contract::CASH => match cash::v1::Event::decode(body).expect(whole).event {
                    Some(Cash::Issued(_)) => told.issued = true,
                    Some(Cash::Returned(_)) => told.returned = true,
                    Some(Cash::Held(_)) => told.held = true,
                    Some(Cash::PaymentContested(contested)) => told.contested_by = contested.by,
                    _ => {}
                },
                contract::MEMBERSHIP => {
                    let event = membership::v1::Event::decode(body).expect(whole).event;
                    told.membership.extend(event);
                }
                contract::RECEIVABLE => {
                    let event = receivable::v1::Event::decode(body).expect(whole).event;
                    told.claims.extend(event);
                }
                contract::FINANCING => {
                    let event = financing::v1::Event::decode(body).expect(whole).event;
                    told.financing.extend(event);
                }
                contract::SETTLEMENT => {
                    let event = settlement::v1::Event::decode(body).expect(whole).event;
                    told.settlement.extend(event);
                }
                _ => {}
            }
        }
        told
    }
}

/// The names whose condition holds.
fn those<const N: usize>(names: [(bool, &'static str); N]) -> Vec<&'static str> {
    let held = names.into_iter().filter(|(holds, _)| *holds);
    held.map(|(_, name)| name).collect()
}

fn id(bytes: &[u8]) -> Id {
    bytes.try_into().expect("an id has 32 bytes")
}

fn minor(sum: &Option<Money>) -> u64 {
    sum.as_ref().expect("a sum").minor
}

fn payments(told: &Told, after: &Model) -> Vec<&'static str> {
    let paid = told.settlement.iter().find_map(|event| match event {
        SettlementEvent::Paid(paid) => Some(paid),
        _ => None,
    });
    let Some(paid) = paid else {
        let default = matches!(told.settlement[..], [SettlementEvent::Defaulted(_)]);
        return vec![if default {
            "report default"
        } else {
            "report overdue"
        }];
    };
    let mut names = on_the_loans(told);
    let key = id(&paid.receivable);
    let receivable = &after.receivables[&key];
    let terms = receivable.terms.as_ref().expect("terms");
    let penalty = minor(&paid.penalty);
    names.push(match (paid.days_late, penalty, terms.day_count()) {
        (0, ..) => "settle in time",
        (_, 0, _) => "settle late without penalty",
        (.., DayCount::A001) => "settle with a penalty by A001",
        (.., DayCount::A004) => "settle with a penalty by A004",
        (.., DayCount::A005 | DayCount::Unspecified) => "settle with a penalty by A005",
    });
    let retained = |claim| after.claims[&(key, claim)].rank() == Rank::Retained;
    let late_penalty = |share: &settlement::v1::Share| share.principal_minor == 0;
    let overtaken = |event: &ClaimEvent| matches!(event, ClaimEvent::Overtaken(_));
    let closed = |event: &FinancingEvent| matches!(event, FinancingEvent::Closed(_));
    let halves = halves(paid, after);
    // What a lender gets, of how much.
    let to_lenders: Vec<(u64, u64)> = told
        .settlement
        .iter()
        .filter_map(|event| match event {
            SettlementEvent::ClaimPaid(claim) if claim.to_lender.is_some() => Some((
                minor(&claim.to_lender),
                minor(&claim.principal) + minor(&claim.penalty),
            )),
            _ => None,
        })
        .collect();
    let surplus = told.settlement.iter().any(|event| match event {
        SettlementEvent::ClaimPaid(claim) => {
            after.loans.get(claim.loan.as_slice()).is_some_and(|loan| {
                let all = minor(&claim.principal) + minor(&claim.penalty);
                loan.lender == claim.controller && minor(&claim.to_lender) < all
            })
        }
        _ => false,
    });
    names.extend(those([
        (
            surplus,
            "settle a claim that a lender controls with a surplus",
        ),
        (!paid.settled, "settle in part"),
        (paid.settled, "settle in full"),
        (paid.shares.len() > 1, "settle several claims"),
        (minor(&paid.refund) > 0, "settle with a refund"),
        (!paid.fees.is_empty(), "settle with a fee"),
        (told.held, "settle into suspense"),
        (
            paid.shares.iter().any(|share| retained(share.claim)),
            "settle a retained claim",
        ),
        (
            paid.shares.iter().any(late_penalty),
            "settle a penalty whose principal was paid before",
        ),
        (told.returned, "settle to the issuer"),
        (
            told.claims.iter().any(overtaken),
            "settle and overtake an offer",
        ),
        (
            told.financing.iter().any(closed),
            "settle and overtake a request",
        ),
        (
            to_lenders.iter().any(|(minor, _)| *minor > 0),
            "settle to a lender",
        ),
        (
            to_lenders
                .iter()
                .any(|(minor, all)| (1..*all).contains(minor)),
            "settle to a lender and the controller",
        ),
        (halves.0, "settle with half a unit rounded down"),
        (halves.1, "settle with half a unit rounded up"),
    ]));
    names
}

fn on_the_loans(told: &Told) -> Vec<&'static str> {
    let paid: Vec<_> = told
        .financing
        .iter()
        .filter_map(|event| match event {
            FinancingEvent::LoanPaid(paid) => Some(paid),
            _ => None,
        })
        .collect();
    let several = paid.windows(2).any(|pair| pair[0].loan == pair[1].loan);
    let released = |event: &ClaimEvent| matches!(event, ClaimEvent::Released(_));
    those([
        (
            paid.iter().any(|paid| paid.repaid),
            "settle and repay a loan",
        ),
        (several, "settle on a loan with several claims"),
        (
            told.claims.iter().any(released),
            "settle and release other claims",
        ),
    ])
}

/// Whether half a unit of penalty was rounded down, or up, on a claim that lives on.
fn halves(paid: &ReceivablePaid, after: &Model) -> (bool, bool) {
    let key = id(&paid.receivable);
    let terms = after.receivables[&key].terms.as_ref().expect("terms");
    let half = match terms.day_count() {
        DayCount::A005 => 365 * 500_000,
        _ => 360 * 500_000,
    };
    let fractions = paid.shares.iter().filter_map(|share| {
        let penalty = after.claims[&(key, share.claim)].penalty.as_ref()?;
        Some(penalty.fraction)
    });
    let fractions: Vec<i64> = fractions.collect();
    (fractions.contains(&half), fractions.contains(&-half))
}
