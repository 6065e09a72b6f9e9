//! Arguments and environment variables: what makes no sense is refused at start, and what is wanted is said.

use std::process::{Output, Stdio};

use super::program::{Program, run, sandtill};

const REFUSED: &[(&str, &str, &str)] = &[
    ("--public-url", "not a url", "https://sandbox.example"),
    ("--public-url", "sandbox.example", "http:// or https://"),
    ("--public-url", "ftp://sandbox.example", "http:// or https://"),
    ("--public-url", "http://", "it is no URL"),
    ("--public-url", "http:///x", "absolute URL"),
    ("--public-url", "https://a b.example", "absolute URL"),
    ("--public-url", "https://sandbox.example\n", "blanks"),
    ("--public-url", "https://sandbox.example/a b", "blanks"),
    ("--public-url", "https://u:p@sandbox.example", "user name"),
    ("--public-url", "https://sandbox.example?x=1", "query"),
    ("--public-url", "https://sandbox.example/#x", "fragment"),
    ("--public-url", "https://sandbox.example/a//b", "empty segments"),
    ("--public-url", "https://sandbox.example/../a", "dots"),
    ("--public-url", "https://sandbox.example/@x", "space"),
    ("--tls-name", "bad name\n", "host name"),
    ("--tls-name", "https://x.example", "host name"),
    ("--tls-name", "x.example:443", "host name"),
    ("--tls-name", "a,b c", "host name"),
    ("--tls-name", "1.2.3.400", "host name"),
    ("--tls-name", "-x.example", "host name"),
    ("--callback-allow", "http://x", "without scheme"),
    ("--callback-allow", "x:80", "without scheme"),
    ("--callback-allow", "x/y", "without scheme"),
    ("--callback-allow", "*x.example", "*.domain"),
    ("--callback-allow", "a.*.example", "*.domain"),
    ("--callback-allow", "good.example,http://x", "without scheme"),
    ("--space-hosts", "http://x", "without scheme"),
    ("--space-hosts", "*.x.example", "host name"),
    ("--space-hosts", "127.0.0.1", "host name"),
    ("--space-hosts", "x.example:80", "without scheme"),
    ("--log-level", "verbose", "off, error, warn, info, debug or trace"),
    ("--log-level", "warn,sandtill", "`sandtill` is no level"),
    ("--log-level", "sandtill=loud", "off, error, warn, info, debug or trace"),
    ("--log-level", "warn,", "`` is no level"),
    ("--log", "xml", "human, json"),
    ("--max-spaces", "0", "1..=1000000"),
    ("--max-connections", "0", "1..=1000000"),
    ("--max-connections", "18446744073709551615", "1..=1000000"),
    ("--history-events", "0", "1..=1000000"),
    ("--connection-timeout", "0s", "like `30s`"),
    ("--connection-timeout", "-1s", "like `30s`"),
    ("--connection-timeout", "30", "like `30s`"),
    ("--space-idle", "0s", "`never`"),
    ("--longest-wait", "11m", "up to 10m"),
    ("--admin-token", "two words", "--admin-token has blanks"),
    ("--admin-token", "naïve", "--admin-token has blanks"),
    ("--seed", "-1", "--seed"),
    ("--listen", "127.0.0.1", "cannot listen on 127.0.0.1"),
];

#[track_caller]
fn check(output: &Output, flag: &str, value: &str, fragment: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{flag} {value}: {text}");
    assert!(text.contains(fragment), "{flag} {value}: {text}");
    assert!(flag == "--listen" || text.contains(flag), "{flag} {value}: {text}");
    let is_secret = flag == "--admin-token";
    let came = value.trim().split(',').next_back().unwrap();
    assert!(is_secret != text.contains(came), "{flag} {value}: {text}");
    assert!(output.stdout.is_empty(), "{flag} {value}");
}

#[test]
fn what_makes_no_sense_is_refused_as_argument_and_as_variable() {
    for (flag, value, fragment) in REFUSED {
        let mut args = vec!["--listen", "127.0.0.1:0"];
        if *flag == "--listen" {
            args.clear();
        }
        if *flag == "--tls-name" {
            args.extend(["--tls-listen", "127.0.0.1:0"]);
        }
        let equals = format!("{flag}={value}");
        let by_flag = sandtill(&args).arg(equals).output().unwrap();
        check(&by_flag, flag, value, fragment);
        let name = flag.trim_start_matches('-').to_uppercase().replace('-', "_");
        let variable = sandtill(&args).env(format!("SANDTILL_{name}"), value).output().unwrap();
        check(&variable, flag, value, fragment);
    }
}

#[test]
fn names_of_a_tls_port_need_one() {
    for args in [["--tls-name", "x.example"], ["--tls-dir", "/tmp/x"]] {
        let output = run(&args);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains("--tls-listen"), "{text}");
    }
}

#[test]
fn what_makes_sense_is_taken() {
    let args = [
        "--public-url=https://sandbox.example:8443/base/",
        "--tls-listen=127.0.0.1:0",
        "--tls-name=reports.vendor.test,*.vendor.test,10.0.0.1,fd00::1,under_score",
        "--callback-allow=*,*.Example.com,Host,10.0.0.1,[fd00::1],fd00::2",
        "--space-hosts=Sandbox.example,localhost",
        "--log-level=warn,sandtill=DEBUG,hyper=off",
        "--space-idle=never",
        "--journal-entries=0",
        "--admin-token=dG9rZW4=",
    ];
    let program = Program::start(&args, Stdio::null());
    let answer = program.ask("GET /readyz HTTP/1.1\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[test]
fn commands_refuse_a_url_that_is_none() {
    for command in [&["wait"][..], &["healthcheck"], &["curl", "flitt"]] {
        let output = sandtill(command).args(["--url", "localhost:8080"]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{command:?}: {text}");
        assert!(text.contains("http:// or https://"), "{command:?}: {text}");
    }
}
