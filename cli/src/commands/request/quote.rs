//! `counterfoil request quote` and `reveal`: a bank's offer, first under seal, then open.

use std::path::PathBuf;

use counterfoil_proto::financing::v1::action::Action;
use counterfoil_proto::financing::v1::{CommitQuote, Request, RevealQuote, Schedule};
use counterfoil_proto::receivable::v1::DayCount;
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{OrganizationId, RequestId};

use crate::amounts::{Currencies, parse_percent, percent};
use crate::arguments::{Instruction, Sending, enum_value};
use crate::client::Client;
use crate::commands::recourse;
use crate::commands::request::opening::{Fee, Limit, Opening, Terms};
use crate::commands::request::{get, ranking};
use crate::failure::Failure;
use crate::output::Answer;
use crate::owed::{ledger_date, read_date};
use crate::session::Session;
use crate::views;

#[derive(clap::Args, Debug)]
pub struct Quote {
    /// The request's id, 64 hexadecimal digits
    id: RequestId,
    #[command(flatten)]
    rate: Rate,
    /// What to buy or lend, such as "500.00 USD"; what the request asks for if left out
    #[arg(long, value_name = "AMOUNT")]
    amount: Option<String>,
    /// A fee that is taken off what is paid out, such as handling=5.00; may be repeated, up to 8 times
    #[arg(long = "fee", value_name = "NAME=AMOUNT")]
    fees: Vec<String>,
    /// Day count of the rate: A001 (30/360), A004 (actual/360), A005 (actual/365)
    #[arg(long, value_name = "CODE", default_value = "A004", value_parser = day_count)]
    day_count: DayCount,
    /// How a loan is repaid: bullet (at once, if left out), equal-principal, annuity; the last two by the month
    #[arg(long, value_name = "PLAN", value_parser = schedule)]
    schedule: Option<Schedule>,
    /// The seller of a claim may take a part of the amount, this one at least, such as "100.00 USD"; only all of it if left out
    #[arg(long, value_name = "AMOUNT")]
    divisible_from: Option<String>,
    /// Days after an instalment of a loan on which it is not yet in default
    #[arg(long, value_name = "DAYS", default_value_t = 0)]
    grace_days: u32,
    /// The last day on which it may be awarded; the request's last day if left out
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    /// The bank whose deposits it pays in; your own, issued by the payment, if left out
    #[arg(long, value_name = "BANK")]
    issuer: Option<OrganizationId>,
    /// Pay through banks outside of the ledger instead: the bank that asserts your payment, yourself or another
    #[arg(long, value_name = "BANK", conflicts_with = "issuer")]
    asserter: Option<OrganizationId>,
    #[command(flatten)]
    recourse: recourse::Options,
    #[command(flatten)]
    instruction: Instruction,
    #[command(flatten)]
    kept: Kept,
    #[command(flatten)]
    sending: Sending,
}

/// Discount or interest a year.
#[derive(clap::Args, Debug)]
#[group(required = true, multiple = false)]
struct Rate {
    /// Discount or interest a year in percent, such as 6.2%, exact to 4 decimal places
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent)]
    rate: Option<u32>,
    /// The same in parts per million
    #[arg(long, value_name = "PPM")]
    rate_ppm: Option<u32>,
}

/// Where the opening of a sealed quote is.
#[derive(clap::Args, Debug)]
struct Kept {
    /// The file of the quote's opening [default: quote-‹16 digits of the request›-‹bank›.json]
    #[arg(long, value_name = "FILE")]
    opening: Option<PathBuf>,
}

#[derive(clap::Args, Debug)]
pub struct Reveal {
    /// The request's id, 64 hexadecimal digits
    id: RequestId,
    #[command(flatten)]
    kept: Kept,
    #[command(flatten)]
    sending: Sending,
}

fn day_count(text: &str) -> Result<DayCount, String> {
    enum_value("DAY_COUNT", text, DayCount::from_str_name)
}

fn schedule(text: &str) -> Result<Schedule, String> {
    enum_value("SCHEDULE", text, Schedule::from_str_name)
}

impl Quote {
    pub async fn execute(
        self,
        session: &Session,
        client: &Client,
        currencies: &Currencies,
    ) -> Result<Answer, Failure> {
        let bank = session.organization()?;
        let request = get(client, self.id).await?;
        let chain_id = client.status().await?.chain_id;
        let file = self.kept.file(self.id, bank);
        let (id, sending) = (self.id, self.sending.clone());
        let terms = self.terms(&request, bank, currencies)?;
        eprintln!(
            "quoting {} at {} until {}",
            currencies.format(terms.amount_minor, &terms.currency),
            percent(terms.rate_ppm),
            terms.expires_on,
        );
        let opening = Opening::new(chain_id, id, bank.clone(), terms)?;
        // Written before anything is sent: a commitment whose opening is lost can never be revealed.
        opening.write(&file)?;
        eprintln!(
            "the quote's opening is in {}: keep it, and keep it to yourself until you reveal it",
            file.display()
        );
        let commit = CommitQuote {
            request: id.to_vec(),
            commitment: opening.commitment.to_vec(),
        };
        session
            .execute(client, Action::Commit(commit), &sending, |_, view| {
                view.text("opening", file.display())
            })
            .await
    }

    fn terms(
        self,
        request: &Request,
        bank: &OrganizationId,
        currencies: &Currencies,
    ) -> Result<Terms, Failure> {
        let asked = request.amount.clone().unwrap_or_default();
        let amount = match &self.amount {
            Some(amount) => currencies.read(amount, Some(&asked.currency))?,
            None => asked,
        };
        let smallest_part_minor = match &self.divisible_from {
            Some(smallest) => currencies.read(smallest, Some(&amount.currency))?.minor,
            None => 0,
        };
        let asked = (request.recourse(), request.recourse_limit);
        let given = self.recourse.given(&amount.currency, currencies)?;
        let (recourse, limit) = given.unwrap_or(asked);
        let fee = |text: &String| fee(text, &amount, currencies);
        Ok(Terms {
            rate_ppm: self
                .rate
                .rate
                .or(self.rate.rate_ppm)
                .ok_or_else(|| Failure::Usage("give --rate or --rate-ppm".into()))?,
            day_count: format!("{:?}", self.day_count),
            fees: self.fees.iter().map(fee).collect::<Result<_, _>>()?,
            recourse: format!("{recourse:?}"),
            recourse_limit: match limit {
                None => None,
                Some(limit) => Some(Limit {
                    cap_minor: limit.cap_minor,
                    expires_on: read_date(limit.expires_on)?,
                }),
            },
            expires_on: match self.until {
                Some(until) => until,
                None => read_date(request.expires_on)?,
            },
            issuer: match self.asserter {
                Some(_) => None,
                None => Some(self.issuer.unwrap_or_else(|| bank.clone())),
            },
            asserter: self.asserter,
            end_to_end_id: self.instruction.id("quote"),
            schedule: self.schedule.map(|schedule| {
                let name = schedule.as_str_name();
                name.trim_start_matches("SCHEDULE_").to_owned()
            }),
            loan_grace_days: self.grace_days,
            smallest_part_minor,
            amount_minor: amount.minor,
            currency: amount.currency,
        })
    }
}

fn fee(text: &str, amount: &wire::Money, currencies: &Currencies) -> Result<Fee, Failure> {
    let malformed = || {
        Failure::Usage(format!(
            "--fee {text:?}: write name=amount, such as handling=5.00"
        ))
    };
    let (name, fee) = text.rsplit_once('=').ok_or_else(malformed)?;
    Ok(Fee {
        name: name.to_owned(),
        amount_minor: currencies.read(fee, Some(&amount.currency))?.minor,
    })
}

impl Kept {
    fn file(&self, request: RequestId, bank: &OrganizationId) -> PathBuf {
        let default = || Opening::default_file(request, bank);
        self.opening.clone().unwrap_or_else(default)
    }
}

impl Reveal {
    pub async fn execute(self, session: &Session, client: &Client) -> Result<Answer, Failure> {
        let bank = session.organization()?;
        let file = self.kept.file(self.id, bank);
        let opening = Opening::read(&file)?;
        let chain_id = client.status().await?.chain_id;
        if (&opening.chain_id, &opening.request, &opening.bank) != (&chain_id, &self.id, bank) {
            return Err(Failure::Failed(format!(
                "{} is the opening of {}'s quote for request {} on chain {}: name another by --opening",
                file.display(),
                opening.bank,
                opening.request,
                opening.chain_id
            )));
        }
        self.still_secret(client, &opening).await?;
        let reveal = RevealQuote {
            request: self.id.to_vec(),
            terms: Some(opening.terms()?),
            salt: opening.salt.to_vec(),
        };
        session
            .execute(client, Action::Reveal(reveal), &self.sending, |_, view| {
                view
            })
            .await
    }

    /// Blocks keep what is rejected too: terms that the ledger would not take yet, or not of this
    /// quote, are not sent for everybody to read.
    async fn still_secret(&self, client: &Client, opening: &Opening) -> Result<(), Failure> {
        let request = get(client, self.id).await?;
        if ledger_date(client).await? <= read_date(request.deadline)? {
            return Err(Failure::Failed(format!(
                "quotes are revealed after the deadline, {}: nothing was sent, as others may still quote",
                views::day(request.deadline)
            )));
        }
        let quotes = ranking(client, self.id).await?.quotes.into_iter();
        let mut quotes = quotes.filter_map(|ranked| ranked.quote);
        let committed = quotes.find(|quote| quote.bank == opening.bank.as_str());
        match committed {
            Some(quote) if quote.commitment != opening.commitment.to_vec() => Err(Failure::Failed(
                "this opening is not of the quote that was committed to: name another by --opening"
                    .into(),
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        quote: Quote,
    }

    fn terms(words: &str) -> Result<Terms, String> {
        let id = "ab".repeat(32);
        let line = ["quote", &id].into_iter().chain(words.split(' '));
        let line = Line::try_parse_from(line).map_err(|e| e.to_string())?;
        let date = |text: &str| Some(text.parse::<Date>().unwrap().to_proto());
        let request = Request {
            amount: Some(wire::Money {
                minor: 75_000,
                currency: "USD".into(),
            }),
            expires_on: date("2026-01-20"),
            ..Default::default()
        };
        let currencies = Currencies::from_iter([("USD".to_owned(), 2)]);
        let bank = "bank-a".parse().unwrap();
        let terms = line.quote.terms(&request, &bank, &currencies);
        terms.map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_quote_is_over_what_is_asked_in_own_deposits_unless_told_otherwise() {
        let quoted = terms("--rate 6.2% --fee handling=5.00").unwrap();
        assert_eq!((quoted.amount_minor, quoted.rate_ppm), (75_000, 62_000));
        assert_eq!(quoted.fees[0].amount_minor, 500);
        assert_eq!(quoted.issuer, "bank-a".parse().ok());
        assert_eq!(quoted.expires_on, "2026-01-20".parse().unwrap());
        assert!(quoted.end_to_end_id.starts_with("quote-"));
        let other = terms(
            "--rate-ppm 1 --amount 10.00 --issuer bank-b --until 2026-01-19 --day-count A001 --end-to-end-id X",
        )
        .unwrap();
        assert_eq!((other.amount_minor, other.rate_ppm), (1_000, 1));
        assert_eq!(other.issuer, "bank-b".parse().ok());
        let outside = terms("--rate 6% --asserter bank-b").unwrap();
        assert_eq!(
            (outside.issuer, outside.asserter),
            (None, "bank-b".parse().ok())
        );
        assert_eq!((&*other.day_count, &*other.end_to_end_id), ("A001", "X"));
    }

    #[test]
    fn what_cannot_be_read_is_not_sealed() {
        for bad in [
            "--amount 10.00",
            "--rate 6% --rate-ppm 60000",
            "--rate 6.00001%",
            "--rate 6% --fee handling",
            "--rate 6% --fee handling=1.234",
            "--rate 6% --amount 10.001",
        ] {
            assert!(terms(bad).is_err(), "{bad}");
        }
    }
}
