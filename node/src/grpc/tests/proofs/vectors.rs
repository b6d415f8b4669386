//! Golden files of proofs, and what every verifier says of them.

use std::path::Path;

use counterfoil_proto::receivable::v1 as claims;
use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::get_unfinanced_request::Of;
use counterfoil_types::claim::burden;
use counterfoil_types::genesis::Genesis;
use counterfoil_types::ids::InvoiceId;
use counterfoil_types::proof::headers::Checkpoint;
use counterfoil_types::proof::passport::{Confirmation, Passport};
use counterfoil_types::proof::{Subject, Verified, verify};
use serde_json::{Value, json};

use super::{check, latest, passed_on, passport, passport_of, unfinanced};
use crate::fixture;

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
    assert_eq!(found, 5);
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
    ];
    for (name, file, checkpoint) in files {
        let file = file.unwrap();
        let verified = check(&world, &file, checkpoint).unwrap();
        let summary = serde_json::to_string_pretty(&summary(&verified, checkpoint)).unwrap();
        std::fs::write(folder.join(format!("{name}.proof")), file).unwrap();
        std::fs::write(folder.join(format!("{name}.json")), summary + "\n").unwrap();
    }
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
        other => panic!("{other:?}"),
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
        "opened": passport.opened.iter().map(|(name, value)| json!([name, value])).collect::<Vec<_>>(),
    })
}
