//! Scripted fake tools: small programs under the tools' names that answer by their first words, for faults that no
//! real service can be asked for.

use super::World;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// A fake tool's own program: the answer to `aws sts get-caller-identity …` is the script `aws.sts.get-caller-identity`.
const TOOL: &str = r#"#!/bin/sh
answers=${0%/*}/../answers
name=${0##*/}
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

/// A policy simulation in which `denied` is denied explicitly, and all else allowed: as AWS answers, one result an
/// action, with one more for each resource where resources were asked.
const SIMULATION: &str = r#"
part= actions= resources= comma=
for word in "$@"; do
    case $word in
        --action-names) part=actions ;;
        --resource-arns) part=resources ;;
        --*) part= ;;
        *) [ "$part" = actions ] && actions="$actions $word"; [ "$part" = resources ] && resources="$resources $word" ;;
    esac
done
printf '{"EvaluationResults":['
for action in $actions; do
    said=allowed
    [ "$action" = "$denied" ] && said=explicitDeny
    printf '%s{"EvalActionName":"%s","EvalDecision":"%s"' "$comma" "$action" "$said"
    comma=,
    if [ -n "$resources" ]; then
        printf ',"ResourceSpecificResults":['
        between=
        for resource in $resources; do
            printf '%s{"EvalResourceName":"%s","EvalResourceDecision":"%s"}' "$between" "$resource" "$said"
            between=,
        done
        printf ']'
    fi
    printf '}'
done
echo ']}'
"#;

/// Answers of an account in which everything is ready.
const READY: &[(&str, &str)] = &[
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
        "printf 'apiVersion: v2\\nname: %s\\ntype: application\\nversion: %s\\n\\n' \"${3##*/}\" \"$5\"",
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
        r#"echo '{"InstanceTypeOfferings":[{"InstanceType":"t3.large","LocationType":"availability-zone","Location":"us-east-2a"},{"InstanceType":"t3.large","LocationType":"availability-zone","Location":"us-east-2b"}]}'"#,
    ),
    (
        "aws.ec2.describe-instance-types",
        r#"echo '{"NextToken":null,"InstanceTypes":[{"InstanceType":"t3.large","VCpus":2,"Mebibytes":8192}]}'"#,
    ),
    (
        "aws.ec2.describe-instances",
        r#"echo '{"NextToken":null,"Instances":[]}'"#,
    ),
    ("aws.ec2.describe-addresses", r#"echo '{"Addresses":0}'"#),
    (
        "aws.ec2.describe-vpcs",
        r#"echo '{"NextToken":null,"Vpcs":["123456789012"]}'"#,
    ),
    (
        "aws.ec2.describe-nat-gateways",
        r#"echo '{"NextToken":null,"NatGateways":[]}'"#,
    ),
    (
        "aws.eks.list-clusters",
        r#"echo '{"nextToken":null,"Clusters":0}'"#,
    ),
    (
        "aws.elbv2.describe-load-balancers",
        r#"echo '{"NextMarker":null,"LoadBalancers":0}'"#,
    ),
    (
        "aws.service-quotas.list-service-quotas",
        r#"case "$4" in
ec2) addresses=; case "$*" in *L-0263D0A3*) addresses=',{"QuotaCode":"L-0263D0A3","Value":5.0,"Adjustable":true}' ;; esac
     echo "{\"Quotas\":[{\"QuotaCode\":\"L-1216C47A\",\"Value\":256.0,\"Adjustable\":true}$addresses]}";;
vpc) echo '{"Quotas":[{"QuotaCode":"L-F678F1CE","Value":5.0,"Adjustable":true},{"QuotaCode":"L-FE5A380F","Value":5.0,"Adjustable":true}]}';;
eks) echo '{"Quotas":[{"QuotaCode":"L-1194D53C","Value":100.0,"Adjustable":true}]}';;
*) echo '{"Quotas":[{"QuotaCode":"L-53DA6B97","Value":50.0,"Adjustable":true}]}';;
esac"#,
    ),
    // No quota lacks an applied value here.
    ("aws.service-quotas.list-aws-default-service-quotas", "return 97"),
    ("aws.iam.simulate-principal-policy", SIMULATION),
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

    /// Keeps the answer that a command has now as `TOOL.FIRST.SECOND.good`, for an answer that calls it.
    pub fn keep_good(&self, tool: &str, first: &str, second: &str) -> &Self {
        let full = format!("{tool}.{first}.{second}");
        let found = [full.clone(), format!("{tool}.{first}"), tool.to_owned()]
            .into_iter()
            .find_map(|key| std::fs::read(self.answers().join(key)).ok())
            .expect("an answer");
        std::fs::write(self.answers().join(format!("{full}.good")), found).unwrap();
        self
    }

    /// Has the caller's policies deny one action.
    pub fn deny(&self, action: &str) -> &Self {
        self.answer(
            "aws.iam.simulate-principal-policy",
            &format!("denied={action}\n{SIMULATION}"),
        )
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

/// The token of the fake cluster: it must appear nowhere but in the private file.
pub const TOKEN: &str = "k8s-aws-v1.dGhlLXRva2VuLW9mLXRoZS10ZXN0";

/// Answers of an account in which the cluster stands already, and lets everybody in.
const STANDING: [(&str, &str); 8] = [
    (
        "aws.eks.describe-cluster",
        r#"echo '{"cluster":{"name":"ingext-lakehouse","status":"ACTIVE","version":"1.34","endpoint":"https://cluster.invalid","certificateAuthority":{"data":"QUJD"},"health":{"issues":[]},"resourcesVpcConfig":{"endpointPublicAccess":true,"publicAccessCidrs":["0.0.0.0/0"]}}}'"#,
    ),
    ("aws.eks.list-nodegroups", r#"echo '{"nodegroups":["workers"]}'"#),
    ("aws.eks.list-addons", r#"echo '{"addons":[]}'"#),
    (
        "aws.eks.describe-nodegroup",
        r#"echo '{"nodegroup":{"nodegroupName":"workers","clusterName":"ingext-lakehouse","status":"ACTIVE","version":"1.34","health":{"issues":[]}}}'"#,
    ),
    (
        "kubectl.version",
        r#"case "$*" in *--client*) server= ;; *) server=',"serverVersion":{"gitVersion":"v1.34.4-eks-1"}' ;; esac
           echo "{\"clientVersion\":{\"gitVersion\":\"v1.34.4\"}$server}""#,
    ),
    (
        "kubectl.get.nodes",
        r"printf 'nodes\nip-10-0-0-1.internal\tv1.34.4\tTrue\t\tworkers\nend\n'",
    ),
    (
        "kubectl.get.namespace",
        r#"echo 'Error from server (NotFound): namespaces "ingext" not found' >&2; return 1"#,
    ),
    ("helm.list", "echo '[]'"),
];

impl Fake {
    /// Tools that see an account in which everything is ready and the cluster stands already. Private files go into
    /// the world's own `tmp`.
    pub fn standing() -> Self {
        let mut fake = Self::ready();
        for (key, script) in STANDING {
            fake.answer(key, script);
        }
        fake.answer(
            "aws.eks.get-token",
            &format!(
                r#"echo '{{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","spec":{{}},"status":{{"expirationTimestamp":"2099-01-01T00:00:00Z","token":"{TOKEN}"}}}}'"#
            ),
        );
        std::fs::create_dir(fake.world.path("tmp")).unwrap();
        let tmp = fake.world.path("tmp").display().to_string();
        fake.world.set("TMPDIR", tmp);
        fake
    }
}
