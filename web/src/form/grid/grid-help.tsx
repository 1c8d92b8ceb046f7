import { QuestionCircleOutlined } from '@ant-design/icons'
import { Button, Popover } from 'antd'
import { Fragment } from 'react'
import { useTranslation } from 'react-i18next'
import { help } from './commands'

const mac = /Mac|iPhone|iPad/.test(navigator.userAgent)

/** A key as it is printed on the person's keyboard. */
function keyName(keys: string): string {
  return mac ? keys.replace('Ctrl', '⌘').replace('Shift', '⇧').replace('Delete', '⌫') : keys
}

/** The keys of the grid, for those who look. */
export function GridHelp() {
  const { t } = useTranslation()
  return (
    <Popover
      trigger="click"
      placement="topRight"
      title={t('grid.help.title')}
      content={
        <dl className="fw-grid-keys">
          {help.map(({ keys, text }) => (
            <Fragment key={text}>
              <dt>
                {keys.map((each) => (
                  <kbd key={each}>{keyName(each)}</kbd>
                ))}
              </dt>
              <dd>{t(`grid.help.${text}`)}</dd>
            </Fragment>
          ))}
        </dl>
      }
    >
      <Button
        type="text"
        size="small"
        icon={<QuestionCircleOutlined />}
        aria-label={t('grid.help.title')}
      />
    </Popover>
  )
}
