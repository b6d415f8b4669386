//! Debtors that pay, reports of those that do not, and what can be wrong with both.

use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance;
use counterfoil_proto::receivable::v1::{Claim, FeePaid, Rank, Receivable, ReceivableState};
use counterfoil_proto::settlement::v1::{
    Action, ReportDefault, ReportOverdue, SettleReceivable, action::Action as Kind,
};
use counterfoil_proto::v1::Money;
use rand::Rng;

use super::{Generator, Planned, View};
use crate::model::arithmetic::MAX_MINOR;
use crate::model::claims::{day_of, encumbrance};
use crate::model::contract::SETTLEMENT;
use crate::model::settlement::Debt;
use crate::model::{Act, Id, Model};

fn planned(organization: String, kind: Kind) -> Planned {
    Planned::new(
        organization,
        SETTLEMENT,
        Act::Settlement(Action { action: Some(kind) }),
    )
}

fn live_claims<'a>(model: &'a Model, receivable: &Receivable) -> Vec<&'a Claim> {
    let id = Id::try_from(receivable.id.as_slice()).expect("an id");
    model.live_claims(&id)
}

/// With more than a lone free claim.
fn is_eventful(model: &Model, receivable: &Receivable) -> bool {
    let live = live_claims(model, receivable);
    live.len() > 1 || live.iter().any(|claim| encumbrance(claim).is_some())
}

fn is_pledged(model: &Model, receivable: &Receivable) -> bool {
    let pledged = |claim: &&Claim| matches!(encumbrance(claim), Some(Encumbrance::Pledged(_)));
    live_claims(model, receivable).iter().any(pledged)
}

/// Those of a kind, or all where there are none.
fn preferring(all: Vec<&Receivable>, kind: impl Fn(&Receivable) -> bool) -> Vec<&Receivable> {
    let some: Vec<&Receivable> = all.iter().copied().filter(|r| kind(r)).collect();
    if some.is_empty() { all } else { some }
}

impl Generator {
    /// Pays a receivable, or has a bank issue the deposits first.
    pub(super) fn settle(&mut self, view: &View) -> Planned {
        let model = view.model;
        let unsettled: Vec<&Receivable> = model
            .receivables
            .values()
            .filter(|r| r.state() != ReceivableState::Settled)
            .filter(|r| r.payments.is_empty() || self.rng.gen_bool(0.1))
            .collect();
        let late = |r: &Receivable| day_of(&r.adjusted_due_date) < view.today;
        let mut from = unsettled;
        if self.chance(0.6) {
            from = preferring(from, late);
        }
        // Payments end offers and requests: not so often that these come to nothing.
        from = match self.rng.gen_range(0..10) {
            0..=4 => preferring(from, |r| is_pledged(model, r)),
            5..=6 => preferring(from, |r| is_eventful(model, r)),
            _ => preferring(from, |r| !is_eventful(model, r)),
        };
        let Some(receivable) = self.some(&from) else {
            return self.confirm(view);
        };
        let debtor = receivable.debtor.clone();
        let id = Id::try_from(receivable.id.as_slice()).expect("an id");
        let amount = Money {
            minor: self.instructed(&model.debts(&id, view.today)),
            currency: receivable.face.as_ref().expect("a face").currency.clone(),
        };
        let mut payer = self
            .payer_bank(model, &debtor, &amount)
            .filter(|bank| *bank != debtor);
        if payer.is_none() && self.chance(0.1) {
            payer = Some(self.organization(|id| model.has_role(id, Role::Bank)));
        }
        let Some(issuer) = payer else {
            return self.fund(view, debtor, amount);
        };
        let action = SettleReceivable {
            receivable: receivable.id.clone(),
            issuer,
            amount: Some(amount),
            end_to_end_id: self.end_to_end_id(),
            fees: self.fees_of(receivable),
        };
        self.pay(view, debtor, action)
    }

    /// What the terms allow, mostly not.
    fn fees_of(&mut self, receivable: &Receivable) -> Vec<FeePaid> {
        let mut fees: Vec<FeePaid> = Vec::new();
        if !self.chance(0.3) {
            return fees;
        }
        for allowed in &receivable.terms.as_ref().expect("terms").fees {
            let known = fees.iter().any(|fee| fee.payee == allowed.payee);
            if !known && allowed.payee != receivable.debtor && self.chance(0.6) {
                fees.push(FeePaid {
                    payee: allowed.payee.clone(),
                    amount_minor: self.rng.gen_range(1..=allowed.cap_minor.min(3_000)),
                });
            }
        }
        fees.sort_by(|a, b| a.payee.cmp(&b.payee));
        fees
    }

    fn wrong_fees(&mut self, debtor: &str) -> Vec<FeePaid> {
        let mut fee = |payee: &str, amounts: &[u64]| FeePaid {
            payee: payee.to_owned(),
            amount_minor: self.one_of(amounts),
        };
        let some = [
            fee("farmer", &[0, 1]),
            fee("utility", &[1, 6_000, u64::MAX]),
            fee(debtor, &[1]),
            fee("nobody", &[1]),
        ];
        let (first, second) = (self.one_of(&some), self.one_of(&some));
        if self.chance(0.5) {
            vec![first]
        } else {
            vec![first, second]
        }
    }

    /// What the debtor pays: all, part, up to the end of a tier or about that, or more.
    pub(super) fn instructed(&mut self, debts: &[Debt]) -> u64 {
        let tiers = [Rank::Senior, Rank::Retained].map(|rank| {
            let of = || debts.iter().filter(move |debt| debt.rank == rank);
            let principal: u128 = of().map(|debt| u128::from(debt.principal)).sum();
            let penalty: u128 = of().map(|debt| u128::from(debt.penalty())).sum();
            [principal, penalty]
        });
        let tiers = tiers.concat();
        let sum = |tiers: &[u128]| {
            let all = tiers.iter().sum::<u128>().min(u128::from(MAX_MINOR));
            u64::try_from(all).expect("at most 10^18")
        };
        let owed = sum(&tiers);
        let minor = match self.rng.gen_range(0..10) {
            0..=2 => owed,
            3 => owed.saturating_add(self.rng.gen_range(1..2_000)),
            4..=5 => {
                let end = self.rng.gen_range(1..=tiers.len());
                let off = self.one_of(&[0, 1, 2]);
                (sum(&tiers[..end]) + off).saturating_sub(1)
            }
            6 => self.rng.gen_range(1..=5),
            _ => self.rng.gen_range(1..=owed.max(1)),
        };
        minor.clamp(1, MAX_MINOR)
    }

    fn pay(&mut self, view: &View, mut debtor: String, mut action: SettleReceivable) -> Planned {
        let model = view.model;
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..11) {
                10 => action.fees = self.wrong_fees(&debtor),
                0 => action.receivable = self.bytes32(),
                1 => action.receivable = self.wrong_length(),
                2 => debtor = self.organization(|id| id != debtor),
                3 => {
                    let settled = |r: &&Receivable| r.state() == ReceivableState::Settled;
                    let settled: Vec<_> = model.receivables.values().filter(settled).collect();
                    if let Some(settled) = self.some(&settled) {
                        debtor = settled.debtor.clone();
                        action.receivable = settled.id.clone();
                    }
                }
                4 => action.issuer = self.no_bank(model),
                5 => action.amount.get_or_insert_default().currency = self.currency(),
                6 => {
                    action.amount = match self.rng.gen_range(0..4) {
                        0 => None,
                        1 => self.other_amount(&action.amount),
                        _ => {
                            let mut amount = action.amount.unwrap_or_default();
                            amount.minor = self.impossible_amount();
                            Some(amount)
                        }
                    }
                }
                7 => action.end_to_end_id = self.bad_id(model, &debtor),
                8 => {
                    action.issuer = self.organization(|id| model.has_role(id, Role::Bank));
                    if model.has_role(&debtor, Role::Bank) && self.chance(0.5) {
                        action.issuer = debtor.clone();
                    }
                }
                _ => action.end_to_end_id = self.invalid_end_to_end_id(),
            }
        }
        planned(debtor, Kind::Settle(action))
    }

    /// Reports a receivable as overdue or defaulted: mostly one that is.
    pub(super) fn report(&mut self, view: &View) -> Planned {
        let model = view.model;
        let caller = self.organization(|_| true);
        let defaulted = self.chance(0.4);
        let fits = |receivable: &&Receivable| {
            let grace = receivable.terms.as_ref().expect("terms").grace_days;
            let last = day_of(&receivable.adjusted_due_date)
                + if defaulted { i64::from(grace) } else { 0 };
            let face = receivable.face.as_ref().expect("a face").minor;
            let reported = match receivable.state() {
                ReceivableState::Performing => false,
                ReceivableState::Overdue => !defaulted,
                _ => true,
            };
            view.today > last && receivable.redeemed_minor < face && !reported
        };
        let some: Vec<&Receivable> = model.receivables.values().filter(fits).collect();
        let found = self.some(&some).map(|receivable| receivable.id.clone());
        let mut receivable = match found {
            Some(id) => id,
            None => match self.any_receivable(view) {
                Some(id) => id,
                None => return self.confirm(view),
            },
        };
        for _ in 0..self.faults() {
            receivable = match self.rng.gen_range(0..5) {
                0 => self.bytes32(),
                1 => self.wrong_length(),
                _ => self.any_receivable(view).unwrap_or_default(),
            };
        }
        planned(
            caller,
            if defaulted {
                Kind::ReportDefault(ReportDefault { receivable })
            } else {
                Kind::ReportOverdue(ReportOverdue { receivable })
            },
        )
    }

    /// Any receivable, at times one on which penalty alone is owed.
    pub(super) fn any_receivable(&mut self, view: &View) -> Option<Vec<u8>> {
        let all = view.model.receivables.values();
        let paid_up = |r: &&Receivable| {
            r.state() != ReceivableState::Settled
                && r.face.as_ref().expect("a face").minor == r.redeemed_minor
        };
        let mut some: Vec<&Receivable> = all.clone().filter(paid_up).collect();
        if some.is_empty() || self.chance(0.7) {
            some = all.collect();
        }
        self.some(&some).map(|receivable| receivable.id.clone())
    }
}
