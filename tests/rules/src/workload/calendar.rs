//! Rolling the clock, mostly to the next day on which something ends, and publishing calendars.

use counterfoil_proto::calendar::v1::{
    Action, BusinessCalendar, PublishCalendar, RollClock, action::Action as Kind,
};
use counterfoil_proto::cash::v1::PaymentState;
use counterfoil_proto::financing::v1::{LoanState, RequestState};
use counterfoil_proto::membership::v1::{Permission, Role};
use counterfoil_proto::receivable::v1::ReceivableState;
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance;
use rand::Rng;

use super::{Generator, Planned, View, on};
use crate::model::Act;
use crate::model::arithmetic::date;
use crate::model::calendar::LAST_DAY as LAST_DATE;
use crate::model::claims::{day_of, encumbrance};
use crate::model::contract::CALENDAR;

/// 1990-01-01.
const FIRST_DAY: i64 = 7_305;
/// 2190-01-01: room for due dates and for blocks after it.
const LAST_DAY: i64 = 80_354;

impl Generator {
    pub(super) fn roll(&mut self, view: &View) -> Planned {
        let model = view.model;
        let mut caller = self.organization(|id| model.has_role(id, Role::Operator));
        let mut day = view.today + self.one_of(&[1, 1, 2, 7, 14, 30, 31, 90, 365]);
        if self.chance(0.95) {
            // Not always the next of all, so that some things are missed.
            let mut ends = ends(view);
            ends.truncate(self.one_of(&[1, 1, 1, 1, 1, 2, 4]));
            day = ends.last().copied().unwrap_or(day);
        }
        let mut to = on(day.min(LAST_DAY));
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

    /// A calendar, mostly proposed to the other operators.
    pub(super) fn publish(&mut self, view: &View) -> Planned {
        let model = view.model;
        let mut caller = self.organization(|id| model.has_role(id, Role::Operator));
        let mut calendar = self.business_calendar(view.today);
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..3) {
                0 => caller = self.organization(|id| !model.has_role(id, Role::Operator)),
                _ => self.break_calendar(&mut calendar),
            }
        }
        let publish = PublishCalendar {
            calendar: Some(calendar).filter(|_| !self.chance(0.02)),
        };
        let act = Act::Calendar(Action {
            action: Some(Kind::Publish(publish)),
        });
        let operators = model.operators();
        let others = operators.iter().filter(|id| **id != caller);
        let others: Vec<&str> = others.map(String::as_str).collect();
        if others.is_empty() || self.chance(0.1) {
            return Planned::new(caller, CALENDAR, act);
        }
        let mut planned = Planned::proposed(&caller, CALENDAR, &act, &others, view.today);
        planned.signer = self.signer_who_may(Permission::Admin, view, &caller);
        planned
    }

    /// Mostly one that knows every due date to come, sometimes one of some weeks. Not all weeks have a holiday; some have
    /// nothing else.
    fn business_calendar(&mut self, today: i64) -> BusinessCalendar {
        let (before, after) = match self.rng.gen_range(0..8) {
            0 => self.one_of(&[(1, 70), (0, 0)]),
            _ => (800, 12_000),
        };
        let from = (today - before).max(FIRST_DAY);
        let mut holidays = Vec::new();
        let mut day = from;
        while day <= today + after.min(800) {
            holidays.extend((self.rng.gen_range(0..4) == 0).then(|| date(day)));
            day += self.one_of(&[1, 1, 2, 7, 20]);
        }
        BusinessCalendar {
            code: self
                .one_of(&["TARGET", "GBLO", "A-2", "Z123456789ABCDEF"])
                .to_owned(),
            name: self.one_of(&["Euro", "é"]).to_owned() + &"n".repeat(self.one_of(&[0, 139 - 3])),
            weekend: self.one_of(&[
                vec![6, 7],
                vec![6, 7],
                vec![5, 6],
                vec![7],
                Vec::new(),
                vec![1, 2, 3, 4, 5, 6],
            ]),
            from: on(from),
            to: on((today + after).min(LAST_DATE)),
            holidays,
        }
    }

    fn break_calendar(&mut self, calendar: &mut BusinessCalendar) {
        match self.rng.gen_range(0..8) {
            0 => {
                let codes = ["", "target", "TARGET ", "Z123456789ABCDEFG", "Ä"];
                calendar.code = self.one_of(&codes).to_owned();
            }
            1 => calendar.name = "n".repeat(self.one_of(&[0, 141])),
            2 => {
                let weekends = [vec![0, 7], vec![7, 8], vec![7, 6], vec![6, 6]];
                calendar.weekend = self.one_of(&weekends);
                if self.chance(0.2) {
                    calendar.weekend = (1..=7).collect();
                }
            }
            3 => calendar.from = self.no_date(),
            4 => calendar.to = self.no_date(),
            5 => std::mem::swap(&mut calendar.from, &mut calendar.to),
            6 => {
                let wrong = self.no_date().or(calendar.to).unwrap_or_default();
                calendar.holidays.push(wrong);
                calendar.holidays.push(wrong);
            }
            _ => {
                calendar.from = on(FIRST_DAY);
                calendar.holidays = (FIRST_DAY..=FIRST_DAY + 1_024).map(date).collect();
            }
        }
    }
}

/// The days to come on which offers, requests, debts and loans are at an end, and those
/// just after, in order.
fn ends(view: &View) -> Vec<i64> {
    let model = view.model;
    let mut ends = Vec::new();
    for request in model.requests.values() {
        if request.state() == RequestState::Open {
            let deadline = day_of(&request.deadline);
            ends.extend([deadline + 1, deadline + 3, deadline + 4]);
            ends.extend([day_of(&request.expires_on), day_of(&request.expires_on) + 1]);
        }
    }
    for claim in model.claims.values() {
        if let Some(Encumbrance::Offered(offer)) = encumbrance(claim) {
            ends.push(day_of(&offer.expires_on) + 1);
        }
    }
    for receivable in model.receivables.values() {
        if receivable.state() != ReceivableState::Settled {
            let due = day_of(&receivable.adjusted_due_date);
            let grace = receivable.terms.as_ref().expect("terms").grace_days;
            ends.extend([due, due + 1, due + i64::from(grace) + 1]);
        }
    }
    for loan in model.loans.values() {
        if loan.state() == LoanState::Open {
            ends.push(day_of(&loan.due_date) + 1);
        }
    }
    for payment in model.payments.values() {
        match payment.state() {
            PaymentState::Instructed => ends.push(day_of(&payment.deadline) + 1),
            PaymentState::Asserted => {
                let assertion = payment.assertion.as_ref().expect("an assertion");
                ends.push(day_of(&assertion.answer_by) + 1);
            }
            _ => {}
        }
    }
    ends.retain(|day| *day > view.today);
    ends.sort_unstable();
    ends.dedup();
    ends
}
