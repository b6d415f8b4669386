//! Fees that a debtor pays on top of what it owes: only as in the terms (specification 6.4).

use counterfoil_proto::receivable::v1::{FeePaid, Receivable};
use counterfoil_proto::settlement::v1::event::Event as Kind;
use counterfoil_proto::settlement::v1::{FeeCharged, RejectionCode, SettleReceivable};
use counterfoil_proto::v1::Money;
use counterfoil_types::limits::MAX_MINOR;

use super::events::emit;
use crate::kernel::{Context, Failure, reject};
use crate::receivable::api as receivables;

/// What a debtor instructs in all; nothing where it is more than an amount may be.
pub(super) fn with_fees(settle: &SettleReceivable) -> Option<Money> {
    let amount = settle.amount.clone()?;
    let fees = settle.fees.iter().map(|fee| u128::from(fee.amount_minor));
    let sum = u128::from(amount.minor) + fees.sum::<u128>();
    let minor = u64::try_from(sum)
        .ok()
        .filter(|minor| *minor <= MAX_MINOR)?;
    Some(Money { minor, ..amount })
}

/// Checks a payment's fees, and returns what is instructed in all. Invariant: the amount was checked.
pub(super) fn check(receivable: &Receivable, settle: &SettleReceivable) -> Result<Money, Failure> {
    let invalid = |message: &str| Err(reject(RejectionCode::InvalidFees, message));
    let fees = &settle.fees;
    if !fees.is_sorted_by(|a, b| a.payee < b.payee) || fees.iter().any(|fee| fee.amount_minor == 0)
    {
        return invalid("fees are above zero and ascend by payee");
    }
    if fees.iter().any(|fee| fee.payee == receivable.debtor) {
        return invalid("the debtor pays itself no fee");
    }
    let Some(instructed) = with_fees(settle) else {
        return invalid("amount and fees are at most 10^18 minor units together");
    };
    for fee in fees {
        let paid = receivable
            .fees_paid
            .iter()
            .find(|paid| paid.payee == fee.payee);
        let paid_minor = paid.map_or(0, |paid| paid.amount_minor);
        let cap_minor = cap_minor(receivable, &fee.payee);
        if u128::from(paid_minor) + u128::from(fee.amount_minor) > cap_minor {
            let message = format!(
                "the terms allow {} fees of {cap_minor} minor units, of which {paid_minor} are paid",
                fee.payee
            );
            return Err(reject(RejectionCode::FeeBeyondTerms, message));
        }
    }
    Ok(instructed)
}

/// The most that the terms allow a payee; zero where they do not name it.
fn cap_minor(receivable: &Receivable, payee: &str) -> u128 {
    let terms = receivable.terms.iter().flat_map(|terms| &terms.fees);
    let caps = terms.filter(|fee| fee.payee == payee);
    caps.map(|fee| u128::from(fee.cap_minor)).sum()
}

/// Tells each payee of its fee.
pub(super) fn tell(context: &mut Context<'_>, receivable: &Receivable, fees: &[FeePaid]) {
    for fee in fees {
        let charged = FeeCharged {
            receivable: receivable.id.clone(),
            payee: fee.payee.clone(),
            amount: Some(receivables::money(receivable, fee.amount_minor)),
        };
        emit(context, &[&fee.payee], Kind::FeeCharged(charged));
    }
}
