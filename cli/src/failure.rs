//! Why a command did not do what it was asked, and the exit code that says so.

use std::process::ExitCode;

use counterfoil_keystore::KeystoreError;
use counterfoil_types::keys::KeyError;
use serde_json::{Value, json};

use crate::advice;

/// Every way a command can fail. Messages say what to do next.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Something went wrong here or on the node.
    #[error("{0}")]
    Failed(String),
    /// The command line lacks something or contradicts itself.
    #[error("{0}")]
    Usage(String),
    /// The ledger did not accept the transaction.
    #[error("{0}")]
    Rejected(Box<Rejected>),
    /// No node answered.
    #[error("{0}")]
    Unreachable(String),
}

/// A transaction that was refused before it was in a block, or rejected in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The contract that rejected it; `transaction` where it never reached a block.
    pub contract: String,
    pub code: u32,
    pub reason: String,
    pub message: String,
    /// What came first, where it repeats something.
    pub first: String,
    pub tx_id: String,
    /// The block that records the rejection; none where there is no block.
    pub height: Option<u64>,
}

impl Failure {
    pub const FAILED: u8 = 1;
    const USAGE: u8 = 2;
    const REJECTED: u8 = 3;
    const UNREACHABLE: u8 = 4;

    pub fn failed(message: impl std::fmt::Display) -> Self {
        Self::Failed(message.to_string())
    }

    pub fn exit_code(&self) -> ExitCode {
        self.code().into()
    }

    fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => Self::FAILED,
            Self::Usage(_) => Self::USAGE,
            Self::Rejected(_) => Self::REJECTED,
            Self::Unreachable(_) => Self::UNREACHABLE,
        }
    }

    /// The failure as the one JSON object a script reads.
    pub fn to_json(&self) -> Value {
        let (kind, mut error) = match self {
            Self::Failed(_) => ("failed", json!({})),
            Self::Usage(_) => ("usage", json!({})),
            Self::Unreachable(_) => ("unreachable", json!({})),
            Self::Rejected(rejected) => (
                "rejected",
                json!({
                    "contract": rejected.contract,
                    "code": rejected.code,
                    "reason": rejected.reason,
                    "first": rejected.first,
                    "tx_id": rejected.tx_id,
                    "height": rejected.height,
                    "advice": advice::on(rejected.code),
                }),
            ),
        };
        error["kind"] = kind.into();
        error["message"] = match self {
            Self::Rejected(rejected) => rejected.message.clone().into(),
            other => other.to_string().into(),
        };
        json!({ "error": error })
    }
}

impl From<KeystoreError> for Failure {
    fn from(error: KeystoreError) -> Self {
        let advice = match &error {
            KeystoreError::Read { .. } => {
                "check the name: --key and COUNTERFOIL_KEY name a key's file, --password-file that of its \
                 password; `counterfoil key new` makes a key"
            }
            KeystoreError::NoSecret { .. }
            | KeystoreError::Key {
                problem: KeyError::Pem,
                ..
            } => {
                "name your private key by --key or COUNTERFOIL_KEY; `counterfoil key new` makes one, \
                 and `openssl genpkey -algorithm ed25519` too"
            }
            KeystoreError::Key {
                problem: KeyError::WrongPassword,
                ..
            } => {
                "try again; a password in --password-file, COUNTERFOIL_PASSWORD_FILE or COUNTERFOIL_PASSWORD \
                 is taken before the terminal is asked. A key whose password is lost is lost"
            }
            _ => return Self::failed(error),
        };
        Self::Failed(format!("{error}\n  what to do: {advice}"))
    }
}

impl std::fmt::Display for Rejected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            contract,
            code,
            reason,
            ..
        } = self;
        write!(f, "rejected by {contract}: {reason} ({code})")?;
        if !self.message.is_empty() {
            write!(f, "\n  {}", self.message)?;
        }
        if !self.first.is_empty() {
            write!(f, "\n  first: {}", self.first)?;
        }
        write!(f, "\n  what to do: {}", advice::on(*code))?;
        if !self.tx_id.is_empty() {
            write!(f, "\n  transaction: {}", self.tx_id)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_says_what_happened_and_what_to_do() {
        let failure = Failure::Rejected(Box::new(Rejected {
            contract: "invoice".into(),
            code: 4012,
            reason: "DUPLICATE_INVOICE".into(),
            message: "number 7 is taken".into(),
            first: "ab".into(),
            tx_id: "cd".into(),
            height: Some(3),
        }));
        assert_eq!(failure.code(), 3);
        let text = failure.to_string();
        for part in [
            "DUPLICATE_INVOICE (4012)",
            "number 7 is taken",
            "first: ab",
            "what to do: ",
            "cd",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let json = failure.to_json();
        assert_eq!(json["error"]["code"], 4012);
        assert_eq!(json["error"]["message"], "number 7 is taken");
    }
}
