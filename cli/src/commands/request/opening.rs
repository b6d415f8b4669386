//! A sealed quote's opening: what its bank must keep from the commitment to the reveal.

use std::fs;
use std::path::{Path, PathBuf};

use counterfoil_keystore as keystore;
use counterfoil_proto::financing::v1::{QuoteFee, QuoteTerms, Schedule};
use counterfoil_proto::receivable::v1::{DayCount, Recourse, RecourseLimit};
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::{OrganizationId, RequestId};
use counterfoil_types::quote::commitment;
use serde::{Deserialize, Serialize};

use crate::arguments::enum_value;
use crate::failure::Failure;

/// Hexadecimal digits of the request that an opening's file is named by.
const NAME_DIGITS: usize = 16;

/// What was committed to, and the salt that seals it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    pub chain_id: String,
    pub request: RequestId,
    pub bank: OrganizationId,
    pub commitment: Hash,
    /// Bytes that nobody can guess; no hash of anything.
    pub salt: Hash,
    terms: Terms,
}

/// A quote's terms as the file has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    #[serde(with = "decimal")]
    pub amount_minor: u64,
    pub currency: String,
    pub rate_ppm: u32,
    pub day_count: String,
    pub fees: Vec<Fee>,
    pub recourse: String,
    /// Of limited recourse.
    #[serde(default)]
    pub recourse_limit: Option<Limit>,
    pub expires_on: Date,
    /// The bank whose deposits pay; none where it pays over the external rail.
    #[serde(default)]
    pub issuer: Option<OrganizationId>,
    /// The bank that asserts a payment over the external rail.
    #[serde(default)]
    pub asserter: Option<OrganizationId>,
    pub end_to_end_id: String,
    /// How a loan is repaid; none in a sale.
    #[serde(default)]
    pub schedule: Option<String>,
    #[serde(default)]
    pub loan_grace_days: u32,
    /// Of a sale, where the seller may take a part of it.
    #[serde(default, with = "decimal")]
    pub smallest_part_minor: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    pub name: String,
    #[serde(with = "decimal")]
    pub amount_minor: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    #[serde(with = "decimal")]
    pub cap_minor: u64,
    pub expires_on: Date,
}

/// Minor units as decimal strings, as everywhere in JSON.
mod decimal {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    // Serde passes a reference.
    pub fn serialize<S: Serializer>(minor: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(minor)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl Terms {
    fn to_proto(&self) -> Result<QuoteTerms, String> {
        let fee = |fee: &Fee| QuoteFee {
            name: fee.name.clone(),
            amount_minor: fee.amount_minor,
        };
        let id = |bank: &Option<OrganizationId>| {
            bank.as_ref().map(ToString::to_string).unwrap_or_default()
        };
        let day_count = enum_value("DAY_COUNT", &self.day_count, DayCount::from_str_name)?;
        let recourse = enum_value("RECOURSE", &self.recourse, Recourse::from_str_name)?;
        let schedule = match &self.schedule {
            None => Schedule::Unspecified,
            Some(schedule) => enum_value("SCHEDULE", schedule, Schedule::from_str_name)?,
        };
        Ok(QuoteTerms {
            amount: Some(wire::Money {
                minor: self.amount_minor,
                currency: self.currency.clone(),
            }),
            rate_ppm: self.rate_ppm,
            day_count: day_count.into(),
            fees: self.fees.iter().map(fee).collect(),
            recourse: recourse.into(),
            recourse_limit: self.recourse_limit.as_ref().map(|limit| RecourseLimit {
                cap_minor: limit.cap_minor,
                expires_on: Some(limit.expires_on.to_proto()),
            }),
            expires_on: Some(self.expires_on.to_proto()),
            issuer: id(&self.issuer),
            asserter: id(&self.asserter),
            end_to_end_id: self.end_to_end_id.clone(),
            schedule: schedule.into(),
            smallest_part_minor: self.smallest_part_minor,
            loan_grace_days: self.loan_grace_days,
        })
    }
}

impl Opening {
    /// Seals terms under a new salt.
    pub fn new(
        chain_id: String,
        request: RequestId,
        bank: OrganizationId,
        terms: Terms,
    ) -> Result<Self, Failure> {
        let mut opening = Self {
            chain_id,
            request,
            bank,
            commitment: Hash::default(),
            salt: Hash::from_bytes(rand::random()),
            terms,
        };
        opening.commitment = opening.sealed().map_err(Failure::Usage)?;
        Ok(opening)
    }

    fn sealed(&self) -> Result<Hash, String> {
        Ok(commitment(
            &self.chain_id,
            self.request.0.as_ref(),
            self.bank.as_str(),
            self.salt.as_bytes(),
            &self.terms.to_proto()?,
        ))
    }

    pub fn terms(&self) -> Result<QuoteTerms, Failure> {
        self.terms.to_proto().map_err(Failure::Failed)
    }

    /// Where an opening is kept unless told otherwise.
    pub fn default_file(request: RequestId, bank: &OrganizationId) -> PathBuf {
        let digits = &request.to_string()[..NAME_DIGITS];
        PathBuf::from(format!("quote-{digits}-{bank}.json"))
    }

    /// Writes the opening for its bank alone, and never over another.
    pub fn write(&self, file: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).expect("an opening has string keys only");
        Ok(keystore::write_secret(file, &text)?)
    }

    /// Reads an opening, and checks that it is what was committed to.
    pub fn read(file: &Path) -> Result<Self, Failure> {
        let failed =
            |problem: String| Failure::Failed(format!("opening {}: {problem}", file.display()));
        let text = fs::read_to_string(file).map_err(|e| failed(e.to_string()))?;
        let opening: Self = serde_json::from_str(&text).map_err(|e| failed(e.to_string()))?;
        if opening.sealed().map_err(failed)? != opening.commitment {
            return Err(failed(
                "its terms or salt are not those that were committed to".into(),
            ));
        }
        Ok(opening)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn opening() -> Opening {
        let terms = Terms {
            amount_minor: 75_000,
            currency: "USD".into(),
            rate_ppm: 62_000,
            day_count: "A004".into(),
            fees: vec![Fee {
                name: "handling".into(),
                amount_minor: 500,
            }],
            recourse: "None".into(),
            recourse_limit: None,
            expires_on: "2026-01-20".parse().unwrap(),
            issuer: Some("bank-a".parse().unwrap()),
            asserter: None,
            end_to_end_id: "quote-1".into(),
            schedule: None,
            loan_grace_days: 0,
            smallest_part_minor: 0,
        };
        let request = RequestId(Hash::tagged("t", &[]));
        Opening::new("chain".into(), request, "bank-a".parse().unwrap(), terms).unwrap()
    }

    #[test]
    fn an_opening_is_kept_for_its_bank_alone_and_opens_the_commitment() {
        let folder = tempfile::tempdir().unwrap();
        let opening = opening();
        let name = Opening::default_file(opening.request, &opening.bank);
        let digits = opening.request.to_string()[..16].to_owned();
        assert_eq!(name, PathBuf::from(format!("quote-{digits}-bank-a.json")));
        let file = folder.path().join(name);
        opening.write(&file).unwrap();
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(Opening::read(&file).unwrap(), opening);
        let terms = opening.terms().unwrap();
        let request = opening.request.0.as_ref();
        let sealed = commitment("chain", request, "bank-a", opening.salt.as_bytes(), &terms);
        assert_eq!(sealed, opening.commitment);
        // A second quote would make the first one's salt unknown for ever.
        assert!(self::opening().write(&file).is_err());
        assert_eq!(Opening::read(&file).unwrap(), opening);
    }

    #[test]
    fn a_changed_opening_is_found_out() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("opening.json");
        opening().write(&file).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        for (from, to) in [
            ("62000", "61000"),
            ("\"75000\"", "\"75001\""),
            ("A004", "A005"),
        ] {
            assert!(text.contains(from), "{text}");
            fs::write(&file, text.replace(from, to)).unwrap();
            let failure = Opening::read(&file).unwrap_err().to_string();
            assert!(failure.contains("committed to"), "{failure}");
        }
        fs::write(&file, text.replace("A004", "A009")).unwrap();
        assert!(Opening::read(&file).is_err());
        assert_ne!(opening().salt, opening().salt);
    }
}
