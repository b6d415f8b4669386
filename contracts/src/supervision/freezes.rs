//! Freezing records, releasing them, and what a freeze does to last days (specification 7.2).

use counterfoil_proto::membership::v1::{ActionClass, Role};
use counterfoil_proto::supervision::v1::event::Event as Kind;
use counterfoil_proto::supervision::v1::{
    Freeze, FreezeRecord, FrozenPeriod, RecordFrozen, RecordReleased, RejectionCode, ReleaseRecord,
};
use counterfoil_types::dates::Date;
use counterfoil_types::limits::{MAX_FREEZES, MAX_TOLD};

use super::events::emit;
use super::keys::FREEZES;
use crate::kernel::{Authority, Context, Failure, StateError, Store, reject, stored_date};
use crate::membership::api as membership;

const KEY: &str = "supervision/freeze";

pub(super) fn freeze(context: &mut Context<'_>, freeze: FreezeRecord) -> Result<(), Failure> {
    check_regulator(context)?;
    if context.store.get(&freeze.record)?.is_none() {
        let message = "no record of the ledger has this key";
        return Err(reject(RejectionCode::UnknownRecord, message));
    }
    if freeze.reason_hash.len() != 32 {
        let message = "the hash of the reason has 32 bytes";
        return Err(reject(RejectionCode::InvalidHash, message));
    }
    let until = check_last_day(context, &freeze)?;
    let mut frozen = FREEZES
        .get(&context.store, &[&freeze.record])?
        .unwrap_or_else(|| Freeze {
            record: freeze.record.clone(),
            periods: Vec::new(),
        });
    if is_frozen(&context.store, &freeze.record, context.ledger_date)? {
        let message = "the record is frozen already: release it first";
        return Err(reject(RejectionCode::AlreadyFrozen, message));
    }
    check_told(context, &freeze.organizations)?;
    if frozen.periods.len() >= MAX_FREEZES {
        let message = format!("a record is frozen at most {MAX_FREEZES} times");
        return Err(reject(RejectionCode::TooManyFreezes, message));
    }

    let period = FrozenPeriod {
        from: Some(context.ledger_date.to_proto()),
        until: until.map(Date::to_proto),
        reason_hash: freeze.reason_hash.clone(),
        frozen_by: context.caller.id.clone(),
        organizations: freeze.organizations,
    };
    let event = RecordFrozen {
        record: freeze.record,
        reason_hash: freeze.reason_hash,
        last_day: freeze.last_day,
    };
    tell(context, &period, Kind::Frozen(event));
    frozen.periods.push(period);
    FREEZES.put(&mut context.store, &[&frozen.record], &frozen);
    Ok(())
}

fn check_regulator(context: &Context<'_>) -> Result<(), Failure> {
    if membership::has_role(&context.caller, Role::Regulator) {
        return Ok(());
    }
    let message = "only a regulator freezes and releases";
    Err(reject(RejectionCode::WrongRole, message))
}

/// The first day that is free again, where the freeze has a last day.
fn check_last_day(context: &Context<'_>, freeze: &FreezeRecord) -> Result<Option<Date>, Failure> {
    let Some(last) = &freeze.last_day else {
        return Ok(None);
    };
    let today = context.ledger_date;
    let until = Date::try_from(last).and_then(|last| last.add_days(1));
    match until {
        Ok(until) if until > today => Ok(Some(until)),
        _ => {
            let message = format!("a freeze's last day is {today} or later");
            Err(reject(RejectionCode::InvalidLastDay, message))
        }
    }
}

fn check_told(context: &Context<'_>, told: &[String]) -> Result<(), Failure> {
    let invalid = |message: String| Err(reject(RejectionCode::InvalidOrganizations, message));
    if told.len() > MAX_TOLD || !told.is_sorted_by(|a, b| a < b) {
        return invalid(format!(
            "at most {MAX_TOLD} organizations are told, in ascending order"
        ));
    }
    for id in told {
        if membership::organization(&context.store, id)?.is_none() {
            return invalid(format!("{id:?} is not an organization on this ledger"));
        }
    }
    Ok(())
}

pub(super) fn release(context: &mut Context<'_>, release: &ReleaseRecord) -> Result<(), Failure> {
    check_regulator(context)?;
    let today = context.ledger_date;
    let not_frozen = || reject(RejectionCode::NotFrozen, "the record is not frozen");
    if !is_frozen(&context.store, &release.record, today)? {
        return Err(not_frozen());
    }
    let mut frozen = FREEZES
        .get(&context.store, &[&release.record])?
        .ok_or_else(not_frozen)?;

    if let Some(period) = frozen.periods.last_mut() {
        period.until = Some(today.to_proto());
        let event = RecordReleased {
            record: frozen.record.clone(),
        };
        let period = period.clone();
        tell(context, &period, Kind::Released(event));
    }
    FREEZES.put(&mut context.store, &[&frozen.record], &frozen);
    Ok(())
}

fn tell(context: &mut Context<'_>, period: &FrozenPeriod, kind: Kind) {
    let told = period.organizations.iter().map(String::as_str);
    let caller = context.caller.id.clone();
    let concerned: Vec<&str> = told.chain([caller.as_str()]).collect();
    emit(context, &concerned, kind);
}

/// The days on which a record was or is frozen: from the first, to the first that is free again.
fn periods(store: &Store<'_>, record: &[u8]) -> Result<Vec<(Date, Option<Date>)>, StateError> {
    let frozen = FREEZES.get(store, &[record])?.unwrap_or_default();
    let dates = |period: &FrozenPeriod| {
        let until = period.until.map(|until| stored_date(KEY, Some(until)));
        Ok((stored_date(KEY, period.from)?, until.transpose()?))
    };
    frozen.periods.iter().map(dates).collect()
}

/// Whether a record is frozen on a day, the ledger date or one after it as far as is known.
pub fn is_frozen(store: &Store<'_>, record: &[u8], on: Date) -> Result<bool, StateError> {
    let last = periods(store, record)?.pop();
    Ok(last.is_some_and(|(_, until)| until.is_none_or(|until| on < until)))
}

/// Whether any of these records is frozen on a day.
pub fn any_frozen(store: &Store<'_>, records: &[Vec<u8>], on: Date) -> Result<bool, StateError> {
    for record in records {
        if is_frozen(store, record, on)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Rejects where any of these records is frozen today.
pub fn check_free(context: &Context<'_>, records: &[Vec<u8>]) -> Result<(), Failure> {
    if !any_frozen(&context.store, records, context.ledger_date)? {
        return Ok(());
    }
    let message = "what this is about is frozen by a regulator: it waits until its release, or the freeze's last day";
    Err(reject(RejectionCode::Frozen, message))
}

/// Rejects what a frozen caller would transfer or fund.
pub fn check_caller(context: &Context<'_>, authority: &Authority) -> Result<(), Failure> {
    use ActionClass as Class;
    let moves = matches!(
        authority.class,
        Class::Split
            | Class::Transfer
            | Class::Pay
            | Class::Issue
            | Class::TransferDeposit
            | Class::Request
            | Class::Quote
            | Class::Award
            | Class::Pledge
            | Class::Guarantee
    );
    if !moves || authority.discharges {
        return Ok(());
    }
    check_free(context, &[membership::organization_key(&context.caller.id)])
}

/// The last day of a deal that began on a day, about these records: moved by the days on which any of them was frozen
/// since, as long as it had not passed.
pub fn last_day(
    context: &Context<'_>,
    records: &[Vec<u8>],
    began: Date,
    agreed: Date,
) -> Result<Date, StateError> {
    let tomorrow = context.ledger_date.add_days(1).unwrap_or(Date::MAX);
    let mut frozen = Vec::new();
    for record in records {
        for (from, until) in periods(&context.store, record)? {
            // Days to come are not frozen yet.
            frozen.push((from, until.unwrap_or(tomorrow).min(tomorrow)));
        }
    }
    frozen.sort();
    let (mut last, mut counted) = (agreed, began);
    for (from, until) in frozen {
        let from = from.max(counted);
        if from <= last && from < until {
            last = last.add_days(from.days_until(until)).unwrap_or(Date::MAX);
            counted = until;
        }
    }
    Ok(last)
}
