//! `counterfoil loan`: loans on pledged claims, repaying them and releasing claims.

use clap::Subcommand;
use counterfoil_proto::financing::v1 as financing;
use counterfoil_proto::financing::v1::action::Action;
use counterfoil_proto::financing::v1::{Loan, LoanState};
use counterfoil_proto::v1 as wire;
use counterfoil_types::ids::{ClaimId, LoanId, OrganizationId};
use counterfoil_types::schedule::{Instalment, instalments};

use crate::arguments::{Instruction, Page, Sending, enum_value};
use crate::client::Client;
use crate::commands::claim::Parts;
use crate::failure::Failure;
use crate::lists::pages;
use crate::output::{Answer, Listed};
use crate::owed::{Owed, ledger_date};
use crate::session::Session;
use crate::views;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Pay on a loan, in whole or in part, at any time; its borrower may
    ///
    /// Works out what is owed at the ledger's date and shows it. Pays it, or the amount given,
    /// from the borrower's deposits with the lender, or with the bank in whose deposits the loan
    /// was paid out: accrued interest first, then principal. Once nothing is owed, the claims that are pledged for it are free.
    Repay {
        /// The loan's id, 64 hexadecimal digits
        id: LoanId,
        /// The bank whose deposits pay; the lender if left out
        #[arg(long, value_name = "BANK")]
        issuer: Option<OrganizationId>,
        /// What to pay, such as "500.00 USD"; all that is owed today if left out
        #[arg(long, value_name = "AMOUNT")]
        amount: Option<String>,
        #[command(flatten)]
        instruction: Instruction,
        #[command(flatten)]
        sending: Sending,
    },
    /// Free a claim that is pledged for a loan; its lender may. The loan stays
    Release {
        /// The loan's id, 64 hexadecimal digits
        id: LoanId,
        /// The claim's id: the receivable's 64 hexadecimal digits, '#', the claim's number
        #[arg(long, value_name = "ID")]
        claim: ClaimId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Report that an instalment is overdue beyond its grace days; the lender may. All of the loan may be collected then
    Default {
        /// The loan's id, 64 hexadecimal digits
        id: LoanId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Take control of a claim that is pledged for a loan in default; the lender may
    ///
    /// What the claim is paid goes to the loan's debt first, the rest to the borrower. Once nothing is owed the claim
    /// goes back to the borrower.
    Enforce {
        /// The loan's id, 64 hexadecimal digits
        id: LoanId,
        /// The claim's id: the receivable's 64 hexadecimal digits, '#', the claim's number
        #[arg(long, value_name = "ID")]
        claim: ClaimId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Divide a claim that is pledged for a loan; its controller may, with the lender's consent (--propose --consent-of)
    ///
    /// The parts are claims with new numbers, in the order given; each secures the whole loan.
    Split {
        /// The loan's id, 64 hexadecimal digits
        id: LoanId,
        /// The claim's id: the receivable's 64 hexadecimal digits, '#', the claim's number
        #[arg(long, value_name = "ID")]
        claim: ClaimId,
        #[command(flatten)]
        parts: Parts,
        #[command(flatten)]
        sending: Sending,
    },
    /// Show the instalments of a loan that are still planned; its lender and borrower may, reads only
    Schedule {
        /// The loan's id, 64 hexadecimal digits
        id: LoanId,
    },
    /// Show one loan and what is owed at the ledger's date; its lender and borrower may, reads only
    Show {
        /// The loan's id, 64 hexadecimal digits
        id: LoanId,
    },
    /// List the loans that you gave or took; reads only
    List {
        /// Only those of this borrower
        #[arg(long, value_name = "ORG")]
        borrower: Option<OrganizationId>,
        /// Only those of this lender
        #[arg(long, value_name = "BANK")]
        lender: Option<OrganizationId>,
        /// Only those in this state: open, repaid, defaulted
        #[arg(long, value_parser = state)]
        state: Option<LoanState>,
        #[command(flatten)]
        page: Page,
    },
}

fn state(text: &str) -> Result<LoanState, String> {
    enum_value("LOAN_STATE", text, LoanState::from_str_name)
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    let (action, sending) = match command {
        Command::Repay {
            id,
            issuer,
            amount,
            instruction,
            sending,
        } => {
            let loan = get(&client, id).await?;
            let owed = Owed::on_loan(ledger_date(&client).await?, &loan)?;
            eprintln!(
                "owed to {} on {}: {}",
                loan.lender,
                owed.date,
                owed.in_words("interest", &currencies)
            );
            let amount = match amount {
                Some(amount) => currencies.read(&amount, Some(&owed.currency))?,
                None => owed.total()?,
            };
            eprintln!("paying {}", currencies.money(&amount));
            let repay = financing::RepayLoan {
                loan: id.to_vec(),
                issuer: issuer.map_or(loan.lender, String::from),
                amount: Some(amount),
                end_to_end_id: instruction.id("repay"),
            };
            (Action::Repay(repay), sending)
        }
        Command::Release { id, claim, sending } => {
            let release = financing::ReleasePledge {
                loan: id.to_vec(),
                receivable: claim.receivable.to_vec(),
                number: claim.number,
            };
            (Action::Release(release), sending)
        }
        Command::Default { id, sending } => {
            let report = financing::ReportLoanDefault { loan: id.to_vec() };
            (Action::ReportLoanDefault(report), sending)
        }
        Command::Enforce { id, claim, sending } => {
            let take = financing::TakeControl {
                loan: id.to_vec(),
                receivable: claim.receivable.to_vec(),
                number: claim.number,
            };
            (Action::TakeControl(take), sending)
        }
        Command::Split {
            id,
            claim,
            parts,
            sending,
        } => {
            let split = financing::SplitCollateral {
                loan: id.to_vec(),
                receivable: claim.receivable.to_vec(),
                number: claim.number,
                parts_minor: parts.minor(&client, &currencies, claim).await?,
            };
            (Action::SplitCollateral(split), sending)
        }
        Command::Schedule { id } => {
            let loan = get(&client, id).await?;
            let planned = instalments(&loan).map_err(|e| Failure::Failed(e.to_string()))?;
            let view = |instalment: &Instalment| views::instalment(instalment, &loan, &currencies);
            let planned = planned.iter().map(view).collect();
            let columns = ["due", "principal_minor", "interest_minor", "left_minor"];
            let list = Listed {
                items: planned,
                next_page_token: String::new(),
            };
            return Ok(Answer::list("instalments", &columns, list));
        }
        Command::Show { id } => {
            let loan = get(&client, id).await?;
            let owed = Owed::on_loan(ledger_date(&client).await?, &loan)?;
            let view = views::loan(&loan, &currencies)
                .text("ledger_date", owed.date)
                .minor(
                    "owed_principal_minor",
                    owed.principal_minor(),
                    &owed.currency,
                    &currencies,
                )
                .minor(
                    "owed_interest_minor",
                    owed.added_minor(),
                    &owed.currency,
                    &currencies,
                );
            return Ok(Answer::record(view));
        }
        Command::List {
            borrower,
            lender,
            state,
            page,
        } => {
            let filter = wire::ListLoansRequest {
                borrower: borrower.map(String::from).unwrap_or_default(),
                lender: lender.map(String::from).unwrap_or_default(),
                state: state.unwrap_or_default().into(),
                ..Default::default()
            };
            let list = session
                .list(&page, pages(&client, filter), |l| {
                    views::loan(l, &currencies)
                })
                .await?;
            let columns = [
                "id",
                "lender",
                "borrower",
                "state",
                "outstanding_minor",
                "rate_ppm",
                "due_date",
            ];
            return Ok(Answer::list("loans", &columns, list));
        }
    };
    session
        .execute(&client, action, &sending, |_, view| view)
        .await
}

async fn get(client: &Client, id: LoanId) -> Result<Loan, Failure> {
    let answer = client
        .ledger()
        .get_loan(wire::GetLoanRequest { id: id.to_vec() })
        .await;
    let loan = answer.map_err(|s| client.failure(s))?.into_inner().loan;
    loan.ok_or_else(|| client.incomplete("a loan"))
}
