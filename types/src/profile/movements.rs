//! What each event means for the profiles of its parties. A new event that means something is one arm here.

use counterfoil_proto::receivable::v1::UndertakingKind;
use counterfoil_proto::v1::{self as wire, Event, Money};
use counterfoil_proto::{financing, invoice, receivable, settlement};
use prost::Message;

use crate::dates::Date;
use crate::transaction::contract;

/// What an event means for one organization's profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    pub organization: String,
    pub change: Change,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Of a debtor: it confirmed an invoice so many days after its registration.
    InvoiceConfirmed {
        days: u64,
        amount: Money,
    },
    Query,
    InvoiceRejected,
    /// Of a debtor: it owes nothing any more, so many days after the adjusted due date.
    Settled {
        days_late: u32,
    },
    OverdueReport,
    Default,
    Dispute(Side),
    DisputeUpheld(Side),
    /// A credit note was put on an invoice.
    Dilution {
        side: Side,
        amount: Money,
    },
    /// Of a supplier.
    InvoiceRegistered {
        on: Date,
    },
    Volume {
        buyer: String,
        amount: Money,
    },
    InvoiceEnded,
    RecourseNotice,
    RecoursePayment,
    /// Of a bank.
    Quote,
    Reveal,
    MissedReveal,
    Award,
    /// It was awarded, and could not pay.
    FailedPayment,
}

/// On which side of an invoice an organization is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Debtor,
    Supplier,
}

/// An event that this version of the formula cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an event of contract {contract} cannot be read: {problem}")]
pub struct UnreadableEvent {
    pub contract: u32,
    pub problem: String,
}

/// What an event means, for every organization whose figures it moves; each of them is one that the event concerns.
pub fn movements(event: &Event) -> Result<Vec<Movement>, UnreadableEvent> {
    match event.contract {
        contract::INVOICE => of_invoice(event),
        contract::RECEIVABLE => of_receivable(event),
        contract::SETTLEMENT => of_settlement(event),
        contract::FINANCING => of_financing(event),
        _ => Ok(Vec::new()),
    }
}

fn of_invoice(event: &Event) -> Result<Vec<Movement>, UnreadableEvent> {
    use invoice::v1::event::Event::*;
    use invoice::v1::{Ruling, Verdict};
    Ok(match read::<invoice::v1::Event>(event)?.event {
        Some(Registered(e)) => {
            let on = read_date(event, e.registered_on)?;
            vec![movement(e.seller, Change::InvoiceRegistered { on })]
        }
        Some(Confirmed(e)) => {
            let registered = read_date(event, e.registered_on)?;
            let confirmed = read_date(event, e.confirmed_on)?;
            let days = u64::try_from(registered.days_until(confirmed)).unwrap_or(0);
            let amount = e.amount.unwrap_or_default();
            let volume = Change::Volume {
                buyer: e.buyer.clone(),
                amount: amount.clone(),
            };
            vec![
                movement(e.buyer, Change::InvoiceConfirmed { days, amount }),
                movement(e.seller, volume),
            ]
        }
        Some(Queried(e)) => vec![movement(e.buyer, Change::Query)],
        Some(Rejected(e)) => vec![
            movement(e.buyer, Change::InvoiceRejected),
            movement(e.seller, Change::InvoiceEnded),
        ],
        Some(Withdrawn(e)) => vec![movement(e.seller, Change::InvoiceEnded)],
        Some(Disputed(e)) => of_both(e.buyer, e.seller, Change::Dispute),
        Some(DisputeEnded(e))
            if e.outcome.as_ref().map(Ruling::verdict) == Some(Verdict::Upheld) =>
        {
            of_both(e.buyer, e.seller, Change::DisputeUpheld)
        }
        Some(Credited(e)) => {
            let amount = e.amount.unwrap_or_default();
            let dilution = |side| Change::Dilution {
                side,
                amount: amount.clone(),
            };
            of_both(e.buyer, e.seller, dilution)
        }
        Some(
            QueryResolved(_)
            | Warned(_)
            | Proposed(_)
            | ProposalEnded(_)
            | ConditionallyConfirmed(_)
            | ConditionsEnded(_)
            | Ruled(_)
            | DisputeEnded(_),
        )
        | None => Vec::new(),
    })
}

fn of_receivable(event: &Event) -> Result<Vec<Movement>, UnreadableEvent> {
    use receivable::v1::event::Event::*;
    Ok(match read::<receivable::v1::Event>(event)?.event {
        Some(NoticeGiven(e)) if e.kind() == UndertakingKind::Recourse => {
            vec![movement(e.to, Change::RecourseNotice)]
        }
        Some(
            Opened(_) | Split(_) | Merged(_) | Offered(_) | Transferred(_) | Declined(_)
            | Expired(_) | Overtaken(_) | Pledged(_) | Released(_) | Credited(_) | Disputed(_)
            | GuaranteeGiven(_) | NoticeGiven(_),
        )
        | None => Vec::new(),
    })
}

fn of_settlement(event: &Event) -> Result<Vec<Movement>, UnreadableEvent> {
    use settlement::v1::event::Event::*;
    Ok(match read::<settlement::v1::Event>(event)?.event {
        Some(Paid(e)) if e.settled => {
            let days_late = e.days_late;
            vec![movement(e.debtor, Change::Settled { days_late })]
        }
        Some(Overdue(e)) => vec![movement(e.debtor, Change::OverdueReport)],
        Some(Defaulted(e)) => vec![movement(e.debtor, Change::Default)],
        Some(ClaimRecovered(e)) if e.kind() == UndertakingKind::Recourse => {
            vec![movement(e.payer, Change::RecoursePayment)]
        }
        Some(Paid(_) | ClaimPaid(_) | FeeCharged(_) | ClaimRecovered(_)) | None => Vec::new(),
    })
}

fn of_financing(event: &Event) -> Result<Vec<Movement>, UnreadableEvent> {
    use financing::v1::QuoteState;
    use financing::v1::event::Event::*;
    Ok(match read::<financing::v1::Event>(event)?.event {
        Some(Committed(e)) => vec![movement(e.bank, Change::Quote)],
        Some(Revealed(e)) => vec![movement(e.bank, Change::Reveal)],
        Some(QuoteClosed(e)) if e.state() == QuoteState::Missed => {
            vec![movement(e.bank, Change::MissedReveal)]
        }
        Some(Awarded(e)) => {
            let bank = e.award.unwrap_or_default().bank;
            vec![movement(bank, Change::Award)]
        }
        Some(QuoteFailed(e)) => vec![movement(e.bank, Change::FailedPayment)],
        Some(
            Opened(_) | Closed(_) | QuoteClosed(_) | LoanOpened(_) | LoanPaid(_) | LoanDefaulted(_)
            | LimitSet(_) | ProgrammeOpened(_) | ProgrammeClosed(_) | StandingQuoteMade(_)
            | ClaimPurchased(_) | ExtensionDrawn(_) | QuoteTaken(_),
        )
        | None => Vec::new(),
    })
}

/// The same for both sides of an invoice.
fn of_both(buyer: String, seller: String, change: impl Fn(Side) -> Change) -> Vec<Movement> {
    vec![
        movement(buyer, change(Side::Debtor)),
        movement(seller, change(Side::Supplier)),
    ]
}

fn movement(organization: String, change: Change) -> Movement {
    Movement {
        organization,
        change,
    }
}

fn read<M: Message + Default>(event: &Event) -> Result<M, UnreadableEvent> {
    M::decode(event.body.as_slice()).map_err(|problem| unreadable(event, problem))
}

fn read_date(event: &Event, date: Option<wire::Date>) -> Result<Date, UnreadableEvent> {
    Date::try_from(&date.unwrap_or_default()).map_err(|problem| unreadable(event, problem))
}

fn unreadable(event: &Event, problem: impl ToString) -> UnreadableEvent {
    UnreadableEvent {
        contract: event.contract,
        problem: problem.to_string(),
    }
}
