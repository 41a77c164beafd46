//! What is said about a registry that does not give a chart, and what mends it.

use super::{Asked, Aws};
use crate::clients::helm_charts::{LIMIT, Trouble};
use crate::report::ExecMode;

/// What happened, as a phrase.
pub(super) fn reason(trouble: Trouble, host: &str) -> String {
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
pub(super) const fn elsewhere(trouble: Trouble, aws: Aws, mode: ExecMode) -> &'static str {
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

/// What mends it.
pub(super) fn remedy(trouble: Trouble, one: &Asked, mode: ExecMode) -> String {
    let docker = mode == ExecMode::Docker;
    let (host, again) = (one.host(), one.again());
    let name = host.split(':').next().unwrap_or(host);
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
        Trouble::Absent if one.is_mirrored() => format!("{again} shows it. Check the host and path in `--chart-registry`; a mirror must hold every chart that `charts.lock.json` names, under its name and version."),
        Trouble::Absent => format!("{again} shows it. Wait some minutes, then run again; if it stays, take a newer `lakehouse`, or name a mirror that holds the charts with `--chart-registry`."),
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
