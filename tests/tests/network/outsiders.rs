//! Who is not listed gets nothing and is not heard, on both swarms: a whole node
//! with keys of its own, and a peer that never identifies itself.

use counterfoil_proto::v1::{
    Block, BlockBodyAnswer, BlockBodyRequest, GetBlockResponse, TransactionBatch,
    TransactionBatchAnswer,
};
use counterfoil_tests::network::{BarePeer, Network, Plan, Question, Signed, eventually, issue};
use libp2p::identity::Keypair;
use prost::Message as _;
use tonic::Code;

use super::ALL;

const OUTSIDER: usize = 4;

// Where a node listens for its two swarms.
const CONSENSUS: usize = 0;
const TRANSACTIONS: usize = 1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unlisted_node_gets_nothing_in_or_out_until_it_is_listed() {
    let plan = Plan {
        outsiders: 1,
        ..Plan::FOUR
    };
    let mut network = Network::start(plan).await;
    let bank = network.wallet("bank-a");
    let outsider = network.client(OUTSIDER).clone();
    eventually("the outsider's API", async || {
        let status = outsider.status().await;
        status.map(|_| ()).map_err(|status| status.to_string())
    })
    .await;
    // It knows the genesis, so its own pool takes what is well signed; nobody takes it from there.
    let smuggled = bank.sign(issue("buyer-a", 1, "smuggled"));
    outsider
        .submit(&smuggled)
        .await
        .expect("its own pool takes it");
    for number in 0..4 {
        let deposit = bank.sign(issue("buyer-a", 1, &format!("deposit-{number}")));
        network.client(number).execute(&deposit).await;
    }
    let height = network.agree(&ALL).await;
    network.reach(&ALL, height + 3).await;
    let status = outsider.status().await.expect("it serves");
    assert_eq!(
        (status.height, status.peers, status.validator),
        (0, 0, false)
    );
    for node in ALL {
        assert_unknown(&network, node, &smuggled).await;
        let status = network.client(node).status().await.expect("it serves");
        assert_eq!(
            (status.peers, status.pool_transactions),
            (3, 0),
            "node {node}"
        );
    }

    // It was the list that kept it out: listed, the same node follows and is heard.
    network.list(&ALL, OUTSIDER);
    for node in ALL {
        network.node_mut(node).terminate().await;
        network.node_mut(node).spawn();
    }
    network.ready(&[0, 1, 2, 3, OUTSIDER]).await;
    network
        .client(0)
        .wait_receipt(smuggled.id, 30_000)
        .await
        .expect("it is heard now");
    network.agree(&[0, 1, 2, 3, OUTSIDER]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_never_identifies_itself_is_refused_by_its_key() {
    let mut network = Network::start(Plan::FOUR).await;
    let bank = network.wallet("bank-a");
    network
        .client(0)
        .execute(&bank.sign(issue("buyer-a", 1, "deposit")))
        .await;
    let height = network.agree(&ALL).await;
    let last = network.client(0).block(height).await.expect("it is there");
    let body = |answer: GetBlockResponse| {
        let transactions = answer.entries.into_iter().map(|e| e.transaction);
        Block {
            header: answer.header,
            transactions: transactions.collect(),
        }
        .encode_to_vec()
    };
    let first = body(network.client(0).block(1).await.expect("it is there"));
    // With the key of a listed node, which is down meanwhile, the same is answered: it is the key that decides.
    network.node_mut(3).terminate().await;
    let listed = Visitor::new(&network, network.node(3).peer_key(), &last.hash);
    let stranger = Visitor::new(&network, Keypair::generate_ed25519(), &last.hash);

    // The consensus swarm: blocks by sync; votes and words of progress by broadcast.
    let blocks = listed.sync().await.expect("a listed peer gets blocks");
    assert!(
        blocks.windows(first.len()).any(|part| part == first),
        "the first block is in it"
    );
    stranger
        .sync()
        .await
        .expect_err("a stranger gets no blocks");
    for closed in [
        stranger.subscribe().await,
        stranger.boast().await,
        stranger.vote(height + 1).await,
    ] {
        assert_eq!(closed, Ok(Vec::new()), "a stranger's connection is closed");
    }

    // The swarm of transactions: nothing taken, nothing given.
    let smuggled = bank.sign(issue("buyer-a", 1, "smuggled"));
    stranger
        .submit(&smuggled)
        .await
        .expect_err("a stranger's transactions are not taken");
    stranger
        .body()
        .await
        .expect_err("a stranger gets no bodies");
    assert_unknown(&network, 0, &smuggled).await;
    let status = network.client(0).status().await.expect("it serves");
    assert_eq!(status.pool_transactions, 0);
    assert_eq!(
        listed.body().await.expect("a listed peer gets bodies"),
        body(last)
    );
    assert_eq!(
        listed
            .submit(&smuggled)
            .await
            .expect("a listed peer is heard")
            .held,
        1
    );
    network
        .client(1)
        .wait_receipt(smuggled.id, 30_000)
        .await
        .expect("a listed peer is heard");

    // None of it held the chain up.
    let now_at = network.height(&[0, 1, 2]).await;
    network.reach(&[0, 1, 2], now_at + 3).await;
    network.node_mut(3).spawn();
    network.ready(&ALL).await;
    network.agree(&ALL).await;
}

async fn assert_unknown(network: &Network, node: usize, signed: &Signed) {
    let receipt = network.client(node).receipt(signed.id).await;
    let status = receipt.expect_err("what an outsider says is not committed");
    assert_eq!(status.code(), Code::NotFound, "node {node}");
}

/// A bare peer's conversations with node 0, of whose chain it knows the last block.
struct Visitor<'a> {
    peer: BarePeer,
    network: &'a Network,
    last_hash: Vec<u8>,
}

impl<'a> Visitor<'a> {
    fn new(network: &'a Network, key: Keypair, last_hash: &[u8]) -> Self {
        let chain_id = network.chain_id().to_owned();
        Self {
            peer: BarePeer { key, chain_id },
            network,
            last_hash: last_hash.to_vec(),
        }
    }

    async fn ask(&self, swarm: usize, question: Question) -> Result<Vec<u8>, String> {
        let node = self.network.node(0);
        self.peer
            .ask(node.peer_id(), node.swarms()[swarm], question)
            .await
    }

    /// The first blocks, as a node that catches up asks for them.
    async fn sync(&self) -> Result<Vec<u8>, String> {
        let message = [1u64.to_be_bytes(), 3u64.to_be_bytes()].concat();
        self.ask(
            CONSENSUS,
            Question::Request {
                part: "sync",
                message,
            },
        )
        .await
    }

    /// To be sent the votes.
    async fn subscribe(&self) -> Result<Vec<u8>, String> {
        self.ask(CONSENSUS, Question::Subscribe { part: "votes" })
            .await
    }

    /// Says to be far ahead, so that a node which listened would ask for what it lacks.
    async fn boast(&self) -> Result<Vec<u8>, String> {
        let peer = self.peer.peer_id().to_bytes();
        let length = u32::try_from(peer.len()).expect("a peer id is short");
        let heights = [1_000_000u64.to_be_bytes(), 1u64.to_be_bytes()].concat();
        let message = [&length.to_be_bytes()[..], &peer, &heights].concat();
        self.ask(
            CONSENSUS,
            Question::Say {
                part: "status",
                message,
            },
        )
        .await
    }

    /// A prevote for nothing at a height, in nobody's name.
    async fn vote(&self, height: u64) -> Result<Vec<u8>, String> {
        const VOTE_PREVOTE: [u8; 2] = [1, 1];
        const NIL: u8 = 0;
        let mut message = VOTE_PREVOTE.to_vec();
        message.extend(height.to_be_bytes());
        message.extend(0i64.to_be_bytes());
        message.push(NIL);
        message.extend([7; 32]);
        message.extend([8; 64]);
        self.ask(
            CONSENSUS,
            Question::Say {
                part: "votes",
                message,
            },
        )
        .await
    }

    /// A transaction for the pool.
    async fn submit(&self, signed: &Signed) -> Result<TransactionBatchAnswer, String> {
        let transactions = vec![signed.transaction.encode_to_vec()];
        let message = TransactionBatch { transactions }.encode_to_vec();
        let part = "transactions";
        let answer = self
            .ask(TRANSACTIONS, Question::Request { part, message })
            .await?;
        Ok(TransactionBatchAnswer::decode(&*answer).expect("an answer"))
    }

    /// The last block, by its hash.
    async fn body(&self) -> Result<Vec<u8>, String> {
        let hash = self.last_hash.clone();
        let message = BlockBodyRequest { hash }.encode_to_vec();
        let part = "blocks";
        let answer = self
            .ask(TRANSACTIONS, Question::Request { part, message })
            .await?;
        Ok(BlockBodyAnswer::decode(&*answer).expect("an answer").block)
    }
}
