"""Drives the sandbox with the `stripe` package of PyPI: python drive.py <port>"""

import json
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import stripe

BASE = f"http://127.0.0.1:{sys.argv[1]}"
KEY = "sk_test_pypi"
DAY = 86400
START = 1_800_000_000
client = stripe.StripeClient(KEY, base_addresses={"api": BASE}, max_network_retries=2)
v1 = client.v1

received = []
secret = [""]


class Endpoint(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            received.append(stripe.Webhook.construct_event(body, self.headers["stripe-signature"], secret[0]))
            self.send_response(200)
        except stripe.SignatureVerificationError:
            self.send_response(400)
        self.end_headers()

    def log_message(self, *_):
        pass


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


opener = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))


def post(url, fields, headers=None):
    data = urllib.parse.urlencode(fields).encode()
    try:
        answer = opener.open(urllib.request.Request(url, data, headers or {}))
        return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


def get(url):
    return opener.open(url).read()


def knob(path, fields):
    status, _, body = post(f"{BASE}/_sandbox/{path}", fields, {"authorization": f"Bearer {KEY}"})
    assert status == 200, body
    return json.loads(body)


def catalog():
    product = v1.products.create({"name": "Pro"})
    price = {"product": product.id, "currency": "usd", "unit_amount": 9900, "recurring": {"interval": "month"}}
    monthly = v1.prices.create({**price, "lookup_key": "pro_month"})
    bigger = v1.prices.create({**price, "unit_amount": 29900})
    assert v1.prices.list({"lookup_keys": ["pro_month"]}).data[0].id == monthly.id
    return monthly, bigger


def checkout(monthly):
    session = v1.checkout.sessions.create(
        {
            "mode": "subscription",
            "line_items": [{"price": monthly.id, "quantity": 1}],
            "success_url": "https://example.com/done",
            "subscription_data": {"trial_period_days": 14},
        }
    )
    assert "Start trial" in get(session.url).decode()
    status, _, page = post(session.url, {"email": "new@example.com", "card_number": "4000002760003184"})
    assert status == 200 and "Confirm with your bank" in page
    fields = {"email": "new@example.com", "card_number": "4000002760003184", "outcome": "yes"}
    status, headers, _ = post(session.url, fields)
    assert (status, headers["location"]) == (303, "https://example.com/done")
    done = v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription", "customer"]})
    assert (done.status, done.payment_status) == ("complete", "no_payment_required")
    assert done.customer.email == "new@example.com"
    assert done.subscription.status == "trialing"
    return done.customer, done.subscription


def portal(customer, subscription, bigger):
    session = v1.billing_portal.sessions.create({"customer": customer.id})
    status, _, _ = post(f"{session.url}/plan", {"subscription": subscription.id, "price": bigger.id})
    assert status == 303
    changed = v1.subscriptions.retrieve(subscription.id)
    assert changed["items"]["data"][0]["price"]["id"] == bigger.id
    assert "Invoices" in get(session.url).decode()


def clock(monthly, bigger):
    clock = v1.test_helpers.test_clocks.create({"frozen_time": START})
    customer = v1.customers.create({"test_clock": clock.id, "email": "dunned@example.com"})
    method = v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method.id}})
    subscription = v1.subscriptions.create({"customer": customer.id, "items": [{"price": monthly.id}]})
    assert subscription.status == "active"
    item = subscription["items"]["data"][0]
    half = START + (item["current_period_end"] - START) // 2
    v1.test_helpers.test_clocks.advance(clock.id, {"frozen_time": half})
    change = {"items": [{"id": item["id"], "price": bigger.id}], "proration_behavior": "always_invoice"}
    preview = v1.invoices.create_preview({"subscription": subscription.id, "subscription_details": change})
    changed = v1.subscriptions.update(subscription.id, {**change, "expand": ["latest_invoice"]})
    assert [line.amount for line in changed.latest_invoice.lines.data] == [-4950, 14950]
    assert changed.latest_invoice.total == preview.total == 10000
    bad = v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})
    v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": bad.id}})
    end = item["current_period_end"]
    v1.test_helpers.test_clocks.advance(clock.id, {"frozen_time": end + 2 * 3600})
    late = v1.subscriptions.retrieve(subscription.id, {"expand": ["latest_invoice"]})
    assert (late.status, late.latest_invoice.status, late.latest_invoice.attempt_count) == ("past_due", "open", 1)
    status, _, _ = post(late.latest_invoice.hosted_invoice_url, {"card_number": "4242424242424242"})
    assert status == 303
    assert v1.subscriptions.retrieve(subscription.id).status == "active"
    assert v1.invoices.retrieve(late.latest_invoice.id).amount_remaining == 0
    assert get(v1.invoices.retrieve(late.latest_invoice.id).invoice_pdf)[:5] == b"%PDF-"


def discounts(monthly):
    coupon = v1.coupons.create({"amount_off": 1000, "currency": "usd", "duration": "once"})
    rate = v1.tax_rates.create({"display_name": "VAT", "percentage": 19, "inclusive": True})
    customer = v1.customers.create({"email": "cheap@example.com"})
    method = v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method.id}})
    subscription = v1.subscriptions.create(
        {
            "customer": customer.id,
            "items": [{"price": monthly.id, "tax_rates": [rate.id]}],
            "discounts": [{"coupon": coupon.id}],
            "expand": ["latest_invoice.discounts"],
        }
    )
    invoice = subscription.latest_invoice
    assert (invoice.subtotal, invoice.total, invoice.total_excluding_tax) == (9900, 8900, 7479)
    assert invoice.total_taxes[0].amount == 1421 and invoice.total_taxes[0].tax_behavior == "inclusive"
    assert invoice.discounts[0].source.coupon == coupon.id
    assert v1.subscriptions.retrieve(subscription.id).discounts == []
    assert v1.coupons.delete(coupon.id).deleted


def errors():
    try:
        v1.subscriptions.create({"customer": "cus_missing", "items": [{"price": "price_missing"}]})
        raise AssertionError("a customer that is missing was found")
    except stripe.InvalidRequestError as error:
        assert (error.code, error.param, error.http_status) == ("resource_missing", "customer", 400)
    try:
        v1.payment_methods.attach("pm_card_visa_chargeDeclined", {"customer": v1.customers.create({}).id})
        raise AssertionError("a card that is declined was attached")
    except stripe.CardError as error:
        assert (error.code, error.http_status) == ("card_declined", 402)


def webhooks():
    left = knob("flush", {})
    assert left["waiting"] + left["failed"] == 0, left
    kinds = {event.type for event in received}
    wanted = {
        "checkout.session.completed",
        "customer.subscription.updated",
        "invoice.payment_failed",
        "invoice.paid",
        "invoiceitem.created",
        "setup_intent.succeeded",
    }
    assert wanted <= kinds, wanted - kinds
    walked = [event.id for event in v1.events.list({"limit": 10}).auto_paging_iter()]
    assert sorted(walked) == sorted(event.id for event in received)


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/hooks"
    secret[0] = v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]}).secret
    monthly, bigger = catalog()
    customer, subscription = checkout(monthly)
    portal(customer, subscription, bigger)
    clock(monthly, bigger)
    discounts(monthly)
    errors()
    webhooks()
    server.shutdown()
    print("all of it")


main()
