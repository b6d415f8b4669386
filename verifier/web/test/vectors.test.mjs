// The golden files that every verifier is held against (tests/vectors/proofs), and what becomes of them when they are changed.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';

import { equal, u32 } from '../src/bytes.js';
import { hash } from '../src/crypto.js';
import { Proof } from '../src/messages/file.js';
import { decode, encode } from '../src/protobuf.js';
import { NotProven, readCheckpoint, readGenesis, verify } from '../src/verify.js';

const FOLDER = new URL('../../../tests/vectors/proofs/', import.meta.url);
const MUTATIONS = 1500;

const genesis = readGenesis(readFileSync(new URL('genesis.json', FOLDER), 'utf8'));
const vectors = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.proof'))
  .sort()
  .map((name) => {
    const expected = JSON.parse(readFileSync(new URL(name.replace(/proof$/, 'json'), FOLDER), 'utf8'));
    const known = expected.checkpoint;
    const checkpoint = known === null ? null : readCheckpoint(`${known.height}:${known.hash}`);
    return { name, bytes: Uint8Array.from(readFileSync(new URL(name, FOLDER))), expected, checkpoint };
  });

test('every golden file is proven, and says what stands beside it', () => {
  assert.ok(vectors.length >= 17, `${vectors.length} files`);
  for (const { name, bytes, expected, checkpoint } of vectors) {
    assert.deepEqual(verify(bytes, genesis, checkpoint), expected, name);
  }
});

test('a file that begins at a checkpoint is proven by that alone', () => {
  for (const { name, bytes, checkpoint } of vectors) {
    const other = checkpoint === null ? { height: 1n, hash: new Uint8Array(32) } : null;
    assert.throws(() => verify(bytes, genesis, other), NotProven, name);
    if (checkpoint !== null) {
      assert.throws(() => verify(bytes, genesis, { ...checkpoint, height: checkpoint.height + 1n }), NotProven, name);
      assert.throws(() => verify(bytes, genesis, { ...checkpoint, hash: new Uint8Array(32) }), NotProven, name);
    }
  }
});

test('no file is proven under another genesis', () => {
  const [first, ...rest] = genesis.validators.validators;
  const fewer = { ...genesis, validators: { validators: rest } };
  const stronger = { ...genesis, validators: { validators: [{ ...first, power: first.power + 1n }, ...rest] } };
  for (const { name, bytes, checkpoint } of vectors) {
    assert.throws(() => verify(bytes, { ...genesis, chainId: `${genesis.chainId}x` }, checkpoint), NotProven, name);
    if (checkpoint === null) {
      [fewer, stronger].forEach((other) => assert.throws(() => verify(bytes, other, null), NotProven, name));
    }
  }
});

test(`none of ${MUTATIONS} changed files is proven, and nothing but NotProven is thrown`, () => {
  const random = generator(20_260_801);
  const kinds = new Map();
  for (let number = 0; number < MUTATIONS; number += 1) {
    const vector = vectors[random(vectors.length)];
    const [kind, change] = CHANGES[random(CHANGES.length)];
    const changed = change(vector.bytes, random);
    // What happens to be one of the files again is no changed file.
    if (vectors.some(({ bytes }) => equal(bytes, changed)) || isAsTrue(vector, changed)) {
      continue;
    }
    const what = `change ${number} of ${vector.name}, ${kind}`;
    assert.throws(
      () => verify(changed, genesis, vector.checkpoint),
      (error) => {
        assert.ok(error instanceof NotProven, `${what}: ${error.stack}`);
        return true;
      },
      what,
    );
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const total = [...kinds.values()].reduce((sum, one) => sum + one, 0);
  assert.ok(total >= 1000, `${total} files were changed`);
  assert.equal(kinds.size, CHANGES.length);
});

/**
 * Whether nothing was changed but what a file does not fix: of how many fields or transactions one is, and the days of a history's
 * window, where the same entries lie between them. What is taken out is looked at below.
 */
function isAsTrue({ bytes, checkpoint, expected }, changed) {
  try {
    const [one, other] = [bytes, changed].map((file) => decode(Proof, file, 'It'));
    const opened = other.opened.map((field, at) => ({ ...field, count: one.opened[at].count }));
    const inclusion = other.inclusion && { ...other.inclusion, count: one.inclusion.count };
    const history = other.history && { ...one.history, organization: other.history.organization };
    const { subject } = verify(changed, genesis, checkpoint);
    assert.deepEqual(subject.entries, expected.subject.entries);
    return equal(bytes, encode(Proof, { ...other, opened, inclusion, history }));
  } catch {
    return false;
  }
}

test('what may be taken out can be, and the rest is proven as before', () => {
  const takes = (take) => {
    let taken = 0;
    for (const { name, bytes, checkpoint, expected } of vectors) {
      const proof = decode(Proof, bytes, 'It');
      const less = take(proof, expected.subject);
      if (less !== null) {
        const { subject } = verify(encode(Proof, { ...proof, ...less.proof }), genesis, checkpoint);
        assert.deepEqual(subject, { ...expected.subject, ...less.subject }, name);
        taken += 1;
      }
    }
    return taken;
  };
  const none = new Uint8Array(0);
  const opened = takes(({ opened: [, ...rest] }, subject) =>
    subject.kind !== 'passport' || subject.opened.length === 0
      ? null
      : { proof: { opened: rest }, subject: { opened: subject.opened.slice(1) } },
  );
  const receipts = takes(({ inclusion }) =>
    (inclusion?.receipt ?? null) === null
      ? null
      : { proof: { inclusion: { ...inclusion, receipt: null, receipt_siblings: [] } }, subject: { index: null, receipt: null } },
  );
  const events = takes(({ range }, subject) => {
    const which = range?.entries.findIndex(({ salt }) => salt.length > 0) ?? -1;
    if (which < 0) {
      return null;
    }
    const entries = range.entries.map((one, at) =>
      at === which ? { entry: one.entry, salt: none, events: [], events_hash: hashOfEvents(one) } : one,
    );
    const first = subject.entries.findIndex((one) => one.events !== null);
    const shown = subject.entries.map((one, at) => (at === first ? { ...one, events: null } : one));
    return { proof: { range: { ...range, entries } }, subject: { entries: shown, recomputed: null } };
  });
  assert.ok(opened > 0 && receipts > 0 && events > 0, `${opened}, ${receipts} and ${events} files`);
});

function hashOfEvents({ salt, events }) {
  const parts = events.flatMap(({ contract, body }) => [u32(contract), u32(body.length), body]);
  return hash('counterfoil/history-events/v1', salt, ...parts);
}

const CHANGES = [
  [
    'a bit flipped',
    (bytes, random) => {
      const changed = bytes.slice();
      changed[random(bytes.length)] ^= 1 << random(8);
      return changed;
    },
  ],
  [
    'a byte set',
    (bytes, random) => {
      const changed = bytes.slice();
      changed[random(bytes.length)] = [0, 1, 127, 128, 255, random(256)][random(6)];
      return changed;
    },
  ],
  ['cut off', (bytes, random) => bytes.slice(0, random(bytes.length))],
  ['cut off in front', (bytes, random) => bytes.slice(1 + random(bytes.length))],
  [
    'a span dropped',
    (bytes, random) => {
      const [from, to] = span(bytes, random);
      return splice(bytes, from, to, new Uint8Array(0));
    },
  ],
  [
    'a span twice',
    (bytes, random) => {
      const [from, to] = span(bytes, random);
      return splice(bytes, to, to, bytes.slice(from, to));
    },
  ],
  [
    'a span of zeros',
    (bytes, random) => {
      const [from, to] = span(bytes, random);
      return splice(bytes, from, to, new Uint8Array(to - from));
    },
  ],
  [
    'a span of another file in its place',
    (bytes, random) => {
      const other = vectors[random(vectors.length)].bytes;
      const [from, to] = span(other, random);
      const at = Math.min(from, bytes.length);
      return splice(bytes, at, Math.min(to, bytes.length), other.slice(from, to));
    },
  ],
  [
    'a span of another file between',
    (bytes, random) => {
      const other = vectors[random(vectors.length)].bytes;
      const at = random(bytes.length + 1);
      return splice(bytes, at, at, other.slice(...span(other, random)));
    },
  ],
  [
    'bytes behind',
    (bytes, random) =>
      splice(
        bytes,
        bytes.length,
        bytes.length,
        Uint8Array.from({ length: 1 + random(8) }, () => random(256)),
      ),
  ],
];

/** A span of a file, short or long. */
function span(bytes, random) {
  const from = random(bytes.length);
  const length = 1 + random([4, 40, bytes.length][random(3)]);
  return [from, Math.min(from + length, bytes.length)];
}

function splice(bytes, from, to, between) {
  return Uint8Array.from([...bytes.subarray(0, from), ...between, ...bytes.subarray(to)]);
}

/** Whole numbers below a limit, the same ones each time (mulberry32). */
function generator(seed) {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}
