//! Dividing a claim that is pledged for a loan (specification 4.3).

use counterfoil_proto::financing::v1::{RejectionCode, SplitCollateral};
use counterfoil_proto::receivable::v1::Pledge;
use counterfoil_types::limits::MAX_COLLATERAL;

use super::keys::put_loan;
use super::loans::{find, find_collateral, reference};
use crate::kernel::{Context, Failure, reject};
use crate::receivable::api as receivables;

pub(super) fn split(context: &mut Context<'_>, split: &SplitCollateral) -> Result<(), Failure> {
    let mut loan = find(&context.store, &split.loan)?;
    let claim = receivables::find_controlled(context, &split.receivable, split.number)
        .map_err(|fault| fault.under::<RejectionCode>())?;
    let divided = find_collateral(&loan, &split.receivable, split.number)?;
    context.check_consent(&loan.lender)?;
    let receivable = receivables::receivable_of(&context.store, &claim)?;
    receivables::check_not_held(&receivable)
        .and_then(|()| receivables::check_free(context, &claim))
        .and_then(|()| receivables::check_parts(context, &claim, &receivable, &split.parts_minor))
        .map_err(|fault| fault.under::<RejectionCode>())?;
    if loan.collateral.len() - 1 + split.parts_minor.len() > MAX_COLLATERAL {
        let message = format!("at most {MAX_COLLATERAL} claims are pledged for a loan");
        return Err(reject(RejectionCode::TooManyClaims, message));
    }

    let pledge = Pledge {
        loan: loan.id.clone(),
        pledgee: loan.lender.clone(),
    };
    let parts = receivables::divide_pledged(context, claim, &pledge, &split.parts_minor)?;
    loan.collateral.retain(|pledged| *pledged != divided);
    loan.collateral.extend(parts.iter().map(reference));
    loan.collateral
        .sort_by(|a, b| (&a.receivable, a.number).cmp(&(&b.receivable, b.number)));
    put_loan(&mut context.store, &loan);
    Ok(())
}
