//! Bank deposits (specification 6.1, 6.2).

use counterfoil_proto::cash::v1::{
    Balance, ConfirmRedemption, DeclineRedemption, DepositIssued, DepositTransferred, Event,
    IssueDeposit, Redemption, RedemptionPaid, RedemptionRequested, RedemptionRestored,
    RedemptionState, RejectionCode as Code, RequestRedemption, TransferDeposit, event,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::v1::Money;

use super::arithmetic::{MAX_MINOR, date};
use super::{Call, Happened, Id, Model, Rejected, ensure, ensure_first, is_reason};

/// Whether an end-to-end id has the documented form.
pub fn is_end_to_end_id(id: &str) -> bool {
    (1..=35).contains(&id.len())
        && id.bytes().all(|b| (0x20..=0x7e).contains(&b))
        && !id.starts_with(' ')
        && !id.ends_with(' ')
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
        let key = (issuer.to_owned(), amount.currency.clone());
        let issued = self.issuances.get(&key).map_or(0, |i| i.issued_minor);
        let held = self.available(holder, issuer, &amount.currency)
            + self.locked(holder, issuer, &amount.currency);
        ensure(
            issued + amount.minor <= MAX_MINOR && held + amount.minor <= MAX_MINOR,
            Code::TooLarge,
        )?;

        let issuance = self.issuances.entry(key).or_default();
        issuance.issuer = issuer.to_owned();
        issuance.currency = amount.currency.clone();
        issuance.issued_minor += amount.minor;
        self.balance(holder, issuer, &amount.currency)
            .available_minor += amount.minor;
        self.use_id(call, &action.end_to_end_id);
        let happened = DepositIssued {
            issuer: issuer.to_owned(),
            holder: holder.to_owned(),
            amount: Some(amount),
            end_to_end_id: action.end_to_end_id.clone(),
        };
        Ok(vec![cash([issuer, holder], event::Event::Issued(happened))])
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
        ensure(self.has_role(issuer, Role::Bank), Code::UnknownIssuer)?;
        ensure(self.exists(to) && to != from, Code::WrongCounterparty)?;
        let amount = self.sum(&action.amount)?;
        self.unused(from, &action.end_to_end_id)?;
        ensure(
            self.available(from, issuer, &amount.currency) >= amount.minor,
            Code::NotEnoughDeposits,
        )?;
        let held = self.available(to, issuer, &amount.currency)
            + self.locked(to, issuer, &amount.currency);
        ensure(held + amount.minor <= MAX_MINOR, Code::TooLarge)?;

        self.move_deposits(from, to, issuer, &amount);
        self.use_id(call, &action.end_to_end_id);
        Ok(vec![transferred(
            issuer,
            from,
            to,
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
        ensure(self.has_role(issuer, Role::Bank), Code::UnknownIssuer)?;
        let amount = self.sum(&action.amount)?;
        self.unused(holder, &action.end_to_end_id)?;
        ensure(
            self.available(holder, issuer, &amount.currency) >= amount.minor,
            Code::NotEnoughDeposits,
        )?;

        let balance = self.balance(holder, issuer, &amount.currency);
        balance.available_minor -= amount.minor;
        balance.locked_minor += amount.minor;
        self.use_id(call, &action.end_to_end_id);
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
        let issuance = self
            .issuances
            .get_mut(&(issuer.clone(), amount.currency.clone()));
        issuance
            .expect("what is redeemed was issued")
            .redeemed_minor += amount.minor;
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

    pub(super) fn use_id(&mut self, call: &Call, end_to_end_id: &str) {
        let key = (call.organization.to_owned(), end_to_end_id.to_owned());
        let first = self.instructions.insert(key, call.tx_id);
        assert!(first.is_none(), "an end-to-end id is used once");
    }

    pub(super) fn move_deposits(&mut self, from: &str, to: &str, issuer: &str, amount: &Money) {
        self.balance(from, issuer, &amount.currency).available_minor -= amount.minor;
        self.balance(to, issuer, &amount.currency).available_minor += amount.minor;
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

fn cash<const N: usize>(concerned: [&str; N], event: event::Event) -> Happened {
    Happened::cash(concerned, Event { event: Some(event) })
}

/// Deposits of a bank that passed from one holder to another.
pub(super) fn transferred(
    issuer: &str,
    from: &str,
    to: &str,
    amount: Money,
    end_to_end_id: &str,
) -> Happened {
    let happened = DepositTransferred {
        issuer: issuer.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        amount: Some(amount),
        end_to_end_id: end_to_end_id.to_owned(),
    };
    cash([issuer, from, to], event::Event::Transferred(happened))
}
