//! Adds up an organization's history and compares it with the ledger's profile.

use counterfoil_proto::credit::v1::{HistoryEntry, Profile};
use counterfoil_proto::v1::Receipt;
use counterfoil_types::ids::OrganizationId;
use counterfoil_types::profile::Account;

/// A history on its way to being added up, entry by entry in its order.
pub struct Recomputation {
    account: Account,
    /// The ledger's, read before the history.
    profile: Option<Profile>,
    /// What the history added up to where the ledger's profile ends.
    there: Option<Profile>,
    /// Whether every receipt was at hand; without them the entries alone are compared.
    whole: bool,
    entries: u64,
    moving: u64,
    /// How many of these there were where the ledger's profile ends.
    moving_there: u64,
    /// Where the last entry stands in the chain.
    last: Option<(u64, u32)>,
}

/// What was compared.
#[derive(Debug, PartialEq, Eq)]
pub struct Verified {
    pub entries: u64,
    /// Entries that moved a figure.
    pub moving: u64,
    /// Of these, those that happened after the profile was read.
    pub newer: u64,
}

impl Recomputation {
    pub fn new(organization: &OrganizationId, profile: Option<Profile>) -> Self {
        Self {
            account: Account::new(organization.as_str()),
            profile,
            there: None,
            whole: true,
            entries: 0,
            moving: 0,
            moving_there: 0,
            last: None,
        }
    }

    /// Adds the next entry, with the receipt of its transaction where the caller may read that.
    pub fn add(&mut self, entry: &HistoryEntry, receipt: Option<&Receipt>) -> Result<(), String> {
        let sequence = self.entries;
        let place = (entry.height, entry.index);
        if self.last.is_some_and(|last| last >= place) {
            return Err(format!("entry {sequence} is not after the one before it"));
        }
        match receipt {
            Some(receipt) => self.add_up(sequence, entry, receipt)?,
            None => self.whole = false,
        }
        self.last = Some(place);
        self.entries += 1;
        self.moving += u64::from(!entry.figures.is_empty());
        let ends = |profile: &Profile| profile.last_entry == sequence;
        if self.profile.as_ref().is_some_and(ends) {
            self.moving_there = self.moving;
            self.there = self.account.clone().into_profile();
        }
        Ok(())
    }

    fn add_up(
        &mut self,
        sequence: u64,
        entry: &HistoryEntry,
        receipt: &Receipt,
    ) -> Result<(), String> {
        let place = (entry.height, entry.index);
        if receipt.tx_id != entry.tx_id || (receipt.height, receipt.index) != place {
            return Err(format!(
                "entry {sequence} names a transaction at block {}, index {}, which is not there",
                entry.height, entry.index
            ));
        }
        let moved = self
            .account
            .add_events(sequence, &receipt.events)
            .map_err(|e| format!("entry {sequence}: {e}"))?;
        let moved: Vec<i32> = moved.into_iter().map(i32::from).collect();
        if moved != entry.figures {
            return Err(format!(
                "entry {sequence} names the figures {:?}, and its events move {moved:?}",
                entry.figures
            ));
        }
        Ok(())
    }

    /// Compares, once the whole history is added.
    pub fn finish(self) -> Result<Verified, String> {
        let known = self.profile.as_ref().map_or(0, |profile| profile.entries);
        if self.moving_there != known {
            return Err(format!(
                "{known} entries moved it, and the history has {} up to its last one",
                self.moving_there
            ));
        }
        if self.whole && self.there != self.profile {
            return Err("the sums differ".into());
        }
        Ok(Verified {
            entries: self.entries,
            moving: self.moving,
            newer: self.moving.saturating_sub(known),
        })
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::credit::v1::Figure;
    use counterfoil_proto::financing::v1::event::Event as Kind;
    use counterfoil_proto::financing::v1::{Event as Financing, QuoteCommitted};
    use counterfoil_proto::v1::Event;
    use counterfoil_types::transaction::contract;
    use prost::Message as _;

    use super::*;

    type History = Vec<(HistoryEntry, Receipt)>;

    fn id() -> OrganizationId {
        "bank".parse().expect("an id")
    }

    /// A transaction by which the bank quotes, or one that moves nothing.
    fn step(height: u64, quotes: bool) -> (HistoryEntry, Receipt) {
        let committed = QuoteCommitted {
            bank: "bank".into(),
            ..Default::default()
        };
        let event = Financing {
            event: Some(Kind::Committed(committed)),
        };
        let event = Event {
            contract: contract::FINANCING,
            organizations: vec!["bank".into()],
            body: event.encode_to_vec(),
        };
        let tx_id = height.to_be_bytes().to_vec();
        let entry = HistoryEntry {
            tx_id: tx_id.clone(),
            height,
            index: 0,
            figures: Vec::from_iter(quotes.then_some(Figure::Quotes.into())),
            on: None,
        };
        let receipt = Receipt {
            tx_id,
            height,
            events: Vec::from_iter(quotes.then_some(event)),
            ..Default::default()
        };
        (entry, receipt)
    }

    /// What the ledger has after the first of these.
    fn profile(history: &[(HistoryEntry, Receipt)]) -> Option<Profile> {
        let mut account = Account::new("bank");
        for (sequence, (_, receipt)) in (0..).zip(history) {
            account
                .add_events(sequence, &receipt.events)
                .expect("events");
        }
        account.into_profile()
    }

    fn verify(
        profile: Option<Profile>,
        history: &[(HistoryEntry, Receipt)],
    ) -> Result<Verified, String> {
        let mut recomputation = Recomputation::new(&id(), profile);
        for (entry, receipt) in history {
            recomputation.add(entry, Some(receipt))?;
        }
        recomputation.finish()
    }

    #[test]
    fn a_history_that_adds_up() {
        let history = [step(2, true), step(3, false), step(7, true), step(9, false)];
        let all = verify(profile(&history), &history).expect("it adds up");
        let expected = Verified {
            entries: 4,
            moving: 2,
            newer: 0,
        };
        assert_eq!(all, expected);
        // The profile was read before the last quote.
        let before = verify(profile(&history[..2]), &history).expect("it adds up");
        assert_eq!(before.newer, 1);
        assert_eq!(verify(None, &history).expect("nothing yet").newer, 2);
    }

    #[test]
    fn without_receipts_what_is_left_out_shows() {
        let history = [step(2, true), step(3, false), step(7, true), step(8, false)];
        let stored = profile(&history);
        let unread = |history: &[(HistoryEntry, Receipt)]| {
            let mut recomputation = Recomputation::new(&id(), stored.clone());
            for (entry, _) in history {
                recomputation.add(entry, None)?;
            }
            recomputation.finish()
        };
        let all = unread(&history).expect("it is whole");
        assert_eq!((all.entries, all.moving, all.newer), (4, 2, 0));
        assert!(unread(&history[1..]).is_err(), "the first left out");
        assert!(unread(&history[..2]).is_err(), "cut short");
        assert!(unread(&[]).is_err(), "none");
    }

    #[test]
    fn whatever_is_changed_or_left_out_shows() {
        let history = [step(2, true), step(3, false), step(7, true)];
        let stored = profile(&history);
        let altered = |change: &dyn Fn(&mut History)| {
            let mut history = history.to_vec();
            change(&mut history);
            verify(stored.clone(), &history)
        };
        assert!(altered(&|h| drop(h.remove(0))).is_err(), "left out");
        assert!(altered(&|h| drop(h.pop())).is_err(), "cut short");
        assert!(altered(&|h| h.swap(0, 1)).is_err(), "another order");
        assert!(altered(&|h| h[2] = h[0].clone()).is_err(), "twice");
        assert!(altered(&|h| h[1].0.figures = h[0].0.figures.clone()).is_err());
        assert!(
            altered(&|h| h[0].1.events.clear()).is_err(),
            "an event less"
        );
        assert!(altered(&|h| h[0].1.index = 1).is_err(), "not its place");
        assert!(altered(&|h| h[0].1.tx_id.clear()).is_err(), "another one");
        let more = stored.clone().map(|mut profile| {
            profile.bank.get_or_insert_default().quotes += 1;
            profile
        });
        assert!(verify(more, &history).is_err(), "another sum");
    }
}
