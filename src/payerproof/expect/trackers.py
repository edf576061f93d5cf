"""Hosts of analytics, advertising, session replay and tag managers.

Kept by hand: the hosts that the vendors' scripts, tags and pixels call. Those of Google, Meta,
Microsoft and X come first, because the breach notices of health plans name them (Kaiser 2024, Blue
Shield of California 2025). A host counts with everything below it. Fonts, captchas, maps and
content networks are third parties too, and not on this list; a tracker that a payer serves under
its own name cannot be told by its host.
"""

from __future__ import annotations

TRACKERS: dict[str, str] = {
    "google-analytics.com": "Google Analytics",
    "analytics.google.com": "Google Analytics",
    "googletagmanager.com": "Google Tag Manager",
    "doubleclick.net": "Google advertising",
    "googleadservices.com": "Google advertising",
    "googlesyndication.com": "Google advertising",
    "adservice.google.com": "Google advertising",
    "app-measurement.com": "Google Firebase Analytics",
    "connect.facebook.net": "Meta Pixel",
    "facebook.com": "Meta Pixel",
    "bat.bing.com": "Microsoft Advertising",
    "clarity.ms": "Microsoft Clarity",
    "static.ads-twitter.com": "X advertising",
    "analytics.twitter.com": "X advertising",
    "ads.linkedin.com": "LinkedIn Insight",
    "snap.licdn.com": "LinkedIn Insight",
    "analytics.tiktok.com": "TikTok Pixel",
    "sc-static.net": "Snap Pixel",
    "tr.snapchat.com": "Snap Pixel",
    "ct.pinterest.com": "Pinterest Tag",
    "s.pinimg.com": "Pinterest Tag",
    "alb.reddit.com": "Reddit Pixel",
    "omtrdc.net": "Adobe Analytics",
    "2o7.net": "Adobe Analytics",
    "demdex.net": "Adobe Audience Manager",
    "adobedtm.com": "Adobe Launch",
    "everesttech.net": "Adobe Advertising",
    "hotjar.com": "Hotjar",
    "hotjar.io": "Hotjar",
    "fullstory.com": "FullStory",
    "mouseflow.com": "Mouseflow",
    "crazyegg.com": "Crazy Egg",
    "luckyorange.com": "Lucky Orange",
    "inspectlet.com": "Inspectlet",
    "quantummetric.com": "Quantum Metric",
    "contentsquare.net": "Contentsquare",
    "glassboxdigital.io": "Glassbox",
    "logrocket.io": "LogRocket",
    "lr-ingest.io": "LogRocket",
    "segment.com": "Segment",
    "segment.io": "Segment",
    "mixpanel.com": "Mixpanel",
    "mxpnl.com": "Mixpanel",
    "amplitude.com": "Amplitude",
    "heapanalytics.com": "Heap",
    "pendo.io": "Pendo",
    "posthog.com": "PostHog",
    "matomo.cloud": "Matomo",
    "plausible.io": "Plausible",
    "optimizely.com": "Optimizely",
    "visualwebsiteoptimizer.com": "VWO",
    "tealiumiq.com": "Tealium",
    "tiqcdn.com": "Tealium",
    "hs-analytics.net": "HubSpot",
    "hs-scripts.com": "HubSpot",
    "marketo.net": "Marketo",
    "mktoresp.com": "Marketo",
    "pardot.com": "Pardot",
    "eloqua.com": "Eloqua",
    "criteo.com": "Criteo",
    "criteo.net": "Criteo",
    "taboola.com": "Taboola",
    "outbrain.com": "Outbrain",
    "adsrvr.org": "The Trade Desk",
    "adnxs.com": "Xandr",
    "rlcdn.com": "LiveRamp",
    "bluekai.com": "Oracle BlueKai",
    "addthis.com": "AddThis",
    "scorecardresearch.com": "Comscore",
    "quantserve.com": "Quantcast",
    "chartbeat.com": "Chartbeat",
    "siteimproveanalytics.com": "Siteimprove Analytics",
    "foresee.com": "Verint ForeSee",
    "medallia.com": "Medallia",
    "qualtrics.com": "Qualtrics",
    "branch.io": "Branch",
    "appsflyer.com": "AppsFlyer",
    "adjust.com": "Adjust",
    "braze.com": "Braze",
}
"""Host → whose tracker it is."""


def tracker(host: str) -> str:
    """Whose tracker a host is, or an empty string."""
    labels = host.lower().rstrip(".").split(".")
    candidates = (".".join(labels[n:]) for n in range(len(labels)))
    return next((TRACKERS[name] for name in candidates if name in TRACKERS), "")
