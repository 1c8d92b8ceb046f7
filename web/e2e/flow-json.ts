import type { Locator, Page } from '@playwright/test'
import { at, expect, words } from './company'

const t = words('zh-CN')

/** As much of a flow's definition as the journeys change. */
export interface Node {
  name: string
  type: string
  title?: string
  when?: string
  who?: string[]
  onEmpty?: string
  mode?: string
  fields?: Record<string, string>
  do?: unknown
  branches?: { name: string; title?: string; when?: string; else?: boolean; nodes: Node[] }[]
}
export interface Flow {
  name: string
  title: string
  entity?: string
  start?: unknown
  settings?: Record<string, unknown>
  nodes: Node[]
}
export type FlowDefinitions = Record<string, unknown>

/** A node of a flow by its name, wherever it stands. */
export function nodeOf(flow: Flow, name: string): Node {
  const inside = (nodes: Node[]): Node | undefined => {
    for (const node of nodes) {
      if (node.name === name) return node
      for (const branch of node.branches ?? []) {
        const found = inside(branch.nodes)
        if (found) return found
      }
    }
    return undefined
  }
  const node = inside(flow.nodes)
  if (!node) throw new Error(`the flow has no node ${name}`)
  return node
}

/** Puts a text in the place of all an editor holds: it has more lines than stand in the page, so a form's filling would miss some. */
export async function paste(editor: Locator, text: string): Promise<void> {
  await editor.click()
  await editor.press('Control+a')
  await editor.evaluate((element, all) => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', all)
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  }, text)
}

/** Puts a changed flow into the draft through the editor of the flow page. */
export async function edit(page: Page, name: string, change: (flow: Flow) => void): Promise<void> {
  const answer = await page.request.get(at(`/api/v1/flows/${name}`))
  const { definition } = (await answer.json()) as { definition: Flow }
  change(definition)
  await page.getByRole('tab', { name: t('flows.tabs.json') }).click()
  await paste(page.getByRole('textbox', { name: t('definitions.json') }), JSON.stringify(definition, null, 2))
  await page.getByRole('button', { name: t('definitions.saveDraft') }).click()
  await expect(page.getByText(t('definitions.saved')).first()).toBeVisible()
  await page.getByRole('tab', { name: t('flows.tabs.overview') }).click()
}

/** The card of a node in the drawn flow. */
export function card(page: Page, name: string): Locator {
  return page.locator(`[data-node="${name}"]`)
}

/** Chooses in a list that opens under a field. */
export async function choose(page: Page, label: string, typed: string): Promise<void> {
  const box = page.getByRole('combobox', { name: label, exact: false })
  const list = page.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden)')
  // What the check finds may come while the list is open and close it; then one chooses again.
  await expect(async () => {
    await box.click({ timeout: 10_000 })
    await box.fill(typed)
    await list.locator('.ant-select-item-option').filter({ hasText: typed }).first().click({ timeout: 10_000 })
  }).toPass({ timeout: 120_000 })
}

/** Publishes what is in the draft, ticking the warnings if there are any. */
export async function publish(page: Page, note: string, warnings = false): Promise<void> {
  await page.getByRole('button', { name: t('definitions.publish'), exact: true }).click()
  const dialog = page.getByRole('dialog', { name: t('definitions.publish') })
  await dialog.getByLabel(t('definitions.note')).fill(note)
  const button = dialog.getByRole('button', { name: t('definitions.publish') })
  if (warnings) {
    await expect(button).toBeDisabled()
    await dialog.getByRole('checkbox', { name: t('definitions.acceptWarnings') }).check()
  }
  await button.click()
  await expect(dialog).toBeHidden()
}
