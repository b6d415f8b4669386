//! Every method × everybody, held against the table of `docs/access.md`, which says what each sees.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::block_service_client::BlockServiceClient as Blocks;
use counterfoil_proto::v1::event_service_client::EventServiceClient as Events;
use counterfoil_proto::v1::get_unfinanced_request::Of;
use counterfoil_proto::v1::ledger_service_client::LedgerServiceClient as Ledger;
use counterfoil_proto::v1::node_service_client::NodeServiceClient as NodeItself;
use counterfoil_proto::v1::proof_service_client::ProofServiceClient as Proofs;
use counterfoil_proto::v1::submit_stream_response::Outcome;
use counterfoil_proto::v1::transaction_service_client::TransactionServiceClient as Transactions;
use futures::future::BoxFuture;
use prost::Message;
use tonic::{Code, Status};

use super::super::methods::methods;
use super::node::Client;
use super::world::{END_TO_END_ID, FREE, LOCKED, OFFERED, PLEDGED, ROLES, SPLIT, World};

const DOCUMENT: &str = include_str!("../../../../docs/access.md");

/// What an answer shows, a record an item.
type Seen = Vec<Vec<u8>>;

/// One row: a call for one thing, made for whoever the client calls for.
struct Probe {
    call: &'static str,
    of: &'static str,
    ask: Box<dyn Fn(Client) -> BoxFuture<'static, Result<Seen, Status>>>,
}

fn bytes<M: Message>(records: impl IntoIterator<Item = M>) -> Seen {
    records
        .into_iter()
        .map(|record| record.encode_to_vec())
        .collect()
}

/// Of a receipt, whom else its events concern is nobody's but a regulator's to read, and no part of the comparison.
fn receipts(receipts: impl IntoIterator<Item = wire::Receipt>) -> Seen {
    let shown = receipts.into_iter().map(|mut receipt| {
        receipt
            .events
            .iter_mut()
            .for_each(|event| event.organizations.clear());
        receipt
    });
    bytes(shown)
}

/// `call of "thing" = Client.method(request), answer => what it shows`
macro_rules! probe {
    ($call:literal of $of:literal = $client:ident.$method:ident($request:expr), $answer:ident => $seen:expr) => {{
        let request = $request;
        Probe {
            call: $call,
            of: $of,
            ask: Box::new(move |client| {
                let request = request.clone();
                Box::pin(async move {
                    let $answer = $client::new(client).$method(request).await?.into_inner();
                    Ok($seen)
                })
            }),
        }
    }};
}

/// A list of the ledger's, without filters.
macro_rules! list {
    ($call:literal of $of:literal = $method:ident($request:ident), $items:ident) => {
        probe!($call of $of = Ledger.$method(wire::$request::default()), answer => bytes(answer.$items))
    };
}

fn probes(world: &World) -> Vec<Probe> {
    let mut probes = records(world);
    probes.extend(claims(world));
    probes.extend(financing(world));
    probes.extend(cash(world));
    probes.extend(supervision(world));
    probes.extend(credit());
    probes.extend(transactions(world));
    probes.extend(chain(world));
    probes.extend(proofs(world));
    probes
}

fn records(world: &World) -> Vec<Probe> {
    let organization = wire::GetOrganizationRequest {
        id: "bank-b".into(),
    };
    let proposal = wire::GetProposalRequest {
        id: world.proposal.to_vec(),
    };
    let decision = wire::GetDecisionRequest {
        id: world.decision.to_vec(),
    };
    let settings = wire::GetConsensusSettingsRequest {};
    let calendar = wire::GetCalendarRequest {
        code: "TARGET".into(),
    };
    let invoice = wire::GetInvoiceRequest {
        id: world.invoice.to_vec(),
    };
    let receivable = wire::GetReceivableRequest {
        id: world.receivable.to_vec(),
    };
    let other = wire::GetReceivableRequest {
        id: world.other_receivable.to_vec(),
    };
    vec![
        probe!("GetOrganization" of "anybody" = Ledger.get_organization(organization), a => bytes(a.organization)),
        list!("ListOrganizations" of "all" = list_organizations(ListOrganizationsRequest), organizations),
        probe!("GetProposal" of "the holder's, to the lender" = Ledger.get_proposal(proposal), a => bytes(a.proposal)),
        list!("ListProposals" of "all" = list_proposals(ListProposalsRequest), proposals),
        probe!("GetDecision" of "on parameters" = Ledger.get_decision(decision), a => bytes(a.decision)),
        list!("ListDecisions" of "all" = list_decisions(ListDecisionsRequest), decisions),
        probe!("GetConsensusSettings" of "now" = Ledger.get_consensus_settings(settings), a => bytes(a.settings)),
        probe!("GetCalendar" of "the operator's" = Ledger.get_calendar(calendar), a => bytes(a.calendar)),
        list!("ListCalendars" of "all" = list_calendars(ListCalendarsRequest), calendars),
        probe!("GetInvoice" of "an invoice" = Ledger.get_invoice(invoice), a => bytes(a.invoice)),
        list!("ListInvoices" of "all" = list_invoices(ListInvoicesRequest), invoices),
        probe!("GetReceivable" of "a receivable" = Ledger.get_receivable(receivable), a => bytes(a.receivable)),
        probe!("GetReceivable" of "one put to all banks" = Ledger.get_receivable(other), a => bytes(a.receivable)),
        list!("ListReceivables" of "all" = list_receivables(ListReceivablesRequest), receivables),
    ]
}

fn claims(world: &World) -> Vec<Probe> {
    let claim = |number| wire::GetClaimRequest {
        receivable: world.receivable.to_vec(),
        number,
    };
    let other = wire::GetClaimRequest {
        receivable: world.other_receivable.to_vec(),
        number: 0,
    };
    vec![
        probe!("GetClaim" of "a free claim" = Ledger.get_claim(claim(FREE)), a => bytes(a.claim)),
        probe!("GetClaim" of "a spent claim" = Ledger.get_claim(claim(SPLIT)), a => bytes(a.claim)),
        probe!("GetClaim" of "one offered to the holder" = Ledger.get_claim(claim(OFFERED)), a => bytes(a.claim)),
        probe!("GetClaim" of "one put to two banks" = Ledger.get_claim(claim(LOCKED)), a => bytes(a.claim)),
        probe!("GetClaim" of "one put to all banks" = Ledger.get_claim(other), a => bytes(a.claim)),
        probe!("GetClaim" of "the holder's, pledged" = Ledger.get_claim(claim(PLEDGED)), a => bytes(a.claim)),
        list!("ListClaims" of "all" = list_claims(ListClaimsRequest), claims),
        list!("ListEndorsements" of "from seller to holder" = list_endorsements(ListEndorsementsRequest), endorsements),
        list!("ListDebtPayments" of "all" = list_debt_payments(ListDebtPaymentsRequest), payments),
        list!("ListUndertakings" of "the seller's, to the holder" = list_undertakings(ListUndertakingsRequest), undertakings),
    ]
}

fn financing(world: &World) -> Vec<Probe> {
    let request = |id: Vec<u8>| wire::GetRequestRequest { id };
    let ranked = wire::RankQuotesRequest {
        request: world.awarded.to_vec(),
    };
    let programme = wire::GetProgrammeRequest {
        id: world.programme.to_vec(),
    };
    let loan = wire::GetLoanRequest {
        id: world.loan.to_vec(),
    };
    vec![
        probe!("GetRequest" of "one to two banks" = Ledger.get_request(request(world.invited.to_vec())), a => bytes(a.request)),
        probe!("GetRequest" of "one to all banks" = Ledger.get_request(request(world.open.to_vec())), a => bytes(a.request)),
        probe!("GetRequest" of "the holder's, awarded" = Ledger.get_request(request(world.awarded.to_vec())), a => bytes(a.request)),
        list!("ListRequests" of "all" = list_requests(ListRequestsRequest), requests),
        probe!("RankQuotes" of "the holder's request" = Ledger.rank_quotes(ranked), a => bytes(a.quotes)),
        probe!("GetLoan" of "the holder's loan" = Ledger.get_loan(loan), a => bytes(a.loan)),
        list!("ListLoans" of "all" = list_loans(ListLoansRequest), loans),
        probe!("GetProgramme" of "the debtor's" = Ledger.get_programme(programme), a => bytes(a.programme)),
        list!("ListProgrammes" of "all" = list_programmes(ListProgrammesRequest), programmes),
        list!("ListStandingQuotes" of "all" = list_standing_quotes(ListStandingQuotesRequest), quotes),
        list!("ListLimits" of "all" = list_limits(ListLimitsRequest), limits),
    ]
}

fn cash(world: &World) -> Vec<Probe> {
    let balance = |holder: &str| wire::GetBalanceRequest {
        holder: holder.into(),
        issuer: "bank-b".into(),
        currency: "USD".into(),
    };
    let redemption = wire::GetRedemptionRequest {
        holder: "supplier-b".into(),
        end_to_end_id: END_TO_END_ID.into(),
    };
    let acceptance = wire::GetAcceptanceRequest {
        payee: "supplier-a".into(),
    };
    let payment = wire::GetPaymentRequest {
        id: world.payment.to_vec(),
    };
    vec![
        probe!("GetBalance" of "the holder's with the lender" = Ledger.get_balance(balance("supplier-b")), a => bytes(a.balance)),
        probe!("GetBalance" of "the seller's with the lender: none" = Ledger.get_balance(balance("supplier-a")), a => bytes(a.balance)),
        list!("ListBalances" of "all" = list_balances(ListBalancesRequest), balances),
        list!("ListIssuances" of "all" = list_issuances(ListIssuancesRequest), issuances),
        probe!("GetRedemption" of "the holder's" = Ledger.get_redemption(redemption), a => bytes(a.redemption)),
        list!("ListRedemptions" of "all" = list_redemptions(ListRedemptionsRequest), redemptions),
        probe!("GetAcceptance" of "the seller's: nothing said" = Ledger.get_acceptance(acceptance), a => bytes(a.acceptance)),
        probe!("GetPayment" of "the seller's" = Ledger.get_payment(payment), a => bytes(a.payment)),
        list!("ListPayments" of "all" = list_payments(ListPaymentsRequest), payments),
    ]
}

fn supervision(world: &World) -> Vec<Probe> {
    let suspense = wire::GetSuspenseRequest {
        id: world.suspense.to_vec(),
    };
    let pack = wire::GetPolicyPackRequest { version: 1 };
    let freeze = wire::GetFreezeRequest {
        record: world.frozen.clone(),
    };
    vec![
        probe!("GetSuspense" of "the holder's to the lender, frozen" = Ledger.get_suspense(suspense), a => bytes(a.suspense)),
        list!("ListSuspense" of "all" = list_suspense(ListSuspenseRequest), suspense),
        probe!("GetPolicyPack" of "the first" = Ledger.get_policy_pack(pack), a => bytes(a.pack)),
        list!("ListPolicyPacks" of "all" = list_policy_packs(ListPolicyPacksRequest), packs),
        probe!("GetFreeze" of "the holder's claim, told to it" = Ledger.get_freeze(freeze), a => bytes(a.freeze)),
        list!("ListFreezes" of "all" = list_freezes(ListFreezesRequest), freezes),
    ]
}

fn credit() -> Vec<Probe> {
    let profile = |id: &str| wire::GetProfileRequest {
        organization: id.into(),
    };
    let history = |id: &str| wire::ListHistoryRequest {
        organization: id.into(),
        ..Default::default()
    };
    vec![
        probe!("GetProfile" of "the debtor's" = Ledger.get_profile(profile("buyer-a")), a => bytes(a.profile)),
        probe!("GetProfile" of "the lender's" = Ledger.get_profile(profile("bank-b")), a => bytes(a.profile)),
        probe!("GetProfile" of "the seller's, taken back" = Ledger.get_profile(profile("supplier-a")), a => bytes(a.profile)),
        probe!("ListHistory" of "the debtor's" = Ledger.list_history(history("buyer-a")), a => bytes(a.entries)),
        probe!("ListHistory" of "the holder's, over" = Ledger.list_history(history("supplier-b")), a => bytes(a.entries)),
        list!("ListProfileShares" of "all" = list_profile_shares(ListProfileSharesRequest), shares),
    ]
}

fn transactions(world: &World) -> Vec<Probe> {
    let get = |id: Vec<u8>| wire::GetReceiptRequest { tx_id: id };
    let confirming = world.confirming.0.to_vec();
    let wait = wire::WaitReceiptRequest {
        tx_id: confirming.clone(),
        timeout_ms: 200,
    };
    let submit = wire::SubmitRequest {
        transaction: Some(world.confirming.1.clone()),
    };
    let streamed = wire::SubmitStreamRequest {
        transaction: submit.transaction.clone(),
        ..Default::default()
    };
    vec![
        probe!("GetReceipt" of "the confirmation" = Transactions.get_receipt(get(confirming)), a => receipts(a.receipt)),
        probe!("GetReceipt" of "a request to all banks" = Transactions.get_receipt(get(world.opening.to_vec())), a => receipts(a.receipt)),
        probe!("GetReceipt" of "the award" = Transactions.get_receipt(get(world.awarding.to_vec())), a => receipts(a.receipt)),
        probe!("GetReceipt" of "the clock's roll" = Transactions.get_receipt(get(world.rolling.to_vec())), a => receipts(a.receipt)),
        probe!("GetReceipt" of "the stranger's rejection" = Transactions.get_receipt(get(world.copying.to_vec())), a => receipts(a.receipt)),
        probe!("GetReceipt" of "the seller's rejection" = Transactions.get_receipt(get(world.repeating.to_vec())), a => receipts(a.receipt)),
        probe!("WaitReceipt" of "the confirmation" = Transactions.wait_receipt(wait), a => receipts(a.receipt)),
        probe!("Submit" of "the confirmation, again" = Transactions.submit(submit), a => receipts(a.receipt)),
        probe!("SubmitStream" of "the confirmation, again" = Transactions.submit_stream(futures::stream::iter(vec![streamed])), a => {
            let mut a = a;
            match a.message().await?.and_then(|answer| answer.outcome) {
                Some(Outcome::Receipt(receipt)) => receipts([receipt]),
                Some(Outcome::Accepted(_)) => Vec::new(),
                other => panic!("neither taken nor committed: {other:?}"),
            }
        }),
    ]
}

/// The block of the award, and what the node says of itself.
fn chain(world: &World) -> Vec<Probe> {
    let stored = world
        .node
        .ledger
        .storage()
        .receipt(&world.awarding.0)
        .unwrap()
        .unwrap();
    let height = wire::Receipt::decode(stored.as_slice()).unwrap().height;
    let block = wire::GetBlockRequest { height };
    let list = wire::ListBlocksRequest::default();
    let follow = wire::SubscribeRequest {
        from_height: height,
    };
    let last = world.node.ledger.tip().height;
    let root = wire::GetStateRootRequest { height: 0 };
    let up = |up: bool| vec![vec![up.into()]];
    vec![
        probe!("GetBlock" of "header and certificate" = Blocks.get_block(block), a => [bytes(a.header), bytes(a.certificate), vec![a.hash]].concat()),
        probe!("GetBlock" of "the two counts" = Blocks.get_block(block), a => bytes(a.transactions.into_iter().chain(a.rejected))),
        probe!("GetBlock" of "the award's bytes" = Blocks.get_block(block), a => {
            a.entries.into_iter().map(|entry| entry.transaction).filter(|bytes| !bytes.is_empty()).collect()
        }),
        probe!("GetBlock" of "the award's receipt" = Blocks.get_block(block), a => receipts(a.entries.into_iter().filter_map(|entry| entry.receipt))),
        probe!("Subscribe" of "the award's events" = Events.subscribe(follow), a => {
            let (mut a, mut told) = (a, Vec::new());
            // The last block is told of at once, to those too for whom there is nothing in it.
            while let Some(message) = a.message().await? {
                let here = message.events.into_iter().filter(|_| message.height == height);
                told.extend(here.filter_map(|entry| entry.event).map(|event| event.body));
                if message.next_height > last {
                    break;
                }
            }
            told
        }),
        probe!("ListBlocks" of "headers" = Blocks.list_blocks(list.clone()), a => bytes(a.blocks.into_iter().filter_map(|block| block.header))),
        probe!("ListBlocks" of "the two counts" = Blocks.list_blocks(list), a => {
            bytes(a.blocks.into_iter().flat_map(|block| block.transactions.into_iter().chain(block.rejected)))
        }),
        probe!("GetStatus" of "the node" = NodeItself.get_status(wire::GetStatusRequest {}), a => up(!a.chain_id.is_empty())),
        probe!("GetStateRoot" of "the last" = NodeItself.get_state_root(root), a => vec![a.state_root]),
        probe!("GetGenesis" of "the genesis" = NodeItself.get_genesis(wire::GetGenesisRequest {}), a => bytes(a.genesis)),
    ]
}

/// Of a proof, its records, and the entries of a history with what happened: the rest is everybody's.
fn proofs(world: &World) -> Vec<Probe> {
    let records = |proof: Vec<u8>| {
        let proof = wire::Proof::decode(proof.as_slice()).unwrap();
        let entries = proof.range.unwrap_or_default().entries.into_iter();
        let told = entries.flat_map(|shown| {
            let events = shown.events.iter().map(|event| event.encode_to_vec());
            Vec::from_iter(events.chain(shown.entry.map(|entry| entry.encode_to_vec())))
        });
        Vec::from_iter(bytes(proof.records).into_iter().chain(told))
    };
    let passport = wire::GetPassportRequest {
        receivable: world.receivable.to_vec(),
        base: None,
    };
    let nothing = wire::GetUnfinancedRequest {
        of: Some(Of::Fingerprint(vec![1; 32])),
        base: None,
    };
    let committed = wire::GetCommittedRequest {
        transaction: world.confirming.0.to_vec(),
        base: None,
    };
    let history = wire::GetHistoryRequest {
        organization: "buyer-a".into(),
        ..wire::GetHistoryRequest::default()
    };
    vec![
        probe!("GetPassport" of "the receivable" = Proofs.get_passport(passport), a => records(a.proof)),
        probe!("WatchHeaders" of "the first" = Proofs.watch_headers(wire::WatchHeadersRequest { from_height: 1 }), a => {
            let mut a = a;
            bytes(a.message().await?)
        }),
        probe!("GetCommitted" of "the confirmation" = Proofs.get_committed(committed), a => records(a.proof)),
        probe!("GetHistory" of "the debtor's" = Proofs.get_history(history), a => records(a.proof)),
        probe!("GetUnfinanced" of "a fingerprint of nothing" = Proofs.get_unfinanced(nothing), a => records(a.proof)),
    ]
}

/// What everybody sees by the document: in the order of its columns, a word for each row.
fn table() -> BTreeMap<(String, String), Vec<String>> {
    let cells = |line: &str| -> Vec<String> {
        let line = line.trim_matches('|').split('|');
        line.map(|cell| cell.trim().trim_matches('`').to_owned())
            .collect()
    };
    let section = DOCUMENT
        .split("\n## ")
        .find(|text| text.starts_with("Who sees what\n"));
    let mut lines = section
        .unwrap()
        .lines()
        .filter(|line| line.starts_with('|'));
    let columns: Vec<&str> = columns().map(|(column, _)| column).collect();
    assert_eq!(cells(lines.next().unwrap())[2..], columns);
    let rows = lines.skip(1).map(|line| {
        let mut cells = cells(line);
        let words = cells.split_off(2);
        assert_eq!(words.len(), columns.len(), "{line}");
        ((cells[0].clone(), cells[1].clone()), words)
    });
    rows.collect()
}

/// Those whom the table tells of.
fn columns() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROLES
        .into_iter()
        .take(9)
        .map(|(column, id, _)| (column, id))
}

/// What somebody sees, beside what a regulator does.
fn word(seen: Result<Seen, Status>, whole: &Seen) -> &'static str {
    match seen {
        Ok(seen) if seen.is_empty() => "no",
        Ok(seen) if seen == *whole => "yes",
        Ok(_) => "part",
        Err(status) if matches!(status.code(), Code::NotFound | Code::DeadlineExceeded) => "no",
        Err(status) => panic!("{status:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_sees_what_the_table_says_and_no_more() {
    let world = World::build().await;
    // One token each: a node bounds how many new ones it checks a second.
    let regulator = world.client("regulator");
    let clients: Vec<Client> = columns()
        .map(|(_, organization)| world.client(organization))
        .collect();
    let mut found = BTreeMap::new();
    for probe in probes(&world) {
        let whole = (probe.ask)(regulator.clone()).await.unwrap();
        assert!(
            !whole.is_empty(),
            "{} of {}: there is nothing to see",
            probe.call,
            probe.of
        );
        let mut words = Vec::new();
        for client in &clients {
            let seen = (probe.ask)(client.clone()).await;
            words.push(word(seen, &whole).to_owned());
        }
        let row = (probe.call.to_owned(), probe.of.to_owned());
        assert!(
            found.insert(row, words).is_none(),
            "{} of {} twice",
            probe.call,
            probe.of
        );
    }
    let expected = table();
    let rows = found
        .iter()
        .map(|((call, of), words)| format!("| `{call}` | {of} | {} |\n", words.join(" | ")));
    assert!(
        found == expected,
        "docs/access.md should say:\n{}",
        rows.collect::<String>()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_method_has_a_row() {
    let world = World::build().await;
    let walked: BTreeSet<&str> = probes(&world).iter().map(|probe| probe.call).collect();
    let methods = methods();
    let named: BTreeSet<&str> = methods.iter().map(|(_, method)| method.as_str()).collect();
    assert_eq!(walked, named);
}
