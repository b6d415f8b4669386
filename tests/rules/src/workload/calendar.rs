//! Rolling the clock.

use counterfoil_proto::calendar::v1::{Action, RollClock, action::Action as Kind};
use counterfoil_proto::membership::v1::Role;
use rand::Rng;

use super::{Generator, Planned, View, on};
use crate::model::Act;
use crate::model::contract::CALENDAR;

/// 2190-01-01: room for due dates and for blocks after it.
const LAST_DAY: i64 = 80_354;

impl Generator {
    pub(super) fn roll(&mut self, view: &View) -> Planned {
        let model = view.model;
        let mut caller = self.organization(|id| model.has_role(id, Role::Operator));
        let days = self.one_of(&[1, 1, 2, 7, 14, 30, 31, 90, 365]);
        let mut to = on((view.today + days).min(LAST_DAY));
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..3) {
                0 => caller = self.organization(|id| !model.has_role(id, Role::Operator)),
                1 => to = self.no_date(),
                _ => to = on(view.today - self.one_of(&[0, 1, 500])),
            }
        }
        let action = Action {
            action: Some(Kind::Roll(RollClock { to })),
        };
        Planned::new(caller, CALENDAR, Act::Calendar(action))
    }
}
