// Private fields of an invoice that its owner opens (docs/private-fields.md).

import { concat, equal, u32, utf8 } from './bytes.js';
import { hash } from './crypto.js';
import { ensure } from './errors.js';
import { leafHash, rootFrom } from './tree.js';

const MAX_FIELDS = 1024;
const MAX_BYTES = 64 * 1024;

/** Names and values of the opened fields, each of which leads to the invoice's root. */
export function openedFields(opened, invoice) {
  ensure(opened.length === 0 || invoice !== null, 'Private fields are opened of an invoice that is not disclosed.');
  return opened.map((field, at) => {
    const isAfter = at === 0 || opened[at - 1].position < field.position;
    ensure(isAfter, 'The private fields do not ascend by position.');
    ensure(field.count === opened[0].count, 'The private fields are not of as many.');
    const root = rootOf(field);
    ensure(root !== null && equal(root, invoice.payload_root), `The private field “${field.name}” is none of the invoice's.`);
    return [field.name, field.value];
  });
}

function rootOf({ position, count, name, value, salt, siblings }) {
  const [nameBytes, valueBytes] = [utf8(name), utf8(value)];
  ensure(nameBytes.length <= MAX_BYTES && valueBytes.length <= MAX_BYTES, 'A private field is longer than 64 KiB.');
  if (count > MAX_FIELDS || salt.length !== 32) {
    return null;
  }
  const entry = hash(
    'counterfoil/private-field/v1',
    concat(salt, u32(nameBytes.length), nameBytes, u32(valueBytes.length), valueBytes),
  );
  return rootFrom(leafHash(entry), position, count, siblings);
}
