// Bytes: joining, comparing, and writing them as hexadecimal digits.

const DIGITS = '0123456789abcdef';

export function concat(...parts) {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Below zero, zero or above it, as `one` comes before, is, or comes after `other`. */
export function compare(one, other) {
  const shorter = Math.min(one.length, other.length);
  for (let at = 0; at < shorter; at += 1) {
    if (one[at] !== other[at]) {
      return one[at] - other[at];
    }
  }
  return one.length - other.length;
}

export function equal(one, other) {
  return compare(one, other) === 0;
}

/** Whether each comes before the next, so that none is there twice. */
export function ascend(list) {
  return list.every((bytes, at) => at === 0 || compare(list[at - 1], bytes) < 0);
}

export function hex(bytes) {
  let digits = '';
  for (const byte of bytes) {
    digits += DIGITS[byte >> 4] + DIGITS[byte & 15];
  }
  return digits;
}

/** The bytes that lower-case hexadecimal digits name; null where the text is anything else. */
export function fromHex(text) {
  if (typeof text !== 'string' || text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) {
    return null;
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  }
  return bytes;
}

export function utf8(text) {
  return new TextEncoder().encode(text);
}

/** A number below 2^32 in four bytes, the highest first. */
export function u32(number) {
  return Uint8Array.of(number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255);
}

/** A BigInt from 0 to 2^64 − 1 in eight bytes, the highest first. */
export function u64(number) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, number);
  return bytes;
}
