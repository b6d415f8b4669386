"""What records must say to be a passport or a certificate of absence: all on a ledger that these tests made up."""

import unittest

from counterfoil_verify import NotProven, prove, verify
from counterfoil_verify.basics import sha256, tagged
from counterfoil_verify.history import history
from counterfoil_verify.passport import payload_root
from counterfoil_verify.records import key_of
from tests.made import Key, State, encoded, file, genesis, make, signed, validator_set

VALIDATORS = [Key(name) for name in ("a", "b", "c")]
SET = validator_set(VALIDATORS)
GENESIS = genesis(SET)
MAKER, CHECKER, STRANGER = Key("maker"), Key("checker"), Key("stranger")
RECEIVABLE, INVOICE, LOAN, REQUEST, PAYMENT, PROPOSAL = [bytes([n]) * 32 for n in range(1, 7)]
FIRST, SECOND, FINGERPRINT = b"\x11" * 32, b"\x12" * 32, b"\x5a" * 32
# `Terms` are only hashed.
TERMS = b"\x08\x04\x28\x01"


def usd(minor):
    return make("Money", minor=minor, currency="USD")


CONFIRM = {"invoice": INVOICE, "amount": usd(1000), "terms_hash": tagged("counterfoil/terms/v1", TERMS)}


def confirm(**changes):
    return encoded("InvoiceAction", confirm=make("ConfirmInvoice", **{**CONFIRM, **changes}))


def field(position, name, value):
    return {"position": position, "name": name, "value": value, "salt": sha256(name.encode())}


FIELDS = [field(n, f"line-{n}", f"{n} bolts") for n in range(3)]


def leaf(one):
    name, value = one["name"].encode(), one["value"].encode()
    parts = [len(name).to_bytes(4, "big"), name, len(value).to_bytes(4, "big"), value]
    return tagged("counterfoil/private-field/v1", one["salt"], *parts)


def tree(leaves):
    """The root over leaves, and the siblings of each: by the definition in docs/private-fields.md."""
    if len(leaves) == 1:
        return sha256(b"\x00", leaves[0]), [[]]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    (left, of_left), (right, of_right) = tree(leaves[:half]), tree(leaves[half:])
    ways = [way + [right] for way in of_left] + [way + [left] for way in of_right]
    return sha256(b"\x01", left, right), ways


def opened(*positions):
    ways = tree([leaf(one) for one in FIELDS])[1]
    return [make("OpenedField", **FIELDS[at], count=len(FIELDS), siblings=ways[at]) for at in positions]


class World:
    """Claim 0 was split: claim 1 was sold to a bank and by it to another, which pledged it; claim 2 is locked, the seller's."""

    def __init__(self):
        self.signers, self.contract, self.organization = [MAKER, CHECKER], 4, "buyer"
        self.action = confirm()
        self.subject = {"passport": make("Passport", receivable=RECEIVABLE)}
        self.opened, self.left_out, self.more = [], set(), {}
        accounts = [make("Account", public_key=key.public) for key in (MAKER, CHECKER)]
        lock, pledge = make("Lock", request=REQUEST), make("Pledge", loan=LOAN, pledgee="bank-c")
        undertaken = [make("Undertaken", undertaking=FIRST)]
        claim = {"receivable": RECEIVABLE, "face_minor": 500, "state": 1, "parents": [0]}
        of = self.of
        seller, first_bank = {"from": "seller", "to": "bank-a"}, {"from": "bank-a", "to": "bank-b"}
        self.records = {
            "receivable": of("Receivable", id=RECEIVABLE, invoice=INVOICE, debtor="buyer", face=usd(1000), terms=TERMS, state=1),
            "debtor": of("Organization", id="buyer", legal_name="Buyer", accounts=accounts),
            "invoice": of("Invoice", id=INVOICE, seller="seller", buyer="buyer", number="N 1", gross=usd(1000), state=3),
            "claim 0": of("Claim", receivable=RECEIVABLE, number=0, face_minor=1000, controller="seller", state=2),
            "claim 1": of("Claim", **claim, number=1, outstanding_minor=400, controller="bank-b", endorsement=SECOND),
            "claim 2": of("Claim", **claim, number=2, outstanding_minor=450, controller="seller"),
            "first": of("Endorsement", id=FIRST, receivable=RECEIVABLE, purpose=2, recourse=20, request=REQUEST, **seller),
            "second": of("Endorsement", id=SECOND, previous=FIRST, receivable=RECEIVABLE, purpose=2, recourse=1, **first_bank),
            "undertaking": of("Undertaking", id=FIRST, receivable=RECEIVABLE, kind=1, by="seller", currency="USD"),
            "loan": of("Loan", id=LOAN, request=REQUEST, lender="bank-c", borrower="bank-b", principal=usd(300), state=1),
            "quote": of("Quote", request=REQUEST, bank="bank-a"),
            "payment": of("Payment", id=PAYMENT, payer="buyer", payee="bank-b", amount=usd(40), state=1),
        }
        self["receivable"].update(redeemed_minor=100, credited_minor=50, claim_count=3, live_claims=[1, 2], payments=[PAYMENT])
        root = tree([leaf(one) for one in FIELDS])[0]
        self["invoice"].update(payload_root=root, receivable=RECEIVABLE, strict_fingerprint=FINGERPRINT)
        self["claim 1"].update(encumbrance=make("Encumbrance", pledged=pledge), undertakings=undertaken)
        self["claim 2"].update(encumbrance=make("Encumbrance", locked=lock))
        self["quote"].update(terms=make("QuoteTerms", amount=usd(500), rate_ppm=62_000))
        self.keys = {
            "receivable": key_of("receivable/receivable", RECEIVABLE),
            "debtor": key_of("membership/organization", "buyer"),
            "invoice": key_of("invoice/invoice", INVOICE),
            **{f"claim {n}": key_of("receivable/claim", RECEIVABLE, n) for n in range(4)},
            "first": key_of("receivable/endorsement", RECEIVABLE, FIRST),
            "second": key_of("receivable/endorsement", RECEIVABLE, SECOND),
            "undertaking": key_of("receivable/undertaking", RECEIVABLE, FIRST),
            "loan": key_of("financing/loan", LOAN),
            "quote": key_of("financing/quote", REQUEST, "bank-a"),
            "payment": key_of("cash/payment", PAYMENT),
            "proposal": key_of("membership/proposal", PROPOSAL),
            "strict": key_of("invoice/strict", FINGERPRINT),
        }

    @staticmethod
    def of(name, /, **fields):
        return [name, make(name, **fields)]

    def __getitem__(self, name):
        return self.records[name][1]

    def propose(self, signature, **changes):
        """Makes the confirmation a proposal, which `approve` or `consent` carried out."""
        signers = [MAKER.public, CHECKER.public]
        proposal = {"id": PROPOSAL, "organization": "buyer", "contract": 4, "action": confirm(), "signers": signers}
        self.records["proposal"] = self.of("Proposal", **{**proposal, **changes})
        action_hash = tagged("counterfoil/action/v1", PROPOSAL, (4).to_bytes(4, "big"), confirm())
        self.contract, self.signers = 1, [CHECKER]
        self.action = encoded("MembershipAction", **{signature: make("OfProposal", proposal=PROPOSAL, action_hash=action_hash)})

    def file(self):
        """A new block with these records, and a file over those that are not left out."""
        transactions = []
        if "passport" in self.subject:
            fields = {"organization": self.organization, "contract": self.contract, "action": self.action}
            self["receivable"]["confirmation"], transaction = signed(self.signers, **fields)
            transactions.append(transaction)
        encodings = {self.keys[name]: encoded(kind, **record) for name, (kind, record) in self.records.items()}
        for filler in range(40):
            encodings[key_of("cash/balance", str(filler))] = b"\x08\x01"
        shown = {self.keys[name] for name in [*self.records, *self.more] if name not in self.left_out}
        return file(State(encodings), shown, SET, VALIDATORS, transactions, self.opened, **self.subject)


class Subjects(unittest.TestCase):
    def summary(self, world):
        return verify(world.file(), GENESIS)

    def refused(self, why, change, make_world=World):
        world = make_world()
        change(world)
        with self.assertRaisesRegex(NotProven, why):
            verify(world.file(), GENESIS)


class Passports(Subjects):
    def test_a_whole_one(self):
        world = World()
        world.opened = opened(0, 2)
        said = self.summary(world)
        self.assertEqual(said["signatures"], 5)
        subject = said["subject"]
        self.assertEqual(subject["not_disclosed"], [])
        self.assertEqual(subject["claims"][1]["way"], [["seller", "bank-a"], ["bank-a", "bank-b"]])
        self.assertEqual([claim["encumbrance"] for claim in subject["claims"]], [None, "pledged to bank-c", "locked"])
        self.assertEqual(subject["opened"], [["line-0", "0 bolts"], ["line-2", "2 bolts"]])
        told = "\n".join(history(prove(world.file(), GENESIS), GENESIS))
        parts = ["USD 10.00", "bank-a → bank-b", "pledged to bank-c", "line-2: 2 bolts", "recourse to seller"]
        for words in [*parts, "quote of bank-a: USD 5.00 at 6.2000 %"]:
            self.assertIn(words, told)

    def test_what_is_not_disclosed_is_left_out(self):
        world = World()
        world.left_out = {"invoice", "claim 0", "claim 2", "loan", "quote", "payment"}
        subject = self.summary(world)["subject"]
        self.assertEqual((subject["invoice"], subject["not_disclosed"]), (None, [2]))
        self.assertIn("claims not disclosed  2", history(prove(world.file(), GENESIS), GENESIS))
        for name in ("receivable", "debtor", "first", "second", "undertaking"):
            self.refused("is missing", lambda w, name=name: w.left_out.add(name))

    def test_what_is_not_asked_for_is_refused(self):
        self.refused("does not ask", lambda w: w.more.update({"proposal": 1}))

        def names_no_request(world):
            world["first"]["request"] = b""

        self.refused("does not ask", names_no_request)

    def test_that_a_record_is_missing_is_not_said(self):
        def said_to_be_missing(world):
            del world.records["loan"]
            world.more["loan"] = 1

        self.refused("loan is missing", said_to_be_missing)

    def test_the_confirmation(self):
        self.refused("another amount", lambda w: setattr(w, "action", confirm(amount=usd(999))))
        self.refused("another amount", lambda w: w["receivable"].update(face=usd(1001)))
        self.refused("other terms", lambda w: w["receivable"].update(terms=b"\x08\x05"))
        self.refused("another invoice", lambda w: setattr(w, "action", confirm(invoice=LOAN)))
        self.refused("not by the debtor", lambda w: setattr(w, "organization", "seller"))
        self.refused("none of the debtor's", lambda w: w.signers.append(STRANGER))
        self.refused("confirms nothing", lambda w: setattr(w, "contract", 5))
        self.refused("not what it should be", lambda w: setattr(w, "action", encoded("MembershipAction") + b"\x0a\x00"))
        self.refused("not one action", lambda w: setattr(w, "action", b""))

    def test_a_conditional_confirmation(self):
        def conditionally(world, **changes):
            confirmed = {"invoice": INVOICE, "amount": usd(1000), "terms": TERMS, "reason": "late", **changes}
            world.action = encoded("InvoiceAction", confirm_conditionally=make("ConfirmConditionally", **confirmed))

        world = World()
        conditionally(world)
        self.assertEqual(len(self.summary(world)["subject"]["confirmation"]["accounts"]), 2)
        self.refused("other terms", lambda w: conditionally(w, terms=b"\x08\x05"))
        self.refused("another amount", lambda w: conditionally(w, amount=usd(1)))

    def test_a_proposed_confirmation(self):
        for signature in ("approve", "consent"):
            world = World()
            world.propose(signature)
            confirmation = self.summary(world)["subject"]["confirmation"]
            self.assertEqual(confirmation["proposal"], PROPOSAL.hex())
            self.assertEqual(confirmation["accounts"], [MAKER.public.hex(), CHECKER.public.hex()])
        propose = World.propose

        def at_once(world, **changes):
            proposed = make("Propose", **{"contract": 4, "action": confirm(), **changes})
            world.contract, world.action = 1, encoded("MembershipAction", propose=proposed)

        world = World()
        at_once(world)
        confirmation = self.summary(world)["subject"]["confirmation"]
        self.assertEqual(confirmation["accounts"], [key.public.hex() for key in world.signers])
        self.assertNotIn("proposal", confirmation)
        self.refused("another amount", lambda w: at_once(w, action=confirm(amount=usd(999))))
        self.refused("not the debtor's", lambda w: at_once(w, contract=5))
        self.refused("not the debtor's", lambda w: at_once(w) or setattr(w, "organization", "seller"))
        self.refused("none of the debtor's", lambda w: at_once(w) or w.signers.append(STRANGER))
        self.refused("not the debtor's", lambda w: propose(w, "approve", organization="seller"))
        self.refused("not the debtor's", lambda w: propose(w, "approve", contract=5))
        self.refused("another amount", lambda w: propose(w, "approve", action=confirm(amount=usd(999))))
        self.refused("another action", lambda w: propose(w, "approve", action=confirm(acknowledged=[1])))
        self.refused("none of the debtor's", lambda w: propose(w, "approve", signers=[STRANGER.public]))
        self.refused("none of the debtor's", lambda w: propose(w, "approve") or setattr(w, "signers", [STRANGER]))
        self.refused("another organization", lambda w: propose(w, "approve") or setattr(w, "organization", "seller"))
        self.refused("proposal is missing", lambda w: propose(w, "approve") or w.left_out.add("proposal"))

    def test_the_claims(self):
        self.refused("face less", lambda w: w["claim 1"].update(outstanding_minor=401))
        self.refused("live", lambda w: w["receivable"].update(live_claims=[1]))
        self.refused("live", lambda w: w["claim 2"].update(state=2))
        self.refused("claim is another", lambda w: w["claim 2"].update(number=3))
        self.refused("claim is another", lambda w: w["receivable"].update(claim_count=2))
        self.refused("in the hands", lambda w: w["claim 1"].update(controller="bank-a"))
        self.refused("in the hands", lambda w: w["second"].update({"from": "bank-x"}))
        self.refused("in the hands", lambda w: w["claim 2"].update(endorsement=SECOND))
        self.refused("from the seller", lambda w: w["first"].update({"from": "bank-x"}))
        self.refused("from the seller", lambda w: w["claim 2"].update(controller="bank-x"))
        self.refused("in a circle", lambda w: w["first"].update({"previous": SECOND, "from": "bank-b"}))
        self.refused("loan is another", lambda w: w["loan"].update(lender="bank-x"))
        for name, what in (("first", "endorsement"), ("undertaking", "undertaking"), ("payment", "payment")):
            self.refused(f"{what} is another", lambda w, name=name: w[name].update(id=LOAN))
        self.refused("quote is another", lambda w: w["quote"].update(bank="bank-x"))
        self.refused("invoice is another", lambda w: w["invoice"].update(buyer="seller"))

    def test_private_fields(self):
        def opens(world, *positions, **changes):
            world.opened = opened(*positions)
            if world.opened:
                world.opened[0].update(changes)

        self.refused("ascend", lambda w: opens(w, 1, 0))
        self.refused("payload root", lambda w: opens(w, 1, value="2 bolts"))
        self.refused("payload root", lambda w: opens(w, 1, name="line-2"))
        self.refused("payload root", lambda w: opens(w, 1, salt=b""))
        self.refused("payload root", lambda w: opens(w, 1, count=1025))
        self.refused("payload root", lambda w: opens(w, 1, position=3))
        self.refused("not disclosed", lambda w: opens(w, 1) or w.left_out.add("invoice"))

    def test_siblings_lead_to_the_root(self):
        for count in range(1, 20):
            fields = [field(n, f"{n:02}", "value") for n in range(count)]
            root, ways = tree([leaf(one) for one in fields])
            for one, way in zip(fields, ways):
                self.assertEqual(payload_root({**one, "count": count, "siblings": way}), root)
                self.assertIsNone(payload_root({**one, "count": count, "siblings": way + [root]}))
                if way:
                    self.assertIsNone(payload_root({**one, "count": count, "siblings": way[:-1]}))


class Absence(Subjects):
    @staticmethod
    def world():
        world = World()
        world.subject = {"unfinanced": make("Unfinanced", fingerprint=FINGERPRINT)}
        for name in ("debtor", "first", "second", "undertaking", "loan", "quote", "payment"):
            world.left_out.add(name)
        world.records["strict"] = world.of("InvoiceReference", invoice=INVOICE)
        world["claim 1"].update(controller="seller", endorsement=b"", encumbrance=None)
        world["claim 2"].update(encumbrance=None)
        return world

    def refused(self, why, change):
        super().refused(why, change, self.world)

    def test_free_claims(self):
        subject = self.summary(self.world())["subject"]
        invoice = {"id": INVOICE.hex(), "seller": "seller", "number": "N 1", "receivable": RECEIVABLE.hex()}
        self.assertEqual(subject, {"kind": "unfinanced", "fingerprint": FINGERPRINT.hex(), "invoices": [invoice]})
        told = history(prove(self.world().file(), GENESIS), GENESIS)
        self.assertIn("NOT FINANCED ON THIS LEDGER", told)

    def test_claims_that_are_not(self):
        self.refused("passed on", lambda w: w["claim 2"].update(controller="bank-a"))
        self.refused("passed on", lambda w: w["claim 2"].update(endorsement=FIRST))
        self.refused("passed on", lambda w: w["claim 2"].update(encumbrance=make("Encumbrance", locked=make("Lock"))))
        self.refused("claim 2 is missing", lambda w: w.left_out.add("claim 2"))
        self.refused("claim 3 is missing", lambda w: w["receivable"].update(claim_count=2**32 - 1))

    def test_a_settled_receivable_needs_no_claims(self):
        world = self.world()
        world["receivable"].update(state=2)
        world.left_out.update({"claim 0", "claim 1", "claim 2"})
        self.assertEqual(self.summary(world)["subject"]["invoices"][0]["receivable"], RECEIVABLE.hex())
        self.refused("does not ask", lambda w: w["receivable"].update(state=2))

    def test_nothing_registered(self):
        world = World()
        world.subject = {"unfinanced": make("Unfinanced", fingerprint=FINGERPRINT)}
        world.left_out, world.more = set(world.records), {"strict": 1}
        self.assertEqual(self.summary(world)["subject"]["invoices"], [])
        world.more = {"proposal": 1}
        with self.assertRaisesRegex(NotProven, "fingerprint is missing"):
            self.summary(world)

    def test_invoices_that_share_the_fingerprint(self):
        def chain(world, length, last=b""):
            ids = [INVOICE] + [bytes([0x40 + n]) * 32 for n in range(1, length)]
            for at in range(1, length):
                previous = ids[at + 1] if at + 1 < length else last
                name = f"invoice {at}"
                fields = {"id": ids[at], "strict_fingerprint": FINGERPRINT, "released_from": previous}
                world.records[name] = world.of("Invoice", seller="seller", **fields)
                world.keys[name] = key_of("invoice/invoice", ids[at])
            world["invoice"]["released_from"] = ids[1] if length > 1 else last

        world = self.world()
        chain(world, 5)
        self.assertEqual(len(self.summary(world)["subject"]["invoices"]), 5)
        self.refused("more than 5", lambda w: chain(w, 6))
        self.refused("more than 5", lambda w: chain(w, 2, INVOICE))
        self.refused("not of this fingerprint", lambda w: chain(w, 2) or w["invoice 1"].update(strict_fingerprint=b""))

    def test_private_fields_are_not_asked_for(self):
        self.refused("private fields", lambda w: setattr(w, "opened", opened(1)))


if __name__ == "__main__":
    unittest.main()
