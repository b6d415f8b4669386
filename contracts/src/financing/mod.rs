//! Contract 6, financing: suppliers put claims to the banks, banks quote under seal, the
//! supplier awards; loans on pledged claims (specification 5).

pub mod api;
mod awards;
mod errors;
mod events;
mod keys;
mod loans;
mod pricing;
mod quotes;
mod requests;

use counterfoil_proto::financing::v1::{Action, action};
use counterfoil_proto::v1::KernelRejectionCode;

use crate::kernel::{Context, Contract, Failure, reject};

pub struct Financing;

impl Contract for Financing {
    const NUMBER: u32 = counterfoil_types::transaction::contract::FINANCING;
    const NAME: &'static str = "financing";
    type Action = Action;

    fn execute(context: &mut Context<'_>, action: Action) -> Result<(), Failure> {
        use action::Action::*;
        match action.action {
            Some(Open(open)) => requests::open(context, open),
            Some(Commit(commit)) => quotes::commit(context, commit),
            Some(Reveal(reveal)) => quotes::reveal(context, reveal),
            Some(Award(award)) => awards::award(context, &award),
            Some(Cancel(cancel)) => requests::cancel(context, &cancel),
            Some(Expire(expire)) => requests::expire(context, &expire),
            Some(Repay(repay)) => loans::repay(context, &repay),
            Some(Release(release)) => loans::release(context, &release),
            None => Err(reject(
                KernelRejectionCode::MalformedAction,
                "the action names none",
            )),
        }
    }
}
