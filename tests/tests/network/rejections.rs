//! Transactions that break a rule: each is in a block with its reason and number,
//! and no record of the whole state has changed but the hashes of earlier blocks.

use std::collections::BTreeMap;

use counterfoil_proto::calendar::v1::{RollClock, action::Action as Clock};
use counterfoil_proto::cash::v1::{TransferDeposit, action::Action as Cash};
use counterfoil_proto::financing::v1::{CommitQuote, OpenRequest, action::Action as Finance};
use counterfoil_proto::invoice::v1::{
    ConfirmInvoice, QueryInvoice, RegisterInvoice, WithdrawInvoice, action::Action as Invoices,
};
use counterfoil_proto::receivable::v1::{SplitClaim, action::Action as Claims};
use counterfoil_proto::settlement::v1::{
    ReportOverdue, SettleReceivable, action::Action as Settlements,
};
use counterfoil_proto::v1::Date;
use counterfoil_storage::Storage;
use counterfoil_tests::network::{
    Action, Network, Plan, Records, confirmation, invoice, issue, money,
};
use counterfoil_types::ids::{InvoiceId, ReceivableId, TxId};

use super::ALL;

/// A rejection: who sends what, and the contract, reason, number and first that the receipt must name.
struct Case {
    from: &'static str,
    action: Action,
    contract: &'static str,
    reason: &'static str,
    code: u32,
    first: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_rejection_has_a_receipt_and_changes_no_record() {
    let mut network = Network::start(Plan::FOUR).await;
    let (confirmed, open, deposit) = scene(&network).await;
    let before = state(&mut network, 3).await;
    let listed = Records::of(network.client(0)).await;

    let cases = cases(confirmed, open, deposit);
    let mut expected = BTreeMap::new();
    for (number, case) in cases.into_iter().enumerate() {
        let signed = network.wallet(case.from).sign(case.action);
        let receipt = network.client(number % 4).try_execute(&signed).await;
        let receipt = receipt.unwrap_or_else(|status| panic!("{}: {status}", case.reason));
        let rejection = receipt.rejection.clone().unwrap_or_default();
        assert_eq!(
            (
                receipt.code,
                &*rejection.contract,
                &*rejection.reason,
                &*rejection.first
            ),
            (case.code, case.contract, case.reason, &*case.first),
            "{rejection:?}"
        );
        assert!(!rejection.message.is_empty() && receipt.events.is_empty());
        expected.insert(signed.id, (receipt, signed));
    }

    // Sent again, a rejected transaction is answered by its receipt, not tried anew.
    network.agree(&ALL).await;
    for (receipt, signed) in expected.values() {
        let again = network
            .client(2)
            .submit(signed)
            .await
            .expect("it is answered");
        assert_eq!(again.receipt.as_ref(), Some(receipt));
    }
    for node in ALL {
        assert_eq!(
            Records::of(network.client(node)).await,
            listed,
            "records of node {node}"
        );
    }
    let after = state(&mut network, 3).await;
    let changed: Vec<&Vec<u8>> = after
        .iter()
        .filter(|(key, value)| before.get(*key) != Some(*value))
        .map(|(key, _)| key)
        .chain(before.keys().filter(|key| !after.contains_key(*key)))
        .collect();
    assert!(
        changed.len() > 1,
        "blocks came, so hashes of earlier ones did"
    );
    for key in changed {
        let shown = String::from_utf8_lossy(key);
        assert!(
            key.starts_with(b"block/"),
            "a rejected transaction changed {shown:?}"
        );
    }
}

/// A confirmed invoice, an open one, and the first use of an end-to-end id.
async fn scene(network: &Network) -> (InvoiceId, InvoiceId, TxId) {
    let seller = network.wallet("seller-a");
    let mut ids = Vec::new();
    for number in ["A-1", "A-2"] {
        let signed = seller.sign(Invoices::Register(invoice(number, 1_000)));
        network.client(0).execute(&signed).await;
        ids.push(InvoiceId::of(signed.id));
    }
    let confirm = network.wallet("buyer-a").sign(confirm(ids[0]));
    network.client(1).execute(&confirm).await;
    let deposit = network
        .wallet("bank-a")
        .sign(issue("buyer-a", 1_500, "first"));
    network.client(2).execute(&deposit).await;
    (ids[0], ids[1], deposit.id)
}

fn confirm(id: InvoiceId) -> Invoices {
    Invoices::Confirm(confirmation(id, 1_000))
}

fn cases(confirmed: InvoiceId, open: InvoiceId, deposit: TxId) -> Vec<Case> {
    let case = |from, action, contract, reason, code| Case {
        from,
        action,
        contract,
        reason,
        code,
        first: String::new(),
    };
    let after = |case, first: String| Case { first, ..case };
    let register = |change: fn(&mut RegisterInvoice)| {
        let mut new = invoice("B-1", 1_000);
        change(&mut new);
        Action::from(Invoices::Register(new))
    };
    let settle = |change: fn(&mut SettleReceivable)| {
        let mut payment = SettleReceivable {
            receivable: ReceivableId::of(confirmed).to_vec(),
            issuer: "bank-a".to_owned(),
            amount: money(1_000, "USD"),
            end_to_end_id: "payment".to_owned(),
            fees: Vec::new(),
        };
        change(&mut payment);
        Action::from(Settlements::Settle(payment))
    };
    let query = |id: InvoiceId| {
        Action::from(Invoices::Query(QueryInvoice {
            invoice: id.to_vec(),
            reason: "which order is this for?".to_owned(),
        }))
    };
    let mut unknown_field = register(|_| {});
    unknown_field.bytes.extend([0x78, 1]);
    let mut nobodys = register(|_| {});
    nobodys.contract = 77;
    let transfer = Cash::Transfer(TransferDeposit {
        issuer: "bank-a".to_owned(),
        to: "seller-a".to_owned(),
        amount: money(1_501, "USD"),
        end_to_end_id: "too-much".to_owned(),
    });
    let date = |year, month, day| Some(Date { year, month, day });
    let roll = |to| Action::from(Clock::Roll(RollClock { to }));
    let other_amount = Invoices::Confirm(ConfirmInvoice {
        amount: money(999, "USD"),
        ..confirmation(open, 1_000)
    });
    let withdraw = Invoices::Withdraw(WithdrawInvoice {
        invoice: confirmed.to_vec(),
    });
    let split = Claims::Split(SplitClaim {
        receivable: ReceivableId::of(confirmed).to_vec(),
        number: 0,
        parts_minor: vec![600, 401],
    });
    let request = Action::from(Finance::Open(OpenRequest::default()));
    let quote = Finance::Commit(CommitQuote {
        request: vec![7; 32],
        commitment: vec![7; 32],
    });
    let report = Settlements::ReportOverdue(ReportOverdue {
        receivable: ReceivableId::of(confirmed).to_vec(),
    });
    vec![
        // Roles.
        case("buyer-a", register(|_| {}), "invoice", "WRONG_ROLE", 4001),
        case(
            "buyer-a",
            issue("seller-a", 1, "no-bank").into(),
            "cash",
            "WRONG_ROLE",
            3001,
        ),
        case(
            "bank-a",
            roll(date(2024, 3, 2)),
            "calendar",
            "WRONG_ROLE",
            9001,
        ),
        case("seller-a", query(open), "invoice", "NOT_THE_BUYER", 4021),
        case(
            "seller-a",
            confirm(open).into(),
            "invoice",
            "NOT_THE_BUYER",
            4021,
        ),
        case(
            "seller-a",
            settle(|_| {}),
            "settlement",
            "NOT_THE_DEBTOR",
            7002,
        ),
        // States.
        case(
            "buyer-a",
            confirm(confirmed).into(),
            "invoice",
            "WRONG_STATE",
            4022,
        ),
        case("buyer-a", query(confirmed), "invoice", "WRONG_STATE", 4022),
        case("seller-a", withdraw.into(), "invoice", "WRONG_STATE", 4022),
        // Currencies and amounts.
        case(
            "seller-a",
            register(|new| new.gross = money(1_000, "CHF")),
            "invoice",
            "UNKNOWN_CURRENCY",
            4005,
        ),
        case(
            "seller-a",
            register(|new| new.gross = money(0, "USD")),
            "invoice",
            "INVALID_AMOUNT",
            4006,
        ),
        case(
            "buyer-a",
            other_amount.into(),
            "invoice",
            "AMOUNT_DIFFERS",
            4024,
        ),
        case(
            "buyer-a",
            transfer.into(),
            "cash",
            "NOT_ENOUGH_DEPOSITS",
            3008,
        ),
        case(
            "buyer-a",
            settle(|payment| payment.amount = money(1_000, "EUR")),
            "settlement",
            "WRONG_CURRENCY",
            7005,
        ),
        case(
            "buyer-a",
            settle(|payment| payment.amount = money(0, "USD")),
            "settlement",
            "INVALID_AMOUNT",
            7010,
        ),
        case(
            "seller-a",
            split.into(),
            "receivable",
            "INVALID_PARTS",
            5005,
        ),
        // What is financed, and what is late.
        case("buyer-a", request, "financing", "WRONG_ROLE", 6001),
        case("bank-a", quote.into(), "financing", "UNKNOWN_REQUEST", 6020),
        case("bank-a", report.into(), "settlement", "NOT_YET", 7011),
        // Dates.
        case(
            "seller-a",
            register(|new| new.due_date = new.issue_date.map(|d| Date { year: 2023, ..d })),
            "invoice",
            "INVALID_DATE",
            4004,
        ),
        case(
            "operator",
            roll(date(2024, 2, 30)),
            "calendar",
            "INVALID_DATE",
            9003,
        ),
        case(
            "operator",
            roll(date(2024, 2, 28)),
            "calendar",
            "NOT_LATER",
            9004,
        ),
        // Repetitions name the first.
        after(
            case(
                "seller-a",
                Action::from(Invoices::Register(invoice("a 1", 77))),
                "invoice",
                "DUPLICATE_INVOICE",
                4012,
            ),
            confirmed.to_string(),
        ),
        after(
            case(
                "bank-a",
                issue("buyer-a", 2, "first").into(),
                "cash",
                "REPEATED_END_TO_END_ID",
                3006,
            ),
            deposit.to_string(),
        ),
        // What no contract understands.
        case("seller-a", unknown_field, "kernel", "MALFORMED_ACTION", 53),
        case("seller-a", nobodys, "kernel", "UNKNOWN_CONTRACT", 52),
    ]
}

/// A node's whole state, read from its store between a stop and a start.
async fn state(network: &mut Network, node: usize) -> BTreeMap<Vec<u8>, Vec<u8>> {
    const ROWS: usize = 100_000;
    network.agree(&ALL).await;
    network.node_mut(node).terminate().await;
    let store = network.node(node).home().join("data").join("ledger");
    let rows = {
        let storage = Storage::open(&store).expect("the store of a stopped node opens");
        storage
            .snapshot()
            .scan(b"", None, ROWS)
            .expect("the store reads")
    };
    assert!((1..ROWS).contains(&rows.len()));
    network.node_mut(node).spawn();
    network.ready(&ALL).await;
    rows.into_iter().collect()
}
