//! How a release differs from what is wanted. Pure.

use super::recovery::aged;
use super::{Found, Wanted};
use crate::model::ChartReference;
use crate::steps::install::Desired;
use serde_json::Value;

/// Whether the release's chart is newer than the locked one: three numbers each, else that is not known.
pub(super) fn is_newer(found: &str, locked: &str) -> bool {
    let numbers = |version: &str| -> Option<[u64; 3]> {
        let plain = version.strip_prefix('v').unwrap_or(version);
        let plain = plain.split_once(['-', '+']).map_or(plain, |(numbers, _)| numbers);
        let all: Option<Vec<u64>> = plain.split('.').map(|part| part.parse().ok()).collect();
        all?.try_into().ok()
    };
    matches!((numbers(found), numbers(locked)), (Some(found), Some(locked)) if found > locked)
}

/// What differs, each as from → to. Values are named, not shown: whose they are may be anybody's.
pub(super) fn drift(
    desired: &Desired,
    wanted: &Wanted,
    reference: &ChartReference,
    found: &Found,
) -> Vec<String> {
    let mut drift = Vec::new();
    if found.version != reference.version {
        drift.push(format!("chart {} → {}", shown(&found.version), reference.version));
    }
    let names = differing(&wanted.whole(desired), &found.values);
    if !names.is_empty() {
        drift.push(format!("values differ at {}", names.join(", ")));
    }
    if found.status != "deployed" {
        let status = shown(&found.status);
        drift.push(format!("status `{status}`{} → `deployed`", aged(found)));
    }
    drift.extend(found.drift.iter().cloned());
    drift
}

/// The top-level values that are not alike, by their names; those that are somebody's own and have no plain name are
/// only said to be there.
fn differing(wanted: &Value, found: &Value) -> Vec<String> {
    let empty = serde_json::Map::new();
    let of = |value: &Value| value.as_object().cloned().unwrap_or_else(|| empty.clone());
    let (wanted, found) = (of(wanted), of(found));
    let mut names: Vec<String> = wanted
        .keys()
        .chain(found.keys())
        .filter(|name| match (wanted.get(*name), found.get(*name)) {
            (Some(one), Some(other)) => !alike(one, other),
            _ => true,
        })
        .map(|name| format!("`{}`", shown(name)))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Whether two values mean the same: helm keeps numbers as it pleases (`2`, `2.0`).
pub(super) fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, value)| other.get(name).is_some_and(|other| alike(value, other)))
        }
        _ => one == other,
    }
}

/// A word that came from the cluster, where it is a plain one.
pub(super) fn shown(word: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'_');
    if !word.is_empty() && word.len() <= 64 && word.bytes().all(plain) {
        word
    } else {
        "?"
    }
}
