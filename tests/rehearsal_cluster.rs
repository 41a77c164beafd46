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

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn a_cluster_lets_in_whom_its_access_entries_name_and_leaves_nothing_behind() {
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
    let name = format!("test-{}", std::process::id());
    run.args([
        "--env",
        "AWS_PROFILE=rehearsal",
        image,
        "bash",
        "-c",
        SCRIPT,
        "bash",
        &name,
    ]);
    let done = run.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}{told}");
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
    assert_eq!(said.lines().collect::<Vec<_>>(), wanted, "{told}");
}
