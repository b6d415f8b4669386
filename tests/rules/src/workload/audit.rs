//! Holds the real state against the model, record by record.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use counterfoil_proto::calendar::v1::{Clock, PublishedCalendar};
use counterfoil_proto::cash::v1::{
    Acceptance, Balance, BankMessage, Instruction, Issuance, Payment, Redemption, Suspense,
};
use counterfoil_proto::credit::v1::{HistoryEntry, HistoryHead, Profile, ProfileShare};
use counterfoil_proto::financing::v1::{Limit, Loan, Programme, Quote, Request, StandingQuote};
use counterfoil_proto::invoice::v1::{Invoice, InvoiceReference};
use counterfoil_proto::membership::v1::{
    AccountOwner, ConsensusSettings, LegalIdentity, Organization, Proposal, ProposedDecision,
    Roster,
};
use counterfoil_proto::receivable::v1::{
    Claim, DebtPayment, Endorsement, Receivable, ReceivableState, Undertaking,
};
use counterfoil_proto::supervision::v1::{Defaults, Exposure, Freeze, PolicyPack};
use prost::Message;

use super::rules::{Records, Rules};
use crate::model::invoices::{Loose, Strict, loose_of, strict_of};
use crate::model::{Id, Model};

const TABLES: &[&str] = &[
    "block/",
    "calendar/calendar/",
    "calendar/clock",
    "cash/acceptance/",
    "cash/balance/",
    "cash/bank-entry/",
    "cash/bank-message/",
    "cash/instruction/",
    "cash/issuance/",
    "cash/payment/",
    "cash/redemption/",
    "cash/suspense/",
    "credit/entry/",
    "credit/history/",
    "financing/limit/",
    "credit/profile/",
    "credit/share/",
    "financing/loan/",
    "financing/programme/",
    "financing/quote/",
    "financing/request/",
    "financing/standing/",
    "invoice/credit-note/",
    "invoice/document/",
    "invoice/invoice/",
    "invoice/loose/",
    "invoice/strict/",
    "membership/account/",
    "membership/consensus",
    "membership/decision/",
    "membership/legal-id/",
    "membership/organization/",
    "membership/proposal/",
    "membership/roster",
    "receivable/claim/",
    "receivable/debt-payment/",
    "receivable/endorsement/",
    "receivable/receivable/",
    "receivable/undertaking/",
    "supervision/default/",
    "supervision/exposure/",
    "supervision/freeze/",
    "supervision/pack/",
    "supervision/schedule",
];

/// Every record whose key begins so, in order of the keys.
pub(super) fn table<M: Message + Default>(records: &Records, prefix: &str) -> Vec<M> {
    records
        .range(prefix.as_bytes().to_vec()..)
        .take_while(|(key, _)| key.starts_with(prefix.as_bytes()))
        .map(|(key, value)| {
            let record = M::decode(value.as_slice()).expect("a record decodes");
            let again = record.encode_to_vec();
            assert_eq!(
                &again,
                value,
                "the record at {} is canonical",
                String::from_utf8_lossy(key)
            );
            record
        })
        .collect()
}

pub(super) fn id(bytes: &[u8]) -> Id {
    bytes.try_into().expect("an id has 32 bytes")
}

fn same<K: Ord + Debug, V: PartialEq + Debug>(
    what: &str,
    real: &BTreeMap<K, V>,
    expected: &BTreeMap<K, V>,
) {
    for (key, record) in real {
        assert_eq!(
            Some(record),
            expected.get(key),
            "{what} {key:?}: the ledger's, then the model's"
        );
    }
    for key in expected.keys() {
        assert!(
            real.contains_key(key),
            "{what} {key:?} is not on the ledger"
        );
    }
}

fn keyed<K: Ord + Debug, V>(records: Vec<V>, key: impl Fn(&V) -> K) -> BTreeMap<K, V> {
    let count = records.len();
    let map: BTreeMap<K, V> = records
        .into_iter()
        .map(|record| (key(&record), record))
        .collect();
    assert_eq!(map.len(), count, "no two records are of the same thing");
    map
}

/// Panics where any record differs from the model's.
pub fn compare(rules: &Rules, model: &Model, height: u64) {
    let records = rules.records();
    for key in records.keys() {
        let known = TABLES.iter().any(|table| key.starts_with(table.as_bytes()));
        assert!(
            known,
            "no table is documented for the key {}",
            String::from_utf8_lossy(key)
        );
    }
    let blocks = records
        .keys()
        .filter(|key| key.starts_with(b"block/"))
        .count();
    assert_eq!(blocks as u64, height, "one header hash a block");
    let clock = records
        .get(&b"calendar/clock"[..])
        .map_or_else(Clock::default, |value| {
            Clock::decode(value.as_slice()).expect("the clock decodes")
        });
    assert_eq!(
        clock.offset_ms,
        model.clock.offset_ms(),
        "the clock's offset"
    );
    let calendars = table(records, "calendar/calendar/");
    let code = |p: &PublishedCalendar| p.calendar.clone().unwrap_or_default().code;
    same("calendar", &keyed(calendars, code), &model.calendars);
    compare_membership(records, model);
    compare_invoices(records, model);
    compare_claims(records, model);
    compare_financing(records, model);
    compare_cash(records, model);
    compare_supervision(records, model);
    compare_history(rules, model);
    compare_profiles(records, model);
    let shares = table(records, "credit/share/");
    let by = |s: &ProfileShare| (s.organization.clone(), s.reader.clone());
    same("share", &keyed(shares, by), &model.shares);
}

fn compare_membership(records: &Records, model: &Model) {
    let organizations = table(records, "membership/organization/");
    same(
        "organization",
        &keyed(organizations, |o: &Organization| o.id.clone()),
        &model.organizations,
    );
    let mut accounts = 0;
    // Those of now, and those that organizations had before.
    let mut legal_ids = BTreeSet::new();
    let mut known = |lei: &str, national_id: &str| {
        for (kind, id) in [("lei", lei), ("national", national_id)] {
            if !id.is_empty() {
                legal_ids.insert((kind, id.to_owned()));
            }
        }
    };
    for (_, lei, national_id) in &model.former_legal_ids {
        known(lei, national_id);
    }
    for organization in model.organizations.values() {
        known(&organization.lei, &organization.national_id);
        for account in &organization.accounts {
            let key = [b"membership/account/".as_slice(), &account.public_key].concat();
            let owner = AccountOwner {
                organization: organization.id.clone(),
            };
            let record = records.get(&key);
            assert_eq!(record, Some(&owner.encode_to_vec()), "who owns {account:?}");
            accounts += 1;
        }
    }
    let owners: Vec<AccountOwner> = table(records, "membership/account/");
    assert_eq!(owners.len(), accounts, "accounts");
    let identities: Vec<LegalIdentity> = table(records, "membership/legal-id/");
    match model.consensus.rotations.is_empty() {
        true => assert_eq!(identities.len(), legal_ids.len(), "legal identifiers"),
        // One that was entered again after a rotation of the ledger key stands under both.
        false => assert!(identities.len() >= legal_ids.len(), "legal identifiers"),
    }
    let proposals = table(records, "membership/proposal/");
    same(
        "proposal",
        &keyed(proposals, |p: &Proposal| id(&p.id)),
        &model.proposals,
    );
    let decisions = table(records, "membership/decision/");
    same(
        "decision",
        &keyed(decisions, |d: &ProposedDecision| id(&d.id)),
        &model.decisions,
    );
    let rosters: Vec<Roster> = table(records, "membership/roster");
    let roster = Roster {
        operators: model.operators(),
        organizations: u32::try_from(model.organizations.len()).expect("a small network"),
        regulators: model.regulators(),
    };
    assert_eq!(rosters, [roster], "the roster");
    let settings: Vec<ConsensusSettings> = table(records, "membership/consensus");
    assert_eq!(
        settings,
        std::slice::from_ref(&model.consensus),
        "who decides blocks"
    );
}

fn compare_invoices(records: &Records, model: &Model) {
    let stored: Vec<Invoice> = table(records, "invoice/invoice/");
    // Fingerprints are keyed; what must agree with the model is which of them are equal.
    let mut strict = BTreeMap::new();
    let mut loose = BTreeMap::new();
    for invoice in &stored {
        if invoice.registered_on.is_none() {
            let keyless =
                invoice.strict_fingerprint.is_empty() && invoice.loose_fingerprint.is_empty();
            assert!(keyless, "a proposal holds nothing: {invoice:?}");
            continue;
        }
        assert_eq!(invoice.strict_fingerprint.len(), 32);
        assert_eq!(invoice.loose_fingerprint.len(), 32);
        let first = strict
            .entry(invoice.strict_fingerprint.clone())
            .or_insert_with(|| strict_of(invoice));
        assert_eq!(
            *first,
            strict_of(invoice),
            "invoices of one strict fingerprint"
        );
        let first = loose
            .entry(invoice.loose_fingerprint.clone())
            .or_insert_with(|| loose_of(invoice));
        assert_eq!(
            *first,
            loose_of(invoice),
            "invoices of one loose fingerprint"
        );
    }
    let different: BTreeSet<&Strict> = strict.values().collect();
    assert_eq!(different.len(), model.strict.len(), "strict fingerprints");
    let different: BTreeSet<&Loose> = loose.values().collect();
    assert_eq!(different.len(), model.loose.len(), "loose fingerprints");

    let real = stored.into_iter().map(|mut invoice| {
        invoice.strict_fingerprint.clear();
        invoice.loose_fingerprint.clear();
        invoice
    });
    same(
        "invoice",
        &keyed(real.collect(), |invoice| id(&invoice.id)),
        &model.invoices,
    );
    let references = |prefix: &str| {
        let real: Vec<InvoiceReference> = table(records, prefix);
        let mut real: Vec<Id> = real.iter().map(|r| id(&r.invoice)).collect();
        real.sort();
        real
    };
    let once: [(&str, Vec<Id>); 2] = [
        (
            "invoice/document/",
            model.documents.values().copied().collect(),
        ),
        (
            "invoice/credit-note/",
            model.credit_notes.values().copied().collect(),
        ),
    ];
    for (prefix, mut expected) in once {
        expected.sort();
        assert_eq!(references(prefix), expected, "the invoices in {prefix}");
    }
    // What was registered before a rotation of the ledger key keeps its own fingerprint beside those that came later.
    let newest = model.strict.values().map(|sharing| sharing[0]);
    let under_each_key: [(&str, Vec<Id>, usize); 2] = [
        ("invoice/strict/", newest.collect(), strict.len()),
        (
            "invoice/loose/",
            model.loose.values().copied().collect(),
            loose.len(),
        ),
    ];
    for (prefix, newest, fingerprints) in under_each_key {
        let real = references(prefix);
        assert_eq!(real.len(), fingerprints, "one invoice each in {prefix}");
        let all = newest.iter().all(|id| real.contains(id));
        assert!(all, "the newest invoices in {prefix}");
    }
}

fn compare_claims(records: &Records, model: &Model) {
    let receivables = table(records, "receivable/receivable/");
    same(
        "receivable",
        &keyed(receivables, |r: &Receivable| id(&r.id)),
        &model.receivables,
    );
    let claims = table(records, "receivable/claim/");
    let by = |c: &Claim| (id(&c.receivable), c.number);
    same("claim", &keyed(claims, by), &model.claims);
    let endorsements = table(records, "receivable/endorsement/");
    let by = |e: &Endorsement| (id(&e.receivable), id(&e.id));
    same("endorsement", &keyed(endorsements, by), &model.endorsements);
    let undertakings = table(records, "receivable/undertaking/");
    let by = |u: &Undertaking| (id(&u.receivable), id(&u.id));
    same("undertaking", &keyed(undertakings, by), &model.undertakings);
    let by = |p: &DebtPayment| (p.receivable.clone(), p.number);
    let payments = table(records, "receivable/debt-payment/");
    let expected = keyed(model.debt_payments.clone(), by);
    same("payment of a receivable", &keyed(payments, by), &expected);
}

fn compare_financing(records: &Records, model: &Model) {
    let requests = table(records, "financing/request/");
    same(
        "request",
        &keyed(requests, |r: &Request| id(&r.id)),
        &model.requests,
    );
    let quotes = table(records, "financing/quote/");
    let by = |q: &Quote| (id(&q.request), q.bank.clone());
    same("quote", &keyed(quotes, by), &model.quotes);
    let loans = table(records, "financing/loan/");
    same("loan", &keyed(loans, |l: &Loan| id(&l.id)), &model.loans);
    let programmes = table(records, "financing/programme/");
    let by = |p: &Programme| id(&p.id);
    same("programme", &keyed(programmes, by), &model.programmes);
    let standing = table(records, "financing/standing/");
    let by = |q: &StandingQuote| (id(&q.programme), q.bank.clone());
    same("standing quote", &keyed(standing, by), &model.standing);
    // Invariant 7: the model sums its exposures up anew. One that has ended leaves an empty record.
    let mut limits: Vec<Limit> = table(records, "financing/limit/");
    limits.retain(|l| {
        l.cap_minor.is_some() || (l.used_minor, l.used_high) != (0, 0) || !l.reserved.is_empty()
    });
    let by = |l: &Limit| (l.grantor.clone(), l.subject.clone(), l.currency.clone());
    same("limit", &keyed(limits, by), &model.limits());
}

fn compare_cash(records: &Records, model: &Model) {
    let balances = table(records, "cash/balance/");
    let by = |b: &Balance| (b.holder.clone(), b.issuer.clone(), b.currency.clone());
    same("balance", &keyed(balances, by), &model.balances);
    let issuances = table(records, "cash/issuance/");
    same(
        "issuance",
        &keyed(issuances, |i: &Issuance| {
            (i.issuer.clone(), i.currency.clone())
        }),
        &model.issuances,
    );
    let redemptions = table(records, "cash/redemption/");
    let by = |r: &Redemption| (r.holder.clone(), r.end_to_end_id.clone());
    same("redemption", &keyed(redemptions, by), &model.redemptions);
    let suspense = table(records, "cash/suspense/");
    same(
        "suspense",
        &keyed(suspense, |s: &Suspense| id(&s.id)),
        &model.suspense,
    );
    let acceptances = table(records, "cash/acceptance/");
    same(
        "acceptance",
        &keyed(acceptances, |a: &Acceptance| a.payee.clone()),
        &model.acceptances,
    );
    let payments = table(records, "cash/payment/");
    same(
        "payment",
        &keyed(payments, |p: &Payment| id(&p.id)),
        &model.payments,
    );
    for (prefix, expected) in [
        ("cash/bank-message/", tx_ids(model.bank_messages.values())),
        ("cash/bank-entry/", tx_ids(model.bank_entries.values())),
    ] {
        let real = table::<BankMessage>(records, prefix);
        let real: Vec<Id> = real.iter().map(|message| id(&message.tx_id)).collect();
        assert_eq!(tx_ids(real.iter()), expected, "{prefix}");
    }
    for payer in model.organizations.keys() {
        let real = table(records, &format!("cash/instruction/{payer}/"));
        let real: BTreeSet<Id> = real.iter().map(|i: &Instruction| id(&i.tx_id)).collect();
        let used = model.instructions.iter().filter(|((p, _), _)| p == payer);
        assert_eq!(
            real,
            used.map(|(_, tx)| *tx).collect(),
            "the instructions of {payer}"
        );
    }
    let all = table::<Instruction>(records, "cash/instruction/").len();
    assert_eq!(all, model.instructions.len(), "end-to-end ids");
}

fn compare_supervision(records: &Records, model: &Model) {
    let packs: Vec<PolicyPack> = table(records, "supervision/pack/");
    assert_eq!(packs, model.packs, "the policy packs");
    let freezes = table(records, "supervision/freeze/");
    same(
        "freeze",
        &keyed(freezes, |f: &Freeze| f.record.clone()),
        &model.freezes,
    );
    // The sums of all lines, by bank, debtor, and both; what has ended leaves an empty record.
    let mut sums: BTreeMap<(String, String, String), u128> = BTreeMap::new();
    for ((bank, debtor, currency), exposure) in model.exposures() {
        let none = String::new();
        for (bank, debtor) in [(&bank, &debtor), (&bank, &none), (&none, &debtor)] {
            let key = (bank.clone(), debtor.clone(), currency.clone());
            *sums.entry(key).or_default() += exposure.used;
        }
    }
    sums.retain(|_, sum| *sum > 0);
    let real: Vec<Exposure> = table(records, "supervision/exposure/");
    let real = keyed(real, |e| {
        (e.bank.clone(), e.debtor.clone(), e.currency.clone())
    });
    let real = real.into_iter().map(|(key, e)| {
        let sum = (u128::from(e.high) << 64) + u128::from(e.minor);
        (key, sum)
    });
    let real = real.filter(|(_, sum)| *sum > 0).collect();
    same("exposure", &real, &sums);
    let mut defaults: BTreeMap<String, u64> = BTreeMap::new();
    for receivable in model.receivables.values() {
        if receivable.state() == ReceivableState::Defaulted {
            *defaults.entry(receivable.debtor.clone()).or_default() += 1;
        }
    }
    let real: Vec<Defaults> = table(records, "supervision/default/");
    let real = real.into_iter().filter(|d| d.outstanding > 0);
    let real = real.map(|d| (d.debtor, d.outstanding)).collect();
    same("receivables in default", &real, &defaults);
}

/// Sorted.
fn tx_ids<'a>(ids: impl Iterator<Item = &'a Id>) -> Vec<Id> {
    let mut ids: Vec<Id> = ids.copied().collect();
    ids.sort_unstable();
    ids
}

fn compare_history(rules: &Rules, model: &Model) {
    let records = rules.records();
    // Who is to be admitted is told so before.
    let all: BTreeSet<&String> = model
        .organizations
        .keys()
        .chain(model.history.keys())
        .collect();
    let (mut heads, mut entries) = (0, 0);
    for organization in all {
        let expected = model.history.get(organization).cloned().unwrap_or_default();
        let head = records.get(format!("credit/history/{organization}").as_bytes());
        let head = head.map(|value| HistoryHead::decode(value.as_slice()).expect("it decodes"));
        heads += usize::from(head.is_some());
        let length = head.map_or(0, |head| head.length);
        assert_eq!(
            length,
            expected.len() as u64,
            "length of the history of {organization}"
        );
        let real = rules.history(organization);
        assert_eq!(real, expected, "the history of {organization}");
        entries += real.iter().filter(|entry| entry.on.is_none()).count();
    }
    let stored: Vec<HistoryHead> = table(records, "credit/history/");
    assert_eq!(stored.len(), heads, "heads of histories");
    let stored: Vec<HistoryEntry> = table(records, "credit/entry/");
    assert_eq!(stored.len(), entries, "entries that are records");
}

/// Invariant 7, first half: what the ledger added up is what the model counts.
fn compare_profiles(records: &Records, model: &Model) {
    let real = keyed(table(records, "credit/profile/"), |p: &Profile| {
        p.organization.clone()
    });
    let organizations = model.organizations.keys();
    let expected = organizations.filter_map(|id| Some((id.clone(), model.profile(id)?)));
    same("profile", &real, &expected.collect());
}
