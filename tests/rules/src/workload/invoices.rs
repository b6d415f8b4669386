//! Registrations and answers, and what can be wrong with them.

use counterfoil_proto::invoice::v1::{
    Action, ConfirmInvoice, Invoice, InvoiceState as State, QueryInvoice, RegisterInvoice,
    RejectInvoice, ResolveQuery, WithdrawInvoice, action::Action as Kind,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::{Fee, Terms};
use rand::Rng;

use super::{Generator, Planned, View, numbers, on};
use crate::model::arithmetic::{MAX_MINOR, day};
use crate::model::contract::INVOICE;
use crate::model::invoices::terms_hash;
use crate::model::{Act, Model};

pub(super) const OPEN: [State; 2] = [State::Registered, State::UnderQuery];
const WITHDRAWABLE: [State; 3] = [
    State::Registered,
    State::UnderQuery,
    State::ConditionallyConfirmed,
];
const LONGEST_TENOR: i64 = 3_660;

pub(super) fn planned(organization: String, kind: Kind) -> Planned {
    Planned::new(
        organization,
        INVOICE,
        Act::Invoice(Action { action: Some(kind) }),
    )
}

pub(super) fn in_states<'a>(model: &'a Model, states: &[State]) -> Vec<&'a Invoice> {
    model
        .invoices
        .values()
        .filter(|invoice| states.contains(&invoice.state()))
        .collect()
}

/// Those that hold a fingerprint.
pub(super) fn registered(model: &Model) -> Vec<&Invoice> {
    let all = model.invoices.values();
    all.filter(|invoice| invoice.registered_on.is_some())
        .collect()
}

impl Generator {
    pub(super) fn register(&mut self, view: &View) -> Planned {
        let model = view.model;
        // Most have the same seller, so that it can put several claims to the banks at once.
        let mut seller = self.organization(|id| model.has_role(id, Role::Supplier));
        if self.chance(0.5) {
            seller = "farmer".to_owned();
        }
        let mut action = self.registration(view, &seller);
        match self.rng.gen_range(0..12) {
            0 | 1 => self.succeed(view, &mut seller, &mut action),
            2 => self.look_alike(view, &mut seller, &mut action),
            3 => self.adjacent_year(view, &mut seller, &mut action),
            4 if self.collide(view, &mut seller, &mut action) => {
                self.name_arbiters(&seller, &mut action);
                let buyer = action.buyer.clone();
                return self.with_buyer(view, seller, Kind::Register(action), &buyer);
            }
            _ => {}
        }
        self.name_arbiters(&seller, &mut action);
        for _ in 0..self.faults() {
            self.break_registration(view, &mut seller, &mut action);
        }
        planned(seller, Kind::Register(action))
    }

    pub(super) fn registration(&mut self, view: &View, seller: &str) -> RegisterInvoice {
        let model = view.model;
        let issued = view.today - self.one_of(&[0, 0, 1, 3, 30, 200, 365, 366, 730]);
        // Many fall due some time from now, so that there is something to finance.
        let due = if self.chance(0.4) {
            view.today + self.one_of(&[2, 7, 30, 60, 90, 180, 365])
        } else {
            issued + self.one_of(&[0, 1, 7, 30, 60, 90, 365, 365, LONGEST_TENOR])
        };
        RegisterInvoice {
            buyer: self.organization(|id| id != seller && model.has_role(id, Role::CoreEnterprise)),
            number: numbers::fresh(&mut self.rng),
            issue_date: on(issued),
            due_date: on(due),
            delivery_date: if self.chance(0.4) {
                on(issued + self.one_of(&[-5, 0, 5]))
            } else {
                None
            },
            gross: Some(counterfoil_proto::v1::Money {
                minor: self.amount(),
                currency: self.currency(),
            }),
            type_code: self.one_of(&[326, 380, 384, 389, 393]),
            order_reference: self.one_of(&["".to_owned(), "PO-1".to_owned(), "é".repeat(64)]),
            terms: Some(self.terms(model)),
            document_hash: self.bytes32(),
            payload_root: self.bytes32(),
            succeeds: Vec::new(),
            release: None,
        }
    }

    fn terms(&mut self, model: &Model) -> Terms {
        let fees = (0..self.one_of(&[0, 0, 0, 1, 2, 8]))
            .map(|_| Fee {
                payee: self.organization(|_| true),
                cap_minor: self.one_of(&[1, 5_000, MAX_MINOR]),
            })
            .collect();
        let calendars: Vec<&String> = model.calendars.keys().collect();
        let calendar = self.some(&calendars).filter(|_| self.chance(0.6));
        Terms {
            day_count: self.one_of(&[1, 4, 5]),
            convention: match calendar {
                Some(_) => self.one_of(&[2, 3, 4]),
                None => 1,
            },
            grace_days: self.one_of(&[0, 45, 365]),
            penalty_rate_ppm: self.one_of(&[0, 1, 80_000, 123_457, 1_000_000, 1_000_000]),
            assignable: self.chance(0.85),
            fees,
            arbiter: self
                .one_of(&["", "guarantor", "regulator", "bank-west"])
                .to_owned(),
            arbiters: Vec::new(),
            arbiter_threshold: 0,
            calendar: calendar.cloned().unwrap_or_default(),
        }
    }

    /// Names an invoice that can be succeeded, and takes over some of what it held.
    fn succeed(&mut self, view: &View, seller: &mut String, action: &mut RegisterInvoice) {
        let mut closed = in_states(view.model, &[State::Withdrawn, State::Rejected]);
        closed.retain(|invoice| invoice.succeeded_by.is_empty());
        let Some(before) = self.some(&closed) else {
            return;
        };
        *seller = before.seller.clone();
        action.succeeds = before.id.clone();
        action.buyer = before.buyer.clone();
        if self.chance(0.8) {
            self.take_number(before, action);
        }
        if self.chance(0.6) {
            action.document_hash = before.document_hash.clone();
        }
        if self.chance(0.3) {
            take_outline(before, action);
        }
    }

    /// The same seller, buyer, amount and due date as another invoice.
    fn look_alike(&mut self, view: &View, seller: &mut String, action: &mut RegisterInvoice) {
        let all = registered(view.model);
        let Some(like) = self.some(&all) else { return };
        *seller = like.seller.clone();
        take_outline(like, action);
    }

    /// The same seller and number as another invoice, issued the year before or after.
    fn adjacent_year(&mut self, view: &View, seller: &mut String, action: &mut RegisterInvoice) {
        let all = registered(view.model);
        let Some(like) = self.some(&all) else { return };
        *seller = like.seller.clone();
        self.take_number(like, action);
        let mut issued = like.issue_date.expect("every invoice has an issue date");
        issued.year = if self.chance(0.7) {
            issued.year - 1
        } else {
            issued.year + 1
        };
        issued.day = issued.day.min(28);
        let issued = day(&issued).filter(|issued| *issued <= view.today);
        if let Some(issued) = issued {
            action.issue_date = on(issued);
            action.due_date = on(issued + 30);
        }
        if action.buyer == *seller {
            action.buyer = like.buyer.clone();
        }
    }

    fn take_number(&mut self, from: &Invoice, action: &mut RegisterInvoice) {
        action.number = numbers::respell(&from.number, &mut self.rng);
        action.issue_date = from.issue_date;
        action.due_date = from.due_date;
    }

    pub(super) fn break_registration(
        &mut self,
        view: &View,
        seller: &mut String,
        action: &mut RegisterInvoice,
    ) {
        let model = view.model;
        let terms = action.terms.get_or_insert_default();
        match self.rng.gen_range(0..25) {
            0 => *seller = self.organization(|id| !model.has_role(id, Role::Supplier)),
            1 => {
                action.buyer = match self.rng.gen_range(0..3) {
                    0 => self.nobody(),
                    1 => seller.clone(),
                    _ => self.organization(|id| !model.has_role(id, Role::CoreEnterprise)),
                }
            }
            2 => action.number = numbers::invalid(&mut self.rng),
            3 => action.issue_date = self.no_date(),
            4 => action.due_date = self.no_date(),
            5 => action.delivery_date = self.no_date(),
            6 => {
                action.issue_date = on(view.today + self.one_of(&[1, 400]));
                action.due_date = on(view.today + 500);
            }
            7 => action.due_date = on(view.today - 10_000),
            8 => {
                action.issue_date = on(view.today - 1);
                action.due_date = on(view.today + LONGEST_TENOR);
            }
            9 => action.gross.get_or_insert_default().currency = self.unknown_currency(),
            10 => action.gross.get_or_insert_default().minor = self.impossible_amount(),
            11 => action.gross = None,
            12 => action.type_code = self.one_of(&[0, 381, 32_600, u32::MAX]),
            13 => action.order_reference = "x".repeat(65),
            14 => self.break_terms(terms),
            15 => self.break_terms(terms),
            16 => action.terms = None,
            17 => action.document_hash = self.wrong_length(),
            18 => action.payload_root = self.wrong_length(),
            19 => self.cannot_succeed(view, seller, action),
            20 => action.succeeds = self.wrong_length(),
            21 => terms.day_count = self.one_of(&[2, 3, 6, -1, i32::MAX]),
            22 => terms.convention = self.one_of(&[5, -1]),
            23 => self.duplicate(view, seller, action),
            _ => {
                let all: Vec<&Invoice> = model.invoices.values().collect();
                if let Some(like) = self.some(&all) {
                    action.document_hash = like.document_hash.clone();
                }
            }
        }
    }

    pub(super) fn break_terms(&mut self, terms: &mut Terms) {
        let fee = |payee: &str, cap_minor| Fee {
            payee: payee.to_owned(),
            cap_minor,
        };
        match self.rng.gen_range(0..14) {
            11 => terms.convention = self.one_of(&[1, 2, 3, 4]),
            12 => terms.calendar = self.one_of(&["NONE-1", "target", "TARGET"]).to_owned(),
            13 => terms.calendar.clear(),
            8 => terms.arbiters = vec![self.nobody()],
            9 => terms.arbiter_threshold = self.one_of(&[0, 8, u32::MAX]),
            10 => terms.arbiters = vec!["regulator".to_owned(); 2],
            0 => terms.day_count = 0,
            1 => terms.convention = 0,
            2 => terms.grace_days = self.one_of(&[366, u32::MAX]),
            3 => terms.penalty_rate_ppm = self.one_of(&[1_000_001, u32::MAX]),
            4 => terms.fees = vec![fee("regulator", 1); 9],
            5 => terms.fees.push(fee(&self.nobody(), 1)),
            6 => terms.fees.push(fee("bank-east", 0)),
            _ => terms
                .fees
                .push(fee("bank-east", self.one_of(&[MAX_MINOR + 1, u64::MAX]))),
        }
    }

    fn cannot_succeed(&mut self, view: &View, seller: &str, action: &mut RegisterInvoice) {
        let all: Vec<&Invoice> = view.model.invoices.values().collect();
        let unfit: Vec<&Invoice> = match self.rng.gen_range(0..4) {
            0 => Vec::new(),
            1 => all.into_iter().filter(|i| i.seller != seller).collect(),
            2 => all
                .into_iter()
                .filter(|i| i.seller == seller && i.state() == State::Confirmed)
                .collect(),
            _ => all
                .into_iter()
                .filter(|i| i.seller == seller && !i.succeeded_by.is_empty())
                .collect(),
        };
        action.succeeds = self
            .some(&unfit)
            .map_or_else(|| self.bytes32(), |invoice| invoice.id.clone());
    }

    /// A second registration, in another spelling.
    fn duplicate(&mut self, view: &View, seller: &mut String, action: &mut RegisterInvoice) {
        let all = registered(view.model);
        let Some(first) = self.some(&all) else { return };
        *seller = first.seller.clone();
        self.take_number(first, action);
        action.buyer = first.buyer.clone();
    }

    /// An invoice in one of these states, or else now and then any.
    pub(super) fn target<'a>(&mut self, view: &View<'a>, states: &[State]) -> Option<&'a Invoice> {
        let found = self.some(&in_states(view.model, states));
        if found.is_none() && self.chance(0.1) {
            let all: Vec<&Invoice> = view.model.invoices.values().collect();
            return self.some(&all);
        }
        found
    }

    pub(super) fn query(&mut self, view: &View) -> Planned {
        self.answer(view, &[State::Registered], |invoice, reason| {
            Kind::Query(QueryInvoice { invoice, reason })
        })
    }

    pub(super) fn resolve(&mut self, view: &View) -> Planned {
        let resolve = |invoice, reason| Kind::ResolveQuery(ResolveQuery { invoice, reason });
        self.answer(view, &[State::UnderQuery], resolve)
    }

    pub(super) fn reject(&mut self, view: &View) -> Planned {
        self.answer(view, &OPEN, |invoice, reason| {
            Kind::Reject(RejectInvoice { invoice, reason })
        })
    }

    /// The buyer's word on an invoice, with a reason.
    fn answer(
        &mut self,
        view: &View,
        from: &[State],
        kind: impl Fn(Vec<u8>, String) -> Kind,
    ) -> Planned {
        let Some(invoice) = self.target(view, from) else {
            return self.register(view);
        };
        let (mut caller, mut id, mut reason) =
            (invoice.buyer.clone(), invoice.id.clone(), self.reason());
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..5) {
                0 => id = self.bytes32(),
                1 => id = self.wrong_length(),
                2 => caller = self.anyone_but(&invoice.buyer, &invoice.seller),
                3 => {
                    (caller, id) = self.in_wrong_state(view, from, |invoice| invoice.buyer.clone())
                }
                _ => reason = self.invalid_reason(),
            }
        }
        planned(caller, kind(id, reason))
    }

    pub(super) fn confirm(&mut self, view: &View) -> Planned {
        let Some(invoice) = self.target(view, &OPEN) else {
            return self.register(view);
        };
        let mut caller = invoice.buyer.clone();
        let mut action = ConfirmInvoice {
            invoice: invoice.id.clone(),
            amount: invoice.gross.clone(),
            terms_hash: terms_hash(invoice.terms.as_ref().expect("terms")).to_vec(),
            acknowledged: view.model.to_acknowledge(invoice, view.today),
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..9) {
                0 => action.invoice = self.bytes32(),
                1 => action.invoice = self.wrong_length(),
                2 => caller = self.anyone_but(&invoice.buyer, &invoice.seller),
                8 => action.acknowledged = self.other_warnings(&action.acknowledged),
                3 => {
                    (caller, action.invoice) =
                        self.in_wrong_state(view, &OPEN, |invoice| invoice.buyer.clone())
                }
                4 => action.amount = self.other_amount(&action.amount),
                5 => action.amount.get_or_insert_default().currency = self.currency(),
                6 => action.terms_hash = self.bytes32(),
                _ => {
                    if self.chance(0.5) {
                        action.terms_hash = self.wrong_length();
                    } else {
                        action.amount = None;
                    }
                }
            }
        }
        planned(caller, Kind::Confirm(action))
    }

    pub(super) fn withdraw(&mut self, view: &View) -> Planned {
        let Some(invoice) = self.target(view, &WITHDRAWABLE) else {
            return self.register(view);
        };
        let (mut caller, mut id) = (invoice.seller.clone(), invoice.id.clone());
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..4) {
                0 => id = self.bytes32(),
                1 => id = self.wrong_length(),
                2 => caller = self.anyone_but(&invoice.seller, &invoice.buyer),
                _ => {
                    let seller = |invoice: &Invoice| invoice.seller.clone();
                    (caller, id) = self.in_wrong_state(view, &WITHDRAWABLE, seller);
                }
            }
        }
        planned(caller, Kind::Withdraw(WithdrawInvoice { invoice: id }))
    }

    /// Half of the time the other party, which has most to gain.
    pub(super) fn anyone_but(&mut self, right: &str, other_party: &str) -> String {
        if self.chance(0.5) {
            other_party.to_owned()
        } else {
            self.organization(|id| id != right)
        }
    }

    pub(super) fn in_wrong_state(
        &mut self,
        view: &View,
        right: &[State],
        signer: impl Fn(&Invoice) -> String,
    ) -> (String, Vec<u8>) {
        let all = view.model.invoices.values();
        let wrong: Vec<&Invoice> = all
            .filter(|invoice| !right.contains(&invoice.state()))
            .collect();
        match self.some(&wrong) {
            Some(invoice) => (signer(invoice), invoice.id.clone()),
            None => (self.organization(|_| true), self.bytes32()),
        }
    }
}

fn take_outline(from: &Invoice, action: &mut RegisterInvoice) {
    action.buyer = from.buyer.clone();
    action.gross = from.gross.clone();
    let issued = action.issue_date.as_ref().and_then(day);
    let due = from.due_date.as_ref().and_then(day);
    // Only where the due date still fits: what is broken here is broken on purpose elsewhere.
    if issued
        .zip(due)
        .is_some_and(|(issued, due)| (issued..=issued + LONGEST_TENOR).contains(&due))
    {
        action.due_date = from.due_date;
    }
}
