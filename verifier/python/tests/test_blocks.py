"""Hashes, ids and signed bytes, against the ledger's own golden files of blocks, transactions and votes."""

import json
import unittest
from pathlib import Path

from counterfoil_verify import NotProven, ed25519
from counterfoil_verify.basics import sha256, with_chain
from counterfoil_verify.headers import header_hash, vote_bytes
from counterfoil_verify.wire import decode_strictly

VECTORS = Path(__file__).resolve().parents[3] / "tests" / "vectors"


class Blocks(unittest.TestCase):
    def test_headers_and_transactions(self):
        for block in json.loads((VECTORS / "chain.json").read_text(encoding="utf-8"))["blocks"]:
            header = decode_strictly("Header", bytes.fromhex(block["header"]), "the header")
            self.assertEqual(header_hash(header).hex(), block["block_hash"])
            self.assertEqual((header["height"], header["state_root"].hex()), (block["height"], block["state_root"]))
            for expected in block["transactions"]:
                encoded = bytes.fromhex(expected["signed_transaction"])
                signed = decode_strictly("SignedTransaction", encoded, "the transaction")
                transaction = decode_strictly("Transaction", signed["transaction"], "the transaction")
                chain, encoded = header["chain_id"], signed["transaction"]
                message = with_chain("counterfoil/transaction/v1", chain, encoded)
                self.assertEqual(message.hex(), expected["sign_bytes"])
                self.assertEqual(sha256(with_chain("counterfoil/transaction-id/v1", chain, encoded)).hex(), expected["tx_id"])
                for signer, signature in zip(transaction["signers"], signed["signatures"]):
                    self.assertTrue(ed25519.verify(signer, message, signature))

    def test_votes(self):
        votes = json.loads((VECTORS / "votes.json").read_text(encoding="utf-8"))
        precommit, signer = bytes.fromhex(votes["precommit"]), bytes.fromhex(votes["address"])
        self.assertEqual(vote_bytes("vectors-1", 5, 1, precommit[-64:-32], signer), precommit)


class Encoding(unittest.TestCase):
    """There is one encoding of a message, and no other is taken."""

    def test_other_encodings_are_refused(self):
        good = bytes.fromhex("08051203555344")
        self.assertEqual(decode_strictly("Money", good, "it"), {"minor": 5, "currency": "USD"})
        others = {
            "another order": good[2:] + good[:2],
            "a default that is written": b"\x08\x00" + good[2:],
            "a long number": b"\x08\x85\x00" + good[2:],
            "a field twice": good[:2] + good,
            "an unknown field": good + b"\x18\x01",
            "a number as bytes": b"\x0a\x01\x05" + good[2:],
            "an end too early": good[:-1],
            "a text that is none": good[:-1] + b"\xff",
            "a number that is too large": b"\x08" + b"\xff" * 9 + b"\x02" + good[2:],
            "a group": b"\x0b\x0c" + good,
            "field zero": b"\x00\x01" + good,
            "a long tag": b"\x88\x00\x05" + good[2:],
        }
        for what, other in others.items():
            with self.subTest(what):
                self.assertRaises(NotProven, decode_strictly, "Money", other, "it")
        self.assertRaises(NotProven, decode_strictly, "Date", b"\x08\x80\x80\x80\x80\x10", "a year of 33 bits")
        self.assertRaises(NotProven, decode_strictly, "ConfirmInvoice", b"\x20\x01", "a list that is not packed")


if __name__ == "__main__":
    unittest.main()
