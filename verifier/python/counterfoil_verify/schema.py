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
        4: ("history", "History"),
        5: ("committed", "Committed"),
        10: ("headers", "CertifiedHeader*"),
        11: ("records", "ProvenRecord*"),
        12: ("state", "StateProof"),
        13: ("transactions", "bytes*"),
        14: ("opened", "OpenedField*"),
        15: ("range", "HistoryRange"),
        16: ("inclusion", "Inclusion"),
    },
    "Passport": {1: ("receivable", "bytes")},
    "Unfinanced": {1: ("fingerprint", "bytes")},
    "History": {1: ("organization", "string"), 2: ("from", "Date"), 3: ("to", "Date")},
    "HistoryRange": {1: ("first", "uint64"), 2: ("entries", "ShownEntry*"), 3: ("hashes", "bytes")},
    "ShownEntry": {
        1: ("entry", "HistoryEntry"),
        2: ("salt", "bytes"),
        3: ("events", "Event*"),
        4: ("events_hash", "bytes"),
    },
    "Committed": {1: ("transaction", "bytes")},
    "Inclusion": {
        1: ("header", "Header"),
        2: ("index", "uint32"),
        3: ("count", "uint32"),
        4: ("siblings", "bytes*"),
        5: ("receipt", "Receipt"),
        6: ("receipt_siblings", "bytes*"),
    },
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
    # proto/counterfoil/credit/v1/credit.proto
    "HistoryEntry": {
        1: ("tx_id", "bytes"),
        2: ("height", "uint64"),
        3: ("index", "uint32"),
        4: ("figures", "enum*"),
        5: ("on", "Date"),
    },
    # proto/counterfoil/v1/receipt.proto
    "Receipt": {
        1: ("tx_id", "bytes"),
        2: ("height", "uint64"),
        3: ("index", "uint32"),
        4: ("code", "uint32"),
        5: ("rejection", "Rejection"),
        6: ("events", "Event*"),
    },
    "Rejection": {1: ("contract", "string"), 2: ("reason", "string"), 3: ("message", "string"), 4: ("first", "string")},
    "Event": {1: ("contract", "uint32"), 2: ("organizations", "string*"), 3: ("body", "bytes")},
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
        34: ("debt_payments", "uint32"),
        40: ("payments", "bytes*"),
    },
    "DebtPayment": {
        1: ("receivable", "bytes"),
        2: ("number", "uint32"),
        3: ("transaction", "bytes"),
        4: ("value_date", "Date"),
        5: ("principal_minor", "uint64"),
        6: ("penalty_minor", "uint64"),
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

# credit/v1/credit.proto: of a profile every field, as it is encoded, too, to be compared with one that was recomputed.
CREDIT = {
    "HistoryHead": {1: ("length", "uint64"), 2: ("begin", "uint64"), 3: ("roots", "bytes")},
    "Profile": {
        1: ("organization", "string"),
        2: ("formula", "uint32"),
        3: ("entries", "uint64"),
        4: ("last_entry", "uint64"),
        5: ("debtor", "DebtorProfile"),
        6: ("supplier", "SupplierProfile"),
        7: ("bank", "BankProfile"),
    },
    "DebtorProfile": {
        1: ("invoices_confirmed", "uint64"),
        2: ("confirmed_after_days", "uint64*"),
        3: ("queries", "uint64"),
        4: ("invoices_rejected", "uint64"),
        5: ("receivables_settled", "uint64"),
        6: ("settled_on_time", "uint64"),
        7: ("days_late", "uint64"),
        8: ("overdue_reports", "uint64"),
        9: ("defaults", "uint64"),
        10: ("disputes", "uint64"),
        11: ("disputes_upheld", "uint64"),
        12: ("volumes", "Volume*"),
    },
    "SupplierProfile": {
        1: ("invoices_registered", "uint64"),
        2: ("first_registered_on", "Date"),
        3: ("last_registered_on", "Date"),
        4: ("invoices_confirmed", "uint64"),
        5: ("invoices_ended", "uint64"),
        6: ("volumes", "Volume*"),
        7: ("disputes", "uint64"),
        8: ("disputes_upheld", "uint64"),
        20: ("recourse_notices", "uint64"),
        21: ("recourse_payments", "uint64"),
    },
    "Volume": {
        1: ("currency", "string"),
        2: ("invoices", "uint64"),
        3: ("confirmed_minor", "uint64"),
        4: ("buyers", "BuyerVolume*"),
        5: ("others_minor", "uint64"),
        6: ("credit_notes", "uint64"),
        7: ("credited_minor", "uint64"),
    },
    "BuyerVolume": {1: ("buyer", "string"), 2: ("confirmed_minor", "uint64")},
    "BankProfile": {
        1: ("quotes", "uint64"),
        2: ("reveals", "uint64"),
        3: ("missed_reveals", "uint64"),
        4: ("awards", "uint64"),
        5: ("failed_payments", "uint64"),
    },
}

# What the events that move a figure say, as far as figures need it. The rest is skipped, as in records: every byte of an event is
# fixed by the hash in its entry's leaf.
EVENTS = {
    # invoice/v1/invoice.proto and after_confirmation.proto
    "InvoiceRegistered": {2: ("seller", "string"), 11: ("registered_on", "Date")},
    "InvoiceQueried": {12: ("buyer", "string")},
    "InvoiceConfirmed": {
        2: ("amount", "Money"),
        11: ("seller", "string"),
        12: ("buyer", "string"),
        13: ("registered_on", "Date"),
        14: ("confirmed_on", "Date"),
    },
    "InvoiceRejected": {11: ("seller", "string"), 12: ("buyer", "string")},
    "InvoiceWithdrawn": {11: ("seller", "string")},
    "InvoiceCredited": {4: ("amount", "Money"), 8: ("seller", "string"), 9: ("buyer", "string")},
    "InvoiceDisputed": {3: ("seller", "string"), 4: ("buyer", "string")},
    "DisputeEnded": {4: ("outcome", "Ruling"), 5: ("seller", "string"), 6: ("buyer", "string")},
    "Ruling": {1: ("verdict", "enum")},
    # receivable/v1/undertaking.proto
    "NoticeGiven": {5: ("to", "string"), 8: ("kind", "enum")},
    # financing/v1/financing.proto
    "QuoteCommitted": {2: ("bank", "string")},
    "QuoteRevealed": {2: ("bank", "string")},
    "QuoteClosed": {2: ("bank", "string"), 3: ("state", "enum")},
    "RequestAwarded": {3: ("award", "Award")},
    "Award": {1: ("bank", "string")},
    "QuoteFailed": {2: ("bank", "string")},
    # settlement/v1/settlement.proto
    "ReceivablePaid": {5: ("days_late", "uint32"), 10: ("settled", "bool"), 13: ("debtor", "string")},
    "ReceivableOverdue": {11: ("debtor", "string")},
    "ReceivableDefaulted": {11: ("debtor", "string")},
    "ClaimRecovered": {5: ("kind", "enum"), 6: ("payer", "string")},
}

# By the number of a contract, the messages that its `Event` has one of, by their field numbers. Those that are not in EVENTS
# are only named.
KINDS_OF_EVENTS = {
    # membership/v1/membership.proto
    1: {
        1: "Proposed",
        2: "Approved",
        3: "Consented",
        4: "CarriedOut",
        5: "ProposalEnded",
        6: "AccountsChanged",
        7: "ApprovalRuleSet",
        8: "OrganizationLeft",
        9: "DecisionProposed",
        10: "DecisionVoted",
        11: "DecisionCarriedOut",
    },
    # supervision/v1/supervision.proto
    2: {1: "PackPublished", 2: "RecordFrozen", 3: "RecordReleased"},
    # cash/v1/cash.proto
    3: {
        1: "DepositIssued",
        2: "DepositTransferred",
        3: "RedemptionRequested",
        4: "RedemptionPaid",
        5: "RedemptionRestored",
        6: "DepositReturned",
        7: "IssuersAccepted",
        8: "PaymentInstructed",
        9: "PaymentAsserted",
        10: "PaymentContested",
        11: "PaymentClosed",
        12: "DepositHeld",
        13: "SuspenseCollected",
        14: "SuspenseRuled",
    },
    # invoice/v1/invoice.proto
    4: {
        1: "InvoiceRegistered",
        2: "InvoiceQueried",
        3: "QueryResolved",
        4: "InvoiceConfirmed",
        5: "InvoiceRejected",
        6: "InvoiceWithdrawn",
        7: "InvoiceWarned",
        8: "InvoiceProposed",
        9: "ProposalEnded",
        10: "InvoiceConditionallyConfirmed",
        11: "ConditionsEnded",
        12: "InvoiceCredited",
        13: "InvoiceDisputed",
        14: "DisputeRuled",
        15: "DisputeEnded",
    },
    # receivable/v1/receivable.proto
    5: {
        1: "ReceivableOpened",
        2: "ClaimSplit",
        3: "ClaimsMerged",
        4: "ClaimOffered",
        5: "ClaimTransferred",
        6: "OfferDeclined",
        7: "OfferExpired",
        8: "OfferOvertaken",
        9: "ClaimPledged",
        10: "PledgeReleased",
        20: "GuaranteeGiven",
        21: "NoticeGiven",
        31: "ClaimCredited",
        32: "DisputeMarked",
    },
    # financing/v1/financing.proto
    6: {
        1: "RequestOpened",
        2: "QuoteCommitted",
        3: "QuoteRevealed",
        4: "RequestAwarded",
        5: "RequestClosed",
        6: "LoanOpened",
        7: "LoanPaid",
        8: "QuoteClosed",
        10: "LoanDefaulted",
        11: "LimitSet",
        12: "QuoteFailed",
        13: "ProgrammeOpened",
        14: "ProgrammeClosed",
        15: "StandingQuoteMade",
        16: "ClaimPurchased",
        17: "ExtensionDrawn",
        18: "QuoteTaken",
    },
    # settlement/v1/settlement.proto
    7: {
        1: "ReceivablePaid",
        2: "ReceivableOverdue",
        3: "ReceivableDefaulted",
        4: "ClaimPaid",
        13: "FeeCharged",
        20: "ClaimRecovered",
    },
    # credit/v1/credit.proto
    8: {1: "ProfileShared", 2: "ProfileUnshared"},
    # calendar/v1/calendar.proto
    9: {1: "ClockRolled", 2: "CalendarPublished"},
}

MESSAGES = {**STRICT, **RECORDS, **CREDIT, **EVENTS}
