//! Plain actions between the same few parties, for tests that write their own story.

mod calendars;
mod claims;
mod external;
mod financing;
mod invoices;
mod membership;
mod shares;
mod supervision;

pub use calendars::{CALENDAR, calendar, due_on, publish};
pub use claims::{
    accept, decline, expire_offer, guarantee, merge, notice, offer, offer_with_recourse, sell,
    split,
};
pub use external::{
    accept_issuers, assert_payment, cancel_payment, confirm_payment, contest, instruct,
    instruct_by, rule_payment, settle_with_fees, time_out, wire,
};
pub use financing::{
    Finance, award, award_outside, award_parts, award_parts_outside, cancel, close_programme,
    commit, draw_extension, expire_request, make_standing_quote, open, open_as, open_programme,
    open_request, purchase, quote, quote_outside, release, repay, report_loan_default, reveal,
    salt, set_limit, split_collateral, standing_terms, take_control,
};
pub use invoices::{
    accept_conditions, accept_proposal, confirm_conditionally, credit, end_dispute, of_claim,
    open_dispute, propose_invoice, rule_on_dispute, ruling,
};

pub use membership::{
    admission, approve, change_accounts, consent, decide, end_proposal, enrolment, leave,
    membership_act, propose, requirement, revocation, set_rule, vote,
};

pub use shares::{share_profile, unshare_profile};
pub use supervision::{
    collect_suspense, freeze, freeze_until, lift, publish_pack, publish_pack_from,
    rule_on_suspense, suspense_of,
};

use counterfoil_proto::calendar::v1 as clock;
use counterfoil_proto::cash::v1::action::Action as Cash;
use counterfoil_proto::invoice::v1::RegisterInvoice;
use counterfoil_proto::invoice::v1::action::Action as Invoice;
use counterfoil_proto::settlement::v1::action::Action as Settlement;
use counterfoil_proto::v1::Money;
use counterfoil_proto::{cash, invoice, receivable, settlement};

use crate::model::arithmetic::date;
use crate::model::invoices::terms_hash;
use crate::model::{Act, tagged_hash};
use crate::trade;

pub const SELLER: &str = "farmer";
pub const BUYER: &str = "airline";
pub const ISSUER: &str = "bank-east";
/// Who takes the seller's claims in payment, or buys them.
pub const RECIPIENT: &str = "smith";
/// 2024-02-01.
pub const TODAY: i64 = 19_754;
pub const GROSS: u64 = 12_345;

pub fn usd(minor: u64) -> Option<Money> {
    Some(Money {
        minor,
        currency: "USD".into(),
    })
}

pub fn terms() -> receivable::v1::Terms {
    receivable::v1::Terms {
        arbiter: "regulator".into(),
        ..trade::terms()
    }
}

fn invoice_act(action: Invoice) -> Act {
    Act::Invoice(invoice::v1::Action {
        action: Some(action),
    })
}

pub fn cash_act(action: Cash) -> Act {
    Act::Cash(cash::v1::Action {
        action: Some(action),
    })
}

/// An invoice of today, of the seller's to the buyer.
pub fn registration(number: &str) -> RegisterInvoice {
    RegisterInvoice {
        buyer: BUYER.into(),
        number: number.into(),
        issue_date: Some(date(TODAY)),
        due_date: Some(date(TODAY + 30)),
        delivery_date: None,
        gross: usd(GROSS),
        type_code: 380,
        order_reference: String::new(),
        terms: Some(terms()),
        document_hash: tagged_hash("document", &[number.as_bytes()]).to_vec(),
        payload_root: vec![2; 32],
        succeeds: Vec::new(),
        release: None,
    }
}

pub fn register(registration: RegisterInvoice) -> Act {
    invoice_act(Invoice::Register(registration))
}

/// Confirms an invoice as it was registered.
pub fn confirm(id: &[u8], registered: &RegisterInvoice) -> Act {
    let terms = registered.terms.as_ref().expect("terms");
    invoice_act(Invoice::Confirm(invoice::v1::ConfirmInvoice {
        invoice: id.to_vec(),
        amount: registered.gross.clone(),
        terms_hash: terms_hash(terms).to_vec(),
        acknowledged: Vec::new(),
    }))
}

/// An action on an invoice other than its confirmation.
pub fn answer(action: &str, id: &[u8]) -> Act {
    let (invoice, reason) = (id.to_vec(), "Goods came late.".to_owned());
    invoice_act(match action {
        "query" => Invoice::Query(invoice::v1::QueryInvoice { invoice, reason }),
        "resolve_query" => Invoice::ResolveQuery(invoice::v1::ResolveQuery { invoice, reason }),
        "reject" => Invoice::Reject(invoice::v1::RejectInvoice { invoice, reason }),
        "withdraw" => Invoice::Withdraw(invoice::v1::WithdrawInvoice { invoice }),
        "decline_proposal" => {
            Invoice::DeclineProposal(invoice::v1::DeclineProposal { invoice, reason })
        }
        "take_back_proposal" => {
            Invoice::TakeBackProposal(invoice::v1::TakeBackProposal { invoice })
        }
        "refuse_conditions" => {
            Invoice::RefuseConditions(invoice::v1::RefuseConditions { invoice, reason })
        }
        "expire_conditions" => Invoice::ExpireConditions(invoice::v1::ExpireConditions { invoice }),
        _ => panic!("no action on invoices is called {action}"),
    })
}

pub fn issue_to(holder: &str, minor: u64, end_to_end_id: &str) -> Act {
    cash_act(Cash::Issue(cash::v1::IssueDeposit {
        holder: holder.into(),
        amount: usd(minor),
        end_to_end_id: end_to_end_id.into(),
    }))
}

/// Passes deposits on.
pub fn transfer(to: &str, minor: u64, end_to_end_id: &str) -> Act {
    cash_act(Cash::Transfer(cash::v1::TransferDeposit {
        issuer: ISSUER.into(),
        to: to.into(),
        amount: usd(minor),
        end_to_end_id: end_to_end_id.into(),
    }))
}

pub fn request_redemption(end_to_end_id: &str) -> Act {
    cash_act(Cash::RequestRedemption(cash::v1::RequestRedemption {
        issuer: ISSUER.into(),
        amount: usd(100),
        end_to_end_id: end_to_end_id.into(),
    }))
}

/// The end of the buyer's redemption.
pub fn close(action: &str, end_to_end_id: &str) -> Act {
    cash_act(match action {
        "confirm_redemption" => Cash::ConfirmRedemption(cash::v1::ConfirmRedemption {
            end_to_end_id: end_to_end_id.into(),
        }),
        _ => Cash::DeclineRedemption(cash::v1::DeclineRedemption {
            holder: BUYER.into(),
            end_to_end_id: end_to_end_id.into(),
            reason: "The account is closed.".into(),
        }),
    })
}

pub(super) fn settlement_act(action: settlement::v1::action::Action) -> Act {
    Act::Settlement(settlement::v1::Action {
        action: Some(action),
    })
}

pub fn settle(receivable: &[u8], minor: u64, end_to_end_id: &str) -> Act {
    settlement_act(Settlement::Settle(settlement::v1::SettleReceivable {
        receivable: receivable.to_vec(),
        issuer: ISSUER.into(),
        amount: usd(minor),
        end_to_end_id: end_to_end_id.into(),
        fees: Vec::new(),
    }))
}

/// Pays for a claim in the debtor's place.
pub fn honour(
    receivable: &[u8],
    number: u32,
    undertaking: &[u8],
    minor: u64,
    end_to_end_id: &str,
) -> Act {
    settlement_act(Settlement::Honour(settlement::v1::HonourUndertaking {
        receivable: receivable.to_vec(),
        number,
        undertaking: undertaking.to_vec(),
        issuer: ISSUER.into(),
        amount: usd(minor),
        end_to_end_id: end_to_end_id.into(),
    }))
}

/// A report that a receivable is "overdue", or else in default.
pub fn report(what: &str, receivable: &[u8]) -> Act {
    let receivable = receivable.to_vec();
    settlement_act(match what {
        "overdue" => Settlement::ReportOverdue(settlement::v1::ReportOverdue { receivable }),
        _ => Settlement::ReportDefault(settlement::v1::ReportDefault { receivable }),
    })
}

pub fn roll(day: i64) -> Act {
    Act::Calendar(clock::Action {
        action: Some(clock::action::Action::Roll(clock::RollClock {
            to: Some(date(day)),
        })),
    })
}
