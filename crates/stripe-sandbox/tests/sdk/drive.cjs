// Drives the sandbox with the `stripe` package of npm: node drive.cjs <port>
'use strict'
const assert = require('node:assert/strict')
const http = require('node:http')
const Stripe = require('stripe')

const port = process.argv[2]
const at = { host: '127.0.0.1', port, protocol: 'http', maxNetworkRetries: 2 }
const stripe = new Stripe('sk_test_npm', at)
const base = `http://127.0.0.1:${port}`
const DAY = 86400
const START = 1800000000

const form = (url, fields) =>
  fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })
const knob = (path, body) =>
  fetch(`${base}/_sandbox/${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk_test_npm', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }).then((answer) => answer.json())

// An endpoint of ours that keeps what it receives, and whether the official check accepted it.
const received = []
let secret
const endpoint = http.createServer((request, response) => {
  const parts = []
  request.on('data', (part) => parts.push(part))
  request.on('end', () => {
    const body = Buffer.concat(parts)
    try {
      received.push(stripe.webhooks.constructEvent(body, request.headers['stripe-signature'], secret))
      response.writeHead(200).end()
    } catch (error) {
      received.push({ type: `refused: ${error.type}` })
      response.writeHead(400).end()
    }
  })
})
const types = () => received.map((event) => event.type)

async function catalog() {
  const product = await stripe.products.create({ name: 'Pro', metadata: { tier: '2' } })
  const monthly = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: 9900,
    recurring: { interval: 'month' },
    lookup_key: 'pro_month',
  })
  const yearly = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: 99000,
    recurring: { interval: 'year' },
    lookup_key: 'pro_year',
  })
  const big = await stripe.prices.create({
    product_data: { name: 'Big' },
    currency: 'usd',
    unit_amount: 29900,
    recurring: { interval: 'month' },
  })
  const found = await stripe.prices.list({ lookup_keys: ['pro_month', 'pro_year'], expand: ['data.product'] })
  assert.deepEqual(found.data.map((price) => price.id), [yearly.id, monthly.id])
  assert.equal(found.data[0].product.name, 'Pro')
  const successor = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: 10900,
    recurring: { interval: 'month' },
    lookup_key: 'pro_month',
    transfer_lookup_key: true,
  })
  assert.equal((await stripe.prices.retrieve(monthly.id)).lookup_key, null)
  await stripe.prices.update(successor.id, { active: false })
  return { monthly, big }
}

async function checkout({ monthly }) {
  const customer = await stripe.customers.create({ email: 'owner@example.com', metadata: { tenant: '7' } })
  const session = await stripe.checkout.sessions.create({
    mode: 'subscription',
    customer: customer.id,
    client_reference_id: 'tenant-7',
    line_items: [{ price: monthly.id, quantity: 2 }],
    subscription_data: { metadata: { tenant: '7' } },
    success_url: 'https://example.com/done?session={CHECKOUT_SESSION_ID}',
    cancel_url: 'https://example.com/back',
  })
  const page = await (await fetch(session.url)).text()
  assert.match(page, /Subscribe to Pro/)
  assert.match(page, /\$198\.00/)

  const refused = await form(session.url, { email: 'owner@example.com', card_number: '4000000000000002' })
  assert.equal(refused.status, 402)
  assert.match(await refused.text(), /Your card was declined/)

  const paid = await form(session.url, { email: 'owner@example.com', card_number: '4242 4242 4242 4242' })
  assert.equal(paid.status, 303)
  assert.equal(paid.headers.get('location'), `https://example.com/done?session=${session.id}`)

  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription', 'line_items'] })
  assert.deepEqual([done.status, done.payment_status, done.subscription.status], ['complete', 'paid', 'active'])
  assert.equal(done.subscription.items.data[0].quantity, 2)
  assert.equal(done.subscription.metadata.tenant, '7')
  assert.ok(done.subscription.items.data[0].current_period_end > Date.now() / 1000 + 27 * DAY)
  assert.equal(done.line_items.data[0].amount_total, 19800)
  return { customer, subscription: done.subscription }
}

async function portal({ customer, subscription }, { big }) {
  const session = await stripe.billingPortal.sessions.create({ customer: customer.id, return_url: 'https://example.com' })
  const page = await (await fetch(session.url)).text()
  assert.match(page, /Pro/)
  assert.match(page, /•••• 4242/)
  const fields = { subscription: subscription.id, price: big.id }
  assert.equal((await form(`${session.url}/plan`, fields)).status, 303)
  assert.equal((await form(`${session.url}/card`, { card_number: '5555555555554444' })).status, 303)
  assert.equal((await form(`${session.url}/cancel`, { subscription: subscription.id })).status, 303)
  let now = await stripe.subscriptions.retrieve(subscription.id, { expand: ['default_payment_method'] })
  assert.equal(now.items.data[0].price.id, big.id)
  assert.equal(now.default_payment_method.card.brand, 'mastercard')
  // As Stripe's portal does with flexible billing: a time and no flag.
  assert.deepEqual([now.cancel_at_period_end, now.cancel_at], [false, now.items.data[0].current_period_end])
  assert.equal((await form(`${session.url}/keep`, { subscription: subscription.id })).status, 303)
  now = await stripe.subscriptions.retrieve(subscription.id)
  assert.deepEqual([now.cancel_at_period_end, now.cancel_at], [false, null])
  const upcoming = await stripe.invoices.createPreview({ subscription: subscription.id })
  assert.ok(upcoming.lines.data.some((line) => line.description.startsWith('Unused time on 2 × Pro')))
}

async function invoices({ customer, subscription }) {
  const [invoice] = (await stripe.invoices.list({ customer: customer.id, expand: ['data.payments'] })).data
  assert.equal(invoice.parent.subscription_details.subscription, subscription.id)
  assert.equal(invoice.lines.data[0].pricing.price_details.price, subscription.items.data[0].price.id)
  const pdf = Buffer.from(await (await fetch(invoice.invoice_pdf)).arrayBuffer())
  assert.equal(pdf.subarray(0, 5).toString(), '%PDF-')
  assert.match(await (await fetch(invoice.hosted_invoice_url)).text(), /Paid on/)
  const intent = invoice.payments.data[0].payment.payment_intent
  const refund = await stripe.refunds.create({ payment_intent: intent, amount: 500 })
  assert.equal(refund.status, 'succeeded')
  const kept = await stripe.paymentIntents.retrieve(intent, { expand: ['latest_charge'] })
  assert.equal(kept.latest_charge.amount_refunded, 500)
}

async function clock({ monthly }) {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: START })
  const customer = await stripe.customers.create({ test_clock: clock.id, email: 'trial@example.com' })
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: monthly.id }],
    trial_period_days: 14,
    trial_settings: { end_behavior: { missing_payment_method: 'pause' } },
  })
  assert.equal(subscription.status, 'trialing')
  const advancing = await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: START + 15 * DAY })
  assert.equal(advancing.status, 'advancing')
  assert.equal((await stripe.testHelpers.testClocks.retrieve(clock.id)).status, 'ready')
  assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'paused')
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: 'pm_card_visa' } })
  const resumed = await stripe.subscriptions.resume(subscription.id, { billing_cycle_anchor: { type: 'now' } })
  assert.equal(resumed.status, 'active')
  const ended = await stripe.subscriptions.cancel(subscription.id)
  assert.equal(ended.status, 'canceled')
}

async function manners({ monthly }) {
  await assert.rejects(stripe.customers.retrieve('cus_missing'), { code: 'resource_missing', statusCode: 404 })
  await assert.rejects(stripe.customers.create({ nonsense: 'x' }), { code: 'parameter_unknown', param: 'nonsense' })
  await assert.rejects(stripe.prices.create({ currency: 'usd' }), { code: 'parameter_missing', param: 'unit_amount' })
  await assert.rejects(new Stripe('sk_live_x', at).customers.list(), { type: 'StripeAuthenticationError' })

  // A request of version 2 of the API is refused in a way that the package reads.
  await assert.rejects(stripe.v2.core.events.list({ object_id: 'mtr_1' }), { statusCode: 404, message: /Unrecognized request URL/ })
  const manual = { amount: 500, currency: 'usd', capture_method: 'manual', payment_method: 'pm_card_visa', confirm: true }
  const promised = await stripe.paymentIntents.create(manual)
  assert.equal(promised.status, 'requires_capture')
  assert.equal((await stripe.paymentIntents.capture(promised.id, { amount_to_capture: 300 })).amount_received, 300)
  await assert.rejects(stripe.paymentIntents.create({ ...manual, transfer_group: 'x' }), { param: 'transfer_group' })

  const idempotencyKey = 'one-customer'
  const first = await stripe.customers.create({ email: 'same@example.com' }, { idempotencyKey })
  const second = await stripe.customers.create({ email: 'same@example.com' }, { idempotencyKey })
  assert.equal(first.id, second.id)
  assert.equal(second.lastResponse.headers['idempotent-replayed'], 'true')
  const other = stripe.customers.create({ email: 'other@example.com' }, { idempotencyKey })
  await assert.rejects(other, { type: 'StripeIdempotencyError' })

  const emails = [...Array(7).keys()].map((number) => `page${number}@example.com`)
  for (const email of emails) await stripe.customers.create({ email, name: 'paged' })
  const walked = []
  for await (const customer of stripe.customers.list({ limit: 3 })) walked.push(customer.email)
  assert.deepEqual(walked.filter((email) => email?.startsWith('page')), emails.toReversed())
  const searched = await stripe.customers.search({ query: "metadata['tenant']:'7'" })
  assert.equal(searched.data.length, 1)

  // The SDK tries again by itself, and its idempotency key keeps the work from being done twice.
  await knob('chaos', { fail_next: 2, fail_status: 500 })
  await stripe.customers.create({ email: 'again@example.com' })
  assert.equal((await stripe.customers.list({ email: 'again@example.com' })).data.length, 1)

  const refused = await stripe.customers.create({ payment_method: 'pm_card_chargeCustomerFail', invoice_settings: { default_payment_method: 'pm_card_chargeCustomerFail' } })
  const subscribe = { customer: refused.id, items: [{ price: monthly.id }], payment_behavior: 'error_if_incomplete' }
  await assert.rejects(stripe.subscriptions.create(subscribe), { type: 'StripeCardError', code: 'card_declined' })
}

async function meters() {
  const meter = await stripe.billing.meters.create({
    display_name: 'Calls',
    event_name: 'call',
    default_aggregation: { formula: 'sum' },
  })
  const customer = await stripe.customers.create({ email: 'metered@example.com' })
  const event = { event_name: 'call', identifier: 'once', payload: { stripe_customer_id: customer.id, value: '5' } }
  await stripe.billing.meterEvents.create(event)
  await assert.rejects(stripe.billing.meterEvents.create(event), { statusCode: 400 })
  const now = Math.floor(Date.now() / 1000)
  const span = { customer: customer.id, start_time: now - 600, end_time: now + 600 }
  const sums = await stripe.billing.meters.listEventSummaries(meter.id, span)
  assert.equal(sums.data[0].aggregated_value, 5)
}

async function discounts({ monthly }) {
  const coupon = await stripe.coupons.create({ percent_off: 25, duration: 'repeating', duration_in_months: 2, name: 'Quarter' })
  const code = await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'QUARTER' })
  const rate = await stripe.taxRates.create({ display_name: 'VAT', percentage: 7.7, inclusive: false })
  const session = await stripe.checkout.sessions.create({
    mode: 'subscription',
    allow_promotion_codes: true,
    line_items: [{ price: monthly.id, quantity: 1 }],
    subscription_data: { default_tax_rates: [rate.id] },
    success_url: 'https://example.com/done',
  })
  assert.equal(session.amount_total, 10662) // 9900 and 7.7 % of it, 762.3
  const fields = { email: 'less@example.com', card_number: '4242424242424242', promotion_code: 'quarter' }
  assert.match(await (await form(session.url, { ...fields, apply: 'code' })).text(), /Quarter \(25% off for 2 months\)/)
  assert.equal((await form(session.url, fields)).status, 303)
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription.discounts.source.coupon'] })
  assert.equal(done.discounts[0].promotion_code, code.id)
  assert.equal(done.subscription.discounts[0].source.coupon.name, 'Quarter')
  const invoice = await stripe.invoices.retrieve(done.invoice, { expand: ['discounts.promotion_code'] })
  // 9900 less 2475, and 7.7 % of 7425: 571.7.
  assert.deepEqual([invoice.subtotal, invoice.total_discount_amounts[0].amount, invoice.total_taxes[0].amount], [9900, 2475, 572])
  assert.deepEqual([invoice.total_excluding_tax, invoice.total, invoice.amount_paid], [7425, 7997, 7997])
  assert.equal(invoice.discounts[0].promotion_code.code, 'QUARTER')
  assert.equal((await stripe.subscriptions.deleteDiscount(done.subscription.id)).deleted, true)
  const next = await stripe.invoices.createPreview({ subscription: done.subscription.id })
  assert.equal(next.total, 10662)
  const wrong = { customer: invoice.customer, items: [{ price: monthly.id }], discounts: [{ coupon: 'NONSENSE' }] }
  await assert.rejects(stripe.subscriptions.create(wrong), { code: 'resource_missing', param: 'discounts[0][coupon]' })
  const found = await stripe.customers.search({ query: "email~'less@' OR name:'nobody'" })
  assert.deepEqual(found.data.map((customer) => customer.email), ['less@example.com'])
}

async function schedules({ monthly, big }) {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: START })
  const customer = await stripe.customers.create({ test_clock: clock.id, email: 'phases@example.com' })
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: 'pm_card_visa' } })
  const schedule = await stripe.subscriptionSchedules.create({
    customer: customer.id,
    start_date: 'now',
    end_behavior: 'cancel',
    phases: [
      { items: [{ price: monthly.id }], duration: { interval: 'month' } },
      { items: [{ price: big.id }], duration: { interval: 'month' } },
    ],
    expand: ['subscription'],
  })
  assert.deepEqual([schedule.status, schedule.subscription.status], ['active', 'active'])
  await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: START + 35 * DAY })
  const changed = await stripe.subscriptions.retrieve(schedule.subscription.id, { expand: ['latest_invoice'] })
  assert.deepEqual([changed.items.data[0].price.id, changed.latest_invoice.total], [big.id, 29900])
  await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: START + 70 * DAY })
  assert.equal((await stripe.subscriptions.retrieve(schedule.subscription.id)).status, 'canceled')
  assert.equal((await stripe.subscriptionSchedules.retrieve(schedule.id)).status, 'completed')
}

async function webhooks() {
  const left = await knob('flush', {})
  assert.equal(left.waiting + left.failed, 0, JSON.stringify(left))
  const expected = [
    'customer.created', 'payment_method.attached', 'customer.subscription.created', 'invoice.created', 'invoice.finalized',
    'payment_intent.succeeded', 'invoice.paid', 'customer.subscription.updated', 'checkout.session.completed',
  ]
  let from = 0
  for (const type of expected) {
    from = types().indexOf(type, from)
    assert.ok(from >= 0, `${type} in ${types().join(' ')}`)
  }
  for (const type of ['customer.subscription.trial_will_end', 'customer.subscription.paused', 'customer.subscription.resumed', 'customer.subscription.deleted', 'charge.refunded', 'customer.discount.created', 'customer.discount.deleted', 'promotion_code.created', 'subscription_schedule.completed']) {
    assert.ok(types().includes(type), type)
  }
  assert.equal((await stripe.events.list({ delivery_success: false })).data.length, 0)
  await knob('chaos', { wrong_signature: 1, retry_seconds: [3600] })
  received.length = 0
  await stripe.customers.create({ email: 'forged@example.com' })
  await knob('flush', {})
  assert.equal(types()[0], 'refused: StripeSignatureVerificationError')
  await knob('chaos', { wrong_signature: 0 })
  await knob('flush', {})
  assert.equal(types().at(-1), 'customer.created')
}

async function main() {
  await new Promise((resolve) => endpoint.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${endpoint.address().port}/hooks`
  const made = await stripe.webhookEndpoints.create({ url, enabled_events: ['*'] })
  secret = made.secret
  assert.equal((await stripe.webhookEndpoints.retrieve(made.id)).secret, undefined)
  const prices = await catalog()
  const bought = await checkout(prices)
  await portal(bought, prices)
  await invoices(bought)
  await clock(prices)
  await manners(prices)
  await discounts(prices)
  await schedules(prices)
  await meters()
  await webhooks()
  console.log('all of it')
  // Open connections would keep it for more than a minute.
  process.exit(0)
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
