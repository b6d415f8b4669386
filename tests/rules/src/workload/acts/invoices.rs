//! Actions on invoices that are proposed, conditionally confirmed, credited or disputed.

use counterfoil_proto::invoice::v1::action::Action as Kind;
use counterfoil_proto::invoice::v1::{
    AcceptConditions, AcceptProposal, Action, ClaimCredit, CollisionRelease, ConfirmConditionally,
    CreditInvoice, EndDispute, OpenDispute, ProposeInvoice, RegisterInvoice, RuleOnDispute, Ruling,
    Verdict,
};

use super::{SELLER, TODAY, terms, usd};
use crate::model::arithmetic::date;
use crate::model::invoices::terms_hash;
use crate::model::{Act, tagged_hash};

fn act(kind: Kind) -> Act {
    Act::Invoice(Action { action: Some(kind) })
}

/// Proposes to the seller what it would register.
pub fn propose_invoice(invoice: RegisterInvoice) -> Act {
    act(Kind::Propose(ProposeInvoice {
        seller: SELLER.into(),
        invoice: Some(invoice),
    }))
}

pub fn accept_proposal(id: &[u8], release: Option<CollisionRelease>) -> Act {
    act(Kind::AcceptProposal(AcceptProposal {
        invoice: id.to_vec(),
        succeeds: Vec::new(),
        release,
    }))
}

/// Undertakes to pay so much under the registered terms, until the day after [`TODAY`].
pub fn confirm_conditionally(id: &[u8], minor: u64) -> Act {
    act(Kind::ConfirmConditionally(ConfirmConditionally {
        invoice: id.to_vec(),
        amount: usd(minor),
        terms: Some(terms()),
        reason: "A crate was broken.".into(),
        expires_on: Some(date(TODAY + 1)),
        acknowledged: Vec::new(),
    }))
}

pub fn accept_conditions(id: &[u8], minor: u64) -> Act {
    act(Kind::AcceptConditions(AcceptConditions {
        invoice: id.to_vec(),
        amount: usd(minor),
        terms_hash: terms_hash(&terms()).to_vec(),
    }))
}

/// What a credit note takes of a claim that is not pledged.
pub fn of_claim(number: u32, controller: &str, minor: u64) -> ClaimCredit {
    ClaimCredit {
        number,
        controller: controller.into(),
        pledgee: String::new(),
        minor,
    }
}

/// A credit note over so much, issued on [`TODAY`].
pub fn credit(id: &[u8], number: &str, minor: u64, claims: Vec<ClaimCredit>) -> Act {
    act(Kind::Credit(CreditInvoice {
        invoice: id.to_vec(),
        number: number.into(),
        issue_date: Some(date(TODAY)),
        document_hash: tagged_hash("credit note", &[number.as_bytes()]).to_vec(),
        amount: usd(minor),
        reason: "A crate was broken.".into(),
        claims,
    }))
}

pub fn open_dispute(id: &[u8]) -> Act {
    act(Kind::OpenDispute(OpenDispute {
        invoice: id.to_vec(),
        reason: "The goods are not those ordered.".into(),
    }))
}

/// Upheld over so much, or dismissed where it is nothing.
pub fn ruling(minor: u64) -> Ruling {
    let verdict = match minor {
        0 => Verdict::Dismissed,
        _ => Verdict::Upheld,
    };
    Ruling {
        verdict: verdict.into(),
        amount: usd(minor).filter(|_| minor > 0),
        reason_hash: vec![3; 32],
    }
}

pub fn rule_on_dispute(id: &[u8], ruling: Ruling) -> Act {
    act(Kind::RuleOnDispute(RuleOnDispute {
        invoice: id.to_vec(),
        ruling: Some(ruling),
    }))
}

pub fn end_dispute(id: &[u8], ruling: Ruling) -> Act {
    act(Kind::EndDispute(EndDispute {
        invoice: id.to_vec(),
        ruling: Some(ruling),
    }))
}
