//! Subscribing, on a ledger whose blocks the test decides.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_proto::calendar::v1 as calendar;
use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::block_service_client::BlockServiceClient;
use counterfoil_proto::v1::event_service_client::EventServiceClient;
use counterfoil_proto::v1::event_service_server::EventService as _;
use counterfoil_types::dates::Date;
use counterfoil_types::transaction::{Draft, contract};
use prometheus_client::metrics::gauge::Gauge;
use prost::Message as _;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_stream::StreamExt as _;
use tonic::{Code, Request, Status, Streaming};
use tonic_types::{ErrorInfo, StatusExt as _};

use super::{Feed, Service};
use crate::clock::clock_ms;
use crate::fixture::{self, BANK, CHAIN, eventually};
use crate::grpc::access::Caller;
use crate::grpc::ends::Ends;
use crate::grpc::reader::Reader;
use crate::grpc::tests::node::{Client, Node, identity, token_for};
use crate::grpc::tests::world::{ROLES, World};

/// What names an event.
type Place = (u64, u32, u32);

async fn subscribe(
    client: &Client,
    from_height: u64,
) -> Result<Streaming<wire::SubscribeResponse>, Status> {
    let request = wire::SubscribeRequest { from_height };
    let mut client = EventServiceClient::new(client.clone());
    let answer = client.subscribe(request).await;
    answer.map(tonic::Response::into_inner)
}

fn places(message: &wire::SubscribeResponse) -> impl Iterator<Item = Place> {
    let at = message.height;
    message
        .events
        .iter()
        .map(move |e| (at, e.index, e.position))
}

fn commit(node: &Node, transactions: &[wire::SignedTransaction]) {
    let transactions: Vec<_> = transactions.iter().collect();
    fixture::commit(&node.ledger, &transactions);
}

fn info(status: &Status) -> ErrorInfo {
    let info = status.get_details_error_info();
    info.unwrap_or_else(|| panic!("ErrorInfo in {status:?}"))
}

/// The events up to a height, as a stream that begins at its own tells of them.
async fn told_up_to(
    stream: &mut Streaming<wire::SubscribeResponse>,
    height: u64,
) -> Vec<wire::SubscribeResponse> {
    let mut told: Vec<wire::SubscribeResponse> = Vec::new();
    while told.last().is_none_or(|last| last.next_height <= height) {
        told.push(stream.next().await.expect("it goes on").unwrap());
    }
    told
}

/// All events of the ledger, by their places.
fn all(node: &Node) -> Vec<Place> {
    let mut found = Vec::new();
    for height in 1..=node.ledger.tip().height {
        let receipts = node.ledger.storage().receipts(height).unwrap();
        for receipt in receipts.unwrap() {
            let receipt = wire::Receipt::decode(receipt.as_slice()).unwrap();
            let positions = (0..).zip(receipt.events);
            found.extend(positions.map(|(position, _)| (height, receipt.index, position)));
        }
    }
    found
}

/// Blocks of none, one, or several transactions, in turn.
fn commit_blocks(node: &Node, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let issues = (0..number % 3).map(|n| fixture::good(1_000 * number + n).1);
        commit(node, &issues.collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_every_height_on_each_event_is_told_once_and_in_order() {
    // More than are kept open, so that early ones are read back.
    const BLOCKS: u64 = 100;
    let node = Node::start().await;
    commit_blocks(&node, 1..BLOCKS);
    commit(&node, &[fixture::good(1).1]);
    let all = all(&node);
    assert!(all.len() as u64 >= BLOCKS - 5);
    let client = node.bank();
    for from in 1..=BLOCKS {
        let mut stream = subscribe(&client, from).await.unwrap();
        let told = told_up_to(&mut stream, BLOCKS).await;
        let places: Vec<Place> = told.iter().flat_map(places).collect();
        let expected: Vec<Place> = all.iter().copied().filter(|p| p.0 >= from).collect();
        assert_eq!(places, expected, "from {from}");
        for pair in told.windows(2) {
            assert!(pair[0].next_height <= pair[1].height, "{pair:?}");
        }
        for message in &told {
            let block = node
                .ledger
                .storage()
                .block(message.height)
                .unwrap()
                .unwrap();
            assert_eq!(message.block_hash, block.hash.to_vec());
            assert_eq!(message.next_height, message.height + 1);
        }
    }
    for (from, code) in [(BLOCKS + 1, None), (BLOCKS + 2, Some(Code::OutOfRange))] {
        let refused = subscribe(&client, from).await.err();
        assert_eq!(refused.map(|status| status.code()), code);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_told_twice_by_who_resumes_while_blocks_come() {
    const BLOCKS: u64 = 150;
    let node = Arc::new(Node::start().await);
    let client = node.bank();
    let committing = tokio::task::spawn_blocking({
        let node = node.clone();
        move || {
            commit_blocks(&node, 1..BLOCKS);
            commit(&node, &[fixture::good(1).1]);
        }
    });
    let (mut next, mut told) = (1, Vec::new());
    let mut streams = 0;
    while next <= BLOCKS {
        // Each time it goes away after some more messages, whatever is on the way to it.
        let mut stream = subscribe(&client, next).await.unwrap();
        for _ in 0..=streams % 7 {
            let message = stream.next().await.unwrap().unwrap();
            assert!(message.height >= next);
            told.extend(places(&message));
            next = message.next_height;
            if next > BLOCKS {
                break;
            }
        }
        streams += 1;
    }
    committing.await.unwrap();
    assert!(streams > 10);
    assert_eq!(told, all(&node));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn zero_is_the_next_block_to_be_committed() {
    let node = Node::start().await;
    commit(&node, &[fixture::good(1).1]);
    let mut stream = subscribe(&node.bank(), 0).await.unwrap();
    commit(&node, &[]);
    commit(&node, &[fixture::good(2).1]);
    let message = stream.next().await.unwrap().unwrap();
    assert_eq!((message.height, message.events.len()), (3, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_is_told_the_events_that_its_blocks_show_it() {
    let world = World::build().await;
    let tip = world.node.ledger.tip().height;
    let mut told_of_opening = Vec::new();
    for (role, organization, _) in ROLES {
        let client = world.client(organization);
        let mut blocks = BlockServiceClient::new(client.clone());
        let mut expected = Vec::new();
        for height in 1..=tip {
            let block = blocks.get_block(wire::GetBlockRequest { height }).await;
            let entries = block.unwrap().into_inner().entries;
            let receipts = entries.into_iter().filter_map(|entry| entry.receipt);
            let events = receipts.flat_map(|receipt| receipt.events);
            expected.extend(events.map(|event| (height, event)));
        }
        let mut stream = subscribe(&client, 1).await.unwrap();
        let told = told_up_to(&mut stream, tip).await;
        let events: Vec<(u64, wire::Event)> = told
            .iter()
            .flat_map(|m| {
                m.events
                    .iter()
                    .map(|e| (m.height, e.event.clone().unwrap()))
            })
            .collect();
        assert_eq!(events, expected, "{role}");
        if told
            .iter()
            .flat_map(|m| &m.events)
            .any(|e| e.tx_id == world.opening.to_vec())
        {
            told_of_opening.push(role);
        }
        for (_, event) in events {
            let others = event.organizations.iter().any(|id| id != organization);
            assert!(!others || role == "regulator", "{role}: {event:?}");
        }
    }
    // Put to all banks, it is told to each, though it names none.
    let banks = ["lender", "invited bank", "other bank"];
    assert!(
        banks.iter().all(|bank| told_of_opening.contains(bank)),
        "{told_of_opening:?}"
    );
    assert!(!told_of_opening.contains(&"stranger") && !told_of_opening.contains(&"another debtor"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_is_told_over_many_blocks_without_events() {
    const BLOCKS: u64 = super::subscription::PROGRESS_BLOCKS + 2;
    let node = Node::start().await;
    for _ in 0..BLOCKS {
        commit(&node, &[]);
    }
    let mut stream = subscribe(&node.bank(), 1).await.unwrap();
    let told = told_up_to(&mut stream, BLOCKS).await;
    let heights: Vec<u64> = told.iter().map(|message| message.height).collect();
    assert_eq!(heights, [BLOCKS - 2, BLOCKS]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_block_has_the_date_of_its_time() {
    let node = Node::start().await;
    let roll = |date: Date, nonce| {
        let to = Some(date.to_proto());
        let action = calendar::action::Action::Roll(calendar::RollClock { to });
        let action = calendar::Action {
            action: Some(action),
        };
        let draft = Draft {
            chain_id: CHAIN,
            organization: &BANK.parse().unwrap(),
            expires_at_ms: clock_ms() + 600_000,
            nonce,
            contract: contract::CALENDAR,
            action: action.encode_to_vec(),
        };
        draft.sign(&fixture::bank_key()).1
    };
    let today = || node.ledger.dated_state().unwrap().1;
    let mut dates = Vec::new();
    let mut block = |transactions: &[wire::SignedTransaction]| {
        commit(&node, transactions);
        dates.push(Some(today().to_proto()));
    };
    block(&[fixture::good(1).1]);
    let later = |days| today().add_days(days).unwrap();
    block(&[roll(later(10), 2)]);
    block(&[fixture::good(3).1]);
    block(&[roll(later(20), 4), roll(later(21), 5)]);
    block(&[fixture::good(6).1]);
    // So many more that the first are read back.
    for _ in 0..64 {
        block(&[]);
    }
    let mut stream = subscribe(&node.bank(), 1).await.unwrap();
    let told = told_up_to(&mut stream, 69).await;
    assert!(told.iter().filter(|m| !m.events.is_empty()).count() == 5);
    assert!(dates[0] != dates[1] && dates[1] != dates[3]);
    for message in told {
        let at = usize::try_from(message.height).unwrap() - 1;
        assert_eq!(message.ledger_date, dates[at], "{}", message.height);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_with_its_token() {
    let node = Node::start().await;
    commit(&node, &[fixture::good(1).1]);
    let token = token_for(BANK, &fixture::bank_key(), 1_500);
    let client = node.bearing(&token);
    let mut stream = subscribe(&client, 1).await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap().next_height, 2);
    let end = stream.next().await.unwrap().unwrap_err();
    assert_eq!(end.code(), Code::Unauthenticated);
    let info = info(&end);
    assert_eq!(
        (info.domain.as_str(), info.reason.as_str()),
        ("counterfoil.access", "TOKEN_EXPIRED")
    );
    assert_eq!(info.metadata["chain_id"], CHAIN);
    assert_eq!(info.metadata["node"], identity().to_string());
    assert_eq!(info.metadata["resume_height"], "2");
    assert!(stream.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_when_the_node_stops() {
    let node = Node::start().await;
    commit(&node, &[fixture::good(1).1]);
    let client = node.bank();
    let mut stream = subscribe(&client, 1).await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap().next_height, 2);
    let stopping = tokio::spawn(node.api.stop());
    let end = stream.next().await.unwrap().unwrap_err();
    assert_eq!(end.code(), Code::Unavailable);
    assert_eq!(info(&end).reason, "STOPPING");
    assert_eq!(info(&end).metadata["resume_height"], "2");
    stopping.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_is_cut_off_and_told_where_to_resume() {
    let node = Node::start().await;
    commit_blocks(&node, 1..30);
    let (feed, follow) = Feed::start(node.ledger.clone());
    tokio::spawn(follow);
    let (_stop, stopping) = watch::channel(false);
    let service = Service {
        reader: Reader::new(node.ledger.clone(), Handle::current()),
        feed,
        patience: Duration::from_secs(1),
        subscribers: Gauge::default(),
        ends: Ends {
            chain_id: CHAIN.into(),
            node: identity(),
            stopping,
        },
    };
    let caller = Caller {
        organization: BANK.parse().unwrap(),
        account: fixture::bank_key().public_key(),
        roles: Vec::new(),
        views: true,
        expires_at_ms: clock_ms() + 600_000,
    };
    let mut request = Request::new(wire::SubscribeRequest { from_height: 1 });
    request.extensions_mut().insert(Arc::new(caller));
    let mut mailbox = service.subscribe(request).await.unwrap().into_inner();
    // Without a transport nobody takes anything but this test.
    let first = mailbox.next().await.unwrap().unwrap();
    assert!(!mailbox.is_cut_off());
    eventually("it is cut off", || mailbox.is_cut_off()).await;
    let end = mailbox.next().await.unwrap().unwrap_err();
    assert_eq!(end.code(), Code::ResourceExhausted);
    assert_eq!(info(&end).reason, "SLOW_READER");
    let resume = &info(&end).metadata["resume_height"];
    assert_eq!(*resume, first.next_height.to_string());
    assert!(mailbox.next().await.is_none());
}
