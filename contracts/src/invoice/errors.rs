//! The numbers under which invoice rejects.

use counterfoil_proto::invoice::v1::RejectionCode;

crate::kernel::rejection_codes!(RejectionCode, "invoice", "REJECTION_CODE_");
