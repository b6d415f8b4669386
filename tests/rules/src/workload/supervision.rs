//! Policy packs, freezes and what waits in suspense, and what can be wrong with them.
//!
//! Packs are short-lived and mostly have one rule, so that they do not choke everything else.

use counterfoil_proto::cash::v1::action::Action as Cash;
use counterfoil_proto::cash::v1::{CollectSuspense, RuleOnSuspense, Suspense, SuspenseState};
use counterfoil_proto::financing::v1::{QuoteState, RequestState};
use counterfoil_proto::invoice::v1::InvoiceState;
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::supervision::v1::{
    Action, ExposureCap, FreezeRecord, PublishPack, ReleaseRecord, Rules, action::Action as Kind,
};
use counterfoil_proto::v1::Money;
use rand::Rng;

use super::acts::cash_act;
use super::{Generator, Planned, View, on};
use crate::model::arithmetic::MAX_MINOR;
use crate::model::claims::encumbrance;
use crate::model::contract::{CASH, SUPERVISION};
use crate::model::supervision::{balance_key, claim_key, key, organization_key, receivable_key};
use crate::model::{Act, Model};

/// So many records are frozen at a time.
const FROZEN_AT_ONCE: usize = 3;

fn planned(organization: String, kind: Kind) -> Planned {
    let act = Act::Supervision(Action { action: Some(kind) });
    Planned::new(organization, SUPERVISION, act)
}

impl Generator {
    pub(super) fn supervise(&mut self, view: &View) -> Planned {
        match self.rng.gen_range(0..17) {
            0..=3 => self.publish_pack(view),
            4..=8 => self.freeze(view),
            9..=11 => self.release_record(view),
            12..=15 => self.collect_suspense(view),
            _ => self.rule_on_suspense(view),
        }
    }

    fn regulator(&mut self, model: &Model) -> String {
        self.organization(|id| model.has_role(id, Role::Regulator))
    }

    fn publish_pack(&mut self, view: &View) -> Planned {
        let model = view.model;
        let strict = model.rules_on(view.today) != Rules::default();
        if !strict && self.chance(0.6) {
            return self.freeze(view);
        }
        let rules = match strict {
            true => Rules::default(),
            false => self.rules(model),
        };
        let mut caller = self.regulator(model);
        let mut action = PublishPack {
            version: u32::try_from(model.packs.len()).expect("few packs") + 1,
            effective_from: on(view.today + self.one_of(&[0, 0, 0, 1, 3])),
            rules: Some(rules),
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..5) {
                0 => caller = self.organization(|id| !model.has_role(id, Role::Regulator)),
                1 => action.version = self.one_of(&[0, action.version.wrapping_add(1), u32::MAX]),
                2 => action.effective_from = on(view.today - 1),
                3 => action.effective_from = self.no_date(),
                _ => self.break_rules(action.rules.get_or_insert_default()),
            }
        }
        planned(caller, Kind::PublishPack(action))
    }

    /// Mostly one rule.
    fn rules(&mut self, model: &Model) -> Rules {
        let mut rules = Rules::default();
        for _ in 0..self.one_of(&[1, 1, 1, 2]) {
            match self.rng.gen_range(0..9) {
                0 => rules.longest_tenor_days = self.one_of(&[20, 60, 200]),
                1 => rules.scrutiny_above_days = self.one_of(&[1, 20, 60]),
                2 => {
                    rules.small_sellers = vec!["farmer".into(), "smith".into()];
                    rules.small_seller_days = self.one_of(&[10, 60, 200]);
                }
                3 => rules.rate_ceiling_ppm = Some(self.one_of(&[0, 30_000, 100_000])),
                4 => rules.deepest_tier = Some(self.one_of(&[0, 0, 1])),
                5 => rules.exposure_caps = self.caps(model),
                6 => rules.currencies = vec!["EUR".into(), self.one_of(&["JPY", "USD"]).into()],
                7 => {
                    let mut stopped: Vec<String> =
                        (0..2).map(|_| self.organization(|_| true)).collect();
                    stopped.sort();
                    stopped.dedup();
                    rules.stop_list = stopped;
                }
                _ => rules.none_after_default = true,
            }
        }
        rules
    }

    /// Around what is outstanding now.
    fn caps(&mut self, model: &Model) -> Vec<ExposureCap> {
        let exposures = model.exposures();
        let lines: Vec<_> = exposures.iter().collect();
        let mut caps = Vec::new();
        for (line, exposure) in lines.iter().take(4) {
            let used = u64::try_from(exposure.used).unwrap_or(MAX_MINOR);
            let room = self.one_of(&[0, 1_000, 1_000_000]);
            let (bank, debtor) = match self.rng.gen_range(0..3) {
                0 => (line.0.clone(), String::new()),
                1 => (String::new(), line.1.clone()),
                _ => (line.0.clone(), line.1.clone()),
            };
            caps.push(ExposureCap {
                bank,
                debtor,
                cap: Some(Money {
                    minor: used.saturating_add(room).min(MAX_MINOR),
                    currency: line.2.clone(),
                }),
            });
        }
        let name = |cap: &ExposureCap| {
            let currency = cap.cap.as_ref().expect("a cap").currency.clone();
            (cap.bank.clone(), cap.debtor.clone(), currency)
        };
        caps.sort_by_key(name);
        caps.dedup_by_key(|cap| name(cap));
        caps
    }

    fn break_rules(&mut self, rules: &mut Rules) {
        let cap = |bank: &str, debtor: &str, minor, currency: &str| ExposureCap {
            bank: bank.into(),
            debtor: debtor.into(),
            cap: Some(Money {
                minor,
                currency: currency.into(),
            }),
        };
        match self.rng.gen_range(0..9) {
            0 => rules.longest_tenor_days = 3_661,
            1 => rules.small_seller_days = if rules.small_sellers.is_empty() { 1 } else { 0 },
            2 => rules.rate_ceiling_ppm = Some(1_000_001),
            3 => rules.stop_list = vec![self.nobody()],
            4 => rules.stop_list = vec!["smith".into(), "farmer".into()],
            5 => rules.currencies = vec![self.unknown_currency()],
            6 => rules.exposure_caps = vec![cap("", "", 1, "EUR")],
            7 => rules.exposure_caps = vec![cap("farmer", "", 1, "EUR")],
            _ => rules.exposure_caps = vec![cap("bank-east", "", MAX_MINOR + 1, "EUR")],
        }
    }

    /// The key of something that a freeze makes a difference to.
    fn freezable(&mut self, model: &Model) -> Vec<u8> {
        let mut keys: Vec<Vec<u8>> = Vec::new();
        match self.rng.gen_range(0..12) {
            0 => keys.push(organization_key(&self.organization(|id| id != "farmer"))),
            1 => keys.extend(model.balances.keys().map(|(h, i, c)| balance_key(h, i, c))),
            2 => {
                let bound = |i: &&counterfoil_proto::invoice::v1::Invoice| {
                    i.state() == InvoiceState::ConditionallyConfirmed
                };
                let bound = model.invoices.values().filter(bound);
                keys.extend(bound.map(|i| key("invoice/invoice", &[&i.id])));
            }
            3 => {
                let open = model
                    .requests
                    .values()
                    .filter(|r| r.state() == RequestState::Open);
                keys.extend(open.map(|r| key("financing/request", &[&r.id])));
            }
            4 => {
                let revealed = model.quotes.values();
                let revealed = revealed.filter(|q| q.state() == QuoteState::Revealed);
                let parts = |r: &[u8], bank: &str| key("financing/quote", &[r, bank.as_bytes()]);
                keys.extend(revealed.map(|q| parts(&q.request, &q.bank)));
            }
            5 => keys.extend(model.loans.keys().map(|id| key("financing/loan", &[id]))),
            6 => {
                let parts = |(id, bank): &(_, String)| -> Vec<u8> {
                    let id: &[u8; 32] = id;
                    key("financing/standing", &[id, bank.as_bytes()])
                };
                keys.extend(model.standing.keys().map(parts));
            }
            7 => keys.extend(
                model
                    .programmes
                    .keys()
                    .map(|id| key("financing/programme", &[id])),
            ),
            8 => keys.extend(model.receivables.keys().map(|id| receivable_key(id))),
            _ => {
                let claims = model.claims.values();
                let live = claims.filter(|claim| claim.outstanding_minor > 0);
                // Deals stand on the clock.
                let mut live: Vec<_> = live.collect();
                if self.chance(0.6) && live.iter().any(|claim| encumbrance(claim).is_some()) {
                    live.retain(|claim| encumbrance(claim).is_some());
                }
                keys.extend(live.iter().map(|c| claim_key(&c.receivable, c.number)));
            }
        }
        match keys.is_empty() {
            true => organization_key(&self.organization(|id| id != "farmer")),
            false => self.one_of(&keys),
        }
    }

    fn frozen(&self, view: &View) -> Vec<Vec<u8>> {
        let records = view.model.freezes.keys();
        let frozen = records.filter(|record| view.model.is_frozen(record, view.today));
        frozen.cloned().collect()
    }

    fn freeze(&mut self, view: &View) -> Planned {
        let model = view.model;
        let frozen = self.frozen(view);
        if frozen.len() >= FROZEN_AT_ONCE && self.chance(0.9) {
            return self.release_record(view);
        }
        let mut caller = self.regulator(model);
        let mut action = FreezeRecord {
            record: self.freezable(model),
            reason_hash: self.bytes32(),
            last_day: on(view.today + self.one_of(&[0, 1, 3, 10])),
            organizations: vec![self.organization(|_| true)],
        };
        if self.chance(0.3) {
            action.last_day = None;
        }
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..7) {
                0 => caller = self.organization(|id| !model.has_role(id, Role::Regulator)),
                1 => action.record = self.bytes32(),
                2 => action.reason_hash = self.wrong_length(),
                3 => action.last_day = on(view.today - 1),
                4 => action.organizations = vec!["smith".into(), "farmer".into()],
                5 => action.organizations = vec![self.nobody()],
                _ if frozen.is_empty() => {}
                _ => action.record = self.one_of(&frozen),
            }
        }
        planned(caller, Kind::Freeze(action))
    }

    fn release_record(&mut self, view: &View) -> Planned {
        let model = view.model;
        let frozen = self.frozen(view);
        let mut record = match frozen.is_empty() {
            true => self.freezable(model),
            false => self.one_of(&frozen),
        };
        let mut caller = self.regulator(model);
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..2) {
                0 => caller = self.organization(|id| !model.has_role(id, Role::Regulator)),
                _ => record = self.bytes32(),
            }
        }
        planned(caller, Kind::Release(ReleaseRecord { record }))
    }

    fn suspense<'a>(&mut self, model: &'a Model, waiting: bool) -> Option<&'a Suspense> {
        let all = model.suspense.values();
        let all = all.filter(|s| (s.state() == SuspenseState::Waiting) == waiting);
        self.some(&all.collect::<Vec<_>>())
    }

    fn collect_suspense(&mut self, view: &View) -> Planned {
        let model = view.model;
        let waiting = self.chance(0.9);
        let Some(suspense) = self.suspense(model, waiting) else {
            return self.freeze(view);
        };
        let mut caller = match suspense.buyer.is_empty() || self.chance(0.5) {
            true => suspense.payee.clone(),
            false => suspense.buyer.clone(),
        };
        let mut id = suspense.id.clone();
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..2) {
                0 => caller = self.organization(|other| other != suspense.payee),
                _ => id = self.bytes32(),
            }
        }
        let collect = CollectSuspense { suspense: id };
        Planned::new(caller, CASH, cash_act(Cash::CollectSuspense(collect)))
    }

    fn rule_on_suspense(&mut self, view: &View) -> Planned {
        let model = view.model;
        let waiting = self.chance(0.8);
        let Some(suspense) = self.suspense(model, waiting) else {
            return self.freeze(view);
        };
        let mut caller = self.regulator(model);
        let mut action = RuleOnSuspense {
            suspense: suspense.id.clone(),
            payee: self.organization(|_| true),
            reason_hash: self.bytes32(),
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..4) {
                0 => caller = self.organization(|id| !model.has_role(id, Role::Regulator)),
                1 => action.suspense = self.bytes32(),
                2 => action.payee = self.nobody(),
                _ => action.reason_hash = self.wrong_length(),
            }
        }
        Planned::new(caller, CASH, cash_act(Cash::RuleOnSuspense(action)))
    }
}
