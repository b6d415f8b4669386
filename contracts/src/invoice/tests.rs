//! Tests of invoice.
