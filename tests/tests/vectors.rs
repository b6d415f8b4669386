//! Golden vectors: bytes that are signed, hashed or stored must not change by
//! accident. `COUNTERFOIL_WRITE_VECTORS=1` writes them anew; a change of them
//! goes with a new `protocol_version` and a line in CHANGELOG.

use std::path::Path;

use counterfoil_proto::financing::v1::action::Action as Finance;
use counterfoil_proto::financing::v1::{
    AwardRequest, ClaimReference, CommitQuote, OpenRequest, QuoteFee, QuoteTerms, RevealQuote,
    Technique,
};
use counterfoil_proto::receivable::v1::action::Action as Claims;
use counterfoil_proto::receivable::v1::{
    AcceptOffer, DayCount, OfferClaim, Purpose, Recourse, SplitClaim,
};
use counterfoil_tests::chain::{
    CHAIN_ID, Chain, confirm, date, genesis, issue, key, on_claims, on_finance, register, roll,
    settle, sign, usd,
};
use counterfoil_types::block::{
    VoteKind, parts_sign_bytes, proposal_sign_bytes, receipt_leaf, vote_sign_bytes,
};
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::{InvoiceId, ReceivableId, RequestId};
use counterfoil_types::quote::commitment;
use counterfoil_types::transaction::sign_bytes;
use prost::Message;
use serde_json::{Value, json};

/// An invoice's life with every kind of record: split, passed on, sold in part, pledged, paid late in two parts.
#[test]
fn a_chain_of_eight_blocks() {
    let chain = Chain::new();
    let registration = sign("supplier", 2, 1, register("INV-2013/0042", 6_000));
    let id = registration.id();
    let receivable = ReceivableId::of(InvoiceId::of(id)).to_vec();
    let sale = sign("supplier", 2, 5, open(&receivable, 1, 3_000, false));
    let loan = sign("trader", 5, 6, open(&receivable, 2, 2_000, true));
    let [sale_id, loan_id] = [&sale, &loan].map(|tx| RequestId::of(tx.id()).to_vec());
    let blocks = [
        vec![
            sign("bank", 3, 1, issue("buyer", 10_000, "e1")),
            registration,
        ],
        vec![
            sign("buyer", 1, 2, confirm(id, 6_000)),
            sign("supplier", 2, 3, register("inv 2013 0042", 7_000)),
            sign("supplier", 2, 4, split(&receivable)),
            sign("supplier", 2, 5, offer(&receivable)),
        ],
        vec![
            sign("trader", 5, 5, accept(&receivable)),
            sale,
            loan,
            sign("bank", 3, 7, commit(&sale_id, &terms(3_000, "award-1"))),
            sign("bank", 3, 8, commit(&loan_id, &terms(2_000, "award-2"))),
        ],
        vec![sign("operator", 4, 9, roll(2012, 1, 3))],
        vec![
            sign("bank", 3, 10, reveal(&sale_id, terms(3_000, "award-1"))),
            sign("bank", 3, 11, reveal(&loan_id, terms(2_000, "award-2"))),
            sign("supplier", 2, 12, award(&sale_id)),
            sign("trader", 5, 13, award(&loan_id)),
        ],
        vec![sign("operator", 4, 14, roll(2012, 2, 9))],
        vec![sign("buyer", 1, 15, settle(id, 4_000, "p1"))],
        vec![sign("buyer", 1, 16, settle(id, 3_000, "p2"))],
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

fn open(receivable: &[u8], number: u32, minor: u64, is_loan: bool) -> (u32, Vec<u8>) {
    let (technique, invited) = if is_loan {
        (Technique::LoanAgainstReceivables, vec!["bank".into()])
    } else {
        (Technique::ReceivablesDiscounting, Vec::new())
    };
    on_finance(Finance::Open(OpenRequest {
        claims: vec![ClaimReference {
            receivable: receivable.to_vec(),
            number,
        }],
        technique: technique.into(),
        amount: Some(usd(minor)),
        recourse: Recourse::None.into(),
        deadline: date(2012, 1, 2),
        expires_on: date(2012, 1, 20),
        invited,
        ..OpenRequest::default()
    }))
}

fn split(receivable: &[u8]) -> (u32, Vec<u8>) {
    on_claims(Claims::Split(SplitClaim {
        receivable: receivable.to_vec(),
        number: 0,
        parts_minor: vec![3_600, 2_400],
    }))
}

fn offer(receivable: &[u8]) -> (u32, Vec<u8>) {
    on_claims(Claims::Offer(OfferClaim {
        receivable: receivable.to_vec(),
        number: 2,
        to: "trader".into(),
        purpose: Purpose::Payment.into(),
        price: None,
        expires_on: date(2012, 1, 10),
        issuer: String::new(),
        recourse: Recourse::None.into(),
        recourse_limit: None,
    }))
}

fn accept(receivable: &[u8]) -> (u32, Vec<u8>) {
    on_claims(Claims::Accept(AcceptOffer {
        receivable: receivable.to_vec(),
        number: 2,
        end_to_end_id: String::new(),
    }))
}

fn terms(minor: u64, end_to_end_id: &str) -> QuoteTerms {
    QuoteTerms {
        amount: Some(usd(minor)),
        rate_ppm: 62_000,
        day_count: DayCount::A004.into(),
        fees: vec![QuoteFee {
            name: "handling".into(),
            amount_minor: 25,
        }],
        recourse: Recourse::None.into(),
        expires_on: date(2012, 1, 20),
        issuer: "bank".into(),
        end_to_end_id: end_to_end_id.into(),
        ..QuoteTerms::default()
    }
}

const SALT: [u8; 32] = [5; 32];

fn commit(request: &[u8], terms: &QuoteTerms) -> (u32, Vec<u8>) {
    on_finance(Finance::Commit(CommitQuote {
        request: request.to_vec(),
        commitment: commitment(CHAIN_ID, request, "bank", &SALT, terms).to_vec(),
    }))
}

fn reveal(request: &[u8], terms: QuoteTerms) -> (u32, Vec<u8>) {
    on_finance(Finance::Reveal(RevealQuote {
        request: request.to_vec(),
        terms: Some(terms),
        salt: SALT.to_vec(),
    }))
}

fn award(request: &[u8]) -> (u32, Vec<u8>) {
    on_finance(Finance::Award(AwardRequest {
        request: request.to_vec(),
        bank: "bank".into(),
        pay_on: None,
    }))
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
