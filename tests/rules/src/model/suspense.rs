//! Deposits that wait, as what they were paid for is frozen (specification 7.2).

use counterfoil_proto::cash::v1::{
    CollectSuspense, DepositHeld, Event, RejectionCode as Code, RuleOnSuspense, Suspense,
    SuspenseCollected, SuspenseRuled, SuspenseState, event,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::v1::Money;

use super::arithmetic::date;
use super::settlement::Payout;
use super::supervision::{claim_of, key, organization_key};
use super::{Call, Happened, Id, Model, Rejected, ensure, tagged_hash};

/// A part of a payment that its payee may not have yet, and the records for whose freeze it waits.
pub(super) struct Waits {
    pub payee: String,
    pub minor: u64,
    pub records: Vec<Vec<u8>>,
}

impl Model {
    /// All parts of a debtor's payment, in order: of each claim the lender's, then the owner's.
    pub(super) fn parts(&self, receivable: &Id, payouts: &[Payout]) -> Vec<Waits> {
        let mut parts = Vec::new();
        for payout in payouts {
            let claim = &self.claims[&(*receivable, payout.share.claim)];
            let mut rest = payout.share.principal_minor + payout.share.penalty_minor;
            if let Some(lender) = &payout.lender {
                rest -= lender.minor;
                let mut records = claim_of(claim, &lender.name);
                records.push(key("financing/loan", &[&lender.loan]));
                parts.push(Waits {
                    payee: lender.name.clone(),
                    minor: lender.minor,
                    records,
                });
            }
            parts.push(Waits {
                payee: payout.owner.clone(),
                minor: rest,
                records: claim_of(claim, &payout.owner),
            });
        }
        parts.retain(|part| part.minor > 0);
        parts
    }

    /// A fee, or another sum that is for the payee alone.
    pub(super) fn part_for(payee: &str, minor: u64) -> Waits {
        Waits {
            payee: payee.to_owned(),
            minor,
            records: vec![organization_key(payee)],
        }
    }

    /// Takes the parts out of the payer's deposits, or issues them.
    pub(super) fn hold(
        &mut self,
        call: &Call,
        (payer, issuer, currency): (&str, &str, &str),
        end_to_end_id: &str,
        waiting: Vec<Waits>,
    ) -> Vec<Happened> {
        let mut happened = Vec::new();
        for (place, part) in waiting.into_iter().enumerate() {
            self.take_out(payer, issuer, currency, part.minor);
            let place = u32::try_from(place).expect("few claims");
            let parts: [&[u8]; 2] = [&call.tx_id, &place.to_be_bytes()];
            let id = tagged_hash("counterfoil/suspense-id/v1", &parts);
            let suspense = Suspense {
                id: id.to_vec(),
                issuer: issuer.to_owned(),
                payer: payer.to_owned(),
                payee: part.payee.clone(),
                amount: Some(Money {
                    minor: part.minor,
                    currency: currency.to_owned(),
                }),
                end_to_end_id: end_to_end_id.to_owned(),
                records: part.records,
                held_on: Some(date(self.clock.day(call.time_ms))),
                state: SuspenseState::Waiting.into(),
                ruling: Vec::new(),
            };
            let held = DepositHeld {
                suspense: id.to_vec(),
                issuer: issuer.to_owned(),
                payer: payer.to_owned(),
                payee: part.payee.clone(),
                amount: suspense.amount.clone(),
                end_to_end_id: end_to_end_id.to_owned(),
            };
            self.suspense.insert(id, suspense);
            let told = [issuer, payer, &part.payee];
            happened.push(cash(told, event::Event::Held(held)));
        }
        happened
    }

    /// What waits, or waited, under an id.
    pub(super) fn in_suspense(&self, id: &[u8]) -> Option<Money> {
        let found = Id::try_from(id).ok().and_then(|id| self.suspense.get(&id));
        found.and_then(|suspense| suspense.amount.clone())
    }

    fn waiting(&self, id: &[u8]) -> Result<Id, Rejected> {
        let id = Id::try_from(id).ok();
        let id = id.filter(|id| self.suspense.contains_key(id));
        id.ok_or(Rejected::with(Code::UnknownSuspense))
    }

    pub(super) fn collect_suspense(
        &mut self,
        call: &Call,
        action: &CollectSuspense,
    ) -> Result<Vec<Happened>, Rejected> {
        let id = self.waiting(&action.suspense)?;
        let suspense = self.suspense[&id].clone();
        let payee = call.organization;
        ensure(suspense.payee == payee, Code::NotThePayee)?;
        ensure(
            suspense.state() == SuspenseState::Waiting,
            Code::SuspenseClosed,
        )?;
        self.ensure_free(call, &suspense.records)?;
        let amount = suspense.amount.clone().expect("an amount");
        let taken = (Code::IssuerNotAccepted, Code::CapExceeded);
        self.ensure_taken(call, payee, &suspense.issuer, &amount, taken)?;

        self.put_in(payee, &suspense.issuer, &amount.currency, amount.minor);
        let record = self.suspense.get_mut(&id).expect("found above");
        record.set_state(SuspenseState::Collected);
        let collected = SuspenseCollected {
            suspense: id.to_vec(),
            issuer: suspense.issuer.clone(),
            payee: payee.to_owned(),
            amount: suspense.amount,
        };
        Ok(vec![cash(
            [suspense.issuer.as_str(), payee],
            event::Event::SuspenseCollected(collected),
        )])
    }

    pub(super) fn rule_on_suspense(
        &mut self,
        call: &Call,
        action: &RuleOnSuspense,
    ) -> Result<Vec<Happened>, Rejected> {
        let regulator = call.organization;
        ensure(self.has_role(regulator, Role::Regulator), Code::WrongRole)?;
        let id = self.waiting(&action.suspense)?;
        ensure(
            self.suspense[&id].state() == SuspenseState::Waiting,
            Code::SuspenseClosed,
        )?;
        ensure(action.reason_hash.len() == 32, Code::InvalidReasonHash)?;
        ensure(self.exists(&action.payee), Code::WrongCounterparty)?;

        let suspense = self.suspense.get_mut(&id).expect("found above");
        let from = std::mem::replace(&mut suspense.payee, action.payee.clone());
        suspense.records.clear();
        suspense.ruling = action.reason_hash.clone();
        let ruled = SuspenseRuled {
            suspense: id.to_vec(),
            from: from.clone(),
            to: action.payee.clone(),
            reason_hash: action.reason_hash.clone(),
        };
        Ok(vec![cash(
            [regulator, &from, &action.payee],
            event::Event::SuspenseRuled(ruled),
        )])
    }
}

fn cash<'a>(concerned: impl IntoIterator<Item = &'a str>, event: event::Event) -> Happened {
    Happened::cash(concerned, Event { event: Some(event) })
}
