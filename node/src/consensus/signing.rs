//! Votes, proposals and proofs as they are signed and verified. The chain id is
//! in all of them: the engine's own protocols do not tell chains apart.

use std::sync::Arc;

use async_trait::async_trait;
use counterfoil_types::block::{self, VoteKind};
use counterfoil_types::keys::{KeyError, PublicKey, Signature, SigningKey};
use counterfoil_types::transaction::chain_prefix;
use malachitebft_core_types::{
    NilOrVal, SignedMessage, SigningScheme, ValidatorProof, VoteExtensionScope, VoteType,
};
use malachitebft_signing::{Error, Signer, VerificationResult, Verifier};

use super::context::{Ctx, Proposal, Vote};

/// Ed25519, verified by the ledger's one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ed25519;

impl SigningScheme for Ed25519 {
    type DecodingError = KeyError;
    type Signature = Signature;
    type PublicKey = PublicKey;
    type PrivateKey = SigningKey;

    fn decode_signature(bytes: &[u8]) -> Result<Signature, KeyError> {
        Signature::try_from(bytes)
    }

    fn encode_signature(signature: &Signature) -> Vec<u8> {
        signature.to_vec()
    }

    fn decode_public_key(bytes: &[u8]) -> Result<PublicKey, KeyError> {
        PublicKey::enrol(bytes)
    }

    fn encode_public_key(key: &PublicKey) -> Vec<u8> {
        key.to_vec()
    }
}

fn vote_bytes(chain_id: &str, vote: &Vote) -> Vec<u8> {
    let kind = match vote.kind {
        VoteType::Prevote => VoteKind::Prevote,
        VoteType::Precommit => VoteKind::Precommit,
    };
    let value = match &vote.value {
        NilOrVal::Nil => None,
        NilOrVal::Val(hash) => Some(&hash.0),
    };
    block::vote_sign_bytes(
        chain_id,
        kind,
        vote.height.0,
        vote.round.as_i64(),
        value,
        &vote.voter.0,
    )
}

fn proposal_bytes(chain_id: &str, proposal: &Proposal) -> Vec<u8> {
    block::proposal_sign_bytes(
        chain_id,
        proposal.height.0,
        proposal.round.as_i64(),
        proposal.pol_round.as_i64(),
        &proposal.value.0,
        &proposal.proposer.0,
    )
}

/// A validator's claim that a peer id is its own: the engine's bytes, which carry
/// lengths of their own, behind our tag and chain.
fn proof_bytes(chain_id: &str, public_key: &[u8], peer_id: &[u8]) -> Vec<u8> {
    let claim = ValidatorProof::<Ctx>::signing_bytes(public_key, peer_id);
    [
        b"counterfoil/validator-proof/v1",
        chain_prefix(chain_id).as_slice(),
        &claim,
    ]
    .concat()
}

/// Verifies what validators of one chain signed.
#[derive(Clone)]
pub struct ChainVerifier {
    pub chain_id: Arc<str>,
}

#[async_trait]
impl Verifier<Ctx> for ChainVerifier {
    async fn verify_signed_vote(
        &self,
        vote: &Vote,
        signature: &Signature,
        key: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        let valid = key.verify(&vote_bytes(&self.chain_id, vote), signature);
        Ok(VerificationResult::from_bool(valid))
    }

    async fn verify_signed_proposal(
        &self,
        proposal: &Proposal,
        signature: &Signature,
        key: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        let valid = key.verify(&proposal_bytes(&self.chain_id, proposal), signature);
        Ok(VerificationResult::from_bool(valid))
    }

    // There are no extensions, so none is ever right.
    async fn verify_signed_vote_extension(
        &self,
        _scope: &VoteExtensionScope<Ctx>,
        _extension: &(),
        _signature: &Signature,
        _key: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        Ok(VerificationResult::Invalid)
    }

    async fn verify_validator_proof(
        &self,
        proof: &ValidatorProof<Ctx>,
    ) -> Result<VerificationResult, Error> {
        let message = proof_bytes(&self.chain_id, &proof.public_key, &proof.peer_id);
        let valid = PublicKey::enrol(&proof.public_key)
            .is_ok_and(|key| key.verify(&message, &proof.signature));
        Ok(VerificationResult::from_bool(valid))
    }
}

/// Signs for one validator on one chain.
#[derive(Clone)]
pub struct ChainSigner {
    pub chain_id: Arc<str>,
    pub key: SigningKey,
}

#[async_trait]
impl Signer<Ctx> for ChainSigner {
    async fn sign_vote(&self, vote: Vote) -> Result<SignedMessage<Ctx, Vote>, Error> {
        let signature = self.key.sign(&vote_bytes(&self.chain_id, &vote));
        Ok(SignedMessage::new(vote, signature))
    }

    async fn sign_proposal(
        &self,
        proposal: Proposal,
    ) -> Result<SignedMessage<Ctx, Proposal>, Error> {
        let signature = self.key.sign(&proposal_bytes(&self.chain_id, &proposal));
        Ok(SignedMessage::new(proposal, signature))
    }

    async fn sign_vote_extension(
        &self,
        _scope: VoteExtensionScope<Ctx>,
        _extension: (),
    ) -> Result<SignedMessage<Ctx, ()>, Error> {
        Err(Error::from_source("the chain has no vote extensions"))
    }

    async fn sign_validator_proof(
        &self,
        public_key: Vec<u8>,
        peer_id: Vec<u8>,
    ) -> Result<ValidatorProof<Ctx>, Error> {
        let message = proof_bytes(&self.chain_id, &public_key, &peer_id);
        let signature = self.key.sign(&message);
        Ok(ValidatorProof::new(public_key, peer_id, signature))
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_types::hash::Hash;
    use malachitebft_core_types::Round;

    use super::super::context::{Address, BlockHash, Height};
    use super::*;

    fn pair(chain_id: &str) -> (ChainSigner, ChainVerifier) {
        let key = SigningKey::from_seed([3; 32]);
        let chain_id: Arc<str> = chain_id.into();
        let signer = ChainSigner {
            chain_id: chain_id.clone(),
            key,
        };
        (signer, ChainVerifier { chain_id })
    }

    fn vote(round: u32) -> Vote {
        Vote {
            kind: VoteType::Precommit,
            height: Height(7),
            round: Round::new(round),
            value: NilOrVal::Val(BlockHash(Hash::tagged("block", &[]))),
            voter: Address(SigningKey::from_seed([3; 32]).public_key().address()),
        }
    }

    #[tokio::test]
    async fn a_vote_counts_only_as_signed_and_only_on_its_chain() {
        let (signer, verifier) = pair("one");
        let (_, other_chain) = pair("two");
        let key = signer.key.public_key();
        let signed = signer.sign_vote(vote(0)).await.unwrap();
        let check = |verifier: ChainVerifier, vote: Vote| async move {
            let result = verifier.verify_signed_vote(&vote, &signed.signature, &key);
            result.await.unwrap().is_valid()
        };
        assert!(check(verifier.clone(), vote(0)).await);
        assert!(!check(verifier.clone(), vote(1)).await);
        let prevote = Vote {
            kind: VoteType::Prevote,
            ..vote(0)
        };
        assert!(!check(verifier.clone(), prevote).await);
        let nil = Vote {
            value: NilOrVal::Nil,
            ..vote(0)
        };
        assert!(!check(verifier, nil).await);
        assert!(!check(other_chain, vote(0)).await);
    }

    #[tokio::test]
    async fn a_proposal_binds_its_pol_round() {
        let (signer, verifier) = pair("one");
        let proposal = Proposal {
            height: Height(7),
            round: Round::new(2),
            value: BlockHash(Hash::default()),
            pol_round: Round::new(1),
            proposer: Address(Hash::default()),
        };
        let signed = signer.sign_proposal(proposal.clone()).await.unwrap();
        let key = signer.key.public_key();
        let other = Proposal {
            pol_round: Round::Nil,
            ..proposal.clone()
        };
        for (proposal, expected) in [(proposal, true), (other, false)] {
            let verdict = verifier.verify_signed_proposal(&proposal, &signed.signature, &key);
            assert_eq!(verdict.await.unwrap().is_valid(), expected);
        }
    }

    #[tokio::test]
    async fn a_validator_proof_is_of_one_chain() {
        let (signer, verifier) = pair("one");
        let (_, other_chain) = pair("two");
        let key = signer.key.public_key().to_vec();
        let proof = signer.sign_validator_proof(key, vec![1, 2]).await.unwrap();
        assert!(
            verifier
                .verify_validator_proof(&proof)
                .await
                .unwrap()
                .is_valid()
        );
        assert!(
            other_chain
                .verify_validator_proof(&proof)
                .await
                .unwrap()
                .is_invalid()
        );
    }
}
