"""One node's kubelet: what it decides, waits for and says."""
