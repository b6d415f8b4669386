//! What others may ask of supervision: what the pack in force forbids, what is frozen, and how far that moves last days.

pub use super::exposures::{Funding, count_default, move_exposure};
pub use super::freezes::{any_frozen, check_caller, check_free, is_frozen, last_day};
pub use super::keys::{freeze_key, freeze_prefix, pack_key, pack_prefix};
pub use super::packs::in_force;
pub use super::policy::Policy;
