//! What the tests of the rules share: a model of them, a source of random
//! transactions, the real rules run beside it in one process, and a steady trade for those who measure.

pub mod conformance;
pub mod model;
pub mod trade;
pub mod workload;
