// The server does what schema/api/openapi.yaml says: two recorders stand before its listeners, the story (story.sh) and a
// round of bad requests pass through them, and every exchange is held against the description: is the status described, the media
// type, every member of the body, and does the body fit its schema? Every operation must have been answered with success.
//
// node contract.mjs DESCRIPTION PUBLIC ADMIN STORY DIR
//   base addresses of both listeners; a script; where ports.json says where to record and the story leaves tokens.json
// Prints a line for each fault, then the totals.
import { createServer, request } from 'node:http'
import { readFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import Ajv from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'

const [description, publicBase, adminBase, story, dir] = process.argv.slice(2)
const api = parse(readFileSync(description, 'utf8'))

function validator() {
  const ajv = new Ajv({ strict: false, allErrors: true })
  addFormats(ajv)
  return ajv.addSchema({ $id: 'api', components: api.components })
}
let ajv = validator()

// ---- recording ----

const exchanges = []

function record(target, port, listener) {
  const server = createServer((incoming, reply) => {
    const sent = []
    incoming.on('data', (part) => sent.push(part))
    incoming.on('end', () => {
      const headers = { ...incoming.headers }
      const out = request(new URL(incoming.url, target), { method: incoming.method, headers }, (answer) => {
        const got = []
        answer.on('data', (part) => got.push(part))
        answer.on('end', () => {
          const body = Buffer.concat(got)
          exchanges.push({ listener, method: incoming.method, url: incoming.url, sent: incoming.headers, asked: Buffer.concat(sent),
            status: answer.statusCode, headers: answer.headers, body })
          reply.writeHead(answer.statusCode, answer.headers)
          reply.end(body)
        })
      })
      out.on('error', () => reply.destroy())
      out.end(Buffer.concat(sent))
    })
  })
  server.listen(port, '127.0.0.1')
  return server
}

// ---- the description ----

const resolve = (node) => (node && node.$ref ? node.$ref.slice(2).split('/').reduce((at, key) => at[key], api) : node)
const operations = Object.entries(api.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, op]) => ({ path, method: method.toUpperCase(), op, seen: new Map(),
    pattern: new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '(?:(?!%2f)[^/])+')}$`) })))

const find = (x) => operations.find((o) => o.method === (x.method === 'HEAD' ? 'GET' : x.method) && o.pattern.test(x.url.split('?')[0]))

// A schema as ajv wants it, its references led into the registered description.
function schemaOf(schema) {
  return JSON.parse(JSON.stringify(schema), (key, value) => (key === '$ref' ? value.replace(/^#/, 'api#') : value))
}

// Members of a body that its schema does not describe. A schema without properties describes none of them.
function undescribed(schema, value, at = '') {
  schema = resolve(schema)
  if (Array.isArray(value)) return schema.items ? value.flatMap((v, i) => undescribed(schema.items, v, `${at}/${i}`)) : []
  if (typeof value !== 'object' || value === null || !schema.properties) return []
  return Object.entries(value).flatMap(([key, v]) => {
    const inner = schema.properties[key] ?? schema.additionalProperties
    return inner ? undescribed(inner, v, `${at}/${key}`) : [`${at}/${key} is not described`]
  })
}

function judgeBody(content, headers, body) {
  const media = (headers['content-type'] ?? '').split(';')[0].trim()
  if (!content) return body.length ? [`a body of ${media || 'no media type'}, and none is described`] : []
  // a refusal may come without a body (RFC 6750 section 3), success may not
  if (!body.length) return []
  if (!content[media]) return [`media type ${media || 'none'} is not described`]
  if (!/json/.test(media)) return []
  let value
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch {
    return ['the body is not JSON']
  }
  const { schema } = content[media]
  const check = ajv.compile(schemaOf(schema))
  const faults = check(value) ? [] : check.errors.map((e) => `${e.instancePath || '/'} ${e.message}`)
  return faults.concat(undescribed(schema, value))
}

function judge(x) {
  const o = find(x)
  if (!o) return [400, 404, 405].includes(x.status) ? [] : ['no such operation is described']
  const described = o.op.responses[x.status] ?? (x.status >= 400 ? o.op.responses.default : undefined)
  o.seen.set(x.status, (o.seen.get(x.status) ?? 0) + 1)
  if (!described) return [`status ${x.status} is not described`]
  const faults = x.method === 'HEAD' ? [] : judgeBody(resolve(described).content, x.headers, x.body)
  if (x.status < 400 && o.op.requestBody) {
    const asked = resolve(o.op.requestBody)
    const media = (x.sent['content-type'] ?? '').split(';')[0]
    if (!asked.content[media]) faults.push(`a request of ${media || 'no media type'} was taken and is not described`)
    else if (media === 'application/json')
      faults.push(...judgeBody(asked.content, x.sent, x.asked).map((f) => `request: ${f}`))
  }
  if ((x.status === 429 || x.status === 503) && !x.headers['retry-after'] && x.url !== '/health') faults.push('no Retry-After')
  return faults
}

// ---- bad requests: every operation, without its key and with nonsense ----

const PATH_VALUES = ['00000000000000000000000000000000', '999999999', 'nonsense', '999999-0123456789abcdef', '..%2f..%2fetc']

async function bad(base, o, options) {
  for (const value of o.path.includes('{') ? PATH_VALUES : ['']) {
    const path = o.path.replace(/\{[^}]+\}/g, value)
    await fetch(base + path, { method: o.method, redirect: 'manual', ...options }).then((r) => r.arrayBuffer())
  }
}

async function misuse() {
  const tokens = JSON.parse(readFileSync(dir + '/tokens.json', 'utf8'))
  for (const o of operations) {
    const schemes = (o.op.security ?? []).flatMap((s) => Object.keys(s))
    const base = schemes.includes('operator') && !o.path.startsWith('/health') ? admin : pub
    const token = schemes.map((s) => tokens[s]).find(Boolean)
    const known = token ? { Authorization: `Bearer ${token}` } : {}
    await bad(base, o, {})
    await bad(base, o, { headers: { Authorization: 'Bearer nobody' } })
    if (o.method === 'GET') {
      await bad(base, o, { headers: { ...known, Accept: 'image/png' } })
      await bad(base, { ...o, method: 'HEAD' }, { headers: known })
      continue
    }
    const media = Object.keys(resolve(o.op.requestBody)?.content ?? { 'application/json': 1 })
    for (const body of ['', '{', '{}', '[]', '{"a":1,"a":2}', 'x=%', 'x=1&x=2', '\u{1F600}', '{"input":"x","policy":"nobody"}'])
      await bad(base, o, { headers: { ...known, 'Content-Type': media[0] }, body })
    await bad(base, o, { headers: { ...known, 'Content-Type': 'text/html' }, body: '<p>' })
  }
}

// ---- ----

const ports = JSON.parse(readFileSync(dir + '/ports.json', 'utf8'))
const pub = `http://127.0.0.1:${ports.public}`
const admin = `http://127.0.0.1:${ports.admin}`
const servers = [record(publicBase, ports.public, 'public'), record(adminBase, ports.admin, 'admin')]
await Promise.all(servers.map((s) => once(s, 'listening')))
const [code] = await once(spawn('bash', [story], { stdio: 'inherit', env: { ...process.env, SERVER: pub, ADMIN: admin } }), 'exit')
if (code === 0) await misuse()
servers.forEach((s) => s.close())
servers.forEach((s) => s.closeAllConnections?.())

// a judge that finds nothing wrong with anything would say nothing: with another description it must see the difference
function notices() {
  const { code } = api.components.schemas.Problem.properties
  code.type = 'integer'
  ajv = validator()
  const n = exchanges.filter((x) => judge(x).length).length
  code.type = 'string'
  ajv = validator()
  return n > 0
}

const wrong = new Set()
const faults = new Map()
for (const x of exchanges) {
  const o = find(x)
  for (const f of judge(x)) {
    wrong.add(o)
    const line = `${x.method} ${o ? o.path : x.url} ${x.status}: ${f}`
    faults.set(line, (faults.get(line) ?? 0) + 1)
  }
}
for (const o of operations)
  // what needs somebody else's server says which test has one
  if (!o.op['x-tried-elsewhere'] && ![...o.seen.keys()].some((s) => s < 400)) { // a redirect is what some are for
    wrong.add(o)
    faults.set(`${o.method} ${o.path}: was never answered with success`, 1)
  }
if (code !== 0) faults.set(`the story ended with ${code}`, 1)
if (!notices()) faults.set('a description that is wrong was not noticed', 1)
for (const [line, n] of faults) console.log(`FAIL ${line}${n > 1 ? ` (${n} times)` : ''}`)
const passed = operations.filter((o) => !wrong.has(o)).length
console.log(`contract: ${exchanges.length} exchanges over ${operations.length} operations; ${passed} passed, ${faults.size} failed`)
process.exit(faults.size ? 1 : 0)
