//! The numbers under which receivable rejects, and the faults of a claim that other contracts reject under numbers of
//! their own.

use counterfoil_proto::receivable::v1::RejectionCode as ReceivableCode;
use counterfoil_types::limits::MAX_LIVE_CLAIMS;

use crate::cash::api::PaymentCodes;
use crate::kernel::{Failure, RejectionCode, StateError, reject};

crate::kernel::rejection_codes!(ReceivableCode, "receivable", "REJECTION_CODE_");

/// Why a claim is not its controller's to pass on or to divide.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimFault {
    #[error("no claim has this id")]
    Unknown,
    #[error("claim {0} is controlled by another organization")]
    NotTheController(u32),
    #[error("no principal is outstanding of claim {0}")]
    NothingOutstanding(u32),
    #[error("claim {0} is offered, locked or pledged")]
    Encumbered(u32),
    #[error("a payment over the external rail is under way: the claims stay until its outcome")]
    PaymentUnderWay,
    #[error("at least two parts, each above zero, must add up to {0} minor units")]
    InvalidParts(u64),
    #[error(
        "{0} live claims, and a place for each claim of others, are more than {MAX_LIVE_CLAIMS}"
    )]
    TooManyClaims(usize),
    #[error("the claim is frozen")]
    Frozen(Failure),
    #[error(transparent)]
    State(#[from] StateError),
}

/// The numbers under which a contract rejects claims.
pub trait ClaimCodes: RejectionCode {
    const UNKNOWN_CLAIM: Self;
    const NOT_THE_CONTROLLER: Self;
    const NOTHING_OUTSTANDING: Self;
    const ENCUMBERED: Self;
    const PAYMENT_UNDER_WAY: Self;
    const INVALID_PARTS: Self;
    const TOO_MANY_CLAIMS: Self;
}

impl ClaimCodes for ReceivableCode {
    const UNKNOWN_CLAIM: Self = Self::UnknownClaim;
    const NOT_THE_CONTROLLER: Self = Self::NotTheController;
    const NOTHING_OUTSTANDING: Self = Self::NothingOutstanding;
    const ENCUMBERED: Self = Self::Encumbered;
    const PAYMENT_UNDER_WAY: Self = Self::PaymentUnderWay;
    const INVALID_PARTS: Self = Self::InvalidParts;
    const TOO_MANY_CLAIMS: Self = Self::TooManyClaims;
}

impl ClaimFault {
    /// The rejection under a contract's own numbers.
    pub fn under<C: ClaimCodes>(self) -> Failure {
        let message = self.to_string();
        let code = match self {
            Self::Unknown => C::UNKNOWN_CLAIM,
            Self::NotTheController(_) => C::NOT_THE_CONTROLLER,
            Self::NothingOutstanding(_) => C::NOTHING_OUTSTANDING,
            Self::Encumbered(_) => C::ENCUMBERED,
            Self::PaymentUnderWay => C::PAYMENT_UNDER_WAY,
            Self::InvalidParts(_) => C::INVALID_PARTS,
            Self::TooManyClaims(_) => C::TOO_MANY_CLAIMS,
            Self::Frozen(frozen) => return frozen,
            Self::State(error) => return Failure::State(error),
        };
        reject(code, message)
    }
}

impl From<ClaimFault> for Failure {
    fn from(fault: ClaimFault) -> Self {
        fault.under::<ReceivableCode>()
    }
}

impl PaymentCodes for ReceivableCode {
    const UNKNOWN_ISSUER: Self = Self::UnknownIssuer;
    const INVALID_END_TO_END_ID: Self = Self::InvalidEndToEndId;
    const REPEATED_END_TO_END_ID: Self = Self::RepeatedEndToEndId;
    const NOT_ENOUGH_DEPOSITS: Self = Self::NotEnoughDeposits;
    const TOO_LARGE: Self = Self::NotEnoughDeposits;
    const ISSUER_NOT_ACCEPTED: Self = Self::IssuerNotTaken;
    const CAP_EXCEEDED: Self = Self::CapExceeded;
}
