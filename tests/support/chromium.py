"""How the machine's Chromium is started: it needs no network and no sandbox of its own."""

from typing import Any

from pipelines.config import bootstrap

#: Chromium loads the pop-up of its address bar, which no test sees, anew beside each page; the other
#: features are those that Playwright itself turns off, as only the last list counts.
_UNWANTED = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)


def launch_options() -> dict[str, Any]:
    """What Playwright's `launch` takes. Raises AssertionError where there is no browser."""
    found = bootstrap.find_browser()
    assert found, "No Chromium was found; `make test` installs one, or name yours in CHROMIUM."
    quiet = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--disable-features={','.join(_UNWANTED)}",
    ]
    return {"executable_path": found, "args": quiet}
