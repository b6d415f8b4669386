//! Events of receipts in words: each contract's own message, opened.

use counterfoil_proto::v1 as wire;
use counterfoil_types::transaction::contract;
use prost::Message as _;

use crate::amounts::Currencies;
use crate::output::View;

mod cash;
mod credit;
mod financing;
mod invoice;
mod membership;
mod receivable;
mod settlement;
mod supervision;

/// The contracts that tell of events, by their names.
pub const CONTRACTS: [(u32, &str); 9] = [
    (contract::MEMBERSHIP, "membership"),
    (contract::SUPERVISION, "supervision"),
    (contract::CASH, "cash"),
    (contract::INVOICE, "invoice"),
    (contract::RECEIVABLE, "receivable"),
    (contract::FINANCING, "financing"),
    (contract::SETTLEMENT, "settlement"),
    (contract::CREDIT, "credit"),
    (contract::CALENDAR, "calendar"),
];

/// A contract's name; one that this version does not know has none.
pub fn contract(number: u32) -> &'static str {
    let known = CONTRACTS.iter().find(|(known, _)| *known == number);
    known.map_or("unknown", |(_, name)| name)
}

/// An event's fields. One that this version does not know is shown as bytes.
pub fn view(event: &wire::Event, currencies: &Currencies) -> View {
    let show = Show { event, currencies };
    let body = event.body.as_slice();
    /// Decodes one contract's event and opens it.
    macro_rules! opened {
        ($module:ident) => {
            counterfoil_proto::$module::v1::Event::decode(body)
                .ok()
                .and_then(|e| e.event)
                .map(|e| show.$module(e))
        };
    }
    let known = match event.contract {
        contract::MEMBERSHIP => opened!(membership),
        contract::INVOICE => opened!(invoice),
        contract::CASH => opened!(cash),
        contract::CREDIT => opened!(credit),
        contract::RECEIVABLE => opened!(receivable),
        contract::FINANCING => opened!(financing),
        contract::SETTLEMENT => opened!(settlement),
        contract::CALENDAR => opened!(calendar),
        contract::SUPERVISION => opened!(supervision),
        _ => None,
    };
    known.unwrap_or_else(|| show.named("unknown").id("body", body))
}

struct Show<'a> {
    event: &'a wire::Event,
    currencies: &'a Currencies,
}

impl Show<'_> {
    fn named(&self, name: &str) -> View {
        View::new()
            .text("event", name)
            .hidden("contract", self.event.contract)
            .hidden("organizations", self.event.organizations.clone())
    }

    /// An amount and its currency, which several amounts of one event share.
    fn amount(&self, view: View, name: &str, money: Option<&wire::Money>) -> View {
        let money = money.cloned().unwrap_or_default();
        view.minor(name, money.minor, &money.currency, self.currencies)
            .hidden("currency", money.currency)
    }

    fn calendar(&self, event: counterfoil_proto::calendar::v1::event::Event) -> View {
        use counterfoil_proto::calendar::v1::event::Event;
        match event {
            Event::Rolled(e) => self
                .named("ClockRolled")
                .date("from", e.from.as_ref())
                .date("to", e.to.as_ref()),
            Event::Published(e) => self
                .named("CalendarPublished")
                .text("code", e.code)
                .number("version", e.version)
                .date("from", e.from.as_ref())
                .date("to", e.to.as_ref()),
        }
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::invoice;

    use super::*;

    #[test]
    fn events_are_opened_and_strange_ones_shown_as_bytes() {
        let body = invoice::v1::Event {
            event: Some(invoice::v1::event::Event::Queried(
                invoice::v1::InvoiceQueried {
                    invoice: vec![0xcd; 32],
                    reason: "which order?".into(),
                    seller: "seller".into(),
                    buyer: "buyer".into(),
                },
            )),
        };
        let event = wire::Event {
            contract: contract::INVOICE,
            organizations: vec!["buyer".into()],
            body: body.encode_to_vec(),
        };
        let currencies = Currencies::from_iter([]);
        let text = format!("{:?}", view(&event, &currencies));
        assert!(
            text.contains("InvoiceQueried") && text.contains("which order?"),
            "{text}"
        );
        let strange = wire::Event {
            contract: 77,
            body: vec![0xab],
            ..Default::default()
        };
        assert!(format!("{:?}", view(&strange, &currencies)).contains("ab"));
    }
}
