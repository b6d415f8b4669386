//! `NodeService`: the node itself.

use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::node_service_server::NodeService;
use counterfoil_types::keys;
use tonic::{Code, Request, Response, Status};

use super::errors;
use super::reader::Reader;
use crate::clock::clock_ms;
use crate::vitals::{COMMIT, Vitals};

pub struct Service {
    pub reader: Reader,
    pub moniker: String,
    pub vitals: Vitals,
}

#[tonic::async_trait]
impl NodeService for Service {
    async fn get_status(
        &self,
        _: Request<wire::GetStatusRequest>,
    ) -> Result<Response<wire::GetStatusResponse>, Status> {
        let ledger = self.reader.ledger();
        let genesis = ledger.genesis();
        let tip = ledger.tip();
        let read = self.reader.read(|ledger| {
            let dated = ledger.dated_state();
            let (_, date) = dated.map_err(|e| errors::failed("reading the ledger date", e))?;
            let settings = ledger.settings();
            let settings = settings.map_err(|e| errors::failed("reading who decides blocks", e))?;
            let protocol_version = ledger.version(&settings);
            let lacking = ledger.lacking(&settings);
            Ok((date, settings, protocol_version, lacking))
        });
        let (date, settings, protocol_version, lacking) = read.await?;
        let seat = self.vitals.seat(&settings);
        let disk = self.vitals.disk.clone();
        let disk = self.reader.read(move |_| {
            let seen = disk
                .data_bytes()
                .and_then(|data| Ok((data, disk.free_bytes()?)));
            seen.map_err(|e| errors::failed("looking at the disk", e))
        });
        let (data_bytes, disk_free_bytes) = disk.await?;
        Ok(Response::new(wire::GetStatusResponse {
            moniker: self.moniker.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol_version,
            chain_id: genesis.chain_id.clone(),
            height: tip.height,
            block_hash: tip.block_hash.to_vec(),
            block_time_ms: tip.time_ms,
            ledger_date: Some(date.to_proto()),
            validator: seat.is_some(),
            organization: seat.map_or_else(String::new, |seat| seat.organization.clone()),
            peers: count(self.vitals.network.connected_peers()),
            pool_transactions: count(self.vitals.pool.len()),
            address: seat.map_or_else(Vec::new, |seat| keys::address(&seat.public_key).to_vec()),
            peers_listed: count(self.vitals.network.listed_peers()),
            peers_height: self.vitals.peer_heights.greatest(),
            block_age_ms: clock_ms().saturating_sub(tip.time_ms),
            data_bytes,
            disk_free_bytes,
            commit: COMMIT.to_owned(),
            lacking: lacking.map_or_else(String::new, |lacking| lacking.to_string()),
        }))
    }

    async fn get_state_root(
        &self,
        request: Request<wire::GetStateRootRequest>,
    ) -> Result<Response<wire::GetStateRootResponse>, Status> {
        let height = match request.into_inner().height {
            0 => self.reader.ledger().tip().height,
            height => height,
        };
        let read = self.reader.read(move |ledger| {
            let root = ledger.storage().state_root(height);
            root.map_err(|e| errors::failed("reading the state tree", e))
        });
        let Some(root) = read.await? else {
            let message =
                format!("height {height} is not committed yet, or its root is pruned already");
            return Err(errors::with_reason(
                Code::OutOfRange,
                errors::LEDGER,
                "NO_STATE_ROOT",
                message,
            ));
        };
        Ok(Response::new(wire::GetStateRootResponse {
            height,
            state_root: root.to_vec(),
        }))
    }

    async fn get_genesis(
        &self,
        _: Request<wire::GetGenesisRequest>,
    ) -> Result<Response<wire::GetGenesisResponse>, Status> {
        let ledger = self.reader.ledger();
        Ok(Response::new(wire::GetGenesisResponse {
            genesis: Some(ledger.genesis().to_proto()),
            hash: ledger.genesis_hash().to_vec(),
        }))
    }
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}
