// Protobuf of which every message has exactly one encoding: decode, encode again, compare.
//
// A message is described by a table of its fields, ascending by number, named as in the .proto files:
// [number, name, type]. A type is the name of a plain type, another message, `repeated(type)` or `optional(type)`.
//
// Numbers of 64 bits are BigInt, of 32 bits Number; bytes are Uint8Array; a message that is absent, and an `optional` that is, is
// null. Unknown fields are refused: what this verifier does not know, it can not tell a person.

import { compare, utf8 } from './bytes.js';
import { ensure, NotProven } from './errors.js';

/**
 * Most values that one encoding may hold. A file of 4 MiB in which everything is asked for has fewer, also one of 40,000 entries of
 * a history; a file of millions of empty records would only fill the memory before it is refused.
 */
const MAX_VALUES = 1_000_000;

const VARINT = 0;
const FIXED_64 = 1;
const DELIMITED = 2;
const FIXED_32 = 5;

const NONE = new Uint8Array(0);

/**
 * Plain types that are written as a varint: whether they can have a value, how they are read from it and written to it, and what is
 * cut off where a number may be too large for them.
 */
const VARINTS = {
  u32: { absent: 0, fits: (raw) => raw < 1n << 32n, cut: low, read: Number, write: BigInt },
  u64: { absent: 0n, fits: () => true, cut: (raw) => raw, read: (raw) => raw, write: (value) => value },
  // Zigzag: 0, −1, 1, −2, …
  sint: {
    absent: 0n,
    fits: () => true,
    cut: (raw) => raw,
    read: (raw) => (raw >> 1n) ^ -(raw & 1n),
    write: (value) => (value < 0n ? -2n * value - 1n : 2n * value),
  },
  bool: {
    absent: false,
    fits: (raw) => raw <= 1n,
    cut: (raw) => (raw === 0n ? 0n : 1n),
    read: (raw) => raw === 1n,
    write: (value) => (value ? 1n : 0n),
  },
  enum: { absent: 0, fits: (raw) => raw < 1n << 31n, cut: low, read: Number, write: BigInt },
};

/** The lower 32 bits. */
function low(raw) {
  return BigInt.asUintN(32, raw);
}

export function repeated(type) {
  return { repeated: type };
}

/** A plain number that may be absent, which is another thing than zero. */
export function optional(type) {
  return { optional: type };
}

/** A message. Of the fields that `oneof` names, at most one is there. `partial`: other fields are known to the ledger alone. */
export function message(name, fields, { oneof = [], partial = false } = {}) {
  const described = fields.map(([number, field, type]) => describe(number, field, type));
  const byNumber = new Map(described.map((field) => [field.number, field]));
  return { name, fields: described, byNumber, oneof, partial };
}

function describe(number, name, type) {
  const isRepeated = Boolean(type.repeated);
  const isOptional = Boolean(type.optional);
  const one = type.repeated ?? type.optional ?? type;
  const varint = VARINTS[one] ?? null;
  // Repeated numbers are packed: all of them in one run of bytes.
  const isPacked = isRepeated && varint !== null;
  const wire = varint !== null && !isPacked ? VARINT : DELIMITED;
  return { number, name, type: one, varint, isRepeated, isOptional, isPacked, wire };
}

/** The message that bytes are the one encoding of. `what` names it where they are not. */
export function decode(type, bytes, what) {
  const reader = { bytes, at: 0, values: 0, what };
  const value = readMessage(type, reader, bytes.length);
  const again = encode(type, value);
  ensure(compare(again, bytes) === 0, `${what} is not written in its one canonical form.`);
  return value;
}

/**
 * What a table names of a message that may hold more, and that need not be in its one form: as protobuf is read anywhere. For bytes
 * that are hashed as they are. The table has no repeated fields.
 */
export function decodeKnown(type, bytes, what) {
  return readKnown(type, { bytes, at: 0, values: 0, what }, bytes.length, blank(type));
}

/** The one encoding of a message. */
export function encode(type, value) {
  const writer = { bytes: new Uint8Array(sizeOfMessage(type, value)), at: 0 };
  writeMessage(type, value, writer);
  return writer.bytes;
}

function blank(type) {
  const value = {};
  for (const field of type.fields) {
    value[field.name] = field.isRepeated ? [] : absent(field);
  }
  return value;
}

function readMessage(type, reader, end) {
  const value = blank(type);
  let last = 0;
  while (reader.at < end) {
    const tag = readVarint(reader, end);
    const number = Number(tag >> 3n);
    const field = type.byNumber.get(number);
    if (field === undefined) {
      throw new NotProven(`${reader.what} holds something that this verifier does not know.`);
    }
    ensure(
      Number(tag & 7n) === field.wire && (number > last || (number === last && field.isRepeated && !field.isPacked)),
      `${reader.what} is not written in its one canonical form.`,
    );
    last = number;
    readField(field, value, reader, end);
  }
  const set = type.oneof.filter((name) => value[name] !== null);
  ensure(set.length <= 1, `${reader.what} says two things where it may say one.`);
  return value;
}

function absent(field) {
  if (field.isOptional) {
    return null;
  }
  if (field.varint !== null) {
    return field.varint.absent;
  }
  if (field.type === 'string') {
    return '';
  }
  return field.type === 'bytes' ? NONE : null;
}

function readField(field, value, reader, end) {
  if (field.wire === VARINT) {
    value[field.name] = readNumber(field, reader, end);
    return;
  }
  const until = endOf(reader, end);
  if (field.isPacked) {
    while (reader.at < until) {
      value[field.name].push(readNumber(field, reader, until));
    }
    return;
  }
  const one = readDelimited(field, reader, until);
  if (field.isRepeated) {
    value[field.name].push(one);
  } else {
    value[field.name] = one;
  }
}

function readNumber(field, reader, end) {
  count(reader);
  const raw = readVarint(reader, end);
  ensure(field.varint.fits(raw), `${reader.what} holds a number that is too large.`);
  return field.varint.read(raw);
}

function readDelimited(field, reader, until) {
  count(reader);
  if (typeof field.type === 'object') {
    return readMessage(field.type, reader, until);
  }
  const bytes = reader.bytes.subarray(reader.at, until);
  reader.at = until;
  return field.type === 'string' ? readText(bytes, reader.what) : bytes;
}

function readText(bytes, what) {
  try {
    // With `ignoreBOM`, a byte order mark is kept as the character that it is, and not dropped.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new NotProven(`${what} holds text that is no UTF-8.`);
  }
}

/** Reads a message into a value: where a field is there twice, the last one holds, and of a message both. */
function readKnown(type, reader, end, value) {
  while (reader.at < end) {
    const tag = readVarint(reader, end);
    const wire = Number(tag & 7n);
    const field = type.byNumber.get(Number(tag >> 3n));
    if (field === undefined) {
      ensure(tag >> 3n !== 0n, `${reader.what} is no message.`);
      skip(wire, reader, end);
      continue;
    }
    ensure(wire === field.wire, `${reader.what} is no message of its kind.`);
    if (type.oneof.includes(field.name)) {
      type.oneof.filter((name) => name !== field.name).forEach((name) => (value[name] = null));
    }
    if (wire === VARINT) {
      value[field.name] = field.varint.read(field.varint.cut(readVarint(reader, end)));
    } else if (typeof field.type === 'object') {
      const until = endOf(reader, end);
      value[field.name] = readKnown(field.type, reader, until, value[field.name] ?? blank(field.type));
    } else {
      value[field.name] = readDelimited(field, reader, endOf(reader, end));
    }
  }
  return value;
}

/** Where something ends that its length stands before. */
function endOf(reader, end) {
  const length = Number(readVarint(reader, end));
  ensure(length <= end - reader.at, `${reader.what} ends too early.`);
  return reader.at + length;
}

function skip(wire, reader, end) {
  if (wire === VARINT) {
    readVarint(reader, end);
    return;
  }
  const lengths = new Map([
    [FIXED_64, 8],
    [FIXED_32, 4],
  ]);
  const until = wire === DELIMITED ? endOf(reader, end) : reader.at + (lengths.get(wire) ?? Infinity);
  ensure(until <= end, `${reader.what} ends too early, or is no message.`);
  reader.at = until;
}

function count(reader) {
  reader.values += 1;
  ensure(reader.values <= MAX_VALUES, `${reader.what} holds more than any proof does.`);
}

function readVarint(reader, end) {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    if (reader.at >= end) {
      throw new NotProven(`${reader.what} ends too early.`);
    }
    const byte = reader.bytes[reader.at];
    reader.at += 1;
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) {
      if (value >> 64n !== 0n) {
        break;
      }
      return value;
    }
  }
  throw new NotProven(`${reader.what} holds a number that is too large.`);
}

/** Whether a field is written at all: defaults are not, and an optional number is even where it is zero. */
function isWritten(field, one) {
  if (field.isRepeated) {
    return one.length > 0;
  }
  if (field.isOptional || typeof field.type === 'object') {
    return one !== null;
  }
  return field.varint !== null ? one !== field.varint.absent : one.length > 0;
}

function sizeOfMessage(type, value) {
  let size = 0;
  for (const field of type.fields) {
    const one = value[field.name];
    if (isWritten(field, one)) {
      size += sizeOfField(field, one);
    }
  }
  return size;
}

function sizeOfField(field, value) {
  const tag = sizeOfVarint(tagOf(field));
  if (field.wire === VARINT) {
    return tag + sizeOfVarint(field.varint.write(value));
  }
  const contents = contentsOf(field, value);
  return contents.reduce((size, one) => {
    const length = sizeOfContent(field, one);
    return size + tag + sizeOfVarint(BigInt(length)) + length;
  }, 0);
}

/** What is written one after the other, each with its tag and length. */
function contentsOf(field, value) {
  return field.isRepeated && !field.isPacked ? value : [value];
}

function sizeOfContent(field, one) {
  if (field.isPacked) {
    return one.reduce((size, number) => size + sizeOfVarint(field.varint.write(number)), 0);
  }
  if (typeof field.type === 'object') {
    return sizeOfMessage(field.type, one);
  }
  return field.type === 'string' ? utf8(one).length : one.length;
}

function sizeOfVarint(number) {
  let size = 1;
  for (let rest = number >> 7n; rest > 0n; rest >>= 7n) {
    size += 1;
  }
  return size;
}

function tagOf(field) {
  return BigInt(field.number * 8 + field.wire);
}

function writeMessage(type, value, writer) {
  for (const field of type.fields) {
    const one = value[field.name];
    if (isWritten(field, one)) {
      writeField(field, one, writer);
    }
  }
}

function writeField(field, value, writer) {
  if (field.wire === VARINT) {
    writeVarint(tagOf(field), writer);
    writeVarint(field.varint.write(value), writer);
    return;
  }
  for (const one of contentsOf(field, value)) {
    writeVarint(tagOf(field), writer);
    writeVarint(BigInt(sizeOfContent(field, one)), writer);
    writeContent(field, one, writer);
  }
}

function writeContent(field, one, writer) {
  if (field.isPacked) {
    one.forEach((number) => writeVarint(field.varint.write(number), writer));
  } else if (typeof field.type === 'object') {
    writeMessage(field.type, one, writer);
  } else {
    const bytes = field.type === 'string' ? utf8(one) : one;
    writer.bytes.set(bytes, writer.at);
    writer.at += bytes.length;
  }
}

function writeVarint(number, writer) {
  let rest = number;
  while (rest >= 128n) {
    writer.bytes[writer.at] = Number(rest & 127n) | 128;
    writer.at += 1;
    rest >>= 7n;
  }
  writer.bytes[writer.at] = Number(rest);
  writer.at += 1;
}
