//! What a transaction tells, as its receipt should have it.

use std::collections::BTreeSet;

use counterfoil_proto::calendar::v1 as calendar_wire;
use counterfoil_proto::cash::v1 as cash_wire;
use counterfoil_proto::credit::v1 as credit_wire;
use counterfoil_proto::financing::v1 as financing_wire;
use counterfoil_proto::invoice::v1 as invoice_wire;
use counterfoil_proto::membership::v1 as membership_wire;
use counterfoil_proto::receivable::v1 as receivable_wire;
use counterfoil_proto::settlement::v1 as settlement_wire;
use counterfoil_proto::supervision::v1 as supervision_wire;
use prost::Message as _;

use super::contract;

/// An event as it should stand in the receipt.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Happened {
    pub contract: u32,
    /// Whom it concerns.
    pub organizations: BTreeSet<String>,
    pub body: Vec<u8>,
}

impl Happened {
    fn new<T: Into<String>>(
        contract: u32,
        concerned: impl IntoIterator<Item = T>,
        body: Vec<u8>,
    ) -> Happened {
        Happened {
            contract,
            organizations: concerned.into_iter().map(Into::into).collect(),
            body,
        }
    }

    pub(super) fn calendar<T: Into<String>>(
        concerned: impl IntoIterator<Item = T>,
        event: calendar_wire::Event,
    ) -> Happened {
        Happened::new(contract::CALENDAR, concerned, event.encode_to_vec())
    }

    pub(super) fn cash<T: Into<String>>(
        concerned: impl IntoIterator<Item = T>,
        event: cash_wire::Event,
    ) -> Happened {
        Happened::new(contract::CASH, concerned, event.encode_to_vec())
    }

    pub(super) fn credit<T: Into<String>>(
        concerned: impl IntoIterator<Item = T>,
        event: credit_wire::Event,
    ) -> Happened {
        Happened::new(contract::CREDIT, concerned, event.encode_to_vec())
    }

    pub(super) fn financing<T: Into<String>>(
        concerned: impl IntoIterator<Item = T>,
        event: financing_wire::Event,
    ) -> Happened {
        Happened::new(contract::FINANCING, concerned, event.encode_to_vec())
    }

    pub(super) fn invoice<T: Into<String>>(
        concerned: impl IntoIterator<Item = T>,
        event: invoice_wire::Event,
    ) -> Happened {
        Happened::new(contract::INVOICE, concerned, event.encode_to_vec())
    }

    pub(super) fn membership<T: Into<String>>(
        concerned: impl IntoIterator<Item = T>,
        event: membership_wire::Event,
    ) -> Happened {
        Happened::new(contract::MEMBERSHIP, concerned, event.encode_to_vec())
    }

    pub(super) fn receivable<T: Into<String>>(
        concerned: impl IntoIterator<Item = T>,
        event: receivable_wire::Event,
    ) -> Happened {
        Happened::new(contract::RECEIVABLE, concerned, event.encode_to_vec())
    }

    pub(super) fn settlement<T: Into<String>>(
        concerned: impl IntoIterator<Item = T>,
        event: settlement_wire::Event,
    ) -> Happened {
        Happened::new(contract::SETTLEMENT, concerned, event.encode_to_vec())
    }

    pub(super) fn supervision<T: Into<String>>(
        concerned: impl IntoIterator<Item = T>,
        event: supervision_wire::Event,
    ) -> Happened {
        Happened::new(contract::SUPERVISION, concerned, event.encode_to_vec())
    }
}
