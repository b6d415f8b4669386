// That a transaction is in a block, on files that keep each rule and on files that break it and nothing else.

import assert from 'node:assert/strict';
import test from 'node:test';

import { hex } from '../src/bytes.js';
import { sha256 } from '../src/crypto.js';
import { Proof, SignedTransaction } from '../src/messages/file.js';
import { verify } from '../src/verify.js';
import { GENESIS, prove, rejection, world } from './committed.mjs';
import * as histories from './history.mjs';
import { decode, encode, hashOf, id, keys } from './ledger.mjs';
import { siblingsOf } from './merkle.mjs';
import { refused } from './refused.mjs';
import * as trades from './trade.mjs';

const NO_RECEIPT = { receipt: null, receipt_siblings: [] };

function say(from, options) {
  return verify(prove(from, options), GENESIS, null).subject;
}

/** That a file over a world is refused, of which something is changed. */
function isRefused(sentence, options, from = world()) {
  refused(() => say(from, options), sentence);
}

test('a transaction is shown in an earlier block, and in the last one', () => {
  for (const isLast of [false, true]) {
    const from = world({ isLast });
    const { signatures, height, subject } = verify(prove(from), GENESIS, null);
    assert.deepEqual([signatures, height], [5, isLast ? 12 : 30]);
    const [event] = from.inclusion.receipt.events;
    assert.deepEqual(subject, {
      kind: 'committed',
      transaction: hex(from.signed.id),
      organization: 'supplier',
      height: 12,
      index: 2,
      receipt: { code: 0, events: [[4, hex(sha256(event.body))]] },
    });
    // The receipt can be taken out.
    assert.deepEqual(say(from, { inclusion: NO_RECEIPT }), { ...subject, index: null, receipt: null });
  }
});

test('a transaction that was rejected is in its block, too', () => {
  const subject = say(world({ receipt: { code: 4012, events: [] } }));
  assert.deepEqual(subject.receipt, { code: 4012, events: [] });
});

test('an event that this verifier can not read is in the receipt all the same', () => {
  const body = Uint8Array.of(0x0a, 5);
  const subject = say(world({ receipt: { events: [{ contract: 4, organizations: [], body }] } }));
  assert.deepEqual(subject.receipt.events, [[4, hex(sha256(body))]]);
});

test('each place in blocks of any length is shown, and no other in its stead', () => {
  for (let count = 1; count <= 9; count += 1) {
    for (let index = 0; index < count; index += 1) {
      const from = world({ count, index });
      assert.equal(say(from).index, index);
      for (let other = 0; other <= count; other += 1) {
        if (other !== index) {
          isRefused(/not where the file says/, { inclusion: { index: other, ...NO_RECEIPT } }, from);
          isRefused(/not where the file says/, { inclusion: { index: other } }, from);
        }
      }
    }
  }
});

test('the way leads to the root of the transactions', () => {
  const from = world();
  const { siblings } = from.inclusion;
  const wrong = /not where the file says/;
  isRefused(wrong, { inclusion: { siblings: siblings.slice(1) } });
  isRefused(wrong, { inclusion: { siblings: [] } });
  isRefused(wrong, { inclusion: { siblings: [...siblings, id('another')] } });
  isRefused(wrong, { inclusion: { siblings: siblings.toReversed() } });
  isRefused(wrong, { inclusion: { siblings: siblings.map((one) => one.subarray(1)) } });
  isRefused(wrong, { inclusion: { siblings: [siblings[0], siblings[1], new Uint8Array(0)] } });
  isRefused(wrong, { inclusion: { count: 0 } });
  isRefused(wrong, { inclusion: { count: 2 ** 32 - 1 } });
  isRefused(wrong, { inclusion: { siblings: from.inclusion.receipt_siblings } });
  // Another transaction in its place.
  const { all } = from;
  isRefused(wrong, { committed: { transaction: all[3].id }, transactions: [all[3].bytes] });
});

test('the header is of a block of the ledger', () => {
  const from = world();
  const { header } = from.inclusion;
  const other = { ...header, time_ms: header.time_ms + 1n };
  isRefused(/another than the ledger has/, { inclusion: { header: other } });
  isRefused(/another than the ledger has/, { inclusion: { header: { ...header, receipts_root: id('another') } } });
  isRefused(/not show that the transaction’s block is one of the ledger’s/, { inclusion: { header: { ...header, height: 13n } } });
  isRefused(/not show that the transaction’s block is one of the ledger’s/, { asked: [] });
  isRefused(/not show that the transaction’s block is one of the ledger’s/, { inclusion: { header }, asked: [keys.block(11n)] });
  const put = (bytes) => world({ put: (state, { height }) => state.putBytes(keys.block(height), bytes) });
  isRefused(/another than the ledger has/, {}, put(id('another')));
  isRefused(/another than the ledger has/, {}, put(hashOf(header).subarray(1)));
  const none = world();
  none.state.records = none.state.records.filter(({ key }) => String(key) !== String(keys.block(12n)));
  isRefused(/records are not those/, {}, none);
  const forgotten = world({
    put: (state) => {
      state.records = state.records.filter(({ key }) => String(key) !== String(keys.block(12n)));
    },
  });
  isRefused(/not show that the transaction’s block is one of the ledger’s/, {}, forgotten);
  // The last header is not said twice, and a later one than that is none.
  const last = world({ isLast: true });
  isRefused(/does not come before/, { inclusion: { header: last.header } }, last);
  isRefused(/does not come before/, { inclusion: { header: { ...header, height: 30n } } });
  isRefused(/does not come before/, { inclusion: { header: { ...header, height: 31n } } });
  isRefused(/not where the file says/, { inclusion: { header: null }, asked: [] });
  isRefused(/record that it does not need/, { asked: [keys.block(11n)] }, last);
  isRefused(/record that it does not need/, { asked: [keys.block(11n), keys.block(12n)] });
});

test('the receipt is the block’s, of this transaction', () => {
  const { inclusion } = world();
  const { receipt, receipt_siblings: siblings } = inclusion;
  const changed = (fields) => ({ inclusion: { receipt: { ...receipt, ...fields } } });
  const place = /that of another transaction, or of another place/;
  isRefused(place, changed({ tx_id: id('another') }));
  isRefused(place, changed({ index: 1 }));
  isRefused(place, changed({ height: 13n }));
  // Also where the block itself has it so.
  isRefused(place, {}, world({ receipt: { tx_id: id('another') } }));
  isRefused(place, {}, world({ receipt: { index: 3 } }));
  isRefused(place, {}, world({ receipt: { height: 11n } }));
  isRefused(/in words why the transaction was rejected/, changed({ rejection: rejection() }));
  const rejected = world({ receipt: { code: 4012, events: [], rejection: rejection() } });
  isRefused(/in words why the transaction was rejected/, {}, rejected);
  const wrong = /not the one that the block has/;
  isRefused(wrong, changed({ code: 4012 }));
  isRefused(wrong, changed({ events: [] }));
  isRefused(wrong, changed({ events: [...receipt.events, ...receipt.events] }));
  isRefused(wrong, changed({ events: [{ ...receipt.events[0], organizations: ['supplier'] }] }));
  isRefused(wrong, { inclusion: { receipt_siblings: siblings.slice(1) } });
  isRefused(wrong, { inclusion: { receipt_siblings: [] } });
  isRefused(wrong, { inclusion: { receipt_siblings: [...siblings, id('another')] } });
  isRefused(wrong, { inclusion: { receipt_siblings: siblings.map((one) => one.subarray(1)) } });
  isRefused(wrong, { inclusion: { receipt_siblings: inclusion.siblings } });
  isRefused(/way of a receipt that it does not have/, { inclusion: { receipt: null } });
});

test('the transaction is there, and signed', () => {
  const { signed, all } = world();
  isRefused(/names no transaction/, { committed: { transaction: new Uint8Array(0) } });
  isRefused(/names no transaction/, { committed: { transaction: signed.id.subarray(1) } });
  isRefused(/lacks the transaction/, { transactions: [] });
  isRefused(/lacks the transaction/, { committed: { transaction: all[1].id } });
  const both = [signed, all[1]].sort((one, other) => (hex(one.id) < hex(other.id) ? -1 : 1)).map(({ bytes }) => bytes);
  isRefused(/transaction that it does not need/, { transactions: both });
  const { transaction, signatures } = decode(SignedTransaction, signed.bytes, 'It');
  const resigned = (...given) => ({ transactions: [encode(SignedTransaction, { transaction, signatures: given })] });
  isRefused(/does not verify/, resigned(signatures[1], signatures[0]));
  isRefused(/one signature for each/, resigned(signatures[0]));
  isRefused(/not say where the transaction is/, { inclusion: null });
});

test('nothing stands in it that it does not ask for, and no place in a block in other files', () => {
  isRefused(/private fields that it does not need/, { opened: [trades.opened(0)] });
  isRefused(/entries of a history that it does not need/, { range: histories.rangeOf(histories.world(), 0, 7) });
  isRefused(/two things/, { passport: { receivable: id('receivable') } });
  isRefused(/place in a block that it does not need/, { committed: null });
  const { inclusion } = world();
  const trade = trades.trade();
  const none = /place in a block that it does not need/;
  const passport = trades.prove(trade, trades.passportKeys(), { inclusion });
  refused(() => verify(passport, trades.genesisFor(trade), null), none);
  const absent = trades.unfinanced(trade, [keys.strict(id('x'))], { unfinanced: { fingerprint: id('x') }, inclusion });
  refused(() => verify(absent, trades.genesisFor(trade), null), none);
  refused(() => verify(histories.prove(histories.world(), { inclusion }), histories.GENESIS, null), none);
});

test('of how many transactions it is one, is fixed as far as its siblings lead', () => {
  const from = world({ count: 4, index: 0 });
  assert.equal(say(from, { inclusion: { count: 3 } }).index, 0);
  isRefused(/not where the file says/, { inclusion: { count: 5 } }, from);
  isRefused(/not where the file says/, { inclusion: { count: 2 } }, from);
  // Without its receipt, which says the place itself, also another place in a block of another length leads along the same way.
  const third = world({ count: 3, index: 2 });
  assert.equal(siblingsOf([id('a'), id('b')], 1).length, third.inclusion.siblings.length);
  assert.equal(say(third, { inclusion: { index: 1, count: 2, ...NO_RECEIPT } }).index, null);
  isRefused(/another place/, { inclusion: { index: 1, count: 2 } }, third);
});

test('a file of which a byte is another is not proven', () => {
  for (const from of [world(), world({ isLast: true, count: 4, index: 0 })]) {
    for (const options of [{}, { inclusion: NO_RECEIPT }]) {
      const bytes = prove(from, options);
      const original = decode(Proof, bytes, 'It');
      const expected = verify(bytes, GENESIS, null);
      // Each third byte, as each file is checked whole.
      for (let at = 0; at < bytes.length; at += 3) {
        const other = bytes.slice();
        other[at] ^= 1 << at % 8;
        try {
          const found = verify(other, GENESIS, null);
          // Of how many it is one, alone may be another number.
          const proof = decode(Proof, other, 'It');
          assert.deepEqual({ ...proof, inclusion: { ...proof.inclusion, count: original.inclusion.count } }, original, `byte ${at}`);
          assert.deepEqual(found, expected, `byte ${at}`);
        } catch (error) {
          assert.equal(error.name, 'NotProven', error.stack);
        }
      }
    }
  }
});
