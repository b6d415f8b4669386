//! Contract 1, membership: organizations, their roles and accounts
//! (specification 1). They come from genesis; there are no actions yet.

pub mod api;
mod authority;
mod keys;
