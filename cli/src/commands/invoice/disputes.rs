//! `counterfoil invoice credit`, `rule` and `end-dispute`: what changes after confirmation.

use counterfoil_proto::invoice::v1::{ClaimCredit, CreditInvoice, Ruling, Verdict};
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{InvoiceId, OrganizationId};

use super::register::Document;
use crate::amounts::Currencies;
use crate::arguments::Sending;
use crate::failure::Failure;

#[derive(clap::Args, Debug)]
pub struct Credit {
    /// The invoice's id, 64 hexadecimal digits
    id: InvoiceId,
    /// The credit note's number, as printed
    #[arg(long)]
    number: String,
    /// Its date of issue, from the invoice's to the ledger's date
    #[arg(long, value_name = "DATE")]
    issue_date: Date,
    /// What it is over, such as "15.00 USD"
    #[arg(long, value_name = "AMOUNT")]
    amount: String,
    /// Why, in 1 to 280 characters
    #[arg(long)]
    reason: String,
    /// What it takes of a claim, such as 0=15.00, of another's 2=5.00:bank-a, of one pledged to a bank
    /// 3=5.00:supplier-a:bank-b; may be repeated
    #[arg(long = "claim", value_name = "NUMBER=AMOUNT[:CONTROLLER[:PLEDGEE]]")]
    claims: Vec<String>,
    #[command(flatten)]
    document: Document,
    #[command(flatten)]
    sending: Sending,
}

impl Credit {
    pub fn id(&self) -> InvoiceId {
        self.id
    }

    pub fn into_action(
        self,
        me: &OrganizationId,
        currency: &str,
        currencies: &Currencies,
    ) -> Result<(CreditInvoice, Sending), Failure> {
        let part = |text: &String| part(text, me, currency, currencies);
        let mut claims: Vec<ClaimCredit> =
            self.claims.iter().map(part).collect::<Result<_, _>>()?;
        claims.sort_by_key(|claim| claim.number);
        let action = CreditInvoice {
            invoice: self.id.to_vec(),
            number: self.number,
            issue_date: Some(self.issue_date.to_proto()),
            document_hash: self.document.hash()?.to_vec(),
            amount: Some(currencies.read(&self.amount, Some(currency))?),
            reason: self.reason,
            claims,
        };
        Ok((action, self.sending))
    }
}

fn part(
    text: &str,
    me: &OrganizationId,
    currency: &str,
    currencies: &Currencies,
) -> Result<ClaimCredit, Failure> {
    let malformed = || {
        Failure::Usage(format!(
            "--claim {text:?}: write number=amount, and where others sign :controller or :controller:pledgee, such as \
             2=5.00:bank-a"
        ))
    };
    let (number, rest) = text.split_once('=').ok_or_else(malformed)?;
    let mut fields = rest.split(':');
    let amount = fields.next().ok_or_else(malformed)?;
    let mut organization = || match fields.next() {
        None => Ok(None),
        Some(id) => id
            .parse::<OrganizationId>()
            .map(Some)
            .map_err(|_| malformed()),
    };
    let controller = organization()?.unwrap_or_else(|| me.clone());
    let pledgee = organization()?;
    if fields.next().is_some() {
        return Err(malformed());
    }
    Ok(ClaimCredit {
        number: number.parse().map_err(|_| malformed())?,
        controller: controller.to_string(),
        pledgee: pledgee.map(String::from).unwrap_or_default(),
        minor: currencies.parse(amount, currency)?.minor,
    })
}

#[derive(clap::Args, Debug)]
pub struct Rule {
    /// The invoice's id, 64 hexadecimal digits
    id: InvoiceId,
    #[command(flatten)]
    verdict: VerdictArguments,
    /// The reasons
    #[command(flatten)]
    reasons: Document,
    #[command(flatten)]
    sending: Sending,
}

/// How a dispute is to end.
#[derive(clap::Args, Debug)]
#[group(required = true, multiple = false)]
struct VerdictArguments {
    /// The seller owes the buyer so much, such as "15.00 USD"
    #[arg(long, value_name = "AMOUNT")]
    upheld: Option<String>,
    /// Nothing was wrong
    #[arg(long)]
    dismissed: bool,
}

impl Rule {
    pub fn resolve(self, currencies: &Currencies) -> Result<(Vec<u8>, Ruling, Sending), Failure> {
        let amount = match &self.verdict.upheld {
            Some(amount) => Some(currencies.read(amount, None)?),
            None => None,
        };
        let verdict = match amount {
            Some(_) => Verdict::Upheld,
            None => Verdict::Dismissed,
        };
        let ruling = Ruling {
            verdict: verdict.into(),
            amount,
            reason_hash: self.reasons.hash()?.to_vec(),
        };
        Ok((self.id.to_vec(), ruling, self.sending))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_named_with_those_who_sign_for_it() {
        let currencies = Currencies::from_iter([("USD".to_owned(), 2)]);
        let me: OrganizationId = "supplier-a".parse().unwrap();
        let read = |text: &str| part(text, &me, "USD", &currencies);
        let own = read("0=15.00").unwrap();
        assert_eq!((own.number, own.minor), (0, 1_500));
        assert_eq!(
            (own.controller.as_str(), own.pledgee.as_str()),
            ("supplier-a", "")
        );
        let pledged = read("3=0.05:tier:bank-b").unwrap();
        assert_eq!((pledged.number, pledged.minor), (3, 5));
        assert_eq!(
            (pledged.controller.as_str(), pledged.pledgee.as_str()),
            ("tier", "bank-b")
        );
        for bad in ["15.00", "x=1", "0=", "0=1.001", "0=1:Bank", "0=1:a:b:c"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
