//! The numbers under which cash rejects, and the faults of a payment that
//! other contracts reject under numbers of their own.

use counterfoil_proto::cash::v1::RejectionCode;
use counterfoil_types::limits::MAX_END_TO_END_ID;

use crate::kernel::{Failure, StateError, reject, reject_repeated};

crate::kernel::rejection_codes!(RejectionCode, "cash", "REJECTION_CODE_");

/// Why a payment cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaymentFault {
    #[error("{0:?} is not a bank on this ledger")]
    UnknownIssuer(String),
    #[error(
        "an end-to-end id has 1 to {MAX_END_TO_END_ID} printable ASCII characters and no space at either end"
    )]
    InvalidEndToEndId,
    #[error("the end-to-end id {id:?} was used before, by transaction {first}")]
    RepeatedEndToEndId { id: String, first: String },
    #[error(
        "{holder} has {available_minor} minor units available in {currency} deposits of {issuer}, not {wanted_minor}"
    )]
    NotEnough {
        holder: String,
        issuer: String,
        currency: String,
        available_minor: u64,
        wanted_minor: u64,
    },
    #[error("the balance of {0} would pass 10^18 minor units")]
    TooLarge(String),
    #[error(transparent)]
    State(#[from] StateError),
}

impl From<PaymentFault> for Failure {
    fn from(fault: PaymentFault) -> Self {
        let message = fault.to_string();
        let code = match fault {
            PaymentFault::UnknownIssuer(_) => RejectionCode::UnknownIssuer,
            PaymentFault::InvalidEndToEndId => RejectionCode::InvalidEndToEndId,
            PaymentFault::RepeatedEndToEndId { first, .. } => {
                return reject_repeated(RejectionCode::RepeatedEndToEndId, message, first);
            }
            PaymentFault::NotEnough { .. } => RejectionCode::NotEnoughDeposits,
            PaymentFault::TooLarge(_) => RejectionCode::TooLarge,
            PaymentFault::State(error) => return Self::State(error),
        };
        reject(code, message)
    }
}
