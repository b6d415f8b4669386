//! Adding up one organization's history.

use std::collections::BTreeSet;

use counterfoil_proto::credit::v1::{
    BankProfile, BuyerVolume, DebtorProfile, Figure, Profile, SupplierProfile, Volume,
};
use counterfoil_proto::v1::{Event, Money};

use super::movements::{Change, Side, UnreadableEvent, movements};
use super::{FORMULA, Movement};
use crate::dates::Date;
use crate::limits::{MAX_PROFILE_BUYERS, MAX_PROFILE_DAYS};

/// A profile that its organization's history is added to, one entry after another.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    profile: Profile,
}

impl Account {
    /// Of an organization without history.
    pub fn new(organization: &str) -> Self {
        let profile = Profile {
            organization: organization.to_owned(),
            formula: FORMULA,
            ..Profile::default()
        };
        Self { profile }
    }

    /// Takes up a profile where it was left.
    pub fn resume(profile: Profile) -> Self {
        Self { profile }
    }

    /// Adds one entry of the history, with what its events mean for the organization. Returns the figures that moved.
    pub fn add(
        &mut self,
        sequence: u64,
        changes: impl IntoIterator<Item = Change>,
    ) -> BTreeSet<Figure> {
        let moved: BTreeSet<Figure> = changes
            .into_iter()
            .map(|change| apply(&mut self.profile, change))
            .collect();
        if !moved.is_empty() {
            increase(&mut self.profile.entries, 1);
            self.profile.last_entry = sequence;
        }
        moved
    }

    /// Adds one entry with its transaction's events, of which those of other organizations change nothing.
    pub fn add_events(
        &mut self,
        sequence: u64,
        events: &[Event],
    ) -> Result<BTreeSet<Figure>, UnreadableEvent> {
        let mut changes = Vec::new();
        for event in events {
            let own = movements(event)?.into_iter();
            let own = own.filter(|moved| moved.organization == self.profile.organization);
            changes.extend(own.map(|Movement { change, .. }| change));
        }
        Ok(self.add(sequence, changes))
    }

    /// The profile; `None` where no event moved a figure yet.
    pub fn into_profile(self) -> Option<Profile> {
        (self.profile.entries > 0).then_some(self.profile)
    }
}

/// The one arithmetic of counts and sums: they stay at the top.
fn increase(count: &mut u64, by: u64) {
    *count = count.saturating_add(by);
}

/// Adds one change.
fn apply(profile: &mut Profile, change: Change) -> Figure {
    let (count, figure) = match change {
        Change::InvoiceConfirmed { days, amount } => {
            let debtor = debtor(profile);
            add_days(debtor, days);
            confirm(volume(&mut debtor.volumes, &amount.currency), &amount);
            (&mut debtor.invoices_confirmed, Figure::InvoicesConfirmed)
        }
        Change::Query => (&mut debtor(profile).queries, Figure::Queries),
        Change::InvoiceRejected => (
            &mut debtor(profile).invoices_rejected,
            Figure::InvoicesRejected,
        ),
        Change::Settled { days_late } => {
            let debtor = debtor(profile);
            increase(&mut debtor.settled_on_time, u64::from(days_late == 0));
            increase(&mut debtor.days_late, u64::from(days_late));
            (&mut debtor.receivables_settled, Figure::ReceivablesSettled)
        }
        Change::OverdueReport => (&mut debtor(profile).overdue_reports, Figure::OverdueReports),
        Change::Default => (&mut debtor(profile).defaults, Figure::Defaults),
        Change::Dispute(Side::Debtor) => (&mut debtor(profile).disputes, Figure::Disputes),
        Change::Dispute(Side::Supplier) => {
            (&mut supplier(profile).disputes, Figure::SupplierDisputes)
        }
        Change::DisputeUpheld(Side::Debtor) => {
            (&mut debtor(profile).disputes_upheld, Figure::DisputesUpheld)
        }
        Change::DisputeUpheld(Side::Supplier) => (
            &mut supplier(profile).disputes_upheld,
            Figure::SupplierDisputesUpheld,
        ),
        Change::Dilution { side, amount } => {
            let (volumes, figure) = match side {
                Side::Debtor => (&mut debtor(profile).volumes, Figure::Dilution),
                Side::Supplier => (&mut supplier(profile).volumes, Figure::SupplierDilution),
            };
            let volume = volume(volumes, &amount.currency);
            increase(&mut volume.credited_minor, amount.minor);
            (&mut volume.credit_notes, figure)
        }
        Change::InvoiceRegistered { on } => {
            let supplier = supplier(profile);
            add_registration(supplier, on);
            (
                &mut supplier.invoices_registered,
                Figure::InvoicesRegistered,
            )
        }
        Change::Volume { buyer, amount } => {
            let supplier = supplier(profile);
            add_volume(supplier, &buyer, &amount);
            (&mut supplier.invoices_confirmed, Figure::Volume)
        }
        Change::InvoiceEnded => (&mut supplier(profile).invoices_ended, Figure::InvoicesEnded),
        Change::RecourseNotice => (
            &mut supplier(profile).recourse_notices,
            Figure::RecourseNotices,
        ),
        Change::RecoursePayment => (
            &mut supplier(profile).recourse_payments,
            Figure::RecoursePayments,
        ),
        Change::Quote => (&mut bank(profile).quotes, Figure::Quotes),
        Change::Reveal => (&mut bank(profile).reveals, Figure::Reveals),
        Change::MissedReveal => (&mut bank(profile).missed_reveals, Figure::MissedReveals),
        Change::Award => (&mut bank(profile).awards, Figure::Awards),
        Change::FailedPayment => (&mut bank(profile).failed_payments, Figure::FailedPayments),
    };
    increase(count, 1);
    figure
}

fn debtor(profile: &mut Profile) -> &mut DebtorProfile {
    profile.debtor.get_or_insert_default()
}

fn supplier(profile: &mut Profile) -> &mut SupplierProfile {
    profile.supplier.get_or_insert_default()
}

fn bank(profile: &mut Profile) -> &mut BankProfile {
    profile.bank.get_or_insert_default()
}

fn add_days(debtor: &mut DebtorProfile, days: u64) {
    let place = usize::try_from(days).map_or(MAX_PROFILE_DAYS, |days| days.min(MAX_PROFILE_DAYS));
    let counts = &mut debtor.confirmed_after_days;
    if counts.len() <= place {
        counts.resize(place + 1, 0);
    }
    increase(&mut counts[place], 1);
}

fn add_registration(supplier: &mut SupplierProfile, on: Date) {
    supplier.first_registered_on.get_or_insert(on.to_proto());
    supplier.last_registered_on = Some(on.to_proto());
}

/// What stands of one currency.
fn volume<'a>(volumes: &'a mut Vec<Volume>, currency: &str) -> &'a mut Volume {
    let at = volumes
        .binary_search_by(|volume| volume.currency.as_str().cmp(currency))
        .unwrap_or_else(|at| {
            let volume = Volume {
                currency: currency.to_owned(),
                ..Volume::default()
            };
            volumes.insert(at, volume);
            at
        });
    &mut volumes[at]
}

fn confirm(volume: &mut Volume, amount: &Money) {
    increase(&mut volume.invoices, 1);
    increase(&mut volume.confirmed_minor, amount.minor);
}

fn add_volume(supplier: &mut SupplierProfile, buyer: &str, amount: &Money) {
    let volumes = &mut supplier.volumes;
    let kept: usize = volumes.iter().map(|volume| volume.buyers.len()).sum();
    let volume = volume(volumes, &amount.currency);
    confirm(volume, amount);
    let buyers = &mut volume.buyers;
    match buyers.binary_search_by(|kept| kept.buyer.as_str().cmp(buyer)) {
        Ok(at) => increase(&mut buyers[at].confirmed_minor, amount.minor),
        Err(at) if kept < MAX_PROFILE_BUYERS => buyers.insert(
            at,
            BuyerVolume {
                buyer: buyer.to_owned(),
                confirmed_minor: amount.minor,
            },
        ),
        Err(_) => increase(&mut volume.others_minor, amount.minor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume(buyer: &str, minor: u64, currency: &str) -> Change {
        Change::Volume {
            buyer: buyer.to_owned(),
            amount: Money {
                minor,
                currency: currency.to_owned(),
            },
        }
    }

    fn profile(changes: Vec<Change>) -> Profile {
        let mut account = Account::new("farmer");
        for (sequence, change) in (0..).zip(changes) {
            account.add(sequence, [change]);
        }
        account.into_profile().expect("a profile")
    }

    #[test]
    fn without_a_movement_there_is_no_profile() {
        let mut account = Account::new("farmer");
        assert!(account.add(0, []).is_empty());
        assert_eq!(account.into_profile(), None);
    }

    #[test]
    fn entries_are_counted_once_and_name_their_figures() {
        let mut account = Account::new("airline");
        account.add(0, []);
        let moved = account.add(3, [Change::Query, Change::Default, Change::Query]);
        assert_eq!(moved, BTreeSet::from([Figure::Queries, Figure::Defaults]));
        account.add(4, []);
        let profile = account.into_profile().expect("a profile");
        assert_eq!((profile.entries, profile.last_entry), (1, 3));
        let debtor = profile.debtor.expect("a debtor");
        assert_eq!((debtor.queries, debtor.defaults), (2, 1));
    }

    #[test]
    fn slow_confirmations_share_the_last_place() {
        let confirmed = |days| Change::InvoiceConfirmed {
            days,
            amount: Money::default(),
        };
        let debtor = profile([0, 2, 365, 366, 400, u64::MAX].map(confirmed).to_vec());
        let counts = debtor.debtor.expect("a debtor").confirmed_after_days;
        assert_eq!(counts.len(), MAX_PROFILE_DAYS + 1);
        assert_eq!((counts[0], counts[1], counts[2]), (1, 0, 1));
        assert_eq!((counts[365], counts[366]), (1, 3));
    }

    #[test]
    fn buyers_beyond_the_bound_are_one() {
        let mut changes: Vec<Change> = (0..MAX_PROFILE_BUYERS)
            .map(|n| volume(&format!("buyer-{n:02}"), 1, ["EUR", "USD"][n % 2]))
            .collect();
        changes.push(volume("late", 5, "EUR"));
        changes.push(volume("later", 6, "JPY"));
        // Kept in the one currency is not kept in the other.
        changes.push(volume("buyer-00", 7, "USD"));
        changes.push(volume("buyer-00", 8, "EUR"));
        let volumes = profile(changes).supplier.expect("a supplier").volumes;
        let figures: Vec<(&str, u64, usize, u64)> = volumes
            .iter()
            .map(|v| {
                (
                    v.currency.as_str(),
                    v.confirmed_minor,
                    v.buyers.len(),
                    v.others_minor,
                )
            })
            .collect();
        assert_eq!(
            figures,
            [("EUR", 45, 32, 5), ("JPY", 6, 0, 6), ("USD", 39, 32, 7)]
        );
        assert_eq!(volumes[0].buyers[0].confirmed_minor, 9);
    }

    #[test]
    fn sums_stay_at_the_top() {
        let changes = vec![
            volume("airline", u64::MAX - 1, "EUR"),
            volume("airline", 2, "EUR"),
        ];
        let volumes = profile(changes).supplier.expect("a supplier").volumes;
        assert_eq!(volumes[0].confirmed_minor, u64::MAX);
        assert_eq!(volumes[0].buyers[0].confirmed_minor, u64::MAX);
        assert_eq!(volumes[0].invoices, 2);
    }
}
