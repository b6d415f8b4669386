//! `counterfoil request`: claims are put to the banks, quoted for under seal, and awarded.

use clap::Subcommand;
use counterfoil_proto::financing::v1 as financing;
use counterfoil_proto::financing::v1::action::Action;
use counterfoil_proto::financing::v1::{Request, RequestState, Technique};
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{LoanId, OrganizationId, RequestId};

use crate::amounts::{Currencies, percent};
use crate::arguments::{Page, Sending, enum_value, of_organization};
use crate::client::Client;
use crate::commands::request::open::Open;
use crate::commands::request::quote::{Quote, Reveal};
use crate::failure::Failure;
use crate::lists::pages;
use crate::output::{Answer, View, table};
use crate::session::Session;
use crate::views;

mod open;
mod opening;
mod quote;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Ask the banks for finance on claims; their controller, a supplier, may
    ///
    /// Locks the claims until the request ends. Banks quote under seal up to the deadline, and
    /// reveal their quotes on the 3 days after it; then you award up to the request's last day.
    Open(Box<Open>),
    /// Commit to a quote without showing it; a bank that is invited may, once, up to the deadline
    ///
    /// Writes the quote and the salt that seals it to a file, which `reveal` needs, and puts only
    /// their hash on the ledger.
    Quote(Box<Quote>),
    /// Show what a quote was committed to; its bank may, on the 3 days after the deadline
    ///
    /// The quote binds the bank from then on, until its last day.
    Reveal(Reveal),
    /// Take a bank's quote; the request's seller may, once all are revealed or the 3 days are over
    ///
    /// Shows what it costs and signs it. Of a sale, the claims pass to the bank and its payment
    /// to you in this transaction; of a loan, the claims are pledged. All other quotes are declined.
    /// Where the bank pays outside of the ledger, the claims wait for its payment
    /// (`counterfoil payment list`), which you confirm.
    Award {
        /// The request's id, 64 hexadecimal digits
        id: RequestId,
        /// The bank whose quote is taken; the one of rank 1 if left out
        #[arg(long, value_name = "BANK", conflicts_with = "parts")]
        bank: Option<OrganizationId>,
        /// A bank and what is taken of its quote for a sale, such as bank-a=300.00; 2 to 16 of them, each bank once
        ///
        /// Each bank gets its part of every claim. A part whose bank cannot pay stays yours.
        #[arg(long = "part", value_name = "BANK=AMOUNT")]
        parts: Vec<String>,
        /// The day on which a bank that pays outside of the ledger is to pay you, at most two business days ahead; the ledger's date if left out
        #[arg(long, value_name = "DATE")]
        pay_on: Option<Date>,
        #[command(flatten)]
        sending: Sending,
    },
    /// Take a request back; its seller may, while it is open. Its claims are free again
    Cancel {
        /// The request's id, 64 hexadecimal digits
        id: RequestId,
        #[command(flatten)]
        sending: Sending,
    },
    /// End a request whose last day has passed; its seller or a bank that quoted may. Its claims are free again
    Expire {
        /// The request's id, 64 hexadecimal digits
        id: RequestId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Show one request and its quotes by rank; its seller and the banks it is open to may, reads only
    ///
    /// A bank sees its own quote and its rank, and no other bank's.
    /// Ranked are revealed quotes over the amount that was asked for, by what they leave the
    /// seller. The others are listed after them.
    Show {
        /// The request's id, 64 hexadecimal digits
        id: RequestId,
    },
    /// List the requests that are yours or that you may quote for; reads only
    List {
        /// Only those of this seller
        #[arg(long, value_name = "ORG")]
        seller: Option<OrganizationId>,
        /// Only those that this bank may quote for, or has quoted for
        #[arg(long, value_name = "BANK")]
        bank: Option<OrganizationId>,
        /// Only those in this state: open, awarded, cancelled, expired, overtaken
        #[arg(long, value_parser = state)]
        state: Option<RequestState>,
        #[command(flatten)]
        page: Page,
    },
}

fn state(text: &str) -> Result<RequestState, String> {
    enum_value("REQUEST_STATE", text, RequestState::from_str_name)
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    let (action, sending) = match command {
        Command::Open(open) => {
            let (action, sending) = open.into_action(&client, &currencies).await?;
            let action = Action::Open(action);
            return session
                .execute(&client, action, &sending, |tx_id, view| {
                    view.text("request", RequestId::of(tx_id))
                })
                .await;
        }
        Command::Quote(quote) => return quote.execute(session, &client, &currencies).await,
        Command::Reveal(reveal) => return reveal.execute(session, &client).await,
        Command::Award {
            id,
            parts,
            pay_on,
            sending,
            ..
        } if !parts.is_empty() => {
            let request = get(&client, id).await?;
            let mut award = in_parts(&request, &parts, &currencies)?;
            let ranking = ranking(&client, id).await?;
            let banks = award.parts.iter().map(|part| part.bank.as_str());
            award.pay_on = day_of_payment(pay_on, &ranking, banks);
            (Action::AwardParts(award), sending)
        }
        Command::Award {
            id,
            bank,
            pay_on,
            sending,
            ..
        } => {
            let request = get(&client, id).await?;
            let ranking = ranking(&client, id).await?;
            let mut award = award(&request, &ranking.quotes, bank, &currencies)?;
            award.pay_on = day_of_payment(pay_on, &ranking, [award.bank.as_str()].into_iter());
            let lent = request.technique() == Technique::LoanAgainstReceivables;
            let made = |view: View| match lent {
                true => view.text("loan", LoanId::of(id)),
                false => view,
            };
            return session
                .execute(&client, Action::Award(award), &sending, |_, view| {
                    made(view)
                })
                .await;
        }
        Command::Cancel { id, sending } => {
            let request = id.to_vec();
            (
                Action::Cancel(financing::CancelRequest { request }),
                sending,
            )
        }
        Command::Expire { id, sending } => {
            let request = id.to_vec();
            (
                Action::Expire(financing::ExpireRequest { request }),
                sending,
            )
        }
        Command::Show { id } => return show(&client, id, &currencies).await,
        Command::List {
            seller,
            bank,
            state,
            page,
        } => {
            let filter = wire::ListRequestsRequest {
                seller: seller.map(String::from).unwrap_or_default(),
                bank: bank.map(String::from).unwrap_or_default(),
                state: state.unwrap_or_default().into(),
                ..Default::default()
            };
            let list = session
                .list(&page, pages(&client, filter), |r| {
                    views::request(r, &currencies)
                })
                .await?;
            let columns = [
                "id",
                "seller",
                "state",
                "technique",
                "amount_minor",
                "deadline",
                "expires_on",
            ];
            return Ok(Answer::list("requests", &columns, list));
        }
    };
    session
        .execute(&client, action, &sending, |_, view| view)
        .await
}

async fn get(client: &Client, id: RequestId) -> Result<Request, Failure> {
    let answer = client
        .ledger()
        .get_request(wire::GetRequestRequest { id: id.to_vec() })
        .await;
    let request = answer.map_err(|s| client.failure(s))?.into_inner().request;
    request.ok_or_else(|| client.incomplete("a request"))
}

/// A request's quotes by rank.
pub async fn ranking(client: &Client, id: RequestId) -> Result<wire::RankQuotesResponse, Failure> {
    let request = id.to_vec();
    let answer = client
        .ledger()
        .rank_quotes(wire::RankQuotesRequest { request })
        .await;
    Ok(answer.map_err(|s| client.failure(s))?.into_inner())
}

async fn show(client: &Client, id: RequestId, currencies: &Currencies) -> Result<Answer, Failure> {
    let request = get(client, id).await?;
    let ranking = ranking(client, id).await?;
    let view = |quote| views::ranked_quote(quote, currencies);
    let quotes: Vec<View> = ranking.quotes.iter().map(view).collect();
    let columns = [
        "rank",
        "bank",
        "state",
        "amount_minor",
        "rate_ppm",
        "cost_minor",
        "fees_minor",
        "net_minor",
        "annual_cost_ppm",
    ];
    let drawing = table(&columns, &quotes);
    let view = views::request(&request, currencies)
        .date("value_date", ranking.value_date.as_ref())
        .hidden_records("quotes", quotes);
    Ok(Answer::record(view).below(drawing))
}

/// The day given, or the ledger's date where one of these banks pays outside of the ledger.
fn day_of_payment<'a>(
    given: Option<Date>,
    ranking: &wire::RankQuotesResponse,
    mut banks: impl Iterator<Item = &'a str>,
) -> Option<wire::Date> {
    let outside = |bank: &str| {
        let quotes = ranking
            .quotes
            .iter()
            .filter_map(|ranked| ranked.quote.as_ref());
        let mut of_bank = quotes.filter(|quote| quote.bank == bank);
        of_bank.any(|quote| quote.terms.as_ref().is_some_and(|t| !t.asserter.is_empty()))
    };
    match given {
        Some(date) => Some(date.to_proto()),
        None if banks.any(outside) => ranking.value_date,
        None => None,
    }
}

/// Takes a bank's quote, or that of rank 1, and shows what it costs to whoever is about to sign.
fn award(
    request: &Request,
    quotes: &[wire::RankedQuote],
    bank: Option<OrganizationId>,
    currencies: &Currencies,
) -> Result<financing::AwardRequest, Failure> {
    let of = |ranked: &wire::RankedQuote| ranked.quote.clone().unwrap_or_default();
    let chosen = match &bank {
        Some(bank) => quotes.iter().find(|q| of(q).bank == bank.as_str()),
        None => quotes.iter().find(|q| q.rank == 1),
    };
    let bank = match (bank, chosen) {
        (Some(bank), _) => bank.into(),
        (None, Some(first)) => of(first).bank,
        (None, None) => {
            return Err(Failure::Failed(
                "no revealed quote is over what was asked for: `counterfoil request show` lists the others, --bank takes one".into(),
            ));
        }
    };
    // A quote that is not there, or not revealed, is for the ledger to reject.
    if let Some(ranked) = chosen
        && let Some(terms) = of(ranked).terms
    {
        let amount = terms.amount.unwrap_or_default();
        let words = |minor| currencies.format(minor, &amount.currency);
        eprintln!(
            "awarding to {bank}: {} at {}, cost {}, fees {}; paid out today {}, {} a year",
            currencies.money(&amount),
            percent(terms.rate_ppm),
            words(ranked.cost_minor),
            words(ranked.fees_minor),
            words(ranked.proceeds_minor),
            percent(ranked.annual_cost_ppm),
        );
    }
    Ok(financing::AwardRequest {
        request: request.id.clone(),
        bank,
        pay_on: None,
    })
}

/// Takes parts of several banks' quotes.
fn in_parts(
    request: &Request,
    parts: &[String],
    currencies: &Currencies,
) -> Result<financing::AwardParts, Failure> {
    let asked = request.amount.clone().unwrap_or_default();
    let mut named = Vec::with_capacity(parts.len());
    for part in parts {
        let how = "bank=amount, such as bank-a=300.00";
        let (bank, amount) = of_organization("part", part, how)?;
        let amount = currencies.read(amount, Some(&asked.currency))?;
        eprintln!("taking {} from {bank}", currencies.money(&amount));
        named.push(financing::AwardPart {
            bank: bank.into(),
            amount_minor: amount.minor,
        });
    }
    named.sort_by(|a, b| a.bank.cmp(&b.bank));
    Ok(financing::AwardParts {
        request: request.id.clone(),
        parts: named,
        pay_on: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_named_by_bank_in_the_currency_of_the_request() {
        let request = Request {
            amount: Some(wire::Money {
                minor: 75_000,
                currency: "USD".into(),
            }),
            ..Default::default()
        };
        let currencies = Currencies::from_iter([("USD".to_owned(), 2)]);
        let of = |parts: &[&str]| {
            let parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
            in_parts(&request, &parts, &currencies).ok()
        };
        let award = of(&["bank-b=450.00", "bank-a=300"]).unwrap();
        let parts = award.parts.iter();
        let parts: Vec<_> = parts.map(|part| (&*part.bank, part.amount_minor)).collect();
        assert_eq!(parts, [("bank-a", 30_000), ("bank-b", 45_000)]);
        for bad in ["bank-a", "bank-a=", "bank-a=1.001", "=1.00", "Bank=1.00"] {
            assert_eq!(of(&[bad]), None, "{bad}");
        }
    }

    #[test]
    fn the_first_in_rank_is_awarded_unless_another_is_named() {
        let ranked = |bank: &str, rank| wire::RankedQuote {
            quote: Some(financing::Quote {
                bank: bank.into(),
                ..Default::default()
            }),
            rank,
            ..Default::default()
        };
        let currencies = Currencies::from_iter([]);
        let awarded = |quotes: &[wire::RankedQuote], bank: Option<&str>| {
            let bank = bank.map(|bank| bank.parse().unwrap());
            let award = award(&Request::default(), quotes, bank, &currencies);
            award.map(|award| award.bank).ok()
        };
        let quotes = [ranked("bank-b", 1), ranked("bank-a", 2)];
        assert_eq!(awarded(&quotes, None).as_deref(), Some("bank-b"));
        assert_eq!(awarded(&quotes, Some("bank-a")).as_deref(), Some("bank-a"));
        let apart = [ranked("bank-c", 0)];
        assert_eq!(awarded(&apart, None), None);
        assert_eq!(awarded(&apart, Some("bank-c")).as_deref(), Some("bank-c"));
    }
}
