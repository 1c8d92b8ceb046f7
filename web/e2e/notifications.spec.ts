import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { accessible, at, expect, fitsWidth, test, words } from './company'
import { DeskSheet, projects, teams } from './sheet'

const t = words('zh-CN')

/** A system of the company's own that takes what Formwork tells it. */
async function listen(got: string[]): Promise<Server> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => {
      body += String(part)
    })
    request.on('end', () => {
      got.push(body)
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

test('an administrator connects a webhook, tries it, and the next task is told and logged', async ({ sit }) => {
  const got: string[] = []
  const server = await listen(got)
  const port = (server.address() as AddressInfo).port
  const admin = await sit('admin')
  await admin.getByRole('link', { name: t('shell.channels') }).click()
  await admin.getByRole('button', { name: t('channels.add') }).click()
  const dialog = admin.getByRole('dialog')
  // However much is asked and typed: the button is in sight and stays where it is.
  const save = dialog.getByRole('button', { name: t('common.save') })
  await dialog.getByText(t('channels.ownWording')).click()
  await expect(save).toBeInViewport({ ratio: 1 })
  const before = await save.boundingBox()
  await dialog.getByLabel(t('channels.body'), { exact: true }).fill('\n'.repeat(20))
  expect(await save.boundingBox()).toEqual(before)
  await dialog.getByText(t('channels.ownWording')).click()
  await dialog.getByLabel(t('channels.name')).fill('ERP')
  await dialog.getByLabel(t('channels.kind')).click()
  await admin.getByTitle(t('channels.kinds.webhook')).click()
  await dialog.getByLabel(t('channels.url')).fill(`http://127.0.0.1:${port}/hook`)
  await dialog.getByRole('button', { name: t('common.save') }).click()
  await expect(dialog.getByText(t('problems.length_min', { min: 16 }))).toBeVisible()
  await dialog.getByLabel(t('channels.secret')).fill('0123456789abcdef')
  await dialog.getByLabel(t('channels.flows')).click()
  await admin.getByTitle('点工单审批').click()
  await dialog.getByLabel(t('channels.secret')).click() // the list of flows closes
  await expect(dialog.getByText('点工单审批')).toBeVisible()
  await accessible(admin)
  await dialog.getByRole('button', { name: t('common.save') }).click()
  await expect(dialog).toBeHidden()
  await admin.getByRole('button', { name: t('channels.test') }).click()
  await expect(admin.getByText(t('channels.tested'))).toBeVisible()
  expect(got).toHaveLength(1)

  const clerk = await sit('clerk')
  const sheet = new DeskSheet(clerk)
  const head = { project: projects.P1, team: teams.T1, daysAgo: 1, content: '消息通道试用' }
  const number = await sheet.submit(head, ['王木生'])
  await expect.poll(() => got.some((body) => body.includes(number))).toBe(true)
  await admin.getByRole('tab', { name: t('channels.log') }).click()
  await expect(admin.getByRole('row', { name: new RegExp(number) }).first()).toContainText(
    t('deliveries.states.sent'),
  )
  await accessible(admin)
  await admin.getByRole('tab', { name: t('channels.all') }).click()
  await admin.getByRole('button', { name: t('channels.remove') }).click()
  await admin.getByRole('dialog').getByRole('button', { name: t('channels.remove') }).click()
  await expect(admin.getByText(t('channels.none'))).toBeVisible()
  server.close()
})

test('on a phone a person sets quiet hours and finds what he was told', async ({ sit }) => {
  const clerk = await sit('clerk', { phone: true })
  await clerk.goto(at('/account'))
  await clerk.getByLabel(t('notify.digests.daily')).check()
  await clerk.getByLabel(t('notify.quietFrom')).fill('21:00')
  await clerk.getByLabel(t('notify.quietTo')).fill('07:00')
  await clerk.getByRole('button', { name: t('common.save') }).click()
  await expect(clerk.getByText(t('notify.saved'))).toBeVisible()
  await clerk.reload()
  await expect(clerk.getByLabel(t('notify.quietFrom'))).toHaveValue('21:00')
  await accessible(clerk)
  await fitsWidth(clerk)
  await clerk.getByRole('link', { name: new RegExp(t('shell.messages')) }).click()
  await expect(clerk.getByRole('heading', { level: 1, name: t('inbox.title') })).toBeVisible()
  await accessible(clerk)
  await fitsWidth(clerk)
})
