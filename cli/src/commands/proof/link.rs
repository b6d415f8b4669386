//! Between an invoice's particulars, as they stand on paper, and a fingerprint. Only who has the ledger key can tell.

use std::path::{Path, PathBuf};

use counterfoil_proto::invoice::v1::Invoice;
use counterfoil_types::dates::Date;
use counterfoil_types::fingerprint::strict;
use counterfoil_types::genesis::LedgerKeys;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::OrganizationId;
use counterfoil_types::invoice_number::normalise;
use counterfoil_types::proof::{Subject, Verified};

use crate::arguments::read_file;
use crate::failure::Failure;
use crate::output::{Answer, Listed, View};

/// What a strict fingerprint is over.
#[derive(clap::Args, Debug)]
pub struct Particulars {
    /// The invoice's seller, by its id on the ledger
    #[arg(long, value_name = "ORG")]
    seller: OrganizationId,
    /// The invoice's number, as it is printed
    #[arg(long, value_name = "NUMBER")]
    number: String,
    /// The day on which the invoice was issued
    #[arg(long, value_name = "DATE")]
    issued: Date,
}

/// The same, with the key, where a proof is checked.
#[derive(clap::Args, Debug, Default)]
pub struct Link {
    /// The network's ledger key file, to verify that a fingerprint is an invoice's; the particulars may come with it
    #[arg(long, value_name = "FILE")]
    ledger_key: Option<PathBuf>,
    /// The seller of the invoice that you have before you, by its id on the ledger
    #[arg(long, value_name = "ORG", requires_all = ["number", "issued", "ledger_key"])]
    seller: Option<OrganizationId>,
    /// That invoice's number, as it is printed
    #[arg(long, value_name = "NUMBER", requires = "seller")]
    number: Option<String>,
    /// The day on which that invoice was issued
    #[arg(long, value_name = "DATE", requires = "seller")]
    issued: Option<Date>,
}

/// The hash of the ledger key under which a fingerprint is an invoice's.
pub struct Linked {
    pub invoice: String,
    pub ledger_key: Hash,
}

/// Prints the fingerprint under each key of a file.
pub fn fingerprints(of: &Particulars, file: &Path) -> Result<Answer, Failure> {
    let keys = read_keys(file)?;
    let lines = keys.into_iter().map(|key| {
        let print = strict(
            key,
            of.seller.as_str(),
            &normalise(&of.number),
            year(of.issued),
        );
        View::new()
            .id("ledger_key_hash", key.hash().as_ref())
            .id("fingerprint", print.as_ref())
    });
    let list = Listed {
        items: lines.collect(),
        next_page_token: String::new(),
    };
    let columns = ["ledger_key_hash", "fingerprint"];
    Ok(Answer::list("fingerprints", &columns, list))
}

impl Link {
    /// Whether the fingerprint of a proof is that of the invoice on paper or, without one, of the ledger's own; none where there is no key, or
    /// nothing to compute it of.
    pub fn check(&self, verified: &Verified) -> Result<Option<Linked>, Failure> {
        let Some(file) = &self.ledger_key else {
            return Ok(None);
        };
        let (fingerprint, invoice) = match &verified.subject {
            Subject::Passport(passport) => {
                let invoice = passport.invoice.as_ref();
                let print = invoice.map(|invoice| invoice.strict_fingerprint.clone());
                (print.unwrap_or_default(), invoice)
            }
            Subject::Unfinanced(found) => {
                let invoice = found.invoices.first().map(|(invoice, _)| invoice);
                (found.fingerprint.to_vec(), invoice)
            }
            Subject::History(_) | Subject::Committed(_) => return Ok(None),
        };
        let on_ledger = |invoice: &Invoice| {
            let year = invoice.issue_date.as_ref().map_or(0, |date| date.year);
            (invoice.seller.clone(), invoice.number.clone(), year)
        };
        let paper = self.seller.as_ref().zip(self.number.clone());
        let on_paper = paper
            .zip(self.issued)
            .map(|((seller, number), issued)| (seller.to_string(), number, year(issued)));
        let particulars = on_paper.or_else(|| invoice.map(on_ledger));
        let Some((seller, number, year)) = particulars.filter(|_| !fingerprint.is_empty()) else {
            return Ok(None);
        };
        let normal = normalise(&number);
        let keys = read_keys(file)?;
        let mut keys = keys.into_iter();
        let key = keys.find(|key| strict(key, &seller, &normal, year).as_ref() == fingerprint);
        let invoice = format!("{number} of {seller}, {year}");
        let key = key.ok_or_else(|| {
            Failure::Failed(format!(
                "NOT PROVEN: the fingerprint is not that of invoice {invoice} under any ledger key of {}\n  what to do: compare seller, number and \
                 year with the paper, and the keys with the members'",
                file.display()
            ))
        })?;
        Ok(Some(Linked {
            invoice,
            ledger_key: key.hash(),
        }))
    }
}

fn year(date: Date) -> u32 {
    date.to_proto().year
}

fn read_keys(file: &Path) -> Result<LedgerKeys, Failure> {
    let text = read_file(file)?;
    let text = String::from_utf8(text).unwrap_or_default();
    text.parse()
        .map_err(|e| Failure::Failed(format!("{}: {e}", file.display())))
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use counterfoil_types::genesis::{Genesis, LedgerKey};
    use counterfoil_types::proof::verify;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        link: Link,
    }

    fn verified(name: &str) -> Verified {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/proofs");
        let genesis = std::fs::read_to_string(folder.join("genesis.json")).expect("a genesis");
        let genesis = Genesis::from_json(&genesis).expect("a genesis").to_proto();
        let file = std::fs::read(folder.join(name)).expect("a golden file");
        verify(&file, &genesis, None).expect("it is proven")
    }

    #[test]
    fn a_fingerprint_is_linked_to_the_invoice_on_paper_and_to_no_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let (good, other) = (folder.path().join("good"), folder.path().join("other"));
        let keys = [7, 9].map(|byte| LedgerKey::from_bytes([byte; 32]));
        let lines = keys.each_ref().map(|key| key.to_hex().to_string());
        std::fs::write(&good, lines.join("\n")).expect("a file");
        std::fs::write(&other, &lines[0]).expect("a file");
        let found = verified("unfinanced-registered.proof");
        let Subject::Unfinanced(unfinanced) = &found.subject else {
            panic!("{found:?}");
        };
        let number = unfinanced.invoices[0].0.number.clone();
        let check = |words: &[&str]| {
            let words = ["verify"].iter().chain(words);
            let command = Command::try_parse_from(words).expect("it is a command");
            command.link.check(&found)
        };
        let key = |file: &Path| file.display().to_string();
        let (good, other) = (key(&good), key(&other));
        assert!(check(&[]).expect("nothing to compare").is_none());
        let linked = check(&["--ledger-key", &good]).expect("the ledger's own");
        assert_eq!(linked.expect("linked").ledger_key, keys[1].hash());
        let on_paper = |number: &str, issued: &str, key: &str| {
            check(&[
                "--ledger-key",
                key,
                "--seller",
                "supplier-b",
                "--number",
                number,
                "--issued",
                issued,
            ])
        };
        let spelt = number.to_lowercase().replace('-', " / ");
        let linked = on_paper(&spelt, "2012-12-31", &good).expect("the same number");
        assert!(linked.is_some());
        for (number, issued, key) in [
            ("INV-8", "2012-01-01", &good),
            (number.as_str(), "2011-01-01", &good),
            (number.as_str(), "2012-01-01", &other),
        ] {
            assert!(on_paper(number, issued, key).is_err(), "{number} {issued}");
        }
        for incomplete in [
            vec!["--seller", "supplier-b"],
            vec!["--number", "INV-9"],
            vec!["--ledger-key", "file", "--seller", "supplier-b"],
        ] {
            let words = ["verify"].into_iter().chain(incomplete);
            assert!(Command::try_parse_from(words).is_err());
        }
    }
}
