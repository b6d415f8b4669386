//! What can be wrong with a transaction before any contract reads its action.

use counterfoil_proto::membership::v1::{Account, Organization};
use rand::Rng;

use super::{Generator, Planned, Signer, View};
use crate::model::Act;
use crate::model::authority::acts_at;

impl Generator {
    pub(super) fn break_envelope(&mut self, view: &View, planned: &mut Planned) {
        match self.rng.gen_range(0..5) {
            0 => planned.organization = self.one_of(&["nobody", "airline-2"]).to_owned(),
            1 => {
                planned.signer = match self.rng.gen_range(0..4) {
                    0 => Signer::Stranger,
                    1 => self.account_of_another(view, &planned.organization),
                    _ => self.account_out_of_time(view, planned),
                };
            }
            2 => planned.contract = self.one_of(&[0, 10, 11, 51, u32::MAX]),
            _ => planned.act = Act::Garbage(self.garbage(planned.act.encode())),
        }
    }

    fn account_of_another(&mut self, view: &View, itself: &str) -> Signer {
        let other = self.organization(|id| id != itself);
        let accounts = &view.model.organizations[&other].accounts;
        Signer::Accounts(vec![self.one_of(accounts).public_key])
    }

    /// Adds an account to the signers that is not live yet, or not any more.
    fn account_out_of_time(&mut self, view: &View, planned: &mut Planned) -> Signer {
        let is_out = |o: &&Organization| o.accounts.iter().any(|a| !acts_at(a, view.height));
        let all: Vec<&Organization> = view.model.organizations.values().filter(is_out).collect();
        let Some(organization) = self.some(&all) else {
            return Signer::Stranger;
        };
        planned.organization = organization.id.clone();
        let mut is_one = |a: &Account| self.rng.gen_bool(0.5) || !acts_at(a, view.height);
        let accounts = organization.accounts.iter().filter(|a| is_one(a));
        let keys = accounts.map(|a| a.public_key.clone());
        Signer::Accounts(keys.take(8).collect())
    }

    /// Bytes that are no action in canonical encoding, made from an action that is one.
    fn garbage(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        match self.rng.gen_range(0..6) {
            0 => return Vec::new(),
            // An unknown field: number 15, varint 1.
            1 => bytes.extend([0x78, 0x01]),
            // Cut short. The action is one length-delimited field, so what is left cannot be read.
            2 => drop(bytes.pop()),
            // The field of the action a second time.
            3 => bytes.extend(bytes.clone()),
            // Its length in one byte more than needed.
            4 if bytes.len() > 1 && bytes[1] < 0x80 => {
                bytes[1] |= 0x80;
                bytes.insert(2, 0);
            }
            _ => bytes = vec![0xff; 9],
        }
        bytes
    }
}
