//! The history of an organization in a window of days, with nothing left out: its entries stand one after the other in a tree, whose
//! roots are in a record. Whoever has the events behind them adds up the profile again.

use std::collections::BTreeSet;

use counterfoil_proto::credit::v1::{Figure, HistoryEntry, HistoryHead, Profile};
use counterfoil_proto::membership::v1::Organization;
use counterfoil_proto::v1 as wire;

use super::records::{Found, Records};
use super::{ProofError, keys};
use crate::dates::Date;
use crate::hash::Hash;
use crate::profile::Account;
use crate::{history, merkle};

/// What a history says. Everything in it was proven.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    pub organization: Organization,
    /// The first day; none from the beginning on.
    pub from: Option<Date>,
    /// The last day; none to the end.
    pub to: Option<Date>,
    /// All entries of these days.
    pub entries: Vec<Entry>,
    /// How many entries the whole history has.
    pub length: u64,
    /// What the ledger adds up the whole history to; none where nothing moved a figure yet.
    pub profile: Option<Profile>,
    /// What the entries of the window add up to, where the events of all of them are shown. Where they are the whole history, it is the
    /// profile.
    pub recomputed: Option<Profile>,
    /// Whether the window is the whole history.
    pub is_whole: bool,
}

/// A transaction that concerned the organization.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its number in the history, from 0.
    pub sequence: u64,
    pub entry: HistoryEntry,
    pub on: Date,
    /// What happened to the organization by it; none where that is not disclosed.
    pub events: Option<Vec<wire::Event>>,
}

/// Why entries are not the history of these days.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    #[error("the first or the last day is no date, or the last is before the first")]
    Days,
    #[error(
        "the history before entry {0} is of older rules, under which nothing is proven to be left out; ask for later days"
    )]
    OlderRules(u64),
    #[error("entries are shown of a history that has none, or none of one that has some")]
    Shown,
    #[error("entry {0} has no date, or is not after the one before it")]
    Order(u64),
    #[error("entries from before entry {0} may be left out")]
    LeftOutBefore(u64),
    #[error("entries from after entry {0} may be left out")]
    LeftOutAfter(u64),
    #[error(
        "entry {0} shows neither its events with their salt nor their hash, or both, or whom they concern"
    )]
    Disclosure(u64),
    #[error("the entries are not those of the ledger")]
    OtherTree,
    #[error("entry {0} names other figures than its events move, or its events are not readable")]
    Figures(u64),
    #[error("the ledger's profile is not what the history adds up to")]
    Profile,
}

/// Reads and checks what a history asks for.
pub(super) fn read(
    asked: &wire::History,
    range: Option<&wire::HistoryRange>,
    records: &mut Records<'_>,
) -> Result<History, ProofError> {
    let from = day(asked.from.as_ref())?;
    let to = day(asked.to.as_ref())?;
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        return Err(HistoryError::Days.into());
    }
    let organization = &asked.organization;
    // Of a name that nobody has, an empty history would be true.
    let member: Organization = records.must(&keys::organization(organization), "organization")?;
    if member.id != *organization {
        return Err(ProofError::Damaged("organization"));
    }
    let head = records.find::<HistoryHead>(&keys::history(organization), "history")?;
    let head = shown(head, "history")?;
    let profile = records.find::<Profile>(&keys::profile(organization), "profile")?;
    let profile = shown(profile, "profile")?;
    let mut found = History {
        organization: member,
        from,
        to,
        entries: Vec::new(),
        length: head.as_ref().map_or(0, |head| head.length),
        profile,
        recomputed: None,
        is_whole: false,
    };
    match (head, range) {
        (None, None) => found.is_whole = true,
        (Some(head), Some(range)) => found.fill(&head, range)?,
        _ => return Err(HistoryError::Shown.into()),
    }
    found.add_up()?;
    Ok(found)
}

fn day(date: Option<&wire::Date>) -> Result<Option<Date>, HistoryError> {
    let date = date.map(Date::try_from).transpose();
    date.map_err(|_| HistoryError::Days)
}

/// What the proof must say of, one way or the other.
fn shown<R>(found: Found<R>, kind: &'static str) -> Result<Option<R>, ProofError> {
    match found {
        Found::There(record) => Ok(Some(record)),
        Found::Nothing => Ok(None),
        Found::NotShown => Err(ProofError::Lacks(kind)),
    }
}

impl History {
    /// Checks that the entries are the tree's, and that none of the window is missing; and takes those of the window.
    fn fill(&mut self, head: &HistoryHead, range: &wire::HistoryRange) -> Result<(), ProofError> {
        if head.roots.is_empty() {
            return Err(HistoryError::OlderRules(head.length).into());
        }
        let tree = history::frontier(head).ok_or(ProofError::Damaged("history"))?;
        let end = range.first.checked_add(range.entries.len() as u64);
        let fits = end.is_some_and(|end| end <= head.length) && range.first >= head.begin;
        if !fits || range.entries.is_empty() {
            return Err(HistoryError::Shown.into());
        }
        let mut leaves = Vec::with_capacity(range.entries.len());
        let mut entries: Vec<Entry> = Vec::with_capacity(range.entries.len());
        for (sequence, shown) in (range.first..).zip(&range.entries) {
            let (entry, leaf) = entry(sequence, shown)?;
            let place = |entry: &Entry| (entry.entry.height, entry.entry.index);
            let follows = entries
                .last()
                .is_none_or(|last| place(last) < place(&entry) && last.on <= entry.on);
            if !follows {
                return Err(HistoryError::Order(sequence).into());
            }
            leaves.push(leaf);
            entries.push(entry);
        }
        let hashes = merkle::parted(&range.hashes).ok_or(HistoryError::OtherTree)?;
        let mut hashes = hashes.into_iter();
        let first = range.first - head.begin;
        let count = head.length - head.begin;
        let mut beside = |_, _| hashes.next();
        let root = merkle::root_of_range(count, first, &leaves, &mut beside);
        if root != Some(tree.root()) || hashes.next().is_some() {
            return Err(HistoryError::OtherTree.into());
        }
        self.entries = entries;
        self.cut(head, range.first)?;
        Ok(())
    }

    /// Takes off the entries on either side of the window, by which none of it can be missing.
    fn cut(&mut self, head: &HistoryHead, first: u64) -> Result<(), ProofError> {
        let (from, to) = (self.from, self.to);
        let is_before = |entry: &Entry| from.is_some_and(|from| entry.on < from);
        let is_after = |entry: &Entry| to.is_some_and(|to| entry.on > to);
        let end = first + self.entries.len() as u64;
        let mut outside = Vec::new();
        let has_after = self.entries.last().is_some_and(is_after);
        if has_after {
            outside.extend(self.entries.pop());
        }
        let has_before = self.entries.first().is_some_and(is_before);
        if has_before {
            outside.push(self.entries.remove(0));
        }
        if !has_before && first > head.begin {
            return Err(HistoryError::LeftOutBefore(first).into());
        }
        if !has_before && head.begin > 0 {
            return Err(HistoryError::OlderRules(head.begin).into());
        }
        if !has_after && end < head.length {
            return Err(HistoryError::LeftOutAfter(end - 1).into());
        }
        let mut inside = self.entries.iter();
        if inside.any(|entry| is_before(entry) || is_after(entry)) {
            return Err(ProofError::Stray("entries"));
        }
        if outside.iter().any(|entry| entry.events.is_some()) {
            return Err(ProofError::Stray("events"));
        }
        self.is_whole = !has_before && !has_after;
        Ok(())
    }

    /// Adds up the events that are shown, and compares what can be.
    fn add_up(&mut self) -> Result<(), ProofError> {
        let mut account = Account::new(&self.organization.id);
        let mut disclosed = true;
        for Entry {
            sequence,
            entry,
            events,
            ..
        } in &self.entries
        {
            let Some(events) = events else {
                disclosed = false;
                continue;
            };
            let moved = account.add_events(*sequence, events);
            let moved: Option<BTreeSet<Figure>> = moved.ok();
            let named = entry.figures.iter().copied();
            if !moved.is_some_and(|moved| moved.into_iter().map(i32::from).eq(named)) {
                return Err(HistoryError::Figures(*sequence).into());
            }
        }
        if disclosed {
            self.recomputed = account.into_profile();
        }
        if self.is_whole && !self.is_summed_up(disclosed) {
            return Err(HistoryError::Profile.into());
        }
        Ok(())
    }

    /// Whether the ledger's profile is of this whole history; without all events, whether as many entries moved it, up to the same last.
    fn is_summed_up(&self, disclosed: bool) -> bool {
        if disclosed {
            return self.profile == self.recomputed;
        }
        let moving = self.entries.iter().filter(|e| !e.entry.figures.is_empty());
        let (entries, last) = moving.fold((0, 0), |(n, _), e| (n + 1, e.sequence));
        match &self.profile {
            Some(profile) => {
                entries > 0 && (profile.entries, profile.last_entry) == (entries, last)
            }
            None => entries == 0,
        }
    }
}

/// Whether events name nobody whom they concern, which the leaf does not vouch for.
fn is_bare(events: &[wire::Event]) -> bool {
    events.iter().all(|event| event.organizations.is_empty())
}

/// One entry as it is shown, and the hash of its leaf.
fn entry(sequence: u64, shown: &wire::ShownEntry) -> Result<(Entry, Hash), HistoryError> {
    let entry = shown.entry.clone();
    let entry = entry.ok_or(HistoryError::Order(sequence))?;
    let on = Date::try_from(&entry.on.unwrap_or_default());
    let on = on.map_err(|_| HistoryError::Order(sequence))?;
    let salt = Hash::try_from(shown.salt.as_slice()).ok();
    let hash = Hash::try_from(shown.events_hash.as_slice()).ok();
    let (events, hash) = match (salt, hash) {
        (Some(salt), None) if shown.events_hash.is_empty() && is_bare(&shown.events) => {
            let hash = history::events_hash(&salt, &shown.events);
            (Some(shown.events.clone()), hash)
        }
        (None, Some(hash)) if shown.salt.is_empty() && shown.events.is_empty() => (None, hash),
        _ => return Err(HistoryError::Disclosure(sequence)),
    };
    let leaf = history::leaf(&entry, &hash);
    let entry = Entry {
        sequence,
        entry,
        on,
        events,
    };
    Ok((entry, leaf))
}
