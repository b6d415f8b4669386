//! Tests of cash.
