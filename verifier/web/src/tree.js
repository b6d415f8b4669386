// Trees over a list, of which a root is all that is kept (RFC 6962, section 2.1).

import { concat } from './bytes.js';
import { sha256 } from './crypto.js';

const LEAF = Uint8Array.of(0);
const HALVES = Uint8Array.of(1);

export function leafHash(...parts) {
  return sha256(concat(LEAF, ...parts));
}

export function hashOfHalves(left, right) {
  return sha256(concat(HALVES, left, right));
}

/**
 * The root over `count` leaves, of which one is at an index. Its siblings are lowest first; null where they are not as many as lie
 * beside its way, or are no hashes.
 */
export function rootFrom(leaf, index, count, siblings) {
  if (index >= count || siblings.some((one) => one.length !== 32)) {
    return null;
  }
  return rootOver(leaf, index, count, siblings);
}

function rootOver(leaf, index, count, siblings) {
  if (count === 1) {
    return siblings.length === 0 ? leaf : null;
  }
  if (siblings.length === 0) {
    return null;
  }
  // The left half has the largest power of two below the count. Siblings are lowest first: the last one is that of the halves.
  const left = largestPowerBelow(count);
  const [lower, sibling] = [siblings.slice(0, -1), siblings.at(-1)];
  const isLeft = index < left;
  const half = isLeft ? rootOver(leaf, index, left, lower) : rootOver(leaf, index - left, count - left, lower);
  if (half === null) {
    return null;
  }
  return isLeft ? hashOfHalves(half, sibling) : hashOfHalves(sibling, half);
}

function largestPowerBelow(count) {
  let power = 1;
  while (2 * power < count) {
    power *= 2;
  }
  return power;
}
