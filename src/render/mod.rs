//! What people and scripts get: the env file.

pub mod env_file;
pub mod events;
pub mod kubeconfig;
pub mod policy;
pub mod progress;
pub mod text;
