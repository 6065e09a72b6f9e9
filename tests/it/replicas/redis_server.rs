//! A real `redis-server` on a free port of this machine, for one test.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::Instant;

/// A store of its own; ended when it is dropped.
pub(crate) struct RedisServer {
    child: Child,
    port: u16,
    folder: TempDir,
    /// Further arguments.
    more: Vec<String>,
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts a store at this port; `None` where there is no program of this name.
fn spawn(port: u16, folder: &TempDir, more: &[String]) -> Option<Child> {
    let (port, folder) = (port.to_string(), folder.path().to_str().unwrap());
    // Every write is on the disk before it is answered, so that a killed store loses nothing.
    let args = ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--dir", folder];
    let lasting = ["--appendonly", "yes", "--appendfsync", "always"];
    let mut command = Command::new("redis-server");
    command.args(args).args(lasting).args(more).stdin(Stdio::null()).stdout(Stdio::null());
    command.spawn().ok()
}

impl RedisServer {
    /// Starts a store; `None`, with a line of output, where there is no `redis-server`.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(Vec::new)
    }

    /// Like [`Self::start`], with further arguments; those of another try may name other ports.
    #[expect(clippy::print_stdout, reason = "it is said in the output of the test that is skipped")]
    pub(crate) fn start_with(more: impl Fn() -> Vec<String>) -> Option<Self> {
        for _ in 0..20 {
            // Another program may take the port before the store does; then another one is tried.
            let (port, more) = (free_port(), more());
            let folder = TempDir::new().unwrap();
            let Some(child) = spawn(port, &folder, &more) else {
                println!("skipped: there is no `redis-server` (apt-get install redis-server)");
                return None;
            };
            let mut server = Self { child, port, folder, more };
            if server.is_up() {
                return Some(server);
            }
        }
        panic!("no `redis-server` could be started");
    }

    /// Waits until the store answers; `false` if its process ends before.
    fn is_up(&mut self) -> bool {
        let limit = Instant::now() + Duration::from_secs(60);
        while Instant::now() < limit {
            if self.try_command(&["PING"]).is_some_and(|answer| answer == "+PONG") {
                return true;
            }
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            std::thread::yield_now();
        }
        panic!("`redis-server` does not answer");
    }

    /// Its address, for `--store`.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The value of one of the further arguments.
    pub(crate) fn argument(&self, name: &str) -> &str {
        let index = self.more.iter().position(|it| it == name).unwrap();
        &self.more[index + 1]
    }

    /// The answer to a command: its first line, or the text that it is.
    pub(crate) fn command(&self, arguments: &[&str]) -> String {
        self.try_command(arguments).unwrap()
    }

    fn try_command(&self, arguments: &[&str]) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        let mut text = format!("*{}\r\n", arguments.len());
        arguments.iter().for_each(|word| text.push_str(&format!("${}\r\n{word}\r\n", word.len())));
        stream.write_all(text.as_bytes()).ok()?;
        let (mut line, mut answer) = (String::new(), BufReader::new(stream));
        answer.read_line(&mut line).ok()?;
        if line.starts_with('$') && !line.starts_with("$-") {
            line.clear();
            answer.read_line(&mut line).ok()?;
        }
        Some(line.trim_end().to_owned())
    }

    /// Sends a signal to the process: `STOP` and `CONT` pause it.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// Kills the process.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again after [`Self::kill`], with what it had.
    pub(crate) fn restart(&mut self) {
        self.child = spawn(self.port, &self.folder, &self.more).unwrap();
        assert!(self.is_up());
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
