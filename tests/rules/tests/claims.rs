//! Claims divided, joined and passed down the tiers, where figures and limits matter.

use counterfoil_proto::receivable::v1::{ClaimState, Endorsement, Purpose, Rank};
use counterfoil_proto::v1::Accrual;
use counterfoil_rules_tests::model::arithmetic::date;
use counterfoil_rules_tests::model::tagged_hash;
use counterfoil_rules_tests::workload::acts::{
    BUYER, Finance, GROSS, ISSUER, RECIPIENT, SELLER, TODAY, accept, award, commit, issue_to,
    merge, offer, quote, reveal, salt, sell, settle, split,
};
use counterfoil_rules_tests::workload::bench::{Bench, find};

const MOST: usize = 256;

/// So many parts of 100 each.
fn hundreds(parts: usize) -> Vec<u64> {
    vec![100; parts]
}

#[test]
fn a_receivable_has_at_most_256_live_claims() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 25_700);
    let too_many = split(&receivable, 0, &hundreds(MOST + 1));
    bench.expect(SELLER, too_many, 5006, "257 parts");
    let mut parts = hundreds(MOST);
    parts[0] = 200;
    bench.succeed(SELLER, split(&receivable, 0, &parts));
    let full = bench.receivable(&receivable);
    assert_eq!(full.live_claims, (1..=256).collect::<Vec<u32>>());
    assert_eq!(full.claim_count, 257);
    bench.expect(
        SELLER,
        split(&receivable, 1, &[100, 100]),
        5006,
        "one more than 256",
    );
    bench.succeed(SELLER, merge(&receivable, &[255, 256]));
    bench.succeed(SELLER, split(&receivable, 1, &[50, 150]));
    let full = bench.receivable(&receivable);
    assert_eq!(full.live_claims.len(), MOST);
    // 1, 255 and 256 are spent, and 257 to 259 came of them.
    assert_eq!(full.live_claims[..2], [2, 3]);
    assert_eq!(full.live_claims[252..], [254, 257, 258, 259]);
    bench.succeed(SELLER, merge(&receivable, &full.live_claims));
    let one = bench.claim(&receivable, 260);
    assert_eq!((one.face_minor, one.outstanding_minor), (25_700, 25_700));
    assert_eq!(one.parents, full.live_claims);
    assert_eq!(bench.receivable(&receivable).live_claims, [260]);
    assert_eq!(bench.claim(&receivable, 2).state(), ClaimState::Spent);
}

/// Whoever splits leaves a place for each claim of others, which an award may have to split.
#[test]
fn nobody_takes_the_room_for_the_claims_of_others() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 100_000);
    bench.succeed(SELLER, split(&receivable, 0, &[50_000, 50_000]));
    bench.succeed(SELLER, offer(&receivable, 2, RECIPIENT, TODAY));
    bench.succeed(RECIPIENT, accept(&receivable, 2, ""));
    let parts = |count: u64| {
        let mut parts = vec![100; usize::try_from(count).expect("a few")];
        parts[0] = 50_000 - 100 * (count - 1);
        split(&receivable, 1, &parts)
    };
    bench.expect(SELLER, parts(255), 5006, "256 live claims and one reserved");
    bench.expect(SELLER, parts(254), 0, "255 live claims and one reserved");
    let two = split(&receivable, 2, &[1, 49_999]);
    bench.expect(RECIPIENT, two, 5006, "a split with 254 claims of another");
}

#[test]
fn a_sale_in_part_needs_room_for_one_more_claim() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 25_600);
    bench.succeed(SELLER, split(&receivable, 0, &hundreds(MOST)));
    let claims: &[(&[u8], u32)] = &[(&receivable, 1)];
    let request = bench.request_for(Finance::Sale, claims, 100);
    let (part, whole) = (quote("bank-east", 60), quote("bank-west", 100));
    bench.succeed("bank-east", commit(&request, "bank-east", &part));
    bench.succeed("bank-west", commit(&request, "bank-west", &whole));
    bench.roll_to(TODAY + 1);
    bench.succeed("bank-east", reveal(&request, &part, salt()));
    bench.succeed("bank-west", reveal(&request, &whole, salt()));
    bench.expect(SELLER, award(&request, "bank-east"), 6014, "a part of 60");
    bench.expect(SELLER, award(&request, "bank-west"), 0, "the whole claim");
    assert_eq!(bench.claim(&receivable, 1).controller, "bank-west");
}

/// 256 claims are paid pro rata: 25,600 by 256, and a payment of 128 gives one each to the first 128.
#[test]
fn a_payment_reaches_256_claims() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 25_600);
    bench.succeed(SELLER, split(&receivable, 0, &hundreds(MOST)));
    bench.succeed(ISSUER, issue_to(BUYER, 30_000, "funds"));
    bench.succeed(BUYER, settle(&receivable, 128, "half a cent each"));
    for (number, outstanding) in [(1, 99), (128, 99), (129, 100), (256, 100)] {
        let claim = bench.claim(&receivable, number);
        assert_eq!(claim.outstanding_minor, outstanding, "claim {number}");
    }
    bench.succeed(BUYER, settle(&receivable, 25_472, "the rest"));
    assert!(bench.receivable(&receivable).live_claims.is_empty());
    assert_eq!(bench.available(SELLER, ISSUER), 25_600);
}

fn endorsement(bench: &Bench, id: &[u8]) -> Endorsement {
    let records = bench.rules.records();
    find(records, "receivable/endorsement/", |e: &Endorsement| {
        e.id == id
    })
}

/// Depth counts the transfers in payment, and each endorsement names the one before it. Parts keep
/// what the claim was.
#[test]
fn a_claim_passes_down_the_tiers() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    bench.succeed(SELLER, offer(&receivable, 0, RECIPIENT, TODAY + 1));
    let first = bench.succeed(RECIPIENT, accept(&receivable, 0, ""));
    let id = tagged_hash(
        "counterfoil/endorsement-id/v1",
        &[&first.tx_id, &receivable, &[0, 0, 0, 0]],
    );
    let claim = bench.claim(&receivable, 0);
    assert_eq!((claim.controller.as_str(), claim.depth), (RECIPIENT, 1));
    assert_eq!(claim.endorsement, id);

    bench.succeed(RECIPIENT, split(&receivable, 0, &[GROSS - 1, 1]));
    for (number, rank) in [(1, Rank::Senior), (2, Rank::Senior)] {
        let part = bench.claim(&receivable, number);
        assert_eq!((part.depth, part.rank()), (1, rank));
        assert_eq!(part.endorsement, id);
    }
    bench.succeed(RECIPIENT, offer(&receivable, 1, "miller", TODAY + 1));
    bench.succeed("miller", accept(&receivable, 1, ""));
    let part = bench.claim(&receivable, 1);
    assert_eq!((part.controller.as_str(), part.depth), ("miller", 2));
    let second = endorsement(&bench, &part.endorsement);
    assert_eq!(second.previous, id);
    assert_eq!(
        (second.from.as_str(), second.to.as_str()),
        (RECIPIENT, "miller")
    );
    assert_eq!((second.claim, second.at), (1, Some(date(TODAY))));
    let first = endorsement(&bench, &second.previous);
    assert!(first.previous.is_empty());
    assert_eq!(first.purpose(), Purpose::Payment);
}

/// Cash and claim change hands in one transaction, or neither does.
#[test]
fn a_claim_is_sold_against_deposits() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    bench.succeed(SELLER, sell(&receivable, 0, 12_000, TODAY + 5));
    let buy = |id: &str| accept(&receivable, 0, id);
    bench.expect(RECIPIENT, buy("P-1"), 5019, "a purchase without deposits");
    bench.succeed(ISSUER, issue_to(RECIPIENT, 12_000, "funds"));
    bench.expect(
        RECIPIENT,
        buy("P 1 "),
        5017,
        "a name with a space at its end",
    );
    let receipt = bench.expect(RECIPIENT, buy("P-1"), 0, "a purchase");
    // First the cash, then the claim.
    let contracts: Vec<u32> = receipt.events.iter().map(|event| event.contract).collect();
    assert_eq!(contracts, [3, 5]);
    assert_eq!(bench.available(RECIPIENT, ISSUER), 0);
    assert_eq!(bench.available(SELLER, ISSUER), 12_000);
    let claim = bench.claim(&receivable, 0);
    assert_eq!((claim.controller.as_str(), claim.depth), (RECIPIENT, 0));
    let made = endorsement(&bench, &claim.endorsement);
    assert_eq!(made.purpose(), Purpose::Sale);
}

/// 123.45 at 8 % is 45 days late: 123.45 · 0.08 · 45 / 360 = 1.2345, of which 1.23 is owed and
/// 0.45 of a cent is carried on. Parts of 100.00, 20.00 and 3.45 get 1.23 pro rata: 99.635…,
/// 19.927… and 3.437… cents, so one more goes to the second and one to the first.
#[test]
fn penalty_goes_with_the_parts_and_comes_back_with_a_merger() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    let late = TODAY + 30 + 45;
    bench.roll_to(late);
    bench.succeed(SELLER, split(&receivable, 0, &[10_000, 2_000, 345]));
    let accrual = |minor, fraction| {
        Some(Accrual {
            minor,
            fraction,
            to: Some(date(late)),
        })
    };
    // 0.45 of a cent in parts of 10^6 · 360.
    let carried = 162_000_000;
    let penalties = [1, 2, 3].map(|number| bench.claim(&receivable, number).penalty);
    assert_eq!(
        penalties,
        [accrual(100, carried), accrual(20, 0), accrual(3, 0)]
    );
    bench.succeed(SELLER, merge(&receivable, &[1, 2, 3]));
    assert_eq!(bench.claim(&receivable, 4).penalty, accrual(123, carried));
}
