"""What a file must say to be a complete history: on a ledger that these tests made up."""

import random
import unittest

from counterfoil_verify import NotProven, prove, verify
from counterfoil_verify.basics import sha256
from counterfoil_verify.history import events_hash_of
from counterfoil_verify.records import key_of
from counterfoil_verify.report import report
from counterfoil_verify.tree import root_over
from tests.likeness import differs_as_it_may, taken_out
from tests.made import State, encoded, file, make, make_date
from tests.made_history import GENESIS, SET, VALIDATORS, World, beside, confirmed, event, full_roots, usd, whole_root


class Histories(unittest.TestCase):
    def subject(self, world):
        return verify(world.file(), GENESIS)["subject"]

    def told(self, world):
        return "\n".join(report(prove(world.file(), GENESIS), GENESIS))

    def refused(self, why, change, world=None):
        """That a history is refused if just this is wrong in the ledger, and the file shows it as it is."""
        world = world or World()
        change(world)
        with self.assertRaisesRegex(NotProven, why):
            verify(world.file(), GENESIS)

    def refused_file(self, why, change, world=None):
        """That a history is refused if just this is wrong in the file."""
        self.refused(why, lambda w: w.changes_file.append(change), world)

    def refused_entries(self, why, change, world=None):
        self.refused_file(why, lambda content: change(content["range"]["entries"]), world)


class Proven(Histories):
    def test_a_whole_one(self):
        world = World()
        said = verify(world.file(), GENESIS)
        self.assertEqual(said["signatures"], 3)
        subject = said["subject"]
        entries = subject.pop("entries")
        profile = sha256(encoded("Profile", **world.profile)).hex()
        expected = {"kind": "history", "organization": "seller", "from": None, "to": None, "length": 7, "whole": True}
        self.assertEqual(subject, {**expected, "profile": profile, "recomputed": profile})
        self.assertEqual([entry["sequence"] for entry in entries], list(range(7)))
        last, events = world[5], world[5]["events"]
        expected = {"sequence": 5, "transaction": last["entry"]["tx_id"].hex(), "height": 11, "index": 0, "on": "2026-02-20"}
        expected["events"] = [[4, sha256(one["body"]).hex()] for one in events]
        self.assertEqual(entries[5], {**expected, "figures": [24, 25]})

    def test_a_person_can_read_it(self):
        told = self.told(World())
        parts = [
            "PROVEN",
            "COMPLETE HISTORY of seller (Seller & Sons)",
            "from        the beginning\nto          block 7",
            "0 to 6 of 7",
            "2026-01-05  block 3          invoice registered, invoice warned\n",
            "2026-03-02  block 15         profile shared\n",
            "profile recomputed  from all events, and the ledger's is the same",
            "1  invoices registered",
            "registered from 2026-01-05 to 2026-01-05",
            "USD 10.00 confirmed in 1 invoices",
            "USD 10.00 by buyer",
            "USD 1.00 credited in 1 credit notes",
        ]
        for words in parts:
            self.assertIn(words, told)
        told = self.told(World().window((1, 6), (2, 28)))
        self.assertIn("from        2026-01-06\nto          2026-02-28", told)
        self.assertIn("in the window  recomputed from its events alone", told)
        self.assertIn("in the window  no event moved a figure", self.told(World().window((3, 1))))
        self.assertIn("none in the window; 7 in all", self.told(World().window((1, 6), (1, 8))))
        world = World()
        world.hidden = {2, 3}
        told = self.told(world)
        self.assertIn("events not disclosed; moved volume\n", told)
        self.assertIn("events not disclosed; moved no figure\n", told)
        self.assertIn("not recomputed, as not all events are disclosed", told)
        self.assertNotIn("by buyer", told)

    def test_windows(self):
        cases = [
            # From, to, sequences, whether they are all, whether they move a figure.
            ((1, 6), (2, 1), [2, 3, 4], False, True),
            ((1, 5), (1, 5), [0, 1], False, True),
            ((2, 20), None, [5, 6], False, True),
            ((3, 1), None, [6], False, False),
            (None, (1, 9), [0, 1, 2], False, True),
            ((1, 1), (12, 31), [0, 1, 2, 3, 4, 5, 6], True, True),
            # Before everything, between two entries, and after all of them.
            (None, (1, 4), [], False, False),
            ((1, 6), (1, 8), [], False, False),
            ((3, 3), None, [], False, False),
        ]
        for first, last, sequences, whole, moves in cases:
            with self.subTest((first, last)):
                subject = self.subject(World().window(first, last))
                self.assertEqual([entry["sequence"] for entry in subject["entries"]], sequences)
                self.assertEqual((subject["whole"], subject["recomputed"] is not None), (whole, moves))
                self.assertEqual(subject["recomputed"] == subject["profile"], whole)
                self.assertEqual(subject["from"], first and f"2026-{first[0]:02}-{first[1]:02}")

    def test_a_window_adds_up_to_its_own(self):
        subject = self.subject(World().window((2, 2), (2, 28)))
        volume = make("Volume", currency="USD", credit_notes=1, credited_minor=100)
        supplier = make("SupplierProfile", disputes_upheld=1, volumes=[volume])
        expected = encoded("Profile", organization="seller", formula=2, entries=1, last_entry=5, supplier=supplier)
        self.assertEqual(subject["recomputed"], sha256(expected).hex())

    def test_one_that_is_shared_without_events(self):
        world = World()
        world.hidden = set(range(7))
        subject = self.subject(world)
        self.assertEqual({(entry["events"] is None) for entry in subject["entries"]}, {True})
        self.assertEqual((subject["whole"], subject["recomputed"]), (True, None))
        self.assertIsNotNone(subject["profile"])
        world = World().window((1, 6), (2, 28))
        world.hidden = {4}
        subject = self.subject(world)
        self.assertEqual([entry["events"] is None for entry in subject["entries"]], [False, False, True, False])
        self.assertIsNone(subject["recomputed"])

    def test_none_at_all(self):
        world = World()
        world.entries, world.profile = [], None
        subject = self.subject(world)
        expected = {"kind": "history", "organization": "seller", "from": None, "to": None, "length": 0, "whole": True}
        self.assertEqual(subject, {**expected, "entries": [], "profile": None, "recomputed": None})
        self.assertIn("nothing on this ledger ever concerned", self.told(world))

    def test_one_in_which_no_figure_was_moved(self):
        world = World()
        world.entries, world.profile = [world.entry(0, (2026, 1, 5), 3, 0, [], [event("ProfileShared")])], None
        for hidden in (set(), {0}):
            world.hidden = hidden
            subject = self.subject(world)
            self.assertEqual((subject["profile"], subject["recomputed"], subject["whole"]), (None, None, True))
        world.hidden = set()
        self.assertIn("none, and no event moved a figure", self.told(world))

    def test_one_that_began_under_older_rules(self):
        world = World().window((2, 1))
        world.begin = 2
        subject = self.subject(world)
        self.assertEqual([entry["sequence"] for entry in subject["entries"]], [3, 4, 5, 6])
        self.refused("comes before the first", lambda w: setattr(w, "begin", 3), World().window((2, 1)))
        self.refused("comes before the first", lambda w: setattr(w, "begin", 3))

    def test_events_that_nobody_knows_move_nothing(self):
        world = World()
        unknown = [make("Event", contract=12, body=b"\xff"), make("Event", contract=4, body=b"\xfa\x01\x00")]
        world[6]["events"] += [*unknown, make("Event", contract=4), make("Event", contract=5, body=b"\x12\x02\xff\xff")]
        self.assertEqual(len(self.subject(world)["entries"][6]["events"]), 5)
        told = "profile shared, an unknown event of contract 12, 2 × an unknown event of contract 4, claim split"
        self.assertIn(told, self.told(world))

    def test_names_are_printed_plainly(self):
        world = World()
        world.organization = world.profile["organization"] = "se\x1bller"
        world.hidden = set(range(7))
        self.assertIn("COMPLETE HISTORY of se\\u{1b}ller", self.told(world))


class Refused(Histories):
    def test_the_subject(self):
        def asked(**changes):
            return lambda content: content["history"].update(changes)

        self.refused_file("end of the window", asked(**{"from": make_date(2026, 2, 29)}))
        self.refused_file("end of the window", asked(to=make_date(2200, 1, 1)))
        self.refused_file("end of the window", asked(to=make_date(1989, 12, 31)))
        self.refused_file("end of the window", asked(to=make_date(0, 0, 0)))
        self.refused_file("end of the window", asked(to=make_date(2026, 2**32 - 1, 1)))
        self.refused_file("ends before it begins", asked(to=make_date(2026, 1, 4), **{"from": make_date(2026, 1, 5)}))
        self.refused_file("organization is missing", asked(organization="buyer"))
        self.refused_file("not one subject", lambda c: c.update(unfinanced=make("Unfinanced", fingerprint=bytes(32))))
        self.refused_file("not one subject", lambda c: c.update(history=None))
        self.refused_file("history that its subject", lambda c: c.update(history=None, passport=make("Passport")))
        self.refused_file("private fields", lambda c: c.update(opened=[make("OpenedField")]))

    def test_the_records(self):
        self.refused("organization is missing", lambda w: w.left_out.add("organization"))
        self.refused("organization is another", lambda w: setattr(w, "named", "buyer"))
        self.refused("profile is missing", lambda w: w.left_out.add("profile"))
        self.refused("head of the history is missing", lambda w: w.left_out.add("history"))
        self.refused("profile is another", lambda w: w.profile.update(organization="buyer"))
        self.refused("does not ask", lambda w: w.more.update(entry=1))
        self.refused("transactions that its subject", lambda w: w.changes_file.append(with_transaction))
        self.refused_file("entries of the history are missing", lambda content: content.update(range=None))
        self.refused_file("entries of the history are missing", lambda content: content["range"].update(entries=[]))

    def test_without_a_head_there_is_nothing(self):
        def shows_entries(world):
            entries = [make("ShownEntry")]
            world.entries, world.profile = [], None
            world.changes_file.append(lambda content: content.update(range=make("HistoryRange", entries=entries)))

        self.refused("has no history", shows_entries)

        def has_a_profile(world):
            keys = [key_of(table, "seller") for table in ("credit/profile", "membership/organization", "credit/history")]
            organization = encoded("Organization", id="seller")
            world.file = lambda: file(
                State({keys[0]: encoded("Profile", **world.profile), keys[1]: organization}),
                keys,
                SET,
                VALIDATORS,
                history=make("History", organization="seller"),
            )

        self.refused("has no history", has_a_profile)

    def test_the_head(self):
        def head(**changes):
            return lambda world: setattr(world, "head", changes)

        roots = full_roots([World().leaf(one) for one in World().entries])
        self.refused("older rules", head(roots=b""))
        self.refused("not the roots", head(begin=8))
        self.refused("not the roots", head(begin=1))
        self.refused("not the roots", head(roots=roots[:-1]))
        self.refused("not the roots", head(roots=roots + bytes(32)))
        self.refused("not those of the history", head(roots=bytes(32) + roots[32:]))
        self.refused("not those of the history", head(roots=roots[:64] + bytes(32)))
        # As many roots, of more entries: these are other trees.
        self.refused("not those of the history|too short", head(length=11))
        self.refused("not within", head(length=6, roots=roots[:64]))
        self.refused("not within", head(length=2**64 - 1, begin=2**64 - 8))

    def test_the_tree(self):
        def in_the_middle():
            return World().window((1, 6), (1, 31))

        self.refused_file("too long", lambda c: c["range"].update(hashes=c["range"]["hashes"] + bytes(32)))
        self.refused_file("too long", lambda c: c["range"].update(hashes=b"\x00"))
        self.refused_file("too short", lambda c: c["range"].update(hashes=c["range"]["hashes"][:-1]), in_the_middle())
        self.refused_file("too short", lambda c: c["range"].update(hashes=b""), in_the_middle())

        def swapped(content):
            hashes = content["range"]["hashes"]
            content["range"]["hashes"] = hashes[32:64] + hashes[:32] + hashes[64:]

        self.refused_file("not those of the history", swapped, in_the_middle())
        self.refused_file("not those of the history|too", lambda c: c["range"].update(first=0), in_the_middle())
        self.refused_file("not those of the history|too", lambda c: c["range"].update(first=2), in_the_middle())
        self.refused_file("not within", lambda c: c["range"].update(first=1))
        self.refused_file("not within", lambda c: c["range"].update(first=2**64 - 1))
        older = World().window((2, 1))
        older.begin = 2
        self.refused_file("not within", lambda c: c["range"].update(first=1), older)

    def test_entries_left_out_swapped_doubled_and_changed(self):
        why = "not those of the history|too short|too long|not within"
        for place in range(7):
            self.refused_entries(why, lambda entries, place=place: entries.pop(place))
            self.refused_entries(why, lambda entries, place=place: entries.insert(place, entries[place]))
            self.refused_entries(why, lambda entries, place=place: entries[place]["entry"].update(index=77))
            self.refused_entries(why, lambda entries, place=place: entries[place].update(salt=bytes(32)))
        for place in range(6):
            def swap(entries, place=place):
                entries[place], entries[place + 1] = entries[place + 1], entries[place]

            def double(entries, place=place):
                entries[place] = entries[place + 1]

            self.refused_entries(why, swap)
            self.refused_entries(why, double)
        for change in (
            {"tx_id": bytes(32)},
            {"height": 6},
            {"figures": []},
            {"figures": [21, 25]},
            {"on": make_date(2026, 1, 10)},
        ):
            self.refused_entries(why, lambda entries, change=change: entries[2]["entry"].update(change))

    def test_events_left_out_swapped_doubled_and_changed(self):
        why = "not those of the history"
        self.refused_entries(why, lambda entries: entries[5]["events"].pop())
        self.refused_entries(why, lambda entries: entries[5]["events"].reverse())
        self.refused_entries(why, lambda entries: entries[5]["events"].append(entries[5]["events"][0]))
        self.refused_entries(why, lambda entries: entries[5]["events"][0].update(contract=5))
        self.refused_entries(why, lambda entries: entries[2]["events"][0].update(body=confirmed(amount=usd(1))["body"]))

    def test_whom_an_event_concerns_is_not_shown(self):
        # That is not in the hash, and so it could be anything.
        self.refused_entries("whom it concerns", lambda entries: entries[5]["events"][0].update(organizations=["seller"]))
        self.refused_entries("whom it concerns", lambda entries: entries[5]["events"][1].update(organizations=[""]))

    def test_an_event_is_one_by_its_contract_and_the_length_of_its_body(self):
        events = [make("Event", contract=4, body=b"\x0a\x02ab"), make("Event", contract=5, body=b"")]
        expected = b"counterfoil/history-events/v1" + bytes(32)
        expected += b"\x00\x00\x00\x04\x00\x00\x00\x04\x0a\x02ab" + b"\x00\x00\x00\x05\x00\x00\x00\x00"
        self.assertEqual(events_hash_of(bytes(32), events), sha256(expected))

    def test_what_an_entry_shows(self):
        self.refused_entries("not either its events", lambda entries: entries[0].update(events_hash=bytes(32)))
        self.refused_entries("not either", lambda entries: entries[0].update(events_hash=bytes(32), events=[]))
        self.refused_entries("not either", lambda entries: entries[0].update(events_hash=bytes(32), salt=b""))
        self.refused_entries("not either", lambda e: e[0].update(events_hash=bytes(31), salt=b"", events=[]))
        self.refused_entries("neither its events", lambda entries: entries[0].update(salt=b""))
        self.refused_entries("neither its events", lambda entries: entries[0].update(salt=bytes(33)))
        self.refused_entries("neither its events", lambda entries: entries[0].update(salt=b"", events=[]))
        self.refused_entries("entry is missing", lambda entries: entries[0].update(entry=None))

    def test_the_order(self):
        def entry(sequence, **changes):
            return lambda world: world[sequence]["entry"].update(changes)

        self.refused("entry 3 has no date", entry(3, on=None))
        self.refused("entry 3 has no date", entry(3, on=make_date(2026, 2, 30)))
        self.refused("entry 3 is of an earlier day", entry(3, on=make_date(2026, 1, 8)))
        self.refused("entry 3 does not come after", entry(3, height=4))
        self.refused("entry 1 does not come after", entry(1, index=0))
        self.refused("entry 4 does not come after", entry(4, index=1))
        # Those right before and after the window, too.
        self.refused("entry 6 does not come after", entry(6, height=11), World().window((2, 1), (2, 28)))
        self.refused("figures of entry 5 do not ascend", entry(5, figures=[25, 24]))
        self.refused("figures of entry 5 do not ascend", entry(5, figures=[24, 24, 25]))

    def test_the_window(self):
        def narrowed(first, last):
            """A file of this window in which the subject asks for another."""
            world = World().window(first, last)
            changes = {"from": make_date(2026, 1, 9), "to": make_date(2026, 2, 1)}
            world.changes_file.append(lambda content: content["history"].update(changes))
            return world

        self.assertEqual(len(self.subject(narrowed((1, 9), (2, 1)))["entries"]), 3)
        self.refused("entry 0 has its events", lambda w: None, narrowed((1, 5), (2, 1)))
        self.refused("entry 6 has its events", lambda w: None, narrowed((1, 9), None))
        self.refused("entry 1 is not in the window", lambda w: w.hidden.add(0), narrowed((1, 5), (2, 1)))
        self.refused("entry 5 is not in the window", lambda w: w.hidden.add(6), narrowed((1, 9), None))
        self.refused("no entry of the window comes before", lambda w: None, narrowed((2, 1), (2, 1)).window((2, 2)))
        self.refused("comes after the last", lambda w: None, narrowed((1, 9), (1, 9)))

        def discloses(place):
            def change(content):
                shown = content["range"]["entries"][place]
                one = world[1 if place == 0 else 5]
                shown.update(salt=one["salt"], events=one["events"], events_hash=b"")

            return change

        for place, sequence in ((0, 1), (-1, 5)):
            world = World().window((1, 9), (2, 1))
            self.refused_file(f"entry {sequence} has its events", discloses(place), world)

    def test_figures(self):
        def figures(sequence, *figures):
            return lambda world: world[sequence]["entry"].update(figures=list(figures))

        for sequence, named in ((5, [24]), (5, [25]), (5, []), (5, [9, 24, 25]), (1, [2]), (6, [0]), (0, [20, 99])):
            self.refused(f"events of entry {sequence} move other figures", figures(sequence, *named))
        # Where its events are not disclosed, that is the ledger's word.
        world = World()
        world.hidden = {1}
        figures(1, 2)(world)
        self.refused("other entries moved figures", lambda w: None, world)
        world.profile.update(entries=5)
        self.assertEqual(self.subject(world)["entries"][1]["figures"], [2])

    def test_the_profile(self):
        self.refused("not what the events", lambda w: w.profile.update(entries=5))
        self.refused("not what the events", lambda w: w.profile.update(last_entry=6))
        self.refused("not what the events", lambda w: w.profile.update(formula=1))
        self.refused("not what the events", lambda w: w.profile.update(bank=make("BankProfile")))
        self.refused("not what the events", lambda w: w.profile["supplier"].update(disputes=2))
        self.refused("not what the events", lambda w: w.profile["supplier"]["volumes"][0].update(confirmed_minor=999))
        self.refused("not what the events", lambda w: setattr(w, "profile", None))

        def moves_nothing(world):
            world.entries = world.entries[6:]

        self.refused("not what the events", moves_nothing)

        def shared(**changes):
            world = World()
            world.hidden = {3}
            world.profile.update(changes)
            return world

        self.assertIsNone(self.subject(shared(formula=1, supplier=None))["recomputed"])
        self.refused("other entries moved", lambda w: None, shared(entries=3))
        self.refused("other entries moved", lambda w: None, shared(last_entry=6))
        self.refused("there is a profile, but", lambda w: setattr(w, "profile", None), shared())
        self.refused("there is a profile, but", lambda w: moves_nothing(w) or setattr(w, "hidden", {0}))
        # Of less than the whole history, a profile can be any.
        world = World().window((1, 6))
        world.profile.update(entries=5)
        self.assertNotEqual(self.subject(world)["recomputed"], self.subject(world)["profile"])

    def test_events_that_cannot_be_read(self):
        def body(*bodies, contract=4):
            def change(world):
                world[6]["events"] += [make("Event", contract=contract, body=one) for one in bodies]

            return change

        ends = [b"\xff", b"\x0a", b"\x0a\x01\xff", b"\x0a\x02\x12\x05"]
        for bad in (*ends, b"\x08\x01", b"\x0a\x02\x10\x01", b"\x0a\x03\x12\x01\xff", b"\x00\x00"):
            self.refused("event of entry 6 cannot be read", body(bad))
            self.refused("event of entry 6 cannot be read", body(b"\x0a\x00", bad))
        self.refused("cannot be read", body(b"\xff", contract=9))
        # What no figure needs may be anything.
        world = World()
        body(b"\x0a\x08\x0a\x01\xff\xfa\x01\x02\xff\xff")(world)
        world[6]["events"].append(event("InvoiceQueried", buyer="another"))
        self.assertEqual(self.subject(world)["entries"][6]["figures"], [])

    def test_dates_that_are_none(self):
        def registers_on(*date):
            def change(world):
                world[0]["events"][0] = world.registered(date)

            return change

        self.refused("registers an invoice on no day", registers_on(2026, 13, 5))
        self.refused("registers an invoice on no day", registers_on(1900, 1, 5))

        def confirms(**changes):
            def change(world):
                world.organization = "buyer"
                world.entries = [world.entry(0, (2026, 1, 9), 5, 0, [1], [confirmed(**changes)])]
                world.profile = make("Profile", organization="buyer", formula=2, entries=1)
                volume = make("Volume", currency="USD", invoices=1, confirmed_minor=1000)
                debtor = make("DebtorProfile", invoices_confirmed=1, confirmed_after_days=[0] * 4 + [1], volumes=[volume])
                world.profile["debtor"] = debtor

            return change

        world = World()
        confirms()(world)
        self.assertTrue(self.subject(world)["whole"])
        for changes in ({"registered_on": None}, {"confirmed_on": None}, {"confirmed_on": make_date(2026, 1, 4)}):
            self.refused("on no day", confirms(**changes))
        self.refused("on no day", confirms(confirmed_on=make_date(2026, 1, 32)))
        self.refused("no amount", confirms(amount=None))
        # The seller's figures need neither.
        world = World()
        world[2]["events"][0] = confirmed(registered_on=make_date(2026, 1, 32), confirmed_on=None)
        self.assertTrue(self.subject(world)["whole"])


def with_transaction(content):
    content["transactions"] = [encoded("SignedTransaction", transaction=b"\x0a\x01a")]


class Mutations(Histories):
    def test_every_byte_counts(self):
        for world in (World(), World().window((1, 6), (2, 28))):
            original = world.file()
            expected = verify(original, GENESIS)
            chance, windows = random.Random(3), 0
            for at in range(len(original)):
                changed = bytearray(original)
                changed[at] ^= 1 << chance.randrange(8)
                try:
                    said = verify(bytes(changed), GENESIS)
                except NotProven:
                    continue
                # Of the same entries, another window may be asked for in which they are: that is proven as well.
                windows += 1
                self.assertTrue(differs_as_it_may(original, bytes(changed)))
                ends = {name: said["subject"][name] for name in ("from", "to")}
                self.assertEqual({**said, "subject": {**expected["subject"], **ends}}, said)
                self.assertNotEqual(said, expected)
            self.assertLessEqual(windows, 4 if world.asked else 0)


    def test_the_events_of_an_entry_may_be_taken_out(self):
        for world in (World(), World().window((1, 6), (2, 28))):
            original = world.file()
            expected = self.subject(world)
            for place, less in enumerate(taken_out(original)):
                self.assertTrue(differs_as_it_may(original, less))
                said = verify(less, GENESIS)["subject"]
                self.assertIsNone(said["entries"][place].pop("events"))
                entries = [dict(entry) for entry in expected["entries"]]
                del entries[place]["events"]
                self.assertEqual(said, {**expected, "entries": entries, "recomputed": None})
            self.assertEqual(place + 1, len(expected["entries"]))

    def test_without_events_an_entry_may_be_the_one_beside_the_window(self):
        """Of another window, the entries in the file stay the same: which of them are in it, follows from its days."""
        def named(to_day):
            world = World().window((1, 9), (3, 2))
            world.hidden = {6}
            world.changes_file.append(lambda content: content["history"].update(to=make_date(2026, *to_day)))
            return world

        original, whole = named((3, 2)).file(), verify(named((3, 2)).file(), GENESIS)["subject"]["entries"]
        for to_day, left in (((12, 31), 5), ((3, 1), 4), ((2, 20), 4)):
            self.assertTrue(differs_as_it_may(original, named(to_day).file()))
            self.assertEqual(self.subject(named(to_day))["entries"], whole[:left])
        self.refused("entry 5 is not in the window", lambda w: None, named((2, 19)))


class Trees(unittest.TestCase):
    def test_all_ranges_of_small_trees(self):
        for size in range(1, 18):
            leaves = [sha256(bytes([size, place])) for place in range(size)]
            root = whole_root(leaves)
            for first in range(size):
                for end in range(first + 1, size + 1):
                    hashes = beside(leaves, first, end)
                    self.assertEqual(root_over(size, first, leaves[first:end], hashes), (root, b""))
                    if hashes:
                        self.assertRaises(NotProven, root_over, size, first, leaves[first:end], hashes[:-1])
                        self.assertNotEqual(root_over(size, first, leaves[first:end], bytes(len(hashes)))[0], root)

    def test_the_largest_tree(self):
        self.assertEqual(len(root_over(2**64 - 1, 2**63, [bytes(32)], bytes(32 * 70))[1]), 32 * 6)


if __name__ == "__main__":
    unittest.main()
