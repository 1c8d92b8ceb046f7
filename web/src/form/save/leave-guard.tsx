import { LeaveGuard as Guard } from '@/ui/leave-guard'
import type { FormModel } from '../model'

interface LeaveGuardProps {
  model: FormModel
  /** It is on its way to the server just now. */
  busy?: boolean
  /** The person leaves what he typed behind. */
  onLeave?: () => void
}

/** Asks before what was typed into a form is left behind. */
export function LeaveGuard({ model, busy = false, onLeave }: LeaveGuardProps) {
  return <Guard dirty={() => model.isDirty()} busy={busy} onLeave={onLeave} />
}
