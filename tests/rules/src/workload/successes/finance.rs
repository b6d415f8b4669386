//! How actions on requests, loans, programmes and limits succeed.

use counterfoil_proto::financing;
use counterfoil_proto::financing::v1::{
    QuoteState, Schedule, Technique, event::Event as FinancingEvent,
};
use counterfoil_proto::receivable::v1::{Rank, event::Event as ClaimEvent};

use super::{Told, minor, those};
use crate::model::Model;
use crate::model::claims::day_of;

pub(super) fn finance(
    action: &financing::v1::Action,
    told: &Told,
    after: &Model,
) -> Vec<&'static str> {
    use financing::v1::action::Action as Finance;
    let request = |bytes: &[u8]| &after.requests[bytes];
    let missed = told.financing.iter().any(|event| match event {
        FinancingEvent::QuoteClosed(closed) => closed.state() == QuoteState::Missed,
        _ => false,
    });
    match action.action.as_ref().expect("executed, so an action") {
        Finance::Open(a) => {
            let Some(FinancingEvent::Opened(opened)) = told.financing.first() else {
                panic!("a request tells of itself");
            };
            let request = request(&opened.request);
            let all: u64 = request.claims.iter().map(|c| c.outstanding_minor).sum();
            let minor = a.amount.as_ref().expect("an amount").minor;
            let retained = request.claims.iter().any(|c| c.rank() == Rank::Retained);
            let technique = match a.technique() {
                Technique::LoanAgainstReceivables => "open a request for a loan",
                Technique::Factoring => "open a request for factoring",
                _ => "open a request for discounting",
            };
            those([
                (true, technique),
                (a.claims.len() > 1, "open a request of several claims"),
                (minor < all, "open a request for part of the principal"),
                (!a.invited.is_empty(), "open a request to invited banks"),
                (retained, "open a request of a retained claim"),
            ])
        }
        Finance::Commit(a) => those([
            (true, "commit"),
            (
                request(&a.request).quoting.len() > 1,
                "commit a second quote",
            ),
        ]),
        Finance::Reveal(a) => {
            let offered = a.terms.as_ref().and_then(|terms| terms.amount.clone());
            let other = offered != request(&a.request).amount;
            let request = request(&a.request);
            let limited = |quoted: &&financing::v1::Quote| {
                let terms = quoted.terms.as_ref().expect("it was revealed");
                let lines = after.quoted(request, &quoted.bank, terms);
                lines.keys().any(|line| after.caps.contains_key(line))
            };
            let revealed = after.quotes.values().filter(|quote| quote.terms == a.terms);
            let limited = revealed.clone().any(|quote| limited(&quote));
            those([
                (true, "reveal"),
                (other, "reveal over another amount"),
                (limited, "reveal within a limit"),
            ])
        }
        Finance::Award(a) => {
            let request = request(&a.request);
            if request.award.is_none() {
                let loan = request.technique() == Technique::LoanAgainstReceivables;
                return those([
                    (!loan, "award a sale outside"),
                    (loan, "award a loan outside"),
                ]);
            }
            let award = request.award.as_ref().expect("an award");
            let conditional = request.all_or_none || request.minimum_minor > 0;
            let loan = !award.loan.is_empty();
            let sold = told.claims.iter();
            let sold = sold.filter(|event| matches!(event, ClaimEvent::Transferred(_)));
            let sold = sold.count();
            let early = day_of(&award.awarded_on) <= day_of(&request.deadline) + 3;
            let in_part = told.claims.iter();
            let in_part = in_part.filter(|event| matches!(event, ClaimEvent::Split(_)));
            those([
                (conditional, "award on a condition"),
                (!loan, "award a sale"),
                (in_part.count() > 0, "award a sale of part of a claim"),
                (
                    !loan && sold < request.claims.len(),
                    "award a sale with no part in a claim",
                ),
                (sold > 1, "award a sale of several claims"),
                (loan, "award a loan"),
                (
                    loan && request.claims.len() > 1,
                    "award a loan on several claims",
                ),
                (!told.issued, "award in another bank's deposits"),
                (early, "award before the window is over"),
                (missed, "award with a quote missed"),
            ])
        }
        Finance::AwardParts(a) => {
            let request = request(&a.request);
            let failed = |event: &FinancingEvent| matches!(event, FinancingEvent::QuoteFailed(_));
            let failed = told.financing.iter().any(failed);
            let sum: u64 = a.parts.iter().map(|part| part.amount_minor).sum();
            let all: u64 = request.claims.iter().map(|c| c.outstanding_minor).sum();
            those([
                (true, "award in parts"),
                (failed, "award in parts of which one fails"),
                (request.all_or_none, "award all in parts"),
                (a.pay_on.is_some(), "award in parts outside"),
                (sum < all, "award in parts and keep a rest"),
                (request.claims.len() > 1, "award several claims in parts"),
            ])
        }
        Finance::Cancel(_) => vec!["cancel"],
        Finance::Expire(_) => those([
            (true, "expire a request"),
            (missed, "expire a request with a quote missed"),
        ]),
        Finance::Repay(a) => {
            let Some(FinancingEvent::LoanPaid(paid)) = told
                .financing
                .iter()
                .find(|event| matches!(event, FinancingEvent::LoanPaid(_)))
            else {
                panic!("a repayment tells of itself");
            };
            let loan = &after.loans[a.loan.as_slice()];
            let accrued_to = loan.interest.as_ref().expect("interest").to;
            those([
                (told.held, "repay into suspense"),
                (!paid.repaid, "repay in part"),
                (paid.repaid, "repay a loan"),
                (
                    minor(&a.amount) > minor(&paid.interest) + minor(&paid.principal),
                    "repay more than is owed",
                ),
                (
                    day_of(&accrued_to) > day_of(&loan.due_date),
                    "repay after the loan fell due",
                ),
                (
                    minor(&paid.interest) > 0 && minor(&paid.principal) == 0,
                    "repay interest alone",
                ),
            ])
        }
        Finance::Release(_) => those([
            (true, "release"),
            (
                told.claims
                    .iter()
                    .any(|event| matches!(event, ClaimEvent::Transferred(_))),
                "release a claim that the lender controls",
            ),
        ]),
        Finance::ReportLoanDefault(a) => {
            let loan = &after.loans[a.loan.as_slice()];
            let early = day_of(&loan.defaulted_on) <= day_of(&loan.due_date);
            those([
                (true, "report a loan's default"),
                (
                    early && loan.schedule() == Schedule::EqualPrincipal,
                    "report the default of an equal instalment",
                ),
                (
                    early && loan.schedule() == Schedule::Annuity,
                    "report the default of an annuity",
                ),
            ])
        }
        Finance::TakeControl(_) => vec!["take control"],
        Finance::SplitCollateral(_) => vec!["split a pledged claim"],
        Finance::SetLimit(_) => vec!["set a limit"],
        Finance::OpenProgramme(_) => vec!["open a programme"],
        Finance::CloseProgramme(_) => vec!["close a programme"],
        Finance::MakeStandingQuote(_) => vec!["make a standing quote"],
        Finance::Purchase(_) => vec!["sell under a programme"],
        Finance::DrawExtension(_) => vec!["draw an extension"],
    }
}
