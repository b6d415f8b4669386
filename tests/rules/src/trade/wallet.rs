//! Signing transactions for an organization, and the actions tests begin from.

use std::time::{SystemTime, UNIX_EPOCH};

use counterfoil_proto::{
    calendar, cash, financing, invoice as invoices, membership, receivable, settlement, v1 as wire,
};
use counterfoil_types::dates::Date;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::{InvoiceId, TxId};
use counterfoil_types::keys::SigningKey;
use counterfoil_types::terms::terms_hash;
use counterfoil_types::transaction::{self, contract};
use prost::Message as _;

use super::FIRST_DATE;

const LIFETIME_MS: u64 = 10 * 60 * 1_000;

/// This machine's clock.
pub fn now_ms() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    let elapsed = elapsed.expect("the clock is set to a time after 1970");
    u64::try_from(elapsed.as_millis()).expect("milliseconds fit for ages")
}

/// An encoded action and the contract it is for.
pub struct Action {
    pub contract: u32,
    pub bytes: Vec<u8>,
}

/// Each contract's own action becomes one of any.
macro_rules! actions {
    ($($name:ident $number:ident)*) => {$(
        impl From<$name::v1::action::Action> for Action {
            fn from(action: $name::v1::action::Action) -> Self {
                let action = $name::v1::Action { action: Some(action) };
                Self { contract: contract::$number, bytes: action.encode_to_vec() }
            }
        }
    )*};
}

actions! {
    calendar CALENDAR
    cash CASH
    financing FINANCING
    invoices INVOICE
    membership MEMBERSHIP
    receivable RECEIVABLE
    settlement SETTLEMENT
}

/// A signed transaction and its id.
#[derive(Clone, Debug)]
pub struct Signed {
    pub id: TxId,
    pub transaction: wire::SignedTransaction,
}

/// One organization's key.
#[derive(Clone)]
pub struct Wallet {
    pub chain_id: String,
    pub organization: String,
    pub key: SigningKey,
}

impl Wallet {
    pub fn new(chain_id: &str, organization: &str, key: SigningKey) -> Self {
        Self {
            chain_id: chain_id.to_owned(),
            organization: organization.to_owned(),
            key,
        }
    }

    pub fn sign(&self, action: impl Into<Action>) -> Signed {
        self.seal(&self.draft(action))
    }

    /// A good transaction, not signed yet.
    pub fn draft(&self, action: impl Into<Action>) -> wire::Transaction {
        let Action { contract, bytes } = action.into();
        wire::Transaction {
            chain_id: self.chain_id.clone(),
            organization: self.organization.clone(),
            signers: vec![self.key.public_key().to_vec()],
            expires_at_ms: now_ms() + LIFETIME_MS,
            nonce: rand::random(),
            contract,
            action: bytes,
        }
    }

    pub fn seal(&self, draft: &wire::Transaction) -> Signed {
        self.seal_bytes(draft.encode_to_vec())
    }

    /// Signs whatever the bytes are.
    pub fn seal_bytes(&self, bytes: Vec<u8>) -> Signed {
        let message = transaction::sign_bytes(&self.chain_id, &bytes);
        Signed {
            id: transaction::id(&self.chain_id, &bytes),
            transaction: wire::SignedTransaction {
                signatures: vec![self.key.sign(&message).to_vec()],
                transaction: bytes,
            },
        }
    }
}

pub fn money(minor: u64, currency: &str) -> Option<wire::Money> {
    Some(wire::Money {
        minor,
        currency: currency.to_owned(),
    })
}

/// Deposits for a holder.
pub fn issue(holder: &str, minor: u64, end_to_end_id: &str) -> cash::v1::action::Action {
    cash::v1::action::Action::Issue(cash::v1::IssueDeposit {
        holder: holder.to_owned(),
        amount: money(minor, "USD"),
        end_to_end_id: end_to_end_id.to_owned(),
    })
}

pub fn terms() -> receivable::v1::Terms {
    receivable::v1::Terms {
        day_count: receivable::v1::DayCount::A004.into(),
        convention: receivable::v1::BusinessDayConvention::None.into(),
        grace_days: 45,
        penalty_rate_ppm: 80_000,
        assignable: true,
        fees: Vec::new(),
        arbiter: String::new(),
        arbiters: Vec::new(),
        arbiter_threshold: 0,
        calendar: String::new(),
    }
}

/// Confirms an invoice under [`terms`].
pub fn confirmation(invoice: InvoiceId, minor: u64) -> invoices::v1::ConfirmInvoice {
    invoices::v1::ConfirmInvoice {
        invoice: invoice.to_vec(),
        amount: money(minor, "USD"),
        terms_hash: terms_hash(&terms()).to_vec(),
        acknowledged: Vec::new(),
    }
}

/// An invoice to `buyer-a` of the ledger's first day, due in a month.
pub fn invoice(number: &str, minor: u64) -> invoices::v1::RegisterInvoice {
    let today: Date = FIRST_DATE.parse().expect("a date");
    let due = today.add_days(30).expect("a date");
    invoices::v1::RegisterInvoice {
        buyer: "buyer-a".to_owned(),
        number: number.to_owned(),
        issue_date: Some(today.to_proto()),
        due_date: Some(due.to_proto()),
        delivery_date: None,
        gross: money(minor, "USD"),
        type_code: 380,
        order_reference: String::new(),
        terms: Some(terms()),
        document_hash: Hash::of_document(number.as_bytes()).to_vec(),
        payload_root: Hash::of_document(b"no private fields").to_vec(),
        succeeds: Vec::new(),
        release: None,
    }
}
