"""Who is believed: certificates, changes of validators, checkpoints."""

import unittest

from counterfoil_verify import Checkpoint, NotProven
from counterfoil_verify.headers import check_certificate, follow, header_hash
from tests import made
from tests.made import CHAIN, Key, certified, genesis, header, validator_set

KEYS = [Key(name) for name in ("a", "b", "c", "d", "e", "f")]
OLD, NEW = validator_set(KEYS[:4]), validator_set(KEYS[2:])


def check(keys, powers, by):
    validators = validator_set(keys, powers)
    one = header(3, validators)
    return check_certificate(CHAIN, made.certificate(one, by), 3, header_hash(one), validators)


class Certificates(unittest.TestCase):
    def refused(self, why, *arguments):
        with self.assertRaisesRegex(NotProven, why):
            check(*arguments)

    def test_more_than_two_thirds_it_takes(self):
        self.assertEqual(check(KEYS[:4], None, KEYS[:3]), 3)
        self.refused("two thirds", KEYS[:4], None, KEYS[:2])
        self.assertEqual(check(KEYS[:1], None, KEYS[:1]), 1)
        self.refused("two thirds", KEYS[:1], None, [])

    def test_exactly_two_thirds_are_too_few(self):
        self.refused("two thirds", KEYS[:3], None, KEYS[:2])
        self.refused("two thirds", KEYS[:6], None, KEYS[:4])
        self.refused("two thirds", KEYS[:2], [10**9, 2 * 10**9], KEYS[1:2])
        self.assertEqual(check(KEYS[:2], [10**9, 2 * 10**9 + 1], KEYS[1:2]), 1)
        self.refused("two thirds", KEYS[:2], [10**9, 2 * 10**9 - 1], KEYS[1:2])

    def test_a_signature_more_than_it_takes_is_refused(self):
        self.refused("more signatures", KEYS[:4], None, KEYS[:4])
        # The weakest of them may be left out, so it is.
        self.refused("more signatures", KEYS[:3], [10, 10, 1], KEYS[:3])
        self.assertEqual(check(KEYS[:3], [10, 10, 10], KEYS[:3]), 3)

    def test_others_and_other_orders_are_refused(self):
        one = header(3, OLD)
        good = made.certificate(one, KEYS[:3])

        def refused(why, **changes):
            with self.assertRaisesRegex(NotProven, why):
                check_certificate(CHAIN, {**good, **changes}, 3, header_hash(one), OLD)

        signatures = good["signatures"]
        refused("ascend", signatures=signatures[::-1])
        refused("ascend", signatures=[signatures[0], *signatures])
        refused("another block", height=4)
        refused("another block", block_hash=bytes(32))
        refused("is wrong", round=1)
        refused("no validator", signatures=made.certificate(one, KEYS[3:])["signatures"])
        with self.assertRaisesRegex(NotProven, "no certificate"):
            check_certificate(CHAIN, None, 3, header_hash(one), OLD)


class Following(unittest.TestCase):
    def follow(self, *headers, checkpoint=None):
        return follow(genesis(OLD), checkpoint, headers)

    def refused(self, why, *headers, checkpoint=None):
        with self.assertRaisesRegex(NotProven, why):
            self.follow(*headers, checkpoint=checkpoint)

    def test_a_change_of_validators(self):
        first = certified(header(5, OLD, NEW), KEYS[:3])
        second = certified(header(9, NEW), KEYS[3:], NEW)
        as_of = self.follow(first, second)
        self.assertEqual(as_of.header["height"], 9)
        self.assertEqual(as_of.signatures, 6)
        organizations = [f"bank-{n}" for n in range(4)]
        self.assertEqual(as_of.signed_by, [[5, 9, organizations]])
        self.refused("other validators than those", second)
        self.refused("no validator", first, certified(header(9, NEW), KEYS[:3], NEW))
        self.refused("without its validators", first, certified(header(9, NEW), KEYS[3:]))
        self.refused("other validators than it names", first, certified(header(9, NEW), KEYS[3:], OLD))
        back = certified(header(9, NEW, OLD), KEYS[3:], NEW)
        self.assertEqual(self.follow(first, back, certified(header(10, OLD), KEYS[:3])).signatures, 9)
        self.refused("repeats validators", first, back, certified(header(10, OLD), KEYS[:3], OLD))
        self.refused("does not come after", first, certified(header(5, NEW), KEYS[3:], NEW))
        self.refused("there for nothing", first, second, certified(header(10, NEW), KEYS[3:]))

    def test_what_is_no_way_from_genesis(self):
        self.refused("no header")
        self.refused("more than 1000", *[None] * 1001)
        self.refused("is missing", made.make("CertifiedHeader"))
        self.refused("another chain", certified({**header(5, OLD), "chain_id": "made-2"}, KEYS[:3]))
        self.refused("repeats validators", certified(header(5, OLD), KEYS[:3], OLD))

    def test_a_checkpoint_takes_the_place_of_what_was_before(self):
        known = header(5, OLD, NEW)
        begun = made.make("CertifiedHeader", header=known)
        second = certified(header(9, NEW), KEYS[3:], NEW)
        checkpoint = Checkpoint(5, header_hash(known))
        self.assertEqual(self.follow(begun, second, checkpoint=checkpoint).signatures, 3)
        self.assertEqual(self.follow(begun, checkpoint=checkpoint).signed_by, [])
        self.refused("no certificate", begun, second)
        self.refused("does not begin", certified(known, KEYS[:3]), second, checkpoint=checkpoint)
        self.refused("does not begin", begun, second, checkpoint=Checkpoint(6, checkpoint.hash))
        self.refused("another hash", begun, second, checkpoint=Checkpoint(5, bytes(32)))
        with_set = made.make("CertifiedHeader", header=known, validators=OLD)
        self.refused("comes with validators", with_set, second, checkpoint=checkpoint)


if __name__ == "__main__":
    unittest.main()
