//! What commands print: the same answer as a table for people or as one JSON object for programs.

use std::fmt::Display;
use std::io::Write as _;

use comfy_table::{Table, presets};
use counterfoil_proto::v1 as wire;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::amounts::{Currencies, percent};
use crate::failure::Failure;

/// How to print.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Format {
    Table,
    Json,
}

/// What a command has to say once it is done.
#[derive(Debug)]
pub struct Answer {
    json: String,
    text: String,
    /// Set where the answer itself is bad news, e.g. a check that failed: the exit code is then 1.
    pub failure: Option<String>,
}

impl Answer {
    pub fn new(json: &impl Serialize, text: impl Display) -> Self {
        Self {
            json: serde_json::to_string_pretty(json).expect("answers have string keys only"),
            text: text.to_string(),
            failure: None,
        }
    }

    /// The answer of a command that has printed all it had to say.
    pub fn printed() -> Self {
        Self {
            json: String::new(),
            text: String::new(),
            failure: None,
        }
    }

    /// One record, a line for each field.
    pub fn record(view: View) -> Self {
        let mut table = new_table();
        for (label, text) in &view.rows {
            table.add_row([label.as_str(), shown(text)]);
        }
        Self::new(&Value::Object(view.json), table)
    }

    /// Records as a table of some of their fields. JSON has all fields, under
    /// `name`, and `next_page_token` where more follow.
    pub fn list(name: &str, columns: &[&str], list: Listed<View>) -> Self {
        let mut text = table(columns, &list.items).to_string();
        let mut json = Map::new();
        let items = list.items.into_iter().map(Value::from);
        json.insert(name.to_owned(), items.collect());
        if !list.next_page_token.is_empty() {
            text += &format!("\nmore follow: --page-token {}", list.next_page_token);
            json.insert("next_page_token".to_owned(), list.next_page_token.into());
        }
        Self::new(&json, text)
    }

    /// Adds what people see below the fields, and programs inside them.
    pub fn below(mut self, text: impl Display) -> Self {
        self.text += &format!("\n{text}");
        self
    }

    pub fn failing(mut self, message: Option<String>) -> Self {
        self.failure = message;
        self
    }

    pub fn print(&self, format: Format) {
        let text = match format {
            Format::Table => &self.text,
            Format::Json => &self.json,
        };
        if !text.is_empty() {
            print_line(text);
        }
    }
}

/// Part of a list, and where it goes on.
pub struct Listed<T> {
    pub items: Vec<T>,
    /// Empty at the end.
    pub next_page_token: String,
}

/// Tells people on stderr what went wrong, and with JSON output programs on stdout too.
pub fn print_failure(failure: &Failure, format: Format) {
    if format == Format::Json {
        print_line(&failure.to_json().to_string());
    }
    eprintln!("counterfoil: {failure}");
}

/// A closed pipe (`counterfoil … | head`) is no reason to panic.
fn print_line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

pub fn new_table() -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY);
    table
}

/// Records as a table of some of their fields.
pub fn table(columns: &[&str], views: &[View]) -> Table {
    let mut table = new_table();
    table.set_header(columns.iter().map(|column| label(column)));
    for view in views {
        let cell = |column: &&str| view.row(&label(column)).unwrap_or_default().to_owned();
        table.add_row(columns.iter().map(cell));
    }
    table
}

/// A text as people see it: a blank looks like a fault.
fn shown(text: &str) -> &str {
    if text.is_empty() { "–" } else { text }
}

fn label(name: &str) -> String {
    // Units that people see beside the figure.
    let units = ["_minor", "_ppm", "_ms", "_bytes"];
    let unit = units.iter().find_map(|unit| name.strip_suffix(unit));
    unit.unwrap_or(name).replace('_', " ")
}

/// One record's fields, each once for programs and once for people.
#[derive(Clone, Default, Debug)]
pub struct View {
    json: Map<String, Value>,
    rows: Vec<(String, String)>,
}

impl View {
    pub fn new() -> Self {
        Self::default()
    }

    /// A field that programs read in another form than people.
    pub fn field(mut self, name: &str, json: Value, text: String) -> Self {
        self.json.insert(name.to_owned(), json);
        self.rows.push((label(name), text));
        self
    }

    pub fn text(self, name: &str, text: impl Display) -> Self {
        let text = text.to_string();
        self.field(name, text.clone().into(), text)
    }

    pub fn number(self, name: &str, number: impl Into<u64>) -> Self {
        let number = number.into();
        self.field(name, number.into(), number.to_string())
    }

    /// A number that not everybody is told; in JSON `null` where it is not.
    pub fn count(self, name: &str, number: Option<u32>) -> Self {
        match number {
            None => self.field(name, Value::Null, "–".into()),
            Some(number) => self.number(name, number),
        }
    }

    /// A figure that may not exist yet; in JSON `null` where it does not.
    pub fn whole(self, name: &str, number: Option<u64>) -> Self {
        match number {
            None => self.field(name, Value::Null, "–".into()),
            Some(number) => self.number(name, number),
        }
    }

    /// A share that may not exist yet, in parts per million under a name that ends in `_ppm`.
    pub fn share(self, name: &str, ppm: Option<u32>) -> Self {
        match ppm {
            None => self.field(name, Value::Null, "–".into()),
            Some(ppm) => self.rate(name, ppm),
        }
    }

    /// Parts per million, under a name that ends in `_ppm`; people see percent.
    pub fn rate(self, name: &str, ppm: u32) -> Self {
        debug_assert!(name.ends_with("_ppm"), "{name}");
        self.field(name, ppm.into(), percent(ppm))
    }

    pub fn flag(self, name: &str, flag: bool) -> Self {
        self.field(name, flag.into(), if flag { "yes" } else { "no" }.into())
    }

    /// Numbers of claims.
    pub fn numbers(self, name: &str, numbers: &[u32]) -> Self {
        let text: Vec<String> = numbers.iter().map(|number| format!("#{number}")).collect();
        self.field(name, numbers.into(), text.join(" "))
    }

    pub fn list(self, name: &str, items: impl IntoIterator<Item = String>) -> Self {
        let items: Vec<String> = items.into_iter().collect();
        let text = items.join("\n");
        self.field(name, items.into(), text)
    }

    /// An id or hash; an empty one is `null`.
    pub fn id(self, name: &str, bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return self.field(name, Value::Null, "–".into());
        }
        self.text(name, hex::encode(bytes))
    }

    pub fn date(self, name: &str, date: Option<&wire::Date>) -> Self {
        match date {
            None => self.field(name, Value::Null, "–".into()),
            Some(wire::Date { year, month, day }) => {
                self.text(name, format_args!("{year:04}-{month:02}-{day:02}"))
            }
        }
    }

    /// An amount, under a name that ends in `_minor`; the currency is a field of its own.
    pub fn minor(self, name: &str, minor: u64, currency: &str, currencies: &Currencies) -> Self {
        debug_assert!(name.ends_with("_minor"), "{name}");
        let text = currencies.format(minor, currency);
        self.field(name, minor.to_string().into(), text)
    }

    /// A field for programs only, where people see the same elsewhere.
    pub fn hidden(mut self, name: &str, json: impl Into<Value>) -> Self {
        self.json.insert(name.to_owned(), json.into());
        self
    }

    /// A field for people only, where programs find the same elsewhere.
    pub fn shown(mut self, name: &str, text: impl Display) -> Self {
        self.rows.push((label(name), text.to_string()));
        self
    }

    /// Records inside this one.
    pub fn nested(mut self, name: &str, views: Vec<Self>) -> Self {
        for view in &views {
            self.rows.push((label(name), view.lines()));
        }
        let items = views.into_iter().map(Value::from);
        self.json.insert(name.to_owned(), items.collect());
        self
    }

    /// A record inside this one; in JSON `null` where there is none.
    pub fn inner(mut self, name: &str, view: Option<Self>) -> Self {
        if let Some(view) = &view {
            self.rows.push((label(name), view.lines()));
        }
        let json = view.map_or(Value::Null, Value::from);
        self.json.insert(name.to_owned(), json);
        self
    }

    /// Records inside this one, which people see in a table or a drawing below.
    pub fn hidden_records(mut self, name: &str, views: Vec<Self>) -> Self {
        let items = views.into_iter().map(Value::from);
        self.json.insert(name.to_owned(), items.collect());
        self
    }

    fn lines(&self) -> String {
        // Further in, so that it is seen which lines belong to a record inside this one.
        let inside = |text: &str| shown(text).replace('\n', "\n  ");
        let lines = self
            .rows
            .iter()
            .map(|(label, text)| format!("{label}: {}", inside(text)));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// All in one line, for people: what the first field says, and then the others.
    pub fn line(&self) -> String {
        let Some(((_, head), rest)) = self.rows.split_first() else {
            return String::new();
        };
        let rest = rest.iter().filter(|(_, text)| !text.is_empty());
        let rest: Vec<String> = rest
            .map(|(label, text)| format!("{label} {}", text.replace('\n', "; ")))
            .collect();
        match rest.is_empty() {
            true => head.clone(),
            false => format!("{head}: {}", rest.join(", ")),
        }
    }

    fn row(&self, label: &str) -> Option<&str> {
        let row = self.rows.iter().find(|(l, _)| l == label)?;
        Some(&row.1)
    }
}

impl From<View> for Value {
    fn from(view: View) -> Self {
        Self::Object(view.json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currencies() -> Currencies {
        Currencies::from_iter([("USD".to_owned(), 2)])
    }

    #[test]
    fn amounts_are_strings_of_minor_units_for_programs_and_decimals_for_people() {
        let view = View::new()
            .text("currency", "USD")
            .minor("gross_minor", 5_594, "USD", &currencies())
            .id("succeeds", &[])
            .id("id", &[0xab]);
        let answer = Answer::record(view);
        let json: Value = serde_json::from_str(&answer.json).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"currency": "USD", "gross_minor": "5594", "succeeds": null, "id": "ab"})
        );
        assert!(answer.text.contains("55.94 USD"), "{}", answer.text);
    }

    #[test]
    fn a_list_shows_the_columns_asked_for_and_where_it_goes_on() {
        let view = |n: u64| View::new().number("height", n).text("hash", "ff");
        let list = Listed {
            items: vec![view(1), view(2)],
            next_page_token: "t".into(),
        };
        let answer = Answer::list("blocks", &["height"], list);
        let json: Value = serde_json::from_str(&answer.json).unwrap();
        assert_eq!(
            json["blocks"][1],
            serde_json::json!({"height": 2, "hash": "ff"})
        );
        assert_eq!(json["next_page_token"], "t");
        assert!(!answer.text.contains("ff") && answer.text.contains("--page-token t"));
    }

    #[test]
    fn programs_find_inside_a_record_what_people_see_below_it() {
        let part = View::new().number("number", 1u32);
        let view = View::new().text("id", "ab");
        let drawing = table(&["number"], std::slice::from_ref(&part));
        let answer = Answer::record(view.hidden_records("parts", vec![part])).below(drawing);
        let json: Value = serde_json::from_str(&answer.json).unwrap();
        assert_eq!(json["parts"], serde_json::json!([{"number": 1}]));
        assert!(answer.text.find("ab") < answer.text.find("number"));
    }
}
