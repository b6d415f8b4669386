"""The passport of a receivable: what its debtor confirmed, who has which part of it, and what encumbers it."""

from dataclasses import dataclass, field

from .basics import NotProven, day_of, tagged
from .confirmation import Confirmation, read_confirmation
from .records import check_same, key_of
from .tree import leaf_hash, root_above

CLAIM_LIVE = 1
MAX_PRIVATE_FIELDS = 1_024
_MOST = 2**64 - 1


@dataclass
class Passport:
    """What a passport says. Everything in it was proven."""

    receivable: dict
    debtor: dict
    # None where the receivable is too old to name it.
    confirmation: Confirmation = None
    # None where it is not disclosed.
    invoice: dict = None
    # Ascending by number.
    claims: list = field(default_factory=list)
    # These by id, where they are disclosed.
    endorsements: dict = field(default_factory=dict)
    undertakings: dict = field(default_factory=dict)
    # Quotes that were taken, by request and bank.
    quotes: dict = field(default_factory=dict)
    loans: dict = field(default_factory=dict)
    # Those under way.
    payments: dict = field(default_factory=dict)
    # What the debtor paid, in the order of numbers: messages `DebtPayment`.
    paid: list = field(default_factory=list)
    # Names and values of private fields.
    opened: list = field(default_factory=list)

    def withheld(self):
        """Numbers of the live claims that are not disclosed."""
        shown = {claim["number"] for claim in self.claims}
        return [number for number in self.receivable["live_claims"] if number not in shown]

    def way(self, claim):
        """The endorsements by which a claim came from the seller, the first one first."""
        way, at = [], claim["endorsement"]
        while at:
            way.append(self.endorsements[at])
            at = self.endorsements[at]["previous"]
        return way[::-1]


def read_passport(receivable_id, opened, records):
    """Checks and gives what a passport asks for."""
    receivable = records.must("Receivable", "receivable", key_of("receivable/receivable", receivable_id))
    check_same(receivable["id"] == receivable_id, "receivable")
    debtor = records.must("Organization", "debtor", key_of("membership/organization", receivable["debtor"]))
    check_same(debtor["id"] == receivable["debtor"], "debtor")
    passport = Passport(receivable, debtor)
    passport.confirmation = read_confirmation(receivable, debtor, records)
    passport.invoice = records.may("Invoice", "invoice", key_of("invoice/invoice", receivable["invoice"]))
    if passport.invoice is not None:
        invoice = passport.invoice
        of_it = invoice["id"] == receivable["invoice"] and invoice["receivable"] == receivable["id"]
        check_same(of_it and invoice["buyer"] == receivable["debtor"], "invoice")
    passport.opened = _read_opened(passport.invoice, opened)
    _read_claims(passport, records)
    for payment_id in receivable["payments"]:
        _read_named(passport.payments, "Payment", "payment", "cash/payment", payment_id, records)
    passport.paid = _read_paid(receivable, records)
    _check_sum(passport)
    return passport


def _read_named(found, name, what, table, record_id, records):
    """A record that another one names by its id, where it names one and the file shows it."""
    if record_id and record_id not in found:
        record = records.may(name, what, key_of(table, record_id))
        if record is not None:
            check_same(record["id"] == record_id, what)
            found[record_id] = record
    return found.get(record_id)


def _read_claims(passport, records):
    """Each claim in the file, with all that must come with it."""
    receivable = passport.receivable
    live = set(receivable["live_claims"])
    for key in records.keys_under(key_of("receivable/claim", receivable["id"], b"")):
        claim = records.must("Claim", "claim", key)
        number = claim["number"]
        of_it = claim["receivable"] == receivable["id"] and number < receivable["claim_count"]
        check_same(of_it and key == key_of("receivable/claim", receivable["id"], number), "claim")
        if (number in live) != (claim["state"] == CLAIM_LIVE):
            raise NotProven(f"claim {number} is live, and the receivable says otherwise, or the reverse")
        _read_way(passport, claim, records)
        for undertaken in claim["undertakings"]:
            _read_undertaking(passport, undertaken["undertaking"], records)
        _read_encumbrance(passport, claim, records)
        passport.claims.append(claim)


def _read_way(passport, claim, records):
    """The endorsements of a claim, from whom it belongs to back to the seller."""
    receivable_id = passport.receivable["id"]
    holder, at, way = claim["controller"], claim["endorsement"], {}
    while at and at not in passport.endorsements:
        if at in way:
            raise NotProven(f"the endorsements of claim {claim['number']} go in a circle")
        endorsement = records.must("Endorsement", "endorsement", key_of("receivable/endorsement", receivable_id, at))
        check_same(endorsement["id"] == at and endorsement["receivable"] == receivable_id, "endorsement")
        _check_passed_to(holder, endorsement, claim)
        _read_quote(passport, endorsement["request"], endorsement["to"], records)
        way[at] = endorsement
        holder, at = endorsement["from"], endorsement["previous"]
    passport.endorsements.update(way)
    if at:
        # What is behind this one was checked with another claim.
        _check_passed_to(holder, passport.endorsements[at], claim)
    elif passport.invoice is not None and holder != passport.invoice["seller"]:
        raise NotProven(f"claim {claim['number']} does not come from the seller")


def _check_passed_to(holder, endorsement, claim):
    if endorsement["to"] != holder:
        raise NotProven(f"claim {claim['number']} is not in the hands of whom it was endorsed to")


def _read_undertaking(passport, undertaking_id, records):
    receivable_id = passport.receivable["id"]
    if undertaking_id not in passport.undertakings:
        key = key_of("receivable/undertaking", receivable_id, undertaking_id)
        undertaking = records.must("Undertaking", "undertaking", key)
        check_same(undertaking["id"] == undertaking_id and undertaking["receivable"] == receivable_id, "undertaking")
        passport.undertakings[undertaking_id] = undertaking


def _read_encumbrance(passport, claim, records):
    """The loan that a claim is pledged for and the quote behind that, where they are disclosed."""
    burden = claim["encumbrance"] or {}
    if burden.get("pledged"):
        pledge = burden["pledged"]
        loan = _read_named(passport.loans, "Loan", "loan", "financing/loan", pledge["loan"], records)
        if loan is not None:
            check_same(loan["lender"] == pledge["pledgee"], "loan")
            _read_quote(passport, loan["request"], loan["lender"], records)


def _read_quote(passport, request_id, bank, records):
    """What a bank quoted for a request, where one is named and the file shows it."""
    of = (request_id, bank)
    if request_id and of not in passport.quotes:
        quote = records.may("Quote", "quote", key_of("financing/quote", request_id, bank))
        if quote is not None:
            check_same((quote["request"], quote["bank"]) == of, "quote")
            passport.quotes[of] = quote


def _read_paid(receivable, records):
    """All that the debtor paid since each payment is a record of its own. It may have paid more before that."""
    paid = []
    # It ends with the first one that is not in the file.
    for number in range(receivable["debt_payments"]):
        key = key_of("receivable/debt-payment", receivable["id"], number)
        payment = records.must("DebtPayment", f"debtor's payment {number}", key)
        check_same((payment["receivable"], payment["number"]) == (receivable["id"], number), f"debtor's payment {number}")
        if day_of(payment["value_date"]) is None:
            raise NotProven(f"the debtor's payment {number} has no value date")
        paid.append(payment)
    if sum(payment["principal_minor"] for payment in paid) > receivable["redeemed_minor"]:
        raise NotProven("the debtor's payments are over more principal than the receivable says")
    # Where the receivable's sum stays once it is there, so does this one.
    if min(sum(payment["penalty_minor"] for payment in paid), _MOST) > receivable["penalty_paid_minor"]:
        raise NotProven("the debtor's payments are over more penalty than the receivable says")
    return paid


def _check_sum(passport):
    """Where all live claims are shown, they are what is left of the face: none was made up, none is missing."""
    receivable = passport.receivable
    if passport.withheld():
        return
    outstanding = sum(claim["outstanding_minor"] for claim in passport.claims if claim["state"] == CLAIM_LIVE)
    face = receivable["face"]["minor"] if receivable["face"] else 0
    if outstanding + receivable["redeemed_minor"] + receivable["credited_minor"] != face:
        raise NotProven("the live claims are not the face less what was paid and credited")


def _read_opened(invoice, opened):
    """Private fields that their owner opened (docs/private-fields.md): names and values, each under the invoice's payload root."""
    if opened and invoice is None:
        raise NotProven("private fields are opened of an invoice that is not disclosed")
    positions = [one["position"] for one in opened]
    if any(position >= following for position, following in zip(positions, positions[1:])):
        raise NotProven("the private fields do not ascend by position")
    if len({one["count"] for one in opened}) > 1:
        raise NotProven("the private fields are not of as many")
    for one in opened:
        if payload_root(one) != invoice["payload_root"]:
            raise NotProven("a private field is not under the invoice's payload root")
    return [(one["name"], one["value"]) for one in opened]


def payload_root(opened):
    """The root over all private fields to which one leads; None where there is none."""
    position, count = opened["position"], opened["count"]
    if not position < count <= MAX_PRIVATE_FIELDS or len(opened["salt"]) != 32:
        return None
    name, value = opened["name"].encode("utf-8"), opened["value"].encode("utf-8")
    lengths = [len(part).to_bytes(4, "big") for part in (name, value)]
    leaf = tagged("counterfoil/private-field/v1", opened["salt"], lengths[0], name, lengths[1], value)
    return root_above(leaf_hash(leaf), position, count, opened["siblings"])
