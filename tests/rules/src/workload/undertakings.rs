//! Recourse and guarantees undertaken, called on and paid, and what can be wrong with that.

use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance;
use counterfoil_proto::receivable::v1::{
    Action, Claim, GiveGuarantee, GiveNotice, Rank, ReceivableState, Recourse, RecourseLimit,
    action::Action as Kind,
};
use counterfoil_proto::settlement::v1::{
    Action as Settlement, HonourUndertaking, action::Action as Settling,
};
use counterfoil_proto::v1::Money;
use rand::Rng;

use super::claims::currency_of;
use super::{Generator, Planned, View, on};
use crate::model::arithmetic::MAX_MINOR;
use crate::model::claims::encumbrance;
use crate::model::contract::{RECEIVABLE, SETTLEMENT};
use crate::model::{Act, Model};

fn planned(organization: String, kind: Kind) -> Planned {
    Planned::new(
        organization,
        RECEIVABLE,
        Act::Receivable(Action { action: Some(kind) }),
    )
}

/// The claims with principal on which somebody has undertaken something, and the places of what fits.
fn undertaken<'a>(
    view: &View<'a>,
    fits: impl Fn(&Claim, usize) -> bool,
) -> Vec<(&'a Claim, usize)> {
    let owed = view.model.claims.values();
    let owed = owed.filter(|claim| claim.outstanding_minor > 0);
    owed.flat_map(|claim| (0..claim.undertakings.len()).map(move |at| (claim, at)))
        .filter(|(claim, at)| fits(claim, *at))
        .collect()
}

impl Generator {
    /// Terms of a transfer with recourse.
    pub(super) fn recourse(&mut self, view: &View, minor: u64) -> (i32, Option<RecourseLimit>) {
        if self.chance(0.4) {
            return (Recourse::Full.into(), None);
        }
        let most = minor.saturating_add(minor / 4).clamp(1, MAX_MINOR);
        let limit = RecourseLimit {
            cap_minor: self.rng.gen_range(1..=most),
            expires_on: on(view.today + self.one_of(&[0, 10, 90, 400, 400])),
        };
        (Recourse::Limited.into(), Some(limit))
    }

    pub(super) fn wrong_recourse(&mut self, view: &View) -> (i32, Option<RecourseLimit>) {
        let (recourse, limit) = self.recourse(view, 100);
        let mut limit = limit.unwrap_or_default();
        match self.rng.gen_range(0..6) {
            0 => (self.one_of(&[0, 2, -1]), None),
            1 => (Recourse::Limited.into(), None),
            2 => (self.one_of(&[1, 20]), Some(limit)),
            3 => {
                limit.cap_minor = self.one_of(&[0, MAX_MINOR + 1]);
                (recourse, Some(limit))
            }
            4 => {
                limit.expires_on = self.no_date();
                (recourse, Some(limit))
            }
            _ => {
                limit.expires_on = on(view.today - 1);
                (recourse, Some(limit))
            }
        }
    }

    pub(super) fn give_guarantee(&mut self, view: &View) -> Planned {
        let model = view.model;
        let owed: Vec<&Claim> = model
            .claims
            .values()
            .filter(|claim| claim.outstanding_minor > 0)
            .collect();
        let Some(claim) = self.some(&owed) else {
            return self.confirm(view);
        };
        let debtor = &model.receivables[claim.receivable.as_slice()].debtor;
        let mut guarantor = self.organization(|id| {
            model.has_role(id, Role::Guarantor) && id != debtor && id != claim.controller
        });
        let most = claim.outstanding_minor.saturating_add(1_000).min(MAX_MINOR);
        let mut action = GiveGuarantee {
            receivable: claim.receivable.clone(),
            number: claim.number,
            controller: claim.controller.clone(),
            cap: Some(Money {
                minor: self.rng.gen_range(1..=most),
                currency: currency_of(model, claim),
            }),
            expires_on: match self.chance(0.4) {
                true => None,
                false => on(view.today + self.one_of(&[0, 30, 200, 400])),
            },
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..9) {
                8 => action.cap.get_or_insert_default().currency = self.currency(),
                0 => guarantor = self.organization(|id| !model.has_role(id, Role::Guarantor)),
                1 => guarantor = self.one_of(&[debtor.clone(), claim.controller.clone()]),
                2 => {
                    action.cap.get_or_insert_default().minor = self.one_of(&[0, MAX_MINOR + 1]);
                }
                3 => action.expires_on = on(view.today - 1),
                4 => action.controller = self.organization(|id| id != claim.controller),
                5 => {
                    // Spent, or no claim at all.
                    let mut controller = action.controller.clone();
                    (action.receivable, action.number) = self.wrong_claim(model, &mut controller);
                    action.controller = controller;
                }
                6 => {
                    let with_debtor = |id: &str| {
                        let owes = |claim: &&&Claim| {
                            model.receivables[claim.receivable.as_slice()].debtor == id
                        };
                        owed.iter().find(owes).copied()
                    };
                    if let Some(claim) = with_debtor("utility") {
                        guarantor = "utility".into();
                        (action.receivable, action.number) =
                            (claim.receivable.clone(), claim.number);
                        action.controller = claim.controller.clone();
                    }
                }
                _ => action.expires_on = self.no_date(),
            }
        }
        let alone = planned(guarantor.clone(), Kind::GiveGuarantee(action.clone()));
        let asks = action.controller != guarantor && model.exists(&action.controller);
        if self.chance(0.1) || !asks {
            return alone;
        }
        let consents = [action.controller.as_str()];
        Planned::proposed(guarantor, RECEIVABLE, &alone.act, &consents, view.today)
    }

    /// Calls on somebody: mostly on whose turn it is.
    pub(super) fn give_notice(&mut self, view: &View) -> Planned {
        let model = view.model;
        let defaulted = |claim: &Claim| {
            let receivable = &model.receivables[claim.receivable.as_slice()];
            receivable.state() == ReceivableState::Defaulted
        };
        let open = |claim: &Claim, at: usize| claim.undertakings[at].noticed_on.is_none();
        let any = self.chance(0.1);
        let mut all = undertaken(view, |claim, at| any || defaulted(claim) && open(claim, at));
        if all.is_empty() {
            all = undertaken(view, |_, _| true);
        }
        let Some((claim, at)) = self.some(&all.iter().collect::<Vec<_>>()).copied() else {
            return self.report(view);
        };
        let mut caller = match encumbrance(claim) {
            Some(Encumbrance::Pledged(pledge)) if self.chance(0.5) => pledge.pledgee.clone(),
            _ => claim.controller.clone(),
        };
        let mut action = GiveNotice {
            receivable: claim.receivable.clone(),
            number: claim.number,
            undertaking: claim.undertakings[at].undertaking.clone(),
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..6) {
                0 => caller = self.organization(|id| id != claim.controller),
                1 | 2 => {
                    (action.receivable, action.number) = self.wrong_claim(model, &mut caller);
                }
                3 => action.undertaking = self.bytes32(),
                _ => {
                    // Not in default, or called on already.
                    let all = undertaken(view, |claim, at| !defaulted(claim) || !open(claim, at));
                    if let Some((claim, at)) = self.some(&all.iter().collect::<Vec<_>>()).copied() {
                        caller = claim.controller.clone();
                        action = GiveNotice {
                            receivable: claim.receivable.clone(),
                            number: claim.number,
                            undertaking: claim.undertakings[at].undertaking.clone(),
                        };
                    }
                }
            }
        }
        planned(caller, Kind::GiveNotice(action))
    }

    /// Pays what is called on, or has a bank issue the deposits first.
    pub(super) fn honour(&mut self, view: &View) -> Planned {
        let model = view.model;
        let mut all = undertaken(view, |claim, at| {
            is_called(claim, at) && !is_used_up(model, claim, at)
        });
        // There are few of them.
        let is_rare = |claim: &Claim| {
            claim.rank() == Rank::Retained
                || matches!(encumbrance(claim), Some(Encumbrance::Pledged(_)))
        };
        if self.chance(0.7) && all.iter().any(|(claim, _)| is_rare(claim)) {
            all.retain(|(claim, _)| is_rare(claim));
        }
        let Some((claim, at)) = self.some(&all.iter().collect::<Vec<_>>()).copied() else {
            return self.give_notice(view);
        };
        let mut payer = model.undertakings(claim)[at].by.clone();
        let minor = match self.rng.gen_range(0..4) {
            0 => self.rng.gen_range(1..=claim.outstanding_minor),
            1 => claim.outstanding_minor.div_ceil(2),
            2 => claim.outstanding_minor,
            _ => claim.outstanding_minor.saturating_add(5_000_000),
        };
        let amount = Money {
            minor: minor.min(MAX_MINOR),
            currency: currency_of(model, claim),
        };
        let Some(issuer) = self.payer_bank(model, &payer, &amount) else {
            return self.fund(view, payer, amount);
        };
        let mut action = HonourUndertaking {
            receivable: claim.receivable.clone(),
            number: claim.number,
            undertaking: claim.undertakings[at].undertaking.clone(),
            issuer,
            amount: Some(amount),
            end_to_end_id: self.end_to_end_id(),
        };
        for _ in 0..self.faults() {
            self.break_honour(view, claim, &mut payer, &mut action);
        }
        Planned::new(
            payer,
            SETTLEMENT,
            Act::Settlement(Settlement {
                action: Some(Settling::Honour(action)),
            }),
        )
    }

    fn break_honour(
        &mut self,
        view: &View,
        claim: &Claim,
        payer: &mut String,
        action: &mut HonourUndertaking,
    ) {
        let model = view.model;
        match self.rng.gen_range(0..14) {
            0 => *payer = self.organization(|id| id != claim.controller),
            1 => action.undertaking = self.bytes32(),
            2 => (action.receivable, action.number) = (self.bytes32(), 0),
            3 => action.issuer = self.no_bank(model),
            4 => action.amount = self.other_amount(&action.amount),
            5 => action.amount.get_or_insert_default().currency = self.currency(),
            6 => action.end_to_end_id = self.bad_id(model, payer),
            7 => action.issuer = self.organization(|id| model.has_role(id, Role::Bank)),
            place => {
                let all: Vec<(&Claim, usize)> = match place {
                    8 => undertaken(view, |claim, at| !is_called(claim, at)),
                    // There are few of them, too.
                    9..=12 => undertaken(view, |claim, at| {
                        is_called(claim, at) && is_used_up(model, claim, at)
                    }),
                    _ => {
                        let spent = model.claims.values().filter(|c| c.outstanding_minor == 0);
                        let all =
                            spent.flat_map(|c| (0..c.undertakings.len()).map(move |at| (c, at)));
                        all.filter(|(claim, at)| is_called(claim, *at)).collect()
                    }
                };
                if let Some((claim, at)) = self.some(&all.iter().collect::<Vec<_>>()).copied() {
                    *payer = model.undertakings(claim)[at].by.clone();
                    (action.receivable, action.number) = (claim.receivable.clone(), claim.number);
                    action.undertaking = claim.undertakings[at].undertaking.clone();
                    action.amount.get_or_insert_default().currency = currency_of(model, claim);
                }
            }
        }
    }
}

fn is_called(claim: &Claim, at: usize) -> bool {
    claim.undertakings[at].noticed_on.is_some()
}

fn is_used_up(model: &Model, claim: &Claim, at: usize) -> bool {
    let undertaking = model.undertakings(claim)[at];
    undertaking.cap_minor > 0 && undertaking.paid_minor >= undertaking.cap_minor
}
