//! What a lock may say: a file that was edited by hand is refused by tool, field and rule.

use super::{Lock, LockedFile, LockedSource, LockedTool, REGISTRY, RELEASE, TOOLS};
use url::Url;

/// The processors that the toolbox exists for.
const ARCHITECTURES: [&str; 2] = ["amd64", "arm64"];

/// Holds `lock` against all rules.
///
/// # Errors
/// The first field that breaks one, and the rule.
pub(super) fn check(lock: &Lock) -> Result<(), String> {
    if lock.schema_version != 1 {
        return Err("schemaVersion: must be 1".to_owned());
    }
    for name in [REGISTRY, RELEASE] {
        if !lock.sources.contains_key(name) {
            return Err(format!("sources: must have `{name}`"));
        }
    }
    for (name, source) in &lock.sources {
        let known = [REGISTRY, RELEASE].contains(&name.as_str());
        must(known, "sources", "must be `registry` and `release`, no other")?;
        check_source(name, source)?;
    }
    Ok(())
}

fn check_source(name: &str, source: &LockedSource) -> Result<(), String> {
    let at = format!("sources.{name}");
    let base = &source.base;
    must(
        is_base(&base.image),
        &format!("{at}.base.image"),
        "must be NAME:TAG",
    )?;
    let digest = base.digest.strip_prefix("sha256:").unwrap_or_default();
    let rule = "must be `sha256:` and 64 lower-case hexadecimal digits";
    must(is_sha256(digest), &format!("{at}.base.digest"), rule)?;
    let suite = !base.suite.is_empty() && base.suite.bytes().all(|b| b.is_ascii_lowercase());
    let rule = "must be a Debian suite's name, such as trixie";
    must(suite, &format!("{at}.base.suite"), rule)?;
    let rule = "must be `amd64` and `arm64`, each once";
    must(
        source.architectures == ARCHITECTURES,
        &format!("{at}.architectures"),
        rule,
    )?;
    let names: Vec<&str> = source.tools.keys().map(String::as_str).collect();
    let rule = "must be aws, eksctl, helm and kubectl, no more and no less";
    must(names == TOOLS, &format!("{at}.tools"), rule)?;
    for (tool, locked) in &source.tools {
        let at = format!("{at}.tools.{tool}");
        let rule = "must be three numbers with dots, such as 1.34.11";
        must(is_version(&locked.version), &format!("{at}.version"), rule)?;
        if name == RELEASE {
            check_release(&at, locked)?;
        } else {
            check_registry(&at, tool, locked)?;
        }
    }
    Ok(())
}

fn check_registry(at: &str, tool: &str, locked: &LockedTool) -> Result<(), String> {
    let of_release = locked.url.is_some() || !locked.redirects_to.is_empty() || !locked.files.is_empty();
    must(
        !of_release,
        at,
        "must have no url, redirectsTo or files: those are of `release`",
    )?;
    if tool == "aws" {
        let wanted = format!("awscli={}-", locked.version);
        let rule = format!("must begin with `{wanted}`, as the version says");
        let good = locked.package.as_ref().is_some_and(|package| {
            package.starts_with(&wanted)
                && package
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"=.+~-:".contains(&b))
        });
        return must(good, &format!("{at}.package"), &rule);
    }
    let module = locked.module.as_deref().unwrap_or_default();
    must(
        is_path(module),
        &format!("{at}.module"),
        "must be a Go module's path",
    )
}

fn check_release(at: &str, locked: &LockedTool) -> Result<(), String> {
    let of_registry = locked.package.is_some() || locked.module.is_some();
    must(
        !of_registry,
        at,
        "must have no package or module: those are of `registry`",
    )?;
    let rule = "must be an https URL that ends with `/`, without user, port, query or fragment";
    must(
        locked.url.as_deref().is_some_and(is_base_url),
        &format!("{at}.url"),
        rule,
    )?;
    let rule = "must be host names, such as cdn.dl.k8s.io";
    must(
        locked.redirects_to.iter().all(|host| is_host(host)),
        &format!("{at}.redirectsTo"),
        rule,
    )?;
    let names: Vec<&str> = locked.files.keys().map(String::as_str).collect();
    let rule = "must have `amd64` and `arm64`, no more and no less";
    must(names == ARCHITECTURES, &format!("{at}.files"), rule)?;
    for (arch, file) in &locked.files {
        check_file(&format!("{at}.files.{arch}"), &locked.version, file)?;
    }
    Ok(())
}

fn check_file(at: &str, version: &str, file: &LockedFile) -> Result<(), String> {
    let rule = "must be a path below the URL, of letters, digits and `._/-`";
    must(is_path(&file.path), &format!("{at}.path"), rule)?;
    // A version that was edited without its files: nothing of the old one may pass for it.
    let rule = format!("must name the version {version}, as the tool's `version` does");
    must(names_version(&file.path, version), &format!("{at}.path"), &rule)?;
    let rule = "must be 64 lower-case hexadecimal digits";
    must(is_sha256(&file.sha256), &format!("{at}.sha256"), rule)
}

fn must(good: bool, field: &str, rule: &str) -> Result<(), String> {
    if good {
        Ok(())
    } else {
        Err(format!("{field}: {rule}"))
    }
}

fn is_version(text: &str) -> bool {
    let number = |part: &str| (1..=6).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    text.split('.').count() == 3 && text.split('.').all(number)
}

/// Whether `path` has `version` with no further digit at either end.
fn names_version(path: &str, version: &str) -> bool {
    path.match_indices(version).any(|(at, _)| {
        let before = path[..at].bytes().next_back();
        let mut after = path[at + version.len()..].bytes();
        let (next, second) = (after.next(), after.next());
        let goes_on = next.is_some_and(|b| b.is_ascii_digit())
            || (next == Some(b'.') && second.is_some_and(|b| b.is_ascii_digit()));
        !before.is_some_and(|b| b.is_ascii_digit() || b == b'.') && !goes_on
    })
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_path(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._/-".contains(&b))
        && text
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..")
}

fn is_base(text: &str) -> bool {
    let good = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._/-".contains(&b))
    };
    text.split_once(':')
        .is_some_and(|(name, tag)| good(name) && good(tag))
}

fn is_host(text: &str) -> bool {
    text.contains('.')
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-".contains(&b))
}

fn is_base_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        url.scheme() == "https"
            && url.as_str() == text
            && text.ends_with('/')
            && url.host_str().is_some_and(is_host)
            && url.username().is_empty()
            && url.password().is_none()
            && url.port().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    })
}

#[cfg(test)]
mod tests;
