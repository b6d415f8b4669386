"""What a file proves, as a person reads it."""

from datetime import datetime, timezone

from .basics import tagged
from .passport import CLAIM_LIVE, Passport
from .proof import encumbrance

_RECEIVABLE_STATES = {1: "performing", 2: "settled", 3: "overdue", 4: "in default"}
_INVOICE_STATES = {
    1: "registered",
    2: "under query",
    3: "confirmed",
    4: "rejected",
    5: "withdrawn",
    6: "proposed",
    7: "conditionally confirmed",
    8: "declined",
    9: "taken back",
}
_PURPOSES = {1: "in payment", 2: "for sale", 10: "on the default of a loan", 20: "for having paid on it"}
_RECOURSES = {1: "without recourse", 20: "with full recourse", 21: "with limited recourse"}
_LOAN_STATES = {1: "open", 2: "repaid", 3: "in default"}
_PAYMENT_STATES = {1: "instructed", 2: "asserted", 3: "contested", 4: "confirmed", 5: "cancelled", 6: "timed out"}


def history(proven, genesis, checkpoint=None):
    """The lines to print."""
    lines = ["PROVEN", *_as_of(proven, checkpoint), ""]
    if isinstance(proven.subject, Passport):
        lines += _Telling(proven.subject, genesis).lines()
    else:
        lines += _unfinanced(proven.subject)
    return [_plain(line) for line in lines]


def _plain(line):
    """A line without characters that a terminal would obey: names and numbers in records are whatever somebody wrote."""
    return "".join(char if char.isprintable() else f"\\u{{{ord(char):x}}}" for char in line)


def _as_of(proven, checkpoint):
    as_of = proven.as_of
    header = as_of.header
    yield f"as of       block {header['height']} of {header['chain_id']}, {_time(header['time_ms'])}"
    yield f"block       {as_of.hash.hex()}"
    rests = [f"block {checkpoint.height}, which you named"] if checkpoint else ["the validators of genesis"]
    for first, last, organizations in as_of.signed_by:
        blocks = f"block {first}" if first == last else f"blocks {first} to {last}"
        rests.append(f"{', '.join(organizations)} ({blocks})")
    yield f"rests on    {rests[0]}"
    for more in rests[1:]:
        yield f"            {more}"
    yield f"signatures  {proven.signatures} verified"


def _time(milliseconds):
    try:
        at = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    except (OverflowError, ValueError, OSError):
        return f"{milliseconds} ms after 1970"
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


def _date(date):
    return f"{date['year']:04}-{date['month']:02}-{date['day']:02}" if date else "an unknown day"


def _word(words, value):
    return words.get(value, f"of the unknown kind {value}")


class _Telling:
    """Tells a passport."""

    def __init__(self, passport, genesis):
        self.passport, self.exponents = passport, genesis.exponents
        face = passport.receivable["face"]
        self.currency = face["currency"] if face else ""

    def amount(self, minor, currency=None):
        currency = self.currency if currency is None else currency
        exponent = self.exponents.get(currency)
        if exponent is None:
            return f"{minor} minor units of {currency}"
        whole, rest = divmod(minor, 10**exponent)
        return f"{currency} {whole:,}" + (f".{rest:0{exponent}}" if exponent else "")

    def money(self, money):
        return self.amount(money["minor"], money["currency"]) if money else "an unknown amount"

    def lines(self):
        receivable, debtor = self.passport.receivable, self.passport.debtor
        state = _word(_RECEIVABLE_STATES, receivable["state"]) + (", disputed" if receivable["disputed"] else "")
        yield f"receivable  {receivable['id'].hex()}, {state}"
        ids = [f"LEI {debtor['lei']}" if debtor["lei"] else "", debtor["national_id"]]
        named = ", ".join(one for one in [debtor["legal_name"], *ids] if one)
        yield f"debtor      {debtor['id']} ({named})"
        yield f"face        {self.money(receivable['face'])}, confirmed on {_date(receivable['confirmed_on'])}"
        yield f"due         {_date(receivable['due_date'])}, by the calendar {_date(receivable['adjusted_due_date'])}"
        yield f"terms       {tagged('counterfoil/terms/v1', receivable['terms']).hex()}"
        paid, penalty = self.amount(receivable["redeemed_minor"]), self.amount(receivable["penalty_paid_minor"])
        yield f"paid        {paid} of the face, and {penalty} of penalty"
        yield f"credited    {self.amount(receivable['credited_minor'])} of the face"
        yield from self.confirmation()
        yield from self.invoice()
        for claim in self.passport.claims:
            yield from self.claim(claim)
        withheld = self.passport.withheld()
        if withheld:
            yield f"claims not disclosed  {', '.join(map(str, withheld))}"
        yield from self.more()

    def confirmation(self):
        confirmation = self.passport.confirmation
        if confirmation is None:
            yield "confirmed   by a transaction that the receivable does not name: that is the ledger's word alone"
            return
        yield f"confirmed   by transaction {confirmation.transaction.hex()}"
        if confirmation.proposal is not None:
            yield f"            which carried out the debtor's proposal {confirmation.proposal.hex()}"
        for account in confirmation.accounts:
            yield f"            {'signed by account' if confirmation.proposal is None else 'account'} {account.hex()}"

    def invoice(self):
        invoice = self.passport.invoice
        if invoice is None:
            yield "invoice     not disclosed"
            return
        issued, gross = _date(invoice["issue_date"]), self.money(invoice["gross"])
        yield f"invoice     {invoice['number']} of {invoice['seller']} to {invoice['buyer']}, issued {issued}, {gross}"
        for name, value in self.passport.opened:
            yield f"            {name}: {value}"

    def claim(self, claim):
        yield ""
        state = "" if claim["state"] == CLAIM_LIVE else ", spent"
        yield f"claim {claim['number']}     {self.amount(claim['outstanding_minor'])} outstanding, of {claim['controller']}{state}"
        if claim["parents"]:
            yield f"  made of   claim {', '.join(map(str, claim['parents']))}"
        way = self.passport.way(claim)
        for endorsement in way:
            how = f"{_word(_PURPOSES, endorsement['purpose'])}, {_word(_RECOURSES, endorsement['recourse'])}"
            yield f"  way       {_date(endorsement['at'])}  {endorsement['from']} → {endorsement['to']}, {how}"
            yield from self.quote(endorsement["request"], endorsement["to"])
        if not way:
            yield "  way       the seller's from the beginning"
        yield f"  encumbrance  {encumbrance(claim) or 'none'}"
        yield from self.encumbrance(claim["encumbrance"] or {})
        for undertaken in claim["undertakings"]:
            yield from self.undertaking(self.passport.undertakings[undertaken["undertaking"]], undertaken["noticed_on"])

    def encumbrance(self, burden):
        if burden.get("offered"):
            offer = burden["offered"]
            price = f" at {self.money(offer['price'])}" if offer["price"] else ""
            yield f"            {_word(_PURPOSES, offer['purpose'])}{price}, until {_date(offer['expires_on'])}"
        if burden.get("pledged"):
            loan = self.passport.loans.get(burden["pledged"]["loan"])
            if loan is None:
                yield "            for a loan that is not disclosed"
                return
            state = _word(_LOAN_STATES, loan["state"])
            currency = loan["principal"]["currency"] if loan["principal"] else ""
            left = self.amount(loan["outstanding_minor"], currency)
            yield f"            for a loan of {loan['lender']} to {loan['borrower']} of {self.money(loan['principal'])}, {state}"
            yield f"            opened {_date(loan['opened_on'])}, due {_date(loan['due_date'])}, {left} outstanding"
            yield from self.quote(loan["request"], loan["lender"])

    def quote(self, request_id, bank):
        if not request_id:
            return
        quote = self.passport.quotes.get((request_id, bank))
        terms = quote["terms"] if quote else None
        if terms is None:
            yield "            by a quote that is not disclosed"
            return
        yield f"            by a quote of {bank}: {self.money(terms['amount'])} at {terms['rate_ppm'] / 10_000:.4f} % a year"

    def undertaking(self, undertaking, noticed_on):
        kind = {1: "recourse to", 2: "guarantee of"}.get(undertaking["kind"], "undertaking of")
        cap, paid = (self.amount(undertaking[sum_of], undertaking["currency"]) for sum_of in ("cap_minor", "paid_minor"))
        cap = f"up to {cap}" if undertaking["cap_minor"] else "without a cap"
        last = f", notice by {_date(undertaking['expires_on'])}" if undertaking["expires_on"] else ""
        noticed = f", notice given {_date(noticed_on)}" if noticed_on else ""
        given = f"{undertaking['by']}, {_date(undertaking['given_on'])}"
        yield f"  undertaken  {kind} {given}, {cap}, {paid} paid{last}{noticed}"

    def more(self):
        """Payments under way: of some, it may only be told that they are."""
        for payment_id in self.passport.receivable["payments"]:
            payment = self.passport.payments.get(payment_id)
            if payment is None:
                yield "payment under way  not disclosed"
            else:
                state = f"{_word(_PAYMENT_STATES, payment['state'])}, instructed {_date(payment['instructed_on'])}"
                yield f"payment under way  {payment['payer']} → {payment['payee']} {self.money(payment['amount'])}, {state}"


def _unfinanced(found):
    yield "NOT FINANCED ON THIS LEDGER"
    yield f"fingerprint {found.fingerprint.hex()}"
    if not found.invoices:
        yield "            nothing is registered under it"
    for invoice, receivable in found.invoices:
        state = _word(_INVOICE_STATES, invoice["state"])
        yield f"invoice     {invoice['number']} of {invoice['seller']} to {invoice['buyer']}, {state}, {invoice['id'].hex()}"
        if receivable is None:
            yield "            no receivable came of it"
        elif receivable["state"] == 2:
            yield f"            receivable {receivable['id'].hex()} is settled: nothing of it is left to finance"
        else:
            claims = f"each of its {receivable['claim_count']} claims is the seller's and free"
            yield f"            receivable {receivable['id'].hex()}: {claims}"
