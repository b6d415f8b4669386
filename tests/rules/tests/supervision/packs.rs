//! What each rule of a pack forbids, when, and what it never does (specification 7.1).

use counterfoil_proto::invoice::v1::action::Action as Invoicing;
use counterfoil_proto::invoice::v1::{RegisterInvoice, WarningKind};
use counterfoil_proto::membership::v1::decision::Decision;
use counterfoil_proto::membership::v1::{Role, Suspension};
use counterfoil_proto::supervision::v1::{ExposureCap, Rules};
use counterfoil_rules_tests::model::arithmetic::date;
use counterfoil_rules_tests::model::{Act, tagged_hash};
use counterfoil_rules_tests::workload::acts::{
    BUYER, Finance, GROSS, ISSUER, RECIPIENT, SELLER, TODAY, accept, admission, answer, award,
    commit, confirm, confirm_conditionally, consent, decline, draw_extension, issue_to,
    make_standing_quote, offer, open, open_as, open_programme, open_request, publish_pack,
    publish_pack_from, purchase, quote, register, registration, report, request_redemption, reveal,
    salt, settle, standing_terms, usd,
};
use counterfoil_rules_tests::workload::bench::Bench;
use counterfoil_rules_tests::workload::keyring::key;
use counterfoil_rules_tests::workload::world::World;

use super::{BANK, REGULATOR, registered};

/// An invoice that falls due so many days from [`TODAY`].
pub fn due_in(number: &str, days: i64) -> RegisterInvoice {
    RegisterInvoice {
        due_date: Some(date(TODAY + days)),
        ..registration(number)
    }
}

/// A confirmation that acknowledges the tenor.
pub fn looked_at(id: &[u8], invoice: &RegisterInvoice) -> Act {
    let mut act = confirm(id, invoice);
    if let Act::Invoice(action) = &mut act
        && let Some(Invoicing::Confirm(confirm)) = &mut action.action
    {
        confirm.acknowledged = vec![WarningKind::LongTenor.into()];
    }
    act
}

fn under(rules: Rules) -> Bench {
    let mut bench = Bench::new();
    bench.succeed(REGULATOR, publish_pack(1, rules));
    bench
}

#[test]
fn packs_come_one_after_another_and_never_for_the_past() {
    let mut bench = Bench::new();
    let none = Rules::default;
    bench.expect(
        "operator",
        publish_pack(1, none()),
        2001,
        "there are regulators",
    );
    bench.expect(REGULATOR, publish_pack(2, none()), 2003, "the first is 1");
    let past = publish_pack_from(1, TODAY - 1, none());
    bench.expect(REGULATOR, past, 2004, "for the past");
    let odd = Rules {
        stop_list: vec!["nobody".into()],
        ..none()
    };
    bench.expect(REGULATOR, publish_pack(1, odd), 2005, "nobody is stopped");
    bench.succeed(REGULATOR, publish_pack(1, none()));
    bench.expect(REGULATOR, publish_pack(1, none()), 2003, "version 1 stands");
    // What is in force counts, and fifteen more to come.
    for version in 2..=16 {
        let day = TODAY + i64::from(version);
        bench.succeed(REGULATOR, publish_pack_from(version, day, none()));
    }
    let more = publish_pack_from(17, TODAY + 17, none());
    bench.expect(REGULATOR, more, 2006, "too many to come");
    // An earlier one takes their place.
    bench.succeed(REGULATOR, publish_pack_from(17, TODAY + 3, none()));
    bench.succeed(REGULATOR, publish_pack_from(18, TODAY + 4, none()));
}

#[test]
fn without_an_active_regulator_more_than_two_thirds_of_the_operators_sign() {
    let mut bench = Bench::new();
    let suspended = |id: &str| {
        Decision::Suspend(Suspension {
            organization: id.into(),
            reason: "It is wound up.".into(),
        })
    };
    let act = publish_pack(1, Rules::default());
    bench.decide(suspended(REGULATOR));
    // Another regulator is an operator, too.
    bench.expect("operator", act.clone(), 2001, "one is left");
    bench.decide(suspended("operator-2"));
    let another = admission("operator-3", &[Role::Operator], &key(300));
    bench.put_to_the_vote("operator", Decision::Admit(another));
    bench.expect(SELLER, act.clone(), 2001, "no operator");
    bench.expect("operator", act.clone(), 56, "one of two");
    let proposal = bench.propose("operator", act, &["operator-3"]);
    let its_key = key(300);
    let both = ("operator-3", &[&its_key][..]);
    bench.expect_signed(both, consent(&proposal), 0, "both");
}

#[test]
fn a_debt_runs_no_longer_than_the_longest_tenor() {
    let mut bench = under(Rules {
        longest_tenor_days: 60,
        ..Rules::default()
    });
    let (short, long) = (due_in("N-1", 60), due_in("N-2", 61));
    let id = registered(&mut bench, &short);
    bench.succeed(BUYER, confirm(&id, &short));
    let id = registered(&mut bench, &long);
    bench.expect(BUYER, confirm(&id, &long), 2020, "61 days");
    let conditions = confirm_conditionally(&id, GROSS - 1);
    bench.expect(BUYER, conditions, 2020, "nor under conditions");
    // A day later it is 60.
    bench.roll_to(TODAY + 1);
    bench.succeed(BUYER, confirm(&id, &long));
}

#[test]
fn above_a_tenor_the_buyer_must_look_twice() {
    let mut bench = under(Rules {
        scrutiny_above_days: 30,
        ..Rules::default()
    });
    let (short, long) = (due_in("N-1", 30), due_in("N-2", 31));
    let id = registered(&mut bench, &short);
    bench.expect(BUYER, looked_at(&id, &short), 4031, "nothing to look at");
    bench.succeed(BUYER, confirm(&id, &short));
    let id = registered(&mut bench, &long);
    bench.expect(BUYER, confirm(&id, &long), 4031, "not acknowledged");
    bench.succeed(BUYER, looked_at(&id, &long));
}

#[test]
fn small_sellers_wait_so_long_after_delivery() {
    let mut bench = under(Rules {
        small_sellers: vec![SELLER.into()],
        small_seller_days: 60,
        ..Rules::default()
    });
    let late = RegisterInvoice {
        delivery_date: Some(date(TODAY - 31)),
        ..due_in("N-1", 30)
    };
    bench.expect(SELLER, register(late.clone()), 2021, "61 days");
    bench.expect(SELLER, register(due_in("N-1", 61)), 2021, "from issue");
    // Others wait as they agreed.
    bench.succeed("smith", register(late));
    let in_time = RegisterInvoice {
        delivery_date: Some(date(TODAY - 30)),
        ..due_in("N-2", 30)
    };
    let id = registered(&mut bench, &in_time);
    let strict = Rules {
        small_sellers: vec![SELLER.into()],
        small_seller_days: 59,
        ..Rules::default()
    };
    bench.succeed(REGULATOR, publish_pack(2, strict));
    bench.expect(BUYER, confirm(&id, &in_time), 2021, "the pack of the day");
}

#[test]
fn no_bank_asks_more_than_the_ceiling() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    let another = bench.owed("N-2", GROSS);
    let programme = bench.succeed(BUYER, open_programme(&[]));
    let programme = tagged_hash("counterfoil/programme-id/v1", &[&programme.tx_id]);
    bench.succeed(BANK, make_standing_quote(&programme, standing_terms(GROSS)));
    let request = bench.request_for(Finance::Sale, &[(&receivable, 0)], GROSS);
    let terms = quote(BANK, GROSS);
    bench.succeed(BANK, commit(&request, BANK, &terms));
    bench.roll_to(TODAY + 1);
    // Quotes are at 7 %, extensions at 6 %.
    let ceiling = |ppm| Rules {
        rate_ceiling_ppm: Some(ppm),
        ..Rules::default()
    };
    bench.succeed(REGULATOR, publish_pack_from(1, TODAY + 1, ceiling(69_999)));
    let standing = make_standing_quote(&programme, standing_terms(GROSS));
    bench.expect(BANK, standing, 2022, "a standing quote");
    let sale = purchase(&programme, BANK, &another, 70_000);
    bench.expect(SELLER, sale, 2022, "under one from before");
    bench.expect(BANK, reveal(&request, &terms, salt()), 2022, "a quote");
    bench.succeed(BUYER, draw_extension(&programme, BANK, 100, 60_000));
    bench.succeed(REGULATOR, publish_pack_from(2, TODAY + 1, ceiling(70_000)));
    bench.succeed(BANK, reveal(&request, &terms, salt()));
    bench.succeed(REGULATOR, publish_pack_from(3, TODAY + 1, ceiling(59_999)));
    bench.expect(SELLER, award(&request, BANK), 2022, "an award");
    let extension = draw_extension(&programme, BANK, 100, 60_000);
    bench.expect(BUYER, extension, 2022, "an extension");
    bench.succeed(REGULATOR, publish_pack_from(4, TODAY + 1, Rules::default()));
    bench.succeed(SELLER, award(&request, BANK));
}

#[test]
fn credit_goes_down_no_further_than_the_deepest_tier() {
    let mut bench = under(Rules {
        deepest_tier: Some(1),
        ..Rules::default()
    });
    let receivable = bench.owed("N-1", GROSS);
    bench.succeed(SELLER, offer(&receivable, 0, RECIPIENT, TODAY + 1));
    bench.succeed(RECIPIENT, accept(&receivable, 0, ""));
    let deeper = offer(&receivable, 0, "miller", TODAY + 1);
    bench.expect(RECIPIENT, deeper.clone(), 2023, "a second tier");
    bench.succeed(REGULATOR, publish_pack(2, Rules::default()));
    bench.succeed(RECIPIENT, deeper);
    let shallow = Rules {
        deepest_tier: Some(1),
        ..Rules::default()
    };
    bench.succeed(REGULATOR, publish_pack(3, shallow));
    bench.expect(
        "miller",
        accept(&receivable, 0, ""),
        2023,
        "nor by acceptance",
    );
    let none = Rules {
        deepest_tier: Some(0),
        ..Rules::default()
    };
    bench.succeed(REGULATOR, publish_pack(4, none));
    bench.succeed("miller", decline(&receivable, 0));
    let claims: [(&[u8], u32); 1] = [(&receivable, 0)];
    bench.expect(
        RECIPIENT,
        open(Finance::Sale, &claims, GROSS),
        2023,
        "funding",
    );
}

#[test]
fn exposures_stay_within_their_caps() {
    let cap = |bank: &str, debtor: &str, minor| ExposureCap {
        bank: bank.into(),
        debtor: debtor.into(),
        cap: usd(minor),
    };
    let capped = |caps| Rules {
        exposure_caps: caps,
        ..Rules::default()
    };
    let mut bench = Bench::new();
    let first = bench.owed("N-1", 1_000);
    let second = bench.owed("N-2", 1_000);
    let programme = bench.succeed(BUYER, open_programme(&[]));
    let programme = tagged_hash("counterfoil/programme-id/v1", &[&programme.tx_id]);
    for bank in [BANK, ISSUER] {
        bench.succeed(bank, make_standing_quote(&programme, standing_terms(5_000)));
    }
    bench.succeed(SELLER, purchase(&programme, BANK, &first, 70_000));
    let sale = |bank: &str| purchase(&programme, bank, &second, 70_000);
    // 1,000 are outstanding: with the debtor, of the bank, of the bank with the debtor.
    let debtor_in_all = publish_pack(1, capped(vec![cap("", BUYER, 1_999)]));
    bench.succeed(REGULATOR, debtor_in_all);
    bench.expect(SELLER, sale(ISSUER), 2024, "with the debtor in all");
    let bank_in_all = publish_pack(2, capped(vec![cap(BANK, "", 1_999)]));
    bench.succeed(REGULATOR, bank_in_all);
    bench.expect(SELLER, sale(BANK), 2024, "of the bank in all");
    let extension = draw_extension(&programme, BANK, 1_000, 60_000);
    bench.expect(BUYER, extension, 2024, "loans count, too");
    let both = publish_pack(3, capped(vec![cap(BANK, BUYER, 1_999)]));
    bench.succeed(REGULATOR, both);
    bench.expect(SELLER, sale(BANK), 2024, "of the bank with the debtor");
    // From one bank to another it is no more for the banks together.
    bench.succeed(
        REGULATOR,
        publish_pack(4, capped(vec![cap("", BUYER, 1_000)])),
    );
    bench.succeed(BANK, offer(&first, 0, ISSUER, TODAY + 1));
    bench.succeed(ISSUER, accept(&first, 0, ""));
    let other = publish_pack(5, capped(vec![cap(BANK, "", 999)]));
    bench.succeed(REGULATOR, other);
    bench.succeed(ISSUER, offer(&first, 0, BANK, TODAY + 1));
    bench.expect(BANK, accept(&first, 0, ""), 2024, "back again");
    bench.succeed(
        REGULATOR,
        publish_pack(6, capped(vec![cap(ISSUER, BUYER, 2_000)])),
    );
    bench.succeed(SELLER, sale(ISSUER));
}

#[test]
fn other_currencies_wait_for_another_pack() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    let rules = Rules {
        currencies: vec!["EUR".into()],
        ..Rules::default()
    };
    bench.succeed(REGULATOR, publish_pack(1, rules));
    bench.expect(SELLER, register(registration("N-2")), 2025, "an invoice");
    let act = offer(&receivable, 0, RECIPIENT, TODAY + 1);
    bench.expect(SELLER, act, 2025, "an offer");
    // What is owed is paid in it.
    bench.succeed(ISSUER, issue_to(BUYER, GROSS, "funds"));
    bench.succeed(BUYER, settle(&receivable, GROSS, "settlement"));
}

#[test]
fn nothing_is_begun_with_those_on_the_stop_list_and_all_their_debts_are_paid() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    let open_invoice = due_in("N-2", 31);
    let id = registered(&mut bench, &open_invoice);
    bench.succeed(SELLER, offer(&receivable, 0, RECIPIENT, TODAY + 5));
    for stopped in [SELLER, BUYER] {
        let version = if stopped == SELLER { 1 } else { 2 };
        let rules = Rules {
            stop_list: vec![stopped.into()],
            ..Rules::default()
        };
        bench.succeed(REGULATOR, publish_pack(version, rules));
        bench.expect(SELLER, register(registration("N-3")), 2026, stopped);
        bench.expect(BUYER, confirm(&id, &open_invoice), 2026, stopped);
        bench.expect(RECIPIENT, accept(&receivable, 0, ""), 2026, stopped);
    }
    // Specification 1.6: the debtor pays, the seller is paid, withdraws, is redeemed.
    bench.succeed(ISSUER, issue_to(BUYER, GROSS, "funds"));
    bench.succeed(BUYER, settle(&receivable, GROSS, "settlement"));
    assert_eq!(bench.available(SELLER, ISSUER), GROSS);
    bench.succeed(SELLER, answer("withdraw", &id));
    bench.succeed(SELLER, request_redemption("out"));
}

#[test]
fn a_debtor_in_default_has_nothing_new_until_it_has_paid() {
    let mut bench = under(Rules {
        none_after_default: true,
        ..Rules::default()
    });
    let receivable = bench.owed("N-1", GROSS);
    let later = RegisterInvoice {
        due_date: Some(date(TODAY + 200)),
        ..registration("N-2")
    };
    let id = registered(&mut bench, &later);
    let other = due_in("N-3", 300);
    let another = registered(&mut bench, &other);
    bench.succeed(BUYER, confirm(&another, &other));
    let sold = tagged_hash("counterfoil/receivable-id/v1", &[&another]);
    // 30 days, and 45 of grace.
    bench.roll_to(TODAY + 76);
    bench.succeed(SELLER, report("default", &receivable));
    bench.expect(BUYER, confirm(&id, &later), 2027, "a new debt");
    let act = offer(&sold, 0, RECIPIENT, TODAY + 80);
    bench.expect(SELLER, act.clone(), 2027, "an offer");
    let claims: [(&[u8], u32); 1] = [(&sold, 0)];
    let claims_to_banks = registered_request(&claims);
    bench.expect(SELLER, claims_to_banks, 2027, "a request");
    bench.succeed(ISSUER, issue_to(BUYER, 2 * GROSS, "funds"));
    bench.succeed(BUYER, settle(&receivable, 2 * GROSS, "settlement"));
    bench.succeed(BUYER, confirm(&id, &later));
    bench.succeed(SELLER, act);
}

/// Put to the banks from the 76th day on.
fn registered_request(claims: &[(&[u8], u32)]) -> Act {
    let mut request = open_request(Finance::Sale, claims, GROSS);
    request.deadline = Some(date(TODAY + 76));
    request.expires_on = Some(date(TODAY + 90));
    open_as(request)
}

#[test]
fn old_blocks_replay_under_the_pack_of_their_date() {
    let mut bench = Bench::new();
    let strict = Rules {
        longest_tenor_days: 10,
        ..Rules::default()
    };
    let first = bench.owed("N-1", GROSS);
    bench.succeed(REGULATOR, publish_pack_from(1, TODAY + 2, strict));
    let second = bench.owed("N-2", GROSS);
    bench.roll_to(TODAY + 2);
    let invoice = due_in("N-3", 31);
    let id = registered(&mut bench, &invoice);
    bench.expect(BUYER, confirm(&id, &invoice), 2020, "29 days");
    bench.succeed(REGULATOR, publish_pack_from(2, TODAY + 3, Rules::default()));
    bench.roll_to(TODAY + 3);
    bench.succeed(BUYER, confirm(&id, &invoice));
    assert_ne!(first, second);
    // Executes every block again, and compares writes and receipts.
    bench.rules.replay(&World::new(Some(TODAY), 0, 0));
}
