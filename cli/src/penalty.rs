//! The penalty on principal paid late, from a receivable's own terms (specification 6.5).

use counterfoil_proto::receivable::v1::{DayCount as WireDayCount, Receivable};
use counterfoil_types::dates::Date;
use counterfoil_types::interest::{DayCount, accrued};

use crate::failure::Failure;

/// What is owed beside a principal that is paid on a date.
pub fn penalty(
    receivable: &Receivable,
    principal_minor: u64,
    paid_on: Date,
) -> Result<u64, Failure> {
    let due = Date::try_from(&receivable.adjusted_due_date.unwrap_or_default())
        .map_err(Failure::failed)?;
    let terms = receivable.terms.clone().unwrap_or_default();
    let day_count = match terms.day_count() {
        WireDayCount::A001 => DayCount::A001,
        WireDayCount::A004 => DayCount::A004,
        WireDayCount::A005 => DayCount::A005,
        WireDayCount::Unspecified => {
            return Err(Failure::Failed(
                "the receivable's day count is one this version does not know".into(),
            ));
        }
    };
    accrued(
        principal_minor,
        terms.penalty_rate_ppm,
        day_count,
        due,
        paid_on,
    )
    .map_err(Failure::failed)
}
