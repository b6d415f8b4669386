"""What records must say to be a passport or a certificate of absence: all on a ledger that these tests made up."""

import unittest

from counterfoil_verify import NotProven, prove, verify
from counterfoil_verify.basics import sha256, tagged
from counterfoil_verify.report import report
from counterfoil_verify.passport import payload_root
from counterfoil_verify.records import key_of
from tests.likeness import differs_as_it_may, taken_out
from tests.made import Key, State, encoded, file, genesis, make, make_date, signed, validator_set

VALIDATORS = [Key(name) for name in ("a", "b", "c")]
SET = validator_set(VALIDATORS)
GENESIS = genesis(SET)
MAKER, CHECKER, STRANGER = Key("maker"), Key("checker"), Key("stranger")
RECEIVABLE, INVOICE, LOAN, REQUEST, PAYMENT, PROPOSAL = [bytes([n]) * 32 for n in range(1, 7)]
CONSENT_PROPOSAL = b"\x07" * 32
FIRST, SECOND, FINGERPRINT = b"\x11" * 32, b"\x12" * 32, b"\x5a" * 32
# `Terms` are only hashed.
TERMS = b"\x08\x04\x28\x01"


def usd(minor):
    return make("Money", minor=minor, currency="USD")


CONFIRM = {"invoice": INVOICE, "amount": usd(1000), "terms_hash": tagged("counterfoil/terms/v1", TERMS)}


def confirm(**changes):
    return encoded("InvoiceAction", confirm=make("ConfirmInvoice", **{**CONFIRM, **changes}))


def signature_under(kind, proposal_id, contract, action):
    """An approval of a proposal, or a consent to one."""
    action_hash = tagged("counterfoil/action/v1", proposal_id, contract.to_bytes(4, "big"), action)
    return encoded("MembershipAction", **{kind: make("OfProposal", proposal=proposal_id, action_hash=action_hash)})


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
    """Claim 0 was split: claim 1 was sold to a bank and by it to another, which pledged it; claim 2 is locked, the seller's.

    The debtor paid twice.
    """

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
        # Of what it paid, 10 were under older rules, and are no record.
        self["receivable"].update(debt_payments=2, penalty_paid_minor=3)
        for number, on, principal, penalty in ((0, (2026, 3, 2), 60, 0), (1, (2026, 4, 1), 30, 3)):
            sums = {"principal_minor": principal, "penalty_minor": penalty}
            fields = {"transaction": bytes([0x70 + number]) * 32, "value_date": make_date(*on), **sums}
            self.records[f"paid {number}"] = of("DebtPayment", receivable=RECEIVABLE, number=number, **fields)
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
            "consent": key_of("membership/proposal", CONSENT_PROPOSAL),
            **{f"paid {n}": key_of("receivable/debt-payment", RECEIVABLE, n) for n in range(3)},
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
        self.contract, self.signers = 1, [CHECKER]
        self.action = signature_under(signature, PROPOSAL, 4, confirm())

    def propose_consent(self, approved, **changes):
        """Makes the last signature a consent of the seller's, which was proposed, and carried out at once or by an approval."""
        self.propose("consent")
        self.organization, self.signers = "seller", [STRANGER]
        proposed = {"contract": 1, "action": signature_under("consent", PROPOSAL, 4, confirm()), **changes}
        if approved:
            record = {"id": CONSENT_PROPOSAL, "organization": "seller", "signers": [STRANGER.public], **proposed}
            self.records["consent"] = self.of("Proposal", **record)
            self.action = signature_under("approve", CONSENT_PROPOSAL, proposed["contract"], proposed["action"])
        else:
            self.action = encoded("MembershipAction", propose=make("Propose", **proposed))

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
        told = "\n".join(report(prove(world.file(), GENESIS), GENESIS))
        parts = ["USD 10.00", "bank-a → bank-b", "pledged to bank-c", "line-2: 2 bolts", "recourse to seller"]
        for words in [*parts, "quote of bank-a: USD 5.00 at 6.2000 %"]:
            self.assertIn(words, told)

    def test_what_is_not_disclosed_is_left_out(self):
        world = World()
        world.left_out = {"invoice", "claim 0", "claim 2", "loan", "quote", "payment"}
        subject = self.summary(world)["subject"]
        self.assertEqual((subject["invoice"], subject["not_disclosed"]), (None, [2]))
        self.assertIn("claims not disclosed  2", report(prove(world.file(), GENESIS), GENESIS))
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

    def test_a_consent_that_was_proposed(self):
        propose = World.propose_consent
        for approved in (False, True):
            world = World()
            propose(world, approved)
            said = self.summary(world)
            self.assertEqual(said["signatures"], 4)
            confirmation = said["subject"]["confirmation"]
            self.assertEqual(confirmation.pop("transaction"), world["receivable"]["confirmation"].hex())
            accounts = [MAKER.public.hex(), CHECKER.public.hex()]
            self.assertEqual(confirmation, {"proposal": PROPOSAL.hex(), "accounts": accounts})
            told = "\n".join(report(prove(world.file(), GENESIS), GENESIS))
            self.assertIn(f"the debtor's proposal {PROPOSAL.hex()}\n            made or approved by account {accounts[0]}", told)
            self.assertIn("with the consent of seller, as the last signature", told)
            self.assertEqual(CONSENT_PROPOSAL.hex() in told, approved)

            def refused(why, change=lambda w: None, **changes):
                self.refused(why, lambda w: propose(w, approved, **changes) or change(w))

            for kind in ("approve", "propose"):
                other = signature_under("approve", PROPOSAL, 4, confirm())
                if kind == "propose":
                    other = encoded("MembershipAction", propose=make("Propose", contract=4, action=confirm()))
                refused("neither a confirmation nor a consent", action=other)
            refused("not one proposal, approval or consent", action=b"")
            refused("not what it should be", action=encoded("MembershipAction") + b"\x2a\x00")
            refused("not the debtor's", contract=5)
            refused("another action", action=signature_under("consent", PROPOSAL, 4, confirm(acknowledged=[1])))
            refused("another action", action=signature_under("consent", PROPOSAL, 5, confirm()))
            refused("proposal is missing", action=signature_under("consent", LOAN, 4, confirm()))
            refused("proposal is missing", lambda w: w.left_out.add("proposal"))
            refused("proposal is another", lambda w: w["proposal"].update(id=LOAN))
            refused("not the debtor's", lambda w: w["proposal"].update(organization="seller"))
            refused("another amount", lambda w: w["proposal"].update(action=confirm(amount=usd(999))))
            refused("none of the debtor's", lambda w: w["proposal"].update(signers=[STRANGER.public]))

    def test_an_approval_of_a_consent(self):
        def refused(why, change, **changes):
            self.refused(why, lambda w: w.propose_consent(True, **changes) or change(w))

        def nothing(world):
            pass

        refused("another organization than proposed it", lambda w: setattr(w, "organization", "bank-a"))
        refused("another organization than proposed it", nothing, organization="bank-a")
        refused("proposal is missing", lambda w: w.left_out.add("consent"))
        refused("proposal is another", lambda w: w["consent"].update(id=LOAN))

        def approves_another_action(world):
            other = signature_under("consent", PROPOSAL, 4, confirm(acknowledged=[1]))
            world.action = signature_under("approve", CONSENT_PROPOSAL, 1, other)

        refused("another action", approves_another_action)
        # To a proposed consent, nobody can consent.
        consent = signature_under("consent", CONSENT_PROPOSAL, 1, signature_under("consent", PROPOSAL, 4, confirm()))
        refused("not the debtor's", lambda w: setattr(w, "action", consent))
        # Where the last signature was none under it, its record is not asked for.
        refused("does not ask", lambda w: setattr(w, "action", signature_under("consent", PROPOSAL, 4, confirm())))

    def test_what_the_debtor_paid(self):
        world = World()
        self.assertEqual(self.summary(world)["subject"]["paid"], [["2026-03-02", "60", "0"], ["2026-04-01", "30", "3"]])
        told = "\n".join(report(prove(world.file(), GENESIS), GENESIS))
        lines = [
            "paid        USD 1.00 of the face, and USD 0.03 of penalty",
            f"            2026-03-02  USD 0.60, by transaction {'70' * 32}",
            f"            2026-04-01  USD 0.30, and USD 0.03 of penalty, by transaction {'71' * 32}",
            "            of USD 0.10 of the face, the payments are not told one by one",
        ]
        self.assertIn("\n".join(lines), told)
        world["paid 1"].update(principal_minor=40)
        self.assertNotIn("one by one", "\n".join(report(prove(world.file(), GENESIS), GENESIS)))
        world["receivable"].update(debt_payments=0)
        world.left_out.update({"paid 0", "paid 1"})
        self.assertEqual(self.summary(world)["subject"]["paid"], [])

    def test_what_the_debtor_did_not_pay(self):
        for number in (0, 1):
            self.refused(f"payment {number} is missing", lambda w, number=number: w.left_out.add(f"paid {number}"))
        self.refused("payment 2 is missing", lambda w: w["receivable"].update(debt_payments=2**32 - 1))
        self.refused("payment 2 is missing", lambda w: w["receivable"].update(debt_payments=3) or w.more.update({"paid 2": 1}))
        self.refused("does not ask", lambda w: w["receivable"].update(debt_payments=1))
        self.refused("does not ask", lambda w: w["receivable"].update(debt_payments=0))
        self.refused("payment 1 is another", lambda w: w["paid 1"].update(number=0))
        self.refused("payment 0 is another", lambda w: w["paid 0"].update(receivable=LOAN))
        for date in (None, make_date(2026, 2, 29), make_date(0, 0, 0)):
            self.refused("payment 1 has no value date", lambda w, date=date: w["paid 1"].update(value_date=date))
        self.refused("more principal", lambda w: w["paid 1"].update(principal_minor=41))
        self.refused("more principal", lambda w: w["paid 1"].update(principal_minor=2**64 - 1))
        self.refused("more penalty", lambda w: w["paid 0"].update(penalty_minor=1))
        self.refused("more penalty", lambda w: w["receivable"].update(penalty_paid_minor=2))

    def test_penalty_stays_at_the_most(self):
        most = 2**64 - 1

        def pays(world, first, second, said):
            world["paid 0"].update(penalty_minor=first)
            world["paid 1"].update(penalty_minor=second)
            world["receivable"].update(penalty_paid_minor=said)

        world = World()
        for first, second in ((most, 0), (most, 1), (most, most), (2**63, 2**63)):
            pays(world, first, second, most)
            self.assertEqual(self.summary(world)["subject"]["paid"][0][2], str(first))
        self.refused("more penalty", lambda w: pays(w, most, most, most - 1))

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
        # Alone it would do: of four, the first has the same siblings as of three.
        self.assertEqual(payload_root({**opened(0)[0], "count": 4}), payload_root(opened(0)[0]))
        self.refused("not of as many", lambda w: opens(w, 0, 1, count=4))

    def test_a_private_field_may_be_taken_out(self):
        world = World()
        world.opened = opened(0, 1, 2)
        whole, fields = world.file(), [["line-0", "0 bolts"], ["line-1", "1 bolts"], ["line-2", "2 bolts"]]
        for place, less in enumerate(taken_out(whole)):
            self.assertTrue(differs_as_it_may(whole, less))
            left = fields[:place] + fields[place + 1 :]
            self.assertEqual(verify(less, GENESIS)["subject"]["opened"], left)
        self.assertEqual(place, 2)

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
        for name in ("debtor", "first", "second", "undertaking", "loan", "quote", "payment", "paid 0", "paid 1"):
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
        told = report(prove(self.world().file(), GENESIS), GENESIS)
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
