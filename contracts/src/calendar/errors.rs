//! The numbers under which calendar rejects.

use counterfoil_proto::calendar::v1::RejectionCode;

crate::kernel::rejection_codes!(RejectionCode, "calendar", "REJECTION_CODE_");
