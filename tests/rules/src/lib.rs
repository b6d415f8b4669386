//! What the tests of the rules share: a model of them, a source of random
//! transactions, and the real rules run beside it in one process.

pub mod conformance;
pub mod model;
pub mod workload;
