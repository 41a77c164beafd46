//! Check `chart-registry`: a chart can be had from where the tools run, so the network there reaches the registry.

use super::checked::{Checked, unknown};
use crate::clients::helm_charts::{Chart, HelmCharts, LIMIT, Trouble, trouble};
use crate::clients::{Asker, CallError, ErrorClass};
use crate::gateway::Gateway;
use crate::model::ChartRegistry;
use crate::report::{Code, ExecMode, Finding, Outcome, PreflightEvidence};

/// The check's id.
pub const ID: &str = "chart-registry";

/// The chart that is asked for: the smallest of those that install takes from the registry.
pub const CHART: Chart = Chart {
    name: "ingext-lake-config",
    version: "1.0.0",
};

/// Whether AWS answered from the same place: together with the registry's silence it tells where to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aws {
    /// It answered, whatever it said.
    Answers,
    /// It could not be reached.
    Unreachable,
    /// Not known.
    Unknown,
}

/// Codes that only AWS itself can have caused.
const ANSWERS: [Code; 4] = [
    Code::AwsAccessDenied,
    Code::AwsKeysExpired,
    Code::AwsThrottled,
    Code::ClockSkew,
];

impl Aws {
    /// Read from the check `identity`.
    #[must_use]
    pub fn of(identity: &Checked) -> Self {
        let finding = identity.findings.first();
        match finding.map(|finding| (finding.outcome, finding.code)) {
            Some((_, Some(Code::AwsUnreachable))) => Self::Unreachable,
            Some((Outcome::Pass, _)) => Self::Answers,
            Some((_, Some(code))) if ANSWERS.contains(&code) => Self::Answers,
            _ => Self::Unknown,
        }
    }
}

/// Asks helm for the chart.
///
/// # Errors
/// [`CallError`] where there is no answer.
pub fn ask(gateway: &dyn Gateway, registry: &ChartRegistry) -> Result<(), CallError> {
    HelmCharts { gateway }.show(registry, CHART)
}

/// Judges what helm said.
#[must_use]
pub fn decide(
    found: Result<(), CallError>,
    registry: &ChartRegistry,
    aws: Aws,
    asker: &Asker<'_>,
) -> Checked {
    let place = match asker.mode {
        ExecMode::Docker => "the toolbox container",
        ExecMode::Local => "this machine",
    };
    let Err(error) = found else {
        let message = format!(
            "The chart registry `{registry}` answers where the tools run: {} {} is there.",
            CHART.name, CHART.version
        );
        return Checked::from(Finding::pass(ID, message)).seen(PreflightEvidence {
            chart_registry: Some(registry.to_string()),
            ..PreflightEvidence::default()
        });
    };
    let what = format!("Whether the chart registry `{registry}` answers");
    let trouble = match error.class {
        // One cause, one remedy: the check of the tool has it.
        ErrorClass::MissingTool => {
            let message = format!("{what} is unknown: helm is missing, see the check `tool-helm`.");
            return Finding::fail(ID, Code::ToolMissing, message).into();
        }
        ErrorClass::TimedOut => Trouble::Timeout,
        ErrorClass::Other => trouble(&error.said),
        _ => return unknown(ID, &what, &error, asker).into(),
    };
    if trouble == Trouble::Other {
        return unknown(ID, &what, &error, asker).into();
    }
    let code = match trouble {
        Trouble::Absent => Code::ChartNotFound,
        _ => Code::ChartRegistryUnreachable,
    };
    let message = match (trouble, elsewhere(trouble, aws, asker.mode)) {
        (Trouble::Absent, _) => format!(
            "The registry `{registry}` answers and does not hold the chart {} {}.",
            CHART.name, CHART.version
        ),
        (_, hint) => format!(
            "The charts can't be had from `{registry}`, asked from {place}: {}.{hint}",
            reason(trouble, host(registry))
        ),
    };
    Finding::fail(ID, code, message)
        .remedy(remedy(trouble, registry, asker.mode))
        .said(error.said)
        .into()
}

/// `HOST[:PORT]`.
fn host(registry: &ChartRegistry) -> &str {
    let rest = registry.as_str().trim_start_matches("oci://");
    rest.split('/').next().unwrap_or(rest)
}

fn reason(trouble: Trouble, host: &str) -> String {
    match trouble {
        Trouble::Name => format!("DNS there gives no address for `{host}`"),
        Trouble::Connect => format!("there is no connection to `{host}`"),
        Trouble::Timeout => format!("`{host}` did not answer in time ({} s at most)", LIMIT.as_secs()),
        Trouble::Proxy => format!("the proxy on the way to `{host}` was not reached, or refused"),
        Trouble::Authority => format!(
            "the certificate that `{host}`, or a proxy before it, shows is of an authority that is not trusted there"
        ),
        Trouble::Certificate => format!(
            "the certificate that `{host}`, or a proxy before it, shows is another name's, or out of its time"
        ),
        Trouble::NotTls => format!("`{host}` answers without TLS"),
        Trouble::Login => format!("`{host}` asks for a login, or refuses the one that helm has"),
        Trouble::Busy => format!("`{host}` asks to slow down"),
        Trouble::Service => format!("`{host}` answers with an error of its own"),
        Trouble::Absent | Trouble::NoRegistry | Trouble::Other => {
            format!("what answers at `{host}` is no chart registry")
        }
    }
}

/// What AWS's answer, or silence, from the same place adds.
const fn elsewhere(trouble: Trouble, aws: Aws, mode: ExecMode) -> &'static str {
    if !matches!(
        trouble,
        Trouble::Name | Trouble::Connect | Trouble::Timeout | Trouble::Proxy
    ) {
        return "";
    }
    match (aws, mode) {
        (Aws::Answers, _) => {
            " AWS does answer from there: the network works, and the way to this registry is closed."
        }
        (Aws::Unreachable, ExecMode::Docker) => {
            " AWS can't be reached from there either: look at the container's network first."
        }
        (Aws::Unreachable, ExecMode::Local) => {
            " AWS can't be reached from there either: look at this machine's network first."
        }
        (Aws::Unknown, _) => "",
    }
}

fn remedy(trouble: Trouble, registry: &ChartRegistry, mode: ExecMode) -> String {
    let docker = mode == ExecMode::Docker;
    let host = host(registry);
    let name = host.split(':').next().unwrap_or(host);
    let again = format!(
        "`helm show chart {} --version {}`",
        registry.chart(CHART.name),
        CHART.version
    );
    let mirror = "Or name a mirror of the charts with `--chart-registry`.";
    match trouble {
        Trouble::Name if docker => format!("`lakehouse toolbox shell`, and in it `getent hosts {name}`: without a line, set the engine's DNS (`\"dns\"` in `/etc/docker/daemon.json`), or a network that has one with `--toolbox-network`; where only a proxy leads out, set HTTPS_PROXY. {mirror}"),
        Trouble::Name => format!("`nslookup {name}` shows what DNS says; where only a proxy leads out, set HTTPS_PROXY. {mirror}"),
        Trouble::Connect | Trouble::Timeout if docker => format!("`lakehouse toolbox shell`, and in it {again}: the firewall, or the container's network (`--toolbox-network`), must let it out; where a proxy is needed, set HTTPS_PROXY. {mirror}"),
        Trouble::Connect | Trouble::Timeout => format!("{again} shows it; the firewall must let it out; where a proxy is needed, set HTTPS_PROXY. {mirror}"),
        Trouble::Proxy if docker => format!("Check HTTPS_PROXY and NO_PROXY (`env | grep -i proxy`): in the container `localhost` is the container itself, so name the proxy by an address that it reaches. {mirror}"),
        Trouble::Proxy => format!("Check HTTPS_PROXY and NO_PROXY (`env | grep -i proxy`), and that the proxy lets `{host}` through. {mirror}"),
        Trouble::Authority if docker => "Point LAKEHOUSE_CA_BUNDLE at a file with the authority's certificate (PEM): the next run builds the toolbox image with it. An image of your own (`--toolbox-image`) must hold it.".to_owned(),
        Trouble::Authority => "Point SSL_CERT_FILE at a bundle that holds the authority's certificate beside the system's, or add it to the system's.".to_owned(),
        Trouble::Certificate => format!("Check the clock (`date`) and the name in `--chart-registry`; `openssl s_client -connect {} </dev/null` shows the certificate.", with_port(host)),
        Trouble::NotTls => "The registry must speak HTTPS: check the host and port in `--chart-registry`.".to_owned(),
        Trouble::Login if docker => format!("The toolbox has no login: the registry must let anybody read. With a login: `helm registry login {host}`, and `--exec local`."),
        Trouble::Login => format!("A login that has expired is refused where none is needed (public.ecr.aws): `helm registry logout {host}`, `docker logout {host}`, then run again. A private mirror: `helm registry login {host}`."),
        Trouble::Busy => "Wait some minutes, then run again: public registries limit how often one address may ask.".to_owned(),
        Trouble::Service => format!("Wait a minute, then run again. {mirror}"),
        Trouble::Absent => format!("{again} shows it. Check the host and path in `--chart-registry`; a mirror must hold every chart of `{}`.", ChartRegistry::DEFAULT),
        Trouble::NoRegistry | Trouble::Other => format!("Check the host and path in `--chart-registry`, and whether this network wants a sign-in first. {again} shows what comes."),
    }
}

fn with_port(host: &str) -> String {
    if host.contains(':') {
        host.to_owned()
    } else {
        format!("{host}:443")
    }
}
