//! `counterfoil undertaking`: recourse of endorsers and guarantees: given, called on, and paid after a default.

use clap::Subcommand;
use counterfoil_proto::receivable::v1 as receivable_wire;
use counterfoil_proto::receivable::v1::action::Action as OnClaims;
use counterfoil_proto::receivable::v1::{Claim, Receivable, Undertaking, UndertakingKind};
use counterfoil_proto::settlement::v1::HonourUndertaking;
use counterfoil_proto::settlement::v1::action::Action as OnDebts;
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::{ClaimId, GuaranteeId, OrganizationId, ReceivableId};

use crate::amounts::Currencies;
use crate::arguments::{Instruction, Page, Sending, enum_value};
use crate::client::Client;
use crate::commands::{claim, receivable};
use crate::failure::Failure;
use crate::lists::{all, pages};
use crate::output::Answer;
use crate::owed::{ledger_date, penalty};
use crate::session::Session;
use crate::views;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Guarantee a claim up to a cap, for whoever controls it; a guarantor may, with the consent of the claim's controller
    ///
    /// After the debtor's default the holder may call on you. What you pay for is yours then, behind the holder's rest. The claims that
    /// come of this one share the cap. Propose it: --propose --consent-of ORG.
    Guarantee {
        /// The claim's id: the receivable's 64 hexadecimal digits, '#', the claim's number
        claim: ClaimId,
        /// The claim's controller, who told you of it
        #[arg(long, value_name = "ORG")]
        controller: OrganizationId,
        /// The most that you pay in all, such as "500.00 USD"; of the receivable's currency
        #[arg(long, value_name = "AMOUNT")]
        cap: String,
        /// The last day for notice; there is none if left out
        #[arg(long, value_name = "DATE")]
        until: Option<Date>,
        #[command(flatten)]
        sending: Sending,
    },
    /// Give an endorser or guarantor notice of the debtor's default, and demand payment; the claim's controller or its pledgee may
    ///
    /// Endorsers are asked in reverse order, each with five days to pay before an earlier one is; guarantors in any order. It
    /// must come by the last day of what was undertaken.
    Notice {
        /// The claim's id: the receivable's 64 hexadecimal digits, '#', the claim's number
        claim: ClaimId,
        /// What was undertaken, 64 hexadecimal digits (counterfoil claim show, undertaking list)
        undertaking: Hash,
        #[command(flatten)]
        sending: Sending,
    },
    /// Pay for a claim in the debtor's place; the endorser or guarantor that was given notice may
    ///
    /// Pays principal, then penalty, up to what is owed and what is left of the cap; what is beyond stays with you. What you pay for is a
    /// claim of your own then, against the debtor and the endorsers before you, behind the holder's rest.
    Pay {
        /// The claim's id: the receivable's 64 hexadecimal digits, '#', the claim's number
        claim: ClaimId,
        /// What you undertook, 64 hexadecimal digits
        undertaking: Hash,
        /// The bank whose deposits pay; a bank's own are issued by the payment
        #[arg(long, value_name = "BANK")]
        issuer: OrganizationId,
        /// What to pay, such as "500.00 USD"; all that is owed and covered if left out
        #[arg(long, value_name = "AMOUNT")]
        amount: Option<String>,
        #[command(flatten)]
        instruction: Instruction,
        #[command(flatten)]
        sending: Sending,
    },
    /// List what endorsers and guarantors undertook, and what is left of it; those and the holders of their claims may, reads only
    List {
        /// Only for claims to this receivable
        #[arg(long, value_name = "ID")]
        receivable: Option<ReceivableId>,
        /// Only by this endorser or guarantor
        #[arg(long, value_name = "ORG")]
        by: Option<OrganizationId>,
        /// Only of this kind: recourse, guarantee
        #[arg(long, value_parser = kind)]
        kind: Option<UndertakingKind>,
        #[command(flatten)]
        page: Page,
    },
}

fn kind(text: &str) -> Result<UndertakingKind, String> {
    enum_value("UNDERTAKING_KIND", text, UndertakingKind::from_str_name)
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    match command {
        Command::Guarantee {
            claim,
            controller,
            cap,
            until,
            sending,
        } => {
            let cap = currencies.read(&cap, None)?;
            eprintln!(
                "guaranteeing claim {claim} of {controller} up to {}",
                currencies.money(&cap)
            );
            let give = receivable_wire::GiveGuarantee {
                receivable: claim.receivable.to_vec(),
                number: claim.number,
                controller: controller.into(),
                cap: Some(cap),
                expires_on: until.map(Date::to_proto),
            };
            let action = OnClaims::GiveGuarantee(give);
            session
                .execute(&client, action, &sending, |tx_id, view| {
                    view.text("undertaking", GuaranteeId::of(tx_id))
                })
                .await
        }
        Command::Notice {
            claim,
            undertaking,
            sending,
        } => {
            let notice = receivable_wire::GiveNotice {
                receivable: claim.receivable.to_vec(),
                number: claim.number,
                undertaking: undertaking.to_vec(),
            };
            let action = OnClaims::GiveNotice(notice);
            session
                .execute(&client, action, &sending, |_, view| view)
                .await
        }
        Command::Pay {
            claim,
            undertaking,
            issuer,
            amount,
            instruction,
            sending,
        } => {
            let covered = covered_now(&client, claim, undertaking).await?;
            let amount = match amount {
                Some(amount) => currencies.read(&amount, Some(&covered.currency))?,
                None => covered,
            };
            eprintln!("paying {} for claim {claim}", currencies.money(&amount));
            let honour = HonourUndertaking {
                receivable: claim.receivable.to_vec(),
                number: claim.number,
                undertaking: undertaking.to_vec(),
                issuer: issuer.into(),
                amount: Some(amount),
                end_to_end_id: instruction.id("honour"),
            };
            let action = OnDebts::Honour(honour);
            session
                .execute(&client, action, &sending, |_, view| view)
                .await
        }
        Command::List {
            receivable,
            by,
            kind,
            page,
        } => {
            let filter = wire::ListUndertakingsRequest {
                receivable: receivable.map(ReceivableId::to_vec).unwrap_or_default(),
                by: by.map(String::from).unwrap_or_default(),
                kind: kind.unwrap_or_default().into(),
                ..Default::default()
            };
            list(session, &client, filter, page, &currencies).await
        }
    }
}

async fn covered_now(
    client: &Client,
    id: ClaimId,
    undertaking: Hash,
) -> Result<wire::Money, Failure> {
    let claim = claim::get(client, id).await?;
    let receivable = receivable::get(client, id.receivable.to_vec()).await?;
    let filter = wire::ListUndertakingsRequest {
        receivable: id.receivable.to_vec(),
        ..Default::default()
    };
    let undertakings = all(client, filter).await?.into_iter();
    let mut named = undertakings.filter(|found| found.id == undertaking.to_vec());
    let undertaking = named.next().unwrap_or_default();
    covered(
        ledger_date(client).await?,
        &receivable,
        &claim,
        &undertaking,
    )
}

/// What is owed on a claim and still covered by an undertaking.
pub fn covered(
    today: Date,
    receivable: &Receivable,
    claim: &Claim,
    undertaking: &Undertaking,
) -> Result<wire::Money, Failure> {
    let penalty = penalty(today, receivable, claim)?;
    let owed = claim.outstanding_minor.saturating_add(penalty);
    let face = receivable.face.clone().unwrap_or_default();
    Ok(wire::Money {
        minor: left(undertaking).map_or(owed, |left| left.min(owed)),
        currency: face.currency,
    })
}

/// What may still be paid; nothing bounds it where there is no cap.
fn left(undertaking: &Undertaking) -> Option<u64> {
    let capped = undertaking.cap_minor > 0;
    capped.then(|| undertaking.cap_minor.saturating_sub(undertaking.paid_minor))
}

async fn list(
    session: &Session,
    client: &Client,
    filter: wire::ListUndertakingsRequest,
    page: Page,
    currencies: &Currencies,
) -> Result<Answer, Failure> {
    let list = session
        .list(&page, pages(client, filter), |undertaking| {
            views::undertaking(undertaking, currencies)
        })
        .await?;
    let columns = [
        "id",
        "claim",
        "kind",
        "by",
        "cap_minor",
        "paid_minor",
        "expires_on",
    ];
    Ok(Answer::list("undertakings", &columns, list))
}
