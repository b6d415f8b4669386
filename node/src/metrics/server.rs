//! Serving the metrics over HTTP, to whoever may reach the address.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::Metrics;

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Answers that are made at a time; further scrapes are sent away.
const MAX_SCRAPES: usize = 2;

#[derive(Debug, thiserror::Error)]
#[error(
    "metrics: cannot listen on {address}: {source}; choose another listen.metrics, or leave it out"
)]
pub struct MetricsError {
    address: SocketAddr,
    source: std::io::Error,
}

/// Serves until it is dropped.
pub struct MetricsServer(JoinHandle<()>);

impl MetricsServer {
    pub async fn start(address: SocketAddr, metrics: Metrics) -> Result<Self, MetricsError> {
        let listener = TcpListener::bind(address)
            .await
            .map_err(|source| MetricsError { address, source })?;
        let metrics = Arc::new(metrics);
        let turns = Arc::new(Semaphore::new(MAX_SCRAPES));
        let scrape = move || scrape(metrics.clone(), turns.clone());
        let router = Router::new().route("/metrics", get(scrape));
        Ok(Self(tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the metrics ended");
            }
        })))
    }
}

impl Drop for MetricsServer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn scrape(metrics: Arc<Metrics>, turns: Arc<Semaphore>) -> Response {
    let Ok(turn) = turns.try_acquire_owned() else {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    };
    let text = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        metrics.text()
    });
    match text.await {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
