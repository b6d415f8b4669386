//! Registration and the buyer's answer (specification 3).

use std::collections::BTreeSet;

use counterfoil_proto::invoice::v1::{
    CollisionRelease, ConfirmInvoice, Event, Invoice, InvoiceConfirmed, InvoiceQueried,
    InvoiceRegistered, InvoiceRejected, InvoiceState as State, InvoiceWarned, InvoiceWithdrawn,
    QueryInvoice, QueryResolved, RegisterInvoice, RejectInvoice, RejectionCode as Code,
    ResolveQuery, Warning, WarningKind, WithdrawInvoice, event,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::{
    self as receivable, BusinessDayConvention, DayCount, ReceivableOpened, Terms,
};
use counterfoil_proto::v1::{KernelRejectionCode as Kernel, Money};
use prost::Message as _;

use super::arithmetic::{MAX_MINOR, date, day};
use super::numbers::{normal_form, printed_form};
use super::{Call, Happened, Id, Model, Rejected, ensure, ensure_first, is_reason, tagged_hash};

const TYPE_CODES: [u32; 5] = [326, 380, 384, 389, 393];
const MAX_TENOR_DAYS: i64 = 3_660;
const MAX_TEXT: usize = 64;
/// Invoices that share a strict fingerprint.
const MOST_SHARING: usize = 4;
const MOST_ARBITERS: usize = 7;

/// What the strict fingerprint is a function of: seller, normalised number, issue year.
pub type Strict = (String, String, u32);
/// What the loose fingerprint is a function of: seller, buyer, amount, currency, due day.
pub type Loose = (String, String, u64, String, i64);

/// The hash that a confirmation repeats.
pub fn terms_hash(terms: &Terms) -> Id {
    tagged_hash("counterfoil/terms/v1", &[&terms.encode_to_vec()])
}

/// The strict fingerprint's stand-in.
pub fn strict_of(invoice: &Invoice) -> Strict {
    let year = invoice.issue_date.as_ref().expect("an issue date").year;
    (invoice.seller.clone(), normal_form(&invoice.number), year)
}

/// The loose fingerprint's stand-in.
pub fn loose_of(invoice: &Invoice) -> Loose {
    let gross = invoice.gross.clone().expect("an amount");
    let due = invoice.due_date.as_ref().and_then(day).expect("a due date");
    (
        invoice.seller.clone(),
        invoice.buyer.clone(),
        gross.minor,
        gross.currency,
        due,
    )
}

impl Model {
    pub(super) fn register(
        &mut self,
        call: &Call,
        action: &RegisterInvoice,
    ) -> Result<Vec<Happened>, Rejected> {
        let seller = call.organization;
        ensure(self.has_role(seller, Role::Supplier), Code::WrongRole)?;
        self.check_buyer(seller, &action.buyer)?;
        self.check_details(seller, action, self.clock.day(call.time_ms))?;
        let invoice = stated(call, seller, action);
        self.enter(call, invoice, &action.succeeds, action.release.as_ref())
    }

    pub(super) fn check_buyer(&self, seller: &str, buyer: &str) -> Result<(), Rejected> {
        ensure(
            buyer != seller && self.has_role(buyer, Role::CoreEnterprise),
            Code::WrongBuyer,
        )
    }

    /// Puts an invoice on the register, whose own statements are in order.
    pub(super) fn enter(
        &mut self,
        call: &Call,
        mut invoice: Invoice,
        names: &[u8],
        release: Option<&CollisionRelease>,
    ) -> Result<Vec<Happened>, Rejected> {
        let id = Id::try_from(invoice.id.as_slice()).expect("an id");
        let succeeds = self.check_succession(&invoice.seller, names)?;
        let strict = strict_of(&invoice);
        let loose = loose_of(&invoice);
        let other = |holder: Option<&Id>| holder.copied().filter(|id| Some(*id) != succeeds);
        let mut sharing = self.strict.get(&strict).cloned().unwrap_or_default();
        let rivals: Vec<Id> = sharing
            .iter()
            .filter_map(|holder| other(Some(holder)))
            .collect();
        if let Some(release) = release {
            self.check_release(call, &invoice, &rivals, release)?;
        }
        let rival = rivals.first().copied();
        ensure_first(
            rival.as_ref().filter(|_| release.is_none()),
            Code::DuplicateInvoice,
        )?;
        ensure_first(
            other(self.documents.get(&invoice.document_hash)).as_ref(),
            Code::DuplicateDocument,
        )?;

        let year = |year| {
            let holders = self.strict.get(&(strict.0.clone(), strict.1.clone(), year));
            other(holders.and_then(|holders| holders.first()))
        };
        let warnings = [
            (WarningKind::AdjacentYear, year(strict.2 - 1)),
            (WarningKind::AdjacentYear, year(strict.2 + 1)),
            (WarningKind::LooseMatch, other(self.loose.get(&loose))),
            (WarningKind::ReleasedCollision, rival),
        ];
        let warnings = warnings
            .into_iter()
            .filter_map(|(kind, like)| {
                like.map(|id| Warning {
                    kind: kind.into(),
                    invoice: id.to_vec(),
                })
            })
            .collect::<Vec<_>>();

        self.may_register(call, &invoice)?;
        if sharing.first() == succeeds.as_ref() && !sharing.is_empty() {
            sharing.remove(0);
        }
        sharing.insert(0, id);
        self.strict.insert(strict, sharing);
        self.loose.insert(loose, id);
        self.documents.insert(invoice.document_hash.clone(), id);
        if let Some(before) = succeeds {
            self.invoices
                .get_mut(&before)
                .expect("checked above")
                .succeeded_by = id.to_vec();
        }
        invoice.set_state(State::Registered);
        invoice.succeeds = names.to_vec();
        invoice.registered_on = Some(date(self.clock.day(call.time_ms)));
        invoice.released_from = rival.map(|id| id.to_vec()).unwrap_or_default();
        let kinds: BTreeSet<i32> = warnings.iter().map(|warning| warning.kind).collect();
        invoice.warnings = kinds.into_iter().collect();
        let registered = InvoiceRegistered {
            invoice: id.to_vec(),
            seller: invoice.seller.clone(),
            buyer: invoice.buyer.clone(),
            gross: invoice.gross.clone(),
            warnings: warnings.iter().map(|warning| warning.kind).collect(),
            registered_on: invoice.registered_on,
        };
        let mut happened = vec![told(&invoice, event::Event::Registered(registered))];
        if !warnings.is_empty() {
            let warned = InvoiceWarned {
                invoice: id.to_vec(),
                warnings,
            };
            let event = event::Event::Warned(warned);
            let seller = [invoice.seller.as_str()];
            happened.push(Happened::invoice(seller, Event { event: Some(event) }));
        }
        self.invoices.insert(id, invoice);
        Ok(happened)
    }

    /// Seller and buyer say that an invoice is none of those that share its fingerprint.
    fn check_release(
        &self,
        call: &Call,
        invoice: &Invoice,
        rivals: &[Id],
        release: &CollisionRelease,
    ) -> Result<(), Rejected> {
        let no = Code::CannotRelease;
        let numbers: Vec<&str> = rivals
            .iter()
            .map(|rival| self.invoices[rival].number.as_str())
            .collect();
        ensure((1..MOST_SHARING).contains(&numbers.len()), no)?;
        ensure(release.invoice == rivals[0], no)?;
        ensure(release.number == numbers[0], no)?;
        let printed = printed_form(&invoice.number);
        ensure(!numbers.iter().any(|n| printed_form(n) == printed), no)?;
        ensure(call.is_signed_by(&invoice.buyer), Kernel::ConsentLacking)
    }

    pub(super) fn check_details(
        &self,
        seller: &str,
        action: &RegisterInvoice,
        today: i64,
    ) -> Result<(), Rejected> {
        check_number(&action.number)?;
        let invalid_date = Rejected::with(Code::InvalidDate);
        let issued = action
            .issue_date
            .as_ref()
            .and_then(day)
            .ok_or(invalid_date)?;
        let due = action.due_date.as_ref().and_then(day).ok_or(invalid_date)?;
        ensure(
            action
                .delivery_date
                .as_ref()
                .is_none_or(|d| day(d).is_some()),
            Code::InvalidDate,
        )?;
        ensure(issued <= today, Code::InvalidDate)?;
        ensure(
            (0..=MAX_TENOR_DAYS).contains(&(due - issued)),
            Code::InvalidDate,
        )?;
        let gross = action
            .gross
            .as_ref()
            .ok_or(Rejected::with(Code::UnknownCurrency))?;
        ensure(
            self.currencies.contains(&gross.currency),
            Code::UnknownCurrency,
        )?;
        ensure((1..=MAX_MINOR).contains(&gross.minor), Code::InvalidAmount)?;
        ensure(
            TYPE_CODES.contains(&action.type_code),
            Code::UnknownTypeCode,
        )?;
        ensure(
            action.order_reference.chars().count() <= MAX_TEXT,
            Code::InvalidOrderReference,
        )?;
        let terms = action
            .terms
            .as_ref()
            .ok_or(Rejected::with(Code::InvalidTerms))?;
        ensure(
            self.allows(terms, [seller, &action.buyer]),
            Code::InvalidTerms,
        )?;
        ensure(
            action.document_hash.len() == 32 && action.payload_root.len() == 32,
            Code::InvalidHash,
        )
    }

    /// Whether seller and buyer may agree on these terms.
    pub(super) fn allows(&self, terms: &Terms, parties: [&str; 2]) -> bool {
        let arbiters: BTreeSet<&String> = terms.arbiters.iter().collect();
        let of_arbiters = arbiters.iter().copied().eq(&terms.arbiters)
            && arbiters.len() <= MOST_ARBITERS
            && arbiters
                .iter()
                .all(|id| self.exists(id) && !parties.contains(&id.as_str()))
            && terms.arbiter_threshold as usize <= arbiters.len()
            && (arbiters.is_empty() || terms.arbiter_threshold > 0);
        of_arbiters
            && terms.day_count() != DayCount::Unspecified
            && match terms.convention() {
                BusinessDayConvention::Unspecified => false,
                BusinessDayConvention::None => terms.calendar.is_empty(),
                _ => self.calendars.contains_key(&terms.calendar),
            }
            && terms.grace_days <= 365
            && terms.penalty_rate_ppm <= 1_000_000
            && terms.fees.len() <= 8
            && (terms.arbiter.is_empty() || self.exists(&terms.arbiter))
            && terms
                .fees
                .iter()
                .all(|fee| self.exists(&fee.payee) && (1..=MAX_MINOR).contains(&fee.cap_minor))
    }

    fn check_succession(&self, seller: &str, succeeds: &[u8]) -> Result<Option<Id>, Rejected> {
        if succeeds.is_empty() {
            return Ok(None);
        }
        let no = Code::CannotSucceed;
        let id = Id::try_from(succeeds).map_err(|_| Rejected::with(no))?;
        let before = self.invoices.get(&id).ok_or(Rejected::with(no))?;
        ensure(before.seller == seller, no)?;
        ensure(
            matches!(before.state(), State::Withdrawn | State::Rejected),
            no,
        )?;
        ensure(before.succeeded_by.is_empty(), no)?;
        Ok(Some(id))
    }

    pub(super) fn query(
        &mut self,
        call: &Call,
        action: &QueryInvoice,
    ) -> Result<Vec<Happened>, Rejected> {
        let invoice = self.as_buyer(call, &action.invoice, &[State::Registered])?;
        ensure(is_reason(&action.reason), Code::InvalidReason)?;
        invoice.set_state(State::UnderQuery);
        invoice.query_count += 1;
        invoice.reason = action.reason.clone();
        let happened = InvoiceQueried {
            invoice: action.invoice.clone(),
            reason: action.reason.clone(),
            seller: invoice.seller.clone(),
            buyer: invoice.buyer.clone(),
        };
        Ok(vec![told(invoice, event::Event::Queried(happened))])
    }

    pub(super) fn resolve(
        &mut self,
        call: &Call,
        action: &ResolveQuery,
    ) -> Result<Vec<Happened>, Rejected> {
        let invoice = self.as_buyer(call, &action.invoice, &[State::UnderQuery])?;
        ensure(is_reason(&action.reason), Code::InvalidReason)?;
        invoice.set_state(State::Registered);
        invoice.reason = action.reason.clone();
        let happened = QueryResolved {
            invoice: action.invoice.clone(),
            reason: action.reason.clone(),
        };
        Ok(vec![told(invoice, event::Event::QueryResolved(happened))])
    }

    pub(super) fn reject(
        &mut self,
        call: &Call,
        action: &RejectInvoice,
    ) -> Result<Vec<Happened>, Rejected> {
        let invoice = self.as_buyer(
            call,
            &action.invoice,
            &[State::Registered, State::UnderQuery],
        )?;
        ensure(is_reason(&action.reason), Code::InvalidReason)?;
        invoice.set_state(State::Rejected);
        invoice.reason = action.reason.clone();
        let happened = InvoiceRejected {
            invoice: action.invoice.clone(),
            reason: action.reason.clone(),
            seller: invoice.seller.clone(),
            buyer: invoice.buyer.clone(),
        };
        Ok(vec![told(invoice, event::Event::Rejected(happened))])
    }

    pub(super) fn confirm(
        &mut self,
        call: &Call,
        action: &ConfirmInvoice,
    ) -> Result<Vec<Happened>, Rejected> {
        let invoice = self.as_buyer(
            call,
            &action.invoice,
            &[State::Registered, State::UnderQuery],
        )?;
        ensure(action.amount == invoice.gross, Code::AmountDiffers)?;
        let terms = invoice
            .terms
            .clone()
            .expect("a registered invoice has terms");
        ensure(action.terms_hash == terms_hash(&terms), Code::TermsDiffer)?;
        let invoice = invoice.clone();
        let looked_at = self.to_acknowledge(&invoice, self.clock.day(call.time_ms));
        ensure(
            action.acknowledged == looked_at,
            Code::WarningsNotAcknowledged,
        )?;
        self.may_confirm(call, &invoice)?;
        let amount = action.amount.clone().expect("an amount");
        let confirmation = self.named(&call.tx_id, call.height);
        self.undertaken(call, &action.invoice, amount, (terms, confirmation))
    }

    /// The buyer owes the invoice from here on.
    pub(super) fn undertaken(
        &mut self,
        call: &Call,
        id: &[u8],
        amount: Money,
        (terms, confirmation): (Terms, Vec<u8>),
    ) -> Result<Vec<Happened>, Rejected> {
        let today = self.clock.day(call.time_ms);
        let mut confirmed = self.invoices[id].clone();
        let hash = terms_hash(&terms);
        let due = confirmed.due_date.as_ref().and_then(day);
        let due = due.expect("a registered invoice has a due date");
        let falls_due = self.falls_due(&terms, due);
        let falls_due = falls_due.ok_or(Rejected::with(Code::OutsideCalendar))?;
        let made_late = falls_due < today && due >= today;
        ensure(!made_late, Code::AdjustedToThePast)?;
        let days = (falls_due, today);
        let receivable =
            self.open_receivable(&confirmed, amount.clone(), terms, days, confirmation);
        confirmed.set_state(State::Confirmed);
        confirmed.receivable = receivable.to_vec();
        let key = Id::try_from(id).expect("found above");
        self.invoices.insert(key, confirmed.clone());
        let answer = InvoiceConfirmed {
            invoice: id.to_vec(),
            amount: Some(amount.clone()),
            terms_hash: hash.to_vec(),
            receivable: receivable.to_vec(),
            seller: confirmed.seller.clone(),
            buyer: confirmed.buyer.clone(),
            registered_on: confirmed.registered_on,
            confirmed_on: Some(date(today)),
        };
        let opened = ReceivableOpened {
            receivable: receivable.to_vec(),
            invoice: id.to_vec(),
            debtor: confirmed.buyer.clone(),
            controller: confirmed.seller.clone(),
            face: Some(amount),
            adjusted_due_date: Some(date(falls_due)),
        };
        let opened = receivable::Event {
            event: Some(receivable::event::Event::Opened(opened)),
        };
        // The invoice's event names the receivable, which is told of first.
        Ok(vec![
            Happened::receivable(
                [confirmed.buyer.as_str(), confirmed.seller.as_str()],
                opened,
            ),
            told(&confirmed, event::Event::Confirmed(answer)),
        ])
    }

    pub(super) fn withdraw(
        &mut self,
        call: &Call,
        action: &WithdrawInvoice,
    ) -> Result<Vec<Happened>, Rejected> {
        let open = [
            State::Registered,
            State::UnderQuery,
            State::ConditionallyConfirmed,
        ];
        let invoice = self.as_seller(call, &action.invoice, &open)?;
        invoice.set_state(State::Withdrawn);
        invoice.conditions = None;
        let happened = InvoiceWithdrawn {
            invoice: action.invoice.clone(),
            seller: invoice.seller.clone(),
            buyer: invoice.buyer.clone(),
        };
        Ok(vec![told(invoice, event::Event::Withdrawn(happened))])
    }

    pub(super) fn invoice_mut(&mut self, id: &[u8]) -> Result<&mut Invoice, Rejected> {
        let unknown = Rejected::with(Code::UnknownInvoice);
        let id = Id::try_from(id).map_err(|_| unknown)?;
        self.invoices.get_mut(&id).ok_or(unknown)
    }

    pub(super) fn as_seller(
        &mut self,
        call: &Call,
        id: &[u8],
        from: &[State],
    ) -> Result<&mut Invoice, Rejected> {
        let invoice = self.invoice_mut(id)?;
        ensure(invoice.seller == call.organization, Code::NotTheSeller)?;
        ensure(from.contains(&invoice.state()), Code::WrongState)?;
        Ok(invoice)
    }

    pub(super) fn as_buyer(
        &mut self,
        call: &Call,
        id: &[u8],
        from: &[State],
    ) -> Result<&mut Invoice, Rejected> {
        let invoice = self.invoice_mut(id)?;
        ensure(invoice.buyer == call.organization, Code::NotTheBuyer)?;
        ensure(from.contains(&invoice.state()), Code::WrongState)?;
        Ok(invoice)
    }
}

/// What an invoice says of itself, as a record that is on no register yet.
pub(super) fn stated(call: &Call, seller: &str, action: &RegisterInvoice) -> Invoice {
    let id = tagged_hash("counterfoil/invoice-id/v1", &[&call.tx_id]);
    Invoice {
        id: id.to_vec(),
        seller: seller.to_owned(),
        buyer: action.buyer.clone(),
        number: action.number.clone(),
        issue_date: action.issue_date,
        due_date: action.due_date,
        delivery_date: action.delivery_date,
        gross: action.gross.clone(),
        type_code: action.type_code,
        order_reference: action.order_reference.clone(),
        terms: action.terms.clone(),
        document_hash: action.document_hash.clone(),
        payload_root: action.payload_root.clone(),
        ..Invoice::default()
    }
}

pub(super) fn check_number(number: &str) -> Result<(), Rejected> {
    let length = number.chars().count();
    ensure((1..=MAX_TEXT).contains(&length), Code::InvalidNumber)?;
    ensure(!normal_form(number).is_empty(), Code::InvalidNumber)
}

/// Seller and buyer are told of everything about their invoice.
pub(super) fn told(invoice: &Invoice, event: event::Event) -> Happened {
    Happened::invoice(
        [invoice.seller.as_str(), invoice.buyer.as_str()],
        Event { event: Some(event) },
    )
}
