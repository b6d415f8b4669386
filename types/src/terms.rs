//! The hash of terms of payment, which a confirmation repeats (specification 3.1).

use counterfoil_proto::receivable::v1::Terms;
use prost::Message as _;

use crate::hash::Hash;

pub fn terms_hash(terms: &Terms) -> Hash {
    Hash::tagged("counterfoil/terms/v1", &[&terms.encode_to_vec()])
}
