//! Starts the measured programs on given cores, reads their memory and CPU time, and stops them.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Environment variable that marks the copy of this bench that runs on the second core.
const PINNED: &str = "BENCH_PINNED";

/// Runs this bench again on the second core and returns whether it did. Panics when that copy
/// failed.
pub fn pin_self() -> bool {
    if is_pinned() || !has_two_cores() {
        return false;
    }
    let args: Vec<_> = std::env::args_os().collect();
    let status = Command::new("taskset").arg("-c").arg("1").args(&args).env(PINNED, "1").status();
    let done = status.is_ok();
    assert!(!status.is_ok_and(|status| !status.success()), "the bench on the second core gave up");
    done
}

/// The measured program: this build of it, or another one for a comparison of two builds (`BENCH_PROGRAM`).
fn program() -> String {
    std::env::var("BENCH_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_sandtill").to_owned())
}

/// Whether this process is the copy on the second core. It may use that core only, and its child
/// processes would inherit this, so `pinned` sets their cores.
fn is_pinned() -> bool {
    std::env::var_os(PINNED).is_some()
}

fn has_two_cores() -> bool {
    let cores = std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1);
    cores && Command::new("taskset").arg("-V").stdout(Stdio::null()).status().is_ok()
}

/// A started program that serves on a port; it is killed on drop.
pub struct Served {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
}

impl Served {
    /// Starts `sandtill serve` with these arguments on one core.
    pub fn sandtill(args: &[&str]) -> Self {
        Self::start(&program(), &Self::serve(args), "0")
    }

    /// Starts `sandtill serve` with these arguments on two cores.
    pub fn on_all_cores(args: &[&str]) -> Self {
        Self::start(&program(), &Self::serve(args), "0-1")
    }

    fn serve<'a>(args: &[&'a str]) -> Vec<&'a str> {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0", "--quiet"];
        all.extend(args);
        all
    }

    /// Starts one of the bare axum servers of this bench (see `bare`).
    pub fn bare(kind: &str, file: &str) -> Self {
        let own = std::env::current_exe().unwrap();
        Self::start(own.to_str().unwrap(), &["--bare", kind, file], "0")
    }

    /// Starts another program on one core without waiting until it listens on `port`.
    pub fn program(program: &str, args: &[&str], port: u16) -> Self {
        let mut command = Self::pinned(program, "0");
        let child = command.args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Self { child, address: format!("127.0.0.1:{port}") }
    }

    /// Starts another program on all cores, like [`Self::program`]; `None` where there is no such program.
    pub fn on_cores(program: &str, args: &[&str], port: u16) -> Option<Self> {
        let version = Command::new(program).arg("--version").stdout(Stdio::null()).status();
        if !version.is_ok_and(|status| status.success()) {
            return None;
        }
        let mut command = Self::pinned(program, "0-1");
        let child = command.args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        Some(Self { child, address: format!("127.0.0.1:{port}") })
    }

    fn pinned(program: &str, cores: &str) -> Command {
        if !is_pinned() {
            return Command::new(program);
        }
        let mut command = Command::new("taskset");
        command.args(["-c", cores, program]);
        command
    }

    fn start(program: &str, args: &[&str], cores: &str) -> Self {
        let mut child =
            Self::pinned(program, cores).args(args).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().rsplit("http://").next().unwrap().to_owned();
        Self { child, address }
    }

    /// Resets the peak of the resident memory that the kernel has recorded.
    pub fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").unwrap();
    }

    /// Resident memory in kilobytes of the process and all its descendants.
    pub fn memory_of_all(&self) -> u64 {
        let mut all = vec![self.child.id()];
        let mut sum = 0;
        while let Some(id) = all.pop() {
            let resident = |line: &str| line.split_whitespace().nth(1)?.parse::<u64>().ok();
            let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
            let line = status.lines().find(|line| line.starts_with("VmRSS:"));
            sum += line.and_then(resident).unwrap_or(0);
            let children = format!("/proc/{id}/task/{id}/children");
            let children = std::fs::read_to_string(children).unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|id| id.parse::<u32>().ok()));
        }
        sum
    }

    /// CPU time of all threads, with a resolution of 10 ms.
    pub fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // The process name is in brackets. Fields 12 and 13 behind it are user and system time in
        // ticks of 10 ms.
        let fields = stat.rsplit(") ").next().unwrap().split(' ').skip(11).take(2);
        let ticks: u64 = fields.map(|ticks| ticks.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// Resident memory in kilobytes: current and peak.
    pub fn memory(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse().unwrap()
        };
        (field("VmRSS:"), field("VmHWM:"))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
