//! Whom events tell what: an event goes whole to every organization it concerns, so it names no other.

use counterfoil_proto::financing::v1::event::Event as FinancingEvent;
use counterfoil_proto::receivable::v1::event::Event as ClaimEvent;
use counterfoil_proto::settlement::v1::event::Event as SettlementEvent;
use counterfoil_proto::v1::{Event, Receipt};
use counterfoil_proto::{financing, receivable, settlement};
use prost::Message;

use super::world::ROSTER;
use crate::model::contract;

/// Checks that no event names an organization it does not concern, beside what is meant to be told.
pub fn check_concerns(receipt: &Receipt) {
    for event in &receipt.events {
        let told = without_what_is_meant(event);
        for (id, _) in ROSTER {
            let length = u8::try_from(id.len()).expect("at most 64 characters");
            let field = [&[length], id.as_bytes()].concat();
            let is_named = told.windows(field.len()).any(|window| window == field);
            let concerns = event.organizations.iter().any(|told| told == id);
            assert!(
                concerns || !is_named,
                "{id} is named to {:?}",
                event.organizations
            );
        }
    }
}

/// An event's body without the bank whose deposits pay or that asserts a payment, which whoever is paid or will be must know, and
/// without the controllers whom a debtor has paid.
fn without_what_is_meant(event: &Event) -> Vec<u8> {
    let body = event.body.as_slice();
    match event.contract {
        contract::RECEIVABLE => {
            let mut event = receivable::v1::Event::decode(body).expect("an event decodes");
            if let Some(ClaimEvent::Offered(offered)) = &mut event.event {
                offered.issuer.clear();
            }
            event.encode_to_vec()
        }
        contract::FINANCING => {
            let mut event = financing::v1::Event::decode(body).expect("an event decodes");
            match &mut event.event {
                Some(FinancingEvent::Revealed(revealed)) => {
                    let terms = revealed.terms.as_mut().expect("terms");
                    terms.issuer.clear();
                    terms.asserter.clear();
                }
                // A bank's own note.
                Some(FinancingEvent::LimitSet(set)) => set.subject.clear(),
                _ => {}
            }
            event.encode_to_vec()
        }
        contract::SETTLEMENT => {
            let mut event = settlement::v1::Event::decode(body).expect("an event decodes");
            match &mut event.event {
                Some(SettlementEvent::Paid(paid)) => {
                    paid.issuer.clear();
                    paid.shares.clear();
                    paid.fees.clear();
                }
                Some(SettlementEvent::ClaimPaid(paid)) => paid.issuer.clear(),
                Some(SettlementEvent::ClaimRecovered(paid)) => paid.issuer.clear(),
                _ => {}
            }
            event.encode_to_vec()
        }
        _ => body.to_vec(),
    }
}
