//! The guard before every service but health: it lets a call through with who sent it, or answers with
//! what a token for this node must say.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use counterfoil_proto::membership::v1::Permission;
use counterfoil_types::access::{self, Bearer, TokenError};
use counterfoil_types::approvals::{live_account, may};
use counterfoil_types::hash::Hash;
use futures::future::BoxFuture;
use lru::LruCache;
use tokio::sync::watch;
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, Request, Response, header};
use tonic::{Code, Status};
use tower::{Layer, Service};

use super::Caller;
use super::members::Members;
use super::watched::Watched;
use crate::clock::clock_ms;
use crate::grpc::errors;
use crate::grpc::limits::OfConnection;
use crate::grpc::reader::Reader;
use crate::ledger::Tip;

/// Tokens that are remembered as good, the last ones used.
const MAX_VERIFIED: NonZeroUsize = NonZeroUsize::new(10_000).expect("above zero");
/// Calls that need no token: whoever watches over nodes asks them whether they are up.
const OPEN: &str = "/grpc.health.v1.Health/";
/// Calls by which an account that may not read sends transactions.
const SENDING: [&str; 2] = [
    "/counterfoil.v1.TransactionService/Submit",
    "/counterfoil.v1.TransactionService/SubmitStream",
];

/// Clones share what they remember.
#[derive(Clone)]
pub struct Guard {
    reader: Reader,
    node: Hash,
    /// Whose account signed which token, by the token's hash. Whether the account acts is asked at every call.
    verified: Arc<Mutex<LruCache<Hash, Arc<Bearer>>>>,
    members: Members,
}

impl Guard {
    /// `node` is the identity that tokens must name.
    pub fn new(reader: Reader, node: Hash) -> Self {
        Self {
            members: Members::new(reader.clone()),
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
        if let Some(bearer) = self.remembered(&name, now_ms) {
            return self.enrolled(&bearer).await;
        }
        // Nobody is known yet whom the work on it could be charged to, but the connection.
        if let Some(connection) = connection {
            connection.token()?;
        }
        let token = token?;
        let chain_id = self.reader.ledger().chain_id();
        let bearer = access::open(token, chain_id, &self.node, now_ms)
            .map_err(|error| self.challenge(reason(&error), error.to_string()))?;
        let caller = self.enrolled(&bearer).await?;
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        verified.put(name, Arc::new(bearer));
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

    fn remembered(&self, name: &Hash, now_ms: u64) -> Option<Arc<Bearer>> {
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        let bearer = verified.get(name)?;
        (bearer.expires_at_ms > now_ms).then(|| bearer.clone())
    }

    /// Checks on the ledger that the account is the organization's and acts at the next height, as it does where
    /// a transaction of its comes into the next block. A suspended organization's accounts act: it still reads.
    async fn enrolled(&self, bearer: &Bearer) -> Result<Arc<Caller>, Status> {
        let tip = self.reader.ledger().tip().height;
        let organization = &bearer.organization;
        let found = self.members.find(organization, tip).await?;
        let account = bearer.account.as_bytes().as_slice();
        if let Some(found) = &found
            && let Some(live) = live_account(found, account, tip + 1)
        {
            return Ok(Arc::new(Caller {
                organization: organization.clone(),
                account: bearer.account,
                roles: found.roles.clone(),
                views: may(live, Permission::View),
                expires_at_ms: bearer.expires_at_ms,
            }));
        }
        let mut known = found.iter().flat_map(|found| &found.accounts);
        if known.any(|known| known.public_key == account) {
            let message = format!(
                "the account of organization {organization} does not act at height {}: it was revoked, or begins later",
                tip + 1
            );
            return Err(self.challenge("ACCOUNT_DOES_NOT_ACT", message));
        }
        let message = format!(
            "the key is not an account of organization {organization}; use that organization's key, or name the one \
             whose key it is"
        );
        Err(self.challenge("UNKNOWN_ACCOUNT", message))
    }

    /// Resolves once the account of a call under way acts no more, or nobody can tell. `tips` has been looked at before
    /// the account was.
    async fn revoked(self, bearer: Bearer, mut tips: watch::Receiver<Tip>) -> Status {
        while tips.changed().await.is_ok() {
            if let Err(status) = self.enrolled(&bearer).await {
                return status;
            }
        }
        // The node stops, which ends the call in other ways.
        std::future::pending().await
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
            let tips = guard.reader.ledger().tip_watch();
            let (headers, connection) = (request.headers(), request.extensions().get());
            let caller = match guard.caller(headers, connection, clock_ms()).await {
                Ok(caller) => caller,
                Err(status) => return Ok(status.into_http()),
            };
            if !caller.views && !SENDING.contains(&request.uri().path()) {
                return Ok(may_not_view().into_http());
            }
            let bearer = Bearer {
                organization: caller.organization.clone(),
                account: caller.account,
                expires_at_ms: caller.expires_at_ms,
            };
            let mut revoked = Box::pin(guard.revoked(bearer, tips));
            request.extensions_mut().insert(caller);
            tokio::select! {
                biased;
                status = &mut revoked => Ok(status.into_http()),
                answered = inner.call(request) => {
                    Ok(answered?.map(|answer| Watched::body(answer, revoked)))
                }
            }
        })
    }
}

fn may_not_view() -> Status {
    let message = "the account may not view; let an account of the organization that may view ask";
    errors::with_reason(
        Code::PermissionDenied,
        errors::ACCESS,
        "MAY_NOT_VIEW",
        message,
    )
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::membership::v1::Role;
    use tokio::runtime::Handle;

    use super::*;
    use crate::fixture::{self, BANK, CHAIN};

    const NOW: u64 = 1_000_000;

    #[tokio::test]
    async fn a_remembered_token_is_not_good_beyond_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let node = Hash::from_bytes([4; 32]);
        let guard = Guard::new(
            Reader::new(fixture::ledger(folder.path()), Handle::current()),
            node,
        );
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
