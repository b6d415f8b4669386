//! Handlers on a ledger without an engine.

use counterfoil_proto::v1 as wire;
use malachitebft_app::engine::host::{Next, SyncedValueOutcome};
use malachitebft_app::types::MisbehaviorEvidence;
use malachitebft_app_channel::{AppMsg, NetworkMsg};
use malachitebft_core_types::{CommitCertificate, Round, Validator as _};
use tokio::sync::{oneshot, watch};

use super::super::context::{Address, BlockHash, Ctx, Height};
use super::super::handlers::{decided, dispatch};
use super::super::host::Host;
use super::super::proposals::Verdict;
use super::super::received::{Body, Received};
use super::*;
use crate::ledger::Candidate;

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
    let proposer = host.proposer(1, ROUND_0).unwrap();
    ledger
        .propose(1, clock_ms, proposer.address().0, vec![])
        .unwrap()
}

fn received(host: &mut Host, block: &Candidate, round: Round, valid_round: Round) -> Received {
    Received {
        height: 1,
        round,
        valid_round,
        proposer: *host.proposer(1, round).unwrap().address(),
        signature: SigningKey::from_seed([0; 32]).sign(b"checked before"),
        body: Body::read(block.bytes().to_vec()).unwrap(),
    }
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
    let other = host.proposer(1, ROUND_1).unwrap().address().0;
    let block = ledger.propose(1, clock_ms(), other, vec![]);
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
    let early = received(&mut host, &block, ROUND_0, Round::Nil);
    host.keep_early(early);
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
            .find(|r| *host.proposer(1, *r).unwrap().address() == me)
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
    let proposer = *host.proposer(1, ROUND_0).unwrap().address();
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
async fn a_proposer_does_not_crowd_out_early_blocks_of_another() {
    let network = Network::new(4, 50);
    let ledger = network.open(0);
    let (mut host, _published) = host(&network, &ledger);
    let block = first_block(&mut host, &ledger, clock_ms());
    // Rounds 1, 5 and 9 are one validator's.
    for round in [1, 5, 9] {
        let theirs = received(&mut host, &block, Round::new(round), Round::Nil);
        host.keep_early(theirs);
    }
    let honest = received(&mut host, &block, ROUND_0, Round::Nil);
    host.keep_early(honest.clone());
    let kept = &host.early[&1];
    assert_eq!(kept.len(), 3);
    assert!(kept.contains(&honest));
}
