//! Helm and the chart registry: whether a chart can be had, and where on the way there it stopped.

use crate::clients::call::{Ask, ask, ask_both};
use crate::clients::failure::{CallError, ErrorClass, ParseFailure};
use crate::clients::helm_words::classify_helm;
use crate::gateway::{Gateway, Tool};
use crate::model::{ChartReference, LockedChart};
use std::time::Duration;

/// How long one look into the registry may take: Go itself would wait 30 s for a connection that never comes.
pub const LIMIT: Duration = Duration::from_secs(20);

/// What a chart's pull showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pulled {
    /// The digest of the OCI manifest; none from a chart repository.
    pub digest: Option<String>,
}

/// The client.
#[derive(Clone, Copy)]
pub struct HelmCharts<'a> {
    /// Where the commands go.
    pub gateway: &'a dyn Gateway,
}

impl HelmCharts<'_> {
    /// Fetches `chart` by `reference` and reads what it says of itself, as install will.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer; [`trouble`] reads helm's own words.
    pub fn show(&self, chart: &LockedChart, reference: &ChartReference) -> Result<Pulled, CallError> {
        let words = ["show".to_owned(), "chart".to_owned()];
        let args = words.into_iter().chain(reference.args());
        let mut question = Ask::tool(Tool::Helm, "read a chart from the chart registry", args);
        question.spec.timeout = LIMIT;
        ask_both(self.gateway, &question, |stdout, stderr| {
            parse_chart(stdout, chart)?;
            Ok(Pulled {
                digest: parse_digest(stderr),
            })
        })
    }
}

/// The code of a failure of a chart to take the user's own values.
pub const USER_VALUES: &str = "UserValues";
/// How long rendering a chart may take, its fetching included.
const RENDER_LIMIT: Duration = Duration::from_secs(60);

impl HelmCharts<'_> {
    /// The kinds that a chart brings outside its templates (its folder `crds`), as YAML; empty where it brings none.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer; [`REGISTRY`](crate::clients::helm_words::REGISTRY) as code: it was the registry.
    pub fn kinds(&self, reference: &ChartReference) -> Result<String, CallError> {
        let words = ["show".to_owned(), "crds".to_owned()];
        let args = words.into_iter().chain(reference.args());
        let mut question = Ask::tool(Tool::Helm, "read the kinds that a chart brings", args);
        question.spec.timeout = RENDER_LIMIT;
        ask(self.gateway, &question, |stdout| {
            String::from_utf8(stdout.to_vec()).map_err(|_| ParseFailure::Form("helm show crds"))
        })
        .map_err(told)
    }

    /// Has the chart take `values` for the release `name` in `namespace`: by its schema and its templates, asking no
    /// cluster. What comes of it is not kept.
    ///
    /// # Errors
    /// [`CallError`]; [`USER_VALUES`] as code where the chart refuses them, [`REGISTRY`](crate::clients::helm_words::REGISTRY) where it was the registry.
    pub fn take_values(
        &self,
        reference: &ChartReference,
        (name, namespace): (&str, &str),
        values: &str,
        secrets: Vec<String>,
        kubernetes: &str,
    ) -> Result<(), CallError> {
        let purpose = format!("check the values of `--set-values` for the release `{name}`");
        let mut args = vec!["template".to_owned(), name.to_owned()];
        args.extend(reference.args());
        // Without it a helm that was built from its module renders for Kubernetes 1.20.
        args.extend(["-n", namespace, "-f", "-", "--kube-version", kubernetes].map(str::to_owned));
        let mut question = Ask::tool(Tool::Helm, &purpose, args);
        question.spec.timeout = RENDER_LIMIT;
        question.spec.stdin = Some(values.as_bytes().to_vec());
        question.spec.secrets = secrets;
        ask(self.gateway, &question, |_| Ok(())).map_err(|error| {
            let error = told(error);
            match error.code.as_deref() {
                Some("ValuesSchema" | "Template" | "Values") => CallError {
                    class: ErrorClass::Invalid,
                    code: Some(USER_VALUES.to_owned()),
                    ..error
                },
                _ => error,
            }
        })
    }
}

/// A failure of a helm that asked no cluster, by helm's words and the registry's.
fn told(error: CallError) -> CallError {
    if error.class != ErrorClass::Other || error.code.is_some() {
        return error;
    }
    let (class, code) = classify_helm(&error.said);
    CallError { class, code, ..error }
}

/// Reads the digest beside an answer: helm ends a pull from an OCI registry with `Digest: sha256:…` on stderr, and one
/// from a chart repository without (helm 3.19.5, recorded).
#[must_use]
pub fn parse_digest(stderr: &str) -> Option<String> {
    let shown = stderr
        .lines()
        .rev()
        .find_map(|line| line.trim_end().strip_prefix("Digest: "))?;
    Some(shown.to_owned())
}

/// Reads `helm show chart`: the chart's metadata as YAML, written by helm itself, which sorts the keys and puts each
/// plain one at a line's start. So two lines are enough, and text of several lines stands indented.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or another chart's.
pub fn parse_chart(bytes: &[u8], wanted: &LockedChart) -> Result<(), ParseFailure> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ParseFailure::Empty);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ParseFailure::Form("helm show chart"))?;
    let value = |key: &'static str| {
        let mut found = text
            .lines()
            .filter_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        match (found.next(), found.next()) {
            (Some(value), None) => Ok(value.trim_matches(['"', '\''])),
            _ => Err(ParseFailure::Form(key)),
        }
    };
    value("apiVersion")?;
    if value("name")? != wanted.name {
        return Err(ParseFailure::Form("name"));
    }
    if value("version")? != wanted.version {
        return Err(ParseFailure::Form("version"));
    }
    Ok(())
}

/// Where on the way to the registry it stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The registry's name has no address, or DNS did not say.
    Name,
    /// No connection: route or port.
    Connect,
    /// A connection, or none, and then silence.
    Timeout,
    /// The proxy: not reached, or it refused.
    Proxy,
    /// The certificate is of an authority that is not trusted there.
    Authority,
    /// The certificate is another name's, or its time is over or has not begun.
    Certificate,
    /// Something answers that does not speak TLS.
    NotTls,
    /// The registry wants a login, or refuses the one that it was given.
    Login,
    /// The registry asked to slow down.
    Busy,
    /// The registry has trouble of its own (its 5xx).
    Service,
    /// The registry answers and does not hold the chart.
    Absent,
    /// Something answers that is no registry.
    NoRegistry,
    /// Anything else.
    Other,
}

/// Reads helm's words (3.18 and 3.19; Go's `net` and `net/http` below them). Recorded: `fixtures/helm/show-chart`.
#[must_use]
pub fn trouble(stderr: &str) -> Trouble {
    let Some(line) = stderr.lines().rev().find(|line| line.starts_with("Error: ")) else {
        return Trouble::Other;
    };
    // What stands in quotes is the URL: names that the user chose, which may hold any word below.
    let words: String = line.trim_end().split('"').step_by(2).collect();
    let status = words
        .split_once("response status code ")
        .and_then(|(_, rest)| rest.get(..3)?.parse::<u16>().ok());
    if let Some(status) = status {
        return by_status(status);
    }
    WORDS
        .iter()
        .find(|(word, _)| words.contains(word))
        .map_or_else(|| by_end(&words), |(_, trouble)| *trouble)
}

/// Looked for in this order: a line about the proxy also holds what happened on the way to it.
const WORDS: [(&str, Trouble); 21] = [
    ("proxyconnect ", Trouble::Proxy),
    ("certificate signed by unknown authority", Trouble::Authority),
    ("x509: ", Trouble::Certificate),
    ("tls: first record does not look like", Trouble::NotTls),
    ("server gave HTTP response to HTTPS client", Trouble::NotTls),
    ("basic credential not found", Trouble::Login),
    ("credential required", Trouble::Login),
    ("lookup ", Trouble::Name),
    ("i/o timeout", Trouble::Timeout),
    ("TLS handshake timeout", Trouble::Timeout),
    ("context deadline exceeded", Trouble::Timeout),
    ("timeout awaiting response headers", Trouble::Timeout),
    ("connection refused", Trouble::Connect),
    ("connection reset by peer", Trouble::Connect),
    ("no route to host", Trouble::Connect),
    ("network is unreachable", Trouble::Connect),
    ("unexpected EOF", Trouble::Connect),
    ("manifest does not contain", Trouble::NoRegistry),
    ("invalid character", Trouble::NoRegistry),
    // A chart repository without the chart, and a page in place of its index.
    (" not found in ", Trouble::Absent),
    ("error unmarshaling JSON", Trouble::NoRegistry),
];

const fn by_status(status: u16) -> Trouble {
    match status {
        401 | 403 => Trouble::Login,
        404 => Trouble::Absent,
        407 => Trouble::Proxy,
        429 => Trouble::Busy,
        500..=599 => Trouble::Service,
        _ => Trouble::Other,
    }
}

fn by_end(words: &str) -> Trouble {
    let end = words.rsplit(": ").next().unwrap_or_default();
    // A chart repository's answer to its index: `failed to fetch URL : 503 Service Unavailable`.
    let status = end.split_once(' ').and_then(|(status, _)| status.parse().ok());
    match status.map(by_status) {
        Some(Trouble::Absent) => return Trouble::NoRegistry,
        Some(trouble) => return trouble,
        None => {}
    }
    // What a proxy says instead of opening the way: Go gives its status in words, and nothing else.
    let refusals = [
        "Proxy Authentication Required",
        "Forbidden",
        "Bad Gateway",
        "Service Unavailable",
        "Gateway Timeout",
    ];
    match end {
        "not found" => Trouble::Absent,
        "EOF" => Trouble::Connect,
        _ if refusals.contains(&end) => Trouble::Proxy,
        _ => Trouble::Other,
    }
}
