//! What the product does, step by step: each looks, decides by a pure function, and answers with findings and
//! evidence. A step never meets the gateway's tools but through a client.

pub mod install;
pub mod preflight;
