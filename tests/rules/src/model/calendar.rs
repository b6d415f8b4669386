//! The ledger's date (specification 2.2).

use counterfoil_proto::calendar::v1::{
    ClockRolled, Event, RejectionCode as Code, RollClock, event,
};
use counterfoil_proto::membership::v1::Role;

use super::arithmetic::{date, day};
use super::{Call, Happened, Model, Rejected, ensure};

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;
/// 2199-12-31.
pub const LAST_DAY: i64 = 84_005;

/// How the ledger tells its date.
#[derive(Clone, Debug)]
pub struct Clock {
    simulated: bool,
    utc_offset_ms: i64,
    offset_ms: i64,
}

impl Clock {
    /// A clock that follows block time.
    pub fn wall(utc_offset_minutes: i32) -> Clock {
        Clock {
            simulated: false,
            utc_offset_ms: i64::from(utc_offset_minutes) * MINUTE_MS,
            offset_ms: 0,
        }
    }

    /// A clock that shows 00:00 of `first_day` at genesis, and that an operator moves.
    pub fn simulated(utc_offset_minutes: i32, first_day: i64, genesis_ms: u64) -> Clock {
        let mut clock = Clock {
            simulated: true,
            ..Clock::wall(utc_offset_minutes)
        };
        clock.show_midnight_of(first_day, genesis_ms);
        clock
    }

    /// The ledger date in a block of this time. It stays on the calendar's last day.
    pub fn day(&self, time_ms: u64) -> i64 {
        let ledger_ms = signed(time_ms) + self.offset_ms + self.utc_offset_ms;
        ledger_ms.div_euclid(DAY_MS).min(LAST_DAY)
    }

    /// Milliseconds added to block time.
    pub fn offset_ms(&self) -> i64 {
        self.offset_ms
    }

    /// Whether an operator moves the date.
    pub fn is_simulated(&self) -> bool {
        self.simulated
    }

    fn show_midnight_of(&mut self, day: i64, time_ms: u64) {
        self.offset_ms = day * DAY_MS - signed(time_ms) - self.utc_offset_ms;
    }
}

fn signed(time_ms: u64) -> i64 {
    i64::try_from(time_ms).expect("the workload's times are this millennium's")
}

impl Model {
    pub(super) fn roll(
        &mut self,
        call: &Call,
        action: &RollClock,
    ) -> Result<Vec<Happened>, Rejected> {
        ensure(
            self.has_role(call.organization, Role::Operator),
            Code::WrongRole,
        )?;
        ensure(self.clock.simulated, Code::NotSimulated)?;
        let to = action
            .to
            .as_ref()
            .and_then(day)
            .ok_or(Rejected::with(Code::InvalidDate))?;
        let from = self.clock.day(call.time_ms);
        ensure(to > from, Code::NotLater)?;

        self.clock.show_midnight_of(to, call.time_ms);
        let rolled = ClockRolled {
            from: Some(date(from)),
            to: Some(date(to)),
        };
        Ok(vec![Happened::calendar(
            [call.organization],
            Event {
                event: Some(event::Event::Rolled(rolled)),
            },
        )])
    }
}
