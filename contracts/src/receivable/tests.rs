//! Tests of receivable.
