import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

const patience = 180_000

/** The program at work, with a data folder of its own. */
export interface Running {
  url: string
  data: string
  /** What it has printed so far. */
  said: () => string
  /** Ends it; its data stay. */
  halt: () => Promise<void>
  /** Ends it and removes its data. */
  stop: () => Promise<void>
}

interface Launch {
  /** The build: bin/formwork, or the one with the clock that can be moved. */
  build?: 'formwork' | 'formwork-virtual'
  /** Where the clock of a virtual build stands at the start. */
  clock?: Date
  /** The data folder of a program that has ended, which this one begins with a copy of. */
  copyOf?: string
  args?: readonly string[]
}

/** Starts the program on a free port and waits until it answers. */
export async function launch({ build = 'formwork', clock, copyOf, args = [] }: Launch): Promise<Running> {
  const data = mkdtempSync(join(tmpdir(), 'formwork-e2e-'))
  if (copyOf) cpSync(copyOf, data, { recursive: true })
  if (clock) setClock(data, clock)
  const program = new URL(`../../bin/${build}`, import.meta.url).pathname
  const whole = ['serve', '--data', data, '--listen', '127.0.0.1:0', ...args]
  whole.push('--allow-outbound', '127.0.0.0/8') // the tests' receivers are on this machine
  const server = spawn(program, whole, { stdio: ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  server.stdout.on('data', (text) => said.push(String(text)))
  server.stderr.on('data', (text) => said.push(String(text)))
  const halt = async () => {
    server.kill()
    await ended(server)
  }
  const stop = async () => {
    await halt()
    rmSync(data, { recursive: true, force: true })
  }
  for (const started = Date.now(); Date.now() - started < patience; await setTimeout(100)) {
    if (server.exitCode !== null) break
    const url = /running at (\S+)/.exec(said.join(''))?.[1]
    if (url && (await answers(url))) return { url, data, said: () => said.join(''), halt, stop }
  }
  await stop()
  throw new Error(`the program did not start:\n${said.join('')}`)
}

/** Puts the clock of a virtual build to a moment; it goes on from there. */
export function setClock(data: string, moment: Date): void {
  const ahead = Math.round((moment.getTime() - Date.now()) / 1000)
  // Written whole: the program reads it at any moment.
  writeFileSync(join(data, 'clock.new'), `${ahead}s`)
  renameSync(join(data, 'clock.new'), join(data, 'clock'))
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok
  } catch {
    return false
  }
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  await new Promise((resolve) => server.once('exit', resolve))
}
