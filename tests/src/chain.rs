//! A chain of one process in a temporary folder: the ledger without network or consensus.

use counterfoil_execution::{VerifiedTransaction, check};
use counterfoil_proto::{calendar, financing, invoice, receivable, settlement, v1};
use counterfoil_rules_tests::trade::{self, Action, confirmation};
use counterfoil_types::block::{VoteKind, vote_sign_bytes};
use counterfoil_types::genesis::{
    ClockKind, ConsensusParams, Genesis, GenesisAccount, GenesisCurrency, GenesisOrganization,
    GenesisValidator, LedgerKey, PROTOCOL_VERSION, Role,
};
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::{InvoiceId, ReceivableId, TxId};
use counterfoil_types::keys::SigningKey;
use counterfoil_types::transaction::Draft;
use counterfoild::ledger::{Candidate, Ledger};
use prost::Message;
use tempfile::TempDir;

pub const CHAIN_ID: &str = "vectors-1";
/// 2023-11-14 22:13:20 UTC.
pub const GENESIS_MS: u64 = 1_700_000_000_000;

/// An organization's account key, and the validators': from a seed, so that bytes repeat.
pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed([seed; 32])
}

/// A buyer, a supplier, a bank, an operator and a second supplier, with account seeds 1 to 5; the
/// bank runs the one validator, of seed 9. The ledger date begins at 2012-01-01.
pub fn genesis() -> Genesis {
    let organization = |id: &str, role, seed| GenesisOrganization {
        id: id.parse().expect("a slug"),
        legal_name: id.to_uppercase(),
        lei: String::new(),
        national_id: format!("test:{id}"),
        roles: vec![role],
        accounts: vec![GenesisAccount::of(key(seed).public_key())],
    };
    let mut genesis = Genesis {
        protocol_version: PROTOCOL_VERSION,
        chain_id: CHAIN_ID.into(),
        time_ms: GENESIS_MS,
        development: true,
        clock: ClockKind::Simulated,
        first_date: Some("2012-01-01".parse().expect("a date")),
        utc_offset_minutes: 60,
        ledger_key_hash: ledger_key().hash(),
        currencies: vec![GenesisCurrency {
            code: "USD".parse().expect("a currency"),
            exponent: 2,
        }],
        organizations: vec![
            organization("buyer", Role::CoreEnterprise, 1),
            organization("supplier", Role::Supplier, 2),
            organization("bank", Role::Bank, 3),
            organization("operator", Role::Operator, 4),
            organization("trader", Role::Supplier, 5),
        ],
        validators: vec![GenesisValidator {
            organization: "bank".parse().expect("a slug"),
            public_key: key(9).public_key(),
            power: 1,
        }],
        params: ConsensusParams::default(),
    };
    genesis.sort();
    genesis
}

pub fn ledger_key() -> LedgerKey {
    LedgerKey::from_bytes([7; 32])
}

/// A ledger in a folder that is removed with it.
pub struct Chain {
    pub ledger: Ledger,
    pub folder: TempDir,
}

impl Chain {
    pub fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let ledger = Ledger::open(folder.path(), genesis(), ledger_key()).expect("a new ledger");
        Self { ledger, folder }
    }

    /// Proposes the next block at a time after genesis, by the validator of seed 9.
    pub fn propose(&self, after_ms: u64, transactions: Vec<VerifiedTransaction>) -> Candidate {
        let height = self.ledger.tip().height + 1;
        let proposer = key(9).public_key().address();
        let clock = GENESIS_MS + after_ms;
        self.ledger
            .propose(height, clock, proposer, transactions, usize::MAX)
            .expect("a proposal")
    }

    pub fn commit(&self, candidate: &Candidate) {
        let height = candidate.header().height;
        let certificate = certificate(height, &candidate.block_hash());
        self.ledger
            .commit(candidate, &certificate)
            .expect("a commit");
    }
}

impl Default for Chain {
    fn default() -> Self {
        Self::new()
    }
}

/// The one validator's certificate of a block.
pub fn certificate(height: u64, block_hash: &Hash) -> v1::CommitCertificate {
    let address = key(9).public_key().address();
    let bytes = vote_sign_bytes(
        CHAIN_ID,
        VoteKind::Precommit,
        height,
        0,
        Some(block_hash),
        &address,
    );
    v1::CommitCertificate {
        height,
        round: 0,
        block_hash: block_hash.to_vec(),
        signatures: vec![v1::CommitSignature {
            address: address.to_vec(),
            signature: key(9).sign(&bytes).to_vec(),
        }],
    }
}

/// Signs as an organization of [`genesis`] with the account of a seed; expires an hour after genesis.
pub fn sign(
    organization: &str,
    seed: u8,
    nonce: u64,
    (contract, action): (u32, Vec<u8>),
) -> VerifiedTransaction {
    let draft = Draft {
        chain_id: CHAIN_ID,
        organization: &organization.parse().expect("a slug"),
        expires_at_ms: GENESIS_MS + 3_600_000,
        nonce,
        contract,
        action,
    };
    let (_, signed) = draft.sign(&key(seed));
    check(&signed.encode_to_vec(), CHAIN_ID).expect("a good transaction")
}

pub fn usd(minor: u64) -> v1::Money {
    v1::Money {
        minor,
        currency: "USD".into(),
    }
}

pub fn date(year: u32, month: u32, day: u32) -> Option<v1::Date> {
    Some(v1::Date { year, month, day })
}

/// An action with the number of its contract in front.
fn encoded(action: impl Into<Action>) -> (u32, Vec<u8>) {
    let Action { contract, bytes } = action.into();
    (contract, bytes)
}

/// The bank issues a deposit.
pub fn issue(holder: &str, minor: u64, end_to_end_id: &str) -> (u32, Vec<u8>) {
    encoded(trade::issue(holder, minor, end_to_end_id))
}

/// The supplier registers an invoice of 2011-12-30, due on 2012-01-30, to the buyer.
pub fn register(number: &str, minor: u64) -> (u32, Vec<u8>) {
    use invoice::v1::{RegisterInvoice, action};
    let register = RegisterInvoice {
        buyer: "buyer".into(),
        number: number.into(),
        issue_date: date(2011, 12, 30),
        due_date: date(2012, 1, 30),
        delivery_date: None,
        gross: Some(usd(minor)),
        type_code: 380,
        order_reference: "PO-7".into(),
        terms: Some(trade::terms()),
        document_hash: Hash::of_document(number.as_bytes()).to_vec(),
        payload_root: Hash::of_document(b"").to_vec(),
        succeeds: Vec::new(),
        release: None,
    };
    encoded(action::Action::Register(register))
}

/// The buyer confirms an invoice under [`terms`].
pub fn confirm(registration: TxId, minor: u64) -> (u32, Vec<u8>) {
    let confirm = confirmation(InvoiceId::of(registration), minor);
    encoded(invoice::v1::action::Action::Confirm(confirm))
}

/// The buyer settles the receivable of an invoice.
pub fn settle(registration: TxId, minor: u64, end_to_end_id: &str) -> (u32, Vec<u8>) {
    use settlement::v1::{SettleReceivable, action};
    let settle = SettleReceivable {
        receivable: ReceivableId::of(InvoiceId::of(registration)).to_vec(),
        issuer: "bank".into(),
        amount: Some(usd(minor)),
        end_to_end_id: end_to_end_id.into(),
        fees: Vec::new(),
    };
    encoded(action::Action::Settle(settle))
}

/// An action on claims.
pub fn on_claims(action: receivable::v1::action::Action) -> (u32, Vec<u8>) {
    encoded(action)
}

/// An action on requests, quotes and loans.
pub fn on_finance(action: financing::v1::action::Action) -> (u32, Vec<u8>) {
    encoded(action)
}

/// The operator rolls the clock.
pub fn roll(year: u32, month: u32, day: u32) -> (u32, Vec<u8>) {
    use calendar::v1::{RollClock, action};
    let roll = RollClock {
        to: date(year, month, day),
    };
    encoded(action::Action::Roll(roll))
}
