//! What others may ask of financing: to read and rank, to collect on loans what their
//! collateral is paid, and to end a request that the debtor's payment has overtaken.

use super::keys::{LIMITS, LOANS, PROGRAMMES, QUOTES, REQUESTS, STANDING};
use super::requests;
use crate::kernel::{Context, StateError};

pub use super::exposures::keep as keep_exposures;
pub use super::loans::Collections;
pub use super::outside::{check_passing, close as close_taken};
pub use super::pricing::{Price, Ranked, price, rank};

/// Key of a request.
pub fn request_key(id: &[u8]) -> Vec<u8> {
    REQUESTS.key(&[id])
}

/// What the keys of all requests begin with.
pub fn request_prefix() -> Vec<u8> {
    REQUESTS.prefix()
}

/// What the keys of a request's quotes begin with.
pub fn quotes_of_prefix(request: &[u8]) -> Vec<u8> {
    [QUOTES.key(&[request]).as_slice(), b"/"].concat()
}

/// Key of a bank's quote for a request.
pub fn quote_key(request: &[u8], bank: &str) -> Vec<u8> {
    QUOTES.key(&[request, bank.as_bytes()])
}

/// Key of a loan.
pub fn loan_key(id: &[u8]) -> Vec<u8> {
    LOANS.key(&[id])
}

/// What the keys of all loans begin with.
pub fn loan_prefix() -> Vec<u8> {
    LOANS.prefix()
}

/// Key of a programme.
pub fn programme_key(id: &[u8]) -> Vec<u8> {
    PROGRAMMES.key(&[id])
}

/// What the keys of all programmes begin with.
pub fn programme_prefix() -> Vec<u8> {
    PROGRAMMES.prefix()
}

/// What the keys of all standing quotes begin with.
pub fn standing_prefix() -> Vec<u8> {
    STANDING.prefix()
}

/// What the keys of all limits begin with.
pub fn limit_prefix() -> Vec<u8> {
    LIMITS.prefix()
}

/// Ends the request that locks a claim of which the debtor has paid something.
pub fn overtake(context: &mut Context<'_>, request: &[u8]) -> Result<(), StateError> {
    requests::overtake(context, request)
}
