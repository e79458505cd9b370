"""What a kubelet is: its endpoints, the shapes of its bodies, and a careful client for it."""
