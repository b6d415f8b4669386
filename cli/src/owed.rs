//! What is owed at one date: on a receivable claim by claim, and on a loan
//! (specification 2.4, 5.5, 6.4).

use counterfoil_proto::financing::v1::Loan;
use counterfoil_proto::receivable::v1::{
    Claim, ClaimState, DayCount as WireDayCount, Receivable, ReceivableState,
};
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::interest::{Accrual, DayCount, Interest};
use counterfoil_types::money::MAX_MINOR;

use crate::amounts::Currencies;
use crate::client::Client;
use crate::failure::Failure;
use crate::lists;

/// A debt at one date: principal, and what time has added to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    pub date: Date,
    /// In 128 bits, as a receivable has many claims and money ends at 10^18.
    pub principal: u128,
    /// Penalty of a receivable, interest of a loan.
    pub added: u128,
    pub currency: String,
}

impl Owed {
    /// On a receivable, by its live claims: each has a penalty of its own, rounded by itself.
    pub fn on_receivable(
        date: Date,
        receivable: &Receivable,
        claims: &[Claim],
    ) -> Result<Self, Failure> {
        let face = receivable.face.clone().unwrap_or_default();
        let mut owed = Self {
            date,
            principal: 0,
            added: 0,
            currency: face.currency,
        };
        for claim in claims {
            owed.principal += u128::from(claim.outstanding_minor);
            owed.added += u128::from(penalty(date, receivable, claim)?);
        }
        Ok(owed)
    }

    pub fn on_loan(date: Date, loan: &Loan) -> Result<Self, Failure> {
        let interest = Interest {
            rate_ppm: loan.rate_ppm,
            day_count: day_count(loan.day_count())?,
            since: read_date(loan.opened_on)?,
        };
        let accrued = accrued(&interest, loan.interest.as_ref())?;
        Ok(Self {
            date,
            principal: loan.outstanding_minor.into(),
            added: interest
                .accrue(accrued, loan.outstanding_minor, date)
                .minor
                .into(),
            currency: loan.principal.clone().unwrap_or_default().currency,
        })
    }

    /// All of it, as one payment.
    pub fn total(&self) -> Result<wire::Money, Failure> {
        let minor = u64::try_from(self.principal + self.added).ok();
        let minor = minor.filter(|minor| *minor <= MAX_MINOR).ok_or_else(|| {
            Failure::Failed(
                "more is owed than one payment may be: pay in parts, by --amount".into(),
            )
        })?;
        Ok(wire::Money {
            minor,
            currency: self.currency.clone(),
        })
    }

    /// Such as "1250.00 USD principal and 2.78 USD penalty".
    pub fn in_words(&self, added: &str, currencies: &Currencies) -> String {
        let words = |minor| currencies.format(minor, &self.currency);
        format!(
            "{} principal and {} {added}",
            words(self.principal_minor()),
            words(self.added_minor())
        )
    }

    /// The principal in 64 bits, which all real debts fit.
    pub fn principal_minor(&self) -> u64 {
        u64::try_from(self.principal).unwrap_or(u64::MAX)
    }

    pub fn added_minor(&self) -> u64 {
        u64::try_from(self.added).unwrap_or(u64::MAX)
    }
}

/// The penalty owed on one claim.
pub fn penalty(date: Date, receivable: &Receivable, claim: &Claim) -> Result<u64, Failure> {
    let terms = receivable.terms.clone().unwrap_or_default();
    let interest = Interest {
        rate_ppm: terms.penalty_rate_ppm,
        day_count: day_count(terms.day_count())?,
        since: read_date(receivable.adjusted_due_date)?,
    };
    let accrued = accrued(&interest, claim.penalty.as_ref())?;
    Ok(interest
        .accrue(accrued, claim.outstanding_minor, date)
        .minor)
}

/// What the record says was accrued before; nothing where it says nothing.
fn accrued(interest: &Interest, stored: Option<&wire::Accrual>) -> Result<Accrual, Failure> {
    stored.map_or(Ok(interest.none()), |stored| {
        Accrual::try_from(stored).map_err(Failure::failed)
    })
}

/// The ledger's date, as the node says.
pub async fn ledger_date(client: &Client) -> Result<Date, Failure> {
    read_date(client.status().await?.ledger_date)
}

/// A last day as it is given, or else so many days ahead of the ledger's date.
pub async fn last_day(client: &Client, given: Option<Date>, days: i64) -> Result<Date, Failure> {
    match given {
        Some(last) => Ok(last),
        None => {
            let today = ledger_date(client).await?;
            today.add_days(days).map_err(Failure::failed)
        }
    }
}

pub async fn live_claims(client: &Client, receivable: &Receivable) -> Result<Vec<Claim>, Failure> {
    if receivable.state() == ReceivableState::Settled {
        return Ok(Vec::new());
    }
    let filter = wire::ListClaimsRequest {
        receivable: receivable.id.clone(),
        state: ClaimState::Live.into(),
        ..Default::default()
    };
    lists::all(client, filter).await
}

/// A date that a record always has.
pub fn read_date(date: Option<wire::Date>) -> Result<Date, Failure> {
    Date::try_from(&date.unwrap_or_default()).map_err(Failure::failed)
}

fn day_count(day_count: WireDayCount) -> Result<DayCount, Failure> {
    let unknown = "the record's day count is one this version does not know";
    DayCount::of(day_count).ok_or_else(|| Failure::Failed(unknown.into()))
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::receivable::v1::Terms;

    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn usd(minor: u64) -> wire::Money {
        wire::Money {
            minor,
            currency: "USD".into(),
        }
    }

    fn receivable() -> Receivable {
        Receivable {
            face: Some(usd(6_000)),
            adjusted_due_date: Some(date("2013-03-01").to_proto()),
            terms: Some(Terms {
                day_count: WireDayCount::A004.into(),
                penalty_rate_ppm: 80_000,
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    fn claim(outstanding_minor: u64) -> Claim {
        Claim {
            outstanding_minor,
            ..Default::default()
        }
    }

    #[test]
    fn a_penalty_is_owed_after_the_due_date() {
        let on = |text| Owed::on_receivable(date(text), &receivable(), &[claim(6_000)]).unwrap();
        assert_eq!(on("2013-03-01").total().unwrap().minor, 6_000);
        assert_eq!(on("2013-03-11").added, 13);
        assert_eq!(on("2013-03-11").total().unwrap().minor, 6_013);
        let unknown = Receivable::default();
        assert!(Owed::on_receivable(date("2013-03-01"), &unknown, &[claim(1)]).is_err());
    }

    #[test]
    fn penalties_are_rounded_claim_by_claim_and_go_on_from_what_is_recorded() {
        // 24.00 · 8 % · 10/360 is 5.33 cents, 36.00 · 8 % · 10/360 exactly 8.
        let parts = [claim(2_400), claim(3_600)];
        let owed = Owed::on_receivable(date("2013-03-11"), &receivable(), &parts).unwrap();
        assert_eq!((owed.principal, owed.added), (6_000, 13));
        let accrued = wire::Accrual {
            minor: 7,
            fraction: 0,
            to: Some(date("2013-03-10").to_proto()),
        };
        let paid_in_part = Claim {
            penalty: Some(accrued),
            ..claim(4_500)
        };
        // 45.00 · 8 % · 1/360 is one cent more.
        let owed = penalty(date("2013-03-11"), &receivable(), &paid_in_part).unwrap();
        assert_eq!(owed, 8);
    }

    #[test]
    fn more_than_one_payment_may_be_is_paid_in_parts() {
        let claims = [claim(MAX_MINOR), claim(1)];
        let owed = Owed::on_receivable(date("2013-03-01"), &receivable(), &claims).unwrap();
        assert!(owed.total().unwrap_err().to_string().contains("--amount"));
    }

    #[test]
    fn a_loan_costs_interest_from_its_opening_on() {
        let loan = Loan {
            principal: Some(usd(36_000)),
            outstanding_minor: 36_000,
            rate_ppm: 60_000,
            day_count: WireDayCount::A004.into(),
            opened_on: Some(date("2013-03-01").to_proto()),
            due_date: Some(date("2013-03-31").to_proto()),
            interest: Some(wire::Accrual {
                to: Some(date("2013-03-01").to_proto()),
                ..Default::default()
            }),
            ..Default::default()
        };
        let on = |text| Owed::on_loan(date(text), &loan).unwrap().added;
        assert_eq!((on("2013-03-01"), on("2013-03-11")), (0, 60));
        assert_eq!(on("2013-04-10"), 240);
        assert!(Owed::on_loan(date("2013-03-01"), &Loan::default()).is_err());
    }
}
