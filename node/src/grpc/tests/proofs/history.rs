//! Histories: complete, and nobody's to shorten.

use counterfoil_proto::credit::v1::HistoryEntry;
use counterfoil_proto::v1::ledger_service_client::LedgerServiceClient as Ledger;
use counterfoil_types::dates::Date;
use counterfoil_types::genesis::HISTORY_VERSION;
use counterfoil_types::proof::history::{Entry, History, HistoryError};
use tonic::Status;

use super::*;

/// The two ledger dates of the world.
const FIRST: (u32, u32) = (1, 1);
const SECOND: (u32, u32) = (1, 6);

pub fn day((month, day): (u32, u32)) -> Option<wire::Date> {
    let year = 2012;
    Some(wire::Date { year, month, day })
}

pub async fn history(
    world: &World,
    who: &str,
    organization: &str,
    (from, to): (Option<wire::Date>, Option<wire::Date>),
) -> Result<Vec<u8>, Status> {
    let request = wire::GetHistoryRequest {
        organization: organization.into(),
        from,
        to,
        base: None,
    };
    let mut client = Proofs::new(world.client(who));
    Ok(client.get_history(request).await?.into_inner().proof)
}

async fn proven(
    world: &World,
    who: &str,
    organization: &str,
    window: (Option<wire::Date>, Option<wire::Date>),
) -> History {
    let file = history(world, who, organization, window).await.unwrap();
    let verified = check(world, &file, None).unwrap_or_else(|e| panic!("{who}: {e}"));
    match verified.subject {
        Subject::History(history) => *history,
        other => panic!("{other:?}"),
    }
}

fn sequences(history: &History) -> Vec<u64> {
    history.entries.iter().map(|entry| entry.sequence).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_history_adds_up_to_the_profile() {
    let world = World::build().await;
    for organization in ["supplier-a", "supplier-b", "buyer-a", "bank-b", "bank-c"] {
        for who in [organization, "regulator"] {
            let found = proven(&world, who, organization, (None, None)).await;
            assert!(found.is_whole && found.length > 3, "{organization}");
            assert_eq!(sequences(&found), Vec::from_iter(0..found.length));
            // What was endorsed to the holder moves no figure of its.
            assert_eq!(found.profile.is_some(), organization != "supplier-b");
            assert_eq!(found.recomputed, found.profile, "{organization}");
            let told = |entry: &Entry| entry.events.as_ref().is_some_and(|e| !e.is_empty());
            assert!(found.entries.iter().all(told), "{organization}");
        }
    }
    // Nothing ever concerned this one.
    let found = proven(&world, "supplier-c", "supplier-c", (None, None)).await;
    assert_eq!(
        (found.length, found.is_whole, found.profile),
        (0, true, None)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_has_all_entries_of_its_days_and_no_others() {
    let world = World::build().await;
    let all = proven(&world, "buyer-a", "buyer-a", (None, None)).await;
    let of = async |from, to| proven(&world, "buyer-a", "buyer-a", (from, to)).await;
    let on = |date: Option<wire::Date>| Date::try_from(&date.unwrap()).unwrap();
    let first = of(None, day(FIRST)).await;
    let second = of(day(SECOND), None).await;
    for (window, date) in [(&first, FIRST), (&second, SECOND)] {
        assert!(!window.entries.is_empty() && !window.is_whole);
        assert!(window.entries.iter().all(|entry| entry.on == on(day(date))));
        assert_eq!(window.profile, all.profile);
    }
    assert_ne!(second.recomputed, all.profile);
    let both = Vec::from_iter(first.entries.into_iter().chain(second.entries));
    assert_eq!(both, all.entries);
    assert_eq!(of(day(FIRST), day(SECOND)).await.entries, all.entries);
    assert!(of(day(FIRST), day(SECOND)).await.is_whole);
    let before = Some(wire::Date {
        year: 2011,
        month: 12,
        day: 31,
    });
    for (from, to) in [
        (None, before),
        (day((1, 2)), day((1, 5))),
        (day((1, 7)), None),
        (day((2, 1)), day((2, 2))),
    ] {
        let none = of(from, to).await;
        assert_eq!((none.entries.len(), none.is_whole), (0, false));
        assert_eq!(none.recomputed, None);
    }
    let turned = history(&world, "buyer-a", "buyer-a", (day(SECOND), day(FIRST))).await;
    assert_eq!(turned.unwrap_err().code(), Code::InvalidArgument);
    let no_day = history(&world, "buyer-a", "buyer-a", (day((2, 30)), None)).await;
    assert_eq!(no_day.unwrap_err().code(), Code::InvalidArgument);
}

/// Whoever may read a profile has the figures, and what it was told of itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happened_is_shown_to_whom_it_concerns() {
    let world = World::build().await;
    let own = proven(&world, "buyer-a", "buyer-a", (None, None)).await;
    let shared = proven(&world, "bank-b", "buyer-a", (None, None)).await;
    assert_eq!((shared.recomputed, &shared.profile), (None, &own.profile));
    let mut shown = 0;
    for (entry, own) in shared.entries.iter().zip(&own.entries) {
        assert_eq!(entry.entry, own.entry);
        let id = Hash::try_from(entry.entry.tx_id.as_slice()).unwrap();
        let receipt = world.node.ledger.storage().receipt(&id).unwrap().unwrap();
        let receipt = wire::Receipt::decode(receipt.as_slice()).unwrap();
        let is_of = |event: &&wire::Event, id| event.organizations.iter().any(|one| one == id);
        let mut of_buyer = receipt
            .events
            .iter()
            .filter(|event| is_of(event, "buyer-a"));
        let told = of_buyer.all(|event| is_of(&event, "bank-b"));
        assert_eq!(entry.events, own.events.clone().filter(|_| told));
        shown += usize::from(told);
    }
    assert!(shown > 0 && shown < shared.entries.len(), "{shown}");
    for who in ["supplier-a", "bank-c", "bank-d", "operator"] {
        let status = history(&world, who, "buyer-a", (None, None))
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::NotFound, "{who}");
    }
}

type Change = fn(&mut wire::HistoryRange);

/// What is left out, added or changed is refused by name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_can_be_left_out_of_a_history() {
    let world = World::build().await;
    let whole = history(&world, "buyer-a", "buyer-a", (None, None))
        .await
        .unwrap();
    let window = history(&world, "buyer-a", "buyer-a", (day(SECOND), day(SECOND)));
    let (whole, window): (wire::Proof, wire::Proof) = (
        strict::decode(&whole).unwrap(),
        strict::decode(&window.await.unwrap()).unwrap(),
    );
    let changed = |proof: &wire::Proof, change: &dyn Fn(&mut wire::Proof)| {
        let mut proof = proof.clone();
        change(&mut proof);
        check(&world, &proof.encode_to_vec(), None).unwrap_err()
    };
    let in_range = |proof: &wire::Proof, change: Change| {
        changed(proof, &|p| change(p.range.as_mut().unwrap()))
    };
    use HistoryError::*;
    let first = window.range.as_ref().unwrap().first;
    let of_whole: [(&str, Change, HistoryError); 15] = [
        (
            "the first dropped",
            |r| drop(r.entries.remove(0)),
            OtherTree,
        ),
        ("one dropped", |r| drop(r.entries.remove(2)), OtherTree),
        ("the last dropped", |r| drop(r.entries.pop()), OtherTree),
        (
            "one doubled",
            |r| r.entries.insert(1, r.entries[1].clone()),
            Shown,
        ),
        ("two swapped", |r| r.entries.swap(1, 2), Order(2)),
        ("it begins later", |r| r.first = 1, Shown),
        ("a hash too many", |r| r.hashes.extend([0; 32]), OtherTree),
        ("a byte too many", |r| r.hashes.push(0), OtherTree),
        ("none", |r| r.entries.clear(), Shown),
        (
            "an event dropped",
            |r| drop(r.entries[1].events.pop()),
            OtherTree,
        ),
        ("another salt", |r| r.entries[1].salt[5] ^= 1, OtherTree),
        (
            "another height",
            |r| r.entries[0].entry.as_mut().unwrap().height -= 1,
            OtherTree,
        ),
        (
            "no date",
            |r| r.entries[0].entry.as_mut().unwrap().on = None,
            Order(0),
        ),
        (
            "events and their hash",
            |r| r.entries[0].events_hash = vec![1; 32],
            Disclosure(0),
        ),
        (
            "a short salt",
            |r| r.entries[0].salt.truncate(31),
            Disclosure(0),
        ),
    ];
    for (what, change, error) in of_whole {
        assert_eq!(in_range(&whole, change), error.into(), "{what}");
    }
    let figures: Change = |r| r.entries[1].entry.as_mut().unwrap().figures.clear();
    assert_eq!(in_range(&whole, figures), OtherTree.into());
    for (what, change, error) in [
        (
            "no range",
            (|p| p.range = None) as fn(&mut wire::Proof),
            Shown.into(),
        ),
        (
            "of another",
            |p| organization(p, "buyer-b"),
            ProofError::Lacks("organization"),
        ),
        ("turned", |p| days(p, day(SECOND), day(FIRST)), Days.into()),
        ("no day", |p| days(p, day((2, 30)), None), Days.into()),
        (
            "no day of theirs",
            |p| days(p, day((1, 7)), None),
            ProofError::Stray("entries"),
        ),
    ] {
        assert_eq!(changed(&whole, &change), error, "{what}");
    }
    // The window made wider than what is shown.
    let wider = |from, to| changed(&window, &|p| days(p, from, to));
    assert_eq!(wider(None, day(SECOND)), LeftOutBefore(first).into());
    assert_eq!(wider(day(FIRST), day(SECOND)), LeftOutBefore(first).into());
    // The neighbour tells that nothing before it is of the window; without it nothing does.
    let without: Change = |r| {
        r.entries.remove(0);
        r.first += 1;
    };
    assert_eq!(in_range(&window, without), OtherTree.into());
    let told: Change = |r| r.entries[0].salt = vec![1; 32];
    assert_eq!(in_range(&window, told), Disclosure(first).into());
    let strayed = changed(&window, &|p| {
        let fingerprint = vec![1; 32];
        p.subject = Some(wire::proof::Subject::Unfinanced(wire::Unfinanced {
            fingerprint,
        }));
    });
    assert_eq!(strayed, ProofError::Stray("entries"));
}

fn organization(proof: &mut wire::Proof, id: &str) {
    of(proof).organization = id.into();
}

fn days(proof: &mut wire::Proof, from: Option<wire::Date>, to: Option<wire::Date>) {
    let history = of(proof);
    (history.from, history.to) = (from, to);
}

fn of(proof: &mut wire::Proof) -> &mut wire::History {
    match proof.subject.as_mut().unwrap() {
        wire::proof::Subject::History(history) => history,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_byte_of_a_history_can_be_another() {
    let world = World::build().await;
    let window = (day(SECOND), None);
    let file = history(&world, "buyer-a", "buyer-a", window).await.unwrap();
    let proven = check(&world, &file, None).unwrap();
    for at in 0..file.len() {
        for bit in [0, 3, 7] {
            let mut flipped = file.clone();
            flipped[at] ^= 1 << bit;
            // A wider or narrower window with the same entries is as true.
            match check(&world, &flipped, None).map(|found| found.subject) {
                Err(_) => {}
                Ok(Subject::History(found)) => {
                    let Subject::History(proven) = &proven.subject else {
                        panic!("{proven:?}");
                    };
                    assert_eq!(found.entries, proven.entries, "bit {bit} of byte {at}");
                    assert_ne!(found.from, proven.from, "bit {bit} of byte {at}");
                }
                Ok(other) => panic!("{other:?}"),
            }
        }
        assert!(check(&world, &file[..at], None).is_err(), "cut at {at}");
    }
}

/// Before version 9 of the rules the entries are records, of which some could be left out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_of_older_rules_is_listed_and_not_proven() {
    let mut genesis = genesis();
    genesis.protocol_version = HISTORY_VERSION - 1;
    let world = World::of(genesis).await;
    let status = history(&world, "buyer-a", "buyer-a", (None, None))
        .await
        .unwrap_err();
    let refused = (Code::FailedPrecondition, "BEFORE_VERSION_9".into());
    assert_eq!(reason(&status), refused);
    let newer = World::build().await;
    let listed = async |world: &World, page_size| {
        let (mut found, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = wire::ListHistoryRequest {
                organization: "buyer-a".into(),
                page_size,
                page_token,
            };
            let mut client = Ledger::new(world.client("buyer-a"));
            let answer = client.list_history(request).await.unwrap().into_inner();
            found.extend(answer.entries);
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                return found;
            }
        }
    };
    let (old, new) = (listed(&world, 0).await, listed(&newer, 0).await);
    assert_eq!(listed(&world, 2).await, old);
    assert_eq!(listed(&newer, 2).await, new);
    let places = |entries: &[HistoryEntry]| Vec::from_iter(entries.iter().map(|e| e.height));
    assert_eq!(places(&old), places(&new));
    let dated = |entries: &[HistoryEntry]| entries.iter().filter(|e| e.on.is_some()).count();
    assert_eq!((dated(&old), dated(&new)), (0, new.len()));
}
