// Blocks of transactions on the tests' ledger, with their receipts, and the files that show one of them.

import { hash } from '../src/crypto.js';
import { Receipt, Rejection } from '../src/messages/file.js';
import { eventOf, money } from './history.mjs';
import { certified, date, encode, file, genesisOf, hashOf, headerOf, id, keys, of, State, transactionOf, validators } from './ledger.mjs';
import { leafOf, merkle, siblingsOf } from './merkle.mjs';

const SET = validators({ a: 1, b: 1, c: 1, d: 1 });
export const GENESIS = genesisOf(SET);
export { SET };

const HEIGHT = 12;
const LAST_HEIGHT = 30;
const INVOICE_CONTRACT = 4;

/** What an invoice's registration is for those whom it concerns. */
function registered() {
  const event = eventOf(4, 'registered', {
    seller: 'supplier',
    buyer: 'buyer',
    gross: money(100_000),
    registered_on: date(2025, 1, 10),
  });
  return { ...event, organizations: ['buyer', 'supplier'] };
}

export function rejection() {
  return of(Rejection, { contract: 'invoice', reason: 'DUPLICATE_INVOICE', message: 'It is there already.' });
}

/**
 * A block of as many transactions, of which one at a place is asked for; `change` of its receipt's fields. `isLast`: the block is the
 * file's last one.
 */
export function world({ count = 5, index = 2, receipt = {}, isLast = false, put = () => {} } = {}) {
  const signed = Array.from({ length: count }, (_, at) =>
    transactionOf('supplier', ['supplier-1', 'supplier-2'], INVOICE_CONTRACT, hash(`action ${at}`)),
  );
  const receipts = signed.map((one, at) =>
    of(Receipt, { tx_id: one.id, height: BigInt(HEIGHT), index: at, events: [registered()], ...(at === index ? receipt : {}) }),
  );
  const leaves = signed.map(({ bytes }) => leafOf(bytes));
  const receiptLeaves = receipts.map((one) => leafOf(encode(Receipt, { ...one, rejection: null })));
  const state = new State();
  for (let height = 1; height < HEIGHT; height += 1) {
    state.putBytes(keys.block(BigInt(height)), id(`block ${height}`));
  }
  const roots = { transactions_root: merkle(leaves), receipts_root: merkle(receiptLeaves) };
  // The state after a block can not name that block.
  const header = { ...headerOf(HEIGHT, SET, SET, state.root()), ...roots };
  if (!isLast) {
    state.putBytes(keys.block(header.height), hashOf(header));
  }
  put(state, header);
  const last = isLast ? header : headerOf(LAST_HEIGHT, SET, SET, state.root());
  const inclusion = {
    header: isLast ? null : header,
    index,
    count,
    siblings: siblingsOf(leaves, index),
    receipt: receipts[index],
    receipt_siblings: siblingsOf(receiptLeaves, index),
  };
  return { state, header, last, inclusion, signed: signed[index], all: signed };
}

/** A file over a world, whose inclusion may be changed in some of its fields. */
export function prove(from, { inclusion = {}, asked = null, ...fields } = {}) {
  const { state, header, last, signed } = from;
  const isLast = last === header;
  return file({
    committed: { transaction: signed.id },
    headers: [certified(last, ['a', 'b', 'c'])],
    transactions: [signed.bytes],
    inclusion: inclusion && { ...from.inclusion, ...inclusion },
    ...state.prove(asked ?? (isLast ? [] : [keys.block(header.height)])),
    ...fields,
  });
}
