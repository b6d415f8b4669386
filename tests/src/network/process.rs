//! One node: its home, its process, its log.

use std::fs::{self, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Instant;

use counterfoil_keystore::read_plain_key;
use counterfoil_types::access::node_of_peer;
use counterfoil_types::keys::{PublicKey, SigningKey};
use libp2p::identity::Keypair;
use serde::Deserialize;
use tokio_rustls::TlsConnector;

use super::access::{Authority, Bearer, channel};
use super::relays::Addresses;
use super::{Client, PATIENCE, POLL, Wallet, counterfoild};

const LOG_LINES: usize = 25;

/// What `counterfoild init -o json` prints of a node it made.
#[derive(Deserialize)]
struct Made {
    peer_id: String,
    validator_public_key: PublicKey,
}

/// A node of the network, running or not.
pub struct Node {
    name: String,
    home: PathBuf,
    api: SocketAddr,
    metrics: SocketAddr,
    swarms: Addresses,
    made: Made,
    client: Client,
    /// Not there where it speaks plain text.
    connector: Option<TlsConnector>,
    process: Option<Child>,
    /// Whether it has a validator's key, be it in the set or not.
    votes: bool,
}

impl Node {
    /// Makes a home with keys in it, and with a certificate where there is an authority. `reader` asks
    /// what tests ask of the node.
    pub fn make(
        folder: &Path,
        name: &str,
        votes: bool,
        authority: Option<&Authority>,
        reader: Wallet,
    ) -> Self {
        let home = folder.join(name);
        let output = Command::new(counterfoild())
            .args([
                "init",
                "--plain-keys",
                "-o",
                "json",
                "--moniker",
                name,
                "--home",
            ])
            .arg(&home)
            .output()
            .expect("counterfoild runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "counterfoild init: {said}");
        let made = serde_json::from_slice(&output.stdout).expect("init prints what it made");
        let [api, metrics, consensus, transactions] = [(); 4].map(|()| free_address());
        let node = match authority {
            Some(authority) => authority.certify(&home),
            None => node_of_peer(&peer_key(&home).public_key()),
        };
        let bearer = Bearer::new(&reader, node);
        let connector = authority.map(Authority::connector);
        let channel = channel(api, connector.clone());
        Self {
            name: name.to_owned(),
            home,
            client: Client::new(channel, bearer),
            connector,
            api,
            metrics,
            swarms: [consensus, transactions],
            made,
            process: None,
            votes,
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn home(&self) -> &Path {
        &self.home
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The same over a connection of its own.
    pub fn connect(&self) -> Client {
        self.client.over(channel(self.api, self.connector.clone()))
    }

    /// The process, while it runs.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("the node runs").id()
    }

    pub fn peer_id(&self) -> &str {
        &self.made.peer_id
    }

    /// The key under which its peers know it.
    pub fn peer_key(&self) -> Keypair {
        let key = peer_key(&self.home);
        Keypair::ed25519_from_bytes(*key.seed()).expect("any 32 bytes are an Ed25519 seed")
    }

    pub fn validator_key(&self) -> PublicKey {
        self.made.validator_public_key
    }

    /// Names its validator's key in the settings that are written next.
    pub fn give_voice(&mut self) {
        self.votes = true;
    }

    /// Where it serves its API.
    pub fn url(&self) -> String {
        let scheme = if self.connector.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.api)
    }

    /// Where it serves its metrics.
    pub fn metrics(&self) -> SocketAddr {
        self.metrics
    }

    /// Where it listens itself, without a relay between.
    pub fn swarms(&self) -> Addresses {
        self.swarms
    }

    /// Writes its settings, with these peers; without bounds on what one caller may ask for, where none are to be met.
    pub fn configure(&self, peers: &[(&str, Addresses)], unlimited: bool) {
        let [consensus, transactions] = self.swarms;
        let (name, api, metrics) = (&self.name, self.api, self.metrics);
        let mut text = format!("moniker = \"{name}\"\n");
        if self.votes {
            text += "validator_key = \"validator.pem\"\n";
        }
        text += &format!(
            "[listen]\ngrpc = \"{api}\"\nconsensus = \"{consensus}\"\ntransactions = \"{transactions}\"\nmetrics = \"{metrics}\"\n"
        );
        text += match &self.connector {
            None => "[tls]\nplain_text = true\n",
            Some(_) => "[tls]\ncertificate = \"tls.pem\"\nkey = \"tls.key\"\n",
        };
        if unlimited {
            let most = u32::MAX;
            text += &format!(
                "[limits]\nbytes_per_second = {most}\nverifications_per_second = {most}\n"
            );
        }
        for (peer_id, [consensus, transactions]) in peers {
            text += &format!(
                "[[peers]]\npeer_id = \"{peer_id}\"\nconsensus = \"{consensus}\"\ntransactions = \"{transactions}\"\n"
            );
        }
        fs::write(self.home.join("node.toml"), text).expect("the home can be written");
    }

    /// Starts the process; does not wait for it to serve.
    pub fn spawn(&mut self) {
        self.spawn_as(Command::new(counterfoild()));
    }

    /// Starts the process so that no file of it may grow beyond so many blocks of the shell's
    /// `ulimit -f`. A write beyond fails as on a full disk, but for the number of the error.
    pub fn spawn_within(&mut self, blocks: u32) {
        let mut shell = Command::new("sh");
        // Unless it is ignored, the signal ends the process before the write can fail.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        shell.args(["-c", &script, "sh"]).arg(counterfoild());
        self.spawn_as(shell);
    }

    fn spawn_as(&mut self, mut command: Command) {
        assert!(self.process.is_none(), "{} runs already", self.name);
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log());
        let log = log.expect("the home can be written");
        let child = command
            .arg("run")
            .arg("--home")
            .arg(&self.home)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be shared"))
            .stderr(log)
            .spawn();
        self.process = Some(child.expect("counterfoild runs"));
    }

    /// Ends the process as a power failure would (SIGKILL). Does nothing where none runs.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            // An error means that it has ended by itself.
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Asks the process to end (SIGTERM), and waits until it has.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.ended().await
    }

    /// Sends the process a signal by its name.
    pub fn signal(&self, name: &str) {
        let pid = self.pid();
        // The shell's own command: it is there on every system.
        let sent = Command::new("sh")
            .args(["-c", r#"kill -s "$1" "$2""#, "sh", name, &pid.to_string()])
            .status();
        assert!(sent.expect("there is a shell").success(), "the node runs");
    }

    /// Waits until the process has ended, by itself or because it was asked to.
    pub async fn ended(&mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.exit() {
                self.process = None;
                return status;
            }
            assert!(Instant::now() < until, "{} does not end", self.name);
            tokio::time::sleep(POLL).await;
        }
    }

    /// How the process ended, if it has.
    pub fn exit(&mut self) -> Option<ExitStatus> {
        let process = self.process.as_mut().expect("the node was started");
        process.try_wait().expect("a child can be waited for")
    }

    pub fn log(&self) -> PathBuf {
        self.home.join("node.log")
    }

    pub fn end_of_log(&self) -> String {
        let text = fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

fn peer_key(home: &Path) -> SigningKey {
    read_plain_key(&home.join("peer.pem")).expect("init made it")
}

/// A free address on loopback, given out once. Its port is below those that outgoing connections
/// take, so that none of them sits on it while its node is down.
fn free_address() -> SocketAddr {
    const LOWEST: u16 = 10_000;
    const HIGHEST: u16 = 32_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Test programs that run at a time begin at different ports.
    let begin = std::process::id() % u32::from(HIGHEST - LOWEST);
    for _ in LOWEST..HIGHEST {
        let next = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let offset = (begin * 7 + next) % u32::from(HIGHEST - LOWEST);
        let port = LOWEST + u16::try_from(offset).expect("less than the span of ports");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no free port on loopback from {LOWEST} to {HIGHEST}");
}
