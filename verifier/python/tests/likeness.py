"""What of a file may be another, and the file proves something all the same: the list in docs/verify.md, "Checking it"."""

from counterfoil_verify.history import events_hash_of
from counterfoil_verify.wire import decode_strictly, encode
from tests.made import make


def way(position, count):
    """On which side the siblings of a leaf stand, from the root down: all of its place that they fix."""
    if count <= 1:
        return []
    half = 1 << (count - 1).bit_length() - 1
    if position < half:
        return ["right", *way(position, half)]
    return ["left", *way(position - half, count - half)]


def differs_as_it_may(original, changed):
    """Whether a file says only what another does, less what may be taken out, or of another window."""
    before, after = (decode_strictly("Proof", one, "a file") for one in (original, changed))
    _follow_fields(before, after)
    _follow_events(before, after)
    _follow_place(before["inclusion"], after["inclusion"])
    if before["history"] and after["history"]:
        before["history"].update({end: after["history"][end] for end in ("from", "to")})
    return before == after


def _follow_fields(before, after):
    """Opened private fields that were taken out, and places to which the same siblings lead."""
    kept = []
    for one in after["opened"]:
        place = {name: one[name] for name in ("position", "count")}
        same = (old for old in before["opened"] if way(old["position"], old["count"]) == way(*place.values()))
        kept += [{**old, **place} for old in same][:1]
    before["opened"] = kept


def _follow_events(before, after):
    """Events of an entry that were taken out: their hash is there instead."""
    shown = [one["range"]["entries"] if one["range"] else [] for one in (before, after)]
    for old, new in zip(*shown):
        if new["events_hash"] and not old["events_hash"]:
            old.update(hidden(old))


def hidden(shown):
    """An entry without its events."""
    return make("ShownEntry", entry=shown["entry"], events_hash=events_hash_of(shown["salt"], shown["events"]))


def _follow_place(before, after):
    """A receipt that was taken out, and places to which the same siblings lead: a receipt names its own."""
    if before is None or after is None:
        return
    if after["receipt"] is None:
        before.update(receipt=None, receipt_siblings=[])
    if way(before["index"], before["count"]) == way(after["index"], after["count"]):
        before["count"] = after["count"]
        if after["receipt"] is None:
            before["index"] = after["index"]


def taken_out(file):
    """The files that are left where one thing is taken out that may be."""
    def again():
        return decode_strictly("Proof", file, "a file")

    proof = again()
    for place in range(len(proof["opened"])):
        less = again()
        del less["opened"][place]
        yield encode("Proof", less)
    for place, shown in enumerate(proof["range"]["entries"] if proof["range"] else []):
        if not shown["events_hash"]:
            less = again()
            less["range"]["entries"][place] = hidden(shown)
            yield encode("Proof", less)
    if proof["inclusion"] and proof["inclusion"]["receipt"]:
        less = again()
        less["inclusion"].update(receipt=None, receipt_siblings=[])
        yield encode("Proof", less)
