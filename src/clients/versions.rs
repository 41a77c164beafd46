//! The tools' own versions, and the least ones that work.

use crate::clients::call::{Ask, ask, json};
use crate::clients::failure::{CallError, ParseFailure};
use crate::gateway::{Gateway, Tool};
use serde::Deserialize;
use std::fmt;

/// A version that can be compared. A pre-release comes before its release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second.
    pub minor: u32,
    /// The third.
    pub patch: u32,
    /// Whether it is the release itself, not an alpha, beta or candidate of it.
    pub released: bool,
}

impl Version {
    /// Whether its numbers are `bound`'s or above. A pre-release has its release's commands already.
    #[must_use]
    pub fn reaches(self, bound: Self) -> bool {
        (self.major, self.minor, self.patch) >= (bound.major, bound.minor, bound.patch)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        f.write_str(if self.released { "" } else { " (pre-release)" })
    }
}

/// Which versions of a tool work, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The first that works.
    pub least: Version,
    /// The first that does not work any more, where there is one.
    pub below: Option<Version>,
    /// Why older ones don't work.
    pub reason: &'static str,
    /// Why newer ones don't work; empty where they do.
    pub reason_above: &'static str,
}

const fn version(major: u32, minor: u32, patch: u32) -> Version {
    Version {
        major,
        minor,
        patch,
        released: true,
    }
}

/// The versions of `tool` that work.
#[must_use]
pub const fn wanted(tool: Tool) -> Wanted {
    match tool {
        Tool::Aws => Wanted {
            least: version(2, 22, 23),
            below: None,
            reason: "older ones do not know `aws eks describe-cluster-versions`",
            reason_above: "",
        },
        Tool::Eksctl => Wanted {
            least: version(0, 202, 0),
            below: None,
            reason: "older ones do not ask AWS which Kubernetes versions there are, and refuse 1.34",
            reason_above: "",
        },
        Tool::Kubectl => Wanted {
            least: version(1, 33, 0),
            below: Some(version(1, 36, 0)),
            reason: "kubectl works with servers one minor version away, and the cluster is 1.34",
            reason_above: "kubectl works with servers one minor version away, and the cluster is 1.34",
        },
        Tool::Helm => Wanted {
            least: version(3, 18, 0),
            below: Some(version(4, 0, 0)),
            reason: "older ones are not tested against Kubernetes 1.34",
            reason_above: "Helm 4 has other commands and flags (`helm list -a` is gone)",
        },
    }
}

type Parse = fn(&[u8]) -> Result<Version, ParseFailure>;

/// Asks `tool` for its version.
///
/// # Errors
/// [`CallError`] where there is no answer.
pub fn installed(gateway: &dyn Gateway, tool: Tool) -> Result<Version, CallError> {
    let (args, parse): (&[&str], Parse) = match tool {
        Tool::Aws => (&["--version"], parse_aws),
        Tool::Eksctl => (&["version", "-o", "json"], parse_eksctl),
        Tool::Kubectl => (&["version", "--client", "-o", "json"], parse_kubectl),
        Tool::Helm => (&["version", "--template", "{{.Version}}"], parse_helm),
    };
    let purpose = format!("read the version of {}", tool.program());
    ask(gateway, &Ask::tool(tool, &purpose, args.iter().copied()), parse)
}

/// Reads `aws --version`: `aws-cli/2.23.6 Python/3.13.5 …`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_aws(bytes: &[u8]) -> Result<Version, ParseFailure> {
    let line = one_line(bytes)?;
    // A cut answer must not pass as a shorter version: the word after the version has to be there.
    let (first, rest) = line.split_once(' ').ok_or(ParseFailure::Form("aws --version"))?;
    let number = first
        .strip_prefix("aws-cli/")
        .filter(|_| rest.starts_with("Python/"));
    parse_version(number.ok_or(ParseFailure::Form("aws --version"))?)
}

/// Reads `helm version --template {{.Version}}`: `v3.19.5`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_helm(bytes: &[u8]) -> Result<Version, ParseFailure> {
    parse_version(
        one_line(bytes)?
            .strip_prefix('v')
            .ok_or(ParseFailure::Form("helm version"))?,
    )
}

#[derive(Deserialize)]
struct RawEksctl {
    #[serde(rename = "Version")]
    version: String,
    #[serde(rename = "PreReleaseID", default)]
    pre_release: String,
}

/// Reads `eksctl version -o json`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_eksctl(bytes: &[u8]) -> Result<Version, ParseFailure> {
    let raw: RawEksctl = json(bytes)?;
    let found = parse_version(raw.version.strip_prefix('v').unwrap_or(&raw.version))?;
    Ok(Version {
        released: found.released && !is_pre_release(&raw.pre_release),
        ..found
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawKubectl {
    client_version: RawClient,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawClient {
    git_version: String,
}

/// Reads `kubectl version --client -o json`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_kubectl(bytes: &[u8]) -> Result<Version, ParseFailure> {
    let raw: RawKubectl = json(bytes)?;
    let text = raw.client_version.git_version;
    parse_version(text.strip_prefix('v').ok_or(ParseFailure::Form("gitVersion"))?)
}

fn one_line(bytes: &[u8]) -> Result<&str, ParseFailure> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| ParseFailure::Form("version"))?
        .trim();
    match text.lines().count() {
        0 => Err(ParseFailure::Empty),
        1 => Ok(text),
        _ => Err(ParseFailure::Form("version")),
    }
}

/// Whether what follows a `-` begins as a pre-release. Others are a distributor's: `-dispatcher`, `-eks-113cf36`,
/// and `dev`, which nixpkgs' eksctl says of releases.
fn is_pre_release(suffix: &str) -> bool {
    ["alpha", "beta", "rc"]
        .iter()
        .any(|word| suffix.starts_with(word))
}

/// `1.2.3`, with what may follow a `-` or `+` (`-rc.1`, `-dispatcher`, `+gke`).
pub(crate) fn parse_version(text: &str) -> Result<Version, ParseFailure> {
    let (core, _build) = text.split_once('+').unwrap_or((text, ""));
    let (numbers, suffix) = core.split_once('-').unwrap_or((core, ""));
    let mut parts = numbers.split('.').map(|part| {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if digits { part.parse::<u32>().ok() } else { None }
    });
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(Some(major)), Some(Some(minor)), Some(Some(patch)), None) => Ok(Version {
            released: !is_pre_release(suffix),
            ..version(major, minor, patch)
        }),
        _ => Err(ParseFailure::Form("version")),
    }
}
