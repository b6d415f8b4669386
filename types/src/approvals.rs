//! Which of an organization's accounts act, and whose signatures an action needs
//! (specification 1.3, 1.4). Heights are those of the block that an action is in.

use counterfoil_proto::membership::v1::{
    Account, ActionClass, ApprovalRequirement, Organization, Permission,
};
use counterfoil_proto::v1::Money;

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
pub fn permissions(class: ActionClass) -> (Permission, Permission) {
    match class {
        ActionClass::Administration => (Permission::Admin, Permission::Admin),
        _ => (Permission::Make, Permission::Approve),
    }
}

pub fn may(account: &Account, permission: Permission) -> bool {
    account.permissions.contains(&permission.into())
}

/// How many approvals an action needs beside its maker's signature.
pub fn approvals_needed(
    organization: &Organization,
    class: ActionClass,
    amount: Option<&Money>,
    height: u64,
) -> usize {
    let rule = &organization.approval_rule;
    let speaks = |r: &&ApprovalRequirement| r.action_class() == class && is_comparable(r, amount);
    if rule.iter().any(|r| speaks(&r)) {
        let asked = rule.iter().filter(speaks).filter(|r| is_above(r, amount));
        return asked.map(|r| r.approvals as usize).max().unwrap_or(0);
    }
    usize::from(CHECKED.contains(&class) && acting(organization, height) > 1)
}

/// How many accounts can do more than view at a height.
pub fn acting(organization: &Organization, height: u64) -> usize {
    let acts = |account: &&Account| {
        let permissions = [Permission::Make, Permission::Approve, Permission::Admin];
        is_live(account, height) && permissions.iter().any(|p| may(account, *p))
    };
    organization.accounts.iter().filter(acts).count()
}

/// Whether a requirement says anything of an amount: it does not where it is about another currency.
fn is_comparable(requirement: &ApprovalRequirement, amount: Option<&Money>) -> bool {
    match (&requirement.above, amount) {
        (Some(above), Some(amount)) => above.currency == amount.currency,
        _ => true,
    }
}

fn is_above(requirement: &ApprovalRequirement, amount: Option<&Money>) -> bool {
    match (&requirement.above, amount) {
        (Some(above), Some(amount)) => amount.minor > above.minor,
        _ => true,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn organization(permissions: &[&[Permission]]) -> Organization {
        let account = |(at, permissions): (usize, &&[Permission])| Account {
            public_key: vec![u8::try_from(at).unwrap(); 32],
            permissions: permissions.iter().map(|p| *p as i32).collect(),
            from_height: 0,
            until_height: 0,
        };
        Organization {
            accounts: permissions.iter().enumerate().map(account).collect(),
            ..Organization::default()
        }
    }

    fn requirement(above: Option<u64>, approvals: u32) -> ApprovalRequirement {
        ApprovalRequirement {
            action_class: ActionClass::Pay.into(),
            above: above.map(|minor| Money {
                minor,
                currency: "EUR".into(),
            }),
            approvals,
        }
    }

    #[test]
    fn one_account_needs_no_checker_and_two_need_one_for_what_binds() {
        use Permission::*;
        let alone = organization(&[&[Make, Approve, Admin], &[View]]);
        let two = organization(&[&[Make, Admin], &[Approve, Admin]]);
        for (class, by_two) in [
            (ActionClass::Confirm, 1),
            (ActionClass::Administration, 1),
            (ActionClass::Register, 0),
            (ActionClass::Report, 0),
        ] {
            assert_eq!(approvals_needed(&alone, class, None, 5), 0);
            assert_eq!(approvals_needed(&two, class, None, 5), by_two);
        }
        assert!(rule_can_be_met(&alone, 5) && rule_can_be_met(&two, 5));
        assert!(!rule_can_be_met(
            &organization(&[&[Make, Admin], &[Make, Admin]]),
            5
        ));
        assert!(!rule_can_be_met(&organization(&[&[View]]), 5));
    }

    #[test]
    fn a_rule_asks_by_amount_and_takes_an_unknown_one_for_more() {
        use Permission::*;
        let mut two = organization(&[&[Make, Approve, Admin], &[Make, Approve, Admin]]);
        two.approval_rule = vec![requirement(Some(100), 1), requirement(Some(1_000), 2)];
        let needed = |minor: u64, currency: &str| {
            let amount = Money {
                minor,
                currency: currency.into(),
            };
            approvals_needed(&two, ActionClass::Pay, Some(&amount), 5)
        };
        assert_eq!(
            [100, 101, 1_000, 1_001].map(|minor| needed(minor, "EUR")),
            [0, 1, 1, 2]
        );
        // It says nothing of dollars, which leaves what holds where nothing is said.
        assert_eq!(needed(5_000, "USD"), 1);
        assert_eq!(approvals_needed(&two, ActionClass::Pay, None, 5), 2);
        assert!(!rule_can_be_met(&two, 5));
        two.approval_rule = vec![requirement(None, 0)];
        assert_eq!(approvals_needed(&two, ActionClass::Pay, None, 5), 0);
    }

    #[test]
    fn an_account_acts_from_its_first_height_until_its_last() {
        let mut one = organization(&[&[Permission::Make]]);
        one.accounts[0].from_height = 3;
        one.accounts[0].until_height = 5;
        let acts = |height| live_account(&one, &[0; 32], height).is_some();
        assert_eq!([2, 3, 4, 5].map(acts), [false, true, true, false]);
    }
}
