//! Who calls, and what it may read: the guard before every service, and one table of rules behind all of
//! them (docs/access.md).

mod guard;
mod members;
mod records;
pub mod rules;
mod watched;

use std::sync::Arc;

use counterfoil_proto::membership::v1::Role;
use counterfoil_types::ids::OrganizationId;
use counterfoil_types::keys::PublicKey;
use tonic::{Request, Status};

use super::errors;

pub use guard::Guard;
pub use records::{Records, decoded, signer, signer_of};

/// Who calls, as its token and the ledger say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub organization: OrganizationId,
    pub account: PublicKey,
    /// The organization's, by their numbers.
    pub roles: Vec<i32>,
    /// Whether its account may read; one that may not only sends transactions.
    pub views: bool,
    /// When its token ends.
    pub expires_at_ms: u64,
}

impl Caller {
    /// Whether it calls for this organization.
    pub fn is(&self, organization: &str) -> bool {
        self.organization.as_str() == organization
    }

    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role.into())
    }

    /// A regulator reads everything, as it stands.
    pub fn reads_all(&self) -> bool {
        self.has(Role::Regulator)
    }
}

/// Who sent a request. The guard has put it there, so that a request without one is a fault of this node.
pub fn caller<T>(request: &Request<T>) -> Result<Arc<Caller>, Status> {
    let caller = request.extensions().get::<Arc<Caller>>();
    caller
        .cloned()
        .ok_or_else(|| errors::failed("telling who calls", "a service stands before the guard"))
}
