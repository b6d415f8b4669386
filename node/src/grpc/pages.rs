//! Lists in pages (AIP-158). A token says after which key the next page begins,
//! and is good only for the list and filters that it came from.

use counterfoil_storage::Snapshot;
use counterfoil_types::hash::Hash;
use prost::Message;
use tonic::Status;

use super::errors;

const DEFAULT_PAGE: u32 = 100;
const MAX_PAGE: u32 = 1_000;
/// Records looked at for one page, however few of them the filters match.
const MAX_SCANNED: usize = 20_000;
/// Bytes of records after which a page ends.
const MAX_PAGE_BYTES: usize = 2 * 1024 * 1024;
const CHUNK: usize = 500;
/// How much of the hash over the filters a token holds.
const BINDING: usize = 16;
/// A binding and the longest key, in hexadecimal digits.
const MAX_TOKEN: usize = 2 * (BINDING + 512);

/// What was asked for: which list by which filters, how much, from where.
pub struct Page {
    size: usize,
    binding: [u8; BINDING],
    after: Option<Vec<u8>>,
}

impl Page {
    /// `filters` is whatever bytes tell this list and its filters from any other.
    pub fn new(size: u32, token: &str, list: &str, filters: &[&[u8]]) -> Result<Self, Status> {
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
            binding: bind(list, filters),
            after: None,
        };
        if !token.is_empty() {
            page.after = Some(page.open(token)?);
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
    pub fn token(&self, last: &[u8]) -> String {
        hex::encode([self.binding.as_slice(), last].concat())
    }

    fn open(&self, token: &str) -> Result<Vec<u8>, Status> {
        let bad = |problem: &str| Err(errors::invalid("page_token", problem));
        if token.len() > MAX_TOKEN {
            return bad("not a token of this list");
        }
        match hex::decode(token) {
            Ok(bytes) if bytes.len() > BINDING => {
                let (binding, last) = bytes.split_at(BINDING);
                if binding == self.binding {
                    Ok(last.to_vec())
                } else {
                    bad("it came from another list or other filters; begin again without it")
                }
            }
            _ => bad("not a token of this list"),
        }
    }

    /// Reads the page's records under a prefix of keys, those that `matches` lets through.
    pub fn records<R: Message + Default>(
        &self,
        snapshot: &Snapshot,
        prefix: &[u8],
        matches: impl Fn(&R) -> bool,
    ) -> Result<(Vec<R>, String), Status> {
        if self.after().is_some_and(|after| !after.starts_with(prefix)) {
            return Err(errors::invalid("page_token", "not a token of this list"));
        }
        let failed = |e| errors::failed("reading a list", e);
        let (mut records, mut bytes, mut scanned) = (Vec::new(), 0, 0);
        let mut last = self.after.clone();
        loop {
            let rows = snapshot
                .scan(prefix, last.as_deref(), CHUNK)
                .map_err(failed)?;
            let ended = rows.len() < CHUNK;
            let count = rows.len();
            for (index, (key, value)) in rows.into_iter().enumerate() {
                let record = R::decode(value.as_slice())
                    .map_err(|e| errors::failed("reading a record", e))?;
                scanned += 1;
                if matches(&record) {
                    records.push(record);
                    bytes += value.len();
                }
                let full =
                    records.len() == self.size || bytes >= MAX_PAGE_BYTES || scanned == MAX_SCANNED;
                if full {
                    let more = index + 1 < count
                        || (!ended
                            && !snapshot
                                .scan(prefix, Some(&key), 1)
                                .map_err(failed)?
                                .is_empty());
                    let token = if more {
                        self.token(&key)
                    } else {
                        String::new()
                    };
                    return Ok((records, token));
                }
                last = Some(key);
            }
            if ended {
                return Ok((records, String::new()));
            }
        }
    }
}

/// Hashes a list's name and its filters, each behind its length.
fn bind(list: &str, filters: &[&[u8]]) -> [u8; BINDING] {
    let mut bytes = Vec::new();
    for part in [list.as_bytes()].iter().chain(filters) {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    let hash = Hash::tagged("counterfoil/page-token/v1", &[&bytes]);
    let mut binding = [0; BINDING];
    binding.copy_from_slice(&hash.as_bytes()[..BINDING]);
    binding
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    fn page(token: &str, filters: &[&[u8]]) -> Result<Page, Status> {
        Page::new(10, token, "invoices", filters)
    }

    #[test]
    fn a_token_is_good_for_its_own_list_and_filters_only() {
        let token = page("", &[b"seller", b""]).unwrap().token(b"key");
        let next = page(&token, &[b"seller", b""]).unwrap();
        assert_eq!(next.after(), Some(b"key".as_slice()));
        let other_list = Page::new(10, &token, "claims", &[b"seller", b""]);
        let moved_bytes = page(&token, &[b"", b"seller"]);
        let garbage = page("zz", &[b"seller", b""]);
        let cut_short = page(&token[..2 * BINDING], &[b"seller", b""]);
        let endless = page(&"00".repeat(MAX_TOKEN), &[b"seller", b""]);
        for refused in [other_list, moved_bytes, garbage, cut_short, endless] {
            let status = refused.err().unwrap();
            assert_eq!(status.code(), Code::InvalidArgument);
            assert!(status.message().starts_with("page_token"), "{status:?}");
        }
    }

    #[test]
    fn pages_have_a_default_and_a_greatest_size() {
        assert_eq!(Page::new(0, "", "x", &[]).unwrap().size(), 100);
        assert_eq!(Page::new(1_000, "", "x", &[]).unwrap().size(), 1_000);
        let status = Page::new(1_001, "", "x", &[]).err().unwrap();
        assert!(status.message().starts_with("page_size"), "{status:?}");
    }
}
