"""``${NAME}`` in the URLs of the file: filled in from the environment, so that the file itself holds no secret."""

from collections.abc import Mapping

from sweeper.config.model import MonitoringSection, NotifySection
from sweeper.config.values import NOT_HTTP, PLACEHOLDER, is_http
from sweeper.core.errors import ConfigurationError


def filled_in(
    monitoring: MonitoringSection, notify: NotifySection, environment: Mapping[str, str]
) -> tuple[MonitoringSection, NotifySection]:
    """Both sections with every URL complete.

    Raises:
        ConfigurationError: a variable is missing, or what it gives is not a URL; the message never has a value.
    """
    endpoints = {}
    for key in ("ping", "pushgateway"):
        written = getattr(monitoring, key)
        if written is not None:
            endpoints[key] = url = _fill(f"monitoring.{key}", written, environment).rstrip("/")
            if not is_http(url):
                raise ConfigurationError(f"monitoring.{key}: {NOT_HTTP}", code="config")
    urls = [_fill(f"notify.urls.{place}", url, environment) for place, url in enumerate(notify.urls)]
    return monitoring.model_copy(update=endpoints), notify.model_copy(update={"urls": urls})


def _fill(key: str, written: str, environment: Mapping[str, str]) -> str:
    missing = sorted({name for name in PLACEHOLDER.findall(written) if not environment.get(name)})
    if missing:
        raise ConfigurationError(
            f"{key}: the environment has no {' and no '.join(missing)}: set it where sweeper runs", code="config"
        )
    return PLACEHOLDER.sub(lambda found: environment[found[1]].strip(), written)
