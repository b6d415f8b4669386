// From genesis, or from a block that a person knows, to the last header of the file, by certificates alone.
//
// A header names the validators of its own block and of the next one by their hashes. Who believes a set of validators believes what
// more than two thirds of its power signed, and with it the next set.

import { ascend, concat, equal, hex, u32, u64, utf8 } from './bytes.js';
import { address, hash, isSignedBy } from './crypto.js';
import { ensure } from './errors.js';
import { Header } from './messages/file.js';
import { ValidatorSet } from './messages/common.js';
import { encode } from './protobuf.js';

const MAX_HEADERS = 1000;

export function hashOfValidators(set) {
  return hash('counterfoil/validator-set/v1', encode(ValidatorSet, set));
}

/**
 * Follows the headers to the last one. Gives that with its hash, how many signatures were verified, and who decided which of the
 * headers. `checkpoint` is null, or { height: BigInt, hash: Uint8Array }.
 */
export function follow(headers, genesis, checkpoint) {
  ensure(headers.length > 0, 'The file has no header.');
  ensure(headers.length <= MAX_HEADERS, `The file has more than ${MAX_HEADERS} headers.`);
  const first = hashOfValidators(genesis.validators);
  const way = {
    chainId: genesis.chainId,
    believed: first,
    // What has a hash is the set, wherever it came from.
    sets: new Map([[hex(first), genesis.validators]]),
    header: null,
    hash: null,
    signatures: 0,
    signedBy: [],
  };
  headers.forEach((certified, at) => {
    ensure(certified.header !== null, 'A header is missing.');
    if (at === 0 && checkpoint !== null) {
      begin(way, certified, checkpoint);
    } else {
      take(way, certified);
      // One that changes nothing would be bytes, and signatures to verify, for nothing.
      const changes = !equal(certified.header.next_validators_hash, certified.header.validators_hash);
      ensure(changes || at === headers.length - 1, `Block ${certified.header.height} is there for nothing: no validators change with it.`);
    }
  });
  return { header: way.header, hash: way.hash, signatures: way.signatures, signedBy: way.signedBy };
}

/** The header that a person knows. Nobody's signature makes it believed, so that keys of long ago, which may be anybody's, do not count. */
function begin(way, { header, certificate, validators }, checkpoint) {
  ensure(
    header.height === checkpoint.height && certificate === null,
    `The file does not begin at block ${checkpoint.height}, which is your checkpoint: ask for one that does.`,
  );
  ensure(validators === null, `Block ${header.height} comes with validators, which a checkpoint needs none of.`);
  const found = hashOfHeader(header);
  ensure(equal(found, checkpoint.hash), `Block ${header.height} is another one than your checkpoint says.`);
  goOn(way, header, found);
}

function take(way, { header, certificate, validators }) {
  const { height } = header;
  ensure(
    certificate !== null,
    `Block ${height} comes without signatures: where the file was made for a checkpoint, enter that checkpoint.`,
  );
  ensure(way.header === null || height > way.header.height, `Block ${height} does not come after the one before it.`);
  ensure(
    equal(header.validators_hash, way.believed),
    `Block ${height} was decided by other validators than those of the genesis, or than those that the block before it names.`,
  );
  const set = validatorsOf(way, validators, height);
  const found = hashOfHeader(header);
  checkCertificate(way, certificate, set, height, found);
  way.signatures += certificate.signatures.length;
  recordWho(way, set, height);
  goOn(way, header, found);
}

/** The set that is believed now: one that is known, or that comes with the header; never both. */
function validatorsOf(way, given, height) {
  const known = way.sets.get(hex(way.believed));
  if (known !== undefined) {
    ensure(given === null, `Block ${height} comes with validators that are known already.`);
    return known;
  }
  ensure(given !== null, `Block ${height} lacks the validators that decided it.`);
  ensure(equal(hashOfValidators(given), way.believed), `Block ${height} comes with other validators than those that decide it.`);
  way.sets.set(hex(way.believed), given);
  return given;
}

function checkCertificate(way, certificate, set, height, blockHash) {
  ensure(
    certificate.height === height && equal(certificate.block_hash, blockHash),
    `The signatures that come with block ${height} are under another block.`,
  );
  const { signatures } = certificate;
  ensure(ascend(signatures.map((one) => one.address)), `The signatures under block ${height} do not ascend by address.`);
  const members = new Map(set.validators.map((validator) => [hex(address(validator.public_key)), validator]));
  let total = 0n;
  for (const { power } of members.values()) {
    total += power;
  }
  let signed = 0n;
  let weakest = null;
  for (const one of signatures) {
    const validator = members.get(hex(one.address));
    ensure(validator !== undefined, `Block ${height} is signed by somebody who is no validator of it.`);
    const message = vote(way.chainId, height, certificate.round, blockHash, one.address);
    ensure(
      isSignedBy(validator.public_key, message, one.signature),
      `The signature of ${validator.organization} under block ${height} does not verify.`,
    );
    signed += validator.power;
    weakest = weakest === null || validator.power < weakest ? validator.power : weakest;
  }
  ensure(3n * signed > 2n * total, `Block ${height} is not signed by more than two thirds of the voting power.`);
  ensure(
    3n * (signed - weakest) <= 2n * total,
    `Block ${height} comes with more signatures than are needed, which no proof does.`,
  );
}

/** What a validator signs: its vote for a block, of the kind that decides (2), and for one block (1). */
function vote(chainId, height, round, blockHash, signer) {
  const chain = utf8(chainId);
  return concat(
    utf8('counterfoil/vote/v1'),
    Uint8Array.of(chain.length),
    chain,
    Uint8Array.of(2),
    u64(height),
    // A round has 64 bits here; as it is never below zero, the upper half is zero.
    u32(0),
    u32(round),
    Uint8Array.of(1),
    blockHash,
    signer,
  );
}

export function hashOfHeader(header) {
  return hash('counterfoil/header/v1', encode(Header, header));
}

function goOn(way, header, found) {
  ensure(
    header.chain_id === way.chainId,
    `Block ${header.height} is of the chain “${header.chain_id}”, and the genesis is of another.`,
  );
  way.believed = header.next_validators_hash;
  way.header = header;
  way.hash = found;
}

/** Notes which organizations decided a header. Where it is the same ones again, the note before is extended. */
function recordWho(way, set, height) {
  const organizations = [...new Set(set.validators.map((validator) => validator.organization))].sort();
  const last = way.signedBy.at(-1);
  const isSame = last !== undefined && JSON.stringify(last.organizations) === JSON.stringify(organizations);
  if (isSame) {
    last.last = height;
  } else {
    way.signedBy.push({ first: height, last: height, organizations });
  }
}
