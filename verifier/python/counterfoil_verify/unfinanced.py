"""That no part of an invoice was financed on this ledger."""

from dataclasses import dataclass, field

from .basics import NotProven
from .records import key_of

# A collision of fingerprints can be released four times.
MAX_INVOICES = 5
RECEIVABLE_SETTLED = 2


@dataclass
class Unfinanced:
    fingerprint: bytes
    # The invoices under it, newest first, each with its receivable, or None where it was not confirmed.
    invoices: list = field(default_factory=list)


def read_unfinanced(fingerprint, records):
    """Checks and gives what a certificate of absence asks for."""
    if len(fingerprint) != 32:
        raise NotProven("the fingerprint has not 32 bytes")
    found = Unfinanced(fingerprint)
    key = key_of("invoice/strict", fingerprint)
    if records.is_absent(key):
        return found
    invoice_id = records.must("InvoiceReference", "reference of the fingerprint", key)["invoice"]
    while invoice_id:
        if len(found.invoices) == MAX_INVOICES:
            raise NotProven(f"more than {MAX_INVOICES} invoices are under the fingerprint")
        invoice = records.must("Invoice", "invoice", key_of("invoice/invoice", invoice_id))
        if invoice["id"] != invoice_id or invoice["strict_fingerprint"] != fingerprint:
            raise NotProven("an invoice is not of this fingerprint")
        receivable = _read_free(invoice, records) if invoice["receivable"] else None
        found.invoices.append((invoice, receivable))
        invoice_id = invoice["released_from"]
    return found


def _read_free(invoice, records):
    """The receivable of an invoice, all of whose claims are the seller's and free. One that is settled has nothing left to finance."""
    receivable_id = invoice["receivable"]
    receivable = records.must("Receivable", "receivable", key_of("receivable/receivable", receivable_id))
    if receivable["id"] != receivable_id or receivable["invoice"] != invoice["id"]:
        raise NotProven("the receivable is another than the one it is said to be")
    if receivable["state"] == RECEIVABLE_SETTLED:
        return receivable
    # It ends with the first claim that is not in the file.
    for number in range(receivable["claim_count"]):
        claim = records.must("Claim", f"claim {number}", key_of("receivable/claim", receivable_id, number))
        if claim["receivable"] != receivable_id or claim["number"] != number:
            raise NotProven("a claim is another than the one it is said to be")
        if claim["controller"] != invoice["seller"] or claim["endorsement"] or claim["encumbrance"] is not None:
            raise NotProven(f"claim {number} was passed on, or is offered, locked or pledged")
    return receivable
