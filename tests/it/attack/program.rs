//! The program as a process of its own, for tests of what it does with files, streams and signals.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

/// `sandtill serve` on a free port; killed when it is dropped.
pub(crate) struct Program {
    pub(crate) child: Child,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    pub(crate) out: BufReader<ChildStdout>,
}

/// The program with these arguments, without the environment of the test.
pub(crate) fn sandtill(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sandtill"));
    command.args(args).env_clear().stdin(Stdio::null());
    command
}

/// Runs the program, which has to end by itself: a server on a free port would not.
pub(crate) fn run(args: &[&str]) -> Output {
    let free = [&["--listen", "127.0.0.1:0"], args].concat();
    sandtill(&free).output().unwrap()
}

impl Program {
    /// Starts a server that writes its log lines to `log`, and waits for the ready line.
    pub(crate) fn start(args: &[&str], log: impl Into<Stdio>) -> Self {
        Self::start_with(&[], args, log)
    }

    /// Like [`Self::start`], with environment variables.
    pub(crate) fn start_with(
        environment: &[(&str, &str)],
        args: &[&str],
        log: impl Into<Stdio>,
    ) -> Self {
        let mut all = vec!["--listen", "127.0.0.1:0", "--quiet"];
        all.extend(args);
        let mut command = sandtill(&all);
        // A small scenario, unless the arguments name one.
        command.env("SANDTILL_SCENARIO", "empty").envs(environment.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let url = line.trim_end().strip_prefix("sandtill ready on http://");
        let address = url.unwrap_or_else(|| panic!("{line}")).to_owned();
        Self { child, address, out }
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Sends a request on a connection of its own. Returns the whole answer.
    pub(crate) fn ask(&self, request: &str) -> String {
        ask(&self.address, request)
    }
}

/// Sends a request with `Connection: close` to an address. Returns the whole answer.
pub(crate) fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let (line, rest) = request.split_once("\r\n").unwrap();
    let head = format!("{line}\r\nHost: localhost\r\nConnection: close\r\n{rest}");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// A file to which nothing can be written, as on a full disk.
pub(crate) fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
