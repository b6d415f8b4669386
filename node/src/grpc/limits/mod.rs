//! What each account and organization may ask for at a time, behind the guard, so that none slows another: who is
//! beyond it is told by RESOURCE_EXHAUSTED, which limit it was, and how long to wait.
//!
//! What is under way already is not broken off, it goes slower: bytes of messages, transactions of a stream.

mod connection;
mod metered;
mod rates;
mod streams;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use counterfoil_types::ids::OrganizationId;
use counterfoil_types::keys::PublicKey;
use futures::future::BoxFuture;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::{Extensions, Request, Response};
use tower::{Layer, Service};

use super::access::Caller;
use super::errors;
use crate::config::Limits;
pub use connection::OfConnection;
use metered::Metered;
use rates::Rates;
use streams::Counts;

/// Calls that may last.
const STREAMS: [&str; 6] = [
    "/counterfoil.v1.EventService/Subscribe",
    "/counterfoil.v1.ProofService/WatchHeaders",
    "/counterfoil.v1.TransactionService/SubmitStream",
    "/counterfoil.v1.TransactionService/WaitReceipt",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];
/// When to try again for a place that comes free whenever a stream ends.
const NEXT_PLACE: Duration = Duration::from_secs(1);

/// Clones share what they count.
#[derive(Clone)]
pub struct Limiter {
    requests: Arc<Rates<PublicKey>>,
    bytes: Arc<Rates<PublicKey>>,
    verifications: Arc<Rates<OrganizationId>>,
    /// Calls that do not last, at once. Each may have an answer that is not taken yet.
    calls: Arc<Counts<PublicKey>>,
    accounts: Arc<Counts<PublicKey>>,
    organizations: Arc<Counts<OrganizationId>>,
}

/// What a call holds among those that are under way at once, until its answer is sent.
type Place = Box<dyn Send>;

impl Limiter {
    pub fn new(limits: &Limits) -> Self {
        Self {
            requests: Arc::new(Rates::new(limits.requests_per_second)),
            bytes: Arc::new(Rates::new(limits.bytes_per_second)),
            verifications: Arc::new(Rates::new(limits.verifications_per_second)),
            calls: Counts::new(limits.calls_per_account),
            accounts: Counts::new(limits.streams_per_account),
            organizations: Counts::new(limits.streams_per_organization),
        }
    }

    /// Before a transaction's signature is checked for an organization.
    pub fn verification(&self, organization: &OrganizationId) -> Result<(), Status> {
        let taken = self.verifications.take_one(organization);
        taken.map_err(|wait| beyond("VERIFICATIONS_PER_ORGANIZATION", "transactions", wait))
    }

    /// The same inside a stream, which waits.
    pub async fn next_verification(&self, organization: &OrganizationId) {
        while let Err(wait) = self.verifications.take_one(organization) {
            tokio::time::sleep(wait).await;
        }
    }

    /// Before a call begins: gives it its place.
    fn admit(&self, caller: &Caller, path: &str, of: &Extensions) -> Result<Place, Status> {
        let account = &caller.account;
        self.requests
            .take_one(account)
            .map_err(|wait| beyond("REQUESTS_PER_ACCOUNT", "calls", wait))?;
        self.bytes
            .take_one(account)
            .map_err(|wait| beyond("BYTES_PER_ACCOUNT", "bytes of messages", wait))?;
        let none_left = |reason, what| move || beyond(reason, what, NEXT_PLACE);
        if !STREAMS.contains(&path) {
            let call = self.calls.take(account);
            return Ok(Box::new(
                call.ok_or_else(none_left("CALLS_PER_ACCOUNT", "calls at once"))?,
            ));
        }
        let what = "streams at once";
        let connection = of.get::<Arc<OfConnection>>();
        let connection = connection.and_then(|connection| connection.stream());
        let account = self.accounts.take(account);
        let organization = self.organizations.take(&caller.organization);
        Ok(Box::new((
            connection.ok_or_else(none_left("STREAMS_PER_CONNECTION", what))?,
            account.ok_or_else(none_left("STREAMS_PER_ACCOUNT", what))?,
            organization.ok_or_else(none_left("STREAMS_PER_ORGANIZATION", what))?,
        )))
    }
}

fn beyond(reason: &str, what: &str, wait: Duration) -> Status {
    let whose = reason.rsplit('_').next().unwrap_or_default().to_lowercase();
    let message = format!(
        "this {whose} is beyond its limit of {what}; try again in {} ms",
        wait.as_millis().max(1)
    );
    errors::limited(reason, message, wait)
}

impl<S> Layer<S> for Limiter {
    type Service = Limited<S>;

    fn layer(&self, inner: S) -> Limited<S> {
        Limited {
            limiter: self.clone(),
            inner,
        }
    }
}

/// Services behind the limits.
#[derive(Clone)]
pub struct Limited<S> {
    limiter: Limiter,
    inner: S,
}

impl<S> Service<Request<Body>> for Limited<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // Only what needs no token has none.
        let Some(caller) = request.extensions().get::<Arc<Caller>>().cloned() else {
            return Box::pin(self.inner.call(request));
        };
        let path = request.uri().path();
        let place = match self.limiter.admit(&caller, path, request.extensions()) {
            Ok(place) => place,
            Err(status) => return Box::pin(std::future::ready(Ok(status.into_http()))),
        };
        let (account, rates) = (caller.account, self.limiter.bytes.clone());
        let request = request.map(|body| Metered::body(body, account, rates.clone(), None));
        let answered = self.inner.call(request);
        Box::pin(async move {
            let response = answered.await?;
            Ok(response.map(|body| Metered::body(body, account, rates, Some(place))))
        })
    }
}
