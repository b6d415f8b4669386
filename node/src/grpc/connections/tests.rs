//! Connections at their bounds, and handshakes that fail, last or never come.

use prometheus_client::metrics::gauge::Gauge;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::connection::PREFACE;
use super::*;
use crate::grpc::tls;

struct Secured {
    tls: Tls,
    client: TlsConnector,
    name: ServerName<'static>,
    _folder: TempDir,
}

/// A node's certificate, and a client that trusts it and speaks one protocol.
fn secured(protocol: &str) -> Secured {
    let folder = tempfile::tempdir().unwrap();
    let (leaf, certificate, key) = tls::tests::files(folder.path());
    let mut roots = RootCertStore::empty();
    roots.add(leaf).unwrap();
    let mut client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.alpn_protocols = vec![protocol.into()];
    Secured {
        tls: Tls::read(&certificate, &key).unwrap(),
        client: TlsConnector::from(Arc::new(client)),
        name: ServerName::try_from("localhost").unwrap(),
        _folder: folder,
    }
}

/// Two connections at once.
fn two() -> Limits {
    Limits {
        connections: 2,
        ..Limits::default()
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

#[tokio::test]
async fn beyond_the_most_connections_wait_for_one_to_close() {
    let (listener, address) = listen().await;
    let mut incoming = Box::pin(incoming(listener, None, two(), Gauge::default()));
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(TcpStream::connect(address).await.unwrap());
    }
    let first = incoming.next().await.unwrap();
    let _second = incoming.next().await.unwrap();
    // The third is not accepted however long one waits: nobody would hand it a place.
    let third = tokio::time::timeout(Duration::from_millis(100), incoming.next());
    assert!(third.await.is_err());
    drop(first);
    assert!(incoming.next().await.is_some());
}

#[tokio::test]
async fn a_connection_without_a_preface_is_given_up() {
    let (listener, address) = listen().await;
    let mut incoming = Box::pin(incoming(listener, None, two(), Gauge::default()));
    let mut clients = Vec::new();
    for sent in [PREFACE - 1, PREFACE] {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(&[b'P'; PREFACE][..sent]).await.unwrap();
        clients.push(client);
        let mut connection = incoming.next().await.unwrap().unwrap();
        // As if the time had passed already.
        let now = Box::pin(tokio::time::sleep(Duration::ZERO));
        connection.preface = Some((PREFACE, now));
        tokio::time::sleep(Duration::from_millis(5)).await;
        let mut buffer = [0; PREFACE];
        let read = connection.read_exact(&mut buffer).await;
        assert_eq!(read.is_ok(), sent == PREFACE);
    }
}

#[tokio::test]
async fn a_handshake_that_lasts_holds_nobody_up_and_counts() {
    let Secured {
        tls,
        client,
        name,
        _folder,
    } = secured("h2");
    let (listener, address) = listen().await;
    let mut incoming = Box::pin(incoming(listener, Some(tls), two(), Gauge::default()));
    let silent = TcpStream::connect(address).await.unwrap();
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut ours, theirs) = tokio::join!(client.connect(name.clone(), stream), incoming.next());
    let ours = ours.as_mut().unwrap();
    assert_eq!(ours.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    ours.write_all(b"across").await.unwrap();
    let mut read = [0; 6];
    let mut theirs = theirs.unwrap().unwrap();
    theirs.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"across");

    // The silent one and this one have the two places; the next comes once the silent one leaves.
    let stream = TcpStream::connect(address).await.unwrap();
    let mut third = Box::pin(client.connect(name, stream));
    assert!(
        tokio::time::timeout(Duration::from_millis(100), &mut third)
            .await
            .is_err()
    );
    drop(silent);
    third.await.unwrap();
}

#[tokio::test]
async fn a_silent_handshake_ends() {
    let Secured { tls, _folder, .. } = secured("h2");
    let (listener, address) = listen().await;
    let _incoming = Box::pin(incoming(listener, Some(tls), two(), Gauge::default()));
    let mut silent = TcpStream::connect(address).await.unwrap();
    // The node hangs up.
    let mut nothing = [0; 1];
    let end = tokio::time::timeout(2 * HANDSHAKE_TIMEOUT, silent.read(&mut nothing));
    assert_eq!(end.await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn who_speaks_no_tls_or_no_http_2_is_turned_away() {
    let Secured {
        tls,
        client,
        name,
        _folder,
    } = secured("http/1.1");
    let (listener, address) = listen().await;
    let mut incoming = Box::pin(incoming(listener, Some(tls), two(), Gauge::default()));
    let stream = TcpStream::connect(address).await.unwrap();
    let refused = client.connect(name, stream).await.unwrap_err().to_string();
    assert!(refused.contains("ApplicationProtocol"), "{refused}");
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    // An alert and the end, or a reset: no byte of HTTP in any case.
    let _ = plain.read_to_end(&mut answer).await;
    assert_eq!(answer.first().copied().unwrap_or(TLS_ALERT), TLS_ALERT);
    assert!(futures::poll!(incoming.next()).is_pending());
}

/// The first byte of a TLS record that is an alert (RFC 8446, section 5.1).
const TLS_ALERT: u8 = 21;
