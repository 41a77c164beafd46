//! The command that requests a certificate.

use super::look::Look;
use crate::clients::explain::quoted;
use crate::steps::preflight::zone::names_upward;

/// The most letters that ACM takes as a certificate's first name: X.509's common name has no more.
const LONGEST: usize = 64;

/// `aws acm request-certificate …` for the site, in backticks. A longer site's name comes second, after a shorter
/// name of the same domain.
#[must_use]
pub fn command(look: &Look<'_>) -> String {
    let site = look.site.as_str();
    let names = if site.len() <= LONGEST {
        format!("--domain-name {}", quoted(site))
    } else {
        format!(
            "--domain-name {} --subject-alternative-names {}",
            quoted(&shorter(site)),
            quoted(site)
        )
    };
    format!(
        "`aws acm request-certificate {names} --validation-method DNS --region {}{}`",
        look.asker.region,
        look.asker.flag()
    )
}

/// The wildcard beside the site, or else the nearest parent that is short enough.
fn shorter(site: &str) -> String {
    let parents = || names_upward(site).skip(1);
    parents()
        .next()
        .map(|parent| format!("*.{parent}"))
        .into_iter()
        .chain(parents())
        .find(|name| name.len() <= LONGEST)
        .unwrap_or_else(|| "SHORTER_NAME".to_owned())
}
