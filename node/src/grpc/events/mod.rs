//! `EventService`: what happens, told to each caller as far as it may read it.
//!
//! The ledger itself is the log that subscribers resume from. What is kept for them beside it is bounded, and
//! whoever does not take it loses no more than the stream.

mod dates;
mod feed;
mod mailbox;
mod subscription;
#[cfg(test)]
mod tests;

use std::time::Duration;

use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::event_service_server::EventService;
use prometheus_client::metrics::gauge::Gauge;
use tonic::{Code, Request, Response, Status};

use super::access;
use super::ends::Ends;
use super::errors;
use super::reader::Reader;
pub use feed::Feed;
use mailbox::Mailbox;
use subscription::Subscription;

pub struct Service {
    pub reader: Reader,
    pub feed: Feed,
    /// How long a subscriber may take nothing of what waits for it.
    pub patience: Duration,
    /// How many there are, for whoever watches the node.
    pub subscribers: Gauge,
    pub ends: Ends,
}

#[tonic::async_trait]
impl EventService for Service {
    type SubscribeStream = Mailbox;

    async fn subscribe(
        &self,
        request: Request<wire::SubscribeRequest>,
    ) -> Result<Response<Mailbox>, Status> {
        let caller = access::caller(&request)?;
        let next = self.reader.ledger().tip().height + 1;
        let from = match request.into_inner().from_height {
            0 => next,
            from if from <= next => from,
            from => return Err(beyond(from, next)),
        };
        let (sender, mailbox) = mailbox::open(from);
        let ends = self.ends.of(&caller);
        let subscription = Subscription::new(self.feed.clone(), self.reader.clone(), caller, from);
        let (patience, subscribers) = (self.patience, self.subscribers.clone());
        subscribers.inc();
        tokio::spawn(async move {
            subscription.run(sender, patience, ends).await;
            subscribers.dec();
        });
        Ok(Response::new(mailbox))
    }
}

pub(super) fn beyond(from: u64, next: u64) -> Status {
    let message = format!("from_height {from} is beyond {next}, the next block");
    errors::with_reason(Code::OutOfRange, errors::LEDGER, "NO_SUCH_HEIGHT", message)
}
