//! Publishing policy packs, and which of them is in force (specification 7.1).

use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::supervision::v1::event::Event as Kind;
use counterfoil_proto::supervision::v1::{
    ExposureCap, PackPublished, PolicyPack, PublishPack, RejectionCode, Rules, Schedule,
    ScheduledPack,
};
use counterfoil_types::dates::Date;
use counterfoil_types::limits::{
    MAX_EXPOSURE_CAPS, MAX_LISTED, MAX_MINOR, MAX_RATE_PPM, MAX_SCHEDULED_PACKS, MAX_TENOR_DAYS,
};

use super::events::emit;
use super::keys::{pack, put_pack, put_schedule, schedule};
use crate::kernel::{Context, Failure, StateError, Store, reject, stored_date};
use crate::membership::api as membership;

const KEY: &str = "supervision/schedule";

pub(super) fn publish(context: &mut Context<'_>, publish: PublishPack) -> Result<(), Failure> {
    check_signed(context)?;
    let scheduled = schedule(&context.store)?;
    let next = scheduled.packs.last().map_or(0, |last| last.version) + 1;
    if publish.version != next {
        let message = format!("the next version is {next}, not {}", publish.version);
        return Err(reject(RejectionCode::WrongVersion, message));
    }
    let today = context.ledger_date;
    let from = Date::try_from(&publish.effective_from.unwrap_or_default())
        .map_err(|e| reject(RejectionCode::InvalidDate, e.to_string()))?;
    if from < today {
        let message = format!("a pack comes into force on {today} or later");
        return Err(reject(RejectionCode::InvalidDate, message));
    }
    let rules = publish.rules.unwrap_or_default();
    if let Some(problem) = problem(context, &rules)? {
        return Err(reject(RejectionCode::InvalidRules, problem));
    }
    let mut schedule = upcoming(scheduled, today, from)?;
    if schedule.packs.len() >= MAX_SCHEDULED_PACKS {
        let message = format!("{MAX_SCHEDULED_PACKS} packs are in force or to come");
        return Err(reject(RejectionCode::TooManyPacks, message));
    }

    schedule.packs.push(ScheduledPack {
        version: publish.version,
        effective_from: publish.effective_from,
    });
    put_schedule(&mut context.store, &schedule);
    let pack = PolicyPack {
        version: publish.version,
        effective_from: publish.effective_from,
        rules: Some(rules),
        published_by: context.caller.id.clone(),
        published_on: Some(today.to_proto()),
    };
    put_pack(&mut context.store, &pack);
    let consents = context.consents.clone();
    let signed: Vec<&str> = consents.iter().map(String::as_str).collect();
    let signed = [signed.as_slice(), &[pack.published_by.as_str()]].concat();
    let published = PackPublished {
        version: pack.version,
        effective_from: pack.effective_from,
    };
    emit(context, &signed, Kind::PackPublished(published));
    Ok(())
}

/// A regulator signs where one is active, else more than two thirds of the operators.
fn check_signed(context: &Context<'_>) -> Result<(), Failure> {
    let regulated = membership::has_regulator(&context.store)?;
    let role = match regulated {
        true => Role::Regulator,
        false => Role::Operator,
    };
    if !membership::has_role(&context.caller, role) {
        let message =
            "a policy pack is published by a regulator, and by operators where there is none";
        return Err(reject(RejectionCode::WrongRole, message));
    }
    match regulated {
        true => Ok(()),
        false => membership::check_consortium(context),
    }
}

/// What is left of a schedule once a later version is to come into force on a day: what is in force until then.
fn upcoming(mut schedule: Schedule, today: Date, from: Date) -> Result<Schedule, StateError> {
    let mut days = Vec::with_capacity(schedule.packs.len());
    for pack in &schedule.packs {
        days.push(stored_date(KEY, pack.effective_from)?);
    }
    let past = days.iter().filter(|day| **day <= today).count();
    let before = days.iter().filter(|day| **day < from).count();
    let ended = match from > today {
        true => past.saturating_sub(1),
        false => past,
    };
    schedule.packs.truncate(before);
    schedule.packs.drain(..ended.min(before));
    Ok(schedule)
}

/// The pack in force on a day, which is the ledger date.
pub fn in_force(store: &Store<'_>, today: Date) -> Result<Option<PolicyPack>, StateError> {
    let mut version = None;
    for scheduled in schedule(store)?.packs {
        if stored_date(KEY, scheduled.effective_from)? <= today {
            version = Some(scheduled.version);
        }
    }
    version.map(|version| pack(store, version)).transpose()
}

/// What is wrong with rules, in words.
fn problem(context: &Context<'_>, rules: &Rules) -> Result<Option<String>, StateError> {
    let days = [
        rules.longest_tenor_days,
        rules.scrutiny_above_days,
        rules.small_seller_days,
    ];
    if days.iter().any(|days| i64::from(*days) > MAX_TENOR_DAYS) {
        return Ok(Some(format!("days are at most {MAX_TENOR_DAYS}")));
    }
    if rules.small_sellers.is_empty() != (rules.small_seller_days == 0) {
        return Ok(Some("name small sellers together with their days".into()));
    }
    if rules
        .rate_ceiling_ppm
        .is_some_and(|rate| rate > MAX_RATE_PPM)
    {
        return Ok(Some("a rate is at most 1,000,000 ppm a year".into()));
    }
    for listed in [&rules.small_sellers, &rules.stop_list] {
        if let Some(problem) = list_problem(&context.store, listed)? {
            return Ok(Some(problem));
        }
    }
    let known = |currency: &String| context.rules.genesis.currency(currency).is_some();
    if !rules.currencies.is_sorted_by(|a, b| a < b) || !rules.currencies.iter().all(known) {
        return Ok(Some(
            "currencies are of this ledger, in ascending order".into(),
        ));
    }
    caps_problem(context, &rules.exposure_caps)
}

fn list_problem(store: &Store<'_>, listed: &[String]) -> Result<Option<String>, StateError> {
    if listed.len() > MAX_LISTED || !listed.is_sorted_by(|a, b| a < b) {
        return Ok(Some(format!(
            "a list has at most {MAX_LISTED} organizations, in ascending order"
        )));
    }
    for id in listed {
        if membership::organization(store, id)?.is_none() {
            return Ok(Some(format!(
                "{id:?} is not an organization on this ledger"
            )));
        }
    }
    Ok(None)
}

fn caps_problem(context: &Context<'_>, caps: &[ExposureCap]) -> Result<Option<String>, StateError> {
    let ascend = |a: &ExposureCap, b: &ExposureCap| key_of(a) < key_of(b);
    if caps.len() > MAX_EXPOSURE_CAPS || !caps.is_sorted_by(ascend) {
        return Ok(Some(format!(
            "name at most {MAX_EXPOSURE_CAPS} caps, ascending by bank, debtor and currency"
        )));
    }
    for cap in caps {
        let amount = cap.cap.clone().unwrap_or_default();
        if context.rules.genesis.currency(&amount.currency).is_none() || amount.minor > MAX_MINOR {
            let problem = "a cap is at most 10^18 minor units of a currency of this ledger";
            return Ok(Some(problem.into()));
        }
        let store = &context.store;
        let names_bank = cap.bank.is_empty() || membership::is_bank(store, &cap.bank)?;
        let names_debtor =
            cap.debtor.is_empty() || membership::organization(store, &cap.debtor)?.is_some();
        if !names_bank || !names_debtor || (cap.bank.is_empty() && cap.debtor.is_empty()) {
            let problem = "a cap names a bank, a debtor, or both, of this ledger";
            return Ok(Some(problem.into()));
        }
    }
    Ok(None)
}

fn key_of(cap: &ExposureCap) -> (&str, &str, &str) {
    let currency = cap.cap.as_ref().map_or("", |cap| cap.currency.as_str());
    (&cap.bank, &cap.debtor, currency)
}
