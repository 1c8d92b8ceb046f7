import {
  AccountBookOutlined,
  AppstoreOutlined,
  BankOutlined,
  BarChartOutlined,
  BellOutlined,
  CalculatorOutlined,
  CalendarOutlined,
  DashboardOutlined,
  DiffOutlined,
  FileDoneOutlined,
  FileTextOutlined,
  PartitionOutlined,
  PayCircleOutlined,
  PieChartOutlined,
  ProjectOutlined,
  RollbackOutlined,
  SettingOutlined,
  SolutionOutlined,
  TableOutlined,
  TagsOutlined,
  TeamOutlined,
  ToolOutlined,
  TransactionOutlined,
  UserOutlined,
  WalletOutlined,
} from '@ant-design/icons'
import type { ReactNode } from 'react'
import type { MenuItem } from '@/api/menu'

const icons: Record<string, ReactNode> = {
  account: <AccountBookOutlined />,
  'account-book': <AccountBookOutlined />,
  bank: <BankOutlined />,
  calculator: <CalculatorOutlined />,
  calendar: <CalendarOutlined />,
  chart: <BarChartOutlined />,
  dashboard: <DashboardOutlined />,
  diff: <DiffOutlined />,
  file: <FileTextOutlined />,
  'file-done': <FileDoneOutlined />,
  folder: <AppstoreOutlined />,
  'pay-circle': <PayCircleOutlined />,
  'pie-chart': <PieChartOutlined />,
  project: <ProjectOutlined />,
  rollback: <RollbackOutlined />,
  setting: <SettingOutlined />,
  settings: <SettingOutlined />,
  solution: <SolutionOutlined />,
  table: <TableOutlined />,
  tags: <TagsOutlined />,
  team: <TeamOutlined />,
  tool: <ToolOutlined />,
  transaction: <TransactionOutlined />,
  user: <UserOutlined />,
  wallet: <WalletOutlined />,
}

/** The icon a menu definition names; a sheet of paper where it names none we have. */
export function iconOf(item: MenuItem): ReactNode {
  const plain = item.dashboard || item.dataset ? <BarChartOutlined /> : <FileTextOutlined />
  return icons[item.icon ?? ''] ?? (item.items ? <AppstoreOutlined /> : plain)
}

/** Where a menu entry leads; undefined for groups and for what cannot be opened here. */
export function targetOf(item: MenuItem): string | undefined {
  if (item.dashboard) return `/d/${item.dashboard}`
  if (item.dataset) return `/q/${item.dataset}`
  if (!item.entity) return undefined
  if (item.view) return `/e/${item.entity}/v/${item.view}`
  if (item.form) return `/e/${item.entity}/new?form=${item.form}`
  return undefined
}

/** The pages of administrators, in their order. */
const adminPages = [
  { to: '/flows', key: 'flows', icon: <PartitionOutlined /> },
  { to: '/monitor', key: 'monitor', icon: <DashboardOutlined /> },
  { to: '/members', key: 'members', icon: <TeamOutlined /> },
  { to: '/templates', key: 'templates', icon: <AppstoreOutlined /> },
  { to: '/channels', key: 'channels', icon: <BellOutlined /> },
  { to: '/definitions', key: 'definitions', icon: <ToolOutlined /> },
] as const

/** Which of them somebody may open: an administrator of flows only theirs. */
export function adminPagesFor({ admin, flows }: { admin: boolean; flows: boolean }) {
  if (admin) return adminPages
  return flows ? adminPages.filter(({ key }) => key === 'flows' || key === 'monitor') : []
}
