//! How calendars are shown.

use counterfoil_proto::calendar::v1::PublishedCalendar;

use super::day;
use crate::output::View;

const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// A calendar with its version; in JSON its own fields are those of a file to publish.
pub fn calendar(published: &PublishedCalendar) -> View {
    let calendar = published.calendar.clone().unwrap_or_default();
    let names = WEEKDAYS.iter().zip(1..);
    let names = names.filter(|(_, number)| calendar.weekend.contains(number));
    let names: Vec<&str> = names.map(|(name, _)| *name).collect();
    let weekend = names.join(", ");
    View::new()
        .text("code", &calendar.code)
        .text("name", &calendar.name)
        .number("version", published.version)
        .date("published_on", published.published_on.as_ref())
        .field("weekend", calendar.weekend.into(), weekend)
        .date("from", calendar.from.as_ref())
        .date("to", calendar.to.as_ref())
        .list(
            "holidays",
            calendar
                .holidays
                .into_iter()
                .map(|holiday| day(Some(holiday))),
        )
}
