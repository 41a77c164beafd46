"""What acts in a real cluster from the cloud's side. Each is a module with `act(cluster)`, called once a second by the loop, in this
order; `cluster` is a `loop.Cluster`. It acts only when the real thing could."""

from rehearsal.clusters.stand_ins import access, addons, karpenter, kubelet_trouble, load_balancer, nodes, volumes

ALL = (access, nodes, addons, volumes, load_balancer, karpenter, kubelet_trouble)
