import { startI18n } from '@/lib/i18n'

await startI18n('zh-CN')
