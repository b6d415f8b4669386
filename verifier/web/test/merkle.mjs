// Trees over a list of leaves' hashes (RFC 6962, section 2.1), as a node would make them.

import { concat } from '../src/bytes.js';
import { sha256 } from '../src/crypto.js';

export function leafOf(...parts) {
  return sha256(concat(Uint8Array.of(0), ...parts));
}

export function merkle(leaves) {
  if (leaves.length === 1) {
    return leaves[0];
  }
  const left = split(leaves.length);
  return sha256(concat(Uint8Array.of(1), merkle(leaves.slice(0, left)), merkle(leaves.slice(left))));
}

/** The siblings on the way of a leaf to the root, lowest first. */
export function siblingsOf(leaves, at) {
  if (leaves.length === 1) {
    return [];
  }
  const left = split(leaves.length);
  return at < left
    ? [...siblingsOf(leaves.slice(0, left), at), merkle(leaves.slice(left))]
    : [...siblingsOf(leaves.slice(left), at - left), merkle(leaves.slice(0, left))];
}

/** How many leaves the left half has: the largest power of two below all of them. */
export function split(count) {
  return 2 ** Math.ceil(Math.log2(count) - 1);
}
