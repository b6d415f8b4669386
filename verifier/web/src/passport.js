// The passport of a receivable: what its debtor confirmed, who has which part of it and by which way, and what encumbers it.
//
// What whoever asked for the file may not read is left out, and said to be. What is there is whole: a claim comes with all its
// endorsements back to the seller, and with all that others undertook for it.

import { equal, hex } from './bytes.js';
import { confirmationOf } from './confirmation.js';
import { isDate } from './days.js';
import { ensure, NotProven } from './errors.js';
import { openedFields } from './fields.js';
import { Claim, DebtPayment, Endorsement, Invoice, Loan, Payment, Quote, Receivable, Undertaking } from './messages/records.js';
import { Organization } from './messages/common.js';
import { keys } from './records.js';

const CLAIM_STATE_LIVE = 1;
/** Where the penalty that was paid stays, in the receivable. */
const MOST = 2n ** 64n - 1n;

export function isLive(claim) {
  return claim.state === CLAIM_STATE_LIVE;
}

export function readPassport(asked, records, opened) {
  ensure(asked.receivable.length === 32, 'The file names no receivable.');
  const receivable = records.must(Receivable, keys.receivable(asked.receivable), 'receivable');
  ensure(equal(receivable.id, asked.receivable), 'The receivable is another than the one that the file is about.');
  ensure(receivable.face !== null, 'The receivable has no face.');
  const debtor = records.must(Organization, keys.organization(receivable.debtor), "debtor's record");
  ensure(debtor.id === receivable.debtor, "The debtor's record is another organization's.");
  const invoice = readInvoice(receivable, records);
  const passport = {
    receivable,
    debtor,
    invoice,
    confirmation: confirmationOf(receivable, debtor, records),
    claims: [],
    // By their ids, in hexadecimal digits.
    endorsements: new Map(),
    undertakings: new Map(),
    quotes: new Map(),
    loans: new Map(),
    payments: new Map(),
    paid: readPaid(receivable, records),
    withheld: [],
    opened: openedFields(opened, invoice),
  };
  readClaims(passport, records);
  readPayments(passport, records);
  checkSum(passport);
  return passport;
}

/** The endorsements of a claim, the seller's first. */
export function wayOf(passport, claim) {
  const way = [];
  for (let id = claim.endorsement; id.length > 0;) {
    const endorsement = passport.endorsements.get(hex(id));
    way.push(endorsement);
    id = endorsement.previous;
  }
  return way.reverse();
}

function readInvoice(receivable, records) {
  const invoice = records.may(Invoice, keys.invoice(receivable.invoice), 'invoice');
  if (invoice !== null) {
    ensure(
      equal(invoice.id, receivable.invoice) && equal(invoice.receivable, receivable.id) && invoice.buyer === receivable.debtor,
      'The invoice is not the one that the receivable comes of.',
    );
  }
  return invoice;
}

function readClaims(passport, records) {
  const { receivable } = passport;
  const live = new Set(receivable.live_claims);
  const shown = records.claims(receivable.id);
  for (const number of shown) {
    const claim = records.must(Claim, keys.claim(receivable.id, number), 'claim');
    ensure(
      equal(claim.receivable, receivable.id) && claim.number === number && number < receivable.claim_count,
      `Claim ${number} is none of the receivable's.`,
    );
    ensure(
      isLive(claim) === live.has(number),
      `Claim ${number} is live for the receivable and not for itself, or the other way round.`,
    );
    readWay(passport, claim, records);
    readUndertakings(passport, claim, records);
    readEncumbrance(passport, claim, records);
    passport.claims.push(claim);
  }
  const disclosed = new Set(shown);
  passport.withheld = receivable.live_claims.filter((number) => !disclosed.has(number));
}

/** The endorsements of a claim, from the last one back to the seller. */
function readWay(passport, claim, records) {
  const onThisWay = new Set();
  let holder = claim.controller;
  for (let id = claim.endorsement; id.length > 0;) {
    const known = passport.endorsements.get(hex(id));
    const endorsement = known ?? records.must(Endorsement, keys.endorsement(claim.receivable, id), 'endorsement');
    ensure(
      equal(endorsement.id, id) && equal(endorsement.receivable, claim.receivable),
      'An endorsement is another than the one that it is said to be.',
    );
    ensure(endorsement.to === holder, `Claim ${claim.number} is not with whom it was endorsed to.`);
    // No ledger endorses in a circle: whoever could forge one would otherwise keep this verifier going for ever.
    ensure(!onThisWay.has(hex(id)), `The endorsements of claim ${claim.number} lead back to themselves.`);
    if (known !== undefined) {
      // What is behind one that is known was read with it, up to the seller.
      return;
    }
    onThisWay.add(hex(id));
    passport.endorsements.set(hex(id), endorsement);
    readQuote(passport, endorsement.request, endorsement.to, records);
    holder = endorsement.from;
    id = endorsement.previous;
  }
  ensure(
    passport.invoice === null || passport.invoice.seller === holder,
    `Claim ${claim.number} does not come from the invoice's seller.`,
  );
}

function readUndertakings(passport, claim, records) {
  for (const { undertaking: id } of claim.undertakings) {
    if (!passport.undertakings.has(hex(id))) {
      const undertaking = records.must(Undertaking, keys.undertaking(claim.receivable, id), 'undertaking');
      ensure(
        equal(undertaking.id, id) && equal(undertaking.receivable, claim.receivable),
        'An undertaking is another than the one that it is said to be.',
      );
      passport.undertakings.set(hex(id), undertaking);
    }
  }
}

function readEncumbrance(passport, claim, records) {
  if (claim.encumbrance === null) {
    return;
  }
  const { offered, locked, pledged } = claim.encumbrance;
  if (pledged !== null) {
    readLoan(passport, pledged, records);
  } else if (offered === null && locked === null) {
    throw new NotProven(`What encumbers claim ${claim.number} is nothing that this verifier knows.`);
  }
}

function readLoan(passport, pledged, records) {
  if (passport.loans.has(hex(pledged.loan))) {
    return;
  }
  const loan = records.may(Loan, keys.loan(pledged.loan), 'loan');
  if (loan !== null) {
    ensure(equal(loan.id, pledged.loan) && loan.lender === pledged.pledgee, 'A loan is not the one that a claim is pledged for.');
    passport.loans.set(hex(loan.id), loan);
    readQuote(passport, loan.request, loan.lender, records);
  }
}

/** What a bank quoted for a request, where one is named and the quote is disclosed. */
function readQuote(passport, request, bank, records) {
  const of = `${hex(request)}/${bank}`;
  if (request.length === 0 || passport.quotes.has(of)) {
    return;
  }
  const quote = records.may(Quote, keys.quote(request, bank), 'quote');
  if (quote !== null) {
    ensure(equal(quote.request, request) && quote.bank === bank, 'A quote is another than the one that it is said to be.');
    passport.quotes.set(of, quote);
  }
}

/** Payments by banks outside of the ledger that are under way; those disclosed. */
function readPayments(passport, records) {
  for (const id of passport.receivable.payments) {
    const payment = records.may(Payment, keys.payment(id), 'payment');
    if (payment !== null) {
      ensure(equal(payment.id, id), 'A payment is another than the one that it is said to be.');
      passport.payments.set(hex(id), payment);
    }
  }
}

/** What the debtor paid, one payment after the other, none of them left out. */
function readPaid(receivable, records) {
  const paid = [];
  let [principal, penalty] = [0n, 0n];
  for (let number = 0; number < receivable.debt_payments; number += 1) {
    const payment = records.must(DebtPayment, keys.debtPayment(receivable.id, number), `debtor’s payment ${number}`);
    ensure(
      equal(payment.receivable, receivable.id) && payment.number === number,
      `Payment ${number} of the debtor is another than the one that it is said to be.`,
    );
    ensure(isDate(payment.value_date), `Payment ${number} of the debtor has no value date.`);
    principal += payment.principal_minor;
    penalty += payment.penalty_minor;
    paid.push(payment);
  }
  // They may come to less: before version 9 of the rules, no records were made of them.
  ensure(principal <= receivable.redeemed_minor, 'The debtor’s payments come to more principal than was paid.');
  ensure((penalty > MOST ? MOST : penalty) <= receivable.penalty_paid_minor, 'The debtor’s payments come to more penalty than was paid.');
  return paid;
}

/** Where all live claims are disclosed, they are what is left of the face. */
function checkSum({ receivable, claims, withheld }) {
  if (withheld.length > 0) {
    return;
  }
  let sum = receivable.redeemed_minor + receivable.credited_minor;
  for (const claim of claims.filter(isLive)) {
    sum += claim.outstanding_minor;
  }
  ensure(sum === receivable.face.minor, 'The live claims do not add up to the face less what was paid and credited.');
}
