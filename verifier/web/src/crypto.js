// SHA-256 and Ed25519, by the libraries that the page is built with.

import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 as ofBytes } from '@noble/hashes/sha2.js';

import { concat, utf8 } from './bytes.js';

const TAGS = new Map();

export function sha256(bytes) {
  return ofBytes(bytes);
}

/** SHA-256(tag ‖ parts). A tag says what is hashed, so that a hash of one thing is never taken for one of another. */
export function hash(tag, ...parts) {
  if (!TAGS.has(tag)) {
    TAGS.set(tag, utf8(tag));
  }
  return ofBytes(concat(TAGS.get(tag), ...parts));
}

/** The address of a validator by its key. */
export function address(publicKey) {
  return hash('counterfoil/address/v1', publicKey);
}

/**
 * Whether a signature is a key's over a message, by the rules of ZIP-215. They are the ledger's: under other rules one and the
 * same signature may be good for one verifier and not for another.
 */
export function isSignedBy(publicKey, message, signature) {
  if (publicKey.length !== 32 || signature.length !== 64) {
    return false;
  }
  return ed25519.verify(signature, message, publicKey, { zip215: true });
}
