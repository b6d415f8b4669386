//! `counterfoil receivable`: what is owed on confirmed invoices, and paying it.

use clap::Subcommand;
use counterfoil_proto::receivable::v1::{Claim, ClaimState, Receivable, ReceivableState};
use counterfoil_proto::settlement::v1 as settlement;
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{OrganizationId, ReceivableId};

use crate::amounts::Currencies;
use crate::arguments::{Page, Sending, enum_value};
use crate::client::{Client, all};
use crate::failure::Failure;
use crate::output::{Answer, View};
use crate::penalty::penalty;
use crate::session::Session;
use crate::signer::new_end_to_end_id;
use crate::views;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Pay a receivable in full; its debtor may
    ///
    /// Works out what is owed at the ledger's date, outstanding principal and
    /// after the due date a penalty, shows it, and pays it to the claims'
    /// controllers from the debtor's deposits with one bank.
    Settle {
        /// The receivable's id, 64 hexadecimal digits
        id: ReceivableId,
        /// The bank whose deposits pay
        #[arg(long, value_name = "BANK")]
        issuer: OrganizationId,
        /// Names this payment, once for ever; a new one is made up if left out
        #[arg(long, value_name = "ID")]
        end_to_end_id: Option<String>,
        #[command(flatten)]
        sending: Sending,
    },
    /// Show one receivable and what is owed at the ledger's date; anyone may, reads only
    Show {
        /// The receivable's id, 64 hexadecimal digits
        id: ReceivableId,
    },
    /// List receivables; anyone may, reads only
    List {
        /// Only those this organization owes
        #[arg(long, value_name = "ORG")]
        debtor: Option<OrganizationId>,
        /// Only those in this state: performing, settled
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
    match command {
        Command::Settle {
            id,
            issuer,
            end_to_end_id,
            sending,
        } => {
            let receivable = get(&client, id.to_vec()).await?;
            let owed = Owed::today(&client, &receivable).await?;
            eprintln!("owed on {}: {}", owed.date, owed.in_words(&currencies));
            let settle = settlement::SettleReceivable {
                receivable: id.to_vec(),
                issuer: issuer.to_string(),
                amount: Some(owed.total()?),
                end_to_end_id: end_to_end_id.unwrap_or_else(|| new_end_to_end_id("settle")),
            };
            let action = settlement::action::Action::Settle(settle);
            session
                .execute(&client, action, &sending, |_, view| view)
                .await
        }
        Command::Show { id } => {
            let receivable = get(&client, id.to_vec()).await?;
            let owed = Owed::today(&client, &receivable).await?;
            let view = views::receivable(&receivable, &currencies);
            Ok(Answer::record(owed.add_to(view, &currencies)))
        }
        Command::List {
            debtor,
            state,
            page,
        } => {
            let fetch = async |page_size, page_token| {
                let request = wire::ListReceivablesRequest {
                    page_size,
                    page_token,
                    debtor: debtor.as_ref().map(ToString::to_string).unwrap_or_default(),
                    state: state.unwrap_or_default().into(),
                };
                let answer = client.ledger().list_receivables(request).await;
                let answer = answer.map_err(|s| client.failure(s))?.into_inner();
                Ok((answer.receivables, answer.next_page_token))
            };
            let list = session
                .list(&page, fetch, |r| views::receivable(r, &currencies))
                .await?;
            let columns = [
                "id",
                "debtor",
                "state",
                "face_minor",
                "adjusted_due_date",
                "settled_on",
            ];
            Ok(Answer::list("receivables", &columns, list))
        }
    }
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

async fn live_claims(client: &Client, receivable: &Receivable) -> Result<Vec<Claim>, Failure> {
    all(async |page_size, page_token| {
        let request = wire::ListClaimsRequest {
            page_size,
            page_token,
            receivable: receivable.id.clone(),
            controller: String::new(),
            state: ClaimState::Live.into(),
        };
        let answer = client.ledger().list_claims(request).await;
        let answer = answer.map_err(|s| client.failure(s))?.into_inner();
        Ok((answer.claims, answer.next_page_token))
    })
    .await
}

/// What a debtor owes on a receivable at one date (specification 6.4, 6.5).
#[derive(Debug, PartialEq, Eq)]
struct Owed {
    date: Date,
    principal: u64,
    penalty: u64,
    currency: String,
}

impl Owed {
    async fn today(client: &Client, receivable: &Receivable) -> Result<Self, Failure> {
        let date = client.status().await?.ledger_date.unwrap_or_default();
        let date = Date::try_from(&date).map_err(Failure::failed)?;
        let claims = live_claims(client, receivable).await?;
        Self::on(
            date,
            receivable,
            claims.iter().map(|c| c.outstanding_minor).sum(),
        )
    }

    fn on(date: Date, receivable: &Receivable, principal: u64) -> Result<Self, Failure> {
        let penalty = penalty(receivable, principal, date)?;
        let currency = receivable.face.clone().unwrap_or_default().currency;
        Ok(Self {
            date,
            principal,
            penalty,
            currency,
        })
    }

    fn total(&self) -> Result<wire::Money, Failure> {
        let total = self.principal.checked_add(self.penalty);
        let minor = total
            .ok_or_else(|| Failure::Failed("the amount owed is beyond what money may be".into()))?;
        Ok(wire::Money {
            minor,
            currency: self.currency.clone(),
        })
    }

    fn in_words(&self, currencies: &Currencies) -> String {
        let words = |minor| currencies.format(minor, &self.currency);
        format!(
            "{} principal and {} penalty",
            words(self.principal),
            words(self.penalty)
        )
    }

    fn add_to(&self, view: View, currencies: &Currencies) -> View {
        view.text("ledger_date", self.date)
            .minor(
                "owed_principal_minor",
                self.principal,
                &self.currency,
                currencies,
            )
            .minor(
                "owed_penalty_minor",
                self.penalty,
                &self.currency,
                currencies,
            )
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::receivable::v1::{DayCount, Terms};

    use super::*;

    #[test]
    fn a_penalty_is_owed_after_the_due_date() {
        let date = |text: &str| text.parse::<Date>().unwrap();
        let receivable = Receivable {
            face: Some(wire::Money {
                minor: 6_000,
                currency: "USD".into(),
            }),
            adjusted_due_date: Some(date("2013-03-01").to_proto()),
            terms: Some(Terms {
                day_count: DayCount::A004.into(),
                penalty_rate_ppm: 80_000,
                ..Default::default()
            }),
            ..Default::default()
        };
        let on = |text| Owed::on(date(text), &receivable, 6_000).unwrap();
        assert_eq!(on("2013-03-01").total().unwrap().minor, 6_000);
        assert_eq!(on("2013-03-11").penalty, 13);
        assert_eq!(on("2013-03-11").total().unwrap().minor, 6_013);
        assert!(Owed::on(date("2013-03-01"), &Receivable::default(), 1).is_err());
    }
}
