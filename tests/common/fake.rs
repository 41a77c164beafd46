//! Scripted fake tools: small programs under the tools' names that answer by their first words, for faults that no
//! real service can be asked for.

use super::World;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// A fake tool's own program: the answer to `aws sts get-caller-identity …` is the script `aws.sts.get-caller-identity`.
const TOOL: &str = r#"#!/bin/sh
answers=$(dirname "$0")/../answers
name=$(basename "$0")
for key in "$name.$1.$2" "$name.$1" "$name"; do
    if [ -f "$answers/$key" ]; then
        . "$answers/$key"
        exit $?
    fi
done
echo "fake $name: no answer to $*" >&2
exit 99
"#;

pub struct Fake {
    pub world: World,
}

/// Answers of an account in which everything is ready.
const READY: [(&str, &str); 16] = [
    (
        "aws.--version",
        "echo 'aws-cli/2.23.6 Python/3.13.5 Linux/6.1 source/x86_64.debian.13'",
    ),
    (
        "eksctl.version",
        r#"case "$*" in *json*) echo '{"Version":"0.230.0","PreReleaseID":"","Metadata":{}}';; *) echo 0.230.0;; esac"#,
    ),
    (
        "kubectl.version",
        r#"echo '{"clientVersion":{"major":"1","minor":"34","gitVersion":"v1.34.4"},"kustomizeVersion":"v5.7.1"}'"#,
    ),
    ("helm.version", "printf v3.19.5"),
    (
        "aws.sts.get-caller-identity",
        r#"echo '{"UserId":"AIDAEXAMPLE","Account":"123456789012","Arn":"arn:aws:iam::123456789012:user/tester"}'"#,
    ),
    (
        "aws.route53.list-hosted-zones",
        r#"echo '{"HostedZones":[{"Id":"/hostedzone/Z1","Name":"example.com.","CallerReference":"x","Config":{"PrivateZone":false},"ResourceRecordSetCount":2}]}'"#,
    ),
    (
        "aws.route53.get-hosted-zone",
        r#"echo '{"HostedZone":{"Id":"/hostedzone/Z1","Name":"example.com.","CallerReference":"x"},"DelegationSet":{"NameServers":["ns-1.awsdns-1.com","ns-2.awsdns-2.net"]}}'"#,
    ),
    (
        "aws.route53.list-resource-record-sets",
        r#"echo '{"ResourceRecordSets":[],"IsTruncated":false,"MaxItems":"100"}'"#,
    ),
    (
        "helm.show.chart",
        "printf 'apiVersion: v2\\nname: ingext-lake-config\\ntype: application\\nversion: 1.0.0\\n\\n'",
    ),
    (
        "aws.acm.list-certificates",
        r#"echo '{"CertificateSummaryList":[{"CertificateArn":"arn:aws:acm:us-east-2:123456789012:certificate/11111111-1111-1111-1111-111111111111","DomainName":"*.k8.example.com","SubjectAlternativeNameSummaries":["*.k8.example.com"],"HasAdditionalSubjectAlternativeNames":false,"Status":"ISSUED","Type":"AMAZON_ISSUED","KeyAlgorithm":"RSA-2048","InUse":false,"NotBefore":"2026-01-01T00:00:00+00:00","NotAfter":"2099-01-01T00:00:00+00:00"}]}'"#,
    ),
    (
        "aws.acm.describe-certificate",
        r#"echo '{"Certificate":{"CertificateArn":"arn:aws:acm:us-east-2:123456789012:certificate/11111111-1111-1111-1111-111111111111","DomainName":"*.k8.example.com","SubjectAlternativeNames":["*.k8.example.com"],"Status":"ISSUED","Type":"AMAZON_ISSUED","KeyAlgorithm":"RSA-2048","InUseBy":[],"NotBefore":"2026-01-01T00:00:00+00:00","NotAfter":"2099-01-01T00:00:00+00:00"}}'"#,
    ),
    (
        "aws.s3api.head-bucket",
        "echo 'An error occurred (404) when calling the HeadBucket operation: Not Found' >&2; return 254",
    ),
    (
        "aws.eks.describe-cluster",
        "echo 'An error occurred (ResourceNotFoundException) when calling the DescribeCluster operation: No cluster found for name: ingext-lakehouse.' >&2; return 254",
    ),
    (
        "aws.eks.describe-cluster-versions",
        r#"echo '{"clusterVersions":[{"clusterVersion":"1.34","clusterType":"eks","defaultVersion":true,"status":"standard-support","versionStatus":"STANDARD_SUPPORT"}]}'"#,
    ),
    (
        "aws.ec2.describe-instance-type-offerings",
        r#"echo '{"InstanceTypeOfferings":[{"InstanceType":"t3.large","LocationType":"region","Location":"us-east-2"}]}'"#,
    ),
    ("helm", "return 98"),
];

impl Fake {
    /// Tools that see an account in which everything is ready.
    pub fn ready() -> Self {
        let mut world = World::new();
        for folder in ["bin", "answers"] {
            std::fs::create_dir(world.path(folder)).unwrap();
        }
        for tool in ["aws", "eksctl", "kubectl", "helm"] {
            let path = world.path("bin").join(tool);
            std::fs::write(&path, TOOL).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        }
        let path = format!("{}:/usr/bin:/bin", world.path("bin").display());
        world
            .set("PATH", path)
            .set("AWS_REGION", "us-east-2")
            .set("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE");
        world.set("AWS_SECRET_ACCESS_KEY", "fake-secret-of-the-test");
        let fake = Self { world };
        for (key, script) in READY {
            fake.answer(key, script);
        }
        fake
    }

    /// Changes one answer: a piece of shell that the tool runs, with the arguments in `$@`.
    pub fn answer(&self, key: &str, script: &str) -> &Self {
        std::fs::write(self.answers().join(key), format!("{script}\n")).unwrap();
        self
    }

    pub fn remove(&self, tool: &str) -> &Self {
        std::fs::remove_file(self.world.path("bin").join(tool)).unwrap();
        self
    }

    fn answers(&self) -> PathBuf {
        self.world.path("answers")
    }
}

/// The usual arguments of a preflight on this machine.
pub const PREFLIGHT: [&str; 7] = [
    "--exec",
    "local",
    "preflight",
    "--root-domain",
    "example.com",
    "--dns-check",
    "false",
];
