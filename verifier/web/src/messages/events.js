// Events: proto/counterfoil/{membership,supervision,cash,invoice,receivable,financing,settlement,credit,calendar}/v1.
//
// The tables name each kind of event, and of what is in it only what moves a figure and what the page tells. Unlike records, events
// may hold more than their tables say: their hash is what counts, and nothing that they hold encumbers a claim.

import { message } from '../protobuf.js';
import { Day, Money } from './common.js';

/** Some fields of a message. */
function some(name, ...fields) {
  return message(name, fields, { partial: true });
}

/** The events of a contract. Their kinds are named after both, as `invoice.registered`. */
function eventsOf(contract, ...fields) {
  return message(`${contract}.Event`, fields, { oneof: fields.map(([, name]) => name), partial: true });
}

const Membership = eventsOf(
  'membership',
  [1, 'proposed', some('Proposed')],
  [2, 'approved', some('Approved')],
  [3, 'consented', some('Consented')],
  [4, 'carried_out', some('CarriedOut')],
  [5, 'proposal_ended', some('ProposalEnded')],
  [6, 'accounts_changed', some('AccountsChanged')],
  [7, 'approval_rule_set', some('ApprovalRuleSet')],
  [8, 'left', some('OrganizationLeft')],
  [9, 'decision_proposed', some('DecisionProposed')],
  [10, 'decision_voted', some('DecisionVoted')],
  [11, 'decision_carried_out', some('DecisionCarriedOut')],
);

const Supervision = eventsOf(
  'supervision',
  [1, 'pack_published', some('PackPublished')],
  [2, 'frozen', some('RecordFrozen')],
  [3, 'released', some('RecordReleased')],
);

const Cash = eventsOf(
  'cash',
  [1, 'issued', some('DepositIssued', [3, 'amount', Money])],
  [2, 'transferred', some('DepositTransferred', [4, 'amount', Money])],
  [3, 'redemption_requested', some('RedemptionRequested', [3, 'amount', Money])],
  [4, 'redemption_paid', some('RedemptionPaid', [3, 'amount', Money])],
  [5, 'redemption_restored', some('RedemptionRestored', [3, 'amount', Money])],
  [6, 'returned', some('DepositReturned', [3, 'amount', Money])],
  [7, 'issuers_accepted', some('IssuersAccepted')],
  [8, 'payment_instructed', some('PaymentInstructed', [4, 'amount', Money])],
  [9, 'payment_asserted', some('PaymentAsserted')],
  [10, 'payment_contested', some('PaymentContested')],
  [11, 'payment_closed', some('PaymentClosed')],
  [12, 'held', some('DepositHeld', [5, 'amount', Money])],
  [13, 'suspense_collected', some('SuspenseCollected', [4, 'amount', Money])],
  [14, 'suspense_ruled', some('SuspenseRuled')],
);

const Ruling = some('Ruling', [1, 'verdict', 'enum'], [2, 'amount', Money]);

const Invoice = eventsOf(
  'invoice',
  [
    1,
    'registered',
    some('InvoiceRegistered', [2, 'seller', 'string'], [3, 'buyer', 'string'], [4, 'gross', Money], [11, 'registered_on', Day]),
  ],
  [2, 'queried', some('InvoiceQueried', [11, 'seller', 'string'], [12, 'buyer', 'string'])],
  [3, 'query_resolved', some('QueryResolved')],
  [
    4,
    'confirmed',
    some(
      'InvoiceConfirmed',
      [2, 'amount', Money],
      [11, 'seller', 'string'],
      [12, 'buyer', 'string'],
      [13, 'registered_on', Day],
      [14, 'confirmed_on', Day],
    ),
  ],
  [5, 'rejected', some('InvoiceRejected', [11, 'seller', 'string'], [12, 'buyer', 'string'])],
  [6, 'withdrawn', some('InvoiceWithdrawn', [11, 'seller', 'string'], [12, 'buyer', 'string'])],
  [7, 'warned', some('InvoiceWarned')],
  [8, 'proposed', some('InvoiceProposed', [4, 'gross', Money])],
  [9, 'proposal_ended', some('ProposalEnded')],
  [10, 'conditionally_confirmed', some('InvoiceConditionallyConfirmed', [2, 'amount', Money])],
  [11, 'conditions_ended', some('ConditionsEnded')],
  [12, 'credited', some('InvoiceCredited', [4, 'amount', Money], [8, 'seller', 'string'], [9, 'buyer', 'string'])],
  [13, 'disputed', some('InvoiceDisputed', [3, 'seller', 'string'], [4, 'buyer', 'string'])],
  [14, 'ruled', some('DisputeRuled', [4, 'ruling', Ruling])],
  [15, 'dispute_ended', some('DisputeEnded', [4, 'outcome', Ruling], [5, 'seller', 'string'], [6, 'buyer', 'string'])],
);

const Receivable = eventsOf(
  'receivable',
  [1, 'opened', some('ReceivableOpened', [5, 'face', Money])],
  [2, 'split', some('ClaimSplit')],
  [3, 'merged', some('ClaimsMerged')],
  [4, 'offered', some('ClaimOffered', [6, 'price', Money])],
  [5, 'transferred', some('ClaimTransferred')],
  [6, 'declined', some('OfferDeclined')],
  [7, 'expired', some('OfferExpired')],
  [8, 'overtaken', some('OfferOvertaken')],
  [9, 'pledged', some('ClaimPledged')],
  [10, 'released', some('PledgeReleased')],
  [20, 'guarantee_given', some('GuaranteeGiven', [6, 'cap', Money])],
  [21, 'notice_given', some('NoticeGiven', [5, 'to', 'string'], [6, 'outstanding', Money], [8, 'kind', 'enum'])],
  [31, 'credited', some('ClaimCredited')],
  [32, 'disputed', some('DisputeMarked', [2, 'disputed', 'bool'])],
);

const Award = some('Award', [1, 'bank', 'string'], [2, 'amount', Money]);

const Financing = eventsOf(
  'financing',
  [1, 'opened', some('RequestOpened', [4, 'amount', Money])],
  [2, 'committed', some('QuoteCommitted', [2, 'bank', 'string'])],
  [3, 'revealed', some('QuoteRevealed', [2, 'bank', 'string'], [3, 'terms', some('QuoteTerms', [1, 'amount', Money])])],
  [4, 'awarded', some('RequestAwarded', [3, 'award', Award])],
  [5, 'closed', some('RequestClosed')],
  [6, 'loan_opened', some('LoanOpened', [5, 'principal', Money])],
  [7, 'loan_paid', some('LoanPaid', [5, 'principal', Money], [7, 'repaid', 'bool'])],
  [8, 'quote_closed', some('QuoteClosed', [2, 'bank', 'string'], [3, 'state', 'enum'])],
  [10, 'loan_defaulted', some('LoanDefaulted', [4, 'outstanding', Money])],
  [11, 'limit_set', some('LimitSet', [3, 'cap', Money])],
  [12, 'quote_failed', some('QuoteFailed', [2, 'bank', 'string'], [3, 'proceeds', Money])],
  [13, 'programme_opened', some('ProgrammeOpened')],
  [14, 'programme_closed', some('ProgrammeClosed')],
  [15, 'standing_quote_made', some('StandingQuoteMade')],
  [16, 'claim_purchased', some('ClaimPurchased', [5, 'amount', Money])],
  [17, 'extension_drawn', some('ExtensionDrawn', [5, 'principal', Money])],
  [18, 'quote_taken', some('QuoteTaken', [2, 'award', Award])],
);

const Settlement = eventsOf(
  'settlement',
  [
    1,
    'paid',
    some('ReceivablePaid', [3, 'principal', Money], [5, 'days_late', 'u32'], [10, 'settled', 'bool'], [13, 'debtor', 'string']),
  ],
  [2, 'overdue', some('ReceivableOverdue', [3, 'outstanding', Money], [11, 'debtor', 'string'])],
  [3, 'defaulted', some('ReceivableDefaulted', [3, 'outstanding', Money], [11, 'debtor', 'string'])],
  [4, 'claim_paid', some('ClaimPaid', [5, 'principal', Money])],
  [13, 'fee_charged', some('FeeCharged', [3, 'amount', Money])],
  [20, 'claim_recovered', some('ClaimRecovered', [5, 'kind', 'enum'], [6, 'payer', 'string'], [8, 'principal', Money])],
);

const Credit = eventsOf('credit', [1, 'shared', some('ProfileShared')], [2, 'unshared', some('ProfileUnshared')]);

const Calendar = eventsOf('calendar', [1, 'rolled', some('ClockRolled')], [2, 'published', some('CalendarPublished')]);

/** By the contracts' numbers. */
export const EVENTS = new Map(
  [Membership, Supervision, Cash, Invoice, Receivable, Financing, Settlement, Credit, Calendar].map((type, at) => [at + 1, type]),
);
