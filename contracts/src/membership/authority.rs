//! Whether an organization's signers suffice for an action (specification 1.3, 1.4).

use counterfoil_proto::membership::v1::{
    Account, ActionClass, ApprovalRequirement, Organization, Permission,
};
use counterfoil_proto::v1::{KernelRejectionCode, Money};

use crate::kernel::{Authority, Failure, reject};

/// Classes of which a checker approves where an organization has two accounts and says nothing else.
const CHECKED: [ActionClass; 11] = [
    ActionClass::Confirm,
    ActionClass::Split,
    ActionClass::Pay,
    ActionClass::Issue,
    ActionClass::Redeem,
    ActionClass::TransferDeposit,
    ActionClass::Quote,
    ActionClass::Award,
    ActionClass::Pledge,
    ActionClass::Guarantee,
    ActionClass::Administration,
];

/// Whether an account acts at a height.
pub fn is_live(account: &Account, height: u64) -> bool {
    account.from_height <= height && (account.until_height == 0 || height < account.until_height)
}

/// The account of a key that acts at a height.
pub fn live_account<'a>(
    organization: &'a Organization,
    key: &[u8],
    height: u64,
) -> Option<&'a Account> {
    let mut accounts = organization.accounts.iter();
    accounts.find(|account| account.public_key == key && is_live(account, height))
}

/// What an account must be permitted to make or to approve an action.
pub(super) fn permissions(class: ActionClass) -> (Permission, Permission) {
    match class {
        ActionClass::Administration => (Permission::Admin, Permission::Admin),
        _ => (Permission::Make, Permission::Approve),
    }
}

pub(super) fn may(account: &Account, permission: Permission) -> bool {
    account.permissions.contains(&permission.into())
}

/// How many approvals an action needs beside its maker's signature.
pub(super) fn approvals_needed(
    organization: &Organization,
    class: ActionClass,
    amount: Option<&Money>,
    height: u64,
) -> usize {
    let rule = &organization.approval_rule;
    let of_class = || rule.iter().filter(|r| r.action_class() == class);
    if of_class().next().is_some() {
        let asked = of_class().filter(|r| applies(r, amount));
        return asked.map(|r| r.approvals as usize).max().unwrap_or(0);
    }
    let acts = |account: &&Account| {
        let acting = [Permission::Make, Permission::Approve, Permission::Admin];
        is_live(account, height) && acting.iter().any(|permission| may(account, *permission))
    };
    let several = organization.accounts.iter().filter(acts).nth(1).is_some();
    usize::from(several && CHECKED.contains(&class))
}

fn applies(requirement: &ApprovalRequirement, amount: Option<&Money>) -> bool {
    match (&requirement.above, amount) {
        (Some(above), Some(amount)) => {
            above.currency == amount.currency && amount.minor > above.minor
        }
        _ => true,
    }
}

/// Checks that every signer is an account that acts at this height.
pub fn check_accounts(
    organization: &Organization,
    signers: &[Vec<u8>],
    height: u64,
) -> Result<(), Failure> {
    if signers
        .iter()
        .all(|signer| live_account(organization, signer, height).is_some())
    {
        return Ok(());
    }
    let message = format!(
        "a signer is no account of {} at height {height}",
        organization.id
    );
    Err(reject(KernelRejectionCode::UnknownSigner, message))
}

/// Checks that one signer may make an action and enough others approve it. Invariant: each is an account that acts
/// at this height.
pub fn check_signers(
    organization: &Organization,
    signers: &[Vec<u8>],
    authority: &Authority,
    height: u64,
) -> Result<(), Failure> {
    let (make, approve) = permissions(authority.class);
    let accounts: Vec<&Account> = signers
        .iter()
        .filter_map(|signer| live_account(organization, signer, height))
        .collect();
    let idle = |account: &&&Account| !may(account, make) && !may(account, approve);
    let makers = accounts.iter().filter(|account| may(account, make)).count();
    if makers == 0 || accounts.iter().find(idle).is_some() {
        let message = format!(
            "of the signers one must have the permission {}, and each it or {}",
            name(make),
            name(approve)
        );
        return Err(reject(KernelRejectionCode::NotPermitted, message));
    }
    let approvers = accounts.iter().filter(|a| may(a, approve)).count();
    // The maker approves nothing of its own: one that may only make leaves all approvers to count.
    let only_makes = accounts.iter().any(|account| !may(account, approve));
    let approvals = if only_makes { approvers } else { approvers - 1 };
    let amount = authority.amount.as_ref();
    let needed = approvals_needed(organization, authority.class, amount, height);
    if approvals >= needed {
        return Ok(());
    }
    let message = format!(
        "{} wants {needed} approvals of this by other accounts than its maker's, and has {approvals}: sign with more \
         accounts, or propose it",
        organization.id
    );
    Err(reject(KernelRejectionCode::ApprovalsLacking, message))
}

fn name(permission: Permission) -> &'static str {
    let name = permission.as_str_name();
    name.strip_prefix("PERMISSION_").unwrap_or(name)
}

/// Whether the accounts that act at a height can meet the rule for any action: else the organization would be locked
/// out of its own doings.
pub fn rule_can_be_met(organization: &Organization, height: u64) -> bool {
    let live = || {
        let accounts = organization.accounts.iter();
        accounts.filter(|account| is_live(account, height))
    };
    (ActionClass::Register as i32..=ActionClass::Roll as i32).all(|class| {
        let class = ActionClass::try_from(class).unwrap_or_default();
        let (make, approve) = permissions(class);
        let needed = approvals_needed(organization, class, None, height);
        let approvers = live().filter(|account| may(account, approve)).count();
        live().any(|account| {
            let others = approvers - usize::from(may(account, approve));
            may(account, make) && others >= needed
        })
    })
}
