//! Organizations as the last block leaves them, read once a block however many calls ask.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use counterfoil_contracts::membership;
use counterfoil_proto::membership::v1::Organization;
use counterfoil_types::ids::OrganizationId;
use lru::LruCache;
use tonic::Status;

use super::Records;
use crate::grpc::reader::Reader;

/// Organizations that are kept, the last ones asked for.
const MAX_KEPT: NonZeroUsize = NonZeroUsize::new(1_000).expect("above zero");

/// Clones share what they keep.
#[derive(Clone)]
pub struct Members {
    reader: Reader,
    kept: Arc<Mutex<LruCache<OrganizationId, Kept>>>,
    /// Held over a reading, so that the many who ask after a new block wait for the first one's.
    reading: Arc<tokio::sync::Mutex<()>>,
}

/// An organization, and the height of the block that it was read after.
struct Kept {
    height: u64,
    organization: Arc<Organization>,
}

impl Members {
    pub fn new(reader: Reader) -> Self {
        Self {
            reader,
            kept: Arc::new(Mutex::new(LruCache::new(MAX_KEPT))),
            reading: Arc::default(),
        }
    }

    /// An organization as of the block of a height, which is the last one, or as of a later block.
    pub async fn find(
        &self,
        id: &OrganizationId,
        height: u64,
    ) -> Result<Option<Arc<Organization>>, Status> {
        if let Some(known) = self.known(id, height) {
            return Ok(Some(known));
        }
        let _turn = self.reading.lock().await;
        if let Some(known) = self.known(id, height) {
            return Ok(Some(known));
        }
        let key = membership::api::organization_key(id.as_str());
        let read = self
            .reader
            .read(move |ledger| Records::new(ledger).get::<Organization>(&key));
        // Names of nobody are not kept: whoever makes them up would crowd out the others.
        let Some(found) = read.await? else {
            return Ok(None);
        };
        let organization = Arc::new(found);
        let kept = Kept {
            height,
            organization: organization.clone(),
        };
        self.lock().put(id.clone(), kept);
        Ok(Some(organization))
    }

    fn known(&self, id: &OrganizationId, height: u64) -> Option<Arc<Organization>> {
        let mut kept = self.lock();
        let known = kept.get(id).filter(|known| known.height >= height)?;
        Some(known.organization.clone())
    }

    /// A panic elsewhere cannot leave it half-changed: nothing under the lock panics.
    fn lock(&self) -> MutexGuard<'_, LruCache<OrganizationId, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
