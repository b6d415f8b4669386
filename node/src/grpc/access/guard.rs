//! The guard before every service but health: it lets a call through with who sent it, or answers with
//! what a token for this node must say.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use counterfoil_contracts::membership;
use counterfoil_proto::membership::v1::Organization;
use counterfoil_types::access::{self, Bearer, TokenError};
use counterfoil_types::hash::Hash;
use futures::future::BoxFuture;
use lru::LruCache;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, Request, Response, header};
use tower::{Layer, Service};

use super::{Caller, Records};
use crate::clock::clock_ms;
use crate::grpc::errors;
use crate::grpc::limits::OfConnection;
use crate::grpc::reader::Reader;

/// Tokens that are remembered as good, the last ones used.
const MAX_VERIFIED: NonZeroUsize = NonZeroUsize::new(10_000).expect("above zero");
/// Calls that need no token: whoever watches over nodes asks them whether they are up.
const OPEN: &str = "/grpc.health.v1.Health/";
const UNKNOWN_ACCOUNT: &str = "UNKNOWN_ACCOUNT";

/// Clones share what they remember.
#[derive(Clone)]
pub struct Guard {
    reader: Reader,
    node: Hash,
    /// Who sent which token, by the token's hash. Organizations come from genesis, so that an account stays
    /// one of its organization's while its token lives.
    verified: Arc<Mutex<LruCache<Hash, Arc<Caller>>>>,
}

impl Guard {
    /// `node` is the identity that tokens must name.
    pub fn new(reader: Reader, node: Hash) -> Self {
        Self {
            reader,
            node,
            verified: Arc::new(Mutex::new(LruCache::new(MAX_VERIFIED))),
        }
    }

    /// Who sent a request with these headers, at this time.
    async fn caller(
        &self,
        headers: &HeaderMap,
        connection: Option<&Arc<OfConnection>>,
        now_ms: u64,
    ) -> Result<Arc<Caller>, Status> {
        let token = self.token(headers);
        let name = Hash::of_document(token.as_ref().map_or(b"", |token| token.as_bytes()));
        if let Some(caller) = self.remembered(&name, now_ms) {
            return Ok(caller);
        }
        // Nobody is known yet whom the work on it could be charged to, but the connection.
        if let Some(connection) = connection {
            connection.token()?;
        }
        let token = token?;
        let chain_id = self.reader.ledger().chain_id();
        let bearer = access::open(token, chain_id, &self.node, now_ms)
            .map_err(|error| self.challenge(reason(&error), error.to_string()))?;
        let caller = Arc::new(self.enrolled(bearer).await?);
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        verified.put(name, caller.clone());
        Ok(caller)
    }

    fn token<'a>(&self, headers: &'a HeaderMap) -> Result<&'a str, Status> {
        let Some(value) = headers.get(header::AUTHORIZATION) else {
            let message = "the call has no token; send one as metadata `authorization: Bearer …`";
            return Err(self.challenge("TOKEN_MISSING", message));
        };
        let words = value.to_str().ok().and_then(|text| text.split_once(' '));
        match words {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token),
            _ => {
                let message = "the authorization is not `Bearer` and a token";
                Err(self.challenge("TOKEN_MALFORMED", message))
            }
        }
    }

    fn remembered(&self, name: &Hash, now_ms: u64) -> Option<Arc<Caller>> {
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        let caller = verified.get(name)?;
        (caller.expires_at_ms > now_ms).then(|| caller.clone())
    }

    /// Checks on the ledger that the account is the organization's.
    async fn enrolled(&self, bearer: Bearer) -> Result<Caller, Status> {
        let key = membership::api::organization_key(bearer.organization.as_str());
        let read = self
            .reader
            .read(move |ledger| Records::new(ledger).get::<Organization>(&key));
        let account = bearer.account.as_bytes().as_slice();
        match read.await? {
            Some(found)
                if found
                    .accounts
                    .iter()
                    .any(|known| known.public_key == account) =>
            {
                Ok(Caller {
                    organization: bearer.organization,
                    account: bearer.account,
                    roles: found.roles,
                    expires_at_ms: bearer.expires_at_ms,
                })
            }
            _ => {
                let message = format!(
                    "the key is not an account of organization {}; use that organization's key, or name the one \
                     whose key it is",
                    bearer.organization
                );
                Err(self.challenge(UNKNOWN_ACCOUNT, message))
            }
        }
    }

    fn challenge(&self, reason: &str, message: impl Into<String>) -> Status {
        let chain_id = self.reader.ledger().chain_id();
        errors::unauthenticated(reason, message, chain_id, &self.node)
    }
}

fn reason(error: &TokenError) -> &'static str {
    match error {
        TokenError::Malformed(_) => "TOKEN_MALFORMED",
        TokenError::WrongChain { .. } => "TOKEN_WRONG_CHAIN",
        TokenError::WrongNode => "TOKEN_WRONG_NODE",
        TokenError::Expired => "TOKEN_EXPIRED",
        TokenError::ExpiresTooLate => "TOKEN_EXPIRES_TOO_LATE",
        TokenError::WrongSignature => "TOKEN_WRONG_SIGNATURE",
    }
}

impl<S> Layer<S> for Guard {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded {
            guard: self.clone(),
            inner,
        }
    }
}

/// Services behind the guard.
#[derive(Clone)]
pub struct Guarded<S> {
    guard: Guard,
    inner: S,
}

impl<S> Service<Request<Body>> for Guarded<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // The one that is ready goes with the call; its clone may not be yet.
        let inner = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, inner);
        if request.uri().path().starts_with(OPEN) {
            return Box::pin(inner.call(request));
        }
        let guard = self.guard.clone();
        Box::pin(async move {
            match guard
                .caller(request.headers(), request.extensions().get(), clock_ms())
                .await
            {
                Ok(caller) => {
                    request.extensions_mut().insert(caller);
                    inner.call(request).await
                }
                Err(status) => Ok(status.into_http()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::membership::v1::Role;

    use super::*;
    use crate::fixture::{self, BANK, CHAIN};

    const NOW: u64 = 1_000_000;

    #[tokio::test]
    async fn a_remembered_token_is_not_good_beyond_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let node = Hash::from_bytes([4; 32]);
        let guard = Guard::new(Reader::new(fixture::ledger(folder.path())), node);
        let organization = BANK.parse().unwrap();
        let token = access::issue(&fixture::bank_key(), &organization, CHAIN, &node, NOW + 10);
        let mut headers = HeaderMap::new();
        let value = format!("bearer {token}");
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        for now in [NOW, NOW + 9] {
            let caller = guard.caller(&headers, None, now).await.unwrap();
            assert!(caller.is(BANK) && caller.has(Role::Bank) && !caller.reads_all());
            assert_eq!(caller.expires_at_ms, NOW + 10);
        }
        assert_eq!(guard.verified.lock().unwrap().len(), 1);
        let late = guard.caller(&headers, None, NOW + 10).await.unwrap_err();
        assert!(late.message().contains("expired"), "{late:?}");
    }
}
