//! Getting a decided block that this node never received, from the nodes that have it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_types::hash::Hash;

use super::received::Body;

/// Between attempts; each one asks all connected peers.
const PAUSE: Duration = Duration::from_millis(250);

/// Where block bodies come from: the second swarm.
#[async_trait]
pub trait BlockFetcher: Send + Sync + 'static {
    /// One attempt to get the encoded block with this hash. The bytes need not be checked.
    async fn fetch(&self, hash: Hash) -> Option<Vec<u8>>;
}

/// Asks until some node gives the block. More than two thirds voted for it, so
/// there are honest nodes that have it.
pub async fn until_found(fetcher: Arc<dyn BlockFetcher>, hash: Hash) -> Body {
    loop {
        if let Some(bytes) = fetcher.fetch(hash).await {
            match Body::read(bytes) {
                Ok(body) if body.hash == hash => return body,
                Ok(body) => tracing::warn!(%hash, given = %body.hash, "was given another block"),
                Err(junk) => tracing::warn!(%hash, %junk, "was not given a block"),
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use counterfoil_proto::v1 as wire;
    use counterfoil_types::block::{header_hash, transactions_root};
    use prost::Message as _;

    use super::*;

    struct Answers(Mutex<VecDeque<Option<Vec<u8>>>>);

    #[async_trait]
    impl BlockFetcher for Answers {
        async fn fetch(&self, _hash: Hash) -> Option<Vec<u8>> {
            self.0.lock().unwrap().pop_front().flatten()
        }
    }

    fn block(height: u64) -> wire::Block {
        wire::Block {
            header: Some(wire::Header {
                height,
                transactions_root: transactions_root(&[]).to_vec(),
                ..Default::default()
            }),
            transactions: vec![],
        }
    }

    #[tokio::test]
    async fn wrong_answers_are_asked_again() {
        let wanted = block(2);
        let answers = [
            None,
            Some(b"junk".to_vec()),
            Some(block(1).encode_to_vec()),
            Some(wanted.encode_to_vec()),
        ];
        let hash = header_hash(wanted.header.as_ref().unwrap());
        let fetcher = Arc::new(Answers(Mutex::new(answers.into())));
        let body = until_found(fetcher.clone(), hash).await;
        assert_eq!(body.bytes, wanted.encode_to_vec());
        assert!(fetcher.0.lock().unwrap().is_empty());
    }
}
