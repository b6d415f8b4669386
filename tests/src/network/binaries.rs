//! The two programs under test, and running them to their end.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Names the folder of the binaries, where it is not the one this test was built in.
const FOLDER: &str = "COUNTERFOIL_BIN_DIR";
const POLL: Duration = Duration::from_millis(20);

/// The command's binary.
pub fn counterfoil() -> PathBuf {
    binary("counterfoil")
}

/// The node's binary.
pub fn counterfoild() -> PathBuf {
    binary("counterfoild")
}

fn binary(name: &str) -> PathBuf {
    let folder = match std::env::var_os(FOLDER) {
        Some(folder) => PathBuf::from(folder),
        None => {
            let test = std::env::current_exe().expect("a test knows where it is");
            // A test is target/release/deps/‹test›, a program of this crate lies beside the others.
            let folder = test.parent().expect("a program lies in a folder");
            match folder.ends_with("deps") {
                true => folder.parent().expect("cargo puts it there").to_owned(),
                false => folder.to_owned(),
            }
        }
    };
    let path = folder.join(name);
    assert!(
        path.is_file(),
        "{} is missing: run `make test`, which builds it first, or name its folder by {FOLDER}",
        path.display()
    );
    path
}

/// A program that has ended.
#[derive(Debug)]
pub struct Finished {
    /// None where a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    /// What it printed as one JSON object, given that it succeeded.
    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self.json_whatever_the_code()
    }

    pub fn json_whatever_the_code(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| {
            panic!(
                "one JSON object on stdout: {e}\n{}\n{}",
                self.stdout, self.stderr
            )
        })
    }
}

/// Runs a program to its end, and kills it if that takes too long.
pub async fn finish(mut command: Command, within: Duration) -> Finished {
    let run = move || {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("cannot run {command:?}: {e}"));
        let pid = child.id();
        // Read meanwhile: a full pipe would hold the program up.
        let stdout = read(child.stdout.take().expect("it is piped"));
        let stderr = read(child.stderr.take().expect("it is piped"));
        let until = Instant::now() + within;
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child can be waited for") {
                break status;
            }
            if Instant::now() >= until {
                child.kill().expect("a child can be killed");
                child.wait().expect("a killed child ends");
                let said = stderr.join().expect("reading does not panic");
                let said = String::from_utf8_lossy(&said).into_owned();
                panic!(
                    "{command:?} ({pid}) did not end in {} s:\n{said}",
                    within.as_secs()
                );
            }
            std::thread::sleep(POLL);
        };
        Output {
            status,
            stdout: stdout.join().expect("reading does not panic"),
            stderr: stderr.join().expect("reading does not panic"),
        }
    };
    let output = tokio::task::spawn_blocking(run).await;
    let output = output.unwrap_or_else(|e| std::panic::resume_unwind(e.into_panic()));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Finished {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn read(mut from: impl std::io::Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read until an error is what there is to show.
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}
