//! What a lock of charts must keep to.

use super::{ChartLock, LockedChart};
use crate::model::ChartRegistry;
use std::collections::BTreeSet;

/// How the reference of an OCI registry begins.
pub(super) const OCI: &str = "oci://";

/// Holds the lock against its rules; the first one that is broken, in words.
pub(super) fn check(lock: &ChartLock) -> Result<(), String> {
    if lock.schema_version != 1 {
        return Err(format!(
            "schemaVersion: {} is not a form that is known (1)",
            lock.schema_version
        ));
    }
    let mut names = BTreeSet::new();
    for chart in &lock.charts {
        let rule = |why: &str| Err(format!("charts: {}: {why}", chart.name));
        if !is_name(&chart.name) {
            return rule("name: lower-case letters, digits and inner hyphens");
        }
        if !names.insert(&chart.name) {
            return rule("name: it stands here twice");
        }
        if !is_registry(&chart.registry) {
            return rule("registry: oci://HOST/PATH or https://HOST/PATH, without user or last slash");
        }
        if !is_version(&chart.version) {
            return rule("version: three numbers, as in 1.8.3");
        }
        if !is_digest(chart) {
            return rule("digest: sha256: and 64 lower-case hexadecimal digits, of an OCI registry, or null");
        }
    }
    if names.is_empty() {
        return Err("charts: there is none".to_owned());
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let (first, last) = (name.bytes().next(), name.bytes().last());
    first.is_some_and(plain) && last.is_some_and(plain) && name.bytes().all(|b| plain(b) || b == b'-')
}

/// A chart repository's address is held to the same grammar as a registry's.
fn is_registry(registry: &str) -> bool {
    let oci = registry
        .strip_prefix("https://")
        .map_or_else(|| registry.to_owned(), |rest| format!("{OCI}{rest}"));
    oci.parse::<ChartRegistry>().is_ok()
}

/// An exact version, never a range: helm takes `1.8`, `^1` and `>1` for one.
fn is_version(version: &str) -> bool {
    let number = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_digit())
            && (part == "0" || !part.starts_with('0'))
    };
    version.split('.').count() == 3 && version.split('.').all(number)
}

fn is_digest(chart: &LockedChart) -> bool {
    let hexadecimal = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    chart.digest.as_ref().is_none_or(|digest| {
        let digits = digest.strip_prefix("sha256:").unwrap_or_default();
        chart.registry.starts_with(OCI) && digits.len() == 64 && digits.bytes().all(hexadecimal)
    })
}
