//! Which records a list's filters let through. An empty filter lets all through.

use counterfoil_proto::financing::v1::Request;
use counterfoil_proto::invoice::v1::{DisputeState, Invoice};
use counterfoil_proto::receivable::v1::Claim;
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Burden;
use counterfoil_types::claim::burden;

/// An empty filter matches all.
pub fn matches(filter: &str, value: &str) -> bool {
    filter.is_empty() || filter == value
}

/// As `matches`, of an enum's number.
pub fn is(filter: i32, value: i32) -> bool {
    filter == 0 || filter == value
}

/// Whether a claim is on offer to an organization; an empty filter matches all claims.
pub fn is_offered_to(filter: &str, claim: &Claim) -> bool {
    filter.is_empty() || matches!(burden(claim), Some(Burden::Offered(offer)) if offer.to == filter)
}

/// Who rules on an invoice's disputes; nobody before there was one.
pub fn arbiters(invoice: &Invoice) -> &[String] {
    let conditions = invoice.conditions.as_ref();
    let terms = match conditions {
        Some(conditions) => &conditions.terms,
        None => &invoice.terms,
    };
    match (&invoice.dispute, terms) {
        (Some(_), Some(terms)) => &terms.arbiters,
        _ => &[],
    }
}

/// Whether an invoice is under an open dispute on which an organization may rule; an empty filter matches all invoices.
pub fn is_before_arbiter(filter: &str, invoice: &Invoice) -> bool {
    let dispute = invoice.dispute.as_ref();
    let open = dispute.is_some_and(|dispute| dispute.state() == DisputeState::Open);
    filter.is_empty() || (open && arbiters(invoice).iter().any(|arbiter| arbiter == filter))
}

/// Whether a bank may quote for a request, or has; an empty filter matches all requests.
pub fn is_for_bank(filter: &str, request: &Request) -> bool {
    let among = |banks: &[String]| banks.iter().any(|bank| bank == filter);
    let excluded = request.seller == filter || among(&request.debtors);
    let invited = request.invited.is_empty() || among(&request.invited);
    filter.is_empty() || among(&request.quoting) || (invited && !excluded)
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::invoice::v1::Dispute;
    use counterfoil_proto::receivable::v1::{Encumbrance, Lock, Offer, Terms};

    use super::*;

    #[test]
    fn claims_on_offer_are_found_by_their_recipient() {
        let with = |burden| Claim {
            encumbrance: Some(Encumbrance {
                encumbrance: Some(burden),
            }),
            ..Default::default()
        };
        let offered = with(Burden::Offered(Offer {
            to: "trader".into(),
            ..Default::default()
        }));
        let locked = with(Burden::Locked(Lock::default()));
        let free = Claim::default();
        for claim in [&offered, &locked, &free] {
            assert!(is_offered_to("", claim));
            assert!(!is_offered_to("bank-a", claim));
        }
        assert!(is_offered_to("trader", &offered));
        assert!(!is_offered_to("trader", &locked) && !is_offered_to("trader", &free));
    }

    #[test]
    fn open_disputes_are_found_by_their_arbiters() {
        let disputed = |state: DisputeState| Invoice {
            terms: Some(Terms {
                arbiters: vec!["chamber".into()],
                ..Default::default()
            }),
            dispute: Some(Dispute {
                state: state.into(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let (open, ruled) = (disputed(DisputeState::Open), disputed(DisputeState::Ruled));
        assert!(is_before_arbiter("", &ruled) && is_before_arbiter("", &Invoice::default()));
        assert!(is_before_arbiter("chamber", &open) && !is_before_arbiter("bank-a", &open));
        assert!(!is_before_arbiter("chamber", &ruled));
    }

    #[test]
    fn requests_are_found_by_the_banks_they_are_for() {
        let open = Request {
            seller: "house-bank".into(),
            debtors: vec!["bank-d".into()],
            ..Default::default()
        };
        assert!(is_for_bank("", &open) && is_for_bank("bank-a", &open));
        assert!(!is_for_bank("house-bank", &open) && !is_for_bank("bank-d", &open));
        let inviting = Request {
            invited: vec!["bank-a".into()],
            quoting: vec!["bank-a".into()],
            ..open
        };
        assert!(is_for_bank("bank-a", &inviting) && !is_for_bank("bank-b", &inviting));
    }
}
