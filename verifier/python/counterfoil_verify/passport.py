"""The passport of a receivable: what its debtor confirmed, who has which part of it, and what encumbers it."""

from dataclasses import dataclass, field

from .basics import NotProven, sha256, tagged
from .records import key_of
from .wire import decode_strictly

MEMBERSHIP, INVOICE = 1, 4
CLAIM_LIVE = 1
MAX_PRIVATE_FIELDS = 1_024


@dataclass
class Confirmation:
    """The debtor's signature under what it owes."""

    transaction: bytes
    # Keys of the debtor's accounts that made and approved it.
    accounts: list
    # Where it was carried out as a proposal; else None.
    proposal: bytes = None


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
    payments: dict = field(default_factory=dict)
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
    _check_same(receivable["id"] == receivable_id, "receivable")
    debtor = records.must("Organization", "debtor", key_of("membership/organization", receivable["debtor"]))
    _check_same(debtor["id"] == receivable["debtor"], "debtor")
    passport = Passport(receivable, debtor)
    passport.confirmation = _read_confirmation(passport, records)
    passport.invoice = records.may("Invoice", "invoice", key_of("invoice/invoice", receivable["invoice"]))
    if passport.invoice is not None:
        invoice = passport.invoice
        of_it = invoice["id"] == receivable["invoice"] and invoice["receivable"] == receivable["id"]
        _check_same(of_it and invoice["buyer"] == receivable["debtor"], "invoice")
    passport.opened = _read_opened(passport.invoice, opened)
    _read_claims(passport, records)
    for payment_id in receivable["payments"]:
        _read_named(passport.payments, "Payment", "payment", "cash/payment", payment_id, records)
    _check_sum(passport)
    return passport


def _check_same(is_same, what):
    if not is_same:
        raise NotProven(f"the {what} is another than the one it is said to be")


def _read_named(found, name, what, table, record_id, records):
    """A record that another one names by its id, where it names one and the file shows it."""
    if record_id and record_id not in found:
        record = records.may(name, what, key_of(table, record_id))
        if record is not None:
            _check_same(record["id"] == record_id, what)
            found[record_id] = record
    return found.get(record_id)


def _read_confirmation(passport, records):
    """The transaction by which the debtor confirmed: its own action, or the last signature under its proposal."""
    receivable, debtor = passport.receivable, passport.debtor
    tx_id = receivable["confirmation"]
    if not tx_id:
        return None
    transaction = records.transaction(tx_id)
    if transaction["contract"] == INVOICE:
        if transaction["organization"] != debtor["id"]:
            raise NotProven("the confirmation is not by the debtor")
        _check_confirms(receivable, transaction["action"])
        _check_accounts(debtor, transaction["signers"])
        return Confirmation(tx_id, transaction["signers"])
    if transaction["contract"] != MEMBERSHIP:
        raise NotProven("the transaction that the receivable names confirms nothing")
    action = decode_strictly("MembershipAction", transaction["action"], "the approval of the confirmation")
    if sum(action[name] is not None for name in ("propose", "approve", "consent")) != 1:
        raise NotProven("the transaction that the receivable names is not one proposal, approval or consent")
    if action["propose"] is not None:
        # It had all the signatures it needed, and was carried out at once.
        proposed = action["propose"]
        if transaction["organization"] != debtor["id"] or proposed["contract"] != INVOICE:
            raise NotProven("what was proposed is not the debtor's confirmation")
        _check_confirms(receivable, proposed["action"])
        _check_accounts(debtor, transaction["signers"])
        return Confirmation(tx_id, transaction["signers"])
    signed = action["approve"] or action["consent"]
    proposal_id = signed["proposal"]
    proposal = records.must("Proposal", "proposal", key_of("membership/proposal", proposal_id))
    _check_same(proposal["id"] == proposal_id, "proposal")
    if proposal["organization"] != debtor["id"] or proposal["contract"] != INVOICE:
        raise NotProven("the proposal that was carried out is not the debtor's confirmation")
    _check_confirms(receivable, proposal["action"])
    _check_accounts(debtor, proposal["signers"])
    # The signature is under a hash of the proposed action: without this, the amount would be the ledger's word.
    contract = proposal["contract"].to_bytes(4, "big")
    if signed["action_hash"] != tagged("counterfoil/action/v1", proposal_id, contract, proposal["action"]):
        raise NotProven("what was approved is another action than the proposal's")
    if action["approve"] is not None:
        if transaction["organization"] != debtor["id"]:
            raise NotProven("the proposal was approved by another organization than the debtor")
        _check_accounts(debtor, transaction["signers"])
    return Confirmation(tx_id, proposal["signers"], proposal_id)


def _check_confirms(receivable, encoded):
    """Checks that an action of the invoice contract undertakes to pay this invoice over this face under these terms."""
    action = decode_strictly("InvoiceAction", encoded, "the confirmation")
    plain, conditional = action["confirm"], action["confirm_conditionally"]
    if (plain is None) == (conditional is None):
        raise NotProven("the confirmation is not one action")
    terms_hash = _terms_hash(receivable["terms"])
    confirmed = plain or conditional
    if confirmed["invoice"] != receivable["invoice"]:
        raise NotProven("the debtor confirmed another invoice")
    if confirmed["amount"] is None or confirmed["amount"] != receivable["face"]:
        raise NotProven("the debtor confirmed another amount than the face")
    if (plain["terms_hash"] if plain else _terms_hash(conditional["terms"])) != terms_hash:
        raise NotProven("the debtor confirmed other terms")


def _terms_hash(encoded):
    return tagged("counterfoil/terms/v1", encoded)


def _check_accounts(debtor, signers):
    """Accounts stay in an organization's record when they end, and what they signed before stays good."""
    accounts = {account["public_key"] for account in debtor["accounts"]}
    if not signers or not accounts.issuperset(signers):
        raise NotProven("the confirmation is signed by an account that is none of the debtor's")


def _read_claims(passport, records):
    """Each claim in the file, with all that must come with it."""
    receivable = passport.receivable
    live = set(receivable["live_claims"])
    for key in records.keys_under(key_of("receivable/claim", receivable["id"], b"")):
        claim = records.must("Claim", "claim", key)
        number = claim["number"]
        of_it = claim["receivable"] == receivable["id"] and number < receivable["claim_count"]
        _check_same(of_it and key == key_of("receivable/claim", receivable["id"], number), "claim")
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
        _check_same(endorsement["id"] == at and endorsement["receivable"] == receivable_id, "endorsement")
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
        _check_same(undertaking["id"] == undertaking_id and undertaking["receivable"] == receivable_id, "undertaking")
        passport.undertakings[undertaking_id] = undertaking


def _read_encumbrance(passport, claim, records):
    """The loan that a claim is pledged for and the quote behind that, where they are disclosed."""
    burden = claim["encumbrance"] or {}
    if burden.get("pledged"):
        pledge = burden["pledged"]
        loan = _read_named(passport.loans, "Loan", "loan", "financing/loan", pledge["loan"], records)
        if loan is not None:
            _check_same(loan["lender"] == pledge["pledgee"], "loan")
            _read_quote(passport, loan["request"], loan["lender"], records)


def _read_quote(passport, request_id, bank, records):
    """What a bank quoted for a request, where one is named and the file shows it."""
    of = (request_id, bank)
    if request_id and of not in passport.quotes:
        quote = records.may("Quote", "quote", key_of("financing/quote", request_id, bank))
        if quote is not None:
            _check_same((quote["request"], quote["bank"]) == of, "quote")
            passport.quotes[of] = quote


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
    """The root over all private fields to which one leads, by its siblings (RFC 6962, section 2.1.1); None where they do not fit."""
    position, count = opened["position"], opened["count"]
    if not position < count <= MAX_PRIVATE_FIELDS or len(opened["salt"]) != 32:
        return None
    name, value = opened["name"].encode("utf-8"), opened["value"].encode("utf-8")
    lengths = [len(part).to_bytes(4, "big") for part in (name, value)]
    leaf = tagged("counterfoil/private-field/v1", opened["salt"], lengths[0], name, lengths[1], value)
    found, last = sha256(b"\x00", leaf), count - 1
    for sibling in opened["siblings"]:
        # On each level the last node without a sibling is passed up as it is.
        while position == last and position & 1 == 0 and last > 0:
            position, last = position >> 1, last >> 1
        if last == 0 or len(sibling) != 32:
            return None
        if position & 1:
            found = sha256(b"\x01", sibling, found)
        else:
            found = sha256(b"\x01", found, sibling)
        position, last = position >> 1, last >> 1
    return found if last == 0 else None
