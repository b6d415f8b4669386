//! What the pack in force forbids, rule by rule (specification 7.1).

use counterfoil_proto::supervision::v1::{RejectionCode, Rules};
use counterfoil_proto::v1::Money;
use counterfoil_types::dates::Date;

use super::exposures::{Funding, exposure};
use super::keys::DEFAULTS;
use super::packs::in_force;
use crate::kernel::{Context, Failure, StateError, reject};
use crate::membership::api as membership;

/// What is about to be created, offered or funded, for the pack in force to judge.
pub struct Policy {
    version: u32,
    rules: Rules,
}

impl Policy {
    /// By the pack in force today; one that forbids nothing where there is none.
    pub fn today(context: &Context<'_>) -> Result<Self, StateError> {
        let pack = in_force(&context.store, context.ledger_date)?.unwrap_or_default();
        Ok(Self {
            version: pack.version,
            rules: pack.rules.unwrap_or_default(),
        })
    }

    fn forbids(&self, rule: RejectionCode, why: &str) -> Failure {
        let version = self.version;
        let name = rule.as_str_name();
        let name = name.strip_prefix("REJECTION_CODE_").unwrap_or(name);
        reject(rule, format!("{name} of policy pack {version}: {why}"))
    }

    /// Stop list, currency, and debtors in default.
    pub fn check(
        &self,
        context: &Context<'_>,
        currency: &str,
        parties: &[&str],
        debtors: &[&str],
    ) -> Result<(), Failure> {
        let rules = &self.rules;
        let mut named = parties.iter().chain(debtors);
        if let Some(stopped) = named.find(|id| rules.stop_list.iter().any(|other| other == **id)) {
            let why = format!("nothing is begun with {stopped}");
            return Err(self.forbids(RejectionCode::StopList, &why));
        }
        if !rules.currencies.is_empty() && !rules.currencies.iter().any(|other| other == currency) {
            let why = format!("{currency} is none of {}", rules.currencies.join(", "));
            return Err(self.forbids(RejectionCode::Currency, &why));
        }
        if !rules.none_after_default {
            return Ok(());
        }
        for debtor in debtors {
            let defaults = DEFAULTS.get(&context.store, &[debtor.as_bytes()])?;
            if defaults.is_some_and(|defaults| defaults.outstanding > 0) {
                let why = format!("a receivable of {debtor} is in default");
                return Err(self.forbids(RejectionCode::AfterDefault, &why));
            }
        }
        Ok(())
    }

    /// How far off a debt that is confirmed today may fall due.
    pub fn check_tenor(&self, context: &Context<'_>, due: Date) -> Result<(), Failure> {
        let longest = self.rules.longest_tenor_days;
        let days = context.ledger_date.days_until(due);
        if longest == 0 || days <= i64::from(longest) {
            return Ok(());
        }
        let why = format!("due in {days} days, more than {longest}");
        Err(self.forbids(RejectionCode::LongestTenor, &why))
    }

    /// How long after delivery a small seller may wait.
    pub fn check_small_seller(
        &self,
        seller: &str,
        delivered: Date,
        due: Date,
    ) -> Result<(), Failure> {
        let rules = &self.rules;
        let days = delivered.days_until(due);
        let is_small = rules.small_sellers.iter().any(|small| small == seller);
        if !is_small || days <= i64::from(rules.small_seller_days) {
            return Ok(());
        }
        let longest = rules.small_seller_days;
        let why = format!("due {days} days after delivery, more than {longest}");
        Err(self.forbids(RejectionCode::SmallSellerTenor, &why))
    }

    /// Whether a buyer that confirms today must acknowledge how far off its debt falls due.
    pub fn asks_scrutiny(&self, context: &Context<'_>, due: Date) -> bool {
        let above = self.rules.scrutiny_above_days;
        above > 0 && context.ledger_date.days_until(due) > i64::from(above)
    }

    pub fn check_rate(&self, rate_ppm: u32) -> Result<(), Failure> {
        match self.rules.rate_ceiling_ppm {
            Some(ceiling) if rate_ppm > ceiling => {
                let why = format!("{rate_ppm} ppm a year, more than {ceiling}");
                Err(self.forbids(RejectionCode::RateCeiling, &why))
            }
            _ => Ok(()),
        }
    }

    /// How many endorsements for payment a claim has, or would have.
    pub fn check_tier(&self, depth: u32) -> Result<(), Failure> {
        match self.rules.deepest_tier {
            Some(deepest) if depth > deepest => {
                let why = format!("{depth} endorsements for payment, more than {deepest}");
                Err(self.forbids(RejectionCode::DeepestTier, &why))
            }
            _ => Ok(()),
        }
    }

    /// Whether banks may have so much more outstanding, all in one currency. What a bank gives up as another funds it
    /// is no more for all banks together.
    pub fn check_exposure(
        &self,
        context: &Context<'_>,
        from: &str,
        currency: &str,
        more: &[Funding<'_>],
    ) -> Result<(), Failure> {
        let between_banks = membership::is_bank(&context.store, from)?;
        for capped in &self.rules.exposure_caps {
            let cap = capped.cap.clone().unwrap_or_default();
            if cap.currency != currency || (capped.bank.is_empty() && between_banks) {
                continue;
            }
            let counts = |funding: &&Funding<'_>| {
                (capped.bank.is_empty() || capped.bank == funding.bank)
                    && (capped.debtor.is_empty() || capped.debtor == funding.debtor)
            };
            let more = more.iter().filter(counts);
            let more: u128 = more.map(|funding| u128::from(funding.minor)).sum();
            let on = (capped.bank.as_str(), capped.debtor.as_str(), currency);
            if more > 0 && exposure(&context.store, on)? + more > u128::from(cap.minor) {
                let why = cap_in_words(&capped.bank, &capped.debtor, &cap);
                return Err(self.forbids(RejectionCode::ExposureCap, &why));
            }
        }
        Ok(())
    }
}

fn cap_in_words(bank: &str, debtor: &str, cap: &Money) -> String {
    let who = |id: &str| match id.is_empty() {
        true => "all".to_owned(),
        false => id.to_owned(),
    };
    let Money { minor, currency } = cap;
    let (bank, debtor) = (who(bank), who(debtor));
    format!("{bank} may have {minor} minor units in {currency} outstanding with {debtor}")
}
