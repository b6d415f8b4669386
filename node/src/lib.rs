//! The node: consensus over one ledger, a pool of transactions, and an API.
//!
//! One way for data: API → mempool → consensus → ledger (execution, storage) →
//! API. Never back.

pub mod app;
mod clock;
pub mod config;
pub mod consensus;
pub mod disk;
mod durable;
#[cfg(test)]
mod fixture;
pub mod grpc;
pub mod ledger;
pub mod mempool;
pub mod metrics;
pub mod vitals;
