//! Where receivables, claims and endorsements stand.

use counterfoil_proto::receivable::v1::{Claim, DebtPayment, Endorsement, Receivable, Undertaking};

use crate::kernel::{StateError, Store, Table};

pub(super) const RECEIVABLES: Table<Receivable> = Table::new("receivable/receivable");
pub(super) const CLAIMS: Table<Claim> = Table::new("receivable/claim");
pub(super) const ENDORSEMENTS: Table<Endorsement> = Table::new("receivable/endorsement");
pub(super) const DEBT_PAYMENTS: Table<DebtPayment> = Table::new("receivable/debt-payment");
pub(super) const UNDERTAKINGS: Table<Undertaking> = Table::new("receivable/undertaking");

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

pub(super) fn put_receivable(store: &mut Store<'_>, receivable: &Receivable) {
    RECEIVABLES.put(store, &[&receivable.id], receivable);
}

/// The receivable of a claim that exists.
pub fn receivable_of(store: &Store<'_>, claim: &Claim) -> Result<Receivable, StateError> {
    RECEIVABLES
        .get(store, &[&claim.receivable])?
        .ok_or_else(|| StateError::corrupt("receivable/receivable", "a claim has no receivable"))
}
