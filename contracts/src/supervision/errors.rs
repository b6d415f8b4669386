//! The numbers under which supervision rejects, for itself and wherever it is asked.

use counterfoil_proto::supervision::v1::RejectionCode;

crate::kernel::rejection_codes!(RejectionCode, "supervision", "REJECTION_CODE_");
