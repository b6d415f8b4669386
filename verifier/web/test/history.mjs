// A supplier's history on the tests' ledger, and the files that a node would make of it.

import { concat, u32, utf8 } from '../src/bytes.js';
import { hash } from '../src/crypto.js';
import { EVENTS } from '../src/messages/events.js';
import { HistoryEntry, HistoryHead, Profile } from '../src/messages/history.js';
import { certified, date, encode, file, genesisOf, headerOf, id, keys, of, Organization, State, validators } from './ledger.mjs';
import { leafOf, merkle, split } from './merkle.mjs';

export const ORGANIZATION = 'supplier';
const SET = validators({ a: 1, b: 1, c: 1, d: 1 });

/** An event of a contract, of a kind. Whom else it concerns, a history does not say. */
export function eventOf(contract, kind, fields) {
  const table = EVENTS.get(contract);
  const inner = table.fields.find((field) => field.name === kind).type;
  return { contract, organizations: [], body: encode(table, of(table, { [kind]: of(inner, fields) })) };
}

export function money(minor, currency = 'USD') {
  return { minor: BigInt(minor), currency };
}

const PARTIES = { seller: 'supplier', buyer: 'buyer' };

/** What happened, oldest first: each with the figures of the supplier that it moves. */
export function happened() {
  const [january, march] = [date(2025, 1, 10), date(2025, 3, 1)];
  return [
    {
      on: january,
      at: [3, 0],
      figures: [20],
      events: [eventOf(4, 'registered', { ...PARTIES, gross: money(100_000), registered_on: january })],
    },
    {
      on: january,
      at: [3, 2],
      figures: [20],
      events: [
        eventOf(4, 'registered', { ...PARTIES, gross: money(5_000, 'EUR'), registered_on: january }),
        eventOf(4, 'warned', {}),
      ],
    },
    {
      on: date(2025, 1, 15),
      at: [5, 0],
      figures: [21],
      events: [
        eventOf(4, 'confirmed', {
          ...PARTIES,
          amount: money(100_000),
          registered_on: january,
          confirmed_on: date(2025, 1, 15),
        }),
        eventOf(5, 'opened', { face: money(100_000) }),
      ],
    },
    { on: date(2025, 2, 1), at: [9, 1], figures: [], events: [eventOf(3, 'issued', { amount: money(70) })] },
    { on: date(2025, 2, 20), at: [12, 0], figures: [22], events: [eventOf(4, 'rejected', PARTIES)] },
    {
      on: march,
      at: [20, 0],
      figures: [24, 25],
      events: [
        eventOf(4, 'credited', { ...PARTIES, amount: money(1_000) }),
        eventOf(4, 'dispute_ended', { ...PARTIES, outcome: { verdict: 1, amount: money(1_000) } }),
      ],
    },
    {
      on: march,
      at: [21, 0],
      figures: [26],
      events: [eventOf(5, 'notice_given', { to: 'supplier', kind: 1, outstanding: money(99_000) })],
    },
  ];
}

/** What all of that adds up to. */
export function profile(fields = {}) {
  const { type: Supplier } = Profile.byNumber.get(6);
  const { type: Volume } = Supplier.byNumber.get(6);
  const usd = of(Volume, {
    currency: 'USD',
    invoices: 1n,
    confirmed_minor: 100_000n,
    buyers: [{ buyer: 'buyer', confirmed_minor: 100_000n }],
    credit_notes: 1n,
    credited_minor: 1_000n,
  });
  const supplier = of(Supplier, {
    invoices_registered: 2n,
    first_registered_on: date(2025, 1, 10),
    last_registered_on: date(2025, 1, 10),
    invoices_confirmed: 1n,
    invoices_ended: 1n,
    volumes: [usd],
    disputes_upheld: 1n,
    recourse_notices: 1n,
  });
  return of(Profile, { organization: ORGANIZATION, formula: 2, entries: 6n, last_entry: 6n, supplier, ...fields });
}

/**
 * A ledger with a history. `record` is its profile, or null. `length` and `begin` are the head's; the entries are those from `begin` on.
 */
export function world({ entries = happened(), record = profile(), begin = 0, head = {}, organization = ORGANIZATION } = {}) {
  const all = entries.map((one, at) => ({ ...shownOf(one, at + begin), leaf: null }));
  all.forEach((one) => {
    one.leaf = leafOf(utf8('counterfoil/history-entry/v1'), one.eventsHash, encode(HistoryEntry, one.entry));
  });
  const leaves = all.map(({ leaf }) => leaf);
  const state = new State();
  for (let number = 0; number < 40; number += 1) {
    state.put(keys.history(`other ${number}`), HistoryHead, { length: BigInt(number + 1), roots: id('root') });
  }
  state.put(keys.organization(organization), Organization, { id: organization, legal_name: 'Supplier Ltd', roles: [2], status: 1 });
  if (entries.length > 0) {
    const fields = { length: BigInt(begin + entries.length), begin: BigInt(begin), roots: concat(...rootsOf(leaves)), ...head };
    state.put(keys.history(organization), HistoryHead, fields);
  }
  if (record !== null) {
    state.put(keys.profile(organization), Profile, record);
  }
  return { all, leaves, begin, state, organization };
}

function shownOf({ on, at: [height, index], figures, events, hidden = false, ...more }, sequence) {
  const entry = of(HistoryEntry, { tx_id: id(`transaction ${sequence}`), height: BigInt(height), index, figures, on, ...more.entry });
  const salt = id(`salt ${sequence}`);
  const encoded = events.flatMap(({ contract, body }) => [u32(contract), u32(body.length), body]);
  return { entry, salt, events, eventsHash: hash('counterfoil/history-events/v1', salt, ...encoded), hidden };
}

/** The roots of the largest full subtrees, from left to right. */
function rootsOf(leaves) {
  const roots = [];
  for (let rest = leaves; rest.length > 0;) {
    const size = 2 ** Math.floor(Math.log2(rest.length));
    roots.push(merkle(rest.slice(0, size)));
    rest = rest.slice(size);
  }
  return roots;
}

/** The roots of the subtrees that have none of the leaves from `from` up to but without `to`. */
function hashesBeside(leaves, from, to) {
  if (to <= 0 || from >= leaves.length) {
    return [merkle(leaves)];
  }
  if (leaves.length === 1) {
    return [];
  }
  const left = split(leaves.length);
  return [...hashesBeside(leaves.slice(0, left), from, to), ...hashesBeside(leaves.slice(left), from - left, to - left)];
}

/** An entry as the file shows it: with its events, or with their hash. */
function show({ entry, salt, events, eventsHash, hidden }, isBeside) {
  const none = new Uint8Array(0);
  return hidden || isBeside ? { entry, salt: none, events: [], events_hash: eventsHash } : { entry, salt, events, events_hash: none };
}

/** The entries from `first` up to but without `last`, by their sequence; those that `beside` names without their events. */
export function rangeOf({ all, leaves, begin }, first, last, beside = []) {
  const [from, to] = [first - begin, last - begin];
  const entries = all.slice(from, to).map((one, at) => show(one, beside.includes(first + at)));
  return { first: BigInt(first), entries, hashes: concat(...hashesBeside(leaves, from, to)) };
}

/** The keys of which a history says what stands under them. */
export function askedOf({ organization }) {
  return [keys.organization(organization), keys.history(organization), keys.profile(organization)];
}

/** A file over a world: of its whole history, unless something else is said. */
export function prove(from, { from: first = null, to = null, range = undefined, without = [], ...fields } = {}) {
  const { all, begin, state, organization } = from;
  const header = headerOf(30, SET, SET, state.root());
  const whole = all.length > 0 ? rangeOf(from, begin, begin + all.length) : null;
  const asked = askedOf(from).filter((key) => !without.includes(String(key)));
  return file({
    history: { organization, from: first, to },
    headers: [certified(header, ['a', 'b', 'c'])],
    range: range === undefined ? whole : range,
    ...state.prove(asked),
    ...fields,
  });
}

export const GENESIS = genesisOf(SET);
export { SET };
