//! What the command says when something goes wrong, word for word, and its keys as OpenSSL sees them.
//!
//! The snapshots are the `.trycmd` files beside this one: `TRYCMD=overwrite` writes them anew from
//! what the command says now, and `git diff` shows whether that is meant.

mod errors;
mod keys;
