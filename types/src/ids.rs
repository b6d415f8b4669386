//! The names of organizations, transactions and records.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::hash::{Hash, NotAHash};
use crate::limits::MAX_ORGANIZATION_ID;

/// Text that is not an organization's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "an organization id has 1 to 64 of a–z, 0–9 and '-', and begins and ends with a letter or digit"
)]
pub struct NotAnOrganizationId;

/// Text that is not the id of a transaction or a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id has 64 hexadecimal digits: the answer to what made it and the lists show it")]
pub struct NotAnId;

/// The id of an organization, e.g. `bank-a`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrganizationId(String);

impl OrganizationId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OrganizationId {
    type Err = NotAnOrganizationId;

    fn from_str(text: &str) -> Result<Self, NotAnOrganizationId> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let well_formed = (1..=MAX_ORGANIZATION_ID).contains(&text.len())
            && text.bytes().all(allowed)
            && !text.starts_with('-')
            && !text.ends_with('-');
        well_formed
            .then(|| Self(text.to_owned()))
            .ok_or(NotAnOrganizationId)
    }
}

impl TryFrom<String> for OrganizationId {
    type Error = NotAnOrganizationId;

    fn try_from(text: String) -> Result<Self, NotAnOrganizationId> {
        text.parse()
    }
}

impl From<OrganizationId> for String {
    fn from(id: OrganizationId) -> String {
        id.0
    }
}

impl fmt::Display for OrganizationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! hash_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Hash);

        impl $name {
            pub fn to_vec(self) -> Vec<u8> {
                self.0.to_vec()
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = NotAHash;
            fn try_from(bytes: &[u8]) -> Result<Self, NotAHash> {
                Hash::try_from(bytes).map(Self)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                text.parse().map(Self).map_err(|NotAHash| NotAnId)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )*};
}

hash_ids! {
    /// A transaction's id: over its signed bytes, without the signatures.
    TxId;
    /// An invoice's id, which its seller knows before it is committed.
    InvoiceId;
    /// A receivable's id, derived from its invoice's.
    ReceivableId;
    /// An endorsement's id, derived from the transaction and the claim.
    EndorsementId;
    /// A guarantee's id, which its guarantor knows before it is committed.
    GuaranteeId;
    /// A financing request's id, which its seller knows before it is committed.
    RequestId;
    /// A loan's id, derived from its request's, or from the transaction that draws it under a programme.
    LoanId;
    /// A payables finance programme's id, which its buyer knows before it is committed.
    ProgrammeId;
    /// The id of a payment over the external rail, derived from its instruction and payee.
    PaymentId;
    /// The id of deposits in suspense, derived from the payment that brought them and their place in it.
    SuspenseId;
    /// A proposal's id, which its maker knows before it is committed.
    ProposalId;
    /// A decision's id, which the operator that proposes it knows before it is committed.
    DecisionId;
}

impl InvoiceId {
    pub fn of(registration: TxId) -> Self {
        Self(Hash::tagged(
            "counterfoil/invoice-id/v1",
            &[registration.0.as_ref()],
        ))
    }
}

impl ReceivableId {
    pub fn of(invoice: InvoiceId) -> Self {
        Self(Hash::tagged(
            "counterfoil/receivable-id/v1",
            &[invoice.0.as_ref()],
        ))
    }
}

impl EndorsementId {
    pub fn of(transaction: TxId, receivable: &[u8], number: u32) -> Self {
        Self(Hash::tagged(
            "counterfoil/endorsement-id/v1",
            &[transaction.0.as_ref(), receivable, &number.to_be_bytes()],
        ))
    }
}

impl GuaranteeId {
    pub fn of(giving: TxId) -> Self {
        Self(Hash::tagged(
            "counterfoil/guarantee-id/v1",
            &[giving.0.as_ref()],
        ))
    }
}

impl RequestId {
    pub fn of(opening: TxId) -> Self {
        Self(Hash::tagged(
            "counterfoil/request-id/v1",
            &[opening.0.as_ref()],
        ))
    }
}

impl PaymentId {
    /// Of what one organization pays another; a transaction instructs it once at most.
    pub fn of(instructing: TxId, payer: &str, payee: &str) -> Self {
        let length = [u8::try_from(payer.len()).unwrap_or(u8::MAX)];
        Self(Hash::tagged(
            "counterfoil/payment-id/v1",
            &[
                instructing.0.as_ref(),
                &length,
                payer.as_bytes(),
                payee.as_bytes(),
            ],
        ))
    }
}

impl SuspenseId {
    pub fn of(payment: TxId, place: u32) -> Self {
        Self(Hash::tagged(
            "counterfoil/suspense-id/v1",
            &[payment.0.as_ref(), &place.to_be_bytes()],
        ))
    }
}

impl LoanId {
    pub fn of(request: RequestId) -> Self {
        Self(Hash::tagged(
            "counterfoil/loan-id/v1",
            &[request.0.as_ref()],
        ))
    }

    pub fn of_extension(drawing: TxId) -> Self {
        Self(Hash::tagged(
            "counterfoil/extension-id/v1",
            &[drawing.0.as_ref()],
        ))
    }
}

impl ProgrammeId {
    pub fn of(opening: TxId) -> Self {
        Self(Hash::tagged(
            "counterfoil/programme-id/v1",
            &[opening.0.as_ref()],
        ))
    }
}

impl ProposalId {
    pub fn of(proposing: TxId) -> Self {
        Self(Hash::tagged(
            "counterfoil/proposal-id/v1",
            &[proposing.0.as_ref()],
        ))
    }

    /// The hash of the action that is proposed: what its other signers look at and repeat.
    pub fn action_hash(self, contract: u32, action: &[u8]) -> Hash {
        Hash::tagged(
            "counterfoil/action/v1",
            &[self.0.as_ref(), &contract.to_be_bytes(), action],
        )
    }
}

impl DecisionId {
    pub fn of(proposing: TxId) -> Self {
        Self(Hash::tagged(
            "counterfoil/decision-id/v1",
            &[proposing.0.as_ref()],
        ))
    }
}

/// A claim's id: its receivable and its number there, shown `‹receivable›#‹number›`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ClaimId {
    pub receivable: ReceivableId,
    pub number: u32,
}

/// Text that is not a claim's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a claim id is the receivable's 64 hexadecimal digits, '#' and the claim's number")]
pub struct NotAClaimId;

impl FromStr for ClaimId {
    type Err = NotAClaimId;

    fn from_str(text: &str) -> Result<Self, NotAClaimId> {
        let (receivable, number) = text.split_once('#').ok_or(NotAClaimId)?;
        Ok(Self {
            receivable: receivable.parse().map_err(|_| NotAClaimId)?,
            number: number.parse().map_err(|_| NotAClaimId)?,
        })
    }
}

impl fmt::Display for ClaimId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.receivable, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organization_ids_are_slugs() {
        for good in ["a", "bank-a", "customer-0379-nvehp", &"x".repeat(64)] {
            assert_eq!(good.parse::<OrganizationId>().unwrap().as_str(), good);
        }
        for bad in ["", "-a", "a-", "Bank", "a b", "a/b", "ä", &"x".repeat(65)] {
            assert!(bad.parse::<OrganizationId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn claim_ids_read_back() {
        let id = ClaimId {
            receivable: ReceivableId(Hash::tagged("t", &[])),
            number: 7,
        };
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("abc#1".parse::<ClaimId>().is_err());
    }
}
