import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Problem } from '@/api/wire'
import { similarOf } from './similar'

/** The records a text is much like, to be looked at beside the form, which stays open. */
export function SimilarRecords({ problems }: { problems: readonly Problem[] }) {
  const { t } = useTranslation()
  const found = problems.map(similarOf)
  const named = found.flatMap((one) => one.named)
  const more = found.reduce((sum, one) => sum + one.more, 0)
  if (named.length + more === 0) return null
  return (
    <ul className="fw-similar" aria-label={t('form.similar')}>
      {named.map((one) => (
        <li key={`${one.id ?? ''}|${one.text}`}>
          {one.id ? (
            <Link
              to="/e/$entity/r/$id"
              params={{ entity: one.entity, id: one.id }}
              target="_blank"
              rel="noopener"
            >
              {one.text}
            </Link>
          ) : (
            one.text
          )}
        </li>
      ))}
      {more > 0 && <li>{t('form.similarMore', { count: more })}</li>}
    </ul>
  )
}
