//! Tests the image on a real container engine: build, restrictions, requests, callbacks, stop.
//!
//! `SANDTILL_STATIC_BINARY` names the static binary in the image (`.ci/run` builds one). Without it
//! these tests print a note and pass; with it a missing engine is a failure.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};

use sandtill::providers;
use serde_json::Value;
use testcontainers::GenericImage;
use testcontainers::clients::Cli;
use testcontainers::core::WaitFor;

/// How a container is run that may do nothing but serve.
const LOCKED_DOWN: &[&str] =
    &["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|err| err.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(format!("{command:?}: {} {}", text(&output.stdout), text(&output.stderr)))
    }
}

#[track_caller]
fn docker(args: &[&str]) -> String {
    // The classic builder is on every engine.
    let mut command = Command::new("docker");
    run(command.args(args).env("DOCKER_BUILDKIT", "0")).unwrap_or_else(|err| panic!("{err}"))
}

/// A name that no other test and no other run has.
fn unique() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("sandtill-test-{}-{number}", std::process::id())
}

/// Something of the engine's that is removed at the end, whatever happens before.
struct Removed {
    name: String,
    by: &'static [&'static str],
}

impl Drop for Removed {
    fn drop(&mut self) {
        let _ = run(Command::new("docker").args(self.by).arg(&self.name));
    }
}

/// The image; one for all tests that run at the same time, gone with the last of them. `None` where
/// there is no binary to pack.
fn image() -> Option<Arc<Removed>> {
    static IMAGE: Mutex<Weak<Removed>> = Mutex::new(Weak::new());
    let Some(binary) = std::env::var_os("SANDTILL_STATIC_BINARY") else {
        let why = "skipped: SANDTILL_STATIC_BINARY names no static binary (see docker/README.md)";
        // Past the capture of the test harness, so that it is seen.
        let _ = writeln!(std::io::stderr(), "{why}");
        return None;
    };
    let mut shared = IMAGE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(image) = shared.upgrade() {
        return Some(image);
    }
    let context = tempfile::tempdir().unwrap();
    std::fs::copy(PathBuf::from(binary), context.path().join("sandtill")).unwrap();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docker/Dockerfile");
    let image = Arc::new(Removed { name: unique(), by: &["rmi", "--force"] });
    // Without the cache, so that removing one image never takes a layer from under another.
    docker(&[
        "build",
        "--quiet",
        "--no-cache",
        "--force-rm",
        "--file",
        file,
        "--target",
        "prebuilt",
        "--tag",
        &image.name,
        context.path().to_str().unwrap(),
    ]);
    *shared = Arc::downgrade(&image);
    Some(image)
}

/// A container in the background; removed when it is dropped.
struct Container {
    removed: Removed,
    url: String,
}

impl Container {
    fn start(image: &Removed, options: &[&str]) -> Self {
        let removed = Removed { name: unique(), by: &["rm", "--force", "--volumes"] };
        let mut args = vec!["run", "--detach", "--publish", "127.0.0.1:0:8080"];
        args.extend(["--name", &removed.name]);
        args.extend(options);
        args.push(&image.name);
        docker(&args);
        let address = docker(&["port", &removed.name, "8080/tcp"]);
        Self { url: format!("http://{}", address.lines().next().unwrap()), removed }
    }

    fn name(&self) -> &str {
        &self.removed.name
    }

    fn inspect(&self, format: &str) -> String {
        docker(&["inspect", "--format", format, self.name()])
    }

    /// Returns once the engine has found it healthy.
    fn healthy(self) -> Self {
        let filter = format!("container={}", self.name());
        let mut events = Command::new("docker")
            .args(["events", "--since", "0", "--format", "{{.Action}}", "--filter", &filter])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(events.stdout.take().unwrap()).lines();
        let verdict = lines
            .map(Result::unwrap)
            .find(|line| line.starts_with("health_status") || line.starts_with("die"));
        let _ = events.kill();
        let _ = events.wait();
        let log = || docker(&["logs", self.name()]);
        assert_eq!(verdict.as_deref(), Some("health_status: healthy"), "{}", log());
        self
    }

    async fn ask(&self, method: reqwest::Method, path: &str, body: &str) -> Value {
        let request = client().request(method, format!("{}{path}", self.url)).body(body.to_owned());
        let request = request.header("Authorization", "Bearer STAGE_sandtill");
        let request = request.header("Content-Type", "application/json");
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        self.ask(reqwest::Method::GET, path, "").await
    }

    async fn post(&self, path: &str, body: &str) -> Value {
        self.ask(reqwest::Method::POST, path, body).await
    }
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

#[test]
fn the_image_is_one_layer_with_one_file_and_says_what_it_is() {
    let Some(image) = image() else { return };
    let inspect = |format: &str| docker(&["inspect", "--format", format, &image.name]);
    assert_eq!(inspect("{{len .RootFS.Layers}}"), "1");
    assert_eq!(inspect("{{.Config.User}}"), "65534:65534");
    assert_eq!(inspect("{{json .Config.Entrypoint}}"), r#"["/sandtill"]"#);
    assert_eq!(inspect("{{json .Config.ExposedPorts}}"), r#"{"8080/tcp":{}}"#);
    assert_eq!(inspect("{{.Config.StopSignal}}"), "SIGTERM");
    let label = |name: &str| {
        inspect(&format!(r#"{{{{index .Config.Labels "org.opencontainers.image.{name}"}}}}"#))
    };
    assert_eq!(label("title"), "Sandtill");
    assert_eq!(label("version"), env!("CARGO_PKG_VERSION"));
    let folder = tempfile::tempdir().unwrap();
    let tar = folder.path().join("image.tar");
    let made = Removed { name: unique(), by: &["rm", "--force"] };
    docker(&["create", "--name", &made.name, &image.name]);
    docker(&["export", "--output", tar.to_str().unwrap(), &made.name]);
    let files = run(Command::new("tar").arg("-tf").arg(&tar)).unwrap();
    // What the engine itself puts into every container.
    let of_engine = |path: &&str| {
        [".dockerenv", "dev/", "etc/", "proc/", "sys/"].iter().any(|it| path.starts_with(it))
    };
    let files: Vec<&str> = files.lines().filter(|path| !of_engine(path)).collect();
    assert_eq!(files, ["sandtill"]);
}

#[tokio::test]
async fn locked_down_it_becomes_healthy_and_answers_all_five_providers() {
    let Some(image) = image() else { return };
    let container = Container::start(&image, LOCKED_DOWN).healthy();
    assert_eq!(
        container.inspect("{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}}"),
        "true [ALL]"
    );
    let processes = docker(&["top", container.name(), "-o", "pid,uid"]);
    let user = processes.lines().nth(1).unwrap().split_whitespace().nth(1);
    assert_eq!(user, Some("65534"), "{processes}");
    // The commands that the server itself tells people to paste.
    for provider in providers::ALL {
        let mut curl = Command::new(env!("CARGO_BIN_EXE_sandtill"));
        curl.env_clear().args(["curl", provider.slug, "--url", &container.url]);
        let command = run(&mut curl).unwrap();
        let answer = run(Command::new("sh").args(["-c", &command])).unwrap();
        assert!(!answer.is_empty(), "{command}");
        let path = format!("/_admin/journal?provider={}", provider.slug);
        let entries = container.get(&path).await["entries"].take();
        let outcomes: Vec<&str> =
            entries.as_array().unwrap().iter().map(|it| it["outcome"].as_str().unwrap()).collect();
        assert!(!outcomes.is_empty(), "{}", provider.name);
        assert!(outcomes.iter().all(|it| *it == "answered"), "{entries}");
    }
}

#[tokio::test]
async fn an_ipn_reaches_another_container_by_its_name_and_by_a_hosts_entry() {
    let Some(image) = image() else { return };
    let network = Removed { name: unique(), by: &["network", "rm"] };
    docker(&["network", "create", &network.name]);
    let options = [&["--network", &network.name], LOCKED_DOWN].concat();
    // What arrives is in the journal of the second one, whatever it thinks of it.
    let receiver = Container::start(&image, &options).healthy();
    let ip = receiver.inspect("{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}");
    let entry = format!("hook.test:{ip}");
    let options = [&["--add-host", &entry], options.as_slice()].concat();
    let sender = Container::start(&image, &options).healthy();
    for (number, host) in [(1, receiver.name()), (2, "hook.test")] {
        let report = format!(
            r#"{{"type":"merchant_transactions","resource":{{"object_type":"account","object_id":216083312}},"callback_uri":"http://{host}:8080/v2/report"}}"#
        );
        let report = sender.post("/v2/report/create", &report).await;
        let happened = sender.post("/_admin/clock/advance", r#"{"by":"1m"}"#).await;
        let list = receiver.get("/_admin/journal").await;
        assert_eq!(list["entries"][0]["id"], number, "{happened}");
        let arrived = receiver.get(&format!("/_admin/journal/{number}")).await;
        assert_eq!(arrived["target"], "/v2/report");
        let shown = arrived.to_string();
        assert!(shown.contains(&format!("report_id={}", report["report_id"])), "{shown}");
        assert!(shown.contains("WePay API Callback Agent"), "{shown}");
        let callback = sender.get(&format!("/_admin/callbacks/{}", 2 * number - 1)).await;
        let attempt = &callback["attempts"][0];
        assert_eq!((&attempt["status"], &attempt["problem"]), (&arrived["status"], &Value::Null));
    }
}

#[test]
fn sigterm_ends_it_with_0() {
    let Some(image) = image() else { return };
    let container = Container::start(&image, LOCKED_DOWN).healthy();
    // The engine kills what has not ended in time, with 137.
    docker(&["stop", "-t", "10", container.name()]);
    assert_eq!(container.inspect("{{.State.Status}} {{.State.ExitCode}}"), "exited 0");
}

#[tokio::test]
async fn stopped_and_continued_it_answers_what_was_asked_meanwhile() {
    let Some(image) = image() else { return };
    let container = Container::start(&image, &[]).healthy();
    let pauses: [[&[&str]; 2]; 2] = [
        [&["kill", "--signal", "STOP"], &["kill", "--signal", "CONT"]],
        [&["pause"], &["unpause"]],
    ];
    for [halt, go_on] in pauses {
        docker(&[halt, &[container.name()]].concat());
        let url = format!("{}/_admin/health", container.url);
        let mut asking = tokio::spawn(async move { client().get(url).send().await });
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(!asking.is_finished(), "{halt:?}");
        docker(&[go_on, &[container.name()]].concat());
        assert_eq!((&mut asking).await.unwrap().unwrap().status(), 200, "{go_on:?}");
    }
}

#[tokio::test]
async fn a_mounted_scenario_is_served() {
    let Some(image) = image() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let (_, settings) = sandtill::sandbox::scenario::BUILT_IN
        .iter()
        .find_map(|it| (it.name == "empty").then_some((it.name, it.text)))
        .unwrap();
    std::fs::write(&file, settings).unwrap();
    let mount = format!("{}:/mine.toml:ro", file.display());
    let options = ["--volume", &mount, "--env", "SANDTILL_SCENARIO=/mine.toml"];
    let container = Container::start(&image, &[&options, LOCKED_DOWN].concat()).healthy();
    assert_eq!(container.get("/_admin/health").await["scenario"], "/mine.toml");
    let added = container.get("/_admin/transactions").await;
    assert_eq!(added["transactions"], serde_json::json!([]));
}

/// The example of docker/README.md.
#[test]
fn testcontainers_waits_until_it_is_ready() {
    let Some(image) = image() else { return };
    let docker = Cli::default();
    let sandtill = docker.run(
        GenericImage::new(image.name.as_str(), "latest")
            .with_exposed_port(8080)
            .with_env_var("SANDTILL_SEED", "7")
            .with_wait_for(WaitFor::message_on_stdout("sandtill ready on ")),
    );
    let url = format!("http://127.0.0.1:{}", sandtill.get_host_port_ipv4(8080));
    let health = run(Command::new("curl").args(["-sS", &format!("{url}/_admin/health")])).unwrap();
    let health: Value = serde_json::from_str(&health).unwrap();
    assert_eq!(health["seed"], 7);
}
