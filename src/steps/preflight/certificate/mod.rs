//! Check `certificate`: an issued, unexpired certificate of this region covers the site, found or named.

pub mod cover;
pub mod discovered;
pub mod look;
pub mod named;
pub mod request;
pub mod standing;

pub use look::{Look, run};

/// The check's id.
pub const ID: &str = "certificate";
/// The id of certificates that could not be read while another one fits.
pub const UNREAD_ID: &str = "certificate-unread";
/// The id of the warning that the chosen one is of a private authority.
pub const PRIVATE_ID: &str = "certificate-private";
