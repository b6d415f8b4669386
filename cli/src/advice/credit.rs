//! What to do about credit's rejections.

use counterfoil_proto::credit::v1::RejectionCode as Credit;

pub(super) fn on(code: Credit) -> Option<&'static str> {
    Some(match code {
        Credit::Unspecified => return None,
        Credit::WrongReader => "name another organization that is active (counterfoil org list)",
        Credit::InvalidLastDay => {
            "share it up to the ledger's date at least, and for 366 days at most"
        }
        Credit::NotShared => {
            "nothing: it may not read your profile (counterfoil profile shares), unless it is a regulator"
        }
    })
}
