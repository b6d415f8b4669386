//! Contract 8, credit: each organization's history in an unbroken sequence,
//! from which profiles can be computed and shown to be complete (specification 8.1).

pub mod api;
mod keys;
