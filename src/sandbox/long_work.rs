//! Computes long answers on threads of their own, so that short requests do not wait for them, and stops
//! when nobody waits for the result any more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use tokio::sync::Semaphore;

/// The threads of the whole server.
static SHARED: LazyLock<Threads> = LazyLock::new(|| {
    Threads::of(std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
});

/// A limit of threads that compute at the same time; clones share it.
#[derive(Clone, Debug)]
pub struct Threads(Arc<Semaphore>);

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

impl Threads {
    /// A limit of its own.
    #[must_use]
    pub fn of(count: usize) -> Self {
        Self(Arc::new(Semaphore::new(count)))
    }

    /// The limit of the whole server: one thread per core, because more would only take time from each
    /// other.
    #[must_use]
    pub fn shared() -> Self {
        SHARED.clone()
    }

    /// The number of free threads.
    #[cfg(test)]
    pub(crate) fn available(&self) -> usize {
        self.0.available_permits()
    }

    /// Occupies all free threads until the returned value is dropped.
    #[cfg(test)]
    pub(crate) fn take_all(&self) -> tokio::sync::OwnedSemaphorePermit {
        let count = u32::try_from(self.available()).unwrap_or(u32::MAX);
        Arc::clone(&self.0).try_acquire_many_owned(count).unwrap()
    }

    /// Runs work on a blocking thread, as soon as one is free. Dropping the future cancels the work. A panic
    /// of the work continues here.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(Cancel) -> T + Send + 'static,
    ) -> T {
        let permit = Arc::clone(&self.0).acquire_owned().await;
        let flag = Arc::new(AtomicBool::new(false));
        let cancel = Cancel(Some(Arc::clone(&flag)));
        let mut guard = CancelOnDrop { flag, is_done: false };
        let result = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&result);
        done(Box::new(move || {
            // The thread is busy until the work ends, also when nobody waits for it.
            let _permit = permit;
            let result = work(cancel);
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        }))
        .await;
        guard.is_done = true;
        let result = result.lock().unwrap_or_else(PoisonError::into_inner).take();
        match result {
            Some(result) => result,
            // Not met: a job that has ended has left its result.
            None => std::future::pending().await,
        }
    }
}

/// Waits until a blocking thread has done a job. A panic of the job continues here. Not generic, because all
/// that a task of the runtime is made of is compiled for each type of job.
async fn done(job: Box<dyn FnOnce() + Send>) {
    if let Err(err) = tokio::task::spawn_blocking(job).await {
        match err.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime ends before the job has begun, and drops this future too.
            Err(_) => std::future::pending().await,
        }
    }
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
        let threads = Threads::of(1);
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let mut work = Box::pin(threads.run(move |cancel| {
            let _ = wait.recv();
            send.send(cancel.is_cancelled()).unwrap();
        }));
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(&mut work).poll(&mut context).is_pending());
        drop(work);
        go.send(()).unwrap();
        assert!(received.recv().unwrap());
        let cancel = threads.run(|cancel| cancel).await;
        assert!(!cancel.is_cancelled());
        assert!(!Cancel::default().is_cancelled());
    }
}
