//! A subscription that is taken up again wherever it was broken off.

use std::time::Duration;

use counterfoil_proto::v1 as wire;
use tonic::{Status, Streaming};
use tonic_types::StatusExt as _;

use super::{Client, limits};
use crate::failure::Failure;

/// Before the first try again, and at most, as it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// `C` makes a connection anew, with a new token.
pub struct Follower<C> {
    connect: C,
    client: Client,
    stream: Option<Streaming<wire::SubscribeResponse>>,
    next_height: u64,
    /// How long to wait before the next try, once one has failed.
    pause: Option<Duration>,
}

impl<C: AsyncFn() -> Result<Client, Failure>> Follower<C> {
    pub fn new(client: Client, connect: C, from: u64) -> Self {
        Self {
            connect,
            client,
            stream: None,
            next_height: from,
            pause: None,
        }
    }

    /// The first height of which nothing was told yet.
    pub fn next_height(&self) -> u64 {
        self.next_height
    }

    /// What the node tells next, however long that takes.
    pub async fn next(&mut self) -> Result<wire::SubscribeResponse, Failure> {
        loop {
            let ended = match self.message().await {
                Ok(Some(message)) => {
                    if self.pause.take().is_some() {
                        eprintln!("counterfoil: {} tells of events again", self.client.node());
                    }
                    self.next_height = message.next_height;
                    return Ok(message);
                }
                Ok(None) => Status::unavailable("the node ended the stream"),
                Err(status) => status,
            };
            self.stream = None;
            let Some(pause) = self.pause_after(&ended) else {
                return Err(self.client.failure(ended));
            };
            self.reconnect(&ended, pause).await?;
        }
    }

    async fn message(&mut self) -> Result<Option<wire::SubscribeResponse>, Status> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => {
                let request = wire::SubscribeRequest {
                    from_height: self.next_height,
                };
                let answer = self.client.events().subscribe(request).await?;
                self.stream.insert(answer.into_inner())
            }
        };
        stream.message().await
    }

    /// How long to wait before it is tried again; nothing where that would not help.
    fn pause_after(&self, ended: &Status) -> Option<Duration> {
        let doubled = self.pause.map_or(FIRST_PAUSE, |pause| 2 * pause);
        let pause = doubled.min(LONGEST_PAUSE);
        match ended.get_details_error_info() {
            // The connection broke.
            None => Some(pause),
            Some(info) if info.metadata.contains_key("resume_height") => Some(pause),
            Some(info) if info.reason == "STOPPING" => Some(pause),
            Some(_) => limits::pause(ended).map(|named| named.max(pause)),
        }
    }

    /// A new connection, with a new token, whenever the node is there again.
    async fn reconnect(&mut self, ended: &Status, mut pause: Duration) -> Result<(), Failure> {
        if self.pause.is_none() {
            eprintln!(
                "counterfoil: {}: {}; going on from height {} as soon as it can be",
                self.client.node(),
                match ended.get_details_error_info() {
                    None => "the connection broke",
                    Some(_) => ended.message(),
                },
                self.next_height
            );
        }
        loop {
            tokio::time::sleep(pause).await;
            self.pause = Some(pause);
            match (self.connect)().await {
                Ok(client) => {
                    self.client = client;
                    return Ok(());
                }
                Err(Failure::Unreachable(_)) => pause = (2 * pause).min(LONGEST_PAUSE),
                Err(failure) => return Err(failure),
            }
        }
    }
}
