"""A ledger in small: keys that sign, a state's tree, headers and files over them, all made by these tests."""

import hashlib

from counterfoil_verify import ed25519
from counterfoil_verify.basics import sha256, tagged, with_chain
from counterfoil_verify.genesis import Genesis, address
from counterfoil_verify.headers import header_hash, set_hash, vote_bytes
from counterfoil_verify.schema import MESSAGES
from counterfoil_verify.wire import encode

CHAIN = "made-1"
NOTHING = b"SPARSE_MERKLE_PLACEHOLDER_HASH__"


def make(name, /, **fields):
    """A message with these fields, and the defaults of the others."""
    made = {}
    for field, kind in MESSAGES[name].values():
        default = [] if kind.endswith("*") else {"bytes": b"", "string": ""}.get(kind, None if kind in MESSAGES else 0)
        made[field] = fields.pop(field, default)
    assert not fields, fields
    return made


def encoded(name, /, **fields):
    return encode(name, make(name, **fields))


def make_date(year, month, day):
    return make("Date", year=year, month=month, day=day)


def multiply(number, point):
    result = ed25519.NEUTRAL
    for at in reversed(range(number.bit_length())):
        result = ed25519.add(result, result)
        if number >> at & 1:
            result = ed25519.add(result, point)
    return result


def encode_point(point):
    x, y, z, _ = point
    inverse = pow(z, -1, ed25519.P)
    x, y = x * inverse % ed25519.P, y * inverse % ed25519.P
    return (y | (x & 1) << 255).to_bytes(32, "little")


class Key:
    """An Ed25519 key that signs as RFC 8032 says."""

    def __init__(self, name):
        digest = hashlib.sha512(hashlib.sha256(name.encode()).digest()).digest()
        self.scalar = int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254
        self.prefix = digest[32:]
        self.public = encode_point(multiply(self.scalar, ed25519.BASE))

    def sign(self, message):
        nonce = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % ed25519.L
        commitment = encode_point(multiply(nonce, ed25519.BASE))
        k = int.from_bytes(hashlib.sha512(commitment + self.public + message).digest(), "little")
        return commitment + ((nonce + k * self.scalar) % ed25519.L).to_bytes(32, "little")


def validator_set(keys, powers=None):
    validators = [
        make("Validator", organization=f"bank-{place}", public_key=key.public, power=powers[place] if powers else 1)
        for place, key in enumerate(keys)
    ]
    return {"validators": sorted(validators, key=lambda one: address(one["public_key"]))}


def genesis(validators):
    return Genesis(CHAIN, validators, {"USD": 2})


def header(height, validators, following=None, root=bytes(32), **more):
    return make(
        "Header",
        version=8,
        chain_id=CHAIN,
        height=height,
        time_ms=1_700_000_000_000 + height,
        state_root=root,
        validators_hash=set_hash(validators),
        next_validators_hash=set_hash(following or validators),
        **more,
    )


def certificate(made, keys, round_number=0):
    """Signatures of these keys under a header."""
    block, height = header_hash(made), made["height"]
    signatures = []
    for key in sorted(keys, key=lambda one: address(one.public)):
        signer = address(key.public)
        signature = key.sign(vote_bytes(CHAIN, height, round_number, block, signer))
        signatures.append(make("CommitSignature", address=signer, signature=signature))
    return make("CommitCertificate", height=height, round=round_number, block_hash=block, signatures=signatures)


def certified(made, keys, validators=None):
    return make("CertifiedHeader", header=made, certificate=certificate(made, keys), validators=validators)


def path_of(key):
    return int.from_bytes(tagged("counterfoil/state-key/v1", key), "big")


class State:
    """Records in their tree."""

    def __init__(self, records):
        self.records = records
        self.leaves = sorted((path_of(key), sha256(record)) for key, record in records.items())
        self.root = self._root(0, self.leaves)

    def _halves(self, depth, leaves):
        right = [leaf for leaf in leaves if leaf[0] >> (255 - depth) & 1]
        return leaves[: len(leaves) - len(right)], right

    def _root(self, depth, leaves):
        if not leaves:
            return NOTHING
        if len(leaves) == 1:
            return sha256(b"JMT::LeafNode", leaves[0][0].to_bytes(32, "big"), leaves[0][1])
        left, right = self._halves(depth, leaves)
        return sha256(b"JMT::IntrnalNode", self._root(depth + 1, left), self._root(depth + 1, right))

    def proof(self, keys):
        """A `StateProof` of these keys."""
        steps, hashes = [], []
        self._walk(0, self.leaves, [(path_of(key),) for key in keys], steps, hashes)
        shape = bytearray(-(-len(steps) // 4))
        for at, step in enumerate(steps):
            shape[at // 4] |= step << (6 - 2 * (at % 4))
        return make("StateProof", shape=bytes(shape), hashes=b"".join(hashes))

    def _walk(self, depth, leaves, asked, steps, hashes):
        if not leaves:
            steps.append(1)
        elif not asked:
            steps.append(0)
            hashes.append(self._root(depth, leaves))
        elif len(leaves) > 1:
            steps.append(0)
            left, right = self._halves(depth, leaves)
            asked_right = [path for path in asked if path[0] >> (255 - depth) & 1]
            asked_left = [path for path in asked if path not in asked_right]
            self._walk(depth + 1, left, asked_left, steps, hashes)
            self._walk(depth + 1, right, asked_right, steps, hashes)
        elif (leaves[0][0],) in asked:
            steps.append(2)
        else:
            steps.append(3)
            hashes.extend([leaves[0][0].to_bytes(32, "big"), leaves[0][1]])


def signed(keys, **fields):
    """A transaction signed by these keys, and its id."""
    keys = sorted(keys, key=lambda key: key.public)
    transaction = encoded("Transaction", chain_id=CHAIN, signers=[key.public for key in keys], **fields)
    message = with_chain("counterfoil/transaction/v1", CHAIN, transaction)
    tx_id = sha256(with_chain("counterfoil/transaction-id/v1", CHAIN, transaction))
    signatures = [key.sign(message) for key in keys]
    return tx_id, encoded("SignedTransaction", transaction=transaction, signatures=signatures)


def file(state, keys, validators, by, transactions=(), opened=(), roots=None, **subject):
    """A proof file of these keys of a state, in block 7, which may have roots over its transactions and receipts."""
    keys = sorted(keys)
    records = [make("ProvenRecord", key=key, record=state.records.get(key, b"")) for key in keys]
    return encoded(
        "Proof",
        format=1,
        headers=[certified(header(7, validators, root=state.root, **roots or {}), by)],
        records=records,
        state=state.proof(keys),
        transactions=list(transactions),
        opened=list(opened),
        **subject,
    )
