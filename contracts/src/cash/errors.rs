//! The numbers under which cash rejects, and the faults of a payment that
//! other contracts reject under numbers of their own.

use counterfoil_proto::cash::v1::RejectionCode as CashCode;
use counterfoil_types::limits::MAX_END_TO_END_ID;

use crate::kernel::{Failure, RejectionCode, StateError, reject, reject_repeated};

crate::kernel::rejection_codes!(CashCode, "cash", "REJECTION_CODE_");

/// Why a payment cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaymentFault {
    #[error("{0:?} is not a bank on this ledger")]
    UnknownIssuer(String),
    #[error(
        "an end-to-end id has 1 to {MAX_END_TO_END_ID} printable ASCII characters and no space at either end"
    )]
    InvalidEndToEndId,
    #[error("the end-to-end id {id:?} was used before")]
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
    #[error("all that {0} ever issued would pass 10^18 minor units")]
    IssuedTooMuch(String),
    #[error("{payee} does not take {currency} deposits of {issuer}: it takes {taken}")]
    NotAccepted {
        payee: String,
        issuer: String,
        currency: String,
        /// What it takes in this currency, in words.
        taken: String,
    },
    #[error("{payee} would hold more {currency} deposits of {issuer} than it takes")]
    CapExceeded {
        payee: String,
        issuer: String,
        currency: String,
    },
    #[error("the payee's consent is lacking")]
    ConsentLacking(Failure),
    #[error(transparent)]
    State(#[from] StateError),
}

/// The numbers under which a contract rejects payments.
pub trait PaymentCodes: RejectionCode {
    const UNKNOWN_ISSUER: Self;
    const INVALID_END_TO_END_ID: Self;
    const REPEATED_END_TO_END_ID: Self;
    const NOT_ENOUGH_DEPOSITS: Self;
    const TOO_LARGE: Self;
    const ISSUER_NOT_ACCEPTED: Self;
    const CAP_EXCEEDED: Self;
}

impl PaymentCodes for CashCode {
    const UNKNOWN_ISSUER: Self = Self::UnknownIssuer;
    const INVALID_END_TO_END_ID: Self = Self::InvalidEndToEndId;
    const REPEATED_END_TO_END_ID: Self = Self::RepeatedEndToEndId;
    const NOT_ENOUGH_DEPOSITS: Self = Self::NotEnoughDeposits;
    const TOO_LARGE: Self = Self::TooLarge;
    const ISSUER_NOT_ACCEPTED: Self = Self::IssuerNotAccepted;
    const CAP_EXCEEDED: Self = Self::CapExceeded;
}

impl PaymentFault {
    /// The rejection under a contract's own numbers.
    pub fn under<C: PaymentCodes>(self) -> Failure {
        let message = self.to_string();
        let code = match self {
            Self::UnknownIssuer(_) => C::UNKNOWN_ISSUER,
            Self::InvalidEndToEndId => C::INVALID_END_TO_END_ID,
            Self::RepeatedEndToEndId { first, .. } => {
                return reject_repeated(C::REPEATED_END_TO_END_ID, message, first);
            }
            Self::NotEnough { .. } => C::NOT_ENOUGH_DEPOSITS,
            Self::IssuedTooMuch(_) => C::TOO_LARGE,
            Self::NotAccepted { .. } => C::ISSUER_NOT_ACCEPTED,
            Self::CapExceeded { .. } => C::CAP_EXCEEDED,
            Self::ConsentLacking(lacking) => return lacking,
            Self::State(error) => return Failure::State(error),
        };
        reject(code, message)
    }
}

impl From<PaymentFault> for Failure {
    fn from(fault: PaymentFault) -> Self {
        fault.under::<CashCode>()
    }
}
