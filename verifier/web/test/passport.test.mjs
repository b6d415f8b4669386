// What a passport has to show and to say, on files that keep each rule and on files that break it and nothing else.

import assert from 'node:assert/strict';
import test from 'node:test';

import { equal, fromHex, hex } from '../src/bytes.js';
import { SignedTransaction } from '../src/messages/file.js';
import { summaryOf } from '../src/summary.js';
import { check, verify } from '../src/verify.js';
import { decode, encode, id, keyOf, keys, records, transactionOf } from './ledger.mjs';
import { refused } from './refused.mjs';
import * as trades from './trade.mjs';

const { trade, prove, passportKeys, genesisFor, RECEIVABLE, INVOICE, FACE, TERMS } = trades;

test('a passport is read whole', () => {
  const world = trade();
  const asked = passportKeys();
  const said = verify(prove(world, asked, { opened: [trades.opened(0), trades.opened(4)] }), genesisFor(world), null);
  assert.equal(said.signatures, 5);
  assert.deepEqual(
    said.subject.claims.map(({ number, holder, live, encumbrance, way }) => [number, holder, live, encumbrance, way]),
    [
      [0, 'supplier', false, null, []],
      [
        1,
        'bank-f',
        true,
        null,
        [
          ['supplier', 'bank-e'],
          ['bank-e', 'bank-f'],
        ],
      ],
      [2, 'supplier', true, 'pledged to bank-e', []],
      [3, 'supplier', true, 'offered to bank-g', []],
      [4, 'bank-e', true, 'locked', [['supplier', 'bank-e']]],
    ],
  );
  assert.deepEqual(said.subject.opened, [
    ['line-1', 'value of line-1'],
    ['weight', 'value of weight'],
  ]);
  assert.deepEqual(
    said.subject.confirmation.accounts,
    [keyOf('buyer-1'), keyOf('buyer-2')].map((key) => hex(key.publicKey)).sort(),
  );
});

test('what may be left out of a passport may, and nothing else', () => {
  const world = trade();
  const without = (...left) => verify(prove(world, passportKeys(left)), genesisFor(world), null).subject;
  const mayBeLeftOut = [
    keys.quote(trades.REQUEST, 'bank-e'),
    keys.loan(trades.LOAN),
    keys.payment(trades.PAYMENT),
    keys.claim(RECEIVABLE, 0),
  ];
  mayBeLeftOut.forEach((key) => without(key));
  assert.equal(without(keys.invoice(INVOICE)).invoice, null);
  assert.deepEqual(without(keys.claim(RECEIVABLE, 3)).not_disclosed, [3]);
  const mustBeThere = {
    'lacks the receivable': keys.receivable(RECEIVABLE),
    "lacks the debtor's record": keys.organization('buyer'),
    'lacks the endorsement': keys.endorsement(RECEIVABLE, trades.SOLD),
    'lacks the undertaking': keys.undertaking(RECEIVABLE, trades.GUARANTEE),
  };
  for (const [sentence, key] of Object.entries(mustBeThere)) {
    refused(() => without(key), new RegExp(sentence));
  }
  refused(() => without(keys.claim(RECEIVABLE, 1), keys.claim(RECEIVABLE, 4)), /record that it does not need/);
});

test('nothing stands in a file that its subject does not ask for', () => {
  const world = trade();
  const stray = transactionOf('buyer', ['buyer-1'], 4, trades.confirm({ acknowledged: [1] }));
  const transactions = [world.signed, stray].sort((one, other) => (hex(one.id) < hex(other.id) ? -1 : 1)).map((one) => one.bytes);
  const say = (asked, fields) => () => verify(prove(world, asked, fields), genesisFor(world), null);
  refused(say([...passportKeys(), keys.invoice(id('other invoice 1'))]), /record that it does not need/);
  refused(say([...passportKeys(), keys.invoice(id('no invoice'))]), /record that it does not need/);
  refused(say([...passportKeys(), keys.claim(RECEIVABLE, 5)]), /no claim where there has to be one/);
  refused(say(passportKeys(), { transactions }), /transaction that it does not need/);
  refused(say(passportKeys(), { transactions: transactions.toReversed() }), /do not ascend/);
  refused(say(passportKeys(), { transactions: [transactions[0], transactions[0]] }), /do not ascend/);
  refused(say(passportKeys(), { transactions: [] }), /lacks the transaction/);
  refused(say(passportKeys(), { format: 2 }), /format 2/);
  refused(say(passportKeys(), { passport: null }), /what it is about/);
  refused(say(passportKeys(), { state: null }), /no proof of the state/);
  refused(say(passportKeys(), { passport: { receivable: id('another') } }), /lacks the receivable/);
  refused(say(passportKeys(), { passport: { receivable: new Uint8Array(0) } }), /names no receivable/);
  refused(() => verify(new Uint8Array(4 * 1024 * 1024 + 1), genesisFor(world), null), /longer than 4 MiB/);
  refused(() => verify(new Uint8Array(0), genesisFor(world), null), /format 0/);
});

test('each record has to be what it stands for', () => {
  const put = (key, type, fields) => (state) => state.put(key, type, fields);
  const claim = (number, fields) => put(keys.claim(RECEIVABLE, number), records.Claim, trades.claimOf(number, fields));
  const endorsement = (one, fields) =>
    put(keys.endorsement(RECEIVABLE, one), records.Endorsement, trades.endorsementOf({ id: one, ...fields }));
  const receivable = (fields) => (state, world) =>
    state.put(keys.receivable(RECEIVABLE), records.Receivable, trades.receivableOf({ confirmation: world.signed.id, ...fields }));
  const cases = [
    [receivable({ id: id('another') }), /another than the one that the file is about/],
    [receivable({ face: { minor: 1_000_001n, currency: 'USD' } }), /another amount/],
    [receivable({ face: { minor: 1_000_000n, currency: 'EUR' } }), /another amount/],
    [receivable({ terms: { ...TERMS, grace_days: 11 } }), /other terms/],
    [receivable({ terms: null }), /no confirmation/],
    [receivable({ invoice: id('other invoice 1') }), /lacks|does not need|another invoice/],
    [receivable({ redeemed_minor: 50_001n }), /do not add up/],
    [receivable({ live_claims: [1, 2, 3] }), /claim 4 is live/i],
    [receivable({ live_claims: [0, 1, 2, 3, 4] }), /claim 0 is live/i],
    [receivable({ claim_count: 4 }), /claim 4 is none/i],
    [receivable({ confirmation: id('another') }), /lacks the transaction/],
    [claim(2, { receivable: id('another') }), /Claim 2 is none/],
    [(state) => state.put(keys.claim(RECEIVABLE, 2), records.Claim, trades.claimOf(3)), /Claim 2 is none/],
    [claim(2, { controller: 'bank-e' }), /does not come from the invoice's seller/],
    [claim(2, { controller: 'bank-z', endorsement: trades.SOLD }), /not with whom it was endorsed to/],
    [claim(2, { encumbrance: { offered: null, locked: null, pledged: null } }), /nothing that this verifier knows/],
    [
      claim(2, { encumbrance: { offered: null, locked: null, pledged: { loan: trades.LOAN, pledgee: 'bank-x' } } }),
      /loan is not the one/,
    ],
    [endorsement(trades.SOLD, { from: 'somebody' }), /does not come from the invoice's seller/],
    [endorsement(trades.PASSED_ON, { previous: trades.SOLD, from: 'bank-x', to: 'bank-f' }), /not with whom/],
    [endorsement(trades.SOLD, { id: id('another') }), /endorsement is another/],
    [endorsement(trades.SOLD, { receivable: id('another') }), /endorsement is another/],
    [endorsement(trades.SOLD, { previous: trades.SOLD, from: 'bank-e' }), /lead back to themselves/],
    [
      put(keys.undertaking(RECEIVABLE, trades.GUARANTEE), records.Undertaking, { id: id('another'), receivable: RECEIVABLE }),
      /undertaking is another/,
    ],
    [put(keys.quote(trades.REQUEST, 'bank-e'), records.Quote, { request: trades.REQUEST, bank: 'another' }), /quote is another/],
    [put(keys.payment(trades.PAYMENT), records.Payment, { id: id('another') }), /payment is another/],
    [
      put(keys.invoice(INVOICE), records.Invoice, { id: INVOICE, receivable: RECEIVABLE, buyer: 'another' }),
      /invoice is not the one/,
    ],
    [put(keys.organization('buyer'), records.Proposal, { organization: 'buyer' }), /not written|not know|another organization/],
  ];
  for (const [change, sentence] of cases) {
    const world = trade({ change });
    refused(() => verify(prove(world, passportKeys()), genesisFor(world), null), sentence, String(sentence));
  }
});

test('a way that leads back to itself over others ends', () => {
  const change = (state) => {
    const endorse = (one, previous, from, to) =>
      state.put(keys.endorsement(RECEIVABLE, one), records.Endorsement, trades.endorsementOf({ id: one, previous, from, to }));
    endorse(trades.SOLD, trades.PASSED_ON, 'bank-f', 'bank-e');
    endorse(trades.PASSED_ON, trades.SOLD, 'bank-e', 'bank-f');
  };
  const world = trade({ change });
  refused(() => verify(prove(world, passportKeys()), genesisFor(world), null), /lead back to themselves/);
});

test("the confirmation is the debtor's, signed by its accounts", () => {
  const say = (confirmation, put = () => {}) => {
    const world = trade({ confirmation, change: put });
    const asked = [
      ...passportKeys(),
      ...world.state.records.map((one) => one.key).filter((key) => String.fromCharCode(...key).startsWith('membership/proposal')),
    ];
    return verify(prove(world, asked), genesisFor(world), null).subject.confirmation;
  };
  const plain =
    (action, { by = 'buyer', accounts = ['buyer-1'], contract = 4 } = {}) =>
    () =>
      say(transactionOf(by, accounts, contract, action));
  assert.equal(plain(trades.confirm())().accounts.length, 1);
  assert.equal(plain(trades.confirmConditionally())().accounts.length, 1);
  refused(plain(trades.confirm({ amount: { ...FACE, minor: 1n } })), /another amount/);
  refused(plain(trades.confirm({ amount: null })), /another amount/);
  refused(plain(trades.confirm({ invoice: id('another') })), /another invoice/);
  refused(plain(trades.confirm({ terms_hash: id('another') })), /other terms/);
  refused(plain(trades.confirmConditionally({ terms: { ...TERMS, grace_days: 9 } })), /other terms/);
  refused(plain(trades.confirmConditionally({ terms: null })), /other terms/);
  refused(plain(trades.confirm(), { by: 'supplier' }), /another organization/);
  refused(plain(trades.confirm(), { accounts: ['buyer-1', 'supplier-1'] }), /none of the debtor/);
  refused(plain(trades.confirm(), { contract: 5 }), /no confirmation/);
  refused(plain(new Uint8Array(0)), /no confirmation/);
  refused(plain(fromHex('0a00')), /does not know/, 'an action of another kind');

  const proposed = (action, options) => () => {
    const { signed, put } = trades.proposed(action, options);
    return say(signed, put);
  };
  assert.equal(proposed(trades.confirm())().proposal, hex(trades.PROPOSAL));
  assert.equal(proposed(trades.confirm(), { as: 'consent', by: 'supplier', accounts: ['supplier-1'] })().accounts.length, 1);
  refused(proposed(trades.confirm(), { by: 'supplier' }), /another organization/);
  refused(proposed(trades.confirm(), { accounts: ['supplier-1'] }), /none of the debtor/);
  refused(proposed(trades.confirm({ amount: null })), /another amount/);
  refused(proposed(trades.confirm(), { actionHash: id('another') }), /another action/);
  const atOnce = (action, options) => () => say(trades.proposedAtOnce(action, options));
  assert.equal(atOnce(trades.confirm())().proposal, undefined);
  assert.equal(atOnce(trades.confirm())().accounts.length, 1);
  refused(atOnce(trades.confirm({ amount: null })), /another amount/);
  refused(atOnce(trades.confirm(), { by: 'supplier' }), /not the debtor/);
  refused(atOnce(trades.confirm(), { contract: 5 }), /not the debtor/);
  refused(atOnce(trades.confirm(), { accounts: ['supplier-1'] }), /none of the debtor/);
  const { signed } = trades.proposed(trades.confirm());
  refused(() => say(signed), /lacks the proposal/);
  refused(proposed(trades.confirm(), { record: { organization: 'supplier' } }), /not one of the debtor/);
  refused(proposed(trades.confirm(), { record: { contract: 5 }, actionHash: id('another') }), /another action/);
  refused(proposed(trades.confirm(), { record: { id: id('another'), at: trades.PROPOSAL } }), /proposal is another/);
  refused(proposed(trades.confirm(), { record: { action_hash: id('another') } }), /another action/);
  refused(proposed(trades.confirm(), { record: { signers: [] } }), /none of the debtor/);
  refused(proposed(trades.confirm(), { record: { signers: [keyOf('supplier-1').publicKey] } }), /none of the debtor/);

  const none = trade({ change: (state) => state.put(keys.receivable(RECEIVABLE), records.Receivable, trades.receivableOf()) });
  assert.equal(verify(prove(none, passportKeys(), { transactions: [] }), genesisFor(none), null).subject.confirmation, null);
});

test('a consent to the confirmation may itself be proposed', () => {
  const given = (options, { without = [] } = {}) => {
    const { signed, put } = trades.proposedConsent(trades.confirm(), options);
    const world = trade({ confirmation: signed, change: put });
    const asked = [trades.PROPOSAL, trades.CONSENT_PROPOSAL]
      .filter((one) => !without.includes(one) && world.state.records.some(({ key }) => equal(key, keys.proposal(one))))
      .map(keys.proposal);
    return () => check(prove(world, [...passportKeys(), ...asked]), genesisFor(world), null);
  };
  const approved = (options) => ({ as: 'approve', ...options });
  for (const [options, proposal] of [
    [{}, null],
    [approved(), hex(trades.CONSENT_PROPOSAL)],
  ]) {
    const found = given(options)();
    const { organization, isConsent, isProposed, consentProposal } = found.passport.confirmation.carriedOutBy;
    assert.deepEqual([organization, isConsent, isProposed], ['supplier', true, true]);
    assert.equal(consentProposal && hex(consentProposal), proposal);
    assert.deepEqual(summaryOf(found).subject.confirmation, {
      transaction: hex(found.passport.receivable.confirmation),
      proposal: hex(trades.PROPOSAL),
      accounts: [hex(keyOf('buyer-1').publicKey)],
    });
    assert.equal(found.signatures, 4);
    // Each proposal has to be there, and what stands in the debtor's own is checked as without any consent.
    refused(given(options, { without: [trades.PROPOSAL] }), /lacks the proposal by which the debtor confirmed/);
    refused(given({ ...options, consentHash: id('another') }), /another action/);
    refused(given({ ...options, record: { organization: 'supplier' } }), /not one of the debtor/);
    refused(given({ ...options, record: { action_hash: id('another') } }), /another action/);
    refused(given({ ...options, record: { id: id('another'), at: trades.PROPOSAL } }), /proposal is another/);
    refused(given({ ...options, record: { signers: [keyOf('supplier-1').publicKey] } }), /none of the debtor/);
    refused(given({ ...options, inner: 'approve' }), /neither the debtor’s confirmation nor a consent/);
    refused(given({ ...options, inner: 'propose' }), /neither the debtor’s confirmation nor a consent/);
  }
  refused(given(approved(), { without: [trades.CONSENT_PROPOSAL] }), /lacks the proposal that was carried out/);
  refused(given(approved({ by: 'buyer' })), /another organization than its own/);
  refused(given(approved({ own: { organization: 'buyer' } })), /another organization than its own/);
  refused(given(approved({ actionHash: id('another') })), /another action/);
  refused(given(approved({ own: { action_hash: id('another') } })), /another action/);
  refused(given(approved({ own: { id: id('another'), at: trades.CONSENT_PROPOSAL } })), /proposal is another/);
  refused(given(approved({ own: { action: trades.confirm() }, actionHash: id('another') })), /another action/);
  // Not a consent to a consent.
  refused(given({ as: 'consent' }), /not one of the debtor/);
});

test('what the debtor paid is all there', () => {
  const say = (amounts, { numbers = amounts.map((_, at) => at), change = () => {} } = {}) => {
    const world = trade({
      change: (state, at) => {
        trades.pay(...amounts)(state, at);
        change(state, at);
      },
    });
    const asked = [...passportKeys(), ...numbers.map((number) => keys.debtPayment(RECEIVABLE, number))];
    return () => verify(prove(world, asked), genesisFor(world), null).subject.paid;
  };
  const two = [
    [20_000n, 0n],
    [30_000n, 30n],
  ];
  assert.deepEqual(say([])(), []);
  assert.deepEqual(say(two)(), [
    ['2025-03-01', '20000', '0'],
    ['2025-03-02', '30000', '30'],
  ]);
  // Less than was paid: the rest was under older rules.
  assert.deepEqual(say([[1n, 0n]])(), [['2025-03-01', '1', '0']]);
  refused(say(two, { numbers: [0] }), /lacks the debtor’s payment 1/);
  refused(say(two, { numbers: [1] }), /lacks the debtor’s payment 0/);
  refused(say(two, { numbers: [0, 1, 2] }), /record that it does not need/);
  const paid = (fields) => say([two[0], [30_000n, 30n, fields]]);
  refused(paid({ receivable: id('another') }), /Payment 1 of the debtor is another/);
  refused(paid({ number: 0 }), /Payment 1 of the debtor is another/);
  refused(paid({ value_date: null }), /Payment 1 of the debtor has no value date/);
  refused(paid({ value_date: { year: 2025, month: 2, day: 29 } }), /Payment 1 of the debtor has no value date/);
  refused(paid({ principal_minor: 30_001n }), /more principal than was paid/);
  refused(paid({ penalty_minor: 31n }), /more penalty than was paid/);
  refused(say([[50_001n, 0n]]), /more principal than was paid/);
  const missing = (state) => {
    state.records = state.records.filter(({ key }) => !equal(key, keys.debtPayment(RECEIVABLE, 1)));
  };
  refused(say(two, { change: missing }), /no debtor’s payment 1 where there has to be one/);
  // What was paid of penalty stays at the most that the receivable can say.
  const most = 2n ** 64n - 1n;
  const saturated = (penalty) => (state, world) =>
    state.put(
      keys.receivable(RECEIVABLE),
      records.Receivable,
      trades.receivableOf({ confirmation: world.signed.id, debt_payments: 2, penalty_paid_minor: penalty }),
    );
  const much = [
    [20_000n, most],
    [30_000n, 5n],
  ];
  assert.deepEqual(say(much, { change: saturated(most) })()[1], ['2025-03-02', '30000', '5']);
  refused(say(much, { change: saturated(most - 1n) }), /more penalty than was paid/);
  refused(say([[most, 0n], [1n, 0n]]), /more principal than was paid/);
});

test('a passport of which a byte is another is not proven', () => {
  const { signed, put } = trades.proposedConsent(trades.confirm(), { as: 'approve' });
  const change = (state, world) => {
    put(state);
    trades.pay([20_000n, 0n], [30_000n, 30n])(state, world);
  };
  const world = trade({ confirmation: signed, change });
  const more = [keys.proposal(trades.PROPOSAL), keys.proposal(trades.CONSENT_PROPOSAL)];
  const paid = [keys.debtPayment(RECEIVABLE, 0), keys.debtPayment(RECEIVABLE, 1)];
  const bytes = prove(world, [...passportKeys(), ...more, ...paid]);
  assert.equal(verify(bytes, genesisFor(world), null).subject.paid.length, 2);
  // Each seventh byte, as each file is checked whole.
  for (let at = 0; at < bytes.length; at += 7) {
    const other = bytes.slice();
    other[at] ^= 1 << at % 8;
    refused(() => verify(other, genesisFor(world), null), /./, `byte ${at}`);
  }
});

test('signatures under transactions are verified', () => {
  const world = trade();
  const say = (change) => {
    const { transaction, signatures } = decode(SignedTransaction, world.signed.bytes, 'It');
    const signed = { transaction, signatures: signatures.map((one) => one.slice()) };
    change(signed);
    return () =>
      verify(prove(world, passportKeys(), { transactions: [encode(SignedTransaction, signed)] }), genesisFor(world), null);
  };
  refused(
    say((signed) => (signed.signatures[1][3] ^= 1)),
    /does not verify/,
  );
  refused(
    say((signed) => signed.signatures.reverse()),
    /does not verify/,
  );
  refused(
    say((signed) => signed.signatures.pop()),
    /one signature for each/,
  );
  refused(
    say((signed) => signed.signatures.push(signed.signatures[0])),
    /one signature for each/,
  );
  const many = transactionOf(
    'buyer',
    Array.from({ length: 9 }, (_, at) => `buyer-${at}`),
    4,
    trades.confirm(),
  );
  const crowded = trade({ confirmation: many });
  refused(() => verify(prove(crowded, passportKeys()), genesisFor(crowded), null), /one signature for each/);
});

test('private fields lead to the root, and to no other', () => {
  const world = trade();
  const say =
    (...opened) =>
    () =>
      verify(prove(world, passportKeys(), { opened }), genesisFor(world), null).subject.opened;
  for (let position = 0; position < trades.FIELDS.length; position += 1) {
    assert.equal(say(trades.opened(position))()[0][0], trades.FIELDS[position].name);
  }
  const good = trades.opened(1);
  for (const other of [
    { name: 'line-22' },
    { value: 'another' },
    { salt: id('another') },
    { salt: new Uint8Array(31) },
    { position: 0 },
    { position: 5 },
    { count: 0 },
    { count: 2 },
    { count: 1025 },
    { siblings: good.siblings.slice(1) },
    { siblings: [...good.siblings, id('another')] },
    { siblings: good.siblings.toReversed() },
    { siblings: good.siblings.map((one) => one.subarray(1)) },
  ]) {
    refused(say({ ...good, ...other }), /none of the invoice's/, JSON.stringify(Object.keys(other)));
  }
  refused(say(trades.opened(1), trades.opened(0)), /do not ascend/);
  refused(say(trades.opened(1), trades.opened(1)), /do not ascend/);
  refused(
    () => verify(prove(world, passportKeys([keys.invoice(INVOICE)]), { opened: [good] }), genesisFor(world), null),
    /not disclosed/,
  );
  refused(say({ ...good, value: 'x'.repeat(64 * 1024 + 1) }), /longer than 64 KiB/);
});
