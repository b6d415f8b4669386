// A trade on the tests' ledger: an invoice, its confirmation, and claims that were split, sold, pledged, offered and locked.

import { concat, u32 } from '../src/bytes.js';
import { hash } from '../src/crypto.js';
import {
  certified,
  date,
  encode,
  file,
  genesisOf,
  headerOf,
  id,
  keyOf,
  keys,
  of,
  Organization,
  records,
  State,
  transactionOf,
  validators,
} from './ledger.mjs';
import { leafOf, merkle, siblingsOf } from './merkle.mjs';

const INVOICE_CONTRACT = 4;
const MEMBERSHIP_CONTRACT = 1;

export const INVOICE = id('invoice');
export const RECEIVABLE = id('receivable');
export const FINGERPRINT = id('fingerprint');
export const REQUEST = id('request');
export const LOAN = id('loan');
export const PAYMENT = id('payment');
export const SOLD = id('endorsement 1');
export const PASSED_ON = id('endorsement 2');
export const GUARANTEE = id('guarantee');
export const PROPOSAL = id('proposal');
export const CONSENT_PROPOSAL = id('proposal to consent');

export const TERMS = of(records.Terms, {
  day_count: 5,
  convention: 2,
  grace_days: 10,
  penalty_rate_ppm: 80_000,
  assignable: true,
  calendar: 'TARGET',
});
export const FACE = { minor: 1_000_000n, currency: 'USD' };

export function confirm(fields = {}) {
  const given = { invoice: INVOICE, amount: FACE, terms_hash: termsHash(TERMS), ...fields };
  return encode(records.InvoiceAction, {
    confirm: of(records.InvoiceAction.byNumber.get(4).type, given),
    confirm_conditionally: null,
  });
}

export function confirmConditionally(fields = {}) {
  const given = { invoice: INVOICE, amount: FACE, terms: TERMS, reason: 'less was delivered', ...fields };
  return encode(records.InvoiceAction, {
    confirm: null,
    confirm_conditionally: of(records.InvoiceAction.byNumber.get(11).type, given),
  });
}

export function termsHash(terms) {
  return hash('counterfoil/terms/v1', encode(records.Terms, terms));
}

/** The trade as it stands on the ledger. `change(state, world)` may change it before it is proven. */
export function trade({
  powers = { 'bank-a': 1, 'bank-b': 1, 'bank-c': 1, 'bank-d': 1 },
  confirmation = null,
  change = () => {},
} = {}) {
  const signed = confirmation ?? transactionOf('buyer', ['buyer-1', 'buyer-2'], INVOICE_CONTRACT, confirm());
  const state = new State();
  const world = { state, signed, set: validators(powers), signers: Object.keys(powers).slice(0, 3) };
  putOrganizations(state);
  putInvoice(state);
  putReceivable(state, signed.id);
  putClaims(state);
  // Others' records, which are not in any proof.
  for (let number = 0; number < 40; number += 1) {
    state.put(keys.invoice(id(`other invoice ${number}`)), records.Invoice, {
      id: id(`other invoice ${number}`),
      seller: 'somebody',
    });
  }
  change(state, world);
  return world;
}

function putOrganizations(state) {
  const account = (name) => ({ public_key: keyOf(name).publicKey, permissions: [1, 2, 3], from_height: 0n, until_height: 0n });
  state.put(keys.organization('buyer'), Organization, {
    id: 'buyer',
    legal_name: 'Buyer Ltd',
    lei: '5493001KJTIIGC8Y1R12',
    roles: [1],
    accounts: [account('buyer-1'), account('buyer-2')],
    status: 1,
  });
}

function putInvoice(state) {
  state.put(keys.invoice(INVOICE), records.Invoice, {
    id: INVOICE,
    seller: 'supplier',
    buyer: 'buyer',
    number: 'INV-7',
    issue_date: date(2025, 1, 10),
    due_date: date(2025, 4, 10),
    gross: FACE,
    type_code: 380,
    terms: TERMS,
    document_hash: id('document'),
    payload_root: payloadRoot(FIELDS),
    state: 3,
    strict_fingerprint: FINGERPRINT,
    receivable: RECEIVABLE,
    registered_on: date(2025, 1, 11),
  });
  state.put(keys.strict(FINGERPRINT), records.InvoiceReference, { invoice: INVOICE });
}

export function receivableOf(fields = {}) {
  return {
    id: RECEIVABLE,
    invoice: INVOICE,
    debtor: 'buyer',
    face: FACE,
    due_date: date(2025, 4, 10),
    adjusted_due_date: date(2025, 4, 10),
    terms: TERMS,
    state: 1,
    redeemed_minor: 50_000n,
    credited_minor: 50_000n,
    confirmed_on: date(2025, 1, 15),
    claim_count: 5,
    live_claims: [1, 2, 3, 4],
    payments: [PAYMENT],
    ...fields,
  };
}

function putReceivable(state, confirmation) {
  state.put(keys.receivable(RECEIVABLE), records.Receivable, receivableOf({ confirmation }));
  state.put(keys.payment(PAYMENT), records.Payment, {
    id: PAYMENT,
    payer: 'buyer',
    payee: 'bank-e',
    amount: { minor: 7n, currency: 'USD' },
    state: 1,
  });
}

export function claimOf(number, fields = {}) {
  return {
    receivable: RECEIVABLE,
    number,
    face_minor: 225_000n,
    outstanding_minor: 225_000n,
    controller: 'supplier',
    state: 1,
    rank: 1,
    ...fields,
  };
}

export function endorsementOf(fields = {}) {
  return {
    id: SOLD,
    receivable: RECEIVABLE,
    claim: 0,
    from: 'supplier',
    to: 'bank-e',
    purpose: 2,
    recourse: 1,
    at: date(2025, 1, 20),
    ...fields,
  };
}

function putClaims(state) {
  const put = (number, fields) => state.put(keys.claim(RECEIVABLE, number), records.Claim, claimOf(number, fields));
  put(0, { face_minor: 1_000_000n, outstanding_minor: 0n, state: 2 });
  put(1, {
    controller: 'bank-f',
    endorsement: PASSED_ON,
    parents: [0],
    undertakings: [{ undertaking: GUARANTEE, noticed_on: null }],
  });
  put(2, { parents: [0], encumbrance: { offered: null, locked: null, pledged: { loan: LOAN, pledgee: 'bank-e' } } });
  put(3, {
    parents: [0],
    encumbrance: {
      offered: of(records.Claim.byNumber.get(11).type.byNumber.get(1).type, { to: 'bank-g', purpose: 1 }),
      locked: null,
      pledged: null,
    },
  });
  put(4, {
    parents: [0],
    controller: 'bank-e',
    endorsement: SOLD,
    encumbrance: { offered: null, locked: { request: id('another request'), payment: new Uint8Array(0) }, pledged: null },
  });
  const endorse = (fields) =>
    state.put(keys.endorsement(RECEIVABLE, fields.id ?? SOLD), records.Endorsement, endorsementOf(fields));
  endorse({ request: REQUEST });
  endorse({ id: PASSED_ON, previous: SOLD, from: 'bank-e', to: 'bank-f', purpose: 1 });
  state.put(keys.undertaking(RECEIVABLE, GUARANTEE), records.Undertaking, {
    id: GUARANTEE,
    receivable: RECEIVABLE,
    kind: 2,
    by: 'guarantor',
    cap_minor: 9n,
    currency: 'USD',
  });
  state.put(keys.quote(REQUEST, 'bank-e'), records.Quote, { request: REQUEST, bank: 'bank-e', state: 2 });
  state.put(keys.loan(LOAN), records.Loan, {
    id: LOAN,
    lender: 'bank-e',
    borrower: 'supplier',
    principal: { minor: 100n, currency: 'USD' },
    outstanding_minor: 100n,
  });
}

/** Everything that the trade's passport may show, but for what `without` names. */
export function passportKeys(without = []) {
  const all = [
    keys.receivable(RECEIVABLE),
    keys.organization('buyer'),
    keys.invoice(INVOICE),
    ...[0, 1, 2, 3, 4].map((number) => keys.claim(RECEIVABLE, number)),
    keys.endorsement(RECEIVABLE, SOLD),
    keys.endorsement(RECEIVABLE, PASSED_ON),
    keys.undertaking(RECEIVABLE, GUARANTEE),
    keys.quote(REQUEST, 'bank-e'),
    keys.loan(LOAN),
    keys.payment(PAYMENT),
  ];
  const left = new Set(without.map(String));
  return all.filter((key) => !left.has(String(key)));
}

/** Payments of the debtor, of so much principal and penalty each, on the ledger, and what the receivable has of them. */
export function pay(...amounts) {
  return (state, world) => {
    amounts.forEach(([principal, penalty, fields = {}], number) => {
      state.put(keys.debtPayment(RECEIVABLE, number), records.DebtPayment, {
        receivable: RECEIVABLE,
        number,
        transaction: id(`payment ${number}`),
        value_date: date(2025, 3, number + 1),
        principal_minor: principal,
        penalty_minor: penalty,
        ...fields,
      });
    });
    const fields = { confirmation: world.signed.id, penalty_paid_minor: 30n, debt_payments: amounts.length };
    state.put(keys.receivable(RECEIVABLE), records.Receivable, receivableOf(fields));
  };
}

/** A file over a world: of the passport, unless `fields` says something else. */
export function prove(world, asked, fields = {}) {
  const header = headerOf(9, world.set, world.set, world.state.root());
  return file({
    passport: { receivable: RECEIVABLE },
    headers: [certified(header, world.signers, { round: 1 })],
    transactions: [world.signed.bytes],
    ...world.state.prove(asked),
    ...fields,
  });
}

export function unfinanced(world, asked, fields = {}) {
  return prove(world, asked, { passport: null, unfinanced: { fingerprint: FINGERPRINT }, transactions: [], ...fields });
}

export function genesisFor(world) {
  return genesisOf(world.set);
}

function lookedAt(proposal, contract, action) {
  return hash('counterfoil/action/v1', proposal, u32(contract), action);
}

function membership(kind, fields) {
  return encode(records.MembershipAction, { propose: null, approve: null, consent: null, [kind]: fields });
}

/** `at` is the key's id, where the record's is another. */
function putProposal(state, { at = null, ...fields }) {
  const signers = [keyOf('buyer-1').publicKey];
  const given = { id: PROPOSAL, organization: 'buyer', contract: INVOICE_CONTRACT, signers, state: 2, ...fields };
  state.put(keys.proposal(at ?? given.id), records.Proposal, {
    action_hash: lookedAt(given.id, given.contract, given.action),
    ...given,
  });
}

/** A confirmation that the buyer's accounts proposed and approved, or that another organization had to consent to. */
export function proposed(action, { as = 'approve', by = 'buyer', accounts = ['buyer-2'], actionHash = null, record = {} } = {}) {
  const looked = lookedAt(PROPOSAL, INVOICE_CONTRACT, action);
  const signed = membership(as, { proposal: PROPOSAL, action_hash: actionHash ?? looked });
  const put = (state) => putProposal(state, { action, ...record });
  return { signed: transactionOf(by, accounts, MEMBERSHIP_CONTRACT, signed), put };
}

/**
 * A confirmation that the buyer proposed, and that another organization had to consent to, which proposed that itself: carried out at
 * once, or, with `as` approve, by an approval. `record` is of the buyer's proposal, `own` of the one to consent.
 */
export function proposedConsent(action, options = {}) {
  const { as = 'propose', by = 'supplier', inner = 'consent', consentHash = null, actionHash = null, record = {}, own = {} } = options;
  const looked = lookedAt(PROPOSAL, INVOICE_CONTRACT, action);
  const signature = { proposal: PROPOSAL, action_hash: consentHash ?? looked };
  const consent = membership(inner, inner === 'propose' ? proposeOf(action) : signature);
  const signed =
    as === 'propose'
      ? membership(as, proposeOf(consent, MEMBERSHIP_CONTRACT))
      : membership(as, {
          proposal: CONSENT_PROPOSAL,
          action_hash: actionHash ?? lookedAt(CONSENT_PROPOSAL, MEMBERSHIP_CONTRACT, consent),
        });
  const put = (state) => {
    putProposal(state, { action, ...record });
    if (as !== 'propose') {
      const fields = { id: CONSENT_PROPOSAL, organization: 'supplier', contract: MEMBERSHIP_CONTRACT, action: consent };
      putProposal(state, { ...fields, signers: [keyOf('supplier-1').publicKey], ...own });
    }
  };
  return { signed: transactionOf(by, ['supplier-2'], MEMBERSHIP_CONTRACT, signed), put };
}

function proposeOf(action, contract = INVOICE_CONTRACT) {
  return { contract, action, consents_of: [], expires_on: null };
}

/** A confirmation that the buyer proposed, and that was carried out at once. */
export function proposedAtOnce(action, { by = 'buyer', accounts = ['buyer-1'], contract = INVOICE_CONTRACT } = {}) {
  return transactionOf(by, accounts, MEMBERSHIP_CONTRACT, membership('propose', proposeOf(action, contract)));
}

/** Private fields of the invoice. */
export const FIELDS = ['line-1', 'line-2', 'price', 'site', 'weight'].map((name) => ({
  name,
  value: `value of ${name}`,
  salt: id(`salt of ${name}`),
}));

function entryOf({ name, value, salt }) {
  const text = (string) => concat(u32(new TextEncoder().encode(string).length), new TextEncoder().encode(string));
  return hash('counterfoil/private-field/v1', salt, text(name), text(value));
}

export function payloadRoot(fields) {
  return merkle(fields.map((field) => leafOf(entryOf(field))));
}

export function opened(position, fields = FIELDS) {
  const siblings = siblingsOf(
    fields.map((field) => leafOf(entryOf(field))),
    position,
  );
  return { position, count: fields.length, ...fields[position], siblings };
}
