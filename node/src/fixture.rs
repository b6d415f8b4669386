//! A small chain for the node's own tests: one validator, a bank that operates it, a buyer.

use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use counterfoil_execution::{VerifiedTransaction, check};
use counterfoil_proto::cash::v1 as cash;
use counterfoil_proto::membership::v1 as membership;
use counterfoil_proto::membership::v1::action::Action;
use counterfoil_proto::membership::v1::decision::Decision;
use counterfoil_proto::v1 as wire;
use counterfoil_types::block::{VoteKind, vote_sign_bytes};
use counterfoil_types::genesis::{
    ClockKind, ConsensusParams, Genesis, GenesisAccount, GenesisCurrency, GenesisOrganization,
    GenesisValidator, LedgerKey, PROTOCOL_VERSION, Role,
};
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::TxId;
use counterfoil_types::keys::SigningKey;
use counterfoil_types::transaction::{Draft, contract};
use prost::Message as _;

use crate::grpc::Caller;
use crate::ledger::{Candidate, Ledger};

pub const CHAIN: &str = "test-1";
pub const BANK: &str = "bank-a";
pub const BUYER: &str = "buyer-a";

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed([seed; 32])
}

pub fn bank_key() -> SigningKey {
    key(1)
}

pub fn buyer_key() -> SigningKey {
    key(2)
}

pub fn validator_key() -> SigningKey {
    key(3)
}

pub fn ledger_key() -> LedgerKey {
    LedgerKey::from_bytes([9; 32])
}

/// Who calls for an organization that has these roles.
pub fn caller(organization: &str, roles: &[membership::Role]) -> Caller {
    Caller {
        organization: organization.parse().unwrap(),
        account: bank_key().public_key(),
        roles: roles.iter().map(|role| (*role).into()).collect(),
        views: true,
        expires_at_ms: u64::MAX,
    }
}

pub fn genesis() -> Genesis {
    let organization = |id: &str, roles: &[Role], key: SigningKey| GenesisOrganization {
        id: id.parse().unwrap(),
        legal_name: id.to_uppercase(),
        lei: String::new(),
        national_id: format!("test:{id}"),
        roles: roles.to_vec(),
        accounts: vec![GenesisAccount::of(key.public_key())],
    };
    let mut genesis = Genesis {
        protocol_version: PROTOCOL_VERSION,
        chain_id: CHAIN.into(),
        time_ms: 1_700_000_000_000,
        development: true,
        clock: ClockKind::Simulated,
        first_date: Some("2012-01-01".parse().unwrap()),
        utc_offset_minutes: 0,
        ledger_key_hash: ledger_key().hash(),
        currencies: vec![GenesisCurrency {
            code: "USD".parse().unwrap(),
            exponent: 2,
        }],
        organizations: vec![
            organization(BANK, &[Role::Bank, Role::Operator], bank_key()),
            organization(BUYER, &[Role::CoreEnterprise], buyer_key()),
        ],
        validators: vec![GenesisValidator {
            organization: BANK.parse().unwrap(),
            public_key: validator_key().public_key(),
            power: 1,
        }],
        params: ConsensusParams::default(),
    };
    genesis.sort();
    genesis.validate().unwrap();
    genesis
}

pub fn ledger(dir: &Path) -> Ledger {
    Ledger::open(dir, genesis(), ledger_key()).unwrap()
}

pub fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}

/// An issue of deposits to the buyer, in an organization's name, by a key.
pub fn issue(
    nonce: u64,
    organization: &str,
    key: &SigningKey,
    expires_at_ms: u64,
) -> (TxId, wire::SignedTransaction) {
    let issue = cash::IssueDeposit {
        holder: BUYER.into(),
        amount: Some(wire::Money {
            minor: 100,
            currency: "USD".into(),
        }),
        end_to_end_id: format!("E2E-{nonce}"),
    };
    let action = cash::Action {
        action: Some(cash::action::Action::Issue(issue)),
    };
    let draft = Draft {
        chain_id: CHAIN,
        organization: &organization.parse().unwrap(),
        expires_at_ms,
        nonce,
        contract: contract::CASH,
        action: action.encode_to_vec(),
    };
    draft.sign(key)
}

/// A good transaction of the bank's, for the next minutes; the same one for the same nonce.
pub fn good(nonce: u64) -> (TxId, wire::SignedTransaction) {
    static EXPIRES_AT_MS: LazyLock<u64> = LazyLock::new(|| now_ms() + 1_800_000);
    issue(nonce, BANK, &bank_key(), *EXPIRES_AT_MS)
}

/// An action of the bank's that changes who takes part.
pub fn administer(nonce: u64, action: Action) -> wire::SignedTransaction {
    let action = membership::Action {
        action: Some(action),
    };
    let draft = Draft {
        chain_id: CHAIN,
        organization: &BANK.parse().unwrap(),
        expires_at_ms: now_ms() + 600_000,
        nonce,
        contract: contract::MEMBERSHIP,
        action: action.encode_to_vec(),
    };
    draft.sign(&bank_key()).1
}

/// A decision of the bank's, which is the one operator: carried out at once.
pub fn decide(ledger: &Ledger, nonce: u64, decision: Decision) -> wire::SignedTransaction {
    let today = ledger.executor().ledger_date(&ledger.state(), now_ms());
    let propose = membership::ProposeDecision {
        decision: Some(membership::Decision {
            decision: Some(decision),
        }),
        expires_on: Some(today.unwrap().add_days(30).unwrap().to_proto()),
    };
    administer(nonce, Action::ProposeDecision(propose))
}

/// Decides that the validator of a key takes the place of the one there is.
pub fn hand_over(ledger: &Ledger, key: &SigningKey) -> Candidate {
    let successor = wire::Validator {
        organization: BANK.into(),
        public_key: key.public_key().to_vec(),
        power: 1,
    };
    let set = wire::ValidatorSet {
        validators: vec![successor],
    };
    commit(ledger, &[&decide(ledger, 1, Decision::Validators(set))])
}

pub fn verified(signed: &wire::SignedTransaction) -> VerifiedTransaction {
    check(&signed.encode_to_vec(), CHAIN).unwrap()
}

/// Decides the next block of these transactions as the one validator of genesis would.
pub fn commit(ledger: &Ledger, transactions: &[&wire::SignedTransaction]) -> Candidate {
    commit_by(&validator_key(), ledger, transactions)
}

/// The same by the validator of a key.
pub fn commit_by(
    key: &SigningKey,
    ledger: &Ledger,
    transactions: &[&wire::SignedTransaction],
) -> Candidate {
    let height = ledger.tip().height + 1;
    let address = key.public_key().address();
    let transactions = transactions.iter().map(|signed| verified(signed));
    let candidate = ledger
        .propose(
            height,
            now_ms(),
            address,
            transactions.collect(),
            usize::MAX,
        )
        .unwrap();
    let certificate = certificate_by(key, height, &candidate.block_hash());
    ledger.commit(&candidate, &certificate).unwrap();
    candidate
}

pub fn certificate(height: u64, block_hash: &Hash) -> wire::CommitCertificate {
    certificate_by(&validator_key(), height, block_hash)
}

fn certificate_by(key: &SigningKey, height: u64, block_hash: &Hash) -> wire::CommitCertificate {
    let address = key.public_key().address();
    let kind = VoteKind::Precommit;
    let vote = vote_sign_bytes(CHAIN, kind, height, 0, Some(block_hash), &address);
    wire::CommitCertificate {
        height,
        round: 0,
        block_hash: block_hash.to_vec(),
        signatures: vec![wire::CommitSignature {
            address: address.to_vec(),
            signature: key.sign(&vote).to_vec(),
        }],
    }
}

/// Waits until something holds that other tasks bring about, for as long as a loaded machine may need.
pub async fn eventually(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..3_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came about that {what}");
}
