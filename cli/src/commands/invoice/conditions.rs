//! `counterfoil invoice condition` and the answer to conditions: what the buyer would pay, repeated by the seller.

use counterfoil_proto::invoice::v1::{AcceptConditions, ConfirmConditionally, Invoice};
use counterfoil_proto::receivable::v1::BusinessDayConvention;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::InvoiceId;
use counterfoil_types::terms::terms_hash;

use super::check_acknowledged;
use super::register::convention;
use crate::amounts::Currencies;
use crate::arguments::Sending;
use crate::failure::Failure;
use crate::views;

#[derive(clap::Args, Debug)]
pub struct Condition {
    /// The invoice's id, 64 hexadecimal digits
    id: InvoiceId,
    /// What you undertake to pay, such as "90.00 USD"; the invoice's amount if left out
    #[arg(long, value_name = "AMOUNT")]
    amount: Option<String>,
    /// What becomes of a due date that is no business day: none, following, modified-following, preceding; as in the
    /// invoice's terms if left out
    #[arg(long, value_name = "CONVENTION", value_parser = convention)]
    convention: Option<BusinessDayConvention>,
    /// The calendar of the convention, empty for none; as in the invoice's terms if left out
    #[arg(long, value_name = "CODE")]
    calendar: Option<String>,
    /// Days after the due date before default; as in the invoice's terms if left out
    #[arg(long, value_name = "DAYS")]
    grace_days: Option<u32>,
    /// Penalty on what is paid late, in parts per million a year; as in the invoice's terms if left out
    #[arg(long, value_name = "PPM")]
    penalty_rate_ppm: Option<u32>,
    /// Whether the claim may be transferred; as in the invoice's terms if left out
    #[arg(long, value_name = "BOOL")]
    assignable: Option<bool>,
    /// Why, in 1 to 280 characters
    #[arg(long)]
    reason: String,
    /// The last day on which the seller may accept, at most 90 days ahead; it binds you until then
    #[arg(long, value_name = "DATE")]
    until: Date,
    /// Say that you have looked at what the invoice is like, where it has warnings
    #[arg(long)]
    acknowledge_warnings: bool,
    #[command(flatten)]
    sending: Sending,
}

impl Condition {
    pub fn id(&self) -> InvoiceId {
        self.id
    }

    pub fn into_action(
        self,
        invoice: &Invoice,
        currencies: &Currencies,
    ) -> Result<(ConfirmConditionally, Sending), Failure> {
        check_acknowledged(invoice, self.acknowledge_warnings)?;
        let gross = invoice.gross.clone().unwrap_or_default();
        let amount = match &self.amount {
            Some(amount) => currencies.read(amount, Some(&gross.currency))?,
            None => gross,
        };
        let mut terms = invoice.terms.clone().unwrap_or_default();
        let convention = self.convention.unwrap_or(terms.convention());
        terms.set_convention(convention);
        terms.calendar = self.calendar.unwrap_or(terms.calendar);
        terms.grace_days = self.grace_days.unwrap_or(terms.grace_days);
        terms.penalty_rate_ppm = self.penalty_rate_ppm.unwrap_or(terms.penalty_rate_ppm);
        terms.assignable = self.assignable.unwrap_or(terms.assignable);
        let action = ConfirmConditionally {
            invoice: self.id.to_vec(),
            amount: Some(amount),
            terms: Some(terms),
            reason: self.reason,
            expires_on: Some(self.until.to_proto()),
            acknowledged: invoice.warnings.clone(),
        };
        Ok((action, self.sending))
    }
}

/// Repeats a buyer's conditions, and shows them to whoever is about to sign.
pub fn acceptance(invoice: &Invoice, currencies: &Currencies) -> Result<AcceptConditions, Failure> {
    let Some(conditions) = invoice.conditions.clone() else {
        let message = "the buyer has confirmed this invoice under no conditions";
        return Err(Failure::Usage(message.into()));
    };
    let amount = conditions.amount.unwrap_or_default();
    let terms_hash = terms_hash(&conditions.terms.unwrap_or_default());
    eprintln!(
        "accepting {} for invoice {} of {}, under terms {terms_hash}; the offer stands until {}",
        currencies.money(&amount),
        invoice.number,
        currencies.money(&invoice.gross.clone().unwrap_or_default()),
        views::day(conditions.expires_on),
    );
    Ok(AcceptConditions {
        invoice: invoice.id.clone(),
        amount: Some(amount),
        terms_hash: terms_hash.to_vec(),
    })
}
