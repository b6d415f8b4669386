// That no part of an invoice is financed on this ledger: nothing is registered under its fingerprint, or it was not confirmed, or all
// its claims are the seller's and free, or all of it is settled. It speaks of this ledger alone.

import { equal } from './bytes.js';
import { ensure } from './errors.js';
import { Claim, Invoice, InvoiceReference, Receivable } from './messages/records.js';
import { decode } from './protobuf.js';
import { keys } from './records.js';

/** Most invoices that can stand under one fingerprint. */
const MAX_INVOICES = 5;
export const RECEIVABLE_STATE_SETTLED = 2;

/** The invoices under a fingerprint, newest first, each with its receivable, or null where it was not confirmed. */
export function readUnfinanced(asked, records) {
  const { fingerprint } = asked;
  ensure(fingerprint.length === 32, 'The file names no fingerprint.');
  const invoices = [];
  for (let id = newest(fingerprint, records); id.length > 0;) {
    ensure(invoices.length < MAX_INVOICES, `More than ${MAX_INVOICES} invoices are under the fingerprint.`);
    const invoice = records.must(Invoice, keys.invoice(id), 'invoice');
    ensure(
      equal(invoice.id, id) && equal(invoice.strict_fingerprint, fingerprint),
      'An invoice is not one under the fingerprint that the file is about.',
    );
    const receivable = invoice.receivable.length === 0 ? null : readFree(invoice, records);
    invoices.push({ invoice, receivable });
    // Each names the one that was there before it.
    id = invoice.released_from;
  }
  return { fingerprint, invoices };
}

/** The id of the newest invoice under a fingerprint; empty where there is none. */
function newest(fingerprint, records) {
  const bytes = records.find(keys.strict(fingerprint));
  ensure(bytes !== null, 'The file does not say what stands under the fingerprint.');
  if (bytes.length === 0) {
    return bytes;
  }
  const { invoice } = decode(InvoiceReference, bytes, 'The reference to the invoice');
  ensure(invoice.length > 0, 'What stands under the fingerprint names no invoice.');
  return invoice;
}

/** The receivable of an invoice, of which no claim is another's than the seller's, or encumbered. */
function readFree(invoice, records) {
  const id = invoice.receivable;
  const receivable = records.must(Receivable, keys.receivable(id), 'receivable');
  ensure(equal(receivable.id, id) && equal(receivable.invoice, invoice.id), 'The receivable is not that of the invoice.');
  if (receivable.state === RECEIVABLE_STATE_SETTLED) {
    // Nothing is left of it that could be financed.
    return receivable;
  }
  for (let number = 0; number < receivable.claim_count; number += 1) {
    const claim = records.must(Claim, keys.claim(id, number), `claim ${number}`);
    ensure(equal(claim.receivable, id) && claim.number === number, `Claim ${number} is none of the receivable's.`);
    ensure(
      claim.controller === invoice.seller && claim.endorsement.length === 0 && claim.encumbrance === null,
      `Claim ${number} was passed on, or is offered, locked or pledged: something of the invoice is financed.`,
    );
  }
  return receivable;
}
