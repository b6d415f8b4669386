//! Commercial disputes about a confirmed invoice: opened by a party, ended by arbiters or by both
//! (specification 6.8).

use counterfoil_proto::invoice::v1::event::Event as Kind;
use counterfoil_proto::invoice::v1::{
    ArbiterRuling, Dispute, DisputeEnded, DisputeRuled, DisputeState, EndDispute, Invoice,
    InvoiceDisputed, InvoiceState, OpenDispute, RejectionCode, RuleOnDispute, Ruling, Verdict,
};
use counterfoil_proto::receivable::v1::{Receivable, Terms};

use super::answers::{check_party, check_reason, check_state, find, put, receivable_of};
use super::details::check_hash;
use super::events::emit_to;
use crate::kernel::{Context, Failure, check_known, reject};
use crate::receivable::api as receivables;

pub(super) fn open(context: &mut Context<'_>, open: OpenDispute) -> Result<(), Failure> {
    let mut invoice = find(context, &open.invoice)?;
    check_party(context, &invoice)?;
    check_state(&invoice, &[InvoiceState::Confirmed])?;
    check_reason(&open.reason)?;
    if open_dispute(&invoice).is_some() {
        let message = "a dispute about this invoice is open already";
        return Err(reject(RejectionCode::Disputed, message));
    }
    let receivable = receivable_of(context, &invoice)?;

    let before = invoice.dispute.take();
    let dispute = Dispute {
        number: before.map_or(0, |before| before.number) + 1,
        state: DisputeState::Open.into(),
        opened_by: context.caller.id.clone(),
        opened_on: Some(context.ledger_date.to_proto()),
        reason: open.reason.clone(),
        rulings: Vec::new(),
        outcome: None,
        ended_on: None,
    };
    let event = InvoiceDisputed {
        invoice: open.invoice,
        number: dispute.number,
        seller: invoice.seller.clone(),
        buyer: invoice.buyer.clone(),
        opened_by: dispute.opened_by.clone(),
        reason: open.reason,
    };
    invoice.dispute = Some(dispute);
    put(context, &invoice);
    tell(context, &invoice, &receivable, Kind::Disputed(event));
    receivables::mark_disputed(context, receivable, true)?;
    Ok(())
}

pub(super) fn rule(context: &mut Context<'_>, rule: RuleOnDispute) -> Result<(), Failure> {
    check_known_verdict(rule.ruling.as_ref())?;
    let invoice = find(context, &rule.invoice)?;
    let arbiter = context.caller.id.clone();
    let no_arbiter = || {
        let message = "only an arbiter of the invoice's terms rules on its dispute";
        Err(reject(RejectionCode::NotAnArbiter, message))
    };
    // Before confirmation no terms bind, and there is nothing to rule on.
    if invoice.receivable.is_empty() {
        return no_arbiter();
    }
    let receivable = receivable_of(context, &invoice)?;
    let terms = terms_of(&receivable);
    if !terms.arbiters.contains(&arbiter) {
        return no_arbiter();
    }
    let mut dispute = find_open(&invoice)?;
    let ruling = check_ruling(&receivable, rule.ruling)?;
    let at = dispute
        .rulings
        .binary_search_by(|given| given.arbiter.as_str().cmp(&arbiter));
    let given = ArbiterRuling {
        arbiter: arbiter.clone(),
        ruling: Some(ruling.clone()),
    };
    match at {
        Ok(at) if dispute.rulings[at] == given => {
            let message = "the arbiter has ruled the same before";
            return Err(reject(RejectionCode::RepeatedRuling, message));
        }
        Ok(at) => dispute.rulings[at] = given,
        Err(at) => dispute.rulings.insert(at, given),
    }

    let event = DisputeRuled {
        invoice: rule.invoice,
        number: dispute.number,
        arbiter,
        ruling: Some(ruling.clone()),
    };
    tell(context, &invoice, &receivable, Kind::Ruled(event));
    let agree = |given: &&ArbiterRuling| given.ruling.as_ref() == Some(&ruling);
    let agreeing = dispute.rulings.iter().filter(agree).count();
    if agreeing >= terms.arbiter_threshold as usize {
        return end(
            context,
            (invoice, receivable),
            dispute,
            DisputeState::Ruled,
            ruling,
        );
    }
    let ruled = Invoice {
        dispute: Some(dispute),
        ..invoice
    };
    put(context, &ruled);
    Ok(())
}

pub(super) fn agree(context: &mut Context<'_>, agreed: EndDispute) -> Result<(), Failure> {
    check_known_verdict(agreed.ruling.as_ref())?;
    let invoice = find(context, &agreed.invoice)?;
    check_party(context, &invoice)?;
    let dispute = find_open(&invoice)?;
    let receivable = receivable_of(context, &invoice)?;
    let ruling = check_ruling(&receivable, agreed.ruling)?;
    for party in [&invoice.seller, &invoice.buyer] {
        context.check_consent(party)?;
    }

    let of = (invoice, receivable);
    end(context, of, dispute, DisputeState::Agreed, ruling)
}

/// What was disputed is as it was before, but for the outcome.
fn end(
    context: &mut Context<'_>,
    (invoice, receivable): (Invoice, Receivable),
    dispute: Dispute,
    state: DisputeState,
    outcome: Ruling,
) -> Result<(), Failure> {
    let event = DisputeEnded {
        invoice: invoice.id.clone(),
        number: dispute.number,
        state: state.into(),
        outcome: Some(outcome.clone()),
        seller: invoice.seller.clone(),
        buyer: invoice.buyer.clone(),
    };
    let ended = Dispute {
        state: state.into(),
        outcome: Some(outcome),
        ended_on: Some(context.ledger_date.to_proto()),
        ..dispute
    };
    let invoice = Invoice {
        dispute: Some(ended),
        ..invoice
    };
    put(context, &invoice);
    tell(context, &invoice, &receivable, Kind::DisputeEnded(event));
    Ok(receivables::mark_disputed(context, receivable, false)?)
}

/// Rejects a verdict that this version does not know (specification 10.2).
fn check_known_verdict(ruling: Option<&Ruling>) -> Result<(), Failure> {
    let verdict = ruling.map_or(0, |ruling| ruling.verdict);
    check_known::<Verdict>(verdict, "verdict")
}

fn open_dispute(invoice: &Invoice) -> Option<&Dispute> {
    let dispute = invoice.dispute.as_ref();
    dispute.filter(|dispute| dispute.state() == DisputeState::Open)
}

fn find_open(invoice: &Invoice) -> Result<Dispute, Failure> {
    open_dispute(invoice).cloned().ok_or_else(|| {
        let message = "no dispute about this invoice is open";
        reject(RejectionCode::NotDisputed, message)
    })
}

fn check_ruling(receivable: &Receivable, ruling: Option<Ruling>) -> Result<Ruling, Failure> {
    let ruling = ruling.unwrap_or_default();
    let face = receivable.face.clone().unwrap_or_default();
    let fits = match (ruling.verdict(), &ruling.amount) {
        (Verdict::Upheld, Some(amount)) => {
            amount.currency == face.currency && (1..=face.minor).contains(&amount.minor)
        }
        (Verdict::Dismissed, None) => true,
        _ => false,
    };
    if !fits {
        let message = format!(
            "a dispute is upheld over 1 to {} {} minor units, or dismissed over none",
            face.minor, face.currency
        );
        return Err(reject(RejectionCode::InvalidRuling, message));
    }
    check_hash(&ruling.reason_hash, "reason hash")?;
    Ok(ruling)
}

fn terms_of(receivable: &Receivable) -> Terms {
    receivable.terms.clone().unwrap_or_default()
}

/// Tells seller, buyer and arbiters.
fn tell(context: &mut Context<'_>, invoice: &Invoice, receivable: &Receivable, kind: Kind) {
    let terms = terms_of(receivable);
    let parties = [invoice.seller.as_str(), invoice.buyer.as_str()];
    let arbiters = terms.arbiters.iter().map(String::as_str);
    let concerned: Vec<&str> = parties.into_iter().chain(arbiters).collect();
    emit_to(context, &concerned, kind);
}
