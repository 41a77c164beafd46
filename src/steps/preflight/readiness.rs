//! Checks `readiness-billing`, `readiness-admin`, `readiness-dns`: the user's own word, nothing that was looked at.

use crate::report::{Code, Finding};

/// Judges the user's words. All that stands in the way is said at once.
#[must_use]
pub fn decide(has_billing: bool, has_admin: bool, has_dns: bool) -> Vec<Finding> {
    vec![
        said(
            has_billing,
            "readiness-billing",
            Code::NoBilling,
            "the account's billing is set up",
            "the account has no billing (`--has-billing false`): AWS would refuse or stop what install makes",
            "Set up billing in the console (https://console.aws.amazon.com/billing/), then run with `--has-billing true`.",
        ),
        said(
            has_admin,
            "readiness-admin",
            Code::NoAdmin,
            "they may act as administrator of the account",
            "they have no administrator rights (`--has-admin false`): install makes roles, networks and a cluster",
            "Ask an administrator of the account to run the install, or for the rights, then run with `--has-admin true`.",
        ),
        said(
            has_dns,
            "readiness-dns",
            Code::NoDns,
            "they can change the domain's DNS",
            "they can't change the domain's DNS (`--has-dns false`): the site would have no address",
            "Ask who manages the domain to make records for you, or to give you access, then run with `--has-dns true`.",
        ),
    ]
}

fn said(word: bool, id: &str, code: Code, yes: &str, no: &str, remedy: &str) -> Finding {
    if word {
        Finding::pass(id, format!("The user says that {yes}; it was not looked at."))
    } else {
        Finding::fail(id, code, format!("The user says that {no}.")).remedy(remedy)
    }
}
