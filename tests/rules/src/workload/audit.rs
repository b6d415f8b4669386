//! Holds the real state against the model, record by record, and checks the
//! invariants of specification 9 on what is really stored.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use counterfoil_proto::calendar::v1::Clock;
use counterfoil_proto::cash::v1::{Balance, Instruction, Issuance, Redemption};
use counterfoil_proto::credit::v1::{HistoryEntry, HistoryHead};
use counterfoil_proto::invoice::v1::{Invoice, InvoiceReference, InvoiceState};
use counterfoil_proto::receivable::v1::{Claim, ClaimState, Receivable};
use prost::Message;

use super::rules::Records;
use crate::model::invoices::{loose_of, strict_of};
use crate::model::{Id, Model};

const TABLES: [&str; 16] = [
    "block/",
    "calendar/clock",
    "cash/balance/",
    "cash/instruction/",
    "cash/issuance/",
    "cash/redemption/",
    "credit/entry/",
    "credit/history/",
    "invoice/document/",
    "invoice/invoice/",
    "invoice/loose/",
    "invoice/strict/",
    "membership/legal-id/",
    "membership/organization/",
    "receivable/claim/",
    "receivable/receivable/",
];

/// Every record whose key begins so, in order of the keys.
fn table<M: Message + Default>(records: &Records, prefix: &str) -> Vec<M> {
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

fn id(bytes: &[u8]) -> Id {
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
pub fn compare(records: &Records, model: &Model, height: u64) {
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
    compare_invoices(records, model);
    same(
        "receivable",
        &keyed(
            table(records, "receivable/receivable/"),
            |r: &Receivable| id(&r.id),
        ),
        &model.receivables,
    );
    same(
        "claim",
        &keyed(table(records, "receivable/claim/"), |c: &Claim| {
            (id(&c.receivable), c.number)
        }),
        &model.claims,
    );
    compare_cash(records, model);
    compare_history(records, model);
}

fn compare_invoices(records: &Records, model: &Model) {
    let stored: Vec<Invoice> = table(records, "invoice/invoice/");
    // Fingerprints are keyed; what must agree with the model is which of them are equal.
    let mut strict = BTreeMap::new();
    let mut loose = BTreeMap::new();
    for invoice in &stored {
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
    assert_eq!(strict.len(), model.strict.len(), "strict fingerprints");
    assert_eq!(loose.len(), model.loose.len(), "loose fingerprints");

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
    let references = [
        (
            "invoice/strict/",
            model.strict.values().copied().collect::<BTreeSet<Id>>(),
        ),
        ("invoice/loose/", model.loose.values().copied().collect()),
        (
            "invoice/document/",
            model.documents.values().copied().collect(),
        ),
    ];
    for (prefix, expected) in references {
        let real: Vec<InvoiceReference> = table(records, prefix);
        assert_eq!(real.len(), expected.len(), "records in {prefix}");
        let real: BTreeSet<Id> = real
            .iter()
            .map(|reference| id(&reference.invoice))
            .collect();
        assert_eq!(real, expected, "the newest invoices in {prefix}");
    }
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

fn compare_history(records: &Records, model: &Model) {
    let mut entries = 0;
    for organization in model.organizations.keys() {
        let expected = model.history.get(organization).cloned().unwrap_or_default();
        let head: Vec<HistoryHead> = records
            .get(format!("credit/history/{organization}").as_bytes())
            .map(|value| HistoryHead::decode(value.as_slice()).expect("a head decodes"))
            .into_iter()
            .collect();
        let length = head.first().map_or(0, |head| head.length);
        assert_eq!(
            length,
            expected.len() as u64,
            "length of the history of {organization}"
        );
        let real: Vec<HistoryEntry> = table(records, &format!("credit/entry/{organization}/"));
        assert_eq!(real, expected, "the history of {organization}");
        entries += real.len();
    }
    assert_eq!(
        table::<HistoryEntry>(records, "credit/entry/").len(),
        entries,
        "history entries"
    );
}

/// What the invariants need to remember from block to block.
#[derive(Default)]
pub struct Auditor {
    spent: BTreeSet<(Id, u32)>,
    claim_counts: BTreeMap<Id, u32>,
    /// Invoices whose confirmation was executed under the signature of their buyer.
    pub confirmed: BTreeSet<Id>,
    /// End-to-end ids in executed instructions, by payer.
    pub used: BTreeSet<(String, String)>,
}

impl Auditor {
    /// Notes that a payer used an end-to-end id. Invariant 12: it never did before.
    pub fn note_use(&mut self, payer: &str, end_to_end_id: &str) {
        let new = self
            .used
            .insert((payer.to_owned(), end_to_end_id.to_owned()));
        assert!(
            new,
            "{payer} used the end-to-end id {end_to_end_id:?} twice"
        );
    }

    /// Checks invariants 1, 2, 3, 5, 6 and 12 on the stored records.
    pub fn check(&mut self, records: &Records) {
        self.check_claims(records);
        check_uniqueness(records);
        check_deposits(records);
        let used = table::<Instruction>(records, "cash/instruction/").len();
        assert_eq!(
            used,
            self.used.len(),
            "invariant 12: one record for each instruction that was executed"
        );
    }

    fn check_claims(&mut self, records: &Records) {
        let claims: Vec<Claim> = table(records, "receivable/claim/");
        let mut outstanding: BTreeMap<Id, u128> = BTreeMap::new();
        let mut numbers: BTreeMap<Id, u32> = BTreeMap::new();
        for claim in &claims {
            let key = (id(&claim.receivable), claim.number);
            *outstanding.entry(key.0).or_default() += u128::from(claim.outstanding_minor);
            *numbers.entry(key.0).or_default() += 1;
            match claim.state() {
                ClaimState::Live => {
                    assert!(
                        claim.outstanding_minor > 0 && !claim.controller.is_empty(),
                        "invariant 2: {claim:?}"
                    );
                    assert!(
                        !self.spent.contains(&key),
                        "invariant 2: claim {key:?} returned"
                    );
                }
                ClaimState::Spent => {
                    assert_eq!(claim.outstanding_minor, 0, "invariant 2: {claim:?}");
                    self.spent.insert(key);
                }
                ClaimState::Unspecified => panic!("invariant 2: {claim:?}"),
            }
        }
        for receivable in table::<Receivable>(records, "receivable/receivable/") {
            let key = id(&receivable.id);
            let face = receivable.face.as_ref().expect("a face").minor;
            let sum = outstanding.remove(&key).unwrap_or_default()
                + u128::from(receivable.redeemed_minor);
            assert_eq!(sum, u128::from(face), "invariant 1: {receivable:?}");
            assert_eq!(
                numbers.get(&key),
                Some(&receivable.claim_count),
                "invariant 2: {receivable:?}"
            );
            let before = self
                .claim_counts
                .insert(key, receivable.claim_count)
                .unwrap_or_default();
            assert!(
                before <= receivable.claim_count,
                "invariant 2: {receivable:?}"
            );
            assert!(
                self.confirmed.contains(&id(&receivable.invoice)),
                "invariant 5: {receivable:?}"
            );
        }
        assert!(
            outstanding.is_empty(),
            "invariant 1: claims without a receivable: {outstanding:?}"
        );
    }
}

fn check_uniqueness(records: &Records) {
    let (mut fingerprints, mut numbers, mut documents) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for invoice in table::<Invoice>(records, "invoice/invoice/") {
        if matches!(
            invoice.state(),
            InvoiceState::Withdrawn | InvoiceState::Rejected
        ) {
            continue;
        }
        assert!(
            numbers.insert(strict_of(&invoice)),
            "invariant 3: {invoice:?}"
        );
        assert!(
            documents.insert(invoice.document_hash.clone()),
            "invariant 3: {invoice:?}"
        );
        assert!(
            fingerprints.insert(invoice.strict_fingerprint),
            "invariant 3: two live invoices of one fingerprint"
        );
    }
}

fn check_deposits(records: &Records) {
    let mut held: BTreeMap<(String, String), u128> = BTreeMap::new();
    for balance in table::<Balance>(records, "cash/balance/") {
        *held.entry((balance.issuer, balance.currency)).or_default() +=
            u128::from(balance.available_minor) + u128::from(balance.locked_minor);
    }
    for issuance in table::<Issuance>(records, "cash/issuance/") {
        let key = (issuance.issuer, issuance.currency);
        let rest = issuance
            .issued_minor
            .checked_sub(issuance.redeemed_minor)
            .expect("invariant 6: redeemed ≤ issued");
        assert_eq!(
            held.remove(&key).unwrap_or_default(),
            u128::from(rest),
            "invariant 6: {key:?}"
        );
    }
    assert!(
        held.values().all(|sum| *sum == 0),
        "invariant 6: deposits never issued: {held:?}"
    );
}
