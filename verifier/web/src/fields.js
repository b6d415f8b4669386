// Private fields of an invoice that its owner opens (docs/private-fields.md).

import { concat, equal, u32, utf8 } from './bytes.js';
import { hash, sha256 } from './crypto.js';
import { ensure } from './errors.js';

const MAX_FIELDS = 1024;
const MAX_BYTES = 64 * 1024;

/** Names and values of the opened fields, each of which leads to the invoice's root. */
export function openedFields(opened, invoice) {
  ensure(opened.length === 0 || invoice !== null, 'Private fields are opened of an invoice that is not disclosed.');
  return opened.map((field, at) => {
    const isAfter = at === 0 || opened[at - 1].position < field.position;
    ensure(isAfter, 'The private fields do not ascend by position.');
    ensure(field.count === opened[0].count, 'The private fields are not of as many.');
    const root = rootFrom(field);
    ensure(root !== null && equal(root, invoice.payload_root), `The private field “${field.name}” is none of the invoice's.`);
    return [field.name, field.value];
  });
}

function rootFrom({ position, count, name, value, salt, siblings }) {
  const [nameBytes, valueBytes] = [utf8(name), utf8(value)];
  ensure(nameBytes.length <= MAX_BYTES && valueBytes.length <= MAX_BYTES, 'A private field is longer than 64 KiB.');
  if (count > MAX_FIELDS || position >= count || salt.length !== 32 || siblings.some((one) => one.length !== 32)) {
    return null;
  }
  const entry = hash(
    'counterfoil/private-field/v1',
    concat(salt, u32(nameBytes.length), nameBytes, u32(valueBytes.length), valueBytes),
  );
  const leaf = sha256(concat(Uint8Array.of(0), entry));
  return rootOver(leaf, position, count, siblings);
}

/** The root over `count` leaves, of which one is at a position; null where the siblings are not as many as lie beside its way. */
function rootOver(leaf, position, count, siblings) {
  if (count === 1) {
    return siblings.length === 0 ? leaf : null;
  }
  if (siblings.length === 0) {
    return null;
  }
  // The left half has the largest power of two below the count. Siblings are lowest first: the last one is that of the halves.
  const left = largestPowerBelow(count);
  const [lower, sibling] = [siblings.slice(0, -1), siblings.at(-1)];
  const isLeft = position < left;
  const half = isLeft ? rootOver(leaf, position, left, lower) : rootOver(leaf, position - left, count - left, lower);
  if (half === null) {
    return null;
  }
  return sha256(isLeft ? concat(Uint8Array.of(1), half, sibling) : concat(Uint8Array.of(1), sibling, half));
}

function largestPowerBelow(count) {
  let power = 1;
  while (2 * power < count) {
    power *= 2;
  }
  return power;
}
