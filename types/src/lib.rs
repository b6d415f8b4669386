//! What everything else speaks in: ids, money, dates, keys, hashes, and the
//! bytes that are signed and hashed. Pure: no clock, no files, no network.

pub mod access;
pub mod approvals;
pub mod block;
pub mod business_days;
pub mod claim;
pub mod dates;
pub mod fingerprint;
pub mod genesis;
pub mod hash;
pub mod history;
pub mod ids;
pub mod interest;
pub mod invoice_number;
pub mod invoice_response;
pub mod keys;
pub mod lei;
pub mod limits;
pub mod merkle;
pub mod money;
pub mod payload;
pub mod policy;
pub mod profile;
pub mod proof;
pub mod quote;
pub mod schedule;
pub mod settings;
pub mod shares;
pub mod strict;
pub mod terms;
pub mod transaction;
