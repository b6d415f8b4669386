//! What processes take of the machine, as the system counts it (proc(5)).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// `USER_HZ`: the unit of times in `/proc`, the same on every Linux that programs see.
const TICKS_PER_SECOND: u64 = 100;

/// Processor time of a process since it began, its ended threads' too.
pub fn processor_time(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process runs");
    spent(&stat).expect("proc(5)").1
}

/// Processor time of the threads that a process has, by their names.
pub fn threads(pid: u32) -> BTreeMap<String, Duration> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("the process runs");
    let mut threads = BTreeMap::new();
    for task in tasks.flatten() {
        // A thread may end meanwhile.
        let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        if let Some((name, time)) = spent(&stat) {
            *threads.entry(name.to_owned()).or_default() += time;
        }
    }
    threads
}

/// The name and the processor time that a `stat` file tells of.
fn spent(stat: &str) -> Option<(&str, Duration)> {
    // The name, in brackets, may hold anything.
    let (head, fields) = stat.rsplit_once(')')?;
    let (_, name) = head.split_once('(')?;
    let ticks = |field: usize| -> Option<u64> {
        // Fields are counted from 1, and two stand before these.
        fields.split_whitespace().nth(field - 3)?.parse().ok()
    };
    // utime and stime.
    let ticks = ticks(14)? + ticks(15)?;
    Some((
        name,
        Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND),
    ))
}

/// Processor time of all processes, and what the processors could have given, both since the system began.
pub fn machine_time() -> (u64, u64) {
    let stat = fs::read_to_string("/proc/stat").expect("proc(5)");
    let line = stat
        .lines()
        .next()
        .expect("the first line is of all processors");
    let ticks: Vec<u64> = line
        .split_whitespace()
        .skip(1)
        .map(|ticks| ticks.parse().expect("a count of ticks"))
        .collect();
    // Guests' time, after the first eight, is in the user's already.
    let whole = ticks.iter().take(8).sum();
    let idle = ticks[3] + ticks[4];
    (whole - idle, whole)
}

/// The memory that a process has resident, in KiB.
pub fn resident_kib(pid: u32) -> u64 {
    status_kib(pid, "VmRSS:")
}

/// The most memory that a process has had resident, in KiB.
pub fn peak_kib(pid: u32) -> u64 {
    status_kib(pid, "VmHWM:")
}

fn status_kib(pid: u32, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let size = status.lines().find_map(|line| line.strip_prefix(field));
    let size = size.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
    size.expect("Linux tells a process's memory")
}

/// Bytes of all files in a folder.
pub fn size_of(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        // RocksDB removes files as it goes.
        return 0;
    };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(found) if found.is_dir() => size_of(&entry.path()),
        Ok(found) => found.len(),
        Err(_) => 0,
    });
    sizes.sum()
}
