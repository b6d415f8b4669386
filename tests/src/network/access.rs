//! How clients are let in: the network's authority, each node's certificate, and readers' tokens.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use counterfoil_types::access;
use counterfoil_types::hash::Hash;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, KeyPair};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::transport::{Channel, Endpoint, Uri};
use tonic::{Request, Status};
use tower::service_fn;

use super::plan::write_secret;
use super::{PATIENCE, Wallet, now_ms};

/// How long a token is good for: longer than any test, and as long as nodes take it, less what clocks differ by.
const LIFETIME_MS: u64 = 55 * 60 * 1_000;

/// Signs the certificates of a network's nodes.
pub struct Authority {
    certificate: Certificate,
    key: KeyPair,
}

impl Authority {
    pub fn generate() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let key = KeyPair::generate().expect("keys can be made");
        let certificate = params.self_signed(&key).expect("it signs itself");
        Self { certificate, key }
    }

    /// What clients are to trust, as PEM.
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// Puts a certificate and its key into a node's home; gives who the node is by it.
    pub fn certify(&self, home: &Path) -> Hash {
        let host = Ipv4Addr::LOCALHOST.to_string();
        let params = CertificateParams::new([host]).expect("an address is a name");
        let key = KeyPair::generate().expect("keys can be made");
        let certificate = params.signed_by(&key, &self.certificate, &self.key);
        let certificate = certificate.expect("the authority signs");
        fs::write(home.join("tls.pem"), certificate.pem()).expect("the home can be written");
        write_secret(&home.join("tls.key"), &key.serialize_pem());
        access::node_of_certificate(certificate.der())
    }

    pub fn connector(&self) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots
            .add(self.certificate.der().clone())
            .expect("a certificate");
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has them");
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        TlsConnector::from(Arc::new(config))
    }
}

/// Connects when it is first used, and again after its node was away; in plain text without a connector.
pub fn channel(address: SocketAddr, tls: Option<TlsConnector>) -> Channel {
    let scheme = if tls.is_some() { "https" } else { "http" };
    let endpoint = Endpoint::from_shared(format!("{scheme}://{address}")).expect("a URL");
    let endpoint = endpoint.timeout(PATIENCE);
    let Some(tls) = tls else {
        return endpoint.connect_lazy();
    };
    endpoint.connect_with_connector_lazy(service_fn(move |_: Uri| {
        let tls = tls.clone();
        async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let name = ServerName::IpAddress(address.ip().into());
            tls.connect(name, stream).await.map(TokioIo::new)
        }
    }))
}

/// Shows one node who asks, with every call.
#[derive(Clone)]
pub struct Bearer {
    pub node: Hash,
    value: MetadataValue<Ascii>,
}

impl Bearer {
    pub fn new(wallet: &Wallet, node: Hash) -> Self {
        let Wallet {
            chain_id,
            organization,
            key,
        } = wallet;
        let organization = organization.parse().expect("an organization's id");
        let until = now_ms() + LIFETIME_MS;
        let token = access::issue(key, &organization, chain_id, &node, until);
        let value = format!("Bearer {token}").parse();
        Self {
            node,
            value: value.expect("hexadecimal digits are ASCII"),
        }
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let metadata = request.metadata_mut();
        metadata.insert("authorization", self.value.clone());
        Ok(request)
    }
}
