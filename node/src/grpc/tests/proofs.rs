//! Proofs as callers get them, checked as a stranger would who has the genesis alone.

mod committed;
mod confirmations;
mod history;
mod vectors;

use counterfoil_proto::invoice::v1 as invoices;
use counterfoil_proto::membership::v1 as membership;
use counterfoil_proto::receivable::v1 as claims;
use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::get_unfinanced_request::Of;
use counterfoil_proto::v1::proof_service_client::ProofServiceClient as Proofs;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::{InvoiceId, ProposalId, ReceivableId, TxId};
use counterfoil_types::proof::headers::{Checkpoint, Follower, HeadersError, follow};
use counterfoil_types::proof::keys;
use counterfoil_types::proof::passport::{Confirmation, Passport};
use counterfoil_types::proof::{ProofError, Subject, Verified, verify};
use counterfoil_types::strict;
use counterfoil_types::terms::terms_hash;
use counterfoil_types::transaction::contract;
use prost::Message as _;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::world::{FREE, LOCKED, OFFERED, PLEDGED, World, genesis, key_of, sign, terms};
use crate::fixture;
use crate::ledger::Start;

/// Of the last heights, as the API promises it.
const KEPT: u64 = 16;

async fn passport(world: &World, who: &str, base: wire::ProofBase) -> Result<Vec<u8>, Status> {
    ask_passport(world, who, world.receivable, base).await
}

/// That of a receivable which the caller may read, as of the last block.
async fn passport_of(world: &World, who: &str, receivable: ReceivableId) -> Vec<u8> {
    let asked = ask_passport(world, who, receivable, latest()).await;
    asked.unwrap()
}

async fn ask_passport(
    world: &World,
    who: &str,
    receivable: ReceivableId,
    base: wire::ProofBase,
) -> Result<Vec<u8>, Status> {
    let request = wire::GetPassportRequest {
        receivable: receivable.to_vec(),
        base: Some(base),
    };
    let mut client = Proofs::new(world.client(who));
    Ok(client.get_passport(request).await?.into_inner().proof)
}

async fn unfinanced(world: &World, who: &str, of: Of) -> Result<Vec<u8>, Status> {
    let request = wire::GetUnfinancedRequest {
        of: Some(of),
        base: None,
    };
    let mut client = Proofs::new(world.client(who));
    Ok(client.get_unfinanced(request).await?.into_inner().proof)
}

/// What anybody makes of a file who has the genesis of the network.
fn check(
    world: &World,
    file: &[u8],
    checkpoint: Option<Checkpoint>,
) -> Result<Verified, ProofError> {
    verify(file, &world.node.ledger.genesis().to_proto(), checkpoint)
}

fn read(verified: Verified) -> Passport {
    match verified.subject {
        Subject::Passport(passport) => *passport,
        other => panic!("{other:?}"),
    }
}

fn reason(status: &Status) -> (Code, String) {
    let info = status.get_details_error_info().unwrap();
    (status.code(), info.reason)
}

fn latest() -> wire::ProofBase {
    wire::ProofBase::default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_has_the_passport_of_what_it_may_read() {
    let world = World::build().await;
    let tip = world.node.ledger.tip();
    let debtors_key = key_of("buyer-a").public_key().to_vec();
    for (who, claims, has_invoice) in [
        ("supplier-a", vec![0, OFFERED, LOCKED, FREE], true),
        ("supplier-b", vec![PLEDGED, OFFERED], false),
        ("bank-b", vec![PLEDGED, LOCKED], false),
        ("regulator", vec![0, PLEDGED, OFFERED, LOCKED, FREE], true),
    ] {
        let file = passport(&world, who, latest()).await.unwrap();
        let verified = check(&world, &file, None).unwrap_or_else(|e| panic!("{who}: {e}"));
        assert_eq!(verified.as_of.hash, tip.block_hash);
        // The certificate's, and the confirmation's.
        assert_eq!(verified.signatures, 2);
        let passport = read(verified);
        let shown: Vec<u32> = passport.claims.iter().map(|claim| claim.number).collect();
        assert_eq!(shown, claims, "{who}");
        assert_eq!(passport.invoice.is_some(), has_invoice, "{who}");
        let confirmed = Confirmation::Signed {
            transaction: world.confirming.0,
            by: vec![debtors_key.clone()],
        };
        assert_eq!(passport.confirmation, confirmed, "{who}");
        let all = [PLEDGED, OFFERED, LOCKED, FREE];
        let withheld: Vec<u32> = all.into_iter().filter(|n| !claims.contains(n)).collect();
        assert_eq!(passport.withheld(), withheld, "{who}");
        if let Some(pledged) = passport.claims.iter().find(|claim| claim.number == PLEDGED) {
            let way = passport.way(pledged);
            let way: Vec<_> = way
                .iter()
                .map(|e| (e.from.as_str(), e.to.as_str()))
                .collect();
            assert_eq!(way, [("supplier-a", "supplier-b")], "{who}");
            assert_eq!(passport.loans.len(), 1, "{who}");
            assert_eq!(passport.undertakings.len(), 1, "{who}");
        }
    }
    for who in ["supplier-c", "operator", "bank-d"] {
        let status = passport(&world, who, latest()).await.unwrap_err();
        assert_eq!(status.code(), Code::NotFound, "{who}");
    }
}

/// Whoever holds the file can change any byte of it: no other file proves anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_byte_of_a_passport_can_be_another() {
    let world = World::build().await;
    let file = passport(&world, "regulator", latest()).await.unwrap();
    check(&world, &file, None).unwrap();
    for at in 0..file.len() {
        for bit in [0, 3, 7] {
            let mut flipped = file.clone();
            flipped[at] ^= 1 << bit;
            assert!(
                check(&world, &flipped, None).is_err(),
                "bit {bit} of byte {at}"
            );
        }
        assert!(check(&world, &file[..at], None).is_err(), "cut at {at}");
    }
    let longer = [&file[..], &[0]].concat();
    assert!(check(&world, &longer, None).is_err());
}

/// Nor can any part be left out, be there twice, or come from elsewhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_part_of_a_passport_can_be_dropped_doubled_or_swapped() {
    let world = World::build().await;
    let bytes = passport(&world, "regulator", latest()).await.unwrap();
    let proof: wire::Proof = strict::decode(&bytes).unwrap();
    let other = passport_of(&world, "regulator", world.other_receivable).await;
    check(&world, &other, None).unwrap();
    let other: wire::Proof = strict::decode(&other).unwrap();
    let mut changed: Vec<(String, wire::Proof)> = Vec::new();
    let mut change = |what: String, change: &dyn Fn(&mut wire::Proof)| {
        let mut proof = proof.clone();
        change(&mut proof);
        changed.push((what, proof));
    };
    for at in 0..proof.records.len() {
        change(format!("record {at} dropped"), &|p| {
            drop(p.records.remove(at))
        });
        change(format!("record {at} doubled"), &|p| {
            p.records.insert(at, p.records[at].clone());
        });
        change(format!("record {at} said to be missing"), &|p| {
            p.records[at].record.clear();
        });
        for (n, record) in other.records.iter().enumerate() {
            if *record != proof.records[at] {
                change(format!("record {at} is the other's {n}"), &|p| {
                    p.records[at].clone_from(record);
                });
            }
        }
    }
    for at in 0..proof.headers.len() {
        change(format!("header {at} dropped"), &|p| {
            drop(p.headers.remove(at))
        });
        change(format!("header {at} doubled"), &|p| {
            p.headers.insert(at, p.headers[at].clone());
        });
        change(format!("header {at} without certificate"), &|p| {
            p.headers[at].certificate = None;
        });
        change(
            format!("header {at} with validators it does not need"),
            &|p| {
                p.headers[at].validators = world.node.ledger.genesis().to_proto().validators;
            },
        );
    }
    change("transaction dropped".into(), &|p| p.transactions.clear());
    change("transaction doubled".into(), &|p| {
        p.transactions.push(p.transactions[0].clone());
    });
    change("transaction swapped".into(), &|p| {
        p.transactions.clone_from(&other.transactions);
    });
    change("state dropped".into(), &|p| p.state = None);
    change("state swapped".into(), &|p| {
        p.state.clone_from(&other.state)
    });
    change("subject dropped".into(), &|p| p.subject = None);
    change("subject swapped".into(), &|p| {
        p.subject.clone_from(&other.subject)
    });
    change("another format".into(), &|p| p.format += 1);
    for (what, proof) in changed {
        assert!(
            check(&world, &proof.encode_to_vec(), None).is_err(),
            "{what}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn earlier_heights_are_proven_while_they_are_kept() {
    let world = World::build().await;
    let tip = world.node.ledger.tip().height;
    for back in [0, 1, 5] {
        let base = wire::ProofBase {
            height: tip - back,
            checkpoint: 0,
        };
        let file = passport(&world, "regulator", base).await.unwrap();
        let verified = check(&world, &file, None).unwrap();
        assert_eq!(verified.as_of.header.height, tip - back);
    }
    for height in [tip - KEPT, tip + 1] {
        let base = wire::ProofBase {
            height,
            checkpoint: 0,
        };
        let status = passport(&world, "regulator", base).await.unwrap_err();
        assert_eq!(reason(&status), (Code::OutOfRange, "NO_SUCH_HEIGHT".into()));
    }
}

/// A checkpoint takes the place of the keys that decided before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_begins_at_a_checkpoint_or_at_genesis() {
    let world = World::build().await;
    let ledger = &world.node.ledger;
    let height = ledger.tip().height - 3;
    let hash = ledger.storage().block(height).unwrap().unwrap().hash;
    let known = Checkpoint { height, hash };
    let base = wire::ProofBase {
        height: 0,
        checkpoint: height,
    };
    let file = passport(&world, "regulator", base).await.unwrap();
    let verified = check(&world, &file, Some(known)).unwrap();
    assert_eq!(verified.as_of.header.height, ledger.tip().height);
    let verdict = |file: &[u8], checkpoint| match check(&world, file, checkpoint) {
        Err(ProofError::Headers(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(verdict(&file, None), HeadersError::NoCertificate(height));
    let other = Checkpoint {
        hash: Hash::tagged("another chain", &[]),
        ..known
    };
    assert_eq!(
        verdict(&file, Some(other)),
        HeadersError::OtherCheckpoint { height, hash }
    );
    let later = Checkpoint {
        height: height + 1,
        hash,
    };
    assert_eq!(
        verdict(&file, Some(later)),
        HeadersError::NoCheckpoint(height + 1)
    );
    let of_genesis = passport(&world, "regulator", latest()).await.unwrap();
    assert_eq!(
        verdict(&of_genesis, Some(known)),
        HeadersError::NoCheckpoint(height)
    );
    let beyond = wire::ProofBase {
        height: 0,
        checkpoint: ledger.tip().height + 1,
    };
    let status = passport(&world, "regulator", beyond).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
}

/// The way to a header goes over each change of validators, and no set that a certificate does not reach is believed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proofs_go_on_when_the_validators_change() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = fixture::ledger(dir.path());
    fixture::commit(&ledger, &[&fixture::good(1).1]);
    let successor = fixture::key(77);
    fixture::hand_over(&ledger, &successor);
    let (_, signed) = fixture::good(2);
    fixture::commit_by(&successor, &ledger, &[&signed]);
    fixture::commit_by(&successor, &ledger, &[&fixture::good(3).1]);
    let way = ledger.way_to(4, Start::Genesis).unwrap();
    let heights: Vec<u64> = way
        .iter()
        .map(|c| c.header.as_ref().unwrap().height)
        .collect();
    assert_eq!(heights, [2, 4]);
    let genesis = ledger.genesis().to_proto();
    let followed = follow(&genesis, None, &way).unwrap();
    assert_eq!(followed.header.height, 4);
    assert_eq!(followed.hash, ledger.tip().block_hash);
    // Who follows along is told of the successor with the first header that it decides.
    let told = [2, 3, 4].map(|height| ledger.next_on_the_way(height).unwrap().validators);
    assert!(told[0].is_none() && told[1].is_some() && told[2].is_none());
    // Without the change there is no reason to believe the successor.
    let verdict = follow(&genesis, None, &way[1..]);
    assert_eq!(verdict, Err(HeadersError::OtherValidators(4)));
    // From a checkpoint after the change, what was before it is not asked for.
    let way = ledger.way_to(4, Start::Checkpoint(3)).unwrap();
    let hash = ledger.storage().block(3).unwrap().unwrap().hash;
    let checkpoint = Some(Checkpoint { height: 3, hash });
    let followed = follow(&genesis, checkpoint, &way).unwrap();
    assert_eq!(followed.believed[0].heights, (4, 4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_financed_is_certified_and_nothing_else() {
    let mut world = World::build().await;
    let nothing = Hash::tagged("a fingerprint", &[]);
    let file = unfinanced(&world, "bank-d", Of::Fingerprint(nothing.to_vec()));
    let verified = check(&world, &file.await.unwrap(), None).unwrap();
    match verified.subject {
        Subject::Unfinanced(found) => {
            assert_eq!((found.fingerprint, found.invoices), (nothing, vec![]));
        }
        other => panic!("{other:?}"),
    }

    let financed = Of::Invoice(world.invoice.to_vec());
    let status = unfinanced(&world, "supplier-a", financed.clone())
        .await
        .unwrap_err();
    assert_eq!(
        reason(&status),
        (Code::FailedPrecondition, "FINANCED".into())
    );
    let status = unfinanced(&world, "buyer-a", financed.clone())
        .await
        .unwrap_err();
    assert_eq!(
        reason(&status),
        (Code::PermissionDenied, "NOT_THE_SELLER".into())
    );
    let status = unfinanced(&world, "supplier-c", financed)
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::NotFound);

    let (id, signed) = world.fresh("supplier-a");
    let candidate = fixture::commit(&world.node.ledger, &[&signed]);
    assert_eq!(candidate.receipts()[0].code, 0);
    let fresh = InvoiceId::of(id);
    let file = unfinanced(&world, "supplier-a", Of::Invoice(fresh.to_vec()))
        .await
        .unwrap();
    let verified = check(&world, &file, None).unwrap();
    match verified.subject {
        Subject::Unfinanced(found) => {
            let [(invoice, None)] = found.invoices.as_slice() else {
                panic!("{found:?}");
            };
            assert_eq!(invoice.id, fresh.to_vec());
        }
        other => panic!("{other:?}"),
    }
    // What was certified before is not certified of another chain.
    let mut elsewhere = genesis();
    elsewhere.chain_id = "elsewhere".into();
    let verdict = verify(&file, &elsewhere.to_proto(), None);
    assert!(
        matches!(verdict, Err(ProofError::Headers(_))),
        "{verdict:?}"
    );
}

/// Whoever watches has every header, those that are there and those to come, and can follow them from genesis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_are_watched_as_they_come() {
    let world = World::build().await;
    let ledger = &world.node.ledger;
    let tip = ledger.tip().height;
    let from = |from_height| wire::WatchHeadersRequest { from_height };
    let mut client = Proofs::new(world.client("supplier-c"));
    let mut watched = client.watch_headers(from(1)).await.unwrap().into_inner();
    let mut headers = Vec::new();
    for _ in 0..tip {
        headers.push(watched.message().await.unwrap().unwrap());
    }
    let (_, signed) = sign("operator", 9_000, contract::CREDIT, &());
    fixture::commit(ledger, &[&signed]);
    headers.push(watched.message().await.unwrap().unwrap());
    let genesis = ledger.genesis().to_proto();
    let mut follower = Follower::new(&genesis);
    for header in &headers {
        follower.take(header).unwrap();
    }
    let followed = follower.finish().unwrap();
    assert_eq!(followed.hash, ledger.tip().block_hash);
    assert_eq!(followed.signatures as u64, tip + 1);
    let status = client.watch_headers(from(tip + 3)).await.unwrap_err();
    assert_eq!(reason(&status), (Code::OutOfRange, "NO_SUCH_HEIGHT".into()));
}

/// Commits a transaction of an organization's, which is executed.
fn post(world: &World, nonce: u64, who: &str, contract: u32, action: &impl prost::Message) -> TxId {
    let (id, signed) = sign(who, nonce, contract, action);
    let candidate = fixture::commit(&world.node.ledger, &[&signed]);
    let receipt = &candidate.receipts()[0];
    assert_eq!(receipt.code, 0, "{:?}", receipt.rejection);
    id
}

/// The debtor's confirmation of an invoice as every one here is.
fn confirmation(invoice: InvoiceId, acknowledged: Vec<i32>) -> invoices::Action {
    let confirm = invoices::ConfirmInvoice {
        invoice: invoice.to_vec(),
        amount: Some(wire::Money {
            minor: 100_000,
            currency: "USD".into(),
        }),
        terms_hash: terms_hash(&terms()).to_vec(),
        acknowledged,
    };
    invoices::Action {
        action: Some(invoices::action::Action::Confirm(confirm)),
    }
}

fn invoice_record(world: &World, id: InvoiceId) -> invoices::Invoice {
    let key = keys::invoice(id.0.as_ref());
    let record = world.node.ledger.state().0.get(&key).unwrap().unwrap();
    invoices::Invoice::decode(&record[..]).unwrap()
}

/// An invoice of the seller's whose one claim was passed on so many times.
async fn passed_on(times: u64) -> (World, ReceivableId) {
    let mut world = World::build().await;
    let (registering, signed) = world.fresh("supplier-a");
    fixture::commit(&world.node.ledger, &[&signed]);
    let invoice = InvoiceId::of(registering);
    let receivable = ReceivableId::of(invoice);
    // It is like the first one in all but its number.
    let warnings = invoice_record(&world, invoice).warnings;
    let confirm = confirmation(invoice, warnings);
    post(&world, 1_000, "buyer-a", contract::INVOICE, &confirm);
    let holders = ["supplier-b", "supplier-c"];
    let mut holder = "supplier-a";
    for (nonce, to) in (2_000..)
        .step_by(2)
        .zip(holders.iter().cycle())
        .take(times as usize)
    {
        let offer = claims::OfferClaim {
            receivable: receivable.to_vec(),
            number: 0,
            to: (*to).into(),
            purpose: claims::Purpose::Payment.into(),
            expires_on: Some(wire::Date {
                year: 2012,
                month: 2,
                day: 1,
            }),
            recourse: claims::Recourse::None.into(),
            ..Default::default()
        };
        let accept = claims::AcceptOffer {
            receivable: receivable.to_vec(),
            number: 0,
            end_to_end_id: String::new(),
        };
        let of = |action| claims::Action {
            action: Some(action),
        };
        let offer = of(claims::action::Action::Offer(offer));
        post(&world, nonce, holder, contract::RECEIVABLE, &offer);
        let accept = of(claims::action::Action::Accept(accept));
        post(&world, nonce + 1, to, contract::RECEIVABLE, &accept);
        holder = to;
    }
    (world, receivable)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passport_of_twenty_endorsements_is_short() {
    let (world, receivable) = passed_on(20).await;
    let file = passport_of(&world, "supplier-c", receivable).await;
    assert!(file.len() < 40 * 1024, "{} bytes", file.len());
    let passport = read(check(&world, &file, None).unwrap());
    let way = passport.way(&passport.claims[0]);
    assert_eq!(way.len(), 20);
    assert_eq!(way[0].from, "supplier-a");
    assert!(way.windows(2).all(|pair| pair[0].to == pair[1].from));
    assert_eq!(way[19].to, passport.claims[0].controller);
}

/// What was paid is shown one by one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_are_shown_one_by_one_and_none_can_be_left_out() {
    let world = World::build().await;
    let file = passport_of(&world, "supplier-a", world.paid).await;
    let passport = read(check(&world, &file, None).unwrap());
    let paid: Vec<u64> = passport
        .debt_payments
        .iter()
        .map(|payment| payment.principal_minor)
        .collect();
    assert_eq!(paid, [30_000, 12_000]);
    assert_eq!(passport.receivable.redeemed_minor, 42_000);
    let proof: wire::Proof = strict::decode(&file).unwrap();
    for number in 0..2 {
        let key = keys::debt_payment(&world.paid.to_vec(), number);
        let mut proof = proof.clone();
        proof.records.retain(|record| record.key != key);
        assert!(check(&world, &proof.encode_to_vec(), None).is_err());
    }
}
