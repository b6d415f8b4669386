//! The client against nodes that are made for it: TLS with and without trust, and tokens.

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;
use std::time::SystemTime;

use counterfoil_proto::v1::node_service_server::{NodeService, NodeServiceServer};
use counterfoil_types::access;
use counterfoil_types::hash::Hash;
use counterfoil_types::keys::SigningKey;
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response};
use tonic_types::ErrorDetails;

use super::*;
use crate::localnet::Authority;

const CHAIN: &str = "c";
/// The one account that nodes here know.
const SEED: [u8; 32] = [7; 32];

/// A node that knows who it is, asks for tokens and keeps what it was shown.
#[derive(Clone)]
struct Node {
    identity: Hash,
    shown: Arc<Mutex<Vec<String>>>,
}

impl Node {
    fn check(&self, token: Option<&str>) -> Result<(), (&'static str, String)> {
        let Some(token) = token else {
            return Err(("TOKEN_MISSING", "no token".into()));
        };
        self.shown.lock().unwrap().push(token.to_owned());
        let token = token.strip_prefix("Bearer ").expect("a bearer's token");
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = u64::try_from(now.unwrap().as_millis()).unwrap();
        let bearer = access::open(token, CHAIN, &self.identity, now);
        let bearer = bearer.map_err(|e| ("TOKEN_WRONG_NODE", e.to_string()))?;
        match bearer.account == SigningKey::from_seed(SEED).public_key() {
            true => Ok(()),
            false => Err(("UNKNOWN_ACCOUNT", "not an account".into())),
        }
    }
}

#[tonic::async_trait]
impl NodeService for Node {
    async fn get_status(
        &self,
        request: Request<wire::GetStatusRequest>,
    ) -> Result<Response<wire::GetStatusResponse>, Status> {
        let token = request.metadata().get("authorization");
        match self.check(token.map(|value| value.to_str().unwrap())) {
            Ok(()) => Ok(Response::new(wire::GetStatusResponse::default())),
            Err((reason, message)) => {
                let metadata = HashMap::from([
                    ("chain_id".to_owned(), CHAIN.to_owned()),
                    ("node".to_owned(), self.identity.to_string()),
                ]);
                let details = ErrorDetails::with_error_info(reason, "counterfoil.access", metadata);
                Err(Status::with_error_details(
                    Code::Unauthenticated,
                    message,
                    details,
                ))
            }
        }
    }

    async fn get_state_root(
        &self,
        _: Request<wire::GetStateRootRequest>,
    ) -> Result<Response<wire::GetStateRootResponse>, Status> {
        Err(Status::not_found("no such root"))
    }

    async fn get_genesis(
        &self,
        _: Request<wire::GetGenesisRequest>,
    ) -> Result<Response<wire::GetGenesisResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }
}

async fn listen(address: &str) -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Serves in plain text.
async fn serve(node: Node) -> SocketAddr {
    let (listener, address) = listen("127.0.0.1:0").await;
    let server = tonic::transport::Server::builder().add_service(NodeServiceServer::new(node));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    address
}

/// A certificate, and the handshakes made with it.
struct Shown {
    acceptor: TlsAcceptor,
    node: Hash,
}

fn shown_by(authority: &Authority) -> Shown {
    let issued = authority.issue("node").unwrap();
    let leaf = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.clone()], key);
    Shown {
        acceptor: TlsAcceptor::from(Arc::new(config.unwrap())),
        node: access::node_of_certificate(&leaf),
    }
}

/// Ends TLS before a node that speaks plain text. Its connections end with the task.
async fn secure(listener: TcpListener, shown: Shown, node: SocketAddr) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = shown.acceptor.clone();
            connections.spawn(async move {
                // An error is what some callers here are after.
                if let Ok(mut outside) = acceptor.accept(stream).await {
                    let mut inside = TcpStream::connect(node).await.unwrap();
                    let _ = copy_bidirectional(&mut outside, &mut inside).await;
                }
            });
        }
    })
}

/// A network's authority, and a folder with its certificate in a file.
struct Trust {
    authority: Authority,
    folder: TempDir,
}

impl Trust {
    fn new() -> Self {
        let authority = Authority::new("test", crate::localnet::today().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), authority.certificate()).unwrap();
        Self { authority, folder }
    }

    fn access(&self, seed: [u8; 32]) -> Access {
        access_with(Some(&self.folder.path().join("ca.pem")), seed)
    }
}

fn access_with(authority: Option<&Path>, seed: [u8; 32]) -> Access {
    Access {
        account: Account {
            organization: "bank-a".parse().unwrap(),
            key: SigningKey::from_seed(seed),
        },
        authority: authority.map(Path::to_owned),
    }
}

/// A node behind TLS: its URL, and what it is shown.
async fn secured_node(trust: &Trust) -> (String, Node) {
    let shown = shown_by(&trust.authority);
    let node = Node {
        identity: shown.node,
        shown: Arc::default(),
    };
    let (listener, address) = listen("127.0.0.1:0").await;
    secure(listener, shown, serve(node.clone()).await).await;
    (format!("https://{address}"), node)
}

async fn problem(url: &str, access: &Access) -> String {
    match Client::connect(url, access).await {
        Ok(_) => panic!("{url} is connected"),
        Err(failure) => failure.to_string(),
    }
}

#[tokio::test]
async fn a_trusted_node_gets_a_token_with_every_call() {
    let trust = Trust::new();
    let (url, node) = secured_node(&trust).await;
    let client = Client::connect(&url, &trust.access(SEED)).await.unwrap();
    client.status().await.unwrap();
    client.status().await.unwrap();
    let (challenge, token) = client.token();
    assert_eq!(
        (challenge.node, &*challenge.chain_id),
        (node.identity, CHAIN)
    );
    let expected = format!("Bearer {}", token.text);
    assert_eq!(*node.shown.lock().unwrap(), [expected.clone(), expected]);

    let request = wire::GetStateRootRequest { height: 1 };
    let missing = client.nodes().get_state_root(request).await.unwrap_err();
    let message = client.failure(missing).to_string();
    assert!(message.contains("no such root") && message.contains("bank-a's to read"));

    let stranger = Client::connect(&url, &trust.access([8; 32])).await.unwrap();
    let message = stranger.status().await.unwrap_err().to_string();
    assert!(message.contains("no account of bank-a"), "{message}");
    assert!(message.contains("what to do"), "{message}");
}

#[tokio::test]
async fn a_node_of_another_authority_is_not_trusted() {
    let (trust, other) = (Trust::new(), Trust::new());
    let (url, node) = secured_node(&trust).await;
    let message = problem(&url, &other.access(SEED)).await;
    assert!(message.contains("another authority"), "{message}");
    let message = problem(&url, &access_with(None, SEED)).await;
    assert!(message.contains("--ca"), "{message}");
    let no_certificate = trust.folder.path().join("none.pem");
    fs::write(&no_certificate, "none").unwrap();
    let message = problem(&url, &access_with(Some(&no_certificate), SEED)).await;
    assert!(message.contains("holds no certificate"), "{message}");
    assert!(node.shown.lock().unwrap().is_empty());
}

#[tokio::test]
async fn plain_text_and_tls_are_told_apart() {
    let trust = Trust::new();
    let access = trust.access(SEED);
    let (url, node) = secured_node(&trust).await;
    let message = problem(&url.replace("https", "http"), &access).await;
    assert!(message.contains("speaks TLS"), "{message}");
    assert!(message.contains(&url), "{message}");
    let plain = serve(node).await;
    let message = problem(&format!("https://{plain}"), &access).await;
    assert!(message.contains("plain text"), "{message}");
    let client = Client::connect(&format!("http://{plain}"), &access).await;
    client.unwrap().status().await.unwrap();
}

#[tokio::test]
async fn urls_are_checked_before_anything_is_sent() {
    let access = access_with(None, SEED);
    for (url, words) in [
        ("http://192.0.2.1:26650", "plain text beyond this machine"),
        (
            "http://node.example:26650",
            "plain text beyond this machine",
        ),
        ("ftp://127.0.0.1:1", "neither https"),
        ("https://", "not the URL"),
        ("127.0.0.1:26650", "--ca"),
    ] {
        match Client::connect(url, &access).await {
            Err(Failure::Usage(message)) => assert!(message.contains(words), "{url}: {message}"),
            other => panic!("{url}: {:?}", other.err()),
        }
    }
    for url in ["http://localhost:1", "http://[::1]:1", "http://127.0.0.2:1"] {
        let unreachable = Client::connect(url, &access).await.err();
        assert!(
            matches!(unreachable, Some(Failure::Unreachable(_))),
            "{url}"
        );
    }
}

/// A node that the authority trusts passes calls on to another, whose tokens it would like to have.
#[tokio::test]
async fn a_node_in_between_gets_no_token_for_another() {
    let trust = Trust::new();
    let other = Node {
        identity: shown_by(&trust.authority).node,
        shown: Arc::default(),
    };
    let (listener, address) = listen("127.0.0.1:0").await;
    let between = shown_by(&trust.authority);
    secure(listener, between, serve(other.clone()).await).await;
    let message = problem(&format!("https://{address}"), &trust.access(SEED)).await;
    assert!(message.contains("passes calls on"), "{message}");
    assert!(other.shown.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_connection_that_is_lost_leads_to_the_same_node_or_nowhere() {
    let trust = Trust::new();
    let [first, second] = [(); 2].map(|()| shown_by(&trust.authority));
    let node = Node {
        identity: first.node,
        shown: Arc::default(),
    };
    let inside = serve(node.clone()).await;
    let (listener, address) = listen("127.0.0.1:0").await;
    let front = secure(listener, first, inside).await;
    let url = format!("https://{address}");
    let client = Client::connect(&url, &trust.access(SEED)).await.unwrap();
    client.status().await.unwrap();

    front.abort();
    let _ = front.await;
    let (listener, _) = listen(&address.to_string()).await;
    secure(listener, second, inside).await;
    let shown = node.shown.lock().unwrap().len();
    // The first call may still find the old connection, of which it learns that it is gone.
    let mut message = client.status().await.unwrap_err().to_string();
    if !message.contains("another certificate") {
        message = client.status().await.unwrap_err().to_string();
    }
    assert!(message.contains("another certificate"), "{message}");
    assert_eq!(node.shown.lock().unwrap().len(), shown);
}

#[tokio::test]
async fn lists_go_on_over_short_and_empty_pages() {
    let pages: [&[u8]; 4] = [&[1, 2], &[], &[3], &[4, 5]];
    let mut fetch = async |_, token: String| {
        let page: usize = token.parse().unwrap_or(0);
        let next = if page + 1 < pages.len() {
            (page + 1).to_string()
        } else {
            String::new()
        };
        Ok::<_, Failure>((pages[page].to_vec(), next))
    };
    let first = listed(3, String::new(), &mut fetch).await.unwrap();
    assert_eq!(
        (first.items, first.next_page_token.as_str()),
        (vec![1, 2, 3], "3")
    );
    assert_eq!(all(&mut fetch).await.unwrap(), [1, 2, 3, 4, 5]);
}

#[test]
fn a_rejected_receipt_is_a_failure_of_its_own() {
    let rejection = wire::Rejection {
        reason: "WRONG_STATE".into(),
        ..Default::default()
    };
    let receipt = wire::Receipt {
        code: 4022,
        height: 9,
        rejection: Some(rejection),
        ..Default::default()
    };
    match executed(receipt) {
        Err(Failure::Rejected(rejected)) => {
            assert_eq!((rejected.code, rejected.height), (4022, Some(9)));
            assert_eq!(rejected.reason, "WRONG_STATE");
        }
        other => panic!("{other:?}"),
    }
    assert!(executed(wire::Receipt::default()).is_ok());
}
