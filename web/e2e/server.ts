import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { launch } from './program'

/** Who can sign in to a company, and where it is; of the demo company the program writes it beside its data. */
export interface Demo {
  url: string
  people: { login: string; title: string; password: string; roles: string[] }[]
}

/** The demo company of one file of journeys. */
export interface Premises {
  demo: Demo
  leave: () => Promise<void>
}

const given = process.env['FORMWORK_E2E_DATA']
const store = process.env['FORMWORK_E2E_STORE']

/** Founds the demo company once, before all journeys; what they work in are copies of its data folder. */
export default async function prepare(): Promise<() => void> {
  if (given || store) return () => undefined
  const program = await launch({ args: ['--demo'] })
  await program.halt()
  process.env['FORMWORK_E2E_PREPARED'] = program.data
  return () => rmSync(program.data, { recursive: true, force: true })
}

/**
 * Starts the program with a demo company in which nobody has worked yet: a copy of the prepared one, or one founded on
 * the store FORMWORK_E2E_STORE names. With FORMWORK_E2E_DATA it is the running one whose data folder that is.
 */
export async function moveIn(): Promise<Premises> {
  if (given) return { demo: demoIn(given), leave: async () => undefined }
  const program = store
    ? await launch({ args: ['--demo', '--store', `${store}x${Date.now().toString(36)}`] })
    : await launch({ args: ['--demo'], copyOf: process.env['FORMWORK_E2E_PREPARED'] ?? '' })
  return { demo: demoIn(program.data), leave: program.stop }
}

function demoIn(data: string): Demo {
  return JSON.parse(readFileSync(join(data, 'demo.json'), 'utf8')) as Demo
}
