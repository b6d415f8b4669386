//! Financing requests: to quote for, whose quote is to be revealed, to award or to end.

use counterfoil_proto::financing::v1::{Quote, QuoteState, Request, RequestState, Technique};
use counterfoil_types::dates::Date;
use counterfoil_types::limits::REVEAL_WINDOW_DAYS;

use super::entry::{Desk, Entry, date};
use crate::views;

/// Open requests that this bank may quote for and has not.
pub fn to_quote(desk: &Desk<'_>, requests: &[Request]) -> Vec<Entry> {
    let me = |name: &String| name == desk.me;
    let may = |request: &&Request| {
        request.state() == RequestState::Open
            && date(request.deadline).is_some_and(|deadline| desk.today <= deadline)
            && (request.invited.is_empty() || request.invited.iter().any(me))
            && !request.quoting.iter().any(me)
            && !request.debtors.iter().any(me)
            && request.seller != desk.me
    };
    let entry = |request: &Request| Entry {
        kind: "request",
        sentence: format!("{} asks for {}", request.seller, what(desk, request)),
        since: date(request.opened_on),
        until: date(request.deadline),
        command: format!(
            "counterfoil request quote {} --rate PERCENT",
            hex::encode(&request.id)
        ),
    };
    requests.iter().filter(may).map(entry).collect()
}

/// Whether it is the time to reveal this bank's quote, should it have committed one.
pub fn may_be_revealed(desk: &Desk<'_>, request: &Request) -> bool {
    let opens = date(request.deadline).is_some_and(|deadline| deadline < desk.today);
    let closed = reveal_ends(request).is_some_and(|last| last < desk.today);
    request.state() == RequestState::Open
        && opens
        && !closed
        && request.quoting.iter().any(|bank| bank == desk.me)
}

/// This bank's quotes that are committed and wait to be revealed.
pub fn to_reveal(desk: &Desk<'_>, quotes: &[(Request, Quote)]) -> Vec<Entry> {
    let waits = |(request, quote): &&(Request, Quote)| {
        quote.state() == QuoteState::Committed && may_be_revealed(desk, request)
    };
    let entry = |(request, _): &(Request, Quote)| Entry {
        kind: "reveal",
        sentence: format!(
            "your quote to {} for {} is to be revealed, or it is recorded as missed",
            request.seller,
            what(desk, request)
        ),
        since: date(request.deadline).and_then(|deadline| deadline.add_days(1).ok()),
        until: reveal_ends(request),
        command: format!("counterfoil request reveal {}", hex::encode(&request.id)),
    };
    quotes.iter().filter(waits).map(entry).collect()
}

/// This organization's own requests that it may award, or whose claims are locked to no end.
pub fn to_end(desk: &Desk<'_>, requests: &[Request]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for request in requests {
        let open = request.state() == RequestState::Open && request.seller == desk.me;
        let (Some(deadline), Some(last)) = (date(request.deadline), date(request.expires_on))
        else {
            continue;
        };
        let committed = request.quoting.len();
        let revealed = usize::try_from(request.revealed).unwrap_or(usize::MAX);
        let window_over = reveal_ends(request).is_some_and(|ends| ends < desk.today);
        let told = desk.today > deadline && (revealed >= committed || window_over);
        if !open || !told {
            continue;
        }
        let id = hex::encode(&request.id);
        let what = what(desk, request);
        let (kind, sentence, command) = if last < desk.today {
            (
                "expired-request",
                format!(
                    "the last day of your request for {what} has passed: end it to use its claims again"
                ),
                format!("counterfoil request expire {id}"),
            )
        } else if revealed == 0 {
            (
                "unquoted-request",
                format!(
                    "no bank's quote for your {what} is open: cancel the request to use its claims again"
                ),
                format!("counterfoil request cancel {id}"),
            )
        } else {
            (
                "award",
                format!(
                    "your request for {what} may be awarded: {revealed} of {committed} quotes are revealed"
                ),
                format!("counterfoil request award {id}"),
            )
        };
        entries.push(Entry {
            kind,
            sentence,
            since: date(request.opened_on),
            until: Some(last),
            command,
        });
    }
    entries
}

/// The last day on which quotes are revealed.
fn reveal_ends(request: &Request) -> Option<Date> {
    date(request.deadline)?.add_days(REVEAL_WINDOW_DAYS).ok()
}

fn what(desk: &Desk<'_>, request: &Request) -> String {
    let due = request
        .claims
        .iter()
        .filter_map(|c| date(c.adjusted_due_date));
    let (technique, owed) = match request.technique() {
        Technique::LoanAgainstReceivables => ("a loan", "on what is owed by"),
        _ => ("discounting", "owed by"),
    };
    format!(
        "{technique} of {} {owed} {}, the last due {}",
        desk.money(request.amount.as_ref()),
        request.debtors.join(" and "),
        views::day(due.max().map(Date::to_proto))
    )
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::{at_desk, day, on, usd};
    use super::*;

    fn request(quoting: &[&str], revealed: u32) -> Request {
        Request {
            id: vec![0xab; 32],
            seller: "supplier".into(),
            amount: Some(usd(75_000)),
            debtors: vec!["buyer".into()],
            opened_on: on("2026-01-01"),
            deadline: on("2026-01-05"),
            expires_on: on("2026-01-20"),
            quoting: quoting.iter().map(|bank| (*bank).to_owned()).collect(),
            revealed,
            state: RequestState::Open.into(),
            ..Default::default()
        }
    }

    #[test]
    fn a_bank_quotes_once_up_to_the_deadline_where_it_is_invited() {
        let waits = |me, today, request: Request| {
            at_desk(me, today, |desk| to_quote(desk, &[request])).len()
        };
        let invited = |bank: &str| Request {
            invited: vec![bank.to_owned()],
            ..request(&[], 0)
        };
        assert_eq!(waits("bank-a", "2026-01-05", request(&["bank-b"], 0)), 1);
        assert_eq!(waits("bank-a", "2026-01-06", request(&[], 0)), 0);
        assert_eq!(waits("bank-a", "2026-01-05", request(&["bank-a"], 0)), 0);
        assert_eq!(waits("bank-a", "2026-01-05", invited("bank-a")), 1);
        assert_eq!(waits("bank-a", "2026-01-05", invited("bank-b")), 0);
        let closed = Request {
            state: RequestState::Cancelled.into(),
            ..request(&[], 0)
        };
        assert_eq!(waits("bank-a", "2026-01-05", closed), 0);
    }

    #[test]
    fn a_quote_is_revealed_on_the_three_days_after_the_deadline() {
        let quote = |state: QuoteState| Quote {
            bank: "bank-a".into(),
            state: state.into(),
            ..Default::default()
        };
        let waits = |today, state| {
            let quotes = [(request(&["bank-a"], 0), quote(state))];
            at_desk("bank-a", today, |desk| to_reveal(desk, &quotes))
        };
        assert!(waits("2026-01-05", QuoteState::Committed).is_empty());
        let entries = waits("2026-01-06", QuoteState::Committed);
        assert_eq!(entries[0].since, Some(day("2026-01-06")));
        assert_eq!(entries[0].until, Some(day("2026-01-08")));
        assert_eq!(waits("2026-01-08", QuoteState::Committed).len(), 1);
        assert!(waits("2026-01-09", QuoteState::Committed).is_empty());
        assert!(waits("2026-01-06", QuoteState::Revealed).is_empty());
    }

    #[test]
    fn a_seller_awards_once_all_is_revealed_or_the_window_is_over() {
        let kinds = |today, request: Request| {
            let entries = at_desk("supplier", today, |desk| to_end(desk, &[request]));
            entries.iter().map(|entry| entry.kind).collect::<Vec<_>>()
        };
        let both = ["bank-a", "bank-b"];
        assert!(kinds("2026-01-05", request(&both, 2)).is_empty());
        assert_eq!(kinds("2026-01-06", request(&both, 2)), ["award"]);
        assert!(kinds("2026-01-08", request(&both, 1)).is_empty());
        assert_eq!(kinds("2026-01-09", request(&both, 1)), ["award"]);
        assert_eq!(kinds("2026-01-09", request(&both, 0)), ["unquoted-request"]);
        assert_eq!(kinds("2026-01-06", request(&[], 0)), ["unquoted-request"]);
        assert_eq!(kinds("2026-01-20", request(&both, 2)), ["award"]);
        assert_eq!(kinds("2026-01-21", request(&both, 2)), ["expired-request"]);
        let others = Request {
            seller: "somebody".into(),
            ..request(&both, 2)
        };
        assert!(kinds("2026-01-06", others).is_empty());
    }
}
