//! `counterfoil invoice register`: everything an invoice says of itself.

use std::collections::BTreeMap;
use std::path::PathBuf;

use counterfoil_keystore as keystore;
use counterfoil_proto::invoice::v1::{CollisionRelease, ProposeInvoice, RegisterInvoice};
use counterfoil_proto::receivable::v1::{BusinessDayConvention, DayCount, Fee, Terms};
use counterfoil_types::dates::Date;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::{InvoiceId, OrganizationId};
use counterfoil_types::payload::{self, PrivateField};

use crate::amounts::{AmountArgument, Currencies};
use crate::arguments::{Sending, document_hash, enum_value, read_file};
use crate::commands::invoice::COMMERCIAL_INVOICE;
use crate::failure::Failure;

#[derive(clap::Args, Debug)]
pub struct Register {
    /// The core enterprise that is to pay
    #[arg(long, value_name = "ORG")]
    buyer: OrganizationId,
    #[command(flatten)]
    details: Details,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    sending: Sending,
}

/// What a buyer proposes that its seller registers.
#[derive(clap::Args, Debug)]
pub struct Propose {
    /// The supplier that is to accept it
    #[arg(long, value_name = "ORG")]
    seller: OrganizationId,
    #[command(flatten)]
    details: Details,
    #[command(flatten)]
    sending: Sending,
}

/// The place of an invoice among the seller's others.
#[derive(clap::Args, Debug)]
pub struct Place {
    /// Your own withdrawn or rejected invoice that this one succeeds
    #[arg(long, value_name = "ID")]
    succeeds: Option<InvoiceId>,
    /// Your newest invoice whose number is the same but for punctuation and zeros, where the two are not the same
    /// invoice; its buyer consents (--propose --consent-of)
    #[arg(long, value_name = "ID", requires = "releases_number")]
    releases: Option<InvoiceId>,
    /// That invoice's number, as it was registered
    #[arg(long, value_name = "NUMBER", requires = "releases")]
    releases_number: Option<String>,
}

impl Place {
    /// The invoice that is succeeded, if any, and the collision that is released.
    pub fn resolve(self) -> (Vec<u8>, Option<CollisionRelease>) {
        let succeeds = self.succeeds.map(InvoiceId::to_vec).unwrap_or_default();
        let named = self.releases.zip(self.releases_number);
        let release = named.map(|(invoice, number)| CollisionRelease {
            invoice: invoice.to_vec(),
            number,
        });
        (succeeds, release)
    }
}

/// What an invoice says of itself.
#[derive(clap::Args, Debug)]
struct Details {
    /// The invoice's number, as printed
    #[arg(long)]
    number: String,
    /// Date of issue, such as 2012-01-31; not after the ledger's date
    #[arg(long, value_name = "DATE")]
    issue_date: Date,
    /// Due date, on or after the date of issue
    #[arg(long, value_name = "DATE")]
    due_date: Date,
    /// Date of delivery
    #[arg(long, value_name = "DATE")]
    delivery_date: Option<Date>,
    #[command(flatten)]
    amount: AmountArgument,
    /// UNTDID 1001: 326 partial, 380 commercial, 384 corrected, 389 self-billed, 393 factored
    #[arg(long, value_name = "CODE", default_value_t = COMMERCIAL_INVOICE)]
    type_code: u32,
    /// The buyer's order
    #[arg(long, value_name = "TEXT", default_value = "")]
    order_reference: String,
    #[command(flatten)]
    terms: TermsArguments,
    #[command(flatten)]
    document: Document,
    #[command(flatten)]
    payload: Payload,
}

/// Terms of payment, which the buyer's confirmation repeats.
#[derive(clap::Args, Debug)]
struct TermsArguments {
    /// Day count of the penalty: A001 (30/360), A004 (actual/360), A005 (actual/365)
    #[arg(long, value_name = "CODE", default_value = "A004", value_parser = day_count)]
    day_count: DayCount,
    /// What becomes of a due date that is no business day: none, following, modified-following, preceding
    #[arg(long, value_name = "CONVENTION", default_value = "none", value_parser = convention)]
    convention: BusinessDayConvention,
    /// The calendar of the convention, such as TARGET (`counterfoil calendar list`)
    #[arg(long, value_name = "CODE", default_value = "")]
    calendar: String,
    /// Days after the due date before default
    #[arg(long, value_name = "DAYS", default_value_t = 45)]
    grace_days: u32,
    /// Penalty on what is paid late, in parts per million a year
    #[arg(long, value_name = "PPM", default_value_t = 80_000)]
    penalty_rate_ppm: u32,
    /// Forbid the claim's transfer
    #[arg(long)]
    not_assignable: bool,
    /// A fee that may be charged on top, such as bank-a=12.50; may be repeated
    #[arg(long = "fee", value_name = "PAYEE=CAP")]
    fees: Vec<String>,
    /// Who rules where a payment over the external rail is contested; nobody where it is left out
    #[arg(long, value_name = "ORG")]
    payment_arbiter: Option<OrganizationId>,
    /// Who rules on a dispute after confirmation, neither seller nor buyer; may be repeated
    #[arg(long = "arbiter", value_name = "ORG")]
    arbiters: Vec<OrganizationId>,
    /// How many arbiters must rule the same [default: more than half of them]
    #[arg(long, value_name = "COUNT", requires = "arbiters")]
    arbiter_threshold: Option<u32>,
}

/// A document that goes with an invoice, or is it.
#[derive(clap::Args, Debug)]
#[group(required = true, multiple = false)]
pub struct Document {
    /// The document, whose SHA-256 goes on the ledger; the document itself does not
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
    /// The document's SHA-256, 64 hexadecimal digits
    #[arg(long, value_name = "HASH")]
    document_hash: Option<Hash>,
}

/// Private fields, of which only a root goes on the ledger.
#[derive(clap::Args, Debug)]
struct Payload {
    /// Private fields, a flat JSON object of names and texts; only the root of their salted hashes goes on the ledger
    #[arg(long, value_name = "FILE", conflicts_with = "payload_root")]
    private: Option<PathBuf>,
    /// Where to keep the fields with their salts, needed to show any of them later [default: the file's name and ".salted.json"]
    #[arg(long, value_name = "FILE", requires = "private")]
    salted: Option<PathBuf>,
    /// The root over private fields salted elsewhere, 64 hexadecimal digits
    #[arg(long, value_name = "HASH")]
    payload_root: Option<Hash>,
}

pub fn convention(text: &str) -> Result<BusinessDayConvention, String> {
    let named = BusinessDayConvention::from_str_name;
    enum_value("BUSINESS_DAY_CONVENTION", text, named)
}

fn day_count(text: &str) -> Result<DayCount, String> {
    enum_value("DAY_COUNT", text, DayCount::from_str_name)
}

impl Register {
    pub fn into_action(
        self,
        currencies: &Currencies,
    ) -> Result<(RegisterInvoice, Sending), Failure> {
        let (succeeds, release) = self.place.resolve();
        let action = RegisterInvoice {
            succeeds,
            release,
            ..self.details.of_buyer(&self.buyer, currencies)?
        };
        Ok((action, self.sending))
    }
}

impl Propose {
    pub fn into_action(
        self,
        buyer: &OrganizationId,
        currencies: &Currencies,
    ) -> Result<(ProposeInvoice, Sending), Failure> {
        let action = ProposeInvoice {
            seller: self.seller.to_string(),
            invoice: Some(self.details.of_buyer(buyer, currencies)?),
        };
        Ok((action, self.sending))
    }
}

impl Details {
    fn of_buyer(
        self,
        buyer: &OrganizationId,
        currencies: &Currencies,
    ) -> Result<RegisterInvoice, Failure> {
        let gross = self.amount.resolve(currencies)?;
        Ok(RegisterInvoice {
            buyer: buyer.to_string(),
            number: self.number,
            issue_date: Some(self.issue_date.to_proto()),
            due_date: Some(self.due_date.to_proto()),
            delivery_date: self.delivery_date.map(Date::to_proto),
            type_code: self.type_code,
            order_reference: self.order_reference,
            terms: Some(self.terms.resolve(&gross.currency, currencies)?),
            gross: Some(gross),
            document_hash: self.document.hash()?.to_vec(),
            payload_root: self.payload.root()?.to_vec(),
            succeeds: Vec::new(),
            release: None,
        })
    }
}

impl TermsArguments {
    fn resolve(&self, currency: &str, currencies: &Currencies) -> Result<Terms, Failure> {
        let fee = |text: &String| {
            let (payee, cap_minor) = currencies.fee(text, currency)?;
            Ok::<_, Failure>(Fee { payee, cap_minor })
        };
        let mut arbiters: Vec<String> = self.arbiters.iter().map(ToString::to_string).collect();
        arbiters.sort();
        arbiters.dedup();
        let count = u32::try_from(arbiters.len()).map_err(Failure::failed)?;
        let majority = if count == 0 { 0 } else { count / 2 + 1 };
        Ok(Terms {
            arbiters,
            arbiter_threshold: self.arbiter_threshold.unwrap_or(majority),
            day_count: self.day_count.into(),
            convention: self.convention.into(),
            calendar: self.calendar.clone(),
            grace_days: self.grace_days,
            penalty_rate_ppm: self.penalty_rate_ppm,
            assignable: !self.not_assignable,
            fees: self.fees.iter().map(fee).collect::<Result<_, _>>()?,
            arbiter: self
                .payment_arbiter
                .iter()
                .map(OrganizationId::to_string)
                .collect(),
        })
    }
}

impl Document {
    pub fn hash(&self) -> Result<Hash, Failure> {
        let options = "--document or --document-hash";
        document_hash(self.document.as_deref(), self.document_hash, options)
    }
}

impl Payload {
    fn root(&self) -> Result<Hash, Failure> {
        let Some(file) = &self.private else {
            return match self.payload_root {
                Some(root) => Ok(root),
                None => payload::root(&[]).map_err(Failure::failed),
            };
        };
        let values: BTreeMap<String, String> =
            serde_json::from_slice(&read_file(file)?).map_err(|e| {
                Failure::Failed(format!(
                    "{}: expected a JSON object of names and texts: {e}",
                    file.display()
                ))
            })?;
        let salt = || Hash::from_bytes(rand::random());
        let fields: Vec<PrivateField> = values
            .into_iter()
            .map(|(name, value)| PrivateField {
                name,
                value,
                salt: salt(),
            })
            .collect();
        let root = payload::root(&fields).map_err(Failure::failed)?;
        // Written before anything is sent: a root whose salts are lost can never be opened.
        let salted = self.salted.clone().unwrap_or_else(|| {
            let mut name = file.clone().into_os_string();
            name.push(".salted.json");
            name.into()
        });
        let text = serde_json::to_string_pretty(&fields).expect("fields have string keys only");
        keystore::write_secret(&salted, &text)?;
        eprintln!(
            "private fields with their salts are in {}: keep it",
            salted.display()
        );
        Ok(root)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn private_fields_are_salted_and_the_salts_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("fields.json");
        fs::write(&file, r#"{"price": "2.50", "line-1": "10 bolts"}"#).unwrap();
        let payload = Payload {
            private: Some(file.clone()),
            salted: None,
            payload_root: None,
        };
        let root = payload.root().unwrap();
        let kept = fs::read(folder.path().join("fields.json.salted.json")).unwrap();
        let fields: Vec<PrivateField> = serde_json::from_slice(&kept).unwrap();
        assert_eq!(fields.len(), 2);
        assert_ne!(fields[0].salt, fields[1].salt);
        assert_eq!(payload::root(&fields).unwrap(), root);
        // A second run would overwrite the salts of the first.
        assert!(payload.root().is_err());
        fs::write(&file, r#"{"lines": ["nested"]}"#).unwrap();
        assert!(
            payload
                .root()
                .unwrap_err()
                .to_string()
                .contains("names and texts")
        );
    }

    #[test]
    fn fees_are_caps_in_the_invoices_currency() {
        let currencies = Currencies::from_iter([("USD".to_owned(), 2)]);
        let terms = |fee: &str| {
            let fees = vec![fee.to_owned()];
            let day_count = DayCount::A004;
            TermsArguments {
                day_count,
                convention: BusinessDayConvention::Following,
                calendar: "TARGET".to_owned(),
                grace_days: 45,
                penalty_rate_ppm: 80_000,
                not_assignable: false,
                fees,
                payment_arbiter: None,
                arbiters: ["c", "a", "b"].map(|id| id.parse().unwrap()).to_vec(),
                arbiter_threshold: None,
            }
            .resolve("USD", &currencies)
        };
        let fee = &terms("bank-a=12.50").unwrap().fees[0];
        assert_eq!((fee.payee.as_str(), fee.cap_minor), ("bank-a", 1_250));
        let ruling = terms("bank-a=1").unwrap();
        assert_eq!(ruling.arbiters, ["a", "b", "c"]);
        assert_eq!(ruling.arbiter_threshold, 2);
        let named = (ruling.convention(), ruling.calendar.as_str());
        assert_eq!(named, (BusinessDayConvention::Following, "TARGET"));
        for bad in ["bank-a", "Bank=1", "bank-a=1.234", "bank-a="] {
            assert!(terms(bad).is_err(), "{bad}");
        }
    }
}
