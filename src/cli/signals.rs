//! The wish to stop, as each operating system tells it.

use super::Failure;

#[cfg(unix)]
mod platform {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    /// SIGTERM and SIGINT.
    pub(super) struct Wishes {
        terminate: Signal,
        interrupt: Signal,
    }

    impl Wishes {
        pub(super) fn listen() -> std::io::Result<Self> {
            let terminate = signal(SignalKind::terminate())?;
            Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
        }

        pub(super) async fn next(&mut self) {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
        }
    }
}

#[cfg(windows)]
mod platform {
    use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, ctrl_break, ctrl_c, ctrl_close};

    /// Ctrl-C, Ctrl-Break and the closing of the console. Windows has no signal that a program could send to
    /// another one without a console: it is ended at once.
    pub(super) struct Wishes {
        c: CtrlC,
        pause: CtrlBreak,
        close: CtrlClose,
    }

    impl Wishes {
        pub(super) fn listen() -> std::io::Result<Self> {
            Ok(Self { c: ctrl_c()?, pause: ctrl_break()?, close: ctrl_close()? })
        }

        pub(super) async fn next(&mut self) {
            tokio::select! {
                _ = self.c.recv() => {}
                _ = self.pause.recv() => {}
                _ = self.close.recv() => {}
            }
        }
    }
}

/// Completes at the first wish to stop; a second one ends the process at once with exit code 1.
pub(super) fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let mut wishes = platform::Wishes::listen()
        .map_err(|err| Failure::failed(format!("signals cannot be caught: {err}")))?;
    Ok(async move {
        wishes.next().await;
        tokio::spawn(async move {
            wishes.next().await;
            leave_at_once();
        });
    })
}

#[expect(
    clippy::exit,
    reason = "whoever signals twice does not want to wait for what is under way"
)]
fn leave_at_once() {
    std::process::exit(1);
}
