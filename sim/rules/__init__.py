"""What Kubernetes would decide: pure rules on plain facts, standard library only."""
