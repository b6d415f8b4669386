//! The passport of a receivable: each record by the rule of its kind, and only where the caller may read all of it. A claim goes in
//! with everything that whoever checks will ask of it, or not at all.

use std::collections::BTreeSet;

use counterfoil_contracts::financing;
use counterfoil_proto::cash::v1::Payment;
use counterfoil_proto::financing::v1::{Loan, Quote, Request};
use counterfoil_proto::invoice::v1::Invoice;
use counterfoil_proto::membership::v1 as membership;
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Burden;
use counterfoil_proto::receivable::v1::{Claim, Endorsement, Receivable, Undertaking};
use counterfoil_proto::v1 as wire;
use counterfoil_types::claim::burden;
use counterfoil_types::hash::Hash;
use counterfoil_types::proof::keys;
use counterfoil_types::strict;
use counterfoil_types::transaction::contract;
use tonic::Status;

use super::collector::Collector;
use crate::grpc::access::{Caller, Records, rules};
use crate::grpc::errors;

pub fn collect(
    collector: &mut Collector<'_>,
    caller: &Caller,
    id: &Hash,
) -> Result<wire::proof::Subject, Status> {
    let key = keys::receivable(id.as_ref());
    let found: Option<Receivable> = collector.read(&key)?;
    let readable = match &found {
        Some(found) => rules::receivable(caller, &collector.records, found.clone())?.is_some(),
        None => false,
    };
    let receivable = found
        .filter(|_| readable)
        .ok_or_else(|| errors::not_found("receivable", format!("receivable {id}")))?;
    // Whoever may read a receivable has it whole in a passport: part of a record proves nothing.
    collector.take(key)?;
    collector.take(keys::organization(&receivable.debtor))?;
    confirmation(collector, &receivable)?;
    let key = keys::invoice(&receivable.invoice);
    take_whole::<Invoice>(collector, caller, key, rules::invoice)?;
    for number in 0..receivable.debt_payments {
        collector.take(keys::debt_payment(&receivable.id, number))?;
    }
    for payment in &receivable.payments {
        take_whole::<Payment>(collector, caller, keys::payment(payment), rules::payment)?;
    }
    let mut next: Vec<u32> = match receivable.live_claims.as_slice() {
        // Of one that is settled, how it was.
        [] => (0..receivable.claim_count).collect(),
        live => live.to_vec(),
    };
    let mut seen = BTreeSet::new();
    while let Some(number) = next.pop() {
        if seen.insert(number)
            && let Some(claim) = claim(collector, caller, &receivable, number)?
        {
            next.extend(claim.parents);
        }
    }
    Ok(wire::proof::Subject::Passport(wire::Passport {
        receivable: receivable.id,
    }))
}

/// The transaction by which the debtor confirmed, and the proposal that it carried out. Whoever may read the receivable sees what its
/// debtor signed for it.
fn confirmation(collector: &mut Collector<'_>, receivable: &Receivable) -> Result<(), Status> {
    if receivable.confirmation.is_empty() {
        return Ok(());
    }
    let id = errors::hash("confirmation", &receivable.confirmation)?;
    let transaction = collector.take_transaction(&id)?;
    let mut next = proposal_in(transaction.contract, &transaction.action);
    // One that carries out a consent leads to the one that is consented to, and that to none.
    while let Some(proposal) = next {
        let key = keys::proposal(&proposal);
        let record: Option<membership::Proposal> = collector.read(&key)?;
        collector.take(key)?;
        next = record.and_then(|record| proposal_in(record.contract, &record.action));
    }
    Ok(())
}

/// The proposal that an action approves, or consents to; or that which it proposes does.
fn proposal_in(of: u32, action: &[u8]) -> Option<Vec<u8>> {
    use membership::action::Action;
    if of != contract::MEMBERSHIP {
        return None;
    }
    let action: membership::Action = strict::decode(action).ok()?;
    match action.action? {
        Action::Approve(approve) => Some(approve.proposal),
        Action::Consent(consent) => Some(consent.proposal),
        Action::Propose(propose) => proposal_in(propose.contract, &propose.action),
        _ => None,
    }
}

/// A claim with the endorsements behind it, what was undertaken for it, and what of its encumbrance may be read.
fn claim(
    collector: &mut Collector<'_>,
    caller: &Caller,
    receivable: &Receivable,
    number: u32,
) -> Result<Option<Claim>, Status> {
    let id = &receivable.id;
    let key = keys::claim(id, number);
    let Some(claim) = whole::<Claim>(collector, caller, &key, rules::claim)? else {
        return Ok(None);
    };
    let (mut with, mut quotes) = (vec![key], Vec::new());
    let mut endorsement = claim.endorsement.clone();
    while !endorsement.is_empty() {
        let key = keys::endorsement(id, &endorsement);
        // What is behind one that was taken was taken with it.
        if collector.has(&key) {
            break;
        }
        let Some(found) = whole::<Endorsement>(collector, caller, &key, rules::endorsement)? else {
            return Ok(None);
        };
        with.push(key);
        quotes.push((found.request, found.to));
        endorsement = found.previous;
    }
    for undertaken in &claim.undertakings {
        let key = keys::undertaking(id, &undertaken.undertaking);
        if whole::<Undertaking>(collector, caller, &key, rules::undertaking)?.is_none() {
            return Ok(None);
        }
        with.push(key);
    }
    match burden(&claim) {
        Some(Burden::Pledged(pledge)) => {
            let key = keys::loan(&pledge.loan);
            if let Some(loan) = take_whole::<Loan>(collector, caller, key, rules::loan)? {
                quotes.push((loan.request, loan.lender));
            }
        }
        Some(Burden::Locked(_) | Burden::Offered(_)) | None => {}
    }
    for (request, bank) in quotes {
        take_quote(collector, caller, &request, &bank)?;
    }
    for key in with {
        collector.take(key)?;
    }
    Ok(Some(claim))
}

/// What a bank quoted for a request, where there was one and the caller may read it.
fn take_quote(
    collector: &mut Collector<'_>,
    caller: &Caller,
    request: &[u8],
    bank: &str,
) -> Result<(), Status> {
    let key = keys::quote(request, bank);
    let of: Option<Request> = collector.read(&financing::api::request_key(request))?;
    let quote: Option<Quote> = collector.read(&key)?;
    let readable = of.zip(quote);
    if readable.is_some_and(|(request, quote)| rules::quote(caller, &request, &quote)) {
        collector.take(key)?;
    }
    Ok(())
}

type Rule<R> = fn(&Caller, &Records<'_>, R) -> rules::Shown<R>;

/// A record, where the caller may read all of it.
fn whole<R: prost::Message + Default + Clone + PartialEq>(
    collector: &Collector<'_>,
    caller: &Caller,
    key: &[u8],
    rule: Rule<R>,
) -> Result<Option<R>, Status> {
    let Some(record) = collector.read::<R>(key)? else {
        return Ok(None);
    };
    let shown = rule(caller, &collector.records, record.clone())?;
    Ok(shown.filter(|shown| *shown == record))
}

/// The same, and takes it.
fn take_whole<R: prost::Message + Default + Clone + PartialEq>(
    collector: &mut Collector<'_>,
    caller: &Caller,
    key: Vec<u8>,
    rule: Rule<R>,
) -> Result<Option<R>, Status> {
    let found = whole(collector, caller, &key, rule)?;
    if found.is_some() {
        collector.take(key)?;
    }
    Ok(found)
}
