//! What records of claims say.

use counterfoil_proto::receivable::v1::Claim;
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance;

/// What stands in the way of a claim's controller, if anything does.
pub fn burden(claim: &Claim) -> Option<&Encumbrance> {
    claim.encumbrance.as_ref()?.encumbrance.as_ref()
}
