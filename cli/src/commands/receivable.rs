//! `counterfoil receivable`: what is owed on confirmed invoices, paying it, and reporting that it is not paid.

use clap::Subcommand;
use counterfoil_proto::receivable::v1::{Claim, FeePaid, Receivable, ReceivableState};
use counterfoil_proto::settlement::v1 as settlement;
use counterfoil_proto::settlement::v1::action::Action;
use counterfoil_proto::v1 as wire;
use counterfoil_types::ids::{OrganizationId, ReceivableId};

use crate::amounts::Currencies;
use crate::arguments::{Instruction, Page, Sending, enum_value};
use crate::client::Client;
use crate::failure::Failure;
use crate::lists::pages;
use crate::output::{Answer, View, table};
use crate::owed::{Owed, ledger_date, live_claims, penalty};
use crate::session::Session;
use crate::views;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Pay a receivable, in whole or in part; its debtor may
    ///
    /// Works out what is owed at the ledger's date, outstanding principal and
    /// after the due date a penalty, and shows it. Pays it, or the amount given, from the
    /// debtor's deposits with one bank: senior claims first, principal before penalty, lenders
    /// before the controllers of pledged claims. What is beyond all that is owed stays with the debtor.
    Settle {
        /// The receivable's id, 64 hexadecimal digits
        id: ReceivableId,
        /// The bank whose deposits pay
        #[arg(long, value_name = "BANK")]
        issuer: OrganizationId,
        /// What to pay, such as "500.00 USD"; all that is owed if left out
        #[arg(long, value_name = "AMOUNT")]
        amount: Option<String>,
        /// A fee that the terms name, paid on top, such as bank-a=12.50; may be repeated
        #[arg(long = "fee", value_name = "PAYEE=AMOUNT")]
        fees: Vec<String>,
        #[command(flatten)]
        instruction: Instruction,
        #[command(flatten)]
        sending: Sending,
    },
    /// Report that principal is not paid after its due date; anyone may. The receivable is Overdue then
    ReportOverdue {
        /// The receivable's id, 64 hexadecimal digits
        id: ReceivableId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Report that principal is not paid after the days of grace; anyone may. The receivable is Defaulted then
    ReportDefault {
        /// The receivable's id, 64 hexadecimal digits
        id: ReceivableId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Show one receivable, its live claims and what is owed at the ledger's date; whoever has a part in it may, reads only
    ///
    /// Of claims that are not yours to read only the numbers are shown, and what is owed leaves them out.
    Show {
        /// The receivable's id, 64 hexadecimal digits
        id: ReceivableId,
    },
    /// List what its debtor paid of a receivable, one payment after the other; whoever has a part in it may, reads only
    ///
    /// Payments from before version 9 of the rules are in the receivable's sums alone.
    Payments {
        /// The receivable's id, 64 hexadecimal digits
        id: ReceivableId,
        #[command(flatten)]
        page: Page,
    },
    /// List the receivables that you have a part in; reads only
    List {
        /// Only those this organization owes
        #[arg(long, value_name = "ORG")]
        debtor: Option<OrganizationId>,
        /// Only those in this state: performing, overdue, defaulted, settled
        #[arg(long, value_parser = state)]
        state: Option<ReceivableState>,
        #[command(flatten)]
        page: Page,
    },
}

fn state(text: &str) -> Result<ReceivableState, String> {
    enum_value("RECEIVABLE_STATE", text, ReceivableState::from_str_name)
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    let (action, sending) = match command {
        Command::Settle {
            id,
            issuer,
            amount,
            fees,
            instruction,
            sending,
        } => {
            let receivable = get(&client, id.to_vec()).await?;
            let claims = live_claims(&client, &receivable).await?;
            let owed = Owed::on_receivable(ledger_date(&client).await?, &receivable, &claims)?;
            eprintln!(
                "owed on {}: {}",
                owed.date,
                owed.in_words("penalty", &currencies)
            );
            let amount = match amount {
                Some(amount) => currencies.read(&amount, Some(&owed.currency))?,
                None => owed.total()?,
            };
            eprintln!("paying {}", currencies.money(&amount));
            let settle = settlement::SettleReceivable {
                receivable: id.to_vec(),
                issuer: issuer.to_string(),
                amount: Some(amount),
                end_to_end_id: instruction.id("settle"),
                fees: fees_to_pay(&fees, &owed.currency, &currencies)?,
            };
            (Action::Settle(settle), sending)
        }
        Command::ReportOverdue { id, sending } => {
            let receivable = id.to_vec();
            let report = settlement::ReportOverdue { receivable };
            (Action::ReportOverdue(report), sending)
        }
        Command::ReportDefault { id, sending } => {
            let receivable = id.to_vec();
            let report = settlement::ReportDefault { receivable };
            (Action::ReportDefault(report), sending)
        }
        Command::Show { id } => return show(&client, id, &currencies).await,
        Command::Payments { id, page } => {
            let receivable = get(&client, id.to_vec()).await?;
            let currency = receivable
                .face
                .map(|face| face.currency)
                .unwrap_or_default();
            let filter = wire::ListDebtPaymentsRequest {
                receivable: id.to_vec(),
                ..Default::default()
            };
            let list = session
                .list(&page, pages(&client, filter), |payment| {
                    views::debt_payment(payment, &currency, &currencies)
                })
                .await?;
            let columns = ["number", "value_date", "principal_minor", "penalty_minor"];
            return Ok(Answer::list("payments", &columns, list));
        }
        Command::List {
            debtor,
            state,
            page,
        } => {
            let filter = wire::ListReceivablesRequest {
                debtor: debtor.map(String::from).unwrap_or_default(),
                state: state.unwrap_or_default().into(),
                ..Default::default()
            };
            let list = session
                .list(&page, pages(&client, filter), |r| {
                    views::receivable(r, &currencies)
                })
                .await?;
            let columns = [
                "id",
                "debtor",
                "state",
                "face_minor",
                "redeemed_minor",
                "adjusted_due_date",
                "settled_on",
            ];
            return Ok(Answer::list("receivables", &columns, list));
        }
    };
    session
        .execute(&client, action, &sending, |_, view| view)
        .await
}

fn fees_to_pay(
    fees: &[String],
    currency: &str,
    currencies: &Currencies,
) -> Result<Vec<FeePaid>, Failure> {
    let mut to_pay = Vec::with_capacity(fees.len());
    for fee in fees {
        let (payee, amount_minor) = currencies.fee(fee, currency)?;
        to_pay.push(FeePaid {
            payee,
            amount_minor,
        });
    }
    to_pay.sort_by(|a, b| a.payee.cmp(&b.payee));
    Ok(to_pay)
}

pub async fn get(client: &Client, id: Vec<u8>) -> Result<Receivable, Failure> {
    let answer = client
        .ledger()
        .get_receivable(wire::GetReceivableRequest { id })
        .await;
    let receivable = answer
        .map_err(|s| client.failure(s))?
        .into_inner()
        .receivable;
    receivable.ok_or_else(|| client.incomplete("a receivable"))
}

/// The same, or none where it is not the caller's to read: a claim's former controller reads the
/// claim, and no longer what it was a claim to.
pub async fn find(client: &Client, id: Vec<u8>) -> Result<Option<Receivable>, Failure> {
    let request = wire::GetReceivableRequest { id };
    let answer = client.ledger().get_receivable(request).await;
    let found = client.found(answer)?;
    Ok(found.and_then(|answer| answer.receivable))
}

async fn show(
    client: &Client,
    id: ReceivableId,
    currencies: &Currencies,
) -> Result<Answer, Failure> {
    let receivable = get(client, id.to_vec()).await?;
    let claims = live_claims(client, &receivable).await?;
    let owed = Owed::on_receivable(ledger_date(client).await?, &receivable, &claims)?;
    let claim = |claim: &Claim| {
        let owed_penalty = penalty(owed.date, &receivable, claim)?;
        let view = views::claim(claim, &owed.currency, currencies);
        Ok(view.minor(
            "owed_penalty_minor",
            owed_penalty,
            &owed.currency,
            currencies,
        ))
    };
    let mut of_others = receivable.live_claims.clone();
    of_others.retain(|number| !claims.iter().any(|claim| claim.number == *number));
    let claims: Vec<View> = claims.iter().map(claim).collect::<Result<_, Failure>>()?;
    let columns = [
        "number",
        "controller",
        "rank",
        "outstanding_minor",
        "owed_penalty_minor",
        "encumbrance",
    ];
    let drawing = table(&columns, &claims);
    let view = views::receivable(&receivable, currencies)
        .numbers("claims_of_others", &of_others)
        .text("ledger_date", owed.date)
        .minor(
            "owed_principal_minor",
            owed.principal_minor(),
            &owed.currency,
            currencies,
        )
        .minor(
            "owed_penalty_minor",
            owed.added_minor(),
            &owed.currency,
            currencies,
        )
        .hidden_records("claims", claims);
    Ok(Answer::record(view).below(drawing))
}
