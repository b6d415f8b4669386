//! The processes of a local network: found by the pid file in a node's folder,
//! and only where the process really runs on that folder.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::failure::Failure;

const BINARY: &str = "counterfoild";
const LOG: &str = "node.log";
const PID: &str = "pid";
const LOG_LINES: usize = 15;
/// How long a new process may take to show its command line.
const COMMAND_LINE_TIMEOUT: Duration = Duration::from_secs(5);
const COMMAND_LINE_POLL: Duration = Duration::from_millis(5);
const STOP_POLL: Duration = Duration::from_millis(50);
/// How long a killed process may take to disappear.
const KILL_TIMEOUT: Duration = Duration::from_secs(5);

/// The node's binary: the one named, else beside this executable, else on PATH.
pub fn find_counterfoild(named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(path) = named {
        return match path.is_file() {
            true => super::absolute(path),
            false => Err(Failure::Usage(format!("{} is not a file", path.display()))),
        };
    }
    let beside = std::env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(Path::to_owned));
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    beside
        .into_iter()
        .chain(std::env::split_paths(&on_path))
        .map(|folder| folder.join(BINARY))
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| {
            Failure::Failed(format!(
                "{BINARY} is neither beside this command nor on PATH: name it by --counterfoild or COUNTERFOILD"
            ))
        })
}

/// Starts a node in a process group of its own, so that it outlives this command and its terminal's Ctrl-C.
pub fn spawn(counterfoild: &Path, home: &Path) -> Result<(), Failure> {
    let failed = |e: std::io::Error| {
        Failure::Failed(format!("cannot start {}: {e}", counterfoild.display()))
    };
    let log = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(home.join(LOG))
        .map_err(failed)?;
    let mut child = Command::new(counterfoild)
        .arg("run")
        .arg("--home")
        .arg(home)
        // Nothing of a node is behind the password of whoever starts it.
        .env_remove("COUNTERFOIL_PASSWORD")
        .stdin(Stdio::null())
        .stdout(log.try_clone().map_err(failed)?)
        .stderr(log)
        .process_group(0)
        .spawn()
        .map_err(failed)?;
    super::write(&home.join(PID), &child.id().to_string())?;
    until_seen(home, &mut child).map_err(failed)?;
    // Takes note of its end where this command lives longer, as the demo does.
    std::thread::spawn(move || child.wait());
    Ok(())
}

/// A process is there before its command line is, without which it does not count as running.
fn until_seen(home: &Path, child: &mut Child) -> io::Result<()> {
    let until = Instant::now() + COMMAND_LINE_TIMEOUT;
    while running(home).is_none() && child.try_wait()?.is_none() && Instant::now() < until {
        std::thread::sleep(COMMAND_LINE_POLL);
    }
    Ok(())
}

/// The node's process, where it runs.
pub fn running(home: &Path) -> Option<u32> {
    let pid: u32 = fs::read_to_string(home.join(PID))
        .ok()?
        .trim()
        .parse()
        .ok()?;
    // Numbers are used again: only a process started on this folder is the node.
    let command_line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let home = home.as_os_str().as_encoded_bytes();
    let on_this_folder = command_line
        .split(|b| *b == 0)
        .any(|argument| argument == home);
    // A zombie has no command line any more, so it does not count as running.
    on_this_folder.then_some(pid)
}

/// Asks processes to end, waits, and kills those that do not. Returns how many there were.
pub fn stop(homes: &[PathBuf], patience: Duration) -> Result<usize, Failure> {
    let pids: Vec<u32> = homes.iter().filter_map(|home| running(home)).collect();
    for pid in &pids {
        signal("TERM", *pid);
    }
    if !gone(homes, patience) {
        for pid in homes.iter().filter_map(|home| running(home)) {
            eprintln!("process {pid} does not end: killing it");
            signal("KILL", pid);
        }
        if !gone(homes, KILL_TIMEOUT) {
            return Err(Failure::Failed(
                "some processes do not end, even killed".into(),
            ));
        }
    }
    for home in homes {
        // Absent where the node never ran.
        let _ = fs::remove_file(home.join(PID));
    }
    Ok(pids.len())
}

/// The shell's own `kill`: there in every system, and no unsafe code here.
fn signal(name: &str, pid: u32) {
    let sent = Command::new("sh")
        .args(["-c", r#"kill -s "$1" "$2""#, "sh", name, &pid.to_string()])
        .stderr(Stdio::null())
        .status();
    if let Err(e) = sent {
        eprintln!("cannot signal process {pid}: {e}");
    }
}

fn gone(homes: &[PathBuf], patience: Duration) -> bool {
    let until = Instant::now() + patience;
    loop {
        if homes.iter().all(|home| running(home).is_none()) {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        std::thread::sleep(STOP_POLL);
    }
}

/// The last lines that a node wrote.
pub fn end_of_log(home: &Path) -> String {
    let text = fs::read(home.join(LOG)).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_process_on_this_folder_counts_and_is_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_owned();
        assert_eq!(running(&home), None);
        // This test's own process is not a node of that folder.
        super::super::write(&home.join(PID), &std::process::id().to_string()).unwrap();
        assert_eq!(running(&home), None);
        // `sh` ignores the arguments behind its script, as a node would name its home there.
        let mut child = Command::new("sh")
            .args(["-c", "while :; do sleep 0.05; done", "sh"])
            .arg(&home)
            .process_group(0)
            .spawn()
            .unwrap();
        super::super::write(&home.join(PID), &child.id().to_string()).unwrap();
        until_seen(&home, &mut child).unwrap();
        assert_eq!(running(&home), Some(child.id()));
        assert_eq!(
            stop(std::slice::from_ref(&home), Duration::from_secs(5)).unwrap(),
            1
        );
        assert_eq!(running(&home), None);
        child.wait().unwrap();
    }
}
