//! The light client: from genesis, or a header that somebody trusts, to a later header by certificates alone.
//!
//! A header names the validators of its own block and of the next one by their hashes (specification 10.2). Who trusts a set believes
//! what more than two thirds of its power signed, the next set among it; the headers in between may be left out.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use counterfoil_proto::v1 as wire;

use super::signatures::Signatures;
use crate::block::{CertificateError, certified_by, header_hash, validator_set_hash};
use crate::hash::Hash;
use crate::keys;
use crate::limits::MAX_PROOF_HEADERS;

/// A header that is trusted for other reasons than a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub height: u64,
    pub hash: Hash,
}

/// Who is believed, and for which headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Believed {
    /// Of the first and the last of these headers.
    pub heights: (u64, u64),
    /// Organizations whose validators decide, each once, in order.
    pub organizations: Vec<String>,
}

/// Where the headers lead to.
#[derive(Clone, Debug, PartialEq)]
pub struct Followed {
    pub header: wire::Header,
    pub hash: Hash,
    /// Signatures that were verified.
    pub signatures: usize,
    /// Whose keys it rests on: of genesis or the checkpoint, then of each set since.
    pub believed: Vec<Believed>,
}

/// Why headers do not lead to the last one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadersError {
    #[error("there is no header")]
    None,
    #[error("there are more than {MAX_PROOF_HEADERS} headers")]
    TooMany,
    #[error("a header is missing")]
    Incomplete,
    #[error("header {0} has no certificate: if the file begins at a checkpoint, name that")]
    NoCertificate(u64),
    #[error("header {height} is of the chain {chain_id:?}, and the genesis is of another")]
    OtherChain { height: u64, chain_id: String },
    #[error("header {0} does not come after the one before it")]
    Order(u64),
    #[error("header {0} is decided by other validators than those that the header before it names")]
    OtherValidators(u64),
    #[error("header {0} repeats validators that are known, or lacks those that are not")]
    Validators(u64),
    #[error("header {0} is there for nothing: no validators change with it")]
    Needless(u64),
    #[error("header {height}: {error}")]
    Certificate {
        height: u64,
        error: CertificateError,
    },
    #[error("the certificate of header {0} is not in its shortest form, ascending by address")]
    NotShortest(u64),
    #[error(
        "the file does not begin at height {0}, which the checkpoint is of: ask for one that does"
    )]
    NoCheckpoint(u64),
    #[error(
        "header {height} has the hash {hash}, and the checkpoint says another: this is not the chain it is of"
    )]
    OtherCheckpoint { height: u64, hash: Hash },
}

/// Follows headers to the last one, from the validators of genesis or from a checkpoint. But for the first and the last there are only
/// those with which the validators change.
pub fn follow(
    genesis: &wire::Genesis,
    checkpoint: Option<Checkpoint>,
    headers: &[wire::CertifiedHeader],
) -> Result<Followed, HeadersError> {
    let mut signatures = Signatures::<HeadersError>::default();
    let followed = read(genesis, checkpoint, headers, &mut signatures)?;
    signatures.verify()?;
    Ok(followed)
}

/// The same, if the signatures that it adds are good.
pub(super) fn read<E: From<HeadersError>>(
    genesis: &wire::Genesis,
    checkpoint: Option<Checkpoint>,
    headers: &[wire::CertifiedHeader],
    signatures: &mut Signatures<E>,
) -> Result<Followed, HeadersError> {
    if headers.len() > MAX_PROOF_HEADERS {
        return Err(HeadersError::TooMany);
    }
    let mut follower = Follower::new(genesis);
    let rest = match (checkpoint, headers.split_first()) {
        (Some(checkpoint), Some((first, rest))) => {
            follower.begin(checkpoint, first)?;
            rest
        }
        _ => headers,
    };
    for (place, certified) in rest.iter().enumerate() {
        if place > 0 {
            follower.check_needed()?;
        }
        follower.read(certified, signatures)?;
    }
    follower.finish()
}

/// Follows headers one by one.
pub struct Follower<'a> {
    chain_id: &'a str,
    /// Hash of the set that decides what comes next.
    next: Hash,
    sets: BTreeMap<Hash, wire::ValidatorSet>,
    last: Option<(wire::Header, Hash)>,
    believed: Vec<Believed>,
    signatures: usize,
}

impl<'a> Follower<'a> {
    /// Stands before the first header.
    pub fn new(genesis: &'a wire::Genesis) -> Self {
        let set = genesis.validators.clone().unwrap_or_default();
        Self {
            chain_id: &genesis.chain_id,
            next: validator_set_hash(&set),
            // What has the hash is the set, wherever it stands.
            sets: BTreeMap::from([(validator_set_hash(&set), set)]),
            last: None,
            believed: Vec::new(),
            signatures: 0,
        }
    }

    /// Where the headers so far lead to.
    pub fn finish(self) -> Result<Followed, HeadersError> {
        let (header, hash) = self.last.ok_or(HeadersError::None)?;
        Ok(Followed {
            header,
            hash,
            signatures: self.signatures,
            believed: self.believed,
        })
    }

    /// Takes the header of a checkpoint, which is believed for its hash and has no certificate here: keys of long ago may have
    /// become anybody's, and what they sign is no reason to believe.
    fn begin(
        &mut self,
        checkpoint: Checkpoint,
        first: &wire::CertifiedHeader,
    ) -> Result<(), HeadersError> {
        let header = self.of_this_chain(first)?;
        let height = header.height;
        if height != checkpoint.height || first.certificate.is_some() {
            return Err(HeadersError::NoCheckpoint(checkpoint.height));
        }
        if first.validators.is_some() {
            return Err(HeadersError::Validators(height));
        }
        let hash = header_hash(header);
        if hash != checkpoint.hash {
            return Err(HeadersError::OtherCheckpoint { height, hash });
        }
        self.go_on_from(header, hash)
    }

    fn of_this_chain<'h>(
        &self,
        certified: &'h wire::CertifiedHeader,
    ) -> Result<&'h wire::Header, HeadersError> {
        let header = certified.header.as_ref().ok_or(HeadersError::Incomplete)?;
        match header.chain_id == self.chain_id {
            true => Ok(header),
            false => Err(HeadersError::OtherChain {
                height: header.height,
                chain_id: header.chain_id.clone(),
            }),
        }
    }

    /// A header that changes nothing would be bytes, and signatures to verify, for nothing.
    fn check_needed(&self) -> Result<(), HeadersError> {
        match &self.last {
            Some((last, _)) if last.next_validators_hash == last.validators_hash => {
                Err(HeadersError::Needless(last.height))
            }
            _ => Ok(()),
        }
    }

    /// Takes the next header. After an error it is to be used no more.
    pub fn take(&mut self, certified: &wire::CertifiedHeader) -> Result<(), HeadersError> {
        let mut signatures = Signatures::<HeadersError>::default();
        self.read(certified, &mut signatures)?;
        signatures.verify()?;
        Ok(())
    }

    /// Takes the next header, which holds if the signatures that it adds are good.
    fn read<E: From<HeadersError>>(
        &mut self,
        certified: &wire::CertifiedHeader,
        signatures: &mut Signatures<E>,
    ) -> Result<(), HeadersError> {
        let header = self.of_this_chain(certified)?;
        let certificate = certified.certificate.as_ref();
        let certificate = certificate.ok_or(HeadersError::NoCertificate(header.height))?;
        let height = header.height;
        let before = self.last.as_ref().map_or(0, |(last, _)| last.height);
        if height <= before {
            return Err(HeadersError::Order(height));
        }
        if header.validators_hash != self.next.as_bytes() {
            return Err(HeadersError::OtherValidators(height));
        }
        let chain_id = self.chain_id;
        let set = self.set(certified, height)?;
        let hash = header_hash(header);
        let doubt = |error| HeadersError::Certificate { height, error };
        let votes = certified_by(chain_id, certificate, height, &hash, set).map_err(doubt)?;
        if !is_shortest(certificate, set) {
            return Err(HeadersError::NotShortest(height));
        }
        let organizations = organizations(set);
        self.signatures += votes.len();
        for (address, vote) in votes {
            let otherwise = doubt(CertificateError::WrongSignature(address));
            signatures.add(vote, otherwise.into());
        }
        self.believe(height, organizations);
        self.go_on_from(header, hash)
    }

    fn go_on_from(&mut self, header: &wire::Header, hash: Hash) -> Result<(), HeadersError> {
        self.next = Hash::try_from(header.next_validators_hash.as_slice())
            .map_err(|_| HeadersError::OtherValidators(header.height))?;
        self.last = Some((header.clone(), hash));
        Ok(())
    }

    /// The validators of a header: those known by the hash that it names, or those that come with it.
    fn set(
        &mut self,
        certified: &wire::CertifiedHeader,
        height: u64,
    ) -> Result<&wire::ValidatorSet, HeadersError> {
        match (self.sets.entry(self.next), &certified.validators) {
            (Entry::Occupied(known), None) => Ok(known.into_mut()),
            (Entry::Vacant(unknown), Some(given)) if validator_set_hash(given) == self.next => {
                Ok(unknown.insert(given.clone()))
            }
            _ => Err(HeadersError::Validators(height)),
        }
    }

    fn believe(&mut self, height: u64, organizations: Vec<String>) {
        match self.believed.last_mut() {
            Some(last) if last.organizations == organizations => last.heights.1 = height,
            _ => self.believed.push(Believed {
                heights: (height, height),
                organizations,
            }),
        }
    }
}

/// Whose validators these are, each organization once, in order.
fn organizations(set: &wire::ValidatorSet) -> Vec<String> {
    let validators = set.validators.iter();
    let mut organizations: Vec<String> = validators.map(|v| v.organization.clone()).collect();
    organizations.sort();
    organizations.dedup();
    organizations
}

/// Whether signatures ascend by address, and are too few without any one of them.
fn is_shortest(certificate: &wire::CommitCertificate, set: &wire::ValidatorSet) -> bool {
    let signatures = &certificate.signatures;
    let ascends = signatures
        .windows(2)
        .all(|pair| pair[0].address < pair[1].address);
    let (total, powers) = powers(set);
    let signed: Vec<u128> = signatures
        .iter()
        .filter_map(|signature| powers.get(signature.address.as_slice()).copied())
        .collect();
    let least = signed.iter().min().copied().unwrap_or_default();
    ascends && 3 * (signed.iter().sum::<u128>() - least) <= 2 * total
}

/// Voting power in all, and by address.
fn powers(set: &wire::ValidatorSet) -> (u128, BTreeMap<Vec<u8>, u128>) {
    let powers: BTreeMap<Vec<u8>, u128> = set
        .validators
        .iter()
        .map(|v| (keys::address(&v.public_key).to_vec(), u128::from(v.power)))
        .collect();
    (powers.values().sum(), powers)
}

/// The shortest form of a certificate that is good: the most power first, then by address.
pub fn shortest(
    certificate: &wire::CommitCertificate,
    set: &wire::ValidatorSet,
) -> wire::CommitCertificate {
    let (total, powers) = powers(set);
    let power = |signature: &wire::CommitSignature| {
        let known = powers.get(signature.address.as_slice());
        known.copied().unwrap_or_default()
    };
    let mut signatures = certificate.signatures.clone();
    signatures.sort_by(|a, b| power(b).cmp(&power(a)).then(a.address.cmp(&b.address)));
    let mut signed = 0;
    signatures.retain(|signature| {
        let lacks = 3 * signed <= 2 * total;
        signed += power(signature);
        lacks
    });
    signatures.sort_by(|a, b| a.address.cmp(&b.address));
    wire::CommitCertificate {
        signatures,
        ..certificate.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::{VoteKind, vote_sign_bytes};
    use crate::keys::SigningKey;

    const CHAIN: &str = "a-chain";

    /// Four validators of one vote each, by the seeds of their keys.
    fn keys(seeds: [u8; 4]) -> Vec<SigningKey> {
        seeds.map(|seed| SigningKey::from_seed([seed; 32])).into()
    }

    fn set(keys: &[SigningKey]) -> wire::ValidatorSet {
        let validator = |key: &SigningKey| wire::Validator {
            organization: format!("bank-{}", key.public_key().as_bytes()[0]),
            public_key: key.public_key().to_vec(),
            power: 1,
        };
        wire::ValidatorSet {
            validators: keys.iter().map(validator).collect(),
        }
    }

    fn genesis() -> wire::Genesis {
        wire::Genesis {
            chain_id: CHAIN.into(),
            validators: Some(set(&keys([1, 2, 3, 4]))),
            ..Default::default()
        }
    }

    fn header(height: u64, by: &wire::ValidatorSet, next: &wire::ValidatorSet) -> wire::Header {
        wire::Header {
            chain_id: CHAIN.into(),
            height,
            state_root: vec![7; 32],
            validators_hash: validator_set_hash(by).to_vec(),
            next_validators_hash: validator_set_hash(next).to_vec(),
            ..Default::default()
        }
    }

    fn signed(header: &wire::Header, by: &[SigningKey]) -> wire::CommitCertificate {
        let hash = header_hash(header);
        let mut signatures: Vec<_> = by
            .iter()
            .map(|key| {
                let address = key.public_key().address();
                let (chain, kind) = (&header.chain_id, VoteKind::Precommit);
                let vote = vote_sign_bytes(chain, kind, header.height, 0, Some(&hash), &address);
                wire::CommitSignature {
                    address: address.to_vec(),
                    signature: key.sign(&vote).to_vec(),
                }
            })
            .collect();
        signatures.sort_by(|a, b| a.address.cmp(&b.address));
        wire::CommitCertificate {
            height: header.height,
            round: 0,
            block_hash: hash.to_vec(),
            signatures,
        }
    }

    fn certified(header: wire::Header, by: &[SigningKey]) -> wire::CertifiedHeader {
        wire::CertifiedHeader {
            certificate: Some(signed(&header, by)),
            header: Some(header),
            validators: None,
        }
    }

    /// A header that the first set decides, and one after it that another does.
    fn handed_over() -> [wire::CertifiedHeader; 2] {
        let (old, new) = (keys([1, 2, 3, 4]), keys([2, 3, 4, 5]));
        let first = certified(header(5, &set(&old), &set(&new)), &old[..3]);
        let second = wire::CertifiedHeader {
            validators: Some(set(&new)),
            ..certified(header(9, &set(&new), &set(&new)), &new[1..])
        };
        [first, second]
    }

    fn follow_all(headers: &[wire::CertifiedHeader]) -> Result<Followed, HeadersError> {
        follow(&genesis(), None, headers)
    }

    #[test]
    fn a_change_of_validators_is_followed_and_told() {
        let followed = follow_all(&handed_over()).unwrap();
        assert_eq!((followed.header.height, followed.signatures), (9, 6));
        let heights: Vec<_> = followed.believed.iter().map(|b| b.heights).collect();
        assert_eq!(heights, [(5, 5), (9, 9)]);
        assert_eq!(followed.believed[1].organizations.len(), 4);
    }

    #[test]
    fn what_leads_nowhere_is_refused_by_name() {
        let [first, second] = handed_over();
        let with = |change: &dyn Fn(&mut [wire::CertifiedHeader; 2])| {
            let mut headers = [first.clone(), second.clone()];
            change(&mut headers);
            follow_all(&headers).unwrap_err()
        };
        assert_eq!(follow_all(&[]), Err(HeadersError::None));
        // Without the header that names them, nobody answers for the new validators.
        let alone = follow_all(std::slice::from_ref(&second));
        assert_eq!(alone, Err(HeadersError::OtherValidators(9)));
        assert_eq!(
            with(&|h| h[1].validators = None),
            HeadersError::Validators(9)
        );
        assert_eq!(
            with(&|h| h[1].validators = Some(set(&keys([1, 2, 3, 5])))),
            HeadersError::Validators(9)
        );
        assert_eq!(
            with(&|h| h[0].validators = genesis().validators),
            HeadersError::Validators(5)
        );
        assert_eq!(with(&|h| h.swap(0, 1)), HeadersError::OtherValidators(9));
        assert_eq!(with(&|h| h[1] = h[0].clone()), HeadersError::Order(5));
        assert_eq!(
            with(&|h| h[1].certificate = None),
            HeadersError::NoCertificate(9)
        );
        assert_eq!(with(&|h| h[1].header = None), HeadersError::Incomplete);
        // One in between that changes nothing proves nothing more.
        let new = keys([2, 3, 4, 5]);
        let between = wire::CertifiedHeader {
            validators: Some(set(&new)),
            ..certified(header(7, &set(&new), &set(&new)), &new[1..])
        };
        let mut last = second.clone();
        last.validators = None;
        assert_eq!(
            follow_all(&[first.clone(), between, last]),
            Err(HeadersError::Needless(7))
        );
    }

    /// Who signs, and what.
    #[test]
    fn certificates_of_others_are_refused_by_name() {
        let old = keys([1, 2, 3, 4]);
        let of = |change: &dyn Fn(&mut wire::CertifiedHeader)| {
            let mut header = certified(header(5, &set(&old), &set(&old)), &old[..3]);
            change(&mut header);
            follow_all(&[header])
        };
        assert!(of(&|_| {}).is_ok());
        let refused = |verdict: Result<Followed, HeadersError>| match verdict {
            Err(HeadersError::Certificate { height: 5, error }) => error,
            other => panic!("{other:?}"),
        };
        // Exactly two thirds, of three, are not more than two thirds.
        let three = wire::Genesis {
            validators: Some(set(&old[..3])),
            ..genesis()
        };
        let two = certified(header(5, &set(&old[..3]), &set(&old[..3])), &old[..2]);
        assert_eq!(
            refused(follow(&three, None, &[two])),
            CertificateError::NotEnoughPower {
                signed: 2,
                total: 3
            }
        );
        // A key of the next set, or of an earlier one, is none of this height's.
        let stranger = SigningKey::from_seed([5; 32]);
        let mut signers = old[..2].to_vec();
        signers.push(stranger.clone());
        let by_stranger = of(&|h| {
            h.certificate = Some(signed(h.header.as_ref().unwrap(), &signers));
        });
        assert_eq!(
            refused(by_stranger),
            CertificateError::NotAValidator(stranger.public_key().address())
        );
        // Votes for another height, for another header with the same root, and on another chain.
        let other_height = header(6, &set(&old), &set(&old));
        let elsewhere = of(&|h| h.certificate = Some(signed(&other_height, &old[..3])));
        assert_eq!(refused(elsewhere), CertificateError::OtherBlock);
        let same_root = of(&|h| h.header.as_mut().unwrap().time_ms += 1);
        assert_eq!(refused(same_root), CertificateError::OtherBlock);
        let other_chain = of(&|h| {
            let mut header = h.header.clone().unwrap();
            header.chain_id = "another-chain".into();
            *h = certified(header, &old[..3]);
        });
        assert_eq!(
            other_chain,
            Err(HeadersError::OtherChain {
                height: 5,
                chain_id: "another-chain".into()
            })
        );
        let votes_elsewhere = of(&|h| {
            let mut header = h.header.clone().unwrap();
            header.chain_id = "another-chain".into();
            let mut certificate = signed(&header, &old[..3]);
            certificate.block_hash = header_hash(h.header.as_ref().unwrap()).to_vec();
            h.certificate = Some(certificate);
        });
        assert!(matches!(
            refused(votes_elsewhere),
            CertificateError::WrongSignature(_)
        ));
    }

    #[test]
    fn a_certificate_has_one_form() {
        let old = keys([1, 2, 3, 4]);
        let good = certified(header(5, &set(&old), &set(&old)), &old);
        let whole = good.certificate.clone().unwrap();
        assert_eq!(
            follow_all(std::slice::from_ref(&good)),
            Err(HeadersError::NotShortest(5))
        );
        let short = wire::CertifiedHeader {
            certificate: Some(shortest(&whole, &set(&old))),
            ..good.clone()
        };
        assert_eq!(short.certificate.as_ref().unwrap().signatures.len(), 3);
        assert!(follow_all(std::slice::from_ref(&short)).is_ok());
        let mut turned = short;
        turned.certificate.as_mut().unwrap().signatures.reverse();
        assert_eq!(follow_all(&[turned]), Err(HeadersError::NotShortest(5)));
    }

    #[test]
    fn a_checkpoint_takes_the_place_of_what_was_before() {
        let (old, new) = (keys([1, 2, 3, 4]), keys([2, 3, 4, 5]));
        let known = header(5, &set(&old), &set(&new));
        let checkpoint = Checkpoint {
            height: 5,
            hash: header_hash(&known),
        };
        let first = wire::CertifiedHeader {
            header: Some(known),
            ..Default::default()
        };
        let [_, second] = handed_over();
        let followed = follow(&genesis(), Some(checkpoint), &[first.clone(), second]).unwrap();
        assert_eq!(followed.believed.len(), 1);
        // A certificate nobody checks would be bytes that anybody can change.
        let [with_certificate, second] = handed_over();
        let verdict = follow(&genesis(), Some(checkpoint), &[with_certificate, second]);
        assert_eq!(verdict, Err(HeadersError::NoCheckpoint(5)));
        let alone = follow(&genesis(), Some(checkpoint), &[first]).unwrap();
        assert_eq!((alone.hash, alone.signatures), (checkpoint.hash, 0));
    }
}
