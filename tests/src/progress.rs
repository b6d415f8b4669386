//! How far long work has come, for whoever looks on.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar of so many steps.
pub fn bar(length: u64, what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}").expect("a template");
    let bar = ProgressBar::new(length).with_style(style);
    bar.set_message(what.to_owned());
    bar
}
