//! Which names a certificate's name covers: itself, or with `*.` exactly one more label.

use crate::clients::aws::acm::Certificate;

/// How a name covers a site. The exact one is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cover {
    /// It is the site's name.
    Exact,
    /// It is `*.` before the site's parent.
    Wildcard,
}

/// How `name` covers `site`, if it does. Labels are compared whole and without regard to case, so that
/// `*.example.com` covers neither `evilexample.com` nor `a.b.example.com`.
#[must_use]
pub fn covers(name: &str, site: &str) -> Option<Cover> {
    let (name, site) = (plain(name), plain(site));
    if name.is_empty() || site.is_empty() || site.starts_with('*') {
        return None;
    }
    if name == site {
        return Some(Cover::Exact);
    }
    let parent = name.strip_prefix("*.")?;
    let (label, rest) = site.split_once('.')?;
    (!label.is_empty() && rest == parent).then_some(Cover::Wildcard)
}

/// The best of the certificate's names for `site`.
#[must_use]
pub fn best_name<'a>(certificate: &'a Certificate, site: &str) -> Option<(Cover, &'a str)> {
    certificate
        .names
        .iter()
        .filter_map(|name| covers(name, site).map(|cover| (cover, name.as_str())))
        .min_by_key(|(cover, _)| *cover)
}

fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}
