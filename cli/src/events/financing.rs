//! What happened to financing requests, quotes and loans.

use counterfoil_proto::financing;

use super::Show;
use crate::output::View;
use crate::views;

impl Show<'_> {
    pub(super) fn financing(&self, event: financing::v1::event::Event) -> View {
        use financing::v1::event::Event::*;
        let of = |name, request: &[u8]| self.named(name).id("request", request);
        let loan = |name, loan: &[u8], lender: &str, borrower: &str| {
            self.named(name)
                .id("loan", loan)
                .text("lender", lender)
                .text("borrower", borrower)
        };
        match event {
            Opened(e) => {
                let view = of("RequestOpened", &e.request)
                    .text("seller", &e.seller)
                    .text("technique", format_args!("{:?}", e.technique()));
                self.amount(view, "amount_minor", e.amount.as_ref())
                    .date("deadline", e.deadline.as_ref())
                    .date("expires_on", e.expires_on.as_ref())
            }
            Committed(e) => of("QuoteCommitted", &e.request)
                .text("bank", &e.bank)
                .id("commitment", &e.commitment),
            Revealed(e) => {
                let terms = e.terms.as_ref();
                of("QuoteRevealed", &e.request).text("bank", &e.bank).inner(
                    "terms",
                    terms.map(|t| views::quote_terms(t, self.currencies)),
                )
            }
            Awarded(e) => {
                let award = e.award.as_ref();
                of("RequestAwarded", &e.request)
                    .text("seller", &e.seller)
                    .inner("award", award.map(|a| views::award(a, self.currencies)))
                    .list("claims", e.claims.iter().map(views::claim_reference))
            }
            Closed(e) => of("RequestClosed", &e.request)
                .text("seller", &e.seller)
                .text("state", format_args!("{:?}", e.state())),
            QuoteClosed(e) => of("QuoteClosed", &e.request)
                .text("bank", &e.bank)
                .text("state", format_args!("{:?}", e.state())),
            LoanOpened(e) => {
                let view =
                    loan("LoanOpened", &e.loan, &e.lender, &e.borrower).id("request", &e.request);
                self.amount(view, "principal_minor", e.principal.as_ref())
                    .rate("rate_ppm", e.rate_ppm)
                    .date("due_date", e.due_date.as_ref())
            }
            QuoteFailed(e) => {
                let view = of("QuoteFailed", &e.request).text("bank", &e.bank);
                self.amount(view, "proceeds_minor", e.proceeds.as_ref())
            }
            QuoteTaken(e) => {
                let award = e.award.unwrap_or_default();
                of("QuoteTaken", &e.request)
                    .inner("award", Some(views::award(&award, self.currencies)))
                    .id("payment", &e.payment)
                    .list("claims", e.claims.iter().map(views::claim_reference))
            }
            ProgrammeOpened(e) => self
                .named("ProgrammeOpened")
                .id("programme", &e.programme)
                .text("buyer", &e.buyer),
            ProgrammeClosed(e) => self
                .named("ProgrammeClosed")
                .id("programme", &e.programme)
                .text("buyer", &e.buyer),
            StandingQuoteMade(e) => self
                .named("StandingQuoteMade")
                .id("programme", &e.programme)
                .text("bank", &e.bank)
                .inner(
                    "terms",
                    e.terms
                        .as_ref()
                        .map(|t| views::standing_terms(View::new(), t, self.currencies)),
                ),
            ClaimPurchased(e) => {
                let currency = e.amount.as_ref().map_or("", |amount| &amount.currency);
                let view = self
                    .named("ClaimPurchased")
                    .id("programme", &e.programme)
                    .text("bank", &e.bank)
                    .text("seller", &e.seller)
                    .list("claim", e.claim.iter().map(views::claim_reference));
                self.amount(view, "amount_minor", e.amount.as_ref())
                    .minor("cost_minor", e.cost_minor, currency, self.currencies)
                    .minor(
                        "proceeds_minor",
                        e.proceeds_minor,
                        currency,
                        self.currencies,
                    )
            }
            ExtensionDrawn(e) => {
                let view = loan("ExtensionDrawn", &e.loan, &e.lender, &e.borrower)
                    .id("programme", &e.programme);
                self.amount(view, "principal_minor", e.principal.as_ref())
                    .rate("rate_ppm", e.rate_ppm)
                    .date("due_date", e.due_date.as_ref())
            }
            LimitSet(e) => {
                let view = self
                    .named("LimitSet")
                    .text("grantor", &e.grantor)
                    .text("subject", &e.subject);
                self.amount(view, "cap_minor", e.cap.as_ref())
            }
            LoanDefaulted(e) => {
                let view = loan("LoanDefaulted", &e.loan, &e.lender, &e.borrower);
                self.amount(view, "outstanding_minor", e.outstanding.as_ref())
            }
            LoanPaid(e) => {
                let view = loan("LoanPaid", &e.loan, &e.lender, &e.borrower);
                let view = self.amount(view, "interest_minor", e.interest.as_ref());
                let view = self.amount(view, "principal_minor", e.principal.as_ref());
                let view = match &e.collateral {
                    Some(claim) => view.text("collateral", views::claim_reference(claim)),
                    None => view,
                };
                view.flag("repaid", e.repaid)
            }
        }
    }
}
