//! The days of trade that are signed beforehand, in the order they are sent.

use std::collections::VecDeque;
use std::time::Instant;

use counterfoil_tests::network::{Network, Signed};
use indicatif::{ProgressBar, ProgressStyle};
use prost::Message as _;

use super::Arguments;
use super::load::Load;
use super::workload::{PAID, Workload};

const MORE_DAYS: &str = "enough days were signed beforehand: give more --days";

pub struct Trade {
    days: VecDeque<Vec<Signed>>,
    /// How many must be answered before the next day is sent: all but the last day.
    answered_first: usize,
    /// The number of the last day's first transaction, which rolls the clock: no later roll may overtake it.
    roll: Option<usize>,
    /// Bytes of an encoded transaction, on average.
    pub bytes_each: f64,
    /// How many days are left once invoices are paid, and from then on all kinds come.
    warm_from: usize,
}

impl Trade {
    pub fn sign(arguments: &Arguments, network: &Network, members: &[String], name: &str) -> Self {
        let days = PAID + 1 + arguments.days;
        let bar = progress(days as u64, &format!("{name}: days signed"));
        let mut workload = Workload::new(network, members, arguments.traders, arguments.invoices);
        let days = bar.wrap_iter(0..days).map(|_| workload.next_day());
        let days: VecDeque<Vec<Signed>> = days.collect();
        bar.finish_and_clear();
        let sizes = days
            .iter()
            .flatten()
            .map(|signed| signed.transaction.encoded_len());
        let (count, bytes) = sizes.fold((0, 0), |(count, bytes), size| (count + 1, bytes + size));
        Self {
            days,
            bytes_each: bytes as f64 / f64::from(count),
            answered_first: 0,
            roll: None,
            warm_from: arguments.days,
        }
    }

    /// Whether invoices are paid by now.
    pub fn is_warm(&self) -> bool {
        self.days.len() < self.warm_from
    }

    /// Goes on over another load, once all of the last one is answered.
    pub fn begin_anew(&mut self) {
        self.answered_first = 0;
        self.roll = None;
    }

    /// The next day, once what it builds on is answered: two days are under way at a time.
    pub fn next_day(&mut self, load: &Load) -> Option<Vec<Signed>> {
        let rolled = self.roll.is_none_or(|roll| load.is_answered(roll));
        if !rolled || !load.answered(self.answered_first) {
            return None;
        }
        self.answered_first = load.sent();
        self.roll = Some(load.sent());
        Some(self.days.pop_front().expect(MORE_DAYS))
    }

    /// Sends all that may be sent.
    pub async fn send_all(&mut self, load: &mut Load) {
        while let Some(day) = self.next_day(load) {
            for signed in day {
                load.send(signed, Instant::now()).await;
            }
        }
    }
}

pub fn progress(length: u64, what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}").expect("a template");
    let bar = ProgressBar::new(length).with_style(style);
    bar.set_message(what.to_owned());
    bar
}
