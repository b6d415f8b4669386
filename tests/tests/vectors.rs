//! Golden vectors: bytes that are signed, hashed or stored must not change by
//! accident. `COUNTERFOIL_WRITE_VECTORS=1` writes them anew; a change of them
//! goes with a new `protocol_version` and a line in CHANGELOG.

use std::path::Path;

use counterfoil_tests::chain::{
    CHAIN_ID, Chain, confirm, genesis, issue, key, register, roll, settle, sign,
};
use counterfoil_types::block::{
    VoteKind, parts_sign_bytes, proposal_sign_bytes, receipt_leaf, vote_sign_bytes,
};
use counterfoil_types::hash::Hash;
use counterfoil_types::transaction::sign_bytes;
use prost::Message;
use serde_json::{Value, json};

#[test]
fn a_chain_of_four_blocks() {
    let chain = Chain::new();
    let registration = sign("supplier", 2, 1, register("INV-2013/0042", 6_000));
    let id = registration.id();
    let blocks = [
        vec![
            sign("bank", 3, 1, issue("buyer", 10_000, "e1")),
            registration,
        ],
        vec![
            sign("buyer", 1, 2, confirm(id, 6_000)),
            sign("supplier", 2, 3, register("inv 2013 0042", 7_000)),
        ],
        vec![sign("operator", 4, 4, roll(2012, 2, 9))],
        vec![sign("buyer", 1, 5, settle(id, 6_013, "p1"))],
    ];
    let mut written = Vec::new();
    for (height, transactions) in (1..).zip(blocks) {
        let signed: Vec<Value> = transactions
            .iter()
            .map(|tx| {
                let inner = tx.transaction().encode_to_vec();
                json!({
                    "tx_id": tx.id(),
                    "signed_transaction": hex::encode(tx.bytes()),
                    "sign_bytes": hex::encode(sign_bytes(CHAIN_ID, &inner)),
                })
            })
            .collect();
        let candidate = chain.propose(height * 1_000, transactions);
        let receipts: Vec<Value> = candidate
            .receipts()
            .iter()
            .map(|r| json!({ "code": r.code, "leaf": hex::encode(receipt_leaf(r)) }))
            .collect();
        let header = candidate.header();
        written.push(json!({
            "height": height,
            "transactions": signed,
            "receipts": receipts,
            "transactions_root": hex::encode(&header.transactions_root),
            "receipts_root": hex::encode(&header.receipts_root),
            "state_root": hex::encode(&header.state_root),
            "header": hex::encode(header.encode_to_vec()),
            "block_hash": candidate.block_hash(),
        }));
        chain.commit(&candidate);
    }
    compare(
        "chain.json",
        &json!({ "genesis_hash": genesis().hash(), "blocks": written }),
    );
}

#[test]
fn what_validators_sign() {
    let block = Hash::of_document(b"block");
    let address = key(9).public_key().address();
    let vote = |kind, hash| hex::encode(vote_sign_bytes(CHAIN_ID, kind, 5, 1, hash, &address));
    compare(
        "votes.json",
        &json!({
            "address": address,
            "prevote_nil": vote(VoteKind::Prevote, None),
            "prevote": vote(VoteKind::Prevote, Some(&block)),
            "precommit": vote(VoteKind::Precommit, Some(&block)),
            "proposal": hex::encode(proposal_sign_bytes(CHAIN_ID, 5, 1, -1, &block, &address)),
            "parts": hex::encode(parts_sign_bytes(CHAIN_ID, 5, 1, &block)),
        }),
    );
}

fn compare(name: &str, found: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("vectors")
        .join(name);
    let text = serde_json::to_string_pretty(found).unwrap() + "\n";
    if std::env::var_os("COUNTERFOIL_WRITE_VECTORS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).expect("the vectors are committed");
    let golden: Value = serde_json::from_str(&golden).unwrap();
    assert_eq!(found, &golden, "{name} has changed");
}
