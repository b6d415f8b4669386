//! `counterfoil calendar`: which days are business days.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use counterfoil_proto::calendar::v1 as calendar;
use counterfoil_proto::calendar::v1::action::Action;
use counterfoil_proto::v1 as wire;
use counterfoil_types::business_days::BusinessDays;
use counterfoil_types::dates::Date;
use serde::Deserialize;

use crate::arguments::{Page, Sending, read_json};
use crate::failure::Failure;
use crate::lists::pages;
use crate::output::Answer;
use crate::session::Session;
use crate::views;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Publish a calendar, or a newer version of it; an operator may, with more than two thirds of the active operators
    ///
    /// Due dates are adjusted by it from here on; those adjusted before stay where they are. Where there are other operators, propose
    /// it (--propose) and ask for their consent (--consent-of).
    ///
    /// The file is JSON with code, name, weekend (days of the week, 1 Monday to 7 Sunday), from and to (what the calendar knows), and
    /// holidays, in order. `calendar show CODE -o json` prints such a file.
    Publish {
        file: PathBuf,
        #[command(flatten)]
        sending: Sending,
    },
    /// Show one calendar with its holidays; every organization may, reads only
    Show {
        /// The calendar's code, such as TARGET
        code: String,
    },
    /// List calendars; every organization may, reads only
    List {
        #[command(flatten)]
        page: Page,
    },
}

/// A calendar as people keep it.
#[derive(Deserialize)]
struct CalendarFile {
    code: String,
    name: String,
    weekend: Vec<u32>,
    from: Date,
    to: Date,
    holidays: Vec<Date>,
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    match command {
        Command::Publish { file, sending } => {
            let calendar = Some(read(&file)?);
            let publish = calendar::PublishCalendar { calendar };
            let client = session.client().await?;
            session
                .execute(&client, Action::Publish(publish), &sending, |_, view| view)
                .await
        }
        Command::Show { code } => {
            let client = session.client().await?;
            let request = wire::GetCalendarRequest { code };
            let answer = client.ledger().get_calendar(request).await;
            let found = answer.map_err(|s| client.failure(s))?.into_inner().calendar;
            let found = found.ok_or_else(|| client.incomplete("a calendar"))?;
            Ok(Answer::record(views::calendar(&found)))
        }
        Command::List { page } => {
            let client = session.client().await?;
            let all = wire::ListCalendarsRequest::default();
            let list = session
                .list(&page, pages(&client, all), views::calendar)
                .await?;
            let columns = [
                "code",
                "name",
                "version",
                "weekend",
                "from",
                "to",
                "published_on",
            ];
            Ok(Answer::list("calendars", &columns, list))
        }
    }
}

/// Reads a calendar, and checks it before it is sent.
fn read(file: &Path) -> Result<calendar::BusinessCalendar, Failure> {
    let written: CalendarFile = read_json(file)?;
    let calendar = calendar::BusinessCalendar {
        code: written.code,
        name: written.name,
        weekend: written.weekend,
        from: Some(written.from.to_proto()),
        to: Some(written.to.to_proto()),
        holidays: written.holidays.into_iter().map(Date::to_proto).collect(),
    };
    BusinessDays::try_from(&calendar)
        .map_err(|problem| Failure::Usage(format!("{}: {problem}", file.display())))?;
    Ok(calendar)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_example_is_a_calendar() {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples");
        let calendar = read(&examples.join("TARGET-2026-2030.json")).unwrap();
        assert_eq!(
            (calendar.code.as_str(), &calendar.weekend[..]),
            ("TARGET", &[6, 7][..])
        );
        let good_friday: Date = "2026-04-03".parse().unwrap();
        assert!(calendar.holidays.contains(&good_friday.to_proto()));
    }

    #[test]
    fn what_is_shown_can_be_published() {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples");
        let calendar = read(&examples.join("TARGET-2026-2030.json")).unwrap();
        let published = calendar::PublishedCalendar {
            calendar: Some(calendar.clone()),
            version: 3,
            published_on: calendar.from,
        };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shown.json");
        let shown = serde_json::Value::from(views::calendar(&published));
        fs::write(&file, shown.to_string()).unwrap();
        assert_eq!(read(&file).unwrap(), calendar);
    }

    #[test]
    fn a_file_says_what_is_wrong_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("calendar.json");
        for (text, problem) in [
            (r#"{"code": "TARGET"}"#, "missing field"),
            (
                r#"{"code": "target", "name": "n", "weekend": [], "from": "2026-01-01", "to": "2026-01-01", "holidays": []}"#,
                "code",
            ),
        ] {
            fs::write(&file, text).unwrap();
            let failure = read(&file).unwrap_err().to_string();
            assert!(failure.contains(problem), "{failure}");
        }
    }
}
