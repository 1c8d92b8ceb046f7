import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

/** Who can sign in to the demo company, and where it is; the program writes it beside its data. */
export interface Demo {
  url: string
  people: { login: string; title: string; password: string; roles: string[] }[]
}

const patience = 60_000

/** Starts the program with an empty demo company (on the store FORMWORK_E2E_STORE names), or uses the one whose data folder FORMWORK_E2E_DATA names. */
export default async function start(): Promise<() => Promise<void>> {
  const given = process.env['FORMWORK_E2E_DATA']
  if (given) {
    process.env['FORMWORK_E2E_DEMO'] = readFileSync(join(given, 'demo.json'), 'utf8')
    return async () => undefined
  }
  const data = mkdtempSync(join(tmpdir(), 'formwork-e2e-'))
  const program = new URL('../../bin/formwork', import.meta.url).pathname
  const store = process.env['FORMWORK_E2E_STORE'] ?? ''
  const args = ['serve', '--demo', '--data', data, '--store', store, '--listen', '127.0.0.1:0']
  args.push('--allow-outbound', '127.0.0.0/8') // the tests' receivers are on this machine
  const server = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  server.stdout.on('data', (text) => said.push(String(text)))
  server.stderr.on('data', (text) => said.push(String(text)))
  process.env['FORMWORK_E2E_DEMO'] = await demoOf(server, data, said)
  return async () => {
    server.kill()
    await ended(server)
    rmSync(data, { recursive: true, force: true })
  }
}

async function demoOf(server: ChildProcess, data: string, said: string[]): Promise<string> {
  const file = join(data, 'demo.json')
  for (const started = Date.now(); Date.now() - started < patience; await setTimeout(100)) {
    if (server.exitCode !== null) break
    if (!existsSync(file)) continue
    const text = readFileSync(file, 'utf8')
    const url = urlOf(text)
    if (url && (await answers(url))) return text
  }
  server.kill()
  throw new Error(`the program did not start:\n${said.join('')}`)
}

function urlOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as Demo).url || undefined
  } catch {
    return undefined
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok
  } catch {
    return false
  }
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return
  await new Promise((resolve) => server.once('exit', resolve))
}
