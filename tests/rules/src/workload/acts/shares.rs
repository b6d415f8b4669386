//! Letting others read a profile.

use counterfoil_proto::credit::v1::{Action, ShareProfile, UnshareProfile, action::Action as Kind};

use crate::model::Act;
use crate::model::arithmetic::date;

fn credit_act(kind: Kind) -> Act {
    Act::Credit(Action { action: Some(kind) })
}

/// Lets an organization read up to a day.
pub fn share_profile(reader: &str, until: i64) -> Act {
    credit_act(Kind::Share(ShareProfile {
        reader: reader.to_owned(),
        until: Some(date(until)),
    }))
}

pub fn unshare_profile(reader: &str) -> Act {
    credit_act(Kind::Unshare(UnshareProfile {
        reader: reader.to_owned(),
    }))
}
