//! The program with `--data`, killed at any moment: what was acknowledged is there afterwards.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::Value;
use tempfile::TempDir;

use crate::attack::program::{Program, ask, sandtill};

/// How often the program is killed; `SANDTILL_TEST_KILLS` sets another number.
const KILLS: usize = 20;

/// Clients that change something all the time.
const CLIENTS: usize = 4;

fn start(data: &Path) -> Program {
    Program::start(&["--data", data.to_str().unwrap()], Stdio::null())
}

/// Sends a request with a JSON body; the status and the body of the answer. `None` when the server is gone.
fn post(address: &str, path: &str, body: &str) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(address).ok()?;
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    let body = serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()?;
    Some((status, body))
}

fn get(address: &str, path: &str) -> Value {
    let answer = ask(address, &format!("GET {path} HTTP/1.1\r\n\r\n"));
    let mut value: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    // The entries of the journal that showed a payment; the answer to its addition has none.
    value.as_object_mut().unwrap().shift_remove("seen");
    value
}

/// Adds payments in a space of its own until the server is gone; those that were acknowledged.
fn keep_paying(
    address: &str,
    client: usize,
    (stop, count): (&AtomicBool, &AtomicUsize),
) -> Vec<Value> {
    let mut acknowledged = Vec::new();
    let path = format!("/@client-{client}/_admin/transactions");
    while !stop.load(Ordering::SeqCst) {
        let amount = 1 + acknowledged.len();
        let body = format!(
            r#"{{"merchant":"everywhere","amount":{amount},"currency":"USD","status":"captured"}}"#
        );
        let Some((status, added)) = post(address, &path, &body) else { break };
        assert_eq!(status, 201, "{added}");
        acknowledged.push(added);
        count.fetch_add(1, Ordering::SeqCst);
    }
    acknowledged
}

#[test]
fn what_was_acknowledged_is_there_after_every_kill() {
    let kills = std::env::var_os("SANDTILL_TEST_KILLS");
    let kills = kills.and_then(|it| it.to_str()?.parse().ok());
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("log");
    let all: Mutex<Vec<Vec<Value>>> = Mutex::new(vec![Vec::new(); CLIENTS]);
    for kill in 0..kills.unwrap_or(KILLS) {
        let mut program = start(&data);
        let address = program.address.clone();
        // Everything of all the lives before is there, byte by byte.
        for (client, known) in all.lock().unwrap().iter().enumerate() {
            for payment in known.iter().rev().take(5) {
                let path = format!("/@client-{client}/_admin/transactions/{}", payment["id"]);
                assert_eq!(get(&address, &path).to_string(), payment.to_string(), "kill {kill}");
            }
            let path = format!("/@client-{client}/_admin/history?limit=1&since=0");
            let last = get(&address, &path)["last"].as_u64().unwrap();
            assert!(last > u64::try_from(known.len()).unwrap(), "kill {kill}: {last}");
        }
        let stop = AtomicBool::new(false);
        let count = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|client| {
                    let (address, stop, count) = (&address, &stop, &count);
                    scope.spawn(move || keep_paying(address, client, (stop, count)))
                })
                .collect();
            // Some moment of the load: behind so many answers, and somewhat later.
            while count.load(Ordering::SeqCst) < kill * 17 % 60 {
                std::thread::yield_now();
            }
            (0..kill * 7919 % 20_000).for_each(|_| std::hint::spin_loop());
            program.child.kill().unwrap();
            program.child.wait().unwrap();
            stop.store(true, Ordering::SeqCst);
            for (client, thread) in clients.into_iter().enumerate() {
                all.lock().unwrap()[client].extend(thread.join().unwrap());
            }
        });
    }
    let program = start(&data);
    let all = all.into_inner().unwrap();
    for (client, known) in all.iter().enumerate() {
        for payment in known {
            let path = format!("/@client-{client}/_admin/transactions/{}", payment["id"]);
            assert_eq!(get(&program.address, &path).to_string(), payment.to_string());
        }
    }
    assert!(all.iter().map(Vec::len).sum::<usize>() > 0);
}

#[test]
fn a_second_process_on_the_same_file_is_refused() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("log");
    let _first = start(&data);
    let second = sandtill(&["--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()])
        .env("SANDTILL_SCENARIO", "empty")
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(2));
    let stderr = String::from_utf8(second.stderr).unwrap();
    assert!(stderr.contains("open in another process"), "{stderr}");
}

#[test]
fn another_seed_is_refused_with_both() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("log");
    drop(start(&data));
    let other = ["--listen", "127.0.0.1:0", "--seed", "77", "--data", data.to_str().unwrap()];
    let other = sandtill(&other).env("SANDTILL_SCENARIO", "empty").output().unwrap();
    assert_eq!(other.status.code(), Some(2));
    let stderr = String::from_utf8(other.stderr).unwrap();
    assert!(stderr.contains("seed 77") && stderr.contains("`empty`"), "{stderr}");
    // The refusal has left the file as it was.
    drop(start(&data));
}

/// Starts the program so that a file that grows beyond the limit of the process is an error and not its end.
fn start_with_bounded_files(data: &Path) -> Program {
    let program = env!("CARGO_BIN_EXE_sandtill");
    let mut bash = Command::new("bash");
    bash.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", program, "--listen", "127.0.0.1:0"])
        .args(["--quiet", "--data", data.to_str().unwrap()])
        .env_clear()
        .env("SANDTILL_SCENARIO", "empty");
    let mut child = bash.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("sandtill ready on http://").unwrap().to_owned();
    Program { child, address, out }
}

/// Whether a command can be run here.
fn is_there(command: &str) -> bool {
    Command::new(command).arg("--version").output().is_ok()
}

#[test]
fn a_disk_that_was_full_is_written_again_and_nothing_acknowledged_is_lost() {
    if !is_there("prlimit") {
        return println!("skipped: there is no prlimit here to make a disk full");
    }
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("log");
    let mut program = start_with_bounded_files(&data);
    let address = program.address.clone();
    let limit = |bytes: &str| {
        let (id, limit) = (program.child.id().to_string(), format!("--fsize={bytes}"));
        let set = Command::new("prlimit").args(["--pid", &id, &limit]).status();
        assert!(set.unwrap().success());
    };
    let full = std::fs::metadata(&data).unwrap().len() + 100_000;
    limit(&format!("{full}:unlimited"));
    let (path, description) = ("/_admin/transactions", "x".repeat(4000));
    let body = format!(
        r#"{{"merchant":"everywhere","amount":1,"currency":"USD","status":"captured","description":"{description}"}}"#
    );
    let mut acknowledged = Vec::new();
    let refused = loop {
        let (status, answer) = post(&address, path, &body).unwrap();
        if status == 503 {
            break answer;
        }
        assert_eq!(status, 201, "{answer}");
        acknowledged.push(answer);
        assert!(acknowledged.len() < 10_000, "the disk is never full");
    };
    assert!(refused["detail"].as_str().unwrap().contains("it is unknown"), "{refused}");
    let ready = ask(&address, "GET /readyz HTTP/1.1\r\n\r\n");
    assert!(ready.starts_with("HTTP/1.1 503"), "{ready}");
    limit("unlimited:unlimited");
    while !ask(&address, "GET /readyz HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 200") {
        std::thread::yield_now();
    }
    let (status, answer) = post(&address, path, &body).unwrap();
    assert_eq!(status, 201, "{answer}");
    acknowledged.push(answer);
    program.child.kill().unwrap();
    program.child.wait().unwrap();
    let program = start(&data);
    for payment in &acknowledged {
        let path = format!("{path}/{}", payment["id"]);
        assert_eq!(get(&program.address, &path).to_string(), payment.to_string());
    }
}
