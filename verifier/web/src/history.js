// The history of an organization in a window of ledger dates: that no entry of it is left out, what happened, and what it adds up to.
//
// The entries are leaves of a tree (RFC 6962, section 2.1), one after the other, whose roots stand in the state. Those of the window
// are shown without a gap; the one before it and the one after it show, by their dates, that the window has no more.

import { equal, u32, utf8 } from './bytes.js';
import { hash } from './crypto.js';
import { daysBetween, isDate } from './days.js';
import { ensure, NotProven } from './errors.js';
import { Organization } from './messages/common.js';
import { HistoryEntry, HistoryHead, Profile } from './messages/history.js';
import { readEvent, Tally } from './profile.js';
import { decode, encode } from './protobuf.js';
import { keys } from './records.js';
import { hashOfHalves, leafHash } from './tree.js';

const ENTRY_TAG = utf8('counterfoil/history-entry/v1');

/**
 * The organization's record; the entries in the window, oldest first, each with its sequence, and its events or null where they are
 * not disclosed; the organization's profile, or null; and what the events of the window add up to, or null.
 */
export function readHistory(asked, range, records) {
  const { organization, from, to } = asked;
  ensure(organization !== '', 'The file names no organization.');
  checkWindow(from, to);
  const named = records.must(Organization, keys.organization(organization), 'organization’s record');
  ensure(named.id === organization, 'The organization’s record is another organization’s.');
  const head = find(HistoryHead, keys.history(organization), 'head of the history', records);
  const record = find(Profile, keys.profile(organization), 'profile', records);
  const found = { organization, named, from, to, length: 0n, isWhole: true, entries: [], profile: record, recomputed: null };
  if (head === null) {
    ensure(range === null, 'The file shows entries of a history that there is none of.');
    ensure(record === null, 'There is a profile without a history that it comes of.');
    return found;
  }
  ensure(record === null || record.organization === organization, 'The profile is another organization’s.');
  checkRange(head, range);
  checkOrder(range.entries);
  checkRoot(head, range);
  found.length = head.length;
  found.entries = inWindow(asked, head, range);
  found.isWhole = BigInt(found.entries.length) === head.length;
  found.recomputed = addUp(organization, found.entries);
  if (found.isWhole) {
    checkProfile(found);
  }
  return found;
}

/** A record that is there, or null where the file says that there is none. It has to say one of the two. */
function find(type, at, kind, records) {
  const bytes = records.find(at);
  if (bytes === null) {
    throw new NotProven(`The file does not say what ${kind} there is.`);
  }
  return bytes.length === 0 ? null : decode(type, bytes, `The ${kind}`);
}

function checkWindow(from, to) {
  ensure(from === null || isDate(from), 'The first day of the window is no date.');
  ensure(to === null || isDate(to), 'The last day of the window is no date.');
  ensure(from === null || to === null || daysBetween(from, to) >= 0, 'The window ends before it begins.');
}

function checkRange(head, range) {
  const { length, begin, roots } = head;
  ensure(roots.length > 0, 'The history is of older rules, under which no entry of it can be proven.');
  ensure(begin <= length, 'The history begins after its end.');
  ensure(roots.length === 32 * ones(length - begin), 'The head of the history has not the roots of as many entries.');
  if (range === null || range.entries.length === 0) {
    throw new NotProven('The file shows no entry of the history.');
  }
  const { first, entries } = range;
  ensure(
    first >= begin && first + BigInt(entries.length) <= length,
    'The file shows entries where the history has none that can be proven.',
  );
}

/** How many bits of a number are one. */
function ones(number) {
  return number.toString(2).replaceAll('0', '').length;
}

function checkOrder(entries) {
  let last = null;
  for (const { entry } of entries) {
    ensure(entry !== null, 'An entry of the history is missing.');
    ensure(isDate(entry.on), 'An entry of the history has no date.');
    const ascends = entry.figures.every((figure, at) => at === 0 || entry.figures[at - 1] < figure);
    ensure(ascends, 'An entry of the history names figures that do not ascend.');
    if (last !== null) {
      ensure(daysBetween(last.on, entry.on) >= 0, 'An entry of the history is of a day before that of the one before it.');
      const isLater = entry.height > last.height || (entry.height === last.height && entry.index > last.index);
      ensure(isLater, 'An entry of the history does not stand after the one before it in the chain.');
    }
    last = entry;
  }
}

/** Checks that the entries are leaves of the history's tree, each in its place. */
function checkRoot(head, { first, entries, hashes }) {
  const leaves = entries.map(leafOf);
  const from = first - head.begin;
  const walk = { leaves, from, to: from + BigInt(leaves.length), hashes, at: 0 };
  const found = subtree(walk, 0n, head.length - head.begin);
  ensure(walk.at === hashes.length, 'The file has more hashes of the history than it needs.');
  ensure(equal(found, rootOf(head.roots)), 'The entries are not those of the history.');
}

function leafOf(shown) {
  return leafHash(ENTRY_TAG, hashOfEvents(shown), encode(HistoryEntry, shown.entry));
}

/** The hash of an entry's events: as it stands in the file, or of those that are disclosed. */
function hashOfEvents({ salt, events, events_hash: given }) {
  if (given.length > 0) {
    ensure(salt.length === 0 && events.length === 0, 'An entry of the history shows its events and a hash in their place.');
    ensure(given.length === 32, 'The hash of the events of an entry is none.');
    return given;
  }
  ensure(salt.length === 32, 'An entry of the history shows neither its events with their salt nor their hash.');
  // Whom else an event concerns is not the reader's to know, and not in the hash: whoever passes the file on could say anything there.
  const isNobody = events.every(({ organizations }) => organizations.length === 0);
  ensure(isNobody, 'The file says of an event whom it concerns, which no history does.');
  const encoded = events.flatMap(({ contract, body }) => [u32(contract), u32(body.length), body]);
  return hash('counterfoil/history-events/v1', salt, ...encoded);
}

/** The root over `size` leaves from `at` on, of which some are shown, or else the next hash. */
function subtree(walk, at, size) {
  if (at + size <= walk.from || at >= walk.to) {
    ensure(walk.at + 32 <= walk.hashes.length, 'The file lacks a hash of the history.');
    walk.at += 32;
    return walk.hashes.subarray(walk.at - 32, walk.at);
  }
  if (size === 1n) {
    return walk.leaves[Number(at - walk.from)];
  }
  // The left half has the largest power of two below the size.
  const left = 1n << BigInt((size - 1n).toString(2).length - 1);
  const one = subtree(walk, at, left);
  return hashOfHalves(one, subtree(walk, at + left, size - left));
}

/** The root of the whole tree, from those of its largest full subtrees. */
function rootOf(roots) {
  let at = roots.length - 32;
  let root = roots.subarray(at);
  while (at > 0) {
    at -= 32;
    root = hashOfHalves(roots.subarray(at, at + 32), root);
  }
  return root;
}

/** The entries of the window. Beside them the file shows the one before it and the one after it, where there is one. */
function inWindow({ from, to }, head, { first, entries }) {
  const isBefore = ({ entry }) => from !== null && daysBetween(entry.on, from) > 0;
  const isAfter = ({ entry }) => to !== null && daysBetween(to, entry.on) > 0;
  const hasBefore = isBefore(entries[0]);
  const hasAfter = isAfter(entries.at(-1));
  const inside = entries.slice(hasBefore ? 1 : 0, hasAfter ? -1 : undefined);
  ensure(!inside.some((one) => isBefore(one) || isAfter(one)), 'The file shows an entry that is outside of the window, and needless.');
  const beside = [hasBefore ? entries[0] : null, hasAfter ? entries.at(-1) : null];
  ensure(
    beside.every((one) => one === null || one.events_hash.length > 0),
    'The file shows events of an entry that is outside of the window.',
  );
  if (!hasBefore) {
    ensure(head.begin === 0n, 'The window reaches to entries of older rules, which can not be proven.');
    ensure(first === 0n, 'The file does not show that the window has no earlier entry.');
  }
  ensure(
    hasAfter || first + BigInt(entries.length) === head.length,
    'The file does not show that the window has no later entry.',
  );
  const begins = first + (hasBefore ? 1n : 0n);
  return inside.map((shown, at) => ({
    sequence: begins + BigInt(at),
    entry: shown.entry,
    events: shown.events_hash.length > 0 ? null : shown.events.map((event) => ({ ...event, ...readEvent(event) })),
  }));
}

/** Compares the figures of each entry with those that its events move. Gives what all events add up to, where all are disclosed. */
function addUp(organization, entries) {
  const tally = new Tally(organization);
  for (const { sequence, entry, events } of entries) {
    if (events !== null) {
      const moved = tally.take(sequence, events);
      const isSame = moved.length === entry.figures.length && moved.every((figure, at) => figure === entry.figures[at]);
      ensure(isSame, `Entry ${sequence} names other figures than those that its events move.`);
    }
  }
  return isDisclosed(entries) ? tally.profile() : null;
}

/** Whether the events of all entries are in the file. */
export function isDisclosed(entries) {
  return entries.every(({ events }) => events !== null);
}

/** Checks the profile against the whole history. */
function checkProfile({ entries, profile, recomputed }) {
  if (isDisclosed(entries)) {
    const isSame = recomputed === null || profile === null ? recomputed === profile : isSameProfile(recomputed, profile);
    ensure(isSame, 'The profile is not what the events add up to.');
    return;
  }
  // How the events add up can not be seen; that none which moved a figure is left out, can.
  const moving = entries.filter(({ entry }) => entry.figures.length > 0);
  const isSame =
    profile === null
      ? moving.length === 0
      : BigInt(moving.length) === profile.entries && moving.at(-1)?.sequence === profile.last_entry;
  ensure(isSame, 'The profile comes of other entries than the history has.');
}

function isSameProfile(one, other) {
  return equal(encode(Profile, one), encode(Profile, other));
}
