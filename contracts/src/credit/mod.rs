//! Contract 8, credit: each organization's history in an unbroken sequence, and the profile that adds it up
//! (specification 8.1). The formula is `counterfoil_types::profile`, which readers recompute by, too.

pub mod api;
mod keys;
