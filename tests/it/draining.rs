//! The end of a server: what is under way is finished, within a limit, and nothing new begins.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use sandtill::app::app;
use sandtill::sandbox::Options;
use sandtill::sandbox::policy::{Policy, RetrySchedule};
use sandtill::sandbox::spaces::Spaces;
use sandtill::sandbox::state::outbox::{Message, Standing};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::receiver::{Receiver, status};
use crate::support::{NOON, callback, frozen_with, plan};

const MINUTE: RetrySchedule = RetrySchedule(&[SignedDuration::from_mins(1)]);

/// A server that ends when `stop` is dropped, and a task that is over when it has.
struct Serving {
    spaces: Spaces,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    over: JoinHandle<()>,
}

async fn serve() -> Serving {
    let spaces = Spaces::new(Arc::new(frozen_with("empty", NOON, &POLICY)), Options::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let over = tokio::spawn(sandtill::server::run(listener, app(spaces.clone()), async {
        let _ = stopped.await;
    }));
    Serving { spaces, address, stop, over }
}

static POLICY: Policy = Policy {
    provider: "wepay",
    content_type: "text/plain",
    headers: &[],
    accepts: |status| status == 200,
    schedule: MINUTE,
    forbidden_hosts: Vec::new,
};

/// Has a callback sent that is due at once.
fn send(spaces: &Spaces, url: &str) {
    let message = Message {
        provider: POLICY.provider.into(),
        merchant: "wepay".to_owned(),
        job: 1,
        event: "complete".to_owned(),
        url: url.to_owned(),
        body: Vec::new(),
    };
    let sandbox = spaces.default_space();
    plan(&sandbox, message, sandbox.moment().now).unwrap();
}

/// Returns once nobody listens there any more.
async fn closed(address: SocketAddr) {
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_callback_under_way_is_finished_and_nothing_more_leaves() {
    let (release, released) = watch::channel(false);
    let receiver = Receiver::new(move |_, _| {
        let mut released = released.clone();
        Box::pin(async move {
            let _ = released.wait_for(|it| *it).await;
            status(200)
        })
    })
    .await;
    let serving = serve().await;
    send(&serving.spaces, &receiver.url);
    while receiver.received_all().is_empty() {
        tokio::task::yield_now().await;
    }
    drop(serving.stop);
    closed(serving.address).await;
    assert!(!serving.over.is_finished(), "it waits for the receiver");
    send(&serving.spaces, &receiver.url);
    release.send_replace(true);
    serving.over.await.unwrap();
    let sandbox = serving.spaces.default_space();
    let first = callback(&sandbox, 1);
    assert_eq!(first.attempts[0].reply.status, Ok(200));
    let second = callback(&sandbox, 2);
    assert_eq!((second.attempts.len(), second.standing(sandbox.moment().now)), (0, Standing::Due));
}

#[tokio::test]
async fn a_receiver_that_hangs_is_waited_for_five_seconds() {
    let receiver = Receiver::new(|_, _| Box::pin(std::future::pending())).await;
    let serving = serve().await;
    send(&serving.spaces, &receiver.url);
    while receiver.received_all().is_empty() {
        tokio::task::yield_now().await;
    }
    // From here on time is a tally of what is waited for.
    tokio::time::pause();
    let began = sandtill::sandbox::clock::Stopwatch::start();
    drop(serving.stop);
    serving.over.await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 5);
}

/// The program with a request under way whose body has not come yet.
struct Program {
    child: Child,
    address: SocketAddr,
    asking: TcpStream,
}

const BODY: &str = r#"{"report_params":{"date_type":"created_at","from":"2026-01-01 00:00:00","to":"2026-01-02 00:00:00","status":"all","payment_method_type":"credit_card","time_zone":"UTC"}}"#;

impl Program {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sandtill"))
            .args(["--listen", "127.0.0.1:0", "--scenario", "empty", "--quiet"])
            .env_clear()
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim_end().strip_prefix("sandtill ready on http://").unwrap();
        let address: SocketAddr = url.parse().unwrap();
        let mut asking = TcpStream::connect(address).unwrap();
        let head = format!(
            "POST /api/reports HTTP/1.1\r\nHost: it\r\nX-Api-Version: 3\r\n\
             Authorization: Basic MTpzYW5kdGlsbC1zaG9wLXNlY3JldA==\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
            BODY.len()
        );
        asking.write_all(head.as_bytes()).unwrap();
        // The server requests the body, so it has started to process the request.
        let mut going_on = [0; 25];
        asking.read_exact(&mut going_on).unwrap();
        assert_eq!(&going_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        Self { child, address, asking }
    }

    /// Sends SIGTERM and returns once it was taken in.
    fn terminate(&self) {
        self.signal();
        while TcpStream::connect_timeout(&self.address, Duration::from_secs(5)).is_ok() {}
    }

    fn signal(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_request_under_way_at_sigterm_is_answered() {
    let mut program = Program::start();
    program.terminate();
    program.asking.write_all(BODY.as_bytes()).unwrap();
    let mut answer = String::new();
    program.asking.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains(r#""transactions":[]"#), "{answer}");
    assert_eq!(program.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut program = Program::start();
    program.terminate();
    assert_eq!(program.child.try_wait().unwrap(), None);
    program.signal();
    assert_eq!(program.child.wait().unwrap().code(), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_have_arrived_are_answered_at_the_end() {
    let Serving { address, stop, over, .. } = serve().await;
    let probe = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut streams = Vec::new();
    for index in 0..80 {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        // Half of the connections were used before; the others are in the queue of the listener.
        if index % 2 == 0 {
            stream.write_all(probe).await.unwrap();
            let mut status = [0; 15];
            stream.read_exact(&mut status).await.unwrap();
        }
        streams.push(stream);
    }
    let mut half = tokio::net::TcpStream::connect(address).await.unwrap();
    half.write_all(b"GET /readyz HTTP/1.1\r\nHo").await.unwrap();
    for stream in &mut streams {
        stream.write_all(probe).await.unwrap();
    }
    drop(stop);
    for stream in &mut streams {
        let mut answers = String::new();
        stream.read_to_string(&mut answers).await.unwrap();
        assert_eq!(answers.matches("HTTP/1.1 200 OK\r\n").count(), 1, "{answers}");
    }
    // The half request does not hold the end up for as long as the server would wait for others.
    tokio::time::timeout(sandtill::server::DRAIN / 2, over).await.unwrap().unwrap();
}
