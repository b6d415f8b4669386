//! Letting others read a profile, and what can be wrong with it.

use counterfoil_proto::credit::v1::{Action, ShareProfile, UnshareProfile, action::Action as Kind};
use rand::Rng;

use super::{Generator, Planned, View, on};
use crate::model::Act;
use crate::model::contract::CREDIT;

fn planned(organization: String, kind: Kind) -> Planned {
    let act = Act::Credit(Action { action: Some(kind) });
    Planned::new(organization, CREDIT, act)
}

impl Generator {
    pub(super) fn share(&mut self, view: &View) -> Planned {
        match self.rng.gen_range(0..2) {
            0 => self.share_profile(view),
            _ => self.unshare_profile(view),
        }
    }

    fn share_profile(&mut self, view: &View) -> Planned {
        let model = view.model;
        let caller = self.organization(|_| true);
        let days = self.one_of(&[0, 1, 7, 90, 366]);
        let mut action = ShareProfile {
            reader: self.organization(|id| id != caller),
            until: on(view.today + days),
        };
        // At times one that stands already, which this replaces.
        if self.chance(0.4) {
            let shared: Vec<_> = model
                .shares
                .keys()
                .filter(|(id, _)| *id == caller)
                .collect();
            if let Some((_, reader)) = self.some(&shared) {
                action.reader.clone_from(reader);
            }
        }
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..4) {
                0 => action.reader = self.nobody(),
                1 => action.reader.clone_from(&caller),
                2 => action.until = self.no_date(),
                _ => action.until = on(view.today + self.one_of(&[-1, 367, 10_000])),
            }
        }
        planned(caller, Kind::Share(action))
    }

    fn unshare_profile(&mut self, view: &View) -> Planned {
        let model = view.model;
        let shared: Vec<_> = model.shares.keys().collect();
        let Some((organization, reader)) = self.some(&shared).cloned() else {
            return self.share_profile(view);
        };
        let (mut caller, mut reader) = (organization, reader);
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..2) {
                0 => caller = self.organization(|_| true),
                _ => reader = self.nobody(),
            }
        }
        planned(caller, Kind::Unshare(UnshareProfile { reader }))
    }
}
