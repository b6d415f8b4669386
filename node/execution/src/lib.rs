//! From signed bytes to receipts and writes, the one way for checking,
//! proposing, validating and replaying. Pure: it reads the state it is given and returns what changes.

mod block;
mod check;
mod overlay;

pub use block::{Executor, HeightRules, Outcome, Unprepared, work};
pub use check::{Refusal, VerifiedTransaction, check, check_all, check_expiry};
pub use counterfoil_contracts::kernel::{
    Appends, BlockContext, Record, StateError, StateReader, Writes,
};
