//! `counterfoil request open`: which claims, for what, and until when.

use counterfoil_proto::financing::v1::{ClaimReference, OpenRequest, Technique};
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{ClaimId, OrganizationId};

use crate::amounts::Currencies;
use crate::arguments::Sending;
use crate::client::Client;
use crate::commands::{claim, receivable, recourse};
use crate::failure::Failure;

#[derive(clap::Args, Debug)]
pub struct Open {
    /// A claim's id: the receivable's 64 hexadecimal digits, '#', the claim's number; may be repeated, up to 16 times
    #[arg(long = "claim", value_name = "ID", required = true)]
    claims: Vec<ClaimId>,
    /// What is asked for: discounting and factoring are sales, loan is a loan on the pledged claims
    #[arg(long, value_parser = technique, value_name = "discounting|factoring|loan")]
    technique: Technique,
    /// What to sell or borrow, such as "500.00 USD"; all that is outstanding if left out
    #[arg(long, value_name = "AMOUNT")]
    amount: Option<String>,
    /// The last day for quotes, at most 90 days ahead; they are revealed on the 3 days after it
    #[arg(long, value_name = "DATE")]
    deadline: Date,
    /// The last day for the award, 1 to 90 days after the deadline and before any claim falls due
    #[arg(long, value_name = "DATE")]
    until: Date,
    /// A bank that may quote; may be repeated, up to 32 times; every bank may if left out
    #[arg(long = "invite", value_name = "BANK")]
    invited: Vec<OrganizationId>,
    /// Of a sale: all of the amount is paid for, by one bank or several together, or nothing is sold
    #[arg(long, conflicts_with = "minimum")]
    all_or_none: bool,
    /// Of a sale: at least this much is paid for, such as "400.00 USD", or nothing is sold
    #[arg(long, value_name = "AMOUNT")]
    minimum: Option<String>,
    /// Who rules where a bank pays for the claims outside of the ledger and that is contested; nobody if left out
    #[arg(long, value_name = "ORG")]
    arbiter: Option<OrganizationId>,
    #[command(flatten)]
    recourse: recourse::Options,
    #[command(flatten)]
    sending: Sending,
}

fn technique(text: &str) -> Result<Technique, String> {
    match text {
        "discounting" => Ok(Technique::ReceivablesDiscounting),
        "factoring" => Ok(Technique::Factoring),
        "loan" => Ok(Technique::LoanAgainstReceivables),
        _ => Err("use discounting, factoring or loan".into()),
    }
}

impl Open {
    pub async fn into_action(
        mut self,
        client: &Client,
        currencies: &Currencies,
    ) -> Result<(OpenRequest, Sending), Failure> {
        self.claims.sort_unstable();
        self.invited.sort_unstable();
        let amount = self.amount(client, currencies).await?;
        let minimum_minor = match &self.minimum {
            Some(minimum) => currencies.read(minimum, Some(&amount.currency))?.minor,
            None => 0,
        };
        let recourse = self.recourse.or_none(&amount.currency, currencies)?;
        eprintln!("asking for {}", currencies.money(&amount));
        let reference = |id: &ClaimId| ClaimReference {
            receivable: id.receivable.to_vec(),
            number: id.number,
        };
        let open = OpenRequest {
            claims: self.claims.iter().map(reference).collect(),
            technique: self.technique.into(),
            amount: Some(amount),
            recourse: recourse.0.into(),
            recourse_limit: recourse.1,
            deadline: Some(self.deadline.to_proto()),
            expires_on: Some(self.until.to_proto()),
            invited: self.invited.into_iter().map(String::from).collect(),
            all_or_none: self.all_or_none,
            minimum_minor,
            arbiter: self.arbiter.map(String::from).unwrap_or_default(),
        };
        Ok((open, self.sending))
    }

    /// The amount given, or all that is outstanding, in the currency of the first claim. That the
    /// others share it is for the ledger to check.
    async fn amount(
        &self,
        client: &Client,
        currencies: &Currencies,
    ) -> Result<wire::Money, Failure> {
        let mut outstanding: u64 = 0;
        let mut currency = None;
        for id in &self.claims {
            if currency.is_none() {
                let receivable = receivable::get(client, id.receivable.to_vec()).await?;
                currency = receivable.face.map(|face| face.currency);
            }
            let claim = claim::get(client, *id).await?;
            outstanding = outstanding.saturating_add(claim.outstanding_minor);
        }
        match &self.amount {
            Some(amount) => currencies.read(amount, currency.as_deref()),
            None => Ok(wire::Money {
                minor: outstanding,
                currency: currency.unwrap_or_default(),
            }),
        }
    }
}
