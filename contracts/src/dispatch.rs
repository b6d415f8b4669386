//! The list of contracts, and the way of a transaction through them.

use std::collections::BTreeSet;

use counterfoil_proto::v1::{Event, KernelRejectionCode, Transaction};
use counterfoil_types::ids::TxId;
use counterfoil_types::strict;

use crate::calendar::Calendar;
use crate::cash::Cash;
use crate::financing::Financing;
use crate::invoice::Invoices;
use crate::kernel::{
    Authority, BlockContext, Context, Contract, Failure, Rules, StateReader, Store, Writes, reject,
};
use crate::receivable::Receivables;
use crate::settlement::Settlement;
use crate::{calendar, credit, financing, membership};

/// What an executed transaction leaves.
#[derive(Debug, PartialEq, Eq)]
pub struct Executed {
    pub writes: Writes,
    pub events: Vec<Event>,
}

/// Carries out one transaction on the state as it stands before it.
/// Its form and signature were checked before; who signed is checked here.
pub fn execute(
    below: &dyn StateReader,
    rules: Rules<'_>,
    block: BlockContext,
    (tx_id, index): (TxId, u32),
    transaction: &Transaction,
) -> Result<Executed, Failure> {
    let store = Store::new(below);
    let id = &transaction.organization;
    let caller = membership::api::organization(&store, id)?.ok_or_else(|| {
        let message = format!("{id:?} is not an organization on this ledger");
        reject(KernelRejectionCode::UnknownOrganization, message)
    })?;
    membership::api::check_accounts(&caller, &transaction.signers, block.height)?;
    let ledger_date = calendar::api::ledger_date(&store, rules.genesis, block.time_ms)?;
    let mut context = Context {
        rules,
        block,
        tx_id,
        index,
        ledger_date,
        caller,
        signers: transaction.signers.clone(),
        consents: BTreeSet::new(),
        store,
        events: Vec::new(),
    };
    match transaction.contract {
        Calendar::NUMBER => run::<Calendar>(&mut context, &transaction.action),
        Cash::NUMBER => run::<Cash>(&mut context, &transaction.action),
        Invoices::NUMBER => run::<Invoices>(&mut context, &transaction.action),
        Receivables::NUMBER => run::<Receivables>(&mut context, &transaction.action),
        Financing::NUMBER => run::<Financing>(&mut context, &transaction.action),
        Settlement::NUMBER => run::<Settlement>(&mut context, &transaction.action),
        other => {
            let message = format!("contract {other} takes no actions");
            Err(reject(KernelRejectionCode::UnknownContract, message))
        }
    }?;
    financing::api::keep_exposures(&mut context)?;
    credit::api::record(&mut context)?;
    Ok(Executed {
        writes: context.store.into_writes(),
        events: context.events,
    })
}

fn run<C: Contract>(context: &mut Context<'_>, action: &[u8]) -> Result<(), Failure> {
    let action = strict::decode::<C::Action>(action).map_err(|problem| {
        let message = format!("the action of contract {}: {problem}", C::NAME);
        reject(KernelRejectionCode::MalformedAction, message)
    })?;
    if let Some(authority) = C::authority(context, &action)? {
        check_authority(context, &authority)?;
    }
    C::execute(context, action)
}

/// Checks that the caller may do this at all, and that enough of its accounts signed.
fn check_authority(context: &Context<'_>, authority: &Authority) -> Result<(), Failure> {
    let Context {
        caller, signers, ..
    } = context;
    membership::api::check_signers(caller, signers, authority, context.block.height)?;
    if membership::api::is_active(caller) || authority.discharges {
        return Ok(());
    }
    let message = format!(
        "{} is suspended or has left: it may still pay, be paid and release, and begin nothing",
        caller.id
    );
    Err(reject(KernelRejectionCode::Suspended, message))
}
