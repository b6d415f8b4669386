"""The golden files that every verifier is held against, and files that are almost those."""

import contextlib
import io
import json
import random
import tempfile
import unittest
import unittest.mock
from pathlib import Path

from counterfoil_verify import BadGenesis, Checkpoint, NotProven, ed25519, prove, read_genesis, verify
from counterfoil_verify.__main__ import main
from counterfoil_verify.proof import MAX_FILE_BYTES
from counterfoil_verify.report import report
from tests.likeness import differs_as_it_may, taken_out

VECTORS = Path(__file__).resolve().parents[3] / "tests" / "vectors" / "proofs"
GENESIS_FILE = VECTORS / "genesis.json"
GENESIS = read_genesis(GENESIS_FILE.read_text(encoding="utf-8"))
# Of each kind, for each vector.
MUTATIONS = 30
NAMES = {
    "committed",
    "committed-among-others",
    "committed-rejected",
    "history-operator",
    "history-shared",
    "history-whole",
    "history-window",
    "passport-checkpoint",
    "passport-consent-proposed",
    "passport-consented",
    "passport-opened",
    "passport-other-validators",
    "passport-paid",
    "passport-passed-on",
    "passport-whole",
    "unfinanced-confirmed",
    "unfinanced-nothing",
    "unfinanced-registered",
}


def checkpoint_of(expected):
    known = expected["checkpoint"]
    return known and Checkpoint(known["height"], bytes.fromhex(known["hash"]))


def vectors():
    """Name, file, expected summary."""
    for path in sorted(VECTORS.glob("*.proof")):
        yield path.stem, path.read_bytes(), json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


class Vectors(unittest.TestCase):
    def test_each_is_proven_and_says_what_stands_beside_it(self):
        names = set()
        for name, file, expected in vectors():
            with self.subTest(name):
                self.assertEqual(verify(file, GENESIS, checkpoint_of(expected)), expected)
                names.add(name)
        self.assertGreaterEqual(names, NAMES)

    def test_they_need_no_library(self):
        with unittest.mock.patch.object(ed25519, "Ed25519PublicKey", None):
            for name, file, expected in vectors():
                with self.subTest(name):
                    self.assertEqual(verify(file, GENESIS, checkpoint_of(expected)), expected)

    def test_a_person_can_read_each(self):
        for name, file, expected in vectors():
            with self.subTest(name):
                checkpoint = checkpoint_of(expected)
                lines = report(prove(file, GENESIS, checkpoint), GENESIS, checkpoint)
                self.assertEqual(lines[0], "PROVEN")
                subject = expected["subject"]
                for word in [str(expected["height"]), *[claim["holder"] for claim in subject.get("claims", [])]]:
                    self.assertIn(word, "\n".join(lines))

    def test_neither_another_chain_nor_other_validators_nor_another_checkpoint(self):
        for name, file, expected in vectors():
            with self.subTest(name):
                known = checkpoint_of(expected)
                others = [Checkpoint(1, bytes(32))]
                if known:
                    others = [Checkpoint(known.height, bytes(32)), Checkpoint(known.height + 1, known.hash), None]
                for other in others:
                    self.assertRaises(NotProven, verify, file, GENESIS, other)
                text = json.loads(GENESIS_FILE.read_text(encoding="utf-8"))
                text["chain_id"] += "x"
                self.assertRaises(NotProven, verify, file, read_genesis(json.dumps(text)), known)
                if known is None:
                    text = json.loads(GENESIS_FILE.read_text(encoding="utf-8"))
                    text["validators"][0]["power"] += 1
                    self.assertRaises(NotProven, verify, file, read_genesis(json.dumps(text)))


class Mutations(unittest.TestCase):
    """Nothing is proven by a file of which any byte is another, and nothing but `NotProven` says so.

    But for what may be taken out or named otherwise: what such a file says is no more than the first one says.
    """

    def refused(self, file, original, checkpoint):
        if file == original:
            return 0
        try:
            verify(file, GENESIS, checkpoint)
        except NotProven:
            return 1
        self.assertIsNotNone(original, "something is proven")
        self.assertTrue(differs_as_it_may(original, file), "something else is proven")
        return 1

    def test_what_may_be_taken_out(self):
        kinds = set()
        for name, file, expected in vectors():
            for less in taken_out(file):
                with self.subTest(name):
                    said = verify(less, GENESIS, checkpoint_of(expected))
                    self.assertTrue(differs_as_it_may(file, less))
                    subject = said.pop("subject")
                    self.assertNotEqual(subject, expected["subject"])
                    self.assertEqual({**said, "subject": expected["subject"]}, expected)
                    kinds.add(subject["kind"])
        self.assertEqual(kinds, {"passport", "history", "committed"})

    def test_changed_files_prove_nothing(self):
        chance, tried = random.Random(20250806), 0
        files = list(vectors())
        for name, file, expected in files:
            checkpoint = checkpoint_of(expected)
            for _ in range(MUTATIONS):
                with self.subTest(name):
                    for change in (flip, flip_many, truncate, drop, double, move, swap):
                        other = chance.choice(files)[1]
                        tried += self.refused(change(chance, file, other), file, checkpoint)
        self.assertGreaterEqual(tried, 1_000)

    def test_every_byte_counts(self):
        for name, file, expected in vectors():
            chance = random.Random(name)
            checkpoint = checkpoint_of(expected)
            for at in range(0, len(file), max(1, len(file) // 200)):
                changed = bytearray(file)
                changed[at] ^= 1 << chance.randrange(8)
                self.refused(bytes(changed), file, checkpoint)

    def test_what_is_no_file_at_all(self):
        chance = random.Random(7)
        noise = [chance.randbytes(chance.randrange(400)) for _ in range(300)]
        deep = b""
        for _ in range(500):
            deep = b"\x52" + bytes([len(deep) & 0x7F]) + deep
        long_ones = [bytes(MAX_FILE_BYTES + 1), b"\x5a\x00" * 2_000_000, b"\xff" * MAX_FILE_BYTES]
        for file in [b"", b"\x08\x01", deep, *noise, *long_ones]:
            self.refused(file, None, None)


def span(chance, file):
    """Where a piece of a file begins and ends: mostly a short one."""
    first = chance.randrange(len(file))
    return first, min(len(file), first + chance.choice([1, 2, 8, 34, chance.randrange(1, len(file))]))


def flip(chance, file, _):
    at = chance.randrange(len(file))
    return file[:at] + bytes([file[at] ^ 1 << chance.randrange(8)]) + file[at + 1 :]


def flip_many(chance, file, other):
    for _ in range(chance.randrange(2, 6)):
        file = flip(chance, file, other)
    return file


def truncate(chance, file, _):
    return file[: chance.randrange(len(file))]


def drop(chance, file, _):
    first, end = span(chance, file)
    return file[:first] + file[end:]


def double(chance, file, _):
    first, end = span(chance, file)
    return file[:end] + file[first:]


def move(chance, file, _):
    first, end = span(chance, file)
    rest = file[:first] + file[end:]
    at = chance.randrange(len(rest) + 1)
    return rest[:at] + file[first:end] + rest[at:]


def swap(chance, file, other):
    """A piece of another file, in the place of the piece that stands there."""
    first, end = span(chance, file)
    return file[:first] + other[first:end] + file[end:]


class Command(unittest.TestCase):
    def run_command(self, *arguments):
        printed, complained = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complained):
            try:
                code = main([str(argument) for argument in arguments])
            except SystemExit as ended:
                code = ended.code
        return code, printed.getvalue()

    def test_it_says_what_it_finds_and_exits_so(self):
        with tempfile.TemporaryDirectory() as folder:
            changed = Path(folder) / "changed.proof"
            for name, file, expected in vectors():
                with self.subTest(name):
                    asked = [VECTORS / f"{name}.proof", "--genesis", GENESIS_FILE]
                    known = expected["checkpoint"]
                    if known:
                        asked += ["--checkpoint", f"{known['height']}:{known['hash']}"]
                    code, printed = self.run_command(*asked)
                    self.assertEqual((code, printed.splitlines()[0]), (0, "PROVEN"))
                    code, printed = self.run_command(*asked, "--json")
                    self.assertEqual((code, json.loads(printed)), (0, expected))
                    changed.write_bytes(file[:-1])
                    code, printed = self.run_command(changed, *asked[1:])
                    self.assertEqual((code, printed[:12]), (1, "NOT PROVEN: "))

    def test_a_wrong_call_is_no_verdict(self):
        file = VECTORS / "passport-whole.proof"
        calls = [
            [],
            [file],
            [file, "--genesis", VECTORS / "none.json"],
            [VECTORS / "none.proof", "--genesis", GENESIS_FILE],
            [file, "--genesis", VECTORS / "passport-whole.json"],
            [file, "--genesis", file],
            [file, "--genesis", GENESIS_FILE, "--checkpoint", "5"],
            [file, "--genesis", GENESIS_FILE, "--checkpoint", "5:ab"],
            [file, "--genesis", GENESIS_FILE, "--checkpoint", "0:" + "ab" * 32],
        ]
        for call in calls:
            self.assertEqual(self.run_command(*call), (2, ""), call)

    def test_what_is_no_genesis(self):
        parts = [("A", []), ("a", []), (1, 1), ("a", [1]), ("a", [{"organization": "a", "public_key": "ab", "power": 1}])]
        texts = [json.dumps({"chain_id": chain_id, "validators": validators}) for chain_id, validators in parts]
        for text in ["", "[]", "{}", "[" * 100_000, *texts]:
            self.assertRaises(BadGenesis, read_genesis, text)


if __name__ == "__main__":
    unittest.main()
