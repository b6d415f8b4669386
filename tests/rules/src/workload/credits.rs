//! Credit notes and disputes, and what can be wrong with them.

use counterfoil_proto::invoice::v1::action::Action as Kind;
use counterfoil_proto::invoice::v1::{
    ClaimCredit, CreditInvoice, CreditNote, DisputeState, EndDispute, Invoice,
    InvoiceState as State, OpenDispute, RuleOnDispute, Ruling, Verdict,
};
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance;
use counterfoil_proto::receivable::v1::{Claim, Terms};
use counterfoil_proto::v1::Money;
use rand::Rng;
use rand::seq::SliceRandom;

use super::invoices::{in_states, planned};
use super::{Generator, Planned, View, numbers, on};
use crate::model::claims::{day_of, encumbrance};
use crate::model::contract::INVOICE;
use crate::model::{Id, Model};

const CONFIRMED: [State; 1] = [State::Confirmed];

/// The claims to what a confirmed invoice's buyer owes.
fn claims_of<'a>(model: &'a Model, invoice: &Invoice) -> Vec<&'a Claim> {
    let id = Id::try_from(invoice.receivable.as_slice()).expect("a receivable");
    model.live_claims(&id)
}

fn pledgee(claim: &Claim) -> &str {
    match encumbrance(claim) {
        Some(Encumbrance::Pledged(pledge)) => &pledge.pledgee,
        _ => "",
    }
}

fn terms_of<'a>(model: &'a Model, invoice: &Invoice) -> Option<&'a Terms> {
    let receivable = model.receivables.get(invoice.receivable.as_slice());
    receivable.and_then(|receivable| receivable.terms.as_ref())
}

fn is_open(invoice: &Invoice) -> bool {
    let dispute = invoice.dispute.as_ref();
    dispute.is_some_and(|dispute| dispute.state() == DisputeState::Open)
}

impl Generator {
    pub(super) fn credit(&mut self, view: &View) -> Planned {
        let mut owed = in_states(view.model, &CONFIRMED);
        owed.retain(|invoice| {
            let claims = claims_of(view.model, invoice);
            claims.iter().any(|claim| claim.outstanding_minor > 0)
        });
        let Some(invoice) = self.some(&owed) else {
            return self.confirm(view);
        };
        let mut claims = claims_of(view.model, invoice);
        let whole = self.chance(0.15);
        if !whole {
            claims.shuffle(&mut self.rng);
            claims.truncate(self.rng.gen_range(0..4));
            claims.sort_by_key(|claim| claim.number);
        }
        let encumbered = self.chance(0.1);
        claims.truncate(16);
        let mut parts = Vec::new();
        for claim in claims {
            let blocked = matches!(
                encumbrance(claim),
                Some(Encumbrance::Offered(_) | Encumbrance::Locked(_))
            );
            let most = claim.outstanding_minor
                - u64::from(!pledgee(claim).is_empty()).min(claim.outstanding_minor);
            if most > 0 && (encumbered || !blocked) {
                parts.push(ClaimCredit {
                    number: claim.number,
                    controller: claim.controller.clone(),
                    pledgee: pledgee(claim).to_owned(),
                    minor: if whole {
                        most
                    } else {
                        1 + most / self.one_of(&[2, 20, 100])
                    },
                });
            }
        }
        for part in &mut parts {
            let claim = claims_of(view.model, invoice);
            let claim = claim.iter().find(|claim| claim.number == part.number);
            part.minor = part.minor.min(claim.expect("named").outstanding_minor);
        }
        let beyond = match parts.is_empty() {
            true => self.one_of(&[1, 1, 100]),
            false => self.one_of(&[0, 0, 1]),
        };
        let mut action = CreditInvoice {
            invoice: invoice.id.clone(),
            number: numbers::fresh(&mut self.rng),
            issue_date: on(view.today),
            document_hash: self.bytes32(),
            amount: Some(Money {
                minor: parts.iter().map(|part| part.minor).sum::<u64>() + beyond,
                currency: invoice.gross.clone().unwrap_or_default().currency,
            }),
            reason: self.reason(),
            claims: parts,
        };
        let mut caller = invoice.seller.clone();
        for _ in 0..self.faults() {
            self.break_credit(view, invoice, &mut caller, &mut action);
        }
        let mut consents: Vec<&str> = vec![&invoice.buyer];
        for part in &action.claims {
            consents.extend([part.controller.as_str(), part.pledgee.as_str()]);
        }
        consents.sort_unstable();
        consents.dedup();
        consents.retain(|id| *id != caller && view.model.exists(id));
        let alone = planned(caller.clone(), Kind::Credit(action.clone()));
        if self.chance(0.1) || consents.is_empty() {
            return alone;
        }
        Planned::proposed(caller, INVOICE, &alone.act, &consents, view.today)
    }

    fn break_credit(
        &mut self,
        view: &View,
        invoice: &Invoice,
        caller: &mut String,
        action: &mut CreditInvoice,
    ) {
        let model = view.model;
        match self.rng.gen_range(0..19) {
            0 => action.invoice = self.bytes32(),
            1 => *caller = self.anyone_but(&invoice.seller, &invoice.buyer),
            2 => {
                let seller = |invoice: &Invoice| invoice.seller.clone();
                (*caller, action.invoice) = self.in_wrong_state(view, &CONFIRMED, seller);
            }
            3 => action.number = numbers::invalid(&mut self.rng),
            4 => action.issue_date = self.no_date(),
            5 => action.issue_date = on(view.today + 1),
            6 => action.issue_date = on(day_of(&invoice.issue_date) - 1),
            7 => action.document_hash = self.wrong_length(),
            8 => action.reason = self.invalid_reason(),
            9 => action.amount = None,
            10 => action.amount.get_or_insert_default().minor = self.impossible_amount(),
            11 => action.amount.get_or_insert_default().currency = self.unknown_currency(),
            12 => action.claims.reverse(),
            13 => action.claims.extend(action.claims.clone()),
            14 => action.claims.push(ClaimCredit::default()),
            15 => {
                let all: Vec<&Invoice> = model.invoices.values().collect();
                if let Some(like) = self.some(&all) {
                    action.document_hash = like.document_hash.clone();
                }
            }
            16 => {
                let of_seller = model.invoices.values().filter(|i| i.seller == *caller);
                let notes: Vec<&CreditNote> = of_seller.flat_map(|i| &i.credit_notes).collect();
                if let Some(note) = self.some(&notes) {
                    action.number = numbers::respell(&note.number, &mut self.rng);
                    action.issue_date = note.issue_date;
                }
            }
            17 => {
                let other = self.organization(|_| true);
                if let Some(part) = action.claims.first_mut() {
                    part.controller = other;
                }
            }
            _ => {
                let amount = action.amount.get_or_insert_default();
                if let Some(part) = action.claims.last_mut() {
                    part.minor += 1;
                    amount.minor += 1;
                }
            }
        }
    }

    pub(super) fn open_dispute(&mut self, view: &View) -> Planned {
        let Some(invoice) = self.disputed(view, false) else {
            return self.confirm(view);
        };
        let mut caller = self
            .one_of(&[&invoice.buyer, &invoice.buyer, &invoice.seller])
            .clone();
        let mut action = OpenDispute {
            invoice: invoice.id.clone(),
            reason: self.reason(),
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..5) {
                0 => action.invoice = self.bytes32(),
                1 => caller = self.organization(|_| true),
                2 => {
                    let buyer = |invoice: &Invoice| invoice.buyer.clone();
                    (caller, action.invoice) = self.in_wrong_state(view, &CONFIRMED, buyer);
                }
                3 => action.reason = self.invalid_reason(),
                _ => {
                    if let Some(invoice) = self.disputed(view, true) {
                        action.invoice = invoice.id.clone();
                        caller = invoice.seller.clone();
                    }
                }
            }
        }
        planned(caller, Kind::OpenDispute(action))
    }

    /// Few different ones, so that arbiters often rule the same.
    fn ruling(&mut self, invoice: &Invoice) -> Ruling {
        let currency = invoice.gross.clone().unwrap_or_default().currency;
        let upheld = self.chance(0.3);
        Ruling {
            verdict: if upheld {
                Verdict::Upheld
            } else {
                Verdict::Dismissed
            }
            .into(),
            amount: upheld.then_some(Money { minor: 1, currency }),
            reason_hash: vec![5; 32],
        }
    }

    fn break_ruling(&mut self, ruling: &mut Ruling) {
        match self.rng.gen_range(0..6) {
            0 => ruling.verdict = self.one_of(&[0, 3, -1]),
            1 => ruling.reason_hash = self.wrong_length(),
            2 => ruling.set_verdict(Verdict::Dismissed),
            3 => ruling.amount = None,
            4 => ruling.amount.get_or_insert_default().minor = self.impossible_amount(),
            _ => ruling.amount.get_or_insert_default().currency = self.unknown_currency(),
        }
    }

    pub(super) fn rule_on_dispute(&mut self, view: &View) -> Planned {
        let mut found = in_states(view.model, &CONFIRMED);
        let arbiters =
            |invoice: &Invoice| terms_of(view.model, invoice).map_or(&[][..], |t| &t.arbiters);
        found.retain(|invoice| is_open(invoice) && !arbiters(invoice).is_empty());
        let Some(invoice) = self.some(&found) else {
            return self.open_dispute(view);
        };
        let mut caller = self.one_of(arbiters(invoice));
        let mut action = RuleOnDispute {
            invoice: invoice.id.clone(),
            ruling: Some(self.ruling(invoice)),
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..5) {
                0 => action.invoice = self.bytes32(),
                1 => caller = self.anyone_but("", &invoice.buyer),
                2 => {
                    let mut wrong = in_states(view.model, &CONFIRMED);
                    wrong.retain(|invoice| !is_open(invoice) && !arbiters(invoice).is_empty());
                    if let Some(invoice) = self.some(&wrong) {
                        caller = self.one_of(arbiters(invoice));
                        action.invoice = invoice.id.clone();
                    }
                }
                3 => {
                    let all: Vec<&Invoice> = view.model.invoices.values().collect();
                    action.invoice = self.some(&all).map_or_else(Vec::new, |i| i.id.clone());
                }
                _ => {
                    let ruling = action.ruling.get_or_insert_default();
                    self.break_ruling(ruling);
                }
            }
        }
        planned(caller, Kind::RuleOnDispute(action))
    }

    pub(super) fn end_dispute(&mut self, view: &View) -> Planned {
        let Some(invoice) = self.disputed(view, true) else {
            return self.open_dispute(view);
        };
        let parties = [invoice.seller.clone(), invoice.buyer.clone()];
        let at = self.rng.gen_range(0..2);
        let (mut caller, other) = (parties[at].clone(), parties[1 - at].clone());
        let mut action = EndDispute {
            invoice: invoice.id.clone(),
            ruling: Some(self.ruling(invoice)),
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..4) {
                0 => action.invoice = self.bytes32(),
                1 => caller = self.organization(|_| true),
                2 => {
                    if let Some(invoice) = self.disputed(view, false) {
                        action.invoice = invoice.id.clone();
                        caller = invoice.seller.clone();
                    }
                }
                _ => {
                    let ruling = action.ruling.get_or_insert_default();
                    self.break_ruling(ruling);
                }
            }
        }
        self.with_buyer(view, caller, Kind::EndDispute(action), &other)
    }
}
