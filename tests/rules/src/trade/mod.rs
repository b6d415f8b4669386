//! A steady trade between members: who they are, what they sign with, and what they sign day after day. Networks of
//! processes and benchmarks run on it.

mod chain;
mod days;
mod members;
mod wallet;

pub use chain::{CHAIN_ID, Chain};
pub use days::{Days, PAID};
pub use members::{CURRENCIES, FIRST_DATE, MEMBERS, genesis, members};
pub use wallet::{Action, Signed, Wallet, confirmation, invoice, issue, money, now_ms, terms};
