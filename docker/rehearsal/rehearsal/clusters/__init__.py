"""Real Kubernetes clusters behind the account's EKS: etcd, the control plane and kwok as processes of this container."""
