//! A small sound ledger for tests: one receivable that was split, passed on, pledged and paid late, and
//! one of which part is sold and the rest on offer, before the banks and pledged.

use std::collections::BTreeMap;

use counterfoil_proto::cash::v1::event::Event as CashEvent;
use counterfoil_proto::cash::v1::{self as cash, Balance, Issuance};
use counterfoil_proto::financing::v1::event::Event as FinancingEvent;
use counterfoil_proto::financing::v1::{
    self as financing, Award, ClaimReference, Loan, LoanState, QuoteTerms, Request, RequestState,
    RequestedClaim, Schedule, Technique,
};
use counterfoil_proto::invoice::v1::{Invoice, InvoiceState};
use counterfoil_proto::membership::v1::{Organization, Role};
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Under;
use counterfoil_proto::receivable::v1::event::Event as ReceivableEvent;
use counterfoil_proto::receivable::v1::{
    self as receivable, Claim, ClaimPart, ClaimState, DayCount, Encumbrance, Endorsement, Lock,
    Offer, Pledge, Purpose, Rank, Receivable, ReceivableState, Recourse, Terms,
};
use counterfoil_proto::settlement::v1::event::Event as SettlementEvent;
use counterfoil_proto::settlement::v1::{ReceivablePaid, Share};
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::{EndorsementId, InvoiceId, ReceivableId, TxId};
use counterfoil_types::keys::SigningKey;

use super::Witness;
use super::chain::Chain;
use super::clock::LedgerClock;
use super::evidence::{Event, Evidence, Executed, Signed};
use super::records::Records;

pub const HEIGHT: u64 = 3;
const DUE: [&str; 2] = ["2013-03-01", "2013-06-01"];
const PAID: &str = "2013-03-11";

pub struct Ledger {
    pub genesis: wire::Genesis,
    pub records: Records,
    pub chain: Chain,
    pub witnesses: Vec<Witness>,
}

pub fn usd(minor: u64) -> Option<wire::Money> {
    Some(wire::Money {
        minor,
        currency: "USD".into(),
    })
}

pub fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn on(text: &str) -> Option<wire::Date> {
    Some(date(text).to_proto())
}

pub fn terms() -> Terms {
    Terms {
        day_count: DayCount::A004.into(),
        penalty_rate_ppm: 80_000,
        ..Default::default()
    }
}

fn invoice_id(at: usize) -> InvoiceId {
    InvoiceId(Hash::tagged("invoice", &[&[u8::try_from(at).unwrap()]]))
}

fn receivable_id(at: usize) -> Vec<u8> {
    ReceivableId::of(invoice_id(at)).to_vec()
}

fn tx_id(at: usize) -> TxId {
    TxId(Hash::tagged("transaction", &[&[u8::try_from(at).unwrap()]]))
}

pub fn executed(at: usize, on: &str, events: Vec<Event>) -> Executed {
    Executed {
        tx_id: tx_id(at),
        date: date(on),
        events,
    }
}

fn endorsement(transaction: usize, of: usize, number: u32) -> Vec<u8> {
    EndorsementId::of(tx_id(transaction), &receivable_id(of), number).to_vec()
}

fn of_cash(event: CashEvent) -> Event {
    Event::Cash(event)
}

fn issued(holder: &str, minor: u64, id: &str) -> Event {
    of_cash(CashEvent::Issued(cash::DepositIssued {
        issuer: "bank".into(),
        holder: holder.into(),
        amount: usd(minor),
        end_to_end_id: id.into(),
    }))
}

fn returned(holder: &str, minor: u64, id: &str) -> Event {
    of_cash(CashEvent::Returned(cash::DepositReturned {
        issuer: "bank".into(),
        holder: holder.into(),
        amount: usd(minor),
        end_to_end_id: id.into(),
    }))
}

fn transferred(to: &str, minor: u64) -> Event {
    of_cash(CashEvent::Transferred(cash::DepositTransferred {
        issuer: "bank".into(),
        from: "buyer".into(),
        to: to.into(),
        amount: usd(minor),
        end_to_end_id: "settle".into(),
    }))
}

fn opened(of: usize, minor: u64) -> Event {
    Event::Receivable(ReceivableEvent::Opened(receivable::ReceivableOpened {
        receivable: receivable_id(of),
        controller: "seller".into(),
        face: usd(minor),
        ..Default::default()
    }))
}

fn split(of: usize, number: u32, parts: &[(u32, u64, Rank)]) -> Event {
    let part = |(number, face_minor, rank): &(u32, u64, Rank)| ClaimPart {
        number: *number,
        face_minor: *face_minor,
        rank: (*rank).into(),
    };
    Event::Receivable(ReceivableEvent::Split(receivable::ClaimSplit {
        receivable: receivable_id(of),
        number,
        parts: parts.iter().map(part).collect(),
    }))
}

fn offered(of: usize, number: u32, purpose: Purpose, price: Option<wire::Money>) -> Event {
    Event::Receivable(ReceivableEvent::Offered(receivable::ClaimOffered {
        receivable: receivable_id(of),
        number,
        from: "seller".into(),
        to: "tier".into(),
        purpose: purpose.into(),
        price,
        expires_on: on("2013-04-01"),
    }))
}

fn passed(of: usize, number: u32, to: &str, purpose: Purpose, endorsement: Vec<u8>) -> Event {
    Event::Receivable(ReceivableEvent::Transferred(receivable::ClaimTransferred {
        receivable: receivable_id(of),
        number,
        from: "seller".into(),
        to: to.into(),
        purpose: purpose.into(),
        endorsement,
    }))
}

fn pledged(of: usize, number: u32, loan: &[u8]) -> Event {
    Event::Receivable(ReceivableEvent::Pledged(receivable::ClaimPledged {
        receivable: receivable_id(of),
        number,
        controller: "seller".into(),
        pledgee: "bank".into(),
        loan: loan.to_vec(),
    }))
}

/// A request with the one claim it is about, and what became of it.
fn request(
    id: u8,
    (of, number, outstanding_minor, rank): (usize, u32, u64, Rank),
    technique: Technique,
    award: Option<Award>,
) -> Request {
    let state = match award {
        Some(_) => RequestState::Awarded,
        None => RequestState::Open,
    };
    Request {
        id: vec![id],
        seller: "seller".into(),
        claims: vec![RequestedClaim {
            receivable: receivable_id(of),
            number,
            outstanding_minor,
            rank: rank.into(),
            adjusted_due_date: on(DUE[of]),
        }],
        technique: technique.into(),
        amount: usd(outstanding_minor),
        state: state.into(),
        award,
        ..Default::default()
    }
}

fn requested(id: u8) -> Event {
    Event::Financing(FinancingEvent::Opened(financing::RequestOpened {
        request: vec![id],
        seller: "seller".into(),
        ..Default::default()
    }))
}

fn revealed(id: u8, minor: u64, rate_ppm: u32) -> Event {
    Event::Financing(FinancingEvent::Revealed(financing::QuoteRevealed {
        request: vec![id],
        bank: "bank".into(),
        terms: Some(QuoteTerms {
            amount: usd(minor),
            rate_ppm,
            day_count: DayCount::A004.into(),
            issuer: "bank".into(),
            end_to_end_id: format!("award-{id}"),
            ..Default::default()
        }),
    }))
}

fn awarded(id: u8, award: &Award, of: usize, number: u32) -> Event {
    Event::Financing(FinancingEvent::Awarded(financing::RequestAwarded {
        request: vec![id],
        seller: "seller".into(),
        award: Some(award.clone()),
        claims: vec![ClaimReference {
            receivable: receivable_id(of),
            number,
        }],
        missed: Vec::new(),
    }))
}

fn award(on_day: &str, minor: u64, cost_minor: u64, proceeds_minor: u64, ppm: u32) -> Award {
    Award {
        bank: "bank".into(),
        amount: usd(minor),
        cost_minor,
        fees_minor: 0,
        proceeds_minor,
        annual_cost_ppm: ppm,
        awarded_on: on(on_day),
        loan: Vec::new(),
    }
}

fn lent(id: u8, minor: u64, due: &str) -> Event {
    Event::Financing(FinancingEvent::LoanOpened(financing::LoanOpened {
        loan: vec![100 + id],
        request: vec![id],
        lender: "bank".into(),
        borrower: "seller".into(),
        principal: usd(minor),
        rate_ppm: 70_000,
        due_date: on(due),
    }))
}

fn repaid(id: u8, interest: u64, principal: u64, of: Option<ClaimReference>) -> Event {
    Event::Financing(FinancingEvent::LoanPaid(financing::LoanPaid {
        loan: vec![100 + id],
        lender: "bank".into(),
        borrower: "seller".into(),
        interest: usd(interest),
        principal: usd(principal),
        repaid: of.is_some(),
        collateral: of,
    }))
}

fn loan(id: u8, minor: u64, opened_on: &str, due: &str) -> Loan {
    Loan {
        id: vec![100 + id],
        request: vec![id],
        lender: "bank".into(),
        borrower: "seller".into(),
        principal: usd(minor),
        rate_ppm: 70_000,
        day_count: DayCount::A004.into(),
        schedule: Schedule::Bullet.into(),
        opened_on: on(opened_on),
        due_date: on(due),
        ..Default::default()
    }
}

/// The first receivable's life: split 36.00 and 24.00, the 24.00 passed on, a loan of 28.80 on
/// the 36.00, and all of it paid ten days late with 8 and 5 cents of penalty.
fn paid_late() -> (Vec<Executed>, Award) {
    let award = Award {
        loan: vec![101],
        ..award("2013-01-08", 2_880, 29, 2_880, 70_680)
    };
    let share = |claim, controller: &str, principal_minor, penalty_minor| Share {
        claim,
        controller: controller.into(),
        principal_minor,
        penalty_minor,
        loan: Vec::new(),
        lender_minor: 0,
    };
    let pledged_share = Share {
        loan: vec![101],
        lender_minor: 2_915,
        ..share(1, "seller", 3_600, 8)
    };
    let collateral = ClaimReference {
        receivable: receivable_id(0),
        number: 1,
    };
    let paid = ReceivablePaid {
        receivable: receivable_id(0),
        issuer: "bank".into(),
        principal: usd(6_000),
        penalty: usd(13),
        days_late: 10,
        value_date: on(PAID),
        end_to_end_id: "settle".into(),
        refund: usd(0),
        shares: vec![pledged_share, share(2, "tier", 2_400, 5)],
        settled: true,
    };
    let parts = [(1, 3_600, Rank::Senior), (2, 2_400, Rank::Senior)];
    let history = vec![
        executed(0, "2013-01-02", vec![opened(0, 6_000)]),
        executed(1, "2013-01-02", vec![split(0, 0, &parts)]),
        executed(2, "2013-01-03", vec![offered(0, 2, Purpose::Payment, None)]),
        executed(
            3,
            "2013-01-04",
            vec![passed(0, 2, "tier", Purpose::Payment, endorsement(3, 0, 2))],
        ),
        executed(4, "2013-01-05", vec![requested(1)]),
        executed(5, "2013-01-07", vec![revealed(1, 2_880, 70_000)]),
        executed(
            6,
            "2013-01-08",
            vec![
                pledged(0, 1, &[101]),
                lent(1, 2_880, DUE[0]),
                issued("seller", 2_880, "award-1"),
                awarded(1, &award, 0, 1),
            ],
        ),
        executed(7, PAID, vec![issued("buyer", 6_013, "issue")]),
        executed(
            8,
            PAID,
            vec![
                returned("buyer", 2_915, "settle"),
                transferred("seller", 693),
                transferred("tier", 2_405),
                repaid(1, 35, 2_880, Some(collateral)),
                Event::Settlement(SettlementEvent::Paid(paid)),
            ],
        ),
    ];
    (history, award)
}

/// The second's: 40.00 of 100.00 sold, and of the retained 60.00 a third on offer, a third put to the
/// banks, and a third pledged for a loan that is repaid in part.
fn running() -> (Vec<Executed>, [Award; 2]) {
    let sale = award("2013-02-04", 4_000, 78, 3_922, 62_043);
    let loan = Award {
        loan: vec![104],
        ..award("2013-02-10", 1_500, 32, 1_500, 70_150)
    };
    let sold = [(1, 4_000, Rank::Senior), (2, 6_000, Rank::Retained)];
    let thirds = [3, 4, 5].map(|number| (number, 2_000, Rank::Retained));
    let history = vec![
        executed(20, "2013-02-01", vec![opened(1, 10_000)]),
        executed(21, "2013-02-01", vec![requested(2)]),
        executed(22, "2013-02-03", vec![revealed(2, 4_000, 60_000)]),
        executed(
            23,
            "2013-02-04",
            vec![
                split(1, 0, &sold),
                passed(1, 1, "bank", Purpose::Sale, endorsement(23, 1, 1)),
                issued("seller", 3_922, "award-2"),
                awarded(2, &sale, 1, 1),
            ],
        ),
        executed(24, "2013-02-05", vec![split(1, 2, &thirds)]),
        executed(
            25,
            "2013-02-06",
            vec![offered(1, 3, Purpose::Sale, usd(1_900))],
        ),
        executed(26, "2013-02-06", vec![requested(3)]),
        executed(27, "2013-02-07", vec![requested(4)]),
        executed(28, "2013-02-09", vec![revealed(4, 1_500, 70_000)]),
        executed(
            29,
            "2013-02-10",
            vec![
                pledged(1, 5, &[104]),
                lent(4, 1_500, DUE[1]),
                issued("seller", 1_500, "award-4"),
                awarded(4, &loan, 1, 5),
            ],
        ),
        executed(
            30,
            "2013-03-12",
            vec![returned("seller", 500, "repay"), repaid(4, 9, 491, None)],
        ),
    ];
    (history, [sale, loan])
}

fn claims() -> Vec<Claim> {
    let claim = |of: usize, number, face_minor, controller: &str| Claim {
        receivable: receivable_id(of),
        number,
        face_minor,
        controller: controller.into(),
        state: ClaimState::Spent.into(),
        rank: Rank::Senior.into(),
        ..Default::default()
    };
    let part = |whole: Claim, parent| Claim {
        parents: vec![parent],
        ..whole
    };
    let live = |claim: Claim, rank: Rank, under: Option<Under>| Claim {
        outstanding_minor: claim.face_minor,
        state: ClaimState::Live.into(),
        rank: rank.into(),
        encumbrance: under.map(|under| Encumbrance {
            encumbrance: Some(under),
        }),
        ..claim
    };
    let third = |number, under| {
        live(
            part(claim(1, number, 2_000, "seller"), 2),
            Rank::Retained,
            Some(under),
        )
    };
    vec![
        claim(0, 0, 6_000, "seller"),
        part(claim(0, 1, 3_600, "seller"), 0),
        Claim {
            depth: 1,
            endorsement: endorsement(3, 0, 2),
            ..part(claim(0, 2, 2_400, "tier"), 0)
        },
        claim(1, 0, 10_000, "seller"),
        Claim {
            endorsement: endorsement(23, 1, 1),
            ..live(part(claim(1, 1, 4_000, "bank"), 0), Rank::Senior, None)
        },
        Claim {
            rank: Rank::Retained.into(),
            ..part(claim(1, 2, 6_000, "seller"), 0)
        },
        third(
            3,
            Under::Offered(Offer {
                to: "tier".into(),
                purpose: Purpose::Sale.into(),
                price: usd(1_900),
                offered_on: on("2013-02-06"),
                expires_on: on("2013-04-01"),
            }),
        ),
        third(4, Under::Locked(Lock { request: vec![3] })),
        third(
            5,
            Under::Pledged(Pledge {
                loan: vec![104],
                pledgee: "bank".into(),
            }),
        ),
    ]
}

fn endorsements() -> Vec<Endorsement> {
    let endorsement = |transaction, of, claim, to: &str, purpose: Purpose, at| Endorsement {
        id: endorsement(transaction, of, claim),
        previous: Vec::new(),
        receivable: receivable_id(of),
        claim,
        from: "seller".into(),
        to: to.into(),
        purpose: purpose.into(),
        recourse: Recourse::None.into(),
        at: on(at),
    };
    vec![
        endorsement(3, 0, 2, "tier", Purpose::Payment, "2013-01-04"),
        endorsement(23, 1, 1, "bank", Purpose::Sale, "2013-02-04"),
    ]
}

fn invoice(at: usize, gross: u64) -> Invoice {
    Invoice {
        id: invoice_id(at).to_vec(),
        buyer: "buyer".into(),
        gross: usd(gross),
        terms: Some(terms()),
        issue_date: on("2013-01-02"),
        due_date: on(DUE[at]),
        state: InvoiceState::Confirmed.into(),
        query_count: u32::from(at == 0),
        strict_fingerprint: vec![1, u8::try_from(at).unwrap()],
        document_hash: vec![2, u8::try_from(at).unwrap()],
        receivable: receivable_id(at),
        ..Default::default()
    }
}

fn receivable(at: usize, face: u64) -> Receivable {
    Receivable {
        id: receivable_id(at),
        invoice: invoice_id(at).to_vec(),
        debtor: "buyer".into(),
        face: usd(face),
        due_date: on(DUE[at]),
        adjusted_due_date: on(DUE[at]),
        terms: Some(terms()),
        state: ReceivableState::Performing.into(),
        ..Default::default()
    }
}

fn records([first, sale, second]: [Award; 3]) -> Records {
    let organization = |id: &str, role: Role| Organization {
        id: id.into(),
        roles: vec![role.into()],
        accounts: vec![id.as_bytes().to_vec()],
        ..Default::default()
    };
    let balance = |holder: &str, available_minor| Balance {
        issuer: "bank".into(),
        holder: holder.into(),
        currency: "USD".into(),
        available_minor,
        locked_minor: 0,
    };
    let (loans, sales) = (
        Technique::LoanAgainstReceivables,
        Technique::ReceivablesDiscounting,
    );
    Records {
        organizations: vec![
            organization("bank", Role::Bank),
            organization("buyer", Role::CoreEnterprise),
            organization("seller", Role::Supplier),
            organization("tier", Role::Supplier),
        ],
        invoices: vec![invoice(0, 6_000), invoice(1, 10_000)],
        receivables: vec![
            Receivable {
                state: ReceivableState::Settled.into(),
                redeemed_minor: 6_000,
                penalty_paid_minor: 13,
                settled_on: on(PAID),
                claim_count: 3,
                ..receivable(0, 6_000)
            },
            Receivable {
                claim_count: 6,
                live_claims: vec![1, 3, 4, 5],
                ..receivable(1, 10_000)
            },
        ],
        claims: claims(),
        endorsements: endorsements(),
        requests: vec![
            request(1, (0, 1, 3_600, Rank::Senior), loans, Some(first)),
            request(2, (1, 0, 10_000, Rank::Senior), sales, Some(sale)),
            request(3, (1, 4, 2_000, Rank::Retained), sales, None),
            request(4, (1, 5, 2_000, Rank::Retained), loans, Some(second)),
        ],
        loans: vec![
            Loan {
                interest_paid_minor: 35,
                state: LoanState::Repaid.into(),
                repaid_on: on(PAID),
                ..loan(1, 2_880, "2013-01-08", DUE[0])
            },
            Loan {
                outstanding_minor: 1_009,
                interest_paid_minor: 9,
                interest: Some(wire::Accrual {
                    minor: 0,
                    fraction: -90_000_000,
                    to: on("2013-03-12"),
                }),
                collateral: vec![ClaimReference {
                    receivable: receivable_id(1),
                    number: 5,
                }],
                state: LoanState::Open.into(),
                ..loan(4, 1_500, "2013-02-10", DUE[1])
            },
        ],
        balances: vec![
            balance("buyer", 0),
            balance("seller", 8_495),
            balance("tier", 2_405),
        ],
        issuances: vec![Issuance {
            issuer: "bank".into(),
            currency: "USD".into(),
            issued_minor: 14_315,
            redeemed_minor: 3_415,
        }],
    }
}

pub fn ledger() -> Ledger {
    let validator = SigningKey::from_seed([1; 32]).public_key();
    let (mut history, first) = paid_late();
    let (later, [sale, second]) = running();
    history.extend(later);
    let signed = || Signed {
        organization: "buyer".into(),
        signer: b"buyer".to_vec(),
    };
    let evidence = Evidence {
        committed: 4,
        verified: 4,
        receipted: 4,
        tx_ids: (0..4u8).map(|n| vec![n]).collect(),
        confirmations: BTreeMap::from([0, 1].map(|at| (invoice_id(at).to_vec(), signed()))),
        history,
        ..Default::default()
    };
    Ledger {
        genesis: wire::Genesis {
            chain_id: "c".into(),
            validators: Some(wire::ValidatorSet {
                validators: vec![wire::Validator {
                    organization: "bank".into(),
                    public_key: validator.to_vec(),
                    power: 1,
                }],
            }),
            ..Default::default()
        },
        records: records([first, sale, second]),
        chain: Chain {
            genesis_matches: true,
            chained: HEIGHT,
            certified: HEIGHT,
            rooted: HEIGHT,
            first_ms: Some(1_000),
            last_ms: Some(3_000),
            evidence,
            clock: LedgerClock::default(),
        },
        witnesses: vec![Witness {
            name: "validator-0".into(),
            address: validator.address().to_vec(),
            genesis_hash: vec![3],
            state_root: vec![4],
            block_hash: vec![5],
            header_root: vec![4],
        }],
    }
}
