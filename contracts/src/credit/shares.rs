//! Letting another organization read one's profile and history (specification 8.1).

use counterfoil_proto::credit::v1::event::Event as Kind;
use counterfoil_proto::credit::v1::{
    Event, ProfileShare, ProfileShared, ProfileUnshared, RejectionCode, ShareProfile,
    UnshareProfile,
};
use counterfoil_types::dates::Date;
use counterfoil_types::limits::MAX_SHARE_DAYS;

use super::Credit;
use super::keys::SHARES;
use crate::kernel::{Context, Contract as _, Failure, StateError, reject, stored_date};
use crate::membership::api as membership;

pub(super) fn share(context: &mut Context<'_>, share: ShareProfile) -> Result<(), Failure> {
    let organization = context.caller.id.clone();
    let reader = membership::organization(&context.store, &share.reader)?;
    if share.reader == organization || !reader.is_some_and(|reader| membership::is_active(&reader))
    {
        let message = format!("{:?} is not another active organization", share.reader);
        return Err(reject(RejectionCode::WrongReader, message));
    }
    if !context.is_within(share.until, MAX_SHARE_DAYS) {
        let today = context.ledger_date;
        let message = format!("the last day is {today} or at most {MAX_SHARE_DAYS} days later");
        return Err(reject(RejectionCode::InvalidLastDay, message));
    }

    let record = ProfileShare {
        organization,
        reader: share.reader,
        shared_on: Some(context.ledger_date.to_proto()),
        until: share.until,
        taken_back_on: None,
    };
    put(context, &record);
    let shared = ProfileShared {
        organization: record.organization.clone(),
        reader: record.reader.clone(),
        until: record.until,
    };
    tell(context, &record, Kind::Shared(shared));
    Ok(())
}

pub(super) fn unshare(context: &mut Context<'_>, unshare: &UnshareProfile) -> Result<(), Failure> {
    let organization = context.caller.id.clone();
    let parts = [organization.as_bytes(), unshare.reader.as_bytes()];
    let found = SHARES.get(&context.store, &parts)?.unwrap_or_default();
    if !is_in_force(&found, context.ledger_date)? {
        let message = format!(
            "{:?} may not read the profile of {organization}",
            unshare.reader
        );
        return Err(reject(RejectionCode::NotShared, message));
    }

    let record = ProfileShare {
        taken_back_on: Some(context.ledger_date.to_proto()),
        ..found
    };
    put(context, &record);
    let unshared = ProfileUnshared {
        organization: record.organization.clone(),
        reader: record.reader.clone(),
    };
    tell(context, &record, Kind::Unshared(unshared));
    Ok(())
}

/// Whether a share lets its reader read on a day.
pub fn is_in_force(share: &ProfileShare, today: Date) -> Result<bool, StateError> {
    // None was ever given.
    if share.until.is_none() || share.taken_back_on.is_some() {
        return Ok(false);
    }
    Ok(today <= stored_date("credit/share", share.until)?)
}

fn put(context: &mut Context<'_>, share: &ProfileShare) {
    let parts = [share.organization.as_bytes(), share.reader.as_bytes()];
    SHARES.put(&mut context.store, &parts, share);
}

fn tell(context: &mut Context<'_>, share: &ProfileShare, kind: Kind) {
    let event = Event { event: Some(kind) };
    let concerned = [share.organization.as_str(), &share.reader];
    context.emit(Credit::NUMBER, &concerned, &event);
}
