"""What concerned an organization in a window of days, none of it left out, and the profile that it adds up to."""

import datetime
from dataclasses import dataclass, field

from .basics import NotProven, day_of, tagged
from .profile import Sums
from .records import check_same, key_of
from .schema import KINDS_OF_EVENTS
from .tree import leaf_hash, node_hash, root_over
from .wire import decode_event, encode


@dataclass
class Entry:
    """A transaction that concerned the organization."""

    sequence: int
    # A `HistoryEntry`.
    entry: dict
    on: datetime.date
    # Messages `Event`; None where they are not disclosed.
    events: list
    # Of each event, the name of the message that is its body; None where this verifier does not know it.
    kinds: list = field(default_factory=list)


@dataclass
class History:
    """What a history says. Everything in it was proven."""

    # An `Organization`.
    organization: dict
    # None where the window has no such end.
    from_day: datetime.date
    to_day: datetime.date
    # Of all entries that there are.
    length: int = 0
    # Those in the window.
    entries: list = field(default_factory=list)
    # The record, encoded; None where there is none.
    profile: bytes = None
    # The `Profile` that the entries add up to; None where not all are disclosed, or no figure was moved.
    recomputed: dict = None

    @property
    def whole(self):
        """Whether all entries are in the window."""
        return len(self.entries) == self.length

    @property
    def disclosed(self):
        """Whether the events of all entries in the window are disclosed."""
        return all(entry.events is not None for entry in self.entries)


def read_history(asked, shown, records):
    """Checks and gives what a history asks for: `shown` is the `HistoryRange` of the file."""
    organization = asked["organization"]
    # That it exists: of a name that nobody has, nothing is a complete history, too.
    known = records.must("Organization", "organization", key_of("membership/organization", organization))
    check_same(known["id"] == organization, "organization")
    history = History(known, _end_of_window(asked["from"]), _end_of_window(asked["to"]))
    if history.from_day and history.to_day and history.to_day < history.from_day:
        raise NotProven("the window ends before it begins")
    head_key, profile_key = key_of("credit/history", organization), key_of("credit/profile", organization)
    profile = None
    if not records.is_absent(profile_key):
        profile = records.must("Profile", "profile", profile_key)
        check_same(profile["organization"] == organization, "profile")
        history.profile = records.encoded(profile_key)
    if records.is_absent(head_key):
        if shown is not None or profile is not None:
            raise NotProven("the organization has no history, but the file has entries or a profile of it")
        return history
    head = records.must("HistoryHead", "head of the history", head_key)
    history.length = head["length"]
    if shown is None or not shown["entries"]:
        raise NotProven("the entries of the history are missing from the file")
    _check_tree(head, shown)
    entries = [_read_entry(shown["first"] + place, one) for place, one in enumerate(shown["entries"])]
    _check_order(entries)
    history.entries = _in_window(history, entries)
    _add_up(history, profile)
    return history


def _end_of_window(date):
    day = day_of(date)
    if date is not None and day is None:
        raise NotProven("an end of the window is no day")
    return day


def _check_tree(head, shown):
    """Checks that the entries are those that stand one after the other in the tree of the head (RFC 6962, section 2.1)."""
    begin, length, roots = head["begin"], head["length"], head["roots"]
    first, entries = shown["first"], shown["entries"]
    if not roots:
        raise NotProven("the history was written under older rules, of which nothing can be proven")
    if begin > length or len(roots) != 32 * bin(length - begin).count("1"):
        raise NotProven("the head of the history has not the roots that it should have")
    if first < begin or first + len(entries) > length:
        raise NotProven("the entries are not within the history")
    leaves = [_leaf(one) for one in entries]
    found, hashes = root_over(length - begin, first - begin, leaves, shown["hashes"])
    # From the right: what is there so far is the right half, and each full subtree before it the left one.
    root = roots[-32:]
    for at in range(len(roots) - 64, -1, -32):
        root = node_hash(roots[at : at + 32], root)
    if found != root:
        raise NotProven("the entries are not those of the history")
    if hashes:
        raise NotProven("the proof of the entries is too long")


def _leaf(shown):
    """The hash of an entry and of what happened, whether that is disclosed or not."""
    if shown["entry"] is None:
        raise NotProven("an entry is missing")
    events_hash = shown["events_hash"]
    if events_hash:
        if len(events_hash) != 32 or shown["salt"] or shown["events"]:
            raise NotProven("an entry has not either its events or their hash")
    else:
        # Whom else they concern is nobody's business, and not in the hash: it could be anything.
        if any(event["organizations"] for event in shown["events"]):
            raise NotProven("an event of an entry says whom it concerns")
        events_hash = events_hash_of(shown["salt"], shown["events"])
    return leaf_hash(b"counterfoil/history-entry/v1", events_hash, encode("HistoryEntry", shown["entry"]))


def events_hash_of(salt, events):
    if len(salt) != 32:
        raise NotProven("an entry has neither its events with a salt of 32 bytes nor their hash")
    parts = []
    for event in events:
        body = event["body"]
        parts += [event["contract"].to_bytes(4, "big"), len(body).to_bytes(4, "big"), body]
    return tagged("counterfoil/history-events/v1", salt, *parts)


def _read_entry(sequence, shown):
    said = shown["entry"]
    on = day_of(said["on"])
    if on is None:
        raise NotProven(f"entry {sequence} has no date")
    if any(figure >= following for figure, following in zip(said["figures"], said["figures"][1:])):
        raise NotProven(f"the figures of entry {sequence} do not ascend")
    return Entry(sequence, said, on, None if shown["events_hash"] else shown["events"])


def _check_order(entries):
    for entry, following in zip(entries, entries[1:]):
        if following.on < entry.on:
            raise NotProven(f"entry {following.sequence} is of an earlier day than the one before it")
        places = [(one.entry["height"], one.entry["index"]) for one in (entry, following)]
        if places[0] >= places[1]:
            raise NotProven(f"entry {following.sequence} does not come after the one before it")


def _in_window(history, entries):
    """The entries in the window. Those right before and after it show that it has no others."""
    before = history.from_day is not None and entries[0].on < history.from_day
    after = history.to_day is not None and entries[-1].on > history.to_day
    inside = entries[1 if before else 0 : len(entries) - (1 if after else 0)]
    for entry, is_beside in ((entries[0], before), (entries[-1], after)):
        if is_beside and entry.events is not None:
            raise NotProven(f"entry {entry.sequence} has its events in the file, but is not in the window")
    for entry in inside:
        if history.from_day and entry.on < history.from_day or history.to_day and entry.on > history.to_day:
            raise NotProven(f"entry {entry.sequence} is not in the window")
    if not before and entries[0].sequence != 0:
        raise NotProven("nothing shows that no entry of the window comes before the first one")
    if not after and entries[-1].sequence != history.length - 1:
        raise NotProven("nothing shows that no entry of the window comes after the last one")
    return inside


def _add_up(history, profile):
    """Recomputes what the entries moved, and compares it with what they name, and with the profile as far as it can be."""
    sums = Sums(history.organization["id"])
    for entry in history.entries:
        if entry.events is None:
            continue
        events = [_read_event(event, entry.sequence) for event in entry.events]
        entry.kinds = [kind for kind, _ in events]
        if sums.add(entry.sequence, events) != entry.entry["figures"]:
            raise NotProven(f"the events of entry {entry.sequence} move other figures than it names")
    if history.disclosed:
        history.recomputed = sums.profile
    if not history.whole:
        return
    if history.disclosed:
        if (sums.profile and encode("Profile", sums.profile)) != history.profile:
            raise NotProven("the profile is not what the events of the history add up to")
        return
    moving = [entry.sequence for entry in history.entries if entry.entry["figures"]]
    if (profile is not None) != bool(moving):
        raise NotProven("there is a profile, but no entry moved a figure, or the reverse")
    if moving and (profile["entries"], profile["last_entry"]) != (len(moving), moving[-1]):
        raise NotProven("other entries moved figures than the profile says")


def _read_event(event, sequence):
    """The kind of an event and what it says, as far as figures need it."""
    kinds = KINDS_OF_EVENTS.get(event["contract"])
    if kinds is None:
        return None, None
    return decode_event(kinds, event["body"], f"an event of entry {sequence}")
