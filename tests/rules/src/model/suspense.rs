//! Deposits that wait, as what they were paid for is frozen (specification 7.2).

use counterfoil_proto::cash::v1::{
    CollectSuspense, DepositHeld, Event, Payment, PaymentState, RejectionCode as Code,
    RuleOnSuspense, Suspense, SuspenseCollected, SuspenseRuled, SuspenseState, event,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Kind;
use counterfoil_proto::v1::Money;

use super::arithmetic::date;
use super::claims::encumbrance;
use super::settlement::Payout;
use super::supervision::{claim_of, key, organization_key};
use super::{Call, Happened, Id, Model, Rejected, ensure, tagged_hash};

/// A part of a payment that its payee may not have yet, and the records for whose freeze it waits.
pub(super) struct Waits {
    pub payee: String,
    pub minor: u64,
    pub records: Vec<Vec<u8>>,
    /// What the claim waits for, too, before it is the bank's or the seller's.
    pub price: Vec<u8>,
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
                    price: Vec::new(),
                });
            }
            parts.push(Waits {
                payee: payout.owner.clone(),
                minor: rest,
                records: claim_of(claim, &payout.owner),
                price: match encumbrance(claim) {
                    Some(Kind::Locked(lock)) => lock.payment.clone(),
                    _ => Vec::new(),
                },
            });
        }
        parts.retain(|part| part.minor > 0);
        parts
    }

    pub(super) fn must_wait(&self, part: &Waits, on: i64) -> bool {
        !part.price.is_empty() || self.any_frozen(&part.records, on)
    }

    /// A price whose claims, or their buyer, are frozen is not confirmed.
    pub(super) fn ensure_passing(&self, call: &Call, price: &Payment) -> Result<(), Rejected> {
        if price.request.is_empty() {
            return Ok(());
        }
        let mut records = vec![organization_key(&price.payer)];
        for claim in self.claims.values() {
            if matches!(encumbrance(claim), Some(Kind::Locked(lock)) if lock.payment == price.id) {
                records.extend(claim_of(claim, &claim.controller));
            }
        }
        self.ensure_free(call, &records)
    }

    /// A fee, or another sum that is for the payee alone.
    pub(super) fn part_for(payee: &str, minor: u64) -> Waits {
        Waits {
            payee: payee.to_owned(),
            minor,
            records: vec![organization_key(payee)],
            price: Vec::new(),
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
            let price = self.payments.get(part.price.as_slice());
            let buyer = price.map(|price| price.payer.clone()).unwrap_or_default();
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
                price: part.price,
                buyer: buyer.clone(),
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
            let told = [issuer, payer, &part.payee, &buyer];
            let told = told.into_iter().filter(|id| !id.is_empty());
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
        ensure(
            [&suspense.payee, &suspense.buyer].contains(&&payee.to_owned()),
            Code::NotThePayee,
        )?;
        let price = self.payments.get(suspense.price.as_slice());
        let outcome = price.map(|price| (price.state(), price.closed_on.is_some()));
        ensure(!matches!(outcome, Some((_, false))), Code::PriceUnderWay)?;
        let bought = matches!(outcome, Some((PaymentState::Confirmed, _)));
        let due_to = if bought {
            &suspense.buyer
        } else {
            &suspense.payee
        };
        ensure(due_to == payee, Code::NotThePayee)?;
        ensure(
            suspense.state() == SuspenseState::Waiting,
            Code::SuspenseClosed,
        )?;
        let mut records = suspense.records.clone();
        records.push(organization_key(payee));
        self.ensure_free(call, &records)?;
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
        suspense.price.clear();
        let buyer = std::mem::take(&mut suspense.buyer);
        suspense.ruling = action.reason_hash.clone();
        let ruled = SuspenseRuled {
            suspense: id.to_vec(),
            from: from.clone(),
            to: action.payee.clone(),
            reason_hash: action.reason_hash.clone(),
        };
        Ok(vec![cash(
            [regulator, &from, &action.payee, &buyer]
                .into_iter()
                .filter(|id| !id.is_empty()),
            event::Event::SuspenseRuled(ruled),
        )])
    }
}

fn cash<'a>(concerned: impl IntoIterator<Item = &'a str>, event: event::Event) -> Happened {
    Happened::cash(concerned, Event { event: Some(event) })
}
