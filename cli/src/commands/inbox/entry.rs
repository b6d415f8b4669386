//! One thing that waits for an organization, and how things are put in order.

use counterfoil_proto::cash::v1::Balance;
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;

use crate::amounts::Currencies;
use crate::output::View;

/// Days before a debt falls due from which on it is shown.
const SOON_DAYS: i64 = 7;

/// Whose inbox it is, and on which day.
pub struct Desk<'a> {
    pub me: &'a str,
    pub bank: bool,
    pub today: Date,
    pub balances: &'a [Balance],
    pub currencies: &'a Currencies,
}

impl Desk<'_> {
    pub fn money(&self, money: Option<&wire::Money>) -> String {
        money.map_or_else(|| "–".to_owned(), |money| self.currencies.money(money))
    }

    /// Whether something falls due within a few days, or did before.
    pub fn soon(&self, due: Option<wire::Date>) -> bool {
        date(due).is_some_and(|due| self.today.days_until(due) <= SOON_DAYS)
    }

    /// Whose deposits can pay a sum: those of which most is there. Where no bank's suffice, a word to
    /// fill in.
    pub fn issuer(&self, sum: &wire::Money) -> &str {
        let enough = |b: &&Balance| b.currency == sum.currency && b.available_minor >= sum.minor;
        let richest = self.balances.iter().filter(enough);
        richest
            .max_by_key(|balance| balance.available_minor)
            .map_or("BANK", |balance| &balance.issuer)
    }
}

/// A date of a record; none where it has none.
pub fn date(date: Option<wire::Date>) -> Option<Date> {
    date.and_then(|date| Date::try_from(&date).ok())
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: &'static str,
    pub sentence: String,
    pub since: Option<Date>,
    /// The last day for it.
    pub until: Option<Date>,
    /// What answers it.
    pub command: String,
}

impl Entry {
    fn late(&self, desk: &Desk<'_>) -> bool {
        self.until.is_some_and(|until| until < desk.today)
    }

    pub fn view(&self, desk: &Desk<'_>) -> View {
        let (since, until) = (
            self.since.map(Date::to_proto),
            self.until.map(Date::to_proto),
        );
        View::new()
            .text("kind", self.kind)
            .text("sentence", &self.sentence)
            .date("since", since.as_ref())
            .date("until", until.as_ref())
            .flag("late", self.late(desk))
            .text("command", &self.command)
    }

    pub fn in_words(&self, desk: &Desk<'_>) -> String {
        let mut when = Vec::new();
        if let Some(since) = self.since {
            when.push(format!("since {since}"));
        }
        if let Some(until) = self.until {
            when.push(format!("until {until}"));
        }
        if self.late(desk) {
            when.push("LATE".to_owned());
        }
        format!(
            "{} ({})\n    {}",
            self.sentence,
            when.join(", "),
            self.command
        )
    }
}

/// What is late comes first, then what ends first; what has no end comes last, the oldest first.
pub fn sort(entries: &mut [Entry], desk: &Desk<'_>) {
    entries.sort_by_key(|entry| {
        let end = entry.until.unwrap_or(Date::MAX);
        (!entry.late(desk), end, entry.since)
    });
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    pub fn on(text: &str) -> Option<wire::Date> {
        Some(day(text).to_proto())
    }

    pub fn usd(minor: u64) -> wire::Money {
        wire::Money {
            minor,
            currency: "USD".into(),
        }
    }

    /// Works with the desk of one organization on a day.
    pub fn at_desk<T>(me: &str, today: &str, work: impl FnOnce(&Desk<'_>) -> T) -> T {
        let currencies = Currencies::from_iter([("USD".to_owned(), 2)]);
        let balance = |issuer: &str, available_minor| Balance {
            issuer: issuer.into(),
            currency: "USD".into(),
            available_minor,
            ..Default::default()
        };
        work(&Desk {
            me,
            bank: me.starts_with("bank"),
            today: day(today),
            balances: &[balance("bank-x", 5_000), balance("bank-y", 9_000)],
            currencies: &currencies,
        })
    }

    #[test]
    fn what_is_late_comes_first_and_what_has_no_end_last() {
        let entry = |command: &str, since: &str, until: Option<&str>| Entry {
            kind: "offer",
            sentence: String::new(),
            since: Some(day(since)),
            until: until.map(day),
            command: command.into(),
        };
        let mut entries = [
            entry("endless", "2026-01-02", None),
            entry("older", "2026-01-01", None),
            entry("today", "2026-01-01", Some("2026-01-10")),
            entry("late", "2026-01-01", Some("2026-01-09")),
            entry("later", "2026-01-01", Some("2026-01-05")),
        ];
        let words = at_desk("supplier", "2026-01-10", |desk| {
            sort(&mut entries, desk);
            entries[0].in_words(desk)
        });
        let order: Vec<&str> = entries.iter().map(|e| e.command.as_str()).collect();
        assert_eq!(order, ["later", "late", "today", "older", "endless"]);
        assert!(words.contains("until 2026-01-05, LATE"), "{words}");
    }

    #[test]
    fn the_deposits_named_can_pay() {
        at_desk("supplier", "2026-01-10", |desk| {
            assert_eq!(desk.issuer(&usd(9_000)), "bank-y");
            assert_eq!(desk.issuer(&usd(9_001)), "BANK");
        });
        at_desk("bank-a", "2026-01-10", |desk| {
            assert!(desk.soon(on("2026-01-17")) && desk.soon(on("2025-12-01")));
            assert!(!desk.soon(on("2026-01-18")));
        });
    }
}
