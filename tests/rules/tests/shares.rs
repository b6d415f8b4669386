//! Letting another organization read one's profile, and taking that back (specification 8.1).

use counterfoil_proto::credit::v1::{HistoryHead, ProfileShare};
use counterfoil_proto::membership::v1::Suspension;
use counterfoil_proto::membership::v1::decision::Decision;
use counterfoil_rules_tests::model::arithmetic::date;
use counterfoil_rules_tests::workload::acts::{
    ISSUER, SELLER, TODAY, change_accounts, enrolment, register, registration, share_profile,
    unshare_profile,
};
use counterfoil_rules_tests::workload::bench::{Bench, find};
use counterfoil_rules_tests::workload::keyring::key;
use counterfoil_rules_tests::workload::world::{ALL, first_key};
use prost::Message as _;

const READER: &str = ISSUER;

fn share(bench: &Bench) -> ProfileShare {
    let key = format!("credit/share/{SELLER}/{READER}");
    let record = &bench.rules.records()[key.as_bytes()];
    ProfileShare::decode(record.as_slice()).expect("a share decodes")
}

/// How long an organization's history is.
fn history(bench: &Bench, organization: &str) -> u64 {
    let key = format!("credit/history/{organization}");
    find(bench.rules.records(), &key, |_: &HistoryHead| true).length
}

#[test]
fn a_share_is_in_force_until_its_day_or_until_it_is_taken_back() {
    let mut bench = Bench::new();
    bench.succeed(SELLER, register(registration("N-1")));
    let profile = format!("credit/profile/{SELLER}");
    let profile = |bench: &Bench| bench.rules.records()[profile.as_bytes()].clone();
    let before = profile(&bench);

    let shared = bench.succeed(SELLER, share_profile(READER, TODAY + 10));
    let [event] = shared.events.as_slice() else {
        panic!("one event: {shared:?}");
    };
    assert_eq!(
        (event.contract, &event.organizations[..]),
        (8, &[READER.to_owned(), SELLER.into()][..])
    );
    let stands = share(&bench);
    assert_eq!(stands.until, Some(date(TODAY + 10)));
    assert_eq!(
        (stands.shared_on, stands.taken_back_on),
        (Some(date(TODAY)), None)
    );

    // A later word replaces the day, to an earlier one, too.
    bench.roll_to(TODAY + 1);
    bench.succeed(SELLER, share_profile(READER, TODAY + 2));
    let stands = share(&bench);
    assert_eq!(
        (stands.shared_on, stands.until),
        (Some(date(TODAY + 1)), Some(date(TODAY + 2)))
    );
    bench.roll_to(TODAY + 3);
    bench.expect(SELLER, unshare_profile(READER), 8003, "after the last day");

    bench.succeed(SELLER, share_profile(READER, TODAY + 9));
    bench.succeed(SELLER, unshare_profile(READER));
    assert_eq!(share(&bench).taken_back_on, Some(date(TODAY + 3)));
    bench.expect(
        SELLER,
        unshare_profile(READER),
        8003,
        "taken back once more",
    );
    bench.succeed(SELLER, share_profile(READER, TODAY + 9));
    assert_eq!(share(&bench).taken_back_on, None, "given once more");

    // Both have it in their histories, and it moves no figure.
    assert_eq!((history(&bench, SELLER), history(&bench, READER)), (6, 5));
    assert!(profile(&bench) == before);
}

#[test]
fn a_share_names_another_active_organization_and_a_day_within_a_year() {
    let mut bench = Bench::new();
    for (day, code) in [(-1, 8002), (0, 0), (366, 0), (367, 8002)] {
        let act = share_profile(READER, TODAY + day);
        bench.expect(SELLER, act, code, &format!("up to the {day}th day"));
    }
    for reader in [SELLER, "nobody", ""] {
        let act = share_profile(reader, TODAY);
        bench.expect(SELLER, act, 8001, &format!("{reader:?} as reader"));
    }
    bench.decide(suspend(READER));
    bench.expect(
        SELLER,
        share_profile(READER, TODAY),
        8001,
        "to one suspended",
    );
    bench.expect(SELLER, unshare_profile(READER), 0, "from one suspended");
}

#[test]
fn two_let_another_read_and_one_takes_it_back_suspended_or_not() {
    let mut bench = Bench::new();
    let checker = key(300);
    let enrol = vec![enrolment(SELLER, &checker, ALL, 0)];
    bench.succeed(SELLER, change_accounts(enrol, Vec::new()));
    let maker = first_key(SELLER);
    let act = share_profile(READER, TODAY + 9);
    bench.expect_signed((SELLER, &[&maker]), act.clone(), 55, "by one alone");
    bench.expect_signed((SELLER, &[&maker, &checker]), act.clone(), 0, "by two");
    bench.decide(suspend(SELLER));
    bench.expect_signed((SELLER, &[&maker, &checker]), act, 57, "by the suspended");
    let act = unshare_profile(READER);
    bench.expect_signed((SELLER, &[&checker]), act, 0, "taken back by one");
}

fn suspend(organization: &str) -> Decision {
    Decision::Suspend(Suspension {
        organization: organization.into(),
        reason: "Its licence has lapsed.".into(),
    })
}
