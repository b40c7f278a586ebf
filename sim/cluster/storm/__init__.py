"""Pods that keep failing to pull, by the thousand: counted, not played one by one.

Only a compact record uses it. It works in arrays of numpy.
"""
