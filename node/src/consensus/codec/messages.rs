//! The layout of each consensus message.

use bytes::{BufMut, BytesMut};
use counterfoil_types::limits::MAX_VALIDATORS;
use malachitebft_app::consensus::{LivenessMsg, ProposedValue, SignedConsensusMsg};
use malachitebft_app::streaming::{StreamContent, StreamId, StreamMessage};
use malachitebft_core_types::{
    ExtendedCommitCertificate, ExtendedCommitSignature, NilOrVal, PolkaCertificate, PolkaSignature,
    Round, RoundCertificate, RoundCertificateType, RoundSignature, SignedMessage, ValidatorProof,
    Validity, VoteType,
};
use malachitebft_sync::{
    PeerId, RawDecidedValue, Request, Response, Status, ValueRequest, ValueResponse,
};

use super::super::context::{Address, BlockHash, Ctx, Height, Part, Proposal, Vote};
use super::{CodecError, Message, Reader, put_bytes};

/// A validator's prevote and precommit may stand in one round certificate.
const MAX_ROUND_SIGNATURES: usize = 2 * MAX_VALIDATORS;
/// Blocks in one answer to a node that catches up; far more than is ever asked for.
const MAX_SYNCED_VALUES: usize = 1_024;

const ADDRESS_LEN: usize = 32;
const HASH_LEN: usize = 32;
const SIGNATURE_LEN: usize = 64;
const COUNT_LEN: usize = 4;
const HEIGHT_LEN: usize = 8;
const ROUND_LEN: usize = 8;

impl Message for Height {
    fn put(&self, out: &mut BytesMut) {
        out.put_u64(self.0);
    }

    fn get(from: &mut Reader) -> Result<Self, CodecError> {
        from.u64().map(Height)
    }
}

impl Message for Round {
    fn put(&self, out: &mut BytesMut) {
        out.put_i64(self.as_i64());
    }

    fn get(from: &mut Reader) -> Result<Self, CodecError> {
        from.round()
    }
}

impl Message for Address {
    fn put(&self, out: &mut BytesMut) {
        out.put_slice(self.0.as_bytes());
    }

    fn get(from: &mut Reader) -> Result<Self, CodecError> {
        from.hash().map(Address)
    }
}

impl Message for BlockHash {
    fn put(&self, out: &mut BytesMut) {
        out.put_slice(self.0.as_bytes());
    }

    fn get(from: &mut Reader) -> Result<Self, CodecError> {
        from.hash().map(BlockHash)
    }
}

impl Message for NilOrVal<BlockHash> {
    fn put(&self, out: &mut BytesMut) {
        match self {
            NilOrVal::Nil => out.put_u8(0),
            NilOrVal::Val(hash) => {
                out.put_u8(1);
                hash.put(out);
            }
        }
    }

    fn get(from: &mut Reader) -> Result<Self, CodecError> {
        match from.u8()? {
            0 => Ok(NilOrVal::Nil),
            1 => BlockHash::get(from).map(NilOrVal::Val),
            tag => Err(CodecError::UnknownTag(tag, "voted value")),
        }
    }
}

impl Message for VoteType {
    fn put(&self, out: &mut BytesMut) {
        out.put_u8(match self {
            VoteType::Prevote => 1,
            VoteType::Precommit => 2,
        });
    }

    fn get(from: &mut Reader) -> Result<Self, CodecError> {
        match from.u8()? {
            1 => Ok(VoteType::Prevote),
            2 => Ok(VoteType::Precommit),
            tag => Err(CodecError::UnknownTag(tag, "kind of vote")),
        }
    }
}

impl Message for SignedMessage<Ctx, Vote> {
    fn put(&self, out: &mut BytesMut) {
        let vote = &self.message;
        vote.kind.put(out);
        vote.height.put(out);
        vote.round.put(out);
        vote.value.put(out);
        vote.voter.put(out);
        out.put_slice(&self.signature.0);
    }

    fn get(from: &mut Reader) -> Result<Self, CodecError> {
        let vote = Vote {
            kind: VoteType::get(from)?,
            height: Height::get(from)?,
            round: Round::get(from)?,
            value: NilOrVal::get(from)?,
            voter: Address::get(from)?,
        };
        Ok(SignedMessage::new(vote, from.signature()?))
    }
}

impl Message for SignedMessage<Ctx, Proposal> {
    fn put(&self, out: &mut BytesMut) {
        let proposal = &self.message;
        proposal.height.put(out);
        proposal.round.put(out);
        proposal.value.put(out);
        proposal.pol_round.put(out);
        proposal.proposer.put(out);
        out.put_slice(&self.signature.0);
    }

    fn get(from: &mut Reader) -> Result<Self, CodecError> {
        let proposal = Proposal {
            height: Height::get(from)?,
            round: Round::get(from)?,
            value: BlockHash::get(from)?,
            pol_round: Round::get(from)?,
            proposer: Address::get(from)?,
        };
        Ok(SignedMessage::new(proposal, from.signature()?))
    }
}

impl Message for SignedConsensusMsg<Ctx> {
    fn put(&self, out: &mut BytesMut) {
        match self {
            SignedConsensusMsg::Vote(vote) => {
                out.put_u8(1);
                vote.put(out);
            }
            SignedConsensusMsg::Proposal(proposal) => {
                out.put_u8(2);
                proposal.put(out);
            }
        }
    }

    fn get(from: &mut Reader) -> Result<Self, CodecError> {
        match from.u8()? {
            1 => SignedMessage::get(from).map(SignedConsensusMsg::Vote),
            2 => SignedMessage::get(from).map(SignedConsensusMsg::Proposal),
            tag => Err(CodecError::UnknownTag(tag, "consensus message")),
        }
    }
}

impl Message for PolkaCertificate<Ctx> {
    fn put(&self, out: &mut BytesMut) {
        self.height.put(out);
        self.round.put(out);
        self.value_id.put(out);
        put_count(out, self.polka_signatures.len());
        for entry in &self.polka_signatures {
            entry.address.put(out);
            out.put_slice(&entry.signature.0);
        }
    }

    fn get(from: &mut Reader) -> Result<Self, CodecError> {
        Ok(Self {
            height: Height::get(from)?,
            round: Round::get(from)?,
            value_id: BlockHash::get(from)?,
            polka_signatures: from.list("polka signatures", MAX_VALIDATORS, |from| {
                Ok(PolkaSignature::new(Address::get(from)?, from.signature()?))
            })?,
        })
    }
}

impl Message for RoundCertificate<Ctx> {
    fn put(&self, out: &mut BytesMut) {
        self.height.put(out);
        self.round.put(out);
        out.put_u8(match self.cert_type {
            RoundCertificateType::Skip => 1,
            RoundCertificateType::Precommit => 2,
        });
        put_count(out, self.round_signatures.len());
        for entry in &self.round_signatures {
            entry.vote_type.put(out);
            entry.value_id.put(out);
            entry.address.put(out);
            out.put_slice(&entry.signature.0);
        }
    }

    fn get(from: &mut Reader) -> Result<Self, CodecError> {
        Ok(Self {
            height: Height::get(from)?,
            round: Round::get(from)?,
            cert_type: match from.u8()? {
                1 => RoundCertificateType::Skip,
                2 => RoundCertificateType::Precommit,
                tag => return Err(CodecError::UnknownTag(tag, "round certificate")),
            },
            round_signatures: from.list("round signatures", MAX_ROUND_SIGNATURES, |from| {
                Ok(RoundSignature::new(
                    VoteType::get(from)?,
                    NilOrVal::get(from)?,
                    Address::get(from)?,
                    from.signature()?,
                ))
            })?,
        })
    }
}

impl Message for LivenessMsg<Ctx> {
    fn put(&self, out: &mut BytesMut) {
        match self {
            LivenessMsg::Vote(vote) => {
                out.put_u8(1);
                vote.put(out);
            }
            LivenessMsg::PolkaCertificate(certificate) => {
                out.put_u8(2);
                certificate.put(out);
            }
            LivenessMsg::SkipRoundCertificate(certificate) => {
                out.put_u8(3);
                certificate.put(out);
            }
        }
    }

    fn get(from: &mut Reader) -> Result<Self, CodecError> {
        match from.u8()? {
            1 => SignedMessage::get(from).map(LivenessMsg::Vote),
            2 => PolkaCertificate::get(from).map(LivenessMsg::PolkaCertificate),
            3 => RoundCertificate::get(from).map(LivenessMsg::SkipRoundCertificate),
            tag => Err(CodecError::UnknownTag(tag, "liveness message")),
        }
    }
}

impl Message for Part {
    fn put(&self, out: &mut BytesMut) {
        match self {
            Part::First {
                height,
                round,
                valid_round,
                proposer,
            } => {
                out.put_u8(1);
                height.put(out);
                round.put(out);
                valid_round.put(out);
                proposer.put(out);
            }
            Part::Body(bytes) => {
                out.put_u8(2);
                put_bytes(out, bytes);
            }
            Part::Last { signature } => {
                out.put_u8(3);
                out.put_slice(&signature.0);
            }
        }
    }

    fn get(from: &mut Reader) -> Result<Self, CodecError> {
        match from.u8()? {
            1 => Ok(Part::First {
                height: Height::get(from)?,
                round: Round::get(from)?,
                valid_round: Round::get(from)?,
                proposer: Address::get(from)?,
            }),
            2 => from.bytes().map(Part::Body),
            3 => Ok(Part::Last {
                signature: from.signature()?,
            }),
            tag => Err(CodecError::UnknownTag(tag, "proposal part")),
        }
    }
}

impl Message for StreamMessage<Part> {
    fn put(&self, out: &mut BytesMut) {
        put_bytes(out, &self.stream_id.to_bytes());
        out.put_u64(self.sequence);
        match &self.content {
            StreamContent::Data(part) => {
                out.put_u8(1);
                part.put(out);
            }
            StreamContent::Fin => out.put_u8(2),
        }
    }

    fn get(from: &mut Reader) -> Result<Self, CodecError> {
        let stream_id = StreamId::new(from.bytes()?);
        let sequence = from.u64()?;
        let content = match from.u8()? {
            1 => StreamContent::Data(Part::get(from)?),
            2 => StreamContent::Fin,
            tag => return Err(CodecError::UnknownTag(tag, "stream content")),
        };
        Ok(Self::new(stream_id, sequence, content))
    }
}

impl Message for ValidatorProof<Ctx> {
    fn put(&self, out: &mut BytesMut) {
        put_bytes(out, &self.public_key);
        put_bytes(out, &self.peer_id);
        out.put_slice(&self.signature.0);
    }

    fn get(from: &mut Reader) -> Result<Self, CodecError> {
        Ok(Self::new(
            from.bytes()?.to_vec(),
            from.bytes()?.to_vec(),
            from.signature()?,
        ))
    }
}

impl Message for ProposedValue<Ctx> {
    fn put(&self, out: &mut BytesMut) {
        self.height.put(out);
        self.round.put(out);
        self.valid_round.put(out);
        self.proposer.put(out);
        self.value.put(out);
        out.put_u8(u8::from(self.validity.is_valid()));
    }

    fn get(from: &mut Reader) -> Result<Self, CodecError> {
        Ok(Self {
            height: Height::get(from)?,
            round: Round::get(from)?,
            valid_round: Round::get(from)?,
            proposer: Address::get(from)?,
            value: BlockHash::get(from)?,
            validity: match from.u8()? {
                0 => Validity::Invalid,
                1 => Validity::Valid,
                tag => return Err(CodecError::UnknownTag(tag, "validity")),
            },
        })
    }
}

impl Message for Status<Ctx> {
    fn put(&self, out: &mut BytesMut) {
        put_bytes(out, &self.peer_id.to_bytes());
        self.tip_height.put(out);
        self.history_min_height.put(out);
    }

    fn get(from: &mut Reader) -> Result<Self, CodecError> {
        Ok(Self {
            peer_id: PeerId::from_bytes(&from.bytes()?)
                .map_err(|_| CodecError::Malformed("peer id"))?,
            tip_height: Height::get(from)?,
            history_min_height: Height::get(from)?,
        })
    }
}

impl Message for Request<Ctx> {
    fn put(&self, out: &mut BytesMut) {
        let Request::ValueRequest(request) = self;
        request.range.start().put(out);
        request.range.end().put(out);
    }

    fn get(from: &mut Reader) -> Result<Self, CodecError> {
        let (first, last) = (Height::get(from)?, Height::get(from)?);
        Ok(Request::ValueRequest(ValueRequest::new(first..=last)))
    }
}

impl Message for ExtendedCommitCertificate<Ctx> {
    fn put(&self, out: &mut BytesMut) {
        self.height.put(out);
        self.round.put(out);
        self.value_id.put(out);
        put_count(out, self.commit_signatures.len());
        for entry in &self.commit_signatures {
            entry.address.put(out);
            out.put_slice(&entry.signature.0);
        }
    }

    fn get(from: &mut Reader) -> Result<Self, CodecError> {
        Ok(Self {
            height: Height::get(from)?,
            round: Round::get(from)?,
            value_id: BlockHash::get(from)?,
            commit_signatures: from.list("commit signatures", MAX_VALIDATORS, |from| {
                let address = Address::get(from)?;
                let signature = from.signature()?;
                Ok(ExtendedCommitSignature::new(address, signature, None))
            })?,
        })
    }
}

impl Message for Response<Ctx> {
    fn put(&self, out: &mut BytesMut) {
        let Response::ValueResponse(response) = self;
        response.start_height.put(out);
        put_count(out, response.values.len());
        for value in &response.values {
            put_bytes(out, &value.value_bytes);
            value.certificate.put(out);
        }
    }

    fn get(from: &mut Reader) -> Result<Self, CodecError> {
        let start_height = Height::get(from)?;
        let values = from.list("synced values", MAX_SYNCED_VALUES, |from| {
            let body = from.bytes()?;
            let certificate = ExtendedCommitCertificate::get(from)?;
            Ok(RawDecidedValue::new(body, certificate))
        })?;
        Ok(Response::ValueResponse(ValueResponse::new(
            start_height,
            values,
        )))
    }
}

/// How long a response's encoding is, without making it.
pub(super) fn response_len(response: &Response<Ctx>) -> usize {
    let Response::ValueResponse(response) = response;
    let values = response.values.iter().map(|value| {
        let signatures = value.certificate.commit_signatures.len();
        COUNT_LEN
            + value.value_bytes.len()
            + HEIGHT_LEN
            + ROUND_LEN
            + HASH_LEN
            + COUNT_LEN
            + signatures * (ADDRESS_LEN + SIGNATURE_LEN)
    });
    HEIGHT_LEN + COUNT_LEN + values.sum::<usize>()
}

fn put_count(out: &mut BytesMut, count: usize) {
    out.put_u32(u32::try_from(count).expect("lists are bounded far below 2^32"));
}
