"""What events add up to: the profile of an organization, by version 2 of the formula (docs/profiles.md)."""

from .basics import NotProven, day_of
from .wire import empty

FORMULA = 2
# Where a count or sum stays once it is there.
_MOST = 2**64 - 1
# The place of all longer times to confirm.
_LONGER = 366
MAX_BUYERS = 64

_PARTS = {"debtor": "DebtorProfile", "supplier": "SupplierProfile", "bank": "BankProfile"}
_UPHELD, _RECOURSE, _MISSED = 1, 1, 5


def _is_upheld(event):
    return event["outcome"] is not None and event["outcome"]["verdict"] == _UPHELD


def _is_of_recourse(event):
    return event["kind"] == _RECOURSE


def _is_missed(event):
    return event["state"] == _MISSED


# Events that only count: by whom in the event, the figure, the part of the profile and the count in it; and which of them do,
# where not all do.
_COUNTED = {
    "InvoiceQueried": [("buyer", 2, "debtor", "queries")],
    "InvoiceRejected": [("buyer", 3, "debtor", "invoices_rejected"), ("seller", 22, "supplier", "invoices_ended")],
    "InvoiceWithdrawn": [("seller", 22, "supplier", "invoices_ended")],
    "ReceivableOverdue": [("debtor", 5, "debtor", "overdue_reports")],
    "ReceivableDefaulted": [("debtor", 6, "debtor", "defaults")],
    "InvoiceDisputed": [("buyer", 7, "debtor", "disputes"), ("seller", 23, "supplier", "disputes")],
    "DisputeEnded": [("buyer", 8, "debtor", "disputes_upheld"), ("seller", 24, "supplier", "disputes_upheld")],
    "NoticeGiven": [("to", 26, "supplier", "recourse_notices")],
    "ClaimRecovered": [("payer", 27, "supplier", "recourse_payments")],
    "QuoteCommitted": [("bank", 40, "bank", "quotes")],
    "QuoteRevealed": [("bank", 41, "bank", "reveals")],
    "QuoteClosed": [("bank", 42, "bank", "missed_reveals")],
    "QuoteFailed": [("bank", 44, "bank", "failed_payments")],
}
_CONDITIONS = {
    "DisputeEnded": _is_upheld,
    "NoticeGiven": _is_of_recourse,
    "ClaimRecovered": _is_of_recourse,
    "QuoteClosed": _is_missed,
}


class Sums:
    """Adds up the events of one organization, in their order."""

    def __init__(self, organization):
        self.organization = organization
        # A `Profile`; None before an event moved a figure.
        self.profile = None
        self._buyers = 0

    def add(self, sequence, events):
        """Adds the events of an entry, each as its kind and what it says, and gives the figures that they moved, ascending."""
        figures = sorted({figure for kind, event in events if event is not None for figure in self._moved_by(kind, event)})
        if figures:
            self.profile["entries"] = _sum(self.profile["entries"], 1)
            self.profile["last_entry"] = sequence
        return figures

    def _moved_by(self, kind, event):
        """The figures that one event moves, which are moved."""
        own = self.organization
        if _CONDITIONS.get(kind, lambda _: True)(event):
            for party, figure, part, count in _COUNTED.get(kind, []):
                if event[party] == own:
                    _add(self._part(part), count, 1)
                    yield figure
        if kind == "InvoiceRegistered" and event["seller"] == own:
            self._registered(event)
            yield 20
        if kind == "InvoiceConfirmed" and event["buyer"] == own:
            self._confirmed(event)
            yield 1
        if kind == "InvoiceConfirmed" and event["seller"] == own:
            self._sold(event)
            yield 21
        for party, figure, part in (("buyer", 9, "debtor"), ("seller", 25, "supplier")):
            if kind == "InvoiceCredited" and event[party] == own:
                volume, minor = self._volume(part, event)
                _add(volume, "credit_notes", 1)
                _add(volume, "credited_minor", minor)
                yield figure
        if kind == "ReceivablePaid" and event["settled"] and event["debtor"] == own:
            debtor = self._part("debtor")
            _add(debtor, "receivables_settled", 1)
            _add(debtor, "settled_on_time", 1 if event["days_late"] == 0 else 0)
            _add(debtor, "days_late", event["days_late"])
            yield 4
        if kind == "RequestAwarded" and event["award"] is not None and event["award"]["bank"] == own:
            _add(self._part("bank"), "awards", 1)
            yield 43

    def _registered(self, event):
        if day_of(event["registered_on"]) is None:
            raise NotProven("an event registers an invoice on no day")
        supplier = self._part("supplier")
        _add(supplier, "invoices_registered", 1)
        if supplier["first_registered_on"] is None:
            supplier["first_registered_on"] = event["registered_on"]
        supplier["last_registered_on"] = event["registered_on"]

    def _confirmed(self, event):
        """For whoever owes it."""
        registered, confirmed = day_of(event["registered_on"]), day_of(event["confirmed_on"])
        if registered is None or confirmed is None or confirmed < registered:
            raise NotProven("an event confirms an invoice on no day, or before it was registered")
        debtor = self._part("debtor")
        volume, minor = self._volume("debtor", event)
        _add(debtor, "invoices_confirmed", 1)
        after, place = debtor["confirmed_after_days"], min((confirmed - registered).days, _LONGER)
        after.extend([0] * (place + 1 - len(after)))
        after[place] = _sum(after[place], 1)
        _add(volume, "invoices", 1)
        _add(volume, "confirmed_minor", minor)

    def _sold(self, event):
        """For whoever sold it: by buyer, as far as there are places for them."""
        volume, minor = self._volume("supplier", event)
        _add(self._part("supplier"), "invoices_confirmed", 1)
        _add(volume, "invoices", 1)
        _add(volume, "confirmed_minor", minor)
        known = [one for one in volume["buyers"] if one["buyer"] == event["buyer"]]
        if known:
            _add(known[0], "confirmed_minor", minor)
        elif self._buyers < MAX_BUYERS:
            volume["buyers"].append({"buyer": event["buyer"], "confirmed_minor": minor})
            volume["buyers"].sort(key=lambda one: one["buyer"])
            self._buyers += 1
        else:
            _add(volume, "others_minor", minor)

    def _part(self, name):
        """One part of the profile, which is there from now on."""
        if self.profile is None:
            self.profile = empty("Profile")
            self.profile.update(organization=self.organization, formula=FORMULA)
        if self.profile[name] is None:
            self.profile[name] = empty(_PARTS[name])
        return self.profile[name]

    def _volume(self, part, event):
        """What a part of the profile has in the currency of an event's amount, and that amount."""
        amount = event["amount"]
        if amount is None:
            raise NotProven("an event that moves a volume has no amount")
        volumes = self._part(part)["volumes"]
        for volume in volumes:
            if volume["currency"] == amount["currency"]:
                return volume, amount["minor"]
        volume = {**empty("Volume"), "currency": amount["currency"]}
        volumes.append(volume)
        volumes.sort(key=lambda one: one["currency"])
        return volume, amount["minor"]


def _sum(one, other):
    return min(one + other, _MOST)


def _add(message, count, more):
    message[count] = _sum(message[count], more)
