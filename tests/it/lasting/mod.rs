//! State that outlasts the process: the logs, the restart, the file and what can be wrong with it, the way
//! back to an earlier point.

mod damage;
mod killed;
mod logs;
mod past;
mod restart;
