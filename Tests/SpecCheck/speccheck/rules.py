# SPDX-License-Identifier: MIT
"""What the contract sheets say about fields together, which no schema of one field can say."""

import re

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
    "PUT /video/": tiktok_chunk,
    "POST /2/tweets": x_post,
    "POST /video-upload/{version}/{id}": meta_upload,
    "POST /ig-api-upload/{version}/{id}": meta_upload,
}
