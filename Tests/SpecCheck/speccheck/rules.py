# SPDX-License-Identifier: MIT
"""What the contract sheets say about fields together, which no schema of one field can say."""

import json
import re
from datetime import datetime, timedelta

from .recording import Request

CREATED_BY = "instagram.md 1"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def tiktok_source(request: Request):
    """tiktok.md 2.2 and 2.3: sizes of chunks, branded content, and no Authorization beside a signed address."""
    body = request.json()
    source = body.get("source_info", {})
    info = body.get("post_info", {})
    if source.get("source") == "FILE_UPLOAD":
        size, chunk, count = source.get("video_size"), source.get("chunk_size"), source.get("total_chunk_count")
        if not all(isinstance(item, int) and item > 0 for item in (size, chunk, count)):
            return
        if size < 5_000_000:
            if (chunk, count) != (size, 1):
                yield "a film under 5 MB is one chunk of its own size"
        elif not 5_000_000 <= chunk <= 64_000_000:
            yield f"a chunk of {chunk} bytes is not between 5 and 64 MB"
        elif count != max(1, size // chunk):
            yield f"{size} bytes in chunks of {chunk} are {max(1, size // chunk)} chunks, not {count}"
    if info.get("brand_content_toggle") is True and info.get("privacy_level") == "SELF_ONLY":
        yield "branded content cannot be SELF_ONLY"
    if body.get("post_mode") == "DIRECT_POST" and "privacy_level" not in info:
        yield "a direct post says who may see it"
    for name, most in (("title", 90 if body.get("media_type") == "PHOTO" else 2200), ("description", 4000)):
        if isinstance(info.get(name), str) and _units(info[name]) > most:
            yield f"{name} has more than {most} UTF-16 units"
    images = source.get("photo_images")
    if isinstance(images, list) and source.get("photo_cover_index", 0) >= len(images):
        yield "photo_cover_index is none of the photos"


def tiktok_chunk(request: Request):
    """tiktok.md 2.3: the range is as long as the body and lies in the file."""
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", request.header("content-range") or "")
    if not found:
        return
    first, last, total = map(int, found.groups())
    if not first <= last < total:
        yield "the range lies outside the file"
    if last - first + 1 != request.size:
        yield f"the range is {last - first + 1} bytes long, the body {request.size}"
    if str(request.size) != request.header("content-length"):
        yield "content-length is not the body's length"
    if last + 1 < total and not 5_000_000 <= request.size <= 64_000_000 or request.size > 128_000_000:
        yield "a chunk has 5 to 64 MB, the last one at most 128"


def x_post(request: Request):
    """x.md 2.1: what excludes each other, and that there is something to post."""
    body = request.json()
    chosen = [name for name in ("media", "poll", "quote_tweet_id", "card_uri") if name in body]
    if len(chosen) > 1:
        yield f"{' and '.join(chosen)} exclude each other"
    if not body.get("text") and not chosen:
        yield "a post has a text or something else to show"


def x_campaign(request: Request):
    """x.md 6.2: one budget, and paused, which is not what X takes when nothing is said."""
    values = dict(request.form())
    if values.get("entity_status") != "PAUSED":
        yield "everything is made paused"
    if len({"daily_budget_amount_local_micro", "total_budget_amount_local_micro"} & set(values)) != 1:
        yield "a campaign has one budget"


def x_line_item(request: Request):
    """x.md 6.3: paused, and without a bid only where X bids by itself."""
    values = dict(request.form())
    if values.get("entity_status") != "PAUSED":
        yield "everything is made paused"
    if values.get("bid_strategy") != "AUTO" and "bid_amount_local_micro" not in values:
        yield "MAX and TARGET need a bid"
    for name in ("start_time", "end_time"):
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", values.get(name, "")):
            yield f"{name} is no instant"


def x_stats(request: Request):
    """x.md 6.7: no more than seven days at once."""
    values = dict(request.parameters)
    start, end = (datetime.fromisoformat(values[name].replace("Z", "+00:00")) for name in ("start_time", "end_time"))
    if not timedelta() < end - start <= timedelta(days=7):
        yield "numbers are of at most seven days"


def tiktok_campaign(request: Request):
    """tiktok.md 6.3: the objectives, and switched off, which is not what TikTok takes when nothing is said."""
    body = request.json()
    if body.get("operation_status") != "DISABLE":
        yield "everything is made disabled"
    if body["objective_type"] not in ("REACH", "VIDEO_VIEWS", "TRAFFIC", "ENGAGEMENT"):
        yield f"objective_type {body['objective_type']} is none of the sheet's"
    yield from _request_id(body)


def tiktok_ad_group(request: Request):
    """tiktok.md 6.4: what belongs to a budget, a schedule and a goal."""
    body = request.json()
    if body.get("operation_status") != "DISABLE":
        yield "everything is made disabled"
    if (body["optimization_goal"], body["billing_event"]) not in (
            ("REACH", "CPM"), ("ENGAGED_VIEW", "CPV"), ("CLICK", "CPC"), ("FOLLOWERS", "OCPM")):
        yield f"{body['optimization_goal']} is not billed by {body['billing_event']}"
    if body["optimization_goal"] == "REACH" and not {"frequency", "frequency_schedule"} <= set(body):
        yield "REACH needs a frequency and its schedule"
    if body["budget_mode"] not in ("BUDGET_MODE_DAY", "BUDGET_MODE_TOTAL") or body["budget"] <= 0:
        yield "an ad group has a budget by the day or in all"
    if body["schedule_type"] == "SCHEDULE_START_END" and "schedule_end_time" not in body:
        yield "a schedule with an end says when"
    for name in ("schedule_start_time", "schedule_end_time"):
        if name in body and not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", body[name]):
            yield f"{name} is not YYYY-MM-DD HH:MM:SS"
    if not body.get("location_ids"):
        yield "an ad group has locations"
    yield from _request_id(body)


def tiktok_ad(request: Request):
    """tiktok.md 6.5: a post that exists, and whose it is."""
    for creative in request.json()["creatives"]:
        if creative.get("operation_status") != "DISABLE":
            yield "everything is made disabled"
        if creative.get("ad_format") not in ("SINGLE_VIDEO", "CAROUSEL_ADS"):
            yield f"ad_format {creative.get('ad_format')} is none of a Spark ad"
        if creative.get("identity_type") not in ("TT_USER", "BC_AUTH_TT", "AUTH_CODE") or "identity_id" not in creative:
            yield "a Spark ad says whose post it is"
        if not re.fullmatch(r"\d+", creative.get("tiktok_item_id", "")):
            yield "a Spark ad names the post by its number"


def tiktok_switch(request: Request):
    """tiktok.md 6.6: one list, and on or off."""
    body = request.json()
    if body.get("operation_status") not in ("ENABLE", "DISABLE"):
        yield "a status is ENABLE or DISABLE"
    if len([name for name in ("campaign_ids", "adgroup_ids", "ad_ids") if body.get(name)]) != 1 or "advertiser_id" not in body:
        yield "a status is of one kind of thing of one advertiser"


def tiktok_report(request: Request):
    """tiktok.md 6.7: no more than 30 days by day, else 365."""
    values = dict(request.parameters)
    start, end = (datetime.strptime(values[name], "%Y-%m-%d") for name in ("start_date", "end_date"))
    most = 30 if "stat_time_day" in json.loads(values["dimensions"]) else 365
    if not 0 <= (end - start).days < most:
        yield f"a report covers at most {most} days"


def _request_id(body: dict):
    if not re.fullmatch(r"[1-9]\d*", body.get("request_id", "")) or int(body["request_id"]) >= 1 << 64:
        yield "request_id is a 64-bit integer as text"


def meta_upload(request: Request):
    """facebook.md 2.5: an address without a body, or an offset and a size with the bytes."""
    if request.header("file_url") is not None:
        if request.size or request.header("offset") is not None:
            yield "file_url stands alone"
        return
    offset, size = request.header("offset"), request.header("file_size")
    if offset is None or size is None:
        yield "neither file_url nor offset and file_size"
    elif not request.size:
        yield "no bytes"
    elif int(offset) + request.size != int(size):
        yield f"offset {offset} and {request.size} bytes are not the {size} of the file"


def graph_values(name: str, values: dict):
    """facebook.md 2 and instagram.md 1: which parameters belong together."""
    if name == "POST Page/feed":
        if not {"message", "link", "attached_media"} & set(values):
            yield "a post has words, a link or photos"
    elif name == "POST Page/photos":
        if len({"url", "source"} & set(values)) != 1:
            yield "a photo is a url or one file"
    elif name in ("POST Page/video_reels", "POST Page/video_stories"):
        if values.get("upload_phase") == "finish" and "video_id" not in values:
            yield "finish needs the video_id"
        if name.endswith("reels") and values.get("upload_phase") == "finish" and "video_state" not in values:
            yield "finish needs the video_state"
    elif name == "POST Page/photo_stories":
        if "photo_id" not in values:
            yield "a photo story needs the photo_id"
    elif name in ("POST PagePost/comments", "POST IGMedia/comments", "POST Photo/comments", "POST AdVideo/comments"):
        if not {"message", "attachment_url"} & set(values):
            yield "a comment has a message"
    elif name == "POST IGUser/media":
        yield from _container(values)
    elif name.startswith("POST AdAccount/"):
        yield from _advertising(name.removeprefix("POST AdAccount/"), values)


def _advertising(edge: str, values: dict):
    """facebook.md 6 and instagram.md 5: how campaign, ad set, creative and ad are made."""
    if edge != "adcreatives" and values.get("status") != "PAUSED":
        yield "everything is made paused"
    if edge == "campaigns":
        if not str(values.get("objective", "")).startswith("OUTCOME_"):
            yield "only the six objectives OUTCOME_… can be made"
        if not {"daily_budget", "lifetime_budget", "is_adset_budget_sharing_enabled"} & set(values):
            yield "a campaign without a budget says is_adset_budget_sharing_enabled"
        if set(json.loads(values.get("special_ad_categories", "[]"))) - {"NONE"} and "special_ad_category_country" not in values:
            yield "a special category needs special_ad_category_country"
    elif edge == "adsets":
        if len({"daily_budget", "lifetime_budget"} & set(values)) != 1:
            yield "an ad set has one budget"
        if "lifetime_budget" in values and "end_time" not in values:
            yield "a lifetime budget needs an end_time"
        for needed in ("bid_strategy", "billing_event", "optimization_goal", "targeting", "start_time"):
            if needed not in values:
                yield f"an ad set needs {needed}"
        targeting = json.loads(values.get("targeting", "{}"))
        if targeting.get("targeting_automation", {}).get("advantage_audience") != 0:
            yield "without advantage_audience 0 ages and interests are suggestions"
        if "location_types" in targeting.get("geo_locations", {}):
            yield "location_types must not be sent"
    elif edge == "adcreatives":
        if len({"object_story_id", "object_story_spec", "source_instagram_media_id"} & set(values)) != 1:
            yield "a creative names exactly one promoted object"


def _container(values: dict):
    kind = values.get("media_type")
    sources = {"image_url", "video_url"} & set(values)
    if kind not in (None, "REELS", "STORIES", "CAROUSEL", "VIDEO"):
        yield f"media_type {kind} is none of the sheet's"
    if kind == "VIDEO" and values.get("is_carousel_item") != "true":
        yield "media_type VIDEO is for items of a carousel"
    if kind == "CAROUSEL":
        if sources or not 2 <= len([item for item in str(values.get("children", "")).split(",") if item]) <= 10:
            yield "a carousel has 2 to 10 children and no address"
    elif values.get("upload_type") == "resumable":
        if kind not in ("REELS", "STORIES", "VIDEO") or sources:
            yield "what is uploaded is a film without an address"
    elif len(sources) != 1:
        yield "a container needs one address"
    elif kind is None and "image_url" not in values:
        yield "without media_type a container is a photo"
    elif kind == "REELS" and "video_url" not in values:
        yield "a reel is a film"
    if "caption" in values and (kind == "STORIES" or values.get("is_carousel_item") == "true"):
        yield "stories and items of a carousel have no caption"
    if len(str(values.get("caption", ""))) > 2200:
        yield "a caption has at most 2200 characters"
    if len(str(values.get("alt_text", ""))) > 1000:
        yield "an alternative text has at most 1000 characters"
    if "alt_text" in values and "image_url" not in values:
        yield "alternative texts are for photos"


RULES = {
    "POST /v2/post/publish/video/init/": tiktok_source,
    "POST /v2/post/publish/inbox/video/init/": tiktok_source,
    "POST /v2/post/publish/content/init/": tiktok_source,
    "POST /open_api/v1.3/campaign/create/": tiktok_campaign,
    "POST /open_api/v1.3/adgroup/create/": tiktok_ad_group,
    "POST /open_api/v1.3/ad/create/": tiktok_ad,
    "POST /open_api/v1.3/campaign/status/update/": tiktok_switch,
    "POST /open_api/v1.3/adgroup/status/update/": tiktok_switch,
    "POST /open_api/v1.3/ad/status/update/": tiktok_switch,
    "GET /open_api/v1.3/report/integrated/get/": tiktok_report,
    "PUT /video/": tiktok_chunk,
    "POST /2/tweets": x_post,
    "POST /12/accounts/{account_id}/campaigns": x_campaign,
    "POST /12/accounts/{account_id}/line_items": x_line_item,
    "GET /12/stats/accounts/{account_id}": x_stats,
    "POST /video-upload/{version}/{id}": meta_upload,
    "POST /ig-api-upload/{version}/{id}": meta_upload,
}
