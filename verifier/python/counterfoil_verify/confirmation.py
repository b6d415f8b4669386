"""The debtor's own signature under what it owes, in one of the ways in which the ledger takes it."""

from dataclasses import dataclass

from .basics import NotProven, tagged
from .records import check_same, key_of
from .wire import decode_strictly

MEMBERSHIP, INVOICE = 1, 4


@dataclass
class Confirmation:
    """The transaction by which the debtor confirmed."""

    transaction: bytes
    # Keys of the debtor's accounts that made and approved it.
    accounts: list
    # Where that was a proposal which this transaction carried out by approving or consenting to it; else None.
    proposal: bytes = None
    # Who consented, where the last signature was a consent; else None.
    consent_of: str = None
    # Where that consent was a proposal, too, which this transaction carried out by approving it; else None.
    consent_proposal: bytes = None


def read_confirmation(receivable, debtor, records):
    """Checks and gives the confirmation; None where the receivable is too old to name it."""
    tx_id = receivable["confirmation"]
    if not tx_id:
        return None
    transaction, _ = records.transaction(tx_id, "transaction of the confirmation")
    by, signers = transaction["organization"], transaction["signers"]
    if transaction["contract"] == INVOICE:
        if by != debtor["id"]:
            raise NotProven("the confirmation is not by the debtor")
        _check_confirms(receivable, transaction["action"])
        _check_accounts(debtor, signers)
        return Confirmation(tx_id, signers)
    if transaction["contract"] != MEMBERSHIP:
        raise NotProven("the transaction that the receivable names confirms nothing")
    kind, signed = _membership_action(transaction["action"])
    consent_proposal = None
    if kind == "propose" and signed["contract"] != MEMBERSHIP:
        # It had all the signatures it needed, and was carried out at once.
        if by != debtor["id"] or signed["contract"] != INVOICE:
            raise NotProven("what was proposed is not the debtor's confirmation")
        _check_confirms(receivable, signed["action"])
        _check_accounts(debtor, signers)
        return Confirmation(tx_id, signers)
    if kind == "propose":
        # Another organization's consent, which had all the signatures that it needed.
        kind, signed = "consent", _consent(signed["action"])
    proposal_id, proposal = _proposal(signed, records)
    if kind == "approve" and proposal["contract"] == MEMBERSHIP:
        # The last signature under a consent that another organization had proposed. Whose accounts these are, is the ledger's word.
        if by != proposal["organization"]:
            raise NotProven("the proposed consent was approved by another organization than proposed it")
        _check_signed(signed, proposal_id, proposal)
        consent_proposal = proposal_id
        kind, signed = "consent", _consent(proposal["action"])
        proposal_id, proposal = _proposal(signed, records)
    if proposal["organization"] != debtor["id"] or proposal["contract"] != INVOICE:
        raise NotProven("the proposal that was carried out is not the debtor's confirmation")
    _check_confirms(receivable, proposal["action"])
    _check_accounts(debtor, proposal["signers"])
    _check_signed(signed, proposal_id, proposal)
    if kind == "consent":
        return Confirmation(tx_id, proposal["signers"], proposal_id, by, consent_proposal)
    if by != debtor["id"]:
        raise NotProven("the proposal was approved by another organization than the debtor")
    _check_accounts(debtor, signers)
    return Confirmation(tx_id, proposal["signers"], proposal_id)


def _membership_action(encoded):
    """Which of the actions by which something is carried out it is, and what that says."""
    action = decode_strictly("MembershipAction", encoded, "the approval of the confirmation")
    found = [(kind, said) for kind, said in action.items() if said is not None]
    if len(found) != 1:
        raise NotProven("the transaction that the receivable names is not one proposal, approval or consent")
    return found[0]


def _consent(encoded):
    """The consent that was proposed. A proposal, or an approval, cannot be."""
    kind, signed = _membership_action(encoded)
    if kind != "consent":
        raise NotProven("what was proposed is neither a confirmation nor a consent to one")
    return signed


def _proposal(signed, records):
    """The id and the record of the proposal that was signed."""
    proposal_id = signed["proposal"]
    proposal = records.must("Proposal", "proposal", key_of("membership/proposal", proposal_id))
    check_same(proposal["id"] == proposal_id, "proposal")
    return proposal_id, proposal


def _check_signed(signed, proposal_id, proposal):
    """The signature is under a hash of the proposed action: without this, what it says would be the ledger's word."""
    contract = proposal["contract"].to_bytes(4, "big")
    if signed["action_hash"] != tagged("counterfoil/action/v1", proposal_id, contract, proposal["action"]):
        raise NotProven("what was approved is another action than the proposal's")


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
