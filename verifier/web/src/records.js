// The records and transactions of a file, of which each must be asked for.

import { ascend, compare, concat, equal, hex, u32, u64, utf8 } from './bytes.js';
import { hash, isSignedBy } from './crypto.js';
import { ensure, NotProven } from './errors.js';
import { SignedTransaction, Transaction } from './messages/file.js';
import { decode } from './protobuf.js';

const MAX_SIGNERS = 8;

/** Where records stand: the table's name and the parts of the key, with `/` between them. */
function key(table, ...parts) {
  return concat(utf8(table), ...parts.flatMap((part) => [utf8('/'), part]));
}

export const keys = {
  organization: (id) => key('membership/organization', utf8(id)),
  proposal: (id) => key('membership/proposal', id),
  invoice: (id) => key('invoice/invoice', id),
  strict: (fingerprint) => key('invoice/strict', fingerprint),
  receivable: (id) => key('receivable/receivable', id),
  claim: (receivable, number) => key('receivable/claim', receivable, u32(number)),
  endorsement: (receivable, id) => key('receivable/endorsement', receivable, id),
  debtPayment: (receivable, number) => key('receivable/debt-payment', receivable, u32(number)),
  undertaking: (receivable, id) => key('receivable/undertaking', receivable, id),
  quote: (request, bank) => key('financing/quote', request, utf8(bank)),
  loan: (id) => key('financing/loan', id),
  payment: (id) => key('cash/payment', id),
  history: (organization) => key('credit/history', utf8(organization)),
  profile: (organization) => key('credit/profile', utf8(organization)),
  block: (height) => key('block', u64(height)),
};

export class Records {
  /** `shown` was checked against the state's root before. `encoded` are the file's transactions. */
  constructor(shown, encoded, chainId) {
    this.chainId = chainId;
    this.shown = new Map(shown.map((one) => [hex(one.key), one]));
    this.used = new Set();
    this.transactions = new Map();
    this.signatures = 0;
    const ids = encoded.map((bytes) => {
      const signed = decode(SignedTransaction, bytes, 'A transaction');
      const id = hash('counterfoil/transaction-id/v1', chain(chainId), signed.transaction);
      this.transactions.set(hex(id), { bytes, signed });
      return id;
    });
    ensure(ascend(ids), 'The transactions do not ascend by their ids.');
  }

  /** What stands under a key: bytes; empty where nothing does; null where the file does not say. */
  find(at) {
    const found = this.shown.get(hex(at));
    if (found === undefined) {
      return null;
    }
    this.used.add(hex(at));
    return found.record;
  }

  /** A record that the file has to show. */
  must(type, at, kind) {
    const record = this.may(type, at, kind);
    ensure(record !== null, `The file lacks the ${kind}.`);
    return record;
  }

  /** A record that the file may leave out, and then null: but it can not say that there is none. */
  may(type, at, kind) {
    const bytes = this.find(at);
    if (bytes === null) {
      return null;
    }
    ensure(bytes.length > 0, `There is no ${kind} where there has to be one.`);
    return decode(type, bytes, `The ${kind}`);
  }

  /** Numbers of the claims of a receivable that are shown, ascending. */
  claims(receivable) {
    const any = keys.claim(receivable, 0);
    const prefix = any.subarray(0, any.length - 4);
    const found = [];
    for (const { key: at } of this.shown.values()) {
      if (at.length === any.length && equal(at.subarray(0, prefix.length), prefix)) {
        found.push(new DataView(at.buffer, at.byteOffset + prefix.length).getUint32(0));
      }
    }
    return found;
  }

  /** The transaction of an id, whose signatures all verify, and its bytes with them. Whose keys signed it, is the caller's to check. */
  signed(id, kind) {
    const found = this.transactions.get(hex(id));
    if (found === undefined) {
      throw new NotProven(`The file lacks the ${kind}.`);
    }
    this.transactions.delete(hex(id));
    const { bytes, signed } = found;
    const transaction = decode(Transaction, signed.transaction, 'A transaction');
    const { signers } = transaction;
    ensure(transaction.chain_id === this.chainId, 'A transaction is of another chain.');
    ensure(
      signers.length >= 1 && signers.length <= MAX_SIGNERS && signed.signatures.length === signers.length,
      'A transaction has not one signature for each of one to eight signers.',
    );
    const message = concat(utf8('counterfoil/transaction/v1'), chain(this.chainId), signed.transaction);
    signers.forEach((signer, at) => {
      ensure(isSignedBy(signer, message, signed.signatures[at]), 'A signature under a transaction does not verify.');
    });
    this.signatures += signers.length;
    return { transaction, bytes };
  }

  /** Checks that nothing is in the file that was not asked for. */
  finish() {
    ensure(this.used.size === this.shown.size, 'The file holds a record that it does not need.');
    ensure(this.transactions.size === 0, 'The file holds a transaction that it does not need.');
  }
}

/** The chain's id with its length before it, as it stands in what is signed. */
function chain(chainId) {
  const bytes = utf8(chainId);
  return concat(Uint8Array.of(bytes.length), bytes);
}

/** Checks that records ascend by key, each key once. */
export function checkOrder(shown) {
  const inOrder = shown.every((one, at) => at === 0 || compare(shown[at - 1].key, one.key) < 0);
  ensure(inOrder, 'The records do not ascend by their keys.');
}
