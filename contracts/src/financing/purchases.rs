//! What is bought and lent under standing quotes (specification 5.7).

use std::collections::BTreeMap;

use counterfoil_proto::financing::v1::event::Event as Kind;
use counterfoil_proto::financing::v1::{
    ClaimPurchased, ClaimReference, DrawExtension, ExtensionDrawn, Loan, Programme,
    PurchaseUnderProgramme, RejectionCode, StandingQuote, StandingTerms,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::Claim;
use counterfoil_proto::v1::Money;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{LoanId, TxId};
use counterfoil_types::interest::{DayCount, accrued};
use counterfoil_types::limits::MAX_END_TO_END_ID;

use super::events::emit;
use super::keys::{PROGRAMMES, STANDING, put_loan};
use super::limits::check_exposure;
use super::loans::begun;
use super::policy;
use super::programmes::{check_buyer, check_open, find, put_standing};
use super::requests::find_claim;
use crate::cash::api::{self as cash, Payment};
use crate::kernel::{Context, Failure, StateError, Store, reject, stored_date};
use crate::membership::api as membership;
use crate::receivable::api::{self as receivables, Liability, Taken, Taker};
use crate::supervision::api as supervision;

/// The days that a claim has at least to its due date.
const LEAST_DAYS: u32 = 1;

pub(super) fn purchase(
    context: &mut Context<'_>,
    purchase: &PurchaseUnderProgramme,
) -> Result<(), Failure> {
    let seller = context.caller.id.clone();
    if !membership::has_role(&context.caller, Role::Supplier) {
        let message = "only a supplier sells under a programme";
        return Err(reject(RejectionCode::WrongRole, message));
    }
    let programme = find(&context.store, &purchase.programme)?;
    check_open(&programme)?;
    let reference = ClaimReference {
        receivable: purchase.receivable.clone(),
        number: purchase.number,
    };
    let (claim, receivable) = find_claim(context, &reference)?;
    if receivable.debtor != programme.buyer {
        let message = "the claim is not against the programme's buyer";
        return Err(reject(RejectionCode::OtherDebtor, message));
    }
    let mut quote = find_standing(context, &programme, &purchase.bank)?;
    let terms = quote.terms.clone().unwrap_or_default();
    let outstanding = receivables::money(&receivable, claim.outstanding_minor);
    let amount = check_amount(&terms, Some(&outstanding))?;
    check_rate(terms.rate_ppm, purchase.rate_ppm)?;
    let due = stored_date("receivable/receivable", receivable.adjusted_due_date)?;
    let days = terms.minimum_days.max(LEAST_DAYS);
    if context.ledger_date.days_until(due) < i64::from(days) {
        let message = format!("the claim falls due on {due}, in less than {days} days");
        return Err(reject(RejectionCode::DueTooSoon, message));
    }
    use_cap(&mut quote, &terms, amount.minor)?;
    let parties = (quote.bank.as_str(), programme.buyer.as_str());
    check_exposure(context, parties, &amount)?;
    policy::check_purchase(context, parties, (&claim, terms.rate_ppm), &amount)?;
    let cost_minor = discount(&claim, &terms, context.ledger_date, due)?;
    let proceeds_minor = amount.minor - cost_minor;
    pay(
        context,
        (&quote.bank, &seller),
        &Money {
            minor: proceeds_minor,
            currency: amount.currency.clone(),
        },
    )?;

    put_standing(&mut context.store, &quote);
    let whole = Taken {
        minor: claim.outstanding_minor,
        by: Taker::Buyer(&quote.bank, Liability::none()),
    };
    receivables::sell(context, claim, &[whole])?;
    let purchased = ClaimPurchased {
        programme: programme.id,
        bank: quote.bank.clone(),
        seller: seller.clone(),
        claim: Some(reference),
        amount: Some(amount),
        cost_minor,
        proceeds_minor,
    };
    let concerned = [seller.as_str(), &quote.bank];
    emit(context, &concerned, Kind::ClaimPurchased(purchased));
    Ok(())
}

/// What a claim's whole discount is, and that it leaves the seller something.
fn discount(claim: &Claim, terms: &StandingTerms, today: Date, due: Date) -> Result<u64, Failure> {
    let day_count = DayCount::of(terms.day_count())
        .ok_or_else(|| StateError::corrupt("financing/standing", "no day count"))?;
    let outstanding_minor = claim.outstanding_minor;
    match accrued(outstanding_minor, terms.rate_ppm, day_count, today, due) {
        Ok(cost_minor) if cost_minor < outstanding_minor => Ok(cost_minor),
        _ => {
            let message = "the discount leaves the seller nothing";
            Err(reject(RejectionCode::NetNotPositive, message))
        }
    }
}

/// What selling a claim would pass on; nothing where there is no such claim.
pub(super) fn amount(
    store: &Store<'_>,
    purchase: &PurchaseUnderProgramme,
) -> Result<Option<Money>, StateError> {
    let claim = receivables::claim(store, &purchase.receivable, purchase.number)?;
    let receivable = receivables::receivable(store, &purchase.receivable)?;
    let both = claim.zip(receivable);
    Ok(both.map(|(claim, receivable)| receivables::money(&receivable, claim.outstanding_minor)))
}

pub(super) fn draw(context: &mut Context<'_>, draw: &DrawExtension) -> Result<(), Failure> {
    let buyer = context.caller.id.clone();
    let programme = find(&context.store, &draw.programme)?;
    check_buyer(context, &programme)?;
    check_open(&programme)?;
    let mut quote = find_standing(context, &programme, &draw.bank)?;
    let terms = quote.terms.clone().unwrap_or_default();
    if terms.extension_days == 0 {
        let message = format!("{} offers no extensions", quote.bank);
        return Err(reject(RejectionCode::NoExtension, message));
    }
    let amount = check_amount(&terms, draw.amount.as_ref())?;
    check_rate(terms.extension_rate_ppm, draw.rate_ppm)?;
    let today = context.ledger_date;
    let due = today.add_days(i64::from(terms.extension_days));
    let due = due.map_err(|e| reject(RejectionCode::InvalidDate, e.to_string()))?;
    use_cap(&mut quote, &terms, amount.minor)?;
    let parties = (quote.bank.as_str(), buyer.as_str());
    check_exposure(context, parties, &amount)?;
    policy::check_extension(context, parties, terms.extension_rate_ppm, &amount)?;
    pay(context, (&quote.bank, &buyer), &amount)?;

    put_standing(&mut context.store, &quote);
    let loan = Loan {
        id: LoanId::of_extension(context.tx_id).to_vec(),
        lender: quote.bank.clone(),
        borrower: buyer,
        rate_ppm: terms.extension_rate_ppm,
        day_count: terms.day_count,
        due_date: Some(due.to_proto()),
        issuer: quote.bank,
        ..begun(amount, today)
    };
    put_loan(&mut context.store, &loan);
    let drawn = ExtensionDrawn {
        programme: programme.id,
        loan: loan.id,
        lender: loan.lender.clone(),
        borrower: loan.borrower.clone(),
        principal: loan.principal,
        rate_ppm: loan.rate_ppm,
        day_count: loan.day_count,
        due_date: loan.due_date,
    };
    let concerned = [loan.lender.as_str(), &loan.borrower];
    emit(context, &concerned, Kind::ExtensionDrawn(drawn));
    Ok(())
}

/// A bank's standing quote that the caller may accept today.
fn find_standing(
    context: &Context<'_>,
    programme: &Programme,
    bank: &str,
) -> Result<StandingQuote, Failure> {
    let none = || {
        let message = format!("{bank:?} has no standing quote here that is accepted today");
        reject(RejectionCode::NoStandingQuote, message)
    };
    let parts = [programme.id.as_slice(), bank.as_bytes()];
    let quote = STANDING.get(&context.store, &parts)?.ok_or_else(none)?;
    let terms = quote.terms.as_ref();
    let key = "financing/standing";
    let agreed = stored_date(key, terms.and_then(|terms| terms.expires_on))?;
    let records = [
        STANDING.key(&parts),
        PROGRAMMES.key(&[&programme.id]),
        membership::organization_key(bank),
    ];
    let last = supervision::last_day(context, &records, stored_date(key, quote.made_on)?, agreed)?;
    let active = membership::is_in_role(&context.store, bank, Role::Bank)?;
    if context.ledger_date > last || !active || bank == context.caller.id {
        return Err(none());
    }
    supervision::check_free(context, &records)?;
    Ok(quote)
}

fn check_amount(terms: &StandingTerms, amount: Option<&Money>) -> Result<Money, Failure> {
    let quoted = terms.cap.clone().unwrap_or_default().currency;
    cash::check_amount_for(("standing quote", &quoted), amount)
        .map_err(|fault| fault.under(RejectionCode::WrongCurrency, RejectionCode::InvalidAmount))
}

fn check_rate(quoted_ppm: u32, accepted_ppm: u32) -> Result<(), Failure> {
    if quoted_ppm == accepted_ppm {
        return Ok(());
    }
    let message = format!("the standing quote is at {quoted_ppm} ppm, not {accepted_ppm}");
    Err(reject(RejectionCode::RateDiffers, message))
}

/// Takes so much of a standing quote's cap.
fn use_cap(quote: &mut StandingQuote, terms: &StandingTerms, minor: u64) -> Result<(), Failure> {
    let cap_minor = terms.cap.as_ref().map_or(0, |cap| cap.minor);
    match quote.used_minor.checked_add(minor) {
        Some(used_minor) if used_minor <= cap_minor => {
            quote.used_minor = used_minor;
            Ok(())
        }
        _ => {
            let message = format!("{} quotes for {cap_minor} minor units in all", quote.bank);
            Err(reject(RejectionCode::QuoteUsedUp, message))
        }
    }
}

/// Pays in the bank's own deposits, under a name that only this transaction can make. All else was checked before.
fn pay(
    context: &mut Context<'_>,
    (bank, payee): (&str, &str),
    amount: &Money,
) -> Result<(), Failure> {
    let payment = Payment {
        issuer: bank,
        payer: bank,
        instructed: amount,
        legs: &BTreeMap::from([(payee.to_owned(), amount.minor)]),
        end_to_end_id: &payment_name(context.tx_id),
    };
    cash::check_end_to_end_id(&context.store, bank, payment.end_to_end_id)
        .and_then(|()| payment.check_funds(context))
        .map_err(|fault| fault.under::<RejectionCode>())?;

    Ok(payment.make(context)?)
}

fn payment_name(tx_id: TxId) -> String {
    let mut name = format!("PF{tx_id}");
    name.truncate(MAX_END_TO_END_ID);
    name
}
