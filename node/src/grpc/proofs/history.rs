//! The history of an organization in a window of days: its entries, those right beside the window, and the hashes that lead from them to
//! the roots in the state.

use counterfoil_proto::credit::v1::HistoryEntry;
use counterfoil_proto::membership::v1::Organization;
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::hash::Hash;
use counterfoil_types::limits::MAX_PROOF_BYTES;
use counterfoil_types::proof::keys;
use counterfoil_types::{history as hashes, merkle};
use prost::Message;
use tonic::{Code, Status};

use super::PROOF;
use super::collector::{Collector, too_long};
use crate::grpc::access::{Caller, Records, rules};
use crate::grpc::errors;
use crate::ledger::{History, Ledger, Receipts};

/// Entries that are read at once.
const CHUNK: usize = 500;

pub fn collect(
    collector: &mut Collector<'_>,
    caller: &Caller,
    asked: wire::History,
) -> Result<wire::proof::Subject, Status> {
    let from = day("from", asked.from.as_ref())?;
    let to = day("to", asked.to.as_ref())?;
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        return Err(errors::invalid("to", "it is before the first day"));
    }
    let organization = asked.organization.as_str();
    let key = keys::organization(organization);
    let member: Option<Organization> = collector.read(&key)?;
    if member.is_none() || !rules::history(caller, &collector.records, organization)? {
        return Err(errors::not_found(
            "credit",
            format!("history of {organization:?}"),
        ));
    }
    collector.take(key)?;
    collector.take(keys::history(organization))?;
    collector.take(keys::profile(organization))?;
    let range = Range {
        ledger: collector.ledger,
        records: &collector.records,
        history: History::of(collector.records.state(), organization).map_err(failed)?,
        caller,
        organization,
        block: None,
    }
    .read(from, to)?;
    collector.range = range;
    Ok(wire::proof::Subject::History(asked))
}

fn day(field: &str, date: Option<&wire::Date>) -> Result<Option<Date>, Status> {
    let date = date.map(Date::try_from).transpose();
    date.map_err(|e| errors::invalid(field, e))
}

fn failed(error: impl std::fmt::Display) -> Status {
    errors::failed("reading a history", error)
}

/// A window on its way into a proof.
struct Range<'a> {
    ledger: &'a Ledger,
    records: &'a Records<'a>,
    history: History<'a>,
    caller: &'a Caller,
    organization: &'a str,
    /// The block read last, which neighbouring entries are often of.
    block: Option<Block>,
}

struct Block {
    height: u64,
    transactions: Vec<Vec<u8>>,
    receipts: Receipts,
}

impl Range<'_> {
    /// The entries of the window and its neighbours; none of an organization without history.
    fn read(
        mut self,
        from: Option<Date>,
        to: Option<Date>,
    ) -> Result<Option<wire::HistoryRange>, Status> {
        let (begin, length) = (self.history.begin(), self.history.head.length);
        if length == 0 {
            return Ok(None);
        }
        let is_of = |entry: &HistoryEntry, reached: &dyn Fn(Date) -> bool| {
            let on = Date::try_from(&entry.on.unwrap_or_default());
            on.is_ok_and(reached)
        };
        let first = match from {
            Some(from) => self.history.first(|entry| is_of(entry, &|on| on >= from)),
            None => Ok(begin),
        };
        let end = match to {
            Some(to) => self.history.first(|entry| is_of(entry, &|on| on > to)),
            None => Ok(length),
        };
        let (first, end) = (first.map_err(failed)?, end.map_err(failed)?);
        if first == begin && begin > 0 {
            return Err(older(begin));
        }
        let shown = first.saturating_sub(1).max(begin)..(end + 1).min(length);
        let mut range = wire::HistoryRange {
            first: shown.start,
            ..wire::HistoryRange::default()
        };
        let (mut next, mut bytes) = (shown.start, 0);
        while next < shown.end {
            let chunk = usize::try_from(shown.end - next)
                .unwrap_or(CHUNK)
                .min(CHUNK);
            let entries = self.history.entries(next, chunk).map_err(failed)?;
            if entries.is_empty() {
                return Err(failed(format!("entry {next} is missing")));
            }
            for entry in entries {
                let entry = self.shown(entry, (first..end).contains(&next))?;
                bytes += entry.encoded_len();
                if bytes > MAX_PROOF_BYTES {
                    return Err(too_long());
                }
                range.entries.push(entry);
                next += 1;
            }
        }
        range.hashes = self.beside(shown.start - begin, range.entries.len(), length - begin)?;
        Ok(Some(range))
    }

    /// An entry, with its events where it is of the window and the caller may read them all.
    fn shown(&mut self, entry: HistoryEntry, in_window: bool) -> Result<wire::ShownEntry, Status> {
        let (caller, records, organization) = (self.caller, self.records, self.organization);
        let block = self.block(entry.height)?;
        let at = entry.index as usize;
        let lost = || {
            failed(format!(
                "transaction {at} of block {} is missing",
                entry.height
            ))
        };
        let transaction = block.transactions.get(at).ok_or_else(lost)?;
        let receipt = block.receipts.get(at).ok_or_else(lost)?;
        let salt = hashes::salt(transaction);
        let concerns = |event: &&wire::Event| hashes::concerns(event, organization);
        let mut readable = in_window;
        let mut events = Vec::new();
        for event in receipt.events.iter().filter(concerns) {
            readable = readable && rules::event(caller, records, event)?.is_some();
            events.push(wire::Event {
                organizations: Vec::new(),
                ..event.clone()
            });
        }
        Ok(match readable {
            true => wire::ShownEntry {
                entry: Some(entry),
                salt: salt.to_vec(),
                events,
                events_hash: Vec::new(),
            },
            false => wire::ShownEntry {
                entry: Some(entry),
                events_hash: hashes::events_hash(&salt, &events).to_vec(),
                ..wire::ShownEntry::default()
            },
        })
    }

    fn block(&mut self, height: u64) -> Result<&Block, Status> {
        let lost = || failed(format!("block {height} is missing"));
        let block = match self.block.take() {
            Some(block) if block.height == height => block,
            _ => Block {
                height,
                transactions: self.records.block(height)?.ok_or_else(lost)?.transactions,
                receipts: self
                    .ledger
                    .receipts(height)
                    .map_err(failed)?
                    .ok_or_else(lost)?,
            },
        };
        Ok(self.block.insert(block))
    }

    /// The roots of the subtrees that have none of the shown leaves.
    fn beside(&self, first: u64, shown: usize, count: u64) -> Result<Vec<u8>, Status> {
        let leaves = vec![Hash::default(); shown];
        let mut subtrees = Vec::new();
        let mut ask = |at, count| {
            subtrees.push((at, count));
            Some(Hash::default())
        };
        merkle::root_of_range(count, first, &leaves, &mut ask);
        let subtrees = subtrees.into_iter();
        let roots = subtrees.map(|(at, count)| self.history.subtree(at, count));
        let roots: Vec<Hash> = roots.collect::<Result<_, _>>().map_err(failed)?;
        Ok(merkle::joined(&roots))
    }
}

fn older(begin: u64) -> Status {
    let message = format!(
        "entry {begin} is the first that was made under version 9 of the rules: what is before it cannot be proven to be complete; ask for days \
         after that entry's"
    );
    errors::with_reason(Code::FailedPrecondition, PROOF, "BEFORE_VERSION_9", message)
}
