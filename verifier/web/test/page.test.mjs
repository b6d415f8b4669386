// The page as a person has it: opened from a file in a real browser, which has nothing to load and nowhere to send anything.
//
// The browser is Chromium: Debian's (apt-get install chromium), or whatever the variable CHROMIUM names.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';

import axe from 'axe-core';
import puppeteer from 'puppeteer-core';

import * as blocks from './committed.mjs';
import { happened, profile, prove, rangeOf, SET, world } from './history.mjs';
import { date, genesisFile } from './ledger.mjs';

const ROOT = new URL('../', import.meta.url);
const FOLDER = new URL('../../../tests/vectors/proofs/', import.meta.url);
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** Milliseconds that a verdict may take, on a machine that is busy with other things too. */
const PATIENCE = 120_000;

const genesis = { name: 'genesis.json', bytes: readFileSync(new URL('genesis.json', FOLDER)) };
let browser = null;
let page = null;
const faults = [];

before(async () => {
  const executablePath = process.env.CHROMIUM ?? PLACES.find(existsSync);
  assert.ok(executablePath, 'there is no Chromium here: install it, or name it in CHROMIUM');
  // Chromium's own sandbox does not work for root, as which tests run in containers.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  browser = await puppeteer.launch({ executablePath, args, protocolTimeout: PATIENCE });
  page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => faults.push(message.text()));
  page.on('request', (request) => {
    if (!/^(file|blob):/.test(request.url())) {
      faults.push(request.url());
    }
  });
});

after(() => browser?.close());

async function open({ width = 900, scheme = 'light' } = {}) {
  await page.setViewport({ width, height: 800 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.goto(new URL('verify.html', ROOT).href);
}

function proof(name) {
  return { name: `${name}.proof`, bytes: readFileSync(new URL(`${name}.proof`, FOLDER)) };
}

function expectedOf(name) {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'));
}

function flipped(file) {
  const bytes = Buffer.from(file.bytes);
  bytes[bytes.length >> 1] ^= 1;
  return { name: file.name, bytes };
}

/** Drops files on the page, as a person does. */
async function drop(...files) {
  const given = files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString('base64') }));
  await page.evaluate((all) => {
    const dataTransfer = new DataTransfer();
    for (const { name, base64 } of all) {
      dataTransfer.items.add(new File([Uint8Array.from(atob(base64), (one) => one.charCodeAt(0))], name));
    }
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  }, given);
}

/** The verdict, once there is one, and all that stands under it. */
async function verdict() {
  const heading = await page.waitForSelector('#verdict');
  const title = await heading.evaluate((element) => element.textContent);
  const text = await page.$eval('#result', (element) => element.textContent);
  return { title, text };
}

test('verify.html is the page that the sources make', () => {
  const said = execFileSync(process.execPath, ['build.mjs', '--check'], { cwd: fileURLToPath(ROOT), encoding: 'utf8' });
  assert.match(said, /is the page that these sources make/);
});

test('a good passport is proven, and its history is told', async () => {
  await open();
  await drop(proof('passport-whole'), genesis);
  const { title, text } = await verdict();
  assert.equal(title, 'PROVEN');
  const { subject, height, block } = expectedOf('passport-whole');
  for (const part of [
    subject.invoice,
    subject.receivable,
    subject.confirmation.transaction,
    ...subject.confirmation.accounts,
    block,
  ]) {
    assert.ok(text.includes(part), `it says ${part}`);
  }
  for (const claim of subject.claims) {
    assert.ok(text.includes(`#${claim.number}${claim.holder}`), `it says who has claim ${claim.number}`);
  }
  assert.ok(text.includes(`As of block ${height.toLocaleString('en')}`));
  assert.match(await page.$eval('#status', (element) => element.textContent), /^Proven/);
});

test('a passport of which a byte is another is not', async () => {
  await open();
  await drop(genesis, flipped(proof('passport-whole')));
  const { title, text } = await verdict();
  assert.equal(title, 'NOT PROVEN');
  assert.match(text, /Believe nothing/);
  assert.match(await page.$eval('#status', (element) => element.textContent), /^Not proven/);
  // The good one in its place is proven, and nothing is left of the other verdict.
  await page.$eval('#result', (element) => element.replaceChildren());
  await drop(proof('passport-passed-on'));
  const after = await verdict();
  assert.equal(after.title, 'PROVEN');
  assert.ok(!after.text.includes('Believe nothing'));
});

test('what is not disclosed is said', async () => {
  for (const name of ['passport-passed-on', 'passport-checkpoint']) {
    const { subject } = expectedOf(name);
    if (subject.not_disclosed.length > 0 && expectedOf(name).checkpoint === null) {
      await open();
      await drop(proof(name), genesis);
      const { text } = await verdict();
      assert.match(text, /Not disclosed/);
      subject.not_disclosed.forEach((number) => assert.ok(text.includes(`#${number}`)));
    }
  }
});

test('a file that begins at a checkpoint is proven by that, and not without', async () => {
  const { checkpoint } = expectedOf('passport-checkpoint');
  await open();
  await drop(proof('passport-checkpoint'), genesis);
  assert.equal((await verdict()).title, 'NOT PROVEN');
  await page.$eval('#result', (element) => element.replaceChildren());
  await page.type('#checkpoint', `${checkpoint.height}:${checkpoint.hash}`);
  await page.keyboard.press('Enter');
  const { title, text } = await verdict();
  assert.equal(title, 'PROVEN');
  assert.match(text, /which you know/);
});

test('certificates of absence are told', async () => {
  for (const name of ['unfinanced-nothing', 'unfinanced-registered']) {
    await open();
    await drop(genesis, proof(name));
    const { title, text } = await verdict();
    assert.equal(title, 'PROVEN: NOT FINANCED ON THIS LEDGER');
    assert.ok(text.includes(expectedOf(name).subject.fingerprint));
    assert.match(text, /this ledger alone/);
  }
});

/** Files of the tests' own ledger, and its genesis. */
const ownGenesis = { name: 'genesis.json', bytes: Buffer.from(genesisFile(SET)) };

function history(options, given = world()) {
  return { name: 'history.proof', bytes: prove(given, options) };
}

function rows() {
  return page.$$eval('.entries tbody tr', (all) => all.map((one) => [...one.cells].map((cell) => cell.textContent)));
}

test('a whole history is told entry by entry, with what it adds up to', async () => {
  await open();
  await drop(history(), ownGenesis);
  const { title, text } = await verdict();
  assert.equal(title, 'PROVEN: COMPLETE HISTORY');
  assert.match(text, /All 7 transactions that concerned Supplier Ltd \(supplier\) from its first \(on 10 January 2025\) to its last \(on 1 March 2025\)/);
  assert.match(text, /As of block 30/);
  const found = await rows();
  assert.equal(found.length, 7);
  assert.deepEqual(found[0].slice(0, 2), ['10 January 2025', '3']);
  assert.match(found[0][2], /invoice registered, USD\u00a01,000\.00 with buyer/);
  assert.match(found[5][2], /credit note, USD\u00a010\.00 with buyer.*dispute upheld/);
  assert.match(found[6][2], /notice of recourse given, USD\u00a0990\.00 outstanding/);
  assert.match(text, /profile recomputed/);
  assert.match(text, /Invoices registered2/);
  assert.match(text, /Dilution.*10\.00 by 1 credit note/);
  assert.equal(await page.$('.pager'), null);
});

test('a history says what of it is not there', async () => {
  const hidden = happened().map((one, at) => ({ ...one, hidden: at !== 3 }));
  await open();
  await drop(history({}, world({ entries: hidden })), ownGenesis);
  const shared = await verdict();
  assert.match(shared.text, /Not all events are disclosed/);
  assert.match(shared.text, /The events of 6 of 7 entries are not in this file/);
  assert.match(shared.text, /not recomputed.*ledger’s word/);
  assert.match((await rows())[5][2], /events not disclosed; moved: disputes upheld as a seller and dilution as a seller/);
  const all = world();
  const windows = [
    [{ from: date(2025, 1, 15), to: date(2025, 2, 1), range: rangeOf(all, 1, 5, [1, 4]) }, /All 2 transactions.*of 7 in its whole/, /window alone/],
    [{ from: date(2025, 1, 11), to: date(2025, 1, 14), range: rangeOf(all, 1, 3, [1, 2]) }, /No transaction concerned/, /Nothing in this window/],
  ];
  for (const [options, short, more] of windows) {
    await open();
    await drop(history(options), ownGenesis);
    const { title, text } = await verdict();
    assert.equal(title, 'PROVEN: COMPLETE HISTORY');
    assert.match(text, short);
    assert.match(text, more);
    assert.doesNotMatch(text, /profile recomputed/);
  }
  await open();
  await drop(history({}, world({ entries: [], record: null })), ownGenesis);
  assert.match((await verdict()).text, /No transaction ever concerned Supplier Ltd \(supplier\)/);
});

test('thousands of entries are shown a hundred at a time', async () => {
  const entry = (_, at) => ({ on: date(2025, 3, 1), at: [at + 1, 0], figures: [20], events: [], hidden: true });
  const many = world({
    entries: Array.from({ length: 20_050 }, entry),
    record: profile({ entries: 20_050n, last_entry: 20_049n }),
  });
  await open();
  await drop(history({}, many), ownGenesis);
  await verdict();
  const press = (title) => page.$$eval('.pager button', (all, name) => all.find((one) => one.textContent === name).click(), title);
  const where = () => page.$eval('.pager [role=status]', (element) => element.textContent);
  const seen = async () => [(await rows()).length, (await rows())[0][1], await where()];
  assert.deepEqual(await seen(), [100, '1', '1 to 100 of 20,050']);
  await press('Later');
  assert.deepEqual(await seen(), [100, '101', '101 to 200 of 20,050']);
  await press('Last');
  assert.deepEqual(await seen(), [50, '20,001', '20,001 to 20,050 of 20,050']);
  await press('Earlier');
  await press('First');
  assert.deepEqual(await seen(), [100, '1', '1 to 100 of 20,050']);
});

test('the golden histories are shown', async () => {
  for (const name of readdirSync(FOLDER).filter((one) => /^history-.*\.proof$/.test(one))) {
    const { subject, checkpoint } = expectedOf(name.replace('.proof', ''));
    await open();
    if (checkpoint !== null) {
      await page.type('#checkpoint', `${checkpoint.height}:${checkpoint.hash}`);
    }
    await drop(proof(name.replace('.proof', '')), genesis);
    const { title, text } = await verdict();
    assert.equal(title, 'PROVEN: COMPLETE HISTORY', name);
    assert.ok(text.includes(subject.organization), name);
    assert.equal((await rows()).length, Math.min(subject.entries.length, 100), name);
    assert.equal(text.includes('profile recomputed'), subject.whole && subject.recomputed !== null, name);
    assert.ok(!text.includes('does not know'), name);
  }
});

test('what the debtor paid is told, payment by payment', async () => {
  const { subject } = expectedOf('passport-paid');
  await open();
  await drop(proof('passport-paid'), genesis);
  const { text } = await verdict();
  const told = text.slice(text.indexOf('What the debtor paid'));
  assert.equal(told.match(/Value date/g).length, subject.paid.length);
  for (const [on] of subject.paid) {
    const [year, month, day] = on.split('-').map(Number);
    const name = new Date(Date.UTC(year, month - 1, day)).toLocaleString('en', { month: 'long', timeZone: 'UTC' });
    assert.ok(told.includes(`Value date${day} ${name} ${year}`), on);
  }
  assert.match(told, /None is left out/);
});

test('a consent that was proposed is told', async () => {
  const { proposal } = expectedOf('passport-consent-proposed').subject.confirmation;
  await open();
  await drop(proof('passport-consent-proposed'), genesis);
  const { title, text } = await verdict();
  assert.equal(title, 'PROVEN');
  assert.match(text, /whose consent was needed, signed last, for a consent that it proposed itself/);
  assert.ok(text.includes(proposal));
});

/** Files that show a transaction in its block: carried out, rejected, and without its receipt. */
function committed({ inclusion = {}, ...options } = {}) {
  return { name: 'committed.proof', bytes: blocks.prove(blocks.world(options), { inclusion }) };
}

const NO_RECEIPT = { receipt: null, receipt_siblings: [] };

test('a transaction in its block is told, with what became of it', async () => {
  const cases = [
    [{}, /A transaction of supplier is in block 12, of .*, and was carried out/, /Place in the block2/, /invoice registered, USD\u00a01,000\.00 with buyer/],
    [{ isLast: true }, /As of block 12/, /carried out/],
    [{ receipt: { code: 4012, events: [] } }, /It was rejected/, /rejected by the contract invoice, with code 4012/],
    [{ receipt: { code: 54, events: [] } }, /rejected by the kernel, with code 54/],
    [{ inclusion: NO_RECEIPT }, /What became of it is not disclosed/, /may have been carried out, or rejected/],
    [{ receipt: { events: [{ contract: 4, organizations: [], body: Uint8Array.of(0x0a, 5) }] } }, /an event of contract 4 that this verifier does not know/],
  ];
  for (const [options, ...parts] of cases) {
    await open();
    await drop(committed(options), ownGenesis);
    const { title, text } = await verdict();
    assert.equal(title, 'PROVEN: COMMITTED');
    parts.forEach((part) => assert.match(text, part));
    assert.match(text, /Whose keys these were then, is the ledger’s word/);
    assert.equal(text.includes('Place in the block'), options.inclusion === undefined);
  }
});

test('the golden transactions are shown', async () => {
  for (const name of readdirSync(FOLDER).filter((one) => /^committed.*\.proof$/.test(one))) {
    const { subject, checkpoint } = expectedOf(name.replace('.proof', ''));
    await open();
    if (checkpoint !== null) {
      await page.type('#checkpoint', `${checkpoint.height}:${checkpoint.hash}`);
    }
    await drop(proof(name.replace('.proof', '')), genesis);
    const { title, text } = await verdict();
    assert.equal(title, 'PROVEN: COMMITTED', name);
    [subject.transaction, subject.organization, `In block${subject.height.toLocaleString('en')}`].forEach((part) =>
      assert.ok(text.includes(part), `${name} says ${part}`),
    );
    const became = subject.receipt === null ? 'is not disclosed' : subject.receipt.code === 0 ? 'was carried out' : 'rejected';
    assert.ok(text.includes(became), name);
    assert.ok(!text.includes('does not know'), name);
  }
});

test('other files are refused with a sentence', async () => {
  const others = [
    [proof('passport-whole'), { name: 'genesis.json', bytes: Buffer.from('{"chain_id": 1}') }],
    [{ name: 'long.proof', bytes: Buffer.alloc(4 * 1024 * 1024 + 1, 8) }, genesis],
    [{ name: 'empty.proof', bytes: Buffer.alloc(0) }, genesis],
    [{ name: 'text.proof', bytes: Buffer.from('<script>alert(1)</script>') }, genesis],
  ];
  for (const files of others) {
    await open();
    await drop(...files);
    assert.equal((await verdict()).title, 'NOT PROVEN', files[0].name);
  }
});

test('files can be chosen with the keyboard, and each field says what it is', async () => {
  await open();
  for (const id of ['proof', 'genesis', 'checkpoint']) {
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.id), id);
    assert.ok(await page.evaluate(() => document.activeElement.labels.length > 0));
  }
});

test('it is accessible, in light and dark, and fits a narrow screen', async () => {
  for (const scheme of ['light', 'dark']) {
    const hidden = world({ entries: happened().map((one, at) => ({ ...one, hidden: at > 4 })) });
    const files = [
      [proof('passport-whole'), genesis],
      [flipped(proof('passport-whole')), genesis],
      [proof('unfinanced-registered'), genesis],
      [history(), ownGenesis],
      [history({}, hidden), ownGenesis],
      [proof('passport-paid'), genesis],
      [committed(), ownGenesis],
      [committed({ inclusion: NO_RECEIPT }), ownGenesis],
    ];
    for (const [file, ...rest] of files) {
      await open({ width: 360, scheme });
      await drop(file, ...rest);
      await verdict();
      const tooWide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
      assert.ok(!tooWide, `${file.name}, ${scheme}`);
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      assert.deepEqual(
        violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]),
        [],
        `${file.name}, ${scheme}`,
      );
    }
  }
});

test('nothing can be sent or loaded, and nothing went wrong', async () => {
  assert.deepEqual(faults, []);
  await open();
  const refused = await page.evaluate(async () => {
    const violations = [];
    document.addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective));
    const fetched = await fetch('https://ledger.invalid/').then(
      () => 'sent',
      () => 'refused',
    );
    document.body.append(Object.assign(document.createElement('img'), { src: 'https://ledger.invalid/picture.png' }));
    document.body.append(Object.assign(document.createElement('script'), { textContent: 'globalThis.injected = true' }));
    await new Promise((resolve) => setTimeout(resolve, 200));
    return { fetched, violations, injected: globalThis.injected === true };
  });
  assert.equal(refused.fetched, 'refused');
  assert.equal(refused.injected, false);
  for (const directive of ['connect-src', 'img-src', 'script-src-elem']) {
    assert.ok(refused.violations.includes(directive), directive);
  }
});
