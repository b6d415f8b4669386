//! Where membership's records stand.

use counterfoil_proto::membership::v1::{
    AccountOwner, ConsensusSettings, LegalIdentity, Organization, Proposal, ProposedDecision,
    Roster,
};

use crate::kernel::{StateError, Store, Table};

pub(super) const ORGANIZATIONS: Table<Organization> = Table::new("membership/organization");
pub(super) const LEGAL_IDENTITIES: Table<LegalIdentity> = Table::new("membership/legal-id");
pub(super) const ACCOUNTS: Table<AccountOwner> = Table::new("membership/account");
pub(super) const PROPOSALS: Table<Proposal> = Table::new("membership/proposal");
pub(super) const DECISIONS: Table<ProposedDecision> = Table::new("membership/decision");
const ROSTER: Table<Roster> = Table::new("membership/roster");
const CONSENSUS: Table<ConsensusSettings> = Table::new("membership/consensus");

pub(super) fn put_organization(store: &mut Store<'_>, organization: &Organization) {
    ORGANIZATIONS.put(store, &[organization.id.as_bytes()], organization);
}

pub(super) fn roster(store: &Store<'_>) -> Result<Roster, StateError> {
    Ok(ROSTER.get(store, &[])?.unwrap_or_default())
}

pub(super) fn put_roster(store: &mut Store<'_>, roster: &Roster) {
    ROSTER.put(store, &[], roster);
}

pub(super) fn settings(store: &Store<'_>) -> Result<ConsensusSettings, StateError> {
    CONSENSUS
        .get(store, &[])?
        .ok_or_else(|| StateError::corrupt("membership/consensus", "there are no settings"))
}

/// The key of the settings' record.
pub(super) fn settings_key() -> Vec<u8> {
    CONSENSUS.key(&[])
}

pub(super) fn change_settings(
    store: &mut Store<'_>,
    change: impl FnOnce(&mut ConsensusSettings),
) -> Result<(), StateError> {
    let mut settings = settings(store)?;
    change(&mut settings);
    put_settings(store, &settings);
    Ok(())
}

pub(super) fn put_settings(store: &mut Store<'_>, settings: &ConsensusSettings) {
    CONSENSUS.put(store, &[], settings);
}
