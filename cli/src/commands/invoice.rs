//! `counterfoil invoice`: registration and the buyer's answer.

use clap::Subcommand;
use counterfoil_proto::invoice::v1 as invoice;
use counterfoil_proto::invoice::v1::action::Action;
use counterfoil_proto::invoice::v1::{Invoice, InvoiceState};
use counterfoil_proto::receivable::v1::Terms;
use counterfoil_proto::v1 as wire;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::{InvoiceId, OrganizationId, ReceivableId};
use prost::Message as _;

use crate::amounts::{Currencies, percent};
use crate::arguments::{Page, Sending, enum_value};
use crate::client::Client;
use crate::commands::invoice::register::Register;
use crate::failure::Failure;
use crate::lists::pages;
use crate::output::Answer;
use crate::session::Session;
use crate::views;

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
    /// Ask the seller about an invoice; its buyer may, while it is Registered. It is then UnderQuery
    Query(Reasoned),
    /// Say that a query is answered; the buyer may, while it is UnderQuery. It is then Registered
    Resolve(Reasoned),
    /// Undertake irrevocably to pay an invoice; its buyer may, while it is Registered or UnderQuery
    ///
    /// Shows amount and terms as they stand on the ledger and signs them. Opens
    /// the receivable, and the seller's claim to it.
    Confirm {
        /// The invoice's id, 64 hexadecimal digits
        id: InvoiceId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Refuse an invoice for good; its buyer may, while it is Registered or UnderQuery
    Reject(Reasoned),
    /// Take an invoice back; its seller may, while it is Registered or UnderQuery
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
        /// Only those in this state: registered, under-query, confirmed, rejected, withdrawn
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
        Command::Confirm { id, sending } => {
            let confirm = confirmation(&get(&client, id).await?, &currencies);
            (Action::Confirm(confirm), sending)
        }
        Command::Show { id } => {
            let invoice = get(&client, id).await?;
            return Ok(Answer::record(views::invoice(&invoice, &currencies)));
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

/// The hash of terms, which a confirmation repeats.
pub fn terms_hash(terms: &Terms) -> Hash {
    Hash::tagged("counterfoil/terms/v1", &[&terms.encode_to_vec()])
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
    }
}
