//! What the tests of the whole share: a chain of blocks over real storage, and networks of
//! real processes; and what the programs that measure them share.

pub mod chain;
pub mod network;
pub mod progress;
pub mod usage;
