import { useCallback, useState } from 'react'
import { cellPath } from '@/lib/path'
import { useFailureMessage } from '@/ui/use-failure-message'
import { useForm } from '../form-context'
import type { GridColumn } from './columns'
import { isChoice, refuseText, resolveTexts, targetOf } from './resolve-texts'

/**
 * Texts that were typed into reference columns and are being looked up, so that nobody has to wait for a list. The text
 * stands in the cell until then; if it names nothing, it stays there and is refused.
 */
export function useResolving(table: string) {
  const { model, bundle } = useForm()
  const fail = useFailureMessage()
  const [paths, setPaths] = useState<ReadonlySet<string>>(new Set())
  const resolve = useCallback(
    (id: string, column: GridColumn, text: string) => {
      const path = cellPath(table, id, column.name)
      model.set(path, text)
      setPaths((old) => new Set(old).add(path))
      const done = () =>
        setPaths((old) => {
          const rest = new Set(old)
          rest.delete(path)
          return rest
        })
      const lookup = { entity: bundle.entity.name, table, values: model.values() }
      resolveTexts(lookup, column, [text])
        .then((found) => {
          const named = found.get(text)
          // Somebody who has typed on in the meantime knows better.
          if (!named || model.field(path).value !== text) return
          if (!isChoice(named)) return refuseText(model, path, text, named)
          model.learnName(targetOf(column), named.id, named.text)
          model.set(path, named.id)
          model.history(table).amend(path, text, named.id)
        })
        .catch(fail)
        .finally(done)
    },
    [model, bundle, table, fail],
  )
  /** The columns of a row that are being looked up, as one text; "" if none. */
  const inRow = (id: string) =>
    [...paths]
      .filter((path) => path.startsWith(`${table}[${id}].`))
      .map((path) => path.slice(path.lastIndexOf('.') + 1))
      .join()
  return { resolve, inRow }
}
