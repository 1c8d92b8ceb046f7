import { LeaveGuard as Guard } from '@/ui/leave-guard'
import type { FormModel } from '../model'

/** Asks before what was typed into a form is left behind. */
export function LeaveGuard({ model }: { model: FormModel }) {
  return <Guard dirty={() => model.isDirty()} />
}
