//! Validators, parameters and accounts that change while the chain goes on.

use std::collections::BTreeSet;

use counterfoil_proto::membership::v1::action::Action;
use counterfoil_proto::membership::v1::decision::Decision;
use counterfoil_proto::membership::v1::{
    Account, ChangeAccounts, Decision as Decided, Enrolment, Permission, ProposeDecision,
    Revocation,
};
use counterfoil_proto::v1::{
    ConsensusParams, Header, Receipt, SubscribeRequest, SubscribeResponse, Validator, ValidatorSet,
};
use counterfoil_tests::network::{
    Client, FIRST_DATE, Network, PATIENCE, Plan, Traffic, eventually, issue, refused,
};
use counterfoil_types::block::{params_hash, validator_set_hash};
use counterfoil_types::dates::Date;
use counterfoil_types::keys::{SigningKey, address};
use counterfoil_types::transaction::enrolment_bytes;
use tokio::time::timeout;
use tonic::{Code, Status, Streaming};

use super::{ALL, assert_present, command, replay};

/// It is not listed at first, and does not vote.
const JOINING: usize = 4;
const LEAVING: usize = 3;
const EVERY: [usize; 5] = [0, 1, 2, 3, 4];
/// Whom the transactions concern that flow.
const HOLDER: &str = "buyer-a";
/// How many blocks ahead an account changes: enough that the transaction is in one of them.
const AHEAD: u64 = 15;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_validator_joins_another_leaves_and_the_chain_goes_on_under_new_parameters() {
    let plan = Plan {
        outsiders: 1,
        ..Plan::FOUR
    };
    let mut network = Network::start(plan).await;
    let traffic = Traffic::start(&network, &[0, 1, 2], "flow");
    traffic.more(3).await;

    // The others' peer lists first, one node after the other, and then it follows.
    network.node_mut(JOINING).terminate().await;
    network.list(&ALL, JOINING);
    network.give_voice(JOINING);
    for node in ALL {
        network.node_mut(node).terminate().await;
        network.node_mut(node).spawn();
        network.ready(&ALL).await;
    }
    network.node_mut(JOINING).spawn();
    network.ready(&EVERY).await;
    assert_votes(&network, &ALL, &[JOINING]).await;

    // Then the decision: five from the next height on, the one it is in among those before.
    let four = network.genesis().validator_set();
    let five = with(four.clone(), &network, JOINING);
    let before = network.genesis().params.to_proto();
    let at = decide(&network, Decision::Validators(five.clone())).await;
    let header = header(&network, at).await;
    assert_eq!(header.validators_hash, validator_set_hash(&four).to_vec());
    assert_eq!(
        header.next_validators_hash,
        validator_set_hash(&five).to_vec()
    );
    network.reach(&EVERY, at + 3).await;
    assert_votes(&network, &EVERY, &[]).await;

    // Another one leaves, and the parameters change.
    let rest = without(five.clone(), &network, LEAVING);
    decide(&network, Decision::Validators(rest.clone())).await;
    let params = ConsensusParams {
        max_block_bytes: 256 * 1024,
        heartbeat_ms: 700,
        ..before
    };
    let at = decide(&network, Decision::Params(params)).await;
    network.reach(&EVERY, at + 1).await;
    for (height, expected) in [(at, before), (at + 1, params)] {
        let header = self::header(&network, height).await;
        assert_eq!(header.params_hash, params_hash(&expected).to_vec());
        assert_eq!(header.validators_hash, validator_set_hash(&rest).to_vec());
    }
    let voting = [0, 1, 2, JOINING];
    assert_votes(&network, &voting, &[LEAVING]).await;
    traffic.more(5).await;
    let receipts = traffic.stop().await;
    network.agree(&EVERY).await;
    assert_present(&network, &EVERY, &receipts).await;

    // Without one of the four, the vote of the new one is needed, and that of the one that left is not there.
    network.node_mut(0).terminate().await;
    let bank = network.wallet("bank-b");
    let deposit = bank.sign(issue("buyer-b", 7, "without the first"));
    network.client(LEAVING).execute(&deposit).await;
    network.agree(&[1, 2, LEAVING, JOINING]).await;

    // What the two stored holds, for whoever executes it anew and for whoever does not.
    for node in [LEAVING, JOINING] {
        network.node_mut(node).terminate().await;
        let home = network.node(node).home().display().to_string();
        let verified = command(&["verify", "--home", &home]).await.json();
        assert_eq!(verified["ok"], true, "{verified}");
        let replayed = super::with(replay(&network, node), &[]).await.json();
        assert_eq!(replayed["ok"], true, "{replayed}");
        assert_eq!(replayed["state_root"], verified["state_root"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_rotated_while_its_organization_reads_and_nothing_is_missed() {
    let network = Network::start(Plan::ONE).await;
    let mut wallet = network.wallet(HOLDER);
    let old = network.client(0).of(wallet.clone());
    let mut told = subscribe(&old, 1).await;
    let traffic = Traffic::start(&network, &[0], "flow");
    traffic.more(2).await;

    let successor = SigningKey::generate();
    let turn = network.height(&[0]).await + AHEAD;
    let permissions = [
        Permission::View,
        Permission::Make,
        Permission::Approve,
        Permission::Admin,
    ];
    let enrolment = Enrolment {
        account: Some(Account {
            public_key: successor.public_key().to_vec(),
            permissions: permissions.map(Into::into).to_vec(),
            from_height: turn,
            until_height: 0,
        }),
        signature: successor
            .sign(&enrolment_bytes(network.chain_id(), HOLDER))
            .to_vec(),
    };
    let change = ChangeAccounts {
        enrol: vec![enrolment],
        revoke: vec![Revocation {
            public_key: wallet.key.public_key().to_vec(),
            until_height: turn,
        }],
    };
    old.execute(&wallet.sign(Action::ChangeAccounts(change)))
        .await;

    // The old key's stream ends by itself, and so do its calls.
    let mut seen = BTreeSet::new();
    let mut next = 1;
    let end = loop {
        match message(&mut told).await {
            Ok(message) => next = take(&mut seen, &message),
            Err(status) => break status,
        }
    };
    let refused_now = old.height().await.expect_err("its key acts no more");
    for status in [end, refused_now] {
        let refused = refused(&status);
        assert_eq!(refused.status, Code::Unauthenticated);
        assert_eq!(refused.reason, "ACCOUNT_DOES_NOT_ACT");
    }

    // The new key reads on from there.
    wallet.key = successor;
    let new = network.client(0).of(wallet);
    traffic.more(2).await;
    let receipts = traffic.stop().await;
    let mut told = subscribe(&new, next).await;
    let expected: BTreeSet<Vec<u8>> = receipts.iter().map(|r: &Receipt| r.tx_id.clone()).collect();
    while !expected.is_subset(&seen) {
        let message = message(&mut told).await.expect("it goes on");
        take(&mut seen, &message);
    }
}

async fn subscribe(client: &Client, from_height: u64) -> Streaming<SubscribeResponse> {
    let mut client = client.events();
    let answer = client.subscribe(SubscribeRequest { from_height });
    answer.await.expect("a subscription").into_inner()
}

async fn message(told: &mut Streaming<SubscribeResponse>) -> Result<SubscribeResponse, Status> {
    let message = timeout(PATIENCE, told.message()).await;
    let message = message.expect("a message in time")?;
    Ok(message.expect("a stream ends by saying why"))
}

/// Notes the transactions that a message tells of; gives the next height.
fn take(seen: &mut BTreeSet<Vec<u8>>, message: &SubscribeResponse) -> u64 {
    for entry in &message.events {
        seen.insert(entry.tx_id.clone());
    }
    message.next_height
}

/// Has the one operator decide; gives the height of the block with the decision.
pub async fn decide(network: &Network, decision: Decision) -> u64 {
    let operator = network.wallet("operator");
    let signed = operator.sign(Action::ProposeDecision(proposal(decision)));
    let client = network.client(1).of(operator);
    client.execute(&signed).await.height
}

/// A decision put to the vote, for the day.
pub fn proposal(decision: Decision) -> ProposeDecision {
    let today: Date = FIRST_DATE.parse().expect("a date");
    ProposeDecision {
        decision: Some(Decided {
            decision: Some(decision),
        }),
        expires_on: Some(today.to_proto()),
    }
}

pub async fn header(network: &Network, height: u64) -> Header {
    let block = network.client(1).block(height).await;
    let block = block.expect("a committed block");
    block.header.expect("a block has its header")
}

/// A set with the validator of a node, which an organization runs that has none yet.
fn with(mut set: ValidatorSet, network: &Network, node: usize) -> ValidatorSet {
    set.validators.push(Validator {
        organization: HOLDER.to_owned(),
        public_key: network.node(node).validator_key().to_vec(),
        power: 1,
    });
    set.validators
        .sort_by_key(|validator| address(&validator.public_key));
    set
}

fn without(mut set: ValidatorSet, network: &Network, node: usize) -> ValidatorSet {
    let key = network.node(node).validator_key().to_vec();
    set.validators
        .retain(|validator| validator.public_key != key);
    set
}

/// Waits until these nodes say that they vote, and those that they do not.
async fn assert_votes(network: &Network, voting: &[usize], following: &[usize]) {
    let expected = voting.iter().map(|node| (*node, true));
    for (node, votes) in expected.chain(following.iter().map(|node| (*node, false))) {
        eventually(
            &format!("node {node} voting: {votes}"),
            async || match network.client(node).status().await {
                Ok(status) if status.validator == votes => Ok(()),
                Ok(status) => Err(format!("at {} it says otherwise", status.height)),
                Err(status) => Err(status.to_string()),
            },
        )
        .await;
    }
}
