// The debtor's own signature under what it undertook to pay.

import { equal, u32 } from './bytes.js';
import { hash } from './crypto.js';
import { ensure, NotProven } from './errors.js';
import { InvoiceAction, MembershipAction, Proposal, Terms } from './messages/records.js';
import { decode, encode } from './protobuf.js';
import { keys } from './records.js';

const MEMBERSHIP = 1;
const INVOICE = 4;
/** What is said of an action that can not be read. */
const ACTION = 'The action by which the debtor confirmed';

/**
 * The confirmation that a receivable names: the transaction, the accounts that signed, and, where these made and approved a proposal,
 * that and what carried it out. Null of a receivable that is older than the rules under which it would name one.
 */
export function confirmationOf(receivable, debtor, records) {
  if (receivable.confirmation.length === 0) {
    return null;
  }
  const { transaction } = records.signed(receivable.confirmation, 'transaction by which the debtor confirmed');
  if (transaction.contract === INVOICE) {
    ensure(transaction.organization === debtor.id, 'The confirmation is another organization’s than the debtor’s.');
    return signedByDebtor(receivable, debtor, transaction, transaction.action);
  }
  ensure(transaction.contract === MEMBERSHIP, 'The transaction that the receivable names is no confirmation.');
  const { propose, approve, consent } = decode(MembershipAction, transaction.action, ACTION);
  if (propose !== null) {
    return ofProposing(receivable, debtor, transaction, propose, records);
  }
  if (approve !== null) {
    return ofApproving(receivable, debtor, transaction, approve, records);
  }
  if (consent === null) {
    throw new NotProven('The transaction that the receivable names is no confirmation.');
  }
  return ofConsent(receivable, debtor, transaction, { consent, proposal: null, isProposed: false }, records);
}

/** A transaction whose signers undertake to pay, by this action. */
function signedByDebtor(receivable, debtor, { signers }, action) {
  checkConfirms(receivable, action);
  checkAccounts(debtor, signers);
  return { transaction: receivable.confirmation, accounts: signers, proposal: null, carriedOutBy: null };
}

/** A proposal that had all the signatures it needed, and was carried out at once: to confirm, or to consent to that. */
function ofProposing(receivable, debtor, transaction, { contract, action }, records) {
  if (contract === MEMBERSHIP) {
    const given = { consent: consentIn(action), proposal: null, isProposed: true };
    return ofConsent(receivable, debtor, transaction, given, records);
  }
  ensure(
    transaction.organization === debtor.id && contract === INVOICE,
    'What was proposed is not the debtor’s confirmation.',
  );
  return signedByDebtor(receivable, debtor, transaction, action);
}

/** The last approval of a proposal of the organization's own: to confirm, or to consent to that. */
function ofApproving(receivable, debtor, transaction, approve, records) {
  const proposal = looked(approve, 'proposal that was carried out', records);
  if (proposal.contract === MEMBERSHIP) {
    ensure(
      proposal.organization === transaction.organization,
      'The proposal to consent was approved by another organization than its own.',
    );
    const given = { consent: consentIn(proposal.action), proposal: proposal.id, isProposed: true };
    return ofConsent(receivable, debtor, transaction, given, records);
  }
  ensure(transaction.organization === debtor.id, 'The proposal was approved by another organization than the debtor.');
  checkAccounts(debtor, transaction.signers);
  return ofProposal(receivable, debtor, transaction, proposal, { isConsent: false, isProposed: false, consentProposal: null });
}

/** The consent of who had to consent to the debtor's proposal. */
function ofConsent(receivable, debtor, transaction, { consent, proposal: own, isProposed }, records) {
  const proposal = looked(consent, 'proposal by which the debtor confirmed', records);
  return ofProposal(receivable, debtor, transaction, proposal, { isConsent: true, isProposed, consentProposal: own });
}

function consentIn(action) {
  const { consent } = decode(MembershipAction, action, ACTION);
  if (consent === null) {
    throw new NotProven('What was proposed is neither the debtor’s confirmation nor a consent to it.');
  }
  return consent;
}

/** A proposal, under the hash of whose action an approval or a consent was signed. */
function looked(signed, kind, records) {
  const proposal = records.must(Proposal, keys.proposal(signed.proposal), kind);
  ensure(equal(proposal.id, signed.proposal), 'A proposal is another than the one that it is said to be.');
  const expected = hash('counterfoil/action/v1', proposal.id, u32(proposal.contract), proposal.action);
  ensure(
    equal(proposal.action_hash, expected) && equal(signed.action_hash, expected),
    'The transaction that the receivable names was signed under another action.',
  );
  return proposal;
}

/** A confirmation that the debtor proposed. The last signature that it needed is the transaction's. */
function ofProposal(receivable, debtor, transaction, proposal, how) {
  ensure(
    proposal.organization === debtor.id && proposal.contract === INVOICE,
    'The proposal that was carried out is not one of the debtor’s to confirm an invoice.',
  );
  checkConfirms(receivable, proposal.action);
  checkAccounts(debtor, proposal.signers);
  return {
    transaction: receivable.confirmation,
    accounts: proposal.signers,
    proposal: proposal.id,
    carriedOutBy: { organization: transaction.organization, accounts: transaction.signers, ...how },
  };
}

/** Whether an action undertakes to pay this receivable: of this invoice, over this face, under these terms. */
function checkConfirms(receivable, action) {
  const { confirm, confirm_conditionally: conditionally } = decode(InvoiceAction, action, ACTION);
  const given = confirm ?? conditionally;
  const { terms } = receivable;
  if (given === null || terms === null) {
    throw new NotProven('The transaction that the receivable names is no confirmation.');
  }
  ensure(equal(given.invoice, receivable.invoice), 'The debtor confirmed another invoice.');
  ensure(isSameMoney(given.amount, receivable.face), 'The debtor confirmed another amount than the face.');
  const expected = termsHash(terms);
  const found = confirm !== null ? confirm.terms_hash : conditionally.terms && termsHash(conditionally.terms);
  ensure(found !== null && equal(found, expected), 'The debtor confirmed other terms.');
}

function termsHash(terms) {
  return hash('counterfoil/terms/v1', encode(Terms, terms));
}

function isSameMoney(one, other) {
  return one !== null && other !== null && one.minor === other.minor && one.currency === other.currency;
}

function checkAccounts(debtor, signers) {
  const isAccount = (signer) => debtor.accounts.some((account) => equal(account.public_key, signer));
  ensure(
    signers.length > 0 && signers.every(isAccount),
    'The confirmation is signed by an account that is none of the debtor’s.',
  );
}
