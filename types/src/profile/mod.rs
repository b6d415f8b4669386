//! An organization's profile as the sum of its history (specification 8.1): which events move which figures
//! ([`movements`]), how ([`Account`]), what follows from the sums ([`figures`]), and the published
//! scorecard over those ([`scorecard`]).
//!
//! The ledger adds up transaction by transaction; a reader adds up the same events again and compares.

mod account;
pub mod figures;
mod movements;
pub mod scorecard;

pub use account::Account;
pub use movements::{Change, Movement, Side, UnreadableEvent, movements};

/// Version of the formula. Another one starts at a height, over the whole history.
pub const FORMULA: u32 = 2;
