"""What every part of the verifier uses: the one exception, and SHA-256 as the ledger takes it."""

import datetime
import hashlib


class NotProven(Exception):
    """The file proves nothing. Its text is a plain sentence that says why."""


def sha256(*parts):
    """SHA-256 of the parts, joined."""
    return hashlib.sha256(b"".join(parts)).digest()


def tagged(tag, *parts):
    """SHA-256 of a tag and the parts: the tag keeps a hash of one kind from being taken for one of another."""
    return sha256(tag.encode("ascii"), *parts)


def with_chain(tag, chain_id, *parts):
    """Bytes that are signed or hashed for one chain alone: tag, length of the chain id in one byte, chain id, the rest."""
    chain = chain_id.encode("utf-8")
    return b"".join((tag.encode("ascii"), bytes([len(chain)]), chain, *parts))


def day_of(date):
    """The day that a `Date` is; None where there is none, or it is no day from 1990 to 2199."""
    if date is None or not 1990 <= date["year"] <= 2199:
        return None
    try:
        return datetime.date(date["year"], date["month"], date["day"])
    except (ValueError, OverflowError):
        return None
