//! Any message of the wire, field by field, by its descriptor: what a proposal or decision would do must be
//! seen whole by whoever signs it, and a view of one's own for every action could leave something out.

use std::sync::LazyLock;

use counterfoil_proto::DESCRIPTORS;
use counterfoil_proto::v1 as wire;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, ReflectMessage as _, Value};

use super::day;
use crate::amounts::Currencies;
use crate::events::contract;
use crate::output::View;

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(DESCRIPTORS).expect("they were encoded when this was built")
});

/// An action: its contract, and every field of it, as `confirm.amount`. One that this version cannot read is
/// shown as bytes.
pub fn action(number: u32, action: &[u8], currencies: &Currencies) -> View {
    let contract = contract(number);
    let view = View::new().text("contract", contract);
    message(
        view,
        &format!("counterfoil.{contract}.v1.Action"),
        action,
        currencies,
    )
}

/// Every field of an encoded message of this name, below what a view has already.
pub fn message(view: View, name: &str, encoded: &[u8], currencies: &Currencies) -> View {
    let descriptor = POOL.get_message_by_name(name);
    let decoded = descriptor.and_then(|d| DynamicMessage::decode(d, encoded).ok());
    match decoded {
        Some(decoded) => fields(view, "", &decoded, currencies),
        None => view.id("bytes", encoded),
    }
}

fn fields(mut view: View, path: &str, message: &DynamicMessage, currencies: &Currencies) -> View {
    for (field, value) in message.fields() {
        let path = match path {
            "" => field.name().to_owned(),
            path => format!("{path}.{}", field.name()),
        };
        view = shown(view, &path, &field.kind(), value, currencies);
    }
    view
}

fn shown(view: View, path: &str, kind: &Kind, value: &Value, currencies: &Currencies) -> View {
    match value {
        Value::List(items) => {
            let items = items.iter().enumerate();
            items.fold(view, |view, (at, item)| {
                shown(view, &format!("{path}.{at}"), kind, item, currencies)
            })
        }
        Value::Message(message) => match in_words(message, currencies) {
            Some(text) => view.text(path, text),
            None if message.fields().next().is_none() => view.text(path, "all as by default"),
            None => fields(view, path, message, currencies),
        },
        Value::Bytes(bytes) => view.id(path, bytes),
        Value::EnumNumber(number) => view.text(path, name_of(kind, *number)),
        Value::String(text) => view.text(path, text),
        Value::Bool(flag) => view.flag(path, *flag),
        Value::U32(number) => view.number(path, *number),
        Value::U64(number) => view.text(path, number),
        Value::I32(number) => view.text(path, number),
        Value::I64(number) => view.text(path, number),
        other => view.text(path, format_args!("{other:?}")),
    }
}

/// Messages that people read as one word.
fn in_words(message: &DynamicMessage, currencies: &Currencies) -> Option<String> {
    let encoded = message.encode_to_vec();
    match message.descriptor().full_name() {
        "counterfoil.v1.Money" => {
            let money = wire::Money::decode(encoded.as_slice()).ok()?;
            Some(currencies.money(&money))
        }
        "counterfoil.v1.Date" => Some(day(wire::Date::decode(encoded.as_slice()).ok())),
        _ => None,
    }
}

/// An enum value's name without its type's; its number where this version has no name for it.
fn name_of(kind: &Kind, number: i32) -> String {
    let Kind::Enum(descriptor) = kind else {
        return number.to_string();
    };
    let prefix = descriptor.get_value(0).map(|zero| {
        let zero = zero.name().to_owned();
        zero.strip_suffix("UNSPECIFIED")
            .unwrap_or_default()
            .to_owned()
    });
    let value = descriptor.get_value(number);
    value.map_or_else(
        || number.to_string(),
        |value| {
            let name = value.name().to_owned();
            let prefix = prefix.unwrap_or_default();
            name.strip_prefix(&prefix)
                .unwrap_or(&name)
                .to_ascii_lowercase()
        },
    )
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::{invoice, membership};
    use counterfoil_types::money::Currency;
    use counterfoil_types::transaction::contract;

    use super::*;

    fn currencies() -> Currencies {
        Currencies::from_iter([("EUR".parse::<Currency>().unwrap().code().to_owned(), 2)])
    }

    #[test]
    fn an_action_is_shown_whole() {
        let confirm = invoice::v1::ConfirmInvoice {
            invoice: vec![0xab; 32],
            amount: Some(wire::Money {
                minor: 12_550,
                currency: "EUR".into(),
            }),
            terms_hash: vec![0xcd; 32],
            acknowledged: Vec::new(),
        };
        let bytes = invoice::v1::Action {
            action: Some(invoice::v1::action::Action::Confirm(confirm)),
        }
        .encode_to_vec();
        let text = format!("{:?}", action(contract::INVOICE, &bytes, &currencies()));
        for part in [
            "confirm.invoice",
            &"ab".repeat(32),
            "confirm.amount",
            "125.50 EUR",
            &"cd".repeat(32),
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn lists_and_enums_are_named_and_what_is_unreadable_is_bytes() {
        use membership::v1::{
            Account, ActionClass, ApprovalRequirement, Permission, SetApprovalRule,
        };
        let rule = SetApprovalRule {
            requirements: vec![ApprovalRequirement {
                action_class: ActionClass::TransferDeposit.into(),
                above: None,
                approvals: 2,
            }],
        };
        let bytes = membership::v1::Action {
            action: Some(membership::v1::action::Action::SetApprovalRule(rule)),
        }
        .encode_to_vec();
        let text = format!("{:?}", action(contract::MEMBERSHIP, &bytes, &currencies()));
        assert!(
            text.contains("set_approval_rule.requirements.0.action_class"),
            "{text}"
        );
        assert!(text.contains("transfer_deposit"), "{text}");
        let account = Account {
            permissions: vec![Permission::Make.into()],
            ..Account::default()
        };
        let name = "counterfoil.membership.v1.Account";
        let view = message(View::new(), name, &account.encode_to_vec(), &currencies());
        assert!(format!("{view:?}").contains("make"), "{view:?}");
        let strange = action(contract::INVOICE, &[0xff], &currencies());
        assert!(format!("{strange:?}").contains("ff"), "{strange:?}");
    }
}
