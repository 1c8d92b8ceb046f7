import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { queryString, request } from './request'

/** Why somebody is told of something. */
export const noticeKinds = [
  'task',
  'returned',
  'ended',
  'cc',
  'remind',
  'mention',
  'incident',
] as const
export type NoticeKind = (typeof noticeKinds)[number]

/** What a message is about; “message” is what a flow says itself. */
export type MessageKind = NoticeKind | 'message'

export const channelKinds = ['email', 'wecom', 'dingtalk', 'feishu', 'webhook'] as const
export type ChannelKind = (typeof channelKinds)[number]

/** One way messages leave the company. Secrets are never read back. */
export interface Channel {
  id: string
  rev: number
  name: string
  kind: ChannelKind
  enabled: boolean
  notices: NoticeKind[]
  flows?: string[]
  lang?: string
  subject?: string
  body?: string
  host?: string
  port?: number
  security?: 'tls' | 'starttls' | 'none'
  login?: string
  from?: string
  mention?: boolean
  target?: string
  hasSecret: boolean
  /** Set while the receiver is left alone because it did not answer several times in a row. */
  pausedUntil?: string
}

/** A channel as an administrator wants it; secrets that are left out stay as they are. */
export type ChannelInput = Omit<Channel, 'target' | 'hasSecret' | 'pausedUntil'> & {
  url?: string
  secret?: string
}

export interface ChannelList {
  channels: Channel[]
  placeholders: string[]
}

export const deliveryStates = ['waiting', 'held', 'sent', 'failed', 'skipped'] as const
export type DeliveryState = (typeof deliveryStates)[number]

export interface Delivery {
  id: string
  channel: string
  user?: string
  userName?: string
  kind: MessageKind
  subject: string
  status: DeliveryState
  attempts: number
  error?: string
  /** The record it is about, and the task. */
  entity?: string
  record?: string
  task?: string
  /** What the reader may do with it: send. */
  can: string[]
  madeAt: string
  dueAt?: string
  sentAt?: string
}

/** Which deliveries are looked at; instants in ISO 8601. */
export interface DeliverySearch {
  status?: DeliveryState | undefined
  channel?: string | undefined
  user?: string | undefined
  from?: string | undefined
  to?: string | undefined
}

/** What sending everything again did, or would do. */
export interface Resending {
  sent: number
  leftOut: { code: string; count: number }[]
  /** There are more than one command takes. */
  more: boolean
}

export interface InboxMessage {
  id: string
  kind: MessageKind
  subject: string
  text: string
  lines: string[]
  entity?: string
  record?: string
  /** Entry of the reader's lists to open; absent: the record itself. */
  task?: string
  at: string
  unread: boolean
}

/** How a person wants to be told by mail. Times are HH:MM in the company's time zone. */
export interface NotifySetting {
  email: boolean
  off: NoticeKind[]
  digest: 'now' | 'hourly' | 'daily'
  at?: string
  quietFrom?: string
  quietTo?: string
  /** Where mail reaches him; absent if the company has no address of his. */
  address?: string
}

const after = (cursor: string) => (cursor === '' ? '' : `&after=${encodeURIComponent(cursor)}`)

export const notificationQueries = {
  /** The polling of changes keeps it up to date; by itself it is never asked for. */
  unread: () =>
    queryOptions({
      queryKey: ['notifications', 'unread'],
      queryFn: async () => (await request<{ unread: number }>('/notifications')).unread,
      enabled: false,
      initialData: 0,
    }),
  inbox: () =>
    infiniteQueryOptions({
      queryKey: ['notifications', 'inbox'],
      queryFn: ({ pageParam, signal }) =>
        request<{ messages: InboxMessage[]; unread: number; next: string }>(
          `/notifications?${after(pageParam).slice(1)}`,
          { signal },
        ),
      initialPageParam: '',
      getNextPageParam: (page) => page.next || undefined,
    }),
  setting: () =>
    queryOptions({
      queryKey: ['notifications', 'setting'],
      queryFn: () => request<NotifySetting>('/account/notifications'),
    }),
  channels: () =>
    queryOptions({ queryKey: ['channels'], queryFn: () => request<ChannelList>('/channels') }),
  deliveries: (search: DeliverySearch) =>
    infiniteQueryOptions({
      queryKey: ['deliveries', 'log', search],
      queryFn: ({ pageParam, signal }) =>
        request<{ deliveries: Delivery[]; next: string }>(
          `/deliveries${queryString({ ...search, limit: '50', after: pageParam })}`,
          { signal },
        ),
      initialPageParam: '',
      getNextPageParam: (page) => page.next || undefined,
    }),
  /** What sending everything again that was given up would do. */
  resend: (search: DeliverySearch) =>
    queryOptions({
      queryKey: ['deliveries', 'resend', search],
      queryFn: () => request<Resending>(`/deliveries/resend${queryString({ ...search })}`),
    }),
}

export function readAll(): Promise<void> {
  return request('/notifications/read', { method: 'POST', body: {} })
}

export function saveSetting(body: NotifySetting): Promise<NotifySetting> {
  return request('/account/notifications', { method: 'PUT', body })
}

export function saveChannel(body: ChannelInput): Promise<Channel> {
  return body.id === ''
    ? request('/channels', { method: 'POST', body })
    : request(`/channels/${body.id}`, { method: 'PUT', body })
}

export function removeChannel(id: string): Promise<void> {
  return request(`/channels/${id}`, { method: 'DELETE' })
}

export function testChannel(id: string): Promise<void> {
  return request(`/channels/${id}/test`, { method: 'POST', body: {} })
}

/** Sends everything again that was given up and matches. */
export function resend(search: DeliverySearch): Promise<Resending> {
  return request('/deliveries/resend', { method: 'POST', body: search })
}

export function sendAgain(id: string): Promise<Delivery> {
  return request(`/deliveries/${id}/send`, { method: 'POST', body: {} })
}
