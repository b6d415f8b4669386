//! What others may ask of membership.

use counterfoil_proto::membership::v1::{
    AccountOwner, ConsensusSettings, LegalIdentity, Organization, OrganizationStatus, Role, Roster,
};
use counterfoil_types::fingerprint;

use super::keys::{
    self, ACCOUNTS, DECISIONS, LEGAL_IDENTITIES, ORGANIZATIONS, PROPOSALS, put_organization,
    put_roster, put_settings, roster,
};
use crate::kernel::{Fingerprints, Rules, StateError, Store};

pub use super::activations::{ledger_keys_at, version_at};
pub use super::authority::{check_accounts, check_signers, check_status};
pub use super::decisions::check_consortium;
pub use super::outcomes::subject;

/// Key of an organization's record.
pub fn organization_key(id: &str) -> Vec<u8> {
    ORGANIZATIONS.key(&[id.as_bytes()])
}

/// What the keys of all organizations begin with.
pub fn organization_prefix() -> Vec<u8> {
    ORGANIZATIONS.prefix()
}

/// Key of a proposal.
pub fn proposal_key(id: &[u8]) -> Vec<u8> {
    PROPOSALS.key(&[id])
}

/// What the keys of all proposals begin with.
pub fn proposal_prefix() -> Vec<u8> {
    PROPOSALS.prefix()
}

/// Key of a decision.
pub fn decision_key(id: &[u8]) -> Vec<u8> {
    DECISIONS.key(&[id])
}

/// What the keys of all decisions begin with.
pub fn decision_prefix() -> Vec<u8> {
    DECISIONS.prefix()
}

/// Key of the record of who decides blocks, and under which parameters.
pub fn settings_key() -> Vec<u8> {
    keys::settings_key()
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

/// The active operators, in order.
pub fn operators(store: &Store<'_>) -> Result<Vec<String>, StateError> {
    Ok(roster(store)?.operators)
}

/// Who decides blocks from the next height on, and under which parameters.
pub fn settings(store: &Store<'_>) -> Result<ConsensusSettings, StateError> {
    keys::settings(store)
}

/// Sets who decides blocks as the chain begins.
pub fn begin(store: &mut Store<'_>, settings: &ConsensusSettings) {
    put_settings(store, settings);
}

/// Admits an organization. Invariant: its id, accounts and legal ids are nobody's.
pub fn admit(
    store: &mut Store<'_>,
    rules: Rules<'_>,
    organization: &Organization,
) -> Result<(), StateError> {
    put_organization(store, organization);
    for account in &organization.accounts {
        let owner = AccountOwner {
            organization: organization.id.clone(),
        };
        ACCOUNTS.put(store, &[&account.public_key], &owner);
    }
    put_legal_ids(store, rules, organization);
    let mut roster = roster(store)?;
    roster.organizations += 1;
    enter(&mut roster, organization);
    put_roster(store, &roster);
    Ok(())
}

/// Makes an organization's legal ids its own, for ever.
pub(super) fn put_legal_ids(store: &mut Store<'_>, rules: Rules<'_>, organization: &Organization) {
    let identity = LegalIdentity {
        organization: organization.id.clone(),
    };
    for fingerprints in legal_fingerprints(rules, organization) {
        LEGAL_IDENTITIES.put(store, &[fingerprints.newest().as_ref()], &identity);
    }
}

/// Enters an active organization in the lists of those who decide for all.
pub(super) fn enter(roster: &mut Roster, organization: &Organization) {
    let lists = [
        (Role::Operator, &mut roster.operators),
        (Role::Regulator, &mut roster.regulators),
    ];
    for (role, list) in lists {
        if has_role(organization, role) {
            list.push(organization.id.clone());
            list.sort();
        }
    }
}

/// Whether any regulator is active.
pub fn has_regulator(store: &Store<'_>) -> Result<bool, StateError> {
    Ok(!roster(store)?.regulators.is_empty())
}

/// The fingerprints of the identifiers under which the law knows an organization (specification 1.1, 3.2).
pub(super) fn legal_fingerprints(
    rules: Rules<'_>,
    organization: &Organization,
) -> Vec<Fingerprints> {
    let ids = [
        ("lei", &organization.lei),
        ("national", &organization.national_id),
    ];
    let given = ids.into_iter().filter(|(_, id)| !id.is_empty());
    let fingerprint = |(kind, id): (&str, &String)| {
        let parts = [kind.as_bytes(), id.as_bytes()];
        let tag = "counterfoil/legal-id/v1";
        Fingerprints::new(rules.ledger_keys, |key| {
            fingerprint::keyed(key, tag, &parts)
        })
    };
    given.map(fingerprint).collect()
}
