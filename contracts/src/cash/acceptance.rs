//! Whose deposits a payee takes, and up to which balance (specification 6.2).

use counterfoil_proto::cash::v1::event::Event as Kind;
use counterfoil_proto::cash::v1::{
    AcceptIssuers, Acceptance, AcceptedIssuer, IssuersAccepted, RejectionCode,
};
use counterfoil_types::limits::{MAX_ACCEPTED_ISSUERS, MAX_MINOR};

use super::api;
use super::errors::PaymentFault;
use super::events::emit;
use super::keys::{ACCEPTANCES, acceptance, balance};
use crate::kernel::{Context, Failure, reject};
use crate::membership::api as membership;

pub(super) fn accept(context: &mut Context<'_>, accept: AcceptIssuers) -> Result<(), Failure> {
    let payee = context.caller.id.clone();
    let ascend = |a: &AcceptedIssuer, b: &AcceptedIssuer| {
        (&a.issuer, &a.currency) < (&b.issuer, &b.currency)
    };
    let capped = |accepted: &AcceptedIssuer| (1..=MAX_MINOR).contains(&accepted.cap_minor);
    if accept.accepted.len() > MAX_ACCEPTED_ISSUERS
        || !accept.accepted.is_sorted_by(ascend)
        || !accept.accepted.iter().all(capped)
    {
        let message = format!(
            "name at most {MAX_ACCEPTED_ISSUERS} issuers, ascending by issuer and currency, each with a cap of 1 to \
             10^18 minor units"
        );
        return Err(reject(RejectionCode::InvalidList, message));
    }
    for accepted in &accept.accepted {
        if accepted.issuer == payee {
            return Err(PaymentFault::UnknownIssuer(payee).into());
        }
        api::check_issuer(&context.store, &accepted.issuer)?;
    }
    for accepted in &accept.accepted {
        if context.rules.genesis.currency(&accepted.currency).is_none() {
            let message = format!("{:?} is not a currency of this ledger", accepted.currency);
            return Err(reject(RejectionCode::UnknownCurrency, message));
        }
    }
    let bank = &accept.account_bank;
    if !bank.is_empty() && (*bank == payee || !membership::is_bank(&context.store, bank)?) {
        let message = format!("{bank:?} is not another organization that is a bank on this ledger");
        return Err(reject(RejectionCode::WrongAccountBank, message));
    }

    let record = Acceptance {
        payee: payee.clone(),
        accepted: accept.accepted,
        account_bank: accept.account_bank,
    };
    ACCEPTANCES.put(&mut context.store, &[payee.as_bytes()], &record);
    let concerned = [payee.as_str()];
    let accepted = IssuersAccepted {
        payee: payee.clone(),
    };
    emit(context, &concerned, Kind::IssuersAccepted(accepted));
    Ok(())
}

/// Deposits that a payment would bring one payee.
pub(super) struct Credit<'c> {
    pub payee: &'c str,
    pub issuer: &'c str,
    pub currency: &'c str,
    pub minor: u64,
}

impl Credit<'_> {
    /// Checks that the payee takes them. What it issued itself it always does: that is redeemed.
    pub fn check(&self, context: &Context<'_>) -> Result<(), PaymentFault> {
        if self.payee == self.issuer {
            return Ok(());
        }
        let listed = acceptance(&context.store, self.payee)?.accepted;
        let entry = listed
            .iter()
            .find(|entry| entry.issuer == self.issuer && entry.currency == self.currency);
        let active = membership::organization(&context.store, self.issuer)?
            .is_some_and(|issuer| membership::is_active(&issuer));
        if !active && !entry.is_some_and(|entry| entry.while_suspended) {
            context
                .check_consent(self.payee)
                .map_err(PaymentFault::ConsentLacking)?;
        }
        match entry {
            None if listed.is_empty() => Ok(()),
            None => Err(self.not_accepted(&listed)),
            Some(entry) => self.check_cap(context, entry.cap_minor),
        }
    }

    fn not_accepted(&self, listed: &[AcceptedIssuer]) -> PaymentFault {
        let taken: Vec<&str> = listed
            .iter()
            .filter(|entry| entry.currency == self.currency)
            .map(|entry| entry.issuer.as_str())
            .collect();
        PaymentFault::NotAccepted {
            payee: self.payee.to_owned(),
            issuer: self.issuer.to_owned(),
            currency: self.currency.to_owned(),
            taken: match taken.is_empty() {
                true => "none in it, and is paid over the external rail".to_owned(),
                false => taken.join(", "),
            },
        }
    }

    fn check_cap(&self, context: &Context<'_>, cap_minor: u64) -> Result<(), PaymentFault> {
        let held = balance(&context.store, self.payee, self.issuer, self.currency)?;
        // A bank issues at most 10^18 in all.
        let after = u128::from(held.available_minor)
            + u128::from(held.locked_minor)
            + u128::from(self.minor);
        if after <= u128::from(cap_minor) {
            return Ok(());
        }
        Err(PaymentFault::CapExceeded {
            payee: self.payee.to_owned(),
            issuer: self.issuer.to_owned(),
            currency: self.currency.to_owned(),
        })
    }
}
