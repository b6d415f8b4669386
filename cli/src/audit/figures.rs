//! The figures that the ledger shows, in the shape of those expected.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::financing::v1::event::Event as FinancingEvent;
use counterfoil_proto::financing::v1::{LoanState, RequestState, Technique};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::event::Event as ReceivableEvent;
use counterfoil_proto::receivable::v1::{Purpose, Receivable};
use counterfoil_proto::settlement::v1::event::Event as SettlementEvent;
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::money::Currency;

use super::evidence::{Event, Evidence};
use super::expected::{Expected, Figures, Financing, Transactions};
use super::records::Records;
use super::state_names;

/// What the ledger shows of each currency, in the shape of what is expected.
pub fn figures(records: &Records, evidence: &Evidence, currencies: &[Currency]) -> Expected {
    let of_currency = |currency: &Currency| of_currency(records, evidence, *currency);
    let transactions = Transactions {
        committed: evidence.committed,
        rejected: evidence.rejected,
    };
    Expected::new(transactions, currencies.iter().map(of_currency).collect())
}

fn of_currency(records: &Records, evidence: &Evidence, currency: Currency) -> Figures {
    let mut figures = Figures::none(currency, state_names());
    for organization in &records.organizations {
        if organization.roles().any(|role| role == Role::Bank) {
            figures.bank(&organization.id);
        }
    }
    invoices(&mut figures, records);
    let receivables = receivables(&mut figures, records);
    claims(&mut figures, evidence, &receivables);
    recoveries_and_purchases(&mut figures, evidence);
    requests_and_loans(&mut figures, records);
    deposits(&mut figures, records);
    figures
}

fn is_in(figures: &Figures, money: &Option<wire::Money>) -> bool {
    let currency = money.as_ref().map(|money| money.currency.as_str());
    currency == Some(figures.currency.code())
}

fn invoices(figures: &mut Figures, records: &Records) {
    for invoice in &records.invoices {
        if is_in(figures, &invoice.gross) {
            figures.invoices += 1;
            figures.disputed += u64::from(invoice.query_count > 0);
            figures.count(format!("{:?}", invoice.state()));
        }
    }
}

/// Returns the ids of the receivables that are in the currency.
fn receivables<'a>(figures: &mut Figures, records: &'a Records) -> BTreeSet<&'a [u8]> {
    let issued: BTreeMap<&[u8], Option<Date>> = records
        .invoices
        .iter()
        .map(|invoice| (&*invoice.id, date(invoice.issue_date.as_ref())))
        .collect();
    let requests = records.requests.iter();
    let put_to_banks: BTreeSet<&[u8]> = requests
        .flat_map(|request| request.claims.iter().map(|claim| &*claim.receivable))
        .collect();
    let mut of_currency = BTreeSet::new();
    for receivable in &records.receivables {
        if !is_in(figures, &receivable.face) {
            continue;
        }
        of_currency.insert(&*receivable.id);
        figures.count(format!("{:?}", receivable.state()));
        figures.confirmed_minor += u128::from(minor(&receivable.face));
        figures.principal_paid_minor += u128::from(receivable.redeemed_minor);
        figures.penalty_paid_minor += u128::from(receivable.penalty_paid_minor);
        figures.credited_minor += u128::from(receivable.credited_minor);
        figures.late += u64::from(paid_late(receivable));
        let settled = date(receivable.settled_on.as_ref());
        let at_once = settled.is_some() && issued.get(&*receivable.invoice) == Some(&settled);
        figures.not_financed += u64::from(at_once && !put_to_banks.contains(&*receivable.id));
    }
    of_currency
}

fn claims(figures: &mut Figures, evidence: &Evidence, receivables: &BTreeSet<&[u8]>) {
    for event in evidence.events() {
        let Event::Receivable(event) = event else {
            continue;
        };
        let (receivable, figure) = match event {
            ReceivableEvent::Split(e) => (&e.receivable, &mut figures.split),
            ReceivableEvent::Transferred(e) => match e.purpose() {
                Purpose::Sale => (&e.receivable, &mut figures.sold),
                Purpose::Enforcement | Purpose::Subrogation => continue,
                _ => (&e.receivable, &mut figures.offers.accepted),
            },
            ReceivableEvent::Overtaken(e) => (&e.receivable, &mut figures.offers.overtaken),
            ReceivableEvent::Pledged(e) => (&e.receivable, &mut figures.pledged),
            _ => continue,
        };
        *figure += u64::from(receivables.contains(&**receivable));
    }
}

fn recoveries_and_purchases(figures: &mut Figures, evidence: &Evidence) {
    for event in evidence.events() {
        match event {
            Event::Settlement(SettlementEvent::ClaimRecovered(e))
                if is_in(figures, &e.principal) =>
            {
                let paid = u128::from(minor(&e.principal)) + u128::from(minor(&e.penalty));
                figures.recovered_minor += paid;
            }
            Event::Financing(FinancingEvent::ClaimPurchased(e)) if is_in(figures, &e.amount) => {
                figures.bank(&e.bank).discount_minor += u128::from(e.cost_minor);
            }
            _ => {}
        }
    }
}

fn requests_and_loans(figures: &mut Figures, records: &Records) {
    let mut awards = Vec::new();
    for request in &records.requests {
        if !is_in(figures, &request.amount) {
            continue;
        }
        figures.overtaken += u64::from(request.state() == RequestState::Overtaken);
        if let Some(award) = &request.award {
            awards.push((request.technique(), award));
            if request.technique() != Technique::LoanAgainstReceivables {
                let bank = figures.bank(&award.bank);
                bank.discount_minor += u128::from(award.cost_minor);
            }
        }
    }
    figures.financing = Financing::by_technique(awards.into_iter());
    for loan in &records.loans {
        if is_in(figures, &loan.principal) {
            figures.loans.opened += 1;
            figures.loans.repaid += u64::from(loan.state() == LoanState::Repaid);
            figures.bank(&loan.lender).interest_minor += u128::from(loan.interest_paid_minor);
        }
    }
}

fn deposits(figures: &mut Figures, records: &Records) {
    let code = figures.currency.code().to_owned();
    for issuance in records.issuances.iter().filter(|i| i.currency == code) {
        let bank = figures.bank(&issuance.issuer);
        bank.issued_minor += u128::from(issuance.issued_minor);
        bank.redeemed_minor += u128::from(issuance.redeemed_minor);
    }
    for suspense in &records.suspense {
        if is_in(figures, &suspense.amount) {
            figures.suspended_minor += u128::from(minor(&suspense.amount));
        }
    }
    for balance in records.balances.iter().filter(|b| b.currency == code) {
        let held = u128::from(balance.available_minor) + u128::from(balance.locked_minor);
        figures.bank(&balance.issuer).held_minor += held;
    }
}

fn paid_late(receivable: &Receivable) -> bool {
    match (
        date(receivable.settled_on.as_ref()),
        date(receivable.adjusted_due_date.as_ref()),
    ) {
        (Some(settled), Some(due)) => settled > due,
        _ => false,
    }
}

pub fn date(date: Option<&wire::Date>) -> Option<Date> {
    date.and_then(|date| Date::try_from(date).ok())
}

pub fn minor(money: &Option<wire::Money>) -> u64 {
    money.as_ref().map_or(0, |money| money.minor)
}

pub fn count<T>(items: &[T], holds: impl Fn(&T) -> bool) -> u64 {
    items.iter().filter(|item| holds(item)).count() as u64
}
