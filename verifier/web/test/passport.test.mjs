// What a passport has to show and to say, on files that keep each rule and on files that break it and nothing else.

import assert from 'node:assert/strict';
import test from 'node:test';

import { fromHex, hex } from '../src/bytes.js';
import { SignedTransaction } from '../src/messages/file.js';
import { verify } from '../src/verify.js';
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

  const none = trade({ change: (state) => state.put(keys.receivable(RECEIVABLE), records.Receivable, trades.receivableOf()) });
  assert.equal(verify(prove(none, passportKeys(), { transactions: [] }), genesisFor(none), null).subject.confirmation, null);
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
