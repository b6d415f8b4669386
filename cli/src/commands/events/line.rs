//! An event in one line, for people and for programs.

use counterfoil_proto::v1 as wire;
use serde_json::Value;

use crate::amounts::Currencies;
use crate::events;
use crate::output::View;
use crate::views::day;

/// Height, date, contract, and what happened.
pub fn text(
    message: &wire::SubscribeResponse,
    event: &wire::Event,
    currencies: &Currencies,
) -> String {
    format!(
        "{:>8}  {}  {:<10}  {}",
        message.height,
        day(message.ledger_date),
        events::contract(event.contract),
        events::view(event, currencies).line()
    )
}

/// The same as an object, with what names the event.
pub fn json(
    message: &wire::SubscribeResponse,
    entry: &wire::EventEntry,
    event: &wire::Event,
    currencies: &Currencies,
) -> String {
    let view = View::new()
        .number("height", message.height)
        .number("index", entry.index)
        .number("position", entry.position)
        .id("tx_id", &entry.tx_id)
        .id("block_hash", &message.block_hash)
        .number("time_ms", message.time_ms)
        .date("ledger_date", message.ledger_date.as_ref())
        .text("contract", events::contract(event.contract))
        .inner("event", Some(events::view(event, currencies)));
    Value::from(view).to_string()
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::calendar::v1 as calendar;
    use counterfoil_types::transaction::contract;
    use prost::Message as _;

    use super::*;

    #[test]
    fn an_event_is_one_line_for_people_and_for_programs() {
        let date = |day| wire::Date {
            year: 2026,
            month: 1,
            day,
        };
        let rolled = calendar::ClockRolled {
            from: Some(date(1)),
            to: Some(date(2)),
        };
        let body = calendar::Event {
            event: Some(calendar::event::Event::Rolled(rolled)),
        };
        let event = wire::Event {
            contract: contract::CALENDAR,
            organizations: vec!["operator".into()],
            body: body.encode_to_vec(),
        };
        let entry = wire::EventEntry {
            tx_id: vec![0xab; 32],
            index: 4,
            position: 1,
            event: Some(event.clone()),
        };
        let message = wire::SubscribeResponse {
            height: 7,
            ledger_date: Some(date(2)),
            ..Default::default()
        };
        let currencies = Currencies::from_iter([]);
        assert_eq!(
            text(&message, &event, &currencies),
            "       7  2026-01-02  calendar    ClockRolled: from 2026-01-01, to 2026-01-02"
        );
        let json = json(&message, &entry, &event, &currencies);
        assert!(!json.contains('\n'));
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (&json["height"], &json["index"], &json["position"]),
            (&7.into(), &4.into(), &1.into())
        );
        assert_eq!(json["contract"], "calendar");
        assert_eq!(json["event"]["to"], "2026-01-02");
    }
}
