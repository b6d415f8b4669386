//! `counterfoil inbox`: what waits for one organization, and the command that answers each.

use std::collections::BTreeMap;

use counterfoil_proto::cash::v1::RedemptionState;
use counterfoil_proto::financing::v1::{LoanState, Quote, Request, RequestState};
use counterfoil_proto::invoice::v1::InvoiceState;
use counterfoil_proto::membership::v1::{DecisionState, ProposalState, Role};
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance;
use counterfoil_proto::receivable::v1::{Claim, ClaimState, Receivable, ReceivableState};
use counterfoil_proto::v1 as wire;
use counterfoil_types::claim::burden;
use counterfoil_types::ids::RequestId;
use serde_json::json;

use crate::client::Client;
use crate::commands::inbox::entry::{Desk, Entry, sort};
use crate::commands::{org, receivable, request};
use crate::failure::Failure;
use crate::lists::all;
use crate::output::{Answer, View};
use crate::owed::{Owed, ledger_date, live_claims};
use crate::session::Session;

mod claims;
mod debts;
mod disputes;
mod entry;
mod invoices;
mod notices;
mod payments;
mod proposals;
mod redemptions;
mod requests;

/// Show what waits for --org, what is late first, each with the command that answers it; every organization may, reads only
///
/// Proposals to sign, decisions to vote on, invoices to answer, disputes to rule on, claims on offer, requests to quote for, quotes to reveal,
/// requests to award or end, debts due within 7 days, recourse and guarantees that were called on, payments outside the ledger, redemptions. Words in capitals in a command are for you to fill in.
#[derive(clap::Args, Debug)]
pub struct Arguments {}

pub async fn execute(_: Arguments, session: &Session) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    let me = session.organization()?;
    let organization = org::get(&client, me).await?;
    let holder = me.to_string();
    let balances = wire::ListBalancesRequest {
        holder,
        ..Default::default()
    };
    let desk = Desk {
        me: me.as_str(),
        bank: organization.roles().any(|role| role == Role::Bank),
        today: ledger_date(&client).await?,
        balances: &all(&client, balances).await?,
        currencies: &currencies,
    };
    let mut entries = proposals(&client, &desk, session).await?;
    if organization.roles().any(|role| role == Role::Operator) {
        let open = wire::ListDecisionsRequest {
            state: DecisionState::Open.into(),
            ..Default::default()
        };
        entries.extend(proposals::to_vote(&desk, &all(&client, open).await?));
    }
    entries.extend(invoices(&client, &desk).await?);
    let disputed = wire::ListInvoicesRequest {
        arbiter: desk.me.to_owned(),
        ..Default::default()
    };
    entries.extend(disputes::to_rule(&desk, &all(&client, disputed).await?));
    entries.extend(claims(&client, &desk).await?);
    entries.extend(requests(&client, &desk).await?);
    entries.extend(debts(&client, &desk).await?);
    entries.extend(notices(&client, &desk).await?);
    entries.extend(redemptions(&client, &desk).await?);
    let payments = all(&client, wire::ListPaymentsRequest::default()).await?;
    entries.extend(payments::to_move(&desk, &payments));
    sort(&mut entries, &desk);
    Ok(answer(&entries, &desk))
}

async fn proposals(
    client: &Client,
    desk: &Desk<'_>,
    session: &Session,
) -> Result<Vec<Entry>, Failure> {
    let me = || desk.me.to_owned();
    let mut found = Vec::new();
    for (organization, consent_of) in [(me(), String::new()), (String::new(), me())] {
        let filter = wire::ListProposalsRequest {
            organization,
            consent_of,
            state: ProposalState::Open.into(),
            ..Default::default()
        };
        found.extend(all(client, filter).await?);
    }
    let account = session.access()?.account.key.public_key();
    Ok(proposals::to_sign(desk, account.as_bytes(), &found))
}

async fn invoices(client: &Client, desk: &Desk<'_>) -> Result<Vec<Entry>, Failure> {
    let me = || desk.me.to_owned();
    let mut found = Vec::new();
    for (seller, buyer, state) in [
        (String::new(), me(), InvoiceState::Registered),
        (String::new(), me(), InvoiceState::UnderQuery),
        (me(), String::new(), InvoiceState::UnderQuery),
        (me(), String::new(), InvoiceState::Proposed),
        (me(), String::new(), InvoiceState::ConditionallyConfirmed),
    ] {
        let filter = wire::ListInvoicesRequest {
            seller,
            buyer,
            state: state.into(),
            ..Default::default()
        };
        found.extend(all(client, filter).await?);
    }
    Ok(invoices::to_answer(desk, &found))
}

async fn claims(client: &Client, desk: &Desk<'_>) -> Result<Vec<Entry>, Failure> {
    let me = || desk.me.to_owned();
    let mut found = Vec::new();
    for (controller, offered_to) in [(me(), String::new()), (String::new(), me())] {
        let filter = wire::ListClaimsRequest {
            controller,
            offered_to,
            state: ClaimState::Live.into(),
            ..Default::default()
        };
        found.extend(all(client, filter).await?);
    }
    found.retain(|claim| matches!(burden(claim), Some(Encumbrance::Offered(_))));
    let mut receivables: BTreeMap<Vec<u8>, Receivable> = BTreeMap::new();
    let mut offered: Vec<(Claim, Receivable)> = Vec::new();
    for claim in found {
        if !receivables.contains_key(&claim.receivable) {
            let receivable = receivable::get(client, claim.receivable.clone()).await?;
            receivables.insert(claim.receivable.clone(), receivable);
        }
        let receivable = receivables[&claim.receivable].clone();
        offered.push((claim, receivable));
    }
    let mut entries = claims::to_accept(desk, &offered);
    entries.extend(claims::to_expire(desk, &offered));
    Ok(entries)
}

async fn requests(client: &Client, desk: &Desk<'_>) -> Result<Vec<Entry>, Failure> {
    let open = |seller: &str, bank: &str| wire::ListRequestsRequest {
        seller: seller.to_owned(),
        bank: bank.to_owned(),
        state: RequestState::Open.into(),
        ..Default::default()
    };
    let mut entries = requests::to_end(desk, &all(client, open(desk.me, "")).await?);
    if !desk.bank {
        return Ok(entries);
    }
    let for_me = all(client, open("", desk.me)).await?;
    entries.extend(requests::to_quote(desk, &for_me));
    let mut sealed: Vec<(Request, Quote)> = Vec::new();
    for request in for_me {
        if requests::may_be_revealed(desk, &request) {
            let id = RequestId::try_from(request.id.as_slice()).map_err(Failure::failed)?;
            let quotes = request::ranking(client, id).await?.quotes.into_iter();
            let mine = quotes.filter_map(|ranked| ranked.quote);
            let mine = mine.filter(|quote| quote.bank == desk.me);
            sealed.extend(mine.map(|quote| (request.clone(), quote)));
        }
    }
    entries.extend(requests::to_reveal(desk, &sealed));
    Ok(entries)
}

async fn debts(client: &Client, desk: &Desk<'_>) -> Result<Vec<Entry>, Failure> {
    let mut receivables = Vec::new();
    for state in [
        ReceivableState::Performing,
        ReceivableState::Overdue,
        ReceivableState::Defaulted,
    ] {
        let filter = wire::ListReceivablesRequest {
            debtor: desk.me.to_owned(),
            state: state.into(),
            ..Default::default()
        };
        for receivable in all(client, filter).await? {
            if desk.soon(receivable.adjusted_due_date) {
                let claims = live_claims(client, &receivable).await?;
                let owed = Owed::on_receivable(desk.today, &receivable, &claims)?;
                receivables.push((receivable, owed));
            }
        }
    }
    let borrowed = wire::ListLoansRequest {
        borrower: desk.me.to_owned(),
        ..Default::default()
    };
    let mut loans = Vec::new();
    for loan in all(client, borrowed).await? {
        if loan.state() != LoanState::Repaid && desk.soon(debts::next_due(&loan)) {
            let owed = Owed::on_loan(desk.today, &loan)?;
            loans.push((loan, owed));
        }
    }
    let mut entries = debts::receivables_to_pay(desk, &receivables);
    entries.extend(debts::loans_to_repay(desk, &loans));
    if desk.bank {
        let lent = wire::ListLoansRequest {
            lender: desk.me.to_owned(),
            state: LoanState::Open.into(),
            ..Default::default()
        };
        let lent = all(client, lent).await?;
        entries.extend(debts::defaults_to_report(desk, &lent));
    }
    Ok(entries)
}

/// Notice is given after a default, and stays with the claim until it is paid.
async fn notices(client: &Client, desk: &Desk<'_>) -> Result<Vec<Entry>, Failure> {
    let mine = wire::ListUndertakingsRequest {
        by: desk.me.to_owned(),
        ..Default::default()
    };
    let mine = all(client, mine).await?;
    if mine.is_empty() {
        return Ok(Vec::new());
    }
    let defaulted = wire::ListReceivablesRequest {
        state: ReceivableState::Defaulted.into(),
        ..Default::default()
    };
    let mut entries = Vec::new();
    for receivable in all(client, defaulted).await? {
        if mine.iter().any(|mine| mine.receivable == receivable.id) {
            let claims = live_claims(client, &receivable).await?;
            entries.extend(notices::to_pay(desk, &receivable, &claims, &mine)?);
        }
    }
    Ok(entries)
}

async fn redemptions(client: &Client, desk: &Desk<'_>) -> Result<Vec<Entry>, Failure> {
    let me = || desk.me.to_owned();
    let mut found = Vec::new();
    for (holder, issuer) in [(me(), String::new()), (String::new(), me())] {
        let filter = wire::ListRedemptionsRequest {
            holder,
            issuer,
            state: RedemptionState::Requested.into(),
            ..Default::default()
        };
        found.extend(all(client, filter).await?);
    }
    Ok(redemptions::to_finish(desk, &found))
}

fn answer(entries: &[Entry], desk: &Desk<'_>) -> Answer {
    let views = entries.iter().map(|entry| entry.view(desk));
    let json = json!({
        "organization": desk.me,
        "ledger_date": desk.today.to_string(),
        "entries": views.map(View::into).collect::<Vec<serde_json::Value>>(),
    });
    let mut text = match entries.len() {
        0 => format!("nothing waits for {} on {}", desk.me, desk.today),
        1 => format!("1 thing waits for {} on {}", desk.me, desk.today),
        n => format!("{n} things wait for {} on {}", desk.me, desk.today),
    };
    for entry in entries {
        text += &format!("\n\n{}", entry.in_words(desk));
    }
    Answer::new(&json, text)
}
