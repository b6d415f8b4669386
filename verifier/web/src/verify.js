// Checks a proof file against a genesis (docs/verify.md). Every failure is a `NotProven`.

import { readCommitted } from './committed.js';
import { ensure, NotProven } from './errors.js';
import { follow } from './headers.js';
import { readHistory } from './history.js';
import { Proof } from './messages/file.js';
import { readPassport } from './passport.js';
import { decode } from './protobuf.js';
import { checkOrder, Records } from './records.js';
import { checkState } from './state.js';
import { summaryOf } from './summary.js';
import { readUnfinanced } from './unfinanced.js';

export { NotProven } from './errors.js';
export { readCheckpoint, readGenesis } from './genesis.js';

export const MAX_FILE_BYTES = 4 * 1024 * 1024;
const FORMAT = 1;

/**
 * Everything that a file proves. `genesis` comes from `readGenesis`; `checkpoint` from `readCheckpoint`, or it is null, and then the
 * file rests on the keys of all validators that ever decided.
 */
export function check(bytes, genesis, checkpoint) {
  ensure(bytes.length <= MAX_FILE_BYTES, 'The file is longer than 4 MiB, as no proof is.');
  const proof = decode(Proof, bytes, 'The file');
  ensure(proof.format === FORMAT, `The file is of format ${proof.format}, and this verifier knows format ${FORMAT}.`);
  const asOf = follow(proof.headers, genesis, checkpoint);
  if (proof.state === null) {
    throw new NotProven('The file has no proof of the state.');
  }
  checkOrder(proof.records);
  checkState(asOf.header.state_root, proof.state, proof.records);
  // From here on records are known to be the ledger's own.
  const records = new Records(proof.records, proof.transactions, genesis.chainId);
  const subject = readSubject(proof, records, asOf);
  records.finish();
  return { asOf, checkpoint, genesis, signatures: asOf.signatures + records.signatures, ...subject };
}

/** What `check` finds, in short: the form in which verifiers of other languages are compared (tests/vectors/proofs). */
export function verify(bytes, genesis, checkpoint) {
  return summaryOf(check(bytes, genesis, checkpoint));
}

function readSubject(proof, records, asOf) {
  const { passport, unfinanced, history, committed, opened, range, inclusion } = proof;
  const subject = { passport: null, unfinanced: null, history: null, committed: null };
  ensure(passport !== null || opened.length === 0, 'The file holds private fields that it does not need.');
  ensure(history !== null || range === null, 'The file holds entries of a history that it does not need.');
  ensure(committed !== null || inclusion === null, 'The file holds a place in a block that it does not need.');
  if (passport !== null) {
    return { ...subject, passport: readPassport(passport, records, opened) };
  }
  if (history !== null) {
    return { ...subject, history: readHistory(history, range, records) };
  }
  if (committed !== null) {
    return { ...subject, committed: readCommitted(committed, inclusion, records, asOf) };
  }
  if (unfinanced === null) {
    throw new NotProven('The file does not say what it is about.');
  }
  return { ...subject, unfinanced: readUnfinanced(unfinanced, records) };
}
