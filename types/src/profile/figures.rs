//! What follows from a profile's sums: shares in parts per million, medians, means and concentration. Integers
//! alone, rounded half-even.

use counterfoil_proto::credit::v1::{DebtorProfile, SupplierProfile, Volume};

use crate::dates::Date;
use crate::interest::round_half_even;

const PPM: i128 = 1_000_000;

/// A part of a whole in parts per million, rounded half-even; `None` of nothing.
pub fn share_ppm(part: u64, whole: u64) -> Option<u32> {
    if whole == 0 {
        return None;
    }
    let share = round_half_even(i128::from(part) * PPM, i128::from(whole));
    // A part that is more than its whole, as where one of them stopped at the top, is all of it.
    Some(u32::try_from(share.min(PPM)).unwrap_or(0))
}

/// The smallest number of days within which at least half of the invoices were confirmed; 366 for any longer time.
pub fn median_days_to_confirm(debtor: &DebtorProfile) -> Option<u64> {
    let counts = &debtor.confirmed_after_days;
    let all: u128 = counts.iter().map(|count| u128::from(*count)).sum();
    let mut within = 0_u128;
    (0..).zip(counts).find_map(|(days, count)| {
        within += u128::from(*count);
        (all > 0 && within * 2 >= all).then_some(days)
    })
}

/// Of the settled receivables, those that were settled by their adjusted due date.
pub fn on_time_ppm(debtor: &DebtorProfile) -> Option<u32> {
    share_ppm(debtor.settled_on_time, debtor.receivables_settled)
}

/// Days between adjusted due date and settlement over all settled receivables, those in time as 0.
pub fn mean_days_late(debtor: &DebtorProfile) -> Option<u64> {
    if debtor.receivables_settled == 0 {
        return None;
    }
    let mean = round_half_even(
        i128::from(debtor.days_late),
        i128::from(debtor.receivables_settled),
    );
    u64::try_from(mean).ok()
}

/// From the first registration to the last.
pub fn tenure_days(supplier: &SupplierProfile) -> Option<u64> {
    let date = |date: &Option<_>| date.as_ref().and_then(|date| Date::try_from(date).ok());
    let first = date(&supplier.first_registered_on)?;
    let last = date(&supplier.last_registered_on)?;
    u64::try_from(first.days_until(last)).ok()
}

/// Of the invoices that came to an end before payment (confirmed, rejected, withdrawn), those that were confirmed.
pub fn confirmed_ppm(supplier: &SupplierProfile) -> Option<u32> {
    let confirmed = supplier.invoices_confirmed;
    share_ppm(confirmed, confirmed.saturating_add(supplier.invoices_ended))
}

/// Dilution in one currency: of what was confirmed, what credit notes were over.
pub fn dilution_ppm(volume: &Volume) -> Option<u32> {
    share_ppm(volume.credited_minor, volume.confirmed_minor)
}

/// Herfindahl-Hirschman index of the buyers of one currency, from near 0 (many alike) to 1,000,000 (one):
/// each buyer's share in ppm is rounded, their squares are added up, the sum divided by 10^6 and rounded. Those that
/// are not kept apart count as one buyer.
pub fn concentration_ppm(volume: &Volume) -> Option<u32> {
    let buyers = volume.buyers.iter().map(|buyer| buyer.confirmed_minor);
    let parts = buyers.chain([volume.others_minor]);
    let squares = parts
        .map(|minor| Some(i128::from(share_ppm(minor, volume.confirmed_minor)?).pow(2)))
        .sum::<Option<i128>>()?;
    let index = round_half_even(squares, PPM).min(PPM);
    u32::try_from(index).ok()
}

/// The volume that a supplier's concentration is judged by: of the most invoices, then the first currency.
pub fn main_volume(supplier: &SupplierProfile) -> Option<&Volume> {
    let volumes = supplier.volumes.iter();
    volumes.rev().max_by_key(|volume| volume.invoices)
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::credit::v1::BuyerVolume;

    use super::*;

    fn debtor(confirmed_after_days: &[u64]) -> DebtorProfile {
        DebtorProfile {
            confirmed_after_days: confirmed_after_days.to_vec(),
            ..DebtorProfile::default()
        }
    }

    fn volume(buyers: &[u64], others_minor: u64) -> Volume {
        let buyer = |(n, minor): (usize, &u64)| BuyerVolume {
            buyer: format!("buyer-{n}"),
            confirmed_minor: *minor,
        };
        Volume {
            currency: "EUR".into(),
            invoices: buyers.len() as u64,
            confirmed_minor: buyers.iter().sum::<u64>() + others_minor,
            buyers: buyers.iter().enumerate().map(buyer).collect(),
            others_minor,
            ..Volume::default()
        }
    }

    #[test]
    fn medians_are_the_lower_ones() {
        assert_eq!(median_days_to_confirm(&debtor(&[])), None);
        assert_eq!(median_days_to_confirm(&debtor(&[1])), Some(0));
        // 1, 3: the lower of the two in the middle.
        assert_eq!(median_days_to_confirm(&debtor(&[0, 1, 0, 1])), Some(1));
        // 0, 3, 3.
        assert_eq!(median_days_to_confirm(&debtor(&[1, 0, 0, 2])), Some(3));
        assert_eq!(
            median_days_to_confirm(&debtor(&[u64::MAX, u64::MAX, 1])),
            Some(1)
        );
    }

    #[test]
    fn shares_and_means_are_rounded_half_even() {
        assert_eq!(share_ppm(1, 0), None);
        assert_eq!(share_ppm(1, 3), Some(333_333));
        assert_eq!(share_ppm(2, 3), Some(666_667));
        assert_eq!(share_ppm(u64::MAX, 1), Some(1_000_000));
        let late = |days_late, receivables_settled| DebtorProfile {
            days_late,
            receivables_settled,
            ..DebtorProfile::default()
        };
        assert_eq!(mean_days_late(&late(0, 0)), None);
        assert_eq!(mean_days_late(&late(5, 2)), Some(2));
        assert_eq!(mean_days_late(&late(7, 2)), Some(4));
    }

    /// Half and half is 0.25 + 0.25; 60, 30 and 10 are 0.36 + 0.09 + 0.01.
    #[test]
    fn concentration_is_the_sum_of_squares() {
        assert_eq!(concentration_ppm(&volume(&[], 0)), None);
        assert_eq!(concentration_ppm(&volume(&[7], 0)), Some(1_000_000));
        assert_eq!(concentration_ppm(&volume(&[7, 7], 0)), Some(500_000));
        assert_eq!(concentration_ppm(&volume(&[60, 30], 10)), Some(460_000));
        let all_at_the_top = Volume {
            confirmed_minor: u64::MAX,
            ..volume(&[u64::MAX / 2, u64::MAX / 2], 0)
        };
        let top = Volume {
            others_minor: u64::MAX,
            ..all_at_the_top
        };
        assert_eq!(concentration_ppm(&top), Some(1_000_000));
    }

    #[test]
    fn the_main_volume_has_the_most_invoices() {
        let named = |currency: &str, invoices| Volume {
            currency: currency.into(),
            invoices,
            ..Volume::default()
        };
        let supplier = SupplierProfile {
            volumes: vec![named("EUR", 2), named("JPY", 3), named("USD", 3)],
            ..SupplierProfile::default()
        };
        let main = main_volume(&supplier).map(|volume| volume.currency.as_str());
        assert_eq!(main, Some("JPY"));
    }
}
