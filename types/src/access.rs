//! Tokens by which a reader shows who it is, to one node and for a short time.

use counterfoil_proto::v1::{AccessClaims, AccessToken};
use prost::Message;

use crate::hash::Hash;
use crate::ids::OrganizationId;
use crate::keys::{PublicKey, Signature, SigningKey};
use crate::limits::{MAX_ACCESS_TOKEN_BYTES, MAX_ACCESS_TOKEN_LIFETIME_MS};
use crate::strict;

/// Why a token is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the token is not the hexadecimal digits of an AccessToken: {0}")]
    Malformed(String),
    #[error("the token is for chain {found:?}; this is chain {expected:?}")]
    WrongChain { found: String, expected: String },
    #[error("the token is for another node than this one")]
    WrongNode,
    #[error("the token has expired; compare this machine's clock with the node's")]
    Expired,
    #[error(
        "the token expires more than an hour from now; compare this machine's clock with the node's"
    )]
    ExpiresTooLate,
    #[error("the signature is not the account's")]
    WrongSignature,
}

/// What a good token says. Whether the account is one of the organization's, the ledger knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    pub organization: OrganizationId,
    pub account: PublicKey,
    pub expires_at_ms: u64,
}

/// The node that shows a TLS certificate (DER).
pub fn node_of_certificate(der: &[u8]) -> Hash {
    Hash::of_document(der)
}

/// The node of a peer key, where there is no TLS.
pub fn node_of_peer(key: &PublicKey) -> Hash {
    Hash::tagged("counterfoil/node/v1", &[key.as_bytes()])
}

/// Signs a token, as the text that follows "Bearer ".
pub fn issue(
    key: &SigningKey,
    organization: &OrganizationId,
    chain_id: &str,
    node: &Hash,
    expires_at_ms: u64,
) -> String {
    let claims = AccessClaims {
        chain_id: chain_id.to_owned(),
        node: node.to_vec(),
        organization: organization.to_string(),
        account: key.public_key().to_vec(),
        expires_at_ms,
    }
    .encode_to_vec();
    let signature = key.sign(&sign_bytes(&claims)).to_vec();
    hex::encode(AccessToken { claims, signature }.encode_to_vec())
}

/// Reads a token, and checks everything about it that needs no ledger.
pub fn open(text: &str, chain_id: &str, node: &Hash, now_ms: u64) -> Result<Bearer, TokenError> {
    let malformed = |problem: &dyn std::fmt::Display| TokenError::Malformed(problem.to_string());
    if text.len() > 2 * MAX_ACCESS_TOKEN_BYTES {
        return Err(malformed(&"it is longer than any"));
    }
    let bytes = hex::decode(text).map_err(|e| malformed(&e))?;
    let token: AccessToken = strict::decode(&bytes).map_err(|e| malformed(&e))?;
    let claims: AccessClaims = strict::decode(&token.claims).map_err(|e| malformed(&e))?;
    let organization = claims.organization.parse().map_err(|e| malformed(&e))?;
    let signature = Signature::try_from(token.signature.as_slice()).map_err(|e| malformed(&e))?;
    if claims.chain_id != chain_id {
        return Err(TokenError::WrongChain {
            found: claims.chain_id,
            expected: chain_id.to_owned(),
        });
    }
    if claims.node != node.as_ref() {
        return Err(TokenError::WrongNode);
    }
    if claims.expires_at_ms <= now_ms {
        return Err(TokenError::Expired);
    }
    if claims.expires_at_ms - now_ms > MAX_ACCESS_TOKEN_LIFETIME_MS {
        return Err(TokenError::ExpiresTooLate);
    }
    // Last, as these two cost most.
    let account = PublicKey::enrol(&claims.account).map_err(|e| malformed(&e))?;
    if !account.verify(&sign_bytes(&token.claims), &signature) {
        return Err(TokenError::WrongSignature);
    }
    Ok(Bearer {
        organization,
        account,
        expires_at_ms: claims.expires_at_ms,
    })
}

fn sign_bytes(claims: &[u8]) -> Vec<u8> {
    [b"counterfoil/access/v1", claims].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000_000;

    fn token(chain: &str, node: u8, expires_at_ms: u64) -> String {
        let key = SigningKey::from_seed([7; 32]);
        let organization = "bank-a".parse().unwrap();
        issue(
            &key,
            &organization,
            chain,
            &Hash::from_bytes([node; 32]),
            expires_at_ms,
        )
    }

    fn opened(text: &str) -> Result<Bearer, TokenError> {
        open(text, "c", &Hash::from_bytes([1; 32]), NOW)
    }

    #[test]
    fn a_token_is_good_for_its_chain_node_and_time() {
        let bearer = opened(&token("c", 1, NOW + 1)).unwrap();
        assert_eq!(bearer.organization.as_str(), "bank-a");
        assert_eq!(bearer.account, SigningKey::from_seed([7; 32]).public_key());
        let latest = NOW + MAX_ACCESS_TOKEN_LIFETIME_MS;
        assert!(opened(&token("c", 1, latest)).is_ok());
        let wrong = |text: &str| opened(text).unwrap_err();
        assert_eq!(
            wrong(&token("c", 1, latest + 1)),
            TokenError::ExpiresTooLate
        );
        assert_eq!(wrong(&token("c", 1, NOW)), TokenError::Expired);
        assert_eq!(wrong(&token("c", 2, NOW + 1)), TokenError::WrongNode);
        assert!(matches!(
            wrong(&token("d", 1, NOW + 1)),
            TokenError::WrongChain { .. }
        ));
    }

    #[test]
    fn no_digit_of_a_token_can_be_another() {
        let good = token("c", 1, NOW + 1);
        for at in 0..good.len() {
            let other = if &good[at..=at] == "0" { "1" } else { "0" };
            let bad = [&good[..at], other, &good[at + 1..]].concat();
            assert!(opened(&bad).is_err(), "{bad}");
        }
        assert!(matches!(opened(""), Err(TokenError::Malformed(_))));
        assert!(matches!(
            opened(&"00".repeat(MAX_ACCESS_TOKEN_BYTES + 1)),
            Err(TokenError::Malformed(_))
        ));
    }
}
