//! Signs actions as one organization on one chain.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use counterfoil_proto::v1 as wire;
use counterfoil_proto::{
    calendar, cash, credit, financing, invoice, membership, receivable, settlement, supervision,
};
use counterfoil_types::dates::Date;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::{OrganizationId, ProposalId, TxId};
use counterfoil_types::keys::SigningKey;
use counterfoil_types::transaction::{Draft, contract};
use prost::Message;

/// How long a transaction may wait for its block unless told otherwise.
pub const DEFAULT_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// An action of one contract, ready to be signed.
#[derive(Clone)]
pub struct Action {
    contract: u32,
    bytes: Vec<u8>,
}

impl Action {
    /// The proposal of an action, which others are to sign.
    pub fn proposed(self, consents_of: Vec<String>, expires_on: Date) -> Self {
        let propose = membership::v1::Propose {
            contract: self.contract,
            action: self.bytes,
            consents_of,
            expires_on: Some(expires_on.to_proto()),
        };
        membership::v1::action::Action::Propose(propose).into()
    }

    /// What its other signers repeat where it was proposed.
    pub fn hash(&self, proposal: ProposalId) -> Hash {
        proposal.action_hash(self.contract, &self.bytes)
    }
}

/// Each contract's actions become an [`Action`] with that contract's number.
macro_rules! actions {
    ($($module:ident => $number:ident;)*) => {$(
        impl From<$module::v1::action::Action> for Action {
            fn from(action: $module::v1::action::Action) -> Self {
                let action = $module::v1::Action { action: Some(action) };
                Self { contract: contract::$number, bytes: action.encode_to_vec() }
            }
        }
    )*};
}

actions! {
    calendar => CALENDAR;
    cash => CASH;
    credit => CREDIT;
    financing => FINANCING;
    invoice => INVOICE;
    membership => MEMBERSHIP;
    receivable => RECEIVABLE;
    settlement => SETTLEMENT;
    supervision => SUPERVISION;
}

/// An organization's account, on one chain, with those that approve at once what it makes.
#[derive(Clone)]
pub struct Signer {
    pub chain_id: String,
    pub organization: OrganizationId,
    pub key: SigningKey,
    pub approvers: Vec<SigningKey>,
}

impl Signer {
    pub fn sign(
        &self,
        action: impl Into<Action>,
        lifetime: Duration,
    ) -> (TxId, wire::SignedTransaction) {
        let Action { contract, bytes } = action.into();
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("the clock is after 1970");
        let expires_at_ms = u64::try_from((now + lifetime).as_millis())
            .expect("the clock is before year 584,556,019");
        let keys: Vec<&SigningKey> = self.approvers.iter().chain([&self.key]).collect();
        Draft {
            chain_id: &self.chain_id,
            organization: &self.organization,
            expires_at_ms,
            nonce: rand::random(),
            contract,
            action: bytes,
        }
        .sign_with(&keys)
    }
}

/// An end-to-end id that is not used yet: a prefix and 80 random bits.
pub fn new_end_to_end_id(prefix: &str) -> String {
    format!("{prefix}-{}", hex::encode(rand::random::<[u8; 10]>()))
}
