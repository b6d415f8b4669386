//! What others may ask of cash: to check a payment, and to make a checked one.

use counterfoil_proto::cash::v1::event::Event as Kind;
use counterfoil_proto::cash::v1::{DepositTransferred, Instruction};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::v1::Money;
use counterfoil_types::ids::TxId;
use counterfoil_types::limits::{MAX_END_TO_END_ID, MAX_MINOR};

use super::events::emit;
use super::keys::{BALANCES, INSTRUCTIONS, ISSUANCES, REDEMPTIONS, balance, put_balance};
use crate::kernel::{Context, Rules, StateError, Store};
use crate::membership::api as membership;

pub use super::errors::PaymentFault;

/// Key of a balance.
pub fn balance_key(holder: &str, issuer: &str, currency: &str) -> Vec<u8> {
    BALANCES.key(&[holder.as_bytes(), issuer.as_bytes(), currency.as_bytes()])
}

/// What the keys of all balances begin with.
pub fn balance_prefix() -> Vec<u8> {
    BALANCES.prefix()
}

/// What the keys of all issuances begin with.
pub fn issuance_prefix() -> Vec<u8> {
    ISSUANCES.prefix()
}

/// Key of a redemption.
pub fn redemption_key(holder: &str, end_to_end_id: &str) -> Vec<u8> {
    REDEMPTIONS.key(&[holder.as_bytes(), end_to_end_id.as_bytes()])
}

/// What the keys of all redemptions begin with.
pub fn redemption_prefix() -> Vec<u8> {
    REDEMPTIONS.prefix()
}

/// Why a sum is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AmountFault {
    Currency(String),
    Amount(String),
}

/// Checks that a sum is above zero, within bounds, and in a currency of genesis.
pub fn check_amount(rules: Rules<'_>, amount: Option<&Money>) -> Result<Money, AmountFault> {
    let amount = amount.cloned().unwrap_or_default();
    if rules.genesis.currency(&amount.currency).is_none() {
        let message = format!("{:?} is not a currency of this ledger", amount.currency);
        return Err(AmountFault::Currency(message));
    }
    if !(1..=MAX_MINOR).contains(&amount.minor) {
        let message = format!("{} minor units: amounts are from 1 to 10^18", amount.minor);
        return Err(AmountFault::Amount(message));
    }
    Ok(amount)
}

/// A payment in deposits that was found good and may be made.
pub struct Payment<'p> {
    pub issuer: &'p str,
    pub from: &'p str,
    pub to: &'p str,
    pub amount: &'p Money,
    pub end_to_end_id: &'p str,
}

pub fn check_issuer(store: &Store<'_>, issuer: &str) -> Result<(), PaymentFault> {
    if membership::is_in_role(store, issuer, Role::Bank)? {
        return Ok(());
    }
    Err(PaymentFault::UnknownIssuer(issuer.to_owned()))
}

/// Checks the form of an end-to-end id, and that the payer never used it.
pub fn check_end_to_end_id(store: &Store<'_>, payer: &str, id: &str) -> Result<(), PaymentFault> {
    let printable = id.bytes().all(|b| (0x20..=0x7e).contains(&b));
    let well_formed = (1..=MAX_END_TO_END_ID).contains(&id.len())
        && printable
        && !id.starts_with(' ')
        && !id.ends_with(' ');
    if !well_formed {
        return Err(PaymentFault::InvalidEndToEndId);
    }
    match INSTRUCTIONS.get(store, &[payer.as_bytes(), id.as_bytes()])? {
        None => Ok(()),
        Some(Instruction { tx_id }) => Err(PaymentFault::RepeatedEndToEndId {
            id: id.to_owned(),
            first: TxId::try_from(tx_id.as_slice())
                .map_or_else(|_| String::new(), |id| id.to_string()),
        }),
    }
}

/// Remembers that the caller used an end-to-end id. Invariant: it was checked in this transaction.
pub(super) fn use_end_to_end_id(context: &mut Context<'_>, id: &str) {
    let tx_id = context.tx_id.to_vec();
    let payer = context.caller.id.clone();
    let parts = [payer.as_bytes(), id.as_bytes()];
    INSTRUCTIONS.put(&mut context.store, &parts, &Instruction { tx_id });
}

/// Checks that a holder has the deposits available.
pub(super) fn check_available(
    store: &Store<'_>,
    holder: &str,
    issuer: &str,
    amount: &Money,
) -> Result<(), PaymentFault> {
    let available_minor = balance(store, holder, issuer, &amount.currency)?.available_minor;
    if available_minor >= amount.minor {
        return Ok(());
    }
    Err(PaymentFault::NotEnough {
        holder: holder.to_owned(),
        issuer: issuer.to_owned(),
        currency: amount.currency.clone(),
        available_minor,
        wanted_minor: amount.minor,
    })
}

/// Checks that a holder's balance may grow by an amount.
pub(super) fn check_room(
    store: &Store<'_>,
    holder: &str,
    issuer: &str,
    amount: &Money,
) -> Result<(), PaymentFault> {
    let held = balance(store, holder, issuer, &amount.currency)?;
    let total = [held.available_minor, held.locked_minor, amount.minor]
        .iter()
        .try_fold(0u64, |sum, minor| sum.checked_add(*minor));
    match total {
        Some(total) if total <= MAX_MINOR => Ok(()),
        _ => Err(PaymentFault::TooLarge(holder.to_owned())),
    }
}

impl Payment<'_> {
    /// Checks what remains to be checked once issuer and end-to-end id are: payer's deposits, payee's room.
    pub fn check_funds(&self, store: &Store<'_>) -> Result<(), PaymentFault> {
        check_available(store, self.from, self.issuer, self.amount)?;
        check_room(store, self.to, self.issuer, self.amount)
    }

    /// Makes the payment. Invariant: the caller pays, and everything was checked in this transaction.
    pub fn make(&self, context: &mut Context<'_>) -> Result<(), StateError> {
        let (store, currency) = (&mut context.store, &self.amount.currency);
        let mut from = balance(store, self.from, self.issuer, currency)?;
        from.available_minor -= self.amount.minor;
        put_balance(store, &from);
        let mut to = balance(store, self.to, self.issuer, currency)?;
        to.available_minor += self.amount.minor;
        put_balance(store, &to);
        use_end_to_end_id(context, self.end_to_end_id);
        let transferred = DepositTransferred {
            issuer: self.issuer.to_owned(),
            from: self.from.to_owned(),
            to: self.to.to_owned(),
            amount: Some(self.amount.clone()),
            end_to_end_id: self.end_to_end_id.to_owned(),
        };
        let concerned = [self.issuer, self.from, self.to];
        emit(context, &concerned, Kind::Transferred(transferred));
        Ok(())
    }
}
