//! Payables finance: a buyer's programmes and the standing quotes of banks (specification 5.7).

use counterfoil_proto::financing::v1::event::Event as Kind;
use counterfoil_proto::financing::v1::{
    CloseProgramme, MakeStandingQuote, OpenProgramme, Programme, ProgrammeClosed, ProgrammeOpened,
    ProgrammeState, RejectionCode, StandingQuote, StandingQuoteMade, StandingTerms,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::DayCount;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::ProgrammeId;
use counterfoil_types::limits::{MAX_MINOR, MAX_RATE_PPM, MAX_TENOR_DAYS};

use super::events::emit;
use super::keys::{PROGRAMMES, STANDING};
use super::policy;
use super::requests::check_banks;
use crate::kernel::{Context, Failure, Store, check_known, reject};
use crate::membership::api as membership;

pub(super) fn open(context: &mut Context<'_>, open: OpenProgramme) -> Result<(), Failure> {
    if !membership::has_role(&context.caller, Role::CoreEnterprise) {
        let message = "only a core enterprise opens a programme";
        return Err(reject(RejectionCode::WrongRole, message));
    }
    check_banks(context, &open.banks, &[])?;

    let programme = Programme {
        id: ProgrammeId::of(context.tx_id).to_vec(),
        buyer: context.caller.id.clone(),
        banks: open.banks,
        state: ProgrammeState::Open.into(),
        opened_on: Some(context.ledger_date.to_proto()),
        closed_on: None,
    };
    PROGRAMMES.put(&mut context.store, &[&programme.id], &programme);
    let opened = ProgrammeOpened {
        programme: programme.id.clone(),
        buyer: programme.buyer.clone(),
    };
    emit(
        context,
        &concerned(&programme),
        Kind::ProgrammeOpened(opened),
    );
    Ok(())
}

fn concerned(programme: &Programme) -> Vec<&str> {
    let banks = programme.banks.iter().map(String::as_str);
    banks.chain([programme.buyer.as_str()]).collect()
}

pub(super) fn close(context: &mut Context<'_>, close: &CloseProgramme) -> Result<(), Failure> {
    let mut programme = find(&context.store, &close.programme)?;
    check_buyer(context, &programme)?;
    check_open(&programme)?;

    programme.state = ProgrammeState::Closed.into();
    programme.closed_on = Some(context.ledger_date.to_proto());
    PROGRAMMES.put(&mut context.store, &[&programme.id], &programme);
    let closed = ProgrammeClosed {
        programme: programme.id.clone(),
        buyer: programme.buyer.clone(),
    };
    emit(
        context,
        &concerned(&programme),
        Kind::ProgrammeClosed(closed),
    );
    Ok(())
}

pub(super) fn find(store: &Store<'_>, id: &[u8]) -> Result<Programme, Failure> {
    PROGRAMMES
        .get(store, &[id])?
        .ok_or_else(|| reject(RejectionCode::UnknownProgramme, "no programme has this id"))
}

pub(super) fn check_buyer(context: &Context<'_>, programme: &Programme) -> Result<(), Failure> {
    if programme.buyer == context.caller.id {
        return Ok(());
    }
    let message = "this is for the programme's buyer";
    Err(reject(RejectionCode::NotTheBuyer, message))
}

pub(super) fn check_open(programme: &Programme) -> Result<(), Failure> {
    match programme.state() {
        ProgrammeState::Open => Ok(()),
        _ => Err(reject(
            RejectionCode::ProgrammeClosed,
            "the programme is closed",
        )),
    }
}

pub(super) fn quote(context: &mut Context<'_>, make: MakeStandingQuote) -> Result<(), Failure> {
    let terms = make.terms.unwrap_or_default();
    check_known::<DayCount>(terms.day_count, "day count")?;
    let bank = context.caller.id.clone();
    if !membership::has_role(&context.caller, Role::Bank) {
        return Err(reject(RejectionCode::WrongRole, "only a bank quotes"));
    }
    let programme = find(&context.store, &make.programme)?;
    let invited = programme.banks.is_empty() || programme.banks.contains(&bank);
    if !invited || programme.buyer == bank {
        let message = format!("{bank} is not among the banks that may quote");
        return Err(reject(RejectionCode::NotInvited, message));
    }
    check_open(&programme)?;
    if let Some(problem) = problem(context, &terms) {
        return Err(reject(RejectionCode::InvalidStandingQuote, problem));
    }
    policy::check_standing(context, (&bank, &programme.buyer), &terms)?;

    let quote = StandingQuote {
        programme: programme.id,
        bank: bank.clone(),
        terms: Some(terms.clone()),
        used_minor: 0,
        made_on: Some(context.ledger_date.to_proto()),
    };
    put_standing(&mut context.store, &quote);
    let made = StandingQuoteMade {
        programme: quote.programme,
        bank: quote.bank,
        terms: Some(terms),
    };
    let concerned = [bank.as_str(), &programme.buyer];
    emit(context, &concerned, Kind::StandingQuoteMade(made));
    Ok(())
}

pub(super) fn put_standing(store: &mut Store<'_>, quote: &StandingQuote) {
    let parts = [quote.programme.as_slice(), quote.bank.as_bytes()];
    STANDING.put(store, &parts, quote);
}

/// What is wrong with a standing quote's terms, in words.
fn problem(context: &Context<'_>, terms: &StandingTerms) -> Option<String> {
    let cap = terms.cap.clone().unwrap_or_default();
    if context.rules.genesis.currency(&cap.currency).is_none() || cap.minor > MAX_MINOR {
        return Some("a cap is at most 10^18 minor units of a currency of this ledger".into());
    }
    if terms.rate_ppm > MAX_RATE_PPM || terms.extension_rate_ppm > MAX_RATE_PPM {
        return Some("a rate is at most 1,000,000 ppm a year".into());
    }
    if terms.day_count() == DayCount::Unspecified {
        return Some("say the day count".into());
    }
    let days = terms.minimum_days.max(terms.extension_days);
    if i64::from(days) > MAX_TENOR_DAYS {
        return Some(format!("days are at most {MAX_TENOR_DAYS}"));
    }
    let today = context.ledger_date;
    match Date::try_from(&terms.expires_on.unwrap_or_default()) {
        Ok(last) if last >= today => None,
        _ => Some(format!("the last day is {today} or later")),
    }
}
