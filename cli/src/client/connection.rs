//! A connection to a node: TLS under the network's own authority, or plain text on this machine.

use std::error::Error as StdError;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use counterfoil_types::access::node_of_certificate;
use counterfoil_types::hash::Hash;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error as TlsError, RootCertStore};
use tonic::transport::{Channel, Endpoint, Uri};
use tower::service_fn;

use crate::failure::Failure;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const DEFAULT_PORT: u16 = 26650;
/// The protocol's name in the handshake (RFC 9113, section 3.2).
const HTTP_2: &[u8] = b"h2";
/// What an HTTP/2 client sends first (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The first byte of a TLS record that is an alert (RFC 8446, section 5.1).
const TLS_ALERT: u8 = 21;

/// A TCP stream, or the TLS stream over one.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}
type Wire = TokioIo<Box<dyn Duplex>>;

/// Why a node that may be there is not spoken with.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    #[error("no connection: {0}")]
    Tcp(#[source] io::Error),
    #[error("the node answers in plain text")]
    PlainText,
    #[error("the node's certificate is not good: {0:?}")]
    Certificate(CertificateError),
    #[error("the TLS handshake failed: {0}")]
    Handshake(#[source] io::Error),
    #[error("the node shows another certificate than before")]
    OtherCertificate,
}

/// Connects to one node, again whenever the connection was lost.
#[derive(Clone)]
pub struct Dialer {
    url: String,
    host: String,
    port: u16,
    /// None speaks plain text.
    tls: Option<(TlsConnector, ServerName<'static>)>,
    /// The node of the first connection's certificate: tokens are made for it, so that no later
    /// connection may lead to another.
    node: Arc<OnceLock<Hash>>,
}

impl Dialer {
    /// Reads a node's URL, and for `https` the certificates of the network's authority.
    pub fn new(node: &str, authority: Option<&Path>) -> Result<Self, Failure> {
        let url = match node.contains("://") {
            true => node.to_owned(),
            false => format!("https://{node}"),
        };
        let malformed = |problem: &dyn std::fmt::Display| {
            Failure::Usage(format!(
                "{node:?} is not the URL of a node such as https://127.0.0.1:26650: {problem}"
            ))
        };
        let uri: Uri = url.parse().map_err(|e| malformed(&e))?;
        let host = uri.host().ok_or_else(|| malformed(&"it names no host"))?;
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let tls = match uri.scheme_str() {
            Some("https") => {
                let name = ServerName::try_from(host.clone()).map_err(|e| malformed(&e))?;
                Some((connector(authority)?, name))
            }
            Some("http") if is_this_machine(&host) => None,
            Some("http") => {
                return Err(Failure::Usage(format!(
                    "{url} would be plain text beyond this machine: anybody on the way could read and change \
                     it\n  what to do: ask the node by https://, and name the network's authority by --ca or \
                     COUNTERFOIL_CA"
                )));
            }
            _ => return Err(malformed(&"it begins with neither https:// nor http://")),
        };
        Ok(Self {
            port: uri.port_u16().unwrap_or(DEFAULT_PORT),
            url,
            host,
            tls,
            node: Arc::default(),
        })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whose certificate was seen; none in plain text.
    pub fn node(&self) -> Option<Hash> {
        self.node.get().copied()
    }

    /// A channel whose first connection is made.
    pub async fn channel(&self) -> Result<Channel, Failure> {
        let endpoint = Endpoint::from_shared(self.url.clone())
            .map_err(|e| Failure::Usage(format!("{:?}: {e}", self.url)))?
            .connect_timeout(CONNECT_TIMEOUT);
        let dialer = self.clone();
        let connector = service_fn(move |_: Uri| {
            let dialer = dialer.clone();
            async move { dialer.dial().await }
        });
        let channel = endpoint.connect_with_connector(connector).await;
        channel.map_err(|e| self.failure(&e).unwrap_or_else(|| unreachable(&self.url)))
    }

    async fn dial(&self) -> Result<Wire, DialError> {
        let stream = self.connect().await.map_err(DialError::Tcp)?;
        let Some((connector, name)) = &self.tls else {
            return Ok(TokioIo::new(Box::new(stream)));
        };
        let stream = connector.connect(name.clone(), stream).await;
        let stream = stream.map_err(handshake_failed)?;
        let chain = stream.get_ref().1.peer_certificates();
        let leaf = chain
            .and_then(<[_]>::first)
            .expect("a server shows a certificate");
        let node = node_of_certificate(leaf);
        if *self.node.get_or_init(|| node) != node {
            return Err(DialError::OtherCertificate);
        }
        Ok(TokioIo::new(Box::new(stream)))
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Whether a node that was spoken to in plain text has TLS, and therefore hung up.
    pub async fn has_tls_instead(&self) -> bool {
        if self.tls.is_some() {
            return false;
        }
        let answer = async {
            let mut stream = self.connect().await?;
            stream.write_all(PREFACE).await?;
            stream.read_u8().await
        };
        let answer = tokio::time::timeout(CONNECT_TIMEOUT, answer).await;
        matches!(answer, Ok(Ok(TLS_ALERT)))
    }

    /// What an error means to the person who asked, where this connection is its cause.
    pub fn failure(&self, error: &(dyn StdError + 'static)) -> Option<Failure> {
        let mut causes = std::iter::successors(Some(error), |error| StdError::source(*error));
        let cause = causes.find_map(|cause| cause.downcast_ref::<DialError>())?;
        let url = &self.url;
        let (what, advice) = match cause {
            DialError::Tcp(_) => return Some(unreachable(url)),
            DialError::PlainText => (
                format!("{url} answers in plain text, without TLS"),
                "if it is a node on this machine that was told to (tls.plain_text), ask it by http://".to_owned(),
            ),
            DialError::Certificate(problem) => on_certificate(url, problem),
            DialError::Handshake(error) => (
                format!("{url} does not complete the TLS handshake: {error}"),
                "check that a Counterfoil node listens there, on its listen.grpc".to_owned(),
            ),
            DialError::OtherCertificate => (
                format!("{url} shows another certificate than when this command began"),
                "run the command again, if you know that the node was given a new one".to_owned(),
            ),
        };
        Some(Failure::Failed(format!("{what}\n  what to do: {advice}")))
    }

    pub fn tls_instead(&self) -> Failure {
        let url = &self.url;
        let secured = url.replacen("http://", "https://", 1);
        Failure::Failed(format!(
            "{url} speaks TLS, and was asked in plain text\n  what to do: ask {secured}, and name the network's \
             authority by --ca or COUNTERFOIL_CA"
        ))
    }
}

pub fn unreachable(node: &str) -> Failure {
    Failure::Unreachable(format!(
        "no node answers at {node}\n  what to do: start it (`counterfoil dev` goes on with the network it made, `counterfoil \
         localnet status` shows local ones), or name another by --node or COUNTERFOIL_NODE"
    ))
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// Trusts the certificates of one file, and none of the system's: a network has its own authority.
fn connector(authority: Option<&Path>) -> Result<TlsConnector, Failure> {
    let Some(file) = authority else {
        return Err(Failure::Usage(
            "name the file of the network's certificate authority: --ca or COUNTERFOIL_CA; of a local network it \
             is localnet/ca.pem"
                .into(),
        ));
    };
    let unusable = |problem: &dyn std::fmt::Display| {
        Failure::Failed(format!(
            "{}: {problem}\n  what to do: name the PEM file of the network's certificate authority by --ca or \
             COUNTERFOIL_CA",
            file.display()
        ))
    };
    let pem = std::fs::read(file).map_err(|e| unusable(&e))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|e| unusable(&e))?;
        roots.add(certificate).map_err(|e| unusable(&e))?;
    }
    if roots.is_empty() {
        return Err(unusable(&"holds no certificate"));
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| unusable(&e))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![HTTP_2.to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

fn handshake_failed(error: io::Error) -> DialError {
    let inner = error.get_ref().and_then(|e| e.downcast_ref::<TlsError>());
    match inner {
        Some(TlsError::InvalidCertificate(problem)) => DialError::Certificate(problem.clone()),
        Some(TlsError::InvalidMessage(_)) => DialError::PlainText,
        _ => DialError::Handshake(error),
    }
}

fn on_certificate(url: &str, problem: &CertificateError) -> (String, String) {
    use CertificateError::{
        BadSignature, Expired, ExpiredContext, NotValidForName, NotValidForNameContext,
        NotValidYet, NotValidYetContext, UnknownIssuer,
    };
    match problem {
        // The latter where both authorities have one name.
        UnknownIssuer | BadSignature => (
            format!("{url} shows a certificate of another authority than the one that --ca names"),
            "name the authority of the network that you mean by --ca or COUNTERFOIL_CA, and check --node; each local \
             network has an authority of its own, ca.pem in its folder"
                .to_owned(),
        ),
        Expired | ExpiredContext { .. } => (
            format!("the certificate of {url} has expired, or this machine's clock is ahead"),
            "compare `date` with the right time; if it is right, the node's operator must renew the certificate"
                .to_owned(),
        ),
        NotValidYet | NotValidYetContext { .. } => (
            format!("the certificate of {url} is not valid yet, or this machine's clock is behind"),
            "compare `date` with the right time".to_owned(),
        ),
        NotValidForName | NotValidForNameContext { .. } => (
            format!("the certificate of {url} is for another host"),
            "name the node as its certificate does, or ask its operator for one with this name".to_owned(),
        ),
        other => (
            format!("the certificate of {url} is not good: {other:?}"),
            "ask the node's operator".to_owned(),
        ),
    }
}
