//! The transactions that the demo signs, one for each thing that somebody does.

mod cases;

use std::collections::BTreeMap;

use counterfoil_keystore as keystore;
use counterfoil_proto::financing::v1::{self as financing, Technique};
use counterfoil_proto::receivable::v1::{
    self as receivable, BusinessDayConvention, DayCount, Purpose, Recourse, Terms,
};
use counterfoil_proto::v1 as wire;
use counterfoil_proto::{calendar, cash, invoice, settlement};
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{InvoiceId, OrganizationId, ReceivableId, RequestId, TxId};
use counterfoil_types::keys::SigningKey;
use counterfoil_types::terms::terms_hash;
use counterfoil_types::{payload, quote};

pub use self::cases::Proposed;
use super::business::Business;
use super::data::{BANKS, OPERATOR, REGULATOR, Row};
use super::figures::{GRACE_DAYS, PENALTY_RATE_PPM};
use super::quotes;
use super::schedule::{PASSED_CLAIM, Request, Schedule};
use super::scripted::{self, ARBITER_THRESHOLD, ARBITERS};
use crate::commands::invoice::COMMERCIAL_INVOICE;
use crate::failure::Failure;
use crate::localnet::Network;
use crate::signer::{Action, DEFAULT_LIFETIME, Signer};

/// For how long a claim stays on offer. It is answered on the next day.
const OFFER_DAYS: i64 = 10;

/// One transaction, what it is in words, and the outcome it must have.
pub struct Step {
    pub what: String,
    pub tx_id: TxId,
    pub transaction: wire::SignedTransaction,
    pub expect: u32,
}

/// Signs for everybody.
pub struct Steps<'a> {
    business: &'a Business,
    chain_id: String,
    /// By organization.
    signers: BTreeMap<String, Signer>,
    terms: Terms,
    payload_root: Vec<u8>,
}

/// An invoice on the ledger, with what is known of it so far.
#[derive(Clone, Copy)]
pub struct Registered {
    pub rank: usize,
    pub invoice: InvoiceId,
    /// Once its claim is put to the banks.
    pub request: Option<RequestId>,
}

impl Registered {
    fn receivable(&self) -> Vec<u8> {
        ReceivableId::of(self.invoice).to_vec()
    }

    fn request(&self) -> Vec<u8> {
        let request = self.request;
        request
            .expect("requests are opened a day before they are quoted on")
            .to_vec()
    }
}

impl<'a> Steps<'a> {
    pub fn prepare(business: &'a Business, network: &Network) -> Result<Self, Failure> {
        let fixed = [OPERATOR, REGULATOR, BANKS[0], BANKS[1], scripted::GUARANTOR];
        let fixed = fixed.map(|id| id.parse().expect("these are organization ids"));
        let mut signers = BTreeMap::new();
        for organization in business.parties().chain(&fixed) {
            if !signers.contains_key(organization.as_str()) {
                let signer = signer(organization, network)?;
                signers.insert(organization.to_string(), signer);
            }
        }
        Ok(Self {
            business,
            chain_id: network.chain_id().to_owned(),
            signers,
            terms: Terms {
                day_count: DayCount::A004.into(),
                convention: BusinessDayConvention::None.into(),
                grace_days: GRACE_DAYS,
                penalty_rate_ppm: PENALTY_RATE_PPM,
                assignable: true,
                fees: Vec::new(),
                arbiter: String::new(),
                arbiters: Vec::new(),
                arbiter_threshold: 0,
                calendar: String::new(),
            },
            payload_root: payload::root(&[]).map_err(Failure::failed)?.to_vec(),
        })
    }

    /// Invoices of the cases name arbiters.
    fn terms(&self, row: &Row) -> Terms {
        if row.currency != scripted::CURRENCY {
            return self.terms.clone();
        }
        Terms {
            arbiters: ARBITERS.map(str::to_owned).to_vec(),
            arbiter_threshold: ARBITER_THRESHOLD,
            ..self.terms.clone()
        }
    }

    fn sign(&self, by: &str, what: String, action: impl Into<Action>) -> Result<Step, Failure> {
        let signer = self
            .signers
            .get(by)
            .ok_or_else(|| Failure::Failed(format!("no key of {by}")))?;
        let (tx_id, transaction) = signer.sign(action, DEFAULT_LIFETIME);
        Ok(Step {
            what,
            tx_id,
            transaction,
            expect: 0,
        })
    }

    pub fn roll(&self, date: Date) -> Result<Step, Failure> {
        let roll = calendar::v1::RollClock {
            to: Some(date.to_proto()),
        };
        let action = calendar::v1::action::Action::Roll(roll);
        self.sign(OPERATOR, format!("roll to {date}"), action)
    }

    /// A bank issues what somebody is to pay.
    pub fn issue(
        &self,
        bank: usize,
        holder: &str,
        row: &Row,
        minor: u64,
        id: String,
    ) -> Result<Step, Failure> {
        let issue = cash::v1::IssueDeposit {
            holder: holder.to_owned(),
            amount: Some(row.money(minor)),
            end_to_end_id: id,
        };
        let action = cash::v1::action::Action::Issue(issue);
        self.sign(BANKS[bank], in_words("issue deposits for", row), action)
    }

    pub fn register(&self, rank: usize) -> Result<Step, Failure> {
        let row = self.business.row(rank);
        let register = invoice::v1::RegisterInvoice {
            buyer: row.buyer.to_string(),
            number: row.number.clone(),
            issue_date: Some(row.issued.to_proto()),
            due_date: Some(row.due.to_proto()),
            delivery_date: None,
            gross: Some(row.money(row.amount_minor)),
            type_code: COMMERCIAL_INVOICE,
            order_reference: String::new(),
            terms: Some(self.terms(row)),
            document_hash: row.document.to_vec(),
            payload_root: self.payload_root.clone(),
            succeeds: Vec::new(),
            release: None,
        };
        let action = invoice::v1::action::Action::Register(register);
        let mut step = self.sign(row.seller.as_str(), in_words("register", row), action)?;
        if row.repeats {
            step.expect = invoice::v1::RejectionCode::DuplicateInvoice as u32;
        }
        Ok(step)
    }

    pub fn query(&self, registered: Registered) -> Result<Step, Failure> {
        let query = invoice::v1::QueryInvoice {
            invoice: registered.invoice.to_vec(),
            reason: "disputed".into(),
        };
        let action = invoice::v1::action::Action::Query(query);
        self.by_buyer("query", registered, action)
    }

    /// The buyer confirms, and repeats what there was to look at.
    pub fn confirm(&self, registered: Registered, acknowledged: Vec<i32>) -> Result<Step, Failure> {
        let row = self.business.row(registered.rank);
        let confirm = invoice::v1::ConfirmInvoice {
            invoice: registered.invoice.to_vec(),
            amount: Some(row.money(row.amount_minor)),
            terms_hash: terms_hash(&self.terms(row)).to_vec(),
            acknowledged,
        };
        let action = invoice::v1::action::Action::Confirm(confirm);
        self.by_buyer("confirm", registered, action)
    }

    pub fn pay(
        &self,
        registered: Registered,
        bank: usize,
        minor: u64,
        id: String,
    ) -> Result<Step, Failure> {
        let settle = settlement::v1::SettleReceivable {
            receivable: registered.receivable(),
            issuer: BANKS[bank].to_owned(),
            amount: Some(self.business.row(registered.rank).money(minor)),
            end_to_end_id: id,
            fees: Vec::new(),
        };
        let action = settlement::v1::action::Action::Settle(settle);
        self.by_buyer("settle", registered, action)
    }

    pub fn split(&self, registered: Registered) -> Result<Step, Failure> {
        let split = receivable::SplitClaim {
            receivable: registered.receivable(),
            number: 0,
            parts_minor: self.schedule(registered).claims_minor(self.row(registered)),
        };
        let action = receivable::action::Action::Split(split);
        self.by_seller("split", registered, action)
    }

    pub fn offer(&self, registered: Registered, date: Date) -> Result<Step, Failure> {
        let expires_on = date.add_days(OFFER_DAYS).unwrap_or(Date::MAX);
        let offer = receivable::OfferClaim {
            receivable: registered.receivable(),
            number: PASSED_CLAIM,
            to: self.recipient(registered).to_string(),
            purpose: Purpose::Payment.into(),
            price: None,
            expires_on: Some(expires_on.to_proto()),
            issuer: String::new(),
            recourse: Recourse::None.into(),
            recourse_limit: None,
        };
        let action = receivable::action::Action::Offer(offer);
        self.by_seller("offer part of", registered, action)
    }

    pub fn accept(&self, registered: Registered) -> Result<Step, Failure> {
        let accept = receivable::AcceptOffer {
            receivable: registered.receivable(),
            number: PASSED_CLAIM,
            end_to_end_id: String::new(),
        };
        let action = receivable::action::Action::Accept(accept);
        let what = in_words("accept part of", self.row(registered));
        self.sign(self.recipient(registered).as_str(), what, action)
    }

    /// Puts the seller's claim to the banks.
    pub fn open(&self, registered: Registered) -> Result<Step, Failure> {
        let (row, schedule) = (self.row(registered), self.schedule(registered));
        let request = asked(schedule);
        let invited = match request.technique {
            Technique::LoanAgainstReceivables => &request.banks[..],
            _ => &[],
        };
        let open = financing::OpenRequest {
            claims: vec![financing::ClaimReference {
                receivable: registered.receivable(),
                number: schedule.kept_claim(),
            }],
            technique: request.technique.into(),
            amount: Some(row.money(request.amount_minor)),
            recourse: Recourse::None.into(),
            deadline: Some(request.deadline.to_proto()),
            expires_on: Some(request.expires_on.to_proto()),
            invited: invited.iter().map(|bank| BANKS[*bank].to_owned()).collect(),
            ..Default::default()
        };
        let action = financing::action::Action::Open(open);
        self.by_seller("seek finance on", registered, action)
    }

    pub fn commit(&self, registered: Registered, bank: usize) -> Result<Step, Failure> {
        let row = self.row(registered);
        let request = registered.request();
        let terms = self.quote(registered, bank);
        let salt = quotes::salt(registered.rank, bank);
        let sealed = quote::commitment(&self.chain_id, &request, BANKS[bank], &salt, &terms);
        let commit = financing::CommitQuote {
            request,
            commitment: sealed.to_vec(),
        };
        let action = financing::action::Action::Commit(commit);
        self.sign(BANKS[bank], in_words("quote on", row), action)
    }

    pub fn reveal(&self, registered: Registered, bank: usize) -> Result<Step, Failure> {
        let reveal = financing::RevealQuote {
            request: registered.request(),
            terms: Some(self.quote(registered, bank)),
            salt: quotes::salt(registered.rank, bank).to_vec(),
        };
        let action = financing::action::Action::Reveal(reveal);
        let what = in_words("reveal the quote on", self.row(registered));
        self.sign(BANKS[bank], what, action)
    }

    pub fn award(&self, registered: Registered) -> Result<Step, Failure> {
        let (row, schedule) = (self.row(registered), self.schedule(registered));
        let awarded = quotes::award(row, registered.rank, schedule);
        let awarded = awarded.ok_or_else(|| Failure::Failed(in_words("no quote for", row)))?;
        let award = financing::AwardRequest {
            request: registered.request(),
            bank: BANKS[awarded.bank].to_owned(),
            pay_on: None,
        };
        let action = financing::action::Action::Award(award);
        self.by_seller("award the request on", registered, action)
    }

    fn quote(&self, registered: Registered, bank: usize) -> financing::QuoteTerms {
        let request = asked(self.schedule(registered));
        quotes::terms(self.row(registered), registered.rank, request, bank)
    }

    /// Who gets the part that is passed on.
    fn recipient(&self, registered: Registered) -> &OrganizationId {
        let split = self.schedule(registered).split();
        &split.expect("only what is split is passed on").to
    }

    fn row(&self, registered: Registered) -> &Row {
        self.business.row(registered.rank)
    }

    fn schedule(&self, registered: Registered) -> &Schedule {
        self.business.schedule(registered.rank)
    }

    fn by_seller(
        &self,
        verb: &str,
        registered: Registered,
        action: impl Into<Action>,
    ) -> Result<Step, Failure> {
        let row = self.row(registered);
        self.sign(row.seller.as_str(), in_words(verb, row), action)
    }

    fn by_buyer(
        &self,
        verb: &str,
        registered: Registered,
        action: impl Into<Action>,
    ) -> Result<Step, Failure> {
        let row = self.row(registered);
        self.sign(row.buyer.as_str(), in_words(verb, row), action)
    }
}

fn signer(organization: &OrganizationId, network: &Network) -> Result<Signer, Failure> {
    let key: SigningKey = keystore::read_plain_key(&network.key_file(organization))?;
    let checker = network.checker_key_file(organization);
    let approvers = match checker.exists() {
        true => vec![keystore::read_plain_key(&checker)?],
        false => Vec::new(),
    };
    Ok(Signer {
        chain_id: network.chain_id().to_owned(),
        organization: organization.clone(),
        key,
        approvers,
    })
}

fn asked(schedule: &Schedule) -> &Request {
    let request = schedule.request();
    request.expect("only what is put to the banks is quoted on")
}

fn in_words(verb: &str, row: &Row) -> String {
    let place = match row.line {
        0 => "scripted".to_owned(),
        line => format!("line {line}"),
    };
    format!("{verb} invoice {} of {} ({place})", row.number, row.seller)
}
