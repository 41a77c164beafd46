//! Which proxy stands between this machine and a host, by the environment.

use crate::gateway::environment::Env;
use std::ffi::OsStr;
use url::Url;

/// The proxy for `url`, as the tools choose it: `https_proxy` or `http_proxy` by the scheme, then `all_proxy`, small
/// letters first (curl's order); none for a host that `no_proxy` names. Gives the variable and the proxy's URL.
#[must_use]
pub(super) fn proxy_for(env: &Env, url: &Url) -> Option<(&'static str, String)> {
    let text = |name: &str| {
        let value = env.get(OsStr::new(name))?.to_str()?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    };
    let spared = text("no_proxy").or_else(|| text("NO_PROXY")).unwrap_or_default();
    if is_spared(&spared, url.host_str()?, url.port_or_known_default()) {
        return None;
    }
    let names: [&'static str; 4] = if url.scheme() == "https" {
        ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    } else {
        ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
    };
    names.into_iter().find_map(|name| Some((name, text(name)?)))
}

/// Whether `list` names the host: exactly, a domain above it (with or without a dot before), with its port, or `*`.
fn is_spared(list: &str, host: &str, port: Option<u16>) -> bool {
    list.split([',', ' '])
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .any(|entry| {
            if entry == "*" {
                return true;
            }
            let (name, wanted) = match entry.rsplit_once(':') {
                Some((name, digits)) if !name.contains(':') && !digits.is_empty() => {
                    (name, digits.parse().ok())
                }
                _ => (entry, None),
            };
            let name = name
                .trim_start_matches('*')
                .trim_start_matches('.')
                .to_ascii_lowercase();
            let same = host == name || host.strip_suffix(&name).is_some_and(|rest| rest.ends_with('.'));
            same && !name.is_empty() && (wanted.is_none() || wanted == port)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(env: &[(&str, &str)], url: &str) -> Option<String> {
        let env: Env = env
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        proxy_for(&env, &Url::parse(url).unwrap()).map(|(_, proxy)| proxy)
    }

    #[test]
    fn the_scheme_and_small_letters_choose() {
        let env = [
            ("HTTPS_PROXY", "http://big:1"),
            ("https_proxy", "http://small:1"),
            ("HTTP_PROXY", "http://plain:1"),
            ("ALL_PROXY", "http://all:1"),
        ];
        assert_eq!(
            proxy(&env, "https://dl.k8s.io/x").as_deref(),
            Some("http://small:1")
        );
        assert_eq!(proxy(&env, "http://a.test/x").as_deref(), Some("http://plain:1"));
        assert_eq!(
            proxy(&env[3..], "https://a.test/").as_deref(),
            Some("http://all:1")
        );
        assert_eq!(proxy(&[], "https://a.test/"), None);
        assert_eq!(proxy(&[("HTTPS_PROXY", "")], "https://a.test/"), None);
    }

    #[test]
    fn hosts_that_no_proxy_names_are_asked_directly() {
        for (list, spared) in [
            ("dl.k8s.io", true),
            ("k8s.io", true),
            (".k8s.io", true),
            ("*.k8s.io", true),
            ("other.test, k8s.io", true),
            ("*", true),
            ("dl.k8s.io:443", true),
            ("dl.k8s.io:8443", false),
            ("s.io", false),
            ("xdl.k8s.io", false),
            ("", false),
            (".", false),
            (",", false),
        ] {
            let env = [("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", list)];
            assert_eq!(proxy(&env, "https://dl.k8s.io/x").is_none(), spared, "{list:?}");
        }
    }
}
