import { createContext, use } from 'react'
import type { Bundle } from '@/api/bundle'
import type { FormModel } from './model'

/** What every part of a form knows: the record being edited or read, and its definitions. */
export interface FormScope {
  model: FormModel
  bundle: Bundle
  /** Nothing can be changed: the form shows a record. */
  readOnly: boolean
}

export const FormContext = createContext<FormScope | undefined>(undefined)

export function useForm(): FormScope {
  const scope = use(FormContext)
  if (!scope) throw new Error('a field stands outside a form')
  return scope
}
