// The debtor's own signature under what it undertook to pay.

import { equal, u32 } from './bytes.js';
import { hash } from './crypto.js';
import { ensure, NotProven } from './errors.js';
import { InvoiceAction, MembershipAction, Proposal, Terms } from './messages/records.js';
import { decode, encode } from './protobuf.js';
import { keys } from './records.js';

const MEMBERSHIP = 1;
const INVOICE = 4;

/**
 * The confirmation that a receivable names: the transaction, the accounts that signed, and, where these made and approved a proposal,
 * that and what carried it out. Null of a receivable that is older than the rules under which it would name one.
 */
export function confirmationOf(receivable, debtor, records) {
  if (receivable.confirmation.length === 0) {
    return null;
  }
  const transaction = records.signed(receivable.confirmation);
  if (transaction.contract === INVOICE) {
    ensure(transaction.organization === debtor.id, 'The confirmation is another organization’s than the debtor’s.');
    checkConfirms(receivable, transaction.action);
    checkAccounts(debtor, transaction.signers);
    return { transaction: receivable.confirmation, accounts: transaction.signers, proposal: null, carriedOutBy: null };
  }
  ensure(transaction.contract === MEMBERSHIP, 'The transaction that the receivable names is no confirmation.');
  return ofProposal(receivable, debtor, transaction, records);
}

/** A confirmation that was proposed. The last signature that it needed, of the debtor or of who had to consent, is the transaction's. */
function ofProposal(receivable, debtor, transaction, records) {
  const { propose, approve, consent } = decode(MembershipAction, transaction.action, 'The action by which the debtor confirmed');
  if (propose !== null) {
    // It had all the signatures it needed, and was carried out at once.
    ensure(
      transaction.organization === debtor.id && propose.contract === INVOICE,
      'What was proposed is not the debtor’s confirmation.',
    );
    checkConfirms(receivable, propose.action);
    checkAccounts(debtor, transaction.signers);
    return { transaction: receivable.confirmation, accounts: transaction.signers, proposal: null, carriedOutBy: null };
  }
  const signed = approve ?? consent;
  if (signed === null) {
    throw new NotProven('The transaction that the receivable names is no confirmation.');
  }
  const proposal = records.must(Proposal, keys.proposal(signed.proposal), 'proposal by which the debtor confirmed');
  ensure(
    equal(proposal.id, signed.proposal) && proposal.organization === debtor.id && proposal.contract === INVOICE,
    'The proposal that was carried out is not one of the debtor’s to confirm an invoice.',
  );
  const looked = hash('counterfoil/action/v1', proposal.id, u32(proposal.contract), proposal.action);
  ensure(
    equal(proposal.action_hash, looked) && equal(signed.action_hash, looked),
    'The transaction that the receivable names was signed under another action.',
  );
  checkConfirms(receivable, proposal.action);
  checkAccounts(debtor, proposal.signers);
  if (approve !== null) {
    ensure(transaction.organization === debtor.id, 'The proposal was approved by another organization than the debtor.');
    checkAccounts(debtor, transaction.signers);
  }
  return {
    transaction: receivable.confirmation,
    accounts: proposal.signers,
    proposal: proposal.id,
    carriedOutBy: { organization: transaction.organization, accounts: transaction.signers, isConsent: approve === null },
  };
}

/** Whether an action undertakes to pay this receivable: of this invoice, over this face, under these terms. */
function checkConfirms(receivable, action) {
  const { confirm, confirm_conditionally: conditionally } = decode(
    InvoiceAction,
    action,
    'The action by which the debtor confirmed',
  );
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
