//! Profiles, the histories that they add up, and who else may read them.

use std::sync::Arc;

use counterfoil_contracts::credit;
use counterfoil_proto::credit::v1::ProfileShare;
use counterfoil_proto::v1 as wire;
use tonic::Status;

use super::{Service, organization};
use crate::grpc::access::{Caller, Records, rules};
use crate::grpc::errors;
use crate::grpc::filters::matches;
use crate::grpc::pages::Page;
use crate::ledger::{History, LedgerError};

pub async fn get_profile(
    service: &Service,
    caller: Arc<Caller>,
    request: wire::GetProfileRequest,
) -> Result<wire::GetProfileResponse, Status> {
    let id = organization("organization", request.organization)?;
    let key = credit::api::profile_key(&id);
    let missing = errors::not_found("credit", format!("profile of {id:?}"));
    let profile = service.get(caller, key, rules::profile, missing).await?;
    Ok(wire::GetProfileResponse { profile })
}

pub async fn list_history(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListHistoryRequest,
) -> Result<wire::ListHistoryResponse, Status> {
    let id = organization("organization", r.organization)?;
    let page = Page::new(
        &caller,
        r.page_size,
        &r.page_token,
        "history",
        &[id.as_bytes()],
    )?;
    let read = service.reader.read(move |ledger| {
        let records = Records::new(ledger);
        // To others it is the history of one whom nothing concerned.
        if !rules::history(&caller, &records, &id)? {
            return Ok(Default::default());
        }
        let after = page.after().map(sequence_of).transpose()?;
        let from = after.map_or(0, |after| after + 1);
        let history = History::of(records.state(), &id).map_err(failed)?;
        let entries = history.entries(from, page.size()).map_err(failed)?;
        let next = from + entries.len() as u64;
        let token = match next < history.head.length {
            true => page.token(&(next - 1).to_be_bytes())?,
            false => String::new(),
        };
        Ok((entries, token))
    });
    let (entries, next_page_token) = read.await?;
    Ok(wire::ListHistoryResponse {
        entries,
        next_page_token,
    })
}

fn sequence_of(place: &[u8]) -> Result<u64, Status> {
    let place = place.try_into().map(u64::from_be_bytes);
    place.map_err(|_| errors::failed("reading a page token", "it holds no sequence"))
}

fn failed(error: LedgerError) -> Status {
    errors::failed("reading a history", error)
}

pub async fn list_profile_shares(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListProfileSharesRequest,
) -> Result<wire::ListProfileSharesResponse, Status> {
    let filters: [&[u8]; 2] = [r.organization.as_bytes(), r.reader.as_bytes()];
    let page = Page::new(
        &caller,
        r.page_size,
        &r.page_token,
        "profile_shares",
        &filters,
    )?;
    let filter = move |x: &ProfileShare| {
        matches(&r.organization, &x.organization) && matches(&r.reader, &x.reader)
    };
    let prefix = credit::api::share_prefix();
    let (shares, next_page_token) = service
        .list(caller, page, prefix, rules::share, filter)
        .await?;
    Ok(wire::ListProfileSharesResponse {
        shares,
        next_page_token,
    })
}
