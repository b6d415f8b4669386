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
    pub(super) fn sort(&mut self) {
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

    pub(super) fn validate(&self) -> Result<(), String> {
        let characters = |text: &str| text.chars().count();
        if !(1..=limits::MAX_NAME).contains(&characters(&self.legal_name)) {
            return Err("legal_name has 1 to 140 characters".into());
        }
        if self.lei.is_empty() && self.national_id.is_empty() {
            return Err("an LEI or a national id is needed".into());
        }
        if !self.lei.is_empty() && !lei::is_valid(&self.lei) {
            return Err(format!("{} is not an LEI (ISO 17442)", self.lei));
        }
        if characters(&self.national_id) > limits::MAX_NAME {
            return Err("national_id has at most 140 characters".into());
        }
        if self.roles.is_empty() || !self.roles.is_sorted_by(|a, b| a < b) {
            return Err("roles: at least one, sorted, each once".into());
        }
        self.validate_accounts()
    }

    fn validate_accounts(&self) -> Result<(), String> {
        if !(1..=limits::MAX_ACCOUNTS).contains(&self.accounts.len()) {
            return Err("accounts: 1 to 64".into());
        }
        for account in &self.accounts {
            if account.permissions.is_empty() || !account.permissions.is_sorted_by(|a, b| a < b) {
                return Err(format!(
                    "permissions of {}: at least one, sorted, each once",
                    account.key
                ));
            }
        }
        // Whoever makes something needs another one that approves it, unless there is one account only that acts.
        for (make, approve) in [
            (Permission::Make, Permission::Approve),
            (Permission::Admin, Permission::Admin),
        ] {
            let acting = self
                .accounts
                .iter()
                .filter(|a| a.permissions != [Permission::View]);
            let alone = acting.count() == 1;
            let makers = self
                .accounts
                .iter()
                .filter(|a| a.permissions.contains(&make));
            let met = makers.into_iter().any(|maker| {
                let mut others = self.accounts.iter().filter(|other| *other != maker);
                alone || others.any(|other| other.permissions.contains(&approve))
            });
            if !met {
                return Err(format!(
                    "permissions: one account needs {make:?}, and where several act another one {approve:?}"
                ));
            }
        }
        Ok(())
    }
}
