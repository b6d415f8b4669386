//! Handlers on a ledger without an engine.

use counterfoil_execution::{VerifiedTransaction, check};
use counterfoil_proto::membership::v1 as membership;
use counterfoil_proto::membership::v1::decision::Decision;
use counterfoil_proto::v1 as wire;
use counterfoil_types::block::{params_hash, parts_sign_bytes, validator_set_hash};
use counterfoil_types::dates::Date;
use counterfoil_types::transaction::{Draft, contract};
use malachitebft_app::engine::host::{Next, SyncedValueOutcome};
use malachitebft_app::types::MisbehaviorEvidence;
use malachitebft_app_channel::{AppMsg, NetworkMsg};
use malachitebft_core_types::{
    CommitCertificate, Round, Timeout, Timeouts as _, Validator as _, ValidatorSet as _,
};
use tokio::sync::{oneshot, watch};

use super::super::context::{Address, BlockHash, Ctx, Height};
use super::super::handlers::{decided, dispatch};
use super::super::host::Host;
use super::super::proposals::Verdict;
use super::super::received::{Body, Received};
use super::super::streams::Assembled;
use super::*;
use crate::ledger::{Candidate, LedgerError};

const ROUND_0: Round = Round::new(0);
const ROUND_1: Round = Round::new(1);

/// A host of node 0 on a ledger, and what it publishes.
fn host(network: &Network, ledger: &Ledger) -> (Host, mpsc::Receiver<NetworkMsg<Ctx>>) {
    let (publish, published) = mpsc::channel(64);
    let host = Host::new(
        ledger.clone(),
        Pool::new(PoolLimits::default()),
        Some(validator_key(0)),
        network.data_dir(0).join("HALTED"),
        watch::Sender::new(0),
        publish,
        network.stores.clone(),
    );
    (host.unwrap(), published)
}

/// Makes block 1 as the proposer of round 0, on a ledger of the same chain.
fn first_block(host: &mut Host, ledger: &Ledger, clock_ms: u64) -> Candidate {
    let proposer = host.proposer(ROUND_0).unwrap();
    ledger
        .propose(1, clock_ms, proposer.address().0, vec![], usize::MAX)
        .unwrap()
}

fn received(host: &mut Host, block: &Candidate, round: Round, valid_round: Round) -> Received {
    Received {
        height: 1,
        round,
        valid_round,
        proposer: *host.proposer(round).unwrap().address(),
        signature: SigningKey::from_seed([0; 32]).sign(b"checked before"),
        body: Body::read(block.bytes().to_vec()).unwrap(),
    }
}

/// The same as it comes over the network, signed by whose turn the round is.
fn assembled(host: &mut Host, block: &Candidate, round: Round) -> Assembled {
    let proposer = *host.proposer(round).unwrap().address();
    let mut keys = (0..4).map(validator_key);
    let key = keys.find(|key| Address::of(Some(key)) == proposer).unwrap();
    let hash = block.block_hash();
    let message = parts_sign_bytes(&host.chain_id, 1, round.as_i64(), &hash);
    Assembled {
        height: 1,
        round: round.as_u32().unwrap(),
        valid_round: Round::Nil,
        proposer,
        block: block.bytes().to_vec(),
        signature: key.sign(&message),
    }
}

fn peer(n: u8) -> malachitebft_app::types::PeerId {
    engine_peer(&peer_keypair(n).public().to_peer_id()).unwrap()
}

/// Genesis' validators but for one.
fn validator_set(genesis: &Genesis, without: u8) -> wire::ValidatorSet {
    let mut set = genesis.validator_set();
    let key = validator_key(without).public_key().to_vec();
    set.validators
        .retain(|validator| validator.public_key != key);
    set
}

/// The one operator's transaction.
fn signed(contract: u32, action: Vec<u8>, nonce: u64) -> VerifiedTransaction {
    let draft = Draft {
        chain_id: "test-chain",
        organization: &"operator".parse().unwrap(),
        expires_at_ms: clock_ms() + 600_000,
        nonce,
        contract,
        action,
    };
    let (_, signed) = draft.sign(&SigningKey::from_seed([200; 32]));
    check(&signed.encode_to_vec(), "test-chain").unwrap()
}

/// A decision of the one operator, carried out at once.
fn decide_on(decision: Decision) -> VerifiedTransaction {
    let today = Date::from_unix_ms(clock_ms().cast_signed()).unwrap();
    let propose = membership::ProposeDecision {
        decision: Some(membership::Decision {
            decision: Some(decision),
        }),
        expires_on: Some(today.add_days(1).unwrap().to_proto()),
    };
    let action = membership::Action {
        action: Some(membership::action::Action::ProposeDecision(propose)),
    };
    signed(contract::MEMBERSHIP, action.encode_to_vec(), 1)
}

/// One of 60,000 bytes, whatever it says.
fn large_transaction(nonce: u64) -> VerifiedTransaction {
    signed(contract::MEMBERSHIP, vec![0xff; 60_000], nonce)
}

fn certificate(hash: Hash) -> CommitCertificate<Ctx> {
    CommitCertificate {
        height: Height(1),
        round: ROUND_0,
        value_id: BlockHash(hash),
        commit_signatures: vec![],
    }
}

async fn decide(host: &mut Host, hash: Hash) -> Result<oneshot::Receiver<()>, ConsensusError> {
    let (reply, answer) = oneshot::channel();
    let message = AppMsg::Decided {
        certificate: certificate(hash),
        extensions: Default::default(),
        reply,
    };
    dispatch(host, message).await?;
    Ok(answer)
}

async fn finalize(host: &mut Host, hash: Hash) -> oneshot::Receiver<Next<Ctx>> {
    let (reply, answer) = oneshot::channel();
    let message = AppMsg::Finalized {
        certificate: certificate(hash),
        extensions: Default::default(),
        evidence: MisbehaviorEvidence {
            proposals: Default::default(),
            votes: Default::default(),
        },
        reply,
    };
    dispatch(host, message).await.unwrap();
    answer
}

fn is_next(answer: &mut oneshot::Receiver<Next<Ctx>>, height: u64) -> bool {
    matches!(answer.try_recv(), Ok(Next::Start(Height(h), _)) if h == height)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_decided_block_is_fetched_before_the_height_ends() {
    let network = Network::new(4, 50);
    let (ours, theirs) = (network.open(0), network.open(1));
    let (mut host, _published) = host(&network, &ours);
    host.enter(1, ROUND_0).unwrap();
    let block = first_block(&mut host, &theirs, clock_ms());
    let hash = block.block_hash();
    let mut decided = decide(&mut host, hash).await.unwrap();
    let mut finalized = finalize(&mut host, hash).await;
    assert!(decided.try_recv().is_err() && finalized.try_recv().is_err());
    assert_eq!(ours.tip().height, 0);
    // Another node commits it, and so can give it.
    let decided_by = super::super::certificate::to_wire(&certificate(hash));
    theirs.commit(&block, &decided_by).unwrap();
    network.stores.0.lock().unwrap().push(theirs);
    host.seen.send_replace(2);
    let body = timeout(PATIENCE, host.fetches.join_next()).await.unwrap();
    decided::complete(&mut host, &body.unwrap().unwrap()).unwrap();
    decided.try_recv().unwrap();
    assert!(is_next(&mut finalized, 2));
    assert_eq!(ours.tip().block_hash, hash);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_untimely_block_is_refused_fresh_and_taken_when_others_locked_on_it() {
    let mut network = Network::new(4, 50);
    network.genesis.time_ms -= 3_600_000;
    let ledger = network.open(0);
    let (mut first, _published) = host(&network, &ledger);
    first.enter(1, ROUND_0).unwrap();
    let block = first_block(&mut first, &ledger, clock_ms() - 60_000);
    let fresh = received(&mut first, &block, ROUND_0, Round::Nil);
    let value = first.judge(fresh.clone()).unwrap().unwrap();
    assert!(value.validity.is_invalid());
    // It is stored all the same: it may be decided.
    assert_eq!(ledger.storage().undecided(1).unwrap().len(), 1);
    first.enter(1, ROUND_1).unwrap();
    let again = received(&mut first, &block, ROUND_1, ROUND_0);
    let value = first.judge(again.clone()).unwrap().unwrap();
    assert!(value.validity.is_valid());
    assert_eq!(value.valid_round, ROUND_0);
    // What the engine knows already it is not told again.
    assert_eq!(first.judge(again).unwrap(), None);
    // After a crash each round gives back what was stored for it.
    let (mut second, _published) = host(&network, &ledger);
    for (round, valid_round) in [(ROUND_0, Round::Nil), (ROUND_1, ROUND_0)] {
        second.enter(1, round).unwrap();
        let values = second.proposals.values(round);
        assert_eq!(values.len(), 1);
        assert_eq!(values[0].value, BlockHash(block.block_hash()));
        assert_eq!(values[0].valid_round, valid_round);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_that_names_another_proposer_is_dropped() {
    let network = Network::new(4, 50);
    let ledger = network.open(0);
    let (mut host, _published) = host(&network, &ledger);
    host.enter(1, ROUND_0).unwrap();
    let other = host.proposer(ROUND_1).unwrap().address().0;
    let block = ledger.propose(1, clock_ms(), other, vec![], usize::MAX);
    let block = block.unwrap();
    let fresh = received(&mut host, &block, ROUND_0, Round::Nil);
    assert_eq!(host.judge(fresh).unwrap(), None);
    assert!(ledger.storage().undecided(1).unwrap().is_empty());
    // Sent again as one of an earlier round, any validator may have made it.
    host.enter(1, ROUND_1).unwrap();
    let again = received(&mut host, &block, ROUND_1, ROUND_0);
    let value = host.judge(again).unwrap().unwrap();
    assert!(value.validity.is_valid());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_that_the_ledger_refuses_is_invalid_and_not_stored() {
    let network = Network::new(4, 50);
    let ledger = network.open(0);
    let (mut host, _published) = host(&network, &ledger);
    host.enter(1, ROUND_0).unwrap();
    let block = first_block(&mut host, &ledger, clock_ms());
    let mut wrong = received(&mut host, &block, ROUND_0, Round::Nil);
    let mut header = wrong.body.header.clone();
    header.state_root = vec![0; 32];
    let bytes = wire::Block {
        header: Some(header),
        transactions: vec![],
    };
    wrong.body = Body::read(bytes.encode_to_vec()).unwrap();
    let value = host.judge(wrong.clone()).unwrap().unwrap();
    assert!(value.validity.is_invalid());
    let entry = host.proposals.entry(ROUND_0, &wrong.body.hash).unwrap();
    assert_eq!(entry.verdict, Verdict::Invalid);
    assert!(ledger.storage().undecided(1).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocks_of_the_next_height_wait_for_it() {
    let network = Network::new(4, 50);
    let ledger = network.open(0);
    let (mut host, _published) = host(&network, &ledger);
    let block = first_block(&mut host, &ledger, clock_ms());
    let early = assembled(&mut host, &block, ROUND_0);
    host.keep_early(peer(1), early);
    assert!(host.proposals.values(ROUND_0).is_empty());
    host.enter(1, ROUND_0).unwrap();
    let values = host.proposals.values(ROUND_0);
    assert_eq!(values[0].value, BlockHash(block.block_hash()));
    assert!(values[0].validity.is_valid() && host.early.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proposer_proposes_the_same_block_after_a_crash() {
    let network = Network::new(4, 50);
    let ledger = network.open(0);
    let me = Address::of(Some(&validator_key(0)));
    let mut proposed = Vec::new();
    for _ in 0..2 {
        let (mut host, mut published) = host(&network, &ledger);
        let own = (0..4).map(Round::new);
        let round = own
            .into_iter()
            .find(|r| *host.proposer(*r).unwrap().address() == me)
            .unwrap();
        host.enter(1, round).unwrap();
        let (reply, answer) = oneshot::channel();
        let message = AppMsg::GetValue {
            height: Height(1),
            round,
            timeout: Duration::from_secs(1),
            reply,
        };
        dispatch(&mut host, message).await.unwrap();
        proposed.push(answer.await.unwrap().value);
        // A small block is three parts: the first, its bytes, the last.
        drop(host);
        let mut parts = 0;
        while published.recv().await.is_some() {
            parts += 1;
        }
        assert_eq!(parts, 3);
        // The clock goes on, so a block made anew would be another.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(proposed[0], proposed[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deciding_again_changes_nothing_and_deciding_otherwise_halts() {
    let network = Network::new(4, 50);
    let ledger = network.open(0);
    let (mut host, _published) = host(&network, &ledger);
    host.enter(1, ROUND_0).unwrap();
    let block = first_block(&mut host, &ledger, clock_ms());
    let fresh = received(&mut host, &block, ROUND_0, Round::Nil);
    host.judge(fresh).unwrap();
    for _ in 0..2 {
        let mut decided = decide(&mut host, block.block_hash()).await.unwrap();
        decided.try_recv().unwrap();
        assert_eq!(ledger.tip().block_hash, block.block_hash());
    }
    // Live, with an empty pool and nobody ahead, the height is held until something happens.
    let mut finalized = finalize(&mut host, block.block_hash()).await;
    assert!(host.held.is_some() && finalized.try_recv().is_err());
    host.release().unwrap();
    assert!(is_next(&mut finalized, 2));
    let error = decide(&mut host, Hash::default()).await.unwrap_err();
    assert!(matches!(error, ConsensusError::Halted { .. }), "{error}");
    assert!(check_halted(&host.halted_file).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_synced_block_is_stored_and_its_height_not_held() {
    let network = Network::new(4, 50);
    let (ours, theirs) = (network.open(0), network.open(1));
    let (mut host, _published) = host(&network, &ours);
    host.enter(1, ROUND_0).unwrap();
    let block = first_block(&mut host, &theirs, 0);
    let mut swapped: wire::Block = wire::Block::decode(block.bytes()).unwrap();
    swapped.transactions.push(vec![1]);
    let proposer = *host.proposer(ROUND_0).unwrap().address();
    for (bytes, good) in [
        (swapped.encode_to_vec(), false),
        (block.bytes().to_vec(), true),
    ] {
        let (reply, answer) = oneshot::channel();
        let message = AppMsg::ProcessSyncedValue {
            height: Height(1),
            round: ROUND_0,
            proposer,
            value_bytes: bytes.into(),
            reply,
        };
        dispatch(&mut host, message).await.unwrap();
        match answer.await.unwrap() {
            SyncedValueOutcome::Verdict(value) => {
                assert!(good && value.validity.is_valid());
            }
            SyncedValueOutcome::PeerFault => assert!(!good),
            SyncedValueOutcome::LocalTransientError => panic!("nothing is wrong here"),
        }
    }
    assert_eq!(ours.storage().undecided(1).unwrap().len(), 1);
    decide(&mut host, block.block_hash()).await.unwrap();
    let mut finalized = finalize(&mut host, block.block_hash()).await;
    assert!(is_next(&mut finalized, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_ahead_of_the_clock_is_refused_whatever_round_it_claims() {
    let network = Network::new(4, 50);
    let ledger = network.open(0);
    let (mut host, _published) = host(&network, &ledger);
    host.enter(1, ROUND_0).unwrap();
    let block = first_block(&mut host, &ledger, clock_ms() + 3_600_000);
    // Round 4 is the same proposer's, and nobody but it says that the block was valid in round 0.
    for (round, valid_round) in [(ROUND_0, Round::Nil), (Round::new(4), ROUND_0)] {
        let claimed = received(&mut host, &block, round, valid_round);
        let value = host.judge(claimed).unwrap().unwrap();
        assert!(value.validity.is_invalid(), "{round} {valid_round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_word_of_a_far_height_counts_for_one_height() {
    let network = Network::new(4, 50);
    let ledger = network.open(0);
    let (mut host, _published) = host(&network, &ledger);
    host.seen.send_replace(u64::MAX);
    host.enter(1, ROUND_0).unwrap();
    assert_eq!(*host.seen.borrow(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_does_not_crowd_out_early_blocks_of_another() {
    let network = Network::new(4, 50);
    let ledger = network.open(0);
    let (mut host, _published) = host(&network, &ledger);
    let block = first_block(&mut host, &ledger, clock_ms());
    for round in [1, 5, 9] {
        let theirs = assembled(&mut host, &block, Round::new(round));
        host.keep_early(peer(2), theirs);
    }
    let honest = assembled(&mut host, &block, ROUND_0);
    host.keep_early(peer(1), honest.clone());
    // What another has sent already is kept once.
    host.keep_early(peer(3), honest.clone());
    let kept = &host.early[&1];
    assert_eq!(kept.len(), 3);
    assert!(kept.contains(&(peer(1), honest)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_early_block_counts_only_from_whose_turn_it_is() {
    let network = Network::new(4, 50);
    let ledger = network.open(0);
    let (mut host, _published) = host(&network, &ledger);
    let block = first_block(&mut host, &ledger, clock_ms());
    let mut forged = assembled(&mut host, &block, ROUND_0);
    forged.signature = SigningKey::from_seed([99; 32]).sign(b"something else");
    host.keep_early(peer(1), forged);
    host.enter(1, ROUND_0).unwrap();
    assert!(host.proposals.values(ROUND_0).is_empty() && host.early.is_empty());
}

/// The next height has other validators and time-outs once a decision is committed, and no sooner.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_counts_from_the_next_height_on() {
    let network = Network::new(4, 60_000);
    let ledger = network.open(0);
    let (mut host, _published) = host(&network, &ledger);
    host.enter(1, ROUND_0).unwrap();
    let before = host.params().unwrap();
    assert_eq!(before.validator_set.count(), 4);
    let kept = validator_set(&network.genesis, 3);
    let params = wire::ConsensusParams {
        max_block_bytes: 128 * 1024,
        timeout_propose_ms: 1_234,
        heartbeat_ms: 40,
        ..network.genesis.params.to_proto()
    };
    let transactions = vec![
        decide_on(Decision::Validators(kept.clone())),
        decide_on(Decision::Params(params)),
    ];
    let proposer = host.proposer(ROUND_0).unwrap().address().0;
    let block = ledger.propose(1, clock_ms(), proposer, transactions, usize::MAX);
    let block = block.unwrap();
    assert!(block.receipts().iter().all(|receipt| receipt.code == 0));
    let header = block.header().clone();
    assert_eq!(
        header.next_validators_hash,
        validator_set_hash(&kept).to_vec()
    );
    assert_ne!(header.validators_hash, header.next_validators_hash);
    let fresh = received(&mut host, &block, ROUND_0, Round::Nil);
    host.judge(fresh).unwrap();
    assert_eq!(host.params().unwrap().validator_set.count(), 4);

    let mut decided = decide(&mut host, block.block_hash()).await.unwrap();
    decided.try_recv().unwrap();
    let mut finalized = finalize(&mut host, block.block_hash()).await;
    // The heartbeat is the new one, so that a height that is held is left soon.
    let held = host.held.as_ref().expect("the chain is idle");
    let soon = tokio::time::Instant::now() + Duration::from_millis(40);
    assert!(held.until <= soon);
    host.release().unwrap();
    let Ok(Next::Start(Height(2), next)) = finalized.try_recv() else {
        panic!("the next height does not begin");
    };
    assert_eq!(next.validator_set.count(), 3);
    let wait = next.timeouts.duration_for(Timeout::propose(ROUND_0));
    assert_eq!(wait, Duration::from_millis(1_234));
    host.enter(2, ROUND_0).unwrap();
    let turns = [0, 1, 2].map(|round| *host.proposer(Round::new(round)).unwrap().address());
    let removed = Address::of(Some(&validator_key(3)));
    assert!(!turns.contains(&removed));

    // One who was removed makes no block, and no block is larger than the new parameters allow.
    let problem = |block: Candidate| match ledger.validate(block.bytes(), 2) {
        Err(LedgerError::InvalidBlock(problem)) => problem,
        _ => panic!("a block that should not be valid is"),
    };
    let by_removed = ledger
        .propose(2, clock_ms(), removed.0, vec![], usize::MAX)
        .unwrap();
    assert_eq!(
        by_removed.header().params_hash,
        params_hash(&params).to_vec()
    );
    assert!(problem(by_removed).contains("not a validator"));
    let large = (0..4).map(large_transaction).collect::<Vec<_>>();
    let fitting = ledger.propose(2, clock_ms(), turns[0].0, large.clone(), usize::MAX);
    let fitting = fitting.unwrap();
    assert_eq!(fitting.receipts().len(), 2);
    let mut overfull = wire::Block::decode(fitting.bytes()).unwrap();
    overfull.transactions = large.iter().map(|tx| tx.bytes().to_vec()).collect();
    match ledger.validate(&overfull.encode_to_vec(), 2) {
        Err(LedgerError::InvalidBlock(problem)) => assert!(problem.contains("larger")),
        _ => panic!("an overfull block is valid"),
    }
}
