//! The file of invoices: read strictly, by the names in its header.
//!
//! Dates are month/day/year, amounts decimal strings of US dollars. Invoices are
//! ranked by date of issue and number. Columns that are not named here are not read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::genesis::Role;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::OrganizationId;
use counterfoil_types::limits::{MAX_REFERENCE, MAX_TENOR_DAYS};
use counterfoil_types::money::parse_decimal;

use super::scripted;
use crate::failure::Failure;
use crate::localnet::{Member, Plan, Transport};

pub const CURRENCY: &str = "USD";
const EXPONENT: u32 = 2;
/// Most rows of a file.
const MAX_ROWS: usize = 1_000_000;
const COLUMNS: [&str; 8] = [
    "countryCode",
    "customerID",
    "invoiceNumber",
    "InvoiceDate",
    "DueDate",
    "InvoiceAmount",
    "Disputed",
    "SettledDate",
];

pub const OPERATOR: &str = "operator";
pub const REGULATOR: &str = "regulator";
pub const BANKS: [&str; 2] = ["bank-a", "bank-b"];

/// One row of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its line in the file, for messages; 0 where it is not from the file.
    pub line: u64,
    pub seller: OrganizationId,
    pub buyer: OrganizationId,
    pub number: String,
    pub issued: Date,
    pub due: Date,
    pub currency: &'static str,
    pub amount_minor: u64,
    pub disputed: bool,
    /// None where it stays unpaid.
    pub settled: Option<Date>,
    /// SHA-256 of the row as it stands in the file.
    pub document: Hash,
    /// Whether an earlier row has its seller, number and year.
    pub repeats: bool,
}

impl Row {
    /// An amount in the invoice's currency.
    pub fn money(&self, minor: u64) -> wire::Money {
        wire::Money {
            minor,
            currency: self.currency.to_owned(),
        }
    }
}

/// A file's rows in their rank, and the organizations they name.
#[derive(Clone, Debug)]
pub struct Data {
    pub rows: Vec<Row>,
    names: BTreeMap<OrganizationId, (String, Role)>,
}

impl Data {
    pub fn read(file: &Path) -> Result<Self, Failure> {
        let failed = |problem: String| Failure::Failed(format!("{}: {problem}", file.display()));
        let text = fs::read_to_string(file).map_err(|e| failed(e.to_string()))?;
        Self::parse(&text).map_err(failed)
    }

    fn parse(text: &str) -> Result<Self, String> {
        // The reader counts a record's line from the middle of a CRLF.
        let text = text.replace("\r\n", "\n");
        let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
        let header = reader.headers().map_err(|e| e.to_string())?.clone();
        let columns = positions(&header)?;
        let mut data = Self {
            rows: Vec::new(),
            names: BTreeMap::new(),
        };
        for record in reader.records() {
            let record = record.map_err(|e| e.to_string())?;
            if data.rows.len() == MAX_ROWS {
                return Err(format!("more than {MAX_ROWS} rows"));
            }
            let line = record.position().map_or(0, csv::Position::line);
            let fields = columns.map(|column| record.get(column).unwrap_or_default());
            let row = data
                .row(line, &record, fields)
                .map_err(|(column, problem)| format!("line {line}, {column}: {problem}"))?;
            data.rows.push(row);
        }
        if data.rows.is_empty() {
            return Err("no invoices in it".into());
        }
        data.rows
            .sort_by(|a, b| (a.issued, &a.number).cmp(&(b.issued, &b.number)));
        data.mark_repetitions();
        Ok(data)
    }

    fn row(
        &mut self,
        line: u64,
        record: &csv::StringRecord,
        fields: [&str; COLUMNS.len()],
    ) -> Result<Row, (&'static str, String)> {
        let [
            country,
            customer,
            number,
            issued,
            due,
            amount,
            disputed,
            settled,
        ] = fields;
        let seller = self.member("supplier", "Supplier", country, Role::Supplier);
        let seller = seller.map_err(|e| ("countryCode", e))?;
        let buyer = self.member("customer", "Customer", customer, Role::CoreEnterprise);
        let buyer = buyer.map_err(|e| ("customerID", e))?;
        check_number(number).map_err(|e| ("invoiceNumber", e))?;
        let issued = date(issued).map_err(|e| ("InvoiceDate", e))?;
        let due = date(due).map_err(|e| ("DueDate", e))?;
        if !(0..=MAX_TENOR_DAYS).contains(&issued.days_until(due)) {
            let problem = format!(
                "{due} is before the invoice's date {issued} or over {MAX_TENOR_DAYS} days after it"
            );
            return Err(("DueDate", problem));
        }
        let amount_minor =
            parse_decimal(amount, EXPONENT).map_err(|e| ("InvoiceAmount", e.to_string()))?;
        if amount_minor == 0 {
            return Err(("InvoiceAmount", "is zero".into()));
        }
        let disputed = match disputed {
            "Yes" => true,
            "No" => false,
            other => return Err(("Disputed", format!("{other:?} is neither Yes nor No"))),
        };
        let settled = match settled {
            "" => None,
            text => Some(date(text).map_err(|e| ("SettledDate", e))?),
        };
        if let Some(settled) = settled.filter(|settled| *settled < issued) {
            return Err((
                "SettledDate",
                format!("{settled} is before the invoice's date {issued}"),
            ));
        }
        let fields: Vec<&str> = record.iter().collect();
        Ok(Row {
            line,
            seller,
            buyer,
            number: number.to_owned(),
            issued,
            due,
            currency: CURRENCY,
            amount_minor,
            disputed,
            settled,
            document: Hash::of_document(fields.join(",").as_bytes()),
            repeats: false,
        })
    }

    /// The organization that a code of the file stands for.
    fn member(
        &mut self,
        prefix: &str,
        kind: &str,
        code: &str,
        role: Role,
    ) -> Result<OrganizationId, String> {
        let slug = format!("{prefix}-{}", code.to_ascii_lowercase());
        let id: OrganizationId = slug
            .parse()
            .map_err(|e| format!("{code:?} makes no organization id: {e}"))?;
        let name = format!("{kind} {code}");
        let (known, _) = self
            .names
            .entry(id.clone())
            .or_insert_with(|| (name.clone(), role));
        if *known != name {
            return Err(format!("{code:?} differs from another row's only in case"));
        }
        Ok(id)
    }

    fn mark_repetitions(&mut self) {
        let mut taken = BTreeSet::new();
        for row in &mut self.rows {
            row.repeats = !taken.insert((
                row.seller.clone(),
                normalised(&row.number),
                row.issued.year(),
            ));
        }
    }

    /// The first day of the file's first month.
    pub fn first_date(&self) -> Date {
        let first = self.rows[0].issued;
        Date::new(first.year(), first.month(), 1).expect("a month that has a date has a first day")
    }

    /// The supplier of the next country code, of the first after the last; none where there is one only.
    pub fn next_supplier(&self, seller: &OrganizationId) -> Option<&OrganizationId> {
        let suppliers = || {
            let suppliers = self.names.iter();
            suppliers.filter_map(|(id, (_, role))| (*role == Role::Supplier).then_some(id))
        };
        let next = suppliers().find(|id| *id > seller).or(suppliers().next());
        next.filter(|id| *id != seller)
    }

    /// A network of the file's organizations and those of the scripted cases, two banks, a
    /// regulator and an operator.
    pub fn plan(&self, chain_id: String, validators: usize, transport: Transport) -> Plan {
        let member = |id: &str, legal_name: &str, role| Member {
            id: id.parse().expect("the ids below are organization ids"),
            legal_name: legal_name.to_owned(),
            role,
            checked: is_checked(role),
        };
        let mut members = vec![
            member(OPERATOR, "Operator", Role::Operator),
            member(BANKS[0], "Bank A", Role::Bank),
            member(BANKS[1], "Bank B", Role::Bank),
            member(REGULATOR, "Regulator", Role::Regulator),
            member(scripted::SELLER, "Scripted Supplier", Role::Supplier),
            member(scripted::BUYER, "Scripted Customer", Role::CoreEnterprise),
            member(scripted::GUARANTOR, "Scripted Guarantor", Role::Guarantor),
        ];
        members.extend(self.names.iter().map(|(id, (legal_name, role))| Member {
            id: id.clone(),
            legal_name: legal_name.clone(),
            role: *role,
            checked: is_checked(*role),
        }));
        Plan {
            chain_id,
            first_date: Some(self.first_date()),
            currencies: [CURRENCY, scripted::CURRENCY]
                .map(|code| code.parse().expect("an ISO 4217 code"))
                .to_vec(),
            members,
            validators,
            transport,
        }
    }
}

/// Those that undertake to pay do nothing of it with one signature: this is no development network.
fn is_checked(role: Role) -> bool {
    [Role::CoreEnterprise, Role::Bank, Role::Guarantor].contains(&role)
}

fn positions(header: &csv::StringRecord) -> Result<[usize; COLUMNS.len()], String> {
    let mut positions = [0; COLUMNS.len()];
    for (position, name) in positions.iter_mut().zip(COLUMNS) {
        let mut found = header
            .iter()
            .enumerate()
            .filter(|(_, column)| *column == name);
        match (found.next(), found.next()) {
            (Some((column, _)), None) => *position = column,
            (None, _) => return Err(format!("line 1: the header has no column {name}")),
            (Some(_), Some(_)) => return Err(format!("line 1: the header has {name} twice")),
        }
    }
    Ok(positions)
}

/// A date written month/day/year.
fn date(text: &str) -> Result<Date, String> {
    let not_a_date = || format!("{text:?} is not a date written month/day/year");
    let part = |part: Option<&str>| {
        let digits =
            part.filter(|p| (1..=4).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()));
        digits
            .and_then(|p| p.parse::<u32>().ok())
            .ok_or_else(not_a_date)
    };
    let mut parts = text.split('/');
    let (month, day, year) = (
        part(parts.next())?,
        part(parts.next())?,
        part(parts.next())?,
    );
    if parts.next().is_some() {
        return Err(not_a_date());
    }
    Date::new(year, month, day).map_err(|e| e.to_string())
}

/// Numbers are read in ASCII only, where the rules for fingerprints need no tables of Unicode.
fn check_number(number: &str) -> Result<(), String> {
    if number.len() > MAX_REFERENCE || !number.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return Err(format!(
            "{number:?} is not at most {MAX_REFERENCE} printable ASCII characters"
        ));
    }
    if normalised(number).is_empty() {
        return Err(format!(
            "nothing is left of {number:?} without spaces, punctuation and leading zeros"
        ));
    }
    Ok(())
}

/// A number in ASCII as fingerprints see it (specification 3.2): in lower case,
/// without spaces, punctuation (not the symbols `$+<=>^|~` and the backquote), and leading zeros of runs of digits.
fn normalised(number: &str) -> String {
    let is_symbol = |c: char| "$+<=>^`|~".contains(c);
    let mut normal = String::new();
    for c in number
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || is_symbol(*c))
    {
        let after_digit = normal.ends_with(|last: char| last.is_ascii_digit());
        if c != '0' || after_digit {
            normal.push(c.to_ascii_lowercase());
        }
    }
    normal
}

#[cfg(test)]
pub mod tests {
    use super::*;

    const HEADER: &str = "countryCode,customerID,PaperlessDate,invoiceNumber,InvoiceDate,DueDate,\
        InvoiceAmount,Disputed,SettledDate,PaperlessBill,DaysToSettle,DaysLate\n";

    pub fn parse(rows: &[&str]) -> Result<Data, String> {
        Data::parse(&format!("{HEADER}{}\r\n", rows.join("\r\n")))
    }

    #[test]
    fn rows_are_read_by_their_columns_and_ranked() {
        let data = parse(&[
            "406,8976-AMJEO,3/3/2012,0007900770,1/26/2013,2/25/2013,61.7,Yes,,Electronic,36,6",
            "391,0379-NEVHP,4/6/2013,0000611365,1/2/2013,2/1/2013,55.94,No,1/15/2013,Paper,13,0",
        ])
        .unwrap();
        let first = &data.rows[0];
        assert_eq!((first.line, first.number.as_str()), (3, "0000611365"));
        assert_eq!(
            (first.seller.as_str(), first.buyer.as_str()),
            ("supplier-391", "customer-0379-nevhp")
        );
        assert_eq!(
            (first.amount_minor, first.settled.unwrap().to_string()),
            (5_594, "2013-01-15".into())
        );
        let second = &data.rows[1];
        assert_eq!(
            (second.amount_minor, second.settled, second.disputed),
            (6_170, None, true)
        );
        assert_eq!(data.first_date().to_string(), "2013-01-01");
        let plan = data.plan("demo".into(), 4, Transport::Tls);
        assert_eq!(plan.members.len(), 11);
        assert_eq!(plan.members[7].legal_name, "Customer 0379-NEVHP");
    }

    #[test]
    fn the_next_supplier_is_that_of_the_next_code() {
        let row = |code: &str| format!("{code},A,,{code},1/2/2013,2/1/2013,1,No,,,,");
        let (a, b, c) = (row("406"), row("391"), row("818"));
        let data = parse(&[&a, &b, &c]).unwrap();
        let next = |code: &str| {
            let seller = format!("supplier-{code}").parse().unwrap();
            data.next_supplier(&seller).map(ToString::to_string)
        };
        assert_eq!(next("391").as_deref(), Some("supplier-406"));
        assert_eq!(next("818").as_deref(), Some("supplier-391"));
        let alone = parse(&[&a]).unwrap();
        assert_eq!(alone.next_supplier(&alone.rows[0].seller), None);
    }

    #[test]
    fn a_bad_field_is_named_with_its_line_and_column() {
        for (row, place) in [
            (
                "39 1,A,,1,1/2/2013,2/1/2013,1,No,,,,",
                "line 2, countryCode",
            ),
            ("391,,,1,1/2/2013,2/1/2013,1,No,,,,", "line 2, customerID"),
            (
                "391,A,,-00-,1/2/2013,2/1/2013,1,No,,,,",
                "line 2, invoiceNumber",
            ),
            (
                "391,A,,1é,1/2/2013,2/1/2013,1,No,,,,",
                "line 2, invoiceNumber",
            ),
            (
                "391,A,,1,2013-01-02,2/1/2013,1,No,,,,",
                "line 2, InvoiceDate",
            ),
            (
                "391,A,,1,13/1/2013,2/1/2013,1,No,,,,",
                "line 2, InvoiceDate",
            ),
            (
                "391,A,,1,1/2/2013/4,2/1/2013,1,No,,,,",
                "line 2, InvoiceDate",
            ),
            ("391,A,,1,1/2/2013,1/1/2013,1,No,,,,", "line 2, DueDate"),
            (
                "391,A,,1,1/2/2013,2/1/2013,1.234,No,,,,",
                "line 2, InvoiceAmount",
            ),
            (
                "391,A,,1,1/2/2013,2/1/2013,0.00,No,,,,",
                "line 2, InvoiceAmount",
            ),
            (
                "391,A,,1,1/2/2013,2/1/2013,-1,No,,,,",
                "line 2, InvoiceAmount",
            ),
            ("391,A,,1,1/2/2013,2/1/2013,1,no,,,,", "line 2, Disputed"),
            (
                "391,A,,1,1/2/2013,2/1/2013,1,No,1/1/2013,,,",
                "line 2, SettledDate",
            ),
            (
                "391,A,,1,1/2/2013,2/1/2013,1,No,soon,,,",
                "line 2, SettledDate",
            ),
        ] {
            let problem = parse(&[row]).unwrap_err();
            assert!(problem.starts_with(place), "{row}: {problem}");
        }
        assert!(parse(&["391,A"]).unwrap_err().contains("line: 2"));
        let two_cases = [
            "391,A,,1,1/2/2013,2/1/2013,1,No,,,,",
            "391,a,,2,1/2/2013,2/1/2013,1,No,,,,",
        ];
        assert!(
            parse(&two_cases)
                .unwrap_err()
                .contains("line 3, customerID")
        );
    }

    #[test]
    fn the_header_must_name_each_column_once() {
        let without = HEADER.replace("Disputed", "disputed");
        assert!(
            Data::parse(&without)
                .unwrap_err()
                .contains("no column Disputed")
        );
        let twice = HEADER.replace("DaysLate", "DueDate");
        assert!(Data::parse(&twice).unwrap_err().contains("DueDate twice"));
        assert!(Data::parse(HEADER).unwrap_err().contains("no invoices"));
    }

    #[test]
    fn spellings_of_one_number_meet() {
        for (spelling, normal) in [
            ("0000611365", "611365"),
            ("INV-2013/0042", "inv20130042"),
            ("A-0-0-7", "a7"),
            ("10020", "10020"),
            ("5$", "5$"),
            ("a$07", "a$7"),
            ("000", ""),
        ] {
            assert_eq!(normalised(spelling), normal, "{spelling}");
        }
    }

    #[test]
    fn a_repetition_is_of_seller_number_and_year() {
        let data = parse(&[
            "391,A,,0007,1/2/2013,2/1/2013,1,No,,,,",
            "391,B,,00-7,3/2/2013,4/1/2013,2,No,,,,",
            "391,A,,7,1/2/2014,2/1/2014,1,No,,,,",
            "406,A,,7,1/2/2013,2/1/2013,1,No,,,,",
        ])
        .unwrap();
        let repeats: Vec<(u64, bool)> = data
            .rows
            .iter()
            .map(|row| (row.line, row.repeats))
            .collect();
        assert_eq!(repeats, [(2, false), (5, false), (3, true), (4, false)]);
    }
}
