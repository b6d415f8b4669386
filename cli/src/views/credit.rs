//! Profiles with the figures that follow from them, and histories.

use counterfoil_proto::credit::v1::{
    BankProfile, DebtorProfile, HistoryEntry, Profile, ProfileShare, SupplierProfile, Volume,
};
use counterfoil_types::dates::Date;
use counterfoil_types::profile::figures;

use crate::amounts::Currencies;
use crate::output::View;

/// With what it amounts to on a day.
pub fn profile_share(share: &ProfileShare, today: Date) -> View {
    let last = share.until.as_ref().map(Date::try_from);
    let state = match (share.taken_back_on, last) {
        (Some(_), _) => "taken back",
        (None, Some(Ok(last))) if today <= last => "in force",
        (None, _) => "over",
    };
    View::new()
        .text("organization", &share.organization)
        .text("reader", &share.reader)
        .text("state", state)
        .date("shared_on", share.shared_on.as_ref())
        .date("until", share.until.as_ref())
        .date("taken_back_on", share.taken_back_on.as_ref())
}

pub fn profile(profile: &Profile, currencies: &Currencies) -> View {
    let supplier = profile.supplier.as_ref();
    View::new()
        .text("organization", &profile.organization)
        .number("formula", profile.formula)
        .number("entries", profile.entries)
        .number("last_entry", profile.last_entry)
        .inner(
            "debtor",
            profile.debtor.as_ref().map(|d| debtor(d, currencies)),
        )
        .inner("supplier", supplier.map(|s| self::supplier(s, currencies)))
        .inner("bank", profile.bank.as_ref().map(bank))
}

fn debtor(debtor: &DebtorProfile, currencies: &Currencies) -> View {
    let volumes = debtor.volumes.iter().map(|v| volume(v, currencies));
    View::new()
        .number("invoices_confirmed", debtor.invoices_confirmed)
        .hidden("confirmed_after_days", debtor.confirmed_after_days.clone())
        .whole(
            "median_days_to_confirm",
            figures::median_days_to_confirm(debtor),
        )
        .number("queries", debtor.queries)
        .number("invoices_rejected", debtor.invoices_rejected)
        .number("receivables_settled", debtor.receivables_settled)
        .number("settled_on_time", debtor.settled_on_time)
        .share("on_time_ppm", figures::on_time_ppm(debtor))
        .hidden("days_late", debtor.days_late)
        .whole("mean_days_late", figures::mean_days_late(debtor))
        .number("overdue_reports", debtor.overdue_reports)
        .number("defaults", debtor.defaults)
        .number("disputes", debtor.disputes)
        .number("disputes_upheld", debtor.disputes_upheld)
        .nested("volumes", volumes.collect())
}

fn supplier(supplier: &SupplierProfile, currencies: &Currencies) -> View {
    let volumes = supplier.volumes.iter();
    let volumes = volumes.map(|v| with_buyers(volume(v, currencies), v, currencies));
    View::new()
        .number("invoices_registered", supplier.invoices_registered)
        .date("first_registered_on", supplier.first_registered_on.as_ref())
        .date("last_registered_on", supplier.last_registered_on.as_ref())
        .whole("tenure_days", figures::tenure_days(supplier))
        .number("invoices_confirmed", supplier.invoices_confirmed)
        .number("invoices_ended", supplier.invoices_ended)
        .share("confirmed_ppm", figures::confirmed_ppm(supplier))
        .number("disputes", supplier.disputes)
        .number("disputes_upheld", supplier.disputes_upheld)
        .number("recourse_notices", supplier.recourse_notices)
        .number("recourse_payments", supplier.recourse_payments)
        .nested("volumes", volumes.collect())
}

fn volume(volume: &Volume, currencies: &Currencies) -> View {
    let currency = volume.currency.as_str();
    View::new()
        .text("currency", currency)
        .number("invoices", volume.invoices)
        .minor(
            "confirmed_minor",
            volume.confirmed_minor,
            currency,
            currencies,
        )
        .number("credit_notes", volume.credit_notes)
        .minor(
            "credited_minor",
            volume.credited_minor,
            currency,
            currencies,
        )
        .share("dilution_ppm", figures::dilution_ppm(volume))
}

fn with_buyers(view: View, volume: &Volume, currencies: &Currencies) -> View {
    let currency = volume.currency.as_str();
    let buyers = volume.buyers.iter().map(|buyer| {
        View::new().text("buyer", &buyer.buyer).minor(
            "confirmed_minor",
            buyer.confirmed_minor,
            currency,
            currencies,
        )
    });
    view.share("concentration_ppm", figures::concentration_ppm(volume))
        .hidden_records("buyers", buyers.collect())
        .hidden("others_minor", volume.others_minor.to_string())
}

fn bank(bank: &BankProfile) -> View {
    View::new()
        .number("quotes", bank.quotes)
        .number("reveals", bank.reveals)
        .number("missed_reveals", bank.missed_reveals)
        .number("awards", bank.awards)
        .number("failed_payments", bank.failed_payments)
}

pub fn history_entry(entry: &HistoryEntry) -> View {
    View::new()
        .number("height", entry.height)
        .number("index", entry.index)
        .id("tx_id", &entry.tx_id)
        .date("on", entry.on.as_ref())
        .list("figures", entry.figures().map(|f| format!("{f:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_in_force_up_to_its_last_day_unless_it_was_taken_back() {
        let day = |text: &str| text.parse::<Date>().expect("a date");
        let share = ProfileShare {
            organization: "supplier-a".into(),
            reader: "bank-a".into(),
            until: Some(day("2026-01-31").to_proto()),
            ..ProfileShare::default()
        };
        let line = |share: &ProfileShare, today| profile_share(share, day(today)).line();
        assert!(line(&share, "2026-01-31").contains("state in force"));
        assert!(line(&share, "2026-02-01").contains("state over"));
        let taken_back = ProfileShare {
            taken_back_on: Some(day("2026-01-10").to_proto()),
            ..share
        };
        assert!(line(&taken_back, "2026-01-10").contains("state taken back"));
    }
}
