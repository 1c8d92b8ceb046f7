import type { Bundle } from '@/api/bundle'
import type { StoredRecord } from '@/api/records'
import type { Values } from '@/api/wire'
import type { FormModel } from '../model'
import { ConflictDialog } from './conflict-dialog'
import { PickDialog } from './pick-dialog'
import type { Picks, Reasons, Stop } from './use-guarded-command'
import { WarningsDialog } from './warnings-dialog'

interface StopsProps {
  guarded: {
    stop: Stop | undefined
    repeat: (reasons: Reasons) => void
    pick: (picks: Picks) => void
    dismiss: () => void
  }
  bundle: Bundle
  model: FormModel
  /** The values the person started from. */
  before: Values
  /** The person takes the newer version, with or without his own changes on it. */
  onNewer: (current: StoredRecord, withMine: boolean) => void
}

/** The dialog for what stopped a command, if anything did. */
export function Stops({ guarded, bundle, model, before, onNewer }: StopsProps) {
  const { stop } = guarded
  if (stop?.kind === 'warnings') {
    return (
      <WarningsDialog
        problems={stop.problems}
        bundle={bundle}
        rowsOf={(table) => model.rowIds(table)}
        onGive={guarded.repeat}
        onCancel={guarded.dismiss}
      />
    )
  }
  if (stop?.kind === 'picks') {
    return <PickDialog picks={stop.picks} onPick={guarded.pick} onCancel={guarded.dismiss} />
  }
  if (stop?.kind === 'conflict') {
    const take = (withMine: boolean) => {
      guarded.dismiss()
      onNewer(stop.current, withMine)
    }
    return (
      <ConflictDialog
        bundle={bundle}
        model={model}
        before={before}
        current={stop.current}
        onReload={() => take(false)}
        onReapply={() => take(true)}
        onCancel={guarded.dismiss}
      />
    )
  }
  return null
}
