//! Contract 5, receivable: what a confirmed invoice's buyer owes, and the
//! claims to it (specification 4.1, 4.2). Invoice opens one, settlement closes it.

pub mod api;
mod keys;
mod terms;

pub const NUMBER: u32 = counterfoil_types::transaction::contract::RECEIVABLE;
