//! Runs Sandtill inside another program: a server on a free port that stops when its value is dropped.

mod calls;
mod clock;
mod deposits;
mod faults;
mod history;
mod journal;
mod options;
mod provider;
mod reporting;
mod space;
mod transactions;

use std::net::TcpListener;
use std::ops::Deref;
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::http::Method;
use serde_json::{Value, json};
use tokio::sync::oneshot;

pub use self::calls::Error;
pub use self::clock::{Advanced, Clock, Happened, Instant, Step};
pub use self::deposits::{Deposit, Deposits};
pub use self::faults::{Fault, FaultRule, Faults};
pub use self::history::{Event, History};
pub use self::journal::{Journal, JournalEntry, Requests};
pub use self::options::{Options, StartError};
pub use self::provider::Provider;
pub use self::reporting::{Lag, Reporting};
pub use self::space::{Attempt, Callback, Space};
pub use self::transactions::{Action, NewPayment, Transaction, Transactions};

pub use crate::sandbox::facts::DisputeOutcome;

use self::calls::Calls;
use crate::app::app;
use crate::sandbox::spaces::Spaces;
use crate::server;

/// A running server, and the handle of its default space: all methods of [`Space`] are there.
///
/// ```
/// use sandtill::{Fault, Options, Sandtill};
///
/// let options = Options::default().scenario("settlement").frozen_at("2026-03-14T12:00:00Z");
/// let sandtill = Sandtill::start(options)?;
///
/// // Point your client here; any vendor's path works.
/// let flitt = sandtill.provider("flitt")?;
/// assert!(flitt.url.starts_with("http://127.0.0.1:"));
/// assert_eq!(flitt.credentials["application_id"], "1019");
///
/// // Make life happen: every provider's reports show it.
/// let payment = sandtill.transactions().pay(12345, "USD")?;
/// let refund = sandtill.transactions().refund(payment.id, 2345)?;
/// assert_eq!(refund.parent, Some(payment.id));
///
/// // `advance` returns after all that falls due on the way has happened, callbacks included.
/// let advanced = sandtill.clock().advance("36h")?;
/// assert_eq!(advanced.now.to_string(), "2026-03-16T00:00:00Z");
///
/// // The next report of Flitt is cut off in the middle.
/// sandtill.faults().add(Fault::new("flitt", "truncate").operation("report").times(1))?;
///
/// // The journal shows what was asked, and why it was refused.
/// assert!(sandtill.journal().refused()?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Sandtill {
    space: Space,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
}

impl Sandtill {
    /// Starts a server on a free port of 127.0.0.1. It accepts requests when this function returns.
    ///
    /// # Errors
    ///
    /// If the scenario is not valid, or the operating system gives no port or no thread.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let (scenario, sandbox_options, workers) = options.read()?;
        let spaces = Spaces::new(Arc::new(scenario), sandbox_options);
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(workers.max(1))
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let app = app(spaces);
        let calls = Calls::new(app.clone(), runtime.handle().clone(), address);
        let serving = std::thread::Builder::new().name("sandtill".to_owned()).spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                server::run(listener, app, async {
                    // An error means that the `Sandtill` value was dropped, which also stops the server.
                    let _ = stopped.await;
                })
                .await;
            });
        })?;
        let space = Space::new(calls, "");
        Ok(Self { space, stop: Some(stop), serving: Some(serving) })
    }

    /// A space of this name, made if it is not there yet: a test that runs beside others takes one of its own.
    ///
    /// ```
    /// use std::sync::LazyLock;
    ///
    /// use sandtill::{Options, Sandtill};
    ///
    /// static SERVER: LazyLock<Sandtill> = LazyLock::new(|| {
    ///     let options = Options::default().frozen_at("2026-03-14T12:00:00Z");
    ///     Sandtill::start(options).expect("a free port")
    /// });
    ///
    /// let one = SERVER.space("one")?;
    /// let two = SERVER.space("two")?;
    /// one.clock().advance("36h")?;
    /// let payment = one.transactions().pay(500, "USD")?;
    /// assert!(one.url().ends_with("/@one"));
    /// assert!(two.transactions().get(payment.id).is_err());
    /// # Ok::<(), sandtill::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the name is none, or there are too many spaces.
    pub fn space(&self, name: &str) -> Result<Space, Error> {
        let made: Result<Value, Error> =
            self.space.calls().call(Method::POST, "/spaces", &json!({"name": name}));
        match made {
            // A space that is there already is the one that was asked for.
            Ok(_) | Err(Error::Refused { status: 409, .. }) => {
                Ok(Space::new(self.space.calls().of_space(name), name))
            }
            Err(err) => Err(err),
        }
    }
}

/// The default space. It stays the same as long as the server runs.
impl Deref for Sandtill {
    type Target = Space;

    fn deref(&self) -> &Space {
        &self.space
    }
}

impl Drop for Sandtill {
    fn drop(&mut self) {
        let verified = self.space.verify();
        drop(self.stop.take());
        if let Some(serving) = self.serving.take() {
            // The panic message of the server thread is printed already.
            let _ = serving.join();
        }
        space::demand(verified);
    }
}
