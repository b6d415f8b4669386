// What a file proves, in short, as plain JSON. Every verifier says the same of the same file.

import { hex } from './bytes.js';
import { isLive, wayOf } from './passport.js';

export function summaryOf({ asOf, checkpoint, signatures, passport, unfinanced }) {
  const { header } = asOf;
  return {
    chain_id: header.chain_id,
    height: Number(header.height),
    block: hex(asOf.hash),
    time_ms: header.time_ms.toString(),
    checkpoint: checkpoint && { height: Number(checkpoint.height), hash: hex(checkpoint.hash) },
    signed_by: asOf.signedBy.map(({ first, last, organizations }) => ({
      first: Number(first),
      last: Number(last),
      organizations,
    })),
    signatures,
    subject: passport !== null ? ofPassport(passport) : ofUnfinanced(unfinanced),
  };
}

function ofPassport(passport) {
  const { receivable, confirmation, invoice } = passport;
  return {
    kind: 'passport',
    receivable: hex(receivable.id),
    debtor: receivable.debtor,
    face_minor: receivable.face.minor.toString(),
    currency: receivable.face.currency,
    confirmation: confirmation && ofConfirmation(confirmation),
    invoice: invoice && invoice.number,
    claims: passport.claims.map((claim) => ({
      number: claim.number,
      holder: claim.controller,
      outstanding_minor: claim.outstanding_minor.toString(),
      live: isLive(claim),
      encumbrance: encumbranceOf(claim),
      way: wayOf(passport, claim).map(({ from, to }) => [from, to]),
    })),
    not_disclosed: passport.withheld,
    opened: passport.opened,
  };
}

function ofConfirmation({ transaction, accounts, proposal }) {
  const signed = { transaction: hex(transaction), accounts: accounts.map(hex) };
  return proposal === null ? signed : { ...signed, proposal: hex(proposal) };
}

function encumbranceOf({ encumbrance }) {
  if (encumbrance === null) {
    return null;
  }
  if (encumbrance.offered !== null) {
    return `offered to ${encumbrance.offered.to}`;
  }
  return encumbrance.pledged !== null ? `pledged to ${encumbrance.pledged.pledgee}` : 'locked';
}

function ofUnfinanced({ fingerprint, invoices }) {
  return {
    kind: 'unfinanced',
    fingerprint: hex(fingerprint),
    invoices: invoices.map(({ invoice, receivable }) => ({
      id: hex(invoice.id),
      seller: invoice.seller,
      number: invoice.number,
      receivable: receivable && hex(receivable.id),
    })),
  };
}
