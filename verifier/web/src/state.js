// That records stand, or do not stand, in the ledger's state: its tree's root is computed anew from them.
//
// The tree is binary. A record's leaf hangs on the path of a hash of its key, first bit first. An empty subtree has a hash of its own,
// one with a single leaf has that leaf's, any other the hash of its two halves.

import { compare, equal, utf8 } from './bytes.js';
import { hash, sha256 } from './crypto.js';
import { ensure, NotProven } from './errors.js';

/** Bits of a path, which is a SHA-256. */
const DEPTH = 256;
/**
 * Most bytes of a shape, four steps each. In a tree of real hashes nearly every step beside the way brings 32 bytes with it, so that
 * a file of 4 MiB has far fewer. One that only goes deep, past nothing and nothing, would keep this verifier hashing for a minute.
 */
const MAX_SHAPE = 256 * 1024;
const NOTHING = utf8('SPARSE_MERKLE_PLACEHOLDER_HASH__');

/** What the proof says of a subtree. */
const HALVES = 0;
const EMPTY = 1;
const SHOWN_LEAF = 2;
const OTHER_LEAF = 3;
/** The same number as `HALVES`, of a subtree in which no key lies. */
const A_HASH = 0;

/** Checks that all `records` ({ key, record }; an empty record says that nothing stands there) are so under a root. */
export function checkState(root, proof, records) {
  ensure(proof.shape.length <= MAX_SHAPE, 'The proof of the state goes through more of the tree than any file can show.');
  const leaves = records.map(({ key, record }) => ({
    path: hash('counterfoil/state-key/v1', key),
    // Null where nothing stands under the key.
    record: record.length > 0 ? sha256(record) : null,
  }));
  leaves.sort((one, other) => compare(one.path, other.path));
  const walk = { leaves, shape: proof.shape, steps: 0, hashes: proof.hashes, at: 0 };
  const found = subtree(walk, 0, 0, leaves.length);
  checkEnd(walk);
  ensure(equal(found, root), 'The records are not those of the state after this block.');
}

/** The hash of the subtree at a depth, in which the leaves from `from` up to but without `to` lie. */
function subtree(walk, depth, from, to) {
  const step = nextStep(walk);
  if (from === to) {
    return aside(walk, step);
  }
  switch (step) {
    case HALVES: {
      ensure(depth < DEPTH, 'The proof of the state goes deeper than any tree.');
      const middle = firstRight(walk.leaves, depth, from, to);
      const left = subtree(walk, depth + 1, from, middle);
      const right = subtree(walk, depth + 1, middle, to);
      return hash('JMT::IntrnalNode', left, right);
    }
    case EMPTY:
      ensure(shownAmong(walk, from, to).length === 0, 'A record is shown where the proof of the state has none.');
      return NOTHING;
    case SHOWN_LEAF: {
      const shown = shownAmong(walk, from, to);
      ensure(shown.length === 1, 'The proof of the state has not one place for each record.');
      return leafHash(shown[0].path, shown[0].record);
    }
    default:
      return otherLeaf(walk, depth, from, to);
  }
}

/** The hash of a subtree beside the way, in which no key lies. */
function aside(walk, step) {
  if (step === EMPTY) {
    return NOTHING;
  }
  ensure(step === A_HASH, 'The proof of the state shows a leaf where no record is asked for.');
  const found = nextHash(walk);
  // Nothing is said in one way only.
  ensure(!equal(found, NOTHING), 'The proof of the state says in two ways that there is nothing.');
  return found;
}

/** The hash of a leaf that stands where the keys lie, and is that of none of them: so nothing stands under these. */
function otherLeaf(walk, depth, from, to) {
  const path = nextHash(walk);
  const record = nextHash(walk);
  ensure(shownAmong(walk, from, to).length === 0, 'A record is shown where the proof of the state has another.');
  for (let at = from; at < to; at += 1) {
    ensure(!equal(walk.leaves[at].path, path), 'A record is said to be missing, and the proof of the state has it.');
  }
  // A leaf from elsewhere in the tree would hide the one that belongs here.
  ensure(goesTheSameWay(path, walk.leaves[from].path, depth), 'The proof of the state has a leaf in the wrong place.');
  return leafHash(path, record);
}

function leafHash(path, record) {
  return hash('JMT::LeafNode', path, record);
}

function shownAmong(walk, from, to) {
  return walk.leaves.slice(from, to).filter((leaf) => leaf.record !== null);
}

function bit(path, depth) {
  return (path[depth >> 3] >> (7 - (depth & 7))) & 1;
}

/** The first of the leaves that lies in the right half of the subtree at a depth. They are sorted, so it is found by halving. */
function firstRight(leaves, depth, from, to) {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bit(leaves[middle].path, depth) === 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

function goesTheSameWay(one, other, depth) {
  for (let at = 0; at < depth; at += 1) {
    if (bit(one, at) !== bit(other, at)) {
      return false;
    }
  }
  return true;
}

function nextStep(walk) {
  if (walk.steps >> 2 >= walk.shape.length) {
    throw new NotProven('The proof of the state ends before the walk that it describes.');
  }
  const step = (walk.shape[walk.steps >> 2] >> (6 - 2 * (walk.steps & 3))) & 3;
  walk.steps += 1;
  return step;
}

function nextHash(walk) {
  ensure(walk.at + 32 <= walk.hashes.length, 'The proof of the state ends before the walk that it describes.');
  walk.at += 32;
  return walk.hashes.subarray(walk.at - 32, walk.at);
}

/** All of the proof is used, and what fills its last byte is zero. */
function checkEnd(walk) {
  const used = (walk.steps + 3) >> 2;
  ensure(
    walk.shape.length === used && walk.at === walk.hashes.length,
    'The proof of the state goes on after the walk that it describes.',
  );
  const inLast = walk.steps - 4 * (used - 1);
  const rest = walk.shape[used - 1] & (255 >> (2 * inLast));
  ensure(rest === 0, 'The proof of the state is not filled up with zeros.');
}
