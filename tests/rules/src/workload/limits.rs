//! Limits that banks set, and what can be wrong with them.

use counterfoil_proto::financing::v1::{SetLimit, action::Action as Kind};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::v1::Money;
use rand::Rng;

use super::requests::planned;
use super::{Generator, Planned, View};
use crate::model::arithmetic::MAX_MINOR;

impl Generator {
    pub(super) fn set_limit(&mut self, view: &View) -> Planned {
        let model = view.model;
        let mut bank = self.organization(|id| model.has_role(id, Role::Bank));
        let subject = self.organization(|id| {
            id != bank
                && (model.has_role(id, Role::CoreEnterprise) || model.has_role(id, Role::Supplier))
        });
        let currency = self.currency();
        let line = (bank.clone(), subject.clone(), currency.clone());
        let exposures = model.exposures();
        let used = exposures.get(&line).map_or(0, |exposure| exposure.used);
        let used = u64::try_from(used).unwrap_or(u64::MAX);
        // Mostly one that leaves room, so that quotes are revealed all the same.
        let minor = match self.rng.gen_range(0..10) {
            0 => 0,
            1 => used / 2,
            2 => used.saturating_add(self.rng.gen_range(0..1_000_000)),
            _ => MAX_MINOR,
        };
        let mut action = SetLimit {
            subject,
            cap: Some(Money {
                minor: minor.min(MAX_MINOR),
                currency,
            }),
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..5) {
                0 => bank = self.organization(|id| !model.has_role(id, Role::Bank)),
                1 => action.subject = self.nobody(),
                2 => action.subject = self.one_of(&[bank.clone(), "operator".to_owned()]),
                3 => {
                    action.cap.get_or_insert_default().currency = self.unknown_currency();
                    if self.chance(0.3) {
                        action.cap = None;
                    }
                }
                _ => {
                    action.cap.get_or_insert_default().minor =
                        self.one_of(&[MAX_MINOR + 1, u64::MAX]);
                }
            }
        }
        planned(bank, Kind::SetLimit(action))
    }
}
