"""What Karpenter 1.8 makes of its objects: the views it has of them, and the nodes it brings."""
