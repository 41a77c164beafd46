//! The exact command line of each client's call.

mod steps_support;

use lakehouse::clients::aws::{Acm, Ec2, Eks, Route53, S3, Sts};
use lakehouse::clients::helm_charts::HelmCharts;
use lakehouse::clients::versions::installed;
use lakehouse::gateway::Tool;
use lakehouse::steps::preflight::chart_registry::CHART;
use steps_support::Script;

#[test]
fn command_lines_are_as_agreed() {
    let script = Script::default()
        .on("", 1, "", "no")
        .on("aws s3api head-bucket", 0, "{}", "")
        .on(
            "aws s3api get-bucket-location",
            0,
            "{\"LocationConstraint\": null}",
            "",
        );
    let gateway = &script;
    let name = "demo".parse().unwrap();
    let _ = Sts { gateway }.caller();
    let _ = Route53 { gateway }.zones();
    let _ = Route53 { gateway }.name_servers("/hostedzone/Z1");
    let _ = Route53 { gateway }.records("/hostedzone/Z1", "site.example.com");
    let _ = HelmCharts { gateway }.show(&"oci://a.test/b".parse().unwrap(), CHART);
    let _ = Acm { gateway }.certificates();
    let _ = Acm { gateway }.certificate("arn:aws:acm:us-east-2:000000000000:certificate/a");
    let _ = S3 { gateway }.bucket(&"b-1".parse().unwrap(), &"000000000000".parse().unwrap());
    let _ = Eks { gateway }.cluster(&name);
    let _ = Eks { gateway }.node_groups(&name);
    let _ = Eks { gateway }.addons(&name);
    let _ = Eks { gateway }.versions();
    let _ = Ec2 { gateway }.offers(&"t3.large".parse().unwrap(), &"us-east-2".parse().unwrap());
    for tool in Tool::ALL {
        let _ = installed(gateway, tool);
    }
    let golden = "\
aws --version
aws acm describe-certificate --certificate-arn arn:aws:acm:us-east-2:000000000000:certificate/a --output json
aws acm list-certificates --includes keyTypes=RSA_1024,RSA_2048,RSA_3072,RSA_4096,EC_prime256v1,EC_secp384r1,EC_secp521r1 --output json
aws ec2 describe-instance-type-offerings --location-type region --filters Name=instance-type,Values=t3.large --output json
aws eks describe-cluster --name demo --output json
aws eks describe-cluster-versions --output json
aws eks list-addons --cluster-name demo --output json
aws eks list-nodegroups --cluster-name demo --output json
aws route53 get-hosted-zone --id /hostedzone/Z1 --output json
aws route53 list-hosted-zones --output json
aws route53 list-resource-record-sets --hosted-zone-id /hostedzone/Z1 --start-record-name site.example.com --max-items 100 --output json
aws s3api get-bucket-location --bucket b-1 --expected-bucket-owner 000000000000 --output json
aws s3api head-bucket --bucket b-1 --expected-bucket-owner 000000000000 --output json
aws sts get-caller-identity --output json
eksctl version -o json
helm show chart oci://a.test/b/ingext-lake-config --version 1.0.0
helm version --template {{.Version}}
kubectl version --client -o json";
    assert_eq!(script.asked().join("\n"), golden);
}
