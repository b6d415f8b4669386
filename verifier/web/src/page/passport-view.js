// A passport, as a person reads it.

import { hex } from '../bytes.js';
import { isLive, wayOf } from '../passport.js';
import { badge, code, el, facts, note, said, section } from './dom.js';
import * as words from './words.js';

export function passportView({ passport, genesis }) {
  const view = { passport, exponents: genesis.exponents, currency: passport.receivable.face.currency };
  return [trade(view), confirmation(view), claims(view), fields(view), paid(view), loans(view), quotes(view), payments(view)];
}

/** In one sentence, for the head of the page. */
export function passportInShort({ passport, genesis }) {
  const { receivable, debtor, invoice } = passport;
  const owed = words.money(receivable.face, genesis.exponents);
  const of = invoice === null ? [] : [' on invoice ', said(invoice.number), ' of ', said(invoice.seller)];
  const verb = passport.confirmation === null ? ' is the debtor of ' : ' confirmed that it owes ';
  const hidden = passport.withheld.length === 0 ? '' : ' Not all of it is disclosed.';
  return el('p', { class: 'short' }, said(debtor.legal_name), verb, el('b', null, owed), ...of, '.', hidden);
}

function trade({ passport, exponents, currency }) {
  const { receivable, debtor, invoice } = passport;
  const { terms } = receivable;
  const amount = (minor) => words.amount(minor, currency, exponents);
  const left = receivable.face.minor - receivable.redeemed_minor - receivable.credited_minor;
  const isAdjusted = words.day(receivable.due_date) !== words.day(receivable.adjusted_due_date);
  return section(
    'The receivable',
    facts(
      ['Debtor', said(debtor.legal_name), el('span', { class: 'muted' }, ' ', said(words.legalId(debtor)))],
      ['Seller', invoice === null ? notDisclosed() : said(invoice.seller)],
      ['Invoice', ...(invoice === null ? [notDisclosed()] : [said(invoice.number), `, of ${words.day(invoice.issue_date)}`])],
      ['Face', el('b', null, words.money(receivable.face, exponents))],
      ['Still to be paid', `${amount(left)}${receivable.state === 2 ? '' : ' of principal'}`],
      receivable.redeemed_minor > 0n ? ['Paid so far', amount(receivable.redeemed_minor)] : null,
      receivable.credited_minor > 0n ? ['Taken off by credit notes', amount(receivable.credited_minor)] : null,
      receivable.penalty_paid_minor > 0n ? ['Penalty paid', amount(receivable.penalty_paid_minor)] : null,
      ['Due', words.day(receivable.due_date)],
      isAdjusted ? ['Due by the calendar', words.day(receivable.adjusted_due_date)] : null,
      ['State', state(receivable)],
      ['Confirmed on', words.day(receivable.confirmed_on)],
      receivable.settled_on === null ? null : ['Settled on', words.day(receivable.settled_on)],
      terms === null ? null : ['Terms', termsInWords(terms)],
      ['Receivable', code(hex(receivable.id))],
      invoice === null ? null : ['Hash of the document', code(hex(invoice.document_hash))],
    ),
  );
}

function notDisclosed() {
  return el('span', { class: 'muted' }, 'not disclosed');
}

function state(receivable) {
  const word = words.receivableState(receivable.state);
  const kind = receivable.state === 3 || receivable.state === 4 ? 'bad' : 'good';
  return el('span', null, badge(kind, word), receivable.disputed ? [' ', badge('warn', 'its invoice is disputed')] : null);
}

function termsInWords(terms) {
  const parts = [
    terms.assignable ? 'may be transferred' : 'may not be transferred',
    `${words.days(terms.grace_days)} of grace`,
    `${words.rate(terms.penalty_rate_ppm)} on principal paid late`,
  ];
  const fees = terms.fees.length === 0 ? [] : [`fees to ${words.together(terms.fees.map((fee) => fee.payee))}`];
  return said([...parts, ...fees].join('; '));
}

function confirmation({ passport }) {
  const { confirmation: found } = passport;
  if (found === null) {
    return section(
      'The debtor’s confirmation',
      el('p', null, badge('warn', 'not in the file')),
      note(
        'The receivable is older than the rules under which a receivable names the transaction that confirmed it. That the debtor ' +
          'confirmed is the ledger’s word here: more than two thirds of its validators say so, and no signature of the debtor’s own.',
      ),
    );
  }
  const accounts = el(
    'ul',
    { class: 'hashes' },
    found.accounts.map((key) => el('li', null, code(hex(key)))),
  );
  const consentProposal = found.carriedOutBy?.consentProposal ?? null;
  return section(
    'The debtor’s own confirmation',
    found.proposal === null
      ? el(
          'p',
          null,
          'Under this very amount and these very terms stands the signature of ',
          said(passport.debtor.legal_name),
          '. It was verified here.',
        )
      : carriedOut(passport.debtor, found.carriedOutBy),
    facts(
      ['Transaction', code(hex(found.transaction))],
      found.proposal === null ? null : ['Proposal', code(hex(found.proposal))],
      consentProposal === null ? null : ['Proposal to consent', code(hex(consentProposal))],
      [found.proposal === null ? 'Signed by the debtor’s accounts' : 'Made and approved by the debtor’s accounts', accounts],
    ),
  );
}

function carriedOut(debtor, { organization, isConsent, isProposed }) {
  const how = isConsent ? ', whose consent was needed,' : ', by further accounts of its own,';
  const under = isProposed
    ? ' signed last, for a consent that it proposed itself, under the hash of the debtor’s proposal: '
    : ' signed last, under the hash of that proposal: ';
  return el(
    'p',
    null,
    said(debtor.legal_name),
    ' proposed to confirm this very amount and these very terms. ',
    said(organization),
    how,
    under,
    'this signature was verified here. Who else signed is as the ledger recorded it.',
  );
}

function claims(view) {
  const { passport, exponents, currency } = view;
  const live = passport.claims.filter(isLive);
  const spent = passport.claims.filter((claim) => !isLive(claim));
  return section(
    'Who has it now',
    live.length === 0 && passport.withheld.length === 0
      ? el('p', null, 'There are no live claims: nothing of it is owed any more.')
      : null,
    el(
      'ul',
      { class: 'claims' },
      live.map((claim) => claimView(view, claim)),
    ),
    passport.withheld.length === 0 ? null : withheld(passport, exponents, currency),
    spent.length === 0
      ? null
      : el(
          'details',
          null,
          el(
            'summary',
            null,
            spent.length === 1 ? 'One claim that is spent' : `${words.count(spent.length)} claims that are spent`,
          ),
          el(
            'ul',
            { class: 'claims' },
            spent.map((claim) => claimView(view, claim)),
          ),
        ),
  );
}

function withheld({ receivable, claims: shown, withheld: numbers }, exponents, currency) {
  let left = receivable.face.minor - receivable.redeemed_minor - receivable.credited_minor;
  shown.filter(isLive).forEach((claim) => {
    left -= claim.outstanding_minor;
  });
  const which = words.together(numbers.map((number) => `#${number}`));
  return el(
    'div',
    { class: 'withheld' },
    el('h3', null, 'Not disclosed'),
    el(
      'p',
      null,
      numbers.length === 1 ? `Claim ${which} is live and not in this file. ` : `Claims ${which} are live and not in this file. `,
      `The rest of the face is there: ${words.amount(left < 0n ? 0n : left, currency, exponents)}. Whoever asked for the file may not read more.`,
    ),
  );
}

function claimView(view, claim) {
  const { passport, exponents, currency } = view;
  const amount = (minor) => words.amount(minor, currency, exponents);
  return el(
    'li',
    { class: 'claim' },
    el(
      'div',
      { class: 'claim-head' },
      el('span', { class: 'number' }, `#${claim.number}`),
      el('b', { class: 'holder' }, said(claim.controller)),
      el('b', { class: 'amount' }, isLive(claim) ? amount(claim.outstanding_minor) : 'spent'),
    ),
    isLive(claim) ? el('p', { class: 'burden' }, encumbrance(view, claim)) : null,
    way(passport, claim),
    claim.penalty !== null && claim.penalty.minor > 0n
      ? note(`Penalty accrued up to ${words.day(claim.penalty.to)}: ${amount(claim.penalty.minor)}.`)
      : null,
    claim.rank === 2 ? note('It is paid after the senior claims.') : null,
    claim.undertakings.length === 0 ? null : undertakings(view, claim),
  );
}

function encumbrance({ exponents }, claim) {
  if (claim.encumbrance === null) {
    return badge('good', 'free');
  }
  const { offered, locked, pledged } = claim.encumbrance;
  if (offered !== null) {
    const price = offered.price === null ? '' : ` for ${words.money(offered.price, exponents)}`;
    return [
      badge('warn', 'offered'),
      ' to ',
      said(offered.to),
      ` (${words.purpose(offered.purpose)}${price}, ${words.recourse(offered.recourse)}), until ${words.day(offered.expires_on)}`,
    ];
  }
  if (pledged !== null) {
    return [badge('warn', 'pledged'), ' to ', said(pledged.pledgee), ' for loan ', code(hex(pledged.loan))];
  }
  const waits = locked.payment.length > 0 ? ', and awarded: it waits for a payment by the banks' : '';
  return [badge('warn', 'locked'), ' by request ', code(hex(locked.request)), ' to banks', waits];
}

function way(passport, claim) {
  const steps = wayOf(passport, claim);
  if (steps.length === 0) {
    return el('p', { class: 'way-none' }, 'It was never passed on.');
  }
  const first = el(
    'li',
    null,
    said(steps[0].from),
    el('span', { class: 'muted' }, passport.invoice === null ? ', who had it first' : ', the seller'),
  );
  const rest = steps.map((step) =>
    el(
      'li',
      null,
      said(step.to),
      el(
        'span',
        { class: 'muted' },
        ` on ${words.day(step.at)}, ${words.purpose(step.purpose)}, ${words.recourse(step.recourse)}`,
      ),
    ),
  );
  return el('div', { class: 'way' }, el('h3', null, 'Its way'), el('ol', null, first, rest));
}

function undertakings({ passport, exponents }, claim) {
  const lines = claim.undertakings.map(({ undertaking: id, noticed_on: noticed }) => {
    const one = passport.undertakings.get(hex(id));
    const cap = one.cap_minor === 0n ? 'without a cap' : `up to ${words.amount(one.cap_minor, one.currency, exponents)}`;
    const paid = one.paid_minor === 0n ? '' : `, of which ${words.amount(one.paid_minor, one.currency, exponents)} was paid`;
    const until = one.expires_on === null ? '' : `, until ${words.day(one.expires_on)}`;
    const notice = noticed === null ? '' : `; notice was given on ${words.day(noticed)}`;
    return el('li', null, `${words.undertakingKind(one.kind)} of `, said(one.by), `, ${cap}${paid}${until}${notice}`);
  });
  return el('div', { class: 'way' }, el('h3', null, 'If the debtor does not pay'), el('ul', null, lines));
}

function fields({ passport }) {
  if (passport.opened.length === 0) {
    return null;
  }
  return section(
    'Private fields of the invoice that were opened',
    facts(...passport.opened.map(([name, value]) => [said(name), said(value, { lines: true })])),
    note('Each was found under the hash that the registration of the invoice carries. Others may exist and stay private.'),
  );
}

function loans({ passport, exponents }) {
  const all = [...passport.loans.values()];
  return all.length === 0
    ? null
    : section(
        'Loans on pledged claims',
        all.map((loan) =>
          facts(
            ['Lender', said(loan.lender)],
            ['Borrower', said(loan.borrower)],
            ['Principal', words.money(loan.principal, exponents)],
            [
              'Outstanding',
              loan.principal === null ? null : words.amount(loan.outstanding_minor, loan.principal.currency, exponents),
            ],
            ['Interest', words.rate(loan.rate_ppm)],
            ['Due', words.day(loan.due_date)],
            ['State', words.loanState(loan.state)],
            ['Loan', code(hex(loan.id))],
          ),
        ),
      );
}

/** Each payment that the debtor made, with what of it went to principal and to penalty. */
function paid({ passport, exponents, currency }) {
  const { receivable, paid: all } = passport;
  const amount = (minor) => words.amount(minor, currency, exponents);
  const listed = all.reduce((sum, one) => sum + one.principal_minor, 0n);
  if (all.length === 0 && receivable.redeemed_minor === 0n) {
    return null;
  }
  return section(
    'What the debtor paid',
    all.map((one) =>
      facts(
        ['Value date', words.day(one.value_date)],
        ['Principal', amount(one.principal_minor)],
        one.penalty_minor === 0n ? null : ['Penalty', amount(one.penalty_minor)],
        ['Transaction', code(hex(one.transaction))],
      ),
    ),
    listed < receivable.redeemed_minor
      ? note(
          `Of the principal paid so far, ${amount(receivable.redeemed_minor - listed)} was paid under older rules, which kept no ` +
            'record of each payment.',
        )
      : note('None is left out: they are numbered, and the receivable says how many there are.'),
  );
}

function quotes({ passport, exponents }) {
  const all = [...passport.quotes.values()];
  return all.length === 0
    ? null
    : section(
        'Quotes of banks that are behind it',
        all.map((quote) =>
          facts(
            ['Bank', said(quote.bank)],
            quote.terms === null || quote.terms.amount === null ? null : ['For', words.money(quote.terms.amount, exponents)],
            quote.terms === null ? null : ['Rate', words.rate(quote.terms.rate_ppm)],
            ['State', words.quoteState(quote.state)],
            quote.award === null
              ? null
              : ['Awarded', `${words.money(quote.award.amount, exponents)} on ${words.day(quote.award.awarded_on)}`],
            ['Request', code(hex(quote.request))],
          ),
        ),
      );
}

function payments({ passport, exponents }) {
  const all = [...passport.payments.values()];
  return all.length === 0
    ? null
    : section(
        'Payments under way outside of the ledger',
        all.map((payment) =>
          facts(
            ['From', said(payment.payer)],
            ['To', said(payment.payee)],
            ['Amount', words.money(payment.amount, exponents)],
            ['State', words.paymentState(payment.state)],
            ['Payment', code(hex(payment.id))],
          ),
        ),
      );
}
