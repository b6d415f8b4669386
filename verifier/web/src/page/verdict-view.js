// The verdict, and what it rests on.

import { hex } from '../bytes.js';
import { RECEIVABLE_STATE_SETTLED } from '../unfinanced.js';
import { committedInShort, committedLimits, committedView } from './committed-view.js';
import { badge, code, el, facts, note, said, section } from './dom.js';
import { historyInShort, historyLimits, historyView } from './history-view.js';
import { passportInShort, passportView } from './passport-view.js';
import * as words from './words.js';

export function notProvenView(reason) {
  return [
    banner(
      'bad',
      'NOT PROVEN',
      el('p', { class: 'short' }, said(reason)),
      el('p', null, 'Believe nothing of what the file says.'),
    ),
  ];
}

export function provenView(found) {
  const [title, short, view] = told(found);
  return [banner('good', title, short, asOfLine(found)), ...view, restsOn(found), limits(found)];
}

/** What is proven: as a title, in a sentence, and in full. */
function told(found) {
  if (found.passport !== null) {
    return ['PROVEN', passportInShort(found), passportView(found)];
  }
  if (found.history !== null) {
    return ['PROVEN: COMPLETE HISTORY', historyInShort(found), historyView(found)];
  }
  if (found.committed !== null) {
    return ['PROVEN: COMMITTED', committedInShort(found), committedView(found)];
  }
  const short = el('p', { class: 'short' }, unfinancedInShort(found));
  return ['PROVEN: NOT FINANCED ON THIS LEDGER', short, [unfinancedSection(found)]];
}

/** The verdict in one line, for a screen reader. */
export function announcement(found) {
  return `${announced(found)} As of block ${found.asOf.header.height}.`;
}

function announced({ passport, history, committed }) {
  if (passport !== null) {
    return 'Proven.';
  }
  if (history !== null) {
    return 'Proven: complete history.';
  }
  return committed !== null ? 'Proven: committed.' : 'Proven: not financed on this ledger.';
}

function banner(kind, title, ...children) {
  const mark = kind === 'good' ? '✓' : '✕';
  return el(
    'section',
    { class: `banner ${kind}` },
    el('span', { class: 'mark', 'aria-hidden': 'true' }, mark),
    el('div', null, el('h2', { id: 'verdict' }, title), ...children),
  );
}

function asOfLine({ asOf }) {
  const { header } = asOf;
  return el(
    'p',
    null,
    `As of block ${words.count(header.height)} of the chain `,
    said(header.chain_id),
    `, made on ${words.time(header.time_ms)}.`,
  );
}

function unfinancedInShort({ unfinanced }) {
  const { invoices } = unfinanced;
  if (invoices.length === 0) {
    return 'Nothing is registered under this fingerprint.';
  }
  if (invoices.every(({ receivable }) => receivable === null)) {
    return 'It is registered, and not confirmed.';
  }
  const isSettled = invoices.some(({ receivable }) => receivable?.state === RECEIVABLE_STATE_SETTLED);
  return isSettled
    ? 'Nothing of it is left to finance: what was confirmed is settled, or its seller’s and free.'
    : 'It is confirmed, and every claim is its seller’s and free.';
}

function unfinancedSection({ unfinanced, genesis }) {
  const each = unfinanced.invoices.map(({ invoice, receivable }) =>
    facts(
      ['Invoice', said(invoice.number), `, of ${words.day(invoice.issue_date)}`],
      ['Seller', said(invoice.seller)],
      ['Buyer', said(invoice.buyer)],
      ['Amount', words.money(invoice.gross, genesis.exponents)],
      ['Due', words.day(invoice.due_date)],
      ['State', words.invoiceState(invoice.state)],
      receivable === null ? null : ['Receivable', ...receivableLine(receivable)],
      ['Id', code(hex(invoice.id))],
    ),
  );
  return section(
    'The invoice',
    facts(['Fingerprint', code(hex(unfinanced.fingerprint))]),
    ...each,
    note('That this fingerprint is that of a paper invoice is not checked here: only who has the ledger key can compute it.'),
  );
}

function receivableLine(receivable) {
  const isSettled = receivable.state === RECEIVABLE_STATE_SETTLED;
  const how = isSettled
    ? [badge('good', 'settled'), ' Who had its claims before is not said.']
    : [badge('good', 'free'), ' Every claim is the seller’s, and was never passed on.'];
  return [...how, ' ', code(hex(receivable.id))];
}

function restsOn({ asOf, checkpoint, signatures, genesis }) {
  const lines = asOf.signedBy.map(({ first, last, organizations }) => {
    const which = first === last ? `Block ${words.count(first)}` : `Blocks ${words.count(first)} to ${words.count(last)}`;
    return el('li', null, `${which}: `, said(words.together(organizations)));
  });
  const begins =
    checkpoint === null
      ? 'The genesis, and all validators that decided since. Whoever got hold of more than two thirds of the keys of one of these sets, even years later, can make a chain that never was. Against that enter a block that you know.'
      : `Block ${words.count(checkpoint.height)}, which you know, and the validators that decided since.`;
  return section(
    'What this rests on',
    facts(
      ['Begins with', begins],
      [
        'More than two thirds of the voting power of',
        lines.length === 0 ? 'nobody: the block is your checkpoint itself' : el('ul', null, lines),
      ],
      ['Signatures verified here', words.count(signatures)],
      ['Block', code(hex(asOf.hash))],
      [
        'Genesis hash',
        code(hex(genesis.hash)),
        note('Compare it with somebody you know: it is the same for every member of the network (counterfoil status).'),
      ],
    ),
  );
}

function limits(found) {
  return section(
    'What it does not say',
    el(
      'ul',
      null,
      [...laterOf(found), ...limitsOf(found)].map((line) => el('li', null, line)),
    ),
  );
}

/** That a transaction is in a block, no later block changes. */
function laterOf({ committed }) {
  return committed !== null ? [] : ['Later blocks may have changed everything: ask for a file as of today.'];
}

function limitsOf({ passport, history, committed }) {
  if (passport !== null) {
    return [
      'A regulator’s freeze is told to nobody, and so is not in this file.',
      'Behind each name is an organization of this ledger, as its members admitted it.',
    ];
  }
  if (committed !== null) {
    return committedLimits(committed);
  }
  return history !== null
    ? historyLimits(history)
    : [
        'It speaks for this ledger alone, and for one fingerprint: after a rotation of the ledger key an invoice has one under each key.',
      ];
}
