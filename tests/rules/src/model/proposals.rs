//! Invoices that a buyer proposes, and undertakings under conditions (specification 3.4).

use counterfoil_proto::invoice::v1::{
    AcceptConditions, AcceptProposal, Conditions, ConditionsEnded, ConfirmConditionally,
    DeclineProposal, ExpireConditions, Invoice, InvoiceConditionallyConfirmed, InvoiceProposed,
    InvoiceState as State, ProposalEnded, ProposeInvoice, RefuseConditions, RejectionCode as Code,
    TakeBackProposal, event,
};
use counterfoil_proto::membership::v1::Role;

use super::arithmetic::{date, day};
use super::claims::day_of;
use super::invoices::{stated, terms_hash, told};
use super::supervision::key;
use super::{Call, Happened, Id, Model, Rejected, ensure, is_reason};

const MOST_CONDITION_DAYS: i64 = 90;

impl Model {
    pub(super) fn propose_invoice(
        &mut self,
        call: &Call,
        action: &ProposeInvoice,
    ) -> Result<Vec<Happened>, Rejected> {
        let buyer = call.organization;
        let seller = action.seller.as_str();
        ensure(self.has_role(buyer, Role::CoreEnterprise), Code::WrongRole)?;
        let proposed = action.invoice.clone().unwrap_or_default();
        ensure(buyer == proposed.buyer && buyer != seller, Code::WrongBuyer)?;
        ensure(self.has_role(seller, Role::Supplier), Code::WrongSeller)?;
        self.check_details(seller, &proposed, self.clock.day(call.time_ms))?;
        ensure(
            proposed.succeeds.is_empty() && proposed.release.is_none(),
            Code::NotOfAProposal,
        )?;

        let mut invoice = stated(call, seller, &proposed);
        invoice.set_state(State::Proposed);
        let happened = InvoiceProposed {
            invoice: invoice.id.clone(),
            seller: seller.to_owned(),
            buyer: buyer.to_owned(),
            gross: proposed.gross,
        };
        let happened = told(&invoice, event::Event::Proposed(happened));
        let id = Id::try_from(invoice.id.as_slice()).expect("an id");
        self.invoices.insert(id, invoice);
        Ok(vec![happened])
    }

    pub(super) fn accept_proposal(
        &mut self,
        call: &Call,
        action: &AcceptProposal,
    ) -> Result<Vec<Happened>, Rejected> {
        let invoice = self
            .as_seller(call, &action.invoice, &[State::Proposed])?
            .clone();
        self.check_buyer(&invoice.seller, &invoice.buyer)?;
        self.enter(call, invoice, &action.succeeds, action.release.as_ref())
    }

    pub(super) fn decline_proposal(
        &mut self,
        call: &Call,
        action: &DeclineProposal,
    ) -> Result<Vec<Happened>, Rejected> {
        self.as_seller(call, &action.invoice, &[State::Proposed])?;
        ensure(is_reason(&action.reason), Code::InvalidReason)?;
        Ok(self.drop_proposal(&action.invoice, State::Declined, &action.reason))
    }

    pub(super) fn take_back_proposal(
        &mut self,
        call: &Call,
        action: &TakeBackProposal,
    ) -> Result<Vec<Happened>, Rejected> {
        self.as_buyer(call, &action.invoice, &[State::Proposed])?;
        Ok(self.drop_proposal(&action.invoice, State::TakenBack, ""))
    }

    fn drop_proposal(&mut self, id: &[u8], state: State, reason: &str) -> Vec<Happened> {
        let invoice = self.invoices.get_mut(id).expect("found before");
        invoice.set_state(state);
        invoice.reason = reason.to_owned();
        let ended = ProposalEnded {
            invoice: id.to_vec(),
            state: state.into(),
            reason: reason.to_owned(),
        };
        vec![told(invoice, event::Event::ProposalEnded(ended))]
    }

    pub(super) fn confirm_conditionally(
        &mut self,
        call: &Call,
        action: &ConfirmConditionally,
    ) -> Result<Vec<Happened>, Rejected> {
        let today = self.clock.day(call.time_ms);
        let open = [State::Registered, State::UnderQuery];
        let invoice = self.as_buyer(call, &action.invoice, &open)?.clone();
        let gross = invoice.gross.as_ref().expect("an amount");
        let lower = action.amount.as_ref().is_some_and(|amount| {
            amount.currency == gross.currency && amount.minor > 0 && amount.minor <= gross.minor
        });
        ensure(lower, Code::InvalidCondition)?;
        let allowed = action
            .terms
            .as_ref()
            .is_some_and(|terms| self.allows(terms, [&invoice.seller, &invoice.buyer]));
        ensure(allowed, Code::InvalidTerms)?;
        let as_registered = action.amount == invoice.gross && action.terms == invoice.terms;
        ensure(!as_registered, Code::NoCondition)?;
        ensure(is_reason(&action.reason), Code::InvalidReason)?;
        let last = action.expires_on.as_ref().and_then(day);
        ensure(
            last.is_some_and(|last| last >= today && last - today <= MOST_CONDITION_DAYS),
            Code::InvalidExpiry,
        )?;
        ensure(
            action.acknowledged == self.to_acknowledge(&invoice, today),
            Code::WarningsNotAcknowledged,
        )?;
        self.may_confirm(call, &invoice)?;

        let confirmation = self.named(&call.tx_id, call.height);
        let invoice = self.invoice_mut(&action.invoice)?;
        invoice.set_state(State::ConditionallyConfirmed);
        invoice.reason = action.reason.clone();
        invoice.conditions = Some(Conditions {
            amount: action.amount.clone(),
            terms: action.terms.clone(),
            expires_on: action.expires_on,
            made_on: Some(date(today)),
            confirmation,
        });
        let undertaken = InvoiceConditionallyConfirmed {
            invoice: action.invoice.clone(),
            amount: action.amount.clone(),
            terms_hash: terms_hash(action.terms.as_ref().expect("allowed")).to_vec(),
            reason: action.reason.clone(),
            expires_on: action.expires_on,
        };
        Ok(vec![told(
            invoice,
            event::Event::ConditionallyConfirmed(undertaken),
        )])
    }

    pub(super) fn accept_conditions(
        &mut self,
        call: &Call,
        action: &AcceptConditions,
    ) -> Result<Vec<Happened>, Rejected> {
        let today = self.clock.day(call.time_ms);
        let from = [State::ConditionallyConfirmed];
        let invoice = self.as_seller(call, &action.invoice, &from)?.clone();
        let conditions = invoice.conditions.clone().expect("conditions");
        ensure(action.amount == conditions.amount, Code::AmountDiffers)?;
        let terms = conditions.terms.expect("terms");
        ensure(action.terms_hash == terms_hash(&terms), Code::TermsDiffer)?;
        let record = key("invoice/invoice", &[&action.invoice]);
        ensure(
            today <= self.stand_until(&invoice, today),
            Code::ConditionsExpired,
        )?;
        self.ensure_free(call, &[record])?;
        self.may_confirm(call, &invoice)?;
        let amount = conditions.amount.expect("an amount");
        self.undertaken(
            call,
            &action.invoice,
            amount,
            (terms, conditions.confirmation),
        )
    }

    pub(super) fn refuse_conditions(
        &mut self,
        call: &Call,
        action: &RefuseConditions,
    ) -> Result<Vec<Happened>, Rejected> {
        let from = [State::ConditionallyConfirmed];
        let invoice = self.as_seller(call, &action.invoice, &from)?;
        ensure(is_reason(&action.reason), Code::InvalidReason)?;
        invoice.reason = action.reason.clone();
        Ok(self.drop_conditions(&action.invoice, &action.reason))
    }

    pub(super) fn expire_conditions(
        &mut self,
        call: &Call,
        action: &ExpireConditions,
    ) -> Result<Vec<Happened>, Rejected> {
        let today = self.clock.day(call.time_ms);
        let invoice = self.as_party(call, &action.invoice)?;
        ensure(
            invoice.state() == State::ConditionallyConfirmed,
            Code::WrongState,
        )?;
        let invoice = invoice.clone();
        ensure(
            today > self.stand_until(&invoice, today),
            Code::ConditionsNotExpired,
        )?;
        Ok(self.drop_conditions(&action.invoice, ""))
    }

    /// The day until which conditions stand, which a freeze of their invoice puts off.
    fn stand_until(&self, invoice: &Invoice, today: i64) -> i64 {
        let conditions = invoice.conditions.as_ref().expect("conditions");
        let record = key("invoice/invoice", &[&invoice.id]);
        let made = day_of(&conditions.made_on);
        self.moved(&[record], made, day_of(&conditions.expires_on), today)
    }

    fn drop_conditions(&mut self, id: &[u8], reason: &str) -> Vec<Happened> {
        let invoice = self.invoices.get_mut(id).expect("found before");
        invoice.set_state(State::UnderQuery);
        invoice.conditions = None;
        let ended = ConditionsEnded {
            invoice: id.to_vec(),
            reason: reason.to_owned(),
        };
        vec![told(invoice, event::Event::ConditionsEnded(ended))]
    }
}
