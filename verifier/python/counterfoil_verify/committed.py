"""That a transaction is in a block, and what became of it."""

from dataclasses import dataclass

from .basics import NotProven
from .headers import header_hash
from .records import key_of
from .tree import leaf_hash, root_above
from .wire import encode


@dataclass
class Committed:
    """A transaction in its block. Everything in it was proven, but for the index where there is no receipt (see `root_above`)."""

    id: bytes
    # A `Transaction`. Its signatures verify; whose keys they are of is the ledger's word.
    transaction: dict
    # Of its block.
    header: dict
    index: int
    # None where it is not disclosed.
    receipt: dict = None


def read_committed(tx_id, inclusion, last, records):
    """Checks and gives a transaction: `inclusion` says where it is, and `last` is the last header."""
    if inclusion is None:
        raise NotProven("the file does not say where the transaction is")
    transaction, encoded = records.transaction(tx_id)
    header = last if inclusion["header"] is None else _earlier(inclusion["header"], last, records)
    if _root(inclusion, encoded, inclusion["siblings"]) != header["transactions_root"]:
        raise NotProven("the transaction is not in the block")
    receipt = inclusion["receipt"]
    if receipt is not None:
        _check_receipt(receipt, tx_id, inclusion, header)
    elif inclusion["receipt_siblings"]:
        raise NotProven("the file has the way of a receipt, but no receipt")
    return Committed(tx_id, transaction, header, inclusion["index"], receipt)


def _earlier(header, last, records):
    """The header of an earlier block, whose hash is a record in the state after the last one."""
    height = header["height"]
    if height >= last["height"]:
        raise NotProven("the transaction's block does not come before the last header")
    # The one record that is no message, and the one number in a key that has eight bytes.
    if records.must_be_there("hash of the transaction's block", key_of("block", height.to_bytes(8, "big"))) != header_hash(header):
        raise NotProven("the transaction's block is not that of this chain")
    return header


def _root(inclusion, leaf, siblings):
    return root_above(leaf_hash(leaf), inclusion["index"], inclusion["count"], siblings)


def _check_receipt(receipt, tx_id, inclusion, header):
    if receipt["rejection"] is not None:
        raise NotProven("the receipt has words of a rejection, which nobody signed")
    at = (receipt["tx_id"], receipt["height"], receipt["index"])
    if at != (tx_id, header["height"], inclusion["index"]):
        raise NotProven("the receipt is of another transaction, or of another place")
    if _root(inclusion, encode("Receipt", receipt), inclusion["receipt_siblings"]) != header["receipts_root"]:
        raise NotProven("the receipt is not that of the block")
