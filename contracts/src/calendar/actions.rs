//! Rolling the clock, and publishing calendars.

use counterfoil_proto::calendar::v1::event::Event as Kind;
use counterfoil_proto::calendar::v1::{
    CalendarPublished, ClockRolled, Event, PublishCalendar, PublishedCalendar, RejectionCode,
    RollClock,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_types::business_days::BusinessDays;
use counterfoil_types::dates::Date;
use counterfoil_types::genesis::ClockKind;

use super::keys::CALENDARS;
use super::{Calendar, api};
use crate::kernel::{Context, Contract as _, Failure, reject};
use crate::membership::api as membership;

pub(super) fn roll(context: &mut Context<'_>, roll: &RollClock) -> Result<(), Failure> {
    check_operator(context, "rolls the clock")?;
    if context.rules.genesis.clock != ClockKind::Simulated {
        return Err(reject(
            RejectionCode::NotSimulated,
            "this network's date follows the wall clock and cannot be rolled",
        ));
    }
    let to = Date::try_from(&roll.to.unwrap_or_default())
        .map_err(|e| reject(RejectionCode::InvalidDate, e.to_string()))?;
    let from = context.ledger_date;
    if to <= from {
        let message = format!("the ledger date is {from}; roll to a later one than {to}");
        return Err(reject(RejectionCode::NotLater, message));
    }

    api::set_date(
        &mut context.store,
        context.rules.genesis,
        context.block.time_ms,
        to,
    );
    let rolled = ClockRolled {
        from: Some(from.to_proto()),
        to: Some(to.to_proto()),
    };
    let caller = context.caller.id.clone();
    emit(context, &[&caller], Kind::Rolled(rolled));
    Ok(())
}

pub(super) fn publish(context: &mut Context<'_>, publish: PublishCalendar) -> Result<(), Failure> {
    check_operator(context, "publishes calendars")?;
    let calendar = publish.calendar.unwrap_or_default();
    BusinessDays::try_from(&calendar)
        .map_err(|problem| reject(RejectionCode::InvalidCalendar, problem.to_string()))?;
    membership::check_consortium(context)?;

    let code = calendar.code.clone();
    let before = CALENDARS.get(&context.store, &[code.as_bytes()])?;
    let published = CalendarPublished {
        code: code.clone(),
        version: before.map_or(0, |before| before.version) + 1,
        from: calendar.from,
        to: calendar.to,
    };
    let record = PublishedCalendar {
        calendar: Some(calendar),
        version: published.version,
        published_on: Some(context.ledger_date.to_proto()),
    };
    CALENDARS.put(&mut context.store, &[code.as_bytes()], &record);
    let operators = membership::operators(&context.store)?;
    let operators: Vec<&str> = operators.iter().map(String::as_str).collect();
    emit(context, &operators, Kind::Published(published));
    Ok(())
}

fn check_operator(context: &Context<'_>, does: &str) -> Result<(), Failure> {
    if membership::has_role(&context.caller, Role::Operator) {
        return Ok(());
    }
    let message = format!("only an operator {does}");
    Err(reject(RejectionCode::WrongRole, message))
}

fn emit(context: &mut Context<'_>, organizations: &[&str], kind: Kind) {
    let event = Event { event: Some(kind) };
    context.emit(Calendar::NUMBER, organizations, &event);
}
