//! What every contract stands on: the state it reads and writes, who calls it
//! and when, and how it rejects. The kernel knows no contract.

mod authority;
mod context;
mod fingerprint;
mod rejection;
mod store;
mod table;

pub use authority::Authority;
pub use context::{BlockContext, Context, Contracts, Rules};
pub use fingerprint::Fingerprints;
pub use rejection::{
    Failure, Rejection, RejectionCode, check_known, check_reason, reject, reject_repeated,
};
pub use store::{Appends, Record, StateError, StateReader, Store, Writes, stored_date};
pub use table::{Changes, Table};

pub(crate) use rejection::rejection_codes;

use counterfoil_types::genesis::OLDEST_PROTOCOL_VERSION;

/// A contract: a number in transactions, a name in rejections, and its actions.
pub trait Contract {
    const NUMBER: u32;
    const NAME: &'static str;
    /// The contract's `Action` message.
    type Action: prost::Message + Default;

    /// The first version of the rules that knows an action with all that is in it (specification 10.2). Under an earlier
    /// one it is malformed, as it was for the software of that time.
    fn since(_action: &Self::Action) -> u32 {
        OLDEST_PROTOCOL_VERSION
    }

    /// Whose signatures an action needs: `None` where the contract checks them itself. What the action names may not exist.
    fn authority(
        context: &Context<'_>,
        action: &Self::Action,
    ) -> Result<Option<Authority>, StateError>;

    /// Carries out an action, or rejects it. A rejected action's writes are dropped.
    fn execute(context: &mut Context<'_>, action: Self::Action) -> Result<(), Failure>;
}
