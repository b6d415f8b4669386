// The genesis file and the checkpoint, as a person has them.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { hex } from '../src/bytes.js';
import { NotProven } from '../src/errors.js';
import { readCheckpoint, readGenesis } from '../src/genesis.js';

/** A network's own, and what its nodes say is its hash (`counterfoil status`). */
const TEXT = readFileSync(new URL('genesis.json', import.meta.url), 'utf8');
const HASH = '9f58a86c7b775d898d569847ae5963e80c6a04aceae01a0832ff2aa2d096279f';

function hashOf(change) {
  const json = JSON.parse(TEXT);
  change(json);
  return hex(readGenesis(JSON.stringify(json)).hash);
}

test('a genesis has the hash that the nodes of its network say', () => {
  const genesis = readGenesis(TEXT);
  assert.equal(hex(genesis.hash), HASH);
  assert.equal(genesis.chainId, 'check-1');
  assert.equal(genesis.validators.validators.length, 4);
  assert.equal(genesis.exponents.get('USD'), 2);
});

test('the order of its lists does not matter, and all else does', () => {
  const lists = (json) => {
    [json.organizations, json.validators, json.currencies].forEach((list) => list.reverse());
    json.organizations.forEach((organization) => [organization.roles, organization.accounts].forEach((list) => list.reverse()));
  };
  assert.equal(hashOf(lists), HASH);
  const changes = [
    (json) => (json.protocol_version -= 1),
    (json) => (json.time_ms += 1),
    (json) => (json.clock = 'wall'),
    (json) => (json.first_date = '2026-11-27'),
    (json) => (json.utc_offset_minutes = -60),
    (json) => (json.development = false),
    (json) => (json.ledger_key_hash = '00'.repeat(32)),
    (json) => (json.currencies[0].exponent = 3),
    (json) => (json.organizations[0].legal_name += '.'),
    (json) => (json.organizations[0].lei = '5493001KJTIIGC8Y1R12'),
    (json) => json.organizations[0].roles.push('guarantor'),
    (json) => json.organizations[0].accounts[0].permissions.pop(),
    (json) => (json.validators[0].power = 2),
    (json) => (json.params.heartbeat_ms += 1),
    (json) => delete json.params.transaction_lifetime_ms,
  ];
  changes.forEach((change) => assert.notEqual(hashOf(change), HASH, String(change)));
  assert.equal(
    hashOf((json) => delete json.params),
    HASH,
  );
});

test('what is no genesis is refused, and nothing else happens', () => {
  for (const text of ['', '{', 'null', '[]', '1', '{}', '"genesis"', TEXT.slice(1), '\ufeff']) {
    assert.throws(() => readGenesis(text), NotProven, text);
  }
  const json = JSON.parse(TEXT);
  const broken = [null, -1, 1.5, 1e300, '', 'x', [], {}, [null], ['x'], [[]], [{}], '\ud800', '2026-13', true];
  const visit = (at) => {
    for (const field of Object.keys(at)) {
      const kept = at[field];
      for (const value of broken) {
        at[field] = value;
        try {
          readGenesis(JSON.stringify(json));
        } catch (error) {
          assert.ok(error instanceof NotProven, `${field}: ${JSON.stringify(value)}: ${error.stack}`);
        }
      }
      at[field] = kept;
      if (typeof kept === 'object' && kept !== null) {
        visit(kept);
      }
    }
  };
  json.organizations.splice(1);
  visit(json);
});

test('a checkpoint is a height, a colon and a hash', () => {
  const hash = 'ab'.repeat(32);
  assert.equal(readCheckpoint(` 17:${hash}\n`).height, 17n);
  assert.deepEqual(readCheckpoint(`017:${hash.toUpperCase()}`), readCheckpoint(`17:${hash}`));
  for (const text of [
    '',
    '17',
    `0:${hash}`,
    `-1:${hash}`,
    `17:${hash}0`,
    `17:${hash.slice(1)}g`,
    `17 ${hash}`,
    `99999999999999999999:${hash}`,
  ]) {
    assert.throws(() => readCheckpoint(text), NotProven, text);
  }
});
