//! A headless Chromium, driven through its driver by the W3C `WebDriver` protocol.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The member of an answer that names an element (W3C `WebDriver`, section 11).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with one window; dropping it ends it.
pub(crate) struct Browser {
    driver: Child,
    /// The URL of the session.
    session: String,
    client: reqwest::Client,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends a browser with its session; stopped alone it would leave it running.
        let _ = self.end_session();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Browser {
    /// Ends the browser. Without a runtime, which the test that ends may not have any more.
    fn end_session(&self) -> std::io::Result<()> {
        let rest = self.session.strip_prefix("http://").unwrap_or("");
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let mut stream = TcpStream::connect(host)?;
        let head = format!("DELETE /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        // The answer begins when the browser has ended; the driver leaves the connection open after it.
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.read(&mut [0; 64]).map(|_| ())
    }
}

fn has(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok()
}

impl Browser {
    /// Starts a browser; without one on this machine says so, and the test is skipped.
    pub(crate) async fn start() -> Option<Self> {
        if !has("chromedriver") || !has("chromium") {
            super::skipped("there is no chromium with chromedriver here");
            return None;
        }
        // A client that is built before the first server has no provider of its own. The error is that there is
        // one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let line = lines
            .find(|line| line.as_ref().unwrap().contains("successfully on port "))
            .unwrap()
            .unwrap();
        let port: u16 = line.rsplit(' ').next().unwrap().trim_end_matches('.').parse().unwrap();
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--window-size=1280,900",
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments},
            "timeouts": {"script": 30_000},
        }}});
        let mut browser = Self { driver, session: String::new(), client: reqwest::Client::new() };
        let url = format!("http://127.0.0.1:{port}/session");
        let made = browser.send(&url, &wanted).await;
        browser.session = format!("{url}/{}", made["sessionId"].as_str().unwrap());
        Some(browser)
    }

    async fn send(&self, url: &str, body: &Value) -> Value {
        self.try_send(url, body).await.unwrap_or_else(|text| panic!("{url} {body}: {text}"))
    }

    /// The value of an answer, or the text of an error.
    async fn try_send(&self, url: &str, body: &Value) -> Result<Value, String> {
        let request = self.client.post(url).header("content-type", "application/json");
        let answer = request.body(body.to_string()).send().await.unwrap();
        let is_good = answer.status().is_success();
        let text = answer.text().await.unwrap();
        if !is_good {
            return Err(text);
        }
        Ok(serde_json::from_str::<Value>(&text).unwrap()["value"].take())
    }

    async fn ask(&self, path: &str, body: Value) -> Value {
        self.send(&format!("{}/{path}", self.session), &body).await
    }

    /// Goes to an address.
    pub(crate) async fn go(&self, url: &str) {
        self.ask("url", json!({"url": url})).await;
        self.until("true").await;
    }

    /// The value of a script, a function body.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.ask("execute/sync", json!({"script": script, "args": []})).await
    }

    /// Waits in the browser until the page with its script is there whole and an expression holds. Before the
    /// first paint of a page, a browser drops keys and clicks.
    pub(crate) async fn until(&self, condition: &str) {
        let script = format!(
            "const done = arguments[0]; \
             const isWhole = () => document.readyState === 'complete' && \
               performance.getEntriesByType('paint').length > 0; \
             (function look() {{ \
               if (isWhole() && ({condition})) done(true); else setTimeout(look, 20); \
             }})();"
        );
        let (url, body) =
            (format!("{}/execute/async", self.session), json!({"script": script, "args": []}));
        // A script that waits ends with its page; what it waits for comes on the next one.
        while let Err(text) = self.try_send(&url, &body).await {
            if !text.contains("unload") && !text.contains("navigation") {
                let page = "return location.href + '\\n' + document.body.innerText";
                panic!("{condition}: {text}\n{}", self.script(page).await);
            }
        }
    }

    /// The result of a promise.
    pub(crate) async fn promised(&self, promise: &str) -> Value {
        let script = format!(
            "const done = arguments[0]; ({promise}).then(done, (err) => done(String(err)));"
        );
        self.ask("execute/async", json!({"script": script, "args": []})).await
    }

    async fn find(&self, css: &str) -> String {
        let found = self.ask("element", json!({"using": "css selector", "value": css})).await;
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    /// Clicks the first element of a selector.
    pub(crate) async fn click(&self, css: &str) {
        self.click_found(&json!({"using": "css selector", "value": css})).await;
    }

    /// Clicks an element. One that a refresh of the page replaces meanwhile is looked for again.
    async fn click_found(&self, wanted: &Value) {
        loop {
            let found = self.ask("element", wanted.clone()).await;
            let url =
                format!("{}/element/{}/click", self.session, found[ELEMENT].as_str().unwrap());
            match self.try_send(&url, &json!({})).await {
                Ok(_) => return,
                Err(text) => assert!(is_replaced(&text), "{wanted}: {text}"),
            }
        }
    }

    /// Clicks what has this text: a link or a button.
    pub(crate) async fn click_text(&self, text: &str) {
        let path =
            format!("//*[self::a or self::button or self::summary][normalize-space()='{text}']");
        self.click_found(&json!({"using": "xpath", "value": path})).await;
    }

    /// Types a text into a field that is empty afterwards but for it.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let element = self.find(css).await;
        self.ask(&format!("element/{element}/clear"), json!({})).await;
        self.ask(&format!("element/{element}/value"), json!({"text": text})).await;
    }

    /// Chooses an option of a list by its value.
    pub(crate) async fn choose(&self, css: &str, value: &str) {
        self.click(&format!("{css} option[value='{value}']")).await;
    }

    /// Presses a key of the keyboard, whatever has the focus.
    pub(crate) async fn press(&self, key: &str) {
        let actions =
            [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})];
        let keys = json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]});
        self.ask("actions", keys).await;
    }

    /// The text of the page.
    pub(crate) async fn text(&self) -> String {
        let text = self.script("return document.getElementById('main').innerText").await;
        text.as_str().unwrap().to_owned()
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.ask("goog/cdp/execute", json!({"cmd": command, "params": parameters})).await
    }

    /// Makes the browser prefer `light` or `dark` colours.
    pub(crate) async fn colours(&self, scheme: &str) {
        let feature = json!({"name": "prefers-color-scheme", "value": scheme});
        self.devtools("Emulation.setEmulatedMedia", json!({"features": [feature]})).await;
    }

    /// Makes the window so wide and so high, in pixels.
    pub(crate) async fn size(&self, width: u32, height: u32) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// The window as a PNG file.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        let taken = self.devtools("Page.captureScreenshot", json!({"format": "png"})).await;
        STANDARD.decode(taken["data"].as_str().unwrap()).unwrap()
    }
}

/// Whether an error says that an element is no longer on the page: in the words of `WebDriver`, or in those of the
/// inspector, when it goes between two steps of a command.
fn is_replaced(error: &str) -> bool {
    error.contains("stale element") || error.contains("does not belong to the document")
}
