//! The numbers under which credit rejects.

use counterfoil_proto::credit::v1::RejectionCode;

crate::kernel::rejection_codes!(RejectionCode, "credit", "REJECTION_CODE_");
