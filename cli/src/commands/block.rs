//! `counterfoil block`: blocks and what is in them.

use clap::Subcommand;
use counterfoil_proto::v1 as wire;

use crate::arguments::Page;
use crate::failure::Failure;
use crate::output::{Answer, View};
use crate::session::Session;
use crate::views;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Show a block with those of its receipts that are yours to read; every organization may, reads only
    Show {
        /// The block's height; the last one's if left out
        #[arg(default_value_t = 0, hide_default_value = true)]
        height: u64,
    },
    /// List blocks, lowest first; every organization may, reads only
    ///
    /// How many transactions a block holds is for operators and the regulator.
    List {
        /// First height to list
        #[arg(long, value_name = "HEIGHT", default_value_t = 1)]
        from: u64,
        /// Leave out blocks without transactions
        #[arg(long)]
        with_transactions: bool,
        #[command(flatten)]
        page: Page,
    },
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    match command {
        Command::Show { height } => {
            let (client, currencies) = session.ledger().await?;
            let answer = client
                .blocks()
                .get_block(wire::GetBlockRequest { height })
                .await;
            let block = answer.map_err(|s| client.failure(s))?.into_inner();
            let header = block
                .header
                .clone()
                .ok_or_else(|| client.incomplete("a header"))?;
            let certificate = block.certificate.unwrap_or_default();
            let signers = certificate
                .signatures
                .iter()
                .map(|s| hex::encode(&s.address));
            let receipts = block
                .entries
                .iter()
                .filter_map(|entry| entry.receipt.as_ref())
                .map(|r| views::receipt(View::new(), r, &currencies));
            let view = views::header(&block.hash, &header)
                .number("round", certificate.round)
                .list("signed_by", signers)
                .count("transactions", block.transactions)
                .count("rejected", block.rejected)
                .nested("receipts", receipts.collect());
            Ok(Answer::record(view))
        }
        Command::List {
            from,
            with_transactions,
            page,
        } => {
            let client = session.client().await?;
            let fetch = async |page_size, page_token| {
                let request = wire::ListBlocksRequest {
                    page_size,
                    page_token,
                    from_height: from,
                    with_transactions,
                };
                let answer = client.blocks().list_blocks(request).await;
                let answer = answer.map_err(|s| client.failure(s))?.into_inner();
                Ok((answer.blocks, answer.next_page_token))
            };
            let list = session.list(&page, fetch, summary).await?;
            let columns = [
                "height",
                "time",
                "round",
                "transactions",
                "rejected",
                "hash",
            ];
            Ok(Answer::list("blocks", &columns, list))
        }
    }
}

fn summary(summary: &wire::BlockSummary) -> View {
    let header = summary.header.clone().unwrap_or_default();
    views::header(&summary.hash, &header)
        .number("round", summary.round)
        .count("transactions", summary.transactions)
        .count("rejected", summary.rejected)
}
