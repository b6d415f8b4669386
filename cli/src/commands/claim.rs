//! `counterfoil claim`: rights to receivables, divided, joined and passed on.

use std::collections::BTreeMap;

use clap::{Subcommand, ValueEnum};
use counterfoil_proto::receivable::v1 as wire_receivable;
use counterfoil_proto::receivable::v1::action::Action;
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance;
use counterfoil_proto::receivable::v1::{Claim, ClaimState, Purpose, Receivable};
use counterfoil_proto::v1 as wire;
use counterfoil_types::claim::burden;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{ClaimId, OrganizationId, ReceivableId};

use crate::amounts::Currencies;
use crate::arguments::{Instruction, Page, Sending, enum_value};
use crate::client::{Client, listed};
use crate::commands::claim::family::Family;
use crate::commands::{receivable, recourse};
use crate::failure::Failure;
use crate::lists::{self, pages};
use crate::output::{Answer, Listed};
use crate::owed::ledger_date;
use crate::session::Session;
use crate::views;

mod family;

/// Days for which a claim is offered unless told otherwise.
const OFFER_DAYS: i64 = 30;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Divide a claim into parts that add up to what is outstanding; its controller may
    ///
    /// The parts are claims with new numbers, in the order given; the claim itself is spent.
    Split {
        /// The claim's id: the receivable's 64 hexadecimal digits, '#', the claim's number
        id: ClaimId,
        #[command(flatten)]
        parts: Parts,
        #[command(flatten)]
        sending: Sending,
    },
    /// Join claims of one receivable, rank and endorsement; their controller may
    ///
    /// The same must be undertaken for all of them. Makes one claim with a new number; the joined ones are spent.
    Merge {
        /// The claims' ids, two or more: the receivable's 64 hexadecimal digits, '#', the claim's number
        #[arg(required = true, num_args = 2..)]
        ids: Vec<ClaimId>,
        #[command(flatten)]
        sending: Sending,
    },
    /// Offer a claim to a supplier or bank, in payment of a debt or for sale; its controller may
    ///
    /// The offer binds until it is accepted, declined or expired; the claim stays yours until then. With --recourse you undertake to
    /// pay the recipient, and whoever has the claim after it, if the debtor does not; there is none if left out.
    Offer {
        /// The claim's id: the receivable's 64 hexadecimal digits, '#', the claim's number
        id: ClaimId,
        /// The supplier or bank it is offered to
        #[arg(long, value_name = "ORG")]
        to: OrganizationId,
        /// What it is passed on for
        #[arg(long, value_enum)]
        purpose: OfferedFor,
        /// What the recipient pays on accepting, such as "48.00 USD"; of a sale alone
        #[arg(long, value_name = "AMOUNT", required_if_eq("purpose", "sale"))]
        price: Option<String>,
        /// The bank whose deposits you take for it; of a sale alone
        #[arg(long, value_name = "BANK", required_if_eq("purpose", "sale"))]
        issuer: Option<OrganizationId>,
        /// The last day on which it may be accepted, at most 90 days ahead; 30 days ahead if left out
        #[arg(long, value_name = "DATE")]
        until: Option<Date>,
        #[command(flatten)]
        recourse: recourse::Options,
        #[command(flatten)]
        sending: Sending,
    },
    /// Take a claim that is offered; its recipient may
    ///
    /// The claim is yours then. Where a price is asked, shows it, and pays it in the same
    /// transaction in the deposits that the offer names.
    Accept {
        /// The claim's id: the receivable's 64 hexadecimal digits, '#', the claim's number
        id: ClaimId,
        #[command(flatten)]
        instruction: Instruction,
        #[command(flatten)]
        sending: Sending,
    },
    /// Refuse a claim that is offered; its recipient may. It is free again
    Decline {
        /// The claim's id: the receivable's 64 hexadecimal digits, '#', the claim's number
        id: ClaimId,
        #[command(flatten)]
        sending: Sending,
    },
    /// End an offer whose last day has passed; the claim's controller or the recipient may. It is free again
    Expire {
        /// The claim's id: the receivable's 64 hexadecimal digits, '#', the claim's number
        id: ClaimId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Show one claim, its endorsements and its family; its controller, its debtor and whoever it is offered or pledged to may, reads only
    ///
    /// The family is all claims to the receivable that are yours to read, from claim 0 down to their
    /// parts; of others there are only the numbers. JSON has it as a list in the same order, in
    /// which each claim names its parents and children.
    Show {
        /// The claim's id: the receivable's 64 hexadecimal digits, '#', the claim's number
        id: ClaimId,
    },
    /// List the claims that are yours to read; reads only
    List {
        /// Only those to this receivable
        #[arg(long, value_name = "ID")]
        receivable: Option<ReceivableId>,
        /// Only those this organization is paid
        #[arg(long, value_name = "ORG")]
        controller: Option<OrganizationId>,
        /// Only those on offer to this organization
        #[arg(long, value_name = "ORG")]
        offered_to: Option<OrganizationId>,
        /// Only those in this state: live, spent
        #[arg(long, value_parser = state)]
        state: Option<ClaimState>,
        #[command(flatten)]
        page: Page,
    },
}

/// What a claim is divided into.
#[derive(clap::Args, Debug)]
pub struct Parts {
    /// The parts in the receivable's currency, such as "60.00,40.00"
    #[arg(
        long = "parts",
        value_name = "AMOUNT,AMOUNT…",
        value_delimiter = ',',
        required = true
    )]
    parts: Vec<String>,
}

impl Parts {
    pub async fn minor(
        &self,
        client: &Client,
        currencies: &Currencies,
        claim: ClaimId,
    ) -> Result<Vec<u64>, Failure> {
        let receivable = receivable::get(client, claim.receivable.to_vec()).await?;
        let currency = currency(&receivable);
        let part = |text: &String| Ok(currencies.read(text.trim(), Some(currency))?.minor);
        self.parts.iter().map(part).collect()
    }
}

/// What a claim may be offered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OfferedFor {
    Payment,
    Sale,
}

fn state(text: &str) -> Result<ClaimState, String> {
    enum_value("CLAIM_STATE", text, ClaimState::from_str_name)
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    let (action, sending) = match command {
        Command::Split { id, parts, sending } => {
            let split = wire_receivable::SplitClaim {
                receivable: id.receivable.to_vec(),
                number: id.number,
                parts_minor: parts.minor(&client, &currencies, id).await?,
            };
            (Action::Split(split), sending)
        }
        Command::Merge { ids, sending } => (Action::Merge(merger(ids)?), sending),
        Command::Offer {
            id,
            to,
            purpose,
            price,
            issuer,
            until,
            recourse,
            sending,
        } => {
            let receivable = receivable::get(&client, id.receivable.to_vec()).await?;
            let currency = currency(&receivable);
            let price = price.map(|price| currencies.read(&price, Some(currency)));
            let (recourse, recourse_limit) = recourse.or_none(currency, &currencies)?;
            let expires_on = match until {
                Some(until) => until,
                None => {
                    let today = ledger_date(&client).await?;
                    today.add_days(OFFER_DAYS).map_err(Failure::failed)?
                }
            };
            let purpose = match purpose {
                OfferedFor::Payment => Purpose::Payment,
                OfferedFor::Sale => Purpose::Sale,
            };
            let offer = wire_receivable::OfferClaim {
                receivable: id.receivable.to_vec(),
                number: id.number,
                to: to.to_string(),
                purpose: purpose.into(),
                price: price.transpose()?,
                expires_on: Some(expires_on.to_proto()),
                issuer: issuer.map(String::from).unwrap_or_default(),
                recourse: recourse.into(),
                recourse_limit,
            };
            (Action::Offer(offer), sending)
        }
        Command::Accept {
            id,
            instruction,
            sending,
        } => {
            let claim = get(&client, id).await?;
            let receivable = receivable::get(&client, id.receivable.to_vec()).await?;
            let accept = acceptance(&claim, &receivable, instruction, &currencies);
            (Action::Accept(accept), sending)
        }
        Command::Decline { id, sending } => {
            let decline = wire_receivable::DeclineOffer {
                receivable: id.receivable.to_vec(),
                number: id.number,
            };
            (Action::Decline(decline), sending)
        }
        Command::Expire { id, sending } => {
            let expire = wire_receivable::ExpireOffer {
                receivable: id.receivable.to_vec(),
                number: id.number,
            };
            (Action::Expire(expire), sending)
        }
        Command::Show { id } => return show(&client, id, &currencies).await,
        Command::List {
            receivable,
            controller,
            offered_to,
            state,
            page,
        } => {
            let filter = wire::ListClaimsRequest {
                receivable: receivable.map(ReceivableId::to_vec).unwrap_or_default(),
                controller: controller.map(String::from).unwrap_or_default(),
                offered_to: offered_to.map(String::from).unwrap_or_default(),
                state: state.unwrap_or_default().into(),
                ..Default::default()
            };
            return list(&client, filter, page, &currencies).await;
        }
    };
    session
        .execute(&client, action, &sending, |_, view| view)
        .await
}

pub async fn get(client: &Client, id: ClaimId) -> Result<Claim, Failure> {
    let request = wire::GetClaimRequest {
        receivable: id.receivable.to_vec(),
        number: id.number,
    };
    let answer = client.ledger().get_claim(request).await;
    let claim = answer.map_err(|s| client.failure(s))?.into_inner().claim;
    claim.ok_or_else(|| client.incomplete("a claim"))
}

/// A claim's currency is its receivable's.
fn currency(receivable: &Receivable) -> &str {
    receivable.face.as_ref().map_or("", |face| &face.currency)
}

/// Claims are merged in ascending order, whatever the order in which they are named.
fn merger(mut ids: Vec<ClaimId>) -> Result<wire_receivable::MergeClaims, Failure> {
    ids.sort_unstable();
    let receivable = ids.first().map(|id| id.receivable);
    if ids.iter().any(|id| Some(id.receivable) != receivable) {
        return Err(Failure::Usage(
            "name claims of one receivable: only they can be merged".into(),
        ));
    }
    Ok(wire_receivable::MergeClaims {
        receivable: receivable.map(ReceivableId::to_vec).unwrap_or_default(),
        numbers: ids.iter().map(|id| id.number).collect(),
    })
}

/// Takes what is offered, and shows it to whoever is about to sign.
fn acceptance(
    claim: &Claim,
    receivable: &Receivable,
    instruction: Instruction,
    currencies: &Currencies,
) -> wire_receivable::AcceptOffer {
    let price = match burden(claim) {
        Some(Encumbrance::Offered(offer)) => offer.price.as_ref().map(|price| (price, offer)),
        _ => None,
    };
    let accept = wire_receivable::AcceptOffer {
        receivable: claim.receivable.clone(),
        number: claim.number,
        end_to_end_id: match price {
            // What is given too much is for the ledger to reject.
            None => instruction.end_to_end_id.unwrap_or_default(),
            Some(_) => instruction.id("price"),
        },
    };
    eprintln!(
        "accepting claim {} of {}: {} outstanding, owed by {}, due {}, {}",
        claim.number,
        claim.controller,
        currencies.format(claim.outstanding_minor, currency(receivable)),
        receivable.debtor,
        views::day(receivable.adjusted_due_date),
        match price {
            Some((price, offer)) => format!(
                "for {} in deposits of {}",
                currencies.money(price),
                offer.issuer
            ),
            None => "in payment".to_owned(),
        }
    );
    accept
}

async fn show(client: &Client, id: ClaimId, currencies: &Currencies) -> Result<Answer, Failure> {
    let claim = get(client, id).await?;
    let receivable = receivable::find(client, id.receivable.to_vec()).await?;
    let claims = wire::ListClaimsRequest {
        receivable: id.receivable.to_vec(),
        ..Default::default()
    };
    let endorsements = wire::ListEndorsementsRequest {
        receivable: id.receivable.to_vec(),
        ..Default::default()
    };
    let family = Family::new(
        lists::all(client, claims).await?,
        lists::all(client, endorsements).await?,
    );
    let currency = receivable.as_ref().map_or("", currency);
    let endorsed = family.endorsements(&claim).into_iter();
    let mut view = views::claim(&claim, currency, currencies);
    if let Some(receivable) = &receivable {
        view = view
            .text("debtor", &receivable.debtor)
            .date("adjusted_due_date", receivable.adjusted_due_date.as_ref());
    }
    let view = view
        .hidden_records("endorsements", endorsed.map(views::endorsement).collect())
        .hidden_records("family", family.views(currency, currencies));
    Ok(Answer::record(view).below(family.drawing(id.number, currency, currencies)))
}

async fn list(
    client: &Client,
    filter: wire::ListClaimsRequest,
    page: Page,
    currencies: &Currencies,
) -> Result<Answer, Failure> {
    let limit = usize::try_from(page.limit).expect("32 bits fit");
    let list = listed(limit, page.page_token, pages(client, filter)).await?;
    let mut receivables = BTreeMap::new();
    let mut items = Vec::with_capacity(list.items.len());
    for claim in &list.items {
        if !receivables.contains_key(&claim.receivable) {
            let receivable = receivable::find(client, claim.receivable.clone()).await?;
            receivables.insert(claim.receivable.clone(), receivable);
        }
        let receivable = receivables[&claim.receivable].as_ref();
        let currency = receivable.map_or("", currency);
        items.push(views::claim(claim, currency, currencies));
    }
    let list = Listed {
        items,
        next_page_token: list.next_page_token,
    };
    let columns = [
        "id",
        "controller",
        "state",
        "rank",
        "depth",
        "outstanding_minor",
        "encumbrance",
    ];
    Ok(Answer::list("claims", &columns, list))
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::receivable::v1::{Encumbrance as Wrapped, Offer};

    use super::*;

    #[test]
    fn claims_are_merged_in_ascending_order_within_one_receivable() {
        let id = |digits: &str, number| format!("{}#{number}", digits.repeat(32));
        let ids = |texts: [String; 2]| texts.map(|text| text.parse().unwrap()).to_vec();
        let merge = merger(ids([id("ab", 7), id("ab", 2)])).unwrap();
        assert_eq!(merge.numbers, [2, 7]);
        assert_eq!(merge.receivable, [0xab; 32]);
        assert!(merger(ids([id("ab", 1), id("cd", 2)])).is_err());
    }

    #[test]
    fn a_price_is_paid_under_an_id() {
        let currencies = Currencies::from_iter([("USD".to_owned(), 2)]);
        let offered = |price: Option<u64>| Claim {
            encumbrance: Some(Wrapped {
                encumbrance: Some(Encumbrance::Offered(Offer {
                    price: price.map(|minor| wire::Money {
                        minor,
                        currency: "USD".into(),
                    }),
                    ..Default::default()
                })),
            }),
            ..Default::default()
        };
        let accept = |claim: &Claim| {
            let instruction = Instruction {
                end_to_end_id: None,
            };
            acceptance(claim, &Receivable::default(), instruction, &currencies)
        };
        let paid = accept(&offered(Some(4_800)));
        assert!(paid.end_to_end_id.starts_with("price-"));
        assert_eq!(accept(&offered(None)).end_to_end_id, "");
    }
}
