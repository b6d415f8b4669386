"""What a file shows: records under the state root, and transactions that they name. Each must be asked for."""

from . import ed25519
from .basics import NotProven, sha256, with_chain
from .state import check_state
from .wire import decode_record, decode_strictly

MAX_SIGNERS = 8


def key_of(table, *parts):
    """The key of a record: its table and the parts, with `/` between them. Texts are UTF-8, numbers have four bytes."""
    key = [table.encode("ascii")]
    for part in parts:
        if isinstance(part, int):
            part = part.to_bytes(4, "big")
        elif isinstance(part, str):
            part = part.encode("utf-8")
        key.append(part)
    return b"/".join(key)


def check_same(is_same, what):
    """A record that names itself is the one of its key."""
    if not is_same:
        raise NotProven(f"the {what} is another than the one it is said to be")


class Records:
    """Proven records, by key, and transactions, by id."""

    def __init__(self, proof, chain_id, header):
        keys = [shown["key"] for shown in proof["records"]]
        if any(one >= next_one for one, next_one in zip(keys, keys[1:])):
            raise NotProven("the records do not ascend by key")
        if proof["state"] is None:
            raise NotProven("the file has no proof of the state")
        self.chain_id = chain_id
        self.records = {shown["key"]: shown["record"] for shown in proof["records"]}
        check_state(header["state_root"], proof["state"], self.records)
        self.transactions = self._transactions(proof["transactions"])
        self.asked_for = set()
        self.signatures = 0

    def _transactions(self, encoded):
        found, last = {}, b""
        for one in encoded:
            signed = decode_strictly("SignedTransaction", one, "a transaction")
            tx_id = sha256(with_chain("counterfoil/transaction-id/v1", self.chain_id, signed["transaction"]))
            if tx_id <= last:
                raise NotProven("the transactions do not ascend by id")
            found[tx_id] = one, signed
            last = tx_id
        return found

    def shows(self, key):
        """Whether the file says anything of a key."""
        return key in self.records

    def is_absent(self, key):
        """Whether the file shows that nothing stands under the key."""
        self.asked_for.add(key)
        return self.records.get(key) == b""

    def must_be_there(self, what, key):
        """The bytes of the record under a key, which must be there."""
        self.asked_for.add(key)
        record = self.records.get(key)
        if not record:
            raise NotProven(f"the {what} is missing from the file")
        return record

    def must(self, name, what, key):
        """The record under a key, which must be there."""
        return decode_record(name, self.must_be_there(what, key), what)

    def may(self, name, what, key):
        """The record under a key, or None where the file does not show it. That it is not there, none of these may say."""
        return self.must(name, what, key) if self.shows(key) else None

    def encoded(self, key):
        """The bytes of a record that is there."""
        return self.records[key]

    def keys_under(self, prefix):
        """The keys that begin so, ascending."""
        return [key for key in self.records if key.startswith(prefix)]

    def transaction(self, tx_id, what="transaction"):
        """The transaction of an id, every signature of which is good, and its encoding with these.

        Whose keys those are is for the caller to check.
        """
        if tx_id not in self.transactions:
            raise NotProven(f"the {what} is missing from the file")
        encoded, signed = self.transactions.pop(tx_id)
        transaction = decode_strictly("Transaction", signed["transaction"], "a transaction")
        signers, signatures = transaction["signers"], signed["signatures"]
        if transaction["chain_id"] != self.chain_id:
            raise NotProven("a transaction is of another chain")
        if not 1 <= len(signers) <= MAX_SIGNERS or len(signatures) != len(signers):
            raise NotProven("a transaction has not one to eight signers, each with a signature")
        message = with_chain("counterfoil/transaction/v1", self.chain_id, signed["transaction"])
        for signer, signature in zip(signers, signatures):
            if not ed25519.verify(signer, message, signature):
                raise NotProven("a signature of a transaction is wrong")
        self.signatures += len(signers)
        return transaction, encoded

    def check_all_asked_for(self):
        """What the subject does not ask for might be read as if it belonged to it."""
        if set(self.records) - self.asked_for:
            raise NotProven("the file holds records that its subject does not ask for")
        if self.transactions:
            raise NotProven("the file holds transactions that its subject does not ask for")
