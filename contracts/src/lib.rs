//! The rules of the ledger: pure and synchronous, the same on every machine.
//!
//! A contract may call only those that stand before it, and only through
//! their `api`: membership, calendar, supervision, cash, receivable, invoice, financing, settlement, credit.

pub mod calendar;
pub mod cash;
pub mod credit;
pub mod dispatch;
pub mod financing;
pub mod invoice;
pub mod kernel;
pub mod membership;
pub mod receivable;
pub mod settlement;
pub mod supervision;
