//! Whether two spellings are one value.

use crate::model::{RootDomain, SiteDomain};

/// Whether a run that reads `file` as the value of `key` has `run`: a name that is not ASCII is also written in its
/// ASCII form, and a switch may stand as 1 or 0. What is only spelt otherwise is no other value.
pub(super) fn same(key: &str, file: &str, run: &str) -> bool {
    file == run
        || match key {
            "ROOT_DOMAIN" => file.parse::<RootDomain>().is_ok_and(|name| name.as_str() == run),
            "SITE_DOMAIN" => file.parse::<SiteDomain>().is_ok_and(|name| name.as_str() == run),
            _ if key.starts_with("PREFLIGHT_HAS_") => matches!((file, run), ("1", "true") | ("0", "false")),
            _ => false,
        }
}
