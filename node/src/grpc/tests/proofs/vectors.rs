//! Golden files of proofs, and what every verifier says of them.

use std::path::Path;

use counterfoil_proto::credit::v1::Profile;
use counterfoil_proto::membership::v1 as membership;
use counterfoil_proto::receivable::v1 as claims;
use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::get_unfinanced_request::Of;
use counterfoil_types::claim::burden;
use counterfoil_types::dates::Date;
use counterfoil_types::genesis::Genesis;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::InvoiceId;
use counterfoil_types::keys::SigningKey;
use counterfoil_types::payload;
use counterfoil_types::proof::headers::Checkpoint;
use counterfoil_types::proof::history::History;
use counterfoil_types::proof::keys;
use counterfoil_types::proof::passport::{Confirmation, Passport};
use counterfoil_types::proof::{Subject, Verified, verify};
use counterfoil_types::strict;
use counterfoil_types::transaction::contract;
use prost::Message as _;
use serde_json::{Value, json};

use super::committed::committed;
use super::confirmations::{Consent, confirmed_by_proposal};
use super::history::{day, history};
use super::{World, check, latest, passed_on, passport, passport_of, unfinanced};
use crate::fixture;
use crate::grpc::tests::world::{private_fields, sign};

/// Files that verifiers in other languages are held against, with what they say. `COUNTERFOIL_WRITE_VECTORS=1` writes them anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_vectors_are_proven_and_say_what_stands_beside_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/proofs");
    if std::env::var_os("COUNTERFOIL_WRITE_VECTORS").is_some() {
        write_vectors(&folder).await;
    }
    let genesis = std::fs::read_to_string(folder.join("genesis.json")).unwrap();
    let genesis = Genesis::from_json(&genesis).unwrap().to_proto();
    let mut found = 0;
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        if path
            .extension()
            .is_none_or(|extension| extension != "proof")
        {
            continue;
        }
        found += 1;
        let expected = std::fs::read_to_string(path.with_extension("json")).unwrap();
        let expected: Value = serde_json::from_str(&expected).unwrap();
        let checkpoint = expected["checkpoint"].as_object().map(|known| Checkpoint {
            height: known["height"].as_u64().unwrap(),
            hash: known["hash"].as_str().unwrap().parse().unwrap(),
        });
        let verified = verify(&std::fs::read(&path).unwrap(), &genesis, checkpoint);
        let verified = verified.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(
            summary(&verified, checkpoint),
            expected,
            "{}",
            path.display()
        );
    }
    assert_eq!(found, 18);
}

async fn write_vectors(folder: &Path) {
    let (mut world, passed) = passed_on(20).await;
    let (id, signed) = world.fresh("supplier-b");
    fixture::commit(&world.node.ledger, &[&signed]);
    let genesis = world.node.ledger.genesis().to_json();
    std::fs::write(folder.join("genesis.json"), genesis).unwrap();
    let tip = world.node.ledger.tip();
    let known = tip.height - 3;
    let hash = world
        .node
        .ledger
        .storage()
        .block(known)
        .unwrap()
        .unwrap()
        .hash;
    let checkpoint = Checkpoint {
        height: known,
        hash,
    };
    let from = wire::ProofBase {
        height: 0,
        checkpoint: known,
    };
    let passed = passport_of(&world, "supplier-c", passed).await;
    let paid = passport_of(&world, "supplier-a", world.paid).await;
    let opened = opened(&paid, 1);
    let (_, _, consented) = confirmed_by_proposal(&mut world, 10_000, Consent::Given);
    let consented = passport_of(&world, "supplier-a", consented).await;
    let (_, _, proposed) = confirmed_by_proposal(&mut world, 20_000, Consent::Proposed);
    let proposed = passport_of(&world, "supplier-a", proposed).await;
    let (_, _, free) = confirmed_by_proposal(&mut world, 30_000, Consent::None);
    let key = keys::receivable(free.0.as_ref());
    let free = world.node.ledger.state().0.get(&key).unwrap().unwrap();
    let free = Of::Invoice(claims::Receivable::decode(&free[..]).unwrap().invoice);
    let fresh = Of::Invoice(InvoiceId::of(id).to_vec());
    let nothing = Of::Fingerprint(vec![0x5a; 32]);
    let files = [
        (
            "passport-whole",
            passport(&world, "regulator", latest()).await,
            None,
        ),
        (
            "passport-checkpoint",
            passport(&world, "supplier-a", from).await,
            Some(checkpoint),
        ),
        ("passport-passed-on", Ok(passed), None),
        ("passport-paid", Ok(paid), None),
        ("passport-opened", Ok(opened), None),
        ("passport-consented", Ok(consented), None),
        ("passport-consent-proposed", Ok(proposed), None),
        (
            "unfinanced-confirmed",
            unfinanced(&world, "supplier-a", free).await,
            None,
        ),
        (
            "unfinanced-registered",
            unfinanced(&world, "supplier-b", fresh).await,
            None,
        ),
        (
            "unfinanced-nothing",
            unfinanced(&world, "bank-d", nothing).await,
            None,
        ),
        (
            "committed",
            committed(&world, "regulator", world.confirming.0).await,
            None,
        ),
        (
            "committed-rejected",
            committed(&world, "supplier-a", world.repeating).await,
            None,
        ),
        (
            "history-whole",
            history(&world, "buyer-a", "buyer-a", (None, None)).await,
            None,
        ),
        (
            "history-window",
            history(
                &world,
                "supplier-b",
                "supplier-b",
                (day((1, 6)), day((1, 6))),
            )
            .await,
            None,
        ),
        (
            "history-shared",
            history(&world, "bank-b", "buyer-a", (None, day((1, 5)))).await,
            None,
        ),
        (
            "history-operator",
            history(&world, "operator", "operator", (None, None)).await,
            None,
        ),
    ];
    for (name, file, checkpoint) in files {
        write(&world, folder, name, &file.unwrap(), checkpoint);
    }
    // Without its receipt, among others in the last block.
    let several = [1, 2, 3].map(|_| world.fresh("supplier-b"));
    let signed: Vec<_> = several.iter().map(|(_, signed)| signed).collect();
    fixture::commit(&world.node.ledger, &signed);
    let file = committed(&world, "supplier-b", several[2].0).await.unwrap();
    write(&world, folder, "committed-among-others", &file, None);
    // By others than genesis' validators.
    let successor = fixture::key(4);
    let ledger = &world.node.ledger;
    fixture::commit(ledger, &[&hand_over(&successor)]);
    fixture::commit_by(&successor, ledger, &[]);
    let file = passport(&world, "regulator", latest()).await.unwrap();
    write(&world, folder, "passport-other-validators", &file, None);
}

fn write(world: &World, folder: &Path, name: &str, file: &[u8], checkpoint: Option<Checkpoint>) {
    let verified = check(world, file, checkpoint).unwrap_or_else(|e| panic!("{name}: {e}"));
    let summary = serde_json::to_string_pretty(&summary(&verified, checkpoint)).unwrap();
    std::fs::write(folder.join(format!("{name}.proof")), file).unwrap();
    std::fs::write(folder.join(format!("{name}.json")), summary + "\n").unwrap();
}

/// The operator's decision that one of another key decides alone.
fn hand_over(successor: &SigningKey) -> wire::SignedTransaction {
    let validators = wire::ValidatorSet {
        validators: vec![wire::Validator {
            organization: "operator".into(),
            public_key: successor.public_key().to_vec(),
            power: 1,
        }],
    };
    let decision = membership::Decision {
        decision: Some(membership::decision::Decision::Validators(validators)),
    };
    let propose = membership::ProposeDecision {
        decision: Some(decision),
        expires_on: Some(wire::Date {
            year: 2012,
            month: 2,
            day: 1,
        }),
    };
    let action = membership::Action {
        action: Some(membership::action::Action::ProposeDecision(propose)),
    };
    sign("operator", 40_000, contract::MEMBERSHIP, &action).1
}

/// A passport of the invoice with private fields, one of which is opened.
fn opened(passport: &[u8], position: usize) -> Vec<u8> {
    let fields = private_fields();
    let siblings = payload::siblings(&fields, position).unwrap();
    let mut proof: wire::Proof = strict::decode(passport).unwrap();
    proof.opened.push(wire::OpenedField {
        position: position as u32,
        count: fields.len() as u32,
        name: fields[position].name.clone(),
        value: fields[position].value.clone(),
        salt: fields[position].salt.to_vec(),
        siblings: siblings.into_iter().map(Hash::to_vec).collect(),
    });
    proof.encode_to_vec()
}

/// What every verifier is to say of a file.
fn summary(verified: &Verified, checkpoint: Option<Checkpoint>) -> Value {
    let as_of = &verified.as_of;
    let checkpoint = checkpoint.map(|c| json!({"height": c.height, "hash": c.hash.to_string()}));
    let believed = as_of.believed.iter().map(
        |b| json!({"first": b.heights.0, "last": b.heights.1, "organizations": b.organizations}),
    );
    let mut said = json!({
        "chain_id": as_of.header.chain_id,
        "height": as_of.header.height,
        "block": as_of.hash.to_string(),
        "time_ms": as_of.header.time_ms.to_string(),
        "checkpoint": checkpoint,
        "signed_by": believed.collect::<Vec<_>>(),
        "signatures": verified.signatures,
    });
    said["subject"] = match &verified.subject {
        Subject::Passport(passport) => summary_of_passport(passport),
        Subject::Unfinanced(found) => json!({
            "kind": "unfinanced",
            "fingerprint": found.fingerprint.to_string(),
            "invoices": found.invoices.iter().map(|(invoice, receivable)| json!({
                "id": hex::encode(&invoice.id),
                "seller": invoice.seller,
                "number": invoice.number,
                "receivable": receivable.as_ref().map(|r| hex::encode(&r.id)),
            })).collect::<Vec<_>>(),
        }),
        Subject::History(history) => summary_of_history(history),
        Subject::Committed(found) => json!({
            "kind": "committed",
            "transaction": found.id.to_string(),
            "organization": found.transaction.organization,
            "height": found.header.height,
            "index": found.index,
            "receipt": found.receipt.as_ref().map(|receipt| json!({
                "code": receipt.code,
                "events": told(&receipt.events),
            })),
        }),
    };
    said
}

fn summary_of_passport(passport: &Passport) -> Value {
    let receivable = &passport.receivable;
    let face = receivable.face.clone().unwrap_or_default();
    let confirmation = match &passport.confirmation {
        Confirmation::Signed { transaction, by } => json!({
            "transaction": transaction.to_string(),
            "accounts": by.iter().map(hex::encode).collect::<Vec<_>>(),
        }),
        Confirmation::Approved {
            transaction,
            proposal,
            by,
        } => json!({
            "transaction": transaction.to_string(),
            "proposal": hex::encode(proposal),
            "accounts": by.iter().map(hex::encode).collect::<Vec<_>>(),
        }),
        Confirmation::NotNamed => Value::Null,
    };
    let claims = passport.claims.iter().map(|claim| {
        use claims::encumbrance::Encumbrance::{Locked, Offered, Pledged};
        let way = passport.way(claim).into_iter();
        json!({
            "number": claim.number,
            "holder": claim.controller,
            "outstanding_minor": claim.outstanding_minor.to_string(),
            "live": claim.state() == claims::ClaimState::Live,
            "encumbrance": burden(claim).map(|burden| match burden {
                Offered(offer) => format!("offered to {}", offer.to),
                Locked(_) => "locked".to_owned(),
                Pledged(pledge) => format!("pledged to {}", pledge.pledgee),
            }),
            "way": way.map(|e| json!([e.from, e.to])).collect::<Vec<_>>(),
        })
    });
    json!({
        "kind": "passport",
        "receivable": hex::encode(&receivable.id),
        "debtor": receivable.debtor,
        "face_minor": face.minor.to_string(),
        "currency": face.currency,
        "confirmation": confirmation,
        "invoice": passport.invoice.as_ref().map(|invoice| invoice.number.clone()),
        "claims": claims.collect::<Vec<_>>(),
        "not_disclosed": passport.withheld(),
        "paid": passport.debt_payments.iter().map(|payment| {
            let on = payment.value_date.unwrap_or_default();
            let on = Date::try_from(&on).unwrap().to_string();
            let (principal, penalty) = (payment.principal_minor, payment.penalty_minor);
            json!([on, principal.to_string(), penalty.to_string()])
        }).collect::<Vec<_>>(),
        "opened": passport.opened.iter().map(|(name, value)| json!([name, value])).collect::<Vec<_>>(),
    })
}

fn told(events: &[wire::Event]) -> Vec<Value> {
    let told = |e: &wire::Event| json!([e.contract, Hash::of_document(&e.body).to_string()]);
    events.iter().map(told).collect()
}

fn summary_of_history(history: &History) -> Value {
    let day = |date: Option<Date>| date.map(|date| date.to_string());
    let entries = history.entries.iter().map(|entry| {
        let events = entry.events.as_deref().map(told);
        json!({
            "sequence": entry.sequence,
            "transaction": hex::encode(&entry.entry.tx_id),
            "height": entry.entry.height,
            "index": entry.entry.index,
            "on": entry.on.to_string(),
            "figures": entry.entry.figures,
            "events": events,
        })
    });
    let profile = |profile: &Option<Profile>| {
        let profile = profile.as_ref().map(Profile::encode_to_vec);
        profile.map(|bytes| Hash::of_document(&bytes).to_string())
    };
    json!({
        "kind": "history",
        "organization": history.organization.id,
        "from": day(history.from),
        "to": day(history.to),
        "length": history.length,
        "whole": history.is_whole,
        "entries": entries.collect::<Vec<_>>(),
        "profile": profile(&history.profile),
        "recomputed": profile(&history.recomputed),
    })
}
