"""Prints what Stripe knows, for src/stripe_words.txt: python stripe_words.py

From the `stripe` package of PyPI: the parameters of each request that the sandbox models, event types, and API versions. Parameters
inside of objects are listed only where the sandbox reads those objects.
"""

import ast
import re
from pathlib import Path

import stripe

PARAMS = Path(stripe.__file__).parent / "params"
REQUESTS = """
customers/customer: create update list search
payment_methods/payment_method: create update attach list
payment_intents/payment_intent: create update confirm capture cancel list
setup_intents/setup_intent: create confirm cancel list
charges/charge: list
refunds/refund: create update list
coupons/coupon: create update list
promotion_codes/promotion_code: create update list
tax_rates/tax_rate: create update list
products/product: create update list
prices/price: create update list
billing.meters/billing.meter: create update list
billing.meter_events/billing.meter_event: create
subscriptions/subscription: create update resume migrate list search
subscription_items/subscription_item: create update delete list
subscription_schedules/subscription_schedule: create update cancel release list
checkout.sessions/checkout.session: create update list
billing_portal.sessions/billing_portal.session: create
billing_portal.configurations/billing_portal.configuration: create update list
invoices/invoice: create update list create_preview finalize_invoice send_invoice pay
invoiceitems/invoice_item: create list
invoice_payments/invoice_payment: list
credit_notes/credit_note: create list
webhook_endpoints/webhook_endpoint: create update list
events/event: list
test_helpers.test_clocks/test_helpers.test_clock: create advance list
"""
# Objects that the sandbox reads one by one.
READ = """
applies_to billing_details billing_mode business_profile cancellation_details card customer_mapping default_aggregation
default_price_data default_settings discounts features flow_data invoice_settings items line_items pause_collection
payment_settings phases price_data pricing product_data promotion recurring restrictions subscription_data
subscription_details trial_settings value_settings
""".split()
AT = {"create": "POST {}", "list": "GET {}", "search": "GET {}/search", "update": "POST {}/*", "delete": "DELETE {}/*",
      "create_preview": "POST {}/create_preview", "finalize_invoice": "POST {}/*/finalize", "send_invoice": "POST {}/*/send"}


def classes(path):
    return {node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)}


def words(node, known, depth=0):
    for field in node.body:
        if not isinstance(field, ast.AnnAssign):
            continue
        name, kind = field.target.id, ast.unparse(field.annotation)
        yield name
        if depth == 0 and name not in READ or depth > 2:
            continue
        several = "[]" if "List[" in kind or "list[" in kind else ""
        for inner in re.findall(r"\w+", kind):
            if inner in known:
                for word in words(known[inner], known, depth + 1):
                    first, bracket, rest = word.partition("[")
                    yield f"{name}{several}[{first}]{bracket}{rest}"


def request(path, noun, verb):
    folder, _, name = noun.rpartition(".")
    file = PARAMS / folder / f"_{name}_{verb}_params.py"
    if not file.exists():
        file = PARAMS / folder / f"_{name}_{'modify' if verb == 'update' else verb}_params.py"
    known = classes(file)
    wanted = file.stem.removesuffix("_params").replace("_", "") + "params"
    top = next(node for name, node in known.items() if name.lower() == wanted)
    at = AT.get(verb, "POST {}/*/" + verb).format(path.replace(".", "/"))
    return f"{at}: {' '.join(sorted(set(words(top, known)) - {'expand'}))}"


def literals(field):
    file = PARAMS / "_webhook_endpoint_create_params.py"
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.AnnAssign) and node.target.id == field:
            return " ".join(dict.fromkeys(each.value for each in ast.walk(node.annotation)
                                          if isinstance(each, ast.Constant) and "[" not in str(each.value)))
    raise LookupError(field)


for line in REQUESTS.split("\n"):
    if line:
        nouns, verbs = line.split(": ")
        path, noun = nouns.split("/")
        for verb in verbs.split():
            print(request(path, noun, verb))
print("DELETE subscriptions/*:", request("x", "subscription", "cancel").partition(": ")[2])
print("events:", literals("enabled_events"))
print("versions:", literals("api_version"))
