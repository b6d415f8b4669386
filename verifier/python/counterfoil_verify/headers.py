"""From genesis, or from a block that somebody knows, to the last header: by the signatures of validators alone."""

from dataclasses import dataclass, field

from . import ed25519
from .basics import NotProven, tagged, with_chain
from .genesis import address
from .wire import encode

MAX_HEADERS = 1_000


@dataclass(frozen=True)
class Checkpoint:
    """A block that whoever checks knows from elsewhere."""

    height: int
    hash: bytes


@dataclass
class AsOf:
    """The last header, and on whose signatures it rests."""

    header: dict = None
    hash: bytes = b""
    signatures: int = 0
    # [first height, last height, organizations], in order.
    signed_by: list = field(default_factory=list)


def set_hash(validators):
    return tagged("counterfoil/validator-set/v1", encode("ValidatorSet", validators))


def header_hash(header):
    return tagged("counterfoil/header/v1", encode("Header", header))


def follow(genesis, checkpoint, headers):
    """Checks all headers, each by those whom the one before it names, and gives the last one."""
    if not headers:
        raise NotProven("the file has no header")
    if len(headers) > MAX_HEADERS:
        raise NotProven(f"the file has more than {MAX_HEADERS} headers")
    as_of = AsOf()
    believed = set_hash(genesis.validators)
    # What has the hash is the set, wherever it stands.
    known = {believed: genesis.validators}
    for place, certified in enumerate(headers):
        header = certified["header"]
        if header is None:
            raise NotProven("a header is missing")
        height = header["height"]
        if header["chain_id"] != genesis.chain_id:
            raise NotProven(f"header {height} is of another chain than the genesis")
        if height <= (as_of.header["height"] if as_of.header else 0):
            raise NotProven(f"header {height} does not come after the one before it")
        block = header_hash(header)
        if place == 0 and checkpoint is not None:
            _check_checkpoint(checkpoint, certified, block)
        else:
            if header["validators_hash"] != believed:
                raise NotProven(f"header {height} is decided by other validators than those that are named before it")
            validators = _set_of(certified, believed, known)
            as_of.signatures += check_certificate(genesis.chain_id, certified["certificate"], height, block, validators)
            _note(as_of.signed_by, height, validators)
            # Bytes and signatures for nothing would make one statement many files.
            if place < len(headers) - 1 and header["next_validators_hash"] == header["validators_hash"]:
                raise NotProven(f"header {height} is there for nothing: no validators change with it")
        believed = header["next_validators_hash"]
        as_of.header, as_of.hash = header, block
    return as_of


def _check_checkpoint(checkpoint, certified, block):
    """The first header is the one that is known. It has no signatures: those of keys that were in use before it count for nothing."""
    if certified["header"]["height"] != checkpoint.height or certified["certificate"] is not None:
        raise NotProven(f"the file does not begin at height {checkpoint.height}, which the checkpoint is of")
    if certified["validators"] is not None:
        raise NotProven("the header of the checkpoint comes with validators")
    if block != checkpoint.hash:
        raise NotProven(f"block {checkpoint.height} has another hash than the checkpoint: this is another chain")


def _set_of(certified, believed, known):
    """The validators of a header: known by their hash, or, only where they are not, in the file."""
    given, height = certified["validators"], certified["header"]["height"]
    if believed in known:
        if given is not None:
            raise NotProven(f"header {height} repeats validators that are known")
        return known[believed]
    if given is None:
        raise NotProven(f"header {height} comes without its validators, which are not known")
    if set_hash(given) != believed:
        raise NotProven(f"header {height} comes with other validators than it names")
    known[believed] = given
    return given


def check_certificate(chain_id, certificate, height, block, validators):
    """Checks that more than two thirds of the power signed the block, and gives how many signatures it took."""
    if certificate is None:
        raise NotProven(f"header {height} has no certificate; a file that begins at a checkpoint needs that named")
    if certificate["height"] != height or certificate["block_hash"] != block:
        raise NotProven(f"the certificate of header {height} is for another block")
    members = {address(validator["public_key"]): validator for validator in validators["validators"]}
    if len(members) < len(validators["validators"]):
        raise NotProven(f"a validator of header {height} is named twice")
    signed, last = [], b""
    for signature in certificate["signatures"]:
        signer = signature["address"]
        if signer not in members:
            raise NotProven(f"header {height} is signed by somebody who is no validator of it")
        if signer <= last:
            raise NotProven(f"the signatures of header {height} do not ascend by address")
        message = vote_bytes(chain_id, height, certificate["round"], block, signer)
        if not ed25519.verify(members[signer]["public_key"], message, signature["signature"]):
            raise NotProven(f"a signature of header {height} is wrong")
        signed.append(members[signer]["power"])
        last = signer
    # In whole numbers: what is exactly two thirds is not more than that.
    twice_all = 2 * sum(validator["power"] for validator in validators["validators"])
    if 3 * sum(signed) <= twice_all:
        raise NotProven(f"header {height} is not signed by more than two thirds of the voting power")
    if 3 * (sum(signed) - min(signed)) > twice_all:
        raise NotProven(f"header {height} has more signatures than it takes")
    return len(signed)


def vote_bytes(chain_id, height, round_number, block, signer):
    """What a validator signs to decide a block (`CommitSignature`)."""
    vote = b"\x02" + height.to_bytes(8, "big") + round_number.to_bytes(8, "big") + b"\x01" + block + signer
    return with_chain("counterfoil/vote/v1", chain_id, vote)


def _note(signed_by, height, validators):
    """Headers in a row that the same organizations decided are told as one."""
    organizations = sorted({validator["organization"] for validator in validators["validators"]})
    if signed_by and signed_by[-1][2] == organizations:
        signed_by[-1][1] = height
    else:
        signed_by.append([height, height, organizations])
