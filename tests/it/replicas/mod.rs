//! Several servers over one store: processes of their own, and a real `redis-server`.

mod away;
mod checkpoints;
mod dispatching;
mod fleet;
mod idle;
mod inside;
mod journaling;
mod leases;
mod linear;
pub(crate) mod redis_server;
mod seen;
mod stale;
mod starting;
mod tape;
mod tls;
