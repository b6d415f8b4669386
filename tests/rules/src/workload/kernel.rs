//! What can be wrong with a transaction before any contract reads its action.

use rand::Rng;

use super::{Generator, Planned, Signer};
use crate::model::Act;

impl Generator {
    pub(super) fn break_envelope(&mut self, planned: &mut Planned) {
        match self.rng.gen_range(0..5) {
            0 => planned.organization = self.one_of(&["nobody", "airline-2"]).to_owned(),
            1 => {
                let itself = planned.organization.clone();
                let other = self.organization(|id| id != itself);
                planned.signer = if self.chance(0.5) {
                    Signer::Of(other)
                } else {
                    Signer::Stranger
                };
            }
            2 => planned.contract = self.one_of(&[0, 1, 2, 8, 10, 51, u32::MAX]),
            _ => planned.act = Act::Garbage(self.garbage(planned.act.encode())),
        }
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
