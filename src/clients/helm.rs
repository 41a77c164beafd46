//! helm: the releases of a cluster. Every call names the private kubeconfig and its context.

pub mod upgrade;

use crate::clients::call::{Ask, ask, formed, json};
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::{is_dns_name, is_word};
use crate::clients::kubeconfig::ClusterAccess;
use crate::gateway::{Gateway, Tool};
use serde::Deserialize;

pub use upgrade::{ReleaseDetail, Revision, Upgrade, Upgraded};

/// The client.
#[derive(Clone, Copy)]
pub struct Helm<'a> {
    /// Where the commands go.
    pub gateway: &'a dyn Gateway,
    /// The cluster.
    pub access: &'a ClusterAccess,
}

/// A release, as its newest revision stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its chart's name.
    pub chart: String,
    /// Its chart's version; empty where none can be told from the name.
    pub version: String,
    /// `deployed`, `failed`, `pending-install`, `pending-upgrade`, `pending-rollback`, `uninstalling`, `uninstalled`,
    /// `superseded` or `unknown` (helm `pkg/release/status.go`).
    pub status: String,
    /// The day of its newest revision, `2026-01-01`; none where helm said none.
    pub day: Option<String>,
}

#[derive(Deserialize)]
struct Raw {
    name: String,
    namespace: String,
    updated: String,
    status: String,
    chart: String,
}

impl Helm<'_> {
    /// Every release of every namespace, whatever its status. `--max 0` is all of them: without it helm stops at 256
    /// and says nothing of it (tried with 300).
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn releases(&self) -> Result<Vec<Release>, CallError> {
        let args = ["list", "--all-namespaces", "--all", "--max", "0", "-o", "json"];
        let args = args.into_iter().chain(self.access());
        ask(
            self.gateway,
            &Ask::tool(Tool::Helm, "list the cluster's Helm releases", args),
            parse_releases,
        )
    }

    /// What names the cluster, in every call.
    fn access(&self) -> [&str; 4] {
        let ClusterAccess {
            kubeconfig, context, ..
        } = self.access;
        ["--kubeconfig", kubeconfig, "--kube-context", context]
    }
}

/// Reads `helm list -o json`, sorted by namespace and name.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_releases(bytes: &[u8]) -> Result<Vec<Release>, ParseFailure> {
    let raw: Vec<Raw> = json(bytes)?;
    let mut releases = raw.into_iter().map(release).collect::<Result<Vec<_>, _>>()?;
    releases.sort_by(|one, other| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
    Ok(releases)
}

fn release(raw: Raw) -> Result<Release, ParseFailure> {
    // Somebody's chart with a version of another form is still a release, and can't be one of ours.
    let (chart, version) = chart_and_version(&raw.chart).unwrap_or((&raw.chart, ""));
    Ok(Release {
        name: formed(raw.name, is_dns_name, "[].name")?,
        namespace: formed(raw.namespace, |name| is_word(name, 63), "[].namespace")?,
        chart: formed(chart.to_owned(), is_chart_text, "[].chart")?,
        version: formed(version.to_owned(), is_chart_text, "[].chart")?,
        status: formed(raw.status, |status| is_word(status, 32), "[].status")?,
        day: raw.updated.get(..10).filter(|day| is_day(day)).map(str::to_owned),
    })
}

/// `karpenter-crd-1.8.3` is `karpenter-crd` and `1.8.3`: the version begins at the first `-` that three numbers follow,
/// so that `-rc.1` stays with it and `-s3` with the name.
fn chart_and_version(text: &str) -> Option<(&str, &str)> {
    text.match_indices('-').find_map(|(at, _)| {
        let (name, version) = (text.get(..at)?, text.get(at + 1..)?);
        let mut numbers = version.strip_prefix('v').unwrap_or(version).splitn(3, '.');
        let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let fits = number(numbers.next()?)
            && number(numbers.next()?)
            && numbers.next()?.starts_with(|first: char| first.is_ascii_digit());
        (fits && !name.is_empty()).then_some((name, version))
    })
}

fn is_chart_text(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'_');
    text.len() <= 250 && text.bytes().all(plain)
}

fn is_day(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::chart_and_version;

    #[test]
    fn a_charts_name_ends_where_its_version_begins() {
        for (text, name, version) in [
            ("karpenter-crd-1.8.3", "karpenter-crd", "1.8.3"),
            ("ingext-s3-lake-1.0.0", "ingext-s3-lake", "1.0.0"),
            ("app-1.0.0-rc.1", "app", "1.0.0-rc.1"),
            ("cert-manager-v1.14.0", "cert-manager", "v1.14.0"),
            ("two-2-app-0.1.0+build-3", "two-2-app", "0.1.0+build-3"),
        ] {
            assert_eq!(chart_and_version(text), Some((name, version)), "{text}");
        }
        assert_eq!(chart_and_version("no-version"), None);
        assert_eq!(chart_and_version("-1.0.0"), None);
    }
}
