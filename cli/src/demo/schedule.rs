//! What is done with an invoice of the file between its confirmation and its payment, and when.
//!
//! With n = rank counted from 1: every 7th is split 60/40 and the 40 offered in payment to the
//! supplier of the next country code, who accepts. Of the seller's remaining claim every 11th is
//! pledged for a loan of 80 %, else every 3rd is put to the banks and sold. One step a day, from the
//! day of issue on; what the invoice's payment comes before is not done.

use counterfoil_proto::financing::v1::Technique;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::OrganizationId;
use counterfoil_types::interest::round_half_even;
use counterfoil_types::limits::REVEAL_WINDOW_DAYS;
use counterfoil_types::shares::pro_rata;

use super::data::{BANKS, Data, Row};

const SPLIT_EVERY: usize = 7;
const LOAN_EVERY: usize = 11;
const SALE_EVERY: usize = 3;
/// What the seller keeps and what it passes on, in percent.
const PARTS: [u64; 2] = [60, 40];
/// A loan's part of its claim.
const ADVANCE_PERCENT: i128 = 80;
/// Days from the deadline for quotes to the request's last day, where the due date leaves them.
const DAYS_TO_AWARD: i64 = 10;
/// The number of the claim that is passed on.
pub const PASSED_CLAIM: u32 = 2;
/// Nothing smaller is split or financed: a part or a bank's net could come to nothing.
const SMALLEST_MINOR: u64 = 2;

/// One day's step of one invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Split,
    Offer,
    Accept,
    Open,
    Quote,
    Reveal,
    Award,
}

/// A claim in two: the seller's, and the one that is passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    pub kept_minor: u64,
    pub passed_minor: u64,
    pub to: OrganizationId,
}

/// What is asked of the banks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub technique: Technique,
    pub amount_minor: u64,
    /// Positions of the banks that quote.
    pub banks: Vec<usize>,
    pub deadline: Date,
    pub expires_on: Date,
    pub awarded_on: Date,
}

/// One invoice's steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// Those that are done, in their order, each on its day and before that day's payments.
    pub steps: Vec<(Date, Step)>,
    split: Option<Split>,
    request: Option<Request>,
}

impl Schedule {
    pub fn of(data: &Data, rank: usize) -> Self {
        let row = &data.rows[rank];
        if row.repeats {
            return Self::default();
        }
        let mut steps = Vec::new();
        let split = split(data, rank);
        if split.is_some() {
            steps.extend([Step::Split, Step::Offer, Step::Accept]);
        }
        let seller_minor = split.as_ref().map_or(row.amount_minor, |s| s.kept_minor);
        let request = request(row, rank, seller_minor, days(steps.len()));
        if request.is_some() {
            steps.extend([Step::Open, Step::Quote, Step::Reveal, Step::Award]);
        }
        let mut schedule = Self {
            steps: Vec::new(),
            split,
            request,
        };
        for (day, step) in steps.into_iter().enumerate() {
            // Past the calendar's last day nothing is done.
            let date = row.issued.add_days(days(day)).ok();
            let in_time = date.filter(|date| row.settled.is_none_or(|settled| *date <= settled));
            schedule.steps.extend(in_time.map(|date| (date, step)));
        }
        schedule
    }

    pub fn did(&self, step: Step) -> bool {
        self.steps.iter().any(|(_, done)| *done == step)
    }

    /// Where it is split.
    pub fn split(&self) -> Option<&Split> {
        self.split.as_ref().filter(|_| self.did(Step::Split))
    }

    /// Where it is put to the banks.
    pub fn request(&self) -> Option<&Request> {
        self.request.as_ref().filter(|_| self.did(Step::Open))
    }

    /// The principal of each claim that is paid in the end, the seller's first.
    pub fn claims_minor(&self, row: &Row) -> Vec<u64> {
        match self.split() {
            None => vec![row.amount_minor],
            Some(split) => vec![split.kept_minor, split.passed_minor],
        }
    }

    /// The number of the claim that the seller keeps: parts are numbered after the whole.
    pub fn kept_claim(&self) -> u32 {
        u32::from(self.did(Step::Split))
    }
}

/// Steps are few.
fn days(steps: usize) -> i64 {
    i64::try_from(steps).expect("a schedule has a few steps")
}

fn split(data: &Data, rank: usize) -> Option<Split> {
    let row = &data.rows[rank];
    let chosen = (rank + 1).is_multiple_of(SPLIT_EVERY) && row.amount_minor >= SMALLEST_MINOR;
    let to = data.next_supplier(&row.seller).filter(|_| chosen)?;
    let parts = pro_rata(row.amount_minor, &PARTS);
    Some(Split {
        kept_minor: parts[0],
        passed_minor: parts[1],
        to: to.clone(),
    })
}

/// What is settled on the day of its issue is not financed, nor what falls due too soon for it.
fn request(row: &Row, rank: usize, claim_minor: u64, opened_after: i64) -> Option<Request> {
    let n = rank + 1;
    let (technique, amount_minor, banks) = if n.is_multiple_of(LOAN_EVERY) {
        let technique = Technique::LoanAgainstReceivables;
        (technique, advance(claim_minor), vec![bank_of(rank)])
    } else if n.is_multiple_of(SALE_EVERY) {
        let technique = Technique::ReceivablesDiscounting;
        (technique, claim_minor, (0..BANKS.len()).collect())
    } else {
        return None;
    };
    let deadline = row.issued.add_days(opened_after + 1).ok()?;
    let awarded_on = deadline.add_days(2).ok()?;
    // A claim falls due after its request's last day.
    let last_before_due = row.due.add_days(-1).ok()?;
    let expires_on = deadline.add_days(DAYS_TO_AWARD).ok()?.min(last_before_due);
    let earliest = deadline.add_days(REVEAL_WINDOW_DAYS + 1).ok()?;
    let possible =
        row.settled != Some(row.issued) && earliest <= expires_on && claim_minor >= SMALLEST_MINOR;
    possible.then_some(Request {
        technique,
        amount_minor,
        banks,
        deadline,
        expires_on,
        awarded_on,
    })
}

fn advance(claim_minor: u64) -> u64 {
    let advance = round_half_even(i128::from(claim_minor) * ADVANCE_PERCENT, 100);
    u64::try_from(advance).expect("less than the claim")
}

/// The position of the bank that issues the deposits that pay the row of a rank, and lends on it.
pub fn bank_of(rank: usize) -> usize {
    rank % BANKS.len()
}

#[cfg(test)]
mod tests {
    use super::super::data::tests::parse;
    use super::Step::*;
    use super::*;

    /// The schedule of the row of rank `n`, counted from 1, among `n` rows of two suppliers.
    fn schedule(n: usize, amount: &str, due: &str, settled: &str) -> Schedule {
        let mut rows: Vec<String> = (1..n)
            .map(|number| format!("406,A,,{number},1/1/2013,3/1/2013,1,No,,,,"))
            .collect();
        rows.push(format!(
            "391,A,,{n},1/2/2013,{due},{amount},No,{settled},,,"
        ));
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        Schedule::of(&parse(&rows).unwrap(), n - 1)
    }

    fn steps(schedule: &Schedule) -> Vec<(u32, Step)> {
        schedule
            .steps
            .iter()
            .map(|(date, step)| (date.day(), *step))
            .collect()
    }

    #[test]
    fn a_seventh_is_split_and_passed_on_and_then_financed() {
        let all = schedule(21, "60.01", "2/1/2013", "1/31/2013");
        assert_eq!(
            steps(&all),
            [
                (2, Split),
                (3, Offer),
                (4, Accept),
                (5, Open),
                (6, Quote),
                (7, Reveal),
                (8, Award)
            ]
        );
        let split = all.split().unwrap();
        assert_eq!((split.kept_minor, split.passed_minor), (3_601, 2_400));
        assert_eq!(split.to.as_str(), "supplier-406");
        let request = all.request().unwrap();
        assert_eq!(request.technique, Technique::ReceivablesDiscounting);
        assert_eq!((request.amount_minor, request.banks.len()), (3_601, 2));
        assert_eq!(
            [request.deadline, request.expires_on, request.awarded_on].map(|date| date.day()),
            [6, 16, 8]
        );
    }

    #[test]
    fn an_eleventh_is_pledged_rather_than_sold() {
        let loan = schedule(33, "50.05", "2/1/2013", "");
        let request = loan.request().unwrap();
        assert_eq!(request.technique, Technique::LoanAgainstReceivables);
        assert_eq!(
            (request.amount_minor, request.banks.as_slice()),
            (4_004, &[0][..])
        );
        assert_eq!(
            steps(&loan),
            [(2, Open), (3, Quote), (4, Reveal), (5, Award)]
        );
        assert_eq!(schedule(4, "50.00", "2/1/2013", ""), Schedule::default());
    }

    #[test]
    fn what_its_payment_comes_before_is_not_done() {
        let settled = |day| schedule(21, "60.00", "2/1/2013", day);
        // Split on its day of issue, and never financed.
        assert_eq!(steps(&settled("1/2/2013")), [(2, Split)]);
        let overtaken = settled("1/3/2013");
        assert_eq!(steps(&overtaken), [(2, Split), (3, Offer)]);
        assert_eq!(overtaken.request(), None);
        let late = settled("1/7/2013");
        assert!(late.request().is_some() && late.did(Reveal) && !late.did(Award));
        assert_eq!(schedule(3, "60.00", "2/1/2013", "1/2/2013").request(), None);
    }

    #[test]
    fn a_short_tenor_shortens_the_request_or_forbids_it() {
        let due = |due| schedule(3, "60.00", due, "").request().cloned();
        // Opened on the 2nd, deadline on the 3rd, award on the 5th; whoever is silent may be until the 6th.
        assert_eq!(due("1/14/2013").unwrap().expires_on.day(), 13);
        assert_eq!(due("1/13/2013").unwrap().expires_on.day(), 12);
        assert_eq!(due("1/8/2013").unwrap().expires_on.day(), 7);
        assert_eq!(due("1/7/2013"), None);
        assert_eq!(schedule(21, "0.01", "2/1/2013", ""), Schedule::default());
    }
}
