"""HTTP calls by libcurl, on connections that stay open: a call costs a quarter of what it does in pure Python, and
while it waits it holds nothing that the other threads need (see benchmarks/README.md)."""

import os
from collections import deque
from collections.abc import Mapping
from io import BytesIO

import pycurl
from django.utils.datastructures import CaseInsensitiveMapping

Answer = tuple[bytes, int, Mapping[str, str]]


class NoAnswerError(Exception):
    """The call got no answer; the text is libcurl's. `untrusted`: the server's certificate is not to be trusted."""

    def __init__(self, message: str, *, untrusted: bool) -> None:
        super().__init__(message)
        self.untrusted = untrusted


class CurlPool:
    """Calls from any thread. A handle makes one call at a time, and keeps its connection for the next one."""

    def __init__(self, *, size: int, certificates: str, connect_timeout: float) -> None:
        """At most `size` idle handles are kept; `certificates` is the file of trusted authorities; seconds."""
        self._size, self._certificates, self._connect_timeout = size, certificates, connect_timeout
        self._idle: deque[pycurl.Curl] = deque()

    def send(self, method: str, url: str, headers: Mapping[str, str], body: str | None, *, timeout: float) -> Answer:
        """Send one request and return body, status and headers; `timeout` is for all of it, in seconds.

        Raises NoAnswerError.
        """
        handle = self._take()
        taken, head = BytesIO(), BytesIO()
        _fill(handle, method, url, headers, body)
        handle.setopt(pycurl.CONNECTTIMEOUT_MS, int(min(self._connect_timeout, timeout) * 1000))
        handle.setopt(pycurl.TIMEOUT_MS, int(timeout * 1000))
        handle.setopt(pycurl.WRITEDATA, taken)
        handle.setopt(pycurl.WRITEHEADER, head)
        try:
            handle.perform()
            status = handle.getinfo(pycurl.RESPONSE_CODE)
        except pycurl.error as error:
            raise _explained(handle, *error.args) from error
        finally:
            self._give_back(handle)
        return taken.getvalue(), status, _headers(head.getvalue())

    def close(self) -> None:
        """Close every idle connection."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> pycurl.Curl:
        try:
            return self._idle.pop()  # the one that was used last: the others' connections can grow old and be closed
        except IndexError:
            return self._new()

    def _give_back(self, handle: pycurl.Curl) -> None:
        if len(self._idle) < self._size:
            self._idle.append(handle)

    def _new(self) -> pycurl.Curl:
        handle = pycurl.Curl()
        handle.setopt(pycurl.NOSIGNAL, 1)  # signals and threads do not go together
        handle.setopt(pycurl.CAINFO, self._certificates)
        handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        return handle


def _fill(handle: pycurl.Curl, method: str, url: str, headers: Mapping[str, str], body: str | None) -> None:
    handle.setopt(pycurl.URL, url)
    if body is None:
        handle.setopt(pycurl.HTTPGET, 1)
    else:
        handle.setopt(pycurl.POSTFIELDS, body)
    handle.setopt(pycurl.CUSTOMREQUEST, method.upper())
    handle.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in headers.items()])
    # HTTPS_PROXY counts for Stripe; the emulator is on this side of any proxy.
    handle.setopt(pycurl.NOPROXY, "" if url.startswith("https:") else "*")


def _explained(handle: pycurl.Curl, code: int, message: str) -> NoAnswerError:
    number = handle.getinfo(pycurl.OS_ERRNO)
    reason = f" ({os.strerror(number)})" if number and code == pycurl.E_COULDNT_CONNECT else ""
    untrusted = code in (pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_CACERT_BADFILE)
    return NoAnswerError(message + reason, untrusted=untrusted)


def _headers(head: bytes) -> Mapping[str, str]:
    # Of several heads (a proxy's, a 100 Continue) the last one is the answer's.
    lines = head.decode("latin-1").rstrip().rpartition("\r\n\r\n")[2].split("\r\n")[1:]
    return CaseInsensitiveMapping({name: value.strip() for name, _, value in (line.partition(":") for line in lines)})
