// The tables of messages say what the ledger's .proto files say, and bytes have one form.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { fromHex } from '../src/bytes.js';
import { NotProven } from '../src/errors.js';
import * as common from '../src/messages/common.js';
import { EVENTS } from '../src/messages/events.js';
import * as fileMessages from '../src/messages/file.js';
import * as history from '../src/messages/history.js';
import * as records from '../src/messages/records.js';
import { decode, decodeKnown, encode, message, optional, repeated } from '../src/protobuf.js';

const PROTO = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../proto/counterfoil');
const PLAIN = { uint32: 'u32', uint64: 'u64', sint32: 'sint', sint64: 'sint', bool: 'bool', string: 'string', bytes: 'bytes' };

/** All messages of the .proto files: by name, each with its fields. A name in two packages stands for either. */
function protoMessages() {
  const found = new Map();
  for (const entry of readdirSync(PROTO, { recursive: true }).filter((name) => name.endsWith('.proto'))) {
    const text = readFileSync(path.join(PROTO, entry), 'utf8').replaceAll(/\/\/.*$/gm, '');
    for (const [, name, body = ''] of text.matchAll(/^message (\w+) \{(?:\}|(.*?)^\})/gms)) {
      found.set(name, [...(found.get(name) ?? []), fieldsOf(body)]);
    }
  }
  return found;
}

function fieldsOf(body) {
  const oneofs = [...body.matchAll(/oneof \w+ \{([^}]*)\}/g)].map(([, inner]) => inner);
  const plain = [...body.matchAll(/(repeated |optional )?([\w.]+) (\w+) = (\d+);/g)];
  return plain.map(([line, label = '', type, name, number]) => ({
    name,
    number: Number(number),
    label: label.trim(),
    type: type.split('.').at(-1),
    isInOneof: oneofs.some((inner) => inner.includes(line)),
  }));
}

function tables() {
  const found = new Map();
  const visit = (type) => {
    if (!found.has(type)) {
      found.set(type, type.name);
      type.fields.filter((field) => typeof field.type === 'object').forEach((field) => visit(field.type));
    }
  };
  [common, fileMessages, records, history].flatMap((module) => Object.values(module)).forEach(visit);
  [...EVENTS.values()].forEach(visit);
  return [...found.keys()];
}

test('each table is its .proto message, field by field', () => {
  const protos = protoMessages();
  const all = tables();
  assert.ok(all.length > 130, `${all.length} tables`);
  for (const table of all) {
    const candidates = protos.get(table.name.split('.').at(-1));
    assert.ok(candidates, `${table.name} is in a .proto file`);
    assert.ok(
      candidates.some((fields) => isSame(table, fields)),
      `${table.name} is as its .proto file has it`,
    );
  }
});

test('the tables of events name each kind that there is, under the number of its contract', () => {
  for (const entry of readdirSync(PROTO, { recursive: true }).filter((name) => name.endsWith('.proto'))) {
    const text = readFileSync(path.join(PROTO, entry), 'utf8');
    const [, number, contract] = /^\/\/ Contract (\d+), (\w+)/.exec(text) ?? [];
    const [, body] = /^message Event \{(.*?)^\}/ms.exec(text) ?? [];
    if (number !== undefined && body !== undefined) {
      const table = EVENTS.get(Number(number));
      assert.equal(table.name, `${contract}.Event`);
      assert.equal(entry, path.join(contract, 'v1', `${contract}.proto`));
      const named = fieldsOf(body.replaceAll(/\/\/.*$/gm, '')).map((field) => [field.number, field.name, field.type]);
      assert.deepEqual(
        table.fields.map((field) => [field.number, field.name, field.type.name]).sort(),
        named.sort(),
        table.name,
      );
    }
  }
  assert.equal(EVENTS.size, 9);
});

function isSame(table, fields) {
  const isEach = table.fields.every((field) => {
    const proto = fields.find((one) => one.number === field.number);
    if (proto === undefined || proto.name !== field.name) {
      return false;
    }
    const plain = PLAIN[proto.type];
    const isType = plain === undefined ? field.type === 'enum' || field.type.name === proto.type : field.type === plain;
    const label = field.isRepeated ? 'repeated' : field.isOptional ? 'optional' : '';
    return isType && label === proto.label && table.oneof.includes(field.name) === proto.isInOneof;
  });
  const isAscending = table.fields.every((field, at) => at === 0 || table.fields[at - 1].number < field.number);
  return isEach && isAscending && (table.partial || table.fields.length === fields.length);
}

const Inner = message('Inner', [[1, 'number', 'u64']]);
const Sample = message(
  'Sample',
  [
    [1, 'number', 'u32'],
    [2, 'text', 'string'],
    [3, 'list', repeated('u32')],
    [4, 'inner', Inner],
    [5, 'other', Inner],
    [6, 'maybe', optional('u32')],
    [7, 'signed', 'sint'],
    [8, 'flag', 'bool'],
    [9, 'texts', repeated('string')],
    [10, 'kind', 'enum'],
    [20, 'long', 'u64'],
  ],
  { oneof: ['inner', 'other'] },
);

test('bytes that are one encoding are read and written again', () => {
  const good = {
    '': {},
    '0805': { number: 5 },
    '08ffffffff0f': { number: 4294967295 },
    '1203efbbbf': { text: '\ufeff' },
    '1a020102': { list: [1, 2] },
    2200: { inner: { number: 0n } },
    3000: { maybe: 0 },
    3801: { signed: -1n },
    3802: { signed: 1n },
    '38ffffffffffffffffff01': { signed: -(2n ** 63n) },
    4001: { flag: true },
    '4a004a0161': { texts: ['', 'a'] },
    a001ffffffffffffffffff01: { long: 2n ** 64n - 1n },
  };
  for (const [bytes, fields] of Object.entries(good)) {
    const read = decode(Sample, fromHex(bytes), 'It');
    for (const [name, value] of Object.entries(fields)) {
      assert.deepEqual(read[name], value, bytes);
    }
    assert.deepEqual(encode(Sample, read), fromHex(bytes), bytes);
  }
});

test('any other bytes are refused', () => {
  const bad = {
    'an explicit zero': '0800',
    'a long number': '088500',
    'a number above 32 bits': '08ffffffff1f',
    'a number of eleven bytes': 'a001ffffffffffffffffffff01',
    'a number above 64 bits': 'a001ffffffffffffffffff03',
    'an endless number': 'a001ffffffffffffffffff',
    'an unknown field': '5801',
    'field zero': '0001',
    'a wrong order': '12016108 05'.replace(' ', ''),
    'a field twice': '08050806',
    'an empty text': '1200',
    'no UTF-8': '1201ff',
    'half a character': '1203eda080',
    'an empty list': '1a00',
    'a list that is not packed': '18011802',
    'a list in two runs': '1a01011a0102',
    'a list with a long number': '1a028100',
    'a number as bytes': '0a0105',
    'bytes as a number': '1005',
    'a fixed number': '0d00000000',
    'a group': '0b0c',
    'a length past the end': '120561',
    'a length past the message around': '220308050a',
    'a huge length': '12ffffffffffffffffff01',
    'two of one': '22002a00',
    'neither true nor false': '4002',
    'an explicit false': '4000',
    'a number below zero as an enum': '50ffffffffffffffffff01',
    'a tag alone': '08',
  };
  for (const [what, bytes] of Object.entries(bad)) {
    assert.throws(() => decode(Sample, fromHex(bytes), 'It'), NotProven, what);
  }
});

test('a message of which only some fields are known is read as protobuf is', () => {
  const Known = message('Known', Sample.fields.filter((field) => !field.isRepeated).map(({ number, name, type }) => [number, name, type]), {
    oneof: ['inner', 'other'],
    partial: true,
  });
  const good = {
    '': {},
    '0800': { number: 0 },
    '08050806': { number: 6 },
    '088500': { number: 5 },
    '08ffffffff1f': { number: 4294967295 },
    '120161 0805': { number: 5, text: 'a' },
    '22002a00': { inner: null, other: { number: 0n } },
    '22020801 2200': { inner: { number: 1n } },
    '22020801 22020802': { inner: { number: 2n } },
    '4002': { flag: true },
    '50ffffffffffffffffff01': { kind: 4294967295 },
    '5801 0805': { number: 5 },
    '6101020304050607 08 0805': { number: 5 },
    '6501020304 0805': { number: 5 },
    '6a03616263 0805': { number: 5 },
    '1a0101 1801 0805': { number: 5 },
  };
  for (const [bytes, fields] of Object.entries(good)) {
    const read = decodeKnown(Known, fromHex(bytes.replaceAll(' ', '')), 'It');
    for (const [name, value] of Object.entries(fields)) {
      assert.deepEqual(read[name], value, bytes);
    }
  }
  const bad = ['08', '0a0105', '1005', '12056 1', '1201ff', '0005', '0b0c', '5b5c', '0f', '61010203', '650102', '6a0561', '2203080 5', '220308', '22', 'a001ffffffffffffffffff03'];
  for (const bytes of bad) {
    assert.throws(() => decodeKnown(Known, fromHex(bytes.replaceAll(' ', '')), 'It'), NotProven, bytes);
  }
});
