//! Transport security: the node's certificate, by which callers know it, and handshakes with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use counterfoil_keystore::KeystoreError;
use counterfoil_types::access::node_of_certificate;
use counterfoil_types::hash::Hash;
use tokio::net::TcpStream;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier as _;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::NoServerSessionStorage;
use tokio_rustls::rustls::{CertificateError, Error, RootCertStore, ServerConfig};
use tokio_rustls::{Accept, TlsAcceptor};

use crate::config::keys;

/// A chain of certificates is far smaller.
const MAX_CERTIFICATE_FILE_BYTES: u64 = 64 * 1024;
/// The protocol's name in the handshake (RFC 9113, section 3.2).
const HTTP_2: &[u8] = b"h2";
/// Before a certificate's end, from when on the operator is told.
const WARN_BEFORE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How often it is told again.
const WARN_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Why there is no transport security with what the operator gave.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error(
        "{path}: {problem}; put this node's certificate there as PEM and its private key beside it, or say \
         where they are by tls.certificate and tls.key in node.toml (tls.plain_text = true does without, on \
         loopback only)"
    )]
    Certificate { path: PathBuf, problem: String },
    #[error(transparent)]
    KeyFile(#[from] KeystoreError),
    #[error(
        "{path}: {problem}; it must hold the certificate's private key as PEM (PKCS#8, SEC1 or PKCS#1), not encrypted"
    )]
    Key { path: PathBuf, problem: String },
    #[error("{key} does not fit the certificate {certificate}: {problem}")]
    Apart {
        certificate: PathBuf,
        key: PathBuf,
        problem: String,
    },
}

/// The node's certificate, ready for handshakes.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    leaf: CertificateDer<'static>,
}

impl Tls {
    /// Reads a certificate, with what leads from it to its authority, and its key.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain = read_chain(certificate).map_err(|problem| TlsError::Certificate {
            path: certificate.to_owned(),
            problem,
        })?;
        let leaf = chain[0].clone();
        let pem = keys::read_secret(key)?;
        let secret = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|e| TlsError::Key {
            path: key.to_owned(),
            problem: e.to_string(),
        })?;
        let apart = |e: Error| TlsError::Apart {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            problem: e.to_string(),
        };
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(apart)?
            .with_no_client_auth()
            .with_single_cert(chain, secret)
            .map_err(apart)?;
        config.alpn_protocols = vec![HTTP_2.to_vec()];
        // Connections last: nothing is gained by keeping what resumes one, and memory is saved.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            leaf,
        })
    }

    /// Who the node is to its callers, whose tokens name it.
    pub fn node(&self) -> Hash {
        node_of_certificate(&self.leaf)
    }

    pub fn accept(&self, stream: TcpStream) -> Accept<TcpStream> {
        self.acceptor.accept(stream)
    }

    /// Tells the operator each day that the certificate ends soon, or has ended.
    pub async fn tell_expiry(self) {
        let mut days = tokio::time::interval(WARN_EVERY);
        loop {
            days.tick().await;
            match not_after(&self.leaf) {
                Some(end) => tell(end, SystemTime::now()),
                None => tracing::debug!("when the TLS certificate expires cannot be told"),
            }
        }
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let length = fs::metadata(path).map_err(|e| e.to_string())?.len();
    if length > MAX_CERTIFICATE_FILE_BYTES {
        return Err(format!(
            "longer than {MAX_CERTIFICATE_FILE_BYTES} bytes, so no certificate"
        ));
    }
    let pem = fs::read(path).map_err(|e| e.to_string())?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match chain {
        Ok(chain) if chain.is_empty() => Err("holds no certificate".to_owned()),
        Ok(chain) => Ok(chain),
        Err(e) => Err(format!("is no certificate: {e}")),
    }
}

/// The end of a certificate's validity. Asked as of the end of time, a verifier answers that it
/// has expired, and when.
fn not_after(certificate: &CertificateDer<'_>) -> Option<SystemTime> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone().into_owned()).ok()?;
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider());
    let verifier = verifier.build().ok()?;
    let name = ServerName::try_from("localhost").ok()?;
    let end_of_time = UnixTime::since_unix_epoch(Duration::from_secs(u64::MAX));
    match verifier.verify_server_cert(certificate, &[], &name, &[], end_of_time) {
        Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(not_after.as_secs()))
        }
        _ => None,
    }
}

fn tell(end: SystemTime, now: SystemTime) {
    match end.duration_since(now) {
        Err(_) => tracing::error!(
            "the TLS certificate has expired: no client that checks it connects; renew it and start the node again"
        ),
        Ok(left) if left <= WARN_BEFORE => tracing::warn!(
            days = left.as_secs() / WARN_EVERY.as_secs(),
            "the TLS certificate expires soon: renew it and start the node again"
        ),
        Ok(_) => {}
    }
}

#[cfg(test)]
pub mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A certificate for localhost that is its own authority, and files with it and its key.
    pub fn files(folder: &Path) -> (CertificateDer<'static>, PathBuf, PathBuf) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (certificate, key) = (folder.join("tls.pem"), folder.join("tls.key"));
        fs::write(&certificate, made.cert.pem()).unwrap();
        let _ = fs::remove_file(&key);
        keys::write_secret(&key, &made.key_pair.serialize_pem()).unwrap();
        (made.cert.der().clone(), certificate, key)
    }

    fn problem(certificate: &Path, key: &Path) -> String {
        match Tls::read(certificate, key) {
            Ok(_) => panic!("it is read"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_node_is_known_by_its_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let (leaf, certificate, key) = files(folder.path());
        let tls = Tls::read(&certificate, &key).unwrap();
        assert_eq!(tls.node(), Hash::of_document(&leaf));
    }

    #[test]
    fn what_is_missing_exposed_or_apart_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (_, certificate, key) = files(folder.path());
        let other = tempfile::tempdir().unwrap();
        let (_, _, other_key) = files(other.path());
        assert!(problem(&certificate, &other_key).contains("does not fit"));
        assert!(problem(&folder.path().join("none"), &key).contains("plain_text"));
        assert!(problem(&key, &key).contains("holds no certificate"));
        fs::set_permissions(&certificate, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(problem(&certificate, &certificate).contains("private key"));
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(problem(&certificate, &key).contains("chmod 600"));
    }

    #[test]
    fn a_certificate_tells_its_end() {
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2031, 5, 17);
        let key = rcgen::KeyPair::generate().unwrap();
        let made = params.self_signed(&key).unwrap();
        let end = not_after(made.der()).unwrap();
        let seconds = end
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        // `date -d 2031-05-17 -u +%s`.
        assert_eq!(seconds, 1_936_742_400);
    }
}
