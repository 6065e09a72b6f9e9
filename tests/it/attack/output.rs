//! Lines that cannot be written: neither a request nor the process ends with them.

use std::process::Stdio;

use super::program::{Program, ask, full, sandtill};

#[test]
fn a_log_line_that_cannot_be_written_ends_neither_request_nor_process() {
    for format in ["human", "json"] {
        let program = Program::start(&["--log-level", "debug", "--log", format], full());
        for _ in 0..20 {
            let answer = program.ask("GET /healthz HTTP/1.1\r\n\r\n");
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{format}: {answer}");
        }
    }
}

#[test]
fn a_log_whose_reader_has_gone_ends_neither_request_nor_process() {
    let mut program = Program::start(&["--log-level", "debug"], Stdio::piped());
    drop(program.child.stderr.take());
    for _ in 0..20 {
        let answer = program.ask("GET /healthz HTTP/1.1\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
    program.signal("-TERM");
    assert_eq!(program.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_server_whose_ready_line_nobody_reads_serves() {
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        writer
    };
    for lost in [Stdio::from(full()), Stdio::from(closed())] {
        let folder = tempfile::tempdir().unwrap();
        let port = folder.path().join("port");
        let args = ["--listen", "127.0.0.1:0", "--scenario", "empty", "--port-file"];
        let mut child = sandtill(&args).arg(&port).stdout(lost).spawn().unwrap();
        while !port.exists() && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        let address = format!("127.0.0.1:{}", std::fs::read_to_string(&port).unwrap().trim());
        let answer = ask(&address, "GET /healthz HTTP/1.1\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn a_command_whose_output_cannot_be_written_ends_as_it_would_otherwise() {
    let lost = |args: &[&str]| sandtill(args).stdout(full()).stderr(full()).status().unwrap();
    for (args, code) in [
        (&["scenarios"][..], 0),
        (&["check", "default"], 0),
        (&["check", "/nowhere"], 2),
        (&["curl", "flitt", "--url", "http://127.0.0.1:1"], 0),
        (&["--no-such-flag"], 2),
    ] {
        assert_eq!(lost(args).code(), Some(code), "{args:?}");
    }
}
