//! A mirror of one tool's official downloads.

use crate::model::BadInput;
use base64::Engine as _;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use url::Url;

/// The variables that name mirrors, by tool.
pub const MIRROR_VARIABLES: [(&str, &str); 4] = [
    ("aws", "LAKEHOUSE_TOOLBOX_MIRROR_AWS"),
    ("eksctl", "LAKEHOUSE_TOOLBOX_MIRROR_EKSCTL"),
    ("helm", "LAKEHOUSE_TOOLBOX_MIRROR_HELM"),
    ("kubectl", "LAKEHOUSE_TOOLBOX_MIRROR_KUBECTL"),
];

/// The mirrors that were named, by tool.
pub type ToolboxMirrors = BTreeMap<String, ToolboxMirror>;

/// A base URL that stands for a tool's official one. Unlike that it may be `http`: the lock's hashes hold all the same.
/// A user and a password in it go to the mirror alone and are never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ToolboxMirror {
    url: String,
    user: Option<(String, String)>,
}

impl ToolboxMirror {
    /// The base URL without user and password; it ends with `/`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The header `Authorization` for it (RFC 7617), where it has a user.
    #[must_use]
    pub fn authorization(&self) -> Option<String> {
        let (user, password) = self.user.as_ref()?;
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        Some(format!("Basic {pair}"))
    }

    /// What of it must never be shown: user and password as they are and as they are sent.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let Some((user, password)) = &self.user else {
            return Vec::new();
        };
        let sent = self.authorization().unwrap_or_default();
        let sent = sent.trim_start_matches("Basic ").to_owned();
        // A user without a password is a token.
        let secret = if password.is_empty() { user } else { password };
        vec![secret.clone(), sent]
    }
}

impl fmt::Debug for ToolboxMirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ToolboxMirror").field(&self.url).finish()
    }
}

impl FromStr for ToolboxMirror {
    type Err = BadInput;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rule = || {
            BadInput::new(
                "a base URL, http or https, without query and fragment",
                "https://mirror.example/kubectl/",
            )
        };
        let mut url = Url::parse(text).map_err(|_| rule())?;
        let plain = ["http", "https"].contains(&url.scheme())
            && url.host_str().is_some()
            && url.query().is_none()
            && url.fragment().is_none()
            && !text.chars().any(|c| c.is_control() || c.is_whitespace());
        if !plain {
            return Err(rule());
        }
        let decoded = |part: &str| {
            percent_encoding::percent_decode_str(part)
                .decode_utf8()
                .map(std::borrow::Cow::into_owned)
        };
        let user = decoded(url.username()).map_err(|_| rule())?;
        let password = decoded(url.password().unwrap_or_default()).map_err(|_| rule())?;
        if url.set_username("").is_err() || url.set_password(None).is_err() {
            return Err(rule());
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(Self {
            url: url.into(),
            user: (!user.is_empty() || !password.is_empty()).then_some((user, password)),
        })
    }
}

/// A refused URL as an error may show it: what could be a user, a password or a token is left out.
#[must_use]
pub fn without_credentials(text: &str) -> String {
    let shown = match text.rsplit_once('@') {
        None => text.to_owned(),
        Some((before, after)) => {
            let scheme = before
                .split_once("://")
                .map_or(String::new(), |(scheme, _)| format!("{scheme}://"));
            format!("{scheme}[redacted]@{after}")
        }
    };
    match shown.split_once(['?', '#']) {
        None => shown,
        Some((before, _)) => format!("{before}?[redacted]"),
    }
}

#[cfg(test)]
mod tests {
    use super::{ToolboxMirror, without_credentials};

    #[test]
    fn a_mirror_is_a_base_url_of_either_scheme() {
        for (text, url) in [
            ("https://m.example", "https://m.example/"),
            ("http://m.example:8080/k8s", "http://m.example:8080/k8s/"),
            ("https://m.example/a/b/", "https://m.example/a/b/"),
        ] {
            assert_eq!(text.parse::<ToolboxMirror>().unwrap().url(), url);
        }
        for bad in [
            "",
            "m.example",
            "ftp://m.example/",
            "file:///srv",
            "https://",
            "https://m.example/?token=abcdef",
            "https://m.example/#x",
            "https://m.example/a b",
            "https://m.example/\n",
        ] {
            let why = bad.parse::<ToolboxMirror>().unwrap_err();
            assert!(why.example.parse::<ToolboxMirror>().is_ok(), "{bad:?}");
        }
    }

    #[test]
    fn user_and_password_go_to_the_mirror_and_nowhere_else() {
        let mirror: ToolboxMirror = "https://me:pass%2Fword@m.example/x".parse().unwrap();
        assert_eq!(mirror.authorization().unwrap(), "Basic bWU6cGFzcy93b3Jk");
        assert_eq!(mirror.secrets(), ["pass/word", "bWU6cGFzcy93b3Jk"]);
        let shown = format!("{mirror:?} {}", mirror.url());
        assert!(!shown.contains("pass") && !shown.contains("me:"), "{shown}");
        let token: ToolboxMirror = "https://token-of-mine@m.example/".parse().unwrap();
        assert_eq!(token.secrets()[0], "token-of-mine");
    }

    #[test]
    fn a_refused_url_is_shown_without_what_may_be_secret() {
        for (text, shown) in [
            (
                "https://me:word@m.example/?x",
                "https://[redacted]@m.example/?[redacted]",
            ),
            ("me:word@m.example", "[redacted]@m.example"),
            ("https://me:wo@rd@m.example", "https://[redacted]@m.example"),
            ("https://m.example/?token=abc", "https://m.example/?[redacted]"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(without_credentials(text), shown);
        }
    }
}
