// What a history has to show and to say, on files that keep each rule and on files that break it and nothing else.

import assert from 'node:assert/strict';
import test from 'node:test';

import { concat, equal, hex } from '../src/bytes.js';
import { sha256 } from '../src/crypto.js';
import { Proof } from '../src/messages/file.js';
import { Profile } from '../src/messages/history.js';
import { check, verify } from '../src/verify.js';
import * as histories from './history.mjs';
import { date, decode, encode, id, keys, Organization } from './ledger.mjs';
import { refused } from './refused.mjs';
import * as trades from './trade.mjs';

const { eventOf, happened, money, profile, prove, rangeOf, world, GENESIS } = histories;

const JANUARY = date(2025, 1, 10);
const MARCH = date(2025, 3, 1);

function say(from, options) {
  return verify(prove(from, options), GENESIS, null).subject;
}

function sequences(subject) {
  return subject.entries.map(({ sequence }) => sequence);
}

function hashOf(message) {
  return hex(sha256(encode(Profile, message)));
}

/** What happened, with a change to an entry of it. */
function changed(at, change) {
  const entries = happened();
  entries[at] = { ...entries[at], ...change };
  return entries;
}

/** All of it, with the events of some entries not disclosed. */
function hiding(...hidden) {
  return happened().map((one, at) => ({ ...one, hidden: hidden.includes(at) }));
}

test('a whole history is read, and added up', () => {
  const subject = say(world());
  const { entries, ...rest } = subject;
  const sum = hashOf(profile());
  assert.deepEqual(rest, {
    kind: 'history',
    organization: 'supplier',
    from: null,
    to: null,
    length: 7,
    whole: true,
    profile: sum,
    recomputed: sum,
  });
  assert.deepEqual(sequences(subject), [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(entries[5], {
    sequence: 5,
    transaction: hex(id('transaction 5')),
    height: 20,
    index: 0,
    on: '2025-03-01',
    figures: [24, 25],
    events: happened()[5].events.map(({ contract, body }) => [contract, hex(sha256(body))]),
  });
});

test('any window of a history of any length is read, and no other entries in its place', () => {
  for (const length of [1, 2, 3, 5, 7, 8]) {
    const entries = Array.from({ length }, (_, at) => ({ on: date(2025, 5, at + 1), at: [at + 1, 0], figures: [], events: [] }));
    const long = world({ entries, record: null });
    for (let first = 0; first < length; first += 1) {
      for (let last = first; last < length; last += 1) {
        const [before, after] = [Math.max(first - 1, 0), Math.min(last + 2, length)];
        const beside = [first - 1, last + 1];
        const days = { from: date(2025, 5, first + 1), to: date(2025, 5, last + 1) };
        const subject = say(long, { ...days, range: rangeOf(long, before, after, beside) });
        assert.deepEqual([sequences(subject)[0], subject.entries.length], [first, last - first + 1]);
        assert.equal(subject.whole, subject.entries.length === length);
        if (before < first) {
          refused(() => say(long, { ...days, range: rangeOf(long, first, after, beside) }), /no earlier entry/);
        }
        if (after > last + 1) {
          refused(() => say(long, { ...days, range: rangeOf(long, before, last + 1, beside) }), /no later entry/);
        }
      }
    }
  }
});

test('a window is complete by the entries beside it', () => {
  const whole = world();
  // In the middle, with an entry of other days before and after it.
  const middle = say(whole, { from: date(2025, 1, 15), to: date(2025, 2, 1), range: rangeOf(whole, 1, 5, [1, 4]) });
  assert.deepEqual(sequences(middle), [2, 3]);
  assert.deepEqual([middle.from, middle.to, middle.whole, middle.length], ['2025-01-15', '2025-02-01', false, 7]);
  assert.equal(middle.profile, hashOf(profile()));
  assert.notEqual(middle.recomputed, middle.profile);
  // What is in the window alone, under the numbers that it has in the whole history.
  const { supplier } = profile();
  const volumes = [{ ...supplier.volumes[0], credit_notes: 0n, credited_minor: 0n }];
  const inWindow = {
    ...supplier,
    invoices_registered: 0n,
    first_registered_on: null,
    last_registered_on: null,
    invoices_ended: 0n,
    disputes_upheld: 0n,
    recourse_notices: 0n,
    volumes,
  };
  assert.equal(middle.recomputed, hashOf(profile({ entries: 1n, last_entry: 2n, supplier: inWindow })));
  // At the end, and from the beginning.
  assert.deepEqual(sequences(say(whole, { from: date(2025, 2, 21), range: rangeOf(whole, 4, 7, [4]) })), [5, 6]);
  assert.deepEqual(sequences(say(whole, { to: JANUARY, range: rangeOf(whole, 0, 3, [2]) })), [0, 1]);
  // All of it, by its days; also with days to spare.
  const byDays = say(whole, { from: JANUARY, to: MARCH });
  assert.deepEqual([byDays.whole, byDays.recomputed], [true, byDays.profile]);
  assert.ok(say(whole, { from: date(1990, 1, 1), to: date(2199, 12, 31) }).whole);
  // Empty: before everything, after everything, and between two entries that follow one on the other.
  const empty = [
    { from: date(2024, 1, 1), to: date(2025, 1, 9), range: rangeOf(whole, 0, 1, [0]) },
    { from: date(2025, 3, 2), range: rangeOf(whole, 6, 7, [6]) },
    { from: date(2025, 1, 11), to: date(2025, 1, 14), range: rangeOf(whole, 1, 3, [1, 2]) },
  ];
  for (const options of empty) {
    const subject = say(whole, options);
    assert.deepEqual([subject.entries, subject.recomputed, subject.whole, subject.length], [[], null, false, 7]);
  }
  // One day of which the entries before and after are of the same block as they are.
  assert.deepEqual(sequences(say(whole, { from: MARCH, to: MARCH, range: rangeOf(whole, 4, 7, [4]) })), [5, 6]);
  // A window in which no figure was moved.
  const idle = say(whole, { from: date(2025, 2, 1), to: date(2025, 2, 1), range: rangeOf(whole, 2, 5, [2, 4]) });
  assert.deepEqual([sequences(idle), idle.recomputed], [[3], null]);
});

test('a window that is not complete is refused', () => {
  const whole = world();
  const asked = { from: date(2025, 1, 15), to: date(2025, 2, 1) };
  const window = (first, last, beside, options = asked) => [() => say(whole, { ...options, range: rangeOf(whole, first, last, beside) })];
  const noEarlier = /no earlier entry/;
  const noLater = /no later entry/;
  refused(...window(2, 5, [4]), noEarlier);
  refused(...window(1, 4, [1]), noLater);
  refused(...window(3, 5, [4]), noEarlier, 'the first of the window is left out');
  refused(...window(1, 3, [1]), noLater, 'the last of the window is left out');
  refused(...window(0, 5, [0, 1, 4]), /outside of the window, and needless/);
  refused(...window(1, 6, [1, 4, 5]), /outside of the window, and needless/);
  refused(...window(1, 5, [4]), /events of an entry that is outside/);
  refused(...window(1, 5, [1]), /events of an entry that is outside/);
  refused(...window(1, 7, [], {}), noEarlier);
  refused(...window(0, 6, [], {}), noLater);
  refused(...window(1, 3, [1, 2], { from: date(2025, 1, 11) }), noLater);
  refused(...window(4, 5, [4], { from: date(2025, 3, 2) }), noLater);
  refused(...window(2, 3, [2], { to: JANUARY }), noEarlier);
  const days = (from, to) => () => say(whole, { from, to });
  refused(days(date(2025, 2, 29), null), /first day of the window is no date/);
  refused(days(date(1989, 12, 31), null), /first day of the window is no date/);
  refused(days(date(2025, 13, 1), null), /first day of the window is no date/);
  refused(days(date(2025, 1, 0), null), /first day of the window is no date/);
  refused(days(null, date(2025, 4, 31)), /last day of the window is no date/);
  refused(days(null, date(2200, 1, 1)), /last day of the window is no date/);
  refused(days(null, date(0, 0, 0)), /last day of the window is no date/);
  refused(days(MARCH, date(2025, 2, 28)), /ends before it begins/);
});

test('no entry can be left out, swapped, doubled or changed', () => {
  const whole = world();
  const file = (change) => {
    const range = rangeOf(whole, 0, 7);
    change(range);
    return () => say(whole, { range });
  };
  const other = /are not those of the history/;
  file(() => {})();
  refused(file(({ entries }) => entries.splice(3, 1)), /lacks a hash/);
  refused(
    file((range) => {
      range.entries.splice(6, 1);
      range.hashes = id('hash');
    }),
    other,
  );
  refused(
    file((range) => {
      range.entries.splice(6, 1);
      range.hashes = whole.leaves[6];
    }),
    /no later entry/,
  );
  refused(file(({ entries }) => entries.splice(3, 1, entries[2])), /does not stand after/);
  refused(file(({ entries }) => entries.splice(3, 2, entries[4], entries[3])), /of a day before/);
  refused(file(({ entries }) => entries.push(entries[6])), /where the history has none/);
  refused(file(({ entries }) => entries.splice(0, 2, entries[1], entries[0])), /does not stand after/);
  refused(file(({ entries }) => (entries[3] = { ...entries[3], entry: { ...entries[3].entry, tx_id: id('another') } })), other);
  refused(file(({ entries }) => (entries[3] = { ...entries[3], entry: { ...entries[3].entry, height: 10n } })), other);
  refused(file(({ entries }) => (entries[3] = { ...entries[3], entry: { ...entries[3].entry, figures: [20] } })), other);
  refused(file(({ entries }) => (entries[3] = { ...entries[3], entry: { ...entries[3].entry, on: date(2025, 2, 2) } })), other);
  refused(file(({ entries }) => (entries[3] = { ...entries[3], salt: id('another') })), other);
  refused(file(({ entries }) => (entries[3] = { ...entries[3], events: [] })), other);
  refused(file(({ entries }) => (entries[5] = { ...entries[5], events: entries[5].events.toReversed() })), other);
  refused(file(({ entries }) => (entries[1] = { ...entries[1], events: entries[1].events.slice(0, 1) })), other);
  refused(file(({ entries }) => (entries[5] = { ...entries[5], events: [entries[5].events[0], ...entries[5].events] })), other);
  refused(file(({ entries }) => (entries[0] = { ...entries[0], events: [{ ...entries[0].events[0], contract: 5 }] })), other);
  refused(file(({ entries }) => (entries[3] = { ...entries[3], entry: null })), /entry of the history is missing/);
  refused(file((range) => (range.first = 1n)), /where the history has none/);
  refused(file((range) => (range.first = 2n ** 64n - 1n)), /where the history has none/);
  refused(file((range) => (range.hashes = id('hash'))), /more hashes of the history/);
  refused(file((range) => (range.hashes = Uint8Array.of(1))), /more hashes of the history/);
  refused(file((range) => (range.entries = [])), /shows no entry/);
  refused(() => say(whole, { range: null }), /shows no entry/);
  // In a window, entries may not be said to be others of the history.
  const moved = rangeOf(whole, 1, 5, [1, 4]);
  refused(() => say(whole, { from: date(2025, 1, 15), to: date(2025, 2, 1), range: { ...moved, first: 2n } }), /more hashes/);
  const short = rangeOf(whole, 1, 5, [1, 4]);
  short.hashes = short.hashes.subarray(1);
  refused(() => say(whole, { from: date(2025, 1, 15), to: date(2025, 2, 1), range: short }), /lacks a hash/);
  const turned = rangeOf(whole, 1, 5, [1, 4]);
  turned.hashes = concat(turned.hashes.subarray(32, 64), turned.hashes.subarray(0, 32), turned.hashes.subarray(64));
  refused(() => say(whole, { from: date(2025, 1, 15), to: date(2025, 2, 1), range: turned }), other);
});

test('an entry shows its events or their hash, and not both', () => {
  const whole = world();
  const [{ eventsHash }] = whole.all;
  const first = (fields) => {
    const range = rangeOf(whole, 0, 7);
    range.entries[0] = { ...range.entries[0], ...fields };
    return () => say(whole, { range });
  };
  const none = new Uint8Array(0);
  refused(first({ events_hash: eventsHash }), /its events and a hash in their place/);
  refused(first({ events_hash: eventsHash, events: [] }), /its events and a hash in their place/);
  refused(first({ events_hash: eventsHash, salt: none }), /its events and a hash in their place/);
  refused(first({ events_hash: eventsHash.subarray(1), salt: none, events: [] }), /hash of the events of an entry is none/);
  refused(first({ salt: none }), /neither its events with their salt nor their hash/);
  refused(first({ salt: none, events: [] }), /neither its events with their salt nor their hash/);
  refused(first({ salt: id('salt').subarray(1) }), /neither its events with their salt nor their hash/);
});

test('an event does not say whom else it concerns', () => {
  const whole = world();
  const concerning = (at, which, organizations) => () => {
    const range = rangeOf(whole, 0, 7);
    const events = range.entries[at].events.map((event, number) => (number === which ? { ...event, organizations } : event));
    range.entries[at] = { ...range.entries[at], events };
    return say(whole, { range });
  };
  concerning(1, 1, [])();
  refused(concerning(0, 0, ['supplier']), /whom it concerns/);
  refused(concerning(1, 1, ['']), /whom it concerns/);
  refused(concerning(5, 1, ['buyer', 'supplier']), /whom it concerns/);
});

test('the organization is told by its own record', () => {
  const whole = world();
  const put = (fields) => () => {
    const given = world();
    given.state.put(keys.organization('supplier'), Organization, { id: 'supplier', legal_name: 'Supplier Ltd', status: 1, ...fields });
    return say(given);
  };
  put({ status: 3 })();
  refused(put({ id: 'another' }), /record is another organization/);
  refused(put({ id: '' }), /record is another organization/);
  refused(() => say(whole, { without: [String(keys.organization('supplier'))] }), /lacks the organization’s record/);
  const missing = world({ entries: [], record: null });
  missing.state.records = missing.state.records.filter(({ key }) => !equal(key, keys.organization('supplier')));
  refused(() => say(missing), /no organization’s record where there has to be one/);
  const found = check(prove(whole), GENESIS, null).history;
  assert.equal(found.named.legal_name, 'Supplier Ltd');
});

test('entries are in the order of their days and of the chain', () => {
  const order = (at, change, sentence) => {
    refused(() => say(world({ entries: changed(at, change) })), sentence);
  };
  order(3, { on: date(2025, 1, 14) }, /of a day before/);
  order(3, { on: date(2025, 2, 30) }, /has no date/);
  order(3, { on: null }, /has no date/);
  order(3, { at: [5, 0] }, /does not stand after/);
  order(3, { at: [4, 9] }, /does not stand after/);
  order(1, { at: [3, 0] }, /does not stand after/);
  order(5, { figures: [25, 24] }, /do not ascend/);
  order(5, { figures: [24, 24, 25] }, /do not ascend/);
  assert.ok(say(world({ entries: changed(3, { at: [5, 1] }) })).whole);
});

test('each entry names just the figures that its events move', () => {
  const names = (at, figures, sentence) => refused(() => say(world({ entries: changed(at, { figures }) })), sentence);
  names(0, [], /Entry 0 names other figures/);
  names(0, [21], /Entry 0 names other figures/);
  names(5, [24], /Entry 5 names other figures/);
  names(5, [24, 25, 26], /Entry 5 names other figures/);
  names(3, [20], /Entry 3 names other figures/);
  names(6, [0, 26], /Entry 6 names other figures/);
  // Also where others are not disclosed, and in a window.
  const entries = hiding(0, 1).map((one, at) => (at === 4 ? { ...one, figures: [] } : one));
  refused(() => say(world({ entries })), /Entry 4 names other figures/);
  const some = world({ entries: changed(4, { figures: [3] }) });
  refused(() => say(some, { from: date(2025, 2, 2), range: rangeOf(some, 3, 7, [3]) }), /Entry 4 names other figures/);
  // Not of an entry whose events are not in the file.
  const unseen = world({ entries: changed(4, { figures: [3], hidden: true }) });
  assert.equal(say(unseen).recomputed, null);
});

test('events that can not be read, or that lack what a figure needs, are refused', () => {
  const event = (one, figures = [20]) => () => say(world({ entries: changed(0, { events: [one], figures }) }));
  const body = (...bytes) => ({ contract: 4, organizations: [], body: Uint8Array.from(bytes) });
  refused(event(body(0x0a, 5)), /ends too early/);
  refused(event(body(0x08, 5)), /no message of its kind/);
  refused(event(body(0x0a, 3, 0x12, 1, 0xff)), /no UTF-8/);
  const registered = (fields) => eventOf(4, 'registered', { seller: 'supplier', buyer: 'buyer', gross: money(1), ...fields });
  refused(event(registered({})), /no date where a figure/);
  refused(event(registered({ registered_on: date(2025, 2, 29) })), /no date where a figure/);
  // Of another seller's invoice no figure is moved, and no date needed.
  refused(event(registered({ seller: 'another' })), /names other figures/);
  const confirmed = (fields) => eventOf(4, 'confirmed', { seller: 'supplier', buyer: 'buyer', amount: money(1), ...fields });
  refused(event(confirmed({ amount: null }), [21]), /no amount where a figure/);
  // An event of a kind, or of a contract, that is not known moves nothing.
  const rest = (one) => {
    const entries = changed(3, { events: [one] });
    return say(world({ entries })).recomputed;
  };
  assert.equal(rest(body(0xfa, 7, 0)), hashOf(profile()));
  assert.equal(rest(body()), hashOf(profile()));
  assert.equal(rest({ contract: 77, organizations: [], body: Uint8Array.of(0xff) }), hashOf(profile()));
});

test('the profile is what the whole history adds up to', () => {
  const { supplier } = profile();
  const others = [
    { formula: 1 },
    { entries: 7n },
    { last_entry: 5n },
    { supplier: null },
    { supplier: { ...supplier, invoices_ended: 0n } },
    { supplier: { ...supplier, volumes: [{ ...supplier.volumes[0], confirmed_minor: 100_001n }] } },
    { supplier: { ...supplier, last_registered_on: date(2025, 1, 11) } },
    { bank: decode(Profile.byNumber.get(7).type, new Uint8Array(0), 'It') },
  ];
  for (const fields of others) {
    refused(() => say(world({ record: profile(fields) })), /not what the events add up to/);
  }
  refused(() => say(world({ record: null })), /not what the events add up to/);
  refused(() => say(world({ record: profile({ organization: 'another' }) })), /profile is another organization/);
  // Where no figure was moved, there is none.
  const idle = [{ ...happened()[3] }];
  const subject = say(world({ entries: idle, record: null }));
  assert.deepEqual([subject.whole, subject.profile, subject.recomputed], [true, null, null]);
  refused(() => say(world({ entries: idle })), /not what the events add up to/);
  // A window adds up to less, and is not compared.
  const other = world({ record: profile({ entries: 99n, last_entry: 200n }) });
  assert.equal(say(other, { from: date(2025, 2, 21), range: rangeOf(other, 4, 7, [4]) }).whole, false);
});

test('a history without all events names the entries that the profile comes of', () => {
  const all = [0, 1, 2, 3, 4, 5, 6];
  for (const hidden of [all, [0], [3, 6]]) {
    const shared = say(world({ entries: hiding(...hidden) }));
    assert.deepEqual([shared.whole, shared.recomputed, shared.profile], [true, null, hashOf(profile())]);
    assert.deepEqual(
      shared.entries.map(({ events }) => events === null),
      all.map((at) => hidden.includes(at)),
    );
    assert.deepEqual(
      shared.entries.map(({ figures }) => figures),
      happened().map(({ figures }) => figures),
    );
    const other = /comes of other entries/;
    const record = (fields) => () => say(world({ entries: hiding(...hidden), record: fields && profile(fields) }));
    refused(record({ entries: 5n }), other);
    refused(record({ entries: 7n }), other);
    refused(record({ last_entry: 5n }), other);
    refused(record(null), other);
    // How it adds up is the ledger's word.
    assert.ok(record({ supplier: null })().whole);
  }
  const idle = [{ ...happened()[3], hidden: true }];
  assert.equal(say(world({ entries: idle, record: null })).profile, null);
  refused(() => say(world({ entries: idle, record: profile({ entries: 0n, last_entry: 0n }) })), /comes of other entries/);
  refused(() => say(world({ entries: idle, record: profile() })), /comes of other entries/);
  // A window of which something is not disclosed is not added up, and not compared.
  const window = world({ entries: hiding(5), record: profile({ entries: 99n }) });
  assert.equal(say(window, { from: date(2025, 2, 21), range: rangeOf(window, 4, 7, [4]) }).recomputed, null);
});

test('an organization without any history', () => {
  const none = world({ entries: [], record: null });
  for (const days of [{}, { from: JANUARY, to: MARCH }]) {
    const { entries, length, whole, profile: record, recomputed } = say(none, days);
    assert.deepEqual([entries, length, whole, record, recomputed], [[], 0, true, null, null]);
  }
  const some = world();
  refused(() => say(none, { range: rangeOf(some, 0, 7) }), /history that there is none of/);
  refused(() => say(none, { range: { first: 0n, entries: [], hashes: new Uint8Array(0) } }), /history that there is none of/);
  refused(() => say(world({ entries: [] })), /profile without a history/);
  refused(() => say(none, { from: date(2025, 2, 29) }), /is no date/);
  refused(() => say(none, { without: [String(keys.profile('supplier'))] }), /does not say what profile/);
  refused(() => say(none, { without: [String(keys.history('supplier'))] }), /does not say what head/);
  // That there is none can not be said of one that has it.
  const missing = (key) => {
    const proof = decode(Proof, prove(some), 'It');
    const records = proof.records.map((one) => (equal(one.key, key) ? { ...one, record: new Uint8Array(0) } : one));
    return () => verify(encode(Proof, { ...proof, records }), GENESIS, null);
  };
  refused(missing(keys.history('supplier')), /state/);
  refused(missing(keys.profile('supplier')), /state/);
});

test('the head has the roots of as many entries as can be proven', () => {
  const head = (fields, options) => () => say(world({ head: fields }), options);
  refused(head({ roots: new Uint8Array(0) }), /of older rules/);
  refused(head({ begin: 8n }), /begins after its end/);
  refused(head({ length: 8n }), /not the roots of as many/);
  refused(head({ roots: id('root') }), /not the roots of as many/);
  refused(head({ roots: concat(id('1'), id('2'), id('3')).subarray(1) }), /not the roots of as many/);
  refused(head({ roots: concat(id('1'), id('2'), id('3')) }), /are not those of the history/);
  refused(head({ begin: 7n }), /not the roots of as many/);
  // Under older rules it began: of that nothing can be proven, of what came after it all can.
  const older = world({ begin: 10, record: profile({ entries: 12n, last_entry: 16n }) });
  refused(() => say(older), /older rules, which can not be proven/);
  refused(() => say(older, { from: JANUARY }), /older rules, which can not be proven/);
  refused(() => say(older, { range: { ...rangeOf(older, 10, 17), first: 0n } }), /where the history has none/);
  refused(() => say(older, { range: { ...rangeOf(older, 10, 17), first: 9n } }), /where the history has none/);
  const since = say(older, { from: date(2025, 1, 11), range: rangeOf(older, 11, 17, [11]) });
  assert.deepEqual([sequences(since), since.whole, since.length], [[12, 13, 14, 15, 16], false, 17]);
});

test('nothing stands in a history that it does not ask for, and no history in other files', () => {
  const whole = world();
  const { state } = whole;
  const asked = [...histories.askedOf(whole), keys.history('other 3')];
  refused(() => say(whole, state.prove(asked)), /record that it does not need/);
  refused(() => say(whole, { transactions: [trades.trade().signed.bytes] }), /transaction that it does not need/);
  refused(() => say(whole, { opened: [trades.opened(0)] }), /private fields that it does not need/);
  refused(() => say(whole, { history: { organization: '', from: null, to: null } }), /names no organization/);
  refused(() => say(whole, { history: { organization: 'another', from: null, to: null } }), /lacks the organization’s record/);
  refused(() => say(whole, { passport: { receivable: id('receivable') } }), /two things/);
  refused(() => say(whole, { history: null }), /entries of a history that it does not need/);
  const trade = trades.trade();
  const range = rangeOf(whole, 0, 7);
  refused(
    () => verify(trades.prove(trade, trades.passportKeys(), { range }), trades.genesisFor(trade), null),
    /entries of a history that it does not need/,
  );
});

test('events may be taken out, and their hash put in their place', () => {
  const whole = world();
  const taken = (...out) => {
    const range = rangeOf(whole, 0, 7);
    const none = new Uint8Array(0);
    out.forEach((at) => {
      range.entries[at] = { ...range.entries[at], salt: none, events: [], events_hash: whole.all[at].eventsHash };
    });
    return say(whole, { range });
  };
  for (const out of [[0], [3], [2, 6], [0, 1, 2, 3, 4, 5, 6]]) {
    const subject = taken(...out);
    assert.deepEqual([sequences(subject).length, subject.profile, subject.recomputed], [7, hashOf(profile()), null]);
    assert.ok(subject.entries.every(({ events }, at) => (events === null) === out.includes(at)));
  }
});

test('a window may be named otherwise, as long as the same entries are those of its days', () => {
  const whole = world();
  const range = rangeOf(whole, 1, 5, [1, 4]);
  const named = (from, to) => () => say(whole, { from, to, range });
  const { entries } = named(date(2025, 1, 15), date(2025, 2, 1))();
  for (const [from, to] of [
    [date(2025, 1, 11), date(2025, 2, 1)],
    [date(2025, 1, 15), date(2025, 2, 19)],
    [date(2025, 1, 12), date(2025, 2, 10)],
  ]) {
    assert.deepEqual(named(from, to)().entries, entries);
  }
  refused(named(date(2025, 1, 10), date(2025, 2, 1)), /no earlier entry/);
  refused(named(date(2025, 1, 16), date(2025, 2, 1)), /outside of the window, and needless/);
  refused(named(date(2025, 1, 15), date(2025, 2, 20)), /no later entry/);
  refused(named(date(2025, 1, 15), date(2025, 1, 31)), /outside of the window, and needless/);
  refused(named(null, date(2025, 2, 1)), /no earlier entry/);
  refused(named(date(2025, 1, 15), null), /no later entry/);
});

test('a history of which a byte is another is not proven', () => {
  const whole = world();
  for (const options of [{}, { from: date(2025, 1, 15), to: date(2025, 2, 1), range: rangeOf(whole, 1, 5, [1, 4]) }]) {
    const bytes = prove(whole, options);
    const original = decode(Proof, bytes, 'It');
    const { entries } = verify(bytes, GENESIS, null).subject;
    // Each fifth byte, as each file is checked whole.
    for (let at = 0; at < bytes.length; at += 5) {
      const other = bytes.slice();
      other[at] ^= 1 << at % 8;
      try {
        const { subject } = verify(other, GENESIS, null);
        // Days of the window alone may be others, between which the same entries lie: that is another window, and as true.
        const proof = decode(Proof, other, 'It');
        assert.deepEqual({ ...proof, history: original.history }, original, `byte ${at}`);
        assert.deepEqual(subject.entries, entries, `byte ${at}`);
      } catch (error) {
        assert.equal(error.name, 'NotProven', error.stack);
      }
    }
  }
});

test('tens of thousands of entries are checked soon', () => {
  const entries = Array.from({ length: 20_000 }, (_, at) => ({
    on: MARCH,
    at: [1 + (at >> 2), at & 3],
    figures: [20],
    events: [],
    hidden: true,
  }));
  const many = world({ entries, record: profile({ entries: 20_000n, last_entry: 19_999n }) });
  const bytes = prove(many);
  const started = process.cpuUsage();
  assert.equal(verify(bytes, GENESIS, null).subject.entries.length, 20_000);
  const { user, system } = process.cpuUsage(started);
  assert.ok(user + system < 20_000_000, `${(user + system) / 1_000_000} s`);
});
