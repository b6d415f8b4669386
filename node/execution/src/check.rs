//! What must hold of a transaction before it may be in a block (specification 10.1–10.3).

use std::sync::Arc;

use counterfoil_proto::v1::{RefusalCode, SignedTransaction, Transaction};
use counterfoil_types::ids::{OrganizationId, TxId};
use counterfoil_types::keys::{Batch, verify_zip215};
use counterfoil_types::limits::{MAX_SIGNERS, MAX_TRANSACTION_BYTES};
use counterfoil_types::strict::{self, StrictError};
use counterfoil_types::transaction::{id, sign_bytes};

/// Why a transaction may not be in a block. It leaves no receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    pub code: RefusalCode,
    pub message: String,
}

impl Refusal {
    pub fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The code's name without its prefix, e.g. "WRONG_SIGNATURE".
    pub fn reason(&self) -> &'static str {
        let name = self.code.as_str_name();
        name.strip_prefix("REFUSAL_CODE_").unwrap_or(name)
    }
}

/// A transaction whose form, chain and signature were found good. Only [`check`] and [`check_all`] make one. Clones
/// share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedTransaction(Arc<Contents>);

#[derive(Debug, PartialEq, Eq)]
struct Contents {
    id: TxId,
    bytes: Vec<u8>,
    transaction: Transaction,
}

impl VerifiedTransaction {
    pub fn id(&self) -> TxId {
        self.0.id
    }

    /// The encoded `SignedTransaction`.
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    pub fn transaction(&self) -> &Transaction {
        &self.0.transaction
    }

    pub fn organization(&self) -> &str {
        &self.0.transaction.organization
    }

    pub fn expires_at_ms(&self) -> u64 {
        self.0.transaction.expires_at_ms
    }
}

/// Checks what needs neither state nor time: size, form, chain, signers, signature.
pub fn check(bytes: &[u8], chain_id: &str) -> Result<VerifiedTransaction, Refusal> {
    read(bytes, chain_id)?.verify()
}

/// The same of many, whose signatures are verified together, or one by one where one of them is not good. For what is in
/// no proposed block: see [`Batch`].
pub fn check_all<'a>(
    transactions: impl IntoIterator<Item = &'a [u8]>,
    chain_id: &str,
) -> Vec<Result<VerifiedTransaction, Refusal>> {
    let read = transactions.into_iter().map(|bytes| read(bytes, chain_id));
    let read: Vec<Result<Unverified, Refusal>> = read.collect();
    let mut batch = Batch::default();
    for unverified in read.iter().flatten() {
        for (key, signature) in &unverified.signatures {
            batch.add(key, &unverified.signed_bytes, signature);
        }
    }
    let good = batch.verify();
    let verified = read.into_iter().map(|unverified| match good {
        true => unverified.map(|unverified| unverified.contents.into()),
        false => unverified?.verify(),
    });
    verified.collect()
}

/// A transaction of which all is good but, perhaps, its signatures.
struct Unverified {
    contents: Contents,
    signed_bytes: Vec<u8>,
    /// With the keys they must be of.
    signatures: Vec<([u8; 32], [u8; 64])>,
}

impl Unverified {
    fn verify(self) -> Result<VerifiedTransaction, Refusal> {
        for (signer, signature) in &self.signatures {
            if !verify_zip215(signer, &self.signed_bytes, signature) {
                let message = "a signature does not verify for its signer, chain and transaction";
                return Err(Refusal::new(RefusalCode::WrongSignature, message));
            }
        }
        Ok(self.contents.into())
    }
}

impl From<Contents> for VerifiedTransaction {
    fn from(contents: Contents) -> Self {
        Self(Arc::new(contents))
    }
}

fn read(bytes: &[u8], chain_id: &str) -> Result<Unverified, Refusal> {
    use RefusalCode::*;
    if bytes.len() > MAX_TRANSACTION_BYTES {
        let message = format!(
            "the transaction has {} bytes; {MAX_TRANSACTION_BYTES} is the most",
            bytes.len()
        );
        return Err(Refusal::new(TooLong, message));
    }
    let signed: SignedTransaction = decode(bytes, "signed transaction")?;
    let transaction: Transaction = decode(&signed.transaction, "transaction")?;
    if transaction.organization.parse::<OrganizationId>().is_err() {
        let message = format!("{:?} is not an organization's id", transaction.organization);
        return Err(Refusal::new(Malformed, message));
    }
    if transaction.chain_id != chain_id {
        let message = format!(
            "the transaction is for chain {:?}; this is {chain_id:?}",
            transaction.chain_id
        );
        return Err(Refusal::new(WrongChain, message));
    }
    let (signers, signatures) = (&transaction.signers, &signed.signatures);
    if !(1..=MAX_SIGNERS).contains(&signers.len())
        || signers.len() != signatures.len()
        || !signers.is_sorted_by(|a, b| a < b)
    {
        let message = format!(
            "1 to {MAX_SIGNERS} signers, ascending and distinct, each with its signature, are needed; these are {} and {}",
            signers.len(),
            signatures.len()
        );
        return Err(Refusal::new(WrongSignerCount, message));
    }
    let pairs = signers.iter().zip(signatures).map(|(signer, signature)| {
        match (signer[..].try_into(), signature[..].try_into()) {
            (Ok(signer), Ok(signature)) => Ok((signer, signature)),
            _ => {
                let message = "a signer has 32 bytes and a signature 64";
                Err(Refusal::new(Malformed, message))
            }
        }
    });
    Ok(Unverified {
        signatures: pairs.collect::<Result<_, _>>()?,
        signed_bytes: sign_bytes(chain_id, &signed.transaction),
        contents: Contents {
            id: id(chain_id, &signed.transaction),
            bytes: bytes.to_vec(),
            transaction,
        },
    })
}

fn decode<M: prost::Message + Default>(bytes: &[u8], what: &str) -> Result<M, Refusal> {
    strict::decode(bytes).map_err(|problem| {
        let code = match problem {
            StrictError::Malformed(_) => RefusalCode::Malformed,
            StrictError::NotCanonical => RefusalCode::NotCanonical,
        };
        Refusal::new(code, format!("the {what} is {problem}"))
    })
}

/// Checks that a transaction may be in a block of this time, under this longest lifetime.
pub fn check_expiry(
    tx: &VerifiedTransaction,
    block_time_ms: u64,
    lifetime_ms: u64,
) -> Result<(), Refusal> {
    let expires = tx.expires_at_ms();
    if expires <= block_time_ms {
        let message = format!("expired at {expires} ms; block time is {block_time_ms} ms");
        return Err(Refusal::new(RefusalCode::Expired, message));
    }
    if expires - block_time_ms > lifetime_ms {
        let message = format!(
            "expires {} ms after block time; {lifetime_ms} ms is the most",
            expires - block_time_ms
        );
        return Err(Refusal::new(RefusalCode::ExpiresTooLate, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use counterfoil_types::keys::SigningKey;
    use counterfoil_types::transaction::Draft;
    use prost::Message;

    use super::*;

    const CHAIN: &str = "test-1";

    fn transaction() -> Transaction {
        Transaction {
            chain_id: CHAIN.into(),
            organization: "bank-a".into(),
            signers: vec![key().public_key().to_vec()],
            expires_at_ms: 5_000,
            nonce: 7,
            contract: 3,
            action: vec![1, 2, 3],
        }
    }

    fn key() -> SigningKey {
        SigningKey::from_seed([1; 32])
    }

    fn sign(transaction: &Transaction) -> Vec<u8> {
        sign_raw(transaction.encode_to_vec())
    }

    /// With a signature too many, as if a second signer were the first.
    fn sign_twice(change: fn(&mut Transaction)) -> Vec<u8> {
        let mut changed = transaction();
        change(&mut changed);
        let mut signed = SignedTransaction::decode(sign(&changed).as_slice()).unwrap();
        signed.signatures.push(signed.signatures[0].clone());
        signed.encode_to_vec()
    }

    #[test]
    fn several_signers_each_sign_the_same_bytes() {
        let mut keys = [1, 2].map(|seed| SigningKey::from_seed([seed; 32]));
        keys.sort_by_key(SigningKey::public_key);
        let transaction = Transaction {
            signers: keys.iter().map(|key| key.public_key().to_vec()).collect(),
            ..transaction()
        }
        .encode_to_vec();
        let bytes = sign_bytes(CHAIN, &transaction);
        let signatures = keys.iter().map(|key| key.sign(&bytes).to_vec()).collect();
        let signed = SignedTransaction {
            transaction,
            signatures,
        };
        assert_eq!(
            check(&signed.encode_to_vec(), CHAIN)
                .unwrap()
                .transaction()
                .signers
                .len(),
            2
        );
    }

    fn sign_raw(transaction: Vec<u8>) -> Vec<u8> {
        let signature = key().sign(&sign_bytes(CHAIN, &transaction));
        SignedTransaction {
            transaction,
            signatures: vec![signature.to_vec()],
        }
        .encode_to_vec()
    }

    #[test]
    fn a_signed_draft_passes() {
        let draft = Draft {
            chain_id: CHAIN,
            organization: &"bank-a".parse().unwrap(),
            expires_at_ms: 5_000,
            nonce: 7,
            contract: 3,
            action: vec![1, 2, 3],
        };
        let (id, signed) = draft.sign(&key());
        let verified = check(&signed.encode_to_vec(), CHAIN).unwrap();
        assert_eq!(verified.id(), id);
        assert_eq!(verified.transaction(), &transaction());
    }

    #[test]
    fn each_fault_has_its_code() {
        use RefusalCode::*;
        let with = |change: fn(&mut Transaction)| {
            let mut changed = transaction();
            change(&mut changed);
            sign(&changed)
        };
        let mut wrong_signature = sign(&transaction());
        *wrong_signature.last_mut().unwrap() ^= 1;
        let mut unknown_field = transaction().encode_to_vec();
        unknown_field.extend([0x78, 1]);
        let unsigned = SignedTransaction {
            transaction: transaction().encode_to_vec(),
            signatures: vec![],
        };
        let unsorted = |t: &mut Transaction| t.signers.push(vec![0; 32]);
        let twice = |t: &mut Transaction| t.signers.push(t.signers[0].clone());
        let one_unsigned = |t: &mut Transaction| t.signers.push(vec![0xff; 32]);
        for (bytes, code) in [
            (vec![0xff; 10], Malformed),
            (sign_raw(vec![0xff; 10]), Malformed),
            (with(|t| t.organization = "Bank A".into()), Malformed),
            (with(|t| t.signers[0] = vec![1; 31]), Malformed),
            (sign_raw(unknown_field), NotCanonical),
            (with(|t| t.action = vec![0; MAX_TRANSACTION_BYTES]), TooLong),
            (with(|t| t.chain_id = "test-2".into()), WrongChain),
            (sign_twice(unsorted), WrongSignerCount),
            (sign_twice(twice), WrongSignerCount),
            (with(one_unsigned), WrongSignerCount),
            (sign_twice(one_unsigned), WrongSignature),
            (with(|t| t.signers.clear()), WrongSignerCount),
            (unsigned.encode_to_vec(), WrongSignerCount),
            (wrong_signature, WrongSignature),
            (
                with(|t| t.signers[0] = SigningKey::from_seed([2; 32]).public_key().to_vec()),
                WrongSignature,
            ),
        ] {
            assert_eq!(check(&bytes, CHAIN).unwrap_err().code, code);
            // Among good ones, it is the one that is refused.
            let good = sign(&transaction());
            let [first, bad, last] = &check_all([&good[..], &bytes, &good], CHAIN)[..] else {
                panic!("an answer for each");
            };
            assert_eq!(bad.as_ref().unwrap_err().code, code);
            assert_eq!(first, &check(&good, CHAIN));
            assert_eq!(last, first);
        }
    }

    #[test]
    fn the_longest_transaction_passes_and_one_byte_more_does_not() {
        let padding = MAX_TRANSACTION_BYTES - sign(&transaction()).len();
        let of = |extra: usize| {
            sign(&Transaction {
                action: vec![1; extra],
                ..transaction()
            })
        };
        // Length prefixes grow with the action: find the exact size.
        let action = (0..padding + 16)
            .rev()
            .find(|n| of(*n).len() <= MAX_TRANSACTION_BYTES)
            .unwrap();
        assert_eq!(of(action).len(), MAX_TRANSACTION_BYTES);
        assert!(check(&of(action), CHAIN).is_ok());
        assert_eq!(
            check(&of(action + 1), CHAIN).unwrap_err().code,
            RefusalCode::TooLong
        );
    }

    #[test]
    fn expiry_is_judged_by_block_time() {
        let tx = check(&sign(&transaction()), CHAIN).unwrap();
        assert_eq!(check_expiry(&tx, 4_999, 1_000), Ok(()));
        assert_eq!(
            check_expiry(&tx, 5_000, 1_000).unwrap_err().code,
            RefusalCode::Expired
        );
        assert_eq!(check_expiry(&tx, 4_000, 1_000), Ok(()));
        assert_eq!(
            check_expiry(&tx, 3_999, 1_000).unwrap_err().code,
            RefusalCode::ExpiresTooLate
        );
    }
}
