"""Why a rung of the broker ladder does not hold."""


class RungFailed(Exception):
    """This way of getting a broker does not work here. The message: what failed, why, what to do."""
