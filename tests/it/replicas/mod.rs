//! Several servers over one store: processes of their own, and a real `redis-server`.

mod away;
mod dispatching;
mod fleet;
mod journaling;
mod linear;
pub(crate) mod redis_server;
mod seen;
mod starting;
mod tape;
