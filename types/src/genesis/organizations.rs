//! The organizations a chain begins with, and their accounts (specification 1.1–1.4).

use counterfoil_proto::membership::v1 as wire;
use serde::{Deserialize, Serialize};

use crate::ids::OrganizationId;
use crate::keys::PublicKey;
use crate::{lei, limits};

/// What an organization may do (specification 1.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    CoreEnterprise = 1,
    Supplier = 2,
    Bank = 3,
    Guarantor = 4,
    Regulator = 5,
    Operator = 6,
}

/// What an account may do for its organization (specification 1.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    View = 1,
    Make = 2,
    Approve = 3,
    Admin = 4,
}

impl Permission {
    pub const ALL: [Self; 4] = [Self::View, Self::Make, Self::Approve, Self::Admin];
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisAccount {
    pub key: PublicKey,
    pub permissions: Vec<Permission>,
}

impl GenesisAccount {
    /// An account that may do everything.
    pub fn of(key: PublicKey) -> Self {
        Self {
            key,
            permissions: Permission::ALL.to_vec(),
        }
    }

    fn to_proto(&self) -> wire::Account {
        wire::Account {
            public_key: self.key.to_vec(),
            permissions: self.permissions.iter().map(|p| *p as i32).collect(),
            from_height: 0,
            until_height: 0,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisOrganization {
    pub id: OrganizationId,
    pub legal_name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub lei: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub national_id: String,
    pub roles: Vec<Role>,
    pub accounts: Vec<GenesisAccount>,
}

impl GenesisOrganization {
    /// Puts its lists in the order its hash is taken in.
    pub fn sort(&mut self) {
        self.roles.sort();
        self.accounts.sort();
    }

    pub fn to_proto(&self) -> wire::Organization {
        wire::Organization {
            id: self.id.to_string(),
            legal_name: self.legal_name.clone(),
            lei: self.lei.clone(),
            national_id: self.national_id.clone(),
            roles: self.roles.iter().map(|r| *r as i32).collect(),
            accounts: self.accounts.iter().map(GenesisAccount::to_proto).collect(),
            approval_rule: Vec::new(),
            status: wire::OrganizationStatus::Active.into(),
        }
    }

    /// The identifiers under which the law knows it, each with its kind in front.
    pub fn legal_ids(&self) -> impl Iterator<Item = String> + '_ {
        [("lei", &self.lei), ("national", &self.national_id)]
            .into_iter()
            .filter(|(_, id)| !id.is_empty())
            .map(|(kind, id)| format!("{kind}:{id}"))
    }

    /// Whether it has the two accounts that its roles ask for.
    pub(super) fn has_a_checker(&self) -> bool {
        let binds = [Role::CoreEnterprise, Role::Bank];
        self.accounts.len() > 1 || !self.roles.iter().any(|role| binds.contains(role))
    }
}

/// What is wrong with an organization that a genesis or an admission names, in words.
pub fn organization_problem(organization: &wire::Organization) -> Option<String> {
    let problem = |text: &str| Some(text.to_owned());
    let characters = |text: &str| text.chars().count();
    if organization.id.parse::<OrganizationId>().is_err() {
        return problem(
            "id: 1 to 64 of a–z, 0–9 and '-', beginning and ending with a letter or digit",
        );
    }
    if !(1..=limits::MAX_NAME).contains(&characters(&organization.legal_name)) {
        return problem("legal_name has 1 to 140 characters");
    }
    if organization.lei.is_empty() && organization.national_id.is_empty() {
        return problem("an LEI or a national id is needed");
    }
    if !organization.lei.is_empty() && !lei::is_valid(&organization.lei) {
        return Some(format!("{} is not an LEI (ISO 17442)", organization.lei));
    }
    if characters(&organization.national_id) > limits::MAX_NAME {
        return problem("national_id has at most 140 characters");
    }
    let roles = &organization.roles;
    let known = |role: &i32| wire::Role::try_from(*role).is_ok() && *role != 0;
    if roles.is_empty() || !roles.is_sorted_by(|a, b| a < b) || !roles.iter().all(known) {
        return problem("roles: at least one, sorted, each once");
    }
    accounts_problem(&organization.accounts)
}

fn accounts_problem(accounts: &[wire::Account]) -> Option<String> {
    if !(1..=limits::MAX_ACCOUNTS).contains(&accounts.len())
        || !accounts.is_sorted_by(|a, b| a.public_key < b.public_key)
    {
        return Some("accounts: 1 to 64, sorted by key, each once".into());
    }
    for account in accounts {
        let key = hex::encode(&account.public_key);
        if let Err(problem) = PublicKey::enrol(&account.public_key) {
            return Some(format!("account {key}: {problem}"));
        }
        if !permissions_are_good(&account.permissions) {
            return Some(format!(
                "permissions of {key}: at least one, sorted, each once"
            ));
        }
    }
    None
}

/// Whether permissions are known, sorted and distinct, and at least one.
pub fn permissions_are_good(permissions: &[i32]) -> bool {
    let known =
        |permission: &i32| wire::Permission::try_from(*permission).is_ok() && *permission != 0;
    !permissions.is_empty()
        && permissions.is_sorted_by(|a, b| a < b)
        && permissions.iter().all(known)
}
