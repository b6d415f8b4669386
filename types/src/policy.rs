//! A policy pack's rules as an editable JSON file, with where they come from and what they cannot say (specification 7.1).

use counterfoil_proto::supervision::v1 as wire;
use counterfoil_proto::v1::Money;
use serde::Deserialize;

use crate::ids::OrganizationId;
use crate::money::Currency;

/// The file. Its version and first day are said when it is published.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyFile {
    pub title: String,
    /// What the rules were written after.
    #[serde(default)]
    pub sources: Vec<String>,
    /// What they leave out, or take for something else.
    #[serde(default)]
    pub remarks: Vec<String>,
    pub rules: FileRules,
}

/// As `counterfoil.supervision.v1.Rules`: what is left out forbids nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileRules {
    pub longest_tenor_days: u32,
    pub scrutiny_above_days: u32,
    pub small_sellers: Vec<OrganizationId>,
    pub small_seller_days: u32,
    pub rate_ceiling_ppm: Option<u32>,
    pub deepest_tier: Option<u32>,
    pub exposure_caps: Vec<FileCap>,
    pub currencies: Vec<Currency>,
    pub stop_list: Vec<OrganizationId>,
    pub none_after_default: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileCap {
    #[serde(default)]
    pub bank: Option<OrganizationId>,
    #[serde(default)]
    pub debtor: Option<OrganizationId>,
    pub cap_minor: u64,
    pub currency: Currency,
}

impl PolicyFile {
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The rules with their lists in the order that the ledger wants.
    pub fn rules(&self) -> wire::Rules {
        let rules = &self.rules;
        let mut exposure_caps: Vec<wire::ExposureCap> =
            rules.exposure_caps.iter().map(FileCap::to_proto).collect();
        exposure_caps.sort_by(|a, b| {
            let key = |cap: &wire::ExposureCap| {
                let currency = cap.cap.clone().unwrap_or_default().currency;
                (cap.bank.clone(), cap.debtor.clone(), currency)
            };
            key(a).cmp(&key(b))
        });
        wire::Rules {
            longest_tenor_days: rules.longest_tenor_days,
            scrutiny_above_days: rules.scrutiny_above_days,
            small_sellers: in_order(rules.small_sellers.iter().map(OrganizationId::as_str)),
            small_seller_days: rules.small_seller_days,
            rate_ceiling_ppm: rules.rate_ceiling_ppm,
            deepest_tier: rules.deepest_tier,
            exposure_caps,
            currencies: in_order(rules.currencies.iter().map(Currency::code)),
            stop_list: in_order(rules.stop_list.iter().map(OrganizationId::as_str)),
            none_after_default: rules.none_after_default,
        }
    }
}

impl FileCap {
    fn to_proto(&self) -> wire::ExposureCap {
        let id = |id: &Option<OrganizationId>| id.as_ref().map(ToString::to_string);
        wire::ExposureCap {
            bank: id(&self.bank).unwrap_or_default(),
            debtor: id(&self.debtor).unwrap_or_default(),
            cap: Some(Money {
                minor: self.cap_minor,
                currency: self.currency.code().to_owned(),
            }),
        }
    }
}

/// Each once, ascending.
fn in_order<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_leaves_out_forbids_nothing_and_lists_are_put_in_order() {
        let empty = PolicyFile::from_json(r#"{"title": "Nothing", "rules": {}}"#).unwrap();
        assert_eq!(empty.rules(), wire::Rules::default());
        let text = r#"{"title": "Some", "rules": {"stop_list": ["smith", "farmer", "smith"],
            "exposure_caps": [{"debtor": "airline", "cap_minor": 5, "currency": "USD"},
                              {"bank": "bank-east", "cap_minor": 4, "currency": "EUR"}]}}"#;
        let rules = PolicyFile::from_json(text).unwrap().rules();
        assert_eq!(rules.stop_list, ["farmer", "smith"]);
        let banks: Vec<&str> = rules.exposure_caps.iter().map(|c| &*c.bank).collect();
        assert_eq!(banks, ["", "bank-east"]);
    }

    #[test]
    fn a_rule_that_nobody_knows_is_no_rule() {
        assert!(PolicyFile::from_json(r#"{"title": "Odd", "rules": {"tenor": 5}}"#).is_err());
    }
}
