//! The exact command line of each client's call.

mod steps_support;

use lakehouse::clients::aws::iam::Question;
use lakehouse::clients::aws::{Acm, Ec2, Eks, Elbv2, Iam, Route53, S3, ServiceQuotas, Sts};
use lakehouse::clients::helm::Helm;
use lakehouse::clients::helm_charts::HelmCharts;
use lakehouse::clients::kubeconfig::ClusterAccess;
use lakehouse::clients::kubectl::Kubectl;
use lakehouse::clients::versions::installed;
use lakehouse::gateway::Tool;
use lakehouse::gateway::read_only::is_reading;
use lakehouse::model::ChartLock;
use steps_support::{Script, recorded};

fn access() -> ClusterAccess {
    ClusterAccess {
        kubeconfig: "/private/k.json".to_owned(),
        context: "lakehouse-demo".to_owned(),
        expires: jiff::Timestamp::UNIX_EPOCH,
    }
}

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
    let mirror = "oci://a.test/b".parse().unwrap();
    for (name, mirror) in [
        ("ingext-aws-gp3", Some(&mirror)),
        ("karpenter", None),
        ("aws-load-balancer-controller", None),
    ] {
        let chart = ChartLock::compiled().chart(name).unwrap();
        let _ = HelmCharts { gateway }.show(chart, &chart.reference(mirror));
    }
    let _ = Acm { gateway }.certificates();
    let _ = Acm { gateway }.certificate("arn:aws:acm:us-east-2:000000000000:certificate/a");
    let _ = S3 { gateway }.bucket(&"b-1".parse().unwrap(), &"000000000000".parse().unwrap());
    let _ = Eks { gateway }.cluster(&name);
    let _ = Eks { gateway }.node_groups(&name);
    let _ = Eks { gateway }.addons(&name);
    let _ = Eks { gateway }.node_group(&name, "workers");
    let _ = Eks { gateway }.token(&name);
    let access = access();
    let kubectl = Kubectl {
        gateway,
        access: &access,
    };
    let _ = kubectl.versions();
    let _ = kubectl.nodes();
    let _ = kubectl.namespace(&"ingext".parse().unwrap());
    let _ = Helm {
        gateway,
        access: &access,
    }
    .releases();
    let _ = Eks { gateway }.versions();
    let (ec2, node_type) = (Ec2 { gateway }, "t3.large".parse().unwrap());
    let _ = ec2.zones(&node_type, &"us-east-2".parse().unwrap());
    let _ = Iam { gateway }.role("deployer", &"000000000000".parse().unwrap());
    let mut question = Question {
        principal: "arn:aws:iam::000000000000:role/teams/deployer".to_owned(),
        actions: vec!["ec2:DescribeVpcs", "eks:ListClusters"],
        resources: Vec::new(),
        context: Vec::new(),
    };
    let _ = Iam { gateway }.simulate(&question);
    question.resources = vec!["arn:aws:s3:::b-1".to_owned(), "arn:aws:s3:::b-2".to_owned()];
    question.context = vec![("aws:RequestedRegion", "us-east-2".to_owned())];
    let _ = Iam { gateway }.simulate(&question);
    for tool in Tool::ALL {
        let _ = installed(gateway, tool);
    }
    let golden = "\
aws --version
aws acm describe-certificate --certificate-arn arn:aws:acm:us-east-2:000000000000:certificate/a --output json
aws acm list-certificates --includes keyTypes=RSA_1024,RSA_2048,RSA_3072,RSA_4096,EC_prime256v1,EC_secp384r1,EC_secp521r1 --output json
aws ec2 describe-instance-type-offerings --location-type availability-zone --filters Name=instance-type,Values=t3.large --output json
aws eks describe-cluster --name demo --output json
aws eks describe-cluster-versions --output json
aws eks describe-nodegroup --cluster-name demo --nodegroup-name workers --output json
aws eks get-token --cluster-name demo --output json
aws eks list-addons --cluster-name demo --output json
aws eks list-nodegroups --cluster-name demo --output json
aws iam get-role --role-name deployer --output json
aws iam simulate-principal-policy --policy-source-arn arn:aws:iam::000000000000:role/teams/deployer --action-names ec2:DescribeVpcs eks:ListClusters --output json
aws iam simulate-principal-policy --policy-source-arn arn:aws:iam::000000000000:role/teams/deployer --action-names ec2:DescribeVpcs eks:ListClusters --resource-arns arn:aws:s3:::b-1 arn:aws:s3:::b-2 --context-entries ContextKeyName=aws:RequestedRegion,ContextKeyValues=us-east-2,ContextKeyType=string --output json
aws route53 get-hosted-zone --id /hostedzone/Z1 --output json
aws route53 list-hosted-zones --output json
aws route53 list-resource-record-sets --hosted-zone-id /hostedzone/Z1 --start-record-name site.example.com --max-items 100 --output json
aws s3api get-bucket-location --bucket b-1 --expected-bucket-owner 000000000000 --output json
aws s3api head-bucket --bucket b-1 --expected-bucket-owner 000000000000 --output json
aws sts get-caller-identity --output json
eksctl version -o json
helm list --all-namespaces --all --max 0 -o json --kubeconfig /private/k.json --kube-context lakehouse-demo
helm show chart aws-load-balancer-controller --version 3.5.0 --repo https://aws.github.io/eks-charts
helm show chart oci://a.test/b/ingext-aws-gp3 --version 0.1.0
helm show chart oci://public.ecr.aws/karpenter/karpenter --version 1.8.3
helm version --template {{.Version}}
kubectl get namespace ingext -o json --kubeconfig /private/k.json --context lakehouse-demo --request-timeout 15s
kubectl get nodes -o jsonpath={\"nodes\\n\"}{range .items[*]}{.metadata.name}{\"\\t\"}{.status.nodeInfo.kubeletVersion}{\"\\t\"}{.status.conditions[?(@.type==\"Ready\")].status}{\"\\t\"}{.spec.unschedulable}{\"\\t\"}{.metadata.labels.eks\\.amazonaws\\.com/nodegroup}{\"\\n\"}{end}{\"end\\n\"} --kubeconfig /private/k.json --context lakehouse-demo --request-timeout 15s
kubectl version --client -o json
kubectl version -o json --kubeconfig /private/k.json --context lakehouse-demo --request-timeout 15s";
    assert_eq!(script.asked().join("\n"), golden);
}

#[test]
fn releases_are_looked_at_by_commands_that_only_read() {
    let script = Script::default().on("", 1, "", "no");
    let gateway = &script;
    let access = access();
    let kubectl = Kubectl {
        gateway,
        access: &access,
    };
    let helm = Helm {
        gateway,
        access: &access,
    };
    let charts = HelmCharts { gateway };
    let reference = ChartLock::compiled().chart("karpenter").unwrap().reference(None);
    let _ = kubectl.release_records("ingext", "demo");
    let _ = kubectl.those_of("look", &serde_json::json!({}), |_| Ok(()));
    let _ = helm.values("ingext", "demo");
    let _ = helm.manifest("ingext", "demo", |_| Ok(()));
    let _ = helm.hooks_not_done("ingext", "demo");
    let _ = charts.kinds(&reference);
    let _ = charts.take_values(&reference, ("karpenter", "kube-system"), "{}", Vec::new(), "1.34");
    let golden = "\
helm get manifest demo -n ingext --kubeconfig /private/k.json --kube-context lakehouse-demo
helm get values demo -n ingext -o json --kubeconfig /private/k.json --kube-context lakehouse-demo
helm show crds oci://public.ecr.aws/karpenter/karpenter --version 1.8.3
helm status demo -n ingext -o json --kubeconfig /private/k.json --kube-context lakehouse-demo
helm template karpenter oci://public.ecr.aws/karpenter/karpenter --version 1.8.3 -n kube-system -f - --kube-version 1.34
kubectl get -f - --ignore-not-found -o json --kubeconfig /private/k.json --context lakehouse-demo --request-timeout 15s
kubectl get secrets -n ingext -l owner=helm,name=demo -o jsonpath={\"records\\n\"}{range .items[*]}{.metadata.name}{\"\\t\"}{.metadata.uid}{\"\\t\"}{.metadata.resourceVersion}{\"\\t\"}{.metadata.labels}{\"\\n\"}{end}{\"end\\n\"} --kubeconfig /private/k.json --context lakehouse-demo --request-timeout 15s";
    let asked = script.asked();
    assert_eq!(asked.join("\n"), golden);
    for line in asked {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let tool = if words[0] == "helm" {
            Tool::Helm
        } else {
            Tool::Kubectl
        };
        assert!(is_reading(tool, &words[1..]), "{line}");
    }
}

/// The queries are part of the answers' form: what was recorded must be what is asked today.
#[test]
fn recorded_questions_are_those_that_are_asked() {
    let script = Script::default().on("", 0, "{\"Quotas\": []}", "");
    let gateway = &script;
    let (ec2, quotas) = (Ec2 { gateway }, ServiceQuotas { gateway });
    let _ = ec2.size(&"t3.large".parse().unwrap());
    let _ = ec2.running();
    let _ = ec2.addresses();
    let _ = ec2.vpcs(&"000000000000".parse().unwrap());
    let _ = ec2.nat_gateways();
    let _ = ec2.subnet_zones();
    let _ = Eks { gateway }.count();
    let _ = Elbv2 { gateway }.application_load_balancers();
    let _ = quotas.limits("vpc", &["L-F678F1CE", "L-FE5A380F"]);
    let mut recorded: Vec<String> = [
        "describe-instance-types/good",
        "describe-instances/running",
        "describe-addresses/good",
        "describe-vpcs/good",
        "describe-nat-gateways/good",
        "describe-subnets/good",
        "list-clusters/good",
        "describe-load-balancers/good",
        "list-service-quotas/vpc",
    ]
    .iter()
    .map(|case| recorded(&format!("aws/{case}")).argv.join(" "))
    .collect();
    recorded.sort();
    let mut asked = script.asked();
    // Both values are missing in the scripted answer, so the defaults are asked for too.
    asked.retain(|line| !line.contains("list-aws-default-service-quotas"));
    assert_eq!(asked, recorded);
}
