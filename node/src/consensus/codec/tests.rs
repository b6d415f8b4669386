//! Every message reads back as it was written, and no prefix or extension of it does.

use std::fmt::Debug;

use counterfoil_types::hash::Hash;
use counterfoil_types::keys::Signature;
use malachitebft_app::streaming::{StreamContent, StreamId};
use malachitebft_core_types::{
    ExtendedCommitCertificate, ExtendedCommitSignature, NilOrVal, PolkaSignature, Round,
    RoundCertificate, RoundCertificateType, RoundSignature, SignedMessage, Validity, VoteType,
};
use malachitebft_sync::{PeerId, RawDecidedValue, ValueRequest, ValueResponse};

use super::super::context::{Address, BlockHash, Height, Proposal, Vote};
use super::*;

fn address(n: u8) -> Address {
    Address(Hash::from_bytes([n; 32]))
}

fn block(n: u8) -> BlockHash {
    BlockHash(Hash::from_bytes([n; 32]))
}

fn vote(value: NilOrVal<BlockHash>) -> SignedMessage<Ctx, Vote> {
    let vote = Vote {
        kind: VoteType::Prevote,
        height: Height(9),
        round: Round::new(2),
        value,
        voter: address(1),
    };
    SignedMessage::new(vote, Signature([5; 64]))
}

fn proposal() -> SignedMessage<Ctx, Proposal> {
    let proposal = Proposal {
        height: Height(u64::MAX),
        round: Round::new(u32::MAX),
        value: block(8),
        pol_round: Round::Nil,
        proposer: address(2),
    };
    SignedMessage::new(proposal, Signature([6; 64]))
}

fn polka() -> PolkaCertificate<Ctx> {
    PolkaCertificate {
        height: Height(3),
        round: Round::new(1),
        value_id: block(4),
        polka_signatures: vec![PolkaSignature::new(address(1), Signature([1; 64]))],
    }
}

fn first_part() -> Part {
    Part::First {
        height: Height(3),
        round: Round::new(1),
        valid_round: Round::new(0),
        proposer: address(9),
    }
}

fn peer() -> PeerId {
    let keypair = libp2p::identity::Keypair::ed25519_from_bytes([7; 32]).unwrap();
    PeerId::from_bytes(&keypair.public().to_peer_id().to_bytes()).unwrap()
}

fn response(values: usize) -> Response<Ctx> {
    let certificate = ExtendedCommitCertificate {
        height: Height(3),
        round: Round::new(0),
        value_id: block(1),
        commit_signatures: vec![
            ExtendedCommitSignature::new(address(1), Signature([1; 64]), None),
            ExtendedCommitSignature::new(address(2), Signature([2; 64]), None),
        ],
    };
    let value = RawDecidedValue::new(Bytes::from_static(b"block"), certificate);
    Response::ValueResponse(ValueResponse::new(Height(3), vec![value; values]))
}

/// Reads back; and neither a truncated nor a lengthened message does.
fn check<M: Debug + PartialEq>(message: M)
where
    Wire: Codec<M, Error = CodecError>,
{
    let bytes = Wire.encode(&message).unwrap();
    assert_eq!(Wire.decode(bytes.clone()).unwrap(), message);
    for length in 0..bytes.len() {
        assert!(
            Codec::<M>::decode(&Wire, bytes.slice(..length)).is_err(),
            "{length} of {} bytes of {message:?}",
            bytes.len()
        );
    }
    let longer = Bytes::from([&bytes[..], &[0]].concat());
    assert_eq!(
        Codec::<M>::decode(&Wire, longer).unwrap_err(),
        CodecError::Trailing(1)
    );
    // Every byte set to all ones gives a message or an error, but no panic.
    for at in 0..bytes.len() {
        let mut bytes = bytes.to_vec();
        bytes[at] = 0xff;
        let _ = Codec::<M>::decode(&Wire, bytes.into());
    }
}

#[test]
fn votes_and_proposals_read_back() {
    check(SignedConsensusMsg::Vote(vote(NilOrVal::Nil)));
    check(SignedConsensusMsg::Vote(vote(NilOrVal::Val(block(3)))));
    check(SignedConsensusMsg::Proposal(proposal()));
    check(LivenessMsg::Vote(vote(NilOrVal::Nil)));
}

#[test]
fn certificates_read_back() {
    check(polka());
    check(LivenessMsg::PolkaCertificate(polka()));
    for cert_type in [RoundCertificateType::Skip, RoundCertificateType::Precommit] {
        check(LivenessMsg::SkipRoundCertificate(RoundCertificate {
            height: Height(1),
            round: Round::new(0),
            cert_type,
            round_signatures: vec![RoundSignature::new(
                VoteType::Precommit,
                NilOrVal::Val(block(2)),
                address(3),
                Signature([4; 64]),
            )],
        }));
    }
}

#[test]
fn parts_read_back() {
    let last = Part::Last {
        signature: Signature([3; 64]),
    };
    for part in [first_part(), Part::Body(Bytes::from_static(b"abc")), last] {
        check(part.clone());
        check(StreamMessage::new(
            StreamId::new(Bytes::from_static(b"id")),
            u64::MAX,
            StreamContent::Data(part),
        ));
    }
    check(StreamMessage::<Part>::new(
        StreamId::new(Bytes::new()),
        0,
        StreamContent::Fin,
    ));
}

#[test]
fn sync_messages_and_wal_values_read_back() {
    check(Status::<Ctx> {
        peer_id: peer(),
        tip_height: Height(5),
        history_min_height: Height(1),
    });
    check(Request::ValueRequest(ValueRequest::<Ctx>::new(
        Height(2)..=Height(7),
    )));
    check(ValidatorProof::<Ctx>::new(
        vec![1; 32],
        peer().to_bytes(),
        Signature([1; 64]),
    ));
    for validity in [Validity::Valid, Validity::Invalid] {
        check(ProposedValue::<Ctx> {
            height: Height(1),
            round: Round::new(0),
            valid_round: Round::Nil,
            proposer: address(1),
            value: block(1),
            validity,
        });
    }
    for values in 0..3 {
        check(response(values));
        let encoded = Wire.encode(&response(values)).unwrap();
        assert_eq!(
            Wire.encoded_len(&response(values)).unwrap(),
            encoded.len(),
            "{values}"
        );
    }
}

#[test]
fn lists_longer_than_their_bound_are_refused() {
    let mut certificate = polka();
    let entry = certificate.polka_signatures[0].clone();
    certificate.polka_signatures = vec![entry.clone(); counterfoil_types::limits::MAX_VALIDATORS];
    check_bound(&certificate, true);
    certificate.polka_signatures.push(entry);
    check_bound(&certificate, false);
}

fn check_bound(certificate: &PolkaCertificate<Ctx>, accepted: bool) {
    let bytes = Wire.encode(certificate).unwrap();
    let read: Result<PolkaCertificate<Ctx>, _> = Wire.decode(bytes);
    assert_eq!(read.is_ok(), accepted);
}

#[test]
fn a_length_beyond_the_input_reserves_nothing() {
    // A body part that claims 4 GiB.
    let bytes = Bytes::from_static(&[2, 0xff, 0xff, 0xff, 0xff, 1]);
    let read: Result<Part, _> = Wire.decode(bytes);
    assert_eq!(read, Err(CodecError::Truncated));
    // A round below −1.
    let mut bytes = Wire.encode(&first_part()).unwrap().to_vec();
    bytes[9..17].copy_from_slice(&(-2i64).to_be_bytes());
    let read: Result<Part, _> = Wire.decode(bytes.into());
    assert_eq!(read, Err(CodecError::Malformed("round")));
}
