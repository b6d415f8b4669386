"""Which fields messages have: transcribed by hand from the .proto files, without a compiler or a library.

A field is `number: (name, kind)`. A kind is `uint32`, `uint64`, `bool`, `enum`, `bytes`, `string` or the name of another
message; with `*` behind it, it is repeated. The members of a `oneof` stand here as fields of their own: who reads such
a message looks that exactly one of them is there.
"""

# Messages that are decoded strictly: those of the file itself, and what accounts signed. Every field is here.
STRICT = {
    # proto/counterfoil/v1/proof.proto
    "Proof": {
        1: ("format", "uint32"),
        2: ("passport", "Passport"),
        3: ("unfinanced", "Unfinanced"),
        10: ("headers", "CertifiedHeader*"),
        11: ("records", "ProvenRecord*"),
        12: ("state", "StateProof"),
        13: ("transactions", "bytes*"),
        14: ("opened", "OpenedField*"),
    },
    "Passport": {1: ("receivable", "bytes")},
    "Unfinanced": {1: ("fingerprint", "bytes")},
    "CertifiedHeader": {
        1: ("header", "Header"),
        2: ("certificate", "CommitCertificate"),
        3: ("validators", "ValidatorSet"),
    },
    "ProvenRecord": {1: ("key", "bytes"), 2: ("record", "bytes")},
    "StateProof": {1: ("shape", "bytes"), 2: ("hashes", "bytes")},
    "OpenedField": {
        1: ("position", "uint32"),
        2: ("count", "uint32"),
        3: ("name", "string"),
        4: ("value", "string"),
        5: ("salt", "bytes"),
        6: ("siblings", "bytes*"),
    },
    # proto/counterfoil/v1/block.proto
    "Header": {
        1: ("version", "uint32"),
        2: ("chain_id", "string"),
        3: ("height", "uint64"),
        4: ("time_ms", "uint64"),
        5: ("proposer", "bytes"),
        6: ("parent", "bytes"),
        7: ("transactions_root", "bytes"),
        8: ("receipts_root", "bytes"),
        9: ("state_root", "bytes"),
        10: ("validators_hash", "bytes"),
        11: ("next_validators_hash", "bytes"),
        12: ("params_hash", "bytes"),
    },
    "Validator": {1: ("organization", "string"), 2: ("public_key", "bytes"), 3: ("power", "uint64")},
    "ValidatorSet": {1: ("validators", "Validator*")},
    "CommitSignature": {1: ("address", "bytes"), 2: ("signature", "bytes")},
    "CommitCertificate": {
        1: ("height", "uint64"),
        2: ("round", "uint32"),
        3: ("block_hash", "bytes"),
        4: ("signatures", "CommitSignature*"),
    },
    # proto/counterfoil/v1/transaction.proto
    "SignedTransaction": {1: ("transaction", "bytes"), 2: ("signatures", "bytes*")},
    "Transaction": {
        1: ("chain_id", "string"),
        2: ("organization", "string"),
        3: ("signers", "bytes*"),
        4: ("expires_at_ms", "uint64"),
        5: ("nonce", "uint64"),
        6: ("contract", "uint32"),
        7: ("action", "bytes"),
    },
    # proto/counterfoil/invoice/v1/invoice.proto: `Action`, of which only these two confirm. Any other is an unknown field here,
    # and so no confirmation.
    "InvoiceAction": {4: ("confirm", "ConfirmInvoice"), 11: ("confirm_conditionally", "ConfirmConditionally")},
    "ConfirmInvoice": {
        1: ("invoice", "bytes"),
        2: ("amount", "Money"),
        3: ("terms_hash", "bytes"),
        4: ("acknowledged", "enum*"),
    },
    "ConfirmConditionally": {
        1: ("invoice", "bytes"),
        2: ("amount", "Money"),
        # `Terms`, as they are encoded: they are only hashed.
        3: ("terms", "bytes"),
        4: ("reason", "string"),
        5: ("expires_on", "Date"),
        6: ("acknowledged", "enum*"),
    },
    # proto/counterfoil/membership/v1/membership.proto: `Action`, likewise.
    "MembershipAction": {1: ("propose", "Propose"), 2: ("approve", "OfProposal"), 3: ("consent", "OfProposal")},
    "Propose": {1: ("contract", "uint32"), 2: ("action", "bytes"), 3: ("consents_of", "string*"), 4: ("expires_on", "Date")},
    # `Approve` and `Consent`, which have the same fields.
    "OfProposal": {1: ("proposal", "bytes"), 2: ("action_hash", "bytes")},
    # proto/counterfoil/v1/primitives.proto
    "Money": {1: ("minor", "uint64"), 2: ("currency", "string")},
    "Date": {1: ("year", "uint32"), 2: ("month", "uint32"), 3: ("day", "uint32")},
}

# Records: only the fields that are checked or printed. Others are skipped, because every byte of a record is fixed already by its hash
# under the state root, which the validators signed; a strict reading would add no check, and refuse what a later version of the rules adds.
RECORDS = {
    # receivable/v1/receivable.proto
    "Receivable": {
        1: ("id", "bytes"),
        2: ("invoice", "bytes"),
        3: ("debtor", "string"),
        4: ("face", "Money"),
        5: ("due_date", "Date"),
        6: ("adjusted_due_date", "Date"),
        # `Terms`, as they are encoded: their hash is what the debtor signed.
        7: ("terms", "bytes"),
        8: ("state", "enum"),
        9: ("redeemed_minor", "uint64"),
        10: ("penalty_paid_minor", "uint64"),
        11: ("confirmed_on", "Date"),
        12: ("settled_on", "Date"),
        13: ("claim_count", "uint32"),
        14: ("live_claims", "uint32*"),
        31: ("credited_minor", "uint64"),
        32: ("disputed", "bool"),
        33: ("confirmation", "bytes"),
        40: ("payments", "bytes*"),
    },
    "Claim": {
        1: ("receivable", "bytes"),
        2: ("number", "uint32"),
        3: ("face_minor", "uint64"),
        4: ("outstanding_minor", "uint64"),
        5: ("controller", "string"),
        6: ("state", "enum"),
        7: ("parents", "uint32*"),
        10: ("endorsement", "bytes"),
        11: ("encumbrance", "Encumbrance"),
        20: ("undertakings", "Undertaken*"),
    },
    "Encumbrance": {1: ("offered", "Offer"), 2: ("locked", "Lock"), 3: ("pledged", "Pledge")},
    "Offer": {
        1: ("to", "string"),
        2: ("purpose", "enum"),
        3: ("price", "Money"),
        4: ("offered_on", "Date"),
        5: ("expires_on", "Date"),
    },
    "Lock": {1: ("request", "bytes"), 2: ("payment", "bytes")},
    "Pledge": {1: ("loan", "bytes"), 2: ("pledgee", "string")},
    "Endorsement": {
        1: ("id", "bytes"),
        2: ("previous", "bytes"),
        3: ("receivable", "bytes"),
        4: ("claim", "uint32"),
        5: ("from", "string"),
        6: ("to", "string"),
        7: ("purpose", "enum"),
        8: ("recourse", "enum"),
        9: ("at", "Date"),
        21: ("request", "bytes"),
    },
    # receivable/v1/undertaking.proto
    "Undertaken": {1: ("undertaking", "bytes"), 2: ("noticed_on", "Date")},
    "Undertaking": {
        1: ("id", "bytes"),
        2: ("receivable", "bytes"),
        4: ("kind", "enum"),
        5: ("by", "string"),
        6: ("cap_minor", "uint64"),
        7: ("paid_minor", "uint64"),
        8: ("expires_on", "Date"),
        9: ("given_on", "Date"),
        10: ("currency", "string"),
    },
    # invoice/v1/invoice.proto
    "Invoice": {
        1: ("id", "bytes"),
        2: ("seller", "string"),
        3: ("buyer", "string"),
        4: ("number", "string"),
        5: ("issue_date", "Date"),
        6: ("due_date", "Date"),
        8: ("gross", "Money"),
        13: ("payload_root", "bytes"),
        14: ("state", "enum"),
        15: ("strict_fingerprint", "bytes"),
        19: ("registered_on", "Date"),
        22: ("receivable", "bytes"),
        25: ("released_from", "bytes"),
    },
    "InvoiceReference": {1: ("invoice", "bytes")},
    # membership/v1/membership.proto
    "Organization": {
        1: ("id", "string"),
        2: ("legal_name", "string"),
        3: ("lei", "string"),
        4: ("national_id", "string"),
        6: ("accounts", "Account*"),
    },
    "Account": {1: ("public_key", "bytes")},
    "Proposal": {
        1: ("id", "bytes"),
        2: ("organization", "string"),
        3: ("contract", "uint32"),
        4: ("action", "bytes"),
        7: ("signers", "bytes*"),
    },
    # financing/v1/financing.proto and loan.proto
    "Quote": {1: ("request", "bytes"), 2: ("bank", "string"), 7: ("terms", "QuoteTerms")},
    "QuoteTerms": {1: ("amount", "Money"), 2: ("rate_ppm", "uint32")},
    "Loan": {
        1: ("id", "bytes"),
        2: ("request", "bytes"),
        3: ("lender", "string"),
        4: ("borrower", "string"),
        5: ("principal", "Money"),
        6: ("outstanding_minor", "uint64"),
        10: ("opened_on", "Date"),
        11: ("due_date", "Date"),
        15: ("state", "enum"),
    },
    # cash/v1/cash.proto
    "Payment": {
        1: ("id", "bytes"),
        2: ("payer", "string"),
        3: ("payee", "string"),
        4: ("amount", "Money"),
        11: ("state", "enum"),
        12: ("instructed_on", "Date"),
    },
}

MESSAGES = {**STRICT, **RECORDS}
