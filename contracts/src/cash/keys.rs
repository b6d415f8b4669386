//! Where cash's records stand.

use counterfoil_proto::cash::v1::{
    Acceptance, Balance, BankMessage, Instruction, Issuance, Payment, Redemption, Suspense,
};

use crate::kernel::{StateError, Store, Table};

pub(super) const BALANCES: Table<Balance> = Table::new("cash/balance");
pub(super) const ISSUANCES: Table<Issuance> = Table::new("cash/issuance");
pub(super) const REDEMPTIONS: Table<Redemption> = Table::new("cash/redemption");
pub(super) const INSTRUCTIONS: Table<Instruction> = Table::new("cash/instruction");
pub(super) const ACCEPTANCES: Table<Acceptance> = Table::new("cash/acceptance");
pub(super) const PAYMENTS: Table<Payment> = Table::new("cash/payment");
pub(super) const SUSPENSE: Table<Suspense> = Table::new("cash/suspense");
pub(super) const BANK_MESSAGES: Table<BankMessage> = Table::new("cash/bank-message");
pub(super) const BANK_ENTRIES: Table<BankMessage> = Table::new("cash/bank-entry");

/// What a payee said of the payments it takes; all of them where it never did.
pub(super) fn acceptance(store: &Store<'_>, payee: &str) -> Result<Acceptance, StateError> {
    let found = ACCEPTANCES.get(store, &[payee.as_bytes()])?;
    Ok(found.unwrap_or_else(|| Acceptance {
        payee: payee.to_owned(),
        ..Acceptance::default()
    }))
}

pub(super) fn put_payment(store: &mut Store<'_>, payment: &Payment) {
    PAYMENTS.put(store, &[&payment.id], payment);
}

/// A balance, zero where there never was one.
pub(super) fn balance(
    store: &Store<'_>,
    holder: &str,
    issuer: &str,
    currency: &str,
) -> Result<Balance, StateError> {
    let parts = [holder.as_bytes(), issuer.as_bytes(), currency.as_bytes()];
    let found = BALANCES.get(store, &parts)?;
    Ok(found.unwrap_or_else(|| Balance {
        issuer: issuer.to_owned(),
        holder: holder.to_owned(),
        currency: currency.to_owned(),
        available_minor: 0,
        locked_minor: 0,
    }))
}

pub(super) fn put_balance(store: &mut Store<'_>, balance: &Balance) {
    let parts = [
        balance.holder.as_bytes(),
        balance.issuer.as_bytes(),
        balance.currency.as_bytes(),
    ];
    BALANCES.put(store, &parts, balance);
}

/// What a bank has issued, zero where it never did.
pub(super) fn issuance(
    store: &Store<'_>,
    issuer: &str,
    currency: &str,
) -> Result<Issuance, StateError> {
    let found = ISSUANCES.get(store, &[issuer.as_bytes(), currency.as_bytes()])?;
    Ok(found.unwrap_or_else(|| Issuance {
        issuer: issuer.to_owned(),
        currency: currency.to_owned(),
        issued_minor: 0,
        redeemed_minor: 0,
    }))
}

pub(super) fn put_issuance(store: &mut Store<'_>, issuance: &Issuance) {
    let parts = [issuance.issuer.as_bytes(), issuance.currency.as_bytes()];
    ISSUANCES.put(store, &parts, issuance);
}
