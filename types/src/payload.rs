//! The root over an invoice's private fields (specification 3.1).
//!
//! Each field is hashed with a random salt of its own, so that its owner can
//! later open one and keep the others to itself. See `docs/private-fields.md`.

use serde::{Deserialize, Serialize};

use crate::hash::Hash;
use crate::limits::{MAX_PRIVATE_FIELD_BYTES, MAX_PRIVATE_FIELDS};
use crate::merkle;

/// One private field with its salt. Whoever holds it can show it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivateField {
    pub name: String,
    pub value: String,
    /// 32 random bytes.
    pub salt: Hash,
}

/// Fields that have no root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    #[error("more than {MAX_PRIVATE_FIELDS} private fields")]
    TooMany,
    #[error("the private field {0:?} has a name or value over 64 KiB")]
    TooLong(String),
    #[error("private fields must be sorted by name, each name once: {0:?} is not")]
    Unsorted(String),
}

impl PrivateField {
    fn leaf(&self) -> Hash {
        let length = |text: &str| (text.len() as u32).to_be_bytes();
        Hash::tagged(
            "counterfoil/private-field/v1",
            &[
                self.salt.as_ref(),
                &length(&self.name),
                self.name.as_bytes(),
                &length(&self.value),
                self.value.as_bytes(),
            ],
        )
    }

    /// The root over so many fields, of which this is the one at a position, by its siblings; none where these do not fit.
    pub fn root_at(&self, position: usize, count: usize, siblings: &[Hash]) -> Option<Hash> {
        merkle::root_at(self.leaf().as_ref(), position, count, siblings)
    }
}

/// The siblings of the field at a position, with which its owner opens it.
pub fn siblings(fields: &[PrivateField], position: usize) -> Result<Vec<Hash>, PayloadError> {
    Ok(merkle::siblings(&leaves(fields)?, position))
}

/// The root over fields sorted by name.
pub fn root(fields: &[PrivateField]) -> Result<Hash, PayloadError> {
    Ok(merkle::root(&leaves(fields)?))
}

fn leaves(fields: &[PrivateField]) -> Result<Vec<Hash>, PayloadError> {
    if fields.len() > MAX_PRIVATE_FIELDS {
        return Err(PayloadError::TooMany);
    }
    if let Some(field) = fields
        .iter()
        .find(|f| f.name.len().max(f.value.len()) > MAX_PRIVATE_FIELD_BYTES)
    {
        return Err(PayloadError::TooLong(field.name.clone()));
    }
    if let Some(pair) = fields.windows(2).find(|pair| pair[0].name >= pair[1].name) {
        return Err(PayloadError::Unsorted(pair[1].name.clone()));
    }
    Ok(fields.iter().map(PrivateField::leaf).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, value: &str) -> PrivateField {
        let salt = Hash::tagged("salt", &[name.as_bytes()]);
        PrivateField {
            name: name.into(),
            value: value.into(),
            salt,
        }
    }

    #[test]
    fn every_part_of_a_field_is_under_the_root() {
        let fields = [field("line-1", "10 bolts"), field("price", "2.50")];
        let expected = root(&fields).unwrap();
        let mut moved_boundary = fields.clone();
        moved_boundary[0] = PrivateField {
            name: "line-11".into(),
            value: "0 bolts".into(),
            ..fields[0].clone()
        };
        let mut other_salt = fields.clone();
        other_salt[1].salt = Hash::default();
        for other in [moved_boundary, other_salt] {
            assert_ne!(root(&other).unwrap(), expected);
        }
        assert!(matches!(
            root(&[field("b", ""), field("a", "")]),
            Err(PayloadError::Unsorted(_))
        ));
        assert!(matches!(
            root(&[field("a", ""), field("a", "x")]),
            Err(PayloadError::Unsorted(_))
        ));
    }
}
