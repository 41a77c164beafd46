//! One file a command.

pub mod evidence;
pub mod explain;
pub mod kube_token;
mod kubeconfig;
pub mod output;
pub mod plain;
pub mod policy;
pub mod preflight;
pub mod schema;
pub mod toolbox;
