//! What a person can do about each refusal and rejection, by its number.

use counterfoil_proto::calendar::v1::RejectionCode as Calendar;
use counterfoil_proto::cash::v1::RejectionCode as Cash;
use counterfoil_proto::invoice::v1::RejectionCode as Invoice;
use counterfoil_proto::settlement::v1::RejectionCode as Settlement;
use counterfoil_proto::v1::{KernelRejectionCode as Kernel, RefusalCode as Refusal};

/// One sentence of advice. Unknown numbers, from newer nodes, get a general one.
pub fn on(code: u32) -> &'static str {
    let Ok(number) = i32::try_from(code) else {
        return GENERAL;
    };
    None.or_else(|| Refusal::try_from(number).ok().and_then(on_refusal))
        .or_else(|| Kernel::try_from(number).ok().and_then(on_kernel))
        .or_else(|| Cash::try_from(number).ok().and_then(on_cash))
        .or_else(|| Invoice::try_from(number).ok().and_then(on_invoice))
        .or_else(|| Settlement::try_from(number).ok().and_then(on_settlement))
        .or_else(|| Calendar::try_from(number).ok().and_then(on_calendar))
        .unwrap_or(GENERAL)
}

const GENERAL: &str = "nothing has changed; correct what the message names and send it again";

fn on_refusal(code: Refusal) -> Option<&'static str> {
    Some(match code {
        Refusal::Unspecified => return None,
        Refusal::Malformed | Refusal::NotCanonical => {
            "use a client of this network's protocol version (counterfoil status shows it)"
        }
        Refusal::TooLong => "shorten the action: a transaction has at most 64 KiB",
        Refusal::WrongChain => "sign for the chain that `counterfoil status` names",
        Refusal::Expired => {
            "send it again: a new signature gets a new expiry; check this machine's clock"
        }
        Refusal::ExpiresTooLate => "ask for a shorter --expires-in, and check this machine's clock",
        Refusal::WrongSignerCount => "sign with exactly one account of the organization",
        Refusal::WrongSignature => "sign with the key that belongs to the account named as signer",
        Refusal::AlreadyCommitted => {
            "nothing: it is committed; `counterfoil tx show` has its receipt"
        }
        Refusal::UnknownSigner => "check that --key is the account of --org (counterfoil org show)",
        Refusal::PoolFull => "wait until the node has committed what it holds, then send it again",
    })
}

fn on_kernel(code: Kernel) -> Option<&'static str> {
    Some(match code {
        Kernel::Unspecified => return None,
        Kernel::UnknownOrganization => "use an id that `counterfoil org list` shows",
        Kernel::UnknownSigner => "check that --key is the account of --org (counterfoil org show)",
        Kernel::UnknownContract | Kernel::MalformedAction => {
            "use a client of this network's protocol version (counterfoil status shows it)"
        }
    })
}

fn on_cash(code: Cash) -> Option<&'static str> {
    Some(match code {
        Cash::Unspecified => return None,
        Cash::WrongRole => "let a bank issue the deposits",
        Cash::UnknownIssuer => "name a bank as issuer (counterfoil org list --role bank)",
        Cash::WrongCounterparty => "name another enrolled organization (counterfoil org list)",
        Cash::UnknownCurrency => "use a currency of this network's genesis",
        Cash::InvalidAmount => "give an amount above zero, at most 10^18 minor units",
        Cash::RepeatedEndToEndId => {
            "look at the first use before paying again; a new instruction needs a new --end-to-end-id"
        }
        Cash::NotTheIssuer => "let the issuer of these deposits decline",
        Cash::NotEnoughDeposits => "compare `counterfoil deposit list`; ask the bank to issue more",
        Cash::TooLarge => "split the amount: no total may pass 10^18 minor units",
        Cash::UnknownRedemption => {
            "check holder and id (counterfoil deposit list --of redemptions)"
        }
        Cash::RedemptionClosed => "nothing: the redemption was confirmed or declined already",
        Cash::InvalidReason => "give a reason of 1 to 280 characters",
        Cash::InvalidEndToEndId => "use 1 to 35 printable ASCII characters, no space at either end",
    })
}

fn on_invoice(code: Invoice) -> Option<&'static str> {
    Some(match code {
        Invoice::Unspecified => return None,
        Invoice::WrongRole => "let a supplier register the invoice",
        Invoice::WrongBuyer => {
            "name a core enterprise as buyer (counterfoil org list --role core-enterprise)"
        }
        Invoice::InvalidNumber => {
            "give the number as printed: 1 to 64 characters, not only punctuation and zeros"
        }
        Invoice::InvalidDate => {
            "compare the dates with `counterfoil clock show`: issued by then, due on or after issue, within 3,660 days"
        }
        Invoice::UnknownCurrency => "use a currency of this network's genesis",
        Invoice::InvalidAmount => "give an amount above zero, at most 10^18 minor units",
        Invoice::UnknownTypeCode => "use type code 326, 380, 384, 389 or 393",
        Invoice::InvalidOrderReference => "shorten the order reference to 64 characters",
        Invoice::InvalidTerms => "check grace days, penalty rate and fees against their bounds",
        Invoice::InvalidHash => "give hashes of 32 bytes (64 hexadecimal digits)",
        Invoice::CannotSucceed => {
            "name your own withdrawn or rejected invoice that nothing succeeds yet"
        }
        Invoice::DuplicateInvoice => {
            "look at the first one: this seller, number and year are registered already"
        }
        Invoice::DuplicateDocument => "look at the first one: this document is registered already",
        Invoice::UnknownInvoice => "check the id (counterfoil invoice list)",
        Invoice::NotTheBuyer => "let the invoice's buyer sign",
        Invoice::WrongState => {
            "look at its state (counterfoil invoice show): this step is not possible from there"
        }
        Invoice::InvalidReason => "give a reason of 1 to 280 characters",
        Invoice::AmountDiffers => "confirm the invoice's whole gross amount",
        Invoice::TermsDiffer => "confirm the terms the invoice was registered with",
        Invoice::NotTheSeller => "let the invoice's seller sign",
    })
}

fn on_settlement(code: Settlement) -> Option<&'static str> {
    Some(match code {
        Settlement::Unspecified => return None,
        Settlement::UnknownReceivable => "check the id (counterfoil receivable list)",
        Settlement::NotTheDebtor => "let the debtor pay",
        Settlement::WrongState => "nothing: the receivable is settled",
        Settlement::UnknownIssuer => "name a bank as issuer (counterfoil org list --role bank)",
        Settlement::WrongCurrency => "pay in the receivable's currency",
        Settlement::AmountDiffers => {
            "settle again: the ledger date has moved and with it the penalty"
        }
        Settlement::RepeatedEndToEndId => {
            "look at the first use before paying again; a new payment needs a new --end-to-end-id"
        }
        Settlement::NotEnoughDeposits => {
            "ask the bank to issue the deposits first (counterfoil deposit list)"
        }
        Settlement::InvalidEndToEndId => {
            "use 1 to 35 printable ASCII characters, no space at either end"
        }
    })
}

fn on_calendar(code: Calendar) -> Option<&'static str> {
    Some(match code {
        Calendar::Unspecified => return None,
        Calendar::WrongRole => "let an operator roll the clock",
        Calendar::NotSimulated => "nothing: this network's date follows the wall clock",
        Calendar::InvalidDate => "give a date from 1990-01-01 to 2199-12-31",
        Calendar::NotLater => "give a date after the one `counterfoil clock show` prints",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_contract_has_its_own_advice() {
        assert!(on(4012).contains("first one"));
        assert!(on(3008).contains("issue more"));
        assert!(on(7006).contains("penalty"));
        assert!(on(9004).contains("after"));
        assert!(on(51).contains("--org"));
        assert!(on(8).contains("key"));
        assert_eq!(on(0), GENERAL);
        assert_eq!(on(4_000_000_000), GENERAL);
    }
}
