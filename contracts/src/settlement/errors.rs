//! The numbers under which settlement rejects.

use counterfoil_proto::settlement::v1::RejectionCode;

use crate::cash::api::PaymentFault;
use crate::kernel::{Failure, reject, reject_repeated};

crate::kernel::rejection_codes!(RejectionCode, "settlement", "REJECTION_CODE_");

/// A payment's fault under settlement's own numbers.
pub(super) fn payment_failure(fault: PaymentFault) -> Failure {
    let message = fault.to_string();
    let code = match fault {
        PaymentFault::UnknownIssuer(_) => RejectionCode::UnknownIssuer,
        PaymentFault::InvalidEndToEndId => RejectionCode::InvalidEndToEndId,
        PaymentFault::RepeatedEndToEndId { first, .. } => {
            return reject_repeated(RejectionCode::RepeatedEndToEndId, message, first);
        }
        PaymentFault::NotEnough { .. } | PaymentFault::TooLarge(_) => {
            RejectionCode::NotEnoughDeposits
        }
        PaymentFault::State(error) => return Failure::State(error),
    };
    reject(code, message)
}
