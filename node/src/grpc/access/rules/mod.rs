//! The table of rules: for each kind of record, who may read it and how much of it. Gets, lists, ranked
//! quotes, events, receipts and blocks all go through here, and nowhere else is a rule written.
//!
//! Each takes a record and gives what the caller may see of it: nothing, as if there were none; the whole;
//! or the record with parts left out.

mod events;
mod transactions;

use std::collections::BTreeSet;

use counterfoil_contracts::{
    cash, credit, financing, invoice as invoices, membership, receivable as receivables,
};
use counterfoil_proto::calendar::v1::PublishedCalendar;
use counterfoil_proto::cash::v1::{
    Acceptance, Balance, Issuance, Payment, PaymentState, Redemption, Suspense,
};
use counterfoil_proto::credit::v1::{Profile, ProfileShare};
use counterfoil_proto::financing::v1::{Limit, Loan, Programme, Quote, Request, StandingQuote};
use counterfoil_proto::invoice::v1::Invoice;
use counterfoil_proto::membership::v1::{
    ConsensusSettings, Organization, Proposal, ProposedDecision, Role,
};
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Burden;
use counterfoil_proto::receivable::v1::{
    Claim, DebtPayment, Endorsement, Receivable, Undertaken, Undertaking,
};
use counterfoil_proto::supervision::v1::{Freeze, PolicyPack};
use counterfoil_types::claim::burden;
use tonic::Status;

use super::{Caller, Records};
use crate::grpc::errors;
use crate::grpc::filters::{arbiters, is_for_bank};

pub use events::event;
pub use transactions::{counts, receipt, transaction};

/// Endorsements looked at behind the claims of one receivable: two who pass a claim to and fro could
/// make any number of them.
const MAX_TITLE: usize = 10_000;

/// What a caller may see of a record.
pub type Shown<R> = Result<Option<R>, Status>;

/// The directory is everybody's: parties must find each other, and check each other's roles.
pub fn organization(
    _: &Caller,
    _: &Records<'_>,
    organization: Organization,
) -> Shown<Organization> {
    Ok(Some(organization))
}

/// The organization that proposes, and those whose consent it asks.
pub fn proposal(caller: &Caller, _: &Records<'_>, proposal: Proposal) -> Shown<Proposal> {
    let asked = proposal.consents_of.iter().any(|id| caller.is(id));
    Ok((asked || to_parties(caller, &[&proposal.organization])).then_some(proposal))
}

/// The operators, and the organization that it is about.
pub fn decision(
    caller: &Caller,
    _: &Records<'_>,
    decision: ProposedDecision,
) -> Shown<ProposedDecision> {
    let about = membership::api::subject(&decision).is_some_and(|id| caller.is(id));
    let may = about || caller.reads_all() || caller.has(Role::Operator);
    Ok(may.then_some(decision))
}

/// Everybody may check who decides blocks.
pub fn settings(
    _: &Caller,
    _: &Records<'_>,
    settings: ConsensusSettings,
) -> Shown<ConsensusSettings> {
    Ok(Some(settings))
}

/// Everybody's due dates are adjusted by it.
pub fn calendar(
    _: &Caller,
    _: &Records<'_>,
    calendar: PublishedCalendar,
) -> Shown<PublishedCalendar> {
    Ok(Some(calendar))
}

/// Seller and buyer; and, once it was disputed, the arbiters of the terms that were confirmed.
pub fn invoice(caller: &Caller, _: &Records<'_>, invoice: Invoice) -> Shown<Invoice> {
    let may = to_parties(caller, &[&invoice.seller, &invoice.buyer])
        || arbiters(&invoice).iter().any(|arbiter| caller.is(arbiter));
    Ok(may.then_some(invoice))
}

/// The debtor; the seller of its invoice and whoever may read one of its live claims, without the payments and fees of
/// others.
pub fn receivable(
    caller: &Caller,
    records: &Records<'_>,
    receivable: Receivable,
) -> Shown<Receivable> {
    if to_parties(caller, &[&receivable.debtor]) {
        return Ok(Some(receivable));
    }
    let may = is_seller(caller, records, &receivable)?
        || !own_claims(caller, records, &receivable)?.is_empty()
        || is_called_on(caller, records, &receivable)?;
    if !may {
        return Ok(None);
    }
    let mut own = Vec::new();
    for id in receivable.payments {
        let found: Option<Payment> = records.get(&cash::api::payment_key(&id))?;
        let shown = found.map(|found| payment(caller, records, found));
        if shown.transpose()?.flatten().is_some() {
            own.push(id);
        }
    }
    let mut fees_paid = receivable.fees_paid;
    fees_paid.retain(|fee| caller.is(&fee.payee));
    Ok(Some(Receivable {
        payments: own,
        fees_paid,
        ..receivable
    }))
}

/// Whoever may read the receivable, which tells what was paid in all.
pub fn debt_payment(
    caller: &Caller,
    records: &Records<'_>,
    payment: DebtPayment,
) -> Shown<DebtPayment> {
    let of = receivables::api::receivable_key(&payment.receivable);
    let of: Option<Receivable> = records.get(&of)?;
    let shown = of.map(|of| receivable(caller, records, of));
    let may = shown.transpose()?.flatten().is_some();
    Ok(may.then_some(payment))
}

/// Those who have to do with the claim; the debtor, from whom an offer or a lock is hidden, as it shall not learn that its
/// supplier looks for money, and who stands for the claim beside it; and an endorser or guarantor that was given notice,
/// who sees what it is asked for.
pub fn claim(caller: &Caller, records: &Records<'_>, claim: Claim) -> Shown<Claim> {
    if is_own_claim(caller, records, &claim)? {
        return Ok(Some(claim));
    }
    if is_debtor(caller, records, &claim.receivable)? {
        let pledged = matches!(burden(&claim), Some(Burden::Pledged(_)));
        return Ok(Some(Claim {
            encumbrance: claim.encumbrance.filter(|_| pledged),
            undertakings: Vec::new(),
            ..claim
        }));
    }
    let called_on = called_on(caller, records, &claim)?;
    Ok((!called_on.is_empty()).then_some(Claim {
        encumbrance: None,
        undertakings: called_on,
        ..claim
    }))
}

/// Both its parties, the debtor, and whoever may read a live claim that came by it: title can be checked.
pub fn endorsement(
    caller: &Caller,
    records: &Records<'_>,
    endorsement: Endorsement,
) -> Shown<Endorsement> {
    let of = &endorsement.receivable;
    let may = to_parties(caller, &[&endorsement.from, &endorsement.to])
        || is_debtor(caller, records, of)?
        || records.in_title(&caller.organization, of, &endorsement.id, || {
            title(caller, records, of)
        })?;
    Ok(may.then_some(endorsement))
}

/// Who undertook it, and whoever may read a live claim that has it or came by its endorsement.
pub fn undertaking(
    caller: &Caller,
    records: &Records<'_>,
    undertaking: Undertaking,
) -> Shown<Undertaking> {
    let of = &undertaking.receivable;
    let may = to_parties(caller, &[&undertaking.by])
        || records.in_title(&caller.organization, of, &undertaking.id, || {
            title(caller, records, of)
        })?;
    Ok(may.then_some(undertaking))
}

/// The seller sees it whole; a bank that may quote for it or has quoted, without its competitors.
pub fn request(caller: &Caller, records: &Records<'_>, request: Request) -> Shown<Request> {
    if to_parties(caller, &[&request.seller]) {
        return Ok(Some(request));
    }
    if !may_finance(caller, &request) {
        return Ok(None);
    }
    let revealed = caller_has_revealed(caller, records, &request)?;
    Ok(Some(Request {
        invited: only(caller, request.invited),
        quoting: only(caller, request.quoting),
        revealed: revealed.into(),
        award: request.award.filter(|award| caller.is(&award.bank)),
        ..request
    }))
}

/// The seller of its request, and the bank.
pub fn quote(caller: &Caller, request: &Request, quote: &Quote) -> bool {
    to_parties(caller, &[&request.seller, &quote.bank])
}

/// Lender and borrower.
pub fn loan(caller: &Caller, _: &Records<'_>, loan: Loan) -> Shown<Loan> {
    Ok(to_parties(caller, &[&loan.lender, &loan.borrower]).then_some(loan))
}

/// The buyer; a bank that may quote, and suppliers, who may be paid early, without the other banks.
pub fn programme(caller: &Caller, _: &Records<'_>, programme: Programme) -> Shown<Programme> {
    if to_parties(caller, &[&programme.buyer]) {
        return Ok(Some(programme));
    }
    let named = programme.banks.is_empty() || programme.banks.iter().any(|bank| caller.is(bank));
    let may = caller.has(Role::Supplier) || (caller.has(Role::Bank) && named);
    Ok(may.then(|| Programme {
        banks: only(caller, programme.banks),
        ..programme
    }))
}

/// The bank, the programme's buyer, and suppliers, to whom it is made.
pub fn standing_quote(
    caller: &Caller,
    records: &Records<'_>,
    quote: StandingQuote,
) -> Shown<StandingQuote> {
    let key = financing::api::programme_key(&quote.programme);
    let programme: Option<Programme> = records.get(&key)?;
    let buyer = programme.map(|programme| programme.buyer);
    let may = to_parties(caller, &[&quote.bank])
        || caller.has(Role::Supplier)
        || buyer.is_some_and(|buyer| caller.is(&buyer));
    Ok(may.then_some(quote))
}

/// The bank alone.
pub fn limit(caller: &Caller, _: &Records<'_>, limit: Limit) -> Shown<Limit> {
    Ok(to_parties(caller, &[&limit.grantor]).then_some(limit))
}

/// Holder and issuer.
pub fn balance(caller: &Caller, _: &Records<'_>, balance: Balance) -> Shown<Balance> {
    Ok(to_parties(caller, &[&balance.holder, &balance.issuer]).then_some(balance))
}

/// The issuer.
pub fn issuance(caller: &Caller, _: &Records<'_>, issuance: Issuance) -> Shown<Issuance> {
    Ok(to_parties(caller, &[&issuance.issuer]).then_some(issuance))
}

/// Holder and issuer.
pub fn redemption(caller: &Caller, _: &Records<'_>, redemption: Redemption) -> Shown<Redemption> {
    Ok(to_parties(caller, &[&redemption.holder, &redemption.issuer]).then_some(redemption))
}

/// The payee: its list says with which banks it deals.
pub fn acceptance(caller: &Caller, _: &Records<'_>, acceptance: Acceptance) -> Shown<Acceptance> {
    Ok(to_parties(caller, &[&acceptance.payee]).then_some(acceptance))
}

/// Payer, payee and their banks; the arbiter once it is contested, which the reason shows.
pub fn payment(caller: &Caller, _: &Records<'_>, payment: Payment) -> Shown<Payment> {
    let parties = [
        payment.payer.as_str(),
        &payment.payee,
        &payment.asserter,
        &payment.confirmer,
    ];
    let contested = payment.state() == PaymentState::Contested || !payment.reason.is_empty();
    let may = to_parties(caller, &parties) || (contested && caller.is(&payment.arbiter));
    Ok(may.then_some(payment))
}

/// The issuer, who owes them, the payer, the payee, to whom they are due, and a bank that buys the claim.
pub fn suspense(caller: &Caller, _: &Records<'_>, suspense: Suspense) -> Shown<Suspense> {
    let parties = [
        suspense.issuer.as_str(),
        &suspense.payer,
        &suspense.payee,
        &suspense.buyer,
    ];
    let may = to_parties(caller, &parties);
    // For what they wait is for whose they may be: the payer shall not learn whose records are frozen, nor who buys its debt.
    let told = to_parties(caller, &[&suspense.payee, &suspense.buyer]);
    Ok(may.then(|| match told {
        true => suspense,
        false => Suspense {
            records: Vec::new(),
            price: Vec::new(),
            buyer: String::new(),
            ..suspense
        },
    }))
}

/// Everybody must know the rules.
pub fn pack(_: &Caller, _: &Records<'_>, pack: PolicyPack) -> Shown<PolicyPack> {
    Ok(Some(pack))
}

/// Those who were told of a freeze, of that one, and not who else was.
pub fn freeze(caller: &Caller, _: &Records<'_>, mut freeze: Freeze) -> Shown<Freeze> {
    if caller.reads_all() {
        return Ok(Some(freeze));
    }
    for period in &mut freeze.periods {
        period.organizations = only(caller, std::mem::take(&mut period.organizations));
    }
    freeze
        .periods
        .retain(|period| !period.organizations.is_empty());
    Ok((!freeze.periods.is_empty()).then_some(freeze))
}

/// The organization itself, and whom it lets read it: what it is worth to others is not theirs to look up.
pub fn profile(caller: &Caller, records: &Records<'_>, profile: Profile) -> Shown<Profile> {
    let may = history(caller, records, &profile.organization)?;
    Ok(may.then_some(profile))
}

/// Those who may read the profile. Each receipt behind the entries is read by its own rule.
pub fn history(caller: &Caller, records: &Records<'_>, organization: &str) -> Result<bool, Status> {
    if to_parties(caller, &[organization]) {
        return Ok(true);
    }
    let key = credit::api::share_key(organization, caller.organization.as_str());
    let share: Option<ProfileShare> = records.get(&key)?;
    match share {
        Some(share) => credit::api::is_in_force(&share, records.ledger_date()?)
            .map_err(|e| errors::failed("reading who may read a profile", e)),
        None => Ok(false),
    }
}

/// Who lets read, and who is let.
pub fn share(caller: &Caller, _: &Records<'_>, share: ProfileShare) -> Shown<ProfileShare> {
    Ok(to_parties(caller, &[&share.organization, &share.reader]).then_some(share))
}

/// Whether a caller is one of these, or a regulator, who reads as every party does.
fn to_parties(caller: &Caller, parties: &[&str]) -> bool {
    caller.reads_all() || parties.iter().any(|party| caller.is(party))
}

/// Of a list of organizations, the caller's own.
fn only(caller: &Caller, mut organizations: Vec<String>) -> Vec<String> {
    organizations.retain(|id| caller.is(id));
    organizations
}

/// The controller; the organization it is offered to; the pledgee; the banks that the request which locks it is for.
fn is_own_claim(caller: &Caller, records: &Records<'_>, claim: &Claim) -> Result<bool, Status> {
    if to_parties(caller, &[&claim.controller]) {
        return Ok(true);
    }
    match burden(claim) {
        Some(Burden::Offered(offer)) => Ok(caller.is(&offer.to)),
        Some(Burden::Pledged(pledge)) => {
            // Also the borrower of whom the lender took the claim: what it brings beyond the debt is the borrower's.
            let loan: Option<Loan> = records.get(&financing::api::loan_key(&pledge.loan))?;
            let borrower = loan.map(|loan| loan.borrower);
            Ok(caller.is(&pledge.pledgee) || borrower.is_some_and(|id| caller.is(&id)))
        }
        Some(Burden::Locked(lock)) => {
            let request: Option<Request> =
                records.get(&financing::api::request_key(&lock.request))?;
            Ok(request.is_some_and(|request| may_finance(caller, &request)))
        }
        None => Ok(false),
    }
}

/// What a caller undertook to pay of a claim and was given notice of.
fn called_on(
    caller: &Caller,
    records: &Records<'_>,
    claim: &Claim,
) -> Result<Vec<Undertaken>, Status> {
    let mut called_on = Vec::new();
    for undertaken in claim.undertakings.iter().filter(|u| u.noticed_on.is_some()) {
        let key = receivables::api::undertaking_key(&claim.receivable, &undertaken.undertaking);
        let found: Option<Undertaking> = records.get(&key)?;
        if found.is_some_and(|undertaking| caller.is(&undertaking.by)) {
            called_on.push(undertaken.clone());
        }
    }
    Ok(called_on)
}

/// Whether a caller was given notice of a live claim of a receivable.
fn is_called_on(
    caller: &Caller,
    records: &Records<'_>,
    receivable: &Receivable,
) -> Result<bool, Status> {
    for number in &receivable.live_claims {
        let key = receivables::api::claim_key(&receivable.id, *number);
        if let Some(claim) = records.get::<Claim>(&key)?
            && !called_on(caller, records, &claim)?.is_empty()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_debtor(caller: &Caller, records: &Records<'_>, receivable: &[u8]) -> Result<bool, Status> {
    let found: Option<Receivable> = records.get(&receivables::api::receivable_key(receivable))?;
    Ok(found.is_some_and(|receivable| to_parties(caller, &[&receivable.debtor])))
}

fn is_seller(
    caller: &Caller,
    records: &Records<'_>,
    receivable: &Receivable,
) -> Result<bool, Status> {
    let found: Option<Invoice> = records.get(&invoices::api::invoice_key(&receivable.invoice))?;
    Ok(found.is_some_and(|invoice| caller.is(&invoice.seller)))
}

/// The live claims of a receivable that a caller has to do with.
fn own_claims(
    caller: &Caller,
    records: &Records<'_>,
    receivable: &Receivable,
) -> Result<Vec<Claim>, Status> {
    let mut own = Vec::new();
    for number in &receivable.live_claims {
        let key = receivables::api::claim_key(&receivable.id, *number);
        if let Some(claim) = records.get::<Claim>(&key)?
            && is_own_claim(caller, records, &claim)?
        {
            own.push(claim);
        }
    }
    Ok(own)
}

/// The endorsements by which the caller's own live claims of a receivable came about, and what is undertaken for them.
fn title(
    caller: &Caller,
    records: &Records<'_>,
    receivable: &[u8],
) -> Result<BTreeSet<Vec<u8>>, Status> {
    let (mut title, mut undertaken) = (BTreeSet::new(), Vec::new());
    let found: Option<Receivable> = records.get(&receivables::api::receivable_key(receivable))?;
    let Some(found) = found else {
        return Ok(title);
    };
    for claim in own_claims(caller, records, &found)? {
        let undertakings = claim.undertakings.into_iter();
        undertaken.extend(undertakings.map(|undertaken| undertaken.undertaking));
        let mut next = claim.endorsement;
        // Claims of one origin share the beginning of their chains, which is walked once.
        while !next.is_empty() && title.len() < MAX_TITLE && title.insert(next.clone()) {
            let key = receivables::api::endorsement_key(receivable, &next);
            let endorsement: Option<Endorsement> = records.get(&key)?;
            next = endorsement.unwrap_or_default().previous;
        }
    }
    title.extend(undertaken);
    Ok(title)
}

/// Whether a bank may quote for a request, or has.
fn may_finance(caller: &Caller, request: &Request) -> bool {
    caller.has(Role::Bank) && is_for_bank(caller.organization.as_str(), request)
}

fn caller_has_revealed(
    caller: &Caller,
    records: &Records<'_>,
    request: &Request,
) -> Result<bool, Status> {
    if !request.quoting.iter().any(|bank| caller.is(bank)) {
        return Ok(false);
    }
    let key = financing::api::quote_key(&request.id, caller.organization.as_str());
    let quote: Option<Quote> = records.get(&key)?;
    Ok(quote.is_some_and(|quote| quote.terms.is_some()))
}
