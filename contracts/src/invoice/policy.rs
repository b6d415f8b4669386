//! What the policy pack in force says of invoices and their confirmations (specification 7.1).

use counterfoil_proto::invoice::v1::{Invoice, WarningKind};

use super::details::{date_of, gross};
use crate::kernel::{Context, Failure, StateError};
use crate::supervision::api::Policy;

pub(super) fn check_registration(context: &Context<'_>, invoice: &Invoice) -> Result<(), Failure> {
    let policy = Policy::today(context)?;
    let parties = [invoice.seller.as_str(), &invoice.buyer];
    policy.check(context, &gross(invoice).currency, &parties, &[])?;
    check_small_seller(&policy, invoice)
}

pub(super) fn check_confirmation(context: &Context<'_>, invoice: &Invoice) -> Result<(), Failure> {
    let policy = Policy::today(context)?;
    let (parties, debtors) = ([invoice.seller.as_str()], [invoice.buyer.as_str()]);
    policy.check(context, &gross(invoice).currency, &parties, &debtors)?;
    policy.check_tenor(context, date_of(invoice.due_date)?)?;
    check_small_seller(&policy, invoice)
}

fn check_small_seller(policy: &Policy, invoice: &Invoice) -> Result<(), Failure> {
    let delivered = invoice.delivery_date.or(invoice.issue_date);
    let due = date_of(invoice.due_date)?;
    policy.check_small_seller(&invoice.seller, date_of(delivered)?, due)
}

/// What a buyer acknowledges that confirms today: the invoice's warnings, and a tenor that the pack wants looked at.
pub(super) fn to_acknowledge(
    context: &Context<'_>,
    invoice: &Invoice,
) -> Result<Vec<WarningKind>, StateError> {
    let due = date_of(invoice.due_date)?;
    let looked_at = Policy::today(context)?.asks_scrutiny(context, due);
    let tenor = looked_at.then_some(WarningKind::LongTenor);
    Ok(invoice.warnings().chain(tenor).collect())
}
