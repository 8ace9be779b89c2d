"""What goes wrong, as exceptions: one class for each status of memod, all of them `Error`.

The message says what was wrong, with the value and the limit, and what to do about it.
"""


class Error(Exception):
    """Any failure of memod. `code` is the status' name, as in the C and C++ interfaces."""

    code = "internal"


class InvalidArgumentError(Error, ValueError):
    """The caller's input cannot be used: change it and call again."""

    code = "invalid_argument"


class NotFoundError(Error, LookupError):
    """A named thing, such as a file or a pool, does not exist."""

    code = "not_found"


class AlreadyExistsError(Error):
    """A name is taken."""

    code = "already_exists"


class InUseError(Error):
    """Another process holds it, e.g. a daemon that serves the pool."""

    code = "in_use"


class FullError(Error):
    """There is no room in the pool. Nothing was changed."""

    code = "full"


class BusyError(Error):
    """No draft or lease is free just now: try later, give up views, or do without."""

    code = "busy"


class UnavailableError(Error, ConnectionError):
    """The daemon is gone or cannot be reached, or the store is closed."""

    code = "unavailable"


class DeadlineExceededError(Error, TimeoutError):
    """No answer came in time."""

    code = "deadline_exceeded"


class CorruptError(Error):
    """Stored bytes fail a check."""

    code = "corrupt"


class UnsupportedError(Error):
    """A version, a model or a feature that this build does not know."""

    code = "unsupported"


class InternalError(Error):
    """A library or a system call failed unexpectedly."""

    code = "internal"


BY_CODE: dict[str, type[Error]] = {
    error.code: error
    for error in (
        InvalidArgumentError,
        NotFoundError,
        AlreadyExistsError,
        InUseError,
        FullError,
        BusyError,
        UnavailableError,
        DeadlineExceededError,
        CorruptError,
        UnsupportedError,
        InternalError,
    )
}
