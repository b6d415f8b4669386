// The genesis file and the checkpoint: what a person believes before looking at any proof.

import { compare, fromHex, hex, utf8 } from './bytes.js';
import { address, hash } from './crypto.js';
import { ensure, NotProven } from './errors.js';
import { Genesis } from './messages/file.js';
import { encode } from './protobuf.js';

export const MAX_GENESIS_BYTES = 16 * 1024 * 1024;

const CLOCKS = { wall: 1, simulated: 2 };
const ROLES = { core_enterprise: 1, supplier: 2, bank: 3, guarantor: 4, regulator: 5, operator: 6 };
const PERMISSIONS = { view: 1, make: 2, approve: 3, admin: 4 };
const ACTIVE = 1;
/** No currency has more decimal places (ISO 4217 has 4 at most). */
const MAX_EXPONENT = 8;
/** Where the file says nothing of them. */
const PARAMS = {
  max_block_bytes: 1048576,
  timeout_propose_ms: 600,
  timeout_vote_ms: 300,
  timeout_delta_ms: 200,
  heartbeat_ms: 10000,
  transaction_lifetime_ms: 3600000,
};

/**
 * Reads a genesis.json: the chain's id, its first validators, the currencies' decimal places, and the hash of all of it, by which a
 * person can compare it with somebody else's.
 */
export function readGenesis(text) {
  let json = null;
  try {
    json = JSON.parse(text);
  } catch {
    fail('is no JSON');
  }
  const genesis = toMessage(object(json, 'file'));
  return {
    chainId: genesis.chain_id,
    validators: genesis.validators,
    exponents: new Map(genesis.currencies.map(({ code, exponent }) => [code, exponent])),
    hash: hash('counterfoil/genesis/v1', encode(Genesis, genesis)),
  };
}

/** A block that a person knows, written as HEIGHT:HASH. */
export function readCheckpoint(text) {
  const parts = /^([0-9]{1,15}):([0-9a-f]{64})$/.exec(text.trim().toLowerCase());
  ensure(parts !== null && BigInt(parts[1]) > 0n, 'The checkpoint is no height, colon, and block hash of 64 hexadecimal digits.');
  return { height: BigInt(parts[1]), hash: fromHex(parts[2]) };
}

/** The message of which the genesis hash is taken. Lists stand in it in an order of their own, whatever order the file has. */
function toMessage(json) {
  const currencies = list(json.currencies, 'currencies').map((one) => ({
    code: string(one.code, 'currencies.code'),
    exponent: natural(one.exponent, 'currencies.exponent'),
  }));
  const organizations = list(json.organizations, 'organizations').map(organization);
  ensure(
    currencies.every(({ exponent }) => exponent <= MAX_EXPONENT),
    'The genesis file is no genesis: currencies.exponent.',
  );
  return {
    protocol_version: natural(json.protocol_version, 'protocol_version'),
    chain_id: chainId(json.chain_id),
    time_ms: BigInt(natural(json.time_ms, 'time_ms')),
    clock: named(json.clock, CLOCKS, 'clock'),
    first_date: (json.first_date ?? null) === null ? null : day(json.first_date),
    utc_offset_minutes: BigInt(integer(json.utc_offset_minutes ?? 0, 'utc_offset_minutes')),
    ledger_key_hash: bytes(json.ledger_key_hash, 'ledger_key_hash'),
    currencies: currencies.sort((one, other) => inOrder(one.code, other.code)),
    organizations: organizations.sort((one, other) => inOrder(one.id, other.id)),
    validators: { validators: validators(json.validators) },
    params: params(json.params),
    development: json.development === true,
  };
}

function validators(json) {
  const read = list(json, 'validators').map((one) => ({
    organization: string(one.organization, 'validators.organization'),
    public_key: bytes(one.public_key, 'validators.public_key'),
    power: BigInt(natural(one.power, 'validators.power')),
  }));
  ensure(read.length > 0, 'The genesis file names no validators.');
  const addresses = new Set(read.map((one) => hex(one.public_key)));
  ensure(addresses.size === read.length, 'The genesis file names a validator twice.');
  return read.sort((one, other) => compare(address(one.public_key), address(other.public_key)));
}

function organization(json) {
  const numbers = (names, table, field) =>
    list(names, field, 'string')
      .map((name) => named(name, table, field))
      .sort();
  const accounts = list(json.accounts, 'accounts').map((account) => ({
    public_key: bytes(account.key, 'accounts.key'),
    permissions: list(account.permissions, 'permissions', 'string').map((name) => named(name, PERMISSIONS, 'permissions')),
    from_height: 0n,
    until_height: 0n,
  }));
  return {
    id: string(json.id, 'organizations.id'),
    legal_name: string(json.legal_name, 'organizations.legal_name'),
    lei: string(json.lei ?? '', 'organizations.lei'),
    national_id: string(json.national_id ?? '', 'organizations.national_id'),
    roles: numbers(json.roles, ROLES, 'roles'),
    accounts: accounts.sort((one, other) => compare(one.public_key, other.public_key)),
    approval_rule: [],
    status: ACTIVE,
  };
}

function params(json) {
  const given = json === undefined ? PARAMS : { transaction_lifetime_ms: 0, ...object(json, 'params') };
  return Object.fromEntries(Object.keys(PARAMS).map((name) => [name, BigInt(natural(given[name], `params.${name}`))]));
}

function fail(what) {
  throw new NotProven(`The genesis file ${what}.`);
}

function object(json, field) {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    fail(`is no genesis: ${field}`);
  }
  return json;
}

function list(json, field, of = 'object') {
  if (!Array.isArray(json) || json.some((one) => typeof one !== of || one === null)) {
    fail(`is no genesis: ${field}`);
  }
  return json;
}

function string(json, field) {
  // A lone half of a character has no bytes of its own, and would be hashed as another.
  if (typeof json !== 'string' || new TextDecoder('utf-8', { ignoreBOM: true }).decode(utf8(json)) !== json) {
    fail(`is no genesis: ${field}`);
  }
  return json;
}

function integer(json, field) {
  if (!Number.isSafeInteger(json)) {
    fail(`is no genesis: ${field}`);
  }
  return json;
}

function natural(json, field) {
  if (integer(json, field) < 0) {
    fail(`is no genesis: ${field}`);
  }
  return json;
}

function bytes(json, field) {
  const read = fromHex(json);
  if (read === null || read.length !== 32) {
    fail(`is no genesis: ${field}`);
  }
  return read;
}

function chainId(json) {
  if (typeof json !== 'string' || !/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/.test(json)) {
    fail('is no genesis: chain_id');
  }
  return json;
}

function named(json, table, field) {
  if (typeof json !== 'string' || !Object.hasOwn(table, json)) {
    fail(`is no genesis: ${field}`);
  }
  return table[json];
}

function day(json) {
  const parts = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(json);
  if (parts === null) {
    fail('is no genesis: first_date');
  }
  const [year, month, date] = parts.slice(1).map(Number);
  return { year, month, day: date };
}

function inOrder(one, other) {
  if (one === other) {
    return 0;
  }
  return one < other ? -1 : 1;
}
