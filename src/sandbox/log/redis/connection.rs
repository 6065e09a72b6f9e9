//! The connection to the store: made when it is needed, given up when it breaks, with a limit of time for
//! everything.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::{MultiplexedConnection, PubSubStream};
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, Pipeline, RedisError};
use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};
use url::Url;

use super::{LogError, certificates};

/// Longest time until a connection stands: 1 second.
const CONNECT: Duration = Duration::from_secs(1);

/// Longest time until the store has answered: 1.5 seconds. A request asks it up to two times, and has to be
/// answered within 5 seconds.
const ANSWER: Duration = Duration::from_millis(1500);

/// The script that makes changes, all or none of them.
const WRITE: &str = include_str!("write.lua");

/// A connection, and the digest under which it knows the script.
#[derive(Clone)]
struct Connected {
    connection: MultiplexedConnection,
    script: String,
}

/// The way to a store. Commands of all tasks share one connection.
pub(super) struct Connection {
    client: Client,
    /// The address without user and password.
    shown: String,
    current: Mutex<Option<Connected>>,
    /// Held while a connection is made, so that many tasks make one.
    connecting: tokio::sync::Mutex<()>,
    /// Drives the connection, whatever becomes of the runtime of a caller.
    runtime: Option<Runtime>,
    handle: Handle,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("address", &self.shown).finish_non_exhaustive()
    }
}

/// The address as it may be printed.
fn shown(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else { return "the store".to_owned() };
    // Refused only for addresses that have no host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

impl Connection {
    /// The way to this address; nothing is sent yet.
    pub(super) fn to(url: &str, authorities: Option<&Path>) -> Result<Self, LogError> {
        let shown = shown(url);
        let wrong = |why: String| {
            LogError::Damaged(format!(
                "`{shown}` is not the address of a store: {why}; wanted is \
                 `redis://HOST:PORT/DATABASE`, or `rediss://` for TLS"
            ))
        };
        let scheme = Url::parse(url).map_err(|err| wrong(err.to_string()))?;
        if !matches!(scheme.scheme(), "redis" | "rediss") {
            return Err(wrong(format!("`{}` is another protocol", scheme.scheme())));
        }
        if scheme.scheme() == "rediss"
            && let Some(file) = authorities
        {
            certificates::check(file).map_err(LogError::Damaged)?;
        }
        let client = Client::open(url).map_err(|err| wrong(err.to_string()))?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("store")
            .enable_all()
            .build()
            .map_err(|err| LogError::Unavailable(err.to_string()))?;
        let (current, connecting) = (Mutex::default(), tokio::sync::Mutex::default());
        let handle = runtime.handle().clone();
        Ok(Self { client, shown, current, connecting, runtime: Some(runtime), handle })
    }

    fn current(&self) -> MutexGuard<'_, Option<Connected>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The messages of a channel, on a connection of its own. They end when it breaks.
    pub(super) async fn subscribed(
        self: &Arc<Self>,
        channel: &'static str,
    ) -> Result<PubSubStream, LogError> {
        let own = Arc::clone(self);
        self.driven(async move {
            let subscribing = async {
                let mut listening = own.client.get_async_pubsub().await?;
                listening.subscribe(channel).await?;
                Ok::<_, RedisError>(listening.into_on_message())
            };
            match tokio::time::timeout(CONNECT, subscribing).await {
                Ok(listening) => listening.map_err(|err| own.away(&err.to_string())),
                Err(_) => Err(own.away("it does not answer")),
            }
        })
        .await
    }

    async fn connected(self: &Arc<Self>) -> Result<Connected, LogError> {
        let known = self.current().clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let connecting = async {
            let _turn = self.connecting.lock().await;
            let made = self.current().clone();
            if let Some(made) = made {
                return Ok(made);
            }
            let connected = connect(&self.client).await.map_err(|err| self.refused(&err))?;
            *self.current() = Some(connected.clone());
            Ok(connected)
        };
        match tokio::time::timeout(CONNECT, connecting).await {
            Ok(connected) => connected,
            Err(_) => Err(self.away("it does not answer")),
        }
    }

    /// Sends commands and reads their answers.
    pub(super) async fn ask<T>(self: &Arc<Self>, commands: Pipeline) -> Result<T, LogError>
    where
        T: FromRedisValue + Send + 'static,
    {
        let own = Arc::clone(self);
        self.driven(async move {
            let Connected { mut connection, .. } = own.connected().await?;
            own.answered(commands.query_async::<T>(&mut connection).await)
        })
        .await
    }

    /// Runs the script with these arguments.
    pub(super) async fn change(
        self: &Arc<Self>,
        arguments: Vec<Vec<u8>>,
    ) -> Result<Vec<String>, LogError> {
        let own = Arc::clone(self);
        self.driven(async move {
            let mut is_again = false;
            loop {
                let Connected { mut connection, script } = own.connected().await?;
                let mut command = redis::cmd("EVALSHA");
                command.arg(script).arg(0).arg(&arguments);
                let answer = command.query_async::<Vec<String>>(&mut connection).await;
                let is_unknown = answer.as_ref().is_err_and(|err| err.code() == Some("NOSCRIPT"));
                if is_unknown && !is_again {
                    // Somebody has emptied the store of its scripts.
                    *own.current() = None;
                    is_again = true;
                    continue;
                }
                return own.answered(answer);
            }
        })
        .await
    }

    /// Runs on the runtime of the store, so that a caller that goes away leaves nothing half sent.
    pub(super) async fn driven<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, LogError>> + Send + 'static,
    ) -> Result<T, LogError> {
        match self.handle.spawn(work).await {
            Ok(done) => done,
            Err(_) => Err(self.away("the server ends")),
        }
    }

    /// Waits for `work` on this thread.
    pub(super) fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, LogError>> + Send + 'static,
    ) -> Result<T, LogError> {
        let (sender, receiver) = std::sync::mpsc::channel();
        self.handle.spawn(async move {
            // Nobody listens when the waiting thread has given up.
            let _ = sender.send(work.await);
        });
        let limit = CONNECT + ANSWER + CONNECT;
        let receive = || receiver.recv_timeout(limit);
        let is_worker =
            Handle::try_current().is_ok_and(|it| it.runtime_flavor() == RuntimeFlavor::MultiThread);
        // The other tasks of this thread go on elsewhere meanwhile.
        let received = if is_worker { tokio::task::block_in_place(receive) } else { receive() };
        received.unwrap_or_else(|_| Err(self.uncertain("it does not answer")))
    }

    fn answered<T>(&self, answer: Result<T, RedisError>) -> Result<T, LogError> {
        answer.map_err(|err| {
            if err.is_io_error() || err.is_timeout() || err.is_connection_dropped() {
                *self.current() = None;
                return self.uncertain(&err.to_string());
            }
            self.refused(&err)
        })
    }

    /// The error of a store that has answered, and has changed nothing.
    fn refused(&self, error: &RedisError) -> LogError {
        if error.code() == Some("LOADING") || error.is_connection_dropped() {
            *self.current() = None;
        }
        self.away(&error.to_string())
    }

    pub(super) fn away(&self, why: &str) -> LogError {
        LogError::Unavailable(format!("`{}`: {}", self.shown, certificates::explained(why)))
    }

    fn uncertain(&self, why: &str) -> LogError {
        LogError::Uncertain(format!("`{}`: {why}", self.shown))
    }
}

async fn connect(client: &Client) -> Result<Connected, RedisError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(Some(ANSWER));
    let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    let script = redis::cmd("SCRIPT").arg("LOAD").arg(WRITE).query_async(&mut connection).await?;
    Ok(Connected { connection, script })
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waits for nothing: a runtime may not be waited for on a thread of another one.
            runtime.shutdown_background();
        }
    }
}

/// A pipeline of one command.
pub(super) fn one(command: Cmd) -> Pipeline {
    let mut commands = redis::pipe();
    commands.add_command(command);
    commands
}
