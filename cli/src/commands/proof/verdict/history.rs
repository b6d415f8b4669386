//! A history as a person reads it: what happened on which day, and what it adds up to.

use counterfoil_types::dates::Date;
use counterfoil_types::proof::history::{Entry, History};

use crate::amounts::Currencies;
use crate::events;
use crate::output::{Answer, View, table};
use crate::views;

pub fn answer(history: &History, as_of: View, currencies: &Currencies) -> Answer {
    let day = |date: Option<Date>, none: &str| date.map_or(none.to_owned(), |day| day.to_string());
    let disclosed = history.entries.iter().all(|entry| entry.events.is_some());
    let compared = match (disclosed, history.is_whole) {
        (false, _) => {
            "not recomputed: events are not disclosed; which entries moved figures is shown"
        }
        (true, true) => "recomputed from these events: it agrees with the ledger's",
        (true, false) => "in the window; the ledger's is of the whole history",
    };
    let of_ledger = history.profile.as_ref();
    let view = View::new()
        .text("verdict", "PROVEN: COMPLETE HISTORY")
        .inner("as_of", Some(as_of))
        .text("organization", &history.organization.id)
        .text("legal_name", &history.organization.legal_name)
        .text("from", day(history.from, "the beginning"))
        .text("to", day(history.to, "the end"))
        .flag("whole_history", history.is_whole)
        .number("entries_of_window", history.entries.len() as u64)
        .number("entries_of_all", history.length)
        .text("profile_compared", compared)
        .inner(
            "profile",
            of_ledger.map(|profile| views::profile(profile, currencies)),
        );
    let in_window = history.recomputed.as_ref().filter(|_| !history.is_whole);
    let view = match in_window {
        Some(window) => view.inner(
            "profile_in_window",
            Some(views::profile(window, currencies)),
        ),
        None => view,
    };
    let lines: Vec<View> = history
        .entries
        .iter()
        .map(|entry| line(entry, currencies))
        .collect();
    let columns = ["sequence", "on", "height", "events", "figures"];
    let table = table(&columns, &lines);
    Answer::record(view.hidden_records("entries", lines)).below(table)
}

fn line(entry: &Entry, currencies: &Currencies) -> View {
    let told = entry.events.as_ref().map(|told| {
        let views = told.iter().map(|event| events::view(event, currencies));
        views.collect::<Vec<View>>()
    });
    let words = match &told {
        Some(views) => views.iter().map(View::line).collect::<Vec<_>>().join("\n"),
        None => "not disclosed".to_owned(),
    };
    let view = View::new()
        .number("sequence", entry.sequence)
        .text("on", entry.on)
        .number("height", entry.entry.height)
        .hidden("index", entry.entry.index)
        .hidden("tx_id", hex::encode(&entry.entry.tx_id))
        .shown("events", words)
        .list("figures", entry.entry.figures().map(|f| format!("{f:?}")));
    match told {
        Some(views) => view.hidden_records("events", views),
        None => view.hidden("events", serde_json::Value::Null),
    }
}
