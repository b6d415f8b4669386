//! The numbers under which membership rejects.

use counterfoil_proto::membership::v1::RejectionCode;

crate::kernel::rejection_codes!(RejectionCode, "membership", "REJECTION_CODE_");
