import { expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { readConfig } from '../../src/config.ts'
import { smsWebhook, type SmsMessage, type SmsOptions } from '../../src/sms/webhook.ts'

const NOW = Date.UTC(2026, 5, 1, 12)
const URL_OF_GATEWAY = 'http://127.0.0.1:9090/sms'

function optionsOf(sms: Partial<SmsOptions>): SmsOptions {
  const { config, errors } = readConfig(`[sms]\n${toml(sms)}`)
  expect(errors).toEqual([])
  return config!.sms
}
const toml = (sms: Partial<SmsOptions>) =>
  Object.entries(sms)
    .map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
    .join('\n')

async function call(sms: Partial<SmsOptions>, request: Request, ready = true) {
  const taken: SmsMessage[] = []
  const response = await smsWebhook(request, optionsOf(sms), ready, async (message) => void taken.push(message), NOW)
  return { status: response.status, body: await response.text(), taken }
}
const post = (body: string, headers: Record<string, string>, query = '') =>
  new Request(URL_OF_GATEWAY + query, { method: 'POST', body, headers })
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8' }
const JSON_TYPE = { 'Content-Type': 'application/json' }

test('sms webhook: off by default', async () => {
  expect((await call({}, post('', FORM))).status).toBe(404)
})

test('sms webhook, twilio: takes what its signature covers, and nothing else', async () => {
  const sms = { provider: 'twilio', twilio_auth_token: '12345', public_url: 'https://gate.example/sms' } as const
  const form = new URLSearchParams({ To: '+1', From: '+49 151', Body: 'lat:1 long:2\nhelp me!' })
  const signed = `https://gate.example/smsBodylat:1 long:2\nhelp me!From+49 151To+1`
  const signature = createHmac('sha1', '12345').update(signed).digest('base64')
  const good = await call(sms, post(form.toString(), { ...FORM, 'X-Twilio-Signature': signature }))
  expect(good).toEqual({
    status: 200,
    body: '<Response/>',
    taken: [{ from: '+49 151', text: 'lat:1 long:2\nhelp me!', receivedMs: NOW }],
  })
  form.set('From', '+49 152')
  const forged = await call(sms, post(form.toString(), { ...FORM, 'X-Twilio-Signature': signature }))
  expect(forged).toMatchObject({ status: 403, taken: [] })
  expect((await call(sms, post(form.toString(), FORM))).status).toBe(403)
})

test("sms webhook, twilio: the signature in the example of Twilio's documentation is right, one bit off it is not", async () => {
  const sms = {
    provider: 'twilio',
    twilio_auth_token: '12345',
    public_url: 'https://mycompany.com/myapp.php?foo=1&bar=2',
    text_field: 'Digits',
  } as const
  const form = new URLSearchParams({
    To: '+18005551212',
    CallSid: 'CA1234567890ABCDE',
    Caller: '+12349013030',
    Digits: '1234',
    From: '+12349013030',
  }).toString()
  const status = async (signature: string) =>
    (await call(sms, post(form, { ...FORM, 'X-Twilio-Signature': signature }))).status
  expect(await status('0/KCTR6DLpKmkAf8muzZqo1nDgQ=')).toBe(200)
  expect(await status('0/KCTR6DLpKmkAf8muzZqo1nDgR=')).toBe(403)
})

test('sms webhook, twilio: with a secret as well, both have to be there', async () => {
  const sms = { provider: 'twilio', secret: 's', twilio_auth_token: '1', public_url: 'https://g.example/sms' } as const
  const form = new URLSearchParams({ From: '+1', Body: 'x' }).toString()
  const signature = createHmac('sha1', '1').update('https://g.example/smsBodyxFrom+1').digest('base64')
  const signed = { ...FORM, 'X-Twilio-Signature': signature }
  expect((await call(sms, post(form, signed, '?secret=s'))).status).toBe(200)
  expect((await call(sms, post(form, signed))).status).toBe(403)
  expect((await call(sms, post(form, FORM, '?secret=s'))).status).toBe(403)
})

test('sms webhook, kannel: a text in another character set keeps its letters, an unknown one is told', async () => {
  const headers = { 'Content-Type': 'text/plain; charset=ISO-8859-1', 'X-Kannel-From': '+1' }
  const request = new Request(`${URL_OF_GATEWAY}?secret=s`, {
    method: 'POST',
    headers,
    body: Buffer.from('Tür', 'latin1'),
  })
  expect((await call({ provider: 'kannel', secret: 's' }, request)).taken[0]!.text).toBe('Tür')
  const strange = post('x', { ...headers, 'Content-Type': 'text/plain; charset=ebcdic-x' }, '?secret=s')
  expect((await call({ provider: 'kannel', secret: 's' }, strange)).status).toBe(400)
})

test('sms webhook, vonage: JSON and form, with the time the provider says', async () => {
  const sms = { provider: 'vonage', secret: 'abc' } as const
  const fields = { msisdn: '4915123', text: 'ok', 'message-timestamp': '2026-06-01 11:58:03' }
  const taken = [{ from: '4915123', text: 'ok', receivedMs: Date.UTC(2026, 5, 1, 11, 58, 3) }]
  expect(await call(sms, post(JSON.stringify(fields), JSON_TYPE, '?secret=abc'))).toMatchObject({ status: 200, taken })
  const form = new URLSearchParams(fields).toString()
  expect(await call(sms, post(form, { ...FORM, Authorization: 'Bearer abc' }))).toMatchObject({ status: 200, taken })
  expect(await call(sms, post(form, FORM, '?secret=abd'))).toMatchObject({ status: 403, taken: [] })
  expect(await call(sms, post(form, FORM))).toMatchObject({ status: 403, taken: [] })
})

test('sms webhook, kannel: the body is the text, headers say the rest', async () => {
  const headers = {
    'Content-Type': 'text/plain; charset=UTF-8',
    'X-Kannel-From': '+4915123',
    'X-Kannel-Time': '2026-06-01 11:00:00',
  }
  const answer = await call({ provider: 'kannel', secret: 's' }, post('no gps\nT:1', headers, '?secret=s'))
  expect(answer).toEqual({
    status: 200,
    body: '',
    taken: [{ from: '+4915123', text: 'no gps\nT:1', receivedMs: Date.UTC(2026, 5, 1, 11) }],
  })
})

test('sms webhook, custom: fields deep in JSON', async () => {
  const sms = {
    provider: 'custom',
    secret: 's',
    from_field: 'data.from.number',
    text_field: 'data.text',
    time_field: 'data.at',
  } as const
  const body = { data: { from: { number: '+1 555' }, text: 'hi', at: '2026-06-01T13:30:00+02:00' } }
  expect(await call(sms, post(JSON.stringify(body), JSON_TYPE, '?secret=s'))).toMatchObject({
    status: 200,
    taken: [{ from: '+1 555', text: 'hi', receivedMs: Date.UTC(2026, 5, 1, 11, 30) }],
  })
})

test('sms webhook: a time that cannot be is not believed', async () => {
  for (const time of ['2026-06-02 00:00:00', '2019-01-01 00:00:00', 'yesterday', '']) {
    const fields = { msisdn: '1', text: 'ok', 'message-timestamp': time }
    const { taken } = await call(
      { provider: 'vonage', secret: 's' },
      post(JSON.stringify(fields), JSON_TYPE, '?secret=s'),
    )
    expect(taken[0]!.receivedMs).toBe(NOW)
  }
})

test('sms webhook: what is no message gets an answer that says why', async () => {
  const sms = { provider: 'vonage', secret: 's' } as const
  const status = async (request: Request, ready = true) => (await call(sms, request, ready)).status
  expect(await status(new Request(`${URL_OF_GATEWAY}?secret=s`))).toBe(405)
  expect(await status(post('{', JSON_TYPE, '?secret=s'))).toBe(400)
  expect(await status(post('<xml/>', { 'Content-Type': 'text/xml' }, '?secret=s'))).toBe(400)
  expect(await status(post('{"text":"x"}', JSON_TYPE, '?secret=s'))).toBe(422)
  expect(await status(post('{"msisdn":"1"}', JSON_TYPE, '?secret=s'))).toBe(422)
  expect(await status(post('{"msisdn":"1","text":"x"}', JSON_TYPE, '?secret=s'), false)).toBe(503)
  const long = JSON.stringify({ msisdn: '1', text: 'x'.repeat(8193) })
  expect(await status(post(long, JSON_TYPE, '?secret=s'))).toBe(413)
})

test('config: a webhook without a proof of who calls is refused', () => {
  const keysOf = (sms: Partial<SmsOptions>) => readConfig(`[sms]\n${toml(sms)}`).errors.map(({ key }) => key)
  expect(keysOf({ provider: 'vonage' })).toEqual(['sms.secret'])
  expect(keysOf({ provider: 'twilio' })).toEqual(['sms.twilio_auth_token'])
  expect(keysOf({ provider: 'twilio', twilio_auth_token: 'x' })).toEqual(['sms.public_url'])
  expect(keysOf({ provider: 'custom', secret: 'x' })).toEqual(['sms.from_field', 'sms.text_field'])
})
