//! Whether an organization's signers suffice for an action (specification 1.3, 1.4, 1.6).

use counterfoil_proto::membership::v1::{Account, ActionClass, Organization, Permission};
use counterfoil_proto::v1::KernelRejectionCode;
use counterfoil_types::approvals::{approvals_needed, live_account, may, permissions};

use super::api::is_active;
use crate::kernel::{Authority, Failure, reject};

/// Checks that every signer is an account that acts at this height.
pub fn check_accounts(
    organization: &Organization,
    signers: &[Vec<u8>],
    height: u64,
) -> Result<(), Failure> {
    let acts = |signer: &Vec<u8>| live_account(organization, signer, height).is_some();
    if signers.iter().all(acts) {
        return Ok(());
    }
    let message = format!(
        "a signer is no account of {} that acts at height {height}",
        organization.id
    );
    Err(reject(KernelRejectionCode::UnknownSigner, message))
}

/// Checks that one signer may make an action and enough others approve it. Who does not act at this height does not count.
pub fn check_signers(
    organization: &Organization,
    signers: &[Vec<u8>],
    authority: &Authority,
    height: u64,
) -> Result<(), Failure> {
    let given = approvals_given(organization, signers, authority.class, height)?;
    let amount = authority.amount.as_ref();
    let needed = approvals_needed(organization, authority.class, amount, height);
    if given >= needed {
        return Ok(());
    }
    let message = format!(
        "{} wants {needed} approvals of this by other accounts than its maker's, and has {given}: sign with more \
         accounts, or propose it",
        organization.id
    );
    Err(reject(KernelRejectionCode::ApprovalsLacking, message))
}

/// How many signers approve an action beside the one that makes it. Rejects where nobody makes it, or somebody may do neither.
pub(super) fn approvals_given(
    organization: &Organization,
    signers: &[Vec<u8>],
    class: ActionClass,
    height: u64,
) -> Result<usize, Failure> {
    let (make, approve) = permissions(class);
    let accounts: Vec<&Account> = signers
        .iter()
        .filter_map(|signer| live_account(organization, signer, height))
        .collect();
    let idle = |account: &&Account| !may(account, make) && !may(account, approve);
    let makers = accounts.iter().filter(|a| may(a, make)).count();
    if makers == 0 || accounts.iter().any(idle) {
        let message = format!(
            "of the signers one must have the permission {}, and each that or {}",
            name(make),
            name(approve)
        );
        return Err(reject(KernelRejectionCode::NotPermitted, message));
    }
    let approvers = accounts.iter().filter(|a| may(a, approve)).count();
    // The maker approves nothing of its own. One that may only make leaves all approvers to count.
    let only_makes = accounts.iter().any(|account| !may(account, approve));
    Ok(if only_makes { approvers } else { approvers - 1 })
}

/// Checks that an organization's status allows an action.
pub fn check_status(organization: &Organization, authority: &Authority) -> Result<(), Failure> {
    if is_active(organization) || authority.discharges {
        return Ok(());
    }
    let message = format!(
        "{} is suspended or has left: it may still pay, be paid and release, and begin nothing",
        organization.id
    );
    Err(reject(KernelRejectionCode::Suspended, message))
}

fn name(permission: Permission) -> &'static str {
    let name = permission.as_str_name();
    name.strip_prefix("PERMISSION_").unwrap_or(name)
}
