//! Makers and checkers, consents of other organizations, the suspended, and the operators' votes
//! (specification 1.3 to 1.6).

use counterfoil_proto::invoice::v1::InvoiceState;
use counterfoil_proto::membership::v1::decision::Decision;
use counterfoil_proto::membership::v1::{
    ActionClass, Amendment, DecisionState, OrganizationStatus, Proposal, ProposalState, Role,
    Suspension,
};
use counterfoil_rules_tests::model::Act;
use counterfoil_rules_tests::workload::acts::{
    BUYER, Finance, GROSS, ISSUER, SELLER, TODAY, admission, answer, approve, change_accounts,
    confirm, consent, decide, end_proposal, enrolment, issue_to, leave, propose, register,
    registration, release, requirement, revocation, set_rule, settle, transfer, usd, vote,
};
use counterfoil_rules_tests::workload::bench::{Bench, invoice_id, proposal_id};
use counterfoil_rules_tests::workload::keyring::key;
use counterfoil_rules_tests::workload::world::{ALL, first_key};
use counterfoil_types::keys::SigningKey;

const LENDER: &str = "bank-west";

/// Gives an organization so many accounts more. All its keys.
fn with_accounts(bench: &mut Bench, organization: &str, more: u16) -> Vec<SigningKey> {
    let new: Vec<SigningKey> = (300..300 + more).map(key).collect();
    let enrol = new.iter().map(|key| enrolment(organization, key, ALL, 0));
    bench.succeed(organization, change_accounts(enrol.collect(), Vec::new()));
    std::iter::once(first_key(organization))
        .chain(new)
        .collect()
}

/// An invoice over so much, registered.
fn registered(bench: &mut Bench, number: &str, gross: u64) -> (Vec<u8>, Act) {
    let mut invoice = registration(number);
    invoice.gross = usd(gross);
    let id = invoice_id(&bench.succeed(SELLER, register(invoice.clone())));
    let confirmation = confirm(&id, &invoice);
    (id, confirmation)
}

fn proposes(bench: &mut Bench, by: (&str, &[&SigningKey]), act: &Act) -> Proposal {
    let receipt = bench.expect_signed(by, propose(act, &[]), 0, "a proposal");
    bench.proposal(&proposal_id(&receipt))
}

fn suspend(organization: &str) -> Decision {
    Decision::Suspend(Suspension {
        organization: organization.into(),
        reason: "Its licence has lapsed.".into(),
    })
}

#[test]
fn a_checker_signs_the_same_envelope() {
    let mut bench = Bench::new();
    let (_, confirmation) = registered(&mut bench, "N-1", GROSS);
    let keys = with_accounts(&mut bench, BUYER, 1);
    let (maker, checker) = (&keys[0], &keys[1]);
    bench.expect_signed((BUYER, &[maker]), confirmation.clone(), 55, "a maker alone");
    bench.expect_signed(
        (BUYER, &[checker]),
        confirmation.clone(),
        55,
        "the other alone",
    );
    bench.expect_signed((BUYER, &[maker, checker]), confirmation, 0, "both");
}

#[test]
fn what_binds_nobody_needs_no_checker() {
    let mut bench = Bench::new();
    let (invoice, _) = registered(&mut bench, "N-1", GROSS);
    let keys = with_accounts(&mut bench, BUYER, 1);
    bench.expect_signed(
        (BUYER, &[&keys[1]]),
        answer("query", &invoice),
        0,
        "a query",
    );
}

#[test]
fn a_rule_asks_by_class_and_amount() {
    let mut bench = Bench::new();
    let (_, small) = registered(&mut bench, "N-1", 20_000);
    let (_, large) = registered(&mut bench, "N-2", 20_001);
    let keys = with_accounts(&mut bench, BUYER, 1);
    let (maker, checker) = (&keys[0], &keys[1]);
    let rule = set_rule(vec![requirement(ActionClass::Confirm, Some(20_000), 1)]);
    bench.expect_signed((BUYER, &[maker]), rule.clone(), 55, "a rule of one");
    bench.expect_signed((BUYER, &[maker, checker]), rule, 0, "a rule of both");
    bench.expect_signed((BUYER, &[maker]), small, 0, "up to the amount");
    bench.expect_signed((BUYER, &[maker]), large.clone(), 55, "above it");
    bench.expect_signed((BUYER, &[maker, checker]), large, 0, "above it, by two");
}

#[test]
fn a_checker_approves_what_a_maker_proposed() {
    let mut bench = Bench::new();
    let (invoice, confirmation) = registered(&mut bench, "N-1", GROSS);
    let keys = with_accounts(&mut bench, BUYER, 1);
    let (maker, checker) = (&keys[0], &keys[1]);
    let proposal = proposes(&mut bench, (BUYER, &[maker]), &confirmation);
    assert_eq!(proposal.state(), ProposalState::Open);
    assert_eq!(proposal.signers, [maker.public_key().to_vec()]);

    let itself = (BUYER, &[maker][..]);
    bench.expect_signed(itself, approve(&proposal), 1009, "a maker approves itself");
    let both = (BUYER, &[maker, checker][..]);
    bench.expect_signed(both, approve(&proposal), 1009, "with another");
    let mut seen = proposal.clone();
    seen.action_hash[0] ^= 1;
    let other = (BUYER, &[checker][..]);
    bench.expect_signed(other, approve(&seen), 1008, "another action was looked at");
    let receipt = bench.expect_signed(other, approve(&proposal), 0, "the checker approves");
    // Approved, carried out, and what the confirmation tells.
    assert!(receipt.events.len() >= 3, "{receipt:?}");
    assert_eq!(bench.invoice(&invoice).state(), InvoiceState::Confirmed);
    assert_eq!(
        bench.proposal(&proposal.id).state(),
        ProposalState::CarriedOut
    );
    bench.expect_signed(other, approve(&proposal), 1006, "once more");
}

#[test]
fn what_is_rejected_when_it_is_carried_out_leaves_the_proposal_open() {
    let mut bench = Bench::new();
    let keys = with_accounts(&mut bench, BUYER, 1);
    let (maker, checker) = (&keys[0], &keys[1]);
    let spend = transfer(SELLER, 100, "T-1");
    let proposal = proposes(&mut bench, (BUYER, &[maker]), &spend);
    let other = (BUYER, &[checker][..]);
    bench.expect_signed(other, approve(&proposal), 3008, "without deposits");
    assert_eq!(bench.proposal(&proposal.id), proposal);
    bench.succeed(ISSUER, issue_to(BUYER, 100, "funds"));
    bench.expect_signed(other, approve(&proposal), 0, "with deposits");
    assert_eq!(bench.available(BUYER, ISSUER), 0);
}

#[test]
fn signatures_of_revoked_accounts_do_not_count() {
    let mut bench = Bench::new();
    let (invoice, confirmation) = registered(&mut bench, "N-1", GROSS);
    let keys = with_accounts(&mut bench, BUYER, 3);
    let [maker, revoked, third, fourth] = &keys[..] else {
        panic!("four accounts");
    };
    let rule = set_rule(vec![requirement(ActionClass::Confirm, None, 2)]);
    bench.expect_signed((BUYER, &[maker, third]), rule, 0, "two approvals");
    let proposal = proposes(&mut bench, (BUYER, &[maker]), &confirmation);
    bench.expect_signed(
        (BUYER, &[revoked]),
        approve(&proposal),
        0,
        "the first approval",
    );
    let revocation = change_accounts(Vec::new(), vec![revocation(revoked, 0)]);
    bench.expect_signed((BUYER, &[maker, third]), revocation, 0, "revoked");
    bench.expect_signed(
        (BUYER, &[revoked]),
        approve(&proposal),
        51,
        "it acts no more",
    );
    bench.expect_signed(
        (BUYER, &[third]),
        approve(&proposal),
        0,
        "the first that counts",
    );
    assert_eq!(bench.proposal(&proposal.id).state(), ProposalState::Open);
    assert_eq!(bench.invoice(&invoice).state(), InvoiceState::Registered);
    bench.expect_signed((BUYER, &[fourth]), approve(&proposal), 0, "the second");
    assert_eq!(bench.invoice(&invoice).state(), InvoiceState::Confirmed);
}

#[test]
fn a_rule_is_changed_under_the_old_one() {
    let mut bench = Bench::new();
    let keys = with_accounts(&mut bench, BUYER, 1);
    let (maker, checker) = (&keys[0], &keys[1]);
    let none = set_rule(vec![requirement(ActionClass::Administration, None, 0)]);
    let one = set_rule(vec![requirement(ActionClass::Administration, None, 1)]);
    bench.expect_signed((BUYER, &[maker]), none.clone(), 55, "one of two");
    bench.expect_signed((BUYER, &[maker, checker]), none.clone(), 0, "both");
    bench.expect_signed((BUYER, &[maker]), one, 0, "one, as the new rule has it");
    bench.expect_signed((BUYER, &[maker]), none, 55, "one of two again");
    let too_many = set_rule(vec![requirement(ActionClass::Pay, None, 2)]);
    let both = (BUYER, &[maker, checker][..]);
    bench.expect_signed(both, too_many, 1026, "more than there are");
}

#[test]
fn a_proposal_ends_with_its_last_day() {
    let mut bench = Bench::new();
    let (_, confirmation) = registered(&mut bench, "N-1", GROSS);
    let keys = with_accounts(&mut bench, BUYER, 1);
    let proposal = proposes(&mut bench, (BUYER, &[&keys[0]]), &confirmation);
    bench.roll_to(TODAY + 31);
    let checker = (BUYER, &[&keys[1]][..]);
    bench.expect_signed(checker, approve(&proposal), 1007, "after its last day");
    bench.expect_signed(checker, end_proposal(&proposal), 0, "ended all the same");
    assert_eq!(bench.proposal(&proposal.id).state(), ProposalState::Ended);
    bench.expect_signed(checker, approve(&proposal), 1006, "after its end");
}

#[test]
fn a_consent_has_a_maker_and_a_checker_of_its_own() {
    let mut bench = Bench::new();
    let keys = with_accounts(&mut bench, BUYER, 1);
    let (maker, checker) = (&keys[0], &keys[1]);
    let proposal = bench.propose(ISSUER, issue_to(SELLER, 100, "I-1"), &[BUYER]);
    assert_eq!(bench.available(SELLER, ISSUER), 0, "it waits");
    bench.expect_signed((BUYER, &[maker]), consent(&proposal), 55, "the maker alone");
    let chained = propose(&consent(&proposal), &["smith"]);
    bench.expect_signed(
        (BUYER, &[maker]),
        chained,
        1001,
        "a consent with another's consent",
    );

    let nested = proposes(&mut bench, (BUYER, &[maker]), &consent(&proposal));
    bench.expect(
        "smith",
        consent(&nested),
        1010,
        "a consent that nobody asked for",
    );
    let further = propose(&consent(&nested), &[]);
    bench.expect(
        "smith",
        further,
        1001,
        "a proposed consent to a proposed consent",
    );
    bench.expect_signed(
        (BUYER, &[checker]),
        approve(&nested),
        0,
        "the checker approves",
    );
    for id in [&proposal.id, &nested.id] {
        assert_eq!(bench.proposal(id).state(), ProposalState::CarriedOut);
    }
    assert_eq!(
        bench.available(SELLER, ISSUER),
        100,
        "issued with the consent"
    );
}

#[test]
fn an_action_waits_for_all_consents() {
    let mut bench = Bench::new();
    let act = issue_to(SELLER, 100, "I-1");
    bench.signed_by(ISSUER, act, &[BUYER, SELLER, "smith"], 0);
    assert_eq!(bench.available(SELLER, ISSUER), 100);
    let again = issue_to(SELLER, 100, "I-1");
    bench.signed_by(ISSUER, again, &[BUYER, SELLER], 3006);
    assert_eq!(bench.available(SELLER, ISSUER), 100);
}

#[test]
fn the_suspended_pay_are_paid_and_release_but_begin_nothing() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    let pledged = bench.owed("N-2", GROSS + 2);
    let (queried, confirmation) = registered(&mut bench, "N-3", GROSS + 1);
    bench.succeed(ISSUER, issue_to(BUYER, 10 * GROSS, "funds"));
    let loan = bench.finance(Finance::Loan, &[(&pledged, 0)], 5_000, LENDER);
    for id in [BUYER, SELLER, LENDER] {
        bench.decide(suspend(id));
        assert_eq!(
            bench.organization(id).status(),
            OrganizationStatus::Suspended
        );
    }

    bench.expect(BUYER, confirmation.clone(), 57, "a new undertaking");
    bench.expect(SELLER, register(registration("N-4")), 57, "a new invoice");
    bench.expect(LENDER, issue_to("smith", 1, "new"), 57, "new deposits");
    let proposal = propose(&confirmation, &[]);
    bench.expect(BUYER, proposal, 57, "a proposal of a new undertaking");

    bench.expect(BUYER, answer("query", &queried), 0, "an answer");
    bench.expect(BUYER, settle(&receivable, GROSS, "paid"), 0, "a payment");
    let paid = bench.available(SELLER, ISSUER);
    assert!(paid >= GROSS, "the suspended seller was paid: {paid}");
    bench.expect(LENDER, release(&loan, &pledged, 0), 0, "a release");

    bench.decide(Decision::Reinstate(BUYER.into()));
    bench.expect(BUYER, confirmation, 0, "reinstated");
}

#[test]
fn two_thirds_of_the_operators_are_not_enough() {
    let mut bench = Bench::new();
    let third = admission("operator-3", &[Role::Operator], &key(300));
    bench.decide(Decision::Admit(third));
    let decision = bench.put_to_the_vote("operator", suspend(BUYER));
    bench.succeed("operator-2", vote(&decision));
    assert_eq!(bench.decision(&decision.id).state(), DecisionState::Open);
    assert_eq!(
        bench.organization(BUYER).status(),
        OrganizationStatus::Active
    );
    let its_key = key(300);
    let one_more = ("operator-3", &[&its_key][..]);
    bench.expect_signed(one_more, vote(&decision), 0, "one more");
    assert_eq!(
        bench.decision(&decision.id).state(),
        DecisionState::CarriedOut
    );
    assert_eq!(
        bench.organization(BUYER).status(),
        OrganizationStatus::Suspended
    );
}

#[test]
fn votes_of_operators_that_left_do_not_count() {
    let mut bench = Bench::new();
    bench.decide(Decision::Admit(admission(
        "operator-3",
        &[Role::Operator],
        &key(300),
    )));
    let fourth = Decision::Admit(admission("operator-4", &[Role::Operator], &key(301)));
    let decision = bench.put_to_the_vote("operator", fourth);
    bench.succeed("operator-2", vote(&decision));
    let its_key = key(300);
    let third = ("operator-3", &[&its_key][..]);
    bench.expect_signed(third, vote(&decision), 0, "all three for the fourth");
    let decision = bench.put_to_the_vote("operator", suspend(BUYER));
    bench.succeed("operator-2", vote(&decision));
    bench.succeed("operator-2", leave());
    // Three are left, and with this one two of them are for it.
    bench.expect_signed(third, vote(&decision), 0, "the second that counts");
    assert_eq!(bench.decision(&decision.id).state(), DecisionState::Open);
    let its_key = key(301);
    let fourth = ("operator-4", &[&its_key][..]);
    bench.expect_signed(fourth, vote(&decision), 0, "the third");
    assert_eq!(
        bench.decision(&decision.id).state(),
        DecisionState::CarriedOut
    );
}

#[test]
fn one_operator_stays() {
    let mut bench = Bench::new();
    bench.succeed("operator-2", leave());
    bench.expect("operator-2", leave(), 1040, "leaving twice");
    bench.expect("operator", leave(), 1041, "the last operator leaves");
    bench.expect(
        "operator",
        decide(suspend("operator")),
        1041,
        "suspends itself",
    );
}

#[test]
fn the_admitted_take_part_from_the_next_height_on() {
    let mut bench = Bench::new();
    let its_key = key(300);
    let new = ("newcomer", &[&its_key][..]);
    bench.expect_signed(new, register(registration("N-1")), 50, "not yet admitted");
    bench.decide(Decision::Admit(admission(
        "newcomer",
        &[Role::Supplier],
        &key(300),
    )));
    bench.expect_signed(new, register(registration("N-1")), 0, "admitted");
    let same = decide(Decision::Admit(admission(
        "newcomer",
        &[Role::Bank],
        &key(301),
    )));
    bench.expect("operator", same, 1054, "the same id");
    let mut entity = admission("other", &[Role::Bank], &key(301));
    entity.national_id = "workload:newcomer".into();
    let entity = decide(Decision::Admit(entity));
    bench.expect("operator", entity, 1055, "the same legal entity");
}

#[test]
fn a_key_is_rotated_at_a_height() {
    let mut bench = Bench::new();
    let (old, new) = (first_key(SELLER), key(300));
    let turn = bench.rules.height() + 3;
    let rotation = change_accounts(
        vec![enrolment(SELLER, &new, ALL, turn)],
        vec![revocation(&old, turn)],
    );
    bench.succeed(SELLER, rotation);
    let register = |number: &str| register(registration(number));
    bench.expect_signed((SELLER, &[&old]), register("N-1"), 0, "the old one before");
    assert_eq!(bench.rules.height() + 1, turn);
    bench.expect_signed(
        (SELLER, &[&old]),
        register("N-2"),
        51,
        "the old one from there on",
    );
    bench.expect_signed((SELLER, &[&new]), register("N-2"), 0, "the new one");
    let back = change_accounts(vec![enrolment(SELLER, &old, ALL, 0)], Vec::new());
    bench.expect_signed((SELLER, &[&new]), back, 1022, "a key has one account, once");
    let foreign = change_accounts(vec![enrolment(BUYER, &key(301), ALL, 0)], Vec::new());
    bench.expect_signed(
        (SELLER, &[&new]),
        foreign,
        1021,
        "a proof for another organization",
    );
    let gone = change_accounts(Vec::new(), vec![revocation(&new, 0)]);
    bench.expect_signed((SELLER, &[&new]), gone, 1026, "nobody would be left");
}

#[test]
fn the_operators_amend_what_the_law_calls_an_organization() {
    let mut bench = Bench::new();
    let before = bench.organization(SELLER);
    let amendment = Amendment {
        organization: SELLER.into(),
        legal_name: "Farmer and Daughters".into(),
        lei: before.lei.clone(),
        national_id: "another register's 7".into(),
        roles: vec![Role::Supplier.into(), Role::Guarantor.into()],
    };
    bench.decide(Decision::Amend(amendment.clone()));
    let after = bench.organization(SELLER);
    assert_eq!(after.legal_name, "Farmer and Daughters");
    assert_eq!(after.accounts, before.accounts);
    let refused = |bench: &mut Bench, amendment: Amendment, code, what| {
        let decision = decide(Decision::Amend(amendment));
        bench.expect("operator", decision, code, what);
    };
    // What it had undertaken as a supplier it still owes.
    let without = Amendment {
        roles: vec![Role::Guarantor.into()],
        ..amendment.clone()
    };
    refused(&mut bench, without, 1053, "a role less");
    // Its former id stays its own.
    let taken = Amendment {
        organization: "miller".into(),
        national_id: before.national_id.clone(),
        roles: vec![Role::Supplier.into()],
        ..amendment.clone()
    };
    refused(&mut bench, taken, 1055, "another's former legal id");
    let back = Amendment {
        national_id: before.national_id,
        ..amendment
    };
    bench.decide(Decision::Amend(back));
}
