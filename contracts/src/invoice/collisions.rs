//! At most one invoice under a strict fingerprint, unless seller and buyer release a false collision
//! (specification 3.3).

use counterfoil_proto::invoice::v1::{CollisionRelease, Invoice, RejectionCode};
use counterfoil_types::invoice_number::printed;
use counterfoil_types::limits::MAX_SHARED_FINGERPRINT;

use super::keys::{INVOICES, STRICT};
use super::registration::hex_of;
use crate::kernel::{Context, Failure, Fingerprints, StateError, reject, reject_repeated};

/// Checks that the fingerprint is nobody's but the predecessor's, or that its collision with others is released.
/// Gives the newest of the others, empty where there are none.
pub(super) fn check_strict(
    context: &Context<'_>,
    strict: &Fingerprints,
    invoice: &Invoice,
    predecessor: &[u8],
    release: Option<&CollisionRelease>,
) -> Result<Vec<u8>, Failure> {
    let others = others(context, strict, predecessor)?;
    let cannot = |message: String| Err(reject(RejectionCode::CannotRelease, message));
    match (others.first(), release) {
        (None, None) => Ok(Vec::new()),
        (None, Some(_)) => cannot(
            "nothing is to be released: no other invoice of the seller has this number and year"
                .into(),
        ),
        (Some(newest), None) => {
            let message = "this seller's invoice of this number and year is registered already";
            let first = hex_of(&newest.id);
            Err(reject_repeated(
                RejectionCode::DuplicateInvoice,
                message,
                first,
            ))
        }
        (Some(newest), Some(release)) => {
            if release.invoice != newest.id || release.number != newest.number {
                return cannot(
                    "the release names another invoice or number than the newest one of the seller \
                     with this number and year"
                        .into(),
                );
            }
            let new = printed(&invoice.number);
            if others.iter().any(|other| printed(&other.number) == new) {
                return cannot(format!(
                    "{:?} is the number of another invoice but for case, width and white space",
                    invoice.number
                ));
            }
            if others.len() >= MAX_SHARED_FINGERPRINT {
                return cannot(format!(
                    "{MAX_SHARED_FINGERPRINT} invoices have this number and year already"
                ));
            }
            context.check_consent(&invoice.buyer)?;
            Ok(newest.id.clone())
        }
    }
}

/// The invoices under a strict fingerprint but the predecessor, newest first. Each names the one before it, and
/// there are never many: what joins them is counted.
fn others(
    context: &Context<'_>,
    strict: &Fingerprints,
    predecessor: &[u8],
) -> Result<Vec<Invoice>, StateError> {
    let newest = strict.find(&context.store, STRICT)?;
    let mut next = newest.map(|held| held.invoice).unwrap_or_default();
    let mut others = Vec::new();
    while !next.is_empty() {
        let invoice = INVOICES
            .get(&context.store, &[&next])?
            .ok_or_else(|| StateError::corrupt("invoice/strict", "an invoice is missing"))?;
        next.clone_from(&invoice.released_from);
        if invoice.id != predecessor {
            others.push(invoice);
        }
    }
    Ok(others)
}
