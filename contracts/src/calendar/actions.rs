//! Rolling the clock.

use counterfoil_proto::calendar::v1::{ClockRolled, Event, RejectionCode, RollClock, event};
use counterfoil_proto::membership::v1::Role;
use counterfoil_types::dates::Date;
use counterfoil_types::genesis::ClockKind;

use super::{Calendar, api};
use crate::kernel::{Context, Contract as _, Failure, reject};
use crate::membership::api as membership;

pub(super) fn roll(context: &mut Context<'_>, roll: &RollClock) -> Result<(), Failure> {
    if !membership::has_role(&context.caller, Role::Operator) {
        return Err(reject(
            RejectionCode::WrongRole,
            "only an operator rolls the clock",
        ));
    }
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
    let event = Event {
        event: Some(event::Event::Rolled(rolled)),
    };
    context.emit(Calendar::NUMBER, &[&caller], &event);
    Ok(())
}
