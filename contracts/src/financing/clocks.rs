//! Last days of requests and quotes, which freezes move, and what a freeze keeps from being awarded (specification 7.2).

use counterfoil_proto::financing::v1::Request;
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;

use super::api::{quote_key, request_key};
use super::requests::agreed_window;
use crate::kernel::{Context, Failure, StateError, stored_date};
use crate::membership::api as membership;
use crate::receivable::api as receivables;
use crate::supervision::api as supervision;

const KEY: &str = "financing/request";

/// The records whose freeze stops a request's clocks: itself, its seller, its claims and their receivables.
fn records(request: &Request) -> Vec<Vec<u8>> {
    let mut records = vec![
        request_key(&request.id),
        membership::organization_key(&request.seller),
    ];
    for claim in &request.claims {
        records.push(receivables::claim_key(&claim.receivable, claim.number));
        records.push(receivables::receivable_key(&claim.receivable));
    }
    records
}

/// Those of one bank's quote alone.
fn records_of_quote(request: &Request, bank: &str) -> [Vec<u8>; 2] {
    [
        quote_key(&request.id, bank),
        membership::organization_key(bank),
    ]
}

fn moved(
    context: &Context<'_>,
    request: &Request,
    records: &[Vec<u8>],
    agreed: Date,
) -> Result<Date, StateError> {
    let opened = stored_date(KEY, request.opened_on)?;
    supervision::last_day(context, records, opened, agreed)
}

/// The last day for the award.
pub(super) fn last_day(context: &Context<'_>, request: &Request) -> Result<Date, StateError> {
    let agreed = stored_date(KEY, request.expires_on)?;
    moved(context, request, &records(request), agreed)
}

/// The last day for quotes, and the last day on which they are revealed.
pub(super) fn reveal_window(
    context: &Context<'_>,
    request: &Request,
) -> Result<(Date, Date), StateError> {
    let (deadline, until) = agreed_window(request)?;
    let records = records(request);
    Ok((
        moved(context, request, &records, deadline)?,
        moved(context, request, &records, until)?,
    ))
}

/// The last day on which a bank's quote binds it.
pub(super) fn quote_last_day(
    context: &Context<'_>,
    request: &Request,
    bank: &str,
    expires_on: Option<wire::Date>,
) -> Result<Date, StateError> {
    let records = [&records(request)[..], &records_of_quote(request, bank)].concat();
    let agreed = stored_date("financing/quote", expires_on)?;
    moved(context, request, &records, agreed)
}

/// Checks that neither a request nor a bank's quote, nor the bank, is frozen. Its claims are looked at by themselves.
pub(super) fn check_free(
    context: &Context<'_>,
    request: &Request,
    bank: &str,
) -> Result<(), Failure> {
    let quote = records_of_quote(request, bank);
    let records = [&[request_key(&request.id)], &quote[..]].concat();
    supervision::check_free(context, &records)
}
