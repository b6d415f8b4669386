//! `counterfoil deposit`: bank deposits on the ledger.

use clap::{Subcommand, ValueEnum};
use counterfoil_proto::cash::v1 as cash;
use counterfoil_proto::cash::v1::action::Action;
use counterfoil_proto::v1 as wire;
use counterfoil_types::ids::OrganizationId;

use crate::amounts::{AmountArgument, Currencies};
use crate::arguments::{Instruction, Page, Sending, of_organization};
use crate::failure::Failure;
use crate::lists::pages;
use crate::output::Answer;
use crate::session::Session;
use crate::views;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Create deposits that this bank owes to a holder; a bank may
    Issue {
        /// The organization that gets them
        #[arg(long, value_name = "ORG")]
        holder: OrganizationId,
        #[command(flatten)]
        amount: AmountArgument,
        #[command(flatten)]
        instruction: Instruction,
        #[command(flatten)]
        sending: Sending,
    },
    /// Pass deposits on to another organization; their holder may
    Transfer {
        /// The bank whose deposits these are
        #[arg(long, value_name = "BANK")]
        issuer: OrganizationId,
        /// The organization that gets them
        #[arg(long, value_name = "ORG")]
        to: OrganizationId,
        #[command(flatten)]
        amount: AmountArgument,
        #[command(flatten)]
        instruction: Instruction,
        #[command(flatten)]
        sending: Sending,
    },
    /// Ask the bank to pay deposits out; their holder may. The amount is locked until the outcome
    Redeem {
        /// The bank whose deposits these are
        #[arg(long, value_name = "BANK")]
        issuer: OrganizationId,
        #[command(flatten)]
        amount: AmountArgument,
        #[command(flatten)]
        instruction: Instruction,
        #[command(flatten)]
        sending: Sending,
    },
    /// Confirm that the bank paid a redemption; its holder may. The locked deposits end
    Confirm {
        /// The redemption's end-to-end id
        #[arg(long, value_name = "ID")]
        end_to_end_id: String,
        #[command(flatten)]
        sending: Sending,
    },
    /// Decline to pay a redemption; the bank that issued the deposits may. They are the holder's to use again
    Decline {
        /// The organization that asked
        #[arg(long, value_name = "ORG")]
        holder: OrganizationId,
        /// The redemption's end-to-end id
        #[arg(long, value_name = "ID")]
        end_to_end_id: String,
        /// Why, in 1 to 280 characters
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        sending: Sending,
    },
    /// Say whose deposits you take, up to which balance, and which bank confirms what you are paid outside the ledger
    ///
    /// Replaces what was said before. It binds every payment to you from then on. Without --from, the deposits of all
    /// banks are taken, which is so at first.
    Accept {
        /// A bank and the most of its deposits that you hold, such as "bank-a=50000.00 USD"; may be repeated
        #[arg(long, value_name = "BANK=CAP")]
        from: Vec<String>,
        /// Take the deposits that are named while their bank is suspended, too
        #[arg(long, requires = "from")]
        while_suspended: bool,
        /// The bank that confirms what you are paid outside the ledger; you do if it is left out
        #[arg(long, value_name = "BANK")]
        account_bank: Option<OrganizationId>,
        #[command(flatten)]
        sending: Sending,
    },
    /// Show whose deposits you take; reads only
    Accepted {
        /// The organization that is paid; --org if left out
        #[arg(long, value_name = "ORG")]
        payee: Option<OrganizationId>,
    },
    /// Show one balance; its holder and its bank may, reads only
    Balance {
        /// The organization that holds the deposits; --org if left out
        #[arg(long, value_name = "ORG")]
        holder: Option<OrganizationId>,
        /// The bank that owes them
        #[arg(long, value_name = "BANK")]
        issuer: OrganizationId,
        /// Their currency
        #[arg(long, value_name = "CODE")]
        currency: String,
    },
    /// Show one redemption; its holder and its bank may, reads only
    Show {
        /// The organization that asked
        #[arg(long, value_name = "ORG")]
        holder: OrganizationId,
        /// The redemption's end-to-end id
        #[arg(long, value_name = "ID")]
        end_to_end_id: String,
    },
    /// List balances, redemptions, or what banks have issued, of those that are yours; reads only
    List {
        /// What to list
        #[arg(long, value_enum, default_value = "balances")]
        of: Of,
        /// Only those of this holder; not for issuances
        #[arg(long, value_name = "ORG")]
        holder: Option<OrganizationId>,
        /// Only those of this bank
        #[arg(long, value_name = "BANK")]
        issuer: Option<OrganizationId>,
        #[command(flatten)]
        page: Page,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Of {
    Balances,
    Redemptions,
    Issuances,
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    let (action, sending) = match command {
        Command::Issue {
            holder,
            amount,
            instruction,
            sending,
        } => {
            let issue = cash::IssueDeposit {
                holder: holder.to_string(),
                amount: Some(amount.resolve(&currencies)?),
                end_to_end_id: instruction.id("issue"),
            };
            (Action::Issue(issue), sending)
        }
        Command::Transfer {
            issuer,
            to,
            amount,
            instruction,
            sending,
        } => {
            let transfer = cash::TransferDeposit {
                issuer: issuer.to_string(),
                to: to.to_string(),
                amount: Some(amount.resolve(&currencies)?),
                end_to_end_id: instruction.id("transfer"),
            };
            (Action::Transfer(transfer), sending)
        }
        Command::Redeem {
            issuer,
            amount,
            instruction,
            sending,
        } => {
            let request = cash::RequestRedemption {
                issuer: issuer.to_string(),
                amount: Some(amount.resolve(&currencies)?),
                end_to_end_id: instruction.id("redeem"),
            };
            (Action::RequestRedemption(request), sending)
        }
        Command::Confirm {
            end_to_end_id,
            sending,
        } => (
            Action::ConfirmRedemption(cash::ConfirmRedemption { end_to_end_id }),
            sending,
        ),
        Command::Decline {
            holder,
            end_to_end_id,
            reason,
            sending,
        } => {
            let decline = cash::DeclineRedemption {
                holder: holder.to_string(),
                end_to_end_id,
                reason,
            };
            (Action::DeclineRedemption(decline), sending)
        }
        Command::Accept {
            from,
            while_suspended,
            account_bank,
            sending,
        } => {
            let mut accepted = Vec::with_capacity(from.len());
            for entry in &from {
                accepted.push(accepted_issuer(entry, while_suspended, &currencies)?);
            }
            accepted.sort_by(|a, b| (&a.issuer, &a.currency).cmp(&(&b.issuer, &b.currency)));
            let accept = cash::AcceptIssuers {
                accepted,
                account_bank: account_bank.map(String::from).unwrap_or_default(),
            };
            (Action::AcceptIssuers(accept), sending)
        }
        Command::Accepted { payee } => {
            let payee = match &payee {
                Some(payee) => payee.to_string(),
                None => session.organization()?.to_string(),
            };
            let request = wire::GetAcceptanceRequest { payee };
            let answer = client.ledger().get_acceptance(request).await;
            let answer = answer.map_err(|s| client.failure(s))?.into_inner();
            let acceptance = answer.acceptance;
            let acceptance = acceptance.ok_or_else(|| client.incomplete("an acceptance"))?;
            return Ok(Answer::record(views::acceptance(&acceptance, &currencies)));
        }
        Command::Balance {
            holder,
            issuer,
            currency,
        } => {
            let holder = match &holder {
                Some(holder) => holder,
                None => session.organization()?,
            };
            let request = wire::GetBalanceRequest {
                holder: holder.to_string(),
                issuer: issuer.to_string(),
                currency,
            };
            let answer = client.ledger().get_balance(request).await;
            let balance = answer.map_err(|s| client.failure(s))?.into_inner().balance;
            let balance = balance.ok_or_else(|| client.incomplete("a balance"))?;
            return Ok(Answer::record(views::balance(&balance, &currencies)));
        }
        Command::Show {
            holder,
            end_to_end_id,
        } => {
            let request = wire::GetRedemptionRequest {
                holder: holder.to_string(),
                end_to_end_id,
            };
            let answer = client.ledger().get_redemption(request).await;
            let redemption = answer
                .map_err(|s| client.failure(s))?
                .into_inner()
                .redemption;
            let redemption = redemption.ok_or_else(|| client.incomplete("a redemption"))?;
            return Ok(Answer::record(views::redemption(&redemption, &currencies)));
        }
        Command::List {
            of,
            holder,
            issuer,
            page,
        } => return list(session, of, holder, issuer, page).await,
    };
    session
        .execute(&client, action, &sending, |_, view| view)
        .await
}

fn accepted_issuer(
    text: &str,
    while_suspended: bool,
    currencies: &Currencies,
) -> Result<cash::AcceptedIssuer, Failure> {
    let how = "bank=cap, such as \"bank-a=50000.00 USD\"";
    let (issuer, cap) = of_organization("from", text, how)?;
    let cap = currencies.read(cap, None)?;
    Ok(cash::AcceptedIssuer {
        issuer: issuer.to_string(),
        currency: cap.currency,
        cap_minor: cap.minor,
        while_suspended,
    })
}

async fn list(
    session: &Session,
    of: Of,
    holder: Option<OrganizationId>,
    issuer: Option<OrganizationId>,
    page: Page,
) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    let holder = holder.map(String::from).unwrap_or_default();
    let issuer = issuer.map(String::from).unwrap_or_default();
    match of {
        Of::Balances => {
            let filter = wire::ListBalancesRequest {
                holder,
                issuer,
                ..Default::default()
            };
            let list = session
                .list(&page, pages(&client, filter), |b| {
                    views::balance(b, &currencies)
                })
                .await?;
            Ok(Answer::list(
                "balances",
                &["holder", "issuer", "available_minor", "locked_minor"],
                list,
            ))
        }
        Of::Redemptions => {
            let filter = wire::ListRedemptionsRequest {
                holder,
                issuer,
                ..Default::default()
            };
            let list = session
                .list(&page, pages(&client, filter), |r| {
                    views::redemption(r, &currencies)
                })
                .await?;
            let columns = [
                "holder",
                "issuer",
                "end_to_end_id",
                "state",
                "amount_minor",
                "requested_on",
            ];
            Ok(Answer::list("redemptions", &columns, list))
        }
        Of::Issuances if !holder.is_empty() => Err(Failure::Usage(
            "issuances are a bank's, they have no holder: leave --holder out".into(),
        )),
        Of::Issuances => {
            let fetch = async |page_size, page_token| {
                let request = wire::ListIssuancesRequest {
                    page_size,
                    page_token,
                    issuer: issuer.clone(),
                };
                let answer = client.ledger().list_issuances(request).await;
                let answer = answer.map_err(|s| client.failure(s))?.into_inner();
                Ok((answer.issuances, answer.next_page_token))
            };
            let list = session
                .list(&page, fetch, |i| views::issuance(i, &currencies))
                .await?;
            Ok(Answer::list(
                "issuances",
                &["issuer", "currency", "issued_minor", "redeemed_minor"],
                list,
            ))
        }
    }
}
