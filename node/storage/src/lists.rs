//! Lists that only grow: a row for what a block adds to one, by the place of the last of it.

use crate::Appends;
use crate::codec;
use crate::db::{Batch, Family, Frozen};
use crate::error::StorageError;

pub(crate) fn append(batch: &mut Batch<'_>, appends: &Appends) {
    for (list, (first, items)) in appends {
        let last = first + items.len() as u64 - 1;
        let items: Vec<&[u8]> = items.iter().map(Vec::as_slice).collect();
        batch.put(Family::Lists, key(list, last), codec::encode_list(&items));
    }
}

/// At most `limit` items, from a place on.
pub(crate) fn items(
    frozen: &Frozen<'_>,
    list: &[u8],
    from: u64,
    limit: usize,
) -> Result<Vec<Vec<u8>>, StorageError> {
    let until = key(list, u64::MAX);
    let mut found = Vec::new();
    let mut next = from;
    while found.len() < limit {
        let rows = frozen.scan(Family::Lists, key(list, next), Some(until.clone()), 1)?;
        let Some((row, items)) = rows.into_iter().next() else {
            break;
        };
        let damaged = || StorageError::Corrupt("the key of a list".into());
        let last = row.last_chunk().map(|last| u64::from_be_bytes(*last));
        let last = last.ok_or_else(damaged)?;
        let items = codec::decode_list(&items, "part of a list")?;
        // Of the row's items, those from `next` on are its last.
        let wanted = usize::try_from(last - next + 1).map_err(|_| damaged())?;
        let skipped = items.len().checked_sub(wanted).ok_or_else(damaged)?;
        found.extend(items.into_iter().skip(skipped));
        next = last + 1;
    }
    found.truncate(limit);
    Ok(found)
}

fn key(list: &[u8], last: u64) -> Vec<u8> {
    [list, &last.to_be_bytes()].concat()
}
