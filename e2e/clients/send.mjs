// Sends the steps of `test.py` with the official clients for Node, set up as docs/guide/sources says: the host alone is changed.
// Reads from standard input what to send and where to; prints the version of each client. It compares nothing.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import RudderAnalytics from '@rudderstack/rudder-sdk-node'
import { Analytics } from '@segment/analytics-node'
import { buildEcommerceTransaction, buildPageView, buildSelfDescribingEvent, buildStructEvent, newTracker } from '@snowplow/node-tracker'
import { PostHog } from 'posthog-node'

const SENDERS = {
  '@segment/analytics-node': segment,
  '@rudderstack/rudder-sdk-node': rudderstack,
  'posthog-node': posthog,
  '@snowplow/node-tracker': snowplow,
}

function properties({ revenue, currency }) {
  return revenue === undefined ? {} : { revenue, currency }
}

// What a call of Segment's protocol carries; what is undefined is not sent.
function message(step) {
  const { id: messageId, user: userId, visitor: anonymousId } = step
  const shared = { messageId, userId, anonymousId, timestamp: new Date(step.at) }
  switch (step.call) {
    case 'track':
      return { ...shared, event: step.name, properties: properties(step) }
    case 'identify':
      return { ...shared, traits: { plan: 'pro' } }
    default:
      return { ...shared, name: step.name }
  }
}

async function segment(writeKey, host, steps) {
  const analytics = new Analytics({ writeKey, host })
  for (const step of steps) analytics[step.call](message(step))
  await analytics.closeAndFlush()
}

async function rudderstack(key, host, steps) {
  const client = new RudderAnalytics(key, { dataPlaneUrl: host, logLevel: 'none', errorHandler: () => {} })
  for (const step of steps) client[step.call](message(step))
  // It sends the first event at once, and the others when asked. Without the handler, a refusal would end the program.
  await client.flush()
  await client.flush()
}

async function posthog(key, host, steps) {
  const client = new PostHog(key, { host })
  for (const step of steps) {
    const shared = { distinctId: step.user ?? step.visitor, timestamp: new Date(step.at), uuid: step.id }
    switch (step.call) {
      case 'identify':
        client.identify({ distinctId: step.user, properties: { $anon_distinct_id: step.visitor, plan: 'pro' } })
        break
      case 'page':
        client.capture({ ...shared, event: '$pageview', properties: { $current_url: 'https://shop.example/' } })
        break
      case 'screen':
        client.capture({ ...shared, event: '$screen', properties: { $screen_name: step.name } })
        break
      default:
        client.capture({ ...shared, event: step.name, properties: properties(step) })
    }
  }
  await client.shutdown()
}

async function snowplow(appId, endpoint, steps) {
  let left = steps.length
  const onRequestSuccess = (events) => { left -= events.length }
  const tracker = newTracker({ namespace: 'shop', appId }, { endpoint, eventMethod: 'post', bufferSize: 10, onRequestSuccess })
  for (const step of steps) {
    // A true time is taken as it is; the other is the device's, which the server compares with when it was sent.
    const time = { type: step.schema ? 'ttm' : 'dtm', value: Date.parse(step.at) }
    const event = builder(step)
    event.add('uid', step.user)
    event.add('duid', step.visitor)
    tracker.track(event, undefined, time)
  }
  // A failed request is sent again with the next one. Who is refused tries in vain: there is nothing left to send.
  for (let round = 0; left > 0 && round < 10; round += 1) {
    await tracker.flush()
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

function builder(step) {
  if (step.call === 'page') return buildPageView({ pageUrl: 'https://shop.example/', pageTitle: step.name })
  if (step.schema) return buildSelfDescribingEvent({ event: { schema: step.schema, data: { kind: 'yearly', ...properties(step) } } })
  if (step.revenue) return buildEcommerceTransaction({ orderId: step.id, total: step.revenue, currency: step.currency })
  return buildStructEvent({ category: 'shop', action: step.name })
}

function version(name) {
  // Packages need not export their description; it lies where the package does.
  const [folder] = createRequire(import.meta.url).resolve.paths(name)
  return JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')).version
}

const tasks = JSON.parse(readFileSync(0, 'utf8'))
const sending = Object.entries(tasks).map(([client, { key, host, steps }]) => {
  console.log(JSON.stringify({ client, version: version(client) }))
  return SENDERS[client](key, host, steps)
})
await Promise.all(sending)
// Clients leave timers behind.
process.exit(0)
