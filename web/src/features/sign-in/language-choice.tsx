import { Radio } from 'antd'
import { useTranslation } from 'react-i18next'
import { languages, switchLanguage } from '@/lib/i18n'
import { languageNames } from '@/lib/language-names'

/** Chooses the language before there is an account that remembers it. */
export function LanguageChoice() {
  const { t, i18n } = useTranslation()
  return (
    <div className="fw-entrance-lang">
      <Radio.Group
        size="small"
        aria-label={t('shell.language')}
        value={i18n.language}
        optionType="button"
        options={languages.map((lang) => ({ value: lang, label: languageNames[lang] }))}
        onChange={(event) => void switchLanguage(event.target.value)}
      />
    </div>
  )
}
