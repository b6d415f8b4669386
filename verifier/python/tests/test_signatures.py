"""The rules of ZIP-215, against the points on which other rules differ."""

import hashlib
import unittest

from counterfoil_verify import ed25519
from tests.made import Key, encode_point, multiply

P, L = ed25519.P, ed25519.L


def torsion_points():
    """The eight points whose order divides eight: L times a point of full order, and its multiples."""
    y = 2
    while True:
        point = ed25519.decode_point(y.to_bytes(32, "little"))
        if point is not None:
            torsion = multiply(L, point)
            multiples = [multiply(n, torsion) for n in range(8)]
            if len({encode_point(one) for one in multiples}) == 8:
                return multiples
        y += 1


def encodings():
    """Every 32 bytes that stand for a torsion point: eight canonical ones, and six that are not."""
    canonical = {encode_point(point) for point in torsion_points()}
    others = set()
    for y in (0, 1, P - 1):
        for written in (y, y + P):
            for sign in (0, 1):
                if written < 2**255:
                    others.add((written | sign << 255).to_bytes(32, "little"))
    return sorted(canonical), sorted(others - canonical)


class Zip215(unittest.TestCase):
    def test_every_encoding_of_a_torsion_point_is_a_point(self):
        canonical, others = encodings()
        self.assertEqual((len(canonical), len(others)), (8, 6))
        for encoded in canonical + others:
            self.assertTrue(ed25519.is_neutral(ed25519.times_eight(ed25519.decode_point(encoded))))

    def test_torsion_points_verify_with_s_zero(self):
        canonical, others = encodings()
        tried = 0
        for a in canonical + others:
            for r in canonical + others:
                signature = r + bytes(32)
                self.assertTrue(ed25519.verify(a, b"Zcash", signature), (a.hex(), r.hex()))
                # Without help of the library, and whatever the message is.
                if tried % 7 == 0:
                    self.assertTrue(ed25519.verify_slowly(a, b"any other", signature))
                tried += 1
        self.assertEqual(tried, 196)

    def test_the_equation_is_the_one_with_the_eights(self):
        # R with a torsion point added is another R: the signature is good by the equation with the eights alone.
        key, message = Key("eights"), b"message"
        torsion = next(point for point in torsion_points() if not ed25519.is_neutral(ed25519.add(point, point)))
        nonce = 12345
        r = encode_point(ed25519.add(multiply(nonce, ed25519.BASE), torsion))
        k = int.from_bytes(hashlib.sha512(r + key.public + message).digest(), "little")
        signature = r + ((nonce + k * key.scalar) % L).to_bytes(32, "little")
        self.assertTrue(ed25519.verify(key.public, message, signature))
        self.assertFalse(ed25519.verify(key.public, b"massage", signature))

    def test_s_is_below_the_order(self):
        key, message = Key("order"), b"message"
        good = key.sign(message)
        self.assertTrue(ed25519.verify(key.public, message, good))
        s = int.from_bytes(good[32:], "little")
        for larger in (s + L, L, L + 1, 2**256 - 1):
            bad = good[:32] + larger.to_bytes(32, "little")
            self.assertFalse(ed25519.verify(key.public, message, bad))
            self.assertFalse(ed25519.verify_slowly(key.public, message, bad))
        # On torsion points all s that are multiples of L would satisfy the equation; only zero is below L.
        neutral = encode_point(ed25519.NEUTRAL)
        self.assertTrue(ed25519.verify(neutral, message, neutral + bytes(32)))
        self.assertFalse(ed25519.verify(neutral, message, neutral + L.to_bytes(32, "little")))

    def test_what_is_no_point_is_refused(self):
        no_points = [y for y in range(2, 40) if ed25519.decode_point(y.to_bytes(32, "little")) is None]
        self.assertTrue(no_points)
        neutral = encode_point(ed25519.NEUTRAL)
        for y in no_points:
            encoded = y.to_bytes(32, "little")
            self.assertFalse(ed25519.verify(encoded, b"", neutral + bytes(32)))
            self.assertFalse(ed25519.verify(neutral, b"", encoded + bytes(32)))

    def test_a_vector_of_rfc_8032(self):
        public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
        signature = bytes.fromhex(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        )
        for check in (ed25519.verify, ed25519.verify_slowly):
            self.assertTrue(check(public, b"\x72", signature))
            self.assertFalse(check(public, b"\x73", signature))
            self.assertFalse(check(public[:31], b"\x72", signature))
            self.assertFalse(check(public, b"\x72", signature + b"\x00"))

    def test_both_ways_agree_on_changed_signatures(self):
        key, message = Key("agree"), b"message"
        good = key.sign(message)
        self.assertTrue(ed25519.verify_slowly(key.public, message, good))
        for at in range(0, 64, 5):
            bad = bytearray(good)
            bad[at] ^= 1
            self.assertFalse(ed25519.verify(key.public, message, bytes(bad)))


if __name__ == "__main__":
    unittest.main()
