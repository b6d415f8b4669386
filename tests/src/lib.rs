//! What the tests of the whole share: a chain of blocks over real storage, and networks of
//! real processes.

pub mod chain;
pub mod network;
