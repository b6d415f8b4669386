//! Contract 6, financing: suppliers put claims to the banks, banks quote under seal, the
//! supplier awards; loans on pledged claims (specification 5).

pub mod api;
mod award_parts;
mod awards;
mod clocks;
mod collateral;
mod defaults;
mod errors;
mod events;
mod exposures;
mod keys;
mod limits;
mod loans;
mod outside;
mod policy;
mod pricing;
mod programmes;
mod purchases;
mod quotes;
mod requests;

use counterfoil_proto::financing::v1::{Action, action};
use counterfoil_proto::membership::v1::ActionClass;
use counterfoil_proto::v1::KernelRejectionCode;

use crate::kernel::{Authority, Context, Contract, Failure, StateError, reject};

pub struct Financing;

impl Contract for Financing {
    const NUMBER: u32 = counterfoil_types::transaction::contract::FINANCING;
    const NAME: &'static str = "financing";
    type Action = Action;

    fn authority(context: &Context<'_>, action: &Action) -> Result<Option<Authority>, StateError> {
        use ActionClass as Class;
        use action::Action::*;
        let Some(action) = &action.action else {
            return Ok(None);
        };
        Ok(Some(match action {
            Open(open) if requests::is_sale(open.technique()) => {
                Authority::of(Class::Request).over(open.amount.clone())
            }
            Open(open) => Authority::of(Class::Pledge).over(open.amount.clone()),
            Commit(_) => Authority::of(Class::Quote),
            Reveal(reveal) => {
                let terms = reveal.terms.as_ref();
                let amount = terms.and_then(|terms| terms.amount.clone());
                Authority::of(Class::Quote).over(amount).discharging()
            }
            Award(award) => {
                let amount = quotes::amount(&context.store, &award.request, &award.bank)?;
                Authority::of(Class::Award).over(amount)
            }
            AwardParts(award) => {
                let amount = award_parts::amount(&context.store, award)?;
                Authority::of(Class::Award).over(amount)
            }
            Cancel(_) | Expire(_) => Authority::of(Class::Request).discharging(),
            Repay(repay) => Authority::of(Class::Pay)
                .over(repay.amount.clone())
                .discharging(),
            Release(_) => Authority::of(Class::Release).discharging(),
            // This is how a lender is paid.
            ReportLoanDefault(_) => Authority::of(Class::Report).discharging(),
            TakeControl(_) => Authority::of(Class::Pledge).discharging(),
            SplitCollateral(_) => Authority::of(Class::Split),
            OpenProgramme(_) => Authority::of(Class::Request),
            CloseProgramme(_) => Authority::of(Class::Request).discharging(),
            MakeStandingQuote(make) => {
                let cap = make.terms.as_ref().and_then(|terms| terms.cap.clone());
                Authority::of(Class::Quote).over(cap)
            }
            Purchase(purchase) => {
                let amount = purchases::amount(&context.store, purchase)?;
                Authority::of(Class::Award).over(amount)
            }
            DrawExtension(draw) => Authority::of(Class::Award).over(draw.amount.clone()),
            SetLimit(set) => Authority::of(Class::Quote).over(set.cap.clone()),
        }))
    }

    fn execute(context: &mut Context<'_>, action: Action) -> Result<(), Failure> {
        use action::Action::*;
        match action.action {
            Some(Open(open)) => requests::open(context, open),
            Some(Commit(commit)) => quotes::commit(context, commit),
            Some(Reveal(reveal)) => quotes::reveal(context, reveal),
            Some(Award(award)) => awards::award(context, &award),
            Some(AwardParts(award)) => award_parts::award(context, &award),
            Some(Cancel(cancel)) => requests::cancel(context, &cancel),
            Some(Expire(expire)) => requests::expire(context, &expire),
            Some(Repay(repay)) => loans::repay(context, &repay),
            Some(Release(release)) => loans::release(context, &release),
            Some(ReportLoanDefault(report)) => defaults::report(context, &report),
            Some(OpenProgramme(open)) => programmes::open(context, open),
            Some(CloseProgramme(close)) => programmes::close(context, &close),
            Some(MakeStandingQuote(make)) => programmes::quote(context, make),
            Some(Purchase(purchase)) => purchases::purchase(context, &purchase),
            Some(DrawExtension(draw)) => purchases::draw(context, &draw),
            Some(SetLimit(set)) => limits::set(context, set),
            Some(TakeControl(take)) => defaults::take_control(context, &take),
            Some(SplitCollateral(split)) => collateral::split(context, &split),
            None => Err(reject(
                KernelRejectionCode::MalformedAction,
                "the action names none",
            )),
        }
    }
}
