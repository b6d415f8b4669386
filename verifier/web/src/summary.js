// What a file proves, in short, as plain JSON. Every verifier says the same of the same file.

import { hex } from './bytes.js';
import { sha256 } from './crypto.js';
import { iso } from './days.js';
import { Profile } from './messages/history.js';
import { isLive, wayOf } from './passport.js';
import { encode } from './protobuf.js';

export function summaryOf(found) {
  const { asOf, checkpoint, signatures } = found;
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
    subject: subjectOf(found),
  };
}

function subjectOf({ passport, unfinanced, history, committed }) {
  if (passport !== null) {
    return ofPassport(passport);
  }
  if (committed !== null) {
    return ofCommitted(committed);
  }
  return unfinanced !== null ? ofUnfinanced(unfinanced) : ofHistory(history);
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
    paid: passport.paid.map((one) => [iso(one.value_date), one.principal_minor.toString(), one.penalty_minor.toString()]),
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

function ofHistory({ organization, from, to, length, isWhole, entries, profile, recomputed }) {
  return {
    kind: 'history',
    organization,
    from: from && iso(from),
    to: to && iso(to),
    length: Number(length),
    whole: isWhole,
    entries: entries.map(({ sequence, entry, events }) => ({
      sequence: Number(sequence),
      transaction: hex(entry.tx_id),
      height: Number(entry.height),
      index: entry.index,
      on: iso(entry.on),
      figures: entry.figures,
      events: events && ofEvents(events),
    })),
    profile: hashOfProfile(profile),
    recomputed: hashOfProfile(recomputed),
  };
}

function ofCommitted({ id, transaction, header, index, receipt }) {
  return {
    kind: 'committed',
    transaction: hex(id),
    organization: transaction.organization,
    height: Number(header.height),
    // Without a receipt only the sides of its siblings are proven.
    index: receipt ? index : null,
    receipt: receipt && { code: receipt.code, events: ofEvents(receipt.events) },
  };
}

function ofEvents(events) {
  return events.map(({ contract, body }) => [contract, hex(sha256(body))]);
}

function hashOfProfile(profile) {
  return profile && hex(sha256(encode(Profile, profile)));
}
