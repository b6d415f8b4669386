//! A ledger for tests that write their own story.

use counterfoil_proto::invoice::v1::Invoice;
use counterfoil_proto::v1::Receipt;
use prost::Message;

use super::Planned;
use super::acts::TODAY;
use super::rules::{Records, Rules};
use super::world::World;
use crate::model::{Act, contract, tagged_hash};

/// One ledger, in which every transaction has a block of its own.
pub struct Bench {
    pub rules: Rules,
}

impl Bench {
    /// With a simulated clock from [`TODAY`] on.
    #[allow(
        clippy::new_without_default,
        reason = "a ledger is not a default of anything"
    )]
    pub fn new() -> Bench {
        Bench {
            rules: Rules::new(&World::new(Some(TODAY), 0)),
        }
    }

    /// Sends in the next block, a second later.
    pub fn send(&mut self, caller: &str, act: Act) -> Receipt {
        self.send_later(1_000, caller, act)
    }

    /// Sends in a block of so much later than the last.
    pub fn send_later(&mut self, after_ms: u64, caller: &str, act: Act) -> Receipt {
        let number = match act {
            Act::Calendar(_) => contract::CALENDAR,
            Act::Cash(_) => contract::CASH,
            Act::Financing(_) => contract::FINANCING,
            Act::Invoice(_) => contract::INVOICE,
            Act::Receivable(_) => contract::RECEIVABLE,
            Act::Settlement(_) => contract::SETTLEMENT,
            Act::Garbage(_) => panic!("a story is told in actions"),
        };
        let time_ms = self.rules.time_ms() + after_ms;
        let signed = self.rules.sign(&Planned::new(caller, number, act), time_ms);
        self.rules.execute(time_ms, &[signed]).remove(0)
    }

    /// Sends what must end in this code; a rejection must leave every record as it was.
    pub fn expect(&mut self, caller: &str, act: Act, code: u32, what: &str) -> Receipt {
        let before = self.rules.records().clone();
        let receipt = self.send(caller, act);
        assert_eq!(receipt.code, code, "{what}: {receipt:?}");
        if code != 0 {
            let mut after = self.rules.records().clone();
            after.retain(|key, _| before.contains_key(key) || !key.starts_with(b"block/"));
            assert!(after == before, "{what} changed a record");
        }
        receipt
    }

    /// Sends what must succeed.
    pub fn succeed(&mut self, caller: &str, act: Act) -> Receipt {
        self.expect(caller, act, 0, "preparation")
    }

    pub fn invoice(&self, id: &[u8]) -> Invoice {
        find(
            self.rules.records(),
            "invoice/invoice/",
            |invoice: &Invoice| invoice.id == id,
        )
    }
}

/// The record of a table that is wanted.
pub fn find<M: Message + Default>(
    records: &Records,
    prefix: &str,
    wanted: impl Fn(&M) -> bool,
) -> M {
    let values = records
        .iter()
        .filter(|(key, _)| key.starts_with(prefix.as_bytes()));
    let mut decoded =
        values.map(|(_, value)| M::decode(value.as_slice()).expect("a record decodes"));
    decoded.find(wanted).expect("the record exists")
}

/// The id of the invoice that this receipt is of.
pub fn invoice_id(registration: &Receipt) -> Vec<u8> {
    tagged_hash("counterfoil/invoice-id/v1", &[&registration.tx_id]).to_vec()
}
