//! Proposals, conditions, warnings and collisions (specification 3.3, 3.4).

use counterfoil_proto::invoice::v1::{
    CollisionRelease, ConfirmInvoice, InvoiceState, RegisterInvoice, WarningKind, action,
};
use counterfoil_proto::v1::Receipt;
use counterfoil_proto::{invoice, receivable};
use counterfoil_rules_tests::model::arithmetic::date;
use counterfoil_rules_tests::model::{Act, tagged_hash};
use counterfoil_rules_tests::workload::acts::{
    BUYER, GROSS, SELLER, TODAY, accept_conditions, accept_proposal, answer, confirm,
    confirm_conditionally, propose_invoice, register, registration, usd,
};
use counterfoil_rules_tests::workload::bench::{Bench, invoice_id};

/// A second invoice of this number, with a document of its own.
fn numbered(number: &str, document: &str) -> RegisterInvoice {
    RegisterInvoice {
        document_hash: tagged_hash("document", &[document.as_bytes()]).to_vec(),
        ..registration(number)
    }
}

fn registered(bench: &mut Bench, number: &str) -> Vec<u8> {
    invoice_id(&bench.succeed(SELLER, register(registration(number))))
}

#[test]
fn a_proposal_takes_no_number_before_its_seller_accepts_it() {
    let mut bench = Bench::new();
    let mut self_billed = numbered("SB-1", "the buyer's");
    self_billed.type_code = 389;
    let id = invoice_id(&bench.succeed(BUYER, propose_invoice(self_billed.clone())));
    let proposed = bench.invoice(&id);
    assert_eq!(proposed.state(), InvoiceState::Proposed);
    assert!(proposed.strict_fingerprint.is_empty() && proposed.registered_on.is_none());
    // The seller's own invoice of that number comes first.
    let own = registered(&mut bench, "SB 1");
    let late = bench.expect(
        SELLER,
        accept_proposal(&id, None),
        4012,
        "the number's second",
    );
    assert_eq!(
        late.rejection.expect("a rejection").first,
        hex::encode(&own)
    );
    bench.succeed(SELLER, answer("decline_proposal", &id));
    assert_eq!(bench.invoice(&id).state(), InvoiceState::Declined);

    let other = RegisterInvoice {
        number: "SB-2".into(),
        gross: usd(GROSS + 1),
        ..self_billed
    };
    let id = invoice_id(&bench.succeed(BUYER, propose_invoice(other.clone())));
    bench.expect(
        BUYER,
        confirm(&id, &other),
        4022,
        "a confirmation of a proposal",
    );
    bench.succeed(SELLER, accept_proposal(&id, None));
    let accepted = bench.invoice(&id);
    assert_eq!(accepted.state(), InvoiceState::Registered);
    assert_eq!(accepted.registered_on, Some(date(TODAY)));
    let again = register(numbered("sb2", "another"));
    bench.expect(SELLER, again, 4012, "the number once it is taken");
    let document = RegisterInvoice {
        number: "SB-3".into(),
        ..other.clone()
    };
    bench.expect(SELLER, register(document), 4013, "its document");
    bench.succeed(BUYER, confirm(&id, &other));
}

/// 123.45 is confirmed over 90.00 without grace; the 33.45 are gone with the number.
#[test]
fn conditions_that_are_accepted_are_what_is_owed() {
    let mut bench = Bench::new();
    let id = registered(&mut bench, "N-1");
    let mut act = confirm_conditionally(&id, 9_000);
    let Act::Invoice(invoice::v1::Action {
        action: Some(action::Action::ConfirmConditionally(conditional)),
    }) = &mut act
    else {
        panic!("a conditional confirmation");
    };
    conditional.terms.as_mut().expect("terms").grace_days = 0;
    bench.succeed(BUYER, act);
    assert_eq!(
        bench.invoice(&id).state(),
        InvoiceState::ConditionallyConfirmed
    );
    let wrong = accept_conditions(&id, 9_000);
    bench.expect(SELLER, wrong, 4025, "the terms as they were registered");
    let mut accept = accept_conditions(&id, 9_000);
    let Act::Invoice(invoice::v1::Action {
        action: Some(action::Action::AcceptConditions(accepted)),
    }) = &mut accept
    else {
        panic!("an acceptance");
    };
    let conditions = bench.invoice(&id).conditions.expect("conditions");
    let terms: &receivable::v1::Terms = conditions.terms.as_ref().expect("terms");
    accepted.terms_hash = counterfoil_rules_tests::model::invoices::terms_hash(terms).to_vec();
    bench.succeed(SELLER, accept);
    let confirmed = bench.invoice(&id);
    assert_eq!(confirmed.state(), InvoiceState::Confirmed);
    let owed = bench.receivable(&confirmed.receivable);
    assert_eq!(owed.face, usd(9_000));
    assert_eq!(owed.terms.expect("terms").grace_days, 0);
    assert_eq!(bench.claim(&owed.id, 0).outstanding_minor, 9_000);
    let rest = register(numbered("N-1", "the rest"));
    bench.expect(SELLER, rest, 4012, "what is left under the same number");
}

#[test]
fn conditions_bind_the_buyer_to_their_last_day() {
    let mut bench = Bench::new();
    let id = registered(&mut bench, "N-1");
    bench.succeed(BUYER, confirm_conditionally(&id, 9_000));
    for act in [
        confirm(&id, &registration("N-1")),
        confirm_conditionally(&id, 8_000),
        answer("reject", &id),
        answer("query", &id),
    ] {
        bench.expect(BUYER, act, 4022, "another answer of the buyer");
    }
    let expire = answer("expire_conditions", &id);
    bench.roll_to(TODAY + 1);
    bench.expect(BUYER, expire.clone(), 4036, "an end on the last day");
    bench.roll_to(TODAY + 2);
    bench.expect(SELLER, accept_conditions(&id, 9_000), 4035, "too late");
    bench.succeed(BUYER, expire);
    let queried = bench.invoice(&id);
    assert_eq!(queried.state(), InvoiceState::UnderQuery);
    assert_eq!((queried.conditions, queried.query_count), (None, 0));
    bench.succeed(BUYER, answer("reject", &id));

    let id = registered(&mut bench, "N-2");
    let expired = confirm_conditionally(&id, 9_000);
    bench.expect(BUYER, expired, 4033, "a last day that has passed");
    bench.succeed(SELLER, answer("withdraw", &id));
}

#[test]
fn conditions_are_refused_or_the_invoice_withdrawn() {
    let mut bench = Bench::new();
    let id = registered(&mut bench, "N-1");
    bench.expect(
        BUYER,
        confirm_conditionally(&id, GROSS),
        4032,
        "no condition",
    );
    bench.expect(
        BUYER,
        confirm_conditionally(&id, GROSS + 1),
        4034,
        "more than all",
    );
    bench.succeed(BUYER, confirm_conditionally(&id, 9_000));
    bench.succeed(SELLER, answer("refuse_conditions", &id));
    assert_eq!(bench.invoice(&id).state(), InvoiceState::UnderQuery);
    bench.succeed(BUYER, confirm_conditionally(&id, 10_000));
    bench.succeed(SELLER, answer("withdraw", &id));
    assert_eq!(bench.invoice(&id).conditions, None);
}

fn warned(receipt: &Receipt, bench: &Bench) -> Vec<WarningKind> {
    bench.invoice(&invoice_id(receipt)).warnings().collect()
}

/// What the seller did the year before, and a second invoice like the first.
#[test]
fn a_warning_is_acknowledged_with_the_confirmation() {
    let mut bench = Bench::new();
    let mut before = registration("N-1");
    before.issue_date = Some(date(TODAY - 366));
    bench.succeed(SELLER, register(before));
    let like = numbered("N-1", "this year's");
    let receipt = bench.succeed(SELLER, register(like.clone()));
    let kinds = [WarningKind::AdjacentYear, WarningKind::LooseMatch];
    assert_eq!(warned(&receipt, &bench), kinds);
    let id = invoice_id(&receipt);
    bench.expect(
        BUYER,
        confirm(&id, &like),
        4031,
        "a confirmation that says nothing",
    );
    let acknowledging = |acknowledged: Vec<i32>| {
        let mut act = confirm(&id, &like);
        let Act::Invoice(invoice::v1::Action {
            action: Some(action::Action::Confirm(confirm)),
        }) = &mut act
        else {
            panic!("a confirmation");
        };
        *confirm = ConfirmInvoice {
            acknowledged,
            ..confirm.clone()
        };
        act
    };
    bench.expect(BUYER, acknowledging(vec![2]), 4031, "one of two");
    bench.expect(BUYER, acknowledging(vec![1, 2, 3]), 4031, "one too many");
    bench.expect(
        BUYER,
        acknowledging(vec![9]),
        53,
        "a kind that nobody knows",
    );
    bench.succeed(BUYER, acknowledging(vec![1, 2]));
}

/// "A-007" and "A-0-0-7" are one number once normalised. Four may share it; spelling alone tells none apart.
#[test]
fn a_false_collision_is_released_by_seller_and_buyer() {
    let mut bench = Bench::new();
    let mut newest = registered(&mut bench, "A-007");
    let mut held = "A-007".to_owned();
    let releasing = |number: &str, newest: &[u8], held: &str| {
        let release = Some(CollisionRelease {
            invoice: newest.to_vec(),
            number: held.to_owned(),
        });
        register(RegisterInvoice {
            release,
            ..numbered(number, number)
        })
    };
    let alone = releasing("A-0-0-7", &newest, "A-007");
    bench.expect(SELLER, alone.clone(), 56, "without the buyer");
    for (number, holder, named, what) in [
        ("a - 007", &newest, "A-007", "case and space alone"),
        (
            "A-0-0-7",
            &newest,
            "A-7",
            "another raw number than the holder's",
        ),
        ("A-0-0-7", &vec![7; 32], "A-007", "another invoice"),
        ("A-8", &newest, "A-007", "no collision"),
    ] {
        bench.expect(SELLER, releasing(number, holder, named), 4030, what);
    }
    for number in ["A-0-0-7", "A/7", "A.7"] {
        let act = releasing(number, &newest, &held);
        let receipt = bench.signed_by(SELLER, act, &[BUYER], 0);
        let id = invoice_id(&receipt);
        let released = bench.invoice(&id);
        assert_eq!(released.released_from, newest);
        assert!(
            released
                .warnings()
                .any(|kind| kind == WarningKind::ReleasedCollision)
        );
        (newest, held) = (id, number.to_owned());
    }
    let act = releasing("A-07", &newest, &held);
    bench.expect(SELLER, act, 4030, "a fifth of one fingerprint");
    let first = releasing("A-007", &newest, &held);
    bench.expect(SELLER, first, 4030, "the first one's number");
    let document = register(RegisterInvoice {
        document_hash: registration("A-007").document_hash,
        ..registration("B-1")
    });
    bench.expect(SELLER, document, 4013, "a document, which nothing releases");
}
