//! Business calendars, as they stand.

use std::sync::Arc;

use counterfoil_contracts::calendar;
use counterfoil_proto::calendar::v1::PublishedCalendar;
use counterfoil_proto::v1 as wire;
use tonic::Status;

use super::{Service, text};
use crate::grpc::access::{Caller, rules};
use crate::grpc::errors;
use crate::grpc::pages::Page;

pub async fn get_calendar(
    service: &Service,
    caller: Arc<Caller>,
    request: wire::GetCalendarRequest,
) -> Result<wire::GetCalendarResponse, Status> {
    let code = text("code", request.code)?;
    let key = calendar::api::calendar_key(&code);
    let missing = errors::not_found("calendar", format!("calendar {code:?}"));
    let calendar = service.get(caller, key, rules::calendar, missing).await?;
    Ok(wire::GetCalendarResponse { calendar })
}

pub async fn list_calendars(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListCalendarsRequest,
) -> Result<wire::ListCalendarsResponse, Status> {
    let page = Page::new(&caller, r.page_size, &r.page_token, "calendars", &[])?;
    let prefix = calendar::api::calendar_prefix();
    let every = |_: &PublishedCalendar| true;
    let (calendars, next_page_token) = service
        .list(caller, page, prefix, rules::calendar, every)
        .await?;
    Ok(wire::ListCalendarsResponse {
        calendars,
        next_page_token,
    })
}
