//! Keys that an env file may not hold.

/// Why a key is refused in an env file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It chooses which program runs, where, or whom it talks to.
    ChoosesTools,
    /// It is a credential.
    Credential,
    /// It is this program's own variable.
    OwnVariable,
    /// A shell can't set it.
    ReadOnlyInShell,
}

/// This program's variables that the file may hold: neither makes anything run.
const OWN_ALLOWED: [&str; 2] = ["LAKEHOUSE_READ_ONLY", "LAKEHOUSE_OUTPUT"];

/// Credentials and what stands for them (AWS CLI, "Environment variables"): the account is chosen by
/// profile, and a file in a folder is no place for a secret.
const CREDENTIALS: [&str; 8] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_BEARER_TOKEN_BEDROCK",
];

/// Names that shells, loaders, engines and the tools read to find programs, libraries, hosts and trust.
const EXACT: [&str; 44] = [
    "PATH",
    "HOME",
    "SHELL",
    "ENV",
    "BASH_ENV",
    "IFS",
    "PS4",
    "PROMPT_COMMAND",
    "CDPATH",
    "TMPDIR",
    "EDITOR",
    "PAGER",
    "BROWSER",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CA_BUNDLE",
    "AWS_DATA_PATH",
    "AWS_PAGER",
    "AWS_CLI_AUTO_PROMPT",
    "AWS_DEFAULT_PROFILE",
    "KUBECONFIG",
    "CONTAINER_HOST",
    "CONTAINER_CONNECTION",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_OPTIONS",
    "GCONV_PATH",
    "HOSTALIASES",
    "LOCALDOMAIN",
    "RES_OPTIONS",
    "ZDOTDIR",
    "VISUAL",
    "KUBE_EDITOR",
    "LESSOPEN",
    "LESSCLOSE",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "_JAVA_OPTIONS",
];

/// Names that bash makes read-only: sourcing a file that sets one fails, and a POSIX shell ends there. Exact: `uid`
/// is a name like any other.
const READ_ONLY: [&str; 6] = ["UID", "EUID", "PPID", "BASHOPTS", "SHELLOPTS", "BASH_VERSINFO"];

/// Beginnings of such names.
const PREFIXES: [&str; 22] = [
    "LD_",
    "DYLD_",
    "DOCKER_",
    "BUILDKIT_",
    "BUILDX_",
    "COMPOSE_",
    "PODMAN_",
    "AWS_ENDPOINT_URL",
    "AWS_CONTAINER_",
    "AWS_EC2_METADATA_",
    "AWS_IGNORE_CONFIGURED_ENDPOINT",
    "HELM_",
    "KUBECTL_",
    "EKSCTL_",
    "PYTHON",
    "XDG_",
    "GODEBUG",
    "GIT_",
    "BASH_FUNC_",
    "OPENSSL_",
    "PERL5",
    "RUBY",
];

impl Refused {
    /// Why `key` is refused, if it is. Without regard to case: proxies are read as `http_proxy` too.
    #[must_use]
    pub fn of(key: &str) -> Option<Self> {
        if READ_ONLY.contains(&key) {
            return Some(Self::ReadOnlyInShell);
        }
        let upper = key.to_ascii_uppercase();
        if CREDENTIALS.contains(&upper.as_str()) {
            return Some(Self::Credential);
        }
        if EXACT.contains(&upper.as_str()) || PREFIXES.iter().any(|p| upper.starts_with(p)) {
            return Some(Self::ChoosesTools);
        }
        if upper == "LAKEHOUSE_EXEC" || upper.starts_with("LAKEHOUSE_TOOLBOX_") {
            return Some(Self::ChoosesTools);
        }
        (upper.starts_with("LAKEHOUSE_") && !OWN_ALLOWED.contains(&key)).then_some(Self::OwnVariable)
    }

    /// The refusal as a sentence.
    #[must_use]
    pub fn sentence(self, key: &str) -> String {
        // A key may be as long as the file: it is cut like every value that an error shows.
        let key: String = key.chars().take(60).collect();
        match self {
            Self::ChoosesTools => format!(
                "{key} chooses how tools are run and may not stand in an env file: set it in the environment"
            ),
            Self::Credential => {
                format!(
                    "{key} is a credential and may not stand in an env file: choose a profile (AWS_PROFILE)"
                )
            }
            Self::ReadOnlyInShell => {
                format!("{key} is read-only in bash, and sourcing the file would fail: rename it")
            }
            Self::OwnVariable => format!("{key} is not a key of the env file: set it in the environment"),
        }
    }
}

/// Whether a shell takes `text` as a variable's name.
pub(super) fn is_key(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
