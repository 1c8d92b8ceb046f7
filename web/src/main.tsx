import { createRoot } from 'react-dom/client'
import { App } from '@/app/app'
import { languageFor, startI18n } from '@/lib/i18n'
import { isFailure } from '@/lib/problems/failure'

const root = document.getElementById('root')
if (!root) throw new Error('the page has no #root')

await startI18n(languageFor(navigator.language))
// A refusal that a part of the page shows in its place is told there; the log is for what nobody has thought of.
createRoot(root, {
  onCaughtError: (error) => {
    if (!isFailure(error)) reportError(error)
  },
}).render(<App />)
