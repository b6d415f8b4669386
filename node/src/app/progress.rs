//! Progress of what takes long, on stderr, and only where that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// Towards a number that is known.
pub fn bar(of: u64, what: &str) -> ProgressBar {
    let template = format!("{{bar:40}} {{pos}}/{{len}} {what}, {{eta}} left");
    ProgressBar::new(of).with_style(style(&template))
}

/// Where nobody knows how much there is.
pub fn count(what: &str) -> ProgressBar {
    ProgressBar::new_spinner().with_style(style(&format!("{{spinner}} {{pos}} {what}")))
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates above are well-formed")
}
