// That a transaction is in a block of this ledger, and what became of it.
//
// The block is the file's last one, or one before it, whose hash stands in the state. Its transactions and their receipts are leaves of
// trees, whose roots its header has.

import { equal } from './bytes.js';
import { ensure, NotProven } from './errors.js';
import { hashOfHeader } from './headers.js';
import { Receipt } from './messages/file.js';
import { encode } from './protobuf.js';
import { keys } from './records.js';
import { leafHash, rootFrom } from './tree.js';

/** The transaction, the header of its block with its hash, its place there, and its receipt, or null where that is not disclosed. */
export function readCommitted(asked, inclusion, records, last) {
  const { transaction: id } = asked;
  ensure(id.length === 32, 'The file names no transaction.');
  if (inclusion === null) {
    throw new NotProven('The file does not say where the transaction is.');
  }
  const { transaction, bytes } = records.signed(id, 'transaction that it is about');
  const { header, hash } = blockOf(inclusion, records, last);
  const { index, count, siblings, receipt } = inclusion;
  const root = rootFrom(leafHash(bytes), index, count, siblings);
  ensure(root !== null && equal(root, header.transactions_root), 'The transaction is not where the file says that it is in its block.');
  checkReceipt(id, inclusion, header);
  return { id, transaction, header, hash, index, receipt };
}

/** The transaction's block: the last one, or an earlier one that the state names. */
function blockOf({ header }, records, last) {
  if (header === null) {
    return { header: last.header, hash: last.hash };
  }
  ensure(header.height < last.header.height, 'The transaction’s block does not come before the last block of the file.');
  const stands = records.find(keys.block(header.height));
  ensure(stands !== null && stands.length > 0, 'The file does not show that the transaction’s block is one of the ledger’s.');
  const found = hashOfHeader(header);
  ensure(equal(stands, found), 'The transaction’s block is another than the ledger has at its height.');
  return { header, hash: found };
}

function checkReceipt(id, { index, count, receipt, receipt_siblings: siblings }, header) {
  if (receipt === null) {
    ensure(siblings.length === 0, 'The file shows the way of a receipt that it does not have.');
    return;
  }
  ensure(
    equal(receipt.tx_id, id) && receipt.index === index && receipt.height === header.height,
    'The receipt is that of another transaction, or of another place.',
  );
  // Its wording is in no hash: whoever passes the file on could say anything there.
  ensure(receipt.rejection === null, 'The receipt says in words why the transaction was rejected, which nobody signed.');
  const root = rootFrom(leafHash(encode(Receipt, receipt)), index, count, siblings);
  ensure(root !== null && equal(root, header.receipts_root), 'The receipt is not the one that the block has for the transaction.');
}
