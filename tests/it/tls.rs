//! The second port: a client that only speaks https reaches everything with our root and nothing
//! without it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use reqwest::Certificate;

/// `sandtill serve` with a TLS port; killed when it is dropped.
struct Served {
    child: Child,
    plain: String,
    secure: String,
}

impl Served {
    fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sandtill"))
            .args(["--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--quiet"])
            .args(args)
            .env_clear()
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut url = |before: &str| {
            let line = lines.next().unwrap().unwrap();
            line.strip_prefix(before).unwrap_or_else(|| panic!("{line}")).to_owned()
        };
        let plain = url("sandtill ready on ");
        let secure = url("sandtill also on ");
        Self { child, plain, secure }
    }

    fn port(&self) -> u16 {
        self.secure.rsplit_once(':').unwrap().1.parse().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that trusts this root alone and speaks https alone.
fn client(root: Option<&[u8]>) -> reqwest::ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let roots = root.map(|pem| Certificate::from_pem(pem).unwrap());
    reqwest::Client::builder().no_proxy().https_only(true).tls_certs_only(roots)
}

async fn ca(served: &Served) -> Vec<u8> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = format!("{}/_admin/tls/ca.pem", served.plain);
    let answer = reqwest::get(url).await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.bytes().await.unwrap().to_vec()
}

#[tokio::test]
async fn every_provider_is_reached_with_the_downloaded_root_and_none_without() {
    let served = Served::start(&["--tls-name", "reports.vendor.test"]);
    let ca = ca(&served).await;
    let trusting = client(Some(&ca)).build().unwrap();
    for path in [
        "/FortAPI/reportingApi",
        "/api/extend/company/report/",
        "/api/reports",
        "/reporting/v1/GetReport/batches",
        "/v2/user",
    ] {
        let answer = trusting.post(format!("{}{path}", served.secure)).send().await.unwrap();
        assert!(answer.headers().contains_key("sandtill-journal"), "{path}");
    }
    let other = client(None).build().unwrap();
    assert!(other.post(format!("{}/api/reports", served.secure)).send().await.is_err());
    // By name, as SDKs do that insist on their own host.
    let address = ([127, 0, 0, 1], served.port()).into();
    let named = client(Some(&ca)).resolve("reports.vendor.test", address).build().unwrap();
    let url = format!("https://reports.vendor.test:{}/readyz", served.port());
    let answer = named.get(&url).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (200, reqwest::Version::HTTP_2));
    let old =
        client(Some(&ca)).http1_only().resolve("reports.vendor.test", address).build().unwrap();
    assert_eq!(old.get(&url).send().await.unwrap().version(), reqwest::Version::HTTP_11);
    let wrong = client(Some(&ca)).resolve("other.vendor.test", address).build().unwrap();
    let url = format!("https://other.vendor.test:{}/readyz", served.port());
    assert!(wrong.get(url).send().await.is_err(), "a name that is not in the certificate");
}

#[tokio::test]
async fn a_kept_authority_is_the_same_in_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("tls");
    let args = ["--tls-dir", kept.to_str().unwrap()];
    let first = ca(&Served::start(&args)).await;
    let second = Served::start(&args);
    assert_eq!(ca(&second).await, first);
    let trusting = client(Some(&first)).build().unwrap();
    let answer = trusting.get(format!("{}/readyz", second.secure)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn bytes_that_are_no_handshake_do_no_harm() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let served = Served::start(&[]);
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", served.port())).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let ca = ca(&served).await;
    let trusting = client(Some(&ca)).build().unwrap();
    let answer = trusting.get(format!("{}/readyz", served.secure)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_page_of_the_server_itself_may_use_the_admin_api_over_http_2_and_no_other() {
    let served = Served::start(&["--tls-name", "foreign.vendor.test"]);
    let address = ([127, 0, 0, 1], served.port()).into();
    let trusting = client(Some(&ca(&served).await));
    let trusting = trusting.resolve("foreign.vendor.test", address).build().unwrap();
    let foreign = format!("https://foreign.vendor.test:{}", served.port());
    let put = async |server: &str, origin: Option<&str>| {
        let mut request = trusting.put(format!("{server}/_admin/clock"));
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let answer = request.body(r#"{"mode":"frozen"}"#).send().await.unwrap();
        assert_eq!(answer.version(), reqwest::Version::HTTP_2);
        let status = answer.status().as_u16();
        (status, answer.text().await.unwrap())
    };
    let (status, text) = put(&served.secure, Some(&served.secure)).await;
    assert_eq!(status, 200, "{text}");
    assert_eq!(put(&served.secure, None).await.0, 200);
    for origin in ["https://evil.example", "null", &foreign] {
        let (status, text) = put(&served.secure, Some(origin)).await;
        assert_eq!(status, 403, "{origin}: {text}");
        let own = served.secure.strip_prefix("https://").unwrap();
        let expected_detail = format!("a page of {origin} cannot use the admin API of {own}");
        assert!(text.contains(&expected_detail), "{text}");
    }
    // A name that leads here is how a foreign page would come, with or without saying so.
    for origin in [None, Some(foreign.as_str())] {
        let (status, text) = put(&foreign, origin).await;
        assert_eq!(status, 403, "{text}");
        assert!(text.contains("`foreign.vendor.test` is not this machine"), "{text}");
    }
}

#[tokio::test]
async fn links_over_http_2_keep_scheme_host_port_and_space() {
    let served = Served::start(&[]);
    let trusting = client(Some(&ca(&served).await)).build().unwrap();
    let base = format!("{}/@links", served.secure);
    let send = async |method: reqwest::Method, path: &str, body: String| {
        let request = trusting.request(method, format!("{base}{path}")).body(body);
        let request = request.header("authorization", "Bearer STAGE_sandtill");
        let answer = request.header("content-type", "application/json").send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.version()), (200, reqwest::Version::HTTP_2));
        serde_json::from_str::<serde_json::Value>(&answer.text().await.unwrap()).unwrap()
    };
    let (get, put, post) = (reqwest::Method::GET, reqwest::Method::PUT, reqwest::Method::POST);
    let noon = r#"{"mode":"frozen","now":"2026-03-14T12:00:00Z"}"#;
    send(put, "/_admin/clock", noon.to_owned()).await;
    let request = r#"{"type":"merchant_transactions","resource":{"object_type":"account","object_id":216083312},"callback_uri":"http://receiver.invalid/"}"#;
    let report = send(post.clone(), "/v2/report/create", request.to_owned()).await;
    send(post.clone(), "/_admin/clock/advance", r#"{"by":"3s"}"#.to_owned()).await;
    let request = format!(r#"{{"report_id":{}}}"#, report["report_id"]);
    let report = send(post, "/v2/report", request).await;
    let uri = report["report_uri"].as_str().unwrap();
    assert!(uri.starts_with(&format!("{base}/api/report/{}/", report["report_id"])), "{uri}");
    let file = trusting.request(get, uri).send().await.unwrap();
    assert_eq!((file.status().as_u16(), file.version()), (200, reqwest::Version::HTTP_2));
    assert_eq!(file.headers()["content-type"], "text/csv; charset=utf-8");
}
