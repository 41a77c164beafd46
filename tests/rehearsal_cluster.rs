//! The rehearsal's own clusters, by the real aws and kubectl of the toolbox image: what every test of an install rests on.

mod common;

use common::rehearsal;
use std::process::Command;

/// Makes a cluster, looks who comes in, gives it nodes and a Job, and takes it away again.
const SCRIPT: &str = r#"
set -eu
export HOME=/tmp KUBECONFIG=/tmp/kubeconfig
name=$1
role=arn:aws:iam::000000000000:role/rehearsal
aws eks create-cluster --name "$name" --role-arn "$role" --resources-vpc-config subnetIds=subnet-1,subnet-2 \
    --query 'cluster.[status,endpoint]' --output text | sed 's/^/created: /'
aws eks wait cluster-active --name "$name"
aws eks update-kubeconfig --name "$name" >/dev/null
kubectl auth whoami -o jsonpath='{.status.userInfo.username}' | sed 's/^/creator: /'; echo
token() { AWS_PROFILE=$1 aws eks get-token --cluster-name "$2" --query status.token --output text; }
server=$(aws eks describe-cluster --name "$name" --query cluster.endpoint --output text)
cat >/tmp/nobody <<END
{"apiVersion": "v1", "kind": "Config", "current-context": "it", "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
 "clusters": [{"name": "it", "cluster": {"server": "$server", "insecure-skip-tls-verify": true}}], "users": [{"name": "it", "user": {}}]}
END
asks() { kubectl --kubeconfig /tmp/nobody --token "$1" get namespaces 2>&1 | tail -n 1 | sed 's/ (the server.*//; s/ (Unauth.*//'; }
echo "no entry: $(asks "$(token rehearsal-installer "$name")")"
echo "no such key: $(asks "$(token rehearsal-wrong-keys "$name")")"
echo "another cluster's token: $(asks "$(token rehearsal "other-$name")")"
aws eks create-access-entry --cluster-name "$name" --principal-arn arn:aws:iam::000000000000:user/rehearsal-installer >/dev/null
echo "no policy: $(asks "$(token rehearsal-installer "$name")" | cut -d: -f1-2)"
aws eks create-nodegroup --cluster-name "$name" --nodegroup-name workers --node-role "$role" --subnets subnet-1 \
    --scaling-config minSize=2,maxSize=2,desiredSize=2 --instance-types t3.large >/dev/null
aws eks wait nodegroup-active --cluster-name "$name" --nodegroup-name workers
kubectl get nodes -l eks.amazonaws.com/nodegroup=workers --no-headers | awk '{ print "node: " $2 }'
kubectl create job it --image=it >/dev/null
kubectl wait --for=condition=complete job/it --timeout=60s >/dev/null && echo 'job: complete'
kubectl logs job/it | tail -n 1 | sed 's/^/log: /'
aws eks delete-cluster --name "$name" 2>&1 | grep -o ResourceInUseException | sed 's/^/with nodes: /'
aws eks delete-nodegroup --cluster-name "$name" --nodegroup-name workers >/dev/null
aws eks delete-cluster --name "$name" --query cluster.status --output text | sed 's/^/deleted: /'
echo "gone: $(kubectl get namespaces 2>&1 | grep -o 'connection refused\|was refused' | head -n 1)"
"#;

/// Runs a script with a cluster's name of its own in the toolbox image; its lines, and what it said on stderr.
fn run(script: &str, name: &str) -> (Vec<String>, String) {
    let world = rehearsal::world();
    let images = rehearsal::docker(&[
        "image",
        "ls",
        "--format",
        "{{.Repository}}:{{.Tag}}",
        "lakehouse-toolbox",
    ]);
    let image = images
        .lines()
        .next()
        .expect("no toolbox image: run scripts/rehearse up");
    let mut run = Command::new("docker");
    run.args([
        "run",
        "--rm",
        "--user",
        "0:0",
        "--network",
        world.get("LAKEHOUSE_TOOLBOX_NETWORK").unwrap(),
    ]);
    for name in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
        let file = world.get(name).unwrap();
        run.args([
            "--volume",
            &format!("{file}:{file}:ro"),
            "--env",
            &format!("{name}={file}"),
        ]);
    }
    run.args([
        "--env",
        "AWS_PROFILE=rehearsal",
        image,
        "bash",
        "-c",
        script,
        "bash",
        name,
    ]);
    let done = run.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{said}{told}");
    (said.lines().map(str::to_owned).collect(), told)
}

/// An Ingress before its controller has a role, with it, and gone again.
const INGRESS: &str = r#"
set -eu
export HOME=/tmp KUBECONFIG=/tmp/kubeconfig
name=$1
role=arn:aws:iam::000000000000:role/rehearsal
subnets=subnet-0b0000000000000a1,subnet-0b0000000000000b1
aws eks create-cluster --name "$name" --role-arn "$role" --resources-vpc-config subnetIds=$subnets >/dev/null
aws eks wait cluster-active --name "$name"
aws eks update-kubeconfig --name "$name" >/dev/null
aws eks create-nodegroup --cluster-name "$name" --nodegroup-name workers --node-role "$role" --subnets subnet-0b0000000000000a1 \
    --scaling-config minSize=1,maxSize=1,desiredSize=1 --instance-types t3.large >/dev/null
aws eks create-addon --cluster-name "$name" --addon-name eks-pod-identity-agent >/dev/null
aws eks wait nodegroup-active --cluster-name "$name" --nodegroup-name workers
kubectl apply -f - >/dev/null <<END
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: alb}
spec: {controller: ingress.k8s.aws/alb}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: lbc, namespace: kube-system}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: lbc, namespace: kube-system, labels: {app.kubernetes.io/name: aws-load-balancer-controller}}
spec:
  selector: {matchLabels: {app: lbc}}
  template:
    metadata: {labels: {app: lbc}}
    spec: {serviceAccountName: lbc, containers: [{name: it, image: it, args: [--cluster-name=$name]}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: site, annotations: {alb.ingress.kubernetes.io/load-balancer-name: $name, alb.ingress.kubernetes.io/target-type: ip}}
spec:
  ingressClassName: alb
  rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: nobody, port: {number: 80}}}}]}}]
END
kubectl -n kube-system rollout status deployment lbc --timeout=60s >/dev/null
timeout 60 sh -c 'until kubectl get events --field-selector reason=FailedBuildModel -o name | grep -q .; do :; done'
echo "without a role: $(kubectl get events --field-selector reason=FailedBuildModel -o jsonpath='{.items[0].message}' | cut -d, -f1)"
trust='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
aws iam create-role --role-name "$name" --assume-role-policy-document "$trust" >/dev/null
aws iam put-role-policy --role-name "$name" --policy-name own --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:*","elasticloadbalancing:*"],"Resource":"*"}]}'
aws eks create-pod-identity-association --cluster-name "$name" --namespace kube-system --service-account lbc \
    --role-arn "arn:aws:iam::000000000000:role/$name" >/dev/null
kubectl -n kube-system rollout restart deployment lbc >/dev/null
kubectl wait ingress/site --for=jsonpath='{.status.loadBalancer.ingress[0].hostname}' --timeout=60s >/dev/null
kubectl get ingress site -o jsonpath='{.status.loadBalancer.ingress[0].hostname}' | sed "s/$name-[0-9]*/NAME/; s/^/address: /"; echo
aws elbv2 describe-load-balancers --names "$name" --query 'LoadBalancers[0].[Scheme,CanonicalHostedZoneId]' --output text | sed 's/^/balancer: /'
kubectl delete ingress site --timeout=60s >/dev/null
echo "gone: $(aws elbv2 describe-load-balancers --names "$name" 2>&1 | grep -o LoadBalancerNotFound)"
aws eks delete-nodegroup --cluster-name "$name" --nodegroup-name workers >/dev/null
aws eks delete-cluster --name "$name" >/dev/null
aws iam delete-role-policy --role-name "$name" --policy-name own
aws iam delete-role --role-name "$name"
"#;

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn an_ingress_gets_a_load_balancer_only_once_its_controller_may_make_one() {
    let (said, told) = run(INGRESS, &format!("alb-{}", std::process::id()));
    let wanted = [
        "without a role: Failed build model due to operation error EC2: DescribeSubnets",
        "address: internal-NAME.us-east-2.elb.amazonaws.com",
        "balancer: internal\tZ3AADJGX6KTTL2",
        "gone: LoadBalancerNotFound",
    ];
    assert_eq!(said, wanted, "{told}");
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn a_cluster_lets_in_whom_its_access_entries_name_and_leaves_nothing_behind() {
    let (said, told) = run(SCRIPT, &format!("test-{}", std::process::id()));
    let refused = "error: You must be logged in to the server";
    let wanted = [
        "created: CREATING\tNone", // an endpoint before the control plane is there would be a lie
        "creator: arn:aws:iam::000000000000:root",
        &format!("no entry: {refused}"),
        &format!("no such key: {refused}"),
        &format!("another cluster's token: {refused}"),
        "no policy: Error from server (Forbidden): namespaces is forbidden",
        "node: Ready",
        "node: Ready",
        "job: complete",
        "log: rehearsal: completed",
        "with nodes: ResourceInUseException",
        "deleted: DELETING",
        "gone: was refused",
    ];
    assert_eq!(said, wanted, "{told}");
}
