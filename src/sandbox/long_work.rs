//! Computes long answers on threads of their own, so that short requests do not wait for them, and stops
//! when nobody waits for the result any more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use tokio::sync::Semaphore;

/// One permit per core: more threads that compute would only take time from each other.
static THREADS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    Arc::new(Semaphore::new(std::thread::available_parallelism().map_or(1, std::num::NonZero::get)))
});

/// Tells a computation whether its result is still wanted. The default is never cancelled.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Option<Arc<AtomicBool>>);

impl Cancel {
    /// Whether nobody waits for the result. The computation should end; its result must not be cached.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

/// Cancels when it is dropped before the work is done.
struct CancelOnDrop {
    flag: Arc<AtomicBool>,
    is_done: bool,
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if !self.is_done {
            self.flag.store(true, Ordering::Relaxed);
        }
    }
}

/// Runs work on a blocking thread, as soon as one of the permits is free. Dropping the future cancels the
/// work. A panic of the work continues here.
pub async fn run<T: Send + 'static>(work: impl FnOnce(Cancel) -> T + Send + 'static) -> T {
    let permit = Arc::clone(&THREADS).acquire_owned().await;
    let flag = Arc::new(AtomicBool::new(false));
    let cancel = Cancel(Some(Arc::clone(&flag)));
    let mut guard = CancelOnDrop { flag, is_done: false };
    let done = tokio::task::spawn_blocking(move || {
        // The thread is busy until the work ends, also when nobody waits for it.
        let _permit = permit;
        work(cancel)
    });
    let result = match done.await {
        Ok(result) => result,
        // Blocking work is never aborted, so the only error is a panic.
        Err(err) => std::panic::resume_unwind(err.into_panic()),
    };
    guard.is_done = true;
    result
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    #[tokio::test]
    async fn work_is_cancelled_with_its_future_and_not_after_its_end() {
        let (send, received) = std::sync::mpsc::channel();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let mut work = Box::pin(run(move |cancel| {
            let _ = wait.recv();
            send.send(cancel.is_cancelled()).unwrap();
        }));
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(&mut work).poll(&mut context).is_pending());
        drop(work);
        go.send(()).unwrap();
        assert!(received.recv().unwrap());
        let cancel = run(|cancel| cancel).await;
        assert!(!cancel.is_cancelled());
        assert!(!Cancel::default().is_cancelled());
    }
}
