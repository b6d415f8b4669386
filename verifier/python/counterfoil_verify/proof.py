"""From a file to what it proves, and to the summary that every verifier gives of it."""

from dataclasses import dataclass

from .basics import NotProven
from .headers import AsOf, follow
from .passport import CLAIM_LIVE, Passport, read_passport
from .records import Records
from .unfinanced import read_unfinanced
from .wire import decode_strictly

FORMAT = 1
MAX_FILE_BYTES = 4 * 1024 * 1024


@dataclass
class Proven:
    """What a file proves."""

    as_of: AsOf
    # A `Passport` or an `Unfinanced`.
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
    passport, unfinanced = proof["passport"], proof["unfinanced"]
    if (passport is None) == (unfinanced is None):
        raise NotProven("the file has not one subject")
    as_of = follow(genesis, checkpoint, proof["headers"])
    records = Records(proof, genesis.chain_id, as_of.header)
    if passport is not None:
        subject = read_passport(passport["receivable"], proof["opened"], records)
    elif proof["opened"]:
        raise NotProven("the file holds private fields that its subject does not ask for")
    else:
        subject = read_unfinanced(unfinanced["fingerprint"], records)
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
        "subject": _of_passport(subject) if isinstance(subject, Passport) else _of_unfinanced(subject),
    }


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
