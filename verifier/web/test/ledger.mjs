// A small ledger for the tests: records in a tree, headers that validators sign, and the proofs that a node would make of them.

import { ed25519 } from '@noble/curves/ed25519.js';

import { compare, concat, hex, u64, utf8 } from '../src/bytes.js';
import { address, hash, sha256 } from '../src/crypto.js';
import { hashOfValidators } from '../src/headers.js';
import { Organization } from '../src/messages/common.js';
import { Header, Proof, SignedTransaction, Transaction } from '../src/messages/file.js';
import * as records from '../src/messages/records.js';
import { decode, encode } from '../src/protobuf.js';
import { keys } from '../src/records.js';

export const CHAIN = 'a-chain';
const NOTHING = utf8('SPARSE_MERKLE_PLACEHOLDER_HASH__');
const EMPTY = new Uint8Array(0);

/** A message with these fields, and all others left out. */
export function of(type, fields) {
  return { ...decode(type, EMPTY, type.name), ...fields };
}

export function id(name) {
  return sha256(utf8(name));
}

export function keyOf(name) {
  const secret = id(`key of ${name}`);
  return { secret, publicKey: ed25519.getPublicKey(secret) };
}

export function date(year, month, day) {
  return { year, month, day };
}

/** Validators of these powers, each of an organization of its own. */
export function validators(powers) {
  const set = Object.entries(powers).map(([organization, power]) => ({
    organization,
    public_key: keyOf(organization).publicKey,
    power: BigInt(power),
  }));
  set.sort((one, other) => compare(address(one.public_key), address(other.public_key)));
  return { validators: set };
}

export function genesisOf(set) {
  return { chainId: CHAIN, validators: set, exponents: new Map([['USD', 2]]), hash: id('genesis') };
}

/** The genesis file of a network with these validators, as the page takes it. */
export function genesisFile(set) {
  return JSON.stringify({
    protocol_version: 9,
    chain_id: CHAIN,
    time_ms: 1_700_000_000_000,
    clock: 'simulated',
    ledger_key_hash: hex(id('ledger key')),
    currencies: [{ code: 'USD', exponent: 2 }],
    organizations: [],
    validators: set.validators.map((one) => ({
      organization: one.organization,
      public_key: hex(one.public_key),
      power: Number(one.power),
    })),
  });
}

export function headerOf(height, set, next, stateRoot = id('state')) {
  return of(Header, {
    version: 8,
    chain_id: CHAIN,
    height: BigInt(height),
    time_ms: 1_700_000_000_000n + BigInt(height) * 1000n,
    proposer: address(set.validators[0].public_key),
    parent: id('parent'),
    transactions_root: id('transactions'),
    receipts_root: id('receipts'),
    state_root: stateRoot,
    validators_hash: hashOfValidators(set),
    next_validators_hash: hashOfValidators(next),
    params_hash: id('params'),
  });
}

export function hashOf(header) {
  return hash('counterfoil/header/v1', encode(Header, header));
}

/** A header that these organizations decided in a round. */
export function certified(header, signers, { round = 0, set = null } = {}) {
  const blockHash = hashOf(header);
  const signatures = signers.map((name) => {
    const key = keyOf(name);
    const signer = address(key.publicKey);
    const message = concat(
      utf8('counterfoil/vote/v1'),
      Uint8Array.of(CHAIN.length),
      utf8(CHAIN),
      Uint8Array.of(2),
      u64(header.height),
      u64(BigInt(round)),
      Uint8Array.of(1),
      blockHash,
      signer,
    );
    return { address: signer, signature: ed25519.sign(message, key.secret) };
  });
  signatures.sort((one, other) => compare(one.address, other.address));
  return { header, certificate: { height: header.height, round, block_hash: blockHash, signatures }, validators: set };
}

/** A transaction with its signatures, and its id. */
export function transactionOf(organization, accounts, contract, action) {
  const signers = accounts.map(keyOf).sort((one, other) => compare(one.publicKey, other.publicKey));
  const transaction = encode(
    Transaction,
    of(Transaction, {
      chain_id: CHAIN,
      organization,
      signers: signers.map((key) => key.publicKey),
      expires_at_ms: 1_700_000_100_000n,
      nonce: 7n,
      contract,
      action,
    }),
  );
  const chain = concat(Uint8Array.of(CHAIN.length), utf8(CHAIN));
  const message = concat(utf8('counterfoil/transaction/v1'), chain, transaction);
  const signatures = signers.map((key) => ed25519.sign(message, key.secret));
  return {
    id: hash('counterfoil/transaction-id/v1', chain, transaction),
    bytes: encode(SignedTransaction, { transaction, signatures }),
  };
}

/** Records of a ledger, and what a node says of them. */
export class State {
  constructor() {
    this.records = [];
  }

  put(key, type, fields) {
    return this.putBytes(key, encode(type, of(type, fields)));
  }

  putBytes(key, record) {
    const kept = this.records.filter((one) => compare(one.key, key) !== 0);
    this.records = [...kept, { key, record }];
    return this;
  }

  leaves() {
    const leaves = this.records.map(({ key, record }) => ({ path: pathOf(key), record: sha256(record) }));
    return leaves.sort((one, other) => compare(one.path, other.path));
  }

  root() {
    return rootOf(this.leaves(), 0);
  }

  /** What stands under keys, with the proof of it. */
  prove(asked) {
    const shown = asked.map((key) => this.records.find((one) => compare(one.key, key) === 0) ?? { key, record: EMPTY });
    shown.sort((one, other) => compare(one.key, other.key));
    const paths = shown.map(({ key, record }) => ({ path: pathOf(key), isThere: record.length > 0 }));
    const out = { steps: [], hashes: [] };
    walk(out, this.leaves(), paths, 0);
    const shape = new Uint8Array(Math.ceil(out.steps.length / 4));
    out.steps.forEach((step, at) => {
      shape[at >> 2] |= step << (6 - 2 * (at & 3));
    });
    return { records: shown, state: { shape, hashes: concat(...out.hashes) } };
  }
}

function pathOf(key) {
  return hash('counterfoil/state-key/v1', key);
}

function halves(list, depth) {
  const isRight = ({ path }) => ((path[depth >> 3] >> (7 - (depth & 7))) & 1) === 1;
  return [list.filter((one) => !isRight(one)), list.filter(isRight)];
}

function rootOf(leaves, depth) {
  if (leaves.length === 0) {
    return NOTHING;
  }
  if (leaves.length === 1) {
    return hash('JMT::LeafNode', leaves[0].path, leaves[0].record);
  }
  const [left, right] = halves(leaves, depth);
  return hash('JMT::IntrnalNode', rootOf(left, depth + 1), rootOf(right, depth + 1));
}

function walk(out, leaves, asked, depth) {
  if (asked.length === 0) {
    out.steps.push(leaves.length === 0 ? 1 : 0);
    out.hashes.push(...(leaves.length === 0 ? [] : [rootOf(leaves, depth)]));
    return;
  }
  if (leaves.length > 1) {
    out.steps.push(0);
    const [left, right] = halves(leaves, depth);
    const [askedLeft, askedRight] = halves(asked, depth);
    walk(out, left, askedLeft, depth + 1);
    walk(out, right, askedRight, depth + 1);
    return;
  }
  const [leaf] = leaves;
  const isShown = leaf !== undefined && asked.some((one) => one.isThere && compare(one.path, leaf.path) === 0);
  if (leaf === undefined) {
    out.steps.push(1);
  } else if (isShown) {
    out.steps.push(2);
  } else {
    out.steps.push(3);
    out.hashes.push(leaf.path, leaf.record);
  }
}

/** A proof file. */
export function file(fields) {
  return encode(Proof, of(Proof, { format: 1, ...fields }));
}

export { Organization, keys, records, decode, encode };
