//! Headers as they come, for light clients. Each is read when the caller takes it: nothing waits in between.

use std::pin::Pin;

use counterfoil_proto::v1 as wire;
use futures::future::BoxFuture;
use futures::{FutureExt as _, Stream, stream};
use tokio::sync::watch;
use tonic::Status;

use crate::grpc::errors;
use crate::grpc::events::beyond;
use crate::grpc::reader::Reader;
use crate::ledger::Tip;

pub type Headers = Pin<Box<dyn Stream<Item = Result<wire::CertifiedHeader, Status>> + Send>>;

/// Where a caller stands.
struct Watch {
    reader: Reader,
    tip: watch::Receiver<Tip>,
    ends: BoxFuture<'static, Status>,
    next: u64,
}

/// Headers from a height on, 0 for the next block's.
pub fn watch(
    reader: &Reader,
    ends: impl Future<Output = Status> + Send + 'static,
    from: u64,
) -> Result<Headers, Status> {
    let tip = reader.ledger().tip_watch();
    let after_last = tip.borrow().height + 1;
    if from > after_last {
        return Err(beyond(from, after_last));
    }
    let watch = Watch {
        reader: reader.clone(),
        tip,
        ends: ends.boxed(),
        next: if from == 0 { after_last } else { from },
    };
    Ok(Box::pin(stream::unfold(Some(watch), step)))
}

async fn step(
    watch: Option<Watch>,
) -> Option<(Result<wire::CertifiedHeader, Status>, Option<Watch>)> {
    let mut watch = watch?;
    let height = watch.next;
    tokio::select! {
        end = &mut watch.ends => return Some((Err(end), None)),
        committed = watch.tip.wait_for(|tip| tip.height >= height) => {
            // An error means that the ledger is gone.
            if committed.is_err() {
                return Some((Err(errors::stopping()), None));
            }
        }
    }
    let read = watch.reader.read(move |ledger| {
        let header = ledger.next_on_the_way(height);
        header.map_err(|e| errors::failed("reading a header", e))
    });
    let header = read.await;
    watch.next += 1;
    let goes_on = header.is_ok();
    Some((header, goes_on.then_some(watch)))
}
