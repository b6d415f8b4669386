//! What others may ask of cash: to check a payment, and to make a checked one.

use std::collections::BTreeMap;

use counterfoil_proto::cash::v1::event::Event as Kind;
use counterfoil_proto::cash::v1::{
    DepositIssued, DepositReturned, DepositTransferred, Instruction,
};
use counterfoil_proto::v1::Money;
use counterfoil_types::ids::TxId;
use counterfoil_types::limits::{MAX_END_TO_END_ID, MAX_MINOR};

use super::acceptance::Credit;
use super::events::emit;
use super::keys::{
    ACCEPTANCES, BALANCES, INSTRUCTIONS, ISSUANCES, PAYMENTS, REDEMPTIONS, SUSPENSE, balance,
    issuance, put_balance, put_issuance,
};
use crate::kernel::{Context, Failure, RejectionCode, Rules, StateError, Store, reject};
use crate::membership::api as membership;
use crate::supervision::api as supervision;

pub use super::errors::{PaymentCodes, PaymentFault};
pub use super::payments::{
    Instructed, PaidFor, cancel, check_asserter, confirm, confirmer, deadline, is_asserted,
    payment, put_instructed, rule, time_out,
};
pub use super::suspense::{Held, hold};

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

/// Key of deposits in suspense.
pub fn suspense_key(id: &[u8]) -> Vec<u8> {
    SUSPENSE.key(&[id])
}

/// What the keys of all deposits in suspense begin with.
pub fn suspense_prefix() -> Vec<u8> {
    SUSPENSE.prefix()
}

/// Key of what a payee said of the payments it takes.
pub fn acceptance_key(payee: &str) -> Vec<u8> {
    ACCEPTANCES.key(&[payee.as_bytes()])
}

/// Key of a payment over the external rail.
pub fn payment_key(id: &[u8]) -> Vec<u8> {
    PAYMENTS.key(&[id])
}

/// What the keys of all payments over the external rail begin with.
pub fn payment_prefix() -> Vec<u8> {
    PAYMENTS.prefix()
}

/// Why a sum is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AmountFault {
    Currency(String),
    Amount(String),
}

impl AmountFault {
    /// The rejection under a contract's own numbers, for a currency and for an amount.
    pub fn under<C: RejectionCode>(self, currency: C, amount: C) -> Failure {
        match self {
            Self::Currency(message) => reject(currency, message),
            Self::Amount(message) => reject(amount, message),
        }
    }
}

/// Checks that a sum is above zero, within bounds, and in the currency of what it is paid for, given by its name.
pub fn check_amount_for(
    (what, currency): (&str, &str),
    amount: Option<&Money>,
) -> Result<Money, AmountFault> {
    let amount = amount.cloned().unwrap_or_default();
    if amount.currency != currency {
        let message = format!("the {what} is in {currency}, not {:?}", amount.currency);
        return Err(AmountFault::Currency(message));
    }
    if !(1..=MAX_MINOR).contains(&amount.minor) {
        let message = "an amount is from 1 to 10^18 minor units";
        return Err(AmountFault::Amount(message.to_owned()));
    }
    Ok(amount)
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

/// A payment in deposits, to one payee or several. What a bank pays in its own deposits is
/// issued; what it is paid in them is redeemed.
pub struct Payment<'p> {
    pub issuer: &'p str,
    pub payer: &'p str,
    /// What the payer must be able to pay, in the currency of the payment.
    pub instructed: &'p Money,
    /// What each payee gets: none of them is the payer, and it is no more in all than was instructed.
    pub legs: &'p BTreeMap<String, u64>,
    pub end_to_end_id: &'p str,
}

/// Checks that an issuer is a bank. One that is suspended still owes its deposits: whether they pay, each payee says.
pub fn check_issuer(store: &Store<'_>, issuer: &str) -> Result<(), PaymentFault> {
    if membership::is_bank(store, issuer)? {
        return Ok(());
    }
    Err(PaymentFault::UnknownIssuer(issuer.to_owned()))
}

/// Whether a text has the form of a reference (ISO 20022 Max35Text) in printable ASCII.
pub(super) fn is_reference(text: &str) -> bool {
    let printable = text.bytes().all(|b| (0x20..=0x7e).contains(&b));
    (1..=MAX_END_TO_END_ID).contains(&text.len())
        && printable
        && !text.starts_with(' ')
        && !text.ends_with(' ')
}

/// Checks the form of an end-to-end id, and that the payer never used it.
pub fn check_end_to_end_id(store: &Store<'_>, payer: &str, id: &str) -> Result<(), PaymentFault> {
    if !is_reference(id) {
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

/// Checks that what a payer has of a bank's deposits may be spent on something other than its debts.
pub fn check_free(
    context: &Context<'_>,
    payer: &str,
    (issuer, currency): (&str, &str),
) -> Result<(), Failure> {
    let records = [
        membership::organization_key(payer),
        balance_key(payer, issuer, currency),
    ];
    supervision::check_free(context, &records)
}

/// Remembers that a payer used an end-to-end id. Invariant: it was checked in this transaction.
pub fn use_end_to_end_id(context: &mut Context<'_>, payer: &str, id: &str) {
    let tx_id = context.tx_id.to_vec();
    let parts = [payer.as_bytes(), id.as_bytes()];
    INSTRUCTIONS.put(&mut context.store, &parts, &Instruction { tx_id });
}

/// Checks that a payer can pay an amount: out of its balance, or by issuing it.
fn check_available(
    store: &Store<'_>,
    payer: &str,
    issuer: &str,
    amount: &Money,
) -> Result<(), PaymentFault> {
    if payer == issuer {
        let issued_minor = issuance(store, issuer, &amount.currency)?.issued_minor;
        return match issued_minor.checked_add(amount.minor) {
            Some(total) if total <= MAX_MINOR => Ok(()),
            _ => Err(PaymentFault::IssuedTooMuch(issuer.to_owned())),
        };
    }
    check_balance(store, payer, issuer, amount)
}

/// Checks that a holder has the deposits available.
pub(super) fn check_balance(
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

impl Payment<'_> {
    /// Checks what remains to be checked once issuer and end-to-end id are. No payee's balance passes
    /// 10^18, as no bank ever issues more.
    pub fn check_funds(&self, context: &Context<'_>) -> Result<(), PaymentFault> {
        check_available(&context.store, self.payer, self.issuer, self.instructed)?;
        for (payee, minor) in self.legs {
            let credit = Credit {
                payee,
                issuer: self.issuer,
                currency: &self.instructed.currency,
                minor: *minor,
            };
            credit.check(context)?;
        }
        Ok(())
    }

    /// Makes the payment. Invariant: everything was checked in this transaction.
    pub fn make(&self, context: &mut Context<'_>) -> Result<(), StateError> {
        use_end_to_end_id(context, self.payer, self.end_to_end_id);
        self.make_promised(context)
    }

    /// Makes a payment whose end-to-end id was used when it was promised. Invariant: everything
    /// else was checked in this transaction.
    pub fn make_promised(&self, context: &mut Context<'_>) -> Result<(), StateError> {
        for (payee, minor) in self.legs {
            self.debit(&mut context.store, *minor)?;
            credit(
                &mut context.store,
                payee,
                (self.issuer, &self.instructed.currency),
                *minor,
            )?;
            let (concerned, kind) = self.event(payee, *minor);
            emit(context, &concerned, kind);
        }
        Ok(())
    }

    pub(super) fn debit(&self, store: &mut Store<'_>, minor: u64) -> Result<(), StateError> {
        let currency = &self.instructed.currency;
        if self.payer == self.issuer {
            let mut issued = issuance(store, self.issuer, currency)?;
            issued.issued_minor += minor;
            put_issuance(store, &issued);
        } else {
            let mut from = balance(store, self.payer, self.issuer, currency)?;
            from.available_minor -= minor;
            put_balance(store, &from);
        }
        Ok(())
    }

    /// What became of one payee's deposits, and whom it concerns.
    fn event<'a>(&'a self, payee: &'a str, minor: u64) -> ([&'a str; 3], Kind) {
        let amount = Some(Money {
            minor,
            currency: self.instructed.currency.clone(),
        });
        let issuer = self.issuer.to_owned();
        let end_to_end_id = self.end_to_end_id.to_owned();
        let kind = if self.payer == self.issuer {
            Kind::Issued(DepositIssued {
                issuer,
                holder: payee.to_owned(),
                amount,
                end_to_end_id,
            })
        } else if payee == self.issuer {
            Kind::Returned(DepositReturned {
                issuer,
                holder: self.payer.to_owned(),
                amount,
                end_to_end_id,
            })
        } else {
            Kind::Transferred(DepositTransferred {
                issuer,
                from: self.payer.to_owned(),
                to: payee.to_owned(),
                amount,
                end_to_end_id,
            })
        };
        ([self.issuer, self.payer, payee], kind)
    }
}

/// Adds deposits to a payee's balance; its own are redeemed.
pub(super) fn credit(
    store: &mut Store<'_>,
    payee: &str,
    (issuer, currency): (&str, &str),
    minor: u64,
) -> Result<(), StateError> {
    if payee == issuer {
        let mut issued = issuance(store, issuer, currency)?;
        issued.redeemed_minor += minor;
        put_issuance(store, &issued);
    } else {
        let mut to = balance(store, payee, issuer, currency)?;
        to.available_minor += minor;
        put_balance(store, &to);
    }
    Ok(())
}
