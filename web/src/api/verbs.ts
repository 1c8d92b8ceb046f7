import type { Person } from './wire'

/** What people do with a run of a flow. Those of a task go to the task, the others to the record. */
export const taskVerbs = [
  'approve',
  'return',
  'reject',
  'resolve',
  'save',
  'transfer',
  'delegate',
  'addsign',
  'removesign',
  'cc',
] as const
export const runVerbs = [
  'submit',
  'return',
  'resubmit',
  'withdraw',
  'cancel',
  'comment',
  'remind',
  'cc',
  'retrieve',
  'terminate',
  'retry',
  'jump',
  'reassign',
] as const
export type TaskVerb = (typeof taskVerbs)[number]
export type RunVerb = (typeof runVerbs)[number]

/** Approvers that may be, or must be, chosen for a node to come. */
export interface Pick {
  node: string
  title: string
  role?: string
  required: boolean
}

/** A verb the reader may use now, and what it needs to be accepted. */
export interface Possible {
  /** What the page calls it, where not by its verb. */
  word?: string
  verb: string
  on: 'task' | 'record'
  comment?: boolean
  sign?: boolean
  password?: boolean
  /** `to` is a colleague. */
  person?: boolean
  /** `users` are colleagues. */
  people?: boolean
  /** `to` is one of these nodes. */
  to?: { name: string; title: string }[]
  /** `to` is one of these people. */
  signers?: Person[]
  kinds?: ('before' | 'after' | 'parallel')[]
  picks?: Pick[]
  resubmit?: 'restart' | 'resume'
  /** Of remind: earlier is refused. */
  notBefore?: string
  /** The task a verb of a task is about. */
  task?: string
  /** Of reassign: `task` is one of these. */
  tasks?: { task: string; title: string; user: Person }[]
}

/** What a person gives with a verb. */
export interface VerbInput {
  comment?: string
  to?: string
  users?: string[]
  kind?: 'before' | 'after' | 'parallel'
  mode?: 'all' | 'any' | 'seq'
  resubmit?: 'restart' | 'resume'
  picks?: Record<string, string[]>
  sign?: string | undefined
  /** Uploads that go with the comment, by id. */
  files?: string[]
  password?: string
  task?: string
}
