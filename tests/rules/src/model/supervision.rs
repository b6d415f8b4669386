//! Policy packs and freezes (specification 7).

use counterfoil_proto::invoice::v1::{Invoice, WarningKind};
use counterfoil_proto::membership::v1::{ActionClass as Class, Role};
use counterfoil_proto::receivable::v1::{Claim, Offer, Purpose, ReceivableState};
use counterfoil_proto::supervision::v1::{
    Event, ExposureCap, Freeze, FreezeRecord, FrozenPeriod, PackPublished, PolicyPack, PublishPack,
    RecordFrozen, RecordReleased, RejectionCode as Code, ReleaseRecord, Rules, event,
};
use counterfoil_proto::v1::KernelRejectionCode as Kernel;

use super::arithmetic::{MAX_MINOR, date, day};
use super::authority::Authority;
use super::claims::{ClaimKey, day_of};
use super::{Call, Happened, Id, Model, Rejected, ensure};

const MOST_DAYS: u32 = 3_660;
const MOST_PACKS: usize = 16;
const MOST_LISTED: usize = 1_024;
const MOST_CAPS: usize = 256;
const MOST_FREEZES: usize = 64;
const MOST_TOLD: usize = 16;

/// A record's key as the `.proto` files give it.
pub fn key(table: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = table.as_bytes().to_vec();
    for part in parts {
        key.push(b'/');
        key.extend_from_slice(part);
    }
    key
}

pub fn organization_key(id: &str) -> Vec<u8> {
    key("membership/organization", &[id.as_bytes()])
}

pub fn receivable_key(id: &[u8]) -> Vec<u8> {
    key("receivable/receivable", &[id])
}

pub fn claim_key(receivable: &[u8], number: u32) -> Vec<u8> {
    key("receivable/claim", &[receivable, &number.to_be_bytes()])
}

pub fn balance_key(holder: &str, issuer: &str, currency: &str) -> Vec<u8> {
    let parts = [holder.as_bytes(), issuer.as_bytes(), currency.as_bytes()];
    key("cash/balance", &parts)
}

/// What a claim is to somebody: the claim, what is owed on it at all, and that party.
pub(super) fn claim_of(claim: &Claim, party: &str) -> Vec<Vec<u8>> {
    vec![
        claim_key(&claim.receivable, claim.number),
        receivable_key(&claim.receivable),
        organization_key(party),
    ]
}

fn ascend<T: Ord>(list: &[T]) -> bool {
    list.windows(2).all(|pair| pair[0] < pair[1])
}

fn is_frozen_on(freeze: &Freeze, today: i64) -> bool {
    let covers = |period: &FrozenPeriod| {
        day_of(&period.from) <= today
            && period
                .until
                .as_ref()
                .is_none_or(|until| today < day(until).expect("a date"))
    };
    freeze.periods.iter().any(covers)
}

impl Model {
    fn is_regulator(&self, call: &Call) -> Result<(), Rejected> {
        let is = self.has_role(call.organization, Role::Regulator);
        ensure(is, Code::WrongRole)
    }

    pub(super) fn publish_pack(
        &mut self,
        call: &Call,
        action: &PublishPack,
    ) -> Result<Vec<Happened>, Rejected> {
        let today = self.clock.day(call.time_ms);
        if self.regulators().is_empty() {
            ensure(
                self.has_role(call.organization, Role::Operator),
                Code::WrongRole,
            )?;
            let operators = self.operators();
            let for_it = operators.iter().filter(|id| call.is_signed_by(id));
            ensure(
                3 * for_it.count() > 2 * operators.len(),
                Kernel::ConsentLacking,
            )?;
        } else {
            self.is_regulator(call)?;
        }
        ensure(
            action.version as usize == self.packs.len() + 1,
            Code::WrongVersion,
        )?;
        let from = action.effective_from.as_ref().and_then(day);
        let from = from.filter(|from| *from >= today);
        let from = from.ok_or(Rejected::with(Code::InvalidDate))?;
        let rules = action.rules.clone().unwrap_or_default();
        ensure(self.are_rules(&rules), Code::InvalidRules)?;
        // Which of those before are or ever will be in force.
        let in_time = |at: &usize| {
            let first = day_of(&self.packs[*at].effective_from).max(today);
            let later = &self.packs[at + 1..];
            from > first
                && later
                    .iter()
                    .all(|later| day_of(&later.effective_from) > first)
        };
        let standing = (0..self.packs.len()).filter(in_time).count();
        ensure(standing < MOST_PACKS, Code::TooManyPacks)?;

        self.packs.push(PolicyPack {
            version: action.version,
            effective_from: action.effective_from,
            rules: Some(rules),
            published_by: call.organization.to_owned(),
            published_on: Some(date(today)),
        });
        let published = PackPublished {
            version: action.version,
            effective_from: action.effective_from,
        };
        let signed = call.consents.iter().map(String::as_str);
        Ok(vec![supervision(
            signed.chain([call.organization]),
            event::Event::PackPublished(published),
        )])
    }

    fn are_rules(&self, rules: &Rules) -> bool {
        let days = [
            rules.longest_tenor_days,
            rules.scrutiny_above_days,
            rules.small_seller_days,
        ];
        let lists = [&rules.small_sellers, &rules.stop_list];
        let named = |cap: &ExposureCap| {
            let amount = cap.cap.clone().unwrap_or_default();
            (cap.bank.clone(), cap.debtor.clone(), amount.currency)
        };
        let is_cap = |cap: &ExposureCap| {
            let amount = cap.cap.clone().unwrap_or_default();
            self.currencies.contains(&amount.currency)
                && amount.minor <= MAX_MINOR
                && !(cap.bank.is_empty() && cap.debtor.is_empty())
                && (cap.bank.is_empty() || self.is_bank(&cap.bank))
                && (cap.debtor.is_empty() || self.exists(&cap.debtor))
        };
        let caps: Vec<_> = rules.exposure_caps.iter().map(named).collect();
        days.iter().all(|days| *days <= MOST_DAYS)
            && rules.small_sellers.is_empty() == (rules.small_seller_days == 0)
            && rules.rate_ceiling_ppm.is_none_or(|rate| rate <= 1_000_000)
            && lists.iter().all(|list| {
                list.len() <= MOST_LISTED && ascend(list) && list.iter().all(|id| self.exists(id))
            })
            && ascend(&rules.currencies)
            && rules.currencies.iter().all(|c| self.currencies.contains(c))
            && caps.len() <= MOST_CAPS
            && ascend(&caps)
            && rules.exposure_caps.iter().all(is_cap)
    }

    /// The active regulators.
    pub fn regulators(&self) -> Vec<String> {
        let ids = self.organizations.keys();
        ids.filter(|id| self.has_role(id, Role::Regulator))
            .cloned()
            .collect()
    }

    /// What is in force on a day: the latest pack that has come into force.
    pub fn rules_on(&self, today: i64) -> Rules {
        let mut packs = self.packs.iter().rev();
        let pack = packs.find(|pack| day_of(&pack.effective_from) <= today);
        pack.and_then(|pack| pack.rules.clone()).unwrap_or_default()
    }

    /// Stop list, currency and defaults.
    pub(super) fn may_begin(
        &self,
        call: &Call,
        currency: &str,
        parties: &[&str],
        debtors: &[&str],
    ) -> Result<Rules, Rejected> {
        let rules = self.rules_on(self.clock.day(call.time_ms));
        let stopped = |id: &&str| rules.stop_list.iter().any(|stopped| stopped == *id);
        ensure(!parties.iter().chain(debtors).any(stopped), Code::StopList)?;
        let listed = rules.currencies.iter().any(|listed| listed == currency);
        ensure(rules.currencies.is_empty() || listed, Code::Currency)?;
        let in_default = |debtor: &&str| {
            self.receivables
                .values()
                .any(|r| r.debtor == *debtor && r.state() == ReceivableState::Defaulted)
        };
        ensure(
            !(rules.none_after_default && debtors.iter().any(in_default)),
            Code::AfterDefault,
        )?;
        Ok(rules)
    }

    fn small_seller_waits(rules: &Rules, invoice: &Invoice) -> Result<(), Rejected> {
        let delivered = invoice.delivery_date.or(invoice.issue_date);
        let waits = day_of(&invoice.due_date) - day_of(&delivered);
        let small = rules.small_sellers.contains(&invoice.seller);
        ensure(
            !small || waits <= i64::from(rules.small_seller_days),
            Code::SmallSellerTenor,
        )
    }

    pub(super) fn may_register(&self, call: &Call, invoice: &Invoice) -> Result<(), Rejected> {
        let currency = &invoice.gross.as_ref().expect("an amount").currency;
        let parties = [invoice.seller.as_str(), &invoice.buyer];
        let rules = self.may_begin(call, currency, &parties, &[])?;
        Model::small_seller_waits(&rules, invoice)
    }

    pub(super) fn may_confirm(&self, call: &Call, invoice: &Invoice) -> Result<(), Rejected> {
        let currency = &invoice.gross.as_ref().expect("an amount").currency;
        let rules = self.may_begin(call, currency, &[&invoice.seller], &[&invoice.buyer])?;
        let tenor = day_of(&invoice.due_date) - self.clock.day(call.time_ms);
        ensure(
            rules.longest_tenor_days == 0 || tenor <= i64::from(rules.longest_tenor_days),
            Code::LongestTenor,
        )?;
        Model::small_seller_waits(&rules, invoice)
    }

    /// What a confirmation of today acknowledges.
    pub fn to_acknowledge(&self, invoice: &Invoice, today: i64) -> Vec<i32> {
        let above = self.rules_on(today).scrutiny_above_days;
        let tenor = day_of(&invoice.due_date) - today;
        let mut kinds = invoice.warnings.clone();
        if above > 0 && tenor > i64::from(above) {
            kinds.push(WarningKind::LongTenor.into());
        }
        kinds
    }

    /// Whether banks may have so much more outstanding, in one currency: bank, debtor or borrower, sum.
    pub(super) fn within_caps(
        &self,
        rules: &Rules,
        from: &str,
        currency: &str,
        more: &[(&str, &str, u64)],
    ) -> Result<(), Rejected> {
        if rules.exposure_caps.is_empty() {
            return Ok(());
        }
        let lines = self.exposures();
        for cap in &rules.exposure_caps {
            let amount = cap.cap.as_ref().expect("a cap");
            // Bought from a bank, it is no more for the banks together.
            if amount.currency != currency || (cap.bank.is_empty() && self.is_bank(from)) {
                continue;
            }
            let covers = |bank: &str, debtor: &str| {
                (cap.bank.is_empty() || cap.bank == bank)
                    && (cap.debtor.is_empty() || cap.debtor == debtor)
            };
            let more = more.iter().filter(|(bank, debtor, _)| covers(bank, debtor));
            let more: u128 = more.map(|(_, _, minor)| u128::from(*minor)).sum();
            let covered = |line: &&super::financing::limits::Line| {
                covers(&line.0, &line.1) && line.2 == currency
            };
            let there = lines.keys().filter(covered).map(|line| lines[line].used);
            ensure(
                more == 0 || there.sum::<u128>() + more <= u128::from(amount.minor),
                Code::ExposureCap,
            )?;
        }
        Ok(())
    }

    pub(super) fn freeze(
        &mut self,
        call: &Call,
        action: &FreezeRecord,
    ) -> Result<Vec<Happened>, Rejected> {
        let today = self.clock.day(call.time_ms);
        self.is_regulator(call)?;
        ensure(self.has_record(&action.record), Code::UnknownRecord)?;
        ensure(action.reason_hash.len() == 32, Code::InvalidHash)?;
        let last = action.last_day.as_ref().map(day);
        ensure(
            last.is_none_or(|last| last.is_some_and(|last| last >= today)),
            Code::InvalidLastDay,
        )?;
        let frozen = self.is_frozen(&action.record, today);
        ensure(!frozen, Code::AlreadyFrozen)?;
        let told = &action.organizations;
        ensure(
            told.len() <= MOST_TOLD && ascend(told) && told.iter().all(|id| self.exists(id)),
            Code::InvalidOrganizations,
        )?;
        let freeze = self.freezes.entry(action.record.clone());
        let freeze = freeze.or_insert_with(|| Freeze {
            record: action.record.clone(),
            periods: Vec::new(),
        });
        ensure(freeze.periods.len() < MOST_FREEZES, Code::TooManyFreezes)?;

        freeze.periods.push(FrozenPeriod {
            from: Some(date(today)),
            until: last.flatten().map(|last| date(last + 1)),
            reason_hash: action.reason_hash.clone(),
            frozen_by: call.organization.to_owned(),
            organizations: told.clone(),
        });
        let event = RecordFrozen {
            record: action.record.clone(),
            reason_hash: action.reason_hash.clone(),
            last_day: action.last_day,
        };
        let told = told.iter().map(String::as_str);
        Ok(vec![supervision(
            told.chain([call.organization]),
            event::Event::Frozen(event),
        )])
    }

    pub(super) fn release_record(
        &mut self,
        call: &Call,
        action: &ReleaseRecord,
    ) -> Result<Vec<Happened>, Rejected> {
        let today = self.clock.day(call.time_ms);
        self.is_regulator(call)?;
        let frozen = self.is_frozen(&action.record, today);
        ensure(frozen, Code::NotFrozen)?;
        let freeze = self.freezes.get_mut(&action.record).expect("it is frozen");
        let period = freeze.periods.last_mut().expect("it is frozen");
        period.until = Some(date(today));
        let released = RecordReleased {
            record: action.record.clone(),
        };
        let told = period.organizations.iter().map(String::as_str);
        Ok(vec![supervision(
            told.chain([call.organization]),
            event::Event::Released(released),
        )])
    }

    pub fn is_frozen(&self, record: &[u8], today: i64) -> bool {
        let freeze = self.freezes.get(record);
        freeze.is_some_and(|freeze| is_frozen_on(freeze, today))
    }

    pub(super) fn any_frozen(&self, records: &[Vec<u8>], today: i64) -> bool {
        records.iter().any(|record| self.is_frozen(record, today))
    }

    pub(super) fn ensure_free(&self, call: &Call, records: &[Vec<u8>]) -> Result<(), Rejected> {
        let today = self.clock.day(call.time_ms);
        ensure(!self.any_frozen(records, today), Code::Frozen)
    }

    pub(super) fn ensure_claim_free(&self, call: &Call, claim: &Claim) -> Result<(), Rejected> {
        self.ensure_free(call, &claim_of(claim, &claim.controller))
    }

    /// Deposits that are spent on something other than debts.
    pub(super) fn ensure_spendable(
        &self,
        call: &Call,
        payer: &str,
        issuer: &str,
        currency: &str,
    ) -> Result<(), Rejected> {
        let records = [
            organization_key(payer),
            balance_key(payer, issuer, currency),
        ];
        self.ensure_free(call, &records)
    }

    /// A frozen organization transfers and funds nothing.
    pub(super) fn ensure_caller_free(
        &self,
        call: &Call,
        authority: &Authority,
    ) -> Result<(), Rejected> {
        let idle = match authority.class {
            Class::Unspecified
            | Class::Register
            | Class::Answer
            | Class::Confirm
            | Class::Redeem
            | Class::Release
            | Class::Report
            | Class::Rule
            | Class::Attest
            | Class::Supervise
            | Class::Administration
            | Class::Roll => true,
            Class::Split
            | Class::Transfer
            | Class::Pay
            | Class::Issue
            | Class::TransferDeposit
            | Class::Request
            | Class::Quote
            | Class::Award
            | Class::Pledge
            | Class::Guarantee => false,
        };
        if idle || authority.discharges {
            return Ok(());
        }
        self.ensure_free(call, &[organization_key(call.organization)])
    }

    /// A last day that was agreed when a deal began: one day later for each day up to today on which any of the records
    /// was frozen, day by day, as long as it has not passed.
    pub fn moved(&self, records: &[Vec<u8>], began: i64, agreed: i64, today: i64) -> i64 {
        let (mut last, mut on) = (agreed, began);
        while on <= last && on <= today && !self.freezes.is_empty() {
            if self.any_frozen(records, on) {
                last += 1;
            }
            on += 1;
        }
        last
    }

    /// What the policy pack says of passing a claim on.
    pub(super) fn may_pass(
        &self,
        call: &Call,
        key: &ClaimKey,
        to: &str,
        purpose: Purpose,
    ) -> Result<Rules, Rejected> {
        let (claim, receivable) = (&self.claims[key], &self.receivables[&key.0]);
        let currency = &receivable.face.as_ref().expect("a face").currency;
        let parties = [claim.controller.as_str(), to];
        let rules = self.may_begin(call, currency, &parties, &[&receivable.debtor])?;
        let depth = claim.depth + u32::from(purpose == Purpose::Payment);
        let reaches = rules.deepest_tier.is_none_or(|deepest| depth <= deepest);
        ensure(reaches, Code::DeepestTier)?;
        Ok(rules)
    }

    /// The day until which an offer stands, which freezes of claim, receivable, controller or recipient put off.
    pub(super) fn last_day_of(&self, call: &Call, key: &ClaimKey, offer: &Offer) -> i64 {
        let claim = &self.claims[key];
        let mut records = claim_of(claim, &claim.controller);
        records.push(organization_key(&offer.to));
        let (began, agreed) = (day_of(&offer.offered_on), day_of(&offer.expires_on));
        self.moved(&records, began, agreed, self.clock.day(call.time_ms))
    }

    /// Whether there is a record of this key, of those that a freeze means something for.
    fn has_record(&self, record: &[u8]) -> bool {
        let of_claim = |(id, number): &(Id, u32)| claim_key(id, *number);
        let of_quote = |(id, bank): &(Id, String)| (*id, bank.clone());
        let bank_of = |table: &str, (id, bank): (Id, String)| key(table, &[&id, bank.as_bytes()]);
        let by_id = [
            ("invoice/invoice", self.invoices.keys().collect::<Vec<_>>()),
            ("financing/request", self.requests.keys().collect()),
            ("financing/loan", self.loans.keys().collect()),
            ("financing/programme", self.programmes.keys().collect()),
        ];
        self.organizations
            .keys()
            .any(|id| organization_key(id) == record)
            || self
                .receivables
                .keys()
                .any(|id| receivable_key(id) == record)
            || self.claims.keys().map(of_claim).any(|key| key == record)
            || by_id
                .iter()
                .any(|(table, ids)| ids.iter().any(|id| key(table, &[id.as_slice()]) == record))
            || self
                .quotes
                .keys()
                .map(of_quote)
                .any(|k| bank_of("financing/quote", k) == record)
            || self
                .standing
                .keys()
                .map(of_quote)
                .any(|k| bank_of("financing/standing", k) == record)
            || self
                .balances
                .keys()
                .any(|(h, i, c)| balance_key(h, i, c) == record)
    }
}

fn supervision<'a>(concerned: impl IntoIterator<Item = &'a str>, event: event::Event) -> Happened {
    Happened::supervision(concerned, Event { event: Some(event) })
}
