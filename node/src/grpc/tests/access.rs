//! What the table of `docs/access.md` does not show: that nothing tells what is hidden from what is not there,
//! and which parts of a record are left out.

use counterfoil_proto::financing::v1::Request as FinancingRequest;
use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::ledger_service_client::LedgerServiceClient;
use counterfoil_proto::v1::transaction_service_client::TransactionServiceClient;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::node::Client;
use super::world::{LOCKED, OFFERED, PLEDGED, ROLES, World};

type Ledger = LedgerServiceClient<Client>;

/// A refusal without the ids that were asked for, so that two can be compared.
fn refusal<T>(answer: Result<tonic::Response<T>, Status>, id: &str) -> (Code, String, String) {
    let status = answer.err().expect("nothing is there for a stranger");
    let details = format!("{:?}", status.get_error_details());
    let without = |text: &str| text.replace(id, "‹id›");
    (status.code(), without(status.message()), without(&details))
}

/// `method(request)` of what is there and is not, by the same stranger.
macro_rules! same {
    ($client:expr, $method:ident, $there:expr, $absent:expr, |$id:ident| $request:expr) => {{
        let ask = async |$id: &[u8]| {
            let answer = $client.clone().$method($request).await;
            refusal(answer, &hex::encode($id))
        };
        assert_eq!(ask($there).await, ask($absent).await, stringify!($method));
    }};
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_hidden_is_answered_as_what_is_not_there() {
    let world = World::build().await;
    let ledger = Ledger::new(world.client("supplier-c"));
    let absent = [0xab; 32];
    let receivable = world.receivable.to_vec();
    same!(
        ledger,
        get_invoice,
        &world.invoice.to_vec(),
        &absent,
        |id| wire::GetInvoiceRequest { id: id.into() }
    );
    same!(ledger, get_receivable, &receivable, &absent, |id| {
        wire::GetReceivableRequest { id: id.into() }
    });
    same!(ledger, get_claim, &receivable, &absent, |id| {
        wire::GetClaimRequest {
            receivable: id.into(),
            number: PLEDGED,
        }
    });
    same!(ledger, get_request, &world.open.to_vec(), &absent, |id| {
        wire::GetRequestRequest { id: id.into() }
    });
    same!(
        ledger,
        rank_quotes,
        &world.awarded.to_vec(),
        &absent,
        |id| wire::RankQuotesRequest { request: id.into() }
    );
    same!(
        ledger,
        get_payment,
        &world.payment.to_vec(),
        &absent,
        |id| wire::GetPaymentRequest { id: id.into() }
    );
    same!(ledger, get_loan, &world.loan.to_vec(), &absent, |id| {
        wire::GetLoanRequest { id: id.into() }
    });
    let transactions = TransactionServiceClient::new(world.client("supplier-c"));
    let awarding = world.awarding.to_vec();
    same!(transactions, get_receipt, &awarding, &absent, |id| {
        wire::GetReceiptRequest { tx_id: id.into() }
    });
    same!(transactions, wait_receipt, &awarding, &absent, |id| {
        wire::WaitReceiptRequest {
            tx_id: id.into(),
            timeout_ms: 20,
        }
    });

    // Ids in words: the stranger asks for a pair that has dealt with each other, and for one that has not.
    let balance = |holder: &str| wire::GetBalanceRequest {
        holder: holder.into(),
        issuer: "bank-b".into(),
        currency: "USD".into(),
    };
    let there = refusal(
        ledger.clone().get_balance(balance("supplier-b")).await,
        "supplier-b",
    );
    let absent = refusal(
        ledger.clone().get_balance(balance("supplier-a")).await,
        "supplier-a",
    );
    assert_eq!((there.0, there.clone()), (Code::NotFound, absent));
    let redemption = |id: &str| wire::GetRedemptionRequest {
        holder: "supplier-b".into(),
        end_to_end_id: id.into(),
    };
    let there = refusal(
        ledger.clone().get_redemption(redemption("PAYOUT-1")).await,
        "PAYOUT-1",
    );
    let absent = refusal(
        ledger.clone().get_redemption(redemption("PAYOUT-2")).await,
        "PAYOUT-2",
    );
    assert_eq!((there.0, there.clone()), (Code::NotFound, absent));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_passed_on_by_a_stranger_is_taken_and_tells_nothing() {
    let mut world = World::build().await;
    let (id, signed) = world.fresh("supplier-a");
    let request = wire::SubmitRequest {
        transaction: Some(signed),
    };
    let mut stranger = TransactionServiceClient::new(world.client("supplier-c"));
    let taken = stranger.submit(request).await.unwrap().into_inner();
    assert_eq!((taken.tx_id, taken.receipt), (id.to_vec(), None));
    let committed = wire::SubmitRequest {
        transaction: Some(world.confirming.1.clone()),
    };
    let again = stranger.submit(committed).await.unwrap().into_inner();
    assert_eq!(
        (again.tx_id, again.receipt),
        (world.confirming.0.to_vec(), None)
    );
}

/// All pages of a list, two records each, by its own tokens.
macro_rules! all {
    ($client:expr, $method:ident, $request:ident, $items:ident) => {{
        let mut items = Vec::new();
        let mut token = String::new();
        loop {
            let request = wire::$request {
                page_size: 2,
                page_token: token,
                ..Default::default()
            };
            let page = $client.$method(request).await.unwrap().into_inner();
            assert!(page.$items.len() <= 2);
            items.extend(page.$items);
            token = page.next_page_token;
            if token.is_empty() {
                break items;
            }
        }
    }};
}

/// What the regulator lists and somebody gets, beside what that one lists.
macro_rules! lists_what_it_gets {
    ($regulator:expr, $client:expr, $list:ident, $all:ident, $items:ident, |$record:ident| $get:ident($request:expr), $one:ident) => {{
        let mut got = Vec::new();
        for $record in all!($regulator, $list, $all, $items) {
            match $client.$get($request).await {
                Ok(answer) => got.extend(answer.into_inner().$one),
                Err(status) => assert_eq!(status.code(), Code::NotFound),
            }
        }
        assert_eq!(all!($client, $list, $all, $items), got, stringify!($list));
    }};
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_lists_exactly_what_it_can_get() {
    let world = World::build().await;
    let mut regulator = Ledger::new(world.client("regulator"));
    for (_, organization, _) in ROLES {
        let mut ledger = Ledger::new(world.client(organization));
        lists_what_it_gets!(
            regulator,
            ledger,
            list_organizations,
            ListOrganizationsRequest,
            organizations,
            |o| get_organization(wire::GetOrganizationRequest { id: o.id }),
            organization
        );
        lists_what_it_gets!(
            regulator,
            ledger,
            list_invoices,
            ListInvoicesRequest,
            invoices,
            |i| get_invoice(wire::GetInvoiceRequest { id: i.id }),
            invoice
        );
        lists_what_it_gets!(
            regulator,
            ledger,
            list_receivables,
            ListReceivablesRequest,
            receivables,
            |r| get_receivable(wire::GetReceivableRequest { id: r.id }),
            receivable
        );
        lists_what_it_gets!(
            regulator,
            ledger,
            list_claims,
            ListClaimsRequest,
            claims,
            |c| get_claim(wire::GetClaimRequest {
                receivable: c.receivable,
                number: c.number
            }),
            claim
        );
        lists_what_it_gets!(
            regulator,
            ledger,
            list_requests,
            ListRequestsRequest,
            requests,
            |r| get_request(wire::GetRequestRequest { id: r.id }),
            request
        );
        lists_what_it_gets!(
            regulator,
            ledger,
            list_loans,
            ListLoansRequest,
            loans,
            |l| get_loan(wire::GetLoanRequest { id: l.id }),
            loan
        );
        lists_what_it_gets!(
            regulator,
            ledger,
            list_balances,
            ListBalancesRequest,
            balances,
            |b| get_balance(wire::GetBalanceRequest {
                holder: b.holder,
                issuer: b.issuer,
                currency: b.currency
            }),
            balance
        );
        lists_what_it_gets!(
            regulator,
            ledger,
            list_payments,
            ListPaymentsRequest,
            payments,
            |p| get_payment(wire::GetPaymentRequest { id: p.id }),
            payment
        );
        lists_what_it_gets!(
            regulator,
            ledger,
            list_redemptions,
            ListRedemptionsRequest,
            redemptions,
            |r| get_redemption(wire::GetRedemptionRequest {
                holder: r.holder,
                end_to_end_id: r.end_to_end_id
            }),
            redemption
        );
    }
}

async fn request(world: &World, bank: &str, id: Vec<u8>) -> FinancingRequest {
    let mut ledger = Ledger::new(world.client(bank));
    let found = ledger.get_request(wire::GetRequestRequest { id }).await;
    found.unwrap().into_inner().request.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_sees_of_a_request_itself_and_no_competitor() {
    let world = World::build().await;
    let seen = |r: &FinancingRequest| (r.invited.clone(), r.quoting.clone(), r.revealed);
    let only = |bank: &str| vec![bank.to_owned()];
    let awarded = world.awarded.to_vec();
    let winner = request(&world, "bank-b", awarded.clone()).await;
    assert_eq!(seen(&winner), (only("bank-b"), only("bank-b"), 1));
    assert_eq!(winner.award.unwrap().bank, "bank-b");
    let loser = request(&world, "bank-c", awarded.clone()).await;
    assert_eq!(seen(&loser), (only("bank-c"), only("bank-c"), 1));
    assert_eq!((loser.award, loser.state), (None, winner.state));
    let silent = request(&world, "bank-c", world.invited.to_vec()).await;
    assert_eq!(seen(&silent), (only("bank-c"), vec![], 0));
    let open = request(&world, "bank-d", world.open.to_vec()).await;
    assert_eq!(seen(&open), (vec![], vec![], 0));

    let ranked = async |organization: &str| {
        let mut ledger = Ledger::new(world.client(organization));
        let asked = wire::RankQuotesRequest {
            request: awarded.clone(),
        };
        let quotes = ledger.rank_quotes(asked).await.unwrap().into_inner().quotes;
        let shown = quotes.into_iter().map(|q| (q.quote.unwrap().bank, q.rank));
        shown.collect::<Vec<_>>()
    };
    let (first, second) = (("bank-b".to_owned(), 1), ("bank-c".to_owned(), 2));
    assert_eq!(ranked("supplier-b").await, [first.clone(), second.clone()]);
    assert_eq!(ranked("bank-b").await, [first]);
    assert_eq!(ranked("bank-c").await, [second]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_tell_a_bank_nothing_that_it_may_not_see() {
    let world = World::build().await;
    let mut ledger = Ledger::new(world.client("bank-c"));
    let of = |bank: &str| wire::ListRequestsRequest {
        bank: bank.into(),
        ..Default::default()
    };
    let found = ledger
        .list_requests(of("bank-b"))
        .await
        .unwrap()
        .into_inner()
        .requests;
    let ids: Vec<_> = found.into_iter().map(|request| request.id).collect();
    // That one is to all banks, bank-b among them. Of the others it does not see that bank-b is invited.
    assert_eq!(ids, [world.open.to_vec()]);
    let mut debtor = Ledger::new(world.client("buyer-a"));
    let offered = wire::ListClaimsRequest {
        offered_to: "supplier-b".into(),
        ..Default::default()
    };
    let found = debtor
        .list_claims(offered)
        .await
        .unwrap()
        .into_inner()
        .claims;
    assert!(found.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_debtor_sees_pledges_but_not_that_its_supplier_looks_for_money() {
    let world = World::build().await;
    let mut debtor = Ledger::new(world.client("buyer-a"));
    for (number, shown) in [(OFFERED, false), (LOCKED, false), (PLEDGED, true)] {
        let asked = wire::GetClaimRequest {
            receivable: world.receivable.to_vec(),
            number,
        };
        let claim = debtor
            .get_claim(asked)
            .await
            .unwrap()
            .into_inner()
            .claim
            .unwrap();
        assert_eq!(claim.encumbrance.is_some(), shown, "claim {number}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repetition_names_the_first_to_those_who_may_read_it() {
    let world = World::build().await;
    let rejection = async |organization: &str, id: Vec<u8>| {
        let mut client = TransactionServiceClient::new(world.client(organization));
        let found = client
            .get_receipt(wire::GetReceiptRequest { tx_id: id })
            .await;
        found
            .unwrap()
            .into_inner()
            .receipt
            .unwrap()
            .rejection
            .unwrap()
    };
    let first = world.invoice.to_string();
    let own = rejection("supplier-a", world.repeating.to_vec()).await;
    assert_eq!(
        (own.reason.as_str(), own.first),
        ("DUPLICATE_INVOICE", first.clone())
    );
    let others = rejection("supplier-c", world.copying.to_vec()).await;
    assert_eq!(
        (others.reason.as_str(), others.first.as_str()),
        ("DUPLICATE_DOCUMENT", "")
    );
    assert!(!others.message.contains(&first) && !own.message.contains(&first));
    let regulators = rejection("regulator", world.copying.to_vec()).await;
    assert_eq!(regulators.first, first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_sees_whom_else_an_event_concerns() {
    let world = World::build().await;
    let named = async |organization: &str| {
        let mut client = TransactionServiceClient::new(world.client(organization));
        let asked = wire::GetReceiptRequest {
            tx_id: world.confirming.0.to_vec(),
        };
        let receipt = client
            .get_receipt(asked)
            .await
            .unwrap()
            .into_inner()
            .receipt;
        let events = receipt.unwrap().events.into_iter();
        events.map(|event| event.organizations).collect::<Vec<_>>()
    };
    let both = vec!["buyer-a".to_owned(), "supplier-a".to_owned()];
    assert_eq!(named("regulator").await, [both.clone(), both]);
    let one = vec!["buyer-a".to_owned()];
    assert_eq!(named("buyer-a").await, [one.clone(), one]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_token_is_the_callers_own() {
    let world = World::build().await;
    let ask = |page_token: &str| wire::ListClaimsRequest {
        page_size: 1,
        page_token: page_token.into(),
        ..Default::default()
    };
    let mut seller = Ledger::new(world.client("supplier-a"));
    let token = seller
        .list_claims(ask(""))
        .await
        .unwrap()
        .into_inner()
        .next_page_token;
    assert!(!token.contains(&hex::encode(world.receivable.to_vec())));
    let mut debtor = Ledger::new(world.client("buyer-a"));
    let status = debtor.list_claims(ask(&token)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(seller.list_claims(ask(&token)).await.is_ok());
}
