//! How a transaction fails: by a numbered rejection, or because the state is unreadable.

use counterfoil_proto::v1::KernelRejectionCode;
use counterfoil_types::limits::MAX_REASON;

use super::store::StateError;

/// Characters of a rejection's wording.
const MAX_MESSAGE: usize = 500;

/// A rejection code: an enum of the contract's `.proto` file.
pub trait RejectionCode: Copy {
    /// The contract's name, or "kernel".
    const CONTRACT: &'static str;
    fn number(self) -> u32;
    /// The name of the enum's value, without its prefix.
    fn reason(self) -> &'static str;
}

/// Gives an enum of the wire the trait.
macro_rules! rejection_codes {
    ($code:ty, $contract:literal, $prefix:literal) => {
        impl $crate::kernel::RejectionCode for $code {
            const CONTRACT: &'static str = $contract;

            fn number(self) -> u32 {
                (self as i32).unsigned_abs()
            }

            fn reason(self) -> &'static str {
                let name = self.as_str_name();
                name.strip_prefix($prefix).unwrap_or(name)
            }
        }
    };
}
pub(crate) use rejection_codes;

rejection_codes!(KernelRejectionCode, "kernel", "KERNEL_REJECTION_CODE_");

/// Why a transaction changed nothing but its receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    pub code: u32,
    pub contract: &'static str,
    pub reason: &'static str,
    /// What is wrong and what was expected, for a person. It tells its signer nothing of records that only others
    /// may read.
    pub message: String,
    /// What came first, in hex, where the rejection is of a repetition. Shown to those who may read that; the
    /// message does not spell it.
    pub first: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    Rejected(Rejection),
    State(StateError),
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        Self::State(error)
    }
}

pub fn reject<C: RejectionCode>(code: C, message: impl Into<String>) -> Failure {
    reject_repeated(code, message, String::new())
}

/// Rejects a repetition, naming what came first.
pub fn reject_repeated<C: RejectionCode>(
    code: C,
    message: impl Into<String>,
    first: String,
) -> Failure {
    let mut message: String = message.into();
    // It may quote what was sent, and is stored with the receipt.
    if let Some((end, _)) = message.char_indices().nth(MAX_MESSAGE) {
        message.truncate(end);
        message.push('…');
    }
    Failure::Rejected(Rejection {
        code: code.number(),
        contract: C::CONTRACT,
        reason: code.reason(),
        message,
        first,
    })
}

/// Rejects the number of an enum that this version does not know (specification 10.2).
pub fn check_known<E: TryFrom<i32>>(number: i32, what: &str) -> Result<(), Failure> {
    match E::try_from(number) {
        Ok(_) => Ok(()),
        Err(_) => {
            let message = format!("{what} {number} is none that this version knows");
            Err(reject(KernelRejectionCode::MalformedAction, message))
        }
    }
}

/// Checks the length of a reason that somebody gives.
pub fn check_reason<C: RejectionCode>(code: C, reason: &str) -> Result<(), Failure> {
    if (1..=MAX_REASON).contains(&reason.chars().count()) {
        return Ok(());
    }
    let message = format!("a reason has 1 to {MAX_REASON} characters");
    Err(reject(code, message))
}
