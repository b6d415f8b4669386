// What events add up to: version 2 of the formula, event by event.

import assert from 'node:assert/strict';
import test from 'node:test';

import { BankProfile, DebtorProfile, SupplierProfile, Volume } from '../src/messages/history.js';
import { readEvent, Tally } from '../src/profile.js';
import { eventOf, money } from './history.mjs';
import { date, of } from './ledger.mjs';
import { refused } from './refused.mjs';

const MOST = 2n ** 64n - 1n;
const PARTIES = { seller: 'supplier', buyer: 'buyer' };
const JANUARY = date(2025, 1, 10);

/** What events add up to for an organization, one entry each: its sides, without what all profiles say. */
function sum(organization, ...events) {
  const tally = new Tally(organization);
  const figures = events.map((event, at) => tally.take(BigInt(at), [readEvent(event)]));
  const profile = tally.profile();
  return { figures, profile };
}

function confirmed(fields) {
  return eventOf(4, 'confirmed', { ...PARTIES, amount: money(5), registered_on: JANUARY, confirmed_on: JANUARY, ...fields });
}

/** Each kind of event: by whom it moves which figure, and where that is counted. */
const CASES = [
  [eventOf(4, 'queried', PARTIES), { buyer: [2, 'queries'] }],
  [eventOf(4, 'rejected', PARTIES), { buyer: [3, 'invoices_rejected'], supplier: [22, 'invoices_ended'] }],
  [eventOf(4, 'withdrawn', PARTIES), { supplier: [22, 'invoices_ended'] }],
  [eventOf(4, 'disputed', PARTIES), { buyer: [7, 'disputes'], supplier: [23, 'disputes'] }],
  [
    eventOf(4, 'dispute_ended', { ...PARTIES, outcome: { verdict: 1, amount: money(5) } }),
    { buyer: [8, 'disputes_upheld'], supplier: [24, 'disputes_upheld'] },
  ],
  [eventOf(4, 'dispute_ended', { ...PARTIES, outcome: { verdict: 2, amount: null } }), {}],
  [eventOf(4, 'dispute_ended', PARTIES), {}],
  [eventOf(4, 'query_resolved', {}), {}],
  [eventOf(4, 'proposed', { gross: money(5) }), {}],
  [eventOf(4, 'ruled', { ruling: { verdict: 1, amount: money(5) } }), {}],
  [eventOf(7, 'overdue', { debtor: 'buyer' }), { buyer: [5, 'overdue_reports'] }],
  [eventOf(7, 'defaulted', { debtor: 'buyer' }), { buyer: [6, 'defaults'] }],
  [eventOf(7, 'paid', { debtor: 'buyer', days_late: 3 }), {}],
  [eventOf(7, 'claim_paid', {}), {}],
  [eventOf(5, 'notice_given', { to: 'supplier', kind: 1 }), { supplier: [26, 'recourse_notices'] }],
  [eventOf(5, 'notice_given', { to: 'supplier', kind: 2 }), {}],
  [eventOf(7, 'claim_recovered', { payer: 'supplier', kind: 1 }), { supplier: [27, 'recourse_payments'] }],
  [eventOf(7, 'claim_recovered', { payer: 'supplier', kind: 2 }), {}],
  [eventOf(6, 'committed', { bank: 'bank' }), { bank: [40, 'quotes'] }],
  [eventOf(6, 'revealed', { bank: 'bank' }), { bank: [41, 'reveals'] }],
  [eventOf(6, 'quote_closed', { bank: 'bank', state: 5 }), { bank: [42, 'missed_reveals'] }],
  [eventOf(6, 'quote_closed', { bank: 'bank', state: 4 }), {}],
  [eventOf(6, 'awarded', { award: { bank: 'bank', amount: money(5) } }), { bank: [43, 'awards'] }],
  [eventOf(6, 'awarded', {}), {}],
  [eventOf(6, 'quote_taken', { award: { bank: 'bank', amount: money(5) } }), {}],
  [eventOf(6, 'quote_failed', { bank: 'bank' }), { bank: [44, 'failed_payments'] }],
];

test('each kind of event moves the figures of those whom it is of, and of nobody else', () => {
  const sides = { buyer: ['debtor', DebtorProfile], supplier: ['supplier', SupplierProfile], bank: ['bank', BankProfile] };
  for (const [event, moves] of CASES) {
    for (const [organization, [side, type]] of Object.entries(sides)) {
      const { figures, profile } = sum(organization, event, event);
      const [figure, field] = moves[organization] ?? [];
      const what = `${readEvent(event).kind} of ${organization}`;
      assert.deepEqual(figures, figure === undefined ? [[], []] : [[figure], [figure]], what);
      if (figure === undefined) {
        assert.equal(profile, null, what);
        continue;
      }
      const none = { debtor: null, supplier: null, bank: null };
      const expected = { organization, formula: 2, entries: 2n, last_entry: 1n, ...none, [side]: of(type, { [field]: 2n }) };
      assert.deepEqual(profile, expected, what);
    }
    assert.equal(sum('another', event).profile, null);
    assert.equal(sum('', event).profile, null);
  }
});

test('an entry whose events move several figures names each once', () => {
  const tally = new Tally('supplier');
  const events = [eventOf(4, 'withdrawn', PARTIES), eventOf(4, 'credited', { ...PARTIES, amount: money(5) }), eventOf(4, 'rejected', PARTIES)];
  assert.deepEqual(tally.take(7n, events.map(readEvent)), [22, 25]);
  assert.deepEqual(tally.take(8n, []), []);
  const { entries, last_entry: last, supplier } = tally.profile();
  assert.deepEqual([entries, last, supplier.invoices_ended], [1n, 7n, 2n]);
});

test('tenure is from the first registration to the last', () => {
  const registered = (on) => eventOf(4, 'registered', { ...PARTIES, gross: money(5), registered_on: on });
  const { figures, profile } = sum('supplier', registered(JANUARY), registered(date(2025, 2, 1)), registered(date(2025, 3, 1)));
  assert.deepEqual(figures, [[20], [20], [20]]);
  const expected = { invoices_registered: 3n, first_registered_on: JANUARY, last_registered_on: date(2025, 3, 1) };
  assert.deepEqual(profile.supplier, of(SupplierProfile, expected));
  assert.equal(sum('buyer', registered(JANUARY)).profile, null);
});

test('days to confirm are counted to 365, and beyond that together', () => {
  const after = (from, to) => confirmed({ registered_on: from, confirmed_on: to });
  const places = (...events) => sum('buyer', ...events).profile.debtor.confirmed_after_days;
  assert.deepEqual(places(after(JANUARY, JANUARY), after(JANUARY, date(2025, 1, 12)), after(JANUARY, JANUARY)), [2n, 0n, 1n]);
  assert.equal(places(after(date(2024, 2, 28), date(2024, 3, 1))).length, 3, 'over a leap day');
  assert.equal(places(after(JANUARY, date(2026, 1, 10))).length, 366, '365 days');
  assert.equal(places(after(JANUARY, date(2026, 1, 11))).length, 367, '366 days');
  const long = places(after(JANUARY, date(2026, 1, 12)), after(date(1990, 1, 1), date(2199, 12, 31)));
  assert.deepEqual([long.length, long[366], long[365]], [367, 2n, 0n]);
  refused(() => places(after(JANUARY, date(2025, 1, 9))), /before it was registered/);
  refused(() => places(after(null, JANUARY)), /no date/);
  refused(() => places(after(JANUARY, date(2025, 1, 32))), /no date/);
  refused(() => places(after(date(1989, 12, 31), JANUARY)), /no date/);
  // A seller has no such figure, and needs no dates.
  assert.equal(sum('supplier', after(null, null)).profile.supplier.invoices_confirmed, 1n);
});

test('volumes are of a currency, a seller’s of its buyers', () => {
  const events = [
    confirmed({ buyer: 'b' }),
    confirmed({ buyer: 'a', amount: money(7, 'EUR') }),
    confirmed({ buyer: 'a' }),
    confirmed({ buyer: 'b' }),
    eventOf(4, 'credited', { ...PARTIES, amount: money(2, 'CHF') }),
  ];
  const { figures, profile } = sum('supplier', ...events);
  assert.deepEqual(figures, [[21], [21], [21], [21], [25]]);
  const buyer = (name, minor) => ({ buyer: name, confirmed_minor: minor });
  assert.deepEqual(profile.supplier.volumes, [
    of(Volume, { currency: 'CHF', credit_notes: 1n, credited_minor: 2n }),
    of(Volume, { currency: 'EUR', invoices: 1n, confirmed_minor: 7n, buyers: [buyer('a', 7n)] }),
    of(Volume, { currency: 'USD', invoices: 3n, confirmed_minor: 15n, buyers: [buyer('a', 5n), buyer('b', 10n)] }),
  ]);
  const { debtor } = sum('b', ...events).profile;
  assert.deepEqual(debtor.volumes, [of(Volume, { currency: 'USD', invoices: 2n, confirmed_minor: 10n })]);
  const noted = sum('buyer', events[4]);
  assert.deepEqual(noted.figures, [[9]]);
  assert.deepEqual(noted.profile.debtor.volumes, [of(Volume, { currency: 'CHF', credit_notes: 1n, credited_minor: 2n })]);
  refused(() => sum('supplier', confirmed({ amount: null })), /no amount/);
  refused(() => sum('buyer', eventOf(4, 'credited', PARTIES)), /no amount/);
});

test('at most 64 buyers are kept apart, over all currencies, and those that came first', () => {
  const name = (number) => `buyer-${String(number).padStart(3, '0')}`;
  const events = Array.from({ length: 70 }, (_, at) => confirmed({ buyer: name(99 - at), amount: money(1, at < 40 ? 'USD' : 'EUR') }));
  // One that is kept goes on to be, in its currency; in the other it is one more.
  events.push(confirmed({ buyer: name(99), amount: money(1) }), confirmed({ buyer: name(99), amount: money(1, 'EUR') }));
  const [eur, usd] = sum('supplier', ...events).profile.supplier.volumes;
  assert.deepEqual([usd.buyers.length, usd.others_minor, usd.confirmed_minor], [40, 0n, 41n]);
  assert.deepEqual([eur.buyers.length, eur.others_minor, eur.confirmed_minor], [24, 7n, 31n]);
  assert.deepEqual(usd.buyers.at(-1), { buyer: name(99), confirmed_minor: 2n });
  assert.deepEqual(eur.buyers[0], { buyer: name(36), confirmed_minor: 1n });
});

test('a receivable is settled once, on time or so many days late', () => {
  const paid = (days) => eventOf(7, 'paid', { debtor: 'buyer', settled: true, days_late: days });
  const { figures, profile } = sum('buyer', paid(0), paid(5), paid(2));
  assert.deepEqual(figures, [[4], [4], [4]]);
  assert.deepEqual(profile.debtor, of(DebtorProfile, { receivables_settled: 3n, settled_on_time: 1n, days_late: 7n }));
  assert.equal(sum('supplier', paid(0)).profile, null);
});

test('a count or sum stays where it can not go further', () => {
  const huge = confirmed({ amount: { minor: MOST - 1n, currency: 'USD' } });
  const { supplier } = sum('supplier', huge, huge, confirmed()).profile;
  assert.equal(supplier.volumes[0].confirmed_minor, MOST);
  assert.deepEqual(supplier.volumes[0].buyers, [{ buyer: 'buyer', confirmed_minor: MOST }]);
  const { debtor } = sum('buyer', huge, huge, confirmed()).profile;
  assert.equal(debtor.volumes[0].confirmed_minor, MOST);
});
