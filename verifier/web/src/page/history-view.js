// A history, as a person reads it: what happened, entry by entry, and what it adds up to.

import { hex } from '../bytes.js';
import { isDisclosed } from '../history.js';
import { badge, code, el, facts, said, section } from './dom.js';
import { eventList, figure } from './event-words.js';
import * as words from './words.js';

/** Rows that stand on the page at a time: a history of tens of thousands would freeze it. */
const ROWS = 100;

export function historyView({ history, genesis }) {
  const view = { history, exponents: genesis.exponents };
  return [happened(view), addsUp(view)];
}

/** In one sentence, for the head of the page. */
export function historyInShort({ history }) {
  const { named, length, entries, isWhole } = history;
  const who = [said(named.legal_name), el('span', { class: 'muted' }, ' ', said(words.legalId(named)))];
  if (length === 0n) {
    return el('p', { class: 'short' }, 'No transaction ever concerned ', who, '.');
  }
  const days = windowInWords(history);
  if (entries.length === 0) {
    return el('p', { class: 'short' }, 'No transaction concerned ', who, ' ', days, '.');
  }
  const many = words.count(entries.length);
  const which = entries.length === 1 ? 'The one transaction that concerned ' : `All ${many} transactions that concerned `;
  const rest = isWhole ? '. That is its whole history.' : `, of ${words.count(length)} in its whole history.`;
  const hidden = isDisclosed(entries) ? '' : ' Not all events are disclosed.';
  return el('p', { class: 'short' }, which, who, ' ', days, rest, hidden);
}

function windowInWords({ from, to, entries }) {
  const first = entries.length > 0 ? ` (on ${words.day(entries[0].entry.on)})` : '';
  const last = entries.length > 0 ? ` (on ${words.day(entries.at(-1).entry.on)})` : '';
  const begins = from === null ? `from its first${first}` : `from ${words.day(from)}`;
  return to === null ? `${begins} to its last${last}` : `${begins} to ${words.day(to)}`;
}

function happened(view) {
  const { history } = view;
  const { entries } = history;
  if (entries.length === 0) {
    const why =
      history.length === 0n
        ? 'Nothing: the ledger has no history of this organization.'
        : 'Nothing in this window: what stands before and after it in the history follows one on the other.';
    return section('What happened', el('p', null, why));
  }
  const hidden = entries.filter(({ events }) => events === null).length;
  const body = el('tbody');
  const heads = ['Day', 'Block', 'What happened'].map((head) => el('th', { scope: 'col' }, head));
  const table = el('table', { class: 'entries' }, el('thead', null, el('tr', null, heads)), body);
  return section(
    'What happened',
    hidden === 0 ? null : notDisclosed(hidden, entries.length),
    table,
    ...pager(entries.length, (from, to) => body.replaceChildren(...entries.slice(from, to).map((one) => row(view, one)))),
  );
}

function notDisclosed(hidden, all) {
  const which =
    hidden === all
      ? 'The events are not in this file. '
      : `The events of ${words.count(hidden)} of ${words.count(all)} entries are not in this file. `;
  return el(
    'div',
    { class: 'withheld' },
    el('h3', null, 'Events not disclosed'),
    el('p', null, which, 'Whoever asked for it may not read them. Which figures of the profile they moved is shown.'),
  );
}

/** Shows the first rows, and gives the buttons that lead to others where there are more. */
function pager(total, show) {
  let from = 0;
  const where = el('span', { role: 'status' });
  const go = (to) => {
    from = to;
    show(from, from + ROWS);
    where.textContent = `${words.count(from + 1)} to ${words.count(Math.min(from + ROWS, total))} of ${words.count(total)}`;
    buttons.forEach(({ button, isEnd }) => (button.disabled = isEnd()));
  };
  const lastFrom = Math.floor((total - 1) / ROWS) * ROWS;
  const isFirst = () => from === 0;
  const isLast = () => from === lastFrom;
  const buttons = [
    ['First', () => 0, isFirst],
    ['Earlier', () => from - ROWS, isFirst],
    ['Later', () => from + ROWS, isLast],
    ['Last', () => lastFrom, isLast],
  ].map(([title, to, isEnd]) => {
    const button = el('button', { type: 'button' }, title);
    button.addEventListener('click', () => go(to()));
    return { button, isEnd };
  });
  go(0);
  return total <= ROWS
    ? []
    : [el('nav', { class: 'pager', 'aria-label': 'Entries' }, where, el('span', null, buttons.map(({ button }) => button)))];
}

function row(view, { sequence, entry, events }) {
  return el(
    'tr',
    null,
    el('td', { class: 'day' }, words.day(entry.on)),
    el('td', { class: 'block' }, words.count(entry.height)),
    el(
      'td',
      null,
      events === null ? hiddenEvents(entry) : eventList(events, view.history.organization, view.exponents),
      el(
        'details',
        null,
        el('summary', null, `Entry ${words.count(sequence)}`),
        facts(
          ['Transaction', code(hex(entry.tx_id))],
          ['Place in the block', words.count(entry.index)],
          ['Figures moved', entry.figures.length === 0 ? 'none' : said(figuresInWords(entry))],
        ),
      ),
    ),
  );
}

function figuresInWords({ figures }) {
  return words.together(figures.map(figure));
}

function hiddenEvents(entry) {
  const moved = entry.figures.length === 0 ? 'moved no figure' : `moved: ${figuresInWords(entry)}`;
  return el('p', null, el('span', { class: 'muted' }, 'events not disclosed'), `; ${moved}`);
}

function addsUp(view) {
  const { entries, isWhole, profile, recomputed, length } = view.history;
  if (length === 0n) {
    return section('What it adds up to', el('p', null, 'Nothing: there is no profile either.'));
  }
  if (!isDisclosed(entries)) {
    const compared = isWhole
      ? ' As many entries as the profile says moved a figure, up to the same last one: none of these is left out.'
      : '';
    return section(
      'What it adds up to',
      el('p', null, badge('warn', 'not recomputed'), ` How the events add up is the ledger’s word.${compared}`),
      profile === null ? el('p', null, 'There is no profile: no event ever moved a figure.') : ofLedger(view),
    );
  }
  if (isWhole) {
    return recomputed === null
      ? section('What it adds up to', el('p', null, badge('good', 'recomputed'), ' No event moved a figure, and there is no profile.'))
      : section(
          'What it adds up to',
          el(
            'p',
            null,
            badge('good', 'profile recomputed'),
            ' The figures are the sum of the events above, and of all there are. The ledger’s profile says the same.',
          ),
          ...figures(view, recomputed),
        );
  }
  return section(
    'What it adds up to in the window',
    recomputed === null
      ? el('p', null, badge('good', 'recomputed'), ' No event in the window moved a figure.')
      : el('p', null, badge('good', 'recomputed'), ' The figures are the sum of the events in the window alone.'),
    ...(recomputed === null ? [] : figures(view, recomputed)),
    profile === null ? null : ofLedger(view),
  );
}

/** The profile as the ledger has it, over the whole history. */
function ofLedger(view) {
  return el(
    'details',
    null,
    el('summary', null, 'The profile over the whole history, as the ledger has it'),
    ...figures(view, view.history.profile),
  );
}

function figures({ exponents }, { debtor, supplier, bank, entries }) {
  const moved = facts(['Entries that moved a figure', words.count(entries)]);
  return [
    moved,
    debtor === null ? null : side('As a debtor', ...ofDebtor(debtor, exponents)),
    supplier === null ? null : side('As a supplier', ...ofSupplier(supplier, exponents)),
    bank === null ? null : side('As a bank', ...ofBank(bank)),
  ];
}

function side(title, ...pairs) {
  return el('div', { class: 'side' }, el('h3', null, title), facts(...pairs));
}

function ofDebtor(debtor, exponents) {
  return [
    counted('Invoices confirmed', debtor.invoices_confirmed),
    ...debtor.volumes.flatMap((volume) => ofVolume(volume, exponents)),
    ['Half of them within', debtor.invoices_confirmed === 0n ? null : medianDays(debtor.confirmed_after_days)],
    counted('Queries', debtor.queries),
    counted('Invoices rejected', debtor.invoices_rejected),
    counted('Receivables settled', debtor.receivables_settled),
    ['Of these on time', debtor.receivables_settled === 0n ? null : words.count(debtor.settled_on_time)],
    ['Days late, in all', debtor.receivables_settled === 0n ? null : words.count(debtor.days_late)],
    counted('Reports of being overdue', debtor.overdue_reports),
    counted('Defaults', debtor.defaults),
    counted('Disputes', debtor.disputes),
    counted('Disputes upheld', debtor.disputes_upheld),
  ];
}

function ofSupplier(supplier, exponents) {
  const { first_registered_on: first, last_registered_on: last } = supplier;
  return [
    counted('Invoices registered', supplier.invoices_registered),
    ['Registered', first === null ? null : `from ${words.day(first)} to ${words.day(last)}`],
    counted('Invoices confirmed', supplier.invoices_confirmed),
    ...supplier.volumes.flatMap((volume) => ofVolume(volume, exponents)),
    counted('Ended unconfirmed', supplier.invoices_ended),
    counted('Disputes', supplier.disputes),
    counted('Disputes upheld', supplier.disputes_upheld),
    counted('Notices of recourse', supplier.recourse_notices),
    counted('Payments under recourse', supplier.recourse_payments),
  ];
}

function ofBank(bank) {
  return [
    counted('Quotes', bank.quotes),
    counted('Reveals', bank.reveals),
    counted('Missed reveals', bank.missed_reveals),
    counted('Awards', bank.awards),
    counted('Failed payments', bank.failed_payments),
  ];
}

/** A figure that is nothing is left out. */
function counted(title, number) {
  return [title, number === 0n ? null : words.count(number)];
}

function ofVolume(volume, exponents) {
  const { currency, invoices, confirmed_minor: confirmed, buyers, others_minor: others } = volume;
  const amount = (minor) => said(words.amount(minor, currency, exponents));
  const rest = others === 0n ? [] : [el('li', null, 'others: ', amount(others))];
  const each = buyers.map(({ buyer, confirmed_minor: minor }) => el('li', null, said(buyer), ': ', amount(minor)));
  const notes = volume.credit_notes === 1n ? '1 credit note' : `${words.count(volume.credit_notes)} credit notes`;
  return [
    invoices === 0n ? ['Confirmed', null] : ['Confirmed', amount(confirmed), el('ul', null, each, rest)],
    ['Dilution', volume.credit_notes === 0n ? null : amount(volume.credited_minor), ` by ${notes}`],
  ];
}

/** The smallest number of days within which at least half of the invoices were confirmed. */
function medianDays(places) {
  const all = places.reduce((sum, one) => sum + one, 0n);
  let sum = 0n;
  const days = places.findIndex((one) => {
    sum += one;
    return 2n * sum >= all;
  });
  return days === 366 ? 'more than 365 days' : words.days(days);
}

/** What a person who reads a history has to know that it does not say. */
export function historyLimits({ entries }) {
  const always = [
    'It has what happened on this ledger alone.',
    'Behind each name is an organization of this ledger, as its members admitted it.',
  ];
  return isDisclosed(entries) ? always : [...always, 'How the events that are not disclosed add up is the ledger’s word.'];
}
