import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { launch } from './program'

/** Who can sign in to a company, and where it is; of the demo company the program writes it beside its data. */
export interface Demo {
  url: string
  people: { login: string; title: string; password: string; roles: string[] }[]
}

/** Starts the program with an empty demo company (on the store FORMWORK_E2E_STORE names), or uses the one whose data folder FORMWORK_E2E_DATA names. */
export default async function start(): Promise<() => Promise<void>> {
  const given = process.env['FORMWORK_E2E_DATA']
  if (given) {
    process.env['FORMWORK_E2E_DEMO'] = demoIn(given)
    return async () => undefined
  }
  const program = await launch({ args: ['--demo', '--store', process.env['FORMWORK_E2E_STORE'] ?? ''] })
  process.env['FORMWORK_E2E_DEMO'] = demoIn(program.data)
  return program.stop
}

function demoIn(data: string): string {
  return readFileSync(join(data, 'demo.json'), 'utf8')
}
