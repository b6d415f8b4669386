// A transaction in its block, as a person reads it.

import { hex } from '../bytes.js';
import { NotProven } from '../errors.js';
import { readEvent } from '../profile.js';
import { badge, code, el, facts, note, said, section } from './dom.js';
import { contractName, eventList } from './event-words.js';
import * as words from './words.js';

/** Codes of the kernel, which rejects before any contract sees the transaction. */
const KERNEL = 0;

export function committedView({ committed, genesis }) {
  return [transaction(committed), outcome(committed, genesis.exponents)];
}

/** In one sentence, for the head of the page. */
export function committedInShort({ committed }) {
  const { transaction: signed, header, receipt } = committed;
  return el(
    'p',
    { class: 'short' },
    'A transaction of ',
    said(signed.organization),
    ` is in block ${words.count(header.height)}, of ${words.time(header.time_ms)}`,
    became(receipt),
  );
}

function became(receipt) {
  if (receipt === null) {
    return '. What became of it is not disclosed.';
  }
  return receipt.code === 0 ? ', and was carried out.' : ['. It was ', el('b', null, 'rejected'), '.'];
}

function transaction({ id, transaction: signed, header, hash, index, receipt }) {
  const accounts = signed.signers.map((key) => el('li', null, code(hex(key))));
  return section(
    'The transaction',
    facts(
      ['Organization', said(signed.organization)],
      ['For the contract', contractName(signed.contract)],
      ['Signed by', el('ul', { class: 'hashes' }, accounts)],
      ['Transaction', code(hex(id))],
      ['In block', words.count(header.height)],
      // Without a receipt the place is fixed only as far as its siblings lead: of other numbers of transactions it may be another.
      receipt === null ? null : ['Place in the block', words.count(index)],
      ['Hash of the block', code(hex(hash))],
    ),
    note('The signatures were verified here. Whose keys these were then, is the ledger’s word.'),
  );
}

function outcome({ transaction: signed, receipt }, exponents) {
  if (receipt === null) {
    return section(
      'What became of it',
      el('p', null, badge('warn', 'not disclosed'), ' The receipt is not in this file: it may have been carried out, or rejected.'),
    );
  }
  if (receipt.code !== 0) {
    return section(
      'What became of it',
      el('p', null, badge('bad', 'rejected'), ` by ${rejectedBy(receipt.code)}, with code ${receipt.code}. It changed nothing.`),
    );
  }
  const events = receipt.events.map((event) => ({ ...event, ...told(event) }));
  return section(
    'What became of it',
    el('p', null, badge('good', 'carried out'), ' with code 0. What happened by it:'),
    eventList(events, signed.organization, exponents),
  );
}

function rejectedBy(code) {
  const contract = Math.floor(code / 1000);
  return contract === KERNEL ? 'the kernel' : `the contract ${contractName(contract)}`;
}

/** What an event says. The receipt is the ledger's own also where this verifier can not read what is in it. */
function told(event) {
  try {
    return readEvent(event);
  } catch (error) {
    if (error instanceof NotProven) {
      return { kind: null, says: null };
    }
    throw error;
  }
}

/** What a person who reads it has to know that it does not say. */
export function committedLimits({ receipt }) {
  return [later(receipt), 'Behind each name is an organization of this ledger, as its members admitted it.'];
}

function later(receipt) {
  if (receipt === null) {
    return 'That it is in the block does not say that it was carried out.';
  }
  return receipt.code === 0
    ? 'What it did then may have been undone or overtaken by later transactions.'
    : 'Another transaction may have done since what this one was rejected for.';
}
