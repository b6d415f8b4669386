//! What the tests of the whole share: a model of the rules, a source of random
//! transactions, and the real rules run beside it.

pub mod chain;
pub mod model;
pub mod network;
pub mod workload;
