//! Credit notes and disputes about confirmed invoices (specification 6.7, 6.8).

use std::collections::BTreeSet;

use counterfoil_proto::invoice::v1::{
    ArbiterRuling, CreditInvoice, CreditNote, Dispute, DisputeEnded, DisputeRuled, DisputeState,
    EndDispute, Event, Invoice, InvoiceCredited, InvoiceDisputed, InvoiceState as State,
    OpenDispute, RejectionCode as Code, RuleOnDispute, Ruling, Verdict, event,
};
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Kind;
use counterfoil_proto::receivable::v1::event::Event as ClaimEvent;
use counterfoil_proto::receivable::v1::{ClaimCredited, DisputeMarked, ReceivableState};
use counterfoil_proto::v1::{KernelRejectionCode as Kernel, Money};

use super::arithmetic::{date, day};
use super::claims::{ClaimKey, day_of, encumbrance, receivable};
use super::invoices::{check_number, told};
use super::numbers::normal_form;
use super::{Call, Happened, Id, Model, Rejected, ensure, ensure_first, is_reason};

const MOST_NOTES: usize = 32;
const MOST_CLAIMS: usize = 16;

impl Model {
    pub(super) fn as_party(&mut self, call: &Call, id: &[u8]) -> Result<&mut Invoice, Rejected> {
        let invoice = self.invoice_mut(id)?;
        ensure(
            [invoice.seller.as_str(), invoice.buyer.as_str()].contains(&call.organization),
            Code::NotAParty,
        )?;
        Ok(invoice)
    }

    pub(super) fn credit(
        &mut self,
        call: &Call,
        action: &CreditInvoice,
    ) -> Result<Vec<Happened>, Rejected> {
        let today = self.clock.day(call.time_ms);
        let invoice = self
            .as_seller(call, &action.invoice, &[State::Confirmed])?
            .clone();
        check_number(&action.number)?;
        let issued = action.issue_date.as_ref().and_then(day);
        ensure(
            issued.is_some_and(|issued| issued >= day_of(&invoice.issue_date) && issued <= today),
            Code::InvalidDate,
        )?;
        ensure(action.document_hash.len() == 32, Code::InvalidHash)?;
        ensure(is_reason(&action.reason), Code::InvalidReason)?;
        ensure(
            invoice.credit_notes.len() < MOST_NOTES,
            Code::TooManyCreditNotes,
        )?;
        let of = Id::try_from(invoice.receivable.as_slice()).expect("a receivable");
        let outstanding: u64 = self
            .live_claims(&of)
            .iter()
            .map(|claim| claim.outstanding_minor)
            .sum();
        let owed: u64 = invoice
            .credit_notes
            .iter()
            .map(|note| note.owed_to_buyer_minor)
            .sum();
        let gross = invoice.gross.as_ref().expect("an amount");
        let amount = action.amount.clone().unwrap_or_default();
        ensure(
            amount.currency == gross.currency
                && amount.minor > 0
                && u128::from(amount.minor) + u128::from(owed) <= u128::from(outstanding),
            Code::InvalidCredit,
        )?;
        let parts = &action.claims;
        let taken: u128 = parts.iter().map(|part| u128::from(part.minor)).sum();
        ensure(
            parts.len() <= MOST_CLAIMS
                && parts.windows(2).all(|pair| pair[0].number < pair[1].number)
                && parts.iter().all(|part| part.minor > 0)
                && taken <= u128::from(amount.minor),
            Code::InvalidClaimCredits,
        )?;
        let year = action.issue_date.expect("a date").year;
        let note = (invoice.seller.clone(), normal_form(&action.number), year);
        ensure_first(self.credit_notes.get(&note), Code::DuplicateCreditNote)?;
        ensure_first(
            self.documents.get(&action.document_hash),
            Code::DuplicateDocument,
        )?;
        ensure(call.is_signed_by(&invoice.buyer), Kernel::ConsentLacking)?;
        for part in parts {
            ensure(call.is_signed_by(&part.controller), Kernel::ConsentLacking)?;
            if !part.pledgee.is_empty() {
                ensure(call.is_signed_by(&part.pledgee), Kernel::ConsentLacking)?;
            }
        }
        for part in parts {
            let key = (of, part.number);
            let named = self.claims.get(&key).is_some_and(|claim| {
                let pledgee = match encumbrance(claim) {
                    Some(Kind::Pledged(pledge)) => pledge.pledgee.as_str(),
                    _ => "",
                };
                claim.controller == part.controller && pledgee == part.pledgee
            });
            ensure(named, Code::ClaimDiffers)?;
            let claim = &self.claims[&key];
            let fits = match encumbrance(claim) {
                Some(Kind::Offered(_) | Kind::Locked(_)) => false,
                Some(Kind::Pledged(_)) => part.minor < claim.outstanding_minor,
                None => part.minor <= claim.outstanding_minor,
            };
            let under_way = !self.receivables[&of].payments.is_empty();
            ensure(fits && !under_way, Code::ClaimNotCreditable)?;
            self.ensure_claim_free(call, claim)?;
        }

        let id = Id::try_from(action.invoice.as_slice()).expect("found above");
        self.credit_notes.insert(note, id);
        self.documents.insert(action.document_hash.clone(), id);
        let taken = u64::try_from(taken).expect("at most the amount");
        let left = amount.minor - taken;
        let money = |minor| {
            Some(Money {
                minor,
                currency: amount.currency.clone(),
            })
        };
        let credited = InvoiceCredited {
            invoice: action.invoice.clone(),
            number: action.number.clone(),
            document_hash: action.document_hash.clone(),
            amount: action.amount.clone(),
            of_claims: money(taken),
            owed_to_buyer: money(left),
            reason: action.reason.clone(),
            seller: invoice.seller.clone(),
            buyer: invoice.buyer.clone(),
        };
        let mut happened = vec![told(&invoice, event::Event::Credited(credited))];
        for part in parts {
            let key = (of, part.number);
            happened.push(self.reduce_claim(&key, part.minor, &invoice.seller, today));
        }
        let owed = self.receivables.get_mut(&of).expect("a receivable");
        if owed.live_claims.is_empty() && !parts.is_empty() {
            owed.set_state(ReceivableState::Settled);
            owed.settled_on = Some(date(today));
        }
        self.invoice_mut(&action.invoice)?
            .credit_notes
            .push(CreditNote {
                number: action.number.clone(),
                issue_date: action.issue_date,
                document_hash: action.document_hash.clone(),
                amount: action.amount.clone(),
                reason: action.reason.clone(),
                claims: parts.clone(),
                owed_to_buyer_minor: left,
                credited_on: Some(date(today)),
            });
        Ok(happened)
    }

    /// Takes principal of a claim, which keeps the penalty accrued on it.
    fn reduce_claim(&mut self, key: &ClaimKey, minor: u64, seller: &str, today: i64) -> Happened {
        let before = self.claims[key].clone();
        let penalty = self.penalty(&before, today);
        let unpaid = penalty.as_ref().map_or(0, |penalty| penalty.minor);
        let spent = before.outstanding_minor == minor && unpaid == 0;
        if spent {
            self.spend(key);
        } else {
            let claim = self.claim_mut(key);
            claim.outstanding_minor -= minor;
            claim.penalty = penalty;
        }
        let owed = self.receivables.get_mut(&key.0).expect("a receivable");
        owed.credited_minor += minor;
        let mut concerned = BTreeSet::from([seller.to_owned(), owed.debtor.clone()]);
        concerned.insert(before.controller.clone());
        let pledgee = match encumbrance(&before) {
            Some(Kind::Pledged(pledge)) => pledge.pledgee.clone(),
            _ => String::new(),
        };
        if !pledgee.is_empty() {
            concerned.insert(pledgee.clone());
        }
        let credited = ClaimCredited {
            receivable: key.0.to_vec(),
            number: key.1,
            controller: before.controller.clone(),
            pledgee,
            credited_minor: minor,
            spent,
        };
        receivable(concerned, ClaimEvent::Credited(credited))
    }

    pub(super) fn open_dispute(
        &mut self,
        call: &Call,
        action: &OpenDispute,
    ) -> Result<Vec<Happened>, Rejected> {
        let today = self.clock.day(call.time_ms);
        let invoice = self.as_party(call, &action.invoice)?;
        ensure(invoice.state() == State::Confirmed, Code::WrongState)?;
        ensure(is_reason(&action.reason), Code::InvalidReason)?;
        ensure(!is_disputed(invoice), Code::Disputed)?;

        let number = invoice.dispute.as_ref().map_or(1, |last| last.number + 1);
        invoice.dispute = Some(Dispute {
            number,
            state: DisputeState::Open.into(),
            opened_by: call.organization.to_owned(),
            opened_on: Some(date(today)),
            reason: action.reason.clone(),
            ..Dispute::default()
        });
        let invoice = invoice.clone();
        let disputed = InvoiceDisputed {
            invoice: action.invoice.clone(),
            number,
            seller: invoice.seller.clone(),
            buyer: invoice.buyer.clone(),
            opened_by: call.organization.to_owned(),
            reason: action.reason.clone(),
        };
        let told = self.told_with_arbiters(&invoice, event::Event::Disputed(disputed));
        Ok(vec![told, self.mark(&invoice, true)])
    }

    pub(super) fn rule_on_dispute(
        &mut self,
        call: &Call,
        action: &RuleOnDispute,
    ) -> Result<Vec<Happened>, Rejected> {
        let arbiter = call.organization;
        let invoice = self.invoice_mut(&action.invoice)?.clone();
        let terms = self
            .receivables
            .get(invoice.receivable.as_slice())
            .and_then(|owed| owed.terms.clone())
            .unwrap_or_default();
        ensure(
            terms.arbiters.iter().any(|id| id == arbiter),
            Code::NotAnArbiter,
        )?;
        ensure(is_disputed(&invoice), Code::NotDisputed)?;
        let ruling = self.check_ruling(&invoice, &action.ruling)?;
        let mut dispute = invoice.dispute.clone().expect("a dispute");
        let mine = |given: &ArbiterRuling| given.arbiter == arbiter;
        let again = dispute
            .rulings
            .iter()
            .any(|given| mine(given) && given.ruling.as_ref() == Some(&ruling));
        ensure(!again, Code::RepeatedRuling)?;

        dispute.rulings.retain(|given| !mine(given));
        dispute.rulings.push(ArbiterRuling {
            arbiter: arbiter.to_owned(),
            ruling: Some(ruling.clone()),
        });
        dispute.rulings.sort_by_key(|given| given.arbiter.clone());
        let ruled = DisputeRuled {
            invoice: action.invoice.clone(),
            number: dispute.number,
            arbiter: arbiter.to_owned(),
            ruling: Some(ruling.clone()),
        };
        let mut happened = vec![self.told_with_arbiters(&invoice, event::Event::Ruled(ruled))];
        let rulings = dispute.rulings.iter();
        let same = rulings.filter(|given| given.ruling.as_ref() == Some(&ruling));
        let decided = same.count() >= terms.arbiter_threshold as usize;
        self.invoice_mut(&action.invoice)?.dispute = Some(dispute);
        if decided {
            happened.extend(self.close_dispute(call, &action.invoice, DisputeState::Ruled, ruling));
        }
        Ok(happened)
    }

    pub(super) fn end_dispute(
        &mut self,
        call: &Call,
        action: &EndDispute,
    ) -> Result<Vec<Happened>, Rejected> {
        let invoice = self.as_party(call, &action.invoice)?.clone();
        ensure(is_disputed(&invoice), Code::NotDisputed)?;
        let ruling = self.check_ruling(&invoice, &action.ruling)?;
        ensure(call.is_signed_by(&invoice.seller), Kernel::ConsentLacking)?;
        ensure(call.is_signed_by(&invoice.buyer), Kernel::ConsentLacking)?;
        Ok(self.close_dispute(call, &action.invoice, DisputeState::Agreed, ruling))
    }

    fn check_ruling(&self, invoice: &Invoice, ruling: &Option<Ruling>) -> Result<Ruling, Rejected> {
        let ruling = ruling.clone().unwrap_or_default();
        let face = self.receivables[invoice.receivable.as_slice()]
            .face
            .as_ref()
            .expect("a face");
        let within = |amount: &Money| {
            amount.currency == face.currency && amount.minor > 0 && amount.minor <= face.minor
        };
        let fits = match ruling.verdict() {
            Verdict::Unspecified => false,
            Verdict::Upheld => ruling.amount.as_ref().is_some_and(within),
            Verdict::Dismissed => ruling.amount.is_none(),
        };
        ensure(fits, Code::InvalidRuling)?;
        ensure(ruling.reason_hash.len() == 32, Code::InvalidHash)?;
        Ok(ruling)
    }

    fn close_dispute(
        &mut self,
        call: &Call,
        id: &[u8],
        state: DisputeState,
        outcome: Ruling,
    ) -> Vec<Happened> {
        let today = self.clock.day(call.time_ms);
        let invoice = self.invoices.get_mut(id).expect("found before");
        let dispute = invoice.dispute.as_mut().expect("a dispute");
        dispute.set_state(state);
        dispute.outcome = Some(outcome.clone());
        dispute.ended_on = Some(date(today));
        let ended = DisputeEnded {
            invoice: id.to_vec(),
            number: dispute.number,
            state: state.into(),
            outcome: Some(outcome.clone()),
            seller: invoice.seller.clone(),
            buyer: invoice.buyer.clone(),
        };
        let invoice = invoice.clone();
        if outcome.verdict() == Verdict::Upheld {
            self.upheld
                .push((invoice.seller.clone(), invoice.buyer.clone()));
        }
        let told = self.told_with_arbiters(&invoice, event::Event::DisputeEnded(ended));
        vec![told, self.mark(&invoice, false)]
    }

    /// Marks what is owed as disputed or not, and tells everybody it is owed to.
    fn mark(&mut self, invoice: &Invoice, disputed: bool) -> Happened {
        let of = Id::try_from(invoice.receivable.as_slice()).expect("a receivable");
        let mut concerned = BTreeSet::from([invoice.buyer.clone()]);
        for claim in self.live_claims(&of) {
            concerned.insert(claim.controller.clone());
            if let Some(Kind::Pledged(pledge)) = encumbrance(claim) {
                concerned.insert(pledge.pledgee.clone());
            }
        }
        self.receivables.get_mut(&of).expect("found above").disputed = disputed;
        let marked = DisputeMarked {
            receivable: of.to_vec(),
            disputed,
        };
        receivable(concerned, ClaimEvent::Disputed(marked))
    }

    fn told_with_arbiters(&self, invoice: &Invoice, event: event::Event) -> Happened {
        let terms = self.receivables[invoice.receivable.as_slice()]
            .terms
            .clone()
            .expect("terms");
        let parties = [invoice.seller.clone(), invoice.buyer.clone()];
        let event = Event { event: Some(event) };
        Happened::invoice(parties.into_iter().chain(terms.arbiters), event)
    }
}

fn is_disputed(invoice: &Invoice) -> bool {
    let dispute = invoice.dispute.as_ref();
    dispute.is_some_and(|dispute| dispute.state() == DisputeState::Open)
}
