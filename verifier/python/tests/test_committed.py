"""What a file must say to show a transaction in its block: on a ledger that these tests made up."""

import random
import unittest

from counterfoil_verify import NotProven, prove, verify
from counterfoil_verify.basics import sha256, with_chain
from counterfoil_verify.headers import header_hash
from counterfoil_verify.proof import MAX_FILE_BYTES
from counterfoil_verify.records import key_of
from counterfoil_verify.report import report
from counterfoil_verify.tree import leaf_hash, node_hash, root_above
from counterfoil_verify.wire import decode_strictly, encode
from tests.likeness import differs_as_it_may, taken_out
from tests.made import CHAIN, Key, State, encoded, file, genesis, header, make, signed, validator_set

VALIDATORS = [Key(name) for name in ("a", "b", "c")]
SET = validator_set(VALIDATORS)
GENESIS = genesis(SET)
MAKER, CHECKER = Key("maker"), Key("checker")
TX_ID, TRANSACTION = signed([MAKER, CHECKER], organization="seller", contract=4, action=b"\x0a\x00")
OTHER_ID, OTHER = signed([MAKER], organization="buyer", contract=4, action=b"\x22\x00")


def tree(leaves):
    """The root over leaves, and the siblings of each: by the definition in RFC 6962, section 2.1."""
    if len(leaves) == 1:
        return sha256(b"\x00", leaves[0]), [[]]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    (left, of_left), (right, of_right) = tree(leaves[:half]), tree(leaves[half:])
    ways = [way + [right] for way in of_left] + [way + [left] for way in of_right]
    return sha256(b"\x01", left, right), ways


class World:
    """The third of seven transactions of block 4, and block 7 after it."""

    def __init__(self):
        self.height, self.index, self.count = 4, 2, 7
        self.asked, self.transactions, self.encoded = TX_ID, [TRANSACTION], TRANSACTION
        events = [
            make("Event", contract=4, organizations=["buyer", "seller"], body=b"\x0a\x02\x0a\x00"),
            make("Event", contract=1, organizations=["seller"], body=b"\x22\x00"),
        ]
        self.receipt = make("Receipt", tx_id=TX_ID, height=4, index=2, events=events)
        # Of the header in the file, and of the hash that the ledger has of it.
        self.header, self.known = {}, {}
        self.inclusion, self.content, self.left_out, self.more = {}, {}, False, []

    def in_the_last_block(self):
        self.height = self.receipt["height"] = 7
        return self

    def at(self, index, count):
        self.index, self.count = index, count
        self.receipt["index"] = index
        return self

    def file(self):
        """A new ledger with this block, and a file over it, in which `inclusion` and `content` are changed last."""
        transactions = [bytes([place]) for place in range(self.count)]
        receipts = [bytes([place, 1]) for place in range(self.count)]
        transactions[self.index], receipts[self.index] = self.encoded, encoded("Receipt", **self.receipt)
        (root, ways), (receipts_root, receipt_ways) = tree(transactions), tree(receipts)
        roots = {"transactions_root": root, "receipts_root": receipts_root}
        place = make("Inclusion", index=self.index, count=self.count, siblings=ways[self.index])
        place.update(receipt=self.receipt, receipt_siblings=receipt_ways[self.index])
        records, shown = {key_of("cash/balance", str(filler)): b"\x08\x01" for filler in range(20)}, []
        if self.height < 7:
            place["header"] = {**header(self.height, SET, **roots), **self.header}
            shown = [key_of("block", self.height.to_bytes(8, "big"))]
            records[shown[0]] = header_hash({**place["header"], **self.known})
            roots = {}
        place.update(self.inclusion)
        content = {"committed": make("Committed", transaction=self.asked), "inclusion": place, "roots": roots, **self.content}
        shown = [*self.more] if self.left_out else [*shown, *self.more]
        return file(State(records), shown, SET, VALIDATORS, self.transactions, **content)


class Committed(unittest.TestCase):
    def subject(self, world):
        return verify(world.file(), GENESIS)["subject"]

    def told(self, world):
        return "\n".join(report(prove(world.file(), GENESIS), GENESIS))

    def refused(self, why, change, world=None):
        world = world or World()
        change(world)
        with self.assertRaisesRegex(NotProven, why):
            verify(world.file(), GENESIS)

    def refused_place(self, why, world=None, **changes):
        """That a file is refused if just this is wrong in the `Inclusion`."""
        self.refused(why, lambda w: w.inclusion.update(changes), world)


class Proven(Committed):
    def test_in_an_earlier_block(self):
        said = verify(World().file(), GENESIS)
        self.assertEqual((said["height"], said["signatures"]), (7, 5))
        events = [[4, sha256(b"\x0a\x02\x0a\x00").hex()], [1, sha256(b"\x22\x00").hex()]]
        subject = {"kind": "committed", "transaction": TX_ID.hex(), "organization": "seller", "height": 4, "index": 2}
        self.assertEqual(said["subject"], {**subject, "receipt": {"code": 0, "events": events}})

    def test_in_the_last_block(self):
        subject = self.subject(World().in_the_last_block())
        self.assertEqual((subject["height"], subject["index"]), (7, 2))

    def test_at_every_place(self):
        for count in range(1, 10):
            for index in range(count):
                self.assertEqual(self.subject(World().at(index, count))["index"], index)

    def test_one_that_was_rejected(self):
        world = World()
        world.receipt.update(code=4002, events=[])
        self.assertEqual(self.subject(world)["receipt"], {"code": 4002, "events": []})
        self.assertIn("code        4002: it was rejected\nevents      nothing", self.told(world))

    def test_without_a_receipt(self):
        world = World()
        world.inclusion = {"receipt": None, "receipt_siblings": []}
        self.assertIsNone(self.subject(world)["receipt"])
        told = self.told(world)
        self.assertIn("receipt     not disclosed", told)
        self.assertIn("place       not proven, without a receipt", told)

    def test_a_person_can_read_it(self):
        world = World()
        unreadable = [make("Event", contract=4, body=b"\xff"), make("Event", contract=99, body=b"\x0a\x00")]
        world.receipt["events"] += unreadable
        told = self.told(world)
        parts = [
            f"COMMITTED\ntransaction {TX_ID.hex()}\n            by seller, for contract 4 (invoice)",
            "in          block 4, 2023-11-14",
            "place       2, counted from 0\n",
            f"signed by account {MAKER.public.hex()}",
            "code        0: it was carried out",
            "events      invoice registered, carried out, an unknown event of contract 4, an unknown event of contract 99",
        ]
        for words in parts:
            self.assertIn(words, told)


class Refused(Committed):
    def test_the_subject(self):
        self.refused("not one subject", lambda w: w.content.update(unfinanced=make("Unfinanced", fingerprint=bytes(32))))
        self.refused("not one subject", lambda w: w.content.update(committed=None))
        self.refused("where the transaction is", lambda w: w.content.update(inclusion=None))
        self.refused("private fields", lambda w: w.content.update(opened=[make("OpenedField")]))
        self.refused("a history that", lambda w: w.content.update(range=make("HistoryRange")))
        other = {"committed": None, "unfinanced": make("Unfinanced", fingerprint=bytes(32))}
        self.refused("the place of a transaction that", lambda w: w.content.update(other))
        self.refused("the place of a transaction that", lambda w: w.content.update(other, inclusion=make("Inclusion")))

    def test_the_transaction(self):
        self.refused("transaction is missing", lambda w: setattr(w, "transactions", []))
        self.refused("transaction is missing", lambda w: setattr(w, "transactions", [OTHER]))
        self.refused("transaction is missing", lambda w: setattr(w, "asked", b""))
        both = [one for _, one in sorted([(TX_ID, TRANSACTION), (OTHER_ID, OTHER)])]
        self.refused("transactions that its subject", lambda w: setattr(w, "transactions", both))
        self.refused("not in the block", lambda w: setattr(w, "asked", OTHER_ID) or setattr(w, "transactions", [OTHER]))

        def forges(world):
            # The id is not over the signatures.
            world.transactions = [TRANSACTION[:-1] + bytes([TRANSACTION[-1] ^ 1])]

        self.refused("signature of a transaction is wrong", forges)

    def test_the_block(self):
        self.refused("transaction's block is missing", lambda w: setattr(w, "left_out", True))
        self.refused("not that of this chain", lambda w: w.known.update(time_ms=1))
        self.refused("not that of this chain", lambda w: w.known.update(transactions_root=bytes(32)))
        for height in (7, 8, 2**64 - 1):
            self.refused("does not come before the last", lambda w, height=height: w.header.update(height=height))
        # The hash of another height says nothing of this one.
        self.refused("transaction's block is missing", lambda w: w.header.update(height=5))

        def said_to_be_missing(world):
            world.left_out, world.more = True, [key_of("block", (5).to_bytes(8, "big"))]
            world.header["height"] = 5

        self.refused("transaction's block is missing", said_to_be_missing)
        self.refused("does not ask", lambda w: w.more.append(key_of("cash/balance", "0")))
        self.refused("does not ask", lambda w: w.more.append(key_of("cash/balance", "0")), World().in_the_last_block())
        # Of the last block, the header is there once.
        last = header(7, SET)
        self.refused_place("does not come before the last", World().in_the_last_block(), header=last)
        self.refused_place("not in the block", header=None)

    def test_the_place(self):
        root, ways = tree([bytes([n]) for n in range(7)])
        for changes in ({"index": 3}, {"index": 7}, {"count": 2}, {"count": 0}, {"count": 3}, {"count": 9}):
            self.refused_place("not in the block", **changes)
        for siblings in (ways[3], ways[2][:-1], [*ways[2], root], ways[2][::-1], [], [b"", *ways[2]]):
            self.refused_place("not in the block", siblings=siblings)

    def test_the_receipt(self):
        def receipt(**changes):
            return lambda world: world.receipt.update(changes)

        for world in (None, World().in_the_last_block()):
            self.refused("another transaction, or of another place", receipt(height=6), world)
        self.refused("another transaction, or of another place", receipt(tx_id=OTHER_ID))
        self.refused("another transaction, or of another place", receipt(index=3))
        self.refused("words of a rejection", receipt(code=4002, rejection=make("Rejection", contract="invoice")))
        self.refused("words of a rejection", receipt(rejection=make("Rejection")))

        def shown(**changes):
            return {"receipt": {**World().receipt, **changes}}

        events = World().receipt["events"]
        for change in ({"code": 4002}, {"events": []}, {"events": events[::-1]}, {"events": events[:1]}):
            self.refused_place("receipt is not that of the block", **shown(**change))
        other = make("Event", contract=4, organizations=["seller"], body=events[0]["body"])
        self.refused_place("receipt is not that of the block", **shown(events=[other, events[1]]))
        ways = tree([bytes([n, 1]) for n in range(7)])[1]
        for siblings in (ways[3], ways[2][1:], []):
            self.refused_place("receipt is not that of the block", receipt_siblings=siblings)
        # Its way alone is there for nothing.
        self.refused_place("but no receipt", receipt=None)


class Files(Committed):
    """What is the same of every subject."""

    def signed(self, keys, sign=None, **changes):
        """A world whose transaction says this."""
        keys = sorted(keys, key=lambda key: key.public)
        said = {"chain_id": CHAIN, "organization": "seller", "signers": [key.public for key in keys], "contract": 4, **changes}
        transaction = encoded("Transaction", **said)
        message = with_chain("counterfoil/transaction/v1", CHAIN, transaction)
        signatures = [key.sign(message) for key in (keys if sign is None else sign)]
        world = World()
        world.asked = world.receipt["tx_id"] = sha256(with_chain("counterfoil/transaction-id/v1", CHAIN, transaction))
        world.encoded = encoded("SignedTransaction", transaction=transaction, signatures=signatures)
        world.transactions = [world.encoded]
        return world

    def test_transactions(self):
        self.assertEqual(self.subject(self.signed([MAKER]))["organization"], "seller")
        keys = [Key(f"account {n}") for n in range(9)]
        self.assertEqual(verify(self.signed(keys[:8]).file(), GENESIS)["signatures"], 11)
        why = "not one to eight signers"
        for world in (self.signed(keys), self.signed([]), self.signed([MAKER], [MAKER, MAKER]), self.signed([MAKER], [])):
            self.refused(why, lambda w: None, world)
        self.refused("of another chain", lambda w: None, self.signed([MAKER], chain_id="made-2"))
        self.refused("signature of a transaction is wrong", lambda w: None, self.signed([MAKER], [CHECKER]))
        both = [one for _, one in sorted([(TX_ID, TRANSACTION), (OTHER_ID, OTHER)])]
        self.refused("do not ascend by id", lambda w: setattr(w, "transactions", both[::-1]))
        self.refused("do not ascend by id", lambda w: setattr(w, "transactions", [TRANSACTION] * 2))

    def test_records(self):
        def changed(change):
            proof = decode_strictly("Proof", World().file(), "a file")
            change(proof)
            return encode("Proof", proof)

        def double(proof):
            proof["records"] *= 2

        for why, change in (("no proof of the state", lambda p: p.update(state=None)), ("do not ascend by key", double)):
            with self.assertRaisesRegex(NotProven, why):
                verify(changed(change), GENESIS)
        with self.assertRaisesRegex(NotProven, "longer than 4 MiB"):
            verify(bytes(MAX_FILE_BYTES + 1), GENESIS)


class Bytes(Committed):
    def test_every_byte_counts(self):
        bare = World()
        bare.inclusion = {"receipt": None, "receipt_siblings": []}
        for world in (World(), World().in_the_last_block(), bare):
            original, chance, others = world.file(), random.Random(5), 0
            expected = verify(original, GENESIS)
            for at in range(len(original)):
                changed = bytearray(original)
                changed[at] ^= 1 << chance.randrange(8)
                try:
                    said = verify(bytes(changed), GENESIS)
                except NotProven:
                    continue
                # The number of transactions, as far as the siblings lead.
                others += 1
                self.assertTrue(differs_as_it_may(original, bytes(changed)))
                self.assertEqual(said, expected)
            self.assertLessEqual(others, 1)

    def test_a_receipt_may_be_taken_out(self):
        world = World()
        (less,) = taken_out(world.file())
        self.assertTrue(differs_as_it_may(world.file(), less))
        expected = self.subject(world)
        self.assertEqual(verify(less, GENESIS)["subject"], {**expected, "index": None, "receipt": None})

    def test_how_far_siblings_lead(self):
        # They fix on which side each of them stands. Where that is the same of two places, so is the root.
        leaf, left = leaf_hash(b"leaf"), bytes(32)
        for index, count in ((1, 2), (2, 3), (4, 5), (8, 9)):
            self.assertEqual(root_above(leaf, index, count, [left]), node_hash(left, leaf))
        for index, count in ((0, 2), (3, 4), (2, 4), (5, 6)):
            self.assertNotEqual(root_above(leaf, index, count, [left]), node_hash(left, leaf))
        # So without a receipt, which has its index, the place can be said to be another.
        world = World().at(2, 3)
        world.inclusion = {"index": 1, "count": 2}
        with self.assertRaisesRegex(NotProven, "of another place"):
            verify(world.file(), GENESIS)
        world.inclusion.update(receipt=None, receipt_siblings=[])
        self.assertIsNone(self.subject(world)["index"])


if __name__ == "__main__":
    unittest.main()
