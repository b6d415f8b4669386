//! Financing: what was awarded is what was quoted, claims and cash changed hands together, and
//! loans are repaid as their terms say (specification 5.2–5.5).

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::cash::v1::PaymentState;
use counterfoil_proto::cash::v1::event::Event as CashEvent;
use counterfoil_proto::financing::v1::event::Event as FinancingEvent;
use counterfoil_proto::financing::v1::{
    Award, ExtensionDrawn, Loan, LoanOpened, LoanPaid, LoanState, QuoteState, QuoteTerms, Request,
    RequestAwarded, RequestState, Schedule, Technique,
};
use counterfoil_proto::receivable::v1::Purpose;
use counterfoil_proto::receivable::v1::event::Event as ReceivableEvent;
use counterfoil_proto::settlement::v1::event::Event as SettlementEvent;
use counterfoil_proto::v1::Money;
use counterfoil_types::dates::Date;
use counterfoil_types::interest::{Accrual, DayCount, Interest};
use counterfoil_types::schedule::left_on;
use counterfoil_types::shares::pro_rata;
use prost::Message as _;

use super::deposits::paid;
use super::evidence::{Event, Executed};
use super::figures::{count, date, minor};
use super::records::Records;
use super::report::Check;
use crate::award::{Outcome, Part, Price};

/// What the events say of financing.
#[derive(Default)]
struct Replay<'a> {
    /// Requests that were opened, with the state they ended in.
    requests: BTreeMap<&'a [u8], RequestState>,
    /// Revealed ones, by request and bank.
    quotes: BTreeMap<(&'a [u8], &'a str), &'a QuoteTerms>,
    /// By request and bank, how every quote that was committed ended: with its award, or as it was closed.
    ends: BTreeMap<(&'a [u8], &'a str), Vec<QuoteState>>,
    awards: BTreeMap<&'a [u8], (&'a Executed, &'a RequestAwarded)>,
    /// By request and bank, the payment over the external rail that a quote waits for, or waited.
    taken: BTreeMap<(&'a [u8], &'a str), &'a [u8]>,
    /// Payments over the external rail: payer, payee, and the day on which it was asserted that it was made.
    payments: BTreeMap<&'a [u8], (&'a str, &'a str, Option<Date>)>,
    loans: BTreeMap<&'a [u8], Loan>,
    /// Payments on loans, and those of them that are interest first, and no more than is owed.
    loan_payments: u64,
    owed: u64,
}

impl<'a> Replay<'a> {
    fn of(history: &'a [Executed]) -> Self {
        let mut replay = Self::default();
        for executed in history {
            for event in &executed.events {
                match event {
                    Event::Financing(event) => replay.event(executed, event),
                    Event::Cash(event) => replay.payment(event),
                    _ => {}
                }
            }
        }
        replay
    }

    fn payment(&mut self, event: &'a CashEvent) {
        match event {
            CashEvent::PaymentInstructed(e) => {
                self.payments.insert(&e.payment, (&e.payer, &e.payee, None));
            }
            CashEvent::PaymentAsserted(e) => {
                let asserted = e.assertion.as_ref();
                let value_date = asserted.and_then(|asserted| date(asserted.value_date.as_ref()));
                if let Some((_, _, on)) = self.payments.get_mut(&*e.payment) {
                    *on = value_date;
                }
            }
            _ => {}
        }
    }

    fn event(&mut self, executed: &'a Executed, event: &'a FinancingEvent) {
        match event {
            FinancingEvent::Opened(e) => {
                self.requests.insert(&e.request, RequestState::Open);
            }
            FinancingEvent::Committed(e) => {
                self.ends.insert((&e.request, &e.bank), Vec::new());
            }
            FinancingEvent::Revealed(e) => {
                let terms = e
                    .terms
                    .as_ref()
                    .map(|terms| ((&*e.request, &*e.bank), terms));
                self.quotes.extend(terms);
            }
            FinancingEvent::Awarded(e) => {
                self.requests.insert(&e.request, RequestState::Awarded);
                self.awards.insert(&e.request, (executed, e));
                let bank = e.award.as_ref().map_or("", |award| &*award.bank);
                self.quote_ended(&e.request, bank, QuoteState::Awarded);
            }
            FinancingEvent::QuoteTaken(e) => {
                self.requests.insert(&e.request, RequestState::Awarded);
                let bank = e.award.as_ref().map_or("", |award| &*award.bank);
                self.taken.insert((&e.request, bank), &e.payment);
            }
            FinancingEvent::Closed(e) => {
                self.requests.insert(&e.request, e.state());
            }
            FinancingEvent::QuoteFailed(e) => {
                self.quote_ended(&e.request, &e.bank, QuoteState::Failed);
            }
            FinancingEvent::QuoteClosed(e) => self.quote_ended(&e.request, &e.bank, e.state()),
            FinancingEvent::LoanOpened(e) => {
                let loan = self.opened(e, executed.date);
                self.loans.insert(&e.loan, loan);
            }
            FinancingEvent::ExtensionDrawn(e) => {
                self.loans.insert(&e.loan, extension(e, executed.date));
            }
            // These say what may be bought and lent, and what was; claims and cash tell the rest.
            FinancingEvent::LimitSet(_)
            | FinancingEvent::ProgrammeOpened(_)
            | FinancingEvent::ProgrammeClosed(_)
            | FinancingEvent::StandingQuoteMade(_)
            | FinancingEvent::ClaimPurchased(_) => {}
            FinancingEvent::LoanDefaulted(e) => {
                if let Some(loan) = self.loans.get_mut(&*e.loan) {
                    loan.state = LoanState::Defaulted.into();
                    loan.defaulted_on = Some(executed.date.to_proto());
                }
            }
            FinancingEvent::LoanPaid(e) => {
                self.loan_payments += 1;
                let loan = self.loans.get_mut(&*e.loan);
                let paid = loan.and_then(|loan| pay(loan, e, executed.date));
                self.owed += u64::from(paid.is_some());
            }
        }
    }

    fn quote_ended(&mut self, request: &'a [u8], bank: &'a str, state: QuoteState) {
        self.ends.entry((request, bank)).or_default().push(state);
    }

    /// Whether a quote ended once if its request did, and was missed only if it was never revealed.
    fn ended_well(&self, quote: &(&[u8], &str), ends: &[QuoteState]) -> bool {
        let is_revealed = self.quotes.contains_key(quote);
        match (self.requests.get(quote.0), ends) {
            (Some(RequestState::Open), ends) => ends.is_empty(),
            (Some(RequestState::Awarded), []) => self.taken.contains_key(quote),
            (Some(RequestState::Awarded), [QuoteState::Awarded | QuoteState::Failed]) => {
                is_revealed
            }
            (Some(_), [QuoteState::Missed]) => !is_revealed,
            (Some(_), [QuoteState::Declined]) => true,
            _ => false,
        }
    }

    /// As its record must be, but for the collateral.
    fn opened(&self, event: &LoanOpened, on: Date) -> Loan {
        let of = (&*event.request, &*event.lender);
        let quote = self.quotes.get(&of);
        // One that was paid out over the external rail begins on the day on which it was.
        let payment = self.taken.get(&of);
        let paid_out = payment.and_then(|payment| self.payments.get(payment)?.2);
        let on = paid_out.unwrap_or(on);
        Loan {
            id: event.loan.clone(),
            request: event.request.clone(),
            lender: event.lender.clone(),
            borrower: event.borrower.clone(),
            rate_ppm: event.rate_ppm,
            day_count: quote.map_or(0, |terms| terms.day_count),
            schedule: match quote.map(|terms| terms.schedule()) {
                None | Some(Schedule::Unspecified) => Schedule::Bullet.into(),
                Some(schedule) => schedule.into(),
            },
            grace_days: quote.map_or(0, |terms| terms.loan_grace_days),
            due_date: event.due_date,
            issuer: quote.map_or_else(String::new, |terms| terms.issuer.clone()),
            ..begun(event.principal.clone(), on)
        }
    }
}

/// An extension as its record must be.
fn extension(event: &ExtensionDrawn, on: Date) -> Loan {
    Loan {
        id: event.loan.clone(),
        lender: event.lender.clone(),
        borrower: event.borrower.clone(),
        rate_ppm: event.rate_ppm,
        day_count: event.day_count,
        schedule: Schedule::Bullet.into(),
        due_date: event.due_date,
        issuer: event.lender.clone(),
        ..begun(event.principal.clone(), on)
    }
}

/// A loan as it begins, but for whose it is and its terms.
fn begun(principal: Option<Money>, on: Date) -> Loan {
    let accrual = Accrual {
        minor: 0,
        fraction: 0,
        to: on,
    };
    Loan {
        outstanding_minor: minor(&principal),
        plan_principal_minor: minor(&principal),
        principal,
        plan_from: Some(on.to_proto()),
        opened_on: Some(on.to_proto()),
        interest: Some(accrual.to_proto()),
        state: LoanState::Open.into(),
        ..Loan::default()
    }
}

/// Takes a payment off a loan; nothing where it is not as is owed.
fn pay(loan: &mut Loan, event: &LoanPaid, on: Date) -> Option<()> {
    let interest = Interest {
        rate_ppm: loan.rate_ppm,
        day_count: DayCount::of(loan.day_count())?,
        since: date(loan.opened_on.as_ref())?,
    };
    let stored = Accrual::try_from(&loan.interest?).ok()?;
    let mut accrued = interest.accrue(stored, loan.outstanding_minor, on);
    let (paid_interest, principal) = (minor(&event.interest), minor(&event.principal));
    let first = paid_interest.checked_add(principal)?.min(accrued.minor);
    if paid_interest != first || principal > loan.outstanding_minor {
        return None;
    }
    accrued.minor -= paid_interest;
    loan.outstanding_minor -= principal;
    if loan.outstanding_minor < left_on(loan, on).ok()? {
        loan.plan_principal_minor = loan.outstanding_minor;
        let from = date(loan.plan_from.as_ref())?;
        loan.plan_from = Some(from.max(on).to_proto());
    }
    loan.interest_paid_minor += paid_interest;
    loan.interest = Some(accrued.to_proto());
    let repaid = loan.outstanding_minor == 0 && accrued.minor == 0;
    if repaid {
        loan.state = LoanState::Repaid.into();
        loan.repaid_on = Some(on.to_proto());
    }
    (event.repaid == repaid).then_some(())
}

pub fn checks(records: &Records, history: &[Executed]) -> Vec<Check> {
    let replay = Replay::of(history);
    let requests = replay.requests.iter();
    let requests = requests.map(|(id, state)| (id.to_vec(), *state)).collect();
    let of_records = records.requests.iter();
    let of_records = of_records
        .map(|request| (request.id.clone(), request.state()))
        .collect();
    let awarded: Vec<&Request> = records
        .requests
        .iter()
        // Those of an award in parts stand in their quotes.
        .filter(|request| request.award.is_some())
        .collect();
    let as_quoted = |request: &&Request| costs_as_quoted(request, &replay) == Some(true);
    let at_once = |request: &&Request| delivered(request, &replay, records) == Some(true);
    let loans = replay.loans.values().map(comparable);
    let loan_records = records.loans.iter().map(comparable);
    let sold: Vec<Sale> = history
        .iter()
        .flat_map(|executed| sales(executed, &replay))
        .collect();
    let quotes: Vec<_> = replay.ends.iter().collect();
    let payments: Vec<&Executed> = history.iter().filter(|executed| pays(executed)).collect();
    vec![
        Check::same("requests_as_their_events_say", &requests, &of_records),
        Check::new(
            "quotes_ended_with_their_requests",
            quotes.len(),
            count(&quotes, |(quote, ends)| replay.ended_well(quote, ends)),
        ),
        Check::new(
            "awards_cost_as_quoted",
            awarded.len(),
            count(&awarded, as_quoted),
        ),
        Check::new(
            "awards_paid_for_what_they_took_at_once",
            awarded.len(),
            count(&awarded, at_once),
        ),
        Check::new(
            "claims_sold_for_cash_at_once",
            sold.len(),
            count(&sold, |sale| sale.paid),
        ),
        Check::new(
            "payments_reach_owners_and_lenders",
            payments.len(),
            count(&payments, |executed| reaches(executed, &replay.loans)),
        ),
        Check::same(
            "loans_as_their_events_say",
            &loans.collect(),
            &loan_records.collect(),
        ),
        Check::new("loan_payments_as_owed", replay.loan_payments, replay.owed),
    ]
}

/// A loan's record as far as events tell of it: its collateral is compared with the pledges, and what
/// rounding left is nothing once it is repaid.
fn comparable(loan: &Loan) -> Vec<u8> {
    let mut loan = loan.clone();
    loan.collateral.clear();
    if loan.state() == LoanState::Repaid {
        loan.interest = None;
    }
    loan.encode_to_vec()
}

/// Whether an award is what its quote comes to on its day, and what its event says.
fn costs_as_quoted(request: &Request, replay: &Replay) -> Option<bool> {
    let award = request.award.as_ref()?;
    let (executed, event) = replay.awards.get(&*request.id)?;
    let terms = replay.quotes.get(&(&*request.id, &*award.bank))?;
    let outcome = Outcome {
        cost_minor: award.cost_minor,
        fees_minor: award.fees_minor,
        proceeds_minor: award.proceeds_minor,
        annual_cost_ppm: award.annual_cost_ppm,
    };
    let as_quoted = comes_to(request, terms, executed.date)? == outcome
        && award.amount == terms.amount
        && date(award.awarded_on.as_ref()) == Some(executed.date)
        && event.award.as_ref() == Some(award);
    Some(as_quoted)
}

fn comes_to(request: &Request, terms: &QuoteTerms, value_date: Date) -> Option<Outcome> {
    let fees: u128 = terms
        .fees
        .iter()
        .map(|fee| u128::from(fee.amount_minor))
        .sum();
    let price = Price {
        rate_ppm: terms.rate_ppm,
        day_count: DayCount::of(terms.day_count())?,
        fees_minor: u64::try_from(fees).ok()?,
    };
    let amount = minor(&terms.amount);
    let mut dues = Vec::new();
    for claim in &request.claims {
        dues.push(date(claim.adjusted_due_date.as_ref())?);
    }
    if request.technique() == Technique::LoanAgainstReceivables {
        return price.of_loan(amount, *dues.iter().max()?, value_date);
    }
    let outstanding: Vec<u64> = request.claims.iter().map(|c| c.outstanding_minor).collect();
    let minors = pro_rata(amount, &outstanding);
    let parts = minors
        .into_iter()
        .zip(dues)
        .map(|(minor, due)| Part { minor, due });
    price.of_sale(&parts.collect::<Vec<_>>(), value_date)
}

/// Whether the award's transaction paid its proceeds in the quoted deposits, and passed the claims that
/// make up its amount, or pledged all of the request's.
fn delivered(request: &Request, replay: &Replay, records: &Records) -> Option<bool> {
    let award = request.award.as_ref()?;
    let (executed, event) = replay.awards.get(&*request.id)?;
    let terms = replay.quotes.get(&(&*request.id, &*award.bank))?;
    let cash = executed.events.iter().filter_map(paid).any(|paid| {
        paid.payer == award.bank
            && paid.payee == request.seller
            && paid.minor == award.proceeds_minor
            && paid.issuer == terms.issuer
            && paid.end_to_end_id == terms.end_to_end_id
            && terms
                .amount
                .as_ref()
                .is_some_and(|amount| amount.currency == paid.currency)
    });
    let taken: BTreeSet<(&[u8], u32)> = executed
        .events
        .iter()
        .filter_map(|event| taken(event, request, award))
        .collect();
    let named = event
        .claims
        .iter()
        .map(|c| (&*c.receivable, c.number))
        .collect();
    let whole = match request.technique() {
        Technique::LoanAgainstReceivables => taken.len() == request.claims.len(),
        _ => sold_minor(&taken, request, records)? == u128::from(minor(&award.amount)),
    };
    Some(cash && taken == named && whole)
}

/// The claim that an event passes or pledges to the awarded bank.
fn taken<'a>(event: &'a Event, request: &Request, award: &Award) -> Option<(&'a [u8], u32)> {
    let is_loan = request.technique() == Technique::LoanAgainstReceivables;
    match event {
        Event::Receivable(ReceivableEvent::Transferred(e)) if !is_loan => {
            let passed =
                e.from == request.seller && e.to == award.bank && e.purpose() == Purpose::Sale;
            passed.then_some((&*e.receivable, e.number))
        }
        Event::Receivable(ReceivableEvent::Pledged(e)) if is_loan => {
            let pledged =
                e.controller == request.seller && e.pledgee == award.bank && e.loan == award.loan;
            pledged.then_some((&*e.receivable, e.number))
        }
        _ => None,
    }
}

/// What was outstanding of the claims sold: of a whole one as it was requested, of a part its face.
fn sold_minor(
    taken: &BTreeSet<(&[u8], u32)>,
    request: &Request,
    records: &Records,
) -> Option<u128> {
    let mut sold = 0;
    for (receivable, number) in taken {
        let requested = request.claims.iter();
        let whole = requested
            .filter(|c| (&*c.receivable, c.number) == (*receivable, *number))
            .map(|c| c.outstanding_minor)
            .next();
        let part = || {
            let claims = &mut records.claims.iter();
            let claim = claims.find(|c| (&*c.receivable, c.number) == (*receivable, *number));
            claim.map(|c| c.face_minor)
        };
        sold += u128::from(whole.or_else(part)?);
    }
    Some(sold)
}

/// A claim that changed hands for a price.
struct Sale {
    /// Whether its taker paid its giver in the same transaction, in which it was confirmed over the external rail.
    paid: bool,
}

fn sales<'a>(executed: &'a Executed, replay: &'a Replay<'a>) -> impl Iterator<Item = Sale> + 'a {
    let confirmed = |event: &Event| match event {
        Event::Cash(CashEvent::PaymentClosed(e)) if e.state() == PaymentState::Confirmed => replay
            .payments
            .get(&*e.payment)
            .map(|(payer, payee, _)| (*payer, *payee)),
        _ => None,
    };
    let outside: Vec<(&str, &str)> = executed.events.iter().filter_map(confirmed).collect();
    executed.events.iter().filter_map(move |event| match event {
        Event::Receivable(ReceivableEvent::Transferred(e)) if e.purpose() == Purpose::Sale => {
            let mut payments = executed.events.iter().filter_map(paid);
            let paid = payments.any(|paid| paid.payer == e.to && paid.payee == e.from);
            let paid = paid || outside.contains(&(&*e.to, &*e.from));
            Some(Sale { paid })
        }
        _ => None,
    })
}

/// Whether a debtor pays in a transaction.
fn pays(executed: &Executed) -> bool {
    let mut events = executed.events.iter();
    events.any(|event| matches!(event, Event::Settlement(SettlementEvent::Paid(_))))
}

/// Whether a debtor's cash went to whom its claims' payments name, controllers, lenders and the payees of fees, and the loans
/// were credited with it.
fn reaches(executed: &Executed, loans: &BTreeMap<&[u8], Loan>) -> bool {
    let mut owed: BTreeMap<(&str, &str), u128> = BTreeMap::new();
    let mut got: BTreeMap<(&str, &str), u128> = BTreeMap::new();
    let mut lent: BTreeMap<&[u8], u128> = BTreeMap::new();
    let mut credited: BTreeMap<&[u8], u128> = BTreeMap::new();
    let mut external = false;
    for happened in &executed.events {
        if let Event::Settlement(SettlementEvent::Paid(e)) = happened {
            external |= !e.payment.is_empty();
            for fee in &e.fees {
                *owed.entry((&e.issuer, &fee.payee)).or_default() += u128::from(fee.amount_minor);
            }
        }
        if let Event::Settlement(SettlementEvent::ClaimPaid(e)) = happened {
            let whole = u128::from(minor(&e.principal)) + u128::from(minor(&e.penalty));
            let to_lender = u128::from(minor(&e.to_lender));
            let loan = loans.get(&*e.loan);
            // A lender in control of a claim accounts for the surplus.
            let owner = loan.map_or(&e.controller, |loan| &loan.borrower);
            *owed.entry((&e.issuer, owner)).or_default() += whole.saturating_sub(to_lender);
            let lender = loan.map_or("", |loan| &*loan.lender);
            *owed.entry((&e.issuer, lender)).or_default() += to_lender;
            *lent.entry(&e.loan).or_default() += to_lender;
        }
        if let Some(paid) = paid(happened) {
            *got.entry((paid.issuer, paid.payee)).or_default() += u128::from(paid.minor);
        }
        if let Event::Financing(FinancingEvent::LoanPaid(e)) = happened {
            *credited.entry(&e.loan).or_default() +=
                u128::from(minor(&e.interest)) + u128::from(minor(&e.principal));
        }
    }
    owed.retain(|_, minor| *minor > 0);
    lent.retain(|_, minor| *minor > 0);
    if external {
        // It moves no deposits, and may bring a lender more than its loan still needs.
        let needed =
            |(loan, minor): (&&[u8], &u128)| lent.get(loan).is_some_and(|lent| minor <= lent);
        return got.is_empty() && credited.iter().all(needed);
    }
    owed == got && lent == credited
}
