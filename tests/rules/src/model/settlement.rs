//! Receivables, their claims, and the debtor's payment (specification 4.1, 6.4).

use counterfoil_proto::invoice::v1::Invoice;
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::{Claim, ClaimState, Receivable, ReceivableState};
use counterfoil_proto::settlement::v1::{
    Event, ReceivableSettled, RejectionCode as Code, SettleReceivable, event,
};
use counterfoil_proto::v1::Money;

use super::arithmetic::{MAX_MINOR, date, day, interest};
use super::cash::{is_end_to_end_id, transferred};
use super::{Call, Happened, Id, Model, Rejected, ensure, ensure_first, tagged_hash};

/// What a debtor owes on a day.
pub struct Owed {
    /// Outstanding principal.
    pub principal: u64,
    /// Penalty for paying late.
    pub penalty: u128,
    /// Days after the adjusted due date.
    pub days_late: i64,
}

impl Model {
    /// What is owed on a receivable on this day.
    pub fn owed(&self, id: &Id, today: i64) -> Owed {
        let receivable = &self.receivables[id];
        let principal = self
            .claims
            .range((*id, 0)..=(*id, u32::MAX))
            .map(|(_, c)| c.outstanding_minor)
            .sum();
        let due = receivable
            .adjusted_due_date
            .as_ref()
            .and_then(day)
            .expect("a due date");
        let terms = receivable.terms.as_ref().expect("terms");
        Owed {
            principal,
            penalty: interest(
                principal,
                terms.penalty_rate_ppm,
                terms.day_count(),
                due,
                today,
            ),
            days_late: (today - due).max(0),
        }
    }

    /// Opens the receivable of a confirmed invoice, with claim 0 in its seller's hands.
    pub(super) fn open_receivable(&mut self, invoice: &Invoice, today: i64) -> Id {
        let id = tagged_hash("counterfoil/receivable-id/v1", &[&invoice.id]);
        let face = invoice
            .gross
            .clone()
            .expect("a registered invoice has an amount");
        let claim = Claim {
            receivable: id.to_vec(),
            number: 0,
            face_minor: face.minor,
            outstanding_minor: face.minor,
            controller: invoice.seller.clone(),
            state: ClaimState::Live.into(),
        };
        let receivable = Receivable {
            id: id.to_vec(),
            invoice: invoice.id.clone(),
            debtor: invoice.buyer.clone(),
            face: Some(face),
            due_date: invoice.due_date,
            // The only convention so far leaves the due date where it is.
            adjusted_due_date: invoice.due_date,
            terms: invoice.terms.clone(),
            state: ReceivableState::Performing.into(),
            redeemed_minor: 0,
            penalty_paid_minor: 0,
            confirmed_on: Some(date(today)),
            settled_on: None,
            claim_count: 1,
        };
        let before = self.receivables.insert(id, receivable);
        assert!(before.is_none(), "an invoice is confirmed once");
        self.claims.insert((id, 0), claim);
        id
    }

    pub(super) fn settle(
        &mut self,
        call: &Call,
        action: &SettleReceivable,
    ) -> Result<Vec<Happened>, Rejected> {
        let today = self.clock.day(call.time_ms);
        let (debtor, issuer) = (call.organization, action.issuer.as_str());
        let id = Id::try_from(action.receivable.as_slice())
            .map_err(|_| Rejected::with(Code::UnknownReceivable))?;
        let receivable = self
            .receivables
            .get(&id)
            .ok_or(Rejected::with(Code::UnknownReceivable))?;
        ensure(receivable.debtor == debtor, Code::NotTheDebtor)?;
        ensure(
            receivable.state() == ReceivableState::Performing,
            Code::WrongState,
        )?;
        ensure(self.has_role(issuer, Role::Bank), Code::UnknownIssuer)?;
        let amount = action.amount.clone().unwrap_or_default();
        let currency = receivable.face.as_ref().expect("a face").currency.clone();
        ensure(amount.currency == currency, Code::WrongCurrency)?;
        let owed = self.owed(&id, today);
        ensure(
            u128::from(amount.minor) == u128::from(owed.principal) + owed.penalty,
            Code::AmountDiffers,
        )?;
        ensure(
            is_end_to_end_id(&action.end_to_end_id),
            Code::InvalidEndToEndId,
        )?;
        ensure_first(
            self.first_use(debtor, &action.end_to_end_id),
            Code::RepeatedEndToEndId,
        )?;
        let payee = self.claims[&(id, 0)].controller.clone();
        let payee_holds =
            self.available(&payee, issuer, &currency) + self.locked(&payee, issuer, &currency);
        ensure(
            self.available(debtor, issuer, &currency) >= amount.minor,
            Code::NotEnoughDeposits,
        )?;
        ensure(
            payee_holds + amount.minor <= MAX_MINOR,
            Code::NotEnoughDeposits,
        )?;

        self.move_deposits(debtor, &payee, issuer, &amount);
        self.use_id(call, &action.end_to_end_id);
        let penalty = u64::try_from(owed.penalty).expect("paid, so at most 10^18");
        let receivable = self.receivables.get_mut(&id).expect("found above");
        receivable.set_state(ReceivableState::Settled);
        receivable.redeemed_minor += owed.principal;
        receivable.penalty_paid_minor += penalty;
        receivable.settled_on = Some(date(today));
        let claim = self
            .claims
            .get_mut(&(id, 0))
            .expect("every receivable has claim 0");
        claim.outstanding_minor = 0;
        claim.set_state(ClaimState::Spent);

        let of = |minor| {
            Some(Money {
                minor,
                currency: currency.clone(),
            })
        };
        let happened = ReceivableSettled {
            receivable: id.to_vec(),
            issuer: issuer.to_owned(),
            principal: of(owed.principal),
            penalty: of(penalty),
            days_late: u32::try_from(owed.days_late).expect("at most 210 years"),
            value_date: Some(date(today)),
            payee: payee.clone(),
            end_to_end_id: action.end_to_end_id.clone(),
        };
        let event = Event {
            event: Some(event::Event::Settled(happened)),
        };
        // The bank learns that its deposits moved, not what for.
        Ok(vec![
            transferred(issuer, debtor, &payee, amount, &action.end_to_end_id),
            Happened::settlement([debtor, payee.as_str()], event),
        ])
    }
}
