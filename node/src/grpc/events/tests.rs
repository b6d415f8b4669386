//! Subscribing, on a ledger whose blocks the test decides.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_proto::calendar::v1 as calendar;
use counterfoil_proto::financing::v1 as financing;
use counterfoil_proto::invoice::v1 as invoice;
use counterfoil_proto::receivable::v1 as receivable;
use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::event_service_client::EventServiceClient;
use counterfoil_proto::v1::event_service_server::EventService as _;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{InvoiceId, ReceivableId};
use counterfoil_types::transaction::contract;
use prost::Message as _;
use tokio::sync::watch;
use tokio_stream::StreamExt as _;
use tonic::{Code, Request, Status, Streaming};

use super::{Feed, Service};
use crate::config::Limits;
use crate::fixture::{self, BANK, BUYER, CHAIN, eventually};
use crate::grpc::access::Caller;
use crate::grpc::reader::Reader;
use crate::grpc::testbed::{
    Connection, NODE, OTHER_BANK, REGULATOR, SELLER, STRANGER, Testbed, info, signed,
};
use crate::mempool::clock_ms;

/// What names an event.
type Place = (u64, u32, u32);

async fn subscribe(
    connection: &Connection,
    from_height: u64,
) -> Result<Streaming<wire::SubscribeResponse>, Status> {
    let request = wire::SubscribeRequest { from_height };
    let mut client = EventServiceClient::new(connection.clone());
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
fn all(bed: &Testbed) -> Vec<Place> {
    let mut found = Vec::new();
    for height in 1..=bed.ledger.tip().height {
        let block = bed.ledger.storage().block(height).unwrap().unwrap();
        for receipt in block.receipts {
            let receipt = wire::Receipt::decode(receipt.as_slice()).unwrap();
            let positions = (0..).zip(receipt.events);
            found.extend(positions.map(|(position, _)| (height, receipt.index, position)));
        }
    }
    found
}

/// Blocks of none, one, or several transactions, in turn.
fn commit_blocks(bed: &Testbed, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let issues = (0..number % 3).map(|n| fixture::good(1_000 * number + n).1);
        bed.commit(&issues.collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_every_height_on_each_event_is_told_once_and_in_order() {
    // More than are kept open, so that early ones are read back.
    const BLOCKS: u64 = 100;
    let bed = Testbed::start(Limits::default()).await;
    commit_blocks(&bed, 1..BLOCKS);
    bed.commit(&[fixture::good(1).1]);
    let all = all(&bed);
    assert!(all.len() as u64 >= BLOCKS - 5);
    let connection = bed.connect(BANK).await;
    for from in 1..=BLOCKS {
        let mut stream = subscribe(&connection, from).await.unwrap();
        let told = told_up_to(&mut stream, BLOCKS).await;
        let places: Vec<Place> = told.iter().flat_map(places).collect();
        let expected: Vec<Place> = all.iter().copied().filter(|p| p.0 >= from).collect();
        assert_eq!(places, expected, "from {from}");
        for pair in told.windows(2) {
            assert!(pair[0].next_height <= pair[1].height, "{pair:?}");
        }
        for message in &told {
            let block = bed.ledger.storage().block(message.height).unwrap().unwrap();
            assert_eq!(message.block_hash, block.hash.to_vec());
            assert_eq!(message.next_height, message.height + 1);
        }
    }
    for (from, code) in [(BLOCKS + 1, None), (BLOCKS + 2, Some(Code::OutOfRange))] {
        let refused = subscribe(&connection, from).await.err();
        assert_eq!(refused.map(|status| status.code()), code);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_told_twice_by_who_resumes_while_blocks_come() {
    const BLOCKS: u64 = 150;
    let bed = Arc::new(Testbed::start(Limits::default()).await);
    let connection = bed.connect(BANK).await;
    let committing = tokio::task::spawn_blocking({
        let bed = bed.clone();
        move || {
            commit_blocks(&bed, 1..BLOCKS);
            bed.commit(&[fixture::good(1).1]);
        }
    });
    let (mut next, mut told) = (1, Vec::new());
    let mut streams = 0;
    while next <= BLOCKS {
        // Each time it goes away after some more messages, whatever is on the way to it.
        let mut stream = subscribe(&connection, next).await.unwrap();
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
    assert_eq!(told, all(&bed));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn zero_is_the_next_block_to_be_committed() {
    let bed = Testbed::start(Limits::default()).await;
    bed.commit(&[fixture::good(1).1]);
    let mut stream = subscribe(&bed.connect(BANK).await, 0).await.unwrap();
    bed.commit(&[]);
    bed.commit(&[fixture::good(2).1]);
    let message = stream.next().await.unwrap().unwrap();
    assert_eq!((message.height, message.events.len()), (3, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_is_told_what_concerns_it_and_not_whom_else_it_concerns() {
    let bed = Testbed::start(Limits::default()).await;
    bed.commit(&[fixture::good(1).1]);
    for (organization, names) in [
        (BANK, vec![BANK]),
        (BUYER, vec![BUYER]),
        (REGULATOR, vec![BANK, BUYER]),
    ] {
        let mut stream = subscribe(&bed.connect(organization).await, 1)
            .await
            .unwrap();
        let message = stream.next().await.unwrap().unwrap();
        let event = message.events[0].event.clone().unwrap();
        assert_eq!(event.organizations, names, "{organization}");
    }
    // Who has nothing to read is told how far it has read.
    for organization in [STRANGER, OTHER_BANK] {
        let mut stream = subscribe(&bed.connect(organization).await, 1)
            .await
            .unwrap();
        let message = stream.next().await.unwrap().unwrap();
        assert_eq!((message.events.len(), message.next_height), (0, 2));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_is_told_over_many_blocks_without_events() {
    const BLOCKS: u64 = super::subscription::PROGRESS_BLOCKS + 2;
    let bed = Testbed::start(Limits::default()).await;
    for _ in 0..BLOCKS {
        bed.commit(&[]);
    }
    let mut stream = subscribe(&bed.connect(STRANGER).await, 1).await.unwrap();
    let told = told_up_to(&mut stream, BLOCKS).await;
    let heights: Vec<u64> = told.iter().map(|message| message.height).collect();
    assert_eq!(heights, [BLOCKS - 2, BLOCKS]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_block_has_the_date_of_its_time() {
    let bed = Testbed::start(Limits::default()).await;
    let roll = |date: &str, nonce| {
        let to = date.parse::<Date>().unwrap().to_proto();
        let action = calendar::action::Action::Roll(calendar::RollClock { to: Some(to) });
        let action = calendar::Action {
            action: Some(action),
        };
        signed(BANK, contract::CALENDAR, action.encode_to_vec(), nonce).1
    };
    bed.commit(&[fixture::good(1).1]);
    bed.commit(&[roll("2012-02-01", 2)]);
    bed.commit(&[fixture::good(3).1]);
    bed.commit(&[roll("2012-03-05", 4), roll("2012-03-06", 5)]);
    bed.commit(&[fixture::good(6).1]);
    // Read back, not opened when they came.
    for _ in 0..64 {
        bed.commit(&[]);
    }
    let dates = |told: &[wire::SubscribeResponse]| -> Vec<String> {
        let with_events = told.iter().filter(|message| !message.events.is_empty());
        let dates = with_events.map(|m| Date::try_from(m.ledger_date.as_ref().unwrap()));
        dates.map(|date| date.unwrap().to_string()).collect()
    };
    // The chain began years ago by its genesis, and its clock was set then.
    let today = bed.ledger.dated_state().unwrap().1;
    let mut stream = subscribe(&bed.connect(BANK).await, 1).await.unwrap();
    let told = told_up_to(&mut stream, 69).await;
    assert_eq!(
        dates(&told)[1..],
        ["2012-02-01", "2012-02-01", "2012-03-06", "2012-03-06"]
    );
    assert_eq!(told.last().unwrap().ledger_date, Some(today.to_proto()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_request_is_told_to_every_bank_that_may_read_it() {
    let bed = Testbed::start(Limits::default()).await;
    let action = |a| invoice::Action { action: Some(a) }.encode_to_vec();
    let today = bed.ledger.dated_state().unwrap().1;
    let day = |days| Some(today.add_days(days).unwrap().to_proto());
    let amount = Some(wire::Money {
        minor: 50_000,
        currency: "USD".into(),
    });
    let terms = receivable::Terms {
        day_count: receivable::DayCount::A004.into(),
        convention: receivable::BusinessDayConvention::None.into(),
        grace_days: 45,
        penalty_rate_ppm: 80_000,
        assignable: true,
        fees: Vec::new(),
    };
    let register = invoice::RegisterInvoice {
        buyer: BUYER.into(),
        number: "INV-1".into(),
        issue_date: day(0),
        due_date: day(60),
        gross: amount.clone(),
        type_code: 380,
        terms: Some(terms.clone()),
        document_hash: vec![1; 32],
        payload_root: vec![2; 32],
        ..Default::default()
    };
    let register = action(invoice::action::Action::Register(register));
    let (id, registration) = signed(SELLER, contract::INVOICE, register, 1);
    let id = InvoiceId::of(id);
    let terms_hash = counterfoil_contracts::receivable::api::terms_hash(&terms);
    let confirm = invoice::ConfirmInvoice {
        invoice: id.to_vec(),
        amount: amount.clone(),
        terms_hash: terms_hash.to_vec(),
    };
    let confirm = action(invoice::action::Action::Confirm(confirm));
    let open = financing::OpenRequest {
        claims: vec![financing::ClaimReference {
            receivable: ReceivableId::of(id).to_vec(),
            number: 0,
        }],
        technique: financing::Technique::ReceivablesDiscounting.into(),
        amount,
        recourse: receivable::Recourse::None.into(),
        deadline: day(2),
        expires_on: day(10),
        invited: Vec::new(),
    };
    let open = financing::Action {
        action: Some(financing::action::Action::Open(open)),
    };
    bed.commit(&[
        registration,
        signed(BUYER, contract::INVOICE, confirm, 2).1,
        signed(SELLER, contract::FINANCING, open.encode_to_vec(), 3).1,
    ]);
    let mut told = BTreeMap::new();
    for organization in [BANK, OTHER_BANK, SELLER, BUYER, STRANGER] {
        let mut stream = subscribe(&bed.connect(organization).await, 1)
            .await
            .unwrap();
        let message = stream.next().await.unwrap().unwrap();
        let contracts = message
            .events
            .into_iter()
            .map(|e| e.event.unwrap().contract);
        told.insert(organization, contracts.collect::<Vec<_>>());
    }
    let (request, rest) = (
        contract::FINANCING,
        [contract::INVOICE, contract::RECEIVABLE],
    );
    for bank in [BANK, OTHER_BANK] {
        assert_eq!(told[bank], [request], "{bank}");
    }
    assert!(told[SELLER].contains(&request) && rest.iter().all(|c| told[SELLER].contains(c)));
    assert!(!told[BUYER].contains(&request) && rest.iter().all(|c| told[BUYER].contains(c)));
    assert!(told[STRANGER].is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_with_its_token() {
    let bed = Testbed::start(Limits::default()).await;
    bed.commit(&[fixture::good(1).1]);
    let lifetime = Duration::from_millis(1_500);
    let connection = bed.connect_for(BANK, lifetime).await;
    let mut stream = subscribe(&connection, 1).await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap().next_height, 2);
    let end = stream.next().await.unwrap().unwrap_err();
    assert_eq!(end.code(), Code::Unauthenticated);
    let info = info(&end);
    assert_eq!(
        (info.domain.as_str(), info.reason.as_str()),
        ("counterfoil.access", "TOKEN_EXPIRED")
    );
    assert_eq!(info.metadata["chain_id"], CHAIN);
    assert_eq!(info.metadata["node"], NODE.to_string());
    assert_eq!(info.metadata["resume_height"], "2");
    assert!(stream.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_when_the_node_stops() {
    let bed = Testbed::start(Limits::default()).await;
    bed.commit(&[fixture::good(1).1]);
    let connection = bed.connect(BANK).await;
    let mut stream = subscribe(&connection, 1).await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap().next_height, 2);
    let stopping = tokio::spawn(bed.api.stop());
    let end = stream.next().await.unwrap().unwrap_err();
    assert_eq!(end.code(), Code::Unavailable);
    assert_eq!(info(&end).reason, "STOPPING");
    assert_eq!(info(&end).metadata["resume_height"], "2");
    stopping.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_is_cut_off_and_told_where_to_resume() {
    let bed = Testbed::start(Limits::default()).await;
    commit_blocks(&bed, 1..30);
    let (feed, follow) = Feed::start(bed.ledger.clone());
    tokio::spawn(follow);
    let (_stop, stopping) = watch::channel(false);
    let service = Service {
        reader: Reader::new(bed.ledger.clone()),
        feed,
        patience: Duration::from_millis(50),
        node: NODE,
        stopping,
    };
    let caller = Caller {
        organization: BANK.parse().unwrap(),
        account: fixture::bank_key().public_key(),
        roles: Vec::new(),
        expires_at_ms: clock_ms() + 600_000,
    };
    let mut request = Request::new(wire::SubscribeRequest { from_height: 1 });
    request.extensions_mut().insert(Arc::new(caller));
    let mut mailbox = service.subscribe(request).await.unwrap().into_inner();
    // Without a transport nobody takes anything but this test.
    let first = mailbox.next().await.unwrap().unwrap();
    eventually("messages wait", || mailbox.waiting() > 1).await;
    eventually("the mailbox is freed", || mailbox.waiting() == 0).await;
    let end = mailbox.next().await.unwrap().unwrap_err();
    assert_eq!(end.code(), Code::ResourceExhausted);
    assert_eq!(info(&end).reason, "SLOW_READER");
    let resume = &info(&end).metadata["resume_height"];
    assert_eq!(*resume, first.next_height.to_string());
    assert!(mailbox.next().await.is_none());
}
