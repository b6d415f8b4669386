//! Errors as `google.rpc.Status`: a status for programs that know nothing of
//! this ledger, a domain and reason for those that do, a sentence for people.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use counterfoil_execution::Refusal;
use counterfoil_proto::v1::RefusalCode;
use counterfoil_types::hash::Hash;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::mempool::AdmitError;

/// The domain of faults in a request that no contract judges.
pub const LEDGER: &str = "ledger";
const LIMITS: &str = "limits";
const TRANSACTION: &str = "transaction";
/// The domain of what a caller may not do.
pub const ACCESS: &str = "access";

fn domain(part: &str) -> String {
    format!("counterfoil.{part}")
}

/// A call without a good token: why, and what one for this node must name.
pub fn unauthenticated(
    reason: &str,
    message: impl Into<String>,
    chain_id: &str,
    node: &Hash,
) -> Status {
    let metadata = HashMap::from([
        ("chain_id".to_owned(), chain_id.to_owned()),
        ("node".to_owned(), node.to_string()),
    ]);
    let details = ErrorDetails::with_error_info(reason, domain(ACCESS), metadata);
    Status::with_error_details(Code::Unauthenticated, message, details)
}

/// A transaction that cannot be in a block.
pub fn refused(refusal: &Refusal, id: &Hash) -> Status {
    use RefusalCode::*;
    let status = match refusal.code {
        Unspecified | Malformed | NotCanonical | TooLong | WrongSignerCount => {
            Code::InvalidArgument
        }
        WrongSignature | UnknownSigner => Code::PermissionDenied,
        WrongChain | Expired | ExpiresTooLate | AlreadyCommitted => Code::FailedPrecondition,
        PoolFull => Code::ResourceExhausted,
    };
    let metadata = HashMap::from([
        ("code".to_owned(), (refusal.code as i32).to_string()),
        ("tx_id".to_owned(), id.to_string()),
    ]);
    let details = ErrorDetails::with_error_info(refusal.reason(), domain(TRANSACTION), metadata);
    Status::with_error_details(status, refusal.message.clone(), details)
}

/// A transaction that was not admitted, for whatever reason.
pub fn not_admitted(error: &AdmitError, id: &Hash) -> Status {
    match error {
        AdmitError::Refused(refusal) => refused(refusal, id),
        AdmitError::Stopping => stopping(),
        _ => failed("admitting a transaction", error),
    }
}

/// A request whose field is no id, token or number that it could be.
pub fn invalid(field: &str, problem: impl fmt::Display) -> Status {
    let problem = problem.to_string();
    let mut details = ErrorDetails::with_bad_request_violation(field, &problem);
    details.set_error_info("INVALID_FIELD", domain(LEDGER), HashMap::new());
    Status::with_error_details(
        Code::InvalidArgument,
        format!("{field}: {problem}"),
        details,
    )
}

/// Nothing of this kind and id.
pub fn not_found(part: &str, what: impl fmt::Display) -> Status {
    with_reason(Code::NotFound, part, "NOT_FOUND", format!("no {what}"))
}

/// A transaction that has no receipt (yet).
pub fn without_receipt(code: Code, reason: &str, id: &Hash, message: impl Into<String>) -> Status {
    let metadata = HashMap::from([("tx_id".to_owned(), id.to_string())]);
    let details = ErrorDetails::with_error_info(reason, domain(TRANSACTION), metadata);
    Status::with_error_details(code, message, details)
}

pub fn with_reason(code: Code, part: &str, reason: &str, message: impl Into<String>) -> Status {
    let details = ErrorDetails::with_error_info(reason, domain(part), HashMap::new());
    Status::with_error_details(code, message, details)
}

pub fn stopping() -> Status {
    let message = "the node is stopping; try another one";
    with_reason(Code::Unavailable, LEDGER, "STOPPING", message)
}

/// Somebody asks for more than its share: which limit that is, and how long to wait.
pub fn limited(reason: &str, message: impl Into<String>, wait: Duration) -> Status {
    let mut details = ErrorDetails::with_retry_info(Some(wait));
    details.set_error_info(reason, domain(LIMITS), HashMap::new());
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

/// The end of a stream that can be taken up again at a height.
pub fn resuming(status: Status, height: u64) -> Status {
    let mut details = status.get_error_details();
    if let Some(mut info) = details.error_info().cloned() {
        let key = "resume_height".to_owned();
        info.metadata.insert(key, height.to_string());
        details.set_error_info(info.reason, info.domain, info.metadata);
    }
    Status::with_error_details(status.code(), status.message(), details)
}

/// The node's own fault: told in full to its operator, in short to the caller.
pub fn failed(doing: &str, error: impl fmt::Display) -> Status {
    tracing::error!(%error, "{doing} failed");
    let message = format!("{doing} failed; the node's log says why");
    with_reason(Code::Internal, LEDGER, "NODE_FAILED", message)
}

/// Reads a field that is a hash.
pub fn hash(field: &str, bytes: &[u8]) -> Result<Hash, Status> {
    Hash::try_from(bytes)
        .map_err(|_| invalid(field, format!("expected 32 bytes, found {}", bytes.len())))
}
