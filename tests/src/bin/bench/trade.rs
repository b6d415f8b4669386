//! The days of trade that are signed beforehand, in the order they are sent.

use std::collections::VecDeque;
use std::time::Instant;

use counterfoil_rules_tests::trade::{Days, PAID};
use counterfoil_tests::network::{Network, Signed};
use counterfoil_tests::progress;
use prost::Message as _;

use super::Arguments;
use super::load::Load;

const MORE_DAYS: &str = "enough days were signed beforehand: give more --days";

pub struct Trade {
    days: VecDeque<Vec<Signed>>,
    /// The number of the last day's first transaction.
    last_day: Option<usize>,
    /// Bytes of an encoded transaction, on average.
    pub bytes_each: f64,
    /// How many days are left once invoices are paid, and from then on all kinds come.
    warm_from: usize,
}

impl Trade {
    /// So many days beside those that it takes until invoices are paid.
    pub fn sign(arguments: &Arguments, warm_days: usize, network: &Network, name: &str) -> Self {
        let days = PAID + 1 + warm_days;
        let bar = progress::bar(days as u64, &format!("{name}: days signed"));
        let members = arguments.plan().members().into_iter();
        let wallets = members.map(|(id, _)| network.wallet(&id));
        let mut signed = Days::new(wallets, arguments.traders, arguments.invoices);
        let days = bar.wrap_iter(0..days).map(|_| signed.next_day());
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
            last_day: None,
            warm_from: warm_days,
        }
    }

    /// Whether invoices are paid by now.
    pub fn is_warm(&self) -> bool {
        self.days.len() < self.warm_from
    }

    /// Goes on over another load, once all of the last one is answered.
    pub fn begin_anew(&mut self) {
        self.last_day = None;
    }

    /// The next day, once what it builds on is answered: two days are under way at a time, and of the last one the first
    /// transaction is answered, as it rolls the clock and no later roll may overtake it.
    pub fn next_day(&mut self, load: &Load) -> Option<Vec<Signed>> {
        if self.last_day.is_some_and(|first| !load.answered(first + 1)) {
            return None;
        }
        self.last_day = Some(load.sent());
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
