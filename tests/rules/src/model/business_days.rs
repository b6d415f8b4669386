//! Which days are business days, where a convention moves a due date, and how the operators publish both
//! (specification 1.5, 2.3).

use counterfoil_proto::calendar::v1::{
    BusinessCalendar, CalendarPublished, Event, PublishCalendar, PublishedCalendar,
    RejectionCode as Code, event,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::{BusinessDayConvention as Convention, Terms};
use counterfoil_proto::v1::{Date, KernelRejectionCode as Kernel};

use super::arithmetic::{date, day};
use super::calendar::LAST_DAY;
use super::{Call, Happened, Model, Rejected, ensure};

const SATURDAY_AND_SUNDAY: [u32; 2] = [6, 7];

/// 1970-01-01 was a Thursday.
fn weekday(day: i64) -> u32 {
    u32::try_from((day + 3).rem_euclid(7) + 1).expect("1 to 7")
}

fn days_of(dates: &[Date]) -> Option<Vec<i64>> {
    dates.iter().map(day).collect()
}

fn window(calendar: &BusinessCalendar) -> Option<(i64, i64)> {
    let from = calendar.from.as_ref().and_then(day)?;
    let to = calendar.to.as_ref().and_then(day)?;
    (from <= to).then_some((from, to))
}

fn is_in_order<T: Ord + Clone>(list: &[T]) -> bool {
    let mut sorted = list.to_vec();
    sorted.sort();
    sorted.dedup();
    sorted == list
}

fn is_a_calendar(calendar: &BusinessCalendar) -> bool {
    let may_stand = |c: char| matches!(c, 'A'..='Z' | '0'..='9' | '-');
    let (Some((from, to)), Some(holidays)) = (window(calendar), days_of(&calendar.holidays)) else {
        return false;
    };
    (1..=16).contains(&calendar.code.chars().count())
        && calendar.code.chars().all(may_stand)
        && (1..=140).contains(&calendar.name.chars().count())
        && is_in_order(&calendar.weekend)
        && calendar.weekend.len() < 7
        && calendar.weekend.iter().all(|day| *day >= 1 && *day <= 7)
        && is_in_order(&holidays)
        && holidays.len() <= 1_024
        && holidays.iter().all(|day| (from..=to).contains(day))
}

/// Whether people work on a day, as far as a calendar tells.
fn is_open(calendar: &BusinessCalendar, day: i64) -> bool {
    !calendar.weekend.contains(&weekday(day)) && !calendar.holidays.contains(&date(day))
}

/// Where a convention moves a due date by a calendar, if that knows.
pub fn adjusted(calendar: &BusinessCalendar, due: i64, convention: Convention) -> Option<i64> {
    let (from, to) = window(calendar).expect("a published calendar has one");
    if !(from..=to).contains(&due) {
        return None;
    }
    let open = |day: &i64| is_open(calendar, *day);
    let next = || (due..=to).find(open);
    let last = || (from..=due).rev().find(open);
    match convention {
        Convention::Following => next(),
        Convention::Preceding => last(),
        Convention::ModifiedFollowing => {
            let month = date(due).month;
            let end = (due..).take_while(|day| date(*day).month == month).last();
            let end = end.expect("the day itself");
            match (due..=end.min(to)).find(open) {
                None if end <= to => last(),
                found => found,
            }
        }
        Convention::None | Convention::Unspecified => panic!("{convention:?} needs no calendar"),
    }
}

/// The second business day after a day: of a calendar, or else Monday to Friday.
pub fn second_after(calendar: Option<&BusinessCalendar>, day: i64) -> i64 {
    let works = |day: &i64| match calendar {
        Some(calendar) => is_open(calendar, *day),
        None => !SATURDAY_AND_SUNDAY.contains(&weekday(*day)),
    };
    let later = (day + 1..LAST_DAY).filter(works);
    later.take(2).nth(1).unwrap_or(LAST_DAY)
}

impl Model {
    /// The calendar that terms name, as it stands.
    pub fn calendar(&self, code: &str) -> Option<&BusinessCalendar> {
        let published = self.calendars.get(code)?;
        published.calendar.as_ref()
    }

    /// The day on which a debt under these terms falls due that is undertaken today.
    pub fn falls_due(&self, terms: &Terms, due: i64) -> Option<i64> {
        match terms.convention() {
            Convention::None => Some(due),
            convention => {
                let calendar = self.calendar(&terms.calendar);
                adjusted(calendar.expect("named by terms"), due, convention)
            }
        }
    }

    pub(super) fn publish(
        &mut self,
        call: &Call,
        action: &PublishCalendar,
    ) -> Result<Vec<Happened>, Rejected> {
        ensure(
            self.has_role(call.organization, Role::Operator),
            Code::WrongRole,
        )?;
        let calendar = action.calendar.clone().unwrap_or_default();
        ensure(is_a_calendar(&calendar), Code::InvalidCalendar)?;
        let operators = self.operators();
        let signed = operators.iter().filter(|id| call.is_signed_by(id)).count();
        ensure(signed * 3 > operators.len() * 2, Kernel::ConsentLacking)?;

        let code = calendar.code.clone();
        let version = self.calendars.get(&code).map_or(1, |old| old.version + 1);
        let told = CalendarPublished {
            code: code.clone(),
            version,
            from: calendar.from,
            to: calendar.to,
        };
        let published = PublishedCalendar {
            calendar: Some(calendar),
            version,
            published_on: Some(date(self.clock.day(call.time_ms))),
        };
        self.calendars.insert(code, published);
        let event = Event {
            event: Some(event::Event::Published(told)),
        };
        Ok(vec![Happened::calendar(operators, event)])
    }
}
