#!/usr/bin/env node
// Prints the secrets of docker-compose.yml as lines for .env: a database password, a JWT secret and the two API keys that
// are signed with it. Nothing is stored; every run makes new ones. Needs Node and no package.
import { createHmac, randomBytes } from 'node:crypto'

const YEARS = 5

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A Supabase API key: a JWT (HS256) that carries nothing but its role. */
const apiKey = (role, secret) => {
  const issuedAt = Math.floor(Date.now() / 1000)
  const claims = { iss: 'tekmetric-warehouse', role, iat: issuedAt, exp: issuedAt + YEARS * 365 * 24 * 3600 }
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

const jwtSecret = randomBytes(32).toString('hex')
const lines = {
  POSTGRES_PASSWORD: randomBytes(24).toString('hex'),
  SUPABASE_JWT_SECRET: jwtSecret,
  SUPABASE_ANON_KEY: apiKey('anon', jwtSecret),
  SUPABASE_SERVICE_KEY: apiKey('service_role', jwtSecret),
}
for (const [name, value] of Object.entries(lines)) process.stdout.write(`${name}=${value}\n`)
