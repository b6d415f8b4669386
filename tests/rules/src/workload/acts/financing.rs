//! Actions on requests for finance, quotes and loans.

use counterfoil_proto::financing::v1::action::Action as Kind;
use counterfoil_proto::financing::v1::{
    Action, AwardPart, AwardParts, AwardRequest, CancelRequest, ClaimReference, CloseProgramme,
    CommitQuote, DrawExtension, ExpireRequest, MakeStandingQuote, OpenProgramme, OpenRequest,
    PurchaseUnderProgramme, QuoteTerms, ReleasePledge, RepayLoan, ReportLoanDefault, RevealQuote,
    SetLimit, SplitCollateral, StandingTerms, TakeControl, Technique,
};
use counterfoil_proto::receivable::v1::{DayCount, Recourse};

use super::{TODAY, usd};
use crate::model::Act;
use crate::model::arithmetic::date;
use crate::model::financing::commitment;
use crate::workload::world::CHAIN_ID;

/// How a seller is financed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Finance {
    Sale,
    Loan,
}

fn act(kind: Kind) -> Act {
    Act::Financing(Action { action: Some(kind) })
}

/// Asks for so much on claims, with quotes up to today, and an award up to ten days later.
pub fn open(finance: Finance, claims: &[(&[u8], u32)], minor: u64) -> Act {
    act(Kind::Open(open_request(finance, claims, minor)))
}

/// The same, for those who change something in it.
pub fn open_request(finance: Finance, claims: &[(&[u8], u32)], minor: u64) -> OpenRequest {
    let mut claims: Vec<ClaimReference> = claims
        .iter()
        .map(|(receivable, number)| ClaimReference {
            receivable: receivable.to_vec(),
            number: *number,
        })
        .collect();
    claims.sort_by_key(|claim| (claim.receivable.clone(), claim.number));
    OpenRequest {
        claims,
        technique: match finance {
            Finance::Sale => Technique::ReceivablesDiscounting.into(),
            Finance::Loan => Technique::LoanAgainstReceivables.into(),
        },
        amount: usd(minor),
        recourse: Recourse::None.into(),
        recourse_limit: None,
        deadline: Some(date(TODAY)),
        expires_on: Some(date(TODAY + 10)),
        invited: Vec::new(),
        all_or_none: false,
        minimum_minor: 0,
        arbiter: String::new(),
    }
}

/// A quote over so much at 7 %, without fees, in the bank's own deposits.
pub fn quote(bank: &str, minor: u64) -> QuoteTerms {
    QuoteTerms {
        amount: usd(minor),
        rate_ppm: 70_000,
        day_count: DayCount::A004.into(),
        fees: Vec::new(),
        recourse: Recourse::None.into(),
        expires_on: Some(date(TODAY + 10)),
        issuer: bank.into(),
        end_to_end_id: format!("purchase of {minor}"),
        ..QuoteTerms::default()
    }
}

/// The same, paid over the external rail, which the bank asserts itself.
pub fn quote_outside(bank: &str, minor: u64) -> QuoteTerms {
    QuoteTerms {
        issuer: String::new(),
        asserter: bank.into(),
        ..quote(bank, minor)
    }
}

/// The salt of every quote here.
pub fn salt() -> Vec<u8> {
    vec![9; 32]
}

pub fn commit(request: &[u8], bank: &str, terms: &QuoteTerms) -> Act {
    act(Kind::Commit(CommitQuote {
        request: request.to_vec(),
        commitment: commitment(CHAIN_ID, request, bank, &salt(), terms).to_vec(),
    }))
}

pub fn reveal(request: &[u8], terms: &QuoteTerms, salt: Vec<u8>) -> Act {
    act(Kind::Reveal(RevealQuote {
        request: request.to_vec(),
        terms: Some(terms.clone()),
        salt,
    }))
}

pub fn award(request: &[u8], bank: &str) -> Act {
    act(Kind::Award(AwardRequest {
        request: request.to_vec(),
        bank: bank.into(),
        pay_on: None,
    }))
}

/// Of a quote that is paid over the external rail, on this day.
pub fn award_outside(request: &[u8], bank: &str, pay_on: i64) -> Act {
    act(Kind::Award(AwardRequest {
        request: request.to_vec(),
        bank: bank.into(),
        pay_on: Some(date(pay_on)),
    }))
}

pub fn award_parts(request: &[u8], parts: &[(&str, u64)]) -> Act {
    award_parts_outside(request, parts, None)
}

/// The same, where some are paid over the external rail.
pub fn award_parts_outside(request: &[u8], parts: &[(&str, u64)], pay_on: Option<i64>) -> Act {
    let parts = parts.iter().map(|(bank, amount_minor)| AwardPart {
        bank: (*bank).to_owned(),
        amount_minor: *amount_minor,
    });
    act(Kind::AwardParts(AwardParts {
        request: request.to_vec(),
        parts: parts.collect(),
        pay_on: pay_on.map(date),
    }))
}

/// A request that was put together by hand.
pub fn open_as(request: OpenRequest) -> Act {
    act(Kind::Open(request))
}

pub fn cancel(request: &[u8]) -> Act {
    let request = request.to_vec();
    act(Kind::Cancel(CancelRequest { request }))
}

pub fn expire_request(request: &[u8]) -> Act {
    let request = request.to_vec();
    act(Kind::Expire(ExpireRequest { request }))
}

pub fn repay(loan: &[u8], issuer: &str, minor: u64, end_to_end_id: &str) -> Act {
    act(Kind::Repay(RepayLoan {
        loan: loan.to_vec(),
        issuer: issuer.into(),
        amount: usd(minor),
        end_to_end_id: end_to_end_id.into(),
    }))
}

pub fn open_programme(banks: &[&str]) -> Act {
    let banks = banks.iter().map(|bank| (*bank).to_owned()).collect();
    act(Kind::OpenProgramme(OpenProgramme { banks }))
}

pub fn close_programme(programme: &[u8]) -> Act {
    let programme = programme.to_vec();
    act(Kind::CloseProgramme(CloseProgramme { programme }))
}

/// A standing quote at 7 %, for so much in all up to ten days from [`TODAY`] on, and for extensions of 90 days at 6 %.
pub fn standing_terms(cap: u64) -> StandingTerms {
    StandingTerms {
        rate_ppm: 70_000,
        day_count: DayCount::A004.into(),
        cap: usd(cap),
        expires_on: Some(date(TODAY + 10)),
        minimum_days: 10,
        extension_rate_ppm: 60_000,
        extension_days: 90,
    }
}

pub fn make_standing_quote(programme: &[u8], terms: StandingTerms) -> Act {
    act(Kind::MakeStandingQuote(MakeStandingQuote {
        programme: programme.to_vec(),
        terms: Some(terms),
    }))
}

pub fn purchase(programme: &[u8], bank: &str, receivable: &[u8], rate_ppm: u32) -> Act {
    act(Kind::Purchase(PurchaseUnderProgramme {
        programme: programme.to_vec(),
        bank: bank.into(),
        receivable: receivable.to_vec(),
        number: 0,
        rate_ppm,
    }))
}

pub fn draw_extension(programme: &[u8], bank: &str, minor: u64, rate_ppm: u32) -> Act {
    act(Kind::DrawExtension(DrawExtension {
        programme: programme.to_vec(),
        bank: bank.into(),
        amount: usd(minor),
        rate_ppm,
    }))
}

pub fn set_limit(subject: &str, minor: u64) -> Act {
    act(Kind::SetLimit(SetLimit {
        subject: subject.into(),
        cap: usd(minor),
    }))
}

pub fn report_loan_default(loan: &[u8]) -> Act {
    let loan = loan.to_vec();
    act(Kind::ReportLoanDefault(ReportLoanDefault { loan }))
}

pub fn take_control(loan: &[u8], receivable: &[u8], number: u32) -> Act {
    act(Kind::TakeControl(TakeControl {
        loan: loan.to_vec(),
        receivable: receivable.to_vec(),
        number,
    }))
}

pub fn release(loan: &[u8], receivable: &[u8], number: u32) -> Act {
    act(Kind::Release(ReleasePledge {
        loan: loan.to_vec(),
        receivable: receivable.to_vec(),
        number,
    }))
}

pub fn split_collateral(loan: &[u8], receivable: &[u8], number: u32, parts: &[u64]) -> Act {
    act(Kind::SplitCollateral(SplitCollateral {
        loan: loan.to_vec(),
        receivable: receivable.to_vec(),
        number,
        parts_minor: parts.to_vec(),
    }))
}
