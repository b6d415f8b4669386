//! Validators that are down: their turns are not waited for as long as others'.
//!
//! How long a node waits is its own affair: it decides when a round is given up, never what is decided. So every node goes by what
//! it has seen, and one that is mistaken loses a round.

use std::collections::BTreeSet;
use std::time::Duration;

use malachitebft_core_types::{
    CommitCertificate, Context as _, LinearTimeouts, Round, Timeout, TimeoutKind, Timeouts,
    Validator as _,
};

use super::context::{Address, Ctx, Height, ValidatorSet};

/// What is left of each wait in a round whose proposer is down: enough for a small block of one that has just come back.
const SHORTER: u32 = 4;
/// Rounds of a height that can be told apart: as many as a mask has bits, and more than there may be validators.
const ROUNDS: u32 = u128::BITS;

/// Who let a turn pass, and has signed no block since.
#[derive(Debug, Default)]
pub struct Absent(BTreeSet<Address>);

impl Absent {
    /// Takes a decided height into account. Whether a turn passed of somebody who was not known to be down.
    pub fn note(
        &mut self,
        certificate: &CommitCertificate<Ctx>,
        validators: &ValidatorSet,
    ) -> bool {
        let decided = certificate.round.as_u32().unwrap_or(0);
        let turn = |round| proposer(validators, certificate.height, round);
        let mut news = false;
        // Whoever has turns after turns has let them all pass.
        for round in 0..decided.min(ROUNDS) {
            news |= self.0.insert(turn(round));
        }
        self.0.remove(&turn(decided));
        for signed in &certificate.commit_signatures {
            self.0.remove(&signed.address);
        }
        news
    }

    /// How long the rounds of a height are waited for.
    pub fn waits(
        &self,
        linear: LinearTimeouts,
        height: Height,
        validators: &ValidatorSet,
    ) -> Waits {
        let is_absent = |round: &u32| self.0.contains(&proposer(validators, height, *round));
        let absent = match self.0.is_empty() {
            true => 0,
            false => (0..ROUNDS)
                .filter(is_absent)
                .fold(0, |absent, round| absent | 1 << round),
        };
        Waits { linear, absent }
    }
}

fn proposer(validators: &ValidatorSet, height: Height, round: u32) -> Address {
    let validator = Ctx.select_proposer(validators, height, Round::new(round));
    *validator.address()
}

/// The chain's time-outs, shorter in the rounds of those who are down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    linear: LinearTimeouts,
    /// A bit for each round from 0.
    absent: u128,
}

impl Timeouts<Ctx> for Waits {
    fn duration_for(&self, timeout: Timeout) -> Duration {
        let whole = self.linear.duration_for(timeout);
        let round = timeout.round.as_u32().unwrap_or(ROUNDS);
        let is_absent = round < ROUNDS && self.absent & 1 << round != 0;
        match timeout.kind {
            TimeoutKind::Propose | TimeoutKind::Prevote | TimeoutKind::Precommit if is_absent => {
                whole / SHORTER
            }
            _ => whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_types::hash::Hash;
    use counterfoil_types::keys::{Signature, SigningKey};
    use malachitebft_core_types::{CommitSignature, ValidatorSet as _};

    use super::super::context::{BlockHash, Validator};
    use super::*;

    fn validators() -> ValidatorSet {
        let keys = (1..=4).map(|seed| SigningKey::from_seed([seed; 32]).public_key());
        ValidatorSet::new(keys.map(|key| Validator::new(key, 1)).collect())
    }

    fn certificate(height: u64, round: u32, signers: &[Address]) -> CommitCertificate<Ctx> {
        let signature = |signer: &Address| CommitSignature::new(*signer, Signature([0; 64]));
        CommitCertificate {
            height: Height(height),
            round: Round::new(round),
            value_id: BlockHash(Hash::default()),
            commit_signatures: signers.iter().map(signature).collect(),
        }
    }

    #[test]
    fn turns_of_who_is_down_are_short_until_it_signs() {
        let set = validators();
        let order: Vec<Address> = set.iter().map(|v| *v.address()).collect();
        let linear = LinearTimeouts {
            propose: Duration::from_millis(600),
            propose_delta: Duration::from_millis(200),
            ..LinearTimeouts::default()
        };
        let mut absent = Absent::default();
        let wait = |absent: &Absent, height, round| {
            let waits = absent.waits(linear, Height(height), &set);
            waits
                .duration_for(Timeout::propose(Round::new(round)))
                .as_millis()
        };
        // Height 4 begins with the first by address.
        assert!(!absent.note(&certificate(4, 0, &order[1..]), &set));
        assert_eq!(wait(&absent, 8, 0), 600);
        // It made no block at height 8: the next one did.
        assert!(absent.note(&certificate(8, 1, &order[1..]), &set));
        assert_eq!(wait(&absent, 9, 0), 600);
        assert_eq!(wait(&absent, 11, 0), 600);
        assert_eq!(wait(&absent, 11, 1), 200);
        assert_eq!(wait(&absent, 12, 0), 150);
        assert_eq!(wait(&absent, 12, 1), 800);
        // Rounds come round, and so far ahead they are not told apart.
        assert_eq!(wait(&absent, 12, 4), (600 + 4 * 200) / 4);
        assert_eq!(wait(&absent, 12, ROUNDS), 600 + 200 * u128::from(ROUNDS));
        // What is not a wait for anybody stays.
        let waits = absent.waits(linear, Height(12), &set);
        let rebroadcast = Timeout::rebroadcast(Round::new(0));
        assert_eq!(waits.duration_for(rebroadcast), linear.rebroadcast);
        // That it is down is known by now.
        assert!(!absent.note(&certificate(12, 1, &order[1..]), &set));
        // One signature is enough.
        absent.note(&certificate(9, 0, &order[..3]), &set);
        assert_eq!(wait(&absent, 12, 0), 600);
    }

    #[test]
    fn who_let_a_turn_pass_but_signs_is_slow_and_not_down() {
        let set = validators();
        let order: Vec<Address> = set.iter().map(|v| *v.address()).collect();
        let mut absent = Absent::default();
        absent.note(&certificate(4, 2, &order[..3]), &set);
        assert!(absent.0.is_empty());
        absent.note(&certificate(4, 2, &order[1..]), &set);
        assert_eq!(absent.0, BTreeSet::from([order[0]]));
    }
}
