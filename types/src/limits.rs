//! Every bound that the rules and the wire share, by name.

/// Largest sum of money: 10^18 minor units (specification 2.1).
pub const MAX_MINOR: u64 = 1_000_000_000_000_000_000;

/// Bytes of an encoded `SignedTransaction`.
pub const MAX_TRANSACTION_BYTES: usize = 64 * 1024;
/// How far ahead of block time a transaction may expire where the parameters say nothing else.
pub const DEFAULT_TRANSACTION_LIFETIME_MS: u64 = 60 * 60 * 1000;
/// The shortest lifetime that they may say: clocks differ, and a client waits for a block or two.
pub const MIN_TRANSACTION_LIFETIME_MS: u64 = 60 * 1000;
/// The longest one: the pool holds a transaction for as long.
pub const MAX_TRANSACTION_LIFETIME_MS: u64 = 24 * 60 * 60 * 1000;
/// Bytes of an encoded `AccessToken`; the longest of ids and numbers make fewer.
pub const MAX_ACCESS_TOKEN_BYTES: usize = 512;
/// How far ahead of a node's clock an access token may expire.
pub const MAX_ACCESS_TOKEN_LIFETIME_MS: u64 = 60 * 60 * 1000;
/// Latest block time: 00:00 of 2199-12-31, the calendar's last day.
pub const MAX_BLOCK_TIME_MS: u64 = 7_258_032_000_000;
/// Transactions in a block.
pub const MAX_BLOCK_TRANSACTIONS: usize = 10_000;
/// Bytes of a block's receipts: a short transaction can move 256 claims, which takes its time and room. The
/// largest payment must fit: it overtakes 256 requests with 64 quotes each.
pub const MAX_BLOCK_RECEIPT_BYTES: usize = 5 * 1024 * 1024;
/// Largest `max_block_bytes` a genesis may set; the engine cannot sync blocks near 10 MiB.
pub const MAX_BLOCK_BYTES: u64 = 4 * 1024 * 1024;

pub const MAX_CHAIN_ID: usize = 32;
pub const MAX_ORGANIZATION_ID: usize = 64;
/// Accounts that sign one transaction.
pub const MAX_SIGNERS: usize = 8;
/// Accounts an organization ever has, those that act no more among them.
pub const MAX_ACCOUNTS: usize = 64;
/// Requirements of an approval rule.
pub const MAX_APPROVAL_REQUIREMENTS: usize = 64;
/// Organizations whose consent one proposal asks.
pub const MAX_CONSENTS: usize = 32;
/// Approvals that a requirement asks: the other signers of a transaction beside its maker.
pub const MAX_APPROVALS: u32 = 7;
/// Days for which a proposal or decision stands.
pub const MAX_PROPOSAL_DAYS: i64 = 90;
/// Accounts enrolled and revoked in one action.
pub const MAX_ACCOUNT_CHANGES: usize = 16;
/// Ledger keys that are ever in force: each costs every registration another look.
pub const MAX_LEDGER_KEYS: usize = 16;
/// How many heights ahead an account may begin or end, and an upgrade or a rotation of the ledger key begin.
pub const MAX_HEIGHTS_AHEAD: u64 = 1_000_000;
pub const MAX_ORGANIZATIONS: usize = 10_000;
pub const MAX_VALIDATORS: usize = 100;
/// Characters of a legal name or national id.
pub const MAX_NAME: usize = 140;

/// Characters of an invoice number or order reference.
pub const MAX_REFERENCE: usize = 64;
/// Characters of a reason.
pub const MAX_REASON: usize = 280;
/// Characters of an end-to-end id (ISO 20022 Max35Text).
pub const MAX_END_TO_END_ID: usize = 35;
/// Issuers on a payee's list of those whose deposits it accepts.
pub const MAX_ACCEPTED_ISSUERS: usize = 64;
/// Business days from the instruction of a payment over the external rail to its deadline (specification 4.6).
pub const PAYMENT_BUSINESS_DAYS: u32 = 2;
/// Business days from its assertion to the day by which its confirmer answers.
pub const ANSWER_BUSINESS_DAYS: u32 = 2;
/// Days from an invoice's issue to its due date.
pub const MAX_TENOR_DAYS: i64 = 3_660;
pub const MAX_GRACE_DAYS: u32 = 365;
pub const MAX_RATE_PPM: u32 = 1_000_000;
/// Fees of an invoice's terms, or of a quote.
pub const MAX_FEES: usize = 8;
/// Arbiters of an invoice's terms.
pub const MAX_ARBITERS: usize = 7;
/// Characters of a calendar's code.
pub const MAX_CALENDAR_CODE: usize = 16;
/// Holidays of a calendar: some twenty a year for fifty years.
pub const MAX_HOLIDAYS: usize = 1_024;
/// Invoices that share a strict fingerprint, its false collisions released.
pub const MAX_SHARED_FINGERPRINT: usize = 4;
/// Days for which a buyer's conditions bind it.
pub const MAX_CONDITION_DAYS: i64 = 90;
/// Credit notes on an invoice, and claims that one of them reduces.
pub const MAX_CREDIT_NOTES: usize = 32;
pub const MAX_CREDITED_CLAIMS: usize = 16;

/// Live claims of a receivable (specification 4.2).
pub const MAX_LIVE_CLAIMS: usize = 256;
/// Claims ever made of a receivable, from where on no more are: far below 2^32, beyond which they have no number.
pub const MAX_CLAIMS: u32 = u32::MAX - 1_024;
/// Endorsers that have undertaken to pay a claim, and guarantors that have.
pub const MAX_RECOURSES: usize = 8;
pub const MAX_GUARANTEES: usize = 8;
/// Days after the notice for an endorser to pay; then an earlier one may be asked.
pub const RECOURSE_DAYS: i64 = 5;
/// Days for which a claim is offered.
pub const MAX_OFFER_DAYS: i64 = 90;
/// Claims pledged for a loan.
pub const MAX_COLLATERAL: usize = 256;

/// Claims of a financing request.
pub const MAX_REQUEST_CLAIMS: usize = 16;
/// Days from a request to its deadline, and from there to its last day.
pub const MAX_REQUEST_DAYS: i64 = 90;
/// Days after the deadline on which quotes are revealed.
pub const REVEAL_WINDOW_DAYS: i64 = 3;
pub const MAX_INVITED: usize = 32;
pub const MAX_QUOTES: usize = 64;
/// Parts of an award.
pub const MAX_AWARD_PARTS: usize = 16;
/// Revealed quotes of a bank that are reserved in its limit for one debtor or borrower.
pub const MAX_RESERVATIONS: usize = 256;
/// Characters of the name of a quote's fee.
pub const MAX_FEE_NAME: usize = 64;

/// Policy packs that are in force or to come.
pub const MAX_SCHEDULED_PACKS: usize = 16;
/// Organizations on a policy pack's stop list, and among its small sellers.
pub const MAX_LISTED: usize = 1_024;
pub const MAX_EXPOSURE_CAPS: usize = 256;
/// Times that one record is frozen, and organizations that are told of it.
pub const MAX_FREEZES: usize = 64;
pub const MAX_TOLD: usize = 16;

/// Private fields of an invoice, and bytes of a name or value.
pub const MAX_PRIVATE_FIELDS: usize = 1_024;
pub const MAX_PRIVATE_FIELD_BYTES: usize = 64 * 1024;

/// Buyers whose confirmed amounts a supplier's profile keeps apart, over all its currencies.
pub const MAX_PROFILE_BUYERS: usize = 64;
/// Days to confirm that a debtor's profile tells apart; what took longer is one more place.
pub const MAX_PROFILE_DAYS: usize = 366;
/// Days from the ledger date to the last one on which another organization may read a profile.
pub const MAX_SHARE_DAYS: i64 = 366;

/// Bytes of a proof that is checked: one that a node makes holds a few hundred records.
pub const MAX_PROOF_BYTES: usize = 4 * 1024 * 1024;
/// Headers on the way to the one that a proof is as of: one for each change of validators.
pub const MAX_PROOF_HEADERS: usize = 1_000;
/// Bytes of the shape of a proof of the state: a longer one would describe more of the tree than a proof has hashes for.
pub const MAX_SHAPE_BYTES: usize = 256 * 1024;
