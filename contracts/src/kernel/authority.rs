//! What an action needs of its signers (specification 1.4, 1.6).

use counterfoil_proto::membership::v1::ActionClass;
use counterfoil_proto::v1::Money;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    pub class: ActionClass,
    /// The sum that the action binds or moves. `None` where it has none, or none that can be told before it is
    /// carried out: an approval rule then takes it for more than any amount.
    pub amount: Option<Money>,
    /// Whether it discharges a debt or gives up a right, which no suspension stops.
    pub discharges: bool,
}

impl Authority {
    pub fn of(class: ActionClass) -> Self {
        Self {
            class,
            amount: None,
            discharges: false,
        }
    }

    /// Of an action that moves or binds a sum.
    pub fn over(self, amount: Option<Money>) -> Self {
        Self { amount, ..self }
    }

    /// Of an action that the suspended may still sign.
    pub fn discharging(self) -> Self {
        Self {
            discharges: true,
            ..self
        }
    }
}
