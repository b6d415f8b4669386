//! Profiles (specification 8.1): what an organization's figures should be, counted on what the ledger holds instead of
//! on what it told. A history entry names the figures that are others after its transaction than before.

use std::collections::BTreeMap;

use counterfoil_proto::credit::v1::{
    BankProfile, BuyerVolume, DebtorProfile, Figure, Profile, SupplierProfile, Volume,
};
use counterfoil_proto::financing::v1::QuoteState;
use counterfoil_proto::invoice::v1::{Invoice, InvoiceState};
use counterfoil_proto::receivable::v1::{Receivable, ReceivableState};

use super::claims::day_of;
use super::{Id, Model};

/// How often something happened that moves a figure.
pub type Tally = BTreeMap<Figure, u64>;

impl Model {
    /// What concerns one organization, counted.
    pub(super) fn tally(&self, organization: &str) -> Tally {
        let mut tally = Tally::new();
        let mut count = |figure: Figure, times: u64| *tally.entry(figure).or_default() += times;
        for invoice in self.invoices.values() {
            let state = invoice.state();
            let disputes = invoice.dispute.as_ref().map_or(0, |last| last.number);
            let notes = invoice.credit_notes.len() as u64;
            if invoice.buyer == organization {
                count(Figure::Disputes, u64::from(disputes));
                count(Figure::Dilution, notes);
                count(Figure::Queries, u64::from(invoice.query_count));
                match state {
                    InvoiceState::Confirmed => count(Figure::InvoicesConfirmed, 1),
                    InvoiceState::Rejected => count(Figure::InvoicesRejected, 1),
                    _ => {}
                }
            }
            if invoice.seller == organization {
                count(Figure::SupplierDisputes, u64::from(disputes));
                count(Figure::SupplierDilution, notes);
                // A proposal is no registration yet.
                count(
                    Figure::InvoicesRegistered,
                    u64::from(invoice.registered_on.is_some()),
                );
                match state {
                    InvoiceState::Confirmed => count(Figure::Volume, 1),
                    InvoiceState::Rejected | InvoiceState::Withdrawn => {
                        count(Figure::InvoicesEnded, 1);
                    }
                    _ => {}
                }
            }
        }
        let paid_off = self.paid_off_by(organization).count();
        count(Figure::ReceivablesSettled, paid_off as u64);
        for (debtor, state) in &self.reports {
            match state {
                _ if debtor != organization => {}
                ReceivableState::Overdue => count(Figure::OverdueReports, 1),
                _ => count(Figure::Defaults, 1),
            }
        }
        for (seller, buyer) in &self.upheld {
            count(Figure::DisputesUpheld, u64::from(buyer == organization));
            count(
                Figure::SupplierDisputesUpheld,
                u64::from(seller == organization),
            );
        }
        for (endorser, figure) in &self.recourses {
            count(*figure, u64::from(endorser == organization));
        }
        for quote in self.quotes.values().filter(|q| q.bank == organization) {
            count(Figure::Quotes, 1);
            count(Figure::Reveals, u64::from(quote.terms.is_some()));
            match quote.state() {
                QuoteState::Missed => count(Figure::MissedReveals, 1),
                QuoteState::Awarded => count(Figure::Awards, 1),
                QuoteState::Failed => count(Figure::FailedPayments, 1),
                _ => {}
            }
        }
        tally.retain(|_, times| *times > 0);
        tally
    }

    /// What the ledger's record of an organization should be.
    pub fn profile(&self, organization: &str) -> Option<Profile> {
        let tally = self.tally(organization);
        if tally.is_empty() {
            return None;
        }
        let of = |figure: Figure| tally.get(&figure).copied().unwrap_or_default();
        let any = |figures: &[Figure]| figures.iter().any(|figure| tally.contains_key(figure));
        let history = &self.history[organization];
        let moved = (0..).zip(history).filter(|(_, e)| !e.figures.is_empty());
        let moved: Vec<u64> = moved.map(|(sequence, _)| sequence).collect();
        let is_debtor = any(&[
            Figure::InvoicesConfirmed,
            Figure::Queries,
            Figure::InvoicesRejected,
            Figure::ReceivablesSettled,
            Figure::OverdueReports,
            Figure::Defaults,
        ]);
        let debtor = is_debtor.then(|| {
            let lateness = self.lateness(organization);
            DebtorProfile {
                invoices_confirmed: of(Figure::InvoicesConfirmed),
                confirmed_after_days: self.confirmed_after_days(organization),
                queries: of(Figure::Queries),
                invoices_rejected: of(Figure::InvoicesRejected),
                receivables_settled: of(Figure::ReceivablesSettled),
                settled_on_time: lateness.iter().filter(|days| **days == 0).count() as u64,
                days_late: lateness.iter().sum(),
                overdue_reports: of(Figure::OverdueReports),
                defaults: of(Figure::Defaults),
                disputes: of(Figure::Disputes),
                disputes_upheld: of(Figure::DisputesUpheld),
                volumes: self.volumes(|i| i.buyer == organization, false),
            }
        });
        let supplier = any(&[
            Figure::InvoicesRegistered,
            Figure::RecourseNotices,
            Figure::RecoursePayments,
        ]);
        let supplier = supplier.then(|| {
            let mine = || self.invoices.values().filter(|i| i.seller == organization);
            let registered = |i: &Invoice| i.registered_on.map(Some);
            SupplierProfile {
                invoices_registered: of(Figure::InvoicesRegistered),
                first_registered_on: mine().filter_map(registered).min_by_key(day_of).flatten(),
                last_registered_on: mine().filter_map(registered).max_by_key(day_of).flatten(),
                invoices_confirmed: of(Figure::Volume),
                invoices_ended: of(Figure::InvoicesEnded),
                volumes: self.volumes(|i| i.seller == organization, true),
                disputes: of(Figure::SupplierDisputes),
                disputes_upheld: of(Figure::SupplierDisputesUpheld),
                recourse_notices: of(Figure::RecourseNotices),
                recourse_payments: of(Figure::RecoursePayments),
            }
        });
        let bank = any(&[Figure::Quotes]).then(|| BankProfile {
            quotes: of(Figure::Quotes),
            reveals: of(Figure::Reveals),
            missed_reveals: of(Figure::MissedReveals),
            awards: of(Figure::Awards),
            failed_payments: of(Figure::FailedPayments),
        });
        Some(Profile {
            organization: organization.to_owned(),
            formula: 2,
            entries: moved.len() as u64,
            last_entry: *moved.last().expect("what is counted happened"),
            debtor,
            supplier,
            bank,
        })
    }

    fn owed_by(&self, debtor: &str) -> impl Iterator<Item = &Receivable> {
        self.receivables
            .values()
            .filter(move |r| r.debtor == debtor)
    }

    /// What a debtor has paid in full.
    fn paid_off_by(&self, debtor: &str) -> impl Iterator<Item = &Receivable> {
        let paid_off = self.paid_off.iter().map(|id| &self.receivables[id]);
        paid_off.filter(move |r| r.debtor == debtor)
    }

    /// Days from the adjusted due date of every settled receivable to its settlement.
    fn lateness(&self, debtor: &str) -> Vec<u64> {
        let settled = self.paid_off_by(debtor);
        let late = settled.map(|r| day_of(&r.settled_on) - day_of(&r.adjusted_due_date));
        late.map(|days| u64::try_from(days).unwrap_or(0)).collect()
    }

    fn confirmed_after_days(&self, debtor: &str) -> Vec<u64> {
        let mut times: BTreeMap<usize, u64> = BTreeMap::new();
        for receivable in self.owed_by(debtor) {
            let id = Id::try_from(receivable.invoice.as_slice()).expect("an id");
            let days = day_of(&receivable.confirmed_on) - day_of(&self.invoices[&id].registered_on);
            let days = usize::try_from(days).expect("confirmed after it was registered");
            *times.entry(days.min(366)).or_default() += 1;
        }
        let last = times.last_key_value().map(|(days, _)| *days);
        let places = 0..last.map_or(0, |days| days + 1);
        places
            .map(|days| times.get(&days).copied().unwrap_or(0))
            .collect()
    }

    /// What was confirmed of some invoices, and credited, by currency; for a supplier with its buyers.
    fn volumes(&self, of: impl Fn(&Invoice) -> bool, by_buyer: bool) -> Vec<Volume> {
        let mut volumes: BTreeMap<String, Volume> = BTreeMap::new();
        let mut buyers: BTreeMap<(String, String), u64> = BTreeMap::new();
        for invoice in self.invoices.values().filter(|i| of(i)) {
            if invoice.state() != InvoiceState::Confirmed {
                continue;
            }
            let id = Id::try_from(invoice.receivable.as_slice()).expect("an id");
            let face = self.receivables[&id].face.clone().expect("a face");
            let volume = volumes.entry(face.currency.clone()).or_default();
            volume.invoices += 1;
            volume.confirmed_minor = volume.confirmed_minor.saturating_add(face.minor);
            for note in &invoice.credit_notes {
                let minor = note.amount.as_ref().expect("an amount").minor;
                volume.credit_notes += 1;
                volume.credited_minor = volume.credited_minor.saturating_add(minor);
            }
            let sum = buyers
                .entry((face.currency, invoice.buyer.clone()))
                .or_default();
            *sum = sum.saturating_add(face.minor);
        }
        for (currency, volume) in &mut volumes {
            volume.currency.clone_from(currency);
            // The test's ledger has fewer buyers than a profile keeps.
            let buyers = buyers
                .iter()
                .filter(|((of, _), _)| by_buyer && of == currency);
            let buyers = buyers.map(|((_, buyer), minor)| BuyerVolume {
                buyer: buyer.clone(),
                confirmed_minor: *minor,
            });
            volume.buyers = buyers.collect();
        }
        volumes.into_values().collect()
    }
}
