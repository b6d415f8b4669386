//! What a person can do about each refusal and rejection, by its number.

mod credit;
mod membership;
mod supervision;

use counterfoil_proto::calendar::v1::RejectionCode as Calendar;
use counterfoil_proto::cash::v1::RejectionCode as Cash;
use counterfoil_proto::credit::v1::RejectionCode as Credit;
use counterfoil_proto::financing::v1::RejectionCode as Financing;
use counterfoil_proto::invoice::v1::RejectionCode as Invoice;
use counterfoil_proto::membership::v1::RejectionCode as Membership;
use counterfoil_proto::receivable::v1::RejectionCode as Receivable;
use counterfoil_proto::settlement::v1::RejectionCode as Settlement;
use counterfoil_proto::supervision::v1::RejectionCode as Supervision;
use counterfoil_proto::v1::{KernelRejectionCode as Kernel, RefusalCode as Refusal};

/// One sentence of advice. Unknown numbers, from newer nodes, get a general one.
pub fn on(code: u32) -> &'static str {
    let Ok(number) = i32::try_from(code) else {
        return GENERAL;
    };
    None.or_else(|| Refusal::try_from(number).ok().and_then(on_refusal))
        .or_else(|| Kernel::try_from(number).ok().and_then(on_kernel))
        .or_else(|| Membership::try_from(number).ok().and_then(membership::on))
        .or_else(|| {
            let code = Supervision::try_from(number).ok();
            code.and_then(supervision::on)
        })
        .or_else(|| Cash::try_from(number).ok().and_then(on_cash))
        .or_else(|| Invoice::try_from(number).ok().and_then(on_invoice))
        .or_else(|| Receivable::try_from(number).ok().and_then(on_receivable))
        .or_else(|| Financing::try_from(number).ok().and_then(on_financing))
        .or_else(|| Settlement::try_from(number).ok().and_then(on_settlement))
        .or_else(|| Credit::try_from(number).ok().and_then(credit::on))
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
        Refusal::WrongSignerCount => {
            "sign with 1 to 8 accounts of the organization, each once and in order"
        }
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
        Kernel::NotPermitted => {
            "sign with an account that may make this (counterfoil org show has each one's permissions)"
        }
        Kernel::ApprovalsLacking => {
            "propose it (--propose), and let another account of the organization approve it"
        }
        Kernel::ConsentLacking => {
            "propose it (--propose --consent-of ORG), and let that organization consent to it"
        }
        Kernel::Suspended => "pay, take payment or release; for anything else ask the operators",
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
        Cash::InvalidList => "name each bank and currency once, with a cap above zero, at most 64",
        Cash::WrongAccountBank => {
            "name another bank as your own (counterfoil org list --role bank)"
        }
        Cash::IssuerNotAccepted => "pay in deposits that the message names, which the payee takes",
        Cash::CapExceeded => "pay less, or in other deposits: the payee takes no more of these",
        Cash::UnknownSuspense => "check the id (counterfoil suspense list)",
        Cash::NotThePayee => "let the organization collect it that the deposits are due to",
        Cash::SuspenseClosed => "nothing: the deposits were collected",
        Cash::PriceUnderWay => {
            "wait for the price's outcome (counterfoil payment show): then it is the buyer's or the seller's"
        }
        Cash::InvalidReasonHash => "give the 32 bytes of the reasons' SHA-256",
        Cash::UnknownPayment => "check the payment's id (counterfoil payment list)",
        Cash::NotTheAsserter => "let the payer's bank assert it (counterfoil payment show)",
        Cash::WrongPaymentState => {
            "look at its state first (counterfoil payment show): it is past this, or not there yet"
        }
        Cash::InvalidMessage => {
            "give the message's SHA-256 and your books' reference of 1 to 35 characters"
        }
        Cash::RepeatedMessage => {
            "assert the message that paid this: one message or entry pays one payment, for ever"
        }
        Cash::InvalidValueDate => {
            "give the date the money moved: from the day of the instruction to the ledger's date"
        }
        Cash::NotAPaymentParty => "let payer, payee or one of their banks sign",
        Cash::AnswerNotLate => {
            "wait for the payee's side to answer (counterfoil payment show: answer_by)"
        }
        Cash::NotTheConfirmer => {
            "let the payee's side confirm it (counterfoil payment show: confirmer)"
        }
        Cash::NotTheArbiter => "let the arbiter that the invoice's terms name rule",
        Cash::DeadlineNotPassed => "wait until the deadline has passed (counterfoil payment show)",
        Cash::WrongAsserter => {
            "name your bank, one that is active (counterfoil org list --role bank)"
        }
        Cash::NoConfirmer => {
            "have another bank pay, or pay in deposits: a bank does not confirm what it asserts"
        }
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
            "look at the first one (counterfoil invoice show); a correction needs it withdrawn or rejected, and --succeeds"
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
        Invoice::NotAParty => "let the invoice's seller or buyer sign",
        Invoice::WrongSeller => "name a supplier as seller (counterfoil org list --role supplier)",
        Invoice::NotOfAProposal => {
            "leave it out: the seller names what the invoice succeeds or releases on accepting it"
        }
        Invoice::CannotRelease => {
            "name your newest invoice of this number and year, and its number as registered; case and spaces tell no two numbers apart"
        }
        Invoice::WarningsNotAcknowledged => {
            "look at the invoice's warnings (counterfoil invoice show), and repeat them all"
        }
        Invoice::NoCondition => "confirm the invoice: this is its own amount and terms",
        Invoice::InvalidExpiry => {
            "give a last day from the ledger date to 90 days later (counterfoil clock show)"
        }
        Invoice::InvalidCondition => {
            "give an amount above zero, at most the invoice's, in its currency"
        }
        Invoice::ConditionsExpired => {
            "end the conditions (counterfoil invoice expire-conditions), and ask the buyer for new ones"
        }
        Invoice::ConditionsNotExpired => {
            "wait until their last day has passed; the seller may refuse them before"
        }
        Invoice::InvalidCredit => {
            "credit at most the principal that is outstanding, less what earlier notes left for the seller to owe"
        }
        Invoice::InvalidClaimCredits => {
            "name at most 16 claims, each once and above zero, together at most the credit note's amount"
        }
        Invoice::ClaimDiffers => {
            "name each claim with its controller and, where it is pledged, its pledgee"
        }
        Invoice::ClaimNotCreditable => {
            "wait for the answer to the offer or the request; credit at most what is outstanding, and let a pledgee release before all of it"
        }
        Invoice::TooManyCreditNotes => {
            "settle it between you: an invoice has at most 32 credit notes"
        }
        Invoice::DuplicateCreditNote => {
            "look at the invoice that has this credit note (counterfoil invoice show)"
        }
        Invoice::Disputed => "wait for the ruling on the open dispute, or end it together",
        Invoice::NotDisputed => {
            "look at the invoice (counterfoil invoice show): no dispute is open"
        }
        Invoice::NotAnArbiter => "let an arbiter of the terms rule (counterfoil invoice show)",
        Invoice::InvalidRuling => {
            "uphold over an amount up to what was confirmed, in its currency, or dismiss"
        }
        Invoice::RepeatedRuling => "nothing: your ruling stands; give another one to change it",
        Invoice::OutsideCalendar => {
            "let the operators publish the calendar for later days, or agree on other terms: `invoice condition --calendar`"
        }
        Invoice::AdjustedToThePast => {
            "agree on another convention: `counterfoil invoice condition --convention following`"
        }
    })
}

fn on_receivable(code: Receivable) -> Option<&'static str> {
    Some(match code {
        Receivable::Unspecified => return None,
        Receivable::UnknownClaim => "check the claim's id (counterfoil claim list)",
        Receivable::NotTheController => {
            "let the claim's controller sign (counterfoil claim show names it)"
        }
        Receivable::NothingOutstanding => {
            "look at the claim's family (counterfoil claim show): use one that is live and has principal outstanding"
        }
        Receivable::Encumbered => {
            "wait for the answer to the offer, cancel the request, or repay the loan that `counterfoil claim show` names; a pledged claim is divided with its lender's consent (counterfoil loan split)"
        }
        Receivable::InvalidParts => {
            "give at least two parts above zero that add up to what is outstanding"
        }
        Receivable::TooManyClaims => {
            "merge claims first: a receivable has at most 256 live ones (counterfoil claim merge)"
        }
        Receivable::CannotMerge => {
            "merge 2 to 256 claims of one rank, endorsement and place, for which the same is undertaken"
        }
        Receivable::NotAssignable => "keep the claim: its invoice's terms forbid transfers",
        Receivable::WrongRecipient => {
            "offer it to another supplier or bank, not to the debtor (counterfoil org list)"
        }
        Receivable::InvalidPurpose => {
            "give a sale a price in the receivable's currency, a payment none"
        }
        Receivable::InvalidExpiry => {
            "give a last day from the ledger date to 90 days later (counterfoil clock show)"
        }
        Receivable::NotOffered => {
            "look at the claim (counterfoil claim show): its offer was answered, expired, or overtaken by a payment"
        }
        Receivable::NotTheRecipient => "let the organization that the claim is offered to answer",
        Receivable::OfferExpired => "ask for a new offer: the last day of this one has passed",
        Receivable::OfferNotExpired => {
            "wait until the offer's last day has passed; the recipient may decline it before"
        }
        Receivable::UnknownIssuer => "name a bank as issuer (counterfoil org list --role bank)",
        Receivable::InvalidEndToEndId => {
            "use 1 to 35 printable ASCII characters, no space at either end"
        }
        Receivable::RepeatedEndToEndId => {
            "look at the first use before paying again; a new payment needs a new --end-to-end-id"
        }
        Receivable::NotEnoughDeposits => {
            "compare the price with `counterfoil deposit list`; ask the bank to issue more"
        }
        Receivable::NotAParty => "let the claim's controller or the offer's recipient sign",
        Receivable::NoPriceAsked => "leave --end-to-end-id out: nothing is to be paid",
        Receivable::PaymentUnderWay => {
            "wait for the outcome of the debtor's payment through its bank: until then claims stay"
        }
        Receivable::InvalidRecourse => {
            "say --recourse none, full, or limited with a cap and a last day; none where 8 endorsers are bound already"
        }
        Receivable::WrongGuarantor => {
            "let a guarantor give it, which neither owes nor controls the claim (org list --role guarantor)"
        }
        Receivable::InvalidGuarantee => {
            "give a cap above zero in the receivable's currency, and a last day that has not passed"
        }
        Receivable::ControllerDiffers => {
            "ask whoever told you of the claim: it has passed to another organization"
        }
        Receivable::TooManyGuarantees => {
            "split the claim, and have a part guaranteed: a claim has at most 8 guarantees"
        }
        Receivable::UnknownUndertaking => {
            "name an undertaking that `counterfoil claim show` lists, of another organization"
        }
        Receivable::NotInDefault => {
            "report the default first (counterfoil receivable report-default), after the days of grace"
        }
        Receivable::NoticeGiven => "nothing: notice was given, and the payer may pay",
        Receivable::NoticeTooLate => {
            "ask another endorser or guarantor (counterfoil undertaking list): the last day for notice has passed"
        }
        Receivable::OutOfTurn => {
            "give notice to the last endorser first, and its five days to pay (counterfoil claim show)"
        }
        Receivable::IssuerNotTaken => {
            "ask the seller to take these deposits (counterfoil deposit accept), or for a new offer"
        }
        Receivable::CapExceeded => "ask the seller to take more of these deposits (deposit accept)",
    })
}

fn on_financing(code: Financing) -> Option<&'static str> {
    Some(match code {
        Financing::Unspecified => return None,
        Financing::WrongRole => {
            "let a supplier open requests and a bank quote (counterfoil org show)"
        }
        Financing::InvalidClaims => "name 1 to 16 claims, each once",
        Financing::UnknownClaim => "check the claim's id (counterfoil claim list)",
        Financing::NotTheController => {
            "let the claim's controller ask (counterfoil claim show names it)"
        }
        Financing::NothingOutstanding => {
            "leave the claim out: it is spent, or only penalty is owed on it"
        }
        Financing::Encumbered => {
            "leave the claim out, or end what `counterfoil claim show` names as its encumbrance"
        }
        Financing::NotAssignable => {
            "leave the claim out: its invoice's terms forbid transfers and pledges"
        }
        Financing::DueTooSoon => {
            "end the request before the earliest due date of its claims (--until)"
        }
        Financing::InvalidDate => {
            "give a deadline within 90 days of the ledger date, and a last day 1 to 90 days after it"
        }
        Financing::WrongCurrency => "give amount and claims in one currency",
        Financing::InvalidAmount => {
            "give an amount from 1 minor unit to what is outstanding; only Senior claims are sold in part"
        }
        Financing::InvalidTechnique => {
            "name a technique (discounting, factoring, loan), and for a sale alone a recourse with its limit"
        }
        Financing::InvalidInvitation => {
            "invite at most 32 banks, none of which is the seller or a debtor"
        }
        Financing::TooManyClaims => {
            "merge claims of the receivable first: it has at most 256 live ones"
        }
        Financing::UnknownRequest => "check the id (counterfoil request list)",
        Financing::NotInvited => "leave it: only invited banks quote, never the seller or a debtor",
        Financing::RequestClosed => {
            "nothing: the request has ended (counterfoil request show says how)"
        }
        Financing::DeadlinePassed => "leave it: the last day for quotes has passed",
        Financing::AlreadyQuoted => {
            "nothing: this bank's quote is committed, and one is all a request takes"
        }
        Financing::TooManyQuotes => "leave it: a request takes at most 64 quotes",
        Financing::InvalidCommitment => "commit to a quote with 32 bytes",
        Financing::NoQuote => "name a bank whose quote is revealed (counterfoil request show)",
        Financing::NotInRevealWindow => {
            "reveal on one of the 3 days after the deadline (counterfoil request show)"
        }
        Financing::AlreadyRevealed => "nothing: the quote is revealed",
        Financing::CommitmentDiffers => {
            "open the quote with the file that was written when it was committed (--opening)"
        }
        Financing::InvalidQuote => {
            "nothing can be done for this quote: amount, rate, fees or last day are outside their bounds"
        }
        Financing::NetNotPositive => {
            "take another quote: cost and fees of this one leave nothing to pay out"
        }
        Financing::UnknownIssuer => {
            "name a bank as issuer, other than the seller (counterfoil org list --role bank)"
        }
        Financing::InvalidEndToEndId => {
            "use 1 to 35 printable ASCII characters, no space at either end"
        }
        Financing::NotTheSeller => "let the request's seller sign",
        Financing::TooEarly => {
            "wait until the deadline has passed and every quote is revealed, or 3 days more"
        }
        Financing::RequestExpired => {
            "end the request (counterfoil request expire) and open a new one"
        }
        Financing::QuoteExpired => "take another quote: the last day of this one has passed",
        Financing::RepeatedEndToEndId => {
            "look at the first use before paying again; a new payment needs a new --end-to-end-id"
        }
        Financing::NotEnoughDeposits => {
            "compare `counterfoil deposit list` of the payer: its bank must issue the deposits first"
        }
        Financing::NotAParty => "let the request's seller or a bank that quoted end it",
        Financing::RequestNotExpired => {
            "wait until the request's last day has passed; its seller may cancel it before"
        }
        Financing::UnknownLoan => "check the id (counterfoil loan list)",
        Financing::IssuerNotTaken => {
            "let the payee take these deposits (counterfoil deposit accept), or pay in others"
        }
        Financing::PaymentUnderWay => {
            "wait for the outcome of the debtor's payment through its bank: until then claims stay"
        }
        Financing::CapExceeded => "let the payee take more of these deposits (deposit accept)",
        Financing::NotTheBorrower => "let the loan's borrower repay it",
        Financing::LoanClosed => "nothing: the loan is repaid",
        Financing::NotTheLender => "let the loan's lender release the claim",
        Financing::UnknownProgramme => "check the id (counterfoil programme list)",
        Financing::NotTheBuyer => {
            "let the programme's buyer sign (counterfoil programme show names it)"
        }
        Financing::ProgrammeClosed => "nothing: the programme is closed",
        Financing::InvalidStandingQuote => {
            "quote a day count, rates of at most 100 %, a last day to come, and at most 3,660 days"
        }
        Financing::OtherDebtor => {
            "name a claim against the programme's buyer (counterfoil programme show names it)"
        }
        Financing::NoStandingQuote => {
            "name a bank whose standing quote is accepted today (counterfoil programme show)"
        }
        Financing::RateDiffers => {
            "look at the standing quote again, and accept its rate (counterfoil programme show)"
        }
        Financing::QuoteUsedUp => {
            "wait for a new quote, or take another bank's (counterfoil programme show)"
        }
        Financing::NoExtension => "take another bank's quote: this one offers no extensions",
        Financing::InvalidCondition => {
            "ask for all or none, or for a minimum of at most the amount, and for neither where it is a loan"
        }
        Financing::ConditionNotMet => {
            "take quotes that make up what the request asks for (counterfoil request show)"
        }
        Financing::InvalidAward => {
            "name 2 to 16 parts of a sale, each bank once, that make up at most what is outstanding"
        }
        Financing::PartNotOffered => {
            "take all of the quote, or a part from its smallest on (counterfoil request show)"
        }
        Financing::InvalidParts => {
            "give at least two parts above zero that add up to what is outstanding"
        }
        Financing::DepositsOnly => {
            "take banks that pay in deposits, or open a request without --all-or-none and --minimum"
        }
        Financing::UnknownArbiter => "name an organization as arbiter (counterfoil org list)",
        Financing::InvalidSubject => {
            "set the limit about a core enterprise or supplier (counterfoil org list)"
        }
        Financing::LimitExceeded => {
            "wait until claims are paid or quotes end, or let the bank raise its limit (counterfoil limit set)"
        }
        Financing::NothingOverdue => {
            "wait: `counterfoil loan schedule` shows the instalments, `loan show` the grace days and a recorded default"
        }
        Financing::NotInDefault => {
            "report the default first (counterfoil loan default), once an instalment is overdue"
        }
        Financing::ControlTaken => "nothing: the lender controls the claim already",
        Financing::IssuerNotAccepted => {
            "pay in the lender's deposits, or in those that `counterfoil loan show` names as issuer"
        }
        Financing::NotPledged => {
            "name a claim that `counterfoil loan show` lists as this loan's collateral"
        }
    })
}

fn on_settlement(code: Settlement) -> Option<&'static str> {
    Some(match code {
        Settlement::Unspecified => return None,
        Settlement::PaymentUnderWay => {
            "wait for the outcome of the payment through your bank (counterfoil payment list)"
        }
        Settlement::UnknownUndertaking => {
            "name a claim and what you undertook for it (counterfoil undertaking list)"
        }
        Settlement::NoNotice => "wait for the holder's notice: nothing is asked of you before",
        Settlement::ClaimPaid => "nothing: the claim is paid, or has passed to another payer",
        Settlement::UsedUp => "nothing: all that you undertook is paid",
        Settlement::TooManyClaims => {
            "pay all that is owed on the claim: there is no room for a part (256 live claims)"
        }
        Settlement::InvalidPaymentDate => "pay for today, or up to two business days ahead",
        Settlement::MoreThanOwed => {
            "pay at most what is owed on that day (counterfoil receivable show)"
        }
        Settlement::InvalidFees => "name each fee's payee once, with an amount above zero",
        Settlement::FeeBeyondTerms => {
            "pay only fees that the invoice's terms name, up to their caps (counterfoil invoice show)"
        }
        Settlement::PaymentAsserted => "wait for the answer to the payment that is asserted",
        Settlement::IssuerNotAccepted => {
            "pay in deposits that the message names, or through your bank (counterfoil payment instruct)"
        }
        Settlement::CapExceeded => {
            "pay less, in other deposits, or through your bank (counterfoil payment instruct)"
        }
        Settlement::UnknownReceivable => "check the id (counterfoil receivable list)",
        Settlement::NotTheDebtor => "let the debtor pay",
        Settlement::WrongState => "nothing: the receivable is settled, or was reported already",
        Settlement::UnknownIssuer => {
            "name a bank as issuer, other than the debtor (counterfoil org list --role bank)"
        }
        Settlement::WrongCurrency => "pay in the receivable's currency",
        Settlement::InvalidAmount => "give an amount above zero, at most 10^18 minor units",
        Settlement::NotYet => {
            "wait until the ledger date is after the due date, or after the days of grace (counterfoil receivable show)"
        }
        Settlement::NothingOutstanding => {
            "nothing: all principal is paid, and unpaid penalty alone makes nothing overdue"
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
        Calendar::WrongRole => "let an operator roll the clock or publish the calendar",
        Calendar::NotSimulated => "nothing: this network's date follows the wall clock",
        Calendar::InvalidDate => "give a date from 1990-01-01 to 2199-12-31",
        Calendar::NotLater => "give a date after the one `counterfoil clock show` prints",
        Calendar::InvalidCalendar => {
            "correct the file: `counterfoil calendar publish --help` says what stands in it"
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_contract_has_its_own_advice() {
        assert!(on(4012).contains("first one"));
        assert!(on(3008).contains("issue more"));
        assert!(on(5003).contains("family"));
        assert!(on(6031).contains("--opening"));
        assert!(on(7010).contains("above zero"));
        assert_eq!(on(7006), GENERAL);
        assert!(on(8001).contains("another"));
        assert!(on(9004).contains("after"));
        assert!(on(51).contains("--org"));
        assert!(on(1022).contains("new key"));
        assert!(on(8).contains("key"));
        assert_eq!(on(0), GENERAL);
        assert_eq!(on(4_000_000_000), GENERAL);
    }
}
