//! `counterfoil invoice`: registration and proposal, the buyer's answer, credit notes and disputes.

use clap::Subcommand;
use counterfoil_proto::invoice::v1 as invoice;
use counterfoil_proto::invoice::v1::action::Action;
use counterfoil_proto::invoice::v1::{Invoice, InvoiceState, WarningKind};
use counterfoil_proto::receivable::v1::Receivable;
use counterfoil_proto::v1 as wire;
use counterfoil_types::ids::{InvoiceId, OrganizationId, ReceivableId};
use counterfoil_types::invoice_response::InvoiceResponse;
use counterfoil_types::terms::terms_hash;

use crate::amounts::{Currencies, percent};
use crate::arguments::{Page, Sending, enum_value};
use crate::client::Client;
use crate::commands::invoice::register::Register;
use crate::commands::policy;
use crate::failure::Failure;
use crate::lists::pages;
use crate::output::Answer;
use crate::owed::{ledger_date, read_date};
use crate::session::Session;
use crate::views;

mod conditions;
mod disputes;
mod register;

/// UNTDID 1001.
pub const COMMERCIAL_INVOICE: u32 = 380;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Register an invoice; its seller, a supplier, may
    ///
    /// Puts the invoice on the ledger for its buyer to answer, and takes its
    /// number and its document for ever: neither can be registered again. The
    /// receipt carries warnings where it is like another invoice.
    Register(Box<Register>),
    /// Propose an invoice to its seller, such as a self-billed one; its buyer, a core enterprise, may. It is then Proposed
    ///
    /// It takes no number and no document before its seller accepts it.
    Propose(Box<register::Propose>),
    /// Register an invoice that its buyer proposes; its seller may, while it is Proposed. It is then Registered
    AcceptProposal {
        /// The invoice's id, 64 hexadecimal digits
        id: InvoiceId,
        #[command(flatten)]
        place: register::Place,
        #[command(flatten)]
        sending: Sending,
    },
    /// Refuse a proposed invoice for good; its seller may, while it is Proposed
    DeclineProposal(Reasoned),
    /// Take a proposed invoice back for good; its buyer may, while it is Proposed
    TakeBack {
        /// The invoice's id, 64 hexadecimal digits
        id: InvoiceId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Ask the seller about an invoice; its buyer may, while it is Registered. It is then UnderQuery
    Query(Reasoned),
    /// Say that a query is answered; the buyer may, while it is UnderQuery. It is then Registered
    Resolve(Reasoned),
    /// Undertake irrevocably to pay an invoice; its buyer may, while it is Registered or UnderQuery
    ///
    /// Shows amount, terms and warnings as they stand on the ledger and signs them. Opens
    /// the receivable, and the seller's claim to it.
    Confirm {
        /// The invoice's id, 64 hexadecimal digits
        id: InvoiceId,
        /// Say that you have looked at what the invoice is like, where it has warnings
        #[arg(long)]
        acknowledge_warnings: bool,
        #[command(flatten)]
        sending: Sending,
    },
    /// Refuse an invoice for good; its buyer may, while it is Registered or UnderQuery
    Reject(Reasoned),
    /// Undertake to pay a lower amount or under other terms if the seller agrees; the buyer may, as it may confirm
    Condition(Box<conditions::Condition>),
    /// Agree to the buyer's conditions; the seller may, until their last day. The invoice is then Confirmed under them
    AcceptConditions {
        /// The invoice's id, 64 hexadecimal digits
        id: InvoiceId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Refuse the buyer's conditions; the seller may. The invoice is then UnderQuery
    RefuseConditions(Reasoned),
    /// End conditions after their last day; seller or buyer may. The invoice is then UnderQuery
    ExpireConditions {
        /// The invoice's id, 64 hexadecimal digits
        id: InvoiceId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Put a credit note on a confirmed invoice; its seller may, with the buyer's consent
    ///
    /// It reduces the claims it names, with the consent of others who control them or have them in pledge; what it
    /// is over beyond them the buyer still pays, and the seller owes it back.
    /// Ask for the consents by --propose and --consent-of.
    Credit(Box<disputes::Credit>),
    /// Open a dispute about a confirmed invoice; its seller or buyer may. It stops no payment
    Dispute(Reasoned),
    /// Rule on a dispute; an arbiter of the invoice's terms may. Enough equal rulings end it
    Rule(Box<disputes::Rule>),
    /// End a dispute by agreement; seller or buyer may, with the other's consent (--propose --consent-of)
    EndDispute(Box<disputes::Rule>),
    /// Take an invoice back; its seller may, before it is Confirmed
    Withdraw {
        /// The invoice's id, 64 hexadecimal digits
        id: InvoiceId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Show one invoice; its seller and buyer may, reads only
    Show {
        /// The invoice's id, 64 hexadecimal digits
        id: InvoiceId,
    },
    /// List the invoices that you sent or received; reads only
    List {
        /// Only those of this seller
        #[arg(long, value_name = "ORG")]
        seller: Option<OrganizationId>,
        /// Only those to this buyer
        #[arg(long, value_name = "ORG")]
        buyer: Option<OrganizationId>,
        /// Only those in this state: registered, under-query, confirmed, rejected, withdrawn, proposed,
        /// conditionally-confirmed, declined, taken-back
        #[arg(long, value_parser = state)]
        state: Option<InvoiceState>,
        #[command(flatten)]
        page: Page,
    },
}

/// An invoice and a reason.
#[derive(clap::Args, Debug)]
pub struct Reasoned {
    /// The invoice's id, 64 hexadecimal digits
    id: InvoiceId,
    /// Why, in 1 to 280 characters
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    sending: Sending,
}

fn state(text: &str) -> Result<InvoiceState, String> {
    enum_value("INVOICE_STATE", text, InvoiceState::from_str_name)
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    let (action, sending) = match command {
        Command::Register(register) => {
            let (action, sending) = register.into_action(&currencies)?;
            return session
                .execute(
                    &client,
                    Action::Register(action),
                    &sending,
                    |tx_id, view| {
                        let id = InvoiceId::of(tx_id);
                        view.text("invoice", id)
                            .text("receivable_if_confirmed", ReceivableId::of(id))
                    },
                )
                .await;
        }
        Command::Query(Reasoned {
            id,
            reason,
            sending,
        }) => (
            Action::Query(invoice::QueryInvoice {
                invoice: id.to_vec(),
                reason,
            }),
            sending,
        ),
        Command::Resolve(Reasoned {
            id,
            reason,
            sending,
        }) => (
            Action::ResolveQuery(invoice::ResolveQuery {
                invoice: id.to_vec(),
                reason,
            }),
            sending,
        ),
        Command::Reject(Reasoned {
            id,
            reason,
            sending,
        }) => (
            Action::Reject(invoice::RejectInvoice {
                invoice: id.to_vec(),
                reason,
            }),
            sending,
        ),
        Command::Withdraw { id, sending } => (
            Action::Withdraw(invoice::WithdrawInvoice {
                invoice: id.to_vec(),
            }),
            sending,
        ),
        Command::Confirm {
            id,
            acknowledge_warnings,
            sending,
        } => {
            let mut invoice = get(&client, id).await?;
            look_at_tenor(&client, &mut invoice).await?;
            check_acknowledged(&invoice, acknowledge_warnings)?;
            let confirm = confirmation(&invoice, &currencies);
            (Action::Confirm(confirm), sending)
        }
        Command::Propose(propose) => {
            let (action, sending) = propose.into_action(session.organization()?, &currencies)?;
            return session
                .execute(&client, Action::Propose(action), &sending, |tx_id, view| {
                    view.text("invoice", InvoiceId::of(tx_id))
                })
                .await;
        }
        Command::AcceptProposal { id, place, sending } => {
            let (succeeds, release) = place.resolve();
            let accept = invoice::AcceptProposal {
                invoice: id.to_vec(),
                succeeds,
                release,
            };
            (Action::AcceptProposal(accept), sending)
        }
        Command::DeclineProposal(Reasoned {
            id,
            reason,
            sending,
        }) => (
            Action::DeclineProposal(invoice::DeclineProposal {
                invoice: id.to_vec(),
                reason,
            }),
            sending,
        ),
        Command::TakeBack { id, sending } => {
            let invoice = id.to_vec();
            let take_back = invoice::TakeBackProposal { invoice };
            (Action::TakeBackProposal(take_back), sending)
        }
        Command::Condition(condition) => {
            let mut invoice = get(&client, condition.id()).await?;
            look_at_tenor(&client, &mut invoice).await?;
            let (action, sending) = condition.into_action(&invoice, &currencies)?;
            (Action::ConfirmConditionally(action), sending)
        }
        Command::AcceptConditions { id, sending } => {
            let accept = conditions::acceptance(&get(&client, id).await?, &currencies)?;
            (Action::AcceptConditions(accept), sending)
        }
        Command::RefuseConditions(Reasoned {
            id,
            reason,
            sending,
        }) => (
            Action::RefuseConditions(invoice::RefuseConditions {
                invoice: id.to_vec(),
                reason,
            }),
            sending,
        ),
        Command::ExpireConditions { id, sending } => {
            let invoice = id.to_vec();
            let expire = invoice::ExpireConditions { invoice };
            (Action::ExpireConditions(expire), sending)
        }
        Command::Credit(credit) => {
            let gross = get(&client, credit.id()).await?.gross.unwrap_or_default();
            let currency = gross.currency.as_str();
            let me = session.organization()?;
            let (action, sending) = credit.into_action(me, currency, &currencies)?;
            (Action::Credit(action), sending)
        }
        Command::Dispute(Reasoned {
            id,
            reason,
            sending,
        }) => (
            Action::OpenDispute(invoice::OpenDispute {
                invoice: id.to_vec(),
                reason,
            }),
            sending,
        ),
        Command::Rule(rule) => {
            let (invoice, ruling, sending) = rule.resolve(&currencies)?;
            let ruling = Some(ruling);
            let rule = invoice::RuleOnDispute { invoice, ruling };
            (Action::RuleOnDispute(rule), sending)
        }
        Command::EndDispute(end) => {
            let (invoice, ruling, sending) = end.resolve(&currencies)?;
            let ruling = Some(ruling);
            let end = invoice::EndDispute { invoice, ruling };
            (Action::EndDispute(end), sending)
        }
        Command::Show { id } => {
            let invoice = get(&client, id).await?;
            let receivable = receivable_of(&client, &invoice).await?;
            let response = InvoiceResponse::of(&invoice, receivable.as_ref());
            let view = views::invoice(&invoice, &currencies).text(
                "invoice_response",
                response.map_or("–", InvoiceResponse::code),
            );
            return Ok(Answer::record(view));
        }
        Command::List {
            seller,
            buyer,
            state,
            page,
        } => {
            let filter = wire::ListInvoicesRequest {
                seller: seller.map(String::from).unwrap_or_default(),
                buyer: buyer.map(String::from).unwrap_or_default(),
                state: state.unwrap_or_default().into(),
                ..Default::default()
            };
            let list = session
                .list(&page, pages(&client, filter), |i| {
                    views::invoice(i, &currencies)
                })
                .await?;
            let columns = [
                "id",
                "seller",
                "buyer",
                "number",
                "gross_minor",
                "due_date",
                "state",
            ];
            return Ok(Answer::list("invoices", &columns, list));
        }
    };
    session
        .execute(&client, action, &sending, |_, view| view)
        .await
}

async fn get(client: &Client, id: InvoiceId) -> Result<Invoice, Failure> {
    let answer = client
        .ledger()
        .get_invoice(wire::GetInvoiceRequest { id: id.to_vec() })
        .await;
    let invoice = answer.map_err(|s| client.failure(s))?.into_inner().invoice;
    invoice.ok_or_else(|| client.incomplete("an invoice"))
}

/// The receivable of a confirmed invoice, which its parties may read.
async fn receivable_of(client: &Client, invoice: &Invoice) -> Result<Option<Receivable>, Failure> {
    if invoice.receivable.is_empty() {
        return Ok(None);
    }
    let id = invoice.receivable.clone();
    let answer = client
        .ledger()
        .get_receivable(wire::GetReceivableRequest { id })
        .await;
    Ok(answer
        .map_err(|s| client.failure(s))?
        .into_inner()
        .receivable)
}

/// Adds the warning of a tenor that the policy pack in force wants looked at.
async fn look_at_tenor(client: &Client, invoice: &mut Invoice) -> Result<(), Failure> {
    let today = ledger_date(client).await?;
    let pack = policy::in_force(client, today).await?.unwrap_or_default();
    let above = pack.rules.unwrap_or_default().scrutiny_above_days;
    if above > 0 && today.days_until(read_date(invoice.due_date)?) > i64::from(above) {
        invoice.warnings.push(WarningKind::LongTenor.into());
    }
    Ok(())
}

/// Whoever confirms an invoice with warnings says that it has looked at them.
fn check_acknowledged(invoice: &Invoice, acknowledged: bool) -> Result<(), Failure> {
    let kinds: Vec<String> = invoice.warnings().map(|kind| format!("{kind:?}")).collect();
    if kinds.is_empty() || acknowledged {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "the invoice has warnings: {}\n  what to do: see that you do not pay twice, and confirm with --acknowledge-warnings",
        kinds.join(", ")
    )))
}

/// Repeats an invoice's amount and terms, and shows them to whoever is about to sign.
fn confirmation(invoice: &Invoice, currencies: &Currencies) -> invoice::ConfirmInvoice {
    let gross = invoice.gross.clone().unwrap_or_default();
    let terms = invoice.terms.clone().unwrap_or_default();
    let terms_hash = terms_hash(&terms);
    eprintln!(
        "confirming invoice {} of {}: {}, due {}",
        invoice.number,
        invoice.seller,
        currencies.money(&gross),
        views::day(invoice.due_date),
    );
    eprintln!(
        "terms {terms_hash}: {:?}, {} grace days, penalty {} a year, {}, {} fees",
        terms.day_count(),
        terms.grace_days,
        percent(terms.penalty_rate_ppm),
        if terms.assignable {
            "assignable"
        } else {
            "not assignable"
        },
        terms.fees.len(),
    );
    invoice::ConfirmInvoice {
        invoice: invoice.id.clone(),
        amount: Some(gross),
        terms_hash: terms_hash.to_vec(),
        acknowledged: invoice.warnings.clone(),
    }
}
