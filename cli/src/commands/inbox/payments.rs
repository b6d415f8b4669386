//! Payments over the external rail that wait for somebody's word.

use counterfoil_proto::cash::v1::{Payment, PaymentState};

use super::entry::{Desk, Entry, date};

/// What the payer's bank is to assert, the payee's side to confirm, the arbiter to rule on, and what has been silent too
/// long.
pub fn to_move(desk: &Desk<'_>, payments: &[Payment]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for payment in payments {
        let id = hex::encode(&payment.id);
        let amount = desk.money(payment.amount.as_ref());
        let Payment { payer, payee, .. } = payment;
        let assertion = payment.assertion.clone().unwrap_or_default();
        let party =
            [payer, payee, &payment.asserter, &payment.confirmer].contains(&&desk.me.to_owned());
        let passed = |until| date(until).is_some_and(|until| until < desk.today);
        let (sentence, since, until, command) = match payment.state() {
            PaymentState::Instructed if payment.asserter == desk.me => (
                format!(
                    "{payer} has you pay {amount} to {payee}, outside the ledger: say when you have"
                ),
                payment.instructed_on,
                payment.deadline,
                format!("counterfoil payment assert {id} --message FILE --entry REFERENCE"),
            ),
            PaymentState::Instructed if party && passed(payment.deadline) => (
                format!(
                    "{} has not said that it paid {amount} from {payer} to {payee}",
                    payment.asserter
                ),
                payment.instructed_on,
                None,
                format!("counterfoil payment timeout {id}"),
            ),
            PaymentState::Asserted if payment.confirmer == desk.me => (
                format!(
                    "{} says that it paid {amount} from {payer} to {payee}: confirm it, or contest it",
                    payment.asserter
                ),
                assertion.asserted_on,
                assertion.answer_by,
                format!("counterfoil payment confirm {id}"),
            ),
            PaymentState::Asserted if party && passed(assertion.answer_by) => (
                format!(
                    "{} does not say whether {amount} from {payer} came",
                    payment.confirmer
                ),
                assertion.asserted_on,
                None,
                format!("counterfoil payment contest {id} --reason 'No answer.'"),
            ),
            PaymentState::Contested if payment.arbiter == desk.me => (
                format!("it is contested whether {payer} paid {amount} to {payee}: you rule on it"),
                assertion.asserted_on,
                None,
                format!("counterfoil payment rule {id} --reason REASON --paid"),
            ),
            PaymentState::Contested if *payer == desk.me || *payee == desk.me => (
                format!("it is contested whether {payer} paid {amount} to {payee}"),
                assertion.asserted_on,
                None,
                format!("counterfoil payment show {id}"),
            ),
            _ => continue,
        };
        entries.push(Entry {
            kind: "payment",
            sentence,
            since: date(since),
            until: date(until),
            command,
        });
    }
    entries
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::cash::v1::Assertion;

    use super::super::entry::tests::{at_desk, on, usd};
    use super::*;

    #[test]
    fn each_side_sees_what_waits_for_it() {
        let payment = |state: PaymentState| Payment {
            id: vec![7; 32],
            payer: "airline".into(),
            payee: "supplier".into(),
            amount: Some(usd(10_000)),
            asserter: "bank-a".into(),
            confirmer: "bank-b".into(),
            arbiter: "chamber".into(),
            state: state.into(),
            instructed_on: on("2026-01-05"),
            deadline: on("2026-01-07"),
            assertion: Some(Assertion {
                asserted_on: on("2026-01-06"),
                answer_by: on("2026-01-08"),
                ..Assertion::default()
            }),
            ..Payment::default()
        };
        let commands = |me, today, state| {
            let entries = at_desk(me, today, |desk| to_move(desk, &[payment(state)]));
            let verbs = entries.iter().map(|entry| {
                let words: Vec<&str> = entry.command.split(' ').collect();
                words[2].to_owned()
            });
            verbs.collect::<Vec<String>>()
        };
        use PaymentState::{Asserted, Confirmed, Contested, Instructed};
        assert_eq!(commands("bank-a", "2026-01-06", Instructed), ["assert"]);
        assert!(commands("airline", "2026-01-07", Instructed).is_empty());
        assert_eq!(commands("airline", "2026-01-08", Instructed), ["timeout"]);
        assert_eq!(commands("bank-b", "2026-01-08", Asserted), ["confirm"]);
        assert!(commands("airline", "2026-01-08", Asserted).is_empty());
        assert_eq!(commands("supplier", "2026-01-09", Asserted), ["contest"]);
        assert_eq!(commands("chamber", "2026-01-09", Contested), ["rule"]);
        assert_eq!(commands("airline", "2026-01-09", Contested), ["show"]);
        for me in ["airline", "supplier", "bank-a", "bank-b", "chamber"] {
            assert!(commands(me, "2026-01-09", Confirmed).is_empty());
        }
    }
}
