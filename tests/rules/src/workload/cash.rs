//! Deposits, and what can be wrong with an instruction.

use counterfoil_proto::cash::v1::{
    Action, Balance, ConfirmRedemption, DeclineRedemption, IssueDeposit, Redemption,
    RedemptionState, RequestRedemption, TransferDeposit, action::Action as Kind,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::v1::Money;
use rand::Rng;

use super::{Generator, Planned, View};
use crate::model::arithmetic::MAX_MINOR;
use crate::model::contract::CASH;
use crate::model::{Act, Model};

fn planned(organization: String, kind: Kind) -> Planned {
    Planned::new(organization, CASH, Act::Cash(Action { action: Some(kind) }))
}

impl Generator {
    pub(super) fn issue(&mut self, view: &View) -> Planned {
        let model = view.model;
        let issuer = self.organization(|id| model.has_role(id, Role::Bank));
        let holder = self.organization(|id| id != issuer);
        // Whole fortunes only in a currency that few others need.
        let amount = match self.rng.gen_range(0..40) {
            0 => Money {
                minor: MAX_MINOR,
                currency: "KWD".to_owned(),
            },
            1 => self.all_to_issue(model, &issuer, "KWD"),
            _ => Money {
                minor: self.rng.gen_range(1..=100_000_000),
                currency: self.currency(),
            },
        };
        self.issue_to(view, issuer, holder, amount)
    }

    /// All that the bank may still issue in this currency, or one unit more.
    fn all_to_issue(&mut self, model: &Model, issuer: &str, currency: &str) -> Money {
        let key = (issuer.to_owned(), currency.to_owned());
        let issued = model.issuances.get(&key).map_or(0, |i| i.issued_minor);
        Money {
            minor: MAX_MINOR - issued + u64::from(self.chance(0.7)),
            currency: currency.to_owned(),
        }
    }

    /// Deposits for a holder that needs them.
    pub(super) fn issue_to(
        &mut self,
        view: &View,
        mut issuer: String,
        holder: String,
        amount: Money,
    ) -> Planned {
        let model = view.model;
        let mut action = IssueDeposit {
            holder,
            amount: Some(amount),
            end_to_end_id: self.end_to_end_id(),
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..4) {
                0 => issuer = self.organization(|id| !model.has_role(id, Role::Bank)),
                1 => {
                    action.holder = if self.chance(0.5) {
                        self.nobody()
                    } else {
                        issuer.clone()
                    }
                }
                2 => self.break_sum(&mut action.amount),
                _ => action.end_to_end_id = self.bad_id(model, &issuer),
            }
        }
        planned(issuer, Kind::Issue(action))
    }

    pub(super) fn transfer(&mut self, view: &View) -> Planned {
        let model = view.model;
        let Some(balance) = self.spendable(model) else {
            return self.issue(view);
        };
        let mut holder = balance.holder.clone();
        let mut action = TransferDeposit {
            issuer: balance.issuer.clone(),
            to: self.organization(|id| id != holder),
            amount: self.part_of(balance),
            end_to_end_id: self.end_to_end_id(),
        };
        // Its issuer redeems what it is paid, and issues what it pays.
        match self.rng.gen_range(0..8) {
            0 => action.to = action.issuer.clone(),
            1 => {
                (action.to, holder) = (holder, action.issuer.clone());
                if self.chance(0.2) {
                    action.amount = Some(self.all_to_issue(model, &holder, "KWD"));
                }
            }
            _ => {}
        }
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..7) {
                0 => action.issuer = self.no_bank(model),
                1 => {
                    action.to = if self.chance(0.5) {
                        self.nobody()
                    } else {
                        holder.clone()
                    }
                }
                2 => self.break_sum(&mut action.amount),
                3 => action.end_to_end_id = self.bad_id(model, &holder),
                4 => self.too_much(balance, &mut action.amount),
                5 => action.issuer = self.organization(|id| model.has_role(id, Role::Bank)),
                _ => holder = self.organization(|_| true),
            }
        }
        planned(holder, Kind::Transfer(action))
    }

    pub(super) fn request_redemption(&mut self, view: &View) -> Planned {
        let model = view.model;
        let Some(balance) = self.spendable(model) else {
            return self.issue(view);
        };
        let mut holder = balance.holder.clone();
        let mut action = RequestRedemption {
            issuer: balance.issuer.clone(),
            amount: self.part_of(balance),
            end_to_end_id: self.end_to_end_id(),
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..6) {
                0 => action.issuer = self.no_bank(model),
                1 => self.break_sum(&mut action.amount),
                2 => action.end_to_end_id = self.bad_id(model, &holder),
                3 => self.too_much(balance, &mut action.amount),
                4 => action.issuer = self.organization(|id| model.has_role(id, Role::Bank)),
                _ => holder = self.organization(|_| true),
            }
        }
        planned(holder, Kind::RequestRedemption(action))
    }

    pub(super) fn confirm_redemption(&mut self, view: &View) -> Planned {
        let Some(redemption) = self.redemption(view.model, true) else {
            return self.request_redemption(view);
        };
        let (mut caller, mut id) = (redemption.holder.clone(), redemption.end_to_end_id.clone());
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..4) {
                0 => id = self.end_to_end_id(),
                1 => id = self.invalid_end_to_end_id(),
                2 => caller = self.organization(|other| other != redemption.holder),
                _ => {
                    if let Some(closed) = self.redemption(view.model, false) {
                        (caller, id) = (closed.holder.clone(), closed.end_to_end_id.clone());
                    }
                }
            }
        }
        planned(
            caller,
            Kind::ConfirmRedemption(ConfirmRedemption { end_to_end_id: id }),
        )
    }

    pub(super) fn decline_redemption(&mut self, view: &View) -> Planned {
        let Some(redemption) = self.redemption(view.model, true) else {
            return self.request_redemption(view);
        };
        let mut caller = redemption.issuer.clone();
        let mut action = DeclineRedemption {
            holder: redemption.holder.clone(),
            end_to_end_id: redemption.end_to_end_id.clone(),
            reason: self.reason(),
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..6) {
                0 => action.end_to_end_id = self.end_to_end_id(),
                1 => action.holder = self.nobody(),
                2 => action.holder = self.organization(|_| true),
                3 => caller = self.organization(|other| other != redemption.issuer),
                4 => action.reason = self.invalid_reason(),
                _ => {
                    if let Some(closed) = self.redemption(view.model, false) {
                        caller = closed.issuer.clone();
                        action.holder = closed.holder.clone();
                        action.end_to_end_id = closed.end_to_end_id.clone();
                    }
                }
            }
        }
        planned(caller, Kind::DeclineRedemption(action))
    }

    /// An id of the wrong form, or one this payer has used before.
    pub(super) fn bad_id(&mut self, model: &Model, payer: &str) -> String {
        let used: Vec<&String> = model
            .instructions
            .keys()
            .filter(|(p, _)| p == payer)
            .map(|(_, id)| id)
            .collect();
        if used.is_empty() || self.chance(0.4) {
            return self.invalid_end_to_end_id();
        }
        self.one_of(&used).clone()
    }

    pub(super) fn no_bank(&mut self, model: &Model) -> String {
        if self.chance(0.4) {
            self.nobody()
        } else {
            self.organization(|id| !model.has_role(id, Role::Bank))
        }
    }

    pub(super) fn break_sum(&mut self, sum: &mut Option<Money>) {
        match self.rng.gen_range(0..5) {
            0 => *sum = None,
            1 | 2 => sum.get_or_insert_default().currency = self.unknown_currency(),
            _ => sum.get_or_insert_default().minor = self.impossible_amount(),
        }
    }

    fn too_much(&mut self, balance: &Balance, sum: &mut Option<Money>) {
        let beyond = self.one_of(&[1, balance.locked_minor.max(1), MAX_MINOR / 2]);
        sum.get_or_insert_default().minor = (balance.available_minor + beyond).min(MAX_MINOR);
    }

    fn spendable<'a>(&mut self, model: &'a Model) -> Option<&'a Balance> {
        let all = model.balances.values();
        self.some(&all.filter(|b| b.available_minor > 0).collect::<Vec<_>>())
    }

    fn part_of(&mut self, balance: &Balance) -> Option<Money> {
        let all = balance.available_minor;
        let minor = if self.chance(0.15) {
            all
        } else {
            self.rng.gen_range(1..=all.div_ceil(4))
        };
        Some(Money {
            minor,
            currency: balance.currency.clone(),
        })
    }

    fn redemption<'a>(&mut self, model: &'a Model, open: bool) -> Option<&'a Redemption> {
        let is_open = |r: &&Redemption| (r.state() == RedemptionState::Requested) == open;
        self.some(
            &model
                .redemptions
                .values()
                .filter(is_open)
                .collect::<Vec<_>>(),
        )
    }
}
