// Records of the ledger, and the actions by which a debtor confirms: proto/counterfoil/{receivable,invoice,membership,financing,
// cash}/v1.
//
// They are decoded as strictly as the file is, although their bytes are fixed by the state's root already: a field that this
// verifier does not know might be one that encumbers a claim. It rather proves nothing than leave that out.

import { message, optional, repeated } from '../protobuf.js';
import { Accrual, Day, Money } from './common.js';

const Fee = message('Fee', [
  [1, 'payee', 'string'],
  [2, 'cap_minor', 'u64'],
]);

export const Terms = message('Terms', [
  [1, 'day_count', 'enum'],
  [2, 'convention', 'enum'],
  [3, 'grace_days', 'u32'],
  [4, 'penalty_rate_ppm', 'u32'],
  [5, 'assignable', 'bool'],
  [6, 'fees', repeated(Fee)],
  [11, 'arbiters', repeated('string')],
  [12, 'arbiter_threshold', 'u32'],
  [13, 'calendar', 'string'],
  [40, 'arbiter', 'string'],
]);

const FeePaid = message('FeePaid', [
  [1, 'payee', 'string'],
  [2, 'amount_minor', 'u64'],
]);

export const Receivable = message('Receivable', [
  [1, 'id', 'bytes'],
  [2, 'invoice', 'bytes'],
  [3, 'debtor', 'string'],
  [4, 'face', Money],
  [5, 'due_date', Day],
  [6, 'adjusted_due_date', Day],
  [7, 'terms', Terms],
  [8, 'state', 'enum'],
  [9, 'redeemed_minor', 'u64'],
  [10, 'penalty_paid_minor', 'u64'],
  [11, 'confirmed_on', Day],
  [12, 'settled_on', Day],
  [13, 'claim_count', 'u32'],
  [14, 'live_claims', repeated('u32')],
  [31, 'credited_minor', 'u64'],
  [32, 'disputed', 'bool'],
  [33, 'confirmation', 'bytes'],
  [34, 'debt_payments', 'u32'],
  [40, 'payments', repeated('bytes')],
  [41, 'fees_paid', repeated(FeePaid)],
]);

export const DebtPayment = message('DebtPayment', [
  [1, 'receivable', 'bytes'],
  [2, 'number', 'u32'],
  [3, 'transaction', 'bytes'],
  [4, 'value_date', Day],
  [5, 'principal_minor', 'u64'],
  [6, 'penalty_minor', 'u64'],
]);

const RecourseLimit = message('RecourseLimit', [
  [1, 'cap_minor', 'u64'],
  [2, 'expires_on', Day],
]);

const Offer = message('Offer', [
  [1, 'to', 'string'],
  [2, 'purpose', 'enum'],
  [3, 'price', Money],
  [4, 'offered_on', Day],
  [5, 'expires_on', Day],
  [6, 'issuer', 'string'],
  [20, 'recourse', 'enum'],
  [21, 'recourse_limit', RecourseLimit],
]);

const Lock = message('Lock', [
  [1, 'request', 'bytes'],
  [2, 'payment', 'bytes'],
]);

const Pledge = message('Pledge', [
  [1, 'loan', 'bytes'],
  [2, 'pledgee', 'string'],
]);

const Encumbrance = message(
  'Encumbrance',
  [
    [1, 'offered', Offer],
    [2, 'locked', Lock],
    [3, 'pledged', Pledge],
  ],
  { oneof: ['offered', 'locked', 'pledged'] },
);

const Undertaken = message('Undertaken', [
  [1, 'undertaking', 'bytes'],
  [2, 'noticed_on', Day],
]);

export const Claim = message('Claim', [
  [1, 'receivable', 'bytes'],
  [2, 'number', 'u32'],
  [3, 'face_minor', 'u64'],
  [4, 'outstanding_minor', 'u64'],
  [5, 'controller', 'string'],
  [6, 'state', 'enum'],
  [7, 'parents', repeated('u32')],
  [8, 'rank', 'enum'],
  [9, 'depth', 'u32'],
  [10, 'endorsement', 'bytes'],
  [11, 'encumbrance', Encumbrance],
  [12, 'penalty', Accrual],
  [20, 'undertakings', repeated(Undertaken)],
  [21, 'behind', 'u32'],
  [22, 'origin', optional('u32')],
]);

export const Endorsement = message('Endorsement', [
  [1, 'id', 'bytes'],
  [2, 'previous', 'bytes'],
  [3, 'receivable', 'bytes'],
  [4, 'claim', 'u32'],
  [5, 'from', 'string'],
  [6, 'to', 'string'],
  [7, 'purpose', 'enum'],
  [8, 'recourse', 'enum'],
  [9, 'at', Day],
  [20, 'recourse_limit', RecourseLimit],
  [21, 'request', 'bytes'],
]);

export const Undertaking = message('Undertaking', [
  [1, 'id', 'bytes'],
  [2, 'receivable', 'bytes'],
  [3, 'claim', 'u32'],
  [4, 'kind', 'enum'],
  [5, 'by', 'string'],
  [6, 'cap_minor', 'u64'],
  [7, 'paid_minor', 'u64'],
  [8, 'expires_on', Day],
  [9, 'given_on', Day],
  [10, 'currency', 'string'],
]);

const Conditions = message('Conditions', [
  [1, 'amount', Money],
  [2, 'terms', Terms],
  [3, 'expires_on', Day],
  [4, 'made_on', Day],
  [5, 'confirmation', 'bytes'],
]);

const ClaimCredit = message('ClaimCredit', [
  [1, 'number', 'u32'],
  [2, 'controller', 'string'],
  [3, 'pledgee', 'string'],
  [4, 'minor', 'u64'],
]);

const CreditNote = message('CreditNote', [
  [1, 'number', 'string'],
  [2, 'issue_date', Day],
  [3, 'document_hash', 'bytes'],
  [4, 'amount', Money],
  [5, 'reason', 'string'],
  [6, 'claims', repeated(ClaimCredit)],
  [7, 'owed_to_buyer_minor', 'u64'],
  [8, 'credited_on', Day],
]);

const Ruling = message('Ruling', [
  [1, 'verdict', 'enum'],
  [2, 'amount', Money],
  [3, 'reason_hash', 'bytes'],
]);

const ArbiterRuling = message('ArbiterRuling', [
  [1, 'arbiter', 'string'],
  [2, 'ruling', Ruling],
]);

const Dispute = message('Dispute', [
  [1, 'number', 'u32'],
  [2, 'state', 'enum'],
  [3, 'opened_by', 'string'],
  [4, 'opened_on', Day],
  [5, 'reason', 'string'],
  [6, 'rulings', repeated(ArbiterRuling)],
  [7, 'outcome', Ruling],
  [8, 'ended_on', Day],
]);

export const Invoice = message('Invoice', [
  [1, 'id', 'bytes'],
  [2, 'seller', 'string'],
  [3, 'buyer', 'string'],
  [4, 'number', 'string'],
  [5, 'issue_date', Day],
  [6, 'due_date', Day],
  [7, 'delivery_date', Day],
  [8, 'gross', Money],
  [9, 'type_code', 'u32'],
  [10, 'order_reference', 'string'],
  [11, 'terms', Terms],
  [12, 'document_hash', 'bytes'],
  [13, 'payload_root', 'bytes'],
  [14, 'state', 'enum'],
  [15, 'strict_fingerprint', 'bytes'],
  [16, 'loose_fingerprint', 'bytes'],
  [17, 'succeeds', 'bytes'],
  [18, 'succeeded_by', 'bytes'],
  [19, 'registered_on', Day],
  [20, 'query_count', 'u32'],
  [21, 'reason', 'string'],
  [22, 'receivable', 'bytes'],
  [23, 'warnings', repeated('enum')],
  [24, 'conditions', Conditions],
  [25, 'released_from', 'bytes'],
  [26, 'credit_notes', repeated(CreditNote)],
  [27, 'dispute', Dispute],
]);

export const InvoiceReference = message('InvoiceReference', [[1, 'invoice', 'bytes']]);

const ConfirmInvoice = message('ConfirmInvoice', [
  [1, 'invoice', 'bytes'],
  [2, 'amount', Money],
  [3, 'terms_hash', 'bytes'],
  [4, 'acknowledged', repeated('enum')],
]);

const ConfirmConditionally = message('ConfirmConditionally', [
  [1, 'invoice', 'bytes'],
  [2, 'amount', Money],
  [3, 'terms', Terms],
  [4, 'reason', 'string'],
  [5, 'expires_on', Day],
  [6, 'acknowledged', repeated('enum')],
]);

/** Of the invoice contract's actions, those by which a buyer confirms. */
export const InvoiceAction = message(
  'invoice.Action',
  [
    [4, 'confirm', ConfirmInvoice],
    [11, 'confirm_conditionally', ConfirmConditionally],
  ],
  { oneof: ['confirm', 'confirm_conditionally'], partial: true },
);

const Approve = message('Approve', [
  [1, 'proposal', 'bytes'],
  [2, 'action_hash', 'bytes'],
]);

const Consent = message('Consent', [
  [1, 'proposal', 'bytes'],
  [2, 'action_hash', 'bytes'],
]);

const Propose = message('Propose', [
  [1, 'contract', 'u32'],
  [2, 'action', 'bytes'],
  [3, 'consents_of', repeated('string')],
  [4, 'expires_on', Day],
]);

/** Of the membership contract's actions, those with which a proposal may be carried out. */
export const MembershipAction = message(
  'membership.Action',
  [
    [1, 'propose', Propose],
    [2, 'approve', Approve],
    [3, 'consent', Consent],
  ],
  { oneof: ['propose', 'approve', 'consent'], partial: true },
);

export const Proposal = message('Proposal', [
  [1, 'id', 'bytes'],
  [2, 'organization', 'string'],
  [3, 'contract', 'u32'],
  [4, 'action', 'bytes'],
  [5, 'action_hash', 'bytes'],
  [6, 'action_class', 'enum'],
  [7, 'signers', repeated('bytes')],
  [8, 'consents_of', repeated('string')],
  [9, 'consented', repeated('string')],
  [10, 'proposed_on', Day],
  [11, 'expires_on', Day],
  [12, 'state', 'enum'],
]);

const Award = message('Award', [
  [1, 'bank', 'string'],
  [2, 'amount', Money],
  [3, 'cost_minor', 'u64'],
  [4, 'fees_minor', 'u64'],
  [5, 'proceeds_minor', 'u64'],
  [6, 'annual_cost_ppm', 'u32'],
  [7, 'awarded_on', Day],
  [8, 'loan', 'bytes'],
]);

const ClaimReference = message('ClaimReference', [
  [1, 'receivable', 'bytes'],
  [2, 'number', 'u32'],
]);

const QuoteFee = message('QuoteFee', [
  [1, 'name', 'string'],
  [2, 'amount_minor', 'u64'],
]);

const QuoteTerms = message('QuoteTerms', [
  [1, 'amount', Money],
  [2, 'rate_ppm', 'u32'],
  [3, 'day_count', 'enum'],
  [4, 'fees', repeated(QuoteFee)],
  [5, 'recourse', 'enum'],
  [6, 'expires_on', Day],
  [7, 'issuer', 'string'],
  [8, 'end_to_end_id', 'string'],
  [13, 'schedule', 'enum'],
  [14, 'loan_grace_days', 'u32'],
  [15, 'smallest_part_minor', 'u64'],
  [20, 'asserter', 'string'],
  [21, 'recourse_limit', RecourseLimit],
]);

export const Quote = message('Quote', [
  [1, 'request', 'bytes'],
  [2, 'bank', 'string'],
  [3, 'commitment', 'bytes'],
  [4, 'height', 'u64'],
  [5, 'index', 'u32'],
  [6, 'state', 'enum'],
  [7, 'terms', QuoteTerms],
  [12, 'award', Award],
  [20, 'payment', 'bytes'],
  [21, 'claims', repeated(ClaimReference)],
]);

export const Loan = message('Loan', [
  [1, 'id', 'bytes'],
  [2, 'request', 'bytes'],
  [3, 'lender', 'string'],
  [4, 'borrower', 'string'],
  [5, 'principal', Money],
  [6, 'outstanding_minor', 'u64'],
  [7, 'rate_ppm', 'u32'],
  [8, 'day_count', 'enum'],
  [9, 'schedule', 'enum'],
  [10, 'opened_on', Day],
  [11, 'due_date', Day],
  [12, 'interest', Accrual],
  [13, 'interest_paid_minor', 'u64'],
  [14, 'collateral', repeated(ClaimReference)],
  [15, 'state', 'enum'],
  [16, 'repaid_on', Day],
  [17, 'issuer', 'string'],
  [20, 'grace_days', 'u32'],
  [21, 'plan_principal_minor', 'u64'],
  [22, 'plan_from', Day],
  [23, 'defaulted_on', Day],
]);

const PaidClaim = message('PaidClaim', [
  [1, 'number', 'u32'],
  [2, 'principal_minor', 'u64'],
  [3, 'penalty_minor', 'u64'],
  [4, 'loan', 'bytes'],
]);

const Assertion = message('Assertion', [
  [1, 'message_hash', 'bytes'],
  [2, 'entry_reference', 'string'],
  [3, 'value_date', Day],
  [4, 'asserted_on', Day],
  [5, 'answer_by', Day],
]);

export const Payment = message('Payment', [
  [1, 'id', 'bytes'],
  [2, 'payer', 'string'],
  [3, 'payee', 'string'],
  [4, 'amount', Money],
  [5, 'end_to_end_id', 'string'],
  [6, 'asserter', 'string'],
  [7, 'confirmer', 'string'],
  [8, 'arbiter', 'string'],
  [9, 'receivable', 'bytes'],
  [10, 'claims', repeated(PaidClaim)],
  [11, 'state', 'enum'],
  [12, 'instructed_on', Day],
  [13, 'reckoned_on', Day],
  [14, 'deadline', Day],
  [15, 'assertion', Assertion],
  [16, 'reason', 'string'],
  [17, 'closed_on', Day],
  [18, 'request', 'bytes'],
  [50, 'calendar', 'string'],
]);
