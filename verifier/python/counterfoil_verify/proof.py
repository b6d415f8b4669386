"""From a file to what it proves, and to the summary that every verifier gives of it."""

from dataclasses import dataclass

from .basics import NotProven, day_of, sha256
from .committed import Committed, read_committed
from .headers import AsOf, follow
from .history import History, read_history
from .passport import CLAIM_LIVE, Passport, read_passport
from .records import Records
from .unfinanced import read_unfinanced
from .wire import decode_strictly, encode

FORMAT = 1
MAX_FILE_BYTES = 4 * 1024 * 1024
# Parts of a file that one subject alone has.
_PARTS = (
    ("opened", "passport", "private fields"),
    ("range", "history", "a history"),
    ("inclusion", "committed", "the place of a transaction"),
)


@dataclass
class Proven:
    """What a file proves."""

    as_of: AsOf
    # A `Passport`, an `Unfinanced`, a `History` or a `Committed`.
    subject: object
    # Of validators and accounts, that were verified.
    signatures: int


def prove(file, genesis, checkpoint=None):
    """Checks a file, and gives what it proves. Raises `NotProven`."""
    if len(file) > MAX_FILE_BYTES:
        raise NotProven("the file is longer than 4 MiB")
    proof = decode_strictly("Proof", bytes(file), "the file")
    if proof["format"] != FORMAT:
        raise NotProven(f"the file is of format {proof['format']}, and this verifier knows format {FORMAT}")
    subjects = [name for name in ("passport", "unfinanced", "history", "committed") if proof[name] is not None]
    if len(subjects) != 1:
        raise NotProven("the file has not one subject")
    kind, asked = subjects[0], proof[subjects[0]]
    for part, of, what in _PARTS:
        if proof[part] and kind != of:
            raise NotProven(f"the file holds {what} that its subject does not ask for")
    as_of = follow(genesis, checkpoint, proof["headers"])
    records = Records(proof, genesis.chain_id, as_of.header)
    if kind == "passport":
        subject = read_passport(asked["receivable"], proof["opened"], records)
    elif kind == "unfinanced":
        subject = read_unfinanced(asked["fingerprint"], records)
    elif kind == "history":
        subject = read_history(asked, proof["range"], records)
    else:
        subject = read_committed(asked["transaction"], proof["inclusion"], as_of.header, records)
    records.check_all_asked_for()
    return Proven(as_of, subject, as_of.signatures + records.signatures)


def verify(file, genesis, checkpoint=None):
    """Checks a file, and gives the summary of what it proves. Raises `NotProven`."""
    return summary(prove(file, genesis, checkpoint), checkpoint)


def summary(proven, checkpoint=None):
    """What every verifier says of a file (tests/vectors/proofs)."""
    as_of, subject = proven.as_of, proven.subject
    return {
        "chain_id": as_of.header["chain_id"],
        "height": as_of.header["height"],
        "block": as_of.hash.hex(),
        "time_ms": str(as_of.header["time_ms"]),
        "checkpoint": checkpoint and {"height": checkpoint.height, "hash": checkpoint.hash.hex()},
        "signed_by": [
            {"first": first, "last": last, "organizations": organizations}
            for first, last, organizations in as_of.signed_by
        ],
        "signatures": proven.signatures,
        "subject": _of_subject(subject),
    }


def _of_subject(subject):
    if isinstance(subject, Passport):
        return _of_passport(subject)
    if isinstance(subject, History):
        return _of_history(subject)
    return _of_committed(subject) if isinstance(subject, Committed) else _of_unfinanced(subject)


def _of_passport(passport):
    receivable = passport.receivable
    face = receivable["face"] or {"minor": 0, "currency": ""}
    return {
        "kind": "passport",
        "receivable": receivable["id"].hex(),
        "debtor": receivable["debtor"],
        "face_minor": str(face["minor"]),
        "currency": face["currency"],
        "confirmation": _of_confirmation(passport.confirmation),
        "invoice": passport.invoice and passport.invoice["number"],
        "claims": [_of_claim(passport, claim) for claim in passport.claims],
        "not_disclosed": passport.withheld(),
        "opened": [list(one) for one in passport.opened],
        "paid": [
            [day_of(one["value_date"]).isoformat(), str(one["principal_minor"]), str(one["penalty_minor"])]
            for one in passport.paid
        ],
    }


def _of_confirmation(confirmation):
    if confirmation is None:
        return None
    said = {
        "transaction": confirmation.transaction.hex(),
        "accounts": [account.hex() for account in confirmation.accounts],
    }
    if confirmation.proposal is not None:
        said["proposal"] = confirmation.proposal.hex()
    return said


def _of_claim(passport, claim):
    return {
        "number": claim["number"],
        "holder": claim["controller"],
        "outstanding_minor": str(claim["outstanding_minor"]),
        "live": claim["state"] == CLAIM_LIVE,
        "encumbrance": encumbrance(claim),
        "way": [[one["from"], one["to"]] for one in passport.way(claim)],
    }


def encumbrance(claim):
    """What stands in the way of a claim, in words; None where it is free."""
    burden = claim["encumbrance"] or {}
    if burden.get("offered"):
        return f"offered to {burden['offered']['to']}"
    if burden.get("locked"):
        return "locked"
    if burden.get("pledged"):
        return f"pledged to {burden['pledged']['pledgee']}"
    return None


def _of_unfinanced(found):
    return {
        "kind": "unfinanced",
        "fingerprint": found.fingerprint.hex(),
        "invoices": [
            {
                "id": invoice["id"].hex(),
                "seller": invoice["seller"],
                "number": invoice["number"],
                "receivable": receivable and receivable["id"].hex(),
            }
            for invoice, receivable in found.invoices
        ],
    }


def _of_history(history):
    return {
        "kind": "history",
        "organization": history.organization["id"],
        "from": history.from_day and history.from_day.isoformat(),
        "to": history.to_day and history.to_day.isoformat(),
        "length": history.length,
        "whole": history.whole,
        "entries": [_of_entry(entry) for entry in history.entries],
        "profile": history.profile and sha256(history.profile).hex(),
        "recomputed": history.recomputed and sha256(encode("Profile", history.recomputed)).hex(),
    }


def _of_entry(entry):
    said = entry.entry
    return {
        "sequence": entry.sequence,
        "transaction": said["tx_id"].hex(),
        "height": said["height"],
        "index": said["index"],
        "on": entry.on.isoformat(),
        "figures": said["figures"],
        "events": None if entry.events is None else _of_events(entry.events),
    }


def _of_events(events):
    return [[event["contract"], sha256(event["body"]).hex()] for event in events]


def _of_committed(committed):
    receipt = committed.receipt
    return {
        "kind": "committed",
        "transaction": committed.id.hex(),
        "organization": committed.transaction["organization"],
        "height": committed.header["height"],
        # Without a receipt only the sides of its siblings are proven.
        "index": committed.index if receipt else None,
        "receipt": receipt and {"code": receipt["code"], "events": _of_events(receipt["events"])},
    }
