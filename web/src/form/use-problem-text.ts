import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import type { Problem } from '@/api/wire'
import { useForm } from './form-context'
import { textOfProblem } from './labels'

/** The words for a problem of this form. */
export function useProblemText(): (problem: Problem) => string {
  const { bundle } = useForm()
  const { i18n } = useTranslation()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the language decides the words, though they are not made from it here
  return useCallback((problem: Problem) => textOfProblem(bundle, problem), [bundle, i18n.language])
}
