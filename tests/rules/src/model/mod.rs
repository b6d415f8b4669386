//! A second reading of the specification: what every transaction should do,
//! over plain maps.
//!
//! It was written from the specification and the comments of the `.proto` files
//! and imports nothing of the ledger but its wire types, so that a mistake in the
//! rules is not made here again. Instead of keyed fingerprints it compares what
//! they are computed from: all that matters is which are equal.

mod act;
pub mod arithmetic;
pub mod authority;
pub mod business_days;
pub mod calendar;
pub mod cash;
pub mod claims;
mod credits;
pub mod external;
pub mod financing;
mod happened;
pub mod invoices;
pub mod membership;
pub mod numbers;
pub mod profiles;
mod proposals;
pub mod settlement;
mod shares;
pub mod supervision;
mod suspense;
pub mod undertakings;

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::calendar::v1 as calendar_wire;
use counterfoil_proto::cash::v1 as cash_wire;
use counterfoil_proto::credit::v1::{self as credit_wire, Figure, HistoryEntry};
use counterfoil_proto::financing::v1 as financing_wire;
use counterfoil_proto::invoice::v1 as invoice_wire;
use counterfoil_proto::membership::v1::{self as membership_wire, Role};
use counterfoil_proto::receivable::v1::{self as receivable_wire, ReceivableState};
use counterfoil_proto::settlement::v1 as settlement_wire;
use counterfoil_proto::supervision::v1 as supervision_wire;
use counterfoil_proto::v1::KernelRejectionCode as Kernel;
use sha2::{Digest as _, Sha256};

pub use act::Act;
use act::{is_well_formed, names_an_action};
use calendar::Clock;
pub use happened::Happened;
use invoices::{Loose, Strict};
use membership::{Beginning, KnownKeys};
use profiles::Tally;

/// The numbers of the contracts, as at the head of their `.proto` files.
pub mod contract {
    pub const MEMBERSHIP: u32 = 1;
    pub const SUPERVISION: u32 = 2;
    pub const CASH: u32 = 3;
    pub const INVOICE: u32 = 4;
    pub const RECEIVABLE: u32 = 5;
    pub const FINANCING: u32 = 6;
    pub const SETTLEMENT: u32 = 7;
    pub const CREDIT: u32 = 8;
    pub const CALENDAR: u32 = 9;
}

/// A hash, or the id made of one.
pub type Id = [u8; 32];

/// SHA-256 of a tag and what follows it.
pub fn tagged_hash(tag: &str, parts: &[&[u8]]) -> Id {
    let mut hasher = Sha256::new();
    hasher.update(tag);
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().into()
}

/// One transaction, at its place in the chain, or an action that it carries out.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    pub tx_id: Id,
    pub height: u64,
    pub index: u32,
    /// The block's time.
    pub time_ms: u64,
    pub organization: &'a str,
    /// The keys that signed for it, ascending.
    pub signers: &'a [Vec<u8>],
    /// Other organizations that consented to this very action.
    pub consents: &'a BTreeSet<String>,
    pub contract: u32,
    pub act: &'a Act,
}

impl Call<'_> {
    /// Whether an organization signed this very action: as its caller or by its consent.
    pub fn is_signed_by(&self, organization: &str) -> bool {
        self.organization == organization || self.consents.contains(organization)
    }
}

/// Why a transaction changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    pub code: u32,
    /// The invoice or transaction that this one repeats.
    pub first: Option<Id>,
}

impl Rejected {
    fn with(code: impl Into<i32>) -> Rejected {
        Rejected {
            code: u32::try_from(code.into()).expect("codes are positive"),
            first: None,
        }
    }
}

/// The whole ledger, as the specification has it. Records are the wire's own
/// messages, with the keyed fingerprints left empty.
#[derive(Clone)]
pub struct Model {
    /// What a sealed quote is bound to.
    pub chain_id: String,
    pub organizations: BTreeMap<String, membership_wire::Organization>,
    pub proposals: BTreeMap<Id, membership_wire::Proposal>,
    pub decisions: BTreeMap<Id, membership_wire::ProposedDecision>,
    /// What organizations were known to the law by before their records were amended: id, LEI and national id.
    pub former_legal_ids: Vec<(String, String, String)>,
    pub consensus: membership_wire::ConsensusSettings,
    pub beginning: Beginning,
    /// Whether core enterprises and banks may do with one account.
    pub development: bool,
    pub known_keys: KnownKeys,
    pub currencies: BTreeSet<String>,
    pub clock: Clock,
    /// By code.
    pub calendars: BTreeMap<String, calendar_wire::PublishedCalendar>,
    pub invoices: BTreeMap<Id, invoice_wire::Invoice>,
    /// The invoices registered under what a strict fingerprint stands for, the newest first: several where
    /// collisions were released.
    pub strict: BTreeMap<Strict, Vec<Id>>,
    /// The invoice that a credit note of this seller, number and year is on.
    pub credit_notes: BTreeMap<Strict, Id>,
    /// The newest invoice registered under what a fingerprint stands for, or with a document; or the one that a
    /// credit note with that document is on.
    pub loose: BTreeMap<Loose, Id>,
    pub documents: BTreeMap<Vec<u8>, Id>,
    pub receivables: BTreeMap<Id, receivable_wire::Receivable>,
    pub claims: BTreeMap<(Id, u32), receivable_wire::Claim>,
    /// By receivable and id.
    pub endorsements: BTreeMap<(Id, Id), receivable_wire::Endorsement>,
    /// What endorsers and guarantors undertake, by receivable and id.
    pub undertakings: BTreeMap<(Id, Id), receivable_wire::Undertaking>,
    pub requests: BTreeMap<Id, financing_wire::Request>,
    /// By request and bank.
    pub quotes: BTreeMap<(Id, String), financing_wire::Quote>,
    pub loans: BTreeMap<Id, financing_wire::Loan>,
    pub programmes: BTreeMap<Id, financing_wire::Programme>,
    /// By programme and bank.
    pub standing: BTreeMap<(Id, String), financing_wire::StandingQuote>,
    /// What banks have set as limits, by bank, debtor or borrower, and currency.
    pub caps: BTreeMap<(String, String, String), u64>,
    /// By holder, issuer and currency.
    pub balances: BTreeMap<(String, String, String), cash_wire::Balance>,
    /// By issuer and currency.
    pub issuances: BTreeMap<(String, String), cash_wire::Issuance>,
    /// By holder and end-to-end id.
    pub redemptions: BTreeMap<(String, String), cash_wire::Redemption>,
    /// Deposits that wait for a release or a ruling.
    pub suspense: BTreeMap<Id, cash_wire::Suspense>,
    /// In order of their versions.
    pub packs: Vec<supervision_wire::PolicyPack>,
    /// By the key of what was frozen.
    pub freezes: BTreeMap<Vec<u8>, supervision_wire::Freeze>,
    /// First use of an end-to-end id, by payer.
    pub instructions: BTreeMap<(String, String), Id>,
    /// What payees said of the deposits they take and their bank.
    pub acceptances: BTreeMap<String, cash_wire::Acceptance>,
    /// Over the external rail.
    pub payments: BTreeMap<Id, cash_wire::Payment>,
    /// The transaction that asserted a bank's message first, by its hash.
    pub bank_messages: BTreeMap<Vec<u8>, Id>,
    /// The same by bank and entry reference.
    pub bank_entries: BTreeMap<(String, String), Id>,
    /// What debtors paid of receivables, in order.
    pub debt_payments: Vec<receivable_wire::DebtPayment>,
    /// What concerned each organization, in order.
    pub history: BTreeMap<String, Vec<HistoryEntry>>,
    /// Whom organizations let, or let, read their profiles, by both.
    pub shares: BTreeMap<(String, String), credit_wire::ProfileShare>,
    /// Whose receivables were reported, and as what.
    pub reports: Vec<(String, ReceivableState)>,
    /// Seller and buyer of every invoice about which a dispute was upheld, once for each.
    pub upheld: Vec<(String, String)>,
    /// What endorsers with recourse were given notice of, and paid.
    pub recourses: Vec<(String, Figure)>,
    /// Receivables that a payment settled, not a credit note.
    pub paid_off: BTreeSet<Id>,
    /// What each organization's history amounts to so far.
    tallies: BTreeMap<String, Tally>,
}

impl Model {
    /// The ledger at genesis.
    pub fn new(
        chain_id: &str,
        organizations: BTreeMap<String, membership_wire::Organization>,
        consensus: membership_wire::ConsensusSettings,
        beginning: Beginning,
        known_keys: KnownKeys,
        currencies: BTreeSet<String>,
        clock: Clock,
    ) -> Model {
        Model {
            chain_id: chain_id.to_owned(),
            organizations,
            proposals: BTreeMap::new(),
            decisions: BTreeMap::new(),
            former_legal_ids: Vec::new(),
            consensus,
            beginning,
            development: true,
            known_keys,
            currencies,
            clock,
            calendars: BTreeMap::new(),
            invoices: BTreeMap::new(),
            strict: BTreeMap::new(),
            credit_notes: BTreeMap::new(),
            loose: BTreeMap::new(),
            documents: BTreeMap::new(),
            receivables: BTreeMap::new(),
            claims: BTreeMap::new(),
            endorsements: BTreeMap::new(),
            undertakings: BTreeMap::new(),
            requests: BTreeMap::new(),
            quotes: BTreeMap::new(),
            loans: BTreeMap::new(),
            programmes: BTreeMap::new(),
            standing: BTreeMap::new(),
            caps: BTreeMap::new(),
            balances: BTreeMap::new(),
            issuances: BTreeMap::new(),
            redemptions: BTreeMap::new(),
            suspense: BTreeMap::new(),
            packs: Vec::new(),
            freezes: BTreeMap::new(),
            instructions: BTreeMap::new(),
            acceptances: BTreeMap::new(),
            payments: BTreeMap::new(),
            bank_messages: BTreeMap::new(),
            bank_entries: BTreeMap::new(),
            debt_payments: Vec::new(),
            history: BTreeMap::new(),
            shares: BTreeMap::new(),
            reports: Vec::new(),
            upheld: Vec::new(),
            recourses: Vec::new(),
            paid_off: BTreeSet::new(),
            tallies: BTreeMap::new(),
        }
    }

    /// Executes a transaction: its events, or its rejection, which changes nothing.
    pub fn apply(&mut self, call: &Call) -> Result<Vec<Happened>, Rejected> {
        ensure(self.exists(call.organization), Kernel::UnknownOrganization)?;
        let accounts = self.signing(call.organization, call.signers, call.height);
        ensure(accounts.len() == call.signers.len(), Kernel::UnknownSigner)?;
        let known = [
            contract::MEMBERSHIP,
            contract::SUPERVISION,
            contract::CASH,
            contract::INVOICE,
            contract::RECEIVABLE,
            contract::FINANCING,
            contract::SETTLEMENT,
            contract::CREDIT,
            contract::CALENDAR,
        ];
        ensure(known.contains(&call.contract), Kernel::UnknownContract)?;
        ensure(names_an_action(call.act), Kernel::MalformedAction)?;
        ensure(self.knows(call.act, call.height), Kernel::MalformedAction)?;
        // As of before: it may be the one that moves the date.
        let on = self.dated(arithmetic::date(self.clock.day(call.time_ms)), call.height);
        let events = self.perform(call)?;
        let concerned: BTreeSet<&String> = events
            .iter()
            .flat_map(|event| &event.organizations)
            .collect();
        for organization in concerned {
            let now = self.tally(organization);
            let before = self.tallies.insert(organization.clone(), now.clone());
            let before = before.unwrap_or_default();
            let moved = now
                .iter()
                .filter(|(figure, times)| before.get(figure) != Some(times));
            let figures = moved.map(|(figure, _)| i32::from(*figure)).collect();
            let history = self.history.entry(organization.clone()).or_default();
            history.push(HistoryEntry {
                tx_id: call.tx_id.to_vec(),
                height: call.height,
                index: call.index,
                figures,
                on,
            });
        }
        Ok(events)
    }

    /// Does what is signed for: of a transaction, or of a proposal that has its last signature.
    fn perform(&mut self, call: &Call) -> Result<Vec<Happened>, Rejected> {
        if let Some(authority) = self.authority(call.organization, call.act)? {
            self.check_signed(call.organization, call.signers, call.height, &authority)?;
            self.ensure_caller_free(call, &authority)?;
        }
        ensure(is_well_formed(call.act), Kernel::MalformedAction)?;
        self.dispatch(call)
    }

    fn dispatch(&mut self, call: &Call) -> Result<Vec<Happened>, Rejected> {
        use calendar_wire::action::Action as Calendar;
        use cash_wire::action::Action as Cash;
        use credit_wire::action::Action as Credit;
        use financing_wire::action::Action as Financing;
        use invoice_wire::action::Action as Invoice;
        use membership_wire::action::Action as Membership;
        use receivable_wire::action::Action as Receivable;
        use settlement_wire::action::Action as Settlement;
        use supervision_wire::action::Action as Supervision;
        match call.act {
            Act::Calendar(calendar_wire::Action {
                action: Some(Calendar::Roll(a)),
            }) => self.roll(call, a),
            Act::Calendar(calendar_wire::Action {
                action: Some(Calendar::Publish(a)),
            }) => self.publish(call, a),
            Act::Cash(cash_wire::Action {
                action: Some(action),
            }) => match action {
                Cash::Issue(a) => self.issue(call, a),
                Cash::Transfer(a) => self.transfer(call, a),
                Cash::RequestRedemption(a) => self.request_redemption(call, a),
                Cash::ConfirmRedemption(a) => self.confirm_redemption(call, a),
                Cash::DeclineRedemption(a) => self.decline_redemption(call, a),
                Cash::AcceptIssuers(a) => self.accept_issuers(call, a),
                Cash::AssertPayment(a) => self.assert_payment(call, a),
                Cash::ContestPayment(a) => self.contest_payment(call, a),
                Cash::CollectSuspense(a) => self.collect_suspense(call, a),
                Cash::RuleOnSuspense(a) => self.rule_on_suspense(call, a),
            },
            Act::Credit(credit_wire::Action {
                action: Some(action),
            }) => match action {
                Credit::Share(a) => self.share(call, a),
                Credit::Unshare(a) => self.unshare(call, a),
            },
            Act::Invoice(invoice_wire::Action {
                action: Some(action),
            }) => match action {
                Invoice::Register(a) => self.register(call, a),
                Invoice::Query(a) => self.query(call, a),
                Invoice::ResolveQuery(a) => self.resolve(call, a),
                Invoice::Confirm(a) => self.confirm(call, a),
                Invoice::Reject(a) => self.reject(call, a),
                Invoice::Withdraw(a) => self.withdraw(call, a),
                Invoice::Propose(a) => self.propose_invoice(call, a),
                Invoice::AcceptProposal(a) => self.accept_proposal(call, a),
                Invoice::DeclineProposal(a) => self.decline_proposal(call, a),
                Invoice::TakeBackProposal(a) => self.take_back_proposal(call, a),
                Invoice::ConfirmConditionally(a) => self.confirm_conditionally(call, a),
                Invoice::AcceptConditions(a) => self.accept_conditions(call, a),
                Invoice::RefuseConditions(a) => self.refuse_conditions(call, a),
                Invoice::ExpireConditions(a) => self.expire_conditions(call, a),
                Invoice::Credit(a) => self.credit(call, a),
                Invoice::OpenDispute(a) => self.open_dispute(call, a),
                Invoice::RuleOnDispute(a) => self.rule_on_dispute(call, a),
                Invoice::EndDispute(a) => self.end_dispute(call, a),
            },
            Act::Membership(membership_wire::Action {
                action: Some(action),
            }) => match action {
                Membership::Propose(a) => self.propose(call, a),
                Membership::Approve(a) => self.approve(call, a),
                Membership::Consent(a) => self.consent(call, a),
                Membership::EndProposal(a) => self.end_proposal(call, a),
                Membership::ChangeAccounts(a) => self.change_accounts(call, a),
                Membership::SetApprovalRule(a) => self.set_approval_rule(call, a),
                Membership::Leave(_) => self.leave(call),
                Membership::ProposeDecision(a) => self.propose_decision(call, a),
                Membership::Vote(a) => self.vote(call, a),
            },
            Act::Receivable(receivable_wire::Action {
                action: Some(action),
            }) => match action {
                Receivable::Split(a) => self.split(call, a),
                Receivable::Merge(a) => self.merge(call, a),
                Receivable::Offer(a) => self.offer(call, a),
                Receivable::Accept(a) => self.accept(call, a),
                Receivable::Decline(a) => self.decline(call, a),
                Receivable::Expire(a) => self.expire_offer(call, a),
                Receivable::GiveGuarantee(a) => self.give_guarantee(call, a),
                Receivable::GiveNotice(a) => self.give_notice(call, a),
            },
            Act::Financing(financing_wire::Action {
                action: Some(action),
            }) => match action {
                Financing::Open(a) => self.open(call, a),
                Financing::Commit(a) => self.commit(call, a),
                Financing::Reveal(a) => self.reveal(call, a),
                Financing::Award(a) => self.award(call, a),
                Financing::Cancel(a) => self.cancel(call, a),
                Financing::Expire(a) => self.expire_request(call, a),
                Financing::Repay(a) => self.repay(call, a),
                Financing::Release(a) => self.release(call, a),
                Financing::ReportLoanDefault(a) => self.report_loan_default(call, a),
                Financing::AwardParts(a) => self.award_parts(call, a),
                Financing::TakeControl(a) => self.take_control(call, a),
                Financing::SplitCollateral(a) => self.split_collateral(call, a),
                Financing::OpenProgramme(a) => self.open_programme(call, a),
                Financing::CloseProgramme(a) => self.close_programme(call, a),
                Financing::MakeStandingQuote(a) => self.make_standing_quote(call, a),
                Financing::Purchase(a) => self.purchase(call, a),
                Financing::DrawExtension(a) => self.draw_extension(call, a),
                Financing::SetLimit(a) => self.set_limit(call, a),
            },
            Act::Settlement(settlement_wire::Action {
                action: Some(action),
            }) => match action {
                Settlement::Settle(a) => self.settle(call, a),
                Settlement::Honour(a) => self.honour(call, a),
                Settlement::ReportOverdue(a) => self.report_overdue(call, a),
                Settlement::ReportDefault(a) => self.report_default(call, a),
                Settlement::InstructPayment(a) => self.instruct_payment(call, a),
                Settlement::ConfirmPayment(a) => self.confirm_payment(call, a),
                Settlement::CancelPayment(a) => self.cancel_payment(call, a),
                Settlement::RulePayment(a) => self.rule_payment(call, a),
                Settlement::TimeOutPayment(a) => self.time_out_payment(call, a),
            },
            Act::Supervision(supervision_wire::Action {
                action: Some(action),
            }) => match action {
                Supervision::PublishPack(a) => self.publish_pack(call, a),
                Supervision::Freeze(a) => self.freeze(call, a),
                Supervision::Release(a) => self.release_record(call, a),
            },
            _ => Err(Rejected::with(Kernel::MalformedAction)),
        }
    }

    /// Whether there is such an organization.
    pub fn exists(&self, organization: &str) -> bool {
        self.organizations.contains_key(organization)
    }

    /// Whether there is such a bank, suspended or not: it still owes its deposits.
    pub fn is_bank(&self, organization: &str) -> bool {
        self.was_admitted_as(organization, Role::Bank)
    }

    /// Whether there is such an organization with the role, whatever its status.
    pub fn was_admitted_as(&self, organization: &str, role: Role) -> bool {
        let found = self.organizations.get(organization);
        found.is_some_and(|found| found.roles.contains(&role.into()))
    }

    /// Whether there is such an organization, it is active, and it has the role: who is suspended or has left is no
    /// party of anything new.
    pub fn has_role(&self, organization: &str, role: Role) -> bool {
        self.was_admitted_as(organization, role) && self.is_active(organization)
    }
}

fn is_reason(reason: &str) -> bool {
    (1..=280).contains(&reason.chars().count())
}

fn ensure(holds: bool, otherwise: impl Into<i32>) -> Result<(), Rejected> {
    if holds {
        Ok(())
    } else {
        Err(Rejected::with(otherwise))
    }
}

/// Rejects a repetition, naming what came first.
fn ensure_first(first: Option<&Id>, otherwise: impl Into<i32>) -> Result<(), Rejected> {
    match first {
        None => Ok(()),
        Some(first) => Err(Rejected {
            first: Some(*first),
            ..Rejected::with(otherwise)
        }),
    }
}
