//! Lists in pages (AIP-158). A token says after which key the next page begins, and is good only for the
//! caller's organization, the list and the filters that it came from.
//!
//! A page ends where it was last looked, which may be at a record that the caller may not read: tokens
//! are sealed, under a key that dies with this process.

use std::sync::LazyLock;

use counterfoil_types::hash::Hash;
use prost::Message;
use rand::RngCore as _;
use rand::rngs::OsRng;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use tonic::Status;

use super::access::rules::Shown;
use super::access::{Caller, Records, decoded};
use super::errors;

const DEFAULT_PAGE: u32 = 100;
const MAX_PAGE: u32 = 1_000;
/// Records looked at for one page, those beside the listed ones included, however few of them are shown.
const MAX_SCANNED: usize = 20_000;
/// Bytes of records after which a page ends.
const MAX_PAGE_BYTES: usize = 2 * 1024 * 1024;
const CHUNK: usize = 500;
/// What is sealed in a token, whatever the key's length, which would tell of the record. The longest
/// is a balance's, with two organizations and a currency.
const SEALED_KEY: usize = 192;
const TOKEN: usize = NONCE_LEN + SEALED_KEY + 16;

/// Nonces are drawn at random: one key seals far fewer tokens than could meet.
static SEAL: LazyLock<LessSafeKey> = LazyLock::new(|| {
    let mut bytes = [0; 32];
    OsRng.fill_bytes(&mut bytes);
    let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes).expect("its keys have 32 bytes");
    LessSafeKey::new(key)
});

/// What was asked for: which list by which filters, how much, from where.
pub struct Page {
    size: usize,
    binding: Hash,
    after: Option<Vec<u8>>,
}

impl Page {
    /// `filters` is whatever bytes tell this list and its filters from any other.
    pub fn new(
        caller: &Caller,
        size: u32,
        token: &str,
        list: &str,
        filters: &[&[u8]],
    ) -> Result<Self, Status> {
        let size = match size {
            0 => DEFAULT_PAGE,
            1..=MAX_PAGE => size,
            _ => {
                let problem = format!("{size} is more than {MAX_PAGE}");
                return Err(errors::invalid("page_size", problem));
            }
        };
        let mut page = Self {
            size: size as usize,
            binding: bind(caller, list, filters),
            after: None,
        };
        if !token.is_empty() {
            page.after = Some(page.open(token).ok_or_else(not_of_this_list)?);
        }
        Ok(page)
    }

    pub fn size(&self) -> usize {
        self.size
    }

    /// Where the page begins, after the end of the one before.
    pub fn after(&self) -> Option<&[u8]> {
        self.after.as_deref()
    }

    /// The token of the page after this one.
    pub fn token(&self, last: &[u8]) -> Result<String, Status> {
        let too_long = || errors::failed("making a page token", "a key is longer than any");
        let mut key = last.to_vec();
        if key.len() >= SEALED_KEY {
            return Err(too_long());
        }
        // One bit ends the key, zeros fill what is left.
        key.push(0x80);
        key.resize(SEALED_KEY, 0);
        let mut nonce = [0; NONCE_LEN];
        OsRng.fill_bytes(&mut nonce);
        let aad = Aad::from(self.binding);
        SEAL.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut key)
            .map_err(|_| too_long())?;
        Ok(hex::encode([nonce.as_slice(), &key].concat()))
    }

    fn open(&self, token: &str) -> Option<Vec<u8>> {
        if token.len() != 2 * TOKEN {
            return None;
        }
        let bytes = hex::decode(token).ok()?;
        let (nonce, sealed) = bytes.split_at(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let key = SEAL.open_in_place(nonce, Aad::from(self.binding), &mut sealed);
        let key = key.ok()?;
        let end = key.iter().rposition(|byte| *byte != 0)?;
        Some(key[..end].to_vec())
    }

    /// Reads the page's records under a prefix of keys, as `show` lets them be seen.
    pub fn records<R: Message + Default>(
        &self,
        records: &Records<'_>,
        prefix: &[u8],
        show: impl Fn(R) -> Shown<R>,
    ) -> Result<(Vec<R>, String), Status> {
        if self.after().is_some_and(|after| !after.starts_with(prefix)) {
            return Err(not_of_this_list());
        }
        let scan = |after: Option<&[u8]>, limit| {
            let rows = records.state().scan(prefix, after, limit);
            rows.map_err(|e| errors::failed("reading a list", e))
        };
        let (mut page, mut bytes, mut scanned) = (Vec::new(), 0, 0);
        let mut last = self.after.clone();
        loop {
            let rows = scan(last.as_deref(), CHUNK)?;
            let ended = rows.len() < CHUNK;
            let count = rows.len();
            for (index, (key, value)) in rows.into_iter().enumerate() {
                scanned += 1;
                if let Some(record) = show(decoded(&value)?)? {
                    page.push(record);
                    bytes += value.len();
                }
                let full = page.len() == self.size
                    || bytes >= MAX_PAGE_BYTES
                    || scanned + records.looked_up() >= MAX_SCANNED;
                if full {
                    let more = index + 1 < count || (!ended && !scan(Some(&key), 1)?.is_empty());
                    let token = if more {
                        self.token(&key)?
                    } else {
                        String::new()
                    };
                    return Ok((page, token));
                }
                last = Some(key);
            }
            if ended {
                return Ok((page, String::new()));
            }
        }
    }
}

fn not_of_this_list() -> Status {
    let problem = "it is not of this list and these filters, or from before the node was started; begin again without it";
    errors::invalid("page_token", problem)
}

/// Hashes the caller's organization, a list's name and its filters, each behind its length.
fn bind(caller: &Caller, list: &str, filters: &[&[u8]]) -> Hash {
    let mut bytes = Vec::new();
    let names = [caller.organization.as_str().as_bytes(), list.as_bytes()];
    for part in names.iter().chain(filters) {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    Hash::tagged("counterfoil/page-token/v1", &[&bytes])
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::membership::v1::{Organization, Role};
    use tonic::Code;

    use super::*;
    use crate::fixture;

    fn page(
        organization: &str,
        token: &str,
        list: &str,
        filters: &[&[u8]],
    ) -> Result<Page, Status> {
        let caller = fixture::caller(organization, &[Role::Bank]);
        Page::new(&caller, 10, token, list, filters)
    }

    #[test]
    fn a_token_is_good_for_its_own_caller_list_and_filters_only() {
        let first = page("bank-a", "", "invoices", &[b"seller", b""]).unwrap();
        let token = first.token(b"key").unwrap();
        let next = page("bank-a", &token, "invoices", &[b"seller", b""]).unwrap();
        assert_eq!(next.after(), Some(b"key".as_slice()));
        let other_caller = page("bank-b", &token, "invoices", &[b"seller", b""]);
        let other_list = page("bank-a", &token, "claims", &[b"seller", b""]);
        let moved_bytes = page("bank-a", &token, "invoices", &[b"", b"seller"]);
        let refused = |token: &str| page("bank-a", token, "invoices", &[b"seller", b""]);
        let garbage = refused(&"zz".repeat(TOKEN));
        let cut_short = refused(&token[2..]);
        let other_digit = if token.ends_with('0') { "1" } else { "0" };
        let forged = refused(&[&token[..token.len() - 1], other_digit].concat());
        for refused in [
            other_caller,
            other_list,
            moved_bytes,
            garbage,
            cut_short,
            forged,
        ] {
            let status = refused.err().unwrap();
            assert_eq!(status.code(), Code::InvalidArgument);
            assert!(status.message().starts_with("page_token"), "{status:?}");
        }
    }

    #[test]
    fn a_token_shows_neither_the_key_nor_its_length() {
        let page = page("bank-a", "", "balances", &[]).unwrap();
        let (short, long) = (b"cash/balance/a\x00\x00".as_slice(), [b'k'; SEALED_KEY - 1]);
        let tokens = [short, &long].map(|key| page.token(key).unwrap());
        for (token, key) in tokens.iter().zip([short, &long]) {
            assert_eq!(token.len(), 2 * TOKEN);
            assert!(!token.contains(&hex::encode(&key[..8])));
            assert_eq!(page.open(token).as_deref(), Some(key));
        }
        assert_ne!(page.token(short).unwrap(), tokens[0]);
        assert!(page.token(&[b'k'; SEALED_KEY]).is_err());
    }

    #[test]
    fn a_page_ends_once_enough_is_looked_up_beside_its_records() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = fixture::ledger(folder.path());
        let prefix = counterfoil_contracts::membership::api::organization_prefix();
        let page = page("bank-a", "", "organizations", &[]).unwrap();
        let listed = |look_ups: usize| {
            let records = Records::new(&ledger);
            let show = |organization: Organization| {
                while records.looked_up() < look_ups {
                    let key = format!("no such key {}", records.looked_up());
                    assert_eq!(records.get::<Organization>(key.as_bytes())?, None);
                }
                Ok(Some(organization))
            };
            let (page, token) = page.records(&records, &prefix, show).unwrap();
            (page.len(), token.is_empty())
        };
        // Two organizations are scanned, which count too.
        assert_eq!(listed(MAX_SCANNED - 2), (2, true));
        assert_eq!(listed(MAX_SCANNED - 1), (1, false));
    }

    #[test]
    fn pages_have_a_default_and_a_greatest_size() {
        let caller = fixture::caller("bank-a", &[Role::Bank]);
        let page = |size| Page::new(&caller, size, "", "x", &[]);
        assert_eq!(page(0).unwrap().size(), 100);
        assert_eq!(page(1_000).unwrap().size(), 1_000);
        let status = page(1_001).err().unwrap();
        assert!(status.message().starts_with("page_size"), "{status:?}");
    }
}
