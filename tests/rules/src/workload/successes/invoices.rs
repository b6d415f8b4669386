//! The ways in which transactions about invoices succeed.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use counterfoil_proto::invoice;
use counterfoil_proto::invoice::v1::{
    WarningKind, action::Action as Invoice, event::Event as InvoiceEvent,
};
use counterfoil_proto::receivable::v1::event::Event as ClaimEvent;
use prost::Message as _;

use super::{Told, minor, those};
use crate::model::claims::day_of;
use crate::model::{Happened, Model};

pub(super) fn invoices(
    action: &invoice::v1::Action,
    events: &[Happened],
    told: &Told,
    after: &Model,
) -> Vec<&'static str> {
    match action.action.as_ref().expect("executed, so an action") {
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
        Invoice::Confirm(action) => {
            let mut names = vec!["confirm"];
            names.extend(adjusted(after, &action.invoice));
            names.extend(those([(
                action
                    .acknowledged()
                    .any(|kind| kind == WarningKind::LongTenor),
                "confirm a long tenor",
            )]));
            names
        }
        Invoice::Reject(_) => vec!["reject"],
        Invoice::Withdraw(_) => vec!["withdraw"],
        Invoice::Propose(_) => vec!["propose an invoice"],
        Invoice::AcceptProposal(_) => {
            let mut names = warnings(events);
            names.push("accept a proposal");
            names
        }
        Invoice::DeclineProposal(_) => vec!["decline a proposal"],
        Invoice::TakeBackProposal(_) => vec!["take back a proposal"],
        Invoice::ConfirmConditionally(_) => vec!["confirm conditionally"],
        Invoice::AcceptConditions(_) => vec!["accept conditions"],
        Invoice::RefuseConditions(_) => vec!["refuse conditions"],
        Invoice::ExpireConditions(_) => vec!["expire conditions"],
        Invoice::Credit(action) => credits(action, told),
        Invoice::OpenDispute(_) => vec!["open a dispute"],
        Invoice::RuleOnDispute(action) => those([
            (true, "rule on a dispute"),
            (
                !is_disputed(after, &action.invoice),
                "rule on a dispute and end it",
            ),
        ]),
        Invoice::EndDispute(_) => vec!["end a dispute by agreement"],
    }
}

/// What the terms' convention made of the due date, where they have one.
fn adjusted(model: &Model, invoice: &[u8]) -> Option<&'static str> {
    let receivable = &model.invoices[invoice].receivable;
    let receivable = &model.receivables[receivable.as_slice()];
    let terms = receivable.terms.as_ref().expect("terms");
    if terms.calendar.is_empty() {
        return None;
    }
    let due = day_of(&receivable.due_date);
    Some(match day_of(&receivable.adjusted_due_date).cmp(&due) {
        Ordering::Greater => "confirm with a due date adjusted onwards",
        Ordering::Less => "confirm with a due date adjusted back",
        Ordering::Equal => "confirm with a due date that is a business day",
    })
}

fn is_disputed(model: &Model, invoice: &[u8]) -> bool {
    let receivable = &model.invoices[invoice].receivable;
    model.receivables[receivable.as_slice()].disputed
}

fn credits(action: &invoice::v1::CreditInvoice, told: &Told) -> Vec<&'static str> {
    let parts = &action.claims;
    let of_claims: u64 = parts.iter().map(|part| part.minor).sum();
    let spent = told.claims.iter().any(|event| match event {
        ClaimEvent::Credited(credited) => credited.spent,
        _ => false,
    });
    let controllers: BTreeSet<&String> = parts.iter().map(|part| &part.controller).collect();
    those([
        (!parts.is_empty(), "credit a claim"),
        (parts.len() > 1, "credit several claims"),
        (
            controllers.len() > 1,
            "credit claims of several controllers",
        ),
        (
            parts.iter().any(|part| !part.pledgee.is_empty()),
            "credit a pledged claim",
        ),
        (spent, "credit a claim to nothing"),
        (
            minor(&action.amount) > of_claims,
            "credit more than claims are reduced by",
        ),
    ])
}

fn warnings(events: &[Happened]) -> Vec<&'static str> {
    let event = invoice::v1::Event::decode(events[0].body.as_slice())
        .expect("an event decodes")
        .event;
    let Some(InvoiceEvent::Registered(registered)) = event else {
        panic!("a registration tells of itself first");
    };
    let names = registered.warnings().map(|warning| match warning {
        WarningKind::AdjacentYear => "register with a warning of an adjacent year",
        WarningKind::LooseMatch => "register with a warning of a loose match",
        WarningKind::ReleasedCollision => "register with a released collision",
        WarningKind::LongTenor | WarningKind::Unspecified => panic!("a warning is of some kind"),
    });
    names.collect()
}
