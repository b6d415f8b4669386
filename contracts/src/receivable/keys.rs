//! Where receivables and claims stand.

use counterfoil_proto::receivable::v1::{Claim, Receivable};

use crate::kernel::{StateError, Store, Table};

pub(super) const RECEIVABLES: Table<Receivable> = Table::new("receivable/receivable");
pub(super) const CLAIMS: Table<Claim> = Table::new("receivable/claim");

pub(super) fn claim(
    store: &Store<'_>,
    receivable: &[u8],
    number: u32,
) -> Result<Option<Claim>, StateError> {
    CLAIMS.get(store, &[receivable, &number.to_be_bytes()])
}

pub(super) fn put_claim(store: &mut Store<'_>, claim: &Claim) {
    let parts = [claim.receivable.as_slice(), &claim.number.to_be_bytes()];
    CLAIMS.put(store, &parts, claim);
}
