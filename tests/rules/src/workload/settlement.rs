//! Debtors that pay, and what can be wrong with their payment.

use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::{Receivable, ReceivableState};
use counterfoil_proto::settlement::v1::{Action, SettleReceivable, action::Action as Kind};
use counterfoil_proto::v1::Money;
use rand::Rng;

use super::{Generator, Planned, View};
use crate::model::Act;
use crate::model::arithmetic::MAX_MINOR;
use crate::model::contract::SETTLEMENT;

impl Generator {
    /// Pays a receivable, or has a bank issue the deposits first.
    pub(super) fn settle(&mut self, view: &View) -> Planned {
        let model = view.model;
        let Some(receivable) = self.receivable(view, ReceivableState::Performing) else {
            return self.confirm(view);
        };
        let debtor = receivable.debtor.clone();
        let id = receivable.id.as_slice().try_into().expect("an id");
        let owed = model.owed(&id, view.today);
        let owed = u128::from(owed.principal) + owed.penalty;
        let owed = u64::try_from(owed).unwrap_or(u64::MAX);
        let currency = receivable.face.as_ref().expect("a face").currency.clone();
        let banks: Vec<String> = model
            .organizations
            .keys()
            .filter(|id| model.has_role(id, Role::Bank))
            .cloned()
            .collect();
        let payer = banks
            .iter()
            .find(|bank| model.available(&debtor, bank, &currency) >= owed);
        let payer = payer
            .cloned()
            .or_else(|| self.chance(0.1).then(|| self.one_of(&banks)));
        let Some(issuer) = payer else {
            let spare = self.rng.gen_range(0..=1_000_000);
            let minor = owed.saturating_add(spare).min(MAX_MINOR);
            let bank = self.organization(|id| model.has_role(id, Role::Bank) && id != debtor);
            return self.issue_to(view, bank, debtor, Money { minor, currency });
        };
        let action = SettleReceivable {
            receivable: receivable.id.clone(),
            issuer,
            amount: Some(Money {
                minor: owed,
                currency,
            }),
            end_to_end_id: self.end_to_end_id(),
        };
        self.pay(view, debtor, action)
    }

    fn pay(&mut self, view: &View, mut debtor: String, mut action: SettleReceivable) -> Planned {
        let model = view.model;
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..10) {
                0 => action.receivable = self.bytes32(),
                1 => action.receivable = self.wrong_length(),
                2 => debtor = self.organization(|id| id != debtor),
                3 => {
                    if let Some(settled) = self.receivable(view, ReceivableState::Settled) {
                        debtor = settled.debtor.clone();
                        action.receivable = settled.id.clone();
                    }
                }
                4 => action.issuer = self.no_bank(model),
                5 => action.amount.get_or_insert_default().currency = self.currency(),
                6 => {
                    action.amount = if self.chance(0.2) {
                        None
                    } else {
                        self.other_amount(&action.amount)
                    };
                }
                7 => action.end_to_end_id = self.bad_id(model, &debtor),
                8 => action.issuer = self.organization(|id| model.has_role(id, Role::Bank)),
                _ => action.end_to_end_id = self.invalid_end_to_end_id(),
            }
        }
        Planned::new(
            debtor,
            SETTLEMENT,
            Act::Settlement(Action {
                action: Some(Kind::Settle(action)),
            }),
        )
    }

    fn receivable<'a>(
        &mut self,
        view: &View<'a>,
        state: ReceivableState,
    ) -> Option<&'a Receivable> {
        let some: Vec<&Receivable> = view
            .model
            .receivables
            .values()
            .filter(|r| r.state() == state)
            .collect();
        if some.is_empty() {
            None
        } else {
            Some(self.one_of(&some))
        }
    }
}
