//! Many signatures at once: the equation of ZIP-215 for a random sum of them.

use std::convert::Infallible;

use ed25519_zebra::batch::{Item, Verifier};
use rand::RngCore as _;
use rand::rngs::ThreadRng;

use super::{Signature, verify_zip215};

/// Signatures to be judged together. What [`verify_zip215`](super::verify_zip215) accepts passes; should one that it
/// refuses be among them, they pass with probability 2^−128 only.
#[derive(Default)]
pub struct Batch(Verifier);

impl Batch {
    pub fn add(&mut self, key: &[u8; 32], message: &[u8], signature: &[u8; 64]) {
        self.0
            .queue(Item::from(((*key).into(), (*signature).into(), message)));
    }

    /// Whether all of them are good. It does not say which are not.
    pub fn verify(self) -> bool {
        self.0.verify(Coefficients(rand::thread_rng())).is_ok()
    }
}

/// A signature that is said to be of a key, over a message.
#[derive(Clone, Debug)]
pub struct Unverified {
    pub key: [u8; 32],
    pub message: Vec<u8>,
    pub signature: Signature,
}

/// The position of the first of these signatures that is not good, if any. They are verified together, and one by one where that
/// fails.
pub fn first_bad<'a>(
    mut signed: impl ExactSizeIterator<Item = &'a Unverified> + Clone,
) -> Option<usize> {
    // One by itself takes less time than a sum of one.
    if signed.len() > 1 {
        let mut batch = Batch::default();
        for one in signed.clone() {
            batch.add(&one.key, &one.message, &one.signature.0);
        }
        if batch.verify() {
            return None;
        }
    }
    signed.position(|one| !verify_zip215(&one.key, &one.message, &one.signature.0))
}

/// Random numbers as the verifier takes them, which nobody who makes signatures can foresee.
struct Coefficients(ThreadRng);

impl rand_core::TryRng for Coefficients {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Coefficients {}

#[cfg(test)]
mod tests {
    use super::super::{SigningKey, verify_zip215};
    use super::*;

    const SIGNED: usize = 20;

    /// By five keys, each over its own number.
    fn signed() -> Vec<([u8; 32], [u8; 8], [u8; 64])> {
        (0..SIGNED)
            .map(|number| {
                let key = SigningKey::from_seed([(number % 5) as u8; 32]);
                let message = number.to_be_bytes();
                (*key.public_key().as_bytes(), message, key.sign(&message).0)
            })
            .collect()
    }

    fn passes(signed: &[([u8; 32], [u8; 8], [u8; 64])]) -> bool {
        let mut batch = Batch::default();
        for (key, message, signature) in signed {
            batch.add(key, message, signature);
        }
        batch.verify()
    }

    #[test]
    fn one_bad_signature_among_many_is_noticed() {
        assert!(passes(&[]));
        assert!(passes(&signed()));
        for at in 0..SIGNED {
            for byte in [0, 31, 32, 63] {
                let mut bad = signed();
                bad[at].2[byte] ^= 1;
                assert!(!passes(&bad), "signature {at}, byte {byte}");
            }
            let mut bad = signed();
            bad[at].1[0] ^= 1;
            assert!(!passes(&bad));
        }
    }

    #[test]
    fn the_first_bad_one_is_named() {
        let keys: Vec<SigningKey> = (0..4).map(|n| SigningKey::from_seed([n; 32])).collect();
        let sign = |(n, key): (usize, &SigningKey)| Unverified {
            key: *key.public_key().as_bytes(),
            message: vec![n as u8],
            signature: key.sign(&[n as u8]),
        };
        let good: Vec<_> = keys.iter().enumerate().map(sign).collect();
        for count in 0..=good.len() {
            let mut signed = good[..count].to_vec();
            assert_eq!(first_bad(signed.iter()), None);
            for bad in (0..count).rev() {
                signed[bad].message.push(0);
                assert_eq!(first_bad(signed.iter()), Some(bad), "of {count}");
            }
        }
    }

    /// The identity as key and as R, in an encoding that is not canonical, with s = 0: ZIP-215 accepts it, by itself and here.
    #[test]
    fn odd_encodings_are_judged_as_one_by_one() {
        let mut identity = [0xff; 32];
        identity[0] = 0xee;
        identity[31] = 0x7f;
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&identity);
        let message = [7; 8];
        assert!(verify_zip215(&identity, &message, &signature));
        let mut mixed = signed();
        mixed.push((identity, message, signature));
        assert!(passes(&mixed));
        // s beyond the order of the group is neither's.
        mixed[SIGNED].2[63] = 0xff;
        assert!(!verify_zip215(&identity, &message, &mixed[SIGNED].2));
        assert!(!passes(&mixed));
    }
}
