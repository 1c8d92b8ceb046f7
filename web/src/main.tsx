import { createRoot } from 'react-dom/client'
import { App } from '@/app/app'
import { languageFor, startI18n } from '@/lib/i18n'

const root = document.getElementById('root')
if (!root) throw new Error('the page has no #root')

await startI18n(languageFor(navigator.language))
createRoot(root).render(<App />)
