use super::*;

const MANIFEST: &str = r#"---
# Source: demo/templates/api.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  labels: {app: api}
  creationTimestamp: null
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: api
          image: api:1
          args: ["-v", "2"]
          env: [{name: A, value: "1"}]
          resources: {requests: {cpu: 1000m, memory: 1024Mi}}
          ports: [{containerPort: 80}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: init}
spec: {backoffLimit: 3}
---
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: pool}
spec: {limits: {cpu: 128}}
---
"#;

fn live() -> Vec<Value> {
    vec![
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "api", "namespace": "ns", "labels": {"app": "api", "more": "x"},
                "annotations": {"deployment.kubernetes.io/revision": "1"}, "uid": "u"},
            "spec": {"replicas": 2, "revisionHistoryLimit": 10, "template": {"spec": {
                "dnsPolicy": "ClusterFirst",
                "containers": [
                    {"name": "injected", "image": "x"},
                    {"name": "api", "image": "api:1", "args": ["-v", "2"], "env": [{"name": "A", "value": "1"}],
                     "resources": {"requests": {"cpu": "1", "memory": "1Gi"}},
                     "ports": [{"containerPort": 80, "protocol": "TCP"}]}
                ]}}},
            "status": {"replicas": 0}
        }),
        json!({"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": "pool"}, "spec": {"limits": {"cpu": "128"}}}),
    ]
}

fn drift(live: &[Value]) -> Live {
    compare(&objects(MANIFEST).unwrap(), live, "ns")
}

#[test]
fn defaults_injected_things_and_other_ways_to_write_the_same_are_no_drift() {
    assert_eq!(
        drift(&live()),
        Live::default(),
        "and a Job that ended and went is none"
    );
}

#[test]
fn what_the_manifest_leaves_to_others_is_no_drift() {
    let service =
        |spec: Value| json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": spec});
    let left = service(json!({"clusterIP": "", "ports": [{"port": 80, "nodePort": 0, "name": ""}]}));
    let seen =
        service(json!({"clusterIP": "10.0.0.1", "ports": [{"port": 80, "nodePort": 30000, "name": ""}]}));
    assert_eq!(compare(&[left], &[seen], "ns"), Live::default());
    let text = |text: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"x": text}});
    let emptied = compare(&[text("")], &[text("y")], "ns");
    assert_eq!(emptied.drift, ["ConfigMap/a was changed at data.x"]);
    let mut scaled = objects(MANIFEST).unwrap();
    scaled.truncate(1);
    let mut found = live();
    found[0]["spec"]["replicas"] = json!(5);
    assert!(!compare(&scaled, &found, "ns").drift.is_empty());
    let by_load = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "s"},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "api"}}});
    scaled.push(by_load.clone());
    found.push(by_load);
    assert_eq!(compare(&scaled, &found, "ns"), Live::default());
}

#[test]
fn what_is_gone_or_changed_is_named_without_its_value() {
    let mut found = live();
    found[0]["spec"]["replicas"] = json!(0);
    found[0]["spec"]["template"]["spec"]["containers"][1]["image"] = json!("api:hush");
    found[0]["spec"]["template"]["spec"]["containers"][1]["args"] = json!(["-v"]);
    found.remove(1);
    let seen = drift(&found);
    assert_eq!(
        seen.drift,
        [
            "Deployment/api was changed at spec.replicas, spec.template.spec.containers.api.args, spec.template.spec.containers.api.image",
            "NodePool/pool is gone"
        ]
    );
    assert!(seen.custom.is_empty(), "helm itself makes both good");
}

#[test]
fn a_changed_object_of_an_added_kind_is_written_by_itself() {
    let mut found = live();
    found[1]["spec"]["limits"]["cpu"] = json!("256");
    let seen = drift(&found);
    assert_eq!(seen.drift, ["NodePool/pool was changed at spec.limits.cpu"]);
    assert_eq!(seen.custom[0]["spec"]["limits"]["cpu"], 128);
    assert!(seen.custom[0]["metadata"].get("namespace").is_none());
}

#[test]
fn words_that_helm_reads_in_the_older_way_are_no_drift() {
    for (manifest, live) in [
        ("0755", json!(493)),
        ("0o755", json!(493)),
        ("0x10", json!(16)),
        ("1_000", json!(1000)),
        ("yes", json!(true)),
        ("off", json!(false)),
        ("'5'", json!("5")),
        ("1.5Gi", json!("1536Mi")),
    ] {
        let object = objects(&format!(
            "{{apiVersion: v1, kind: Service, metadata: {{name: a}}, spec: {{x: {manifest}}}}}"
        ));
        let found =
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"x": live}});
        let seen = compare(&object.unwrap(), &[found], "ns");
        assert!(seen.drift.is_empty(), "{manifest}: {:?}", seen.drift);
    }
}

/// What is told of the one object in `manifest` that lives as in `live`, both YAML.
fn told(manifest: &str, live: &str) -> Vec<String> {
    let (wanted, found) = (objects(manifest).unwrap(), objects(live).unwrap());
    assert_eq!((wanted.len(), found.len()), (1, 1), "{manifest}");
    compare(&wanted, &found, "ns").drift
}

fn of_kind(head: &str, rest: &str) -> String {
    let (version, kind) = head.rsplit_once('/').unwrap();
    format!("{{apiVersion: {version}, kind: {kind}, metadata: {{name: a}}, {rest}}}")
}

fn with_container(rest: &str) -> String {
    let pod = format!("{{containers: [{{name: api, {rest}}}]}}");
    of_kind(
        "apps/v1/Deployment",
        &format!("spec: {{template: {{spec: {pod}}}}}"),
    )
}

const ROLE: &str = "rbac.authorization.k8s.io/v1/Role";
const BINDING: &str = "rbac.authorization.k8s.io/v1/RoleBinding";
const INGRESS: &str = "networking.k8s.io/v1/Ingress";

/// Kind, manifest, what lives, what is told.
const REMOVED: &[(&str, &str, &str, &str)] = &[
    (
        "v1/ConfigMap",
        "data: {siteDomain: x, b: y}",
        "data: {b: y}",
        ": data.siteDomain is gone",
    ),
    (
        "v1/ConfigMap",
        "data: {siteDomain: x, b: ''}",
        "data: null",
        ": data.b, data.siteDomain are gone",
    ),
    (
        "v1/Secret",
        "stringData: {token: x}",
        "data: {other: eA==}",
        ": data.token is gone",
    ),
    (
        "v1/Secret",
        "stringData: {token: x}",
        "type: Opaque",
        ": data.token is gone",
    ),
    (
        "v1/Service",
        "spec: {ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53}], selector: {app: a}}",
        "spec: {ports: [{name: dns-tcp, port: 53, protocol: TCP}]}",
        ": spec.ports.dns, spec.selector.app are gone",
    ),
    (
        "v1/Service",
        "spec: {ports: [{port: 53, protocol: UDP}, {port: 53}]}",
        "spec: {ports: [{port: 53, protocol: TCP}]}",
        ": spec.ports.53 is gone",
    ),
    (
        ROLE,
        "rules: [{verbs: [get], resources: [pods]}, {verbs: [get], resources: [secrets]}]",
        "rules: [{verbs: [get], resources: [pods]}]",
        " was changed at rules",
    ),
    (
        ROLE,
        "rules: [{verbs: [get], resources: [pods]}]",
        "rules: [{verbs: [get], resources: [pods]}, {verbs: ['*'], resources: ['*']}]",
        " was changed at rules",
    ),
    (
        ROLE,
        "rules: [{verbs: [get], resources: [pods]}]",
        "rules: null",
        ": rules is gone",
    ),
    (
        ROLE,
        "rules: [{verbs: [get], resources: [secrets], resourceNames: [one]}]",
        "rules: [{verbs: [get], resources: [secrets]}]",
        ": rules.0.resourceNames is gone",
    ),
    (
        BINDING,
        "subjects: [{kind: ServiceAccount, name: s}]",
        "roleRef: {}",
        ": subjects is gone",
    ),
    (
        BINDING,
        "subjects: [{kind: ServiceAccount, name: s}]",
        "subjects: [{kind: ServiceAccount, name: s}, {kind: User, name: eve}]",
        " was changed at subjects",
    ),
    (
        BINDING,
        "subjects: [{kind: ServiceAccount, name: s}]",
        "subjects: [{kind: User, name: eve}]",
        ": subjects.s is gone",
    ),
    (
        INGRESS,
        "spec: {rules: [{host: x, http: {paths: [{path: /}, {path: /api}]}}]}",
        "spec: {rules: [{host: x, http: {paths: [{path: /}]}}]}",
        " was changed at spec.rules.0.http.paths",
    ),
    (
        INGRESS,
        "spec: {rules: [{host: x}]}",
        "spec: {rules: [{http: {}}]}",
        ": spec.rules.0.host is gone",
    ),
    (
        "v1/PersistentVolumeClaim",
        "spec: {volumeName: v}",
        "spec: {}",
        ": spec.volumeName is gone",
    ),
    (
        "v1/PersistentVolume",
        "spec: {mountOptions: [allow-delete], claimRef: {name: c}}",
        "spec: {claimRef: {name: c, uid: u}}",
        ": spec.mountOptions is gone",
    ),
    (
        "karpenter.sh/v1/NodePool",
        "spec: {limits: {cpu: 8}}",
        "spec: {}",
        ": spec.limits.cpu is gone",
    ),
];

#[test]
fn a_setting_a_right_or_a_port_that_somebody_removed_is_never_taken_for_unchanged() {
    for (head, manifest, live, told_of) in REMOVED.iter().copied() {
        let kind = head.rsplit_once('/').unwrap().1;
        let seen = told(&of_kind(head, manifest), &of_kind(head, live));
        assert_eq!(seen, [format!("{kind}/a{told_of}")], "{manifest}");
    }
}

#[test]
fn what_a_pod_needs_and_somebody_removed_is_never_taken_for_unchanged() {
    for (manifest, live, place) in [
        (
            "env: [{name: A, value: b}, {name: C, value: d}]",
            "env: [{name: A, value: b}]",
            "env.C",
        ),
        ("env: [{name: A, value: b}]", "image: x", "env"),
        ("env: [{name: A, value: b}]", "env: [{name: A}]", "env.A.value"),
        (
            "env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]",
            "env: [{name: A, valueFrom: {}}]",
            "env.A.valueFrom.secretKeyRef",
        ),
        ("args: [-v]", "image: x", "args"),
        ("command: [run]", "image: x", "command"),
        (
            "ports: [{containerPort: 80}, {containerPort: 81}]",
            "ports: [{containerPort: 80}]",
            "ports.81",
        ),
        (
            "volumeMounts: [{name: d, mountPath: /a}, {name: d, mountPath: /b}]",
            "volumeMounts: [{name: d, mountPath: /b}]",
            "volumeMounts./a",
        ),
    ] {
        let seen = told(&with_container(manifest), &with_container(live));
        let told_of = format!("Deployment/a: spec.template.spec.containers.api.{place} is gone");
        assert_eq!(seen, [told_of], "{manifest}");
    }
    let both = "envFrom: [{configMapRef: {name: a}}, {configMapRef: {name: b}}]";
    assert_eq!(
        told(
            &with_container(both),
            &with_container("envFrom: [{configMapRef: {name: a}}]")
        ),
        ["Deployment/a was changed at spec.template.spec.containers.api.envFrom"]
    );
    let pod = "spec: {jobTemplate: {spec: {template: {metadata: {labels: {x.io/a: b}}, spec: {serviceAccountName: s, volumes: [{name: d}]}}}}}";
    let bare = "spec: {jobTemplate: {spec: {template: {spec: {volumes: []}}}}}";
    assert_eq!(
        told(
            &of_kind("batch/v1/CronJob", pod),
            &of_kind("batch/v1/CronJob", bare)
        ),
        [
            "CronJob/a: spec.jobTemplate.spec.template.metadata.labels.x.io/a, spec.jobTemplate.spec.template.spec.serviceAccountName, spec.jobTemplate.spec.template.spec.volumes.d are gone"
        ]
    );
}

#[test]
fn labels_and_annotations_that_were_removed_are_put_back_on_added_kinds_too() {
    let wanted = objects(
        "{apiVersion: x.io/v1, kind: Other, metadata: {name: a, labels: {app: a}, annotations: {y.io/b: c}}, spec: {pruned: 1}}",
    );
    let found = objects("{apiVersion: x.io/v1, kind: Other, metadata: {name: a}, spec: {}}");
    let seen = compare(&wanted.unwrap(), &found.unwrap(), "ns");
    assert_eq!(
        seen.drift,
        ["Other/a: metadata.annotations.y.io/b, metadata.labels.app are gone"]
    );
    assert_eq!(seen.custom.len(), 1);
}

#[test]
fn what_the_api_server_does_not_keep_makes_no_plan_that_never_settles() {
    let cluster_role = "rbac.authorization.k8s.io/v1/ClusterRole";
    for (head, manifest, live) in [
        ("v1/ConfigMap", "data: {}", "immutable: false"),
        ("v1/ConfigMap", "data: {a: null}, binaryData: null", "x: y"),
        ("v1/ConfigMap", "data: {on: x}", "data: {'true': x}"),
        (
            "v1/Secret",
            "stringData: {token: x}",
            "data: {token: eA==, more: eA==}",
        ),
        (
            "v1/Service",
            "spec: {type: ClusterIP, ports: [{name: '', port: 80, nodePort: 30000}], externalIPs: [], unknown: 1}",
            "spec: {ports: [{port: 80, protocol: TCP}]}",
        ),
        (
            "v1/Service",
            "spec: {ports: [{port: 53, protocol: UDP}, {port: 53}]}",
            "spec: {ports: [{port: 53, protocol: TCP}, {port: 53, protocol: UDP}]}",
        ),
        (ROLE, "rules: []", "rules: null"),
        (
            ROLE,
            "rules: [{apiGroups: [''], resources: [pods], verbs: [get], resourceNames: []}]",
            "rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]",
        ),
        (
            cluster_role,
            "aggregationRule: {}, rules: []",
            "aggregationRule: {}, rules: [{verbs: [get]}]",
        ),
        (
            BINDING,
            "subjects: [{kind: ServiceAccount, name: s, namespace: ns, apiGroup: ''}]",
            "subjects: [{kind: ServiceAccount, name: s, namespace: ns}]",
        ),
        (
            INGRESS,
            "spec: {tls: [], rules: [{host: ''}]}",
            "spec: {rules: [{}]}",
        ),
        (
            "v1/PersistentVolumeClaim",
            "spec: {storageClassName: '', dataSource: {kind: Other}, resources: {requests: {storage: 1Gi}}}",
            "spec: {resources: {requests: {storage: 2Gi}}}",
        ),
        (
            "karpenter.sh/v1/NodePool",
            "spec: {template: {spec: {pruned: 1}}, weight: 0}",
            "spec: {template: {spec: {}}}",
        ),
        (
            "storage.k8s.io/v1/StorageClass",
            "parameters: {type: gp3}, mountOptions: []",
            "parameters: {type: gp3}",
        ),
    ] {
        let seen = told(&of_kind(head, manifest), &of_kind(head, live));
        assert!(seen.is_empty(), "{manifest}: {seen:?}");
    }
    for (manifest, live) in [
        ("env: [{name: A, value: ''}]", "env: [{name: A}]"),
        ("env: []", "image: x"),
        (
            "env: [{name: A, value: b, typo: c}]",
            "env: [{name: A, value: b}]",
        ),
        (
            "env: [{name: A, value: b}, {name: A, value: b}]",
            "env: [{name: A, value: b}]",
        ),
        (
            "volumeMounts: [{name: d, mountPath: /a, readOnly: false}]",
            "volumeMounts: [{name: more, mountPath: /more}, {name: d, mountPath: /a}]",
        ),
        (
            "ports: [{containerPort: 80, hostPort: 0}]",
            "ports: [{containerPort: 80, protocol: TCP}]",
        ),
        ("lifecycle: {}, securityContext: {privileged: false}", "image: x"),
    ] {
        let seen = told(&with_container(manifest), &with_container(live));
        assert!(seen.is_empty(), "{manifest}: {seen:?}");
    }
}

#[test]
fn an_object_on_its_way_out_is_neither_fine_nor_gone() {
    let claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}}";
    let leaving = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data, deletionTimestamp: '2026-11-24T03:00:00Z', finalizers: [kubernetes.io/pvc-protection]}}";
    let seen = compare(&objects(claim).unwrap(), &objects(leaving).unwrap(), "ns");
    let how = "PersistentVolumeClaim/data is being deleted, and its finalizer kubernetes.io/pvc-protection holds it";
    assert_eq!(
        (seen.drift, seen.leaving),
        (vec![how.to_owned()], vec![how.to_owned()])
    );
    let mut found = live();
    for object in &mut found {
        object["metadata"]["deletionTimestamp"] = json!("2026-11-24T03:00:00Z");
        object["metadata"]["finalizers"] = json!(["a.io/b", "`rm -rf`"]);
    }
    let seen = drift(&found);
    assert_eq!(
        seen.leaving,
        ["Deployment/api", "NodePool/pool"]
            .map(|what| format!("{what} is being deleted, and its finalizers a.io/b, ? hold it"))
    );
    assert!(seen.custom.is_empty(), "it would be applied to what goes");
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "init", "deletionTimestamp": "x"}});
    let mut found = live();
    found.push(job);
    assert_eq!(
        drift(&found),
        Live::default(),
        "it would be no drift once it is gone"
    );
}

#[test]
fn an_object_of_the_same_name_elsewhere_is_another() {
    let mut found = live();
    found[0]["metadata"]["namespace"] = json!("other");
    assert_eq!(drift(&found).drift, ["Deployment/api is gone"]);
}

#[test]
fn answers_are_read_as_kubectl_gives_them() {
    assert!(answered(b" \n").unwrap().is_empty());
    assert_eq!(answered(live()[1].to_string().as_bytes()).unwrap().len(), 1);
    let list = json!({"apiVersion": "v1", "kind": "List", "items": live(), "metadata": {}});
    assert_eq!(answered(list.to_string().as_bytes()).unwrap().len(), 2);
    assert!(answered(b"<html>").is_err());
    assert!(answered(br#"{"a":1}"#).is_err());
    assert!(objects("a: [").is_err());
    let question = asked(&objects(MANIFEST).unwrap(), "ns");
    assert_eq!(
        question["items"][0]["metadata"],
        json!({"name": "api", "namespace": "ns"})
    );
}
