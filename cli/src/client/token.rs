//! Tokens by which a node knows who asks: made for the node whose certificate was seen, and made
//! anew before they expire.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use counterfoil_types::access;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::OrganizationId;
use counterfoil_types::keys::SigningKey;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::{Request, Status};
use tonic_types::StatusExt as _;

use crate::failure::Failure;

/// Under which a node says what is wrong with a token.
const DOMAIN: &str = "counterfoil.access";
/// How long a token is good for.
const LIFETIME: Duration = Duration::from_secs(10 * 60);
/// A token with less left is not used any more.
const RENEW_BEFORE: Duration = Duration::from_secs(2 * 60);

/// An organization's account.
#[derive(Clone)]
pub struct Account {
    pub organization: OrganizationId,
    pub key: SigningKey,
}

/// What a node says that a token for it must name.
#[derive(Debug, PartialEq, Eq)]
pub struct Challenge {
    pub chain_id: String,
    pub node: Hash,
}

impl Challenge {
    /// Reads it from the answer to a call without a token.
    pub fn of(status: &Status) -> Option<Self> {
        let info = status.get_details_error_info()?;
        let named = |key: &str| info.metadata.get(key).cloned();
        Some(Self {
            chain_id: named("chain_id").filter(|_| info.domain == DOMAIN)?,
            node: named("node")?.parse().ok()?,
        })
    }
}

/// A token, and until when it is good.
#[derive(Clone)]
pub struct Token {
    pub text: String,
    pub expires_at_ms: u64,
}

/// Makes an account's tokens for one node.
pub struct Tokens {
    account: Account,
    challenge: Challenge,
    last: Mutex<Option<Token>>,
}

impl Tokens {
    pub fn new(account: Account, challenge: Challenge) -> Self {
        Self {
            account,
            challenge,
            last: Mutex::default(),
        }
    }

    pub fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// A token that is good for a while.
    pub fn current(&self) -> Token {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        self.at(now.expect("the clock is after 1970"))
    }

    fn at(&self, now: Duration) -> Token {
        // No code panics while it holds this lock, so its content is whole in any case.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let until = millis(now + RENEW_BEFORE);
        match &*last {
            Some(token) if token.expires_at_ms > until => token.clone(),
            _ => last.insert(self.issue(millis(now + LIFETIME))).clone(),
        }
    }

    fn issue(&self, expires_at_ms: u64) -> Token {
        let Account { organization, key } = &self.account;
        let Challenge { chain_id, node } = &self.challenge;
        Token {
            text: access::issue(key, organization, chain_id, node, expires_at_ms),
            expires_at_ms,
        }
    }
}

fn millis(since_1970: Duration) -> u64 {
    u64::try_from(since_1970.as_millis()).expect("the clock is before year 584,556,019")
}

/// Attaches a token to every call.
#[derive(Clone)]
pub struct Bearer(pub Arc<Tokens>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let value = format!("Bearer {}", self.0.current().text);
        let mut value: MetadataValue<Ascii> = value.parse().expect("hexadecimal digits are ASCII");
        // Kept out of what is printed of a request.
        value.set_sensitive(true);
        request.metadata_mut().insert("authorization", value);
        Ok(request)
    }
}

/// What it means that a node does not take a token, to the person who asked.
pub fn failure(url: &str, tokens: &Tokens, status: &Status) -> Option<Failure> {
    let info = status.get_details_error_info();
    let reason = info.filter(|info| info.domain == DOMAIN)?.reason;
    let organization = &tokens.account.organization;
    let chain_id = &tokens.challenge.chain_id;
    let (what, advice) = match reason.as_str() {
        "UNKNOWN_ACCOUNT" => (
            format!(
                "{url}, a node of chain {chain_id}, knows no account of {organization} with this key\n  why: the key \
                 is another organization's, or was made for another network than the node's"
            ),
            format!(
                "name {organization}'s key by --key and the network's node by --node; `counterfoil key show` prints \
                 the public key, which genesis.json must list under {organization}"
            ),
        ),
        "ACCOUNT_DOES_NOT_ACT" => (
            format!("{url} does not let this key in: {}", status.message()),
            format!(
                "use a key of {organization} that acts now, by --key; `counterfoil org show {organization}` lists \
                 them with the heights between which they act"
            ),
        ),
        "MAY_NOT_VIEW" => (
            format!("{url} lets this key send transactions, but not read"),
            format!("read with the key of an account of {organization} that may view, by --key"),
        ),
        "TOKEN_EXPIRED" | "TOKEN_EXPIRES_TOO_LATE" => (
            format!(
                "{url} does not take this command's token: {}\n  why: this machine's clock and the node's are many \
                 minutes apart",
                status.message()
            ),
            "compare `date -u` with the right time, here and on the node".to_owned(),
        ),
        "TOKEN_WRONG_CHAIN" | "TOKEN_WRONG_NODE" => (
            format!("{url} is another node now than when this command began"),
            "run the command again".to_owned(),
        ),
        _ => (
            format!(
                "{url} does not take this command's token: {reason}: {}",
                status.message()
            ),
            "use the `counterfoil` of the node's version (counterfoil --version)".to_owned(),
        ),
    };
    Some(Failure::Failed(format!("{what}\n  what to do: {advice}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_made_anew_before_it_expires() {
        let key = SigningKey::from_seed([7; 32]);
        let node = Hash::from_bytes([1; 32]);
        let account = Account {
            organization: "bank-a".parse().unwrap(),
            key: key.clone(),
        };
        let challenge = Challenge {
            chain_id: "c".into(),
            node,
        };
        let tokens = Tokens::new(account, challenge);
        let at = |seconds| tokens.at(Duration::from_secs(seconds));
        let first = at(1_000);
        assert_eq!(first.expires_at_ms, 1_600_000);
        assert_eq!(at(1_479).text, first.text);
        let second = at(1_480);
        assert_eq!(second.expires_at_ms, 2_080_000);
        assert_eq!(at(1_480).text, second.text);
        let bearer = access::open(&second.text, "c", &node, 1_480_000).unwrap();
        assert_eq!(bearer.organization.as_str(), "bank-a");
        assert_eq!(bearer.account, key.public_key());
    }
}
