import type { Possible, VerbInput } from '@/api/verbs'
import { translateIfKnown } from '@/lib/i18n'

/** The word for a verb: who sends back what only waits, so that nobody has a task, objects to it. */
export function wordOf({ verb, on, word }: Pick<Possible, 'verb' | 'on' | 'word'>): string {
  return word ?? (verb === 'return' && on === 'record' ? 'object' : verb)
}

/** What a verb is called on its button. */
export function verbText(verb: string): string {
  return translateIfKnown(`tasks.verb.${verb}`) ?? translateIfKnown(`verbs.verb.${verb}`) ?? verb
}

/** The question before it is done. */
export function askText(verb: string): string {
  return (
    translateIfKnown(`tasks.ask.${verb}`) ?? translateIfKnown(`verbs.ask.${verb}`) ?? verbText(verb)
  )
}

/** What is said when it is done. */
export function doneText(verb: string): string {
  return translateIfKnown(`tasks.done.${verb}`) ?? translateIfKnown(`verbs.done.${verb}`) ?? verb
}

/** An administrator's verbs go past the approvers, an objection against them: they want a reason, which the history keeps. */
export const reasoned: ReadonlySet<string> = new Set(['jump', 'terminate', 'reassign', 'object'])

/** Whether something a verb needs has not been given yet. */
export function missingIn(can: Possible, input: VerbInput): boolean {
  const empty = (value: string | undefined) => value === undefined || value.trim() === ''
  return (
    ((can.comment === true || reasoned.has(can.verb)) && empty(input.comment)) ||
    (can.sign === true && empty(input.sign)) ||
    (can.password === true && empty(input.password)) ||
    ((can.person === true || can.to !== undefined || can.signers !== undefined) &&
      empty(input.to)) ||
    (can.people === true && (input.users ?? []).length === 0) ||
    (can.tasks !== undefined && empty(input.task)) ||
    (can.picks ?? []).some((pick) => pick.required && (input.picks?.[pick.node] ?? []).length === 0)
  )
}

/** What a node is called; the initiator's own, which no definition names, is his. */
export function nodeText(node: string | undefined, title: string | undefined): string | undefined {
  return node === 'start' ? translateIfKnown('tasks.target.initiator') : title
}
