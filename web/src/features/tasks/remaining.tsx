import { useTranslation } from 'react-i18next'
import { fromNow, lengthOf } from '@/lib/time'
import { useNow } from '@/ui/use-now'

/** How long there is until a deadline, or how long ago it passed. */
export function Remaining({ dueAt }: { dueAt: string }) {
  const { t } = useTranslation()
  const now = useNow()
  const late = now - Date.parse(dueAt)
  if (late > 0)
    return <span className="fw-due-late">{t('tasks.late', { time: lengthOf(late) })}</span>
  return <span className="fw-quiet">{t('tasks.due', { when: fromNow(dueAt, now) })}</span>
}
