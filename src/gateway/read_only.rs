//! Read-only is enforced here, not labelled: a command runs only if its verb is known to look.

use super::{CommandOutput, CommandSpec, Gateway, GatewayError, PrivateFile, Tool};
use crate::report::Effect;
use std::time::Duration;

/// A gateway that refuses everything that is not known to be reading.
pub struct ReadOnly<'a>(pub &'a dyn Gateway);

impl Gateway for ReadOnly<'_> {
    fn run(&self, spec: &CommandSpec) -> Result<CommandOutput, GatewayError> {
        if spec.effect == Effect::Write || !is_reading(spec.tool, &spec.args) {
            return Err(GatewayError::Refused { command: shown(spec) });
        }
        self.0.run(spec)
    }

    fn pause(&self, for_long: Duration) -> bool {
        self.0.pause(for_long)
    }

    fn words(&self, text: &str) -> String {
        self.0.words(text)
    }

    fn hide(&self, texts: Vec<String>) {
        self.0.hide(texts);
    }

    /// A private file stands beside the tools for the length of the run: nothing of the account or the user changes.
    fn keep(&self, file: &PrivateFile<'_>) -> Result<String, GatewayError> {
        self.0.keep(file)
    }
}

/// The tool and its verb, without anything that may be private.
fn shown(spec: &CommandSpec) -> String {
    let words = spec.args.iter().take(2).take_while(|word| !word.starts_with('-'));
    std::iter::once(spec.tool.program())
        .chain(words.map(String::as_str))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether this command only looks. Unknown means no.
#[must_use]
pub fn is_reading(tool: Tool, args: &[String]) -> bool {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match tool {
        Tool::Aws => reading_aws(&words),
        Tool::Kubectl => reading_kubectl(&words),
        Tool::Helm => reading_helm(&words),
        Tool::Eksctl => reading_eksctl(&words),
    }
}

/// Reading commands of aws whose verb is `get-`: others hand out secrets or tokens, write a file, or make a user.
const AWS_GETS: [(&str, &str); 21] = [
    ("sts", "get-caller-identity"),
    ("s3api", "get-bucket-acl"),
    ("s3api", "get-bucket-encryption"),
    ("s3api", "get-bucket-location"),
    ("s3api", "get-bucket-ownership-controls"),
    ("s3api", "get-bucket-policy"),
    ("s3api", "get-bucket-tagging"),
    ("s3api", "get-bucket-versioning"),
    ("s3api", "get-public-access-block"),
    ("cloudformation", "get-template"),
    ("route53", "get-hosted-zone"),
    ("route53", "get-change"),
    ("iam", "get-policy"),
    ("iam", "get-policy-version"),
    ("iam", "get-role"),
    ("iam", "get-role-policy"),
    ("iam", "get-user"),
    ("sqs", "get-queue-attributes"),
    ("sqs", "get-queue-url"),
    ("service-quotas", "get-service-quota"),
    ("service-quotas", "get-aws-default-service-quota"),
];

/// Options of aws that send a question elsewhere, read a file of this machine into it, or write one.
const AWS_REFUSED: [&str; 5] = [
    "--endpoint-url",
    "--cli-input",
    "--debug",
    "--ca-bundle",
    "--no-verify-ssl",
];

fn reading_aws(words: &[&str]) -> bool {
    let harmless = |word: &&str| {
        let refused = AWS_REFUSED.iter().any(|option| word.starts_with(option));
        !refused && !word.contains("file://") && !word.contains("fileb://")
    };
    match words {
        ["--version"] => true,
        // Hands out a token, but makes it here: a signed address, nothing is asked of AWS, nothing is made there. Only
        // as our client asks, which takes the token out of sight: with `--role-arn` it would be somebody else's.
        ["eks", "get-token", "--cluster-name", name, "--output", "json"] => is_plain(name),
        [service, verb, rest @ ..] if is_word(service) => {
            let reads = ["describe-", "list-", "head-", "simulate-"]
                .iter()
                .any(|reading| verb.starts_with(reading));
            // A bare word after the verb is an output file in some commands.
            let options = rest.first().is_none_or(|word| word.starts_with("--"));
            (reads || AWS_GETS.contains(&(service, verb))) && options && rest.iter().all(harmless)
        }
        _ => false,
    }
}

/// Options that write a file, run a program, or act as somebody else.
const KUBE_REFUSED: [&str; 12] = [
    "--raw",
    "--profile",
    "--cache-dir",
    "--log-file",
    "--server",
    "--token",
    "--as",
    "--post-renderer",
    "--output-dir",
    "--dependency-update",
    "--kube-as",
    "--kube-token",
];

fn is_kube_harmless(words: &[&str]) -> bool {
    !words
        .iter()
        .any(|word| KUBE_REFUSED.iter().any(|option| word.starts_with(option)))
}

fn reading_kubectl(words: &[&str]) -> bool {
    let verbs = verbs(
        words,
        &[
            "--context",
            "--kubeconfig",
            "--namespace",
            "-n",
            "--request-timeout",
        ],
    );
    let reads = matches!(
        verbs.as_slice(),
        ["get" | "logs" | "version", ..] | ["auth", "can-i", ..]
    );
    reads && is_kube_harmless(words)
}

fn reading_helm(words: &[&str]) -> bool {
    let verbs = verbs(words, &["--kube-context", "--kubeconfig", "--namespace", "-n"]);
    let reads = matches!(
        verbs.as_slice(),
        [
            "list" | "get" | "status" | "history" | "template" | "show" | "version",
            ..
        ]
    );
    reads && is_kube_harmless(words)
}

fn reading_eksctl(words: &[&str]) -> bool {
    // The dry run exactly as our client asks: elsewhere the word could be another option's value.
    matches!(
        words,
        ["get" | "version", ..] | ["create", "cluster", "-f", _, "--dry-run"]
    )
}

/// What is left after leading flags with a value. Any other leading flag is left in place, and so is no verb.
fn verbs<'a>(words: &[&'a str], with_value: &[&str]) -> Vec<&'a str> {
    let mut rest = words;
    while let [flag, after @ ..] = rest {
        let joined = flag
            .split_once('=')
            .is_some_and(|(name, _)| with_value.contains(&name));
        rest = match after {
            _ if joined => after,
            [_, after @ ..] if with_value.contains(flag) => after,
            _ => break,
        };
    }
    rest.to_vec()
}

/// A cluster's name, and nothing that could be an option.
fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.starts_with(|first: char| first.is_ascii_alphanumeric()) && text.bytes().all(plain)
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Tool::{Aws, Eksctl, Helm, Kubectl};

    fn reads(tool: Tool, line: &str) -> bool {
        is_reading(tool, &line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn looking_is_allowed() {
        for (tool, line) in [
            (Aws, "sts get-caller-identity --output json"),
            (Aws, "s3api head-bucket --bucket b"),
            (Aws, "iam simulate-principal-policy"),
            (Aws, "route53 get-hosted-zone --id /hostedzone/Z1 --output json"),
            (Aws, "route53 get-change --id /change/C1 --output json"),
            (Aws, "elbv2 describe-target-health --target-group-arn a"),
            (Kubectl, "get ingresses.networking.k8s.io -A -o json"),
            (
                Aws,
                "s3api get-bucket-policy --bucket b --expected-bucket-owner 1 --output json",
            ),
            (Aws, "s3api get-public-access-block --bucket b"),
            (Aws, "s3api get-bucket-acl --bucket b --expected-bucket-owner 1"),
            (Aws, "s3api get-bucket-encryption --bucket b"),
            (Aws, "s3api get-bucket-ownership-controls --bucket b"),
            (
                Aws,
                "s3api get-bucket-versioning --bucket b --query {Status:Status}",
            ),
            (Aws, "s3api get-bucket-tagging --bucket b"),
            (
                Aws,
                "cloudformation get-template --stack-name s --template-stage Original",
            ),
            (Aws, "cloudformation describe-stacks --stack-name s"),
            (Aws, "sqs get-queue-url --queue-name q"),
            (
                Aws,
                "sqs get-queue-attributes --queue-url u --attribute-names All",
            ),
            (Aws, "iam get-role-policy --role-name r --policy-name p"),
            (Aws, "iam get-policy --policy-arn a"),
            (Aws, "iam get-policy-version --policy-arn a --version-id v1"),
            (Aws, "--version"),
            (Aws, "eks get-token --cluster-name x-1 --output json"),
            (
                Kubectl,
                "version --kubeconfig /k --context c --request-timeout 15s -o json",
            ),
            (
                Kubectl,
                "get nodes --kubeconfig /k --context c --request-timeout 15s -o json",
            ),
            (
                Helm,
                "list --all-namespaces --all --max 0 -o json --kubeconfig /k --kube-context c",
            ),
            (Kubectl, "--context c get pods"),
            (Kubectl, "--kubeconfig=/x auth can-i create pods"),
            (Helm, "--kube-context c list -A"),
            (Helm, "template x oci://y"),
            (Helm, "show chart oci://y/z --version 1.0.0"),
            (Eksctl, "get cluster -o json"),
            (Eksctl, "create cluster -f - --dry-run"),
            (
                Helm,
                "get values r -n ns -o json --kubeconfig /k --kube-context c",
            ),
            (
                Helm,
                "get metadata r -n ns -o json --kubeconfig /k --kube-context c",
            ),
            (Helm, "history r -n ns -o json --kubeconfig /k --kube-context c"),
            (
                Kubectl,
                "get leases.coordination.k8s.io l -n ns -o json --kubeconfig /k --context c",
            ),
            (
                Kubectl,
                "get pods -n ns -l app=x -o json --kubeconfig /k --context c",
            ),
            (
                Kubectl,
                "get events -n ns --field-selector involvedObject.kind=Pod -o json",
            ),
        ] {
            assert!(reads(tool, line), "{line}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for (tool, line) in [
            (Aws, "s3api create-bucket --bucket b"),
            (Aws, "s3 rb s3://b --force"),
            (Aws, "--region x s3api delete-bucket"),
            (Aws, "s3api get-object --bucket b --key k /etc/passwd"),
            // Each command that the install's clients write with.
            (Aws, "cloudformation create-stack --stack-name s"),
            (Aws, "cloudformation update-stack --stack-name s"),
            (Aws, "cloudformation update-termination-protection --stack-name s"),
            (Aws, "s3api put-bucket-policy --bucket b"),
            (Aws, "s3api put-bucket-tagging --bucket b"),
            (Aws, "s3api put-public-access-block --bucket b"),
            (Aws, "eks create-addon --cluster-name c"),
            (Aws, "eks create-pod-identity-association --cluster-name c"),
            (Aws, "eks update-pod-identity-association --cluster-name c"),
            (Aws, "eks create-access-entry --cluster-name c"),
            (Aws, "eks tag-resource --resource-arn a"),
            (Aws, "ec2 create-tags --resources a"),
            (Aws, "iam create-service-linked-role --aws-service-name s"),
            (
                Aws,
                "route53 change-resource-record-sets --hosted-zone-id z --change-batch file:///dev/stdin",
            ),
            (Aws, "s3api get-bucket-policy b /home/u/out"),
            (Aws, "sqs receive-message --queue-url u"),
            (Aws, "sts get-session-token"),
            (Aws, "configure set region x"),
            (Aws, "eks update-kubeconfig"),
            (Aws, ""),
            (Kubectl, "delete pod get"),
            (Kubectl, "--context get delete pod x"),
            (Kubectl, "-v get get"),
            (Kubectl, "exec get -- sh"),
            (Helm, "upgrade --install x y"),
            (Helm, "template x y --post-renderer ./run"),
            (Helm, "uninstall list"),
            (Eksctl, "create cluster -f -"),
            (
                Eksctl,
                "create cluster -f - --write-kubeconfig=false --timeout 40m --color false",
            ),
            (Eksctl, "create nodegroup -f - --timeout 40m --color false"),
            (Eksctl, "create addon -f - --wait --timeout 40m --color false"),
            (
                Eksctl,
                "create podidentityassociation -f - --timeout 40m --color false",
            ),
            (
                Helm,
                "upgrade --install r oci://x/y --version 1.0.0 -n ns -f - -o json",
            ),
            (
                Kubectl,
                "apply --server-side --field-manager lakehouse -f - -o name",
            ),
            (Kubectl, "create --field-manager lakehouse -f -"),
            (Kubectl, "replace --field-manager lakehouse -f -"),
            (Kubectl, "delete leases.coordination.k8s.io l -n ns"),
            (Eksctl, "create cluster --dry-run=false"),
            (Eksctl, "delete cluster --dry-run"),
            (Eksctl, "create cluster -f - --dry-run --dry-run=false"),
            (Eksctl, "create cluster --name x --kubeconfig --dry-run"),
            (Helm, "template x y --output-dir /home/u"),
            (Kubectl, "get --raw /api/v1/x"),
            (Kubectl, "get pods --profile-output=/home/u/.bashrc"),
            (Aws, "configure get aws_secret_access_key"),
            // The cluster's token is made for our own client alone, in one form.
            (Aws, "eks get-token --cluster-name x"),
            (Aws, "eks get-token --cluster-name --role-arn --output json"),
            (
                Aws,
                "eks get-token --cluster-name x --role-arn arn:aws:iam::1:role/r --output json",
            ),
            (
                Aws,
                "eks get-token --cluster-name x --output json --endpoint-url http://elsewhere",
            ),
            (Kubectl, "get secrets --kubeconfig /k --context c --token x"),
            (Aws, "secretsmanager get-secret-value --secret-id x"),
            (Aws, "sts get-caller-identity --endpoint-url http://elsewhere"),
            (Aws, "acm list-certificates --cli-input-json file:///etc/shadow"),
            (Aws, "apigateway get-export x y out"),
        ] {
            assert!(!reads(tool, line), "{line}");
        }
    }
}
