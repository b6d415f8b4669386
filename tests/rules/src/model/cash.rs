//! Bank deposits (specification 6.1, 6.2).

use std::collections::BTreeMap;

use counterfoil_proto::cash::v1::{
    AcceptedIssuer, Balance, ConfirmRedemption, DeclineRedemption, DepositIssued, DepositReturned,
    DepositTransferred, Event, Issuance, IssueDeposit, Redemption, RedemptionPaid,
    RedemptionRequested, RedemptionRestored, RedemptionState, RejectionCode as Code,
    RequestRedemption, TransferDeposit, event,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::v1::{KernelRejectionCode as Kernel, Money};

use super::arithmetic::{MAX_MINOR, date};
use super::{Call, Happened, Id, Model, Rejected, ensure, ensure_first, is_reason};

/// Whether an end-to-end id has the documented form.
pub fn is_end_to_end_id(id: &str) -> bool {
    (1..=35).contains(&id.len())
        && id.bytes().all(|b| (0x20..=0x7e).contains(&b))
        && !id.starts_with(' ')
        && !id.ends_with(' ')
}

/// A payment in deposits of one bank, of one instruction.
pub(super) struct Payment<'a> {
    pub payer: &'a str,
    pub issuer: &'a str,
    pub currency: &'a str,
    /// What the payer must have: at least what it pays.
    pub instructed: u64,
    /// What each payee gets.
    pub legs: BTreeMap<String, u64>,
    pub end_to_end_id: &'a str,
}

impl Model {
    pub(super) fn issue(
        &mut self,
        call: &Call,
        action: &IssueDeposit,
    ) -> Result<Vec<Happened>, Rejected> {
        let (issuer, holder) = (call.organization, action.holder.as_str());
        ensure(self.has_role(issuer, Role::Bank), Code::WrongRole)?;
        ensure(
            self.exists(holder) && holder != issuer,
            Code::WrongCounterparty,
        )?;
        let amount = self.sum(&action.amount)?;
        self.unused(issuer, &action.end_to_end_id)?;
        ensure(
            self.can_issue(issuer, &amount.currency, amount.minor)
                && self.can_hold(holder, issuer, &amount.currency, amount.minor),
            Code::TooLarge,
        )?;
        let taken = (Code::IssuerNotAccepted, Code::CapExceeded);
        self.ensure_taken(call, holder, issuer, &amount, taken)?;

        self.use_id(issuer, &action.end_to_end_id, call.tx_id);
        Ok(vec![self.pass(
            issuer,
            holder,
            issuer,
            amount,
            &action.end_to_end_id,
        )])
    }

    pub(super) fn transfer(
        &mut self,
        call: &Call,
        action: &TransferDeposit,
    ) -> Result<Vec<Happened>, Rejected> {
        let (from, to, issuer) = (
            call.organization,
            action.to.as_str(),
            action.issuer.as_str(),
        );
        ensure(self.is_bank(issuer), Code::UnknownIssuer)?;
        ensure(self.exists(to) && to != from, Code::WrongCounterparty)?;
        let amount = self.sum(&action.amount)?;
        self.ensure_spendable(call, from, issuer, &amount.currency)?;
        self.unused(from, &action.end_to_end_id)?;
        ensure(
            from == issuer || self.available(from, issuer, &amount.currency) >= amount.minor,
            Code::NotEnoughDeposits,
        )?;
        ensure(
            from != issuer || self.can_issue(issuer, &amount.currency, amount.minor),
            Code::TooLarge,
        )?;
        ensure(
            self.can_hold(to, issuer, &amount.currency, amount.minor),
            Code::TooLarge,
        )?;
        let taken = (Code::IssuerNotAccepted, Code::CapExceeded);
        self.ensure_taken(call, to, issuer, &amount, taken)?;

        self.use_id(from, &action.end_to_end_id, call.tx_id);
        Ok(vec![self.pass(
            from,
            to,
            issuer,
            amount,
            &action.end_to_end_id,
        )])
    }

    pub(super) fn request_redemption(
        &mut self,
        call: &Call,
        action: &RequestRedemption,
    ) -> Result<Vec<Happened>, Rejected> {
        let (holder, issuer) = (call.organization, action.issuer.as_str());
        ensure(self.is_bank(issuer), Code::UnknownIssuer)?;
        let amount = self.sum(&action.amount)?;
        self.ensure_spendable(call, holder, issuer, &amount.currency)?;
        self.unused(holder, &action.end_to_end_id)?;
        ensure(
            self.available(holder, issuer, &amount.currency) >= amount.minor,
            Code::NotEnoughDeposits,
        )?;

        let balance = self.balance(holder, issuer, &amount.currency);
        balance.available_minor -= amount.minor;
        balance.locked_minor += amount.minor;
        self.use_id(call.organization, &action.end_to_end_id, call.tx_id);
        let redemption = Redemption {
            issuer: issuer.to_owned(),
            holder: holder.to_owned(),
            amount: Some(amount.clone()),
            end_to_end_id: action.end_to_end_id.clone(),
            state: RedemptionState::Requested.into(),
            requested_on: Some(date(self.clock.day(call.time_ms))),
        };
        self.redemptions.insert(
            (holder.to_owned(), action.end_to_end_id.clone()),
            redemption,
        );
        let happened = RedemptionRequested {
            issuer: issuer.to_owned(),
            holder: holder.to_owned(),
            amount: Some(amount),
            end_to_end_id: action.end_to_end_id.clone(),
        };
        Ok(vec![cash(
            [issuer, holder],
            event::Event::RedemptionRequested(happened),
        )])
    }

    pub(super) fn confirm_redemption(
        &mut self,
        call: &Call,
        action: &ConfirmRedemption,
    ) -> Result<Vec<Happened>, Rejected> {
        let holder = call.organization;
        let key = (holder.to_owned(), action.end_to_end_id.clone());
        let redemption = self
            .redemptions
            .get_mut(&key)
            .ok_or(Rejected::with(Code::UnknownRedemption))?;
        ensure(
            redemption.state() == RedemptionState::Requested,
            Code::RedemptionClosed,
        )?;

        redemption.set_state(RedemptionState::Paid);
        let issuer = redemption.issuer.clone();
        let amount = redemption
            .amount
            .clone()
            .expect("every redemption has an amount");
        self.balance(holder, &issuer, &amount.currency).locked_minor -= amount.minor;
        self.issuance(&issuer, &amount.currency).redeemed_minor += amount.minor;
        let happened = RedemptionPaid {
            issuer: issuer.clone(),
            holder: holder.to_owned(),
            amount: Some(amount),
            end_to_end_id: action.end_to_end_id.clone(),
        };
        Ok(vec![cash(
            [issuer.as_str(), holder],
            event::Event::RedemptionPaid(happened),
        )])
    }

    pub(super) fn decline_redemption(
        &mut self,
        call: &Call,
        action: &DeclineRedemption,
    ) -> Result<Vec<Happened>, Rejected> {
        let (issuer, holder) = (call.organization, action.holder.as_str());
        let key = (holder.to_owned(), action.end_to_end_id.clone());
        let redemption = self
            .redemptions
            .get_mut(&key)
            .ok_or(Rejected::with(Code::UnknownRedemption))?;
        ensure(redemption.issuer == issuer, Code::NotTheIssuer)?;
        ensure(
            redemption.state() == RedemptionState::Requested,
            Code::RedemptionClosed,
        )?;
        ensure(is_reason(&action.reason), Code::InvalidReason)?;

        redemption.set_state(RedemptionState::Restored);
        let amount = redemption
            .amount
            .clone()
            .expect("every redemption has an amount");
        let balance = self.balance(holder, issuer, &amount.currency);
        balance.locked_minor -= amount.minor;
        balance.available_minor += amount.minor;
        let happened = RedemptionRestored {
            issuer: issuer.to_owned(),
            holder: holder.to_owned(),
            amount: Some(amount),
            end_to_end_id: action.end_to_end_id.clone(),
            reason: action.reason.clone(),
        };
        Ok(vec![cash(
            [issuer, holder],
            event::Event::RedemptionRestored(happened),
        )])
    }

    /// What `holder` can spend of `issuer`'s deposits.
    pub fn available(&self, holder: &str, issuer: &str, currency: &str) -> u64 {
        self.balance_of(holder, issuer, currency)
            .map_or(0, |b| b.available_minor)
    }

    /// What `holder` has locked for redemption with `issuer`.
    pub fn locked(&self, holder: &str, issuer: &str, currency: &str) -> u64 {
        self.balance_of(holder, issuer, currency)
            .map_or(0, |b| b.locked_minor)
    }

    /// The transaction that used this end-to-end id first.
    pub fn first_use(&self, payer: &str, end_to_end_id: &str) -> Option<&Id> {
        self.instructions
            .get(&(payer.to_owned(), end_to_end_id.to_owned()))
    }

    pub(super) fn use_id(&mut self, payer: &str, end_to_end_id: &str, tx_id: Id) {
        let key = (payer.to_owned(), end_to_end_id.to_owned());
        let first = self.instructions.insert(key, tx_id);
        assert!(first.is_none(), "an end-to-end id is used once");
    }

    /// Whether the payer has what it instructed, and all payees can hold what they get.
    pub(super) fn can_pay(&self, payment: &Payment) -> bool {
        let Payment {
            payer,
            issuer,
            currency,
            instructed,
            ..
        } = payment;
        let funded = if payer == issuer {
            self.can_issue(issuer, currency, *instructed)
        } else {
            self.available(payer, issuer, currency) >= *instructed
        };
        funded
            && payment
                .legs
                .iter()
                .all(|(payee, minor)| self.can_hold(payee, issuer, currency, *minor))
    }

    /// Every payee takes what it gets, or else the first code where it wants other deposits, the second where it
    /// has enough of these.
    pub(super) fn ensure_all_taken<C: Into<i32> + Copy>(
        &self,
        call: &Call,
        payment: &Payment,
        codes: (C, C),
    ) -> Result<(), Rejected> {
        for (payee, minor) in &payment.legs {
            let amount = Money {
                minor: *minor,
                currency: payment.currency.to_owned(),
            };
            self.ensure_taken(call, payee, payment.issuer, &amount, codes)?;
        }
        Ok(())
    }

    /// Pays every payee, and uses up the end-to-end id.
    pub(super) fn pay(&mut self, payment: Payment, tx_id: Id) -> Vec<Happened> {
        self.use_id(payment.payer, payment.end_to_end_id, tx_id);
        self.pass_on(payment)
    }

    /// Pays every payee, where the end-to-end id is used up already.
    pub(super) fn pass_on(&mut self, payment: Payment) -> Vec<Happened> {
        let Payment {
            payer,
            issuer,
            end_to_end_id,
            ..
        } = payment;
        let mut happened = Vec::new();
        for (payee, minor) in payment.legs {
            let amount = Money {
                minor,
                currency: payment.currency.to_owned(),
            };
            happened.push(self.pass(payer, &payee, issuer, amount, end_to_end_id));
        }
        happened
    }

    /// Passes deposits on: issues them where the payer is their issuer, redeems them
    /// where the payee is.
    fn pass(
        &mut self,
        from: &str,
        to: &str,
        issuer: &str,
        amount: Money,
        end_to_end_id: &str,
    ) -> Happened {
        assert_ne!(from, to, "nobody pays itself");
        self.take_out(from, issuer, &amount.currency, amount.minor);
        self.put_in(to, issuer, &amount.currency, amount.minor);
        let (issuer, end_to_end_id) = (issuer.to_owned(), end_to_end_id.to_owned());
        let (amount, concerned) = (
            Some(amount),
            [issuer.clone(), from.to_owned(), to.to_owned()],
        );
        let event = if from == issuer {
            event::Event::Issued(DepositIssued {
                issuer,
                holder: to.to_owned(),
                amount,
                end_to_end_id,
            })
        } else if to == issuer {
            event::Event::Returned(DepositReturned {
                issuer,
                holder: from.to_owned(),
                amount,
                end_to_end_id,
            })
        } else {
            event::Event::Transferred(DepositTransferred {
                issuer,
                from: from.to_owned(),
                to: to.to_owned(),
                amount,
                end_to_end_id,
            })
        };
        cash(concerned, event)
    }

    pub(super) fn take_out(&mut self, from: &str, issuer: &str, currency: &str, minor: u64) {
        if from == issuer {
            self.issuance(issuer, currency).issued_minor += minor;
        } else {
            self.balance(from, issuer, currency).available_minor -= minor;
        }
    }

    pub(super) fn put_in(&mut self, to: &str, issuer: &str, currency: &str, minor: u64) {
        if to == issuer {
            self.issuance(issuer, currency).redeemed_minor += minor;
        } else {
            self.balance(to, issuer, currency).available_minor += minor;
        }
    }

    fn can_issue(&self, issuer: &str, currency: &str, minor: u64) -> bool {
        let key = (issuer.to_owned(), currency.to_owned());
        let issued = self.issuances.get(&key).map_or(0, |i| i.issued_minor);
        issued + minor <= MAX_MINOR
    }

    /// Whether the holder's balance can take so much. Nobody holds deposits of its own.
    fn can_hold(&self, holder: &str, issuer: &str, currency: &str, minor: u64) -> bool {
        let held = self.available(holder, issuer, currency) + self.locked(holder, issuer, currency);
        holder == issuer || held + minor <= MAX_MINOR
    }

    fn balance_of(&self, holder: &str, issuer: &str, currency: &str) -> Option<&Balance> {
        self.balances
            .get(&(holder.to_owned(), issuer.to_owned(), currency.to_owned()))
    }

    fn balance(&mut self, holder: &str, issuer: &str, currency: &str) -> &mut Balance {
        let key = (holder.to_owned(), issuer.to_owned(), currency.to_owned());
        self.balances.entry(key).or_insert_with(|| Balance {
            issuer: issuer.to_owned(),
            holder: holder.to_owned(),
            currency: currency.to_owned(),
            ..Balance::default()
        })
    }

    fn issuance(&mut self, issuer: &str, currency: &str) -> &mut Issuance {
        let key = (issuer.to_owned(), currency.to_owned());
        self.issuances.entry(key).or_insert_with(|| Issuance {
            issuer: issuer.to_owned(),
            currency: currency.to_owned(),
            ..Issuance::default()
        })
    }

    pub(super) fn issuers_taken(&self, payee: &str) -> &[AcceptedIssuer] {
        let said = self.acceptances.get(payee);
        said.map_or(&[], |said| said.accepted.as_slice())
    }

    pub(super) fn ensure_taken<C: Into<i32>>(
        &self,
        call: &Call,
        payee: &str,
        issuer: &str,
        amount: &Money,
        (other_issuer, too_much): (C, C),
    ) -> Result<(), Rejected> {
        if payee == issuer {
            return Ok(());
        }
        let list = self.issuers_taken(payee);
        let named = |entry: &&AcceptedIssuer| {
            (entry.issuer.as_str(), &entry.currency) == (issuer, &amount.currency)
        };
        let entry = list.iter().find(named);
        let takes_suspended = entry.is_some_and(|entry| entry.while_suspended);
        ensure(
            self.is_active(issuer) || takes_suspended || call.is_signed_by(payee),
            Kernel::ConsentLacking,
        )?;
        if list.is_empty() {
            return Ok(());
        }
        let entry = entry.ok_or(Rejected::with(other_issuer))?;
        let held = self.available(payee, issuer, &amount.currency)
            + self.locked(payee, issuer, &amount.currency);
        ensure(held + amount.minor <= entry.cap_minor, too_much)
    }

    /// The instructed sum, where its currency and amount are allowed.
    fn sum(&self, amount: &Option<Money>) -> Result<Money, Rejected> {
        // A sum left out has no currency.
        let amount = amount.clone().unwrap_or_default();
        ensure(
            self.currencies.contains(&amount.currency),
            Code::UnknownCurrency,
        )?;
        ensure((1..=MAX_MINOR).contains(&amount.minor), Code::InvalidAmount)?;
        Ok(amount)
    }

    fn unused(&self, payer: &str, end_to_end_id: &str) -> Result<(), Rejected> {
        ensure(is_end_to_end_id(end_to_end_id), Code::InvalidEndToEndId)?;
        ensure_first(
            self.first_use(payer, end_to_end_id),
            Code::RepeatedEndToEndId,
        )
    }
}

fn cash<T: Into<String>>(concerned: impl IntoIterator<Item = T>, event: event::Event) -> Happened {
    Happened::cash(concerned, Event { event: Some(event) })
}
