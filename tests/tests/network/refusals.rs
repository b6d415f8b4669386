//! Transactions that can be in no block: each refusal has its reason and number,
//! its sender sees which, and it leaves nothing behind.

use counterfoil_proto::v1::submit_stream_response::Outcome;
use counterfoil_proto::v1::{RefusalCode, SubmitStreamRequest};
use counterfoil_tests::network::{Network, Plan, Refused, Signed, Wallet, issue, now_ms, refused};
use counterfoil_types::keys::SigningKey;
use counterfoil_types::limits::{DEFAULT_TRANSACTION_LIFETIME_MS, MAX_TRANSACTION_BYTES};
use prost::Message as _;
use tokio_stream::StreamExt as _;
use tonic::Code;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_refusal_is_told_to_its_sender_and_changes_nothing() {
    let network = Network::start(Plan::ONE).await;
    let (client, bank) = (network.client(0), network.wallet("bank-a"));
    client
        .execute(&bank.sign(issue("buyer-a", 5, "good-1")))
        .await;

    let faults = faults(&bank);
    for (signed, code, status) in &faults {
        let answer = client.submit(signed).await.expect_err(code.as_str_name());
        let expected = Refused {
            status: *status,
            domain: "counterfoil.transaction".to_owned(),
            reason: code
                .as_str_name()
                .trim_start_matches("REFUSAL_CODE_")
                .to_owned(),
            code: (*code as i32).to_string(),
            tx_id: signed.id.to_string(),
        };
        assert_eq!(refused(&answer), expected, "{answer:?}");
    }

    // The same in a stream, which goes on: a good one at its end is committed.
    let good = bank.sign(issue("buyer-a", 6, "good-2"));
    let sent = faults.iter().map(|(signed, ..)| signed).chain([&good]);
    let requests: Vec<SubmitStreamRequest> = (0..)
        .zip(sent)
        .map(|(sequence, signed)| SubmitStreamRequest {
            sequence,
            transaction: Some(signed.transaction.clone()),
            wait: true,
        })
        .collect();
    let answers = client
        .transactions()
        .submit_stream(tokio_stream::iter(requests))
        .await;
    let answers = answers.expect("the stream opens").into_inner();
    let mut answers: Vec<_> = answers
        .map(|answer| answer.expect("it goes on"))
        .collect()
        .await;
    answers.sort_by_key(|answer| answer.sequence);
    assert_eq!(answers.len(), faults.len() + 1);
    for (answer, (signed, code, _)) in answers.iter().zip(&faults) {
        assert_eq!(answer.tx_id, signed.id.to_vec());
        match &answer.outcome {
            Some(Outcome::Refusal(refusal)) => {
                assert_eq!(refusal.code(), *code);
                assert!(!refusal.message.is_empty());
            }
            other => panic!("{code:?}: {other:?}"),
        }
    }
    match &answers[faults.len()].outcome {
        Some(Outcome::Receipt(receipt)) => assert_eq!(receipt.code, 0),
        other => panic!("the good one: {other:?}"),
    }

    // Only the two good ones are in blocks, and nothing waits in the pool.
    let tip = client.height().await.expect("it serves");
    let committed: u32 = client
        .blocks(tip)
        .await
        .iter()
        .map(|block| block.transactions.unwrap_or_default())
        .sum();
    assert_eq!(committed, 2);
    let status = client.status().await.expect("it serves");
    assert_eq!(status.pool_transactions, 0);
    for (signed, ..) in &faults {
        let receipt = client.receipt(signed.id).await;
        assert_eq!(receipt.expect_err("no block has it").code(), Code::NotFound);
    }
}

/// A transaction for each fault, with the refusal it must meet.
fn faults(bank: &Wallet) -> Vec<(Signed, RefusalCode, Code)> {
    let good = bank.draft(issue("buyer-a", 1, "faulty"));
    let mut wrong_signature = bank.seal(&good);
    wrong_signature.transaction.signatures[0][7] ^= 1;
    let elsewhere = Wallet {
        chain_id: "elsewhere-1".to_owned(),
        ..bank.clone()
    };
    let mut other_chain = elsewhere.seal(&elsewhere.draft(issue("buyer-a", 1, "faulty")));
    // Refusals name a transaction as this chain would.
    other_chain.id = bank
        .seal_bytes(other_chain.transaction.transaction.clone())
        .id;
    let expiring = |expires_at_ms| {
        let mut draft = good.clone();
        draft.expires_at_ms = expires_at_ms;
        bank.seal(&draft)
    };
    let mut too_long = good.clone();
    too_long.action = vec![1; MAX_TRANSACTION_BYTES];
    let mut unknown_field = good.encode_to_vec();
    // Field 15, a varint of 1.
    unknown_field.extend([0x78, 1]);
    let stranger = Wallet {
        key: SigningKey::generate(),
        ..bank.clone()
    };
    let mut two_signers = good.clone();
    two_signers.signers.push(vec![0xff; 32]);
    use RefusalCode::{
        Expired, ExpiresTooLate, Malformed, NotCanonical, TooLong, UnknownSigner, WrongChain,
        WrongSignature, WrongSignerCount,
    };
    vec![
        (
            bank.seal_bytes(vec![0xff; 20]),
            Malformed,
            Code::InvalidArgument,
        ),
        (
            bank.seal_bytes(unknown_field),
            NotCanonical,
            Code::InvalidArgument,
        ),
        (bank.seal(&too_long), TooLong, Code::InvalidArgument),
        (
            bank.seal(&two_signers),
            WrongSignerCount,
            Code::InvalidArgument,
        ),
        (other_chain, WrongChain, Code::FailedPrecondition),
        (
            expiring(now_ms() - 1_000),
            Expired,
            Code::FailedPrecondition,
        ),
        (
            expiring(now_ms() + DEFAULT_TRANSACTION_LIFETIME_MS + 120_000),
            ExpiresTooLate,
            Code::FailedPrecondition,
        ),
        (wrong_signature, WrongSignature, Code::PermissionDenied),
        (
            stranger.seal(&stranger.draft(issue("buyer-a", 1, "faulty"))),
            UnknownSigner,
            Code::PermissionDenied,
        ),
    ]
}
