"""What a file proves, as a person reads it."""

import re
from collections import Counter
from datetime import datetime, timezone

from .basics import NotProven, tagged
from .committed import Committed
from .history import History
from .passport import CLAIM_LIVE, Passport
from .proof import encumbrance
from .schema import KINDS_OF_EVENTS
from .wire import decode_event

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
_CONTRACTS = {
    1: "membership",
    2: "supervision",
    3: "cash",
    4: "invoice",
    5: "receivable",
    6: "financing",
    7: "settlement",
    8: "credit",
    9: "calendar",
}
# The enum `Figure` of credit.proto.
_FIGURES = {
    1: "invoices confirmed",
    2: "queries",
    3: "invoices rejected",
    4: "receivables settled",
    5: "overdue reports",
    6: "defaults",
    7: "disputes",
    8: "disputes upheld",
    9: "dilution",
    20: "invoices registered",
    21: "volume",
    22: "invoices ended",
    23: "disputes as a supplier",
    24: "disputes upheld as a supplier",
    25: "dilution as a supplier",
    26: "recourse notices",
    27: "recourse payments",
    40: "quotes",
    41: "reveals",
    42: "missed reveals",
    43: "awards",
    44: "failed payments",
}
# The counts of each part of a profile that are told as they are.
_COUNTS = {
    "debtor": [
        ("invoices_confirmed", "invoices confirmed"),
        ("queries", "queries before confirmation"),
        ("invoices_rejected", "invoices rejected"),
        ("receivables_settled", "receivables settled"),
        ("settled_on_time", "of these on time"),
        ("days_late", "days late in all"),
        ("overdue_reports", "reports of being overdue"),
        ("defaults", "defaults"),
        ("disputes", "disputes after confirmation"),
        ("disputes_upheld", "of these upheld"),
    ],
    "supplier": [
        ("invoices_registered", "invoices registered"),
        ("invoices_confirmed", "invoices confirmed"),
        ("invoices_ended", "invoices rejected or withdrawn"),
        ("disputes", "disputes after confirmation"),
        ("disputes_upheld", "of these upheld"),
        ("recourse_notices", "notices of recourse"),
        ("recourse_payments", "payments under recourse"),
    ],
    "bank": [
        ("quotes", "quotes"),
        ("reveals", "quotes revealed"),
        ("missed_reveals", "quotes not revealed in time"),
        ("awards", "awards"),
        ("failed_payments", "awards that it could not pay"),
    ],
}


def report(proven, genesis, checkpoint=None):
    """The lines to print."""
    lines = ["PROVEN", *_as_of(proven, checkpoint), ""]
    if isinstance(proven.subject, Passport):
        lines += _Telling(proven.subject, genesis).lines()
    elif isinstance(proven.subject, History):
        lines += _history(proven.subject, proven.as_of.header["height"], genesis.exponents)
    elif isinstance(proven.subject, Committed):
        lines += _committed(proven.subject)
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


def _named(organization):
    """Its id, and who that is by law."""
    ids = [f"LEI {organization['lei']}" if organization["lei"] else "", organization["national_id"]]
    named = ", ".join(one for one in [organization["legal_name"], *ids] if one)
    return f"{organization['id']} ({named})"


def _word(words, value):
    return words.get(value, f"of the unknown kind {value}")


def _amount(minor, currency, exponents):
    exponent = exponents.get(currency)
    if exponent is None:
        return f"{minor} minor units of {currency}"
    whole, rest = divmod(minor, 10**exponent)
    return f"{currency} {whole:,}" + (f".{rest:0{exponent}}" if exponent else "")


class _Telling:
    """Tells a passport."""

    def __init__(self, passport, genesis):
        self.passport, self.exponents = passport, genesis.exponents
        face = passport.receivable["face"]
        self.currency = face["currency"] if face else ""

    def amount(self, minor, currency=None):
        return _amount(minor, self.currency if currency is None else currency, self.exponents)

    def money(self, money):
        return self.amount(money["minor"], money["currency"]) if money else "an unknown amount"

    def lines(self):
        receivable, debtor = self.passport.receivable, self.passport.debtor
        state = _word(_RECEIVABLE_STATES, receivable["state"]) + (", disputed" if receivable["disputed"] else "")
        yield f"receivable  {receivable['id'].hex()}, {state}"
        yield f"debtor      {_named(debtor)}"
        yield f"face        {self.money(receivable['face'])}, confirmed on {_date(receivable['confirmed_on'])}"
        yield f"due         {_date(receivable['due_date'])}, by the calendar {_date(receivable['adjusted_due_date'])}"
        yield f"terms       {tagged('counterfoil/terms/v1', receivable['terms']).hex()}"
        paid, penalty = self.amount(receivable["redeemed_minor"]), self.amount(receivable["penalty_paid_minor"])
        yield f"paid        {paid} of the face, and {penalty} of penalty"
        yield from self.paid()
        yield f"credited    {self.amount(receivable['credited_minor'])} of the face"
        yield from self.confirmation()
        yield from self.invoice()
        for claim in self.passport.claims:
            yield from self.claim(claim)
        withheld = self.passport.withheld()
        if withheld:
            yield f"claims not disclosed  {', '.join(map(str, withheld))}"
        yield from self.more()

    def paid(self):
        """One payment after the other. Those under rules before version 9 have no record each."""
        for payment in self.passport.paid:
            principal, penalty = self.amount(payment["principal_minor"]), self.amount(payment["penalty_minor"])
            more = f", and {penalty} of penalty" if payment["penalty_minor"] else ""
            yield f"            {_date(payment['value_date'])}  {principal}{more}, by transaction {payment['transaction'].hex()}"
        left = self.passport.receivable["redeemed_minor"] - sum(payment["principal_minor"] for payment in self.passport.paid)
        if left:
            yield f"            of {self.amount(left)} of the face, the payments are not told one by one"

    def confirmation(self):
        confirmation = self.passport.confirmation
        if confirmation is None:
            yield "confirmed   by a transaction that the receivable does not name: that is the ledger's word alone"
            return
        yield f"confirmed   by transaction {confirmation.transaction.hex()}"
        if confirmation.proposal is not None:
            yield f"            which carried out the debtor's proposal {confirmation.proposal.hex()}"
        for account in confirmation.accounts:
            yield f"            {'signed' if confirmation.proposal is None else 'made or approved'} by account {account.hex()}"
        if confirmation.consent_of is not None:
            yield f"            with the consent of {confirmation.consent_of}, as the last signature"
        if confirmation.consent_proposal is not None:
            yield f"            which that had proposed as {confirmation.consent_proposal.hex()}"

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


def _committed(committed):
    transaction, header, receipt = committed.transaction, committed.header, committed.receipt
    contract = transaction["contract"]
    yield "COMMITTED"
    yield f"transaction {committed.id.hex()}"
    yield f"            by {transaction['organization']}, for contract {contract} ({_CONTRACTS.get(contract, 'unknown')})"
    yield f"in          block {header['height']}, {_time(header['time_ms'])}"
    if receipt is None:
        yield "place       not proven, without a receipt"
    else:
        yield f"place       {committed.index}, counted from 0"
    for account in transaction["signers"]:
        yield f"            signed by account {account.hex()}"
    if receipt is None:
        yield "receipt     not disclosed: whether it was carried out is not said"
    elif receipt["code"]:
        yield f"code        {receipt['code']}: it was rejected"
    else:
        yield "code        0: it was carried out"
    if receipt is not None:
        events = receipt["events"]
        yield f"events      {_in_words([_readable_kind(event) for event in events], events)}"


def _readable_kind(event):
    """The name of the message that an event's body has, where that can be read."""
    try:
        return decode_event(KINDS_OF_EVENTS.get(event["contract"], {}), event["body"], "an event")[0]
    except NotProven:
        return None


def _history(history, height, exponents):
    yield f"COMPLETE HISTORY of {_named(history.organization)}"
    yield f"from        {history.from_day or 'the beginning'}"
    yield f"to          {history.to_day or f'block {height}'}"
    entries = history.entries
    if history.length == 0:
        yield "entries     none: as of this block, nothing on this ledger ever concerned it"
    elif not entries:
        yield f"entries     none in the window; {history.length} in all"
    else:
        yield f"entries     {entries[0].sequence} to {entries[-1].sequence} of {history.length}, numbered from 0"
        yield ""
    for entry in entries:
        yield f"{entry.on}  block {entry.entry['height']:<10} {_happened(entry)}"
    if entries:
        yield ""
    yield from _recomputed(history)
    if history.recomputed is not None:
        yield from _figures(history.recomputed, exponents)


def _happened(entry):
    if entry.events is None:
        moved = ", ".join(_FIGURES.get(figure, f"figure {figure}") for figure in entry.entry["figures"])
        return f"events not disclosed; moved {moved or 'no figure'}"
    return _in_words(entry.kinds, entry.events)


def _in_words(kinds, events):
    """What happened, in its order; of one payment there may be many events."""
    kinds = Counter(_kind(kind, event) for kind, event in zip(kinds, events))
    return ", ".join(kind if count == 1 else f"{count} × {kind}" for kind, count in kinds.items()) or "nothing"


def _kind(kind, event):
    """The name of an event's message, in words."""
    if kind is None:
        return f"an unknown event of contract {event['contract']}"
    return re.sub("(?<=[a-z])(?=[A-Z])", " ", kind).lower()


def _recomputed(history):
    if not history.disclosed:
        yield "profile     not recomputed, as not all events are disclosed: its figures are the ledger's word"
        if history.whole:
            yield "            as many entries moved a figure as it says, up to the last"
    elif history.whole and history.recomputed is None:
        yield "profile     none, and no event moved a figure"
    elif history.whole:
        yield "profile recomputed  from all events, and the ledger's is the same"
    elif history.recomputed is None:
        yield "in the window  no event moved a figure; the profile is of the whole history"
    else:
        yield "in the window  recomputed from its events alone; the profile is of the whole history"


def _figures(profile, exponents):
    """What events add up to. Shares and means follow from it (docs/profiles.md)."""
    for part, counts in _COUNTS.items():
        figures = profile[part]
        if figures is None:
            continue
        yield f"as a {part}"
        for name, words in counts:
            if figures[name]:
                yield f"  {figures[name]:>10}  {words}"
        if figures.get("confirmed_after_days"):
            yield f"  {_median(figures['confirmed_after_days']):>10}  days to confirm, as the median"
        if figures.get("first_registered_on"):
            first, last = _date(figures["first_registered_on"]), _date(figures["last_registered_on"])
            yield f"  registered from {first} to {last}"
        for volume in figures.get("volumes", []):
            yield from _volume(volume, exponents)


def _volume(volume, exponents):
    def amount(minor):
        return _amount(minor, volume["currency"], exponents)

    yield f"  {amount(volume['confirmed_minor'])} confirmed in {volume['invoices']} invoices"
    for one in volume["buyers"]:
        yield f"    {amount(one['confirmed_minor'])} by {one['buyer']}"
    if volume["others_minor"]:
        yield f"    {amount(volume['others_minor'])} by others"
    if volume["credit_notes"]:
        yield f"  {amount(volume['credited_minor'])} credited in {volume['credit_notes']} credit notes"


def _median(after_days):
    """The smallest number of days within which at least half were confirmed; the last place is of all longer times."""
    total, so_far = sum(after_days), 0
    for days, count in enumerate(after_days):
        so_far += count
        if 2 * so_far >= total:
            return days if days < 366 else "over 365"
