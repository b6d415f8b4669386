//! Rolling the clock, mostly to the next day on which something ends.

use counterfoil_proto::calendar::v1::{Action, RollClock, action::Action as Kind};
use counterfoil_proto::cash::v1::PaymentState;
use counterfoil_proto::financing::v1::{LoanState, RequestState};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::ReceivableState;
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance;
use rand::Rng;

use super::{Generator, Planned, View, on};
use crate::model::Act;
use crate::model::claims::{day_of, encumbrance};
use crate::model::contract::CALENDAR;

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
