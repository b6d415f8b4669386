//! Hashes of blocks, and the bytes that validators sign.

use std::collections::BTreeMap;

use counterfoil_proto::v1 as wire;
use prost::Message;

use crate::hash::Hash;
use crate::keys::{self, Signature, Unverified};
use crate::merkle;
use crate::transaction::chain_prefix;

/// The block's hash, which is its header's.
pub fn header_hash(header: &wire::Header) -> Hash {
    Hash::tagged("counterfoil/header/v1", &[&header.encode_to_vec()])
}

/// The root over encoded `SignedTransaction`s.
pub fn transactions_root(transactions: &[Vec<u8>]) -> Hash {
    merkle::root(transactions)
}

/// The root over receipts, without the wording of rejections.
pub fn receipts_root(receipts: &[wire::Receipt]) -> Hash {
    let leaves: Vec<Vec<u8>> = receipts.iter().map(receipt_leaf).collect();
    merkle::root(&leaves)
}

/// A receipt as it is hashed: the code, but not its wording.
pub fn receipt_leaf(receipt: &wire::Receipt) -> Vec<u8> {
    match receipt.rejection {
        None => receipt.encode_to_vec(),
        Some(_) => wire::Receipt {
            rejection: None,
            ..receipt.clone()
        }
        .encode_to_vec(),
    }
}

pub fn validator_set_hash(set: &wire::ValidatorSet) -> Hash {
    Hash::tagged("counterfoil/validator-set/v1", &[&set.encode_to_vec()])
}

pub fn params_hash(params: &wire::ConsensusParams) -> Hash {
    Hash::tagged(
        "counterfoil/consensus-params/v1",
        &[&params.encode_to_vec()],
    )
}

/// The two votes of Tendermint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VoteKind {
    Prevote = 1,
    Precommit = 2,
}

/// What a validator signs to vote for a block, or with `None` for no block.
pub fn vote_sign_bytes(
    chain_id: &str,
    kind: VoteKind,
    height: u64,
    round: i64,
    block_hash: Option<&Hash>,
    address: &Hash,
) -> Vec<u8> {
    let mut bytes = signed_prefix("counterfoil/vote/v1", chain_id);
    bytes.push(kind as u8);
    bytes.extend(height.to_be_bytes());
    bytes.extend(round.to_be_bytes());
    match block_hash {
        None => bytes.push(0),
        Some(hash) => {
            bytes.push(1);
            bytes.extend(hash.as_bytes());
        }
    }
    bytes.extend(address.as_bytes());
    bytes
}

/// What a proposer signs to propose a block; `pol_round` is −1 where no earlier round polled for it.
pub fn proposal_sign_bytes(
    chain_id: &str,
    height: u64,
    round: i64,
    pol_round: i64,
    block_hash: &Hash,
    address: &Hash,
) -> Vec<u8> {
    let mut bytes = signed_prefix("counterfoil/proposal/v1", chain_id);
    bytes.extend(height.to_be_bytes());
    bytes.extend(round.to_be_bytes());
    bytes.extend(pol_round.to_be_bytes());
    bytes.extend(block_hash.as_bytes());
    bytes.extend(address.as_bytes());
    bytes
}

/// What a proposer signs in the last part of a block it streams.
pub fn parts_sign_bytes(chain_id: &str, height: u64, round: i64, block_hash: &Hash) -> Vec<u8> {
    let mut bytes = signed_prefix("counterfoil/proposal-parts/v1", chain_id);
    bytes.extend(height.to_be_bytes());
    bytes.extend(round.to_be_bytes());
    bytes.extend(block_hash.as_bytes());
    bytes
}

fn signed_prefix(tag: &str, chain_id: &str) -> Vec<u8> {
    [tag.as_bytes(), &chain_prefix(chain_id)].concat()
}

/// Why a certificate does not prove a block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    #[error("the certificate is for another height or block")]
    OtherBlock,
    #[error("the certificate holds a field of the wrong length")]
    Malformed,
    #[error("{0} signed but is not a validator")]
    NotAValidator(Hash),
    #[error("{0} signed twice")]
    Repeated(Hash),
    #[error("the signature of {0} does not verify")]
    WrongSignature(Hash),
    #[error("{signed} of {total} voting power signed; more than two thirds are needed")]
    NotEnoughPower { signed: u128, total: u128 },
}

/// Checks that more than two thirds of a validator set decided a block.
pub fn verify_certificate(
    chain_id: &str,
    certificate: &wire::CommitCertificate,
    height: u64,
    block_hash: &Hash,
    validators: &wire::ValidatorSet,
) -> Result<(), CertificateError> {
    let votes = certified_by(chain_id, certificate, height, block_hash, validators)?;
    match keys::first_bad(votes.iter().map(|(_, vote)| vote)) {
        Some(bad) => Err(CertificateError::WrongSignature(votes[bad].0)),
        None => Ok(()),
    }
}

/// What is to be checked of a certificate before its signatures, and these: votes with the addresses of who votes, which decide if all
/// are good.
pub(crate) fn certified_by(
    chain_id: &str,
    certificate: &wire::CommitCertificate,
    height: u64,
    block_hash: &Hash,
    validators: &wire::ValidatorSet,
) -> Result<Vec<(Hash, Unverified)>, CertificateError> {
    use CertificateError::*;
    if certificate.height != height || certificate.block_hash != block_hash.as_bytes() {
        return Err(OtherBlock);
    }
    let mut total = 0u128;
    let mut members = BTreeMap::new();
    for validator in &validators.validators {
        // The set was taken for its hash: its keys were checked when they were enrolled.
        let key: &[u8; 32] = validator
            .public_key
            .as_slice()
            .try_into()
            .map_err(|_| Malformed)?;
        let power = u128::from(validator.power);
        total += power;
        members.insert(keys::address(key), (key, power));
    }
    let (mut votes, mut signed) = (Vec::<(Hash, Unverified)>::new(), 0u128);
    for commit in &certificate.signatures {
        let address = Hash::try_from(commit.address.as_slice()).map_err(|_| Malformed)?;
        let signature = Signature::try_from(commit.signature.as_slice()).map_err(|_| Malformed)?;
        let (key, power) = members.get(&address).ok_or(NotAValidator(address))?;
        if votes.iter().any(|(of, _)| *of == address) {
            return Err(Repeated(address));
        }
        let message = vote_sign_bytes(
            chain_id,
            VoteKind::Precommit,
            height,
            i64::from(certificate.round),
            Some(block_hash),
            &address,
        );
        let vote = Unverified {
            key: **key,
            message,
            signature,
        };
        votes.push((address, vote));
        signed += power;
    }
    match 3 * signed <= 2 * total {
        true => Err(NotEnoughPower { signed, total }),
        false => Ok(votes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SigningKey;

    fn fixture(signers: usize) -> (wire::CommitCertificate, Hash, wire::ValidatorSet) {
        let keys: Vec<_> = (0..4).map(|i| SigningKey::from_seed([i; 32])).collect();
        let block_hash = Hash::tagged("block", &[]);
        let validators = keys.iter().map(|k| wire::Validator {
            organization: "bank-a".into(),
            public_key: k.public_key().to_vec(),
            power: 1,
        });
        let signatures = keys[..signers].iter().map(|k| {
            let address = k.public_key().address();
            let bytes =
                vote_sign_bytes("c", VoteKind::Precommit, 5, 0, Some(&block_hash), &address);
            wire::CommitSignature {
                address: address.to_vec(),
                signature: k.sign(&bytes).to_vec(),
            }
        });
        let certificate = wire::CommitCertificate {
            height: 5,
            round: 0,
            block_hash: block_hash.to_vec(),
            signatures: signatures.collect(),
        };
        (
            certificate,
            block_hash,
            wire::ValidatorSet {
                validators: validators.collect(),
            },
        )
    }

    #[test]
    fn three_of_four_decide_and_two_do_not() {
        let (certificate, hash, set) = fixture(3);
        assert_eq!(
            verify_certificate("c", &certificate, 5, &hash, &set),
            Ok(())
        );
        let (certificate, hash, set) = fixture(2);
        let verdict = verify_certificate("c", &certificate, 5, &hash, &set);
        assert_eq!(
            verdict,
            Err(CertificateError::NotEnoughPower {
                signed: 2,
                total: 4
            })
        );
    }

    #[test]
    fn what_is_not_the_certificate_is_refused_by_name() {
        let (good, hash, set) = fixture(3);
        let verdict = |c: &wire::CommitCertificate| verify_certificate("c", c, 5, &hash, &set);
        let mut twice = good.clone();
        twice.signatures[1] = twice.signatures[0].clone();
        assert!(matches!(
            verdict(&twice),
            Err(CertificateError::Repeated(_))
        ));
        let mut stranger = good.clone();
        stranger.signatures[0].address = Hash::tagged("nobody", &[]).to_vec();
        assert!(matches!(
            verdict(&stranger),
            Err(CertificateError::NotAValidator(_))
        ));
        let other_round = wire::CommitCertificate {
            round: 1,
            ..good.clone()
        };
        assert!(matches!(
            verdict(&other_round),
            Err(CertificateError::WrongSignature(_))
        ));
        let other_height = wire::CommitCertificate {
            height: 6,
            ..good.clone()
        };
        assert_eq!(verdict(&other_height), Err(CertificateError::OtherBlock));
        let other_chain = verify_certificate("d", &good, 5, &hash, &set);
        assert!(matches!(
            other_chain,
            Err(CertificateError::WrongSignature(_))
        ));
    }
}
