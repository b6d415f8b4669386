//! Commit certificates between the engine's form and the ledger's.

use counterfoil_proto::v1 as wire;
use counterfoil_types::hash::Hash;
use counterfoil_types::keys::Signature;
use malachitebft_core_types::{
    CommitCertificate, ExtendedCommitCertificate, ExtendedCommitSignature, Round,
};

use super::context::{Address, BlockHash, Ctx, Height};

/// As it is stored and shown, sorted by address.
pub fn to_wire(certificate: &CommitCertificate<Ctx>) -> wire::CommitCertificate {
    let mut signatures: Vec<_> = certificate
        .commit_signatures
        .iter()
        .map(|s| wire::CommitSignature {
            address: s.address.0.to_vec(),
            signature: s.signature.to_vec(),
        })
        .collect();
    signatures.sort_by(|a, b| a.address.cmp(&b.address));
    wire::CommitCertificate {
        height: certificate.height.0,
        round: certificate
            .round
            .as_u32()
            .expect("blocks are decided in rounds from 0"),
        block_hash: certificate.value_id.0.to_vec(),
        signatures,
    }
}

/// As a node that catches up is given it; `None` where stored bytes have the wrong lengths.
pub fn from_wire(certificate: &wire::CommitCertificate) -> Option<ExtendedCommitCertificate<Ctx>> {
    let signatures = certificate.signatures.iter().map(|s| {
        let address = Address(Hash::try_from(s.address.as_slice()).ok()?);
        let signature = Signature::try_from(s.signature.as_slice()).ok()?;
        Some(ExtendedCommitSignature::new(address, signature, None))
    });
    Some(ExtendedCommitCertificate {
        height: Height(certificate.height),
        round: Round::new(certificate.round),
        value_id: BlockHash(Hash::try_from(certificate.block_hash.as_slice()).ok()?),
        commit_signatures: signatures.collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use malachitebft_core_types::CommitSignature;

    use super::*;

    #[test]
    fn certificates_go_there_and_back() {
        let signature =
            |n: u8| CommitSignature::new(Address(Hash::from_bytes([n; 32])), Signature([n; 64]));
        let certificate = CommitCertificate {
            height: Height(3),
            round: Round::new(2),
            value_id: BlockHash(Hash::from_bytes([9; 32])),
            commit_signatures: vec![signature(2), signature(1)],
        };
        let stored = to_wire(&certificate);
        assert_eq!(stored.signatures[0].address, [1; 32]);
        let back = from_wire(&stored).unwrap().trim_vote_extensions();
        assert_eq!(back.commit_signatures, [signature(1), signature(2)]);
        assert_eq!(
            (back.height, back.round, back.value_id),
            (certificate.height, certificate.round, certificate.value_id)
        );
        let mut short = stored;
        short.signatures[0].signature.pop();
        assert_eq!(from_wire(&short), None);
    }
}
