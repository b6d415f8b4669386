//! Which debtors have a receivable in default, for policy packs to ask (specification 7.1).

use counterfoil_proto::receivable::v1::{Receivable, ReceivableState};

use super::keys::RECEIVABLES;
use crate::kernel::{Context, StateError};
use crate::supervision::api as supervision;

/// Counts what went into default, and what was settled after it, in this transaction.
pub fn keep(context: &mut Context<'_>) -> Result<(), StateError> {
    let is_in_default = |receivable: &Receivable| receivable.state() == ReceivableState::Defaulted;
    for (before, now) in RECEIVABLES.changes(&context.store)? {
        let was = before.as_ref().is_some_and(is_in_default);
        if let Some(now) = now.filter(|now| is_in_default(now) != was) {
            supervision::count_default(&mut context.store, &now.debtor, !was)?;
        }
    }
    Ok(())
}
