//! Invoices.

use std::sync::Arc;

use counterfoil_contracts::invoice;
use counterfoil_proto::invoice::v1::{Invoice, InvoiceState};
use counterfoil_proto::v1 as wire;
use tonic::Status;

use super::{Service, known};
use crate::grpc::access::{Caller, rules};
use crate::grpc::errors;
use crate::grpc::filters::{is, is_before_arbiter, matches};
use crate::grpc::pages::Page;

pub async fn get_invoice(
    service: &Service,
    caller: Arc<Caller>,
    request: wire::GetInvoiceRequest,
) -> Result<wire::GetInvoiceResponse, Status> {
    let id = errors::hash("id", &request.id)?;
    let key = invoice::api::invoice_key(id.as_ref());
    let missing = errors::not_found("invoice", format!("invoice {id}"));
    let invoice = service.get(caller, key, rules::invoice, missing).await?;
    Ok(wire::GetInvoiceResponse { invoice })
}

pub async fn list_invoices(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListInvoicesRequest,
) -> Result<wire::ListInvoicesResponse, Status> {
    let state = known::<InvoiceState>("state", r.state)?;
    let filters: [&[u8]; 4] = [
        r.seller.as_bytes(),
        r.buyer.as_bytes(),
        &state.to_be_bytes(),
        r.arbiter.as_bytes(),
    ];
    let page = Page::new(&caller, r.page_size, &r.page_token, "invoices", &filters)?;
    let filter = move |i: &Invoice| {
        matches(&r.seller, &i.seller)
            && matches(&r.buyer, &i.buyer)
            && is(state, i.state)
            && is_before_arbiter(&r.arbiter, i)
    };
    let prefix = invoice::api::invoice_prefix();
    let (invoices, next_page_token) = service
        .list(caller, page, prefix, rules::invoice, filter)
        .await?;
    Ok(wire::ListInvoicesResponse {
        invoices,
        next_page_token,
    })
}
