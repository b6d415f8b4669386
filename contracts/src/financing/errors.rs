//! The numbers under which financing rejects.

use counterfoil_proto::financing::v1::RejectionCode;

use crate::cash::api::PaymentCodes;
use crate::receivable::api::ClaimCodes;

crate::kernel::rejection_codes!(RejectionCode, "financing", "REJECTION_CODE_");

impl PaymentCodes for RejectionCode {
    const UNKNOWN_ISSUER: Self = Self::UnknownIssuer;
    const INVALID_END_TO_END_ID: Self = Self::InvalidEndToEndId;
    const REPEATED_END_TO_END_ID: Self = Self::RepeatedEndToEndId;
    const NOT_ENOUGH_DEPOSITS: Self = Self::NotEnoughDeposits;
    const TOO_LARGE: Self = Self::NotEnoughDeposits;
    const ISSUER_NOT_ACCEPTED: Self = Self::IssuerNotTaken;
    const CAP_EXCEEDED: Self = Self::CapExceeded;
}

impl ClaimCodes for RejectionCode {
    const UNKNOWN_CLAIM: Self = Self::UnknownClaim;
    const NOT_THE_CONTROLLER: Self = Self::NotTheController;
    const NOTHING_OUTSTANDING: Self = Self::NothingOutstanding;
    const ENCUMBERED: Self = Self::Encumbered;
    const PAYMENT_UNDER_WAY: Self = Self::PaymentUnderWay;
    const INVALID_PARTS: Self = Self::InvalidParts;
    const TOO_MANY_CLAIMS: Self = Self::TooManyClaims;
}
