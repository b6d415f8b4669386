"""A history in small, and the tree over its entries, made by these tests."""

from counterfoil_verify.basics import sha256
from counterfoil_verify.history import events_hash_of
from counterfoil_verify.records import key_of
from counterfoil_verify.schema import KINDS_OF_EVENTS
from tests.made import Key, State, encoded, file, genesis, make, make_date, validator_set


VALIDATORS = [Key(name) for name in ("a", "b", "c")]
SET = validator_set(VALIDATORS)
GENESIS = genesis(SET)


def usd(minor):
    return make("Money", minor=minor, currency="USD")


def event(name, **fields):
    """An `Event` of this kind."""
    for contract, kinds in KINDS_OF_EVENTS.items():
        for number, kind in kinds.items():
            if kind == name:
                content = encoded(name, **fields) if fields else b""
                body = varint(number << 3 | 2) + varint(len(content)) + content
                return make("Event", contract=contract, body=body)
    raise KeyError(name)


def varint(value):
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def confirmed(**changes):
    fields = {
        "amount": usd(1000),
        "seller": "seller",
        "buyer": "buyer",
        "registered_on": make_date(2026, 1, 5),
        "confirmed_on": make_date(2026, 1, 9),
    }
    return event("InvoiceConfirmed", **{**fields, **changes})


def largest_power_below(size):
    half = 1
    while half * 2 < size:
        half *= 2
    return half


def whole_root(leaves):
    """RFC 6962, section 2.1, of leaves that are hashed already."""
    if len(leaves) == 1:
        return leaves[0]
    half = largest_power_below(len(leaves))
    return sha256(b"\x01", whole_root(leaves[:half]), whole_root(leaves[half:]))


def full_roots(leaves):
    """The roots of the largest full subtrees, from left to right."""
    roots = b""
    for bit in reversed(range(20)):
        if len(leaves) & 1 << bit:
            done = len(leaves) >> bit + 1 << bit + 1
            roots += whole_root(leaves[done : done + (1 << bit)])
    return roots


def beside(leaves, first, end):
    """The roots of the subtrees without any leaf from `first` up to `end`."""
    if end <= 0 or first >= len(leaves):
        return whole_root(leaves)
    if len(leaves) == 1:
        return b""
    half = largest_power_below(len(leaves))
    return beside(leaves[:half], first, end) + beside(leaves[half:], first - half, end - half)


class World:
    """The history of a seller. Its window has all of it, with all events."""

    def __init__(self):
        self.organization, self.asked, self.begin = "seller", {}, 0
        self.hidden, self.changes_file = set(), []
        self.entries = [
            self.entry(0, (2026, 1, 5), 3, 0, [20], [self.registered(), event("InvoiceWarned")]),
            self.entry(1, (2026, 1, 5), 3, 2, [], [event("InvoiceQueried", buyer="buyer")]),
            self.entry(2, (2026, 1, 9), 5, 0, [21], [confirmed(), event("ReceivableOpened")]),
            self.entry(3, (2026, 2, 1), 9, 1, [], [event("ClaimOffered")]),
            self.entry(4, (2026, 2, 1), 9, 2, [23], [event("InvoiceDisputed", seller="seller", buyer="buyer")]),
            self.entry(5, (2026, 2, 20), 11, 0, [24, 25], [self.upheld(), self.credited()]),
            self.entry(6, (2026, 3, 2), 15, 0, [], [event("ProfileShared")]),
        ]
        self.profile = make("Profile", organization="seller", formula=2, entries=4, last_entry=5)
        volume = {"invoices": 1, "confirmed_minor": 1000, "credit_notes": 1, "credited_minor": 100}
        buyers = [make("BuyerVolume", buyer="buyer", confirmed_minor=1000)]
        self.profile["supplier"] = make(
            "SupplierProfile",
            invoices_registered=1,
            first_registered_on=make_date(2026, 1, 5),
            last_registered_on=make_date(2026, 1, 5),
            invoices_confirmed=1,
            volumes=[make("Volume", currency="USD", buyers=buyers, **volume)],
            disputes=1,
            disputes_upheld=1,
        )
        self.head = self.named = None
        self.more, self.left_out = {}, set()

    @staticmethod
    def registered(on=(2026, 1, 5)):
        return event("InvoiceRegistered", seller="seller", registered_on=make_date(*on))

    @staticmethod
    def upheld():
        return event("DisputeEnded", outcome=make("Ruling", verdict=1), seller="seller", buyer="buyer")

    @staticmethod
    def credited():
        return event("InvoiceCredited", amount=usd(100), seller="seller", buyer="buyer")

    @staticmethod
    def entry(sequence, on, height, index, figures, events):
        tx_id = sha256(b"transaction", bytes([sequence]))
        entry = make("HistoryEntry", tx_id=tx_id, height=height, index=index, figures=figures, on=make_date(*on))
        return {"entry": entry, "salt": sha256(b"salt", tx_id), "events": events}

    def __getitem__(self, sequence):
        return self.entries[sequence]

    def window(self, from_day=None, to_day=None):
        if from_day:
            self.asked["from"] = make_date(2026, *from_day)
        if to_day:
            self.asked["to"] = make_date(2026, *to_day)
        return self

    def beyond(self, entry):
        """-1 where it is before the window, 1 where it is after it, else 0."""
        on = tuple((entry["entry"]["on"] or make_date(2026, 1, 5)).values())
        first, last = self.asked.get("from"), self.asked.get("to")
        return -1 if first and on < tuple(first.values()) else 1 if last and on > tuple(last.values()) else 0

    def span(self):
        """The entries of the window, and those right before and after it."""
        places = [self.beyond(one) for one in self.entries]
        first = max(self.begin, places.count(-1) - 1)
        return first, min(len(self.entries), len(places) - places.count(1) + 1)

    def leaf(self, one):
        encoded_entry = encoded("HistoryEntry", **one["entry"])
        return sha256(b"\x00", b"counterfoil/history-entry/v1", events_hash_of(one["salt"], one["events"]), encoded_entry)

    def shown(self, sequence):
        one = self.entries[sequence]
        if sequence in self.hidden or self.beyond(one):
            return make("ShownEntry", entry=one["entry"], events_hash=events_hash_of(one["salt"], one["events"]))
        return make("ShownEntry", entry=one["entry"], salt=one["salt"], events=one["events"])

    def file(self):
        """A new block with this history, and a file over the window, which is changed last."""
        leaves = [self.leaf(one) for one in self.entries[self.begin :]]
        first, end = self.span()
        shown = make(
            "HistoryRange",
            first=first,
            entries=[self.shown(sequence) for sequence in range(first, end)],
            hashes=beside(leaves, first - self.begin, end - self.begin) if leaves else b"",
        )
        head = make("HistoryHead", length=len(self.entries), begin=self.begin, roots=full_roots(leaves))
        head.update(self.head or {})
        keys = {name: key_of(f"credit/{name}", self.organization) for name in ("history", "profile", "entry")}
        records = {keys["history"]: encoded("HistoryHead", **head)}
        if self.profile is not None:
            records[keys["profile"]] = encoded("Profile", **self.profile)
        records = {key: record for key, record in records.items() if self.entries or self.head}
        keys["organization"] = key_of("membership/organization", self.organization)
        records[keys["organization"]] = encoded("Organization", id=self.named or self.organization, legal_name="Seller & Sons")
        for filler in range(20):
            records[key_of("cash/balance", str(filler))] = b"\x08\x01"
        content = {"history": make("History", organization=self.organization, **self.asked)}
        content["range"] = shown if self.entries else None
        for change in self.changes_file:
            change(content)
        names = {"organization", "history", "profile", *self.more} - self.left_out
        return file(State(records), {keys[name] for name in names}, SET, VALIDATORS, **content)
