//! Tools inside the toolbox container: one engine, one image, one session a run.

pub mod address;
pub mod argv;
pub mod base;
pub mod context;
pub mod engine;
pub mod image;
pub mod lock;
pub mod mounts;
pub mod release;
pub mod room;
pub mod session;

pub use engine::{Engine, EngineError};
pub use session::Session;
