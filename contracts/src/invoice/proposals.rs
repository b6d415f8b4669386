//! An invoice that its buyer proposes, and what becomes of the proposal (specification 3.4).

use counterfoil_proto::invoice::v1::event::Event as Kind;
use counterfoil_proto::invoice::v1::{
    AcceptProposal, DeclineProposal, Invoice, InvoiceProposed, InvoiceState, ProposalEnded,
    ProposeInvoice, RejectionCode, TakeBackProposal,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_types::ids::InvoiceId;

use super::answers::{check_reason, find_as_buyer, find_as_seller, put};
use super::details;
use super::events::emit;
use super::registration::{check_buyer, enter};
use crate::kernel::{Context, Failure, reject};
use crate::membership::api as membership;

const PROPOSED: &[InvoiceState] = &[InvoiceState::Proposed];

pub(super) fn propose(context: &mut Context<'_>, propose: ProposeInvoice) -> Result<(), Failure> {
    let ProposeInvoice { seller, invoice } = propose;
    let proposed = invoice.unwrap_or_default();
    details::check_known_terms(proposed.terms.as_ref())?;
    if !membership::has_role(&context.caller, Role::CoreEnterprise) {
        let message = "only a core enterprise proposes invoices";
        return Err(reject(RejectionCode::WrongRole, message));
    }
    if proposed.buyer != context.caller.id || proposed.buyer == seller {
        let message = "the buyer of a proposed invoice is the organization that proposes it, and not its seller";
        return Err(reject(RejectionCode::WrongBuyer, message));
    }
    if !membership::is_in_role(&context.store, &seller, Role::Supplier)? {
        let message = format!("{seller:?} is not a supplier on this ledger");
        return Err(reject(RejectionCode::WrongSeller, message));
    }
    details::check(context, &seller, &proposed)?;
    if !proposed.succeeds.is_empty() || proposed.release.is_some() {
        let message = "what the invoice succeeds or releases its seller names on accepting it";
        return Err(reject(RejectionCode::NotOfAProposal, message));
    }

    let invoice = details::proposed(InvoiceId::of(context.tx_id), seller, proposed);
    put(context, &invoice);
    let event = InvoiceProposed {
        invoice: invoice.id.clone(),
        seller: invoice.seller.clone(),
        buyer: invoice.buyer.clone(),
        gross: invoice.gross.clone(),
    };
    emit(context, &invoice, Kind::Proposed(event));
    Ok(())
}

pub(super) fn accept(context: &mut Context<'_>, accept: AcceptProposal) -> Result<(), Failure> {
    let invoice = find_as_seller(context, &accept.invoice, PROPOSED)?;
    check_buyer(context, &invoice.seller, &invoice.buyer)?;
    enter(context, invoice, accept.succeeds, accept.release.as_ref())
}

pub(super) fn decline(context: &mut Context<'_>, decline: DeclineProposal) -> Result<(), Failure> {
    let invoice = find_as_seller(context, &decline.invoice, PROPOSED)?;
    check_reason(&decline.reason)?;

    let declined = Invoice {
        reason: decline.reason,
        ..invoice
    };
    end(context, declined, InvoiceState::Declined);
    Ok(())
}

pub(super) fn take_back(
    context: &mut Context<'_>,
    take_back: &TakeBackProposal,
) -> Result<(), Failure> {
    let invoice = find_as_buyer(context, &take_back.invoice, PROPOSED)?;

    end(context, invoice, InvoiceState::TakenBack);
    Ok(())
}

fn end(context: &mut Context<'_>, mut invoice: Invoice, state: InvoiceState) {
    invoice.state = state.into();
    put(context, &invoice);
    let event = ProposalEnded {
        invoice: invoice.id.clone(),
        state: invoice.state,
        reason: invoice.reason.clone(),
    };
    emit(context, &invoice, Kind::ProposalEnded(event));
}
