//! The messages on the wire, in the state and under signatures, generated from
//! the `.proto` files beside this crate. Nothing here is written by hand but the module tree.

#![allow(
    clippy::all,
    clippy::allow_attributes_without_reason,
    missing_docs,
    reason = "generated code"
)]

/// The chain's own messages and the API.
pub mod v1 {
    tonic::include_proto!("counterfoil.v1");
}

/// One module a contract: its actions, records, events and rejection codes.
macro_rules! contracts {
    ($($name:ident)*) => {$(
        pub mod $name {
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/counterfoil.", stringify!($name), ".v1.rs"));
            }
        }
    )*};
}

contracts! { calendar cash credit financing invoice membership receivable settlement supervision }

/// The descriptors of all of it, for server reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
