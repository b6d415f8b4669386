//! Organizations with their accounts and rules, proposals, and what operators decide.

use counterfoil_proto::membership::v1::{
    Account, ActionClass, ApprovalRequirement, ConsensusSettings, Organization, Permission,
    Proposal, ProposedDecision, Role,
};
use counterfoil_types::genesis::transaction_lifetime_ms;
use prost::Message as _;

use super::message;
use crate::amounts::Currencies;
use crate::output::View;

pub fn organization(organization: &Organization, currencies: &Currencies) -> View {
    let requirements = organization.approval_rule.iter();
    View::new()
        .text("id", &organization.id)
        .text("legal_name", &organization.legal_name)
        .text("lei", &organization.lei)
        .text("national_id", &organization.national_id)
        .list(
            "roles",
            organization.roles().map(|role: Role| format!("{role:?}")),
        )
        .text("status", format_args!("{:?}", organization.status()))
        .nested(
            "accounts",
            organization.accounts.iter().map(account).collect(),
        )
        .nested(
            "approval_rule",
            requirements.map(|r| requirement(r, currencies)).collect(),
        )
}

pub fn account(account: &Account) -> View {
    let permissions = account.permissions();
    let view = View::new()
        .id("public_key", &account.public_key)
        .text(
            "permissions",
            permissions.map(permission).collect::<Vec<_>>().join(" "),
        )
        .text("from_height", account.from_height);
    match account.until_height {
        0 => view.field("until_height", serde_json::Value::Null, "–".into()),
        until => view.text("until_height", until),
    }
}

/// As people write it.
fn permission(permission: Permission) -> String {
    let name = permission.as_str_name();
    name.strip_prefix("PERMISSION_")
        .unwrap_or(name)
        .to_ascii_lowercase()
}

/// As people write it.
fn action_class(class: ActionClass) -> String {
    let name = class.as_str_name();
    let name = name.strip_prefix("ACTION_CLASS_").unwrap_or(name);
    name.to_ascii_lowercase().replace('_', "-")
}

fn requirement(requirement: &ApprovalRequirement, currencies: &Currencies) -> View {
    let above = requirement.above.as_ref();
    View::new()
        .text("actions", action_class(requirement.action_class()))
        .text(
            "above",
            above.map_or_else(String::new, |above| currencies.money(above)),
        )
        .number("approvals", requirement.approvals)
}

pub fn proposal(proposal: &Proposal, currencies: &Currencies) -> View {
    View::new()
        .id("id", &proposal.id)
        .text("state", format_args!("{:?}", proposal.state()))
        .text("organization", &proposal.organization)
        .text("actions", action_class(proposal.action_class()))
        .inner(
            "action",
            Some(message::action(
                proposal.contract,
                &proposal.action,
                currencies,
            )),
        )
        .id("action_hash", &proposal.action_hash)
        .list("signers", proposal.signers.iter().map(hex::encode))
        .list("consents_of", proposal.consents_of.iter().cloned())
        .list("consented", proposal.consented.iter().cloned())
        .date("proposed_on", proposal.proposed_on.as_ref())
        .date("expires_on", proposal.expires_on.as_ref())
}

pub fn decision(proposed: &ProposedDecision, currencies: &Currencies) -> View {
    let decision = proposed.decision.clone().unwrap_or_default();
    let decided = message::message(
        View::new(),
        "counterfoil.membership.v1.Decision",
        &decision.encode_to_vec(),
        currencies,
    );
    View::new()
        .id("id", &proposed.id)
        .text("state", format_args!("{:?}", proposed.state()))
        .inner("decision", Some(decided))
        .id("decision_hash", &proposed.decision_hash)
        .text("proposed_by", &proposed.proposed_by)
        .list("votes", proposed.votes.iter().cloned())
        .date("expires_on", proposed.expires_on.as_ref())
}

pub fn settings(settings: &ConsensusSettings) -> View {
    let set = settings.validators.clone().unwrap_or_default();
    let params = settings.params.unwrap_or_default();
    let validators = set.validators.iter().map(|validator| {
        View::new()
            .text("organization", &validator.organization)
            .id("public_key", &validator.public_key)
            .text("power", validator.power)
    });
    let upgrades = settings.upgrades.iter().map(|upgrade| {
        View::new()
            .number("version", upgrade.version)
            .text("from_height", upgrade.from_height)
    });
    let rotations = settings.rotations.iter().map(|rotation| {
        View::new()
            .id("key_hash", &rotation.key_hash)
            .text("from_height", rotation.from_height)
    });
    View::new()
        .nested("validators", validators.collect())
        .text("max_block_bytes", params.max_block_bytes)
        .text("timeout_propose_ms", params.timeout_propose_ms)
        .text("timeout_vote_ms", params.timeout_vote_ms)
        .text("timeout_delta_ms", params.timeout_delta_ms)
        .text("heartbeat_ms", params.heartbeat_ms)
        .text("transaction_lifetime_ms", transaction_lifetime_ms(&params))
        .nested("upgrades", upgrades.collect())
        .nested("ledger_key_rotations", rotations.collect())
}
