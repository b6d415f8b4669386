"""What events add up to (docs/profiles.md), and that kinds and fields of events are those of the .proto files."""

import re
import unittest
from pathlib import Path

from counterfoil_verify import NotProven
from counterfoil_verify.profile import MAX_BUYERS, Sums
from counterfoil_verify.schema import CREDIT, EVENTS, KINDS_OF_EVENTS, MESSAGES
from counterfoil_verify.wire import decode_event, encode
from tests.made import encoded, make, make_date

PROTOS = Path(__file__).resolve().parents[3] / "proto" / "counterfoil"
CONTRACTS = ["membership", "supervision", "cash", "invoice", "receivable", "financing", "settlement", "credit", "calendar"]
MOST = 2**64 - 1


def money(minor, currency="USD"):
    return make("Money", minor=minor, currency=currency)


def confirmed(minor=5, currency="USD", buyer="buyer"):
    days = {"registered_on": make_date(2026, 1, 1), "confirmed_on": make_date(2026, 1, 1)}
    return "InvoiceConfirmed", make("InvoiceConfirmed", amount=money(minor, currency), seller="seller", buyer=buyer, **days)


def add(organization, *events):
    """What these events add up to, each in an entry of its own; and the figures that they moved."""
    sums = Sums(organization)
    moved = [sums.add(sequence, [event]) for sequence, event in enumerate(events)]
    return sums.profile, moved


class Figures(unittest.TestCase):
    def test_each_event_moves_what_it_should_of_whom_it_should(self):
        upheld, dismissed = make("Ruling", verdict=1), make("Ruling", verdict=2)
        parties, on = {"seller": "seller", "buyer": "buyer"}, make_date(2026, 1, 1)
        cases = [
            ("InvoiceRegistered", {"seller": "seller", "registered_on": on}, {"seller": [20]}),
            ("InvoiceQueried", {"buyer": "buyer"}, {"buyer": [2]}),
            ("InvoiceConfirmed", confirmed()[1], {"buyer": [1], "seller": [21]}),
            ("InvoiceRejected", parties, {"buyer": [3], "seller": [22]}),
            ("InvoiceWithdrawn", {"seller": "seller"}, {"seller": [22]}),
            ("InvoiceCredited", {**parties, "amount": money(1)}, {"buyer": [9], "seller": [25]}),
            ("InvoiceDisputed", parties, {"buyer": [7], "seller": [23]}),
            ("DisputeEnded", {**parties, "outcome": upheld}, {"buyer": [8], "seller": [24]}),
            ("DisputeEnded", {**parties, "outcome": dismissed}, {}),
            ("DisputeEnded", parties, {}),
            ("ReceivablePaid", {"debtor": "buyer", "settled": True}, {"buyer": [4]}),
            ("ReceivablePaid", {"debtor": "buyer", "days_late": 1}, {}),
            ("ReceivableOverdue", {"debtor": "buyer"}, {"buyer": [5]}),
            ("ReceivableDefaulted", {"debtor": "buyer"}, {"buyer": [6]}),
            ("NoticeGiven", {"to": "seller", "kind": 1}, {"seller": [26]}),
            ("NoticeGiven", {"to": "seller", "kind": 2}, {}),
            ("ClaimRecovered", {"payer": "bank", "kind": 1}, {"bank": [27]}),
            ("ClaimRecovered", {"payer": "bank", "kind": 2}, {}),
            ("QuoteCommitted", {"bank": "bank"}, {"bank": [40]}),
            ("QuoteRevealed", {"bank": "bank"}, {"bank": [41]}),
            ("QuoteClosed", {"bank": "bank", "state": 5}, {"bank": [42]}),
            ("QuoteClosed", {"bank": "bank", "state": 4}, {}),
            ("RequestAwarded", {"award": make("Award", bank="bank")}, {"bank": [43]}),
            ("RequestAwarded", {}, {}),
            ("QuoteFailed", {"bank": "bank"}, {"bank": [44]}),
            ("ClaimSplit", None, {}),
            (None, None, {}),
        ]
        tried = set()
        for kind, fields, figures in cases:
            event = None if fields is None else make(kind, **fields)
            for organization in ("seller", "buyer", "bank", "another"):
                with self.subTest((kind, fields, organization)):
                    profile, moved = add(organization, (kind, event))
                    self.assertEqual(moved, [figures.get(organization, [])])
                    self.assertEqual(profile is not None, moved != [[]])
            tried.update(figure for of_one in figures.values() for figure in of_one)
        enum = re.search(r"enum Figure \{(.*?)\n\}", (PROTOS / "credit/v1/credit.proto").read_text("utf-8"), re.DOTALL)[1]
        self.assertEqual(tried | {0}, {int(number) for number in re.findall(r"= (\d+);", enum)})

    def test_entries_are_those_that_moved_a_figure(self):
        nothing, query = ("ClaimSplit", None), ("InvoiceQueried", make("InvoiceQueried", buyer="buyer"))
        profile, _ = add("buyer", nothing, query, nothing, query, nothing)
        expected = make("Profile", organization="buyer", formula=2, entries=2, last_entry=3)
        self.assertEqual(profile, {**expected, "debtor": make("DebtorProfile", queries=2)})
        sums = Sums("buyer")
        self.assertEqual(sums.add(7, [query, query, confirmed()]), [1, 2])
        self.assertEqual((sums.profile["entries"], sums.profile["last_entry"]), (1, 7))
        self.assertEqual(sums.profile["debtor"]["queries"], 2)

    def test_all_counts(self):
        """Each has a field of its own: so many events of each kind as its place among them says."""
        counts = [
            ("buyer", "debtor", "InvoiceQueried", {}, "queries"),
            ("buyer", "debtor", "InvoiceRejected", {}, "invoices_rejected"),
            ("debtor", "debtor", "ReceivableOverdue", {}, "overdue_reports"),
            ("debtor", "debtor", "ReceivableDefaulted", {}, "defaults"),
            ("buyer", "debtor", "InvoiceDisputed", {}, "disputes"),
            ("buyer", "debtor", "DisputeEnded", {"outcome": make("Ruling", verdict=1)}, "disputes_upheld"),
            ("seller", "supplier", "InvoiceWithdrawn", {}, "invoices_ended"),
            ("seller", "supplier", "InvoiceDisputed", {}, "disputes"),
            ("seller", "supplier", "DisputeEnded", {"outcome": make("Ruling", verdict=1)}, "disputes_upheld"),
            ("to", "supplier", "NoticeGiven", {"kind": 1}, "recourse_notices"),
            ("payer", "supplier", "ClaimRecovered", {"kind": 1}, "recourse_payments"),
            ("bank", "bank", "QuoteCommitted", {}, "quotes"),
            ("bank", "bank", "QuoteRevealed", {}, "reveals"),
            ("bank", "bank", "QuoteClosed", {"state": 5}, "missed_reveals"),
            ("bank", "bank", "QuoteFailed", {}, "failed_payments"),
        ]
        events = []
        for times, (party, _, kind, fields, _) in enumerate(counts, 1):
            events += [(kind, make(kind, **{party: "it"}, **fields))] * times
        profile, _ = add("it", *events)
        for times, (_, part, _, _, count) in enumerate(counts, 1):
            self.assertEqual(profile[part].pop(count), times, count)
        left = [value for part in ("debtor", "supplier", "bank") for value in profile[part].values()]
        self.assertFalse(any(left))

    def test_settled_receivables(self):
        events = [("ReceivablePaid", make("ReceivablePaid", debtor="it", settled=True, days_late=days)) for days in (0, 3, 0, 9)]
        profile, _ = add("it", *events)
        self.assertEqual(profile["debtor"], make("DebtorProfile", receivables_settled=4, settled_on_time=2, days_late=12))

    def test_tenure(self):
        days = [make_date(2026, 1, 5), make_date(2026, 2, 1), make_date(2026, 3, 1)]
        profile, _ = add("it", *[("InvoiceRegistered", make("InvoiceRegistered", seller="it", registered_on=day)) for day in days])
        ends = {"first_registered_on": days[0], "last_registered_on": days[2]}
        self.assertEqual(profile["supplier"], make("SupplierProfile", invoices_registered=3, **ends))

    def test_days_to_confirm(self):
        def after(*dates):
            events = [confirmed() for _ in dates]
            for (_, event), date in zip(events, dates):
                event["confirmed_on"] = make_date(*date)
            return add("buyer", *events)[0]["debtor"]["confirmed_after_days"]

        self.assertEqual(after((2026, 1, 1)), [1])
        self.assertEqual(after((2026, 1, 4), (2026, 1, 2), (2026, 1, 4)), [0, 1, 0, 2])
        self.assertEqual(after((2027, 1, 1)), [0] * 365 + [1])
        self.assertEqual(after((2027, 1, 2), (2030, 1, 1), (2027, 1, 1)), [0] * 365 + [1, 2])
        self.assertRaises(NotProven, after, (2025, 12, 31))

    def test_volumes_ascend(self):
        first, second = [confirmed(5, "USD", "b"), confirmed(7, "EUR", "c")], [confirmed(1, "USD", "a"), confirmed(2, "USD", "b")]
        profile, _ = add("seller", *first, *second)
        eur, usd = profile["supplier"]["volumes"]
        buyers = [make("BuyerVolume", buyer=buyer, confirmed_minor=minor) for buyer, minor in (("a", 1), ("b", 7))]
        self.assertEqual(usd, make("Volume", currency="USD", invoices=3, confirmed_minor=8, buyers=buyers))
        self.assertEqual((eur["currency"], eur["confirmed_minor"], len(eur["buyers"])), ("EUR", 7, 1))
        self.assertEqual(profile["supplier"]["invoices_confirmed"], 4)
        profile, _ = add("b", confirmed(5, "USD", "b"), confirmed(2, "USD", "b"))
        expected = make("Volume", currency="USD", invoices=2, confirmed_minor=7)
        self.assertEqual(profile["debtor"]["volumes"], [expected])

    def test_64_buyers_are_kept_apart(self):
        """Over all currencies; a buyer in two of them has two places."""
        first = [confirmed(1, "EUR", f"b{n:02}") for n in range(40)]
        second = [confirmed(1, "USD", f"b{n:02}") for n in range(30)]
        profile, moved = add("seller", *first, *second, confirmed(9, "EUR", "b50"), confirmed(9, "EUR", "b03"), confirmed(9, "JPY"))
        eur, jpy, usd = profile["supplier"]["volumes"]
        self.assertEqual((len(eur["buyers"]), len(usd["buyers"]), len(jpy["buyers"])), (40, MAX_BUYERS - 40, 0))
        self.assertEqual((eur["others_minor"], usd["others_minor"], jpy["others_minor"]), (9, 6, 9))
        self.assertEqual(eur["buyers"][3]["confirmed_minor"], 10)
        self.assertEqual((eur["invoices"], eur["confirmed_minor"]), (42, 58))
        self.assertEqual(len(moved), 73)

    def test_sums_stay_at_the_most(self):
        half = 2**63
        credited = ("InvoiceCredited", make("InvoiceCredited", amount=money(MOST), seller="seller", buyer="buyer"))
        events = [confirmed(half), confirmed(half - 1), confirmed(1), confirmed(half), credited, credited]
        for organization, part in (("seller", "supplier"), ("buyer", "debtor")):
            volume = add(organization, *events[:2])[0][part]["volumes"][0]
            self.assertEqual(volume["confirmed_minor"], MOST)
            volume = add(organization, *events)[0][part]["volumes"][0]
            self.assertEqual((volume["confirmed_minor"], volume["credited_minor"], volume["invoices"]), (MOST, MOST, 4))
            self.assertTrue(all(one["confirmed_minor"] == MOST for one in volume["buyers"]))
        others = [confirmed(1, "USD", f"b{n:02}") for n in range(MAX_BUYERS)] + [confirmed(MOST), confirmed(1)]
        self.assertEqual(add("seller", *others)[0]["supplier"]["volumes"][0]["others_minor"], MOST)


class Events(unittest.TestCase):
    def read(self, body, contract=4):
        return decode_event(KINDS_OF_EVENTS[contract], body, "it")

    def test_they_are_read_like_any_protobuf(self):
        self.assertEqual(self.read(b""), (None, None))
        self.assertEqual(self.read(b"\xfa\x01\x01a"), (None, None))
        self.assertEqual(self.read(b"\x1a\x01\xff"), ("QueryResolved", None))
        # Another order, unknown fields of each kind, a long number, and the last of two.
        body = b"\x62\x01b\x5a\x01a" + b"\x18\x07\x21" + bytes(8) + b"\x2d" + bytes(4) + b"\x62\x01c"
        kind, event = self.read(b"\x2a" + bytes([len(body)]) + body + b"\xf8\x01\x80\x00")
        self.assertEqual((kind, event), ("InvoiceRejected", {"seller": "a", "buyer": "c"}))
        # A message in two pieces, and then another of the messages.
        pieces = b"\x22\x04\x12\x02\x08\x05" + b"\x22\x09\x12\x05\x12\x03USD\x5a\x00"
        self.assertEqual(self.read(pieces)[1]["amount"], money(5))
        self.assertEqual(self.read(pieces + b"\x12\x00"), ("InvoiceQueried", {"buyer": ""}))
        self.assertEqual(self.read(b"\x22\x04\x12\x02\x08\x05\x12\x00" + b"\x22\x00")[1]["amount"], None)

    def test_what_is_none(self):
        inside = [b"\x0a\x02\x5a", b"\x22\x02\x10\x05", b"\x22\x05\x12\x03\x12\x01\xff"]
        for bad in (b"\x00\x00", b"\x0b", b"\x0a" + b"\x80" * 11, *inside):
            self.assertRaises(NotProven, self.read, bad)


class Protos(unittest.TestCase):
    """The schema against the files that it was transcribed from."""

    FIELD = re.compile(r"^\s*(repeated |optional )?([\w.]+) (\w+) = (\d+);", re.MULTILINE)

    def messages(self, folder):
        """Fields by message: number, name, and kind as in the schema."""
        text = "\n".join(path.read_text("utf-8") for path in sorted((PROTOS / folder / "v1").glob("*.proto")))
        found = {}
        for name, body in re.findall(r"^message (\w+) \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL):
            found[name] = {
                int(number): (field, kind.split(".")[-1] + ("*" if repeated.strip() == "repeated" else ""))
                for repeated, kind, field, number in self.FIELD.findall(body)
            }
        return found

    def test_kinds_of_events(self):
        for contract, folder in enumerate(CONTRACTS, 1):
            text = (PROTOS / folder / "v1" / f"{folder}.proto").read_text("utf-8")
            self.assertIn(f"// Contract {contract}, {folder}:", text)
            fields = self.messages(folder)["Event"]
            self.assertEqual({number: kind for number, (_, kind) in fields.items()}, KINDS_OF_EVENTS[contract])
            decoded = {kind for kind in KINDS_OF_EVENTS[contract].values() if kind in MESSAGES}
            self.assertLessEqual(decoded, set(EVENTS))

    def test_fields(self):
        whole = [*CREDIT, "History", "HistoryRange", "ShownEntry", "HistoryEntry", "Event", "DebtPayment"]
        whole += ["Committed", "Inclusion", "Receipt", "Rejection"]
        protos = {**self.messages("invoice"), **self.messages("receivable"), **self.messages("settlement")}
        protos.update({**self.messages("financing"), **self.messages("credit"), **self.messages("")})
        for name in [*EVENTS, *whole, "Proof"]:
            for number, (field, kind) in MESSAGES[name].items():
                named, of_proto = protos[name][number]
                if kind.rstrip("*") == "enum":
                    of_proto = "enum*" if of_proto.endswith("*") else "enum"
                self.assertEqual((field, kind), (named, of_proto), name)
            if name in whole:
                self.assertEqual(set(MESSAGES[name]), set(protos[name]), name)

    def test_a_profile_is_encoded(self):
        debtor = make("DebtorProfile", confirmed_after_days=[0, 300])
        profile = make("Profile", formula=2, debtor=debtor, bank=make("BankProfile"))
        self.assertEqual(encode("Profile", profile).hex(), "10022a05120300ac023a00")
        self.assertEqual(encoded("Profile"), b"")


if __name__ == "__main__":
    unittest.main()
