//! Where requests, quotes and loans stand.

use counterfoil_proto::financing::v1::{
    Limit, Loan, Programme, Quote, RejectionCode, Request, StandingQuote,
};

use crate::kernel::{Failure, StateError, Store, Table, reject};

pub(super) const REQUESTS: Table<Request> = Table::new("financing/request");
pub(super) const QUOTES: Table<Quote> = Table::new("financing/quote");
pub(super) const LIMITS: Table<Limit> = Table::new("financing/limit");
pub(super) const PROGRAMMES: Table<Programme> = Table::new("financing/programme");
pub(super) const STANDING: Table<StandingQuote> = Table::new("financing/standing");
pub(super) const LOANS: Table<Loan> = Table::new("financing/loan");

pub(super) fn find_request(store: &Store<'_>, id: &[u8]) -> Result<Request, Failure> {
    REQUESTS
        .get(store, &[id])?
        .ok_or_else(|| reject(RejectionCode::UnknownRequest, "no request has this id"))
}

pub(super) fn put_request(store: &mut Store<'_>, request: &Request) {
    REQUESTS.put(store, &[&request.id], request);
}

pub(super) fn quote(
    store: &Store<'_>,
    request: &[u8],
    bank: &str,
) -> Result<Option<Quote>, StateError> {
    QUOTES.get(store, &[request, bank.as_bytes()])
}

pub(super) fn put_quote(store: &mut Store<'_>, quote: &Quote) {
    let parts = [quote.request.as_slice(), quote.bank.as_bytes()];
    QUOTES.put(store, &parts, quote);
}

pub(super) fn put_loan(store: &mut Store<'_>, loan: &Loan) {
    LOANS.put(store, &[&loan.id], loan);
}
