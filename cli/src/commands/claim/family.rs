//! All claims to a receivable that the caller may read, as one family: from claim 0 down to their
//! parts, each with the endorsements it was passed on by. Of the others there are the numbers.

use std::collections::BTreeMap;

use counterfoil_proto::receivable::v1::{Claim, Endorsement};
use counterfoil_types::claim::burden;

use crate::amounts::Currencies;
use crate::output::View;
use crate::views;

pub struct Family {
    claims: BTreeMap<u32, Claim>,
    /// Ascending, by parent.
    children: BTreeMap<u32, Vec<u32>>,
    endorsements: BTreeMap<Vec<u8>, Endorsement>,
}

/// A claim's place in the drawing.
struct Place<'a> {
    claim: &'a Claim,
    /// Stands before the claim.
    lead: String,
    /// Stands before what is said below it.
    indent: String,
    /// A merged claim is drawn under its first parent, and mentioned under the others.
    mentioned: bool,
}

impl Family {
    /// Claims and endorsements of one receivable.
    pub fn new(claims: Vec<Claim>, endorsements: Vec<Endorsement>) -> Self {
        let claims: BTreeMap<u32, Claim> = claims.into_iter().map(|c| (c.number, c)).collect();
        let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for claim in claims.values() {
            for parent in &claim.parents {
                children.entry(*parent).or_default().push(claim.number);
            }
        }
        let by_id = |e: Endorsement| (e.id.clone(), e);
        Self {
            claims,
            children,
            endorsements: endorsements.into_iter().map(by_id).collect(),
        }
    }

    /// How a claim came to its controller, the first endorsement first.
    pub fn endorsements(&self, claim: &Claim) -> Vec<&Endorsement> {
        let mut chain = Vec::new();
        let mut id = &claim.endorsement;
        while let Some(endorsement) = self.endorsements.get(id) {
            chain.push(endorsement);
            id = &endorsement.previous;
        }
        chain.reverse();
        chain
    }

    /// Those that were made while the claim had its present number.
    fn own_endorsements(&self, claim: &Claim) -> Vec<&Endorsement> {
        let mut own = self.endorsements(claim);
        own.retain(|endorsement| endorsement.claim == claim.number);
        own
    }

    /// The one it is drawn under.
    fn first_parent(&self, claim: &Claim) -> Option<u32> {
        let mut known = claim.parents.iter().copied();
        known.find(|number| self.claims.contains_key(number))
    }

    fn children(&self, claim: &Claim) -> &[u32] {
        self.children.get(&claim.number).map_or(&[], Vec::as_slice)
    }

    /// Every claim below its first parent, parts in ascending order. Without recursion, as a
    /// family may be as deep as it is large.
    fn places(&self) -> Vec<Place<'_>> {
        let root = |claim| Place {
            claim,
            lead: String::new(),
            indent: String::new(),
            mentioned: false,
        };
        let roots = self
            .claims
            .values()
            .filter(|c| self.first_parent(c).is_none());
        let mut ahead: Vec<Place<'_>> = roots.map(root).collect();
        ahead.reverse();
        let mut places = Vec::with_capacity(self.claims.len());
        while let Some(place) = ahead.pop() {
            if !place.mentioned {
                let children = self.children(place.claim);
                for (i, number) in children.iter().enumerate().rev() {
                    let (corner, line) = match i + 1 == children.len() {
                        true => ("└─ ", "   "),
                        false => ("├─ ", "│  "),
                    };
                    let child = &self.claims[number];
                    ahead.push(Place {
                        claim: child,
                        lead: format!("{}{corner}", place.indent),
                        indent: format!("{}{line}", place.indent),
                        mentioned: self.first_parent(child) != Some(place.claim.number),
                    });
                }
            }
            places.push(place);
        }
        places
    }

    /// Names those parents that are not the caller's to read.
    fn parents_of_others(&self, claim: &Claim) -> String {
        let hidden = |number: &&u32| !self.claims.contains_key(number);
        let others = claim.parents.iter().filter(hidden);
        let others: Vec<String> = others.map(|number| format!("#{number}")).collect();
        match others.is_empty() {
            true => String::new(),
            false => format!(", from {}, not yours to read", others.join(" and ")),
        }
    }

    /// The family as a tree, in which one claim is marked.
    pub fn drawing(&self, marked: u32, currency: &str, currencies: &Currencies) -> String {
        let mut lines = Vec::new();
        for place in self.places() {
            let Place {
                claim,
                lead,
                indent,
                mentioned,
            } = place;
            if mentioned {
                let first = self.first_parent(claim).unwrap_or_default();
                lines.push(format!(
                    "{lead}#{} merged, see below #{first}",
                    claim.number
                ));
                continue;
            }
            let mark = if claim.number == marked {
                "  ← this claim"
            } else {
                ""
            };
            let words = in_words(claim, currency, currencies);
            let others = self.parents_of_others(claim);
            lines.push(format!("{lead}{words}{others}{mark}"));
            let line = if self.children(claim).is_empty() {
                "   "
            } else {
                "│  "
            };
            for endorsement in self.own_endorsements(claim) {
                lines.push(format!(
                    "{indent}{line}{} → {}, {:?}, {}",
                    endorsement.from,
                    endorsement.to,
                    endorsement.purpose(),
                    views::day(endorsement.at)
                ));
            }
            if !claim.endorsement.is_empty() && !self.endorsements.contains_key(&claim.endorsement)
            {
                let id = hex::encode(&claim.endorsement);
                lines.push(format!("{indent}{line}endorsement {id}, not yours to read"));
            }
        }
        lines.join("\n")
    }

    /// The same claims in the same order for programs.
    pub fn views(&self, currency: &str, currencies: &Currencies) -> Vec<View> {
        let mut views = Vec::with_capacity(self.claims.len());
        for place in self.places() {
            if place.mentioned {
                continue;
            }
            let own = self.own_endorsements(place.claim).into_iter();
            views.push(
                views::claim(place.claim, currency, currencies)
                    .hidden("children", self.children(place.claim))
                    .hidden_records("endorsements", own.map(views::endorsement).collect()),
            );
        }
        views
    }
}

fn in_words(claim: &Claim, currency: &str, currencies: &Currencies) -> String {
    let mut words = format!(
        "#{} {}, {:?}, {:?}, {} of {} outstanding",
        claim.number,
        claim.controller,
        claim.state(),
        claim.rank(),
        currencies.format(claim.outstanding_minor, currency),
        currencies.format(claim.face_minor, currency),
    );
    if let Some(burden) = burden(claim) {
        words += &format!(", {}", views::burden_in_words(burden));
    }
    words
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::receivable::v1::{ClaimState, Purpose, Rank};
    use counterfoil_types::dates::Date;
    use serde_json::{Value, json};

    use super::*;

    fn claim(number: u32, parents: &[u32], controller: &str, endorsement: &[u8]) -> Claim {
        Claim {
            number,
            parents: parents.to_vec(),
            controller: controller.into(),
            endorsement: endorsement.to_vec(),
            face_minor: 10_000,
            outstanding_minor: 10_000,
            state: ClaimState::Live.into(),
            rank: Rank::Senior.into(),
            ..Default::default()
        }
    }

    fn endorsement(id: &[u8], previous: &[u8], claim: u32, from: &str, to: &str) -> Endorsement {
        Endorsement {
            id: id.to_vec(),
            previous: previous.to_vec(),
            claim,
            from: from.into(),
            to: to.into(),
            purpose: Purpose::Payment.into(),
            at: Some("2026-01-05".parse::<Date>().unwrap().to_proto()),
            ..Default::default()
        }
    }

    /// 0 is split into 1, 2 and 3; 1 is passed on and split into 4 and 5, which passes on; 2 and 3 are merged.
    fn family() -> Family {
        Family::new(
            vec![
                claim(0, &[], "a", &[]),
                claim(1, &[0], "b", &[1]),
                claim(2, &[0], "a", &[]),
                claim(3, &[0], "a", &[]),
                claim(4, &[1], "b", &[1]),
                claim(5, &[1], "c", &[2]),
                claim(6, &[2, 3], "a", &[]),
            ],
            vec![
                endorsement(&[2], &[1], 5, "b", "c"),
                endorsement(&[1], &[], 1, "a", "b"),
            ],
        )
    }

    #[test]
    fn a_family_is_drawn_from_claim_0_down() {
        let currencies = Currencies::from_iter([("USD".to_owned(), 2)]);
        let drawing = family().drawing(5, "USD", &currencies);
        let all = "Live, Senior, 100.00 USD of 100.00 USD outstanding";
        let expected = format!(
            "\
#0 a, {all}
├─ #1 b, {all}
│  │  a → b, Payment, 2026-01-05
│  ├─ #4 b, {all}
│  └─ #5 c, {all}  ← this claim
│        b → c, Payment, 2026-01-05
├─ #2 a, {all}
│  └─ #6 a, {all}
└─ #3 a, {all}
   └─ #6 merged, see below #2"
        );
        assert_eq!(drawing, expected);
    }

    /// The controller of 5 and 6 alone, who may read the endorsements of live claims.
    #[test]
    fn claims_of_others_are_numbers() {
        let family = Family::new(
            vec![
                claim(5, &[1], "c", &[2]),
                claim(6, &[2, 3], "c", &[9]),
                claim(7, &[3, 6], "c", &[9]),
            ],
            vec![endorsement(&[2], &[1], 5, "b", "c")],
        );
        let currencies = Currencies::from_iter([("USD".to_owned(), 2)]);
        let all = "Live, Senior, 100.00 USD of 100.00 USD outstanding";
        let expected = format!(
            "\
#5 c, {all}, from #1, not yours to read
   b → c, Payment, 2026-01-05
#6 c, {all}, from #2 and #3, not yours to read
│  endorsement 09, not yours to read
└─ #7 c, {all}, from #3, not yours to read  ← this claim
      endorsement 09, not yours to read"
        );
        assert_eq!(family.drawing(7, "USD", &currencies), expected);
    }

    #[test]
    fn programs_read_each_claim_once_with_parents_and_children() {
        let currencies = Currencies::from_iter([("USD".to_owned(), 2)]);
        let views = family().views("USD", &currencies);
        let read: Vec<Value> = views.into_iter().map(Value::from).collect();
        let numbers: Vec<&Value> = read.iter().map(|claim| &claim["number"]).collect();
        assert_eq!(numbers, [0, 1, 4, 5, 2, 6, 3]);
        assert_eq!(read[1]["children"], json!([4, 5]));
        assert_eq!(read[5]["parents"], json!([2, 3]));
        assert_eq!(read[3]["endorsements"][0]["to"], "c");
        assert_eq!(read[2]["endorsements"], json!([]));
    }

    #[test]
    fn the_chain_of_a_claim_goes_back_to_the_seller() {
        let family = family();
        let chain = family.endorsements(&family.claims[&5]);
        let steps: Vec<_> = chain.iter().map(|e| (&*e.from, &*e.to)).collect();
        assert_eq!(steps, [("a", "b"), ("b", "c")]);
        assert!(family.endorsements(&family.claims[&6]).is_empty());
    }
}
