//! Transactions before they are in a block: the pool, the one way into it, and
//! the network over which nodes pass them on.

mod admission;
pub mod network;
pub mod pool;
#[cfg(test)]
mod tests;

pub use admission::{Admission, AdmitError, Mempool};
pub use network::{Network, NetworkSettings};
pub use pool::{Pool, PoolLimits};
