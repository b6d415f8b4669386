//! Transactions in their blocks.

use counterfoil_types::proof::committed::{Committed, CommittedError};

use super::*;

pub async fn committed(world: &World, who: &str, id: TxId) -> Result<Vec<u8>, Status> {
    let request = wire::GetCommittedRequest {
        transaction: id.to_vec(),
        base: None,
    };
    let mut client = Proofs::new(world.client(who));
    Ok(client.get_committed(request).await?.into_inner().proof)
}

fn proven(world: &World, file: &[u8]) -> Committed {
    match check(world, file, None).unwrap().subject {
        Subject::Committed(committed) => *committed,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_is_shown_in_its_block_to_whom_it_is_of() {
    let mut world = World::build().await;
    let (confirming, signed) = world.confirming.clone();
    for who in ["buyer-a", "regulator"] {
        let file = committed(&world, who, confirming).await.unwrap();
        let found = proven(&world, &file);
        assert_eq!(found.id, confirming);
        assert_eq!(found.transaction.encode_to_vec(), signed.transaction);
        let receipt = world.node.ledger.storage().receipt(&confirming.0);
        let receipt = wire::Receipt::decode(receipt.unwrap().unwrap().as_slice()).unwrap();
        // Its events concern the seller, too, of whom the debtor is not told.
        let whole = (who == "regulator").then_some(receipt);
        assert_eq!(found.receipt, whole, "{who}");
    }
    for (who, id) in [
        ("supplier-a", confirming),
        ("bank-b", world.awarding),
        ("supplier-c", confirming),
        ("regulator", TxId::try_from(&[7; 32][..]).unwrap()),
    ] {
        let status = committed(&world, who, id).await.unwrap_err();
        assert_eq!(status.code(), Code::NotFound, "{who}");
    }
    // A rejection is shown without its wording.
    let file = committed(&world, "supplier-a", world.repeating)
        .await
        .unwrap();
    let receipt = proven(&world, &file).receipt.unwrap();
    assert_eq!((receipt.code, receipt.rejection), (4012, None));
    // Among others, in the last block.
    let several = [1, 2, 3].map(|_| world.fresh("supplier-b"));
    let signed: Vec<_> = several.iter().map(|(_, signed)| signed).collect();
    fixture::commit(&world.node.ledger, &signed);
    for (index, (id, _)) in (0..).zip(&several) {
        let file = committed(&world, "supplier-b", *id).await.unwrap();
        let found = proven(&world, &file);
        assert_eq!((found.index, found.receipt), (None, None));
        let file = committed(&world, "regulator", *id).await.unwrap();
        assert_eq!(proven(&world, &file).index, Some(index));
        assert_eq!(found.header.height, world.node.ledger.tip().height);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_is_nowhere_else_and_came_to_nothing_else() {
    let mut world = World::build().await;
    let (fresh, signed) = world.fresh("supplier-b");
    let (_, other) = world.fresh("supplier-b");
    fixture::commit(&world.node.ledger, &[&signed, &other]);
    fixture::commit(&world.node.ledger, &[]);
    let file = committed(&world, "regulator", fresh).await.unwrap();
    let proof: wire::Proof = strict::decode(&file).unwrap();
    check(&world, &file, None).unwrap();
    let refused = |change: fn(&mut wire::Proof)| {
        let mut proof = proof.clone();
        change(&mut proof);
        check(&world, &proof.encode_to_vec(), None).unwrap_err()
    };
    type Change = fn(&mut wire::Proof);
    use CommittedError::*;
    let changes: [(Change, ProofError); 11] = [
        (|p| p.inclusion = None, NoPlace.into()),
        (|p| of(p).index = 1, OtherTransaction.into()),
        (|p| of(p).count = 3, OtherTransaction.into()),
        (|p| drop(of(p).siblings.pop()), OtherTransaction.into()),
        (|p| of(p).siblings[0].push(0), OtherTransaction.into()),
        (
            |p| of(p).receipt.as_mut().unwrap().code = 4_012,
            OtherReceipt.into(),
        ),
        (
            |p| of(p).receipt.as_mut().unwrap().events.clear(),
            OtherReceipt.into(),
        ),
        (|p| of(p).receipt = None, ProofError::Stray("hashes")),
        (
            |p| of(p).header.as_mut().unwrap().time_ms += 1,
            OtherBlock.into(),
        ),
        (|p| of(p).header = None, OtherTransaction.into()),
        (|p| p.transactions.clear(), ProofError::Lacks("transaction")),
    ];
    for (n, (change, error)) in changes.into_iter().enumerate() {
        assert_eq!(refused(change), error, "change {n}");
    }
    let rejection = refused(|p| {
        of(p).receipt.as_mut().unwrap().rejection = Some(wire::Rejection::default());
    });
    assert_eq!(rejection, OtherReceipt.into());
    // Without its receipt it is committed, and no more is said.
    let mut less = proof.clone();
    of(&mut less).receipt = None;
    of(&mut less).receipt_siblings.clear();
    assert_eq!(proven(&world, &less.encode_to_vec()).receipt, None);
    for at in 0..file.len() {
        for bit in [0, 3, 7] {
            let mut flipped = file.clone();
            flipped[at] ^= 1 << bit;
            let found = check(&world, &flipped, None);
            assert!(found.is_err(), "bit {bit} of byte {at}");
        }
    }
}

fn of(proof: &mut wire::Proof) -> &mut wire::Inclusion {
    proof.inclusion.as_mut().unwrap()
}
