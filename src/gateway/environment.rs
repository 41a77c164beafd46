//! Which environment the tools get: one identity, no surprises, nothing that is not needed.

use crate::model::ToolboxMirror;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// An environment by name.
pub type Env = BTreeMap<OsString, OsString>;

/// Credentials of the environment that AWS's tools prefer to a profile (`aws help config-vars`; botocore's chain asks
/// the environment and web identity first): with a chosen profile they would make `aws`, eksctl and `get-token` act
/// as somebody else than the report says.
pub const CREDENTIALS: [&str; 7] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    WEB_IDENTITY,
];

/// Names the file with a web identity's token.
pub const WEB_IDENTITY: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";

/// Other names for the profile; `AWS_PROFILE` alone is set.
const OTHER_PROFILE_NAMES: [&str; 2] = ["AWS_DEFAULT_PROFILE", "AWS_DEFAULT_REGION"];

/// The names of proxy settings, for tools and builds.
pub const PROXIES: [&str; 8] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
];

/// Beginnings of Helm's variables that lead it to another cluster, identity or place of its records than the run's
/// kubeconfig (`helm help`): with them a list of releases would be empty, or another cluster's.
const OTHER_CLUSTERS: [&str; 3] = ["HELM_KUBE", "HELM_DRIVER", "HELM_NAMESPACE"];

/// What goes into the toolbox container besides the fixed settings. Everything else stays outside.
const ALLOWED: [&str; 19] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_DEFAULTS_MODE",
    "AWS_MAX_ATTEMPTS",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_METADATA_SERVICE_TIMEOUT",
    "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
    "TZ",
];

/// Set for every tool in both modes: no pager, no prompt, known language, AWS's standard retries.
const FIXED: [(&str, &str); 9] = [
    ("AWS_PAGER", ""),
    ("AWS_CLI_AUTO_PROMPT", "off"),
    ("AWS_CLI_HISTORY_FILE", "/dev/null"),
    ("AWS_RETRY_MODE", "standard"),
    ("LC_ALL", "C.UTF-8"),
    ("NO_COLOR", "1"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
    ("PYTHONNOUSERSITE", "1"),
    // kubectl 1.34 reads defaults of flags from `~/.kube/kuberc`; none of ours may be another than it says.
    ("KUBERC", "off"),
];

/// Who the tools act as, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The chosen profile.
    pub profile: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// Keys that the profile's source has here and the tools could not reach by themselves: a `credential_process`'s,
    /// or the environment's beside a profile. The settings that the tools get lead to them (`settings_copy`), so
    /// that profile, role and endpoint stay as they are.
    pub keys: Option<SourceKeys>,
}

/// Holds [`Identity::keys`], in the form that a `credential_process` prints.
pub const SOURCE_KEYS: &str = "LAKEHOUSE_SOURCE_KEYS";

/// Keys that are handed in for this run.
#[derive(Clone, PartialEq, Eq)]
pub struct SourceKeys {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: Option<String>,
}

impl std::fmt::Debug for SourceKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SourceKeys([redacted])")
    }
}

impl SourceKeys {
    /// The environment's own keys, if it has a pair.
    #[must_use]
    pub fn of_environment(env: &Env) -> Option<Self> {
        let value = |name: &str| {
            let value = env.get(OsStr::new(name))?.to_str()?;
            (!value.is_empty()).then(|| value.to_owned())
        };
        Some(Self {
            access_key_id: value("AWS_ACCESS_KEY_ID")?,
            secret_access_key: value("AWS_SECRET_ACCESS_KEY")?,
            session_token: value("AWS_SESSION_TOKEN").or_else(|| value("AWS_SECURITY_TOKEN")),
        })
    }

    /// What a `credential_process` that gives them prints. Without `Expiration`: nobody here can renew them, and AWS
    /// itself says best when they have ended.
    #[must_use]
    pub fn document(&self) -> String {
        let mut document = serde_json::json!({
            "Version": 1,
            "AccessKeyId": self.access_key_id,
            "SecretAccessKey": self.secret_access_key,
        });
        if let Some(token) = &self.session_token {
            document["SessionToken"] = token.as_str().into();
        }
        document.to_string()
    }
}

/// Credentials of the environment that the tools don't get, since a profile was chosen.
#[must_use]
pub fn put_aside(host: &Env, identity: &Identity) -> Vec<&'static str> {
    let is_set = |name: &&str| host.get(OsStr::new(name)).is_some_and(|value| !value.is_empty());
    match identity.profile {
        Some(_) => CREDENTIALS.into_iter().filter(is_set).collect(),
        None => Vec::new(),
    }
}

/// Whether the environment has credentials that aws asks before any profile that was not chosen.
#[must_use]
pub fn has_credentials(host: &Env) -> bool {
    ["AWS_ACCESS_KEY_ID", WEB_IDENTITY]
        .iter()
        .any(|name| host.get(OsStr::new(name)).is_some_and(|value| !value.is_empty()))
}

/// The environment of a tool on this machine.
#[must_use]
pub fn local(host: &Env, identity: &Identity) -> Env {
    let mut env = host.clone();
    env.retain(|name, _| {
        let name = name.to_string_lossy();
        !name.starts_with("LAKEHOUSE_") && !OTHER_CLUSTERS.iter().any(|start| name.starts_with(start))
    });
    apply(&mut env, identity);
    env
}

/// The environment of a tool in the toolbox container: the allow-list, service endpoints, and the fixed settings.
#[must_use]
pub fn container(host: &Env, identity: &Identity) -> Env {
    let allowed = |name: &OsStr| {
        let name = name.to_string_lossy();
        ALLOWED.contains(&name.as_ref())
            || PROXIES.contains(&name.as_ref())
            || name.starts_with("AWS_ENDPOINT_URL_")
    };
    let mut env: Env = host
        .iter()
        .filter(|(name, _)| allowed(name))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect();
    apply(&mut env, identity);
    env
}

fn apply(env: &mut Env, identity: &Identity) {
    for name in OTHER_PROFILE_NAMES {
        env.remove(OsStr::new(name));
    }
    if let Some(profile) = &identity.profile {
        for name in CREDENTIALS {
            env.remove(OsStr::new(name));
        }
        env.insert("AWS_PROFILE".into(), profile.into());
    }
    if let Some(keys) = &identity.keys {
        env.insert(SOURCE_KEYS.into(), keys.document().into());
    }
    if let Some(region) = &identity.region {
        env.insert("AWS_REGION".into(), region.into());
    }
    env.extend(
        FIXED
            .iter()
            .map(|(name, value)| (OsString::from(name), OsString::from(value))),
    );
}

/// Values of this environment that must not be shown anywhere.
#[must_use]
pub fn secrets(host: &Env) -> Vec<String> {
    let named = [
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    ];
    let mut secrets: Vec<String> = named
        .iter()
        .filter_map(|name| host.get(OsStr::new(name)))
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    for (name, value) in host {
        let (name, value) = (name.to_string_lossy().to_lowercase(), value.to_string_lossy());
        if name.starts_with("lakehouse_toolbox_mirror_") {
            // As they are meant, and as they are sent; as they are typed, below.
            secrets.extend(
                value
                    .parse()
                    .into_iter()
                    .flat_map(|mirror: ToolboxMirror| mirror.secrets()),
            );
        }
        if name.ends_with("proxy")
            || name.starts_with("lakehouse_toolbox_mirror_")
            || name == "lakehouse_apt_mirror"
        {
            secrets.extend(password_of(&value));
        }
    }
    secrets
}

/// The proxies of this environment that stand on this machine's own loopback, by variable: a container has another.
#[must_use]
pub fn loopback_proxies(host: &Env) -> Vec<String> {
    let on_loopback = |value: &str| {
        let with_scheme = if value.contains("://") {
            value.to_owned()
        } else {
            format!("http://{value}")
        };
        match url::Url::parse(&with_scheme)
            .ok()
            .and_then(|url| url.host().map(|host| host.to_owned()))
        {
            Some(url::Host::Domain(name)) => name == "localhost" || name.starts_with("127."),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    };
    host.iter()
        .filter(|(name, value)| {
            let name = name.to_string_lossy();
            PROXIES.contains(&name.as_ref())
                && !name.eq_ignore_ascii_case("no_proxy")
                && on_loopback(&value.to_string_lossy())
        })
        .map(|(name, _)| name.to_string_lossy().into_owned())
        .collect()
}

/// The password in a URL, if it has one.
fn password_of(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let (user, _) = rest.split('/').next()?.rsplit_once('@')?;
    user.split_once(':').map(|(_, password)| password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host() -> Env {
        [
            ("AWS_ACCESS_KEY_ID", "AKIAOTHER"),
            ("AWS_SECRET_ACCESS_KEY", "other-secret"),
            ("AWS_SESSION_TOKEN", "other-token"),
            ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/ci"),
            (WEB_IDENTITY, "/run/token"),
            ("AWS_DEFAULT_PROFILE", "elsewhere"),
            ("AWS_ENDPOINT_URL_S3", "http://localhost:1"),
            ("GITHUB_TOKEN", "not-for-tools"),
            ("HTTPS_PROXY", "http://me:pass-word@proxy:3128"),
            ("LAKEHOUSE_EXEC", "docker"),
            ("HELM_KUBETOKEN", "other"),
            ("HELM_DRIVER", "configmap"),
            ("PATH", "/bin"),
        ]
        .map(|(name, value)| (name.into(), value.into()))
        .into()
    }

    fn get<'a>(env: &'a Env, name: &str) -> Option<&'a str> {
        env.get(OsStr::new(name)).and_then(|value| value.to_str())
    }

    #[test]
    fn a_chosen_profile_takes_other_keys_away_in_both_modes() {
        let identity = Identity {
            profile: Some("p".into()),
            region: Some("us-east-2".into()),
            keys: None,
        };
        for env in [local(&host(), &identity), container(&host(), &identity)] {
            assert_eq!(get(&env, "AWS_PROFILE"), Some("p"));
            assert_eq!(get(&env, "AWS_REGION"), Some("us-east-2"));
            for name in CREDENTIALS.iter().chain(&OTHER_PROFILE_NAMES) {
                assert_eq!(get(&env, name), None, "{name}");
            }
        }
    }

    #[test]
    fn without_a_profile_the_keys_go_along() {
        assert_eq!(
            get(&container(&host(), &Identity::default()), "AWS_SESSION_TOKEN"),
            Some("other-token")
        );
    }

    #[test]
    fn handed_in_keys_come_beside_the_profile_and_never_by_their_usual_names() {
        let keys = SourceKeys::of_environment(&host());
        assert_eq!(
            keys.as_ref().unwrap().session_token.as_deref(),
            Some("other-token")
        );
        let identity = Identity {
            profile: Some("p".into()),
            region: None,
            keys,
        };
        for env in [local(&host(), &identity), container(&host(), &identity)] {
            assert_eq!(get(&env, "AWS_PROFILE"), Some("p"));
            for name in CREDENTIALS {
                assert_eq!(get(&env, name), None, "{name}");
            }
            let document = get(&env, SOURCE_KEYS).unwrap();
            let read = crate::gateway::credential_process::parse(document.as_bytes());
            assert_eq!(read, identity.keys);
        }
    }

    #[test]
    fn half_a_pair_is_no_keys() {
        for missing in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            let mut env = host();
            env.insert(missing.into(), "".into());
            assert_eq!(SourceKeys::of_environment(&env), None);
        }
    }

    #[test]
    fn what_a_profile_puts_aside_is_named() {
        let identity = Identity {
            profile: Some("p".into()),
            ..Identity::default()
        };
        let aside = put_aside(&host(), &identity);
        assert!(aside.contains(&"AWS_ACCESS_KEY_ID") && aside.contains(&WEB_IDENTITY));
        assert!(put_aside(&host(), &Identity::default()).is_empty());
    }

    #[test]
    fn only_what_is_allowed_goes_into_the_container() {
        let env = container(&host(), &Identity::default());
        assert_eq!(
            (
                get(&env, "GITHUB_TOKEN"),
                get(&env, "PATH"),
                get(&env, "LAKEHOUSE_EXEC")
            ),
            (None, None, None)
        );
        assert_eq!(get(&env, "AWS_ENDPOINT_URL_S3"), Some("http://localhost:1"));
    }

    #[test]
    fn helm_looks_nowhere_else_than_into_the_runs_cluster() {
        let env = local(&host(), &Identity::default());
        assert_eq!(
            (get(&env, "HELM_KUBETOKEN"), get(&env, "HELM_DRIVER")),
            (None, None)
        );
        assert_eq!(get(&env, "PATH"), Some("/bin"));
    }

    #[test]
    fn a_proxys_password_is_a_secret() {
        assert!(secrets(&host()).contains(&"pass-word".to_owned()));
    }

    #[test]
    fn a_proxy_that_a_container_cannot_see_is_known() {
        let host = |value: &str| {
            Env::from([
                ("HTTPS_PROXY".into(), value.into()),
                ("NO_PROXY".into(), "127.0.0.1".into()),
            ])
        };
        for value in [
            "http://127.0.0.1:3128",
            "localhost:3128",
            "socks5://me:word@127.0.0.2:1080",
            "http://[::1]:3128",
        ] {
            assert_eq!(loopback_proxies(&host(value)), ["HTTPS_PROXY"], "{value}");
        }
        for value in [
            "http://proxy.example:3128",
            "10.0.0.1:3128",
            "http://localhost.example",
            "",
            "x y",
        ] {
            assert!(loopback_proxies(&host(value)).is_empty(), "{value}");
        }
    }

    #[test]
    fn a_mirrors_password_is_a_secret_in_each_of_its_forms() {
        let mut host = host();
        let mirror = "https://me:mirror%2Fword@m.example/";
        host.insert("LAKEHOUSE_TOOLBOX_MIRROR_HELM".into(), mirror.into());
        let secrets = secrets(&host);
        assert!(
            secrets.contains(&"mirror/word".to_owned())
                && secrets.contains(&"bWU6bWlycm9yL3dvcmQ=".to_owned())
        );
        assert!(
            local(&host, &Identity::default())
                .keys()
                .all(|name| name != "LAKEHOUSE_TOOLBOX_MIRROR_HELM")
        );
    }
}
