//! Why a pod, or a claim of it, can't even be made: what the API server answered the controller, as the controller's
//! event `FailedCreate` and a Deployment's condition `ReplicaFailure` tell it. Its words are the API server's own
//! (kubernetes `plugin/pkg/admission`, `staging/src/k8s.io/apiserver/pkg/admission/plugin`, 1.34).

use crate::clients::form::is_dns_name;

/// Who refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A `ResourceQuota`.
    Quota {
        /// Which.
        quota: Option<String>,
        /// Whether this one pod asks for more than the quota allows in all: it never fits.
        never: bool,
    },
    /// A `LimitRange`.
    Limits,
    /// The namespace's pod security level.
    PodSecurity,
    /// An admission webhook said no.
    Webhook(Option<String>),
    /// An admission webhook did not answer.
    WebhookSilent(Option<String>),
    /// The pod's service account is not there.
    ServiceAccount(Option<String>),
    /// Something else.
    Other,
}

/// Who refuses, by the API server's words.
#[must_use]
pub fn refusal(said: &str) -> Refusal {
    if let Some(rest) = after(said, "exceeded quota: ").or_else(|| after(said, "failed quota: ")) {
        let quota = rest.split([',', ':']).next().map(str::trim);
        return Refusal::Quota {
            quota: name(quota),
            // Without the figures it is one that wants a request or a limit in each pod.
            never: !rest.contains("requested: ") || never_fits(rest),
        };
    }
    if let Some(rest) = after(said, "failed calling webhook ") {
        return Refusal::WebhookSilent(quoted(rest));
    }
    if let Some(rest) = after(said, "admission webhook ") {
        return Refusal::Webhook(quoted(rest));
    }
    if said.contains("violates PodSecurity") {
        return Refusal::PodSecurity;
    }
    if said.contains("error looking up service account") {
        return Refusal::ServiceAccount(after(said, "serviceaccount ").and_then(quoted));
    }
    let limits = ["maximum ", "minimum ", "limit to request ratio"];
    if limits.iter().any(|word| said.contains(word)) && (said.contains(" per ") || said.contains("ratio")) {
        return Refusal::Limits;
    }
    Refusal::Other
}

fn after<'a>(said: &'a str, word: &str) -> Option<&'a str> {
    said.split_once(word).map(|(_, rest)| rest)
}

fn quoted(text: &str) -> Option<String> {
    name(text.strip_prefix('"')?.split('"').next())
}

fn name(text: Option<&str>) -> Option<String> {
    text.filter(|text| is_dns_name(text)).map(str::to_owned)
}

/// Whether what is requested of any resource is by itself above its limit: `requested: pods=1,requests.cpu=2, used:
/// pods=3,requests.cpu=0, limited: pods=3,requests.cpu=1`.
fn never_fits(said: &str) -> bool {
    let amounts = |word: &str, end: &str| {
        let list = after(said, word).map(|rest| rest.split(end).next().unwrap_or_default());
        let pairs = list.unwrap_or_default().split(',');
        let pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
        pairs
            .filter_map(|(key, text)| Some((key.to_owned(), quantity(text)?)))
            .collect::<Vec<_>>()
    };
    let limited = amounts("limited: ", "\n");
    amounts("requested: ", ", used: ")
        .iter()
        .any(|(key, asked)| limited.iter().any(|(of, most)| of == key && asked > most))
}

/// A quantity of the API, `500m`, `2`, `4Gi`, `1e3`, in thousandths; none where it is none.
#[must_use]
pub fn quantity(text: &str) -> Option<u128> {
    let text = text.trim();
    let digits = text
        .find(|it: char| !it.is_ascii_digit() && it != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return None;
    }
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    let thousandths: u128 = format!("{whole}{part}").parse().ok()?;
    let scale: u128 = match unit {
        "" => 1,
        "m" => return Some(thousandths.div_ceil(1000)),
        "k" | "e3" => 1000,
        "M" | "e6" => 1_000_000,
        "G" | "e9" => 1_000_000_000,
        "T" => 1_000_000_000_000,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        _ => return None,
    };
    thousandths.checked_mul(scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_refuses_is_read_from_the_api_servers_own_words() {
        let quota = |never| Refusal::Quota {
            quota: Some("small".to_owned()),
            never,
        };
        for (said, wanted) in [
            (
                "create Pod api-0 in StatefulSet api failed error: pods \"api-0\" is forbidden: exceeded quota: small, requested: requests.cpu=500m, used: requests.cpu=0, limited: requests.cpu=100m",
                quota(true),
            ),
            (
                "Error creating: pods \"x\" is forbidden: exceeded quota: small, requested: pods=1,requests.memory=1Gi, used: pods=3,requests.memory=3Gi, limited: pods=3,requests.memory=4Gi",
                quota(false),
            ),
            (
                "pods \"x\" is forbidden: failed quota: small: must specify limits.cpu for: it; limits.memory for: it",
                quota(true),
            ),
            (
                "Error creating: pods \"x\" is forbidden: [maximum cpu usage per Container is 500m, but limit is 1, maximum memory usage per Container is 1Gi, but limit is 2Gi]",
                Refusal::Limits,
            ),
            (
                "Error creating: admission webhook \"deny.example.com\" denied the request: no",
                Refusal::Webhook(Some("deny.example.com".to_owned())),
            ),
            (
                "Error creating: Internal error occurred: failed calling webhook \"vpod.elbv2.k8s.aws\": failed to call webhook: Post \"https://x\": no endpoints available for service \"y\"",
                Refusal::WebhookSilent(Some("vpod.elbv2.k8s.aws".to_owned())),
            ),
            (
                "Error creating: pods \"x\" is forbidden: error looking up service account ingext/ingext-sa: serviceaccount \"ingext-sa\" not found",
                Refusal::ServiceAccount(Some("ingext-sa".to_owned())),
            ),
            (
                "Error creating: pods \"x\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false",
                Refusal::PodSecurity,
            ),
            ("Error creating: Timeout", Refusal::Other),
        ] {
            assert_eq!(refusal(said), wanted, "{said}");
        }
    }

    #[test]
    fn quantities_are_compared_whatever_their_unit() {
        assert_eq!(quantity("500m"), Some(500));
        assert_eq!(quantity("2"), Some(2000));
        assert_eq!(quantity("1.5"), Some(1500));
        assert_eq!(quantity("1Ki"), Some(1_024_000));
        assert_eq!(quantity("lots"), None);
        assert_eq!(quantity(""), None);
    }
}
