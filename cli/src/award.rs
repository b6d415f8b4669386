//! What a bank's quote comes to once it is awarded (specification 5.3, 5.4).

use counterfoil_types::dates::Date;
use counterfoil_types::interest::{DayCount, accrued, round_half_even};

const PPM: i128 = 1_000_000;
const DAYS_OF_A_YEAR: i128 = 365;

/// The figures of a quote that decide what it costs.
#[derive(Clone, Copy, Debug)]
pub struct Price {
    pub rate_ppm: u32,
    pub day_count: DayCount,
    /// All fees together.
    pub fees_minor: u64,
}

/// What is sold of one claim, and when it falls due.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub minor: u64,
    pub due: Date,
}

/// What the seller bears and gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Discount of a sale; of a loan its interest up to the day it falls due.
    pub cost_minor: u64,
    pub fees_minor: u64,
    pub proceeds_minor: u64,
    pub annual_cost_ppm: u32,
}

impl Price {
    /// Of a sale of these parts; nothing where it leaves the seller nothing.
    pub fn of_sale(&self, parts: &[Part], value_date: Date) -> Option<Outcome> {
        let mut amount = 0u64;
        let mut cost = 0u64;
        // Of all parts, the days each is bought for.
        let mut bought = 0i128;
        for Part { minor, due } in parts {
            amount = amount.checked_add(*minor)?;
            let discount = accrued(*minor, self.rate_ppm, self.day_count, value_date, *due).ok()?;
            cost = cost.checked_add(discount)?;
            bought += i128::from(*minor) * i128::from(value_date.days_until(*due));
        }
        let proceeds = self.left_of(amount, cost)?;
        let days = round_half_even(bought, amount.into());
        self.outcome(cost, proceeds, days)
    }

    /// Of a loan that falls due on a day; nothing where it leaves the borrower nothing.
    pub fn of_loan(&self, amount: u64, due: Date, value_date: Date) -> Option<Outcome> {
        let cost = accrued(amount, self.rate_ppm, self.day_count, value_date, due).ok()?;
        self.left_of(amount, cost)?;
        let days = value_date.days_until(due).into();
        self.outcome(cost, amount - self.fees_minor, days)
    }

    fn left_of(&self, amount: u64, cost: u64) -> Option<u64> {
        let left = amount.checked_sub(cost)?.checked_sub(self.fees_minor)?;
        (left > 0).then_some(left)
    }

    /// Nothing where the days are none: claims fall due after their request's last day.
    fn outcome(&self, cost_minor: u64, proceeds_minor: u64, days: i128) -> Option<Outcome> {
        let borne = (i128::from(cost_minor) + i128::from(self.fees_minor)) * DAYS_OF_A_YEAR * PPM;
        let annual = match i128::from(proceeds_minor) * days {
            ..=0 => return None,
            used => round_half_even(borne, used),
        };
        Some(Outcome {
            cost_minor,
            fees_minor: self.fees_minor,
            proceeds_minor,
            annual_cost_ppm: u32::try_from(annual).unwrap_or(u32::MAX),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn price(rate_ppm: u32, fees_minor: u64) -> Price {
        Price {
            rate_ppm,
            day_count: DayCount::A004,
            fees_minor,
        }
    }

    #[test]
    fn a_sale_costs_its_discount_claim_by_claim() {
        let parts = [("2013-03-31", 100_000), ("2013-04-30", 50_001)].map(|(due, minor)| Part {
            minor,
            due: on(due),
        });
        let outcome = price(60_000, 100)
            .of_sale(&parts, on("2013-03-01"))
            .unwrap();
        // 500.00 and 500.01 cents; 40 days on the average.
        assert_eq!((outcome.cost_minor, outcome.fees_minor), (1_000, 100));
        assert_eq!(outcome.proceeds_minor, 148_901);
        assert_eq!(outcome.annual_cost_ppm, 67_411);
        assert_eq!(
            price(60_000, 149_001).of_sale(&parts, on("2013-03-01")),
            None
        );
    }

    #[test]
    fn a_loan_pays_its_principal_out_less_fees() {
        let outcome = price(70_000, 20)
            .of_loan(80_000, on("2013-03-31"), on("2013-03-01"))
            .unwrap();
        assert_eq!((outcome.cost_minor, outcome.proceeds_minor), (467, 79_980));
        // 4.87 for 799.80 over 30 days.
        assert_eq!(outcome.annual_cost_ppm, 74_083);
        assert_eq!(
            price(70_000, 79_533).of_loan(80_000, on("2013-03-31"), on("2013-03-01")),
            None
        );
    }
}
