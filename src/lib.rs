//! `lakehouse`: installs, watches, explains and removes the Ingext Lakehouse on AWS.
//!
//! Rooms, from the ground up; a file imports only from lower rooms (`docs/architecture.md`):
//! `model`, `report`, `gateway`, `clients`, `steps`, `runner`, `render`, `cli`.

pub mod cli;
pub mod clients;
pub mod gateway;
pub mod model;
pub mod render;
pub mod report;
pub mod runner;
pub mod steps;
