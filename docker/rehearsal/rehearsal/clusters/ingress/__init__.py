"""What the AWS Load Balancer Controller 3.5 makes of Ingresses: groups, the wanted balancer, and its making."""
