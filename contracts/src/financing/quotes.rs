//! Sealed quotes: committed to, then revealed (specification 5.2).

use counterfoil_proto::financing::v1::event::Event as Kind;
use counterfoil_proto::financing::v1::{
    CommitQuote, Quote, QuoteCommitted, QuoteRevealed, QuoteState, QuoteTerms, RejectionCode,
    Request, RevealQuote, Schedule,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::{DayCount, Recourse};
use counterfoil_proto::v1::Money;
use counterfoil_types::dates::Date;
use counterfoil_types::limits::{
    MAX_FEE_NAME, MAX_FEES, MAX_GRACE_DAYS, MAX_MINOR, MAX_QUOTES, MAX_RATE_PPM,
};
use counterfoil_types::quote::commitment;

use super::awards::locked_claims;
use super::clocks::reveal_window;
use super::events::emit;
use super::exposures::quoted;
use super::keys::{find_request, put_quote, put_request, quote};
use super::limits;
use super::outside::is_outside;
use super::policy;
use super::pricing::price;
use super::requests::{agreed_window, amount_problem, check_open, is_sale, recourse_problem};
use crate::cash::api as cash;
use crate::kernel::{Context, Failure, StateError, Store, check_known, reject};
use crate::membership::api as membership;
use crate::receivable::api::Liability;

pub(super) fn commit(context: &mut Context<'_>, commit: CommitQuote) -> Result<(), Failure> {
    let bank = context.caller.id.clone();
    if !membership::has_role(&context.caller, Role::Bank) {
        return Err(reject(RejectionCode::WrongRole, "only a bank quotes"));
    }
    let mut request = find_request(&context.store, &commit.request)?;
    let excluded = bank == request.seller || request.debtors.contains(&bank);
    let invited = request.invited.is_empty() || request.invited.contains(&bank);
    if excluded || !invited {
        let message = format!("{bank} is not among the banks that may quote");
        return Err(reject(RejectionCode::NotInvited, message));
    }
    check_open(&request)?;
    let (deadline, _) = reveal_window(context, &request)?;
    if context.ledger_date > deadline {
        let message = format!("the last day for quotes was {deadline}");
        return Err(reject(RejectionCode::DeadlinePassed, message));
    }
    if request.quoting.contains(&bank) {
        let message = format!("{bank} has committed a quote already");
        return Err(reject(RejectionCode::AlreadyQuoted, message));
    }
    if request.quoting.len() >= MAX_QUOTES {
        let message = format!("{MAX_QUOTES} banks have quoted");
        return Err(reject(RejectionCode::TooManyQuotes, message));
    }
    if commit.commitment.len() != 32 {
        let message = format!(
            "the commitment has {} bytes, not 32",
            commit.commitment.len()
        );
        return Err(reject(RejectionCode::InvalidCommitment, message));
    }
    policy::check_quoting(context, &request, &bank)?;

    let quote = Quote {
        request: commit.request,
        bank: bank.clone(),
        commitment: commit.commitment,
        height: context.block.height,
        index: context.index,
        state: QuoteState::Committed.into(),
        terms: None,
        award: None,
        payment: Vec::new(),
        claims: Vec::new(),
    };
    put_quote(&mut context.store, &quote);
    request.quoting.push(bank);
    put_request(&mut context.store, &request);
    let committed = QuoteCommitted {
        request: quote.request,
        bank: quote.bank,
        commitment: quote.commitment,
    };
    let concerned = [request.seller.as_str(), &context.caller.id.clone()];
    emit(context, &concerned, Kind::Committed(committed));
    Ok(())
}

pub(super) fn reveal(context: &mut Context<'_>, reveal: RevealQuote) -> Result<(), Failure> {
    let terms = reveal.terms.unwrap_or_default();
    check_known::<DayCount>(terms.day_count, "day count")?;
    check_known::<Recourse>(terms.recourse, "recourse")?;
    check_known::<Schedule>(terms.schedule, "schedule")?;
    let bank = context.caller.id.clone();
    let mut request = find_request(&context.store, &reveal.request)?;
    check_open(&request)?;
    let mut quote = quote(&context.store, &request.id, &bank)?.ok_or_else(|| {
        let message = format!("{bank} has committed no quote to this request");
        reject(RejectionCode::NoQuote, message)
    })?;
    let today = context.ledger_date;
    let (deadline, until) = reveal_window(context, &request)?;
    if today <= deadline || today > until {
        let message = format!("quotes are revealed after {deadline}, until the end of {until}");
        return Err(reject(RejectionCode::NotInRevealWindow, message));
    }
    if quote.state() != QuoteState::Committed {
        let message = format!("{bank} has revealed its quote already");
        return Err(reject(RejectionCode::AlreadyRevealed, message));
    }
    check_seal(context, &quote, &terms, &reveal.salt)?;
    let (_, agreed) = agreed_window(&request)?;
    let liability = Liability::new(terms.recourse(), terms.recourse_limit);
    let problem = match problem(&request, &terms, agreed) {
        None => recourse_problem(context, request.technique(), &request.claims, &liability)?,
        problem => problem,
    };
    if let Some(problem) = problem {
        return Err(reject(RejectionCode::InvalidQuote, problem));
    }
    if is_outside(&terms) {
        cash::check_asserter(&context.store, &terms.asserter)?;
    } else {
        check_issuer(context, &request, &terms.issuer)?;
    }
    cash::check_end_to_end_id(&context.store, &bank, &terms.end_to_end_id)
        .map_err(|fault| fault.under::<RejectionCode>())?;
    if price(&request, &terms, today)?.is_none() {
        let message = "cost and fees leave the seller nothing";
        return Err(reject(RejectionCode::NetNotPositive, message));
    }
    limits::check_reservation(context, &request, &bank, &terms)?;
    let claims = locked_claims(context, &request)?;
    let lines = quoted(&context.store, &request, &bank, &terms)?;
    policy::check_funding(context, &request, (&claims, &[(&bank, &terms)]), &lines)?;

    // The bank cannot spend the payment's name elsewhere, and so get out of its quote.
    cash::use_end_to_end_id(context, &bank, &terms.end_to_end_id);
    quote.state = QuoteState::Revealed.into();
    quote.terms = Some(terms.clone());
    put_quote(&mut context.store, &quote);
    request.revealed += 1;
    put_request(&mut context.store, &request);
    let revealed = QuoteRevealed {
        request: request.id,
        bank: bank.clone(),
        terms: Some(terms),
    };
    emit(context, &[&request.seller, &bank], Kind::Revealed(revealed));
    Ok(())
}

fn check_issuer(context: &Context<'_>, request: &Request, issuer: &str) -> Result<(), Failure> {
    if issuer == request.seller {
        let message = "the seller is not paid by a promise of its own";
        return Err(reject(RejectionCode::UnknownIssuer, message));
    }
    cash::check_issuer(&context.store, issuer).map_err(|fault| fault.under::<RejectionCode>())
}

fn check_seal(
    context: &Context<'_>,
    quote: &Quote,
    terms: &QuoteTerms,
    salt: &[u8],
) -> Result<(), Failure> {
    let chain_id = &context.rules.genesis.chain_id;
    let is_opening = <&[u8; 32]>::try_from(salt).is_ok_and(|salt| {
        let sealed = commitment(chain_id, &quote.request, &quote.bank, salt, terms);
        sealed.as_bytes() == quote.commitment.as_slice()
    });
    if is_opening {
        return Ok(());
    }
    let message = "terms and salt are not those that were committed to";
    Err(reject(RejectionCode::CommitmentDiffers, message))
}

/// What is wrong with a quote's terms beside its payment, in words.
fn problem(request: &Request, terms: &QuoteTerms, reveal_until: Date) -> Option<String> {
    let asked = request.amount.clone().unwrap_or_default();
    let amount = terms.amount.clone().unwrap_or_default();
    if amount.currency != asked.currency {
        return Some(format!("the quote is not in {}", asked.currency));
    }
    if let Some(problem) = amount_problem(request.technique(), amount.minor, &request.claims) {
        return Some(problem);
    }
    if terms.rate_ppm > MAX_RATE_PPM {
        return Some("the rate is over 1,000,000 ppm a year".into());
    }
    if terms.day_count() == DayCount::Unspecified {
        return Some("say the day count".into());
    }
    if is_outside(terms) && !terms.issuer.is_empty() {
        return Some("name a bank whose deposits pay, or one that asserts, not both".into());
    }
    let sale = is_sale(request.technique());
    if terms.smallest_part_minor > amount.minor || (!sale && terms.smallest_part_minor > 0) {
        return Some("a smallest part is of a sale, and at most its amount".into());
    }
    let has_plan = terms.schedule() != Schedule::Unspecified || terms.loan_grace_days > 0;
    if (sale && has_plan) || terms.loan_grace_days > MAX_GRACE_DAYS {
        return Some(format!(
            "a schedule and grace days, {MAX_GRACE_DAYS} at most, are for loans"
        ));
    }
    if terms.fees.len() > MAX_FEES {
        return Some(format!("a quote has at most {MAX_FEES} fees"));
    }
    let is_fee = |name: &str, minor: u64| {
        (1..=MAX_FEE_NAME).contains(&name.chars().count()) && (1..=MAX_MINOR).contains(&minor)
    };
    if !terms
        .fees
        .iter()
        .all(|fee| is_fee(&fee.name, fee.amount_minor))
    {
        return Some(format!(
            "a fee has a name of 1 to {MAX_FEE_NAME} characters and 1 to 10^18 minor units"
        ));
    }
    match Date::try_from(&terms.expires_on.unwrap_or_default()) {
        Ok(last) if last > reveal_until => None,
        _ => Some(format!(
            "the quote's last day is no date, or not after {reveal_until}, when nobody may reveal any more"
        )),
    }
}

/// What a bank's revealed quote is over; nothing where there is none.
pub(super) fn amount(
    store: &Store<'_>,
    request: &[u8],
    bank: &str,
) -> Result<Option<Money>, StateError> {
    let quote = quote(store, request, bank)?;
    Ok(quote.and_then(|quote| quote.terms?.amount))
}
