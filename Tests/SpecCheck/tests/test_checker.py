# SPDX-License-Identifier: MIT
"""What the platforms take is accepted; what is changed in it is found, with the reason."""

import json
import sys
import unittest
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).parent.parent))

from speccheck.checker import Checker, missing  # noqa: E402
from speccheck.recording import Request  # noqa: E402

BEARER = ("authorization", "Bearer t")
PKCE = "a" * 43


def form(host, path, fields, *headers, method="POST"):
    body = urlencode(fields).encode()
    head = [("content-type", "application/x-www-form-urlencoded"), *headers]
    return Request(method, host, path, "", head, body, len(body))


def js(host, path, value, *headers, kind="application/json"):
    body = json.dumps(value).encode()
    return Request("POST", host, path, "", [("content-type", kind), *headers], body, len(body))


def get(host, path, *headers, method="GET", **query):
    return Request(method, host, path, urlencode({key.replace("__", "."): item for key, item in query.items()}), list(headers))


def multipart(host, path, fields, file, *headers):
    pieces = [f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{item}\r\n' for key, item in fields.items()]
    pieces.append(
        f'--b\r\nContent-Disposition: form-data; name="{file}"; filename="f"\r\nContent-Type: image/png\r\n\r\nPNG\r\n--b--\r\n')
    body = "".join(pieces).encode()
    return Request("POST", host, path, "", [("content-type", "multipart/form-data; boundary=b"), *headers], body, len(body))


GRAPH = "graph.facebook.com"
X = "api.x.com"
X_ADS = "ads-api.x.com"
SIGNED = ("authorization", "OAuth without-a-signature-to-verify")
TIKTOK = "open.tiktokapis.com"
UTF8 = "application/json; charset=UTF-8"
FILM = {"source": "FILE_UPLOAD", "video_size": 50_000_123, "chunk_size": 10_000_000, "total_chunk_count": 5}


def page(edge, **fields):
    return form(GRAPH, f"/v25.0/101/{edge}", fields, BEARER)


def container(**fields):
    return form(GRAPH, "/v25.0/17841400000000001/media", fields, BEARER)


def tweet(**value):
    return js(X, "/2/tweets", value, BEARER)


def film(post_info=None, **source):
    info = {"privacy_level": "SELF_ONLY"} | (post_info or {})
    value = {"post_info": info, "source_info": FILM | source}
    return js(TIKTOK, "/v2/post/publish/video/init/", value, BEARER, kind=UTF8)


def photos(**info):
    return js(
        TIKTOK, "/v2/post/publish/content/init/",
        {"media_type": "PHOTO", "post_mode": "DIRECT_POST", "post_info": {"privacy_level": "SELF_ONLY"} | info,
         "source_info": {"source": "PULL_FROM_URL", "photo_images": ["https://a.test/1.jpg"], "photo_cover_index": 0}},
        BEARER, kind=UTF8)


def chunk(first=0, last=4, total=5, *headers, size=5):
    return Request(
        "PUT", "open-upload.tiktokapis.com", "/video/", "upload_id=1&upload_token=2",
        [("content-type", "video/mp4"), ("content-length", str(size)),
         ("content-range", f"bytes {first}-{last}/{total}"), *headers], b"x" * size, size)


def ads(edge, **fields):
    return form(GRAPH, f"/v25.0/act_77/{edge}", fields, BEARER)


def ad_set(**fields):
    usual = {
        "name": "n", "campaign_id": "120", "status": "PAUSED", "billing_event": "IMPRESSIONS", "daily_budget": "2000",
        "optimization_goal": "POST_ENGAGEMENT", "bid_strategy": "LOWEST_COST_WITHOUT_CAP",
        "start_time": "2026-11-21T10:00:00Z", "promoted_object": '{"page_id":"1"}',
        "targeting": '{"geo_locations":{"countries":["DE"]},"age_min":18,"targeting_automation":{"advantage_audience":0}}',
    } | fields
    return ads("adsets", **{name: value for name, value in usual.items() if value is not None})


def campaign(**fields):
    return ads("campaigns", **{
        "name": "n", "objective": "OUTCOME_ENGAGEMENT", "status": "PAUSED", "special_ad_categories": "[]",
        "is_adset_budget_sharing_enabled": "false"} | fields)


def x_ads(edge, **fields):
    usual = {"name": "n", "funding_instrument_id": "f1", "entity_status": "PAUSED", "total_budget_amount_local_micro": "20000000"}
    if edge == "line_items":
        usual = {
            "campaign_id": "c1", "objective": "ENGAGEMENTS", "product_type": "PROMOTED_TWEETS", "bid_strategy": "AUTO",
            "placements": "ALL_ON_TWITTER", "start_time": "2026-11-21T10:00:00Z", "end_time": "2026-11-24T10:00:00Z",
            "entity_status": "PAUSED"}
    values = {name: value for name, value in (usual | fields).items() if value is not None}
    return form(X_ADS, f"/12/accounts/18ce54/{edge}", values, SIGNED)


def x_numbers(**fields):
    usual = {
        "entity": "LINE_ITEM", "entity_ids": "l1,l2", "start_time": "2026-11-20T23:00:00Z", "end_time": "2026-11-27T23:00:00Z",
        "granularity": "DAY", "metric_groups": "ENGAGEMENT,BILLING", "placement": "ALL_ON_TWITTER"}
    return get(X_ADS, "/12/stats/accounts/18ce54", SIGNED, **(usual | fields))


def business(path, **value):
    return js("business-api.tiktok.com", f"/open_api/v1.3/{path}", {"advertiser_id": "7"} | value, ("access-token", "t"))


def ad_group(**value):
    usual = {
        "campaign_id": "1", "adgroup_name": "n", "budget_mode": "BUDGET_MODE_DAY", "budget": 20.5, "pacing": "PACING_MODE_SMOOTH",
        "optimization_goal": "CLICK", "billing_event": "CPC", "schedule_type": "SCHEDULE_START_END", "location_ids": ["1"],
        "schedule_start_time": "2026-11-21 10:00:00", "schedule_end_time": "2026-11-24 10:00:00",
        "operation_status": "DISABLE", "request_id": "5"}
    return business("adgroup/create/", **(usual | value))


def spark(**creative):
    usual = {
        "ad_name": "n", "ad_format": "SINGLE_VIDEO", "identity_type": "TT_USER", "identity_id": "i", "tiktok_item_id": "7318",
        "operation_status": "DISABLE"}
    return business("ad/create/", adgroup_id="2", creatives=[usual | creative])


def report(**fields):
    usual = {
        "advertiser_id": "7", "report_type": "BASIC", "data_level": "AUCTION_AD", "dimensions": '["ad_id","stat_time_day"]',
        "metrics": '["spend"]', "start_date": "2026-11-01", "end_date": "2026-11-30"}
    return get("business-api.tiktok.com", "/open_api/v1.3/report/integrated/get/", ("access-token", "t"), **(usual | fields))


def upload(*headers, path="/video-upload/v25.0/77", size=5, auth="OAuth t"):
    return Request(
        "POST", "rupload.facebook.com", path, "",
        [("content-type", "application/octet-stream"), ("authorization", auth), *headers], b"x" * size, size)


OFFSETS = (("offset", "0"), ("file_size", "5"))
GOOD = [
    page("feed", message="Hello", link="https://a.test", fields="id,permalink_url"),
    page("feed", message="Hello", attached_media='[{"media_fbid":"5"}]'),
    multipart(GRAPH, "/v25.0/101/photos", {"published": "false", "alt_text_custom": "A horn"}, "source", BEARER),
    page("video_reels", upload_phase="start"),
    page("video_reels", upload_phase="finish", video_id="77", video_state="PUBLISHED", description="Reel"),
    page("photo_stories", photo_id="5"),
    form(GRAPH, "/v25.0/101_5/comments", {"message": "First"}, BEARER),
    get(GRAPH, "/v25.0/101_5/insights", BEARER, metric="post_media_view,post_clicks", period="lifetime"),
    get(GRAPH, "/v25.0/101_5", BEARER, fields="shares,comments.summary(true).limit(0)"),
    get(GRAPH, "/v25.0/101/feed", BEARER, fields="id,message,attachments{media_type,target}", since="1700000000", limit="100"),
    get(GRAPH, "/v25.0/me/accounts", BEARER, fields="id,name,access_token,tasks", limit="100"),
    get(GRAPH, "/v25.0/101_5", BEARER, method="DELETE"),
    form(GRAPH, "/v25.0/", {"batch": '[{"method":"GET","relative_url":"101_5?fields=shares"}]', "include_headers": "false"}, BEARER),
    container(image_url="https://a.test/1.jpg", caption="Hello", alt_text="A horn"),
    container(media_type="REELS", upload_type="resumable", caption="Reel", share_to_feed="true"),
    container(media_type="CAROUSEL", children="1,2", caption="Both"),
    form(GRAPH, "/v25.0/17841400000000001/media_publish", {"creation_id": "9"}, BEARER),
    get(GRAPH, "/v25.0/17841400000000001/content_publishing_limit", BEARER, fields="quota_usage,config"),
    get("graph.instagram.com", "/refresh_access_token", grant_type="ig_refresh_token", access_token="t"),
    upload(*OFFSETS),
    upload(("file_url", "https://a.test/f.mp4"), size=0),
    campaign(), ad_set(), ad_set(daily_budget=None, lifetime_budget="9000", end_time="2026-11-24T10:00:00Z"),
    ads("adcreatives", name="n", object_story_id="1_2", call_to_action='{"type":"SHOP_NOW","value":{"link":"https://a.de"}}'),
    ads("ads", name="n", adset_id="121", creative='{"creative_id":"122"}', status="PAUSED"),
    get(GRAPH, "/v25.0/120/insights", BEARER, fields="spend", date_preset="maximum", time_increment="1", limit="100"),
    x_ads("campaigns"), x_ads("line_items"), x_numbers(),
    business("campaign/create/", campaign_name="n", objective_type="TRAFFIC", operation_status="DISABLE", request_id="5"),
    ad_group(), ad_group(optimization_goal="REACH", billing_event="CPM", frequency=3, frequency_schedule=7), spark(), report(),
    business("campaign/status/update/", campaign_ids=["1"], operation_status="ENABLE"),
    tweet(text="Hello", media={"media_ids": ["1", "2"]}),
    tweet(text="Brass?", poll={"options": ["Yes", "No"], "duration_minutes": 60}),
    tweet(text="Answer", reply={"in_reply_to_tweet_id": "5"}),
    js(X, "/2/media/upload/initialize", {"media_type": "video/mp4", "total_bytes": 5, "media_category": "tweet_video"}, BEARER),
    multipart(X, "/2/media/upload/5/append", {"segment_index": "0"}, "media", BEARER),
    Request("POST", X, "/2/media/upload/5/finalize", "", [BEARER]),
    get(X, "/2/media/upload", BEARER, command="STATUS", media_id="5"),
    get(X, "/2/tweets", BEARER, ids="1,2", tweet__fields="public_metrics,created_at"),
    get(X, "/2/tweets", BEARER, ids="1,2", post__fields="public_metrics,created_at"),
    get(X, "/2/users/5/tweets", BEARER, max_results="10", exclude="retweets", start_time="2026-11-22T00:00:00Z"),
    form(X, "/2/oauth2/token", {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "c"}),
    get("x.com", "/i/oauth2/authorize", response_type="code", client_id="c", redirect_uri="https://a.test/x",
        scope="tweet.read offline.access", state="s" * 16, code_challenge=PKCE, code_challenge_method="S256", approve="7"),
    film(), film(video_size=4_000_000, chunk_size=4_000_000, total_chunk_count=1), photos(), chunk(),
    js(TIKTOK, "/v2/post/publish/status/fetch/", {"publish_id": "p"}, BEARER, kind=UTF8),
    form(TIKTOK, "/v2/oauth/token/", {"client_key": "k", "client_secret": "s", "grant_type": "refresh_token", "refresh_token": "r"}),
]
BAD = [
    # Unknown operations, hosts, versions.
    (get(GRAPH, "/v24.0/101/feed", BEARER), "no version"),
    (page("postings", message="x"), "no operation"),
    (get(X, "/1.1/statuses/update.json", BEARER), "no operation"),
    (get("upload.x.com", "/2/media/upload", BEARER), "no operation"),
    (js(TIKTOK, "/v2/post/publish/video/init", {}, BEARER), "no operation"),
    # Advertising.
    (campaign(status="ACTIVE"), "made paused"),
    (campaign(objective="POST_ENGAGEMENT"), "OUTCOME_"),
    (campaign(special_ad_categories='["HOUSING"]'), "special_ad_category_country"),
    (campaign(special_ad_categories='["HOUSES"]'), "is not one of"),
    (ad_set(lifetime_budget="1"), "one budget"),
    (ad_set(daily_budget="20.00"), "daily_budget"),
    (ad_set(targeting='{"geo_locations":{"countries":["DE"]}}'), "suggestions"),
    (ad_set(targeting='{"geo_location":{"countries":["DE"]},"targeting_automation":{"advantage_audience":0}}'), "Additional"),
    (ad_set(targeting='{"genders":["female"],"targeting_automation":{"advantage_audience":0}}'), "integer"),
    (ad_set(promoted_object='{"page":"1"}'), "Additional"),
    (ad_set(bid_strategy=None), "needs bid_strategy"),
    (ads("adcreatives", name="n", object_story_id="1_2", source_instagram_media_id="5"), "exactly one"),
    (ads("adcreatives", name="n", object_story_id="1_2", call_to_action='{"type":"WAVE"}'), "is not one of"),
    (ads("ads", name="n", adset_id="121", status="PAUSED"), "missing parameter creative"),
    (get(GRAPH, "/v25.0/120/insights", BEARER, fields="spent"), "no field spent"),
    (ad_group(operation_status="ENABLE"), "made disabled"),
    (ad_group(budget="20.50"), "number"),
    (ad_group(optimization_goal="VIDEO_VIEW", billing_event="CPV"), "not billed by"),
    (ad_group(optimization_goal="REACH", billing_event="CPM"), "frequency"),
    (ad_group(schedule_start_time="2026-11-21T10:00:00Z"), "YYYY-MM-DD"),
    (ad_group(budged=1), "Additional"),
    (ad_group(request_id="x"), "64-bit"),
    (spark(ad_format="SPARK_ADS"), "none of a Spark ad"),
    (spark(tiktok_item_id=7318), "string"),
    (spark(operation_status="ENABLE"), "made disabled"),
    (report(end_date="2026-12-01"), "at most 30 days"),
    (report(dimensions="ad_id"), "no JSON text"),
    (business("campaign/status/update/", campaign_ids=["1"], ad_ids=["2"], operation_status="ENABLE"), "Additional"),
    (business("campaign/status/update/", campaign_ids=["1"], operation_status="ACTIVE"), "ENABLE or DISABLE"),
    (x_ads("campaigns", entity_status=None), "made paused"),
    (x_ads("campaigns", daily_budget_amount_local_micro="1"), "one budget"),
    (x_ads("campaigns", total_budget_amount_local_micro="20.00"), "integer"),
    (x_ads("campaigns", funding_instrument_id=None), "required"),
    (x_ads("campaigns", colour="red"), "Additional"),
    (x_ads("line_items", objective="TWEET_ENGAGEMENTS"), "is not one of"),
    (x_ads("line_items", bid_strategy="MAX"), "need a bid"),
    (x_numbers(end_time="2026-11-28T00:00:00Z"), "seven days"),
    (x_numbers(start_time="2026-11-20T23:30:00Z"), "does not match"),
    (js(X_ADS, "/12/accounts/18ce54/campaigns", {}, SIGNED), "content type"),
    (form(X_ADS, "/12/accounts/18ce54/promoted_tweets", {"line_item_id": "l1", "tweet_ids": "5"}, BEARER), "authorization is Bearer"),
    # Unknown parameters, members, fields.
    (page("feed", message="x", mesage="y"), "unknown parameter mesage"),
    (get(GRAPH, "/v25.0/101/feed", BEARER, fields="id,mesage"), "no field mesage"),
    (get(GRAPH, "/v25.0/101/feed", BEARER, fields="id,attachments{media_typ}"), "no field media_typ"),
    (get(GRAPH, "/v25.0/101/feed", BEARER, fields="id,from{"), "fields:"),
    (get(GRAPH, "/v25.0/101", BEARER, fields="id", pretty="1"), "refused"),
    (get(GRAPH, "/v25.0/101", BEARER, ("if-none-match", "x"), fields="id"), "gone"),
    (form(GRAPH, "/v25.0/", {"batch": '[{"method":"GET","relative_url":"101_5?fields=likez"}]'}, BEARER), "no field likez"),
    (tweet(text="x", txt="y"), "Additional properties"),
    (js(X, "/2/media/metadata", {"id": "5", "alt": "x"}, BEARER), "Additional properties"),
    (get(X, "/2/tweets", BEARER, ids="1", fields="id"), "unknown query parameter fields"),
    (film({"titel": "x"}), "Additional properties"),
    (get(TIKTOK, "/v2/user/info/", BEARER, fields="open_id,followers"), "is not one of"),
    # Wrong types.
    (page("feed", message="x", published="perhaps"), "published"),
    (page("feed", message="x", scheduled_publish_time="tomorrow"), "scheduled_publish_time"),
    (page("feed", message="x", attached_media="5"), "attached_media"),
    (form(GRAPH, "/v25.0/17841400000000001/media_publish", {"creation_id": "nine"}, BEARER), "creation_id"),
    (tweet(text="x", reply={"in_reply_to_tweet_id": 5}), "not of type 'string'"),
    (tweet(text="x", media={"media_ids": ["1", "2", "3", "4", "5"]}), "too long"),
    (tweet(text="x", poll={"options": ["Yes", "No"], "duration_minutes": 4}), "minimum"),
    (get(X, "/2/users/5/tweets", BEARER, max_results="1000"), "maximum"),
    (get(X, "/2/users/5/tweets", BEARER, start_time="yesterday"), "date-time"),
    (film(video_size="50000123"), "not valid under any"),
    (photos(disable_comment="yes"), "boolean"),
    # Enumerations.
    (page("video_reels", upload_phase="transfer"), "is not one of"),
    (get(GRAPH, "/v25.0/101_5/insights", BEARER, metric="post_media_view", period="century"), "is not one of"),
    (get(GRAPH, "/v25.0/101_5/insights", BEARER, metric="post_impressions", period="lifetime"), "is gone"),
    (tweet(text="x", reply_settings="everyone"), "is not one of"),
    (js(X, "/2/media/upload/initialize", {"media_type": "video/avi", "total_bytes": 5}, BEARER), "is not one of"),
    (get(X, "/2/tweets", BEARER, ids="1", tweet__fields="likes"), "is not one of"),
    (film({"privacy_level": "EVERYBODY"}), "is not one of"),
    # What is missing.
    (form(GRAPH, "/v25.0/17841400000000001/media_publish", {}, BEARER), "missing parameter creation_id"),
    (page("video_reels", upload_phase="finish", video_state="PUBLISHED"), "needs the video_id"),
    (page("feed", published="true"), "words, a link or photos"),
    (get(X, "/2/tweets", BEARER), "missing query parameter ids"),
    (js(X, "/2/media/metadata", {}, BEARER), "required"),
    (tweet(), "something else to show"),
    (form(X, "/2/oauth2/token", {"grant_type": "refresh_token"}), "not valid under any"),
    (js(TIKTOK, "/v2/post/publish/status/fetch/", {}, BEARER, kind=UTF8), "required"),
    # Content types, tokens.
    (js(X, "/2/tweets", {"text": "x"}, BEARER, kind="text/plain"), "content type"),
    (js(GRAPH, "/v25.0/101/feed", {"message": "x"}, BEARER, kind="text/plain"), "content type"),
    (js(TIKTOK, "/v2/post/publish/video/init/", {"source_info": FILM, "post_info": {"privacy_level": "SELF_ONLY"}}, BEARER), "content-type"),
    (js(X, "/2/tweets", {"text": "x"}), "authorization is missing"),
    (form(GRAPH, "/v25.0/101/feed", {"message": "x"}), "no bearer token"),
    (upload(*OFFSETS, auth="Bearer t"), "authorization is Bearer"),
    (chunk(0, 4, 5, BEARER), "must not be sent"),
    # What belongs together.
    (film(total_chunk_count=6), "are 5 chunks"),
    (film({"privacy_level": "SELF_ONLY", "brand_content_toggle": True}), "branded content"),
    (chunk(0, 5, 6), "the range is"),
    (chunk(3, 7, 5), "outside the file"),
    (upload(("offset", "1"), ("file_size", "5")), "are not the 5"),
    (upload(*OFFSETS, ("file_url", "https://a.test/f.mp4")), "stands alone"),
    (tweet(text="x", media={"media_ids": ["1"]}, poll={"options": ["Yes", "No"], "duration_minutes": 60}), "exclude"),
    (container(media_type="STORIES", image_url="https://a.test/1.jpg", caption="x"), "no caption"),
    (container(media_type="CAROUSEL", children="1"), "2 to 10"),
    (container(media_type="REELS"), "needs one address"),
    (container(image_url="https://a.test/1.jpg", alt_text="x" * 1001), "at most 1000"),
    (get("x.com", "/i/oauth2/authorize", response_type="code", client_id="c", redirect_uri="https://a.test/x",
         scope="tweet.read", state="s" * 16, code_challenge=PKCE, code_challenge_method="plain"), "is not one of"),
]


class CheckerTests(unittest.TestCase):
    checker = Checker()

    def problems(self, request):
        verdicts = self.checker.check([request])
        self.assertEqual(len(verdicts), 1)
        return verdicts[0].problems

    def test_what_the_platforms_take_is_accepted(self):
        for request in GOOD:
            with self.subTest(request.title):
                self.assertEqual(self.problems(request), [])

    def test_what_they_refuse_is_found_with_its_reason(self):
        for request, reason in BAD:
            with self.subTest(request.title, reason=reason):
                problems = self.problems(request)
                self.assertTrue(any(reason in problem for problem in problems), problems)

    def test_any_unknown_member_or_parameter_is_found_whatever_the_operation(self):
        for request in GOOD:
            with self.subTest(request.title):
                extra = replace(request, query=f"{request.query}&bogus=1".lstrip("&"))
                self.assertTrue(self.problems(extra))

    def test_any_other_method_is_found(self):
        for request in GOOD:
            with self.subTest(request.title):
                self.assertTrue(self.problems(replace(request, method="PATCH")))

    def test_the_pretend_platform_of_the_simulator_is_not_judged(self):
        self.assertEqual(Checker().check([get("mock.posthorn.test", "/v1/me")]), [])

    def test_what_was_never_sent_is_named(self):
        verdicts = Checker().check([tweet(text="Hello")])
        wanted = [
            {"platform": "x", "name": "text", "operation": "POST /2/tweets", "body": ['"text"']},
            {"platform": "x", "name": "poll", "operation": "POST /2/tweets", "body": ['"poll"']},
        ]
        self.assertEqual(missing(verdicts, wanted), ["x: poll"])


class SignatureTests(unittest.TestCase):
    """The example of X's page “Creating a signature” (x.md 1)."""

    SECRETS = {
        "xvz1evFS4wEEPTGEFPHBog": "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
        "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb": "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
    }
    HEADER = (
        'OAuth oauth_consumer_key="xvz1evFS4wEEPTGEFPHBog", oauth_nonce="kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg", '
        'oauth_signature="{}", oauth_signature_method="HMAC-SHA1", oauth_timestamp="1318622958", '
        'oauth_token="370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb", oauth_version="1.0"')

    def signed(self, signature, text="Hello Ladies + Gentlemen, a signed OAuth request!"):
        from speccheck.oauth1 import check_signature

        body = urlencode({"status": text}).encode()
        request = Request(
            "POST", "api.x.com", "/1.1/statuses/update.json", "include_entities=true",
            [("content-type", "application/x-www-form-urlencoded"), ("authorization", self.HEADER.format(signature))],
            body, len(body))
        return list(check_signature(request, self.SECRETS))

    def test_the_documented_signature_is_taken(self):
        self.assertEqual(self.signed("Ls93hJiZbQ3akF3HF3x1Bz8%2FzU4%3D"), [])

    def test_another_signature_or_another_body_is_not(self):
        self.assertTrue(self.signed("Ls93hJiZbQ3akF3HF3x1Bz8%2FzU5%3D"))
        self.assertTrue(self.signed("Ls93hJiZbQ3akF3HF3x1Bz8%2FzU4%3D", text="Hello"))


if __name__ == "__main__":
    unittest.main()
