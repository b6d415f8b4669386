//! The quotes of a financing request, ranked for whoever decides on them (specification 5.3).

use counterfoil_contracts::financing::api::{self as financing, Ranked};
use counterfoil_proto::financing::v1::{Quote, Request};
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::hash::Hash;
use counterfoil_types::limits::MAX_QUOTES;
use prost::Message;
use tonic::Status;

use super::access::{Caller, Records, rules};
use super::errors;
use crate::ledger::Ledger;

/// Ranks a request's quotes as of the last block: on the award's date, or on the ledger date up to
/// the request's last day. Of all of them, gives those that the caller may read.
pub fn rank_quotes(
    ledger: &Ledger,
    caller: &Caller,
    id: &Hash,
) -> Result<wire::RankQuotesResponse, Status> {
    let missing = || errors::not_found("financing", format!("request {id}"));
    let (state, today) = ledger.dated_state().map_err(failed)?;
    let records = Records::of(ledger, state);
    let request: Option<Request> = records.get(&financing::request_key(id.as_ref()))?;
    let request = request.ok_or_else(missing)?;
    // What the rule leaves out of it, ranking still needs.
    if rules::request(caller, &records, request.clone())?.is_none() {
        return Err(missing());
    }
    let prefix = financing::quotes_of_prefix(id.as_ref());
    let rows = records
        .state()
        .scan(&prefix, None, MAX_QUOTES)
        .map_err(failed)?;
    let quotes: Vec<Quote> = rows
        .iter()
        .map(|(_, value)| decode(value))
        .collect::<Result<_, _>>()?;
    let awarded_on = request.award.as_ref().and_then(|award| award.awarded_on);
    let last = Date::try_from(&request.expires_on.unwrap_or_default()).map_err(failed)?;
    let value_date = match awarded_on {
        Some(date) => Date::try_from(&date).map_err(failed)?,
        None => today.min(last),
    };
    let ranked = financing::rank(&request, quotes, value_date).map_err(failed)?;
    let shown = ranked
        .into_iter()
        .filter(|ranked| rules::quote(caller, &request, &ranked.quote));
    Ok(wire::RankQuotesResponse {
        quotes: shown.map(to_wire).collect(),
        value_date: Some(value_date.to_proto()),
    })
}

fn to_wire(ranked: Ranked) -> wire::RankedQuote {
    let shown = wire::RankedQuote {
        quote: Some(ranked.quote),
        rank: ranked.rank.unwrap_or(0),
        ..Default::default()
    };
    match ranked.price {
        None => shown,
        Some(price) => wire::RankedQuote {
            cost_minor: price.cost_minor,
            fees_minor: price.fees_minor,
            proceeds_minor: price.proceeds_minor,
            annual_cost_ppm: price.annual_cost_ppm,
            net_minor: price.net_minor,
            ..shown
        },
    }
}

fn decode<R: Message + Default>(record: &[u8]) -> Result<R, Status> {
    R::decode(record).map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> Status {
    errors::failed("ranking the quotes", error)
}
