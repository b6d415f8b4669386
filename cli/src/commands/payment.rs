//! `counterfoil payment`: what debtors pay through their banks, outside the ledger.

use std::path::PathBuf;

use clap::Subcommand;
use counterfoil_proto::cash::v1::action::Action as Cash;
use counterfoil_proto::cash::v1::{self as cash, Payment, PaymentState};
use counterfoil_proto::settlement::v1 as settlement;
use counterfoil_proto::settlement::v1::action::Action as Settling;
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::{OrganizationId, PaymentId, ReceivableId};

use super::receivable;
use crate::arguments::{Instruction, Page, Sending, document_hash, enum_value};
use crate::client::Client;
use crate::failure::Failure;
use crate::lists::pages;
use crate::output::Answer;
use crate::owed::{Owed, ledger_date, live_claims};
use crate::session::Session;
use crate::views;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Have your bank pay a receivable outside the ledger, in whole or in part; its debtor may
    ///
    /// Works out what is owed on the day that is named and shows it. Makes a payment for each payee, all under one
    /// end-to-end id. Until their outcome the claims stay with whom they are, and nothing else is paid.
    Instruct {
        /// The receivable's id, 64 hexadecimal digits
        id: ReceivableId,
        /// Your bank, which asserts that it paid
        #[arg(long, value_name = "BANK")]
        bank: OrganizationId,
        /// What to pay, such as "500.00 USD"; all that is owed on the day if left out
        #[arg(long, value_name = "AMOUNT")]
        amount: Option<String>,
        /// The day for which you pay, up to two business days ahead; the ledger's date if left out
        #[arg(long, value_name = "DATE")]
        pay_on: Option<Date>,
        #[command(flatten)]
        instruction: Instruction,
        #[command(flatten)]
        sending: Sending,
    },
    /// Say that you paid, with your message to the other bank; the payer's bank may
    ///
    /// A message, and an entry of your books, is asserted once for ever.
    Assert {
        /// The payment's id, 64 hexadecimal digits
        id: PaymentId,
        #[command(flatten)]
        message: Message,
        /// Your reference of the entry in your books, 1 to 35 printable characters
        #[arg(long, value_name = "REFERENCE")]
        entry: String,
        /// The value date; the ledger's date if left out
        #[arg(long, value_name = "DATE")]
        value_date: Option<Date>,
        #[command(flatten)]
        sending: Sending,
    },
    /// Confirm that a payment arrived, contested or not; the payee's bank may, or the payee. The debt is paid
    Confirm {
        /// The payment's id, 64 hexadecimal digits
        id: PaymentId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Say that an asserted payment did not arrive; who confirms may, and once it was silent too long, each party
    Contest {
        /// The payment's id, 64 hexadecimal digits
        id: PaymentId,
        /// Why, in 1 to 280 characters
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        sending: Sending,
    },
    /// Agree that a contested payment did not take place; payer and payee may together. The debt stays
    ///
    /// One of the two proposes it (--propose --consent-of the other), the other consents.
    Cancel {
        /// The payment's id, 64 hexadecimal digits
        id: PaymentId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Decide a contested payment; the arbiter that the invoice's terms name may
    Rule {
        /// The payment's id, 64 hexadecimal digits
        id: PaymentId,
        #[command(flatten)]
        ruling: Ruling,
        /// Why, in 1 to 280 characters
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        sending: Sending,
    },
    /// End a payment that was not asserted by its deadline; each party may. The claims are free again
    Timeout {
        /// The payment's id, 64 hexadecimal digits
        id: PaymentId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Show one payment; its parties may, reads only
    Show {
        /// The payment's id, 64 hexadecimal digits
        id: PaymentId,
    },
    /// List the payments that you have a part in; reads only
    List {
        /// Only those of this debtor
        #[arg(long, value_name = "ORG")]
        payer: Option<OrganizationId>,
        /// Only those to this organization
        #[arg(long, value_name = "ORG")]
        payee: Option<OrganizationId>,
        /// Only those in this state: instructed, asserted, contested, confirmed, cancelled, timed-out
        #[arg(long, value_parser = state)]
        state: Option<PaymentState>,
        #[command(flatten)]
        page: Page,
    },
}

/// The bank's message about the one payment.
#[derive(clap::Args, Debug)]
#[group(required = true, multiple = false)]
pub struct Message {
    /// The message, such as a pacs.008, whose SHA-256 goes on the ledger; the message itself does not
    #[arg(long, value_name = "FILE")]
    message: Option<PathBuf>,
    /// The message's SHA-256, 64 hexadecimal digits
    #[arg(long, value_name = "HASH")]
    message_hash: Option<Hash>,
}

impl Message {
    fn hash(&self) -> Result<Hash, Failure> {
        let options = "--message or --message-hash";
        document_hash(self.message.as_deref(), self.message_hash, options)
    }
}

#[derive(clap::Args, Debug)]
#[group(required = true, multiple = false)]
pub struct Ruling {
    /// It took place: the debt is paid
    #[arg(long)]
    paid: bool,
    /// It did not: the debt stays
    #[arg(long)]
    not_paid: bool,
}

fn state(text: &str) -> Result<PaymentState, String> {
    enum_value("PAYMENT_STATE", text, PaymentState::from_str_name)
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    let (action, sending) = match command {
        Command::Instruct {
            id,
            bank,
            amount,
            pay_on,
            instruction,
            sending,
        } => {
            let day = match pay_on {
                Some(day) => day,
                None => ledger_date(&client).await?,
            };
            let receivable = receivable::get(&client, id.to_vec()).await?;
            let claims = live_claims(&client, &receivable).await?;
            let owed = Owed::on_receivable(day, &receivable, &claims)?;
            eprintln!(
                "owed on {}: {}",
                owed.date,
                owed.in_words("penalty", &currencies)
            );
            let amount = match amount {
                Some(amount) => currencies.read(&amount, Some(&owed.currency))?,
                None => owed.total()?,
            };
            eprintln!("{bank} is to pay {}", currencies.money(&amount));
            let instruct = settlement::InstructPayment {
                receivable: id.to_vec(),
                amount: Some(amount),
                end_to_end_id: instruction.id("wire"),
                asserter: bank.to_string(),
                pay_on: Some(day.to_proto()),
            };
            (
                Doing::Settling(Settling::InstructPayment(instruct)),
                sending,
            )
        }
        Command::Assert {
            id,
            message,
            entry,
            value_date,
            sending,
        } => {
            let value_date = match value_date {
                Some(day) => day,
                None => ledger_date(&client).await?,
            };
            let assert = cash::AssertPayment {
                payment: id.to_vec(),
                message_hash: message.hash()?.to_vec(),
                entry_reference: entry,
                value_date: Some(value_date.to_proto()),
            };
            (Doing::Cash(Cash::AssertPayment(assert)), sending)
        }
        Command::Contest {
            id,
            reason,
            sending,
        } => {
            let payment = id.to_vec();
            let contest = cash::ContestPayment { payment, reason };
            (Doing::Cash(Cash::ContestPayment(contest)), sending)
        }
        Command::Confirm { id, sending } => {
            let payment = id.to_vec();
            let confirm = settlement::ConfirmPayment { payment };
            (Doing::Settling(Settling::ConfirmPayment(confirm)), sending)
        }
        Command::Cancel { id, sending } => {
            let payment = id.to_vec();
            let cancel = settlement::CancelPayment { payment };
            (Doing::Settling(Settling::CancelPayment(cancel)), sending)
        }
        Command::Rule {
            id,
            ruling,
            reason,
            sending,
        } => {
            let rule = settlement::RulePayment {
                payment: id.to_vec(),
                paid: ruling.paid,
                reason,
            };
            (Doing::Settling(Settling::RulePayment(rule)), sending)
        }
        Command::Timeout { id, sending } => {
            let payment = id.to_vec();
            let time_out = settlement::TimeOutPayment { payment };
            (Doing::Settling(Settling::TimeOutPayment(time_out)), sending)
        }
        Command::Show { id } => {
            let payment = get(&client, id).await?;
            return Ok(Answer::record(views::payment(&payment, &currencies)));
        }
        Command::List {
            payer,
            payee,
            state,
            page,
        } => {
            let filter = wire::ListPaymentsRequest {
                payer: payer.map(String::from).unwrap_or_default(),
                payee: payee.map(String::from).unwrap_or_default(),
                state: state.unwrap_or_default().into(),
                ..Default::default()
            };
            let list = session
                .list(&page, pages(&client, filter), |p| {
                    views::payment(p, &currencies)
                })
                .await?;
            let columns = [
                "id",
                "payer",
                "payee",
                "amount_minor",
                "state",
                "deadline",
                "answer_by",
            ];
            return Ok(Answer::list("payments", &columns, list));
        }
    };
    match action {
        Doing::Cash(action) => {
            session
                .execute(&client, action, &sending, |_, view| view)
                .await
        }
        Doing::Settling(action) => {
            session
                .execute(&client, action, &sending, |_, view| view)
                .await
        }
    }
}

/// The contract that takes the action: what the banks say is cash's, what it does to the debt settlement's.
enum Doing {
    Cash(Cash),
    Settling(Settling),
}

async fn get(client: &Client, id: PaymentId) -> Result<Payment, Failure> {
    let request = wire::GetPaymentRequest { id: id.to_vec() };
    let answer = client.ledger().get_payment(request).await;
    let payment = answer.map_err(|s| client.failure(s))?.into_inner().payment;
    payment.ok_or_else(|| client.incomplete("a payment"))
}
