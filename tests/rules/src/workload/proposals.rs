//! Invoices that buyers propose, undertakings under conditions, collisions that are released.

use counterfoil_proto::invoice::v1::action::Action as Kind;
use counterfoil_proto::invoice::v1::{
    AcceptConditions, AcceptProposal, CollisionRelease, ConfirmConditionally, DeclineProposal,
    ExpireConditions, Invoice, InvoiceState as State, ProposeInvoice, RefuseConditions,
    RegisterInvoice, TakeBackProposal,
};
use counterfoil_proto::membership::v1::Role;
use rand::Rng;

use super::invoices::{OPEN, in_states, planned, registered};
use super::{Generator, Planned, View, numbers, on};
use crate::model::claims::day_of;
use crate::model::contract::INVOICE;
use crate::model::invoices::{strict_of, terms_hash};
use crate::model::numbers::{normal_form, printed_form};

impl Generator {
    pub(super) fn propose_invoice(&mut self, view: &View) -> Planned {
        let model = view.model;
        let mut seller = self.organization(|id| model.has_role(id, Role::Supplier));
        let mut invoice = self.registration(view, &seller);
        self.name_arbiters(&seller, &mut invoice);
        let mut caller = invoice.buyer.clone();
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..8) {
                0 => caller = self.organization(|id| !model.has_role(id, Role::CoreEnterprise)),
                1 => caller = self.organization(|id| model.has_role(id, Role::CoreEnterprise)),
                2 => seller = invoice.buyer.clone(),
                3 => seller = self.nobody(),
                4 => seller = self.organization(|id| !model.has_role(id, Role::Supplier)),
                5 => invoice.succeeds = self.bytes32(),
                6 => invoice.release = Some(CollisionRelease::default()),
                _ => self.break_registration(view, &mut seller, &mut invoice),
            }
        }
        let propose = ProposeInvoice {
            seller,
            invoice: Some(invoice),
        };
        planned(caller, Kind::Propose(propose))
    }

    pub(super) fn answer_proposal(&mut self, view: &View) -> Planned {
        let from = [State::Proposed];
        let Some(invoice) = self.target(view, &from) else {
            return self.propose_invoice(view);
        };
        let answer = self.rng.gen_range(0..10);
        let party = |invoice: &Invoice| match answer {
            9 => invoice.buyer.clone(),
            _ => invoice.seller.clone(),
        };
        let (mut caller, mut id, mut reason) = (party(invoice), invoice.id.clone(), self.reason());
        let mut succeeds = Vec::new();
        let mut release = None;
        let rivals = view.model.strict.get(&strict_of(invoice));
        if let Some(newest) = rivals.and_then(|rivals| rivals.first()) {
            release = self.release_of(&view.model.invoices[newest]);
        }
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..6) {
                0 => id = self.bytes32(),
                1 => caller = self.anyone_but(&party(invoice), &invoice.buyer),
                2 => {
                    let all: Vec<&Invoice> = view.model.invoices.values().collect();
                    if let Some(wrong) = self.some(&all) {
                        (caller, id) = (party(wrong), wrong.id.clone());
                    }
                }
                3 => reason = self.invalid_reason(),
                4 => succeeds = self.bytes32(),
                _ => release = Some(CollisionRelease::default()),
            }
        }
        let kind = match answer {
            0..=6 => Kind::AcceptProposal(AcceptProposal {
                invoice: id,
                succeeds,
                release,
            }),
            7..=8 => Kind::DeclineProposal(DeclineProposal {
                invoice: id,
                reason,
            }),
            _ => Kind::TakeBackProposal(TakeBackProposal { invoice: id }),
        };
        planned(caller, kind)
    }

    pub(super) fn confirm_conditionally(&mut self, view: &View) -> Planned {
        let Some(invoice) = self.target(view, &OPEN) else {
            return self.register(view);
        };
        let mut caller = invoice.buyer.clone();
        let mut action = ConfirmConditionally {
            invoice: invoice.id.clone(),
            amount: invoice.gross.clone(),
            terms: invoice.terms.clone(),
            reason: self.reason(),
            expires_on: on(view.today + self.one_of(&[0, 1, 5, 30, 90])),
            acknowledged: view.model.to_acknowledge(invoice, view.today),
        };
        let gross = action.amount.get_or_insert_default();
        if gross.minor > 1 && self.chance(0.8) {
            gross.minor = self.rng.gen_range(1..gross.minor);
        }
        let terms = action.terms.get_or_insert_default();
        if self.chance(0.4) {
            terms.grace_days = (terms.grace_days + 10) % 366;
        }
        for _ in 0..self.faults() {
            let terms = action.terms.get_or_insert_default();
            match self.rng.gen_range(0..12) {
                0 => action.invoice = self.bytes32(),
                1 => caller = self.anyone_but(&invoice.buyer, &invoice.seller),
                2 => {
                    let buyer = |invoice: &Invoice| invoice.buyer.clone();
                    (caller, action.invoice) = self.in_wrong_state(view, &OPEN, buyer);
                }
                3 => action.amount = self.other_amount(&invoice.gross),
                4 => action.amount = None,
                5 => self.break_terms(terms),
                6 => action.terms = None,
                7 => {
                    action.amount = invoice.gross.clone();
                    action.terms = invoice.terms.clone();
                }
                8 => action.reason = self.invalid_reason(),
                9 => action.expires_on = self.no_date(),
                10 => action.expires_on = on(view.today + self.one_of(&[-1, 91])),
                _ => action.acknowledged = self.other_warnings(&action.acknowledged),
            }
        }
        planned(caller, Kind::ConfirmConditionally(action))
    }

    pub(super) fn answer_conditions(&mut self, view: &View) -> Planned {
        let from = [State::ConditionallyConfirmed];
        let found = self.target(view, &from);
        let Some(invoice) = found.filter(|invoice| invoice.conditions.is_some()) else {
            return self.confirm_conditionally(view);
        };
        let conditions = invoice.conditions.clone().expect("found with them");
        let expired = day_of(&conditions.expires_on) < view.today;
        let answer = self.rng.gen_range(0..10);
        let seller = |invoice: &Invoice| invoice.seller.clone();
        let mut caller = seller(invoice);
        let mut action = AcceptConditions {
            invoice: invoice.id.clone(),
            amount: conditions.amount,
            terms_hash: terms_hash(conditions.terms.as_ref().expect("terms")).to_vec(),
        };
        let mut reason = self.reason();
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..7) {
                0 => action.invoice = self.bytes32(),
                1 => caller = self.anyone_but(&invoice.seller, &invoice.buyer),
                2 => (caller, action.invoice) = self.in_wrong_state(view, &from, seller),
                3 => action.amount = invoice.gross.clone(),
                4 => action.terms_hash = self.bytes32(),
                _ => reason = self.invalid_reason(),
            }
        }
        let expire = match expired {
            true => 0..7,
            false => 0..1,
        };
        let kind = match answer {
            n if expire.contains(&n) => {
                if caller == invoice.seller && self.chance(0.5) {
                    caller = invoice.buyer.clone();
                }
                let invoice = action.invoice;
                Kind::ExpireConditions(ExpireConditions { invoice })
            }
            7 => {
                let invoice = action.invoice;
                Kind::RefuseConditions(RefuseConditions { invoice, reason })
            }
            _ => Kind::AcceptConditions(action),
        };
        planned(caller, kind)
    }

    /// A registration whose number is another than that of an invoice that it collides with, mostly with all it takes.
    pub(super) fn collide(
        &mut self,
        view: &View,
        seller: &mut String,
        action: &mut RegisterInvoice,
    ) -> bool {
        let all = registered(view.model);
        let Some(like) = self.some(&all) else {
            return false;
        };
        let newest = view.model.strict[&strict_of(like)][0];
        let newest = &view.model.invoices[&newest];
        let mut number = newest.number.clone();
        for _ in 0..20 {
            let other = numbers::respell(&number, &mut self.rng);
            if normal_form(&other) == normal_form(&number) {
                number = other;
            }
            if printed_form(&number) != printed_form(&newest.number) {
                break;
            }
        }
        *seller = newest.seller.clone();
        action.number = number;
        action.issue_date = newest.issue_date;
        action.due_date = newest.due_date;
        if action.buyer == *seller {
            action.buyer = newest.buyer.clone();
        }
        action.release = self.release_of(newest);
        true
    }

    /// A release of this invoice's number, wrong at times.
    fn release_of(&mut self, newest: &Invoice) -> Option<CollisionRelease> {
        let mut release = CollisionRelease {
            invoice: newest.id.clone(),
            number: newest.number.clone(),
        };
        match self.rng.gen_range(0..10) {
            0 => release.invoice = self.bytes32(),
            1 => release.number.push('1'),
            2 => return None,
            _ => {}
        }
        Some(release)
    }

    /// Proposes what needs the buyer's signature, too; now and then it is sent without.
    pub(super) fn with_buyer(
        &mut self,
        view: &View,
        caller: String,
        kind: Kind,
        buyer: &str,
    ) -> Planned {
        let alone = planned(caller, kind);
        if self.chance(0.1) || alone.organization == buyer || !view.model.exists(buyer) {
            return alone;
        }
        Planned::proposed(
            alone.organization,
            INVOICE,
            &alone.act,
            &[buyer],
            view.today,
        )
    }

    pub(super) fn other_warnings(&mut self, kinds: &[i32]) -> Vec<i32> {
        match self.rng.gen_range(0..4) {
            0 => vec![1],
            1 => vec![7],
            2 => [kinds, &[2, 2]].concat(),
            _ => kinds.iter().skip(1).copied().collect(),
        }
    }

    /// A few arbiters, or none.
    pub(super) fn name_arbiters(&mut self, seller: &str, action: &mut RegisterInvoice) {
        let buyer = action.buyer.clone();
        let Some(terms) = &mut action.terms else {
            return;
        };
        for _ in 0..self.one_of(&[0, 0, 1, 2, 3]) {
            let arbiter = self.organization(|id| id != seller && id != buyer);
            terms.arbiters.push(arbiter);
        }
        terms.arbiters.sort();
        terms.arbiters.dedup();
        let most = terms.arbiters.len();
        let most = u32::try_from(most).expect("a few");
        terms.arbiter_threshold = match most {
            0 => 0,
            _ => self.rng.gen_range(1..=most),
        };
    }

    /// Those with an open answer, which their buyer may give.
    pub(super) fn disputed<'a>(&mut self, view: &View<'a>, open: bool) -> Option<&'a Invoice> {
        use counterfoil_proto::invoice::v1::DisputeState;
        let mut found = in_states(view.model, &[State::Confirmed]);
        found.retain(|invoice| {
            let dispute = invoice.dispute.as_ref();
            dispute.is_some_and(|dispute| dispute.state() == DisputeState::Open) == open
        });
        self.some(&found)
    }
}
