//! Where membership's records stand.

use counterfoil_proto::membership::v1::{LegalIdentity, Organization};

use crate::kernel::Table;

pub(super) const ORGANIZATIONS: Table<Organization> = Table::new("membership/organization");
pub(super) const LEGAL_IDENTITIES: Table<LegalIdentity> = Table::new("membership/legal-id");
