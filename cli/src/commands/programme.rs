//! `counterfoil programme`: payables finance, early payment of suppliers and extensions for the buyer.

use clap::Subcommand;
use counterfoil_proto::financing::v1 as financing;
use counterfoil_proto::financing::v1::action::Action;
use counterfoil_proto::financing::v1::{Programme, ProgrammeState, StandingQuote};
use counterfoil_proto::receivable::v1::DayCount;
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{ClaimId, LoanId, OrganizationId, ProgrammeId};

use crate::amounts::{parse_percent, percent};
use crate::arguments::{Page, Sending, enum_value};
use crate::client::Client;
use crate::failure::Failure;
use crate::lists::{all, pages};
use crate::output::{Answer, View, table};
use crate::session::Session;
use crate::views;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Let banks pay your suppliers early; a core enterprise may
    Open {
        /// A bank that may quote; may be repeated, up to 32 times; every bank may if left out
        #[arg(long = "bank", value_name = "BANK")]
        banks: Vec<OrganizationId>,
        #[command(flatten)]
        sending: Sending,
    },
    /// End a programme; its buyer may. Nothing more is bought or lent under it
    Close {
        /// The programme's id, 64 hexadecimal digits
        id: ProgrammeId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Make a standing quote, in the place of your earlier one; a bank that the programme is for may
    ///
    /// Every supplier may accept it for a claim against the programme's buyer, until its last day and as long as the cap lasts. You buy
    /// without recourse and pay in your own deposits.
    Quote(Box<Quote>),
    /// Sell a claim under a programme; its controller, a supplier, may. Claim and cash change hands at once
    Accept {
        /// The programme's id, 64 hexadecimal digits
        id: ProgrammeId,
        /// The bank whose standing quote is accepted
        #[arg(long, value_name = "BANK")]
        bank: OrganizationId,
        /// The claim's id: the receivable's 64 hexadecimal digits, '#', the claim's number
        #[arg(long, value_name = "ID")]
        claim: ClaimId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Borrow under a standing quote; the programme's buyer may. No due date moves
    Extend {
        /// The programme's id, 64 hexadecimal digits
        id: ProgrammeId,
        /// The bank whose standing quote offers it
        #[arg(long, value_name = "BANK")]
        bank: OrganizationId,
        /// What to borrow, such as "500.00 USD"
        #[arg(long, value_name = "AMOUNT")]
        amount: String,
        #[command(flatten)]
        sending: Sending,
    },
    /// Show one programme and its standing quotes; its buyer, its banks and suppliers may, reads only
    Show {
        /// The programme's id, 64 hexadecimal digits
        id: ProgrammeId,
    },
    /// List programmes; reads only
    List {
        /// Only those of this buyer
        #[arg(long, value_name = "ORG")]
        buyer: Option<OrganizationId>,
        /// Only those in this state: open, closed
        #[arg(long, value_parser = state)]
        state: Option<ProgrammeState>,
        #[command(flatten)]
        page: Page,
    },
}

#[derive(clap::Args, Debug)]
pub struct Quote {
    /// The programme's id, 64 hexadecimal digits
    id: ProgrammeId,
    /// Discount a year in percent, such as 6.2%, exact to 4 decimal places
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent)]
    rate: u32,
    /// What you buy and lend in all, such as "50000.00 USD"; 0.00 takes the quote back
    #[arg(long, value_name = "AMOUNT")]
    cap: String,
    /// The last day on which it is accepted
    #[arg(long, value_name = "DATE")]
    until: Date,
    /// Days that a claim must still have to its due date
    #[arg(long, value_name = "DAYS", default_value_t = 1)]
    minimum_days: u32,
    /// Day count of the rates: A001 (30/360), A004 (actual/360), A005 (actual/365)
    #[arg(long, value_name = "CODE", default_value = "A004", value_parser = day_count)]
    day_count: DayCount,
    /// Interest a year on loans to the buyer
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent, requires = "extension_days")]
    extension_rate: Option<u32>,
    /// Days after which loans to the buyer fall due; none are offered if left out
    #[arg(long, value_name = "DAYS", requires = "extension_rate")]
    extension_days: Option<u32>,
    #[command(flatten)]
    sending: Sending,
}

fn day_count(text: &str) -> Result<DayCount, String> {
    enum_value("DAY_COUNT", text, DayCount::from_str_name)
}

fn state(text: &str) -> Result<ProgrammeState, String> {
    enum_value("PROGRAMME_STATE", text, ProgrammeState::from_str_name)
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    let (action, sending) = match command {
        Command::Open { mut banks, sending } => {
            banks.sort_unstable();
            let banks = banks.into_iter().map(String::from).collect();
            let action = Action::OpenProgramme(financing::OpenProgramme { banks });
            return session
                .execute(&client, action, &sending, |tx_id, view| {
                    view.text("programme", ProgrammeId::of(tx_id))
                })
                .await;
        }
        Command::Close { id, sending } => {
            let programme = id.to_vec();
            let close = financing::CloseProgramme { programme };
            (Action::CloseProgramme(close), sending)
        }
        Command::Quote(quote) => {
            let terms = financing::StandingTerms {
                rate_ppm: quote.rate,
                day_count: quote.day_count.into(),
                cap: Some(currencies.read(&quote.cap, None)?),
                expires_on: Some(quote.until.to_proto()),
                minimum_days: quote.minimum_days,
                extension_rate_ppm: quote.extension_rate.unwrap_or_default(),
                extension_days: quote.extension_days.unwrap_or_default(),
            };
            let make = financing::MakeStandingQuote {
                programme: quote.id.to_vec(),
                terms: Some(terms),
            };
            (Action::MakeStandingQuote(make), quote.sending)
        }
        Command::Accept {
            id,
            bank,
            claim,
            sending,
        } => {
            let rate_ppm = terms(&client, id, &bank).await?.rate_ppm;
            eprintln!("selling to {bank} at {} a year", percent(rate_ppm));
            let purchase = financing::PurchaseUnderProgramme {
                programme: id.to_vec(),
                bank: bank.into(),
                receivable: claim.receivable.to_vec(),
                number: claim.number,
                rate_ppm,
            };
            (Action::Purchase(purchase), sending)
        }
        Command::Extend {
            id,
            bank,
            amount,
            sending,
        } => {
            let terms = terms(&client, id, &bank).await?;
            let currency = terms.cap.map(|cap| cap.currency);
            let amount = currencies.read(&amount, currency.as_deref())?;
            eprintln!(
                "borrowing {} from {bank} at {} a year for {} days",
                currencies.money(&amount),
                percent(terms.extension_rate_ppm),
                terms.extension_days,
            );
            let draw = financing::DrawExtension {
                programme: id.to_vec(),
                bank: bank.into(),
                amount: Some(amount),
                rate_ppm: terms.extension_rate_ppm,
            };
            return session
                .execute(
                    &client,
                    Action::DrawExtension(draw),
                    &sending,
                    |tx_id, view| view.text("loan", LoanId::of_extension(tx_id)),
                )
                .await;
        }
        Command::Show { id } => {
            let programme = get(&client, id).await?;
            let quotes = standing(&client, id).await?;
            let quotes: Vec<View> = quotes
                .iter()
                .map(|quote| views::standing_quote(quote, &currencies))
                .collect();
            let columns = [
                "bank",
                "rate_ppm",
                "cap_minor",
                "used_minor",
                "minimum_days",
                "expires_on",
                "extension_rate_ppm",
                "extension_days",
            ];
            let drawing = table(&columns, &quotes);
            let view = views::programme(&programme).hidden_records("quotes", quotes);
            return Ok(Answer::record(view).below(drawing));
        }
        Command::List { buyer, state, page } => {
            let filter = wire::ListProgrammesRequest {
                buyer: buyer.map(String::from).unwrap_or_default(),
                state: state.unwrap_or_default().into(),
                ..Default::default()
            };
            let list = session
                .list(&page, pages(&client, filter), views::programme)
                .await?;
            let columns = ["id", "buyer", "state", "opened_on"];
            return Ok(Answer::list("programmes", &columns, list));
        }
    };
    session
        .execute(&client, action, &sending, |_, view| view)
        .await
}

async fn get(client: &Client, id: ProgrammeId) -> Result<Programme, Failure> {
    let answer = client
        .ledger()
        .get_programme(wire::GetProgrammeRequest { id: id.to_vec() })
        .await;
    let answer = answer.map_err(|s| client.failure(s))?.into_inner();
    answer
        .programme
        .ok_or_else(|| client.incomplete("a programme"))
}

async fn standing(client: &Client, id: ProgrammeId) -> Result<Vec<StandingQuote>, Failure> {
    let filter = wire::ListStandingQuotesRequest {
        programme: id.to_vec(),
        ..Default::default()
    };
    all(client, filter).await
}

/// The terms of a bank's standing quote.
async fn terms(
    client: &Client,
    id: ProgrammeId,
    bank: &OrganizationId,
) -> Result<financing::StandingTerms, Failure> {
    let quotes = standing(client, id).await?;
    let quote = quotes.into_iter().find(|quote| quote.bank == bank.as_str());
    quote.and_then(|quote| quote.terms).ok_or_else(|| {
        Failure::Failed(format!(
            "{bank} has no standing quote here: `counterfoil programme show {id}` lists them"
        ))
    })
}
