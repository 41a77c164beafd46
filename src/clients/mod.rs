//! One typed client a tool. Each call asks for machine output, parses it by a pure function, and turns every
//! failure into a [`CallError`] whose class says what is not known and why.

pub mod aws;
pub mod call;
pub mod dns;
pub mod eksctl;
pub mod explain;
pub mod failure;
pub mod form;
pub mod go_network;
pub mod helm;
pub mod helm_charts;
pub mod helm_words;
pub mod kube;
pub mod kubeconfig;
pub mod kubectl;
pub mod picture;
pub mod shelf;
pub mod site;
pub mod versions;

pub use call::{Ask, ask};
pub use explain::{Asker, Explained, explain};
pub use failure::{CallError, ErrorClass, ParseFailure, Reach};
