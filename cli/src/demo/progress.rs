//! How far the demo is, on stderr: a bar on a terminal, else a line now and then.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use counterfoil_proto::financing::v1::Technique;
use counterfoil_types::dates::Date;
use indicatif::{ProgressBar, ProgressStyle};

use super::business::{Business, Day};
use super::schedule::Step;

/// Lines are this far apart where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(15);
const TEMPLATE: &str = "{bar:20} {pos}/{len} days, {eta} left, {msg}";

pub struct Progress {
    bar: ProgressBar,
    days: usize,
    done: usize,
    registered: usize,
    split: usize,
    sold: usize,
    pledged: usize,
    settled: usize,
    started: Instant,
    last_line: Instant,
    lines: bool,
}

impl Progress {
    pub fn start(days: usize) -> Self {
        let bar = ProgressBar::new(days as u64);
        bar.set_style(ProgressStyle::with_template(TEMPLATE).expect("the template is well formed"));
        Self {
            bar,
            days,
            done: 0,
            registered: 0,
            split: 0,
            sold: 0,
            pledged: 0,
            settled: 0,
            started: Instant::now(),
            last_line: Instant::now(),
            lines: !std::io::stderr().is_terminal(),
        }
    }

    /// Notes that a day is done.
    pub fn day(&mut self, date: Date, day: &Day, business: &Business) {
        self.done += 1;
        self.registered += day.issued.len();
        for (rank, step) in &day.steps {
            let request = business.schedule(*rank).request();
            match (step, request.map(|request| request.technique)) {
                (Step::Split, _) => self.split += 1,
                (Step::Award, Some(Technique::LoanAgainstReceivables)) => self.pledged += 1,
                (Step::Award, _) => self.sold += 1,
                _ => {}
            }
        }
        self.settled += day.settled.len();
        let figures = format!(
            "{date}: {} registered, {} split, {} sold, {} pledged, {} settled",
            self.registered, self.split, self.sold, self.pledged, self.settled
        );
        if self.lines && (self.last_line.elapsed() >= LINE_EVERY || self.done == self.days) {
            let seconds = self.started.elapsed().as_secs();
            eprintln!("{}/{} days, {seconds} s, {figures}", self.done, self.days);
            self.last_line = Instant::now();
        }
        self.bar.set_message(figures);
        self.bar.inc(1);
    }

    pub fn finish(&self) {
        self.bar.finish();
    }
}
