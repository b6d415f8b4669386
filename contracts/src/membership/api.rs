//! What others may ask of membership.

use counterfoil_proto::membership::v1::{LegalIdentity, Organization, OrganizationStatus, Role};
use counterfoil_types::hash::Hash;

pub use super::authority::{check_accounts, check_signers, is_live, live_account, rule_can_be_met};
use super::keys::{LEGAL_IDENTITIES, ORGANIZATIONS};
use crate::kernel::{Rules, StateError, Store, keyed_fingerprint};

/// Key of an organization's record.
pub fn organization_key(id: &str) -> Vec<u8> {
    ORGANIZATIONS.key(&[id.as_bytes()])
}

/// What the keys of all organizations begin with.
pub fn organization_prefix() -> Vec<u8> {
    ORGANIZATIONS.prefix()
}

pub fn organization(store: &Store<'_>, id: &str) -> Result<Option<Organization>, StateError> {
    ORGANIZATIONS.get(store, &[id.as_bytes()])
}

pub fn has_role(organization: &Organization, role: Role) -> bool {
    organization.roles.contains(&role.into())
}

pub fn is_active(organization: &Organization) -> bool {
    organization.status() == OrganizationStatus::Active
}

/// Whether an id names an active organization with a role.
pub fn is_in_role(store: &Store<'_>, id: &str, role: Role) -> Result<bool, StateError> {
    Ok(organization(store, id)?.is_some_and(|o| is_active(&o) && has_role(&o, role)))
}

/// Whether an id names a bank, whatever its status: the deposits of a suspended one are still owed.
pub fn is_bank(store: &Store<'_>, id: &str) -> Result<bool, StateError> {
    Ok(organization(store, id)?.is_some_and(|o| has_role(&o, Role::Bank)))
}

/// Admits an organization. Invariant: no legal id of it is admitted already.
pub fn admit(store: &mut Store<'_>, rules: Rules<'_>, organization: &Organization) {
    ORGANIZATIONS.put(store, &[organization.id.as_bytes()], organization);
    let identity = LegalIdentity {
        organization: organization.id.clone(),
    };
    for (kind, id) in [
        ("lei", &organization.lei),
        ("national", &organization.national_id),
    ] {
        if !id.is_empty() {
            let fingerprint = legal_fingerprint(rules, kind, id);
            LEGAL_IDENTITIES.put(store, &[fingerprint.as_ref()], &identity);
        }
    }
}

fn legal_fingerprint(rules: Rules<'_>, kind: &str, id: &str) -> Hash {
    let parts = [kind.as_bytes(), id.as_bytes()];
    keyed_fingerprint(rules.ledger_key, "counterfoil/legal-id/v1", &parts)
}
