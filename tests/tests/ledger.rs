//! The ledger without a network: proposing, validating, committing, and what it refuses.

use counterfoil_execution::StateReader as _;
use counterfoil_proto::receivable::v1::{SplitClaim, action::Action as Claims};
use counterfoil_proto::v1::{Block, Header};
use counterfoil_tests::chain::{
    CHAIN_ID, Chain, GENESIS_MS, certificate, confirm, genesis, issue, key, ledger_key, on_claims,
    register, roll, settle, sign,
};
use counterfoil_types::block::{header_hash, verify_certificate};
use counterfoil_types::genesis::LedgerKey;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::{InvoiceId, ReceivableId};
use counterfoil_types::limits::MAX_BLOCK_RECEIPT_BYTES;
use counterfoild::ledger::{Ledger, LedgerError};
use prost::Message;

#[test]
fn an_invoice_is_registered_confirmed_and_settled_late() {
    let chain = Chain::new();
    let registration = sign("supplier", 2, 1, register("INV-1", 6_000));
    let id = registration.id();
    let blocks = [
        vec![
            sign("bank", 3, 1, issue("buyer", 10_000, "e1")),
            registration,
        ],
        vec![sign("buyer", 1, 2, confirm(id, 6_000))],
        vec![sign("operator", 4, 3, roll(2012, 2, 9))],
        // Ten days late at 8 %: 13.33 cents. Less than that leaves a cent to be paid.
        vec![
            sign("buyer", 1, 4, settle(id, 6_012, "p1")),
            sign("buyer", 1, 5, settle(id, 1, "p1")),
            sign("buyer", 1, 6, settle(id, 1, "p2")),
            sign("buyer", 1, 7, settle(id, 1, "p3")),
        ],
    ];
    let mut codes = Vec::new();
    for (height, transactions) in (1..).zip(blocks) {
        let candidate = chain.propose(height * 1_000, transactions);
        codes.extend(candidate.receipts().iter().map(|r| r.code));
        chain.commit(&candidate);
    }
    assert_eq!(codes, [0, 0, 0, 0, 0, 7007, 0, 7003]);
    assert_eq!(chain.ledger.tip().height, 4);
}

/// A payment that moves 256 claims has a long receipt: a block ends before its receipts pass their bound.
#[test]
fn a_block_has_room_for_so_many_receipts() {
    let (maker, checker) = (Chain::new(), Chain::new());
    let registration = sign("supplier", 2, 1, register("INV-1", 1_500_000));
    let id = registration.id();
    let receivable = ReceivableId::of(InvoiceId::of(id)).to_vec();
    let parts = [vec![1_250; 255], vec![1_181_250]].concat();
    let split = Claims::Split(SplitClaim {
        receivable,
        number: 0,
        parts_minor: parts,
    });
    let prepared = vec![
        sign("bank", 3, 1, issue("buyer", 1_500_000, "e1")),
        registration,
        sign("buyer", 1, 2, confirm(id, 1_500_000)),
        sign("supplier", 2, 3, on_claims(split)),
    ];
    let prepared = maker.propose(1_000, prepared);
    assert!(prepared.receipts().iter().all(|receipt| receipt.code == 0));
    for chain in [&maker, &checker] {
        chain.commit(&prepared);
    }
    let payments: Vec<_> = (0..400)
        .map(|n| sign("buyer", 1, 10 + n, settle(id, 1_200, &format!("p{n}"))))
        .collect();
    let full = maker.propose(2_000, payments.clone());
    let fitting = full.receipts().len();
    assert!((100..400).contains(&fitting), "{fitting} receipts");
    let bytes: usize = full.receipts().iter().map(Message::encoded_len).sum();
    assert!(
        (5_000_000..=MAX_BLOCK_RECEIPT_BYTES).contains(&bytes),
        "{bytes} bytes"
    );
    checker
        .ledger
        .validate(full.bytes(), 2)
        .expect("a full block");

    let mut overfull = Block::decode(full.bytes()).unwrap();
    overfull
        .transactions
        .push(payments[fitting].bytes().to_vec());
    match checker.ledger.validate(&overfull.encode_to_vec(), 2) {
        Err(LedgerError::InvalidBlock(problem)) => {
            assert!(problem.contains("receipts"), "{problem}")
        }
        other => panic!("{:?}", other.map(|block| block.block_hash())),
    }
}

/// A proposer ends a block that would take long, whatever its transactions are; to everybody else it is a block like any.
#[test]
fn a_proposal_has_no_more_work_than_asked_for() {
    let (maker, checker) = (Chain::new(), Chain::new());
    let deposits: Vec<_> = (1..=5)
        .map(|n| sign("bank", 3, n, issue("buyer", 500, &format!("e{n}"))))
        .collect();
    let propose = |count: usize, enough| {
        let proposer = key(9).public_key().address();
        let transactions = deposits[..count].to_vec();
        let clock = GENESIS_MS + 1_000;
        let made = maker
            .ledger
            .propose(1, clock, proposer, transactions, enough);
        made.expect("a proposal")
    };
    let two = propose(2, usize::MAX);
    assert_eq!(two.receipts().len(), 2);
    assert!(two.work() > 4, "each changes records");
    for (enough, fitting) in [
        (0, 1),
        (two.work() - 1, 2),
        (two.work(), 2),
        (two.work() + 1, 3),
    ] {
        let made = propose(5, enough);
        assert_eq!(made.receipts().len(), fitting, "{enough}");
        checker.ledger.validate(made.bytes(), 1).expect("a block");
    }
}

#[test]
fn another_node_finds_the_same_block_valid() {
    let (maker, checker) = (Chain::new(), Chain::new());
    for height in 1..=3 {
        let transactions = vec![
            sign(
                "bank",
                3,
                height,
                issue("buyer", 500, &format!("e{height}")),
            ),
            sign("supplier", 2, height, register("INV-1", 6_000)),
        ];
        let candidate = maker.propose(height * 1_000, transactions);
        let checked = checker.ledger.validate(candidate.bytes(), height).unwrap();
        assert_eq!(checked.block_hash(), candidate.block_hash());
        maker.commit(&candidate);
        checker.commit(&checked);
        let set = checker.ledger.settings().unwrap().validators;
        let certificate = certificate(height, &candidate.block_hash());
        let verdict =
            verify_certificate(CHAIN_ID, &certificate, height, &checked.block_hash(), &set);
        assert_eq!(verdict, Ok(()));
    }
    assert_eq!(maker.ledger.tip(), checker.ledger.tip());
    let root = checker.ledger.storage().state_root(3).unwrap();
    assert_eq!(root, Some(maker.ledger.tip().state_root));
}

/// A hash of nothing in the block.
fn other() -> Vec<u8> {
    Hash::of_document(b"other").to_vec()
}

#[test]
fn a_block_that_differs_in_any_field_is_invalid() {
    let chain = Chain::new();
    let good = chain.propose(1_000, vec![sign("bank", 3, 1, issue("buyer", 500, "e1"))]);
    let block = Block::decode(good.bytes()).unwrap();
    type Change = fn(&mut Header);
    let changes: [(&str, Change); 13] = [
        ("version", |h| h.version += 1),
        ("chain id", |h| h.chain_id = "vectors-2".into()),
        ("height", |h| h.height += 1),
        ("time", |h| h.time_ms = GENESIS_MS),
        ("time", |h| h.time_ms = u64::MAX),
        ("proposer", |h| h.proposer = other()),
        ("parent", |h| h.parent = other()),
        ("transactions root", |h| h.transactions_root = other()),
        ("receipts root", |h| h.receipts_root = other()),
        ("state root", |h| h.state_root = other()),
        ("validators hash", |h| h.validators_hash = other()),
        ("next validators hash", |h| h.next_validators_hash = other()),
        ("parameters hash", |h| h.params_hash = other()),
    ];
    for (field, change) in changes {
        let mut changed = block.clone();
        change(changed.header.as_mut().unwrap());
        let verdict = chain.ledger.validate(&changed.encode_to_vec(), 1);
        let Err(LedgerError::InvalidBlock(problem)) = verdict else {
            panic!("a wrong {field} was not found");
        };
        assert!(problem.contains(field), "{field}: {problem}");
    }
    assert!(chain.ledger.validate(good.bytes(), 1).is_ok());
    assert!(chain.ledger.validate(good.bytes(), 2).is_err());
}

#[test]
fn wrong_transactions_make_a_block_invalid() {
    let chain = Chain::new();
    let tx = sign("bank", 3, 1, issue("buyer", 500, "e1"));
    let good = chain.propose(1_000, vec![tx.clone()]);
    let block = Block::decode(good.bytes()).unwrap();
    let problem = |transactions: Vec<Vec<u8>>| {
        let changed = Block {
            transactions,
            ..block.clone()
        };
        match chain.ledger.validate(&changed.encode_to_vec(), 1) {
            Err(LedgerError::InvalidBlock(problem)) => problem,
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("a wrong block was found valid"),
        }
    };
    let mut forged = tx.bytes().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    assert!(problem(vec![forged]).contains("signature"));
    assert!(problem(vec![b"nonsense".to_vec()]).contains("transaction 0"));
    assert!(problem(vec![tx.bytes().to_vec(), tx.bytes().to_vec()]).contains("committed already"));
    assert!(problem(vec![]).contains("transactions root"));

    chain.commit(&good);
    let again = chain.propose(2_000, vec![tx.clone()]);
    assert_eq!(
        again.tx_ids().count(),
        0,
        "a committed transaction is not proposed again"
    );
    let mut next = Block::decode(again.bytes()).unwrap();
    next.transactions = vec![tx.bytes().to_vec()];
    let verdict = chain.ledger.validate(&next.encode_to_vec(), 2);
    assert!(
        matches!(verdict, Err(LedgerError::InvalidBlock(p)) if p.contains("committed already"))
    );
}

#[test]
fn a_block_of_many_transactions_is_checked_in_parts() {
    let (maker, checker) = (Chain::new(), Chain::new());
    let transactions = (0..600).map(|n| sign("bank", 3, n, issue("buyer", 1, &format!("e{n}"))));
    let made = maker.propose(1_000, transactions.collect());
    assert_eq!(made.receipts().len(), 600);
    let block = Block::decode(made.bytes()).unwrap();
    let mut forged = block.clone();
    *forged.transactions[590].last_mut().unwrap() ^= 1;
    let mut repeated = block;
    repeated.transactions[590] = repeated.transactions[0].clone();
    let ledger = &checker.ledger;
    for validate in [Ledger::validate, Ledger::validate_decided] {
        let found = validate(ledger, made.bytes(), 1).unwrap();
        assert_eq!(found.block_hash(), made.block_hash());
        for (block, words) in [
            (&forged, "transaction 590: a signature"),
            (&repeated, "committed already"),
        ] {
            match validate(ledger, &block.encode_to_vec(), 1) {
                Err(LedgerError::InvalidBlock(problem)) => {
                    assert!(problem.contains(words), "{problem}");
                }
                other => panic!("{:?}", other.map(|found| found.block_hash())),
            }
        }
    }
}

#[test]
fn the_last_blocks_receipts_are_those_that_are_stored() {
    let chain = Chain::new();
    assert!(chain.ledger.receipts(1).unwrap().is_none());
    let rejected = sign("buyer", 1, 1, issue("bank", 5, "e1"));
    let good = (0..40).map(|n| sign("bank", 3, n, issue("buyer", 1, &format!("e{n}"))));
    chain.commit(&chain.propose(1_000, good.chain([rejected]).collect()));
    let last = chain.ledger.receipts(1).unwrap().unwrap().to_vec();
    assert_eq!(last.len(), 41);
    let stored = chain.ledger.storage().receipts(1).unwrap().unwrap();
    let encoded: Vec<Vec<u8>> = last.iter().map(Message::encode_to_vec).collect();
    assert_eq!(stored, encoded);
    chain.commit(&chain.propose(2_000, vec![]));
    assert_eq!(*chain.ledger.receipts(1).unwrap().unwrap(), *last);
    assert!(chain.ledger.receipts(2).unwrap().unwrap().is_empty());
    assert!(chain.ledger.receipts(3).unwrap().is_none());
}

#[test]
fn expired_transactions_are_neither_proposed_nor_valid() {
    let chain = Chain::new();
    let tx = sign("bank", 3, 1, issue("buyer", 500, "e1"));
    let late = chain.propose(3_600_000, vec![tx.clone()]);
    assert_eq!(late.tx_ids().count(), 0);
    let mut block = Block::decode(late.bytes()).unwrap();
    block.transactions = vec![tx.bytes().to_vec()];
    let verdict = chain.ledger.validate(&block.encode_to_vec(), 1);
    assert!(matches!(verdict, Err(LedgerError::InvalidBlock(p)) if p.contains("expired")));
}

#[test]
fn a_rejected_transaction_changes_nothing_but_the_block_hash_record() {
    let chain = Chain::new();
    let before = chain.ledger.state().scan(b"", None, 1_000).unwrap();
    let candidate = chain.propose(1_000, vec![sign("buyer", 1, 1, issue("bank", 5, "e1"))]);
    assert_eq!(candidate.receipts()[0].code, 3001);
    chain.commit(&candidate);
    let key = [b"block/".as_slice(), &0u64.to_be_bytes()].concat();
    let state = chain.ledger.state();
    let parent = state.get(&key).unwrap();
    assert_eq!(parent.as_deref(), Some(&genesis().hash().as_bytes()[..]));
    let mut after = state.scan(b"", None, 1_000).unwrap();
    after.retain(|(k, _)| *k != key);
    assert_eq!(after, before);
}

#[test]
fn committing_again_is_nothing_and_another_block_is_an_error() {
    let chain = Chain::new();
    let first = chain.propose(1_000, vec![]);
    let other = chain.propose(2_000, vec![]);
    chain.commit(&first);
    let tip = chain.ledger.tip();
    chain.commit(&first);
    assert_eq!(chain.ledger.tip(), tip);
    let hash = other.block_hash();
    assert!(chain.ledger.commit(&other, &certificate(1, &hash)).is_err());
    assert_eq!(chain.ledger.tip(), tip);
}

#[test]
fn a_ledger_opens_again_where_it_was_and_only_with_its_own_genesis_and_key() {
    let chain = Chain::new();
    chain.commit(&chain.propose(1_000, vec![]));
    let tip = chain.ledger.tip();
    let Chain { ledger, folder } = chain;
    drop(ledger);
    let open = |genesis, key| Ledger::open(folder.path(), genesis, key);
    assert_eq!(open(genesis(), ledger_key()).unwrap().tip(), tip);
    let mut other = genesis();
    other.chain_id = "vectors-2".into();
    assert!(open(other, ledger_key()).is_err());
    let stranger = LedgerKey::from_bytes([8; 32]);
    assert!(matches!(
        open(genesis(), stranger),
        Err(LedgerError::Unprepared(_))
    ));
}

#[test]
fn block_time_is_later_than_the_parents_whatever_the_clock_says() {
    let chain = Chain::new();
    chain.commit(&chain.propose(5_000, vec![]));
    let next = chain.propose(1_000, vec![]);
    assert_eq!(next.header().time_ms, GENESIS_MS + 5_001);
    assert_eq!(next.header().parent, chain.ledger.tip().block_hash.to_vec());
    assert_eq!(
        next.header().proposer,
        key(9).public_key().address().to_vec()
    );
    assert_eq!(header_hash(next.header()), next.block_hash());
}
