//! Records of the ledger as people name them to freeze or release them, and their keys in the state.

use std::fmt;
use std::str::FromStr;

use counterfoil_types::ids::{
    ClaimId, InvoiceId, LoanId, OrganizationId, ProgrammeId, ReceivableId, RequestId,
};
use counterfoil_types::money::Currency;

/// Why a text names no record.
const FORMS: &str = "write organization:ORG, invoice:ID, receivable:ID, claim:ID#NUMBER, balance:HOLDER/BANK/CURRENCY, \
                     request:ID, quote:REQUEST/BANK, loan:ID, programme:ID, standing:PROGRAMME/BANK, or key:HEX";

/// The key of a record in the state, as the `.proto` files give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record(Vec<u8>);

/// What a record is called on the command line, and its table.
const TABLES: [(&str, &str); 10] = [
    ("organization", "membership/organization"),
    ("invoice", "invoice/invoice"),
    ("receivable", "receivable/receivable"),
    ("claim", "receivable/claim"),
    ("balance", "cash/balance"),
    ("request", "financing/request"),
    ("quote", "financing/quote"),
    ("loan", "financing/loan"),
    ("programme", "financing/programme"),
    ("standing", "financing/standing"),
];

impl Record {
    pub fn of(key: &[u8]) -> Self {
        Self(key.to_vec())
    }

    pub fn receivable(id: &[u8]) -> Self {
        Self::in_table("receivable", &[id])
    }

    pub fn claim(receivable: &[u8], number: u32) -> Self {
        Self::in_table("claim", &[receivable, &number.to_be_bytes()])
    }

    pub fn key(&self) -> Vec<u8> {
        self.0.clone()
    }

    fn in_table(kind: &str, parts: &[&[u8]]) -> Self {
        let table = TABLES.iter().find(|(name, _)| *name == kind);
        let mut key = table.map_or("", |(_, table)| table).as_bytes().to_vec();
        for part in parts {
            key.push(b'/');
            key.extend_from_slice(part);
        }
        Self(key)
    }
}

impl FromStr for Record {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (kind, name) = text.split_once(':')?;
            match kind {
                "organization" => {
                    let id: OrganizationId = name.parse().ok()?;
                    Some(Self::in_table(kind, &[id.as_str().as_bytes()]))
                }
                "invoice" => hash::<InvoiceId>(kind, name, InvoiceId::to_vec),
                "receivable" => hash::<ReceivableId>(kind, name, ReceivableId::to_vec),
                "request" => hash::<RequestId>(kind, name, RequestId::to_vec),
                "loan" => hash::<LoanId>(kind, name, LoanId::to_vec),
                "programme" => hash::<ProgrammeId>(kind, name, ProgrammeId::to_vec),
                "claim" => {
                    let id: ClaimId = name.parse().ok()?;
                    Some(Self::claim(&id.receivable.to_vec(), id.number))
                }
                "quote" | "standing" => {
                    let (of, bank) = name.split_once('/')?;
                    let (of, bank): (RequestId, OrganizationId) =
                        (of.parse().ok()?, bank.parse().ok()?);
                    Some(Self::in_table(
                        kind,
                        &[&of.to_vec(), bank.as_str().as_bytes()],
                    ))
                }
                "balance" => {
                    let (holder, rest) = name.split_once('/')?;
                    let (issuer, currency) = rest.split_once('/')?;
                    let holder: OrganizationId = holder.parse().ok()?;
                    let issuer: OrganizationId = issuer.parse().ok()?;
                    let currency: Currency = currency.parse().ok()?;
                    let parts = [holder.as_str(), issuer.as_str(), currency.code()];
                    Some(Self::in_table(kind, &parts.map(str::as_bytes)))
                }
                "key" => hex::decode(name).ok().map(Self),
                _ => None,
            }
        };
        read().ok_or_else(|| FORMS.to_owned())
    }
}

fn hash<I: FromStr>(kind: &str, name: &str, bytes: fn(I) -> Vec<u8>) -> Option<Record> {
    let id = name.parse().ok()?;
    Some(Record::in_table(kind, &[&bytes(id)]))
}

/// As it is written on the command line.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = TABLES.iter().find_map(|(kind, table)| {
            let rest = self.0.strip_prefix(table.as_bytes())?.strip_prefix(b"/")?;
            Some((*kind, name(kind, rest)?))
        });
        match named {
            Some((kind, name)) => write!(f, "{kind}:{name}"),
            None => write!(f, "key:{}", hex::encode(&self.0)),
        }
    }
}

/// What follows a table's name in a key, in words.
fn name(kind: &str, rest: &[u8]) -> Option<String> {
    match kind {
        "organization" | "balance" => String::from_utf8(rest.to_vec()).ok(),
        "claim" => {
            let (receivable, number) = rest.split_at_checked(32)?;
            let number: [u8; 4] = number.strip_prefix(b"/")?.try_into().ok()?;
            let number = u32::from_be_bytes(number);
            Some(format!("{}#{number}", hex::encode(receivable)))
        }
        "quote" | "standing" => {
            let (of, bank) = rest.split_at_checked(32)?;
            let bank = str::from_utf8(bank.strip_prefix(b"/")?).ok()?;
            Some(format!("{}/{bank}", hex::encode(of)))
        }
        _ => (rest.len() == 32).then(|| hex::encode(rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_named_and_read_back() {
        let id = "ab".repeat(32);
        for text in [
            "organization:bank-a".to_owned(),
            format!("invoice:{id}"),
            format!("receivable:{id}"),
            format!("claim:{id}#7"),
            "balance:smith/bank-a/USD".to_owned(),
            format!("request:{id}"),
            format!("quote:{id}/bank-a"),
            format!("loan:{id}"),
            format!("programme:{id}"),
            format!("standing:{id}/bank-a"),
            "key:00ff".to_owned(),
        ] {
            let record: Record = text.parse().unwrap();
            assert_eq!(record.to_string(), text);
        }
        let claim: Record = format!("claim:{id}#7").parse().unwrap();
        let key = [&b"receivable/claim/"[..], &[0xab; 32], b"/\0\0\0\x07"].concat();
        assert_eq!(claim.key(), key);
    }

    #[test]
    fn what_names_no_record_is_told_how() {
        for text in [
            "smith",
            "organization:Smith",
            "claim:12",
            "balance:smith/bank-a",
            "tax:1",
        ] {
            assert!(
                text.parse::<Record>()
                    .unwrap_err()
                    .contains("organization:ORG")
            );
        }
    }
}
