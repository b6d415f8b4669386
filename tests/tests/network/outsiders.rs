//! Who is not listed gets nothing and is not heard, on both swarms: a whole node
//! with keys of its own, and a peer that never identifies itself.

use counterfoil_proto::v1::{
    BlockBodyAnswer, BlockBodyRequest, TransactionBatch, TransactionBatchAnswer,
};
use counterfoil_tests::network::{Network, Plan, Question, Signed, ask, eventually, issue};
use libp2p::PeerId;
use libp2p::identity::Keypair;
use prost::Message as _;
use tonic::Code;

const VALIDATORS: [usize; 4] = [0, 1, 2, 3];
const OUTSIDER: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unlisted_node_gets_nothing_in_or_out_until_it_is_listed() {
    let plan = Plan {
        validators: 4,
        outsiders: 1,
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
    let height = network.agree(&VALIDATORS).await;
    network.reach(&VALIDATORS, height + 3).await;
    let status = outsider.status().await.expect("it serves");
    assert_eq!(
        (status.height, status.peers, status.validator),
        (0, 0, false)
    );
    for node in VALIDATORS {
        assert_unknown(&network, node, &smuggled).await;
        let status = network.client(node).status().await.expect("it serves");
        assert_eq!(
            (status.peers, status.pool_transactions),
            (3, 0),
            "node {node}"
        );
    }

    // It was the list that kept it out: listed, the same node follows and is heard.
    for node in VALIDATORS {
        network.list(node, OUTSIDER);
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
    let height = network.agree(&VALIDATORS).await;
    // The key of a listed node shows that it is the key which decides: its own node is down meanwhile.
    network.node_mut(3).terminate().await;
    let listed = network.node(3).peer_key();
    let stranger = Keypair::generate_ed25519();
    let questions = Questions::of(&network, height).await;

    // The consensus swarm: blocks by sync, votes and words of progress by broadcast.
    let blocks = questions.ask(&network, &listed, 0, questions.sync()).await;
    let blocks = blocks.expect("a listed peer gets blocks");
    let body = network.client(0).block(1).await.expect("it is there").block;
    let body = body.expect("a block").encode_to_vec();
    assert!(
        blocks.windows(body.len()).any(|part| part == body),
        "the first block is in it"
    );
    let refused = questions
        .ask(&network, &stranger, 0, questions.sync())
        .await;
    refused.expect_err("a stranger gets no blocks");
    for packet in [
        questions.subscription(),
        questions.boast(&stranger),
        questions.vote(height),
    ] {
        let shown = format!("{packet:?}");
        let closed = questions.ask(&network, &stranger, 0, packet).await;
        assert_eq!(
            closed,
            Ok(Vec::new()),
            "the connection is closed after {shown}"
        );
    }

    // The swarm of transactions: nothing taken, nothing given.
    let signed = bank.sign(issue("buyer-a", 1, "smuggled"));
    let batch = questions.batch(&signed);
    let refused = questions.ask(&network, &stranger, 1, batch.clone()).await;
    refused.expect_err("a stranger's transactions are not taken");
    let refused = questions
        .ask(&network, &stranger, 1, questions.body())
        .await;
    refused.expect_err("a stranger gets no bodies");
    assert_unknown(&network, 0, &signed).await;
    let status = network.client(0).status().await.expect("it serves");
    assert_eq!(status.pool_transactions, 0);

    let bodies = questions.ask(&network, &listed, 1, questions.body()).await;
    let bodies = BlockBodyAnswer::decode(&*bodies.expect("a listed peer gets bodies"));
    assert_eq!(bodies.expect("an answer").block, questions.block);
    let held = questions.ask(&network, &listed, 1, batch).await;
    let held = TransactionBatchAnswer::decode(&*held.expect("a listed peer is heard"));
    assert_eq!(held.expect("an answer").held, 1);
    network
        .client(1)
        .wait_receipt(signed.id, 30_000)
        .await
        .expect("a listed peer is heard");

    // None of it held the chain up.
    let now_at = network.height(&[0, 1, 2]).await;
    network.reach(&[0, 1, 2], now_at + 3).await;
    network.node_mut(3).spawn();
    network.ready(&VALIDATORS).await;
    network.agree(&VALIDATORS).await;
}

async fn assert_unknown(network: &Network, node: usize, signed: &Signed) {
    let receipt = network.client(node).receipt(signed.id).await;
    let status = receipt.expect_err("what an outsider says is not committed");
    assert_eq!(status.code(), Code::NotFound, "node {node}");
}

/// What can be asked of node 0, and said to it.
struct Questions {
    chain_id: String,
    hash: Vec<u8>,
    block: Vec<u8>,
}

impl Questions {
    async fn of(network: &Network, height: u64) -> Self {
        let last = network.client(0).block(height).await.expect("it is there");
        Self {
            chain_id: network.chain_id().to_owned(),
            hash: last.hash,
            block: last.block.expect("a block").encode_to_vec(),
        }
    }

    /// Puts one to node 0, on its consensus swarm (0) or that of transactions (1).
    async fn ask(
        &self,
        network: &Network,
        key: &Keypair,
        swarm: usize,
        question: Question,
    ) -> Result<Vec<u8>, String> {
        let node = network.node(0);
        ask(key, node.swarms()[swarm], node.peer_id(), question).await
    }

    fn named(&self, part: &str) -> String {
        format!("/counterfoil/{}/{part}/1", self.chain_id)
    }

    /// The first three blocks.
    fn sync(&self) -> Question {
        Question::Request {
            protocol: self.named("sync"),
            message: [1u64.to_be_bytes(), 3u64.to_be_bytes()].concat(),
        }
    }

    fn batch(&self, signed: &Signed) -> Question {
        let transactions = vec![signed.transaction.encode_to_vec()];
        Question::Request {
            protocol: self.named("transactions"),
            message: TransactionBatch { transactions }.encode_to_vec(),
        }
    }

    fn body(&self) -> Question {
        let hash = self.hash.clone();
        Question::Request {
            protocol: self.named("blocks"),
            message: BlockBodyRequest { hash }.encode_to_vec(),
        }
    }

    /// Asks to be sent the votes.
    fn subscription(&self) -> Question {
        const SUBSCRIBE: u8 = 0;
        self.packet("votes", SUBSCRIBE, &[])
    }

    /// Says to be far ahead, so that a node which listened would ask for what is missing.
    fn boast(&self, key: &Keypair) -> Question {
        let peer = PeerId::from(key.public()).to_bytes();
        let length = u32::try_from(peer.len()).expect("a peer id is short");
        let heights = [1_000_000u64.to_be_bytes(), 1u64.to_be_bytes()].concat();
        let message = [&length.to_be_bytes()[..], &peer, &heights].concat();
        self.packet("status", Self::SAY, &message)
    }

    /// A prevote for nothing at the next height, in nobody's name.
    fn vote(&self, height: u64) -> Question {
        const VOTE_PREVOTE: [u8; 2] = [1, 1];
        const NIL: u8 = 0;
        let mut message = VOTE_PREVOTE.to_vec();
        message.extend((height + 1).to_be_bytes());
        message.extend(0i64.to_be_bytes());
        message.push(NIL);
        message.extend([7; 32]);
        message.extend([8; 64]);
        self.packet("votes", Self::SAY, &message)
    }

    const SAY: u8 = 1;

    /// A packet of the engine's broadcasts: kind and length of the topic in one byte, topic, message.
    fn packet(&self, topic: &str, kind: u8, message: &[u8]) -> Question {
        let topic = self.named(topic);
        let length = u8::try_from(topic.len()).expect("topics are short");
        Question::Broadcast([&[length << 2 | kind], topic.as_bytes(), message].concat())
    }
}
