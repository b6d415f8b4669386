//! Payables finance: programmes of buyers, standing quotes of banks, and what is bought and lent under them.

use counterfoil_proto::financing::v1::{
    ClaimPurchased, ClaimReference, CloseProgramme, DrawExtension, ExtensionDrawn, Loan, LoanState,
    MakeStandingQuote, OpenProgramme, Programme, ProgrammeClosed, ProgrammeOpened, ProgrammeState,
    PurchaseUnderProgramme, RejectionCode as Code, Schedule, StandingQuote, StandingQuoteMade,
    StandingTerms, event,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::{DayCount, Purpose};
use counterfoil_proto::supervision::v1::RejectionCode as Policy;
use counterfoil_proto::v1::Accrual;

use super::super::arithmetic::{MAX_MINOR, date, day, interest};
use super::super::cash::Payment;
use super::super::claims::day_of;
use super::super::supervision::{key as record_key, organization_key};
use super::super::undertakings::WITHOUT;
use super::requests::DISPOSAL;
use super::{financing, money};
use crate::model::{Call, Happened, Id, Model, Rejected, ensure, ensure_first, tagged_hash};

const MAX_BANKS: usize = 32;
const MAX_RATE_PPM: u32 = 1_000_000;
const MAX_DAYS: u32 = 3_660;
/// 2199-12-31.
const LAST_DAY: i64 = 84_005;

/// The name of a bank's payment in a transaction that another signs.
pub fn payment_name(tx_id: &Id) -> String {
    let digits: String = tx_id.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("PF{}", &digits[..33])
}

impl Model {
    pub(in crate::model) fn open_programme(
        &mut self,
        call: &Call,
        action: &OpenProgramme,
    ) -> Result<Vec<Happened>, Rejected> {
        let buyer = call.organization;
        ensure(self.has_role(buyer, Role::CoreEnterprise), Code::WrongRole)?;
        let is_other = |bank: &String| {
            bank != buyer && self.has_role(bank, Role::Bank) && self.is_active(bank)
        };
        ensure(
            action.banks.len() <= MAX_BANKS
                && action.banks.windows(2).all(|pair| pair[0] < pair[1])
                && action.banks.iter().all(is_other),
            Code::InvalidInvitation,
        )?;
        let id = tagged_hash("counterfoil/programme-id/v1", &[&call.tx_id]);
        let programme = Programme {
            id: id.to_vec(),
            buyer: buyer.to_owned(),
            banks: action.banks.clone(),
            state: ProgrammeState::Open.into(),
            opened_on: Some(date(self.clock.day(call.time_ms))),
            closed_on: None,
        };
        self.programmes.insert(id, programme);
        let opened = ProgrammeOpened {
            programme: id.to_vec(),
            buyer: buyer.to_owned(),
        };
        let told = action.banks.iter().map(String::as_str).chain([buyer]);
        Ok(vec![financing(told, event::Event::ProgrammeOpened(opened))])
    }

    fn programme(&self, id: &[u8]) -> Result<(Id, &Programme), Rejected> {
        let unknown = Rejected::with(Code::UnknownProgramme);
        let id = Id::try_from(id).map_err(|_| unknown)?;
        Ok((id, self.programmes.get(&id).ok_or(unknown)?))
    }

    pub(in crate::model) fn close_programme(
        &mut self,
        call: &Call,
        action: &CloseProgramme,
    ) -> Result<Vec<Happened>, Rejected> {
        let (id, programme) = self.programme(&action.programme)?;
        ensure(programme.buyer == call.organization, Code::NotTheBuyer)?;
        ensure(is_open(programme), Code::ProgrammeClosed)?;
        let today = self.clock.day(call.time_ms);
        let programme = self.programmes.get_mut(&id).expect("found above");
        programme.set_state(ProgrammeState::Closed);
        programme.closed_on = Some(date(today));
        let closed = ProgrammeClosed {
            programme: id.to_vec(),
            buyer: programme.buyer.clone(),
        };
        let told = programme.banks.iter().chain([&programme.buyer]);
        Ok(vec![financing(told, event::Event::ProgrammeClosed(closed))])
    }

    pub(in crate::model) fn make_standing_quote(
        &mut self,
        call: &Call,
        action: &MakeStandingQuote,
    ) -> Result<Vec<Happened>, Rejected> {
        let (bank, today) = (call.organization, self.clock.day(call.time_ms));
        ensure(self.has_role(bank, Role::Bank), Code::WrongRole)?;
        let (id, programme) = self.programme(&action.programme)?;
        ensure(
            programme.buyer != bank
                && (programme.banks.is_empty() || programme.banks.iter().any(|b| b == bank)),
            Code::NotInvited,
        )?;
        ensure(is_open(programme), Code::ProgrammeClosed)?;
        let terms = action.terms.clone().unwrap_or_default();
        let last = terms.expires_on.as_ref().and_then(day);
        ensure(
            terms.cap.as_ref().is_some_and(|cap| {
                self.currencies.contains(&cap.currency) && cap.minor <= MAX_MINOR
            }) && [terms.rate_ppm, terms.extension_rate_ppm]
                .iter()
                .all(|rate| *rate <= MAX_RATE_PPM)
                && terms.day_count() != DayCount::Unspecified
                && [terms.minimum_days, terms.extension_days]
                    .iter()
                    .all(|days| *days <= MAX_DAYS)
                && last.is_some_and(|last| last >= today),
            Code::InvalidStandingQuote,
        )?;
        let cap = terms.cap.as_ref().expect("a cap");
        let rules = self.may_begin(call, &cap.currency, &[bank], &[&programme.buyer])?;
        let dear = |rate: u32| rules.rate_ceiling_ppm.is_some_and(|most| rate > most);
        let extends_dear = terms.extension_days > 0 && dear(terms.extension_rate_ppm);
        ensure(!dear(terms.rate_ppm) && !extends_dear, Policy::RateCeiling)?;
        let buyer = programme.buyer.clone();
        let quote = StandingQuote {
            programme: id.to_vec(),
            bank: bank.to_owned(),
            terms: Some(terms.clone()),
            used_minor: 0,
            made_on: Some(date(today)),
        };
        self.standing.insert((id, bank.to_owned()), quote);
        let made = StandingQuoteMade {
            programme: id.to_vec(),
            bank: bank.to_owned(),
            terms: Some(terms),
        };
        Ok(vec![financing(
            [bank, buyer.as_str()],
            event::Event::StandingQuoteMade(made),
        )])
    }

    /// The standing quote that the caller accepts, with its terms.
    fn accepted(&self, call: &Call, programme: &Id, bank: &str) -> Result<StandingTerms, Rejected> {
        let none = Rejected::with(Code::NoStandingQuote);
        let quote = self.standing.get(&(*programme, bank.to_owned()));
        let quote = quote.ok_or(none)?;
        let terms = quote.terms.clone().expect("terms");
        let records = [
            record_key("financing/standing", &[programme, bank.as_bytes()]),
            record_key("financing/programme", &[programme]),
            organization_key(bank),
        ];
        let today = self.clock.day(call.time_ms);
        let (made, agreed) = (day_of(&quote.made_on), day_of(&terms.expires_on));
        let late = today > self.moved(&records, made, agreed, today);
        if late || bank == call.organization || !self.is_active(bank) {
            return Err(none);
        }
        self.ensure_free(call, &records)?;
        Ok(terms)
    }

    fn room_in_cap(&self, programme: &Id, bank: &str, minor: u64) -> Result<(), Rejected> {
        let quote = &self.standing[&(*programme, bank.to_owned())];
        let cap = quote.terms.as_ref().and_then(|terms| terms.cap.clone());
        let all = u128::from(quote.used_minor) + u128::from(minor);
        ensure(
            all <= u128::from(cap.expect("a cap").minor),
            Code::QuoteUsedUp,
        )
    }

    fn room_in_limit(&self, call: &Call, line: [&str; 3], minor: u64) -> Result<(), Rejected> {
        let [bank, buyer, currency] = line.map(str::to_owned);
        let today = self.clock.day(call.time_ms);
        ensure(
            self.fits(&(bank, buyer, currency), minor, today),
            Code::LimitExceeded,
        )
    }

    /// Pays out of the bank's own deposits, and counts what was bought or lent.
    fn pay_out(
        &mut self,
        call: &Call,
        (programme, bank): (&Id, &str),
        (minor, used): (u64, u64),
        currency: &str,
    ) -> Result<Vec<Happened>, Rejected> {
        let name = payment_name(&call.tx_id);
        ensure_first(self.first_use(bank, &name), Code::RepeatedEndToEndId)?;
        let payment = Payment {
            payer: bank,
            issuer: bank,
            currency,
            instructed: minor,
            legs: [(call.organization.to_owned(), minor)].into(),
            end_to_end_id: &name,
        };
        ensure(self.can_pay(&payment), Code::NotEnoughDeposits)?;
        self.ensure_all_taken(call, &payment, (Code::IssuerNotTaken, Code::CapExceeded))?;
        let happened = self.pay(payment, call.tx_id);
        let key = (*programme, bank.to_owned());
        let quote = self.standing.get_mut(&key).expect("it is accepted");
        quote.used_minor += used;
        Ok(happened)
    }

    pub(in crate::model) fn purchase(
        &mut self,
        call: &Call,
        action: &PurchaseUnderProgramme,
    ) -> Result<Vec<Happened>, Rejected> {
        let (seller, today) = (call.organization, self.clock.day(call.time_ms));
        ensure(self.has_role(seller, Role::Supplier), Code::WrongRole)?;
        let (id, programme) = self.programme(&action.programme)?;
        ensure(is_open(programme), Code::ProgrammeClosed)?;
        let buyer = programme.buyer.clone();
        let key = self.disposable(call, &action.receivable, action.number, DISPOSAL)?;
        let receivable = &self.receivables[&key.0];
        let assignable = receivable.terms.as_ref().expect("terms").assignable;
        ensure(assignable, Code::NotAssignable)?;
        ensure(receivable.debtor == buyer, Code::OtherDebtor)?;
        let bank = action.bank.as_str();
        let terms = self.accepted(call, &id, bank)?;
        let currency = receivable.face.as_ref().expect("a face").currency.clone();
        let quoted = terms.cap.as_ref().expect("a cap");
        ensure(quoted.currency == currency, Code::WrongCurrency)?;
        ensure(terms.rate_ppm == action.rate_ppm, Code::RateDiffers)?;
        let due = day_of(&receivable.adjusted_due_date);
        let least = i64::from(terms.minimum_days).max(1);
        ensure(due - today >= least, Code::DueTooSoon)?;
        let outstanding = self.claims[&key].outstanding_minor;
        self.room_in_cap(&id, bank, outstanding)?;
        self.room_in_limit(call, [bank, &buyer, &currency], outstanding)?;
        let rules = self.may_begin(call, &currency, &[seller, bank], &[&buyer])?;
        let depth = self.claims[&key].depth;
        let reaches = rules.deepest_tier.is_none_or(|deepest| depth <= deepest);
        ensure(reaches, Policy::DeepestTier)?;
        let cheap = |most| terms.rate_ppm <= most;
        ensure(
            rules.rate_ceiling_ppm.is_none_or(cheap),
            Policy::RateCeiling,
        )?;
        self.within_caps(&rules, seller, &currency, &[(bank, &buyer, outstanding)])?;
        let cost = interest(outstanding, terms.rate_ppm, terms.day_count(), today, due);
        ensure(cost < u128::from(outstanding), Code::NetNotPositive)?;
        let cost = u64::try_from(cost).expect("less than the claim");
        let proceeds = outstanding - cost;
        let mut happened = self.pay_out(call, (&id, bank), (proceeds, outstanding), &currency)?;
        happened.push(self.endorse(&key, bank, (Purpose::Sale, WITHOUT), call));
        let purchased = ClaimPurchased {
            programme: id.to_vec(),
            bank: bank.to_owned(),
            seller: seller.to_owned(),
            claim: Some(ClaimReference {
                receivable: action.receivable.clone(),
                number: action.number,
            }),
            amount: money(outstanding, &currency),
            cost_minor: cost,
            proceeds_minor: proceeds,
        };
        let event = event::Event::ClaimPurchased(purchased);
        happened.push(financing([seller, bank], event));
        Ok(happened)
    }

    pub(in crate::model) fn draw_extension(
        &mut self,
        call: &Call,
        action: &DrawExtension,
    ) -> Result<Vec<Happened>, Rejected> {
        let (buyer, today) = (call.organization, self.clock.day(call.time_ms));
        let (id, programme) = self.programme(&action.programme)?;
        ensure(programme.buyer == buyer, Code::NotTheBuyer)?;
        ensure(is_open(programme), Code::ProgrammeClosed)?;
        let bank = action.bank.as_str();
        let terms = self.accepted(call, &id, bank)?;
        ensure(terms.extension_days > 0, Code::NoExtension)?;
        let amount = action.amount.clone().unwrap_or_default();
        let currency = terms.cap.as_ref().expect("a cap").currency.clone();
        ensure(amount.currency == currency, Code::WrongCurrency)?;
        ensure((1..=MAX_MINOR).contains(&amount.minor), Code::InvalidAmount)?;
        ensure(
            terms.extension_rate_ppm == action.rate_ppm,
            Code::RateDiffers,
        )?;
        let due = today + i64::from(terms.extension_days);
        ensure(due <= LAST_DAY, Code::InvalidDate)?;
        self.room_in_cap(&id, bank, amount.minor)?;
        self.room_in_limit(call, [bank, buyer, &currency], amount.minor)?;
        let rules = self.may_begin(call, &currency, &[bank], &[buyer])?;
        let cheap = |most| terms.extension_rate_ppm <= most;
        ensure(
            rules.rate_ceiling_ppm.is_none_or(cheap),
            Policy::RateCeiling,
        )?;
        self.within_caps(&rules, "", &currency, &[(bank, buyer, amount.minor)])?;
        let sums = (amount.minor, amount.minor);
        let mut happened = self.pay_out(call, (&id, bank), sums, &currency)?;

        let loan_id = tagged_hash("counterfoil/extension-id/v1", &[&call.tx_id]);
        let opened = Some(date(today));
        let loan = Loan {
            id: loan_id.to_vec(),
            request: Vec::new(),
            lender: bank.to_owned(),
            borrower: buyer.to_owned(),
            principal: action.amount.clone(),
            outstanding_minor: amount.minor,
            rate_ppm: terms.extension_rate_ppm,
            day_count: terms.day_count,
            schedule: Schedule::Bullet.into(),
            opened_on: opened,
            due_date: Some(date(due)),
            interest: Some(Accrual {
                to: opened,
                ..Accrual::default()
            }),
            interest_paid_minor: 0,
            collateral: Vec::new(),
            state: LoanState::Open.into(),
            repaid_on: None,
            issuer: bank.to_owned(),
            grace_days: 0,
            plan_principal_minor: amount.minor,
            plan_from: opened,
            defaulted_on: None,
        };
        let drawn = ExtensionDrawn {
            programme: id.to_vec(),
            loan: loan_id.to_vec(),
            lender: bank.to_owned(),
            borrower: buyer.to_owned(),
            principal: loan.principal.clone(),
            rate_ppm: loan.rate_ppm,
            day_count: loan.day_count,
            due_date: loan.due_date,
        };
        self.loans.insert(loan_id, loan);
        let event = event::Event::ExtensionDrawn(drawn);
        happened.push(financing([bank, buyer], event));
        Ok(happened)
    }
}

fn is_open(programme: &Programme) -> bool {
    programme.state() == ProgrammeState::Open
}
