//! Accounts and approval rules of an organization, and its leaving (specification 1.3, 1.4).

use std::collections::BTreeSet;

use counterfoil_proto::membership::v1::{
    Account, AccountsChanged, ActionClass, ApprovalRequirement, ApprovalRuleSet, ChangeAccounts,
    Organization, OrganizationLeft, OrganizationStatus, Permission, RejectionCode as Code, Role,
    SetApprovalRule, event,
};

use super::{Call, Happened, Model, Rejected, ensure, membership};
use crate::model::arithmetic::MAX_MINOR;
use crate::model::authority::{acting, is_able};

const MOST_CHANGES: usize = 16;
const MOST_ACCOUNTS: usize = 64;
const MOST_REQUIREMENTS: usize = 64;
const MOST_APPROVALS: u32 = 7;
const MOST_HEIGHTS: u64 = 1_000_000;

/// What the tests know of keys: the model does no arithmetic on curves.
#[derive(Clone, Copy)]
pub struct KnownKeys {
    /// Whether bytes are a key that somebody holds.
    pub is_key: fn(&[u8]) -> bool,
    /// Whether a signature shows that an organization's new key is at hand.
    pub proves: fn(organization: &str, key: &[u8], signature: &[u8]) -> bool,
}

impl Model {
    pub(in crate::model) fn change_accounts(
        &mut self,
        call: &Call,
        action: &ChangeAccounts,
    ) -> Result<Vec<Happened>, Rejected> {
        let asked: Vec<Account> = action
            .enrol
            .iter()
            .map(|enrolment| enrolment.account.clone().unwrap_or_default())
            .collect();
        let enrolled = asked.iter().map(|account| account.public_key.clone());
        let revoked = action.revoke.iter().map(|r| r.public_key.clone());
        let keys: Vec<Vec<u8>> = enrolled.chain(revoked).collect();
        let distinct: BTreeSet<_> = keys.iter().collect();
        ensure(
            (1..=MOST_CHANGES).contains(&keys.len()) && distinct.len() == keys.len(),
            Code::InvalidChanges,
        )?;
        let next = call.height + 1;
        let heights = next..=call.height + MOST_HEIGHTS;
        let ahead = |height: u64| if height == 0 { next } else { height };
        let mut after = self.organizations[call.organization].clone();
        // One key after the other.
        for (mut account, enrolment) in asked.into_iter().zip(&action.enrol) {
            let key = &account.public_key;
            let at_hand = (self.known_keys.is_key)(key)
                && (self.known_keys.proves)(call.organization, key, &enrolment.signature);
            ensure(at_hand, Code::InvalidKey)?;
            ensure(!self.is_account(key), Code::KeyTaken)?;
            ensure(
                are_permissions(&account.permissions),
                Code::InvalidPermissions,
            )?;
            account.from_height = ahead(account.from_height);
            let timely = heights.contains(&account.from_height) && account.until_height == 0;
            ensure(timely, Code::InvalidHeight)?;
            after.accounts.push(account);
        }
        for revocation in &action.revoke {
            let until = ahead(revocation.until_height);
            ensure(heights.contains(&until), Code::InvalidHeight)?;
            let account = after
                .accounts
                .iter_mut()
                .find(|account| account.public_key == revocation.public_key)
                .ok_or(Rejected::with(Code::InvalidAccounts))?;
            ensure(
                account.until_height == 0 || account.until_height > until,
                Code::InvalidAccounts,
            )?;
            account.until_height = until;
        }
        ensure(after.accounts.len() <= MOST_ACCOUNTS, Code::InvalidAccounts)?;
        after
            .accounts
            .sort_by(|a, b| a.public_key.cmp(&b.public_key));
        self.check_not_locked_out(&after, call.height)?;

        let changed = AccountsChanged {
            organization: after.id.clone(),
            enrolled: keys[..action.enrol.len()].to_vec(),
            revoked: keys[action.enrol.len()..].to_vec(),
        };
        self.organizations.insert(after.id.clone(), after);
        Ok(vec![membership(
            [call.organization],
            event::Event::AccountsChanged(changed),
        )])
    }

    pub(in crate::model) fn set_approval_rule(
        &mut self,
        call: &Call,
        action: &SetApprovalRule,
    ) -> Result<Vec<Happened>, Rejected> {
        ensure(self.is_rule(&action.requirements), Code::InvalidRule)?;
        let mut after = self.organizations[call.organization].clone();
        after.approval_rule = action.requirements.clone();
        self.check_not_locked_out(&after, call.height)?;

        let set = ApprovalRuleSet {
            organization: after.id.clone(),
        };
        self.organizations.insert(after.id.clone(), after);
        Ok(vec![membership(
            [call.organization],
            event::Event::ApprovalRuleSet(set),
        )])
    }

    pub(in crate::model) fn leave(&mut self, call: &Call) -> Result<Vec<Happened>, Rejected> {
        let organization = &self.organizations[call.organization];
        ensure(
            organization.status() != OrganizationStatus::Left,
            Code::HasLeft,
        )?;
        self.check_an_operator_stays(call.organization)?;

        let mut concerned = self.operators();
        concerned.push(call.organization.to_owned());
        self.set_status(call.organization, OrganizationStatus::Left);
        let left = OrganizationLeft {
            organization: call.organization.to_owned(),
        };
        Ok(vec![membership(concerned, event::Event::Left(left))])
    }

    pub(super) fn set_status(&mut self, id: &str, status: OrganizationStatus) {
        let organization = self.organizations.get_mut(id).expect("an organization");
        organization.set_status(status);
    }

    /// The active operators.
    pub fn operators(&self) -> Vec<String> {
        let ids = self.organizations.keys();
        let operates = |id: &&String| self.has_role(id, Role::Operator) && self.is_active(id);
        ids.filter(operates).cloned().collect()
    }

    /// Whether there is an active operator beside the one that is to go.
    pub(super) fn check_an_operator_stays(&self, gone: &str) -> Result<(), Rejected> {
        let stays = self.operators().iter().any(|id| id != gone);
        ensure(stays, Code::LastOperator)
    }

    /// Whether a key was ever anybody's account.
    pub(super) fn is_account(&self, key: &[u8]) -> bool {
        let mut organizations = self.organizations.values();
        organizations.any(|o| o.accounts.iter().any(|a| a.public_key == key))
    }

    /// Whether an approval rule is as its documentation wants it.
    pub(super) fn is_rule(&self, requirements: &[ApprovalRequirement]) -> bool {
        let place = |r: &ApprovalRequirement| {
            let above = r.above.as_ref();
            (r.action_class, above.map(|a| (a.currency.clone(), a.minor)))
        };
        requirements.len() <= MOST_REQUIREMENTS
            && requirements.is_sorted_by(|a, b| place(a) < place(b))
            && requirements.iter().all(|r| {
                r.action_class() != ActionClass::Unspecified
                    && r.approvals <= MOST_APPROVALS
                    && r.above.as_ref().is_none_or(|above| {
                        self.currencies.contains(&above.currency) && above.minor <= MAX_MINOR
                    })
            })
    }

    /// From this block on there are always accounts for what the rule asks.
    pub(super) fn check_not_locked_out(
        &self,
        after: &Organization,
        height: u64,
    ) -> Result<(), Rejected> {
        let turns = after
            .accounts
            .iter()
            .flat_map(|account| [account.from_height, account.until_height])
            .filter(|turn| *turn > height);
        let heights: BTreeSet<u64> = turns.chain([height + 1]).collect();
        let holds =
            |height: &u64| is_able(after, *height) && self.has_enough_accounts(after, *height);
        ensure(heights.iter().all(holds), Code::LockedOut)
    }

    /// Whether nobody who must have two accounts that act has less.
    pub(super) fn has_enough_accounts(&self, after: &Organization, height: u64) -> bool {
        let binding = [Role::CoreEnterprise, Role::Bank];
        let mut binding = binding.iter().map(|role| i32::from(*role));
        let needs_two = !self.development && binding.any(|role| after.roles.contains(&role));
        !needs_two || acting(after, height).len() >= 2
    }
}

/// Whether permissions are known, sorted and distinct, and not none.
pub(super) fn are_permissions(permissions: &[i32]) -> bool {
    let known = |p: &i32| Permission::try_from(*p).is_ok_and(|p| p != Permission::Unspecified);
    !permissions.is_empty()
        && permissions.is_sorted_by(|a, b| a < b)
        && permissions.iter().all(known)
}
