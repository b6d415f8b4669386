// The page as a person has it: opened from a file in a real browser, which has nothing to load and nowhere to send anything.
//
// The browser is Chromium: Debian's (apt-get install chromium), or whatever the variable CHROMIUM names.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';

import axe from 'axe-core';
import puppeteer from 'puppeteer-core';

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
    for (const file of [proof('passport-whole'), flipped(proof('passport-whole')), proof('unfinanced-registered')]) {
      await open({ width: 360, scheme });
      await drop(file, genesis);
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
