//! Looking up what stands under a fingerprint, whichever ledger key it was entered under (specification 3.2).

use counterfoil_types::genesis::LedgerKey;
use counterfoil_types::hash::Hash;
use prost::Message;

use super::store::{StateError, Store};
use super::table::Table;

/// The fingerprints of one thing under each ledger key in force. It is entered under the newest; what was entered before a
/// rotation of the key stands under a former one.
pub struct Fingerprints {
    newest: Hash,
    former: Vec<Hash>,
}

impl Fingerprints {
    /// Under the keys in force, newest first.
    pub fn new(keys: &[&LedgerKey], of: impl Fn(&LedgerKey) -> Hash) -> Self {
        let (newest, former) = keys.split_first().expect("some ledger key is in force");
        Self {
            newest: of(newest),
            former: former.iter().map(|key| of(key)).collect(),
        }
    }

    pub fn newest(&self) -> &Hash {
        &self.newest
    }

    /// What was entered last.
    pub fn find<M: Message + Default>(
        &self,
        store: &Store<'_>,
        table: Table<M>,
    ) -> Result<Option<M>, StateError> {
        for fingerprint in std::iter::once(&self.newest).chain(&self.former) {
            let found = table.get(store, &[fingerprint.as_ref()])?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}
