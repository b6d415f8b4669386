// The page: takes the files, has them checked, shows the verdict.
//
// The check runs in a worker, so that the page answers whatever the file is, and a person can stop it. The worker runs this very
// script, out of the page itself: there it has no document, and only checks.

import { hex } from '../bytes.js';
import { check, MAX_FILE_BYTES, NotProven, readCheckpoint, readGenesis } from '../verify.js';
import { MAX_GENESIS_BYTES } from '../genesis.js';
import { code, el, said } from './dom.js';
import { announcement, notProvenView, provenView } from './verdict-view.js';
import * as words from './words.js';

/** Milliseconds after which a check that still runs can be stopped. */
const SLOW_MS = 1500;

function answer({ proof, genesis, checkpoint }) {
  try {
    const known = checkpoint.trim() === '' ? null : readCheckpoint(checkpoint);
    return { found: check(proof, readGenesis(genesis), known) };
  } catch (error) {
    // Anything else than `NotProven` is a fault of this verifier; it proves as little.
    return { reason: error instanceof NotProven ? error.message : `This verifier failed on the file (${error}).` };
  }
}

if (typeof document === 'undefined') {
  self.addEventListener('message', ({ data }) => self.postMessage(answer(data)));
} else {
  start(document.currentScript.textContent);
}

function start(script) {
  const page = {
    script,
    proof: null,
    genesis: null,
    worker: null,
    slow: null,
    checkpoint: byId('checkpoint'),
    status: byId('status'),
    result: byId('result'),
  };
  byId('proof').addEventListener('change', (event) => take(page, 'proof', event.target.files[0]));
  byId('genesis').addEventListener('change', (event) => take(page, 'genesis', event.target.files[0]));
  page.checkpoint.addEventListener('change', () => run(page));
  byId('form').addEventListener('submit', (event) => {
    event.preventDefault();
    run(page);
  });
  byId('stop').addEventListener('click', () => {
    stop(page);
    page.status.textContent = 'Stopped. Nothing was checked.';
  });
  takeDrops(page);
}

function byId(id) {
  return document.getElementById(id);
}

/** Files may be dropped anywhere. Which is which, they tell themselves: a genesis is JSON, and no proof begins like that. */
function takeDrops(page) {
  const over = (isOver) => document.body.classList.toggle('over', isOver);
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    over(true);
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) {
      over(false);
    }
  });
  document.addEventListener('drop', async (event) => {
    event.preventDefault();
    over(false);
    for (const file of [...event.dataTransfer.files].slice(0, 2)) {
      const [first] = new Uint8Array(await file.slice(0, 1).arrayBuffer());
      await take(page, first === '{'.charCodeAt(0) ? 'genesis' : 'proof', file);
    }
  });
}

async function take(page, kind, file) {
  if (file === undefined) {
    return;
  }
  const most = kind === 'proof' ? MAX_FILE_BYTES : MAX_GENESIS_BYTES;
  // What is too long is not even read: one byte more than the most is enough to be refused for its length.
  const bytes = new Uint8Array(await file.slice(0, most + 1).arrayBuffer());
  const contents = kind === 'proof' ? bytes : new TextDecoder().decode(bytes);
  page[kind] = { contents, isTooLong: bytes.length > most };
  byId(`${kind}-name`).replaceChildren(said(file.name), el('span', { class: 'muted' }, ` ${words.count(file.size)} bytes`));
  byId(`${kind}-name`).closest('label').classList.add('taken');
  if (kind === 'genesis') {
    describeGenesis(page);
  }
  run(page);
}

/** Shows whose genesis it is, so that a person can compare its hash before believing in it. */
function describeGenesis(page) {
  const about = byId('about-genesis');
  try {
    const genesis = readGenesis(page.genesis.contents);
    about.replaceChildren(
      'The genesis of ',
      said(genesis.chainId),
      '. Compare its hash with somebody you know: ',
      code(hex(genesis.hash)),
    );
  } catch {
    about.replaceChildren('This is no genesis.');
  }
}

function run(page) {
  stop(page);
  page.result.replaceChildren();
  page.status.classList.remove('told');
  if (page.proof === null || page.genesis === null) {
    const missing = page.proof === null ? 'the proof' : 'the genesis';
    page.status.textContent = page.proof === page.genesis ? '' : `Now choose ${missing}.`;
    return;
  }
  if (page.genesis.isTooLong) {
    show(page, { reason: 'The genesis file is longer than 16 MiB, as no genesis is.' });
    return;
  }
  page.status.textContent = 'Checking…';
  const asked = { proof: page.proof.contents, genesis: page.genesis.contents, checkpoint: page.checkpoint.value };
  const url = URL.createObjectURL(new Blob([page.script], { type: 'text/javascript' }));
  page.worker = new Worker(url);
  page.slow = setTimeout(() => byId('stop').removeAttribute('hidden'), SLOW_MS);
  const done = (verdict) => {
    URL.revokeObjectURL(url);
    stop(page);
    show(page, verdict);
  };
  page.worker.addEventListener('message', ({ data }) => done(data));
  page.worker.addEventListener('error', (event) => {
    event.preventDefault();
    done({ reason: `This browser can not run the check (${event.message ?? 'no reason given'}).` });
  });
  page.worker.postMessage(asked);
}

function stop(page) {
  page.worker?.terminate();
  page.worker = null;
  clearTimeout(page.slow);
  byId('stop').setAttribute('hidden', '');
}

function show(page, { found, reason }) {
  // Whoever sees the page reads it in the banner; whoever hears it is told.
  page.status.classList.add('told');
  if (found === undefined) {
    page.status.textContent = `Not proven. ${reason}`;
    page.result.replaceChildren(...notProvenView(reason));
  } else {
    page.status.textContent = announcement(found);
    page.result.replaceChildren(...provenView(found).filter((part) => part !== null));
  }
  page.result.scrollIntoView({ block: 'nearest' });
}
