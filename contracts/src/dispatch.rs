//! The list of contracts, and the way of a transaction through them.

use std::collections::BTreeSet;

use counterfoil_proto::v1::{Event, KernelRejectionCode, Transaction};
use counterfoil_types::dates::Date;
use counterfoil_types::ids::TxId;
use counterfoil_types::strict;

use crate::calendar::Calendar;
use crate::cash::Cash;
use crate::credit::Credit;
use crate::financing::Financing;
use crate::invoice::Invoices;
use crate::kernel::{
    Authority, BlockContext, Context, Contract, Contracts, Failure, Rules, StateReader, Store,
    Writes, reject,
};
use crate::membership::Membership;
use crate::receivable::Receivables;
use crate::settlement::Settlement;
use crate::supervision::Supervision;
use crate::{calendar, financing, membership, receivable, supervision};

/// What an executed transaction leaves.
#[derive(Debug, PartialEq, Eq)]
pub struct Executed {
    pub writes: Writes,
    pub events: Vec<Event>,
    /// The day that it was carried out on.
    pub ledger_date: Date,
}

/// A transaction, and where it stands in its block.
#[derive(Clone, Copy)]
pub struct Placed<'a> {
    pub id: TxId,
    pub index: u32,
    pub transaction: &'a Transaction,
}

/// Carries out one transaction on the state as it stands before it.
/// Its form and signature were checked before; who signed is checked here.
pub fn execute(
    below: &dyn StateReader,
    rules: Rules<'_>,
    block: BlockContext,
    placed: Placed<'_>,
) -> Result<Executed, Failure> {
    let transaction = placed.transaction;
    let store = Store::new(below);
    let id = &transaction.organization;
    let caller = membership::api::organization(&store, id)?.ok_or_else(|| {
        let message = format!("{id:?} is not an organization on this ledger");
        reject(KernelRejectionCode::UnknownOrganization, message)
    })?;
    membership::api::check_accounts(&caller, &transaction.signers, block.height)?;
    let ledger_date = calendar::api::ledger_date(&store, rules.genesis, block.time_ms)?;
    let mut context = Context {
        contracts: Contracts { authority, run },
        rules,
        block,
        tx_id: placed.id,
        index: placed.index,
        ledger_date,
        caller,
        signers: transaction.signers.clone(),
        consents: BTreeSet::new(),
        store,
        events: Vec::new(),
    };
    run(&mut context, transaction.contract, &transaction.action)?;
    receivable::api::keep_defaults(&mut context)?;
    financing::api::keep_exposures(&mut context)?;
    Ok(Executed {
        writes: context.store.into_writes(),
        events: context.events,
        ledger_date,
    })
}

/// Calls a function for the contract of a number.
macro_rules! with_contract {
    ($number:expr, $function:ident($($argument:expr),*)) => {
        match $number {
            Membership::NUMBER => $function::<Membership>($($argument),*),
            Calendar::NUMBER => $function::<Calendar>($($argument),*),
            Supervision::NUMBER => $function::<Supervision>($($argument),*),
            Cash::NUMBER => $function::<Cash>($($argument),*),
            Invoices::NUMBER => $function::<Invoices>($($argument),*),
            Receivables::NUMBER => $function::<Receivables>($($argument),*),
            Financing::NUMBER => $function::<Financing>($($argument),*),
            Settlement::NUMBER => $function::<Settlement>($($argument),*),
            Credit::NUMBER => $function::<Credit>($($argument),*),
            other => {
                let message = format!("contract {other} takes no actions");
                Err(reject(KernelRejectionCode::UnknownContract, message))
            }
        }
    };
}

fn run(context: &mut Context<'_>, contract: u32, action: &[u8]) -> Result<(), Failure> {
    with_contract!(contract, run_in(context, action))
}

fn authority(
    context: &Context<'_>,
    contract: u32,
    action: &[u8],
) -> Result<Option<Authority>, Failure> {
    with_contract!(contract, authority_in(context, action))
}

fn run_in<C: Contract>(context: &mut Context<'_>, action: &[u8]) -> Result<(), Failure> {
    let action = decode::<C>(context, action)?;
    if let Some(authority) = C::authority(context, &action)? {
        check_authority(context, &authority)?;
    }
    C::execute(context, action)
}

fn authority_in<C: Contract>(
    context: &Context<'_>,
    action: &[u8],
) -> Result<Option<Authority>, Failure> {
    Ok(C::authority(context, &decode::<C>(context, action)?)?)
}

fn decode<C: Contract>(context: &Context<'_>, action: &[u8]) -> Result<C::Action, Failure> {
    let malformed = |problem: String| {
        let message = format!("the action of contract {}: {problem}", C::NAME);
        reject(KernelRejectionCode::MalformedAction, message)
    };
    let action =
        strict::decode::<C::Action>(action).map_err(|problem| malformed(problem.to_string()))?;
    let (since, version) = (C::since(&action), context.rules.version);
    if since > version {
        let problem =
            format!("is of version {since} of the rules, and version {version} is in force");
        return Err(malformed(problem));
    }
    Ok(action)
}

/// Checks that the caller may do this at all, that enough of its accounts signed, and that it is not frozen.
fn check_authority(context: &Context<'_>, authority: &Authority) -> Result<(), Failure> {
    let Context {
        caller, signers, ..
    } = context;
    membership::api::check_signers(caller, signers, authority, context.block.height)?;
    membership::api::check_status(caller, authority)?;
    supervision::api::check_caller(context, authority)
}
