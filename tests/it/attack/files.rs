//! Files that the program finds and leaves behind: the port file, and the folder of the local authority.

use std::path::Path;
use std::process::{Output, Stdio};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, date_time_ymd};

use super::program::{Program, run, sandtill};

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[track_caller]
fn refused(output: &Output, fragment: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    for fragment in fragment {
        assert!(text.contains(fragment), "{fragment}: {text}");
    }
    assert!(output.stdout.is_empty(), "no ready line");
}

#[test]
fn the_port_file_goes_with_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("port");
    for signal in ["-TERM", "-INT"] {
        std::fs::write(&port, "1\n").unwrap();
        let mut program = Program::start(&["--port-file", port.to_str().unwrap()], Stdio::null());
        let written = std::fs::read_to_string(&port).unwrap();
        assert_eq!(format!("127.0.0.1:{}", written.trim()), program.address);
        program.signal(signal);
        assert_eq!(program.child.wait().unwrap().code(), Some(0));
        assert!(names(folder.path()).is_empty(), "{signal}");
    }
}

#[test]
fn the_port_file_of_another_server_stays() {
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("port");
    let args = ["--port-file", port.to_str().unwrap()];
    let mut first = Program::start(&args, Stdio::null());
    let second = Program::start(&args, Stdio::null());
    first.signal("-TERM");
    first.child.wait().unwrap();
    let written = std::fs::read_to_string(&port).unwrap();
    assert_eq!(format!("127.0.0.1:{}", written.trim()), second.address);
}

#[test]
fn a_start_that_fails_leaves_no_port_file() {
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("port");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    std::fs::write(&port, "1\n").unwrap();
    let args = ["--listen", &taken.local_addr().unwrap().to_string(), "--port-file"];
    let output = sandtill(&args).arg(&port).output().unwrap();
    refused(&output, &["the port is taken"]);
    assert!(names(folder.path()).is_empty());
    // A folder stands where the file should be.
    std::fs::create_dir(&port).unwrap();
    refused(&run(&["--port-file", port.to_str().unwrap()]), &["--port-file"]);
    assert_eq!(names(folder.path()), ["port"]);
    let nowhere = folder.path().join("none/port");
    refused(&run(&["--port-file", nowhere.to_str().unwrap()]), &["cannot write --port-file"]);
    assert_eq!(names(folder.path()), ["port"]);
}

/// Starts a server with a TLS port and this folder; it has to refuse.
fn tls(folder: &Path) -> Output {
    let folder = folder.to_str().unwrap();
    run(&["--scenario", "empty", "--tls-listen", "127.0.0.1:0", "--tls-dir", folder])
}

/// A folder that a server has filled, with the texts of its certificate and key.
fn filled() -> (tempfile::TempDir, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    drop(Program::start(&["--tls-listen", "127.0.0.1:0", "--tls-dir", path], Stdio::null()));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let (certificate, key) = (read("ca.pem"), read("ca-key.pem"));
    (folder, certificate, key)
}

/// An authority with this name and last year, and its key.
fn made(name: &str, until: i32) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.not_after = date_time_ymd(until, 1, 1);
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

#[test]
fn a_tls_folder_whose_parts_do_not_fit_is_refused_and_left_alone() {
    let (_first, certificate, key) = filled();
    let (_second, other, other_key) = filled();
    let (cut, garbage) = (&certificate[..certificate.len() / 2], "garbage");
    let both = format!("{certificate}{other}");
    let (old, old_key) = made("Sandtill local authority", 2000);
    let (foreign, foreign_key) = made("Another authority", 4000);
    let no_key = "ca-key.pem is no private key in PEM";
    let alien = "ca.pem is not Sandtill's certificate of the key in ca-key.pem";
    for (certificate, key, fragment) in [
        (Some(garbage), Some(&*key), "ca.pem has 0 certificates"),
        (Some(""), Some(&*key), "ca.pem has 0 certificates"),
        (Some(cut), Some(&*key), "ca.pem "),
        (Some(&*both), Some(&*key), "ca.pem has 2 certificates"),
        (Some(&*other), Some(&*key), alien),
        (Some(&*certificate), Some(&*other_key), alien),
        (Some(&*foreign), Some(&*foreign_key), alien),
        (Some(&*old), Some(&*old_key), "ca.pem is out of date"),
        (Some(&*certificate), Some(garbage), no_key),
        (Some(&*certificate), Some(""), no_key),
        (Some(&*certificate), None, "ca-key.pem is missing"),
        (None, Some(&*key), "ca.pem is missing"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let parts = [("ca.pem", certificate), ("ca-key.pem", key)];
        for (name, text) in parts {
            text.into_iter().for_each(|it| std::fs::write(folder.path().join(name), it).unwrap());
        }
        let path = folder.path().to_str().unwrap();
        refused(&tls(folder.path()), &[fragment, path, "for a new authority"]);
        for (name, text) in parts {
            let now = std::fs::read_to_string(folder.path().join(name)).ok();
            assert_eq!(now.as_deref(), text, "{name}: {fragment}");
        }
    }
}

#[test]
fn servers_that_start_at_once_in_an_empty_folder_have_one_authority() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let args = ["--tls-listen", "127.0.0.1:0", "--tls-dir", path];
    let served: Vec<String> = std::thread::scope(|scope| {
        let ask = || {
            let program = Program::start(&args, Stdio::null());
            let answer = program.ask("GET /_admin/tls/ca.pem HTTP/1.1\r\n\r\n");
            answer.split_once("\r\n\r\n").unwrap().1.to_owned()
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let kept = std::fs::read_to_string(folder.path().join("ca.pem")).unwrap();
    assert!(served.iter().all(|it| *it == kept), "{served:?}");
}
