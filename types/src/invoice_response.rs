//! An invoice's state in the codes of the Peppol Invoice Response (UNTDID 4343, as Peppol BIS Invoice Response 3
//! restricts it), in which buyers' systems answer invoices (specification 3.4).

use std::fmt;

use counterfoil_proto::invoice::v1::{Invoice, InvoiceState};
use counterfoil_proto::receivable::v1::{Receivable, ReceivableState};

/// What a buyer answers to an invoice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InvoiceResponse {
    /// AB, message acknowledgement: it has arrived, and can be read.
    Acknowledged,
    /// IP, in process: the buyer works on it.
    InProcess,
    /// UQ, under query: the buyer goes on once the seller has answered.
    UnderQuery,
    /// CA, conditionally accepted: the buyer will pay under conditions unless the seller objects.
    ConditionallyAccepted,
    /// RE, rejected: the buyer does nothing more with it.
    Rejected,
    /// AP, accepted: what is left is payment.
    Accepted,
    /// PD, paid.
    Paid,
}

impl InvoiceResponse {
    /// What an invoice's record and, once it is confirmed, its receivable's say. Nothing where the buyer has not
    /// received it (it is its own proposal) or needs answer it no more (its seller has withdrawn it).
    pub fn of(invoice: &Invoice, receivable: Option<&Receivable>) -> Option<Self> {
        Some(match invoice.state() {
            // A query that was answered: the buyer has begun.
            InvoiceState::Registered if invoice.query_count > 0 => Self::InProcess,
            InvoiceState::Registered => Self::Acknowledged,
            InvoiceState::UnderQuery => Self::UnderQuery,
            InvoiceState::ConditionallyConfirmed => Self::ConditionallyAccepted,
            InvoiceState::Rejected => Self::Rejected,
            InvoiceState::Confirmed if receivable.is_some_and(is_paid) => Self::Paid,
            InvoiceState::Confirmed => Self::Accepted,
            InvoiceState::Unspecified
            | InvoiceState::Withdrawn
            | InvoiceState::Proposed
            | InvoiceState::Declined
            | InvoiceState::TakenBack => return None,
        })
    }

    /// The code of UNTDID 4343.
    pub fn code(self) -> &'static str {
        match self {
            Self::Acknowledged => "AB",
            Self::InProcess => "IP",
            Self::UnderQuery => "UQ",
            Self::ConditionallyAccepted => "CA",
            Self::Rejected => "RE",
            Self::Accepted => "AP",
            Self::Paid => "PD",
        }
    }
}

/// Whether something was paid, and nothing is owed any more: what was credited whole is not paid.
fn is_paid(receivable: &Receivable) -> bool {
    receivable.state() == ReceivableState::Settled && receivable.redeemed_minor > 0
}

impl fmt::Display for InvoiceResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_state() {
        let response = |state: InvoiceState, query_count, receivable: Option<Receivable>| {
            let invoice = Invoice {
                state: state.into(),
                query_count,
                ..Invoice::default()
            };
            InvoiceResponse::of(&invoice, receivable.as_ref()).map(InvoiceResponse::code)
        };
        let settled = |redeemed_minor| Receivable {
            state: ReceivableState::Settled.into(),
            redeemed_minor,
            ..Receivable::default()
        };
        for (state, code) in [
            (InvoiceState::Registered, Some("AB")),
            (InvoiceState::UnderQuery, Some("UQ")),
            (InvoiceState::ConditionallyConfirmed, Some("CA")),
            (InvoiceState::Rejected, Some("RE")),
            (InvoiceState::Confirmed, Some("AP")),
            (InvoiceState::Withdrawn, None),
            (InvoiceState::Proposed, None),
            (InvoiceState::Declined, None),
            (InvoiceState::TakenBack, None),
        ] {
            assert_eq!(response(state, 0, None), code, "{state:?}");
        }
        assert_eq!(response(InvoiceState::Registered, 1, None), Some("IP"));
        let confirmed = InvoiceState::Confirmed;
        assert_eq!(response(confirmed, 0, Some(settled(1))), Some("PD"));
        assert_eq!(response(confirmed, 0, Some(settled(0))), Some("AP"));
        assert_eq!(
            response(confirmed, 0, Some(Receivable::default())),
            Some("AP")
        );
    }
}
