//! The first height this node can give to others: every node keeps all blocks.

use malachitebft_app_channel::Reply;
use malachitebft_core_types::Height as _;

use super::super::context::Height;

pub fn handle(reply: Reply<Height>) {
    let _ = reply.send(Height::INITIAL);
}
