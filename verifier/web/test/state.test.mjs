// The tree of the state, certificates of absence, and files that are made to do harm.

import assert from 'node:assert/strict';
import test from 'node:test';

import { concat, hex, utf8 } from '../src/bytes.js';
import { hash } from '../src/crypto.js';
import { checkState } from '../src/state.js';
import { verify } from '../src/verify.js';
import { certified, file, genesisOf, headerOf, id, keys, records, State, validators } from './ledger.mjs';
import { refused } from './refused.mjs';
import * as trades from './trade.mjs';

const { trade, prove, unfinanced, passportKeys, genesisFor, RECEIVABLE, FINGERPRINT, INVOICE } = trades;

test('a certificate of absence', () => {
  const claims = [0, 1, 2, 3, 4].map((number) => keys.claim(RECEIVABLE, number));
  const confirmed = [keys.strict(FINGERPRINT), keys.invoice(INVOICE), keys.receivable(RECEIVABLE)];
  const free = (state) => {
    const put = (number) => state.put(keys.claim(RECEIVABLE, number), records.Claim, trades.claimOf(number));
    [0, 1, 2, 3, 4].forEach(put);
  };
  const say = (asked, change = free, fields = {}) => {
    const world = trade({ change });
    return () => verify(unfinanced(world, asked, fields), genesisFor(world), null).subject;
  };
  const nothing = { unfinanced: { fingerprint: id('no invoice') } };
  assert.deepEqual(say([keys.strict(id('no invoice'))], free, nothing)().invoices, []);
  assert.equal(say([...confirmed, ...claims])().invoices[0].receivable, hex(RECEIVABLE));
  refused(say(confirmed), /lacks the claim 0/);
  refused(say([...confirmed, ...claims.slice(0, 4)]), /lacks the claim 4/);
  refused(
    say([...confirmed, ...claims], () => {}),
    /Claim 1 was passed on/,
  );
  const burdened = (fields) => (state) => {
    free(state);
    state.put(keys.claim(RECEIVABLE, 2), records.Claim, trades.claimOf(2, fields));
  };
  refused(
    say([...confirmed, ...claims], burdened({ encumbrance: { offered: null, locked: null, pledged: null } })),
    /Claim 2 was/,
  );
  refused(say([...confirmed, ...claims], burdened({ endorsement: trades.SOLD })), /Claim 2 was/);
  refused(say([...confirmed, ...claims], burdened({ controller: 'bank-e' })), /Claim 2 was/);
  refused(say([keys.invoice(INVOICE)]), /does not say what stands/);
  refused(say([keys.strict(FINGERPRINT)]), /lacks the invoice/);
  refused(say([...confirmed, ...claims, keys.organization('buyer')]), /does not need/);
  refused(say([...confirmed, ...claims], free, { unfinanced: { fingerprint: id('x').subarray(1) } }), /no fingerprint/);
  refused(say([...confirmed, ...claims], free, { opened: [trades.opened(0)] }), /private fields that it does not need/);
  const settled = (state) => state.put(keys.receivable(RECEIVABLE), records.Receivable, trades.receivableOf({ state: 2 }));
  assert.equal(say(confirmed, settled)().invoices.length, 1);
  refused(say([...confirmed, ...claims], settled), /does not need/);

  // Invoices that share a fingerprint, each released from the one before it.
  const shared = (count, previousOf) => (state) => {
    state.put(keys.strict(FINGERPRINT), records.InvoiceReference, { invoice: id('shared 0') });
    for (let number = 0; number < count; number += 1) {
      const fields = { id: id(`shared ${number}`), strict_fingerprint: FINGERPRINT, released_from: previousOf(number) };
      state.put(keys.invoice(fields.id), records.Invoice, fields);
    }
  };
  const next = (count) => (number) => (number + 1 < count ? id(`shared ${number + 1}`) : new Uint8Array(0));
  const ask = (count) => [
    keys.strict(FINGERPRINT),
    ...Array.from({ length: count }, (_, at) => keys.invoice(id(`shared ${at}`))),
  ];
  assert.equal(say(ask(5), shared(5, next(5)))().invoices.length, 5);
  refused(say(ask(6), shared(6, next(6))), /More than 5/);
  refused(
    say(
      ask(2),
      shared(2, (number) => id(`shared ${1 - number}`)),
    ),
    /More than 5/,
    'in a circle',
  );
  const foreign = (state) => state.put(keys.strict(FINGERPRINT), records.InvoiceReference, { invoice: id('other invoice 1') });
  refused(say([keys.strict(FINGERPRINT), keys.invoice(id('other invoice 1'))], foreign), /not one under the fingerprint/);
});

test('the proof of the state has one form', () => {
  const world = trade();
  const { records: shown, state } = world.state.prove(passportKeys());
  const say = (change) => {
    const fields = {
      records: shown.map((one) => ({ ...one })),
      state: { shape: state.shape.slice(), hashes: state.hashes.slice() },
    };
    change(fields);
    return () => verify(prove(world, passportKeys(), fields), genesisFor(world), null);
  };
  say(() => {})();
  refused(
    say(({ state }) => (state.shape = state.shape.subarray(1))),
    /state|record/,
  );
  refused(
    say(({ state }) => (state.shape = concat(state.shape, Uint8Array.of(0)))),
    /goes on after/,
  );
  refused(
    say(({ state }) => (state.shape = state.shape.subarray(0, -1))),
    /ends before/,
  );
  refused(
    say(({ state }) => (state.hashes = concat(state.hashes, id('x')))),
    /goes on after/,
  );
  refused(
    say(({ state }) => (state.hashes = state.hashes.subarray(32))),
    /state|record/,
  );
  refused(
    say(({ state }) => (state.hashes[5] ^= 1)),
    /not those of the state/,
  );
  refused(
    say(({ records }) => (records[0].record = concat(records[0].record, Uint8Array.of(1)))),
    /not those of the state/,
  );
  refused(
    say(({ records }) => (records[0].record = new Uint8Array(0))),
    /one place for each/,
  );
  refused(
    say(({ records }) => records.reverse()),
    /do not ascend/,
  );
  refused(
    say(({ records }) => records.push(records.at(-1))),
    /do not ascend/,
  );
});

test('the trees of the state, one by one', () => {
  const NOTHING = utf8('SPARSE_MERKLE_PLACEHOLDER_HASH__');
  const a = keys.invoice(id('a'));
  const path = hash('counterfoil/state-key/v1', a);
  const shape = (...steps) => {
    const bytes = new Uint8Array(Math.ceil(steps.length / 4));
    steps.forEach((step, at) => (bytes[at >> 2] |= step << (6 - 2 * (at & 3))));
    return bytes;
  };
  const none = [{ key: a, record: new Uint8Array(0) }];
  const one = [{ key: a, record: utf8('record') }];
  const check = (root, proof, shown) => () => checkState(root, { hashes: new Uint8Array(0), ...proof }, shown);
  check(NOTHING, { shape: shape(1) }, none)();
  refused(check(NOTHING, { shape: shape(1) }, one), /shown where the proof of the state has none/);
  refused(check(NOTHING, { shape: shape(2) }, none), /one place for each/);
  refused(check(NOTHING, { shape: shape() }, none), /ends before/);
  refused(check(NOTHING, { shape: Uint8Array.of(0b01000001) }, none), /filled up with zeros/);
  // Another leaf: on the way of the key, and not the key's own.
  const other = path.slice();
  other[31] ^= 1;
  const leaf = hash('JMT::LeafNode', other, id('record'));
  check(leaf, { shape: shape(3), hashes: concat(other, id('record')) }, none)();
  refused(
    check(hash('JMT::LeafNode', path, id('record')), { shape: shape(3), hashes: concat(path, id('record')) }, none),
    /the proof of the state has it/,
  );
  refused(check(leaf, { shape: shape(3), hashes: concat(other, id('record')) }, one), /has another/);
  // A leaf of the other half, as deep as the key's half.
  const far = path.slice();
  far[0] ^= 128;
  const misplaced = hash('JMT::LeafNode', far, id('record'));
  const isLeft = path[0] < 128;
  const halves = isLeft ? [misplaced, id('beside')] : [id('beside'), misplaced];
  const steps = isLeft ? [0, 3, 0] : [0, 0, 3];
  const hashes = isLeft ? [far, id('record'), id('beside')] : [id('beside'), far, id('record')];
  refused(
    check(hash('JMT::IntrnalNode', ...halves), { shape: shape(...steps), hashes: concat(...hashes) }, none),
    /in the wrong place/,
  );
  // Nothing beside the way is said by its own step.
  const beside = isLeft ? [0, 1, 0] : [0, 0, 1];
  refused(check(hash('JMT::IntrnalNode', NOTHING, NOTHING), { shape: shape(...beside), hashes: NOTHING }, none), /in two ways/);
  for (const step of [2, 3]) {
    const wrong = isLeft ? [0, 1, step] : [0, step, 1];
    refused(check(NOTHING, { shape: shape(...wrong), hashes: concat(path, path) }, none), /shows a leaf where no record/);
  }
  // As deep as a path is long, and one deeper.
  const deep = (depth) => {
    const walk = [];
    const down = (at) => {
      walk.push(0);
      const goesRight = ((path[at >> 3] >> (7 - (at & 7))) & 1) === 1;
      const inside = () => (at + 1 < depth ? down(at + 1) : walk.push(1));
      goesRight ? (walk.push(1), inside()) : (inside(), walk.push(1));
    };
    down(0);
    return shape(...walk);
  };
  refused(check(NOTHING, { shape: deep(256) }, none), /not those of the state/);
  refused(check(NOTHING, { shape: deep(257) }, none), /goes deeper/);
});

/** The shape of a tree that goes as deep as it can for as many of the keys as fit in so many steps, and is empty there. */
function deepest(keys, most) {
  const paths = keys.map((key) => hash('counterfoil/state-key/v1', key)).sort((one, other) => (hex(one) < hex(other) ? -1 : 1));
  const steps = [];
  const walk = (inside, depth) => {
    if (inside.length === 0 || depth === 256 || steps.length > most) {
      steps.push(1);
      return;
    }
    steps.push(0);
    const isRight = (path) => ((path[depth >> 3] >> (7 - (depth & 7))) & 1) === 1;
    walk(
      inside.filter((path) => !isRight(path)),
      depth + 1,
    );
    walk(inside.filter(isRight), depth + 1);
  };
  walk(paths, 0);
  const shape = new Uint8Array(Math.ceil(steps.length / 4));
  steps.forEach((step, at) => (shape[at >> 2] |= step << (6 - 2 * (at & 3))));
  return shape;
}

test('files that are made to fill the memory or to take for ever are refused soon', () => {
  const set = validators({ a: 1 });
  const genesis = genesisOf(set);
  const size = 4 * 1024 * 1024;
  const fillWith = (...unit) => {
    const bytes = new Uint8Array(size - (size % unit.length));
    for (let at = 0; at < bytes.length; at += unit.length) {
      bytes.set(unit, at);
    }
    return bytes;
  };
  // Time of this process alone, however busy the machine is.
  const started = process.cpuUsage();
  refused(() => verify(fillWith(0x5a, 0x00), genesis, null), /more than any proof/);
  refused(() => verify(fillWith(0x6a, 0x00), genesis, null), /more than any proof/);
  refused(() => verify(fillWith(0x52, 0x00), genesis, null), /more than any proof/);
  refused(() => verify(fillWith(0xff), genesis, null), /too large/);
  refused(() => verify(fillWith(0x00), genesis, null), /does not know/);
  const world = new State().put(keys.invoice(id('a')), records.Invoice, { id: id('a') });
  const header = headerOf(3, set, set, world.root());
  const many = Array.from({ length: 12_000 }, (_, at) => ({
    key: utf8(`key ${String(at).padStart(6, '0')}`),
    record: new Uint8Array(0),
  }));
  const over = (shape, hashes) =>
    file({ passport: { receivable: RECEIVABLE }, headers: [certified(header, ['a'])], records: many, state: { shape, hashes } });
  refused(() => verify(over(new Uint8Array(2 * 1024 * 1024), new Uint8Array(1024 * 1024)), genesis, null), /more of the tree/);
  refused(() => verify(over(new Uint8Array(256 * 1024), new Uint8Array(3 * 1024 * 1024)), genesis, null), /goes deeper/);
  refused(
    () =>
      verify(
        over(
          deepest(
            many.map((one) => one.key),
            1_000_000,
          ),
          new Uint8Array(0),
        ),
        genesis,
        null,
      ),
    /not those of the state|where the proof of the state has none/,
  );
  const { user, system } = process.cpuUsage(started);
  assert.ok(user + system < 20_000_000, `${(user + system) / 1_000_000} s`);
});
