//! Business days by a calendar, and dates that are moved to one (specification 2.3).

use counterfoil_proto::calendar::v1::BusinessCalendar;
use counterfoil_proto::receivable::v1::BusinessDayConvention as Convention;
use counterfoil_proto::v1 as wire;

use crate::dates::{Date, NotADate};
use crate::limits::{MAX_CALENDAR_CODE, MAX_HOLIDAYS, MAX_NAME};

/// Which days are business days.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BusinessDays {
    /// By ISO 8601, ascending.
    weekend: Vec<u32>,
    from: Date,
    to: Date,
    /// Ascending.
    holidays: Vec<Date>,
}

/// What is wrong with a calendar, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotACalendar(String);

impl TryFrom<&BusinessCalendar> for BusinessDays {
    type Error = NotACalendar;

    fn try_from(calendar: &BusinessCalendar) -> Result<Self, NotACalendar> {
        let wrong = |problem: String| Err(NotACalendar(problem));
        if !is_calendar_code(&calendar.code) {
            return wrong(format!(
                "a calendar's code is 1 to {MAX_CALENDAR_CODE} of A–Z, 0–9 and '-'"
            ));
        }
        if !(1..=MAX_NAME).contains(&calendar.name.chars().count()) {
            return wrong(format!("a calendar's name has 1 to {MAX_NAME} characters"));
        }
        let weekend = &calendar.weekend;
        let are_weekdays = weekend.iter().all(|day| (1..=7).contains(day));
        if !are_weekdays || !is_ascending(weekend) || weekend.len() > 6 {
            return wrong(
                "a weekend is at most 6 days from 1, Monday, to 7, Sunday, ascending".to_owned(),
            );
        }
        let from = read("the first day", calendar.from.as_ref())?;
        let to = read("the last day", calendar.to.as_ref())?;
        if to < from {
            return wrong(format!("its last day, {to}, is before its first, {from}"));
        }
        if calendar.holidays.len() > MAX_HOLIDAYS {
            return wrong(format!("a calendar has at most {MAX_HOLIDAYS} holidays"));
        }
        let holidays = calendar
            .holidays
            .iter()
            .map(|day| read("a holiday", Some(day)));
        let holidays: Vec<Date> = holidays.collect::<Result<_, _>>()?;
        let within = |day: &Date| (from..=to).contains(day);
        if !is_ascending(&holidays) || !holidays.iter().all(within) {
            return wrong(format!(
                "holidays are ascending and distinct, from {from} to {to}"
            ));
        }
        Ok(Self {
            weekend: weekend.clone(),
            from,
            to,
            holidays,
        })
    }
}

/// Whether a text may be a calendar's code.
pub fn is_calendar_code(code: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_CALENDAR_CODE).contains(&code.len()) && code.bytes().all(allowed)
}

fn is_ascending<T: PartialOrd>(list: &[T]) -> bool {
    list.is_sorted_by(|a, b| a < b)
}

fn read(what: &str, date: Option<&wire::Date>) -> Result<Date, NotACalendar> {
    let date = date.copied().unwrap_or_default();
    Date::try_from(&date).map_err(|NotADate(is)| NotACalendar(format!("{what} is no date: {is}")))
}

impl BusinessDays {
    /// Where no calendar is named.
    pub fn monday_to_friday() -> Self {
        Self {
            weekend: vec![6, 7],
            from: Date::MIN,
            to: Date::MAX,
            holidays: Vec::new(),
        }
    }

    /// Where a convention moves a date; `None` where the calendar does not know the days that decide it.
    pub fn adjust(&self, date: Date, convention: Convention) -> Option<Date> {
        match convention {
            Convention::Unspecified | Convention::None => Some(date),
            Convention::Following => self.nearest(date, 1),
            Convention::Preceding => self.nearest(date, -1),
            Convention::ModifiedFollowing => {
                let mut day = date;
                while day.month() == date.month() {
                    if self.is_business_day(day)? {
                        return Some(day);
                    }
                    day = day.add_days(1).ok()?;
                }
                self.nearest(date, -1)
            }
        }
    }

    /// The business day that comes so many after a date; the ledger's last day where it has no more. Beyond the days
    /// that the calendar knows only weekends count: what is owed is paid without waiting for a calendar.
    pub fn after(&self, date: Date, business_days: u32) -> Date {
        let mut date = date;
        let mut left = business_days;
        while left > 0 {
            let Ok(next) = date.add_days(1) else {
                return Date::MAX;
            };
            date = next;
            left -= u32::from(!self.is_weekend(date) && !self.is_holiday(date));
        }
        date
    }

    /// The first business day from a date on, in steps of one day there or back.
    fn nearest(&self, date: Date, step: i64) -> Option<Date> {
        let mut day = date;
        while !self.is_business_day(day)? {
            day = day.add_days(step).ok()?;
        }
        Some(day)
    }

    fn is_business_day(&self, date: Date) -> Option<bool> {
        let known = (self.from..=self.to).contains(&date);
        known.then(|| !self.is_weekend(date) && !self.is_holiday(date))
    }

    fn is_weekend(&self, date: Date) -> bool {
        self.weekend.contains(&date.weekday())
    }

    fn is_holiday(&self, date: Date) -> bool {
        self.holidays.binary_search(&date).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use Convention::{Following, ModifiedFollowing, Preceding};

    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn calendar() -> BusinessCalendar {
        let on = |text: &str| date(text).to_proto();
        BusinessCalendar {
            code: "TEST-1".to_owned(),
            name: "For tests".to_owned(),
            weekend: vec![6, 7],
            from: Some(on("2026-01-01")),
            to: Some(on("2026-12-31")),
            // Good Friday and Easter Monday, Christmas and the day after.
            holidays: ["2026-04-03", "2026-04-06", "2026-12-25", "2026-12-26"]
                .map(on)
                .to_vec(),
        }
    }

    fn days() -> BusinessDays {
        BusinessDays::try_from(&calendar()).unwrap()
    }

    #[test]
    fn dates_move_to_business_days() {
        for (from, following, modified, preceding) in [
            // A Thursday, the days of Easter, and a month that ends at the weekend.
            ("2026-04-02", "2026-04-02", "2026-04-02", "2026-04-02"),
            ("2026-04-03", "2026-04-07", "2026-04-07", "2026-04-02"),
            ("2026-04-05", "2026-04-07", "2026-04-07", "2026-04-02"),
            ("2026-05-30", "2026-06-01", "2026-05-29", "2026-05-29"),
            ("2026-05-31", "2026-06-01", "2026-05-29", "2026-05-29"),
            ("2026-12-25", "2026-12-28", "2026-12-28", "2026-12-24"),
        ] {
            let moved = |convention| days().adjust(date(from), convention);
            assert_eq!(moved(Following), Some(date(following)), "{from}");
            assert_eq!(moved(ModifiedFollowing), Some(date(modified)), "{from}");
            assert_eq!(moved(Preceding), Some(date(preceding)), "{from}");
            assert_eq!(moved(Convention::None), Some(date(from)));
        }
    }

    #[test]
    fn nothing_is_guessed_beyond_the_calendar() {
        for (from, convention) in [
            ("2025-12-31", Following),
            ("2027-01-01", Preceding),
            ("2027-01-01", ModifiedFollowing),
        ] {
            assert_eq!(days().adjust(date(from), convention), None, "{from}");
        }
        let until = |last: &str| {
            let mut calendar = calendar();
            calendar.to = Some(date(last).to_proto());
            calendar.holidays.truncate(2);
            BusinessDays::try_from(&calendar).unwrap()
        };
        // Sunday, the 31st: the next month is not known, but it is known to be the next.
        let month = until("2026-05-31");
        assert_eq!(month.adjust(date("2026-05-31"), Following), None);
        let preceding = Some(date("2026-05-29"));
        let modified = month.adjust(date("2026-05-31"), ModifiedFollowing);
        assert_eq!(modified, preceding);
        // Saturday, the 30th: whether the 31st is one is not.
        let short = until("2026-05-30");
        assert_eq!(short.adjust(date("2026-05-30"), ModifiedFollowing), None);
        assert_eq!(short.adjust(date("2026-05-30"), Preceding), preceding);
    }

    #[test]
    fn business_days_are_counted_over_weekends_and_holidays() {
        let weekdays = BusinessDays::monday_to_friday();
        // The first is a Thursday.
        for (from, business_days, to) in [
            ("2024-02-01", 0, "2024-02-01"),
            ("2024-02-01", 1, "2024-02-02"),
            ("2024-02-01", 2, "2024-02-05"),
            ("2024-02-02", 2, "2024-02-06"),
            ("2024-02-03", 2, "2024-02-06"),
            ("2024-02-04", 2, "2024-02-06"),
        ] {
            assert_eq!(weekdays.after(date(from), business_days), date(to));
        }
        assert_eq!(weekdays.after(Date::MAX, 2), Date::MAX);
        assert_eq!(days().after(date("2026-04-02"), 2), date("2026-04-08"));
        // Beyond what it knows only weekends count.
        assert_eq!(days().after(date("2026-12-31"), 2), date("2027-01-04"));
    }

    #[test]
    fn a_calendar_is_in_order() {
        let wrong = |change: fn(&mut BusinessCalendar)| {
            let mut calendar = calendar();
            change(&mut calendar);
            let read = BusinessDays::try_from(&calendar);
            assert!(read.is_err(), "{calendar:?}");
        };
        wrong(|c| c.code = String::new());
        wrong(|c| c.code = "A".repeat(17));
        wrong(|c| c.code = "target".to_owned());
        wrong(|c| c.name = String::new());
        wrong(|c| c.name = "é".repeat(141));
        wrong(|c| c.weekend = vec![0]);
        wrong(|c| c.weekend = vec![8]);
        wrong(|c| c.weekend = vec![7, 6]);
        wrong(|c| c.weekend = vec![1, 2, 3, 4, 5, 6, 7]);
        wrong(|c| c.from = None);
        wrong(|c| c.to = None);
        wrong(|c| c.to = Some(date("2025-12-31").to_proto()));
        wrong(|c| c.from = Some(date("2026-05-01").to_proto()));
        wrong(|c| c.to = Some(date("2026-12-25").to_proto()));
        wrong(|c| c.holidays.swap(0, 1));
        wrong(|c| c.holidays.insert(0, c.holidays[0]));
        wrong(|c| c.holidays.push(wire::Date::default()));
        wrong(|c| {
            let day = |n: i64| Date::MIN.add_days(n).unwrap().to_proto();
            c.from = Some(Date::MIN.to_proto());
            c.holidays = (0..1_025).map(day).collect();
        });
        let mut least = calendar();
        (least.weekend, least.holidays) = (Vec::new(), Vec::new());
        let least = BusinessDays::try_from(&least).unwrap();
        let saturday = date("2026-05-30");
        assert_eq!(least.adjust(saturday, Following), Some(saturday));
    }
}
