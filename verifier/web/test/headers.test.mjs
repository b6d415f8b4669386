// Whose signatures count: Ed25519, certificates, and the way from genesis or a checkpoint to the last header.

import assert from 'node:assert/strict';
import test from 'node:test';

import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';

import { concat, fromHex, hex, utf8 } from '../src/bytes.js';
import { isSignedBy } from '../src/crypto.js';
import { follow } from '../src/headers.js';
import { certified, genesisOf, hashOf, headerOf, id, keyOf, validators } from './ledger.mjs';
import { refused } from './refused.mjs';

test('signatures are checked by the rules of ZIP-215', () => {
  // All encodings of points of small order, canonical and not. With s = 0, each is a signature of each over anything.
  const [zeros, nines] = ['00'.repeat(30), 'ff'.repeat(30)];
  const small = [
    `01${zeros}00`,
    `ec${nines}7f`,
    `00${zeros}00`,
    `00${zeros}80`,
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    `01${zeros}80`,
    `ec${nines}ff`,
    `ee${nines}7f`,
    `ee${nines}ff`,
    `ed${nines}7f`,
    `ed${nines}ff`,
  ].map(fromHex);
  for (const key of small) {
    for (const r of small) {
      assert.ok(isSignedBy(key, utf8('Zcash'), concat(r, new Uint8Array(32))), `${hex(key)} ${hex(r)}`);
    }
  }
  const key = keyOf('somebody');
  const signature = ed25519.sign(utf8('message'), key.secret);
  assert.ok(isSignedBy(key.publicKey, utf8('message'), signature));
  assert.ok(!isSignedBy(key.publicKey, utf8('Message'), signature));
  assert.ok(!isSignedBy(keyOf('somebody else').publicKey, utf8('message'), signature));
  // s + the group's order would be a second signature, and the order itself a second zero.
  const order = ed25519.Point.Fn.ORDER;
  assert.ok(
    !isSignedBy(
      key.publicKey,
      utf8('message'),
      concat(signature.subarray(0, 32), scalar(numberOf(signature.subarray(32)) + order)),
    ),
  );
  assert.ok(!isSignedBy(small[0], utf8('message'), concat(small[0], scalar(order))));
  // No point has this y; and keys and signatures of other lengths are none.
  const noPoint = fromHex(`02${zeros}00`);
  assert.ok(!isSignedBy(noPoint, utf8('message'), signature));
  assert.ok(!isSignedBy(key.publicKey, utf8('message'), concat(noPoint, signature.subarray(32))));
  assert.ok(!isSignedBy(key.publicKey.subarray(1), utf8('message'), signature));
  assert.ok(!isSignedBy(key.publicKey, utf8('message'), signature.subarray(1)));
});

test('the equation of signatures is the cofactored one', () => {
  const { Point } = ed25519;
  const torsion = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
  const [secret, nonce] = [12345n, 67890n];
  const mixedKey = Point.BASE.multiply(secret).add(torsion).toBytes();
  const r = Point.BASE.multiply(nonce).toBytes();
  let differ = 0;
  for (let number = 0; number < 8; number += 1) {
    const message = utf8(`message ${number}`);
    const k = numberOf(sha512(concat(r, mixedKey, message))) % Point.Fn.ORDER;
    const signature = concat(r, scalar((nonce + k * secret) % Point.Fn.ORDER));
    assert.ok(isSignedBy(mixedKey, message, signature));
    differ += k % 8n === 0n ? 0 : 1;
  }
  assert.ok(differ > 0, 'the plain equation fails for some of them');
});

function scalar(number) {
  return fromHex(number.toString(16).padStart(64, '0')).reverse();
}

function numberOf(littleEndian) {
  return BigInt(`0x${hex(Uint8Array.from(littleEndian).reverse())}`);
}

test('more than two thirds of the power decide, and none more than that', () => {
  const decide = (powers, signers, options) => {
    const set = validators(powers);
    return follow([certified(headerOf(5, set, set), signers, options)], genesisOf(set), null);
  };
  assert.equal(decide({ a: 1, b: 1, c: 1, d: 1 }, ['a', 'b', 'c']).signatures, 3);
  assert.equal(decide({ a: 1 }, ['a'], { round: 4294967295 }).signatures, 1);
  assert.equal(decide({ a: 67, b: 33 }, ['a']).signatures, 1);
  const lacks = /not signed by more than two thirds/;
  refused(() => decide({ a: 1, b: 1, c: 1 }, ['a', 'b']), lacks, 'exactly two thirds');
  refused(() => decide({ a: 2, b: 2, c: 1, d: 1 }, ['a', 'b']), lacks, 'exactly two thirds of unequal power');
  refused(() => decide({ a: 666_666_666, b: 333_333_333 }, ['a']), lacks, 'exactly two thirds of much power');
  refused(() => decide({ a: 1, b: 1 }, []), lacks, 'no signature');
  refused(() => decide({ a: 1, b: 1, c: 1, d: 1 }, ['a', 'b', 'c', 'd']), /more signatures than are needed/);
  refused(() => decide({ a: 67, b: 32, c: 1 }, ['a', 'c']), /more signatures than are needed/);
  refused(() => decide({ a: 1, b: 1 }, ['a', 'b', 'c']), /no validator/);
});

test('a certificate is for its block alone, and its signatures ascend', () => {
  const set = validators({ a: 1, b: 1, c: 1, d: 1 });
  const header = headerOf(5, set, set);
  const good = certified(header, ['a', 'b', 'c'], { round: 2 });
  const against = (change) => {
    const other = structuredClone(good);
    change(other.certificate, other);
    return () => follow([other], genesisOf(set), null);
  };
  against(() => {})();
  refused(
    against((certificate) => (certificate.round = 3)),
    /does not verify/,
  );
  refused(
    against((certificate) => (certificate.height = 6n)),
    /another block/,
  );
  refused(
    against((certificate) => (certificate.block_hash = id('another'))),
    /another block/,
  );
  refused(
    against((certificate) => certificate.signatures.reverse()),
    /do not ascend/,
  );
  refused(
    against((certificate) => certificate.signatures.splice(1, 0, certificate.signatures[0])),
    /do not ascend/,
  );
  refused(
    against((certificate) => (certificate.signatures[0].signature = certificate.signatures[1].signature)),
    /does not verify/,
  );
  refused(
    against((certificate) => (certificate.signatures[0].signature[40] ^= 1)),
    /does not verify/,
  );
  refused(
    against((certificate, one) => (one.header.state_root[0] ^= 1)),
    /another block/,
  );
  refused(
    against((certificate, one) => (one.certificate = null)),
    /without signatures/,
  );
  refused(
    against((certificate, one) => (one.validators = set)),
    /known already/,
  );
  refused(
    against((certificate, one) => (one.header = null)),
    /header is missing/,
  );
  refused(() => follow([], genesisOf(set), null), /no header/);
  refused(() => follow(Array(1001).fill(good), genesisOf(set), null), /more than 1000/);
  refused(() => follow([good], { ...genesisOf(set), chainId: 'b-chain' }, null), /does not verify/);
});

test('validators hand over to those that they name', () => {
  const [first, second] = [validators({ a: 1, b: 1, c: 1 }), validators({ d: 1, e: 1 })];
  const change = certified(headerOf(5, first, second), ['a', 'b', 'c']);
  const back = certified(headerOf(8, second, first), ['d', 'e'], { set: second });
  const last = certified(headerOf(9, first, first), ['a', 'b', 'c']);
  const headers =
    (...list) =>
    () =>
      follow(list, genesisOf(first), null);
  const { signedBy, signatures } = headers(change, back, last)();
  assert.deepEqual(signedBy, [
    { first: 5n, last: 5n, organizations: ['a', 'b', 'c'] },
    { first: 8n, last: 8n, organizations: ['d', 'e'] },
    { first: 9n, last: 9n, organizations: ['a', 'b', 'c'] },
  ]);
  assert.equal(signatures, 8);
  refused(headers(change, { ...back, validators: null }), /lacks the validators/);
  refused(headers(change, { ...back, validators: first }), /other validators/);
  refused(headers(change, last), /other validators/);
  refused(headers(back, last), /other validators/);
  refused(headers(change, back, { ...last, validators: first }), /known already/);
  refused(headers({ ...back, validators: null }, change), /other validators/);
  refused(headers(last, certified(headerOf(10, first, first), ['a', 'b', 'c'])), /there for nothing/);
  refused(headers(change, change), /does not come after/);
});

test('a checkpoint takes the place of genesis', () => {
  const [first, second] = [validators({ a: 1 }), validators({ d: 1, e: 1 })];
  const known = { header: headerOf(7, first, second), certificate: null, validators: null };
  const last = certified(headerOf(9, second, second), ['d', 'e'], { set: second });
  const checkpoint = { height: 7n, hash: hashOf(known.header) };
  const genesis = genesisOf(validators({ x: 1 }));
  const headers =
    (list, from = checkpoint) =>
    () =>
      follow(list, genesis, from);
  assert.deepEqual(headers([known, last])().signedBy, [{ first: 9n, last: 9n, organizations: ['d', 'e'] }]);
  assert.deepEqual(headers([known])().signedBy, []);
  refused(headers([known, last], null), /without signatures/);
  refused(headers([known, last], { ...checkpoint, height: 6n }), /does not begin at block 6/);
  refused(headers([known, last], { ...checkpoint, hash: id('another') }), /another one than your checkpoint/);
  refused(headers([certified(known.header, ['a']), last]), /does not begin at block 7/);
  refused(headers([{ ...known, validators: first }, last]), /comes with validators/);
  refused(headers([known, { ...last, certificate: null }]), /without signatures/);
  refused(() => follow([known], { ...genesis, chainId: 'b-chain' }, checkpoint), /of the chain/);
});
