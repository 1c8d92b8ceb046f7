import { expect, it } from 'vitest'
import type { Bundle } from '@/api/bundle'
import { FormModel } from '../../model'
import { placeOfRecord, watermark } from './watermark'

const entity = {
  name: 'diary',
  title: '日志',
  type: 'object' as const,
  'x-summary': ['no', 'project', 'team'],
  properties: {
    no: { type: 'string' as const, 'x-type': 'text' as const },
    project: { type: 'string' as const, 'x-type': 'reference' as const, 'x-entity': 'project' },
    team: { type: 'string' as const, 'x-type': 'reference' as const, 'x-entity': 'team' },
  },
}

it('tells when, where and who in the zone of the company', () => {
  const lines = watermark(new Date('2026-06-30T06:05:00Z'), 'Asia/Shanghai', '云锦花园', '李明')
  expect(lines).toEqual(['2026-06-30 14:05', '云锦花园', '李明'])
})

it('leaves out what is not known', () => {
  expect(watermark(new Date('2026-06-30T06:05:00Z'), 'UTC', '', '')).toHaveLength(1)
})

it('names the records the summary refers to', () => {
  const names = { 'project/p1': '云锦花园', 'team/t1': '木工班' }
  const model = new FormModel(entity, { no: '1', project: 'p1', team: 't1' }, names)
  const bundle = { entity } as unknown as Bundle
  expect(placeOfRecord(bundle, model)).toBe('云锦花园 · 木工班')
  expect(placeOfRecord(bundle, new FormModel(entity, { project: 'p2' }, names))).toBe('')
})
