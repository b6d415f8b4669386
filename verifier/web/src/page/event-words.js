// Kinds of events and figures of a profile, as a person reads them.

import { EVENTS } from '../messages/events.js';
import { el, said } from './dom.js';
import * as words from './words.js';

const VERDICT_UPHELD = 1;
const RECOURSE = 1;
const QUOTE_MISSED = 5;

/** What happened, by the kind of the event; by what the event says where that depends on it. */
const KINDS = {
  'membership.proposed': 'action proposed',
  'membership.approved': 'proposal approved',
  'membership.consented': 'consent given to a proposal',
  'membership.carried_out': 'proposal carried out',
  'membership.proposal_ended': 'proposal ended',
  'membership.accounts_changed': 'accounts changed',
  'membership.approval_rule_set': 'approval rule set',
  'membership.left': 'organization left the ledger',
  'membership.decision_proposed': 'decision of the operators proposed',
  'membership.decision_voted': 'vote on a decision of the operators',
  'membership.decision_carried_out': 'decision of the operators carried out',
  'supervision.pack_published': 'policy pack published',
  'supervision.frozen': 'record frozen',
  'supervision.released': 'record released from its freeze',
  'cash.issued': 'deposit issued',
  'cash.transferred': 'deposit transferred',
  'cash.redemption_requested': 'redemption of a deposit requested',
  'cash.redemption_paid': 'redemption of a deposit paid',
  'cash.redemption_restored': 'redemption declined, deposit restored',
  'cash.returned': 'deposit returned to its issuer',
  'cash.issuers_accepted': 'banks named whose deposits are taken',
  'cash.payment_instructed': 'payment outside of the ledger instructed',
  'cash.payment_asserted': 'payment outside of the ledger asserted',
  'cash.payment_contested': 'payment outside of the ledger contested',
  'cash.payment_closed': 'payment outside of the ledger ended',
  'cash.held': 'deposit held in suspense',
  'cash.suspense_collected': 'deposit in suspense collected',
  'cash.suspense_ruled': 'deposit in suspense ruled on',
  'invoice.registered': 'invoice registered',
  'invoice.queried': 'invoice queried',
  'invoice.query_resolved': 'query about an invoice resolved',
  'invoice.confirmed': 'invoice confirmed',
  'invoice.rejected': 'invoice rejected',
  'invoice.withdrawn': 'invoice withdrawn',
  'invoice.warned': 'invoice is like another one',
  'invoice.proposed': 'invoice proposed',
  'invoice.proposal_ended': 'proposed invoice declined or taken back',
  'invoice.conditionally_confirmed': 'invoice confirmed under conditions',
  'invoice.conditions_ended': 'conditions of a confirmation ended',
  'invoice.credited': 'credit note',
  'invoice.disputed': 'invoice disputed',
  'invoice.ruled': 'dispute ruled on by an arbiter',
  'invoice.dispute_ended': ({ outcome }) => (outcome?.verdict === VERDICT_UPHELD ? 'dispute upheld' : 'dispute dismissed'),
  'receivable.opened': 'receivable opened',
  'receivable.split': 'claim split',
  'receivable.merged': 'claims merged',
  'receivable.offered': 'claim offered',
  'receivable.transferred': 'claim transferred',
  'receivable.declined': 'offer of a claim declined',
  'receivable.expired': 'offer of a claim expired',
  'receivable.overtaken': 'offer of a claim overtaken by a payment',
  'receivable.pledged': 'claim pledged',
  'receivable.released': 'claim released from its pledge',
  'receivable.guarantee_given': 'guarantee given',
  'receivable.notice_given': ({ kind }) => (kind === RECOURSE ? 'notice of recourse given' : 'notice of a guarantee given'),
  'receivable.credited': 'claim reduced by a credit note',
  'receivable.disputed': ({ disputed }) => (disputed ? 'invoice of the receivable disputed' : 'dispute about the receivable ended'),
  'financing.opened': 'financing requested',
  'financing.committed': 'quote committed',
  'financing.revealed': 'quote revealed',
  'financing.awarded': 'quote awarded',
  'financing.closed': 'financing request ended without an award',
  'financing.loan_opened': 'loan opened',
  'financing.loan_paid': ({ repaid }) => (repaid ? 'loan repaid' : 'payment on a loan'),
  'financing.quote_closed': ({ state }) => (state === QUOTE_MISSED ? 'quote not revealed in time' : 'quote declined'),
  'financing.loan_defaulted': 'loan in default',
  'financing.limit_set': 'limit set',
  'financing.quote_failed': 'quote not paid by its bank',
  'financing.programme_opened': 'programme opened',
  'financing.programme_closed': 'programme closed',
  'financing.standing_quote_made': 'standing quote made',
  'financing.claim_purchased': 'claim purchased under a programme',
  'financing.extension_drawn': 'extension drawn',
  'financing.quote_taken': 'quote taken, its payment is under way',
  'settlement.paid': receivablePaid,
  'settlement.overdue': 'receivable overdue',
  'settlement.defaulted': 'receivable in default',
  'settlement.claim_paid': 'payment on a claim',
  'settlement.fee_charged': 'fee paid',
  'settlement.claim_recovered': ({ kind }) => (kind === RECOURSE ? 'claim paid under recourse' : 'claim paid under a guarantee'),
  'credit.shared': 'profile shared',
  'credit.unshared': 'profile no longer shared',
  'calendar.rolled': 'ledger date rolled on',
  'calendar.published': 'calendar published',
};

function receivablePaid({ settled, days_late: late }) {
  const what = settled ? 'receivable paid in full' : 'part of a receivable paid';
  return late === 0 ? `${what}, on time` : `${what}, ${late === 1 ? '1 day' : `${late} days`} late`;
}

/** By the numbers of credit.proto. */
const FIGURES = new Map([
  [1, 'invoices confirmed'],
  [2, 'queries'],
  [3, 'invoices rejected'],
  [4, 'receivables settled'],
  [5, 'reports of being overdue'],
  [6, 'defaults'],
  [7, 'disputes'],
  [8, 'disputes upheld'],
  [9, 'dilution'],
  [20, 'invoices registered'],
  [21, 'confirmed volume as a seller'],
  [22, 'invoices that ended unconfirmed'],
  [23, 'disputes as a seller'],
  [24, 'disputes upheld as a seller'],
  [25, 'dilution as a seller'],
  [26, 'notices of recourse'],
  [27, 'payments under recourse'],
  [40, 'quotes'],
  [41, 'reveals'],
  [42, 'missed reveals'],
  [43, 'awards'],
  [44, 'failed payments'],
]);

/** The name of a contract by its number. */
export function contractName(number) {
  const [name] = EVENTS.get(number)?.name.split('.') ?? [`contract ${number}`];
  return name;
}

/** A list of events: each with its amount, and with whom else it names. `known` is named elsewhere, and not again. */
export function eventList(events, known, exponents) {
  if (events.length === 0) {
    return el('p', { class: 'muted' }, 'no events');
  }
  return el(
    'ul',
    null,
    events.map((event) => {
      const amount = eventAmount(event);
      const others = partiesTo(event).filter((one) => one !== known);
      return el(
        'li',
        null,
        eventKind(event),
        amount === null ? null : [', ', el('b', null, said(words.money(amount.money, exponents))), amount.of],
        others.length === 0 ? null : el('span', { class: 'muted' }, ' with ', said(words.together(others))),
      );
    }),
  );
}

function eventKind({ contract, kind, says }) {
  const told = KINDS[kind] ?? `an event of contract ${contract} that this verifier does not know`;
  return typeof told === 'string' ? told : told(says);
}

/** Whom the event itself names, of those that its table knows. */
function partiesTo({ says }) {
  const { seller, buyer, debtor, bank, award, to, payer } = says ?? {};
  const named = [seller, buyer, debtor, bank, award?.bank, to, payer];
  return [...new Set(named.filter((one) => one !== undefined && one !== ''))].sort();
}

/** The one amount that an event is about, with what it is of where there is more; null where there is none. */
function eventAmount({ says }) {
  if (says === null) {
    return null;
  }
  const about = says.award ?? says.terms ?? says.outcome ?? says.ruling ?? says;
  const plain = about.amount ?? about.gross ?? about.face ?? about.price ?? about.cap ?? about.proceeds ?? null;
  if (plain !== null) {
    return { money: plain, of: '' };
  }
  const outstanding = about.outstanding ?? null;
  if (outstanding !== null) {
    return { money: outstanding, of: ' outstanding' };
  }
  const principal = about.principal ?? null;
  return principal === null ? null : { money: principal, of: ' of principal' };
}

export function figure(number) {
  return FIGURES.get(number) ?? `figure ${number}`;
}
