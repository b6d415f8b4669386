//! A block that arrived, checked as far as its proposer's word goes: before
//! anything is executed, stored or returned to the engine.

use counterfoil_proto::v1 as wire;
use counterfoil_types::block::{header_hash, parts_sign_bytes, transactions_root};
use counterfoil_types::hash::Hash;
use counterfoil_types::keys::{PublicKey, Signature};
use counterfoil_types::limits::MAX_BLOCK_TRANSACTIONS;
use counterfoil_types::strict;
use malachitebft_core_types::{Round, Validator as _};

use super::context::{Address, Validator};
use super::streams::Assembled;

/// A block whose header hash its bytes really have.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    pub hash: Hash,
    pub header: wire::Header,
    pub bytes: Vec<u8>,
}

/// Why bytes do not count as a proposal of theirs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Junk {
    #[error("not a block in canonical encoding")]
    NotABlock,
    #[error("more transactions than a block may have")]
    TooMany,
    #[error("the transactions are not those the header names")]
    OtherBody,
    #[error("the header is of another height")]
    OtherHeight,
    #[error("the validator named does not propose in this round")]
    NotTheProposer,
    #[error("the valid round is not an earlier one")]
    ValidRound,
    #[error("the proposer's signature does not verify")]
    WrongSignature,
}

impl Body {
    /// Decodes a block and ties its transactions to its header. Without this, anyone could
    /// pass on another's signed header over a body of their own, and have a good block refused.
    pub fn read(bytes: Vec<u8>) -> Result<Self, Junk> {
        let block: wire::Block = strict::decode(&bytes).map_err(|_| Junk::NotABlock)?;
        let header = block.header.ok_or(Junk::NotABlock)?;
        // Before anything is hashed: nobody has answered for these bytes yet.
        if block.transactions.len() > MAX_BLOCK_TRANSACTIONS {
            return Err(Junk::TooMany);
        }
        if header.transactions_root != transactions_root(&block.transactions).as_bytes() {
            return Err(Junk::OtherBody);
        }
        Ok(Self {
            hash: header_hash(&header),
            header,
            bytes,
        })
    }
}

/// A proposed block with the signature of the proposer of its round.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    pub height: u64,
    pub round: Round,
    pub valid_round: Round,
    pub proposer: Address,
    pub signature: Signature,
    pub body: Body,
}

impl Received {
    /// Checks a stream against the validator whose turn its round is.
    pub fn verify(
        assembled: Assembled,
        chain_id: &str,
        proposer: &Validator,
    ) -> Result<Self, Junk> {
        let round = Round::new(assembled.round);
        if assembled.proposer != *proposer.address() {
            return Err(Junk::NotTheProposer);
        }
        if assembled.valid_round >= round {
            return Err(Junk::ValidRound);
        }
        let body = Body::read(assembled.block)?;
        if body.header.height != assembled.height {
            return Err(Junk::OtherHeight);
        }
        let key: &PublicKey = proposer.public_key();
        let message = parts_sign_bytes(chain_id, assembled.height, round.as_i64(), &body.hash);
        if !key.verify(&message, &assembled.signature) {
            return Err(Junk::WrongSignature);
        }
        Ok(Self {
            height: assembled.height,
            round,
            valid_round: assembled.valid_round,
            proposer: assembled.proposer,
            signature: assembled.signature,
            body,
        })
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_types::keys::SigningKey;
    use prost::Message as _;

    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_seed([1; 32])
    }

    fn block(transactions: Vec<Vec<u8>>) -> wire::Block {
        let header = wire::Header {
            version: 1,
            chain_id: "c".into(),
            height: 5,
            transactions_root: transactions_root(&transactions).to_vec(),
            ..Default::default()
        };
        wire::Block {
            header: Some(header),
            transactions,
        }
    }

    /// A stream of this block for height 5, round 2, signed by `key`.
    fn stream(block: &wire::Block, key: &SigningKey) -> Assembled {
        let hash = header_hash(block.header.as_ref().unwrap());
        Assembled {
            height: 5,
            round: 2,
            valid_round: Round::Nil,
            proposer: Address(key.public_key().address()),
            block: block.encode_to_vec(),
            signature: key.sign(&parts_sign_bytes("c", 5, 2, &hash)),
        }
    }

    fn verify(stream: Assembled) -> Result<Received, Junk> {
        Received::verify(stream, "c", &Validator::new(key().public_key(), 1))
    }

    #[test]
    fn the_proposer_of_the_round_answers_for_the_block() {
        let good = stream(&block(vec![vec![1]]), &key());
        let received = verify(good.clone()).unwrap();
        assert_eq!(received.body.bytes, good.block);
        // The signature is of one chain, height, round and block.
        let validator = Validator::new(key().public_key(), 1);
        assert_eq!(
            Received::verify(good.clone(), "d", &validator),
            Err(Junk::WrongSignature)
        );
        let other_round = Assembled {
            round: 3,
            ..good.clone()
        };
        assert_eq!(verify(other_round), Err(Junk::WrongSignature));
        let other_height = Assembled { height: 6, ..good };
        assert_eq!(verify(other_height), Err(Junk::OtherHeight));
    }

    #[test]
    fn others_cannot_propose() {
        let other = SigningKey::from_seed([2; 32]);
        let theirs = stream(&block(vec![]), &other);
        assert_eq!(verify(theirs.clone()), Err(Junk::NotTheProposer));
        let disguised = Assembled {
            proposer: Address(key().public_key().address()),
            ..theirs
        };
        assert_eq!(verify(disguised), Err(Junk::WrongSignature));
    }

    #[test]
    fn a_signed_header_does_not_vouch_for_another_body() {
        let good = block(vec![vec![1]]);
        let swapped = wire::Block {
            transactions: vec![vec![2]],
            ..good.clone()
        };
        let swapped = Assembled {
            block: swapped.encode_to_vec(),
            ..stream(&good, &key())
        };
        assert_eq!(verify(swapped), Err(Junk::OtherBody));
        let noise = Assembled {
            block: vec![0xff; 9],
            ..stream(&good, &key())
        };
        assert_eq!(verify(noise), Err(Junk::NotABlock));
    }

    #[test]
    fn a_valid_round_is_an_earlier_one() {
        for (valid_round, expected) in [
            (Round::Nil, true),
            (Round::new(1), true),
            (Round::new(2), false),
        ] {
            let stream = Assembled {
                valid_round,
                ..stream(&block(vec![]), &key())
            };
            assert_eq!(verify(stream).is_ok(), expected, "{valid_round}");
        }
    }
}
