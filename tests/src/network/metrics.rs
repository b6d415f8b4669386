//! What a node tells monitoring.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::MEMBERS;

/// Every sample by its name and labels. The text must be well-formed, and tell of no organization.
pub async fn scrape(address: SocketAddr) -> BTreeMap<String, f64> {
    let mut stream = TcpStream::connect(address).await.expect("it is served");
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("it is read");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .await
        .expect("it is text");
    let (head, text) = answer.split_once("\r\n\r\n").expect("HTTP");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("application/openmetrics-text"), "{head}");
    assert_eq!(text.matches("# EOF").count(), 1);
    assert!(text.ends_with("# EOF\n"));
    for (organization, _) in MEMBERS {
        // As a label; the engine's descriptions have the word "operator" too.
        let label = format!("\"{organization}\"");
        assert!(!text.contains(&label), "{organization}");
    }
    let mut types = BTreeMap::new();
    let mut samples = BTreeMap::new();
    for line in text.lines() {
        if let Some(family) = line.strip_prefix("# TYPE ") {
            let (name, _) = family.split_once(' ').expect("a name and a type");
            assert_eq!(
                types.insert(name.to_owned(), ()),
                None,
                "{name} comes twice"
            );
        } else if !line.starts_with('#') {
            let (name, value) = line.rsplit_once(' ').expect("a name and a value");
            let value = value.parse().expect("a number");
            assert_eq!(
                samples.insert(name.to_owned(), value),
                None,
                "{name} comes twice"
            );
        }
    }
    samples
}
