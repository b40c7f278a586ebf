"""The bytes of one manifest or blob on their way to a node.

They outlive a connection: what has arrived stays, and a later request asks for the
rest (a range request).

Source: containerd core/remotes/docker/httpreadseeker.go and the ingests of its
content store.
"""

from sim.cluster.network.transfers import Transfer

MEBIBYTE = 2**20


class Body:
    """``received`` bytes of ``size_bytes`` are here, beside those of ``transfer``.

    ``corrupt`` tells that what came is not what the digest says. ``index`` is the
    digest of the index that a platform's manifest belongs to: who has the one has
    the other.
    """

    __slots__ = ("corrupt", "digest", "index", "received", "size_bytes", "transfer")

    def __init__(self, digest: str, size_bytes: int, index: str = "") -> None:
        self.digest = digest
        self.index = index
        self.size_bytes = size_bytes
        self.received = 0
        self.corrupt = False
        self.transfer: Transfer | None = None

    @property
    def left(self) -> int:
        """The bytes that a request has to ask for."""
        return self.size_bytes - self.received

    def written(self, now_us: int) -> int:
        """Return the bytes that the content store has: whole MiB, or everything.

        Source: containerd core/content/helpers.go, copyWithBuffer.
        """
        got = self.received
        if self.transfer is not None:
            got += self.transfer.received(now_us)
        return got if got == self.size_bytes else got - got % MEBIBYTE

    def arrived(self, now_us: int) -> None:
        """Have what the transfer brought; it has ended."""
        if self.transfer is not None:
            self.received += self.transfer.received(now_us)
            self.transfer = None

    def keep_written(self) -> None:
        """Lose what was not yet written: the pull has failed."""
        if self.left:
            self.received -= self.received % MEBIBYTE
