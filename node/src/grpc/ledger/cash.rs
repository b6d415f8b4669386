//! Deposits: balances, what banks issued, redemptions, whose are taken; payments over the external rail.

use std::sync::Arc;

use counterfoil_contracts::cash;
use counterfoil_proto::cash::v1::{
    Acceptance, Balance, Issuance, Payment, PaymentState, Redemption, RedemptionState,
};
use counterfoil_proto::v1 as wire;
use tonic::Status;

use super::{Service, known, organization, text};
use crate::grpc::access::{Caller, rules};
use crate::grpc::errors;
use crate::grpc::filters::{is, matches};
use crate::grpc::pages::Page;

pub async fn get_balance(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::GetBalanceRequest,
) -> Result<wire::GetBalanceResponse, Status> {
    let holder = organization("holder", r.holder)?;
    let issuer = organization("issuer", r.issuer)?;
    let currency = text("currency", r.currency)?;
    let key = cash::api::balance_key(&holder, &issuer, &currency);
    let what = format!("balance of {holder:?} in {currency:?} deposits of {issuer:?}");
    let missing = errors::not_found("cash", what);
    let nothing = Balance {
        issuer,
        holder,
        currency,
        available_minor: 0,
        locked_minor: 0,
    };
    let balance = service
        .get_or(caller, (key, nothing), rules::balance, missing)
        .await?;
    Ok(wire::GetBalanceResponse { balance })
}

pub async fn list_balances(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListBalancesRequest,
) -> Result<wire::ListBalancesResponse, Status> {
    let filters = [r.holder.as_bytes(), r.issuer.as_bytes()];
    let page = Page::new(&caller, r.page_size, &r.page_token, "balances", &filters)?;
    let filter = move |b: &Balance| matches(&r.holder, &b.holder) && matches(&r.issuer, &b.issuer);
    let prefix = cash::api::balance_prefix();
    let (balances, next_page_token) = service
        .list(caller, page, prefix, rules::balance, filter)
        .await?;
    Ok(wire::ListBalancesResponse {
        balances,
        next_page_token,
    })
}

pub async fn list_issuances(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListIssuancesRequest,
) -> Result<wire::ListIssuancesResponse, Status> {
    let page = Page::new(
        &caller,
        r.page_size,
        &r.page_token,
        "issuances",
        &[r.issuer.as_bytes()],
    )?;
    let filter = move |i: &Issuance| matches(&r.issuer, &i.issuer);
    let prefix = cash::api::issuance_prefix();
    let (issuances, next_page_token) = service
        .list(caller, page, prefix, rules::issuance, filter)
        .await?;
    Ok(wire::ListIssuancesResponse {
        issuances,
        next_page_token,
    })
}

pub async fn get_redemption(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::GetRedemptionRequest,
) -> Result<wire::GetRedemptionResponse, Status> {
    let holder = organization("holder", r.holder)?;
    let end_to_end_id = text("end_to_end_id", r.end_to_end_id)?;
    let key = cash::api::redemption_key(&holder, &end_to_end_id);
    let what = format!("redemption {end_to_end_id:?} of {holder:?}");
    let missing = errors::not_found("cash", what);
    let redemption = service.get(caller, key, rules::redemption, missing).await?;
    Ok(wire::GetRedemptionResponse { redemption })
}

pub async fn list_redemptions(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListRedemptionsRequest,
) -> Result<wire::ListRedemptionsResponse, Status> {
    let state = known::<RedemptionState>("state", r.state)?;
    let filters: [&[u8]; 3] = [
        r.holder.as_bytes(),
        r.issuer.as_bytes(),
        &state.to_be_bytes(),
    ];
    let page = Page::new(&caller, r.page_size, &r.page_token, "redemptions", &filters)?;
    let filter = move |x: &Redemption| {
        matches(&r.holder, &x.holder) && matches(&r.issuer, &x.issuer) && is(state, x.state)
    };
    let prefix = cash::api::redemption_prefix();
    let (redemptions, next_page_token) = service
        .list(caller, page, prefix, rules::redemption, filter)
        .await?;
    Ok(wire::ListRedemptionsResponse {
        redemptions,
        next_page_token,
    })
}

pub async fn get_acceptance(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::GetAcceptanceRequest,
) -> Result<wire::GetAcceptanceResponse, Status> {
    let payee = organization("payee", r.payee)?;
    let key = cash::api::acceptance_key(&payee);
    let missing = errors::not_found("cash", format!("acceptance of {payee:?}"));
    let nothing = Acceptance {
        payee,
        ..Acceptance::default()
    };
    let acceptance = service
        .get_or(caller, (key, nothing), rules::acceptance, missing)
        .await?;
    Ok(wire::GetAcceptanceResponse { acceptance })
}

pub async fn get_payment(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::GetPaymentRequest,
) -> Result<wire::GetPaymentResponse, Status> {
    let id = errors::hash("id", &r.id)?;
    let key = cash::api::payment_key(id.as_ref());
    let missing = errors::not_found("cash", format!("payment {id}"));
    let payment = service.get(caller, key, rules::payment, missing).await?;
    Ok(wire::GetPaymentResponse { payment })
}

pub async fn list_payments(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListPaymentsRequest,
) -> Result<wire::ListPaymentsResponse, Status> {
    let state = known::<PaymentState>("state", r.state)?;
    let filters: [&[u8]; 5] = [
        r.payer.as_bytes(),
        r.payee.as_bytes(),
        r.asserter.as_bytes(),
        r.confirmer.as_bytes(),
        &state.to_be_bytes(),
    ];
    let page = Page::new(&caller, r.page_size, &r.page_token, "payments", &filters)?;
    let filter = move |p: &Payment| {
        matches(&r.payer, &p.payer)
            && matches(&r.payee, &p.payee)
            && matches(&r.asserter, &p.asserter)
            && matches(&r.confirmer, &p.confirmer)
            && is(state, p.state)
    };
    let prefix = cash::api::payment_prefix();
    let (payments, next_page_token) = service
        .list(caller, page, prefix, rules::payment, filter)
        .await?;
    Ok(wire::ListPaymentsResponse {
        payments,
        next_page_token,
    })
}
