//! Where the server listens: several addresses, names with several addresses, all addresses.

use std::net::{TcpListener, ToSocketAddrs};
use std::process::Stdio;

use crate::attack::program::{Program, ask, sandtill};

const PROBE: &str = "GET /healthz HTTP/1.1\r\n\r\n";

fn port(address: &str) -> &str {
    address.rsplit_once(':').unwrap().1
}

#[test]
fn localhost_stands_for_all_its_addresses() {
    let program = Program::start(&["--listen", "localhost:0"], Stdio::null());
    let port: u16 = port(&program.address).parse().unwrap();
    for address in ("localhost", port).to_socket_addrs().unwrap() {
        // Not every machine has every address that its hosts file names.
        if TcpListener::bind((address.ip(), 0)).is_ok() {
            assert!(ask(&address.to_string(), PROBE).starts_with("HTTP/1.1 200"), "{address}");
        }
    }
}

#[test]
fn several_addresses_are_served_and_end_together() {
    let arguments = ["--listen", "127.0.0.1:0,127.0.0.2:0"];
    let mut program = Program::start(&arguments, Stdio::null());
    assert!(program.address.starts_with("127.0.0.1:"), "{}", program.address);
    assert!(program.ask(PROBE).starts_with("HTTP/1.1 200"));
    program.signal("-TERM");
    assert_eq!(program.child.wait().unwrap().code(), Some(0));
}

#[test]
fn all_addresses_of_the_machine_include_those_of_ipv4() {
    let program = Program::start(&["--listen", "[::]:0", "--admin-open"], Stdio::null());
    let address = format!("127.0.0.1:{}", port(&program.address));
    assert!(ask(&address, PROBE).starts_with("HTTP/1.1 200"));
    let health = sandtill(&["healthcheck", "--listen", &format!("[::]:{}", port(&address))]);
    let mut health = health;
    assert_eq!(health.output().unwrap().status.code(), Some(0));
}

#[test]
fn an_address_that_cannot_be_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (listen, named) in [
        (format!("127.0.0.1:0,{taken}"), "the port is taken"),
        ("127.0.0.1".to_owned(), "cannot listen on 127.0.0.1"),
        (String::new(), "cannot listen on"),
    ] {
        let output = sandtill(&["--listen", &listen, "--scenario", "empty"]).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{listen}: {error}");
        assert!(error.contains(named), "{listen}: {error}");
    }
}
