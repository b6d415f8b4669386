//! Claims on offer: to take, or whose offer has run out.

use counterfoil_proto::receivable::v1::encumbrance::Encumbrance;
use counterfoil_proto::receivable::v1::{Claim, Offer, Receivable};
use counterfoil_types::claim::burden;

use super::entry::{Desk, Entry, date};
use crate::views;

/// Offers to this organization that it may still accept.
pub fn to_accept(desk: &Desk<'_>, offered: &[(Claim, Receivable)]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (claim, receivable) in offered {
        let Some(offer) = offer(claim).filter(|offer| offer.to == desk.me) else {
            continue;
        };
        if past(desk, offer) {
            continue;
        }
        let purpose = match &offer.price {
            None => "in payment".to_owned(),
            Some(price) => format!(
                "for {} in deposits of {}",
                desk.currencies.money(price),
                offer.issuer
            ),
        };
        entries.push(Entry {
            kind: "offer",
            sentence: format!(
                "{} offers you {}, {purpose}",
                claim.controller,
                what(desk, claim, receivable)
            ),
            since: date(offer.offered_on),
            until: date(offer.expires_on),
            command: format!("counterfoil claim accept {}", id(claim)),
        });
    }
    entries
}

/// This organization's own offers that nobody answered in time.
pub fn to_expire(desk: &Desk<'_>, offered: &[(Claim, Receivable)]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (claim, receivable) in offered {
        let Some(offer) = offer(claim).filter(|_| claim.controller == desk.me) else {
            continue;
        };
        if !past(desk, offer) {
            continue;
        }
        entries.push(Entry {
            kind: "expired-offer",
            sentence: format!(
                "{} did not answer your offer of {}: end it to use the claim again",
                offer.to,
                what(desk, claim, receivable)
            ),
            since: date(offer.offered_on),
            until: date(offer.expires_on),
            command: format!("counterfoil claim expire {}", id(claim)),
        });
    }
    entries
}

fn offer(claim: &Claim) -> Option<&Offer> {
    match burden(claim)? {
        Encumbrance::Offered(offer) => Some(offer),
        _ => None,
    }
}

/// Whether an offer's last day has passed.
fn past(desk: &Desk<'_>, offer: &Offer) -> bool {
    date(offer.expires_on).is_some_and(|last| last < desk.today)
}

fn id(claim: &Claim) -> String {
    format!("{}#{}", hex::encode(&claim.receivable), claim.number)
}

fn what(desk: &Desk<'_>, claim: &Claim, receivable: &Receivable) -> String {
    let currency = receivable.face.as_ref().map_or("", |face| &face.currency);
    format!(
        "{} that {} owes, due {}",
        desk.currencies.format(claim.outstanding_minor, currency),
        receivable.debtor,
        views::day(receivable.adjusted_due_date)
    )
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::receivable::v1::Encumbrance as Wrapped;
    use counterfoil_proto::v1::Money;

    use super::super::entry::tests::{at_desk, on, usd};
    use super::*;

    fn offered(price: Option<Money>) -> (Claim, Receivable) {
        let offer = Offer {
            to: "recipient".into(),
            price,
            issuer: "bank-y".into(),
            offered_on: on("2026-01-01"),
            expires_on: on("2026-01-31"),
            ..Default::default()
        };
        let claim = Claim {
            receivable: vec![0xab; 32],
            number: 2,
            controller: "supplier".into(),
            outstanding_minor: 5_000,
            encumbrance: Some(Wrapped {
                encumbrance: Some(Encumbrance::Offered(offer)),
            }),
            ..Default::default()
        };
        let receivable = Receivable {
            debtor: "buyer".into(),
            face: Some(usd(12_500)),
            adjusted_due_date: on("2026-03-01"),
            ..Default::default()
        };
        (claim, receivable)
    }

    #[test]
    fn the_recipient_accepts_up_to_the_last_day() {
        let all = [offered(None), offered(Some(usd(4_800)))];
        let waits = |me, today| at_desk(me, today, |desk| to_accept(desk, &all));
        let entries = waits("recipient", "2026-01-31");
        let accept = format!("counterfoil claim accept {}#2", "ab".repeat(32));
        assert_eq!(entries[0].command, accept);
        assert_eq!(entries[1].command, accept);
        let sold = &entries[1].sentence;
        assert!(
            sold.contains("50.00 USD that buyer owes")
                && sold.contains("for 48.00 USD in deposits of bank-y")
        );
        assert!(waits("recipient", "2026-02-01").is_empty());
        assert!(waits("supplier", "2026-01-31").is_empty());
    }

    #[test]
    fn the_controller_ends_an_offer_after_its_last_day() {
        let all = [offered(None), (Claim::default(), Receivable::default())];
        let waits = |me, today| at_desk(me, today, |desk| to_expire(desk, &all));
        assert!(waits("supplier", "2026-01-31").is_empty());
        let entries = waits("supplier", "2026-02-01");
        assert_eq!(entries.len(), 1);
        assert!(
            entries[0]
                .command
                .starts_with("counterfoil claim expire abab")
        );
        assert!(waits("recipient", "2026-02-01").is_empty());
    }
}
